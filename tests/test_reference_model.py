"""Whole models in NumPy against Keras: outputs, loss, states and gradients of every weight."""

import random
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.reference import Model, State, Trace, weight_shapes
from rnnlab.tasks import TASKS
from tests.keras_oracle import keras_in, new_model, off_by, outputs_of, said_by
from tests.strategies import architectures, forms, learnable
from tests.test_reference import CELLS, NAMES, keras_layer, some_inputs, some_weights

with_keras = pytest.mark.usefixtures("keras_ready")
every_task = pytest.mark.parametrize("name", TASKS)
every_cell = pytest.mark.parametrize("cell", Cell)

#: What is off in float32 is Keras' rounding and no equation. Over the registry the gradients below are off by up to 1.4e-6
#: from Keras in float32, by 1.2e-14 from Keras in float64, and these two by 1.4e-6 from each other. With weights three times
#: as large, where tanh is so near to 1 that 1 − h² has lost its digits: by 3.7e-4, 1.3e-13 and 3.7e-4.
ALLOWED = {"float64": 1e-9, "float32": 1e-5}
#: Longer samples are cut, as Keras without compiling needs a millisecond for a step.
MOST_STEPS = 10


def check_against_keras(architecture, form, inputs, targets, precision, scale=1.0):
    """Same weights: the same shapes in the same order, outputs, loss and gradients."""
    form = replace(form, batch_size=None, timesteps=None)
    with keras_in(precision):
        model = new_model(architecture, form, np.random.default_rng(0), scale)
        check_shapes(architecture, form, model)
        check_with_weights_of(model, architecture, form, inputs, targets, precision)


def check_with_weights_of(model, architecture, form, inputs, targets, precision):
    ours = Model(architecture, form, tuple(model.get_weights())).forward(inputs)
    if not trained(form):
        assert off_by(ours.outputs, outputs_of(model, form, inputs)) < ALLOWED[precision]
        return
    theirs, gradients = said_by(model, form, inputs, targets), ours.back(targets).weights
    assert off_by(ours.outputs, theirs.outputs) < ALLOWED[precision]
    assert ours.loss(targets) == pytest.approx(theirs.loss, rel=ALLOWED[precision], abs=1e-12)
    for wanted, own, other in zip(weight_shapes(architecture, form), gradients, theirs.gradients, strict=True):
        assert off_by(own, other) < ALLOWED[precision], (architecture, wanted)


def trained(form):
    return form.outputs is not None and form.activation in (Activation.SOFTMAX, Activation.LINEAR)


def check_shapes(architecture, form, model):
    """Layers, names and shapes of all weights are those of Keras, in its order."""
    named = []
    for layer in model.layers:
        for weight in layer.weights:
            way = re.search(r"/((?:forward|backward)_)\w+/", weight.path)
            named.append((layer.name, f"{way[1] if way else ''}{weight.name}", tuple(weight.shape)))
    assert [tuple(weight) for weight in weight_shapes(architecture, form)] == named
    assert [shape for *_, shape in named] == [weight.shape for weight in model.get_weights()]


# The registry: each task with each cell, in one way drawn by the names and in both precisions


def some_way(name, cell, form):
    draw = random.Random(f"{name} {cell}")
    return form.fit(
        Architecture(
            cell,
            units=draw.choice((2, 3, 5)),
            embedding_dim=draw.choice((None, 2, 3)),
            direction=draw.choice(list(Direction)),
            merge_mode=draw.choice(list(MergeMode)),
            layers=draw.choice((1, 2)),
            reset_after=draw.random() < 0.5,
            use_bias=draw.random() < 0.75,
        )
    )


def some_samples(name):
    """A short sample and a longer one, with padding where the task has it, of at most ``MOST_STEPS``."""
    known = learnable(name)
    inputs, targets = known.data(0).train
    if known.form.padded:
        order = np.argsort((inputs != 0).sum(1), kind="stable")
        rows = order[[0, len(order) // 2]]
        inputs, targets = inputs[rows], targets[rows]
    inputs, targets = inputs[:2], targets[:2]
    if not known.form.pattern.one_input:
        inputs = inputs[:, :MOST_STEPS]
    return inputs, targets[:, :MOST_STEPS] if known.form.pattern is Pattern.IN_STEP else targets


@with_keras
@every_cell
@every_task
def test_every_task_has_the_outputs_loss_and_gradients_of_keras(name, cell):
    form = learnable(name).form
    architecture = some_way(name, cell, form)
    for precision in ALLOWED:
        check_against_keras(architecture, form, *some_samples(name), precision)


def test_the_drawn_ways_have_every_choice_in_every_cell():
    drawn = [some_way(name, cell, learnable(name).form) for name in TASKS for cell in Cell]
    for cell in Cell:
        ways = [one for one in drawn if one.cell is cell]
        assert {one.direction for one in ways} == set(Direction)
        assert {one.merge_mode for one in ways} == set(MergeMode)
        assert {one.layers for one in ways} == {1, 2}
        assert {one.reset_after for one in ways} == {one.use_bias for one in ways} == {True, False}
        assert {one.embedding_dim is None for one in ways} == {True, False}


# Anything that the bench can express


@st.composite
def samples(draw, form):
    """Inputs and targets of this form; padding stands anywhere, but never in all of a sample."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    batch, timesteps = form.batch_size or 2, form.timesteps or 3
    shape = (batch, form.input_dim) if form.pattern.one_input else (batch, timesteps, form.input_dim)
    inputs = rng.standard_normal(shape)
    if form.embeddable:
        inputs = rng.integers(0, form.input_dim, shape[:2])
        if form.padded:
            inputs[np.arange(batch), rng.integers(0, timesteps, batch)] = rng.integers(1, form.input_dim, batch)
    steps = 1 if not form.pattern.many_outputs else form.steps_out or timesteps
    if form.activation is Activation.LINEAR:
        return inputs, rng.standard_normal((batch, steps))
    return inputs, rng.integers(0, form.outputs or 1, (batch, steps))


@with_keras
@settings(max_examples=100)
@given(architectures(most=4), forms(most=4), st.sampled_from([0.3, 1.0, 4.0]), st.data())
def test_any_architecture_with_any_form_has_the_outputs_loss_and_gradients_of_keras(architecture, form, scale, data):
    assume(not form.padded or form.input_dim > 1)  # else there is nothing but padding
    assume(
        form.outputs != 1 or form.activation is not Activation.SOFTMAX
    )  # Keras warns that it says 1 whatever it reads
    check_against_keras(form.fit(architecture), form, *data.draw(samples(form)), "float64", scale)


HARD = [
    (Architecture(Cell.LSTM, 3, 2, Direction.BIDIRECTIONAL, MergeMode.MUL, layers=2), Pattern.MANY_TO_ONE),
    (Architecture(Cell.GRU, 3, None, Direction.BIDIRECTIONAL, MergeMode.AVE, 2, reset_after=False), Pattern.IN_STEP),
    (Architecture(Cell.SIMPLE_RNN, 3, 2, Direction.BIDIRECTIONAL, MergeMode.MUL, layers=2), Pattern.IN_STEP),
    (Architecture(Cell.GRU, 3, 2, Direction.BACKWARD, layers=3), Pattern.IN_STEP),
    (Architecture(Cell.SIMPLE_RNN, 3, None, Direction.BACKWARD, layers=2), Pattern.ENCODER_DECODER),
    (Architecture(Cell.LSTM, 3, 2, Direction.BIDIRECTIONAL, layers=2), Pattern.ENCODER_DECODER),
    (Architecture(Cell.DENSE, 3, 2, layers=2), Pattern.MANY_TO_ONE),
]


@with_keras
@pytest.mark.parametrize(("architecture", "pattern"), HARD, ids=lambda value: getattr(value, "label", value))
def test_padding_in_the_middle_and_at_the_end_gives_the_gradients_of_keras(architecture, pattern):
    form = Form(5, pattern=pattern, output_steps=3, outputs=4, masked=True)
    inputs = np.array([[3, 0, 4, 2, 0, 0], [1, 2, 0, 0, 4, 1], [0, 0, 2, 3, 0, 1]])
    steps = {Pattern.MANY_TO_ONE: 1, Pattern.IN_STEP: 6, Pattern.ENCODER_DECODER: 3}[pattern]
    targets = np.random.default_rng(1).integers(0, 4, (3, steps))
    check_against_keras(architecture, form, inputs, targets, "float64")


@with_keras
@pytest.mark.parametrize("pattern", [Pattern.IN_STEP, Pattern.MANY_TO_ONE])
def test_a_hopeless_probability_has_the_loss_and_gradients_of_keras(pattern):
    form = Form(4, timesteps=None, pattern=pattern, outputs=4)
    inputs, targets = np.array([[1, 2, 3]]), np.array([[0, 0, 0] if pattern is Pattern.IN_STEP else [0]])
    with keras_in("float64"):
        model = new_model(Architecture(Cell.SIMPLE_RNN, 3), form, np.random.default_rng(0))
        *below, bias = model.get_weights()
        model.set_weights([*below, bias - [50.0, 0.0, 0.0, 0.0]])
        check_with_weights_of(model, Architecture(Cell.SIMPLE_RNN, 3), form, inputs, targets, "float64")
    assert said_by(model, form, inputs, targets).loss > 40


# States: those of a layer that has read no further


MASKS = {
    "all read": None,
    "padding at the end": np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], bool),
    "padding in the middle": np.array([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 0, 0, 1, 1]], bool),
}


@with_keras
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
def test_every_state_is_that_of_a_keras_layer_that_has_read_so_far(cell, reset_after, backward, mask):
    shape = (3, 5, 3, 2)
    inputs, weights, start = some_inputs(shape), some_weights(cell, reset_after, shape), some_start(cell, 3, 2)
    layer = keras_layer(cell, reset_after, shape, return_state=True, go_backwards=backward, dtype="float64")
    layer.set_weights(list(weights))
    trace = Trace(cell, weights, inputs, reset_after, backward, mask, start)
    for t in range(5):
        read = slice(t, None) if backward else slice(t + 1)
        part = None if mask is None else mask[:, read]
        _, *states = layer(inputs[:, read], mask=part, initial_state=[state for state in start if state.size])
        ours = [state for state in trace.after(t) if state.size]
        for own, other in zip(ours, states, strict=True):
            assert off_by(own, np.asarray(other)) < 1e-12
    assert trace.last is not None and np.array_equal(trace.last.h, trace.h[:, 0 if backward else -1])


@with_keras
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
def test_what_a_layer_hands_on_at_every_step_is_that_of_keras(cell, reset_after, mask):
    shape = (3, 5, 3, 2)
    inputs, weights = some_inputs(shape), some_weights(cell, reset_after, shape)
    for backward in (False, True):
        layer = keras_layer(cell, reset_after, shape, go_backwards=backward, dtype="float64")
        layer.set_weights(list(weights))
        theirs = np.asarray(layer(inputs, mask=mask))
        ours = Trace(cell, weights, inputs, reset_after, backward, mask).h
        assert off_by(ours, np.flip(theirs, 1) if backward else theirs) < 1e-12


def some_start(cell, batch, units):
    h, c = np.random.default_rng(5).standard_normal((2, batch, units))
    return State(h, c if cell is Cell.LSTM else np.zeros((batch, 0)))


# What does not fit is said


def refused(sentence):
    return pytest.raises(ValueError, match=f"^{re.escape(sentence)}$")


FORM = Form(4, outputs=3)
MODEL = Model.random(Architecture(Cell.LSTM, 2), FORM, seed=0)
NUMBERS = Model.random(Architecture(Cell.GRU, 2), replace(FORM, tokens=False), seed=0)
VECTOR = Model.random(Architecture(Cell.GRU, 2), replace(FORM, pattern=Pattern.ONE_TO_MANY), seed=0)


def test_weights_that_are_too_many_or_of_another_shape_are_refused():
    with refused("this model has 5 weight arrays, not 4"):
        replace(MODEL, weights=MODEL.weights[:-1])
    with refused("recurrent_kernel of lstm must be (2, 8), not (8, 2)"):
        replace(MODEL, weights=(MODEL.weights[0], MODEL.weights[1].T, *MODEL.weights[2:]))
    both = replace(MODEL.architecture, direction=Direction.BIDIRECTIONAL, cell=Cell.SIMPLE_RNN)
    shapes = [weight.shape for weight in weight_shapes(both, FORM)]
    with refused("backward_bias of bidirectional must be (2,), not (3,)"):
        Model(both, FORM, tuple(np.zeros((3,) if n == 5 else shape) for n, shape in enumerate(shapes)))


@pytest.mark.parametrize(
    ("model", "shape", "sentence"),
    [
        (MODEL, (5,), "inputs must be (B, T), not (5,)"),
        (MODEL, (1, 5, 4), "inputs must be (B, T), not (1, 5, 4)"),
        (NUMBERS, (1, 5), "inputs must be (B, T, 4), not (1, 5)"),
        (NUMBERS, (1, 5, 3), "inputs must be (B, T, 4), not (1, 5, 3)"),
        (VECTOR, (1, 5, 4), "inputs must be (B, 4), not (1, 5, 4)"),
        (VECTOR, (1, 3), "inputs must be (B, 4), not (1, 3)"),
    ],
)
def test_inputs_of_another_shape_are_refused(model, shape, sentence):
    with refused(sentence):
        model.forward(np.zeros(shape))


def test_a_token_beyond_the_vocabulary_is_refused():
    with refused("tokens must be from 0 to 3, not 1 to 4"):
        MODEL.forward(np.array([[1, 4, 2]]))
    with refused("tokens must be from 0 to 3, not -1 to 2"):
        MODEL.forward(np.array([[1, -1, 2]]))


@pytest.mark.parametrize(
    "change", [{"outputs": None}, {"activation": Activation.SIGMOID}], ids=["no output", "sigmoid"]
)
def test_what_nothing_is_trained_with_has_no_loss(change):
    once = Model.random(Architecture(Cell.DENSE, 2), replace(FORM, **change), seed=0).forward(np.array([[1, 2]]))
    for asked in (once.loss, once.back):
        with refused("a loss needs an output layer, softmax or linear"):
            asked(np.array([[1, 0]]))


@pytest.mark.parametrize("shape", [(2,), (2, 1), (1, 3), (2, 3, 1)], ids=str)
def test_targets_of_another_shape_are_refused(shape):
    once = MODEL.forward(np.zeros((2, 3), int))
    for asked in (once.loss, once.back):
        with refused(f"targets must be (2, 3), not {shape}"):
            asked(np.zeros(shape, int))


def test_a_mask_a_state_or_gradients_of_another_shape_are_refused():
    weights, inputs = some_weights(Cell.LSTM, True, (2, 5, 3, 4)), some_inputs((2, 5, 3, 4))
    with refused("mask must be (2, 5), not (5,)"):
        Trace(Cell.LSTM, weights, inputs, mask=np.ones(5, bool))
    with refused("h of the first state must be (2, 4), not (1, 4)"):
        Trace(Cell.LSTM, weights, inputs, state=State(np.zeros((1, 4)), np.zeros((2, 4))))
    with refused("c of the first state must be (2, 4), not (2, 0)"):
        Trace(Cell.LSTM, weights, inputs, state=State(np.zeros((2, 4)), np.zeros((2, 0))))
    with refused("gradients by the outputs must be (2, 5, 4), not (2, 4)"):
        Trace(Cell.LSTM, weights, inputs).back(np.zeros((2, 4)))
