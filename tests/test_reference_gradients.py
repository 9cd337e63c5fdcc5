"""Gradients of the models in NumPy without Keras: by finite differences, by hand, and cut short."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.reference import Model, State, Trace, Weights
from tests.keras_oracle import off_by
from tests.test_reference import CELLS, NAMES, some_weights

every_cell = pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
both_ways = pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])

B, T, D, U = 2, 5, 3, 2
#: Of central differences: the cut off terms are of the order of its square, 1e-10; rounding adds 1e-11.
NUDGE = 1e-5
CLOSE = 1e-6


def differences(loss: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    """∂loss/∂at, number by number, by central differences."""
    found = np.empty(at.shape)
    for place in np.ndindex(at.shape):
        nudge = np.zeros(at.shape)
        nudge[place] = NUDGE
        found[place] = (loss(at + nudge) - loss(at - nudge)) / (2 * NUDGE)
    return found


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# Whole models: every weight


FORM = Form(4, timesteps=T, outputs=3)
TO_ONE = replace(FORM, pattern=Pattern.MANY_TO_ONE)
CASES = [
    (Architecture(Cell.SIMPLE_RNN, U, embedding_dim=2), FORM),
    (Architecture(Cell.LSTM, U, embedding_dim=2), FORM),
    (Architecture(Cell.GRU, U, embedding_dim=2), FORM),
    (Architecture(Cell.GRU, U, embedding_dim=2, reset_after=False), FORM),
    (Architecture(Cell.DENSE, U, embedding_dim=2, layers=2), TO_ONE),
    (Architecture(Cell.LSTM, U, direction=Direction.BIDIRECTIONAL, merge_mode=MergeMode.MUL, layers=2), TO_ONE),
    (Architecture(Cell.GRU, U, 2, Direction.BIDIRECTIONAL, MergeMode.AVE, use_bias=False), replace(FORM, masked=True)),
    (Architecture(Cell.SIMPLE_RNN, U, 2, Direction.BACKWARD, layers=2), replace(TO_ONE, masked=True)),
    (
        Architecture(Cell.LSTM, U, 2, Direction.BIDIRECTIONAL),
        replace(FORM, pattern=Pattern.ENCODER_DECODER, output_steps=3, masked=True),
    ),
    (Architecture(Cell.GRU, U), Form(3, pattern=Pattern.ONE_TO_MANY, output_steps=3, outputs=3)),
    (Architecture(Cell.LSTM, U), Form(3, tokens=False, outputs=2, activation=Activation.LINEAR)),
]


def some_model(architecture, form):
    weights = Model.random(architecture, form, seed=0).weights
    return Model(architecture, form, tuple(0.7 * numbers(*array.shape, seed=n) for n, array in enumerate(weights)))


def some_samples(form):
    if form.pattern.one_input:
        inputs = numbers(B, form.input_dim)
    else:
        inputs = np.array([[3, 0, 1, 2, 0], [1, 2, 2, 0, 3]]) if form.embeddable else numbers(B, T, form.input_dim)
    steps = {Pattern.MANY_TO_ONE: 1, Pattern.IN_STEP: T}.get(form.pattern, form.output_steps)
    if form.activation is Activation.LINEAR:
        return inputs, numbers(B, steps, seed=1)
    return inputs, np.random.default_rng(1).integers(0, form.outputs, (B, steps))


def by_differences(model, loss):
    """∂loss(pass)/∂weight of every weight, where ``loss`` is a function of the model."""
    for n, array in enumerate(model.weights):

        def changed(weight, n=n):
            return loss(replace(model, weights=(*model.weights[:n], weight, *model.weights[n + 1 :])))

        yield differences(changed, array)


@pytest.mark.parametrize(("architecture", "form"), CASES, ids=lambda value: getattr(value, "label", ""))
def test_gradients_of_every_weight_are_what_nudging_it_does_to_the_loss(architecture, form):
    model, (inputs, targets) = some_model(architecture, form), some_samples(form)
    gradients = model.forward(inputs).back(targets).weights
    nudged = by_differences(model, lambda changed: changed.forward(inputs).loss(targets))
    for own, expected in zip(gradients, nudged, strict=True):
        assert off_by(own, expected) < CLOSE


# Single output steps


@pytest.mark.parametrize("cell", Cell)
def test_gradients_of_some_output_steps_are_those_of_their_loss_alone(cell):
    model, (inputs, targets) = some_model(Architecture(cell, U, 2), FORM), some_samples(FORM)

    def loss_of_two_steps(changed):
        probabilities = np.take_along_axis(changed.forward(inputs).outputs, targets[..., np.newaxis], axis=-1)[..., 0]
        return float(-np.log(probabilities[:, [1, 3]]).sum() / targets.size)

    gradients = model.forward(inputs).back(targets, steps=[1, 3]).weights
    for own, expected in zip(gradients, by_differences(model, loss_of_two_steps), strict=True):
        assert off_by(own, expected) < CLOSE


@pytest.mark.parametrize(("architecture", "form"), CASES, ids=lambda value: getattr(value, "label", ""))
def test_gradients_of_single_steps_add_up_to_those_of_all(architecture, form):
    inputs, targets = some_samples(form)
    once = some_model(architecture, form).forward(inputs)
    whole = once.back(targets)
    singly = [once.back(targets, steps=[step]) for step in range(targets.shape[1])]
    for n, together in enumerate(whole.weights):
        assert off_by(sum(one.weights[n] for one in singly), together) < 1e-12
    for n, read in enumerate(whole.reads):
        assert off_by(sum(one.reads[n].gradients.h for one in singly), read.gradients.h) < 1e-12


def test_an_earlier_answer_is_no_matter_of_a_later_step():
    once = some_model(Architecture(Cell.LSTM, U), FORM).forward(some_samples(FORM)[0])
    (read,) = once.back(some_samples(FORM)[1], steps=[2]).reads
    assert (read.gradients.h[:, :3] != 0).all()
    assert not read.gradients.h[:, 3:].any()


# One layer: by its inputs and by every state


def some_trace(cell, reset_after, backward=False, mask=None):
    weights, c = some_weights(cell, reset_after, (B, T, D, U)), U if cell is Cell.LSTM else 0
    start = State(numbers(B, U, seed=3), numbers(B, c, seed=4))
    return Trace(cell, weights, numbers(B, T, D), reset_after, backward, mask, start)


def read_again(trace, inputs=None, state=None, mask=None):
    """The same layer reads something else."""
    chosen = trace.inputs if inputs is None else inputs
    return Trace(trace.cell, trace.weights, chosen, trace.reset_after, trace.backward, mask, state or trace.start)


def rest(trace, t):
    """The steps that are read after step ``t``."""
    return slice(0, t) if trace.backward else slice(t + 1, None)


@both_ways
@every_cell
def test_gradients_of_the_inputs_are_what_nudging_them_does(cell, reset_after, backward):
    trace, by_h = some_trace(cell, reset_after, backward), numbers(B, T, U, seed=7)
    expected = differences(lambda inputs: float((read_again(trace, inputs).h * by_h).sum()), trace.inputs)
    assert off_by(trace.back(by_h).inputs, expected) < CLOSE


MASKS = {"all read": None, "padded": np.array([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1]], bool)}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@both_ways
@every_cell
def test_gradients_by_every_state_are_what_nudging_it_does_to_all_that_follows(cell, reset_after, backward, mask):
    trace, by_h = some_trace(cell, reset_after, backward, mask), numbers(B, T, U, seed=7)
    gradients = trace.back(by_h)
    for t in range(T):
        after, later = trace.after(t), rest(trace, t)

        def loss(h, c, t=t, later=later):
            part = None if mask is None else mask[:, later]
            follows = read_again(trace, trace.inputs[:, later], State(h, c), part).h
            return float((h * by_h[:, t]).sum() + (follows * by_h[:, later]).sum())

        def shown(c, t=t, after=after):  # h_t = o∘tanh(c_t), unless the step is passed over
            h = trace.values["o"][:, t] * np.tanh(c)
            return h if mask is None else np.where(mask[:, t, np.newaxis], h, after.h)

        assert off_by(gradients.h[:, t], differences(lambda h, loss=loss, c=after.c: loss(h, c), after.h)) < CLOSE
        if cell is Cell.LSTM:
            expected = differences(lambda c, loss=loss, shown=shown: loss(shown(c), c), after.c)
            assert off_by(gradients.c[:, t], expected) < CLOSE


def test_a_cell_without_c_has_no_gradients_by_it():
    assert some_trace(Cell.GRU, True).back(numbers(B, T, U)).c.shape == (B, T, 0)


# Cut after k steps


@pytest.mark.parametrize("reach", range(T + 1))
@both_ways
@every_cell
def test_gradients_over_k_steps_are_those_of_a_layer_that_reads_the_last_k_alone(cell, reset_after, backward, reach):
    trace, by_h = some_trace(cell, reset_after, backward), numbers(B, T, U, seed=7)
    cut = trace.back(by_h, reach)
    last, others = (
        slice(0, reach) if backward else slice(T - reach, T),
        slice(reach, T) if backward else slice(0, T - reach),
    )
    before = trace.after(reach if backward else T - reach - 1) if reach < T else trace.start
    alone = read_again(trace, trace.inputs[:, last], before).back(by_h[:, last])
    for own, expected in zip(cut.weights, alone.weights, strict=True):
        assert off_by(own, expected) < 1e-12
    for name in ("inputs", "h", "c"):
        own, expected = getattr(cut, name), getattr(alone, name)
        assert off_by(own[:, last], expected) < 1e-12
        assert not own[:, others].any()


@pytest.mark.parametrize(("architecture", "form"), CASES, ids=lambda value: getattr(value, "label", ""))
def test_a_reach_over_all_steps_cuts_nothing(architecture, form):
    once, targets = some_model(architecture, form).forward(some_samples(form)[0]), some_samples(form)[1]
    for reach in (T, T + 3):
        assert all(map(np.array_equal, once.back(targets).weights, once.back(targets, reach=reach).weights))


@pytest.mark.parametrize("cell", [Cell.SIMPLE_RNN, Cell.LSTM, Cell.GRU])
def test_gradients_of_two_layers_over_k_steps_take_all_that_was_read_before_as_given(cell):
    model, (inputs, targets) = some_model(Architecture(cell, U, layers=2), FORM), some_samples(FORM)
    once = model.forward(inputs)
    first_k = T - 2
    given = [read.trace.after(first_k - 1) for read in once.reads]
    vectors = once.reads[0].trace.inputs[:, first_k:]

    def loss_of_the_last_two(changed):
        *_, lower, upper = (read.trace for read in changed.forward(inputs[:, first_k:]).reads)
        middle = Trace(cell, lower.weights, vectors, state=given[0]).h
        h = Trace(cell, upper.weights, middle, state=given[1]).h
        sums = h @ changed.weights[-2] + changed.weights[-1]
        probabilities = np.exp(sums) / np.exp(sums).sum(-1, keepdims=True)
        right = np.take_along_axis(probabilities, targets[:, first_k:, np.newaxis], axis=-1)
        return float(-np.log(right).sum() / targets.size)

    steps = range(first_k, T)
    gradients = once.back(targets, reach=2, steps=steps).weights
    for own, expected in zip(gradients, by_differences(model, loss_of_the_last_two), strict=True):
        assert off_by(own, expected) < CLOSE


# Cut k steps before one output step


TO_MANY = Form(3, pattern=Pattern.ONE_TO_MANY, output_steps=4, outputs=3)
TRANSLATE = replace(FORM, pattern=Pattern.ENCODER_DECODER, output_steps=4)
BOTH = Direction.BIDIRECTIONAL
CUT_CASES = [
    (Architecture(Cell.LSTM, U), FORM),
    (Architecture(Cell.GRU, U, 2, BOTH, MergeMode.MUL), FORM),
    (Architecture(Cell.SIMPLE_RNN, U, 2, BOTH, layers=2), FORM),
    (Architecture(Cell.LSTM, U, direction=Direction.BACKWARD, layers=2), FORM),
    (Architecture(Cell.LSTM, U, direction=BOTH, merge_mode=MergeMode.SUM), TO_ONE),
    (Architecture(Cell.GRU, U), TO_MANY),
    (Architecture(Cell.LSTM, U, direction=BOTH), TO_MANY),
    (Architecture(Cell.SIMPLE_RNN, U, direction=Direction.BACKWARD, layers=2), TO_MANY),
    (Architecture(Cell.GRU, U, 2, layers=2), TRANSLATE),
    (Architecture(Cell.LSTM, U, direction=BOTH, merge_mode=MergeMode.AVE), TRANSLATE),
    (Architecture(Cell.SIMPLE_RNN, U, direction=Direction.BACKWARD), TRANSLATE),
]


def within(read, form, step, reach):
    """Whether each step of a trace, in the order of the input, was read less than ``reach`` steps before the loss."""
    trace, steps = read.trace, np.arange(read.trace.inputs.shape[1])
    after = steps if trace.backward else steps[-1] - steps  # how many steps were read after each
    if read.layer.startswith("encoder"):
        return after + step + 1 < reach
    if not form.pattern.many_outputs:
        return after < reach
    return (steps - step if trace.backward else step - steps) < reach


def loss_where_earlier_states_are_given(model, samples, step, reach):
    """The loss of one output step as a function of the model, which reads again only what is within reach."""
    (inputs, targets), form = samples, model.form
    reads = model.forward(inputs).reads

    def loss(changed, monkeypatch):
        left = list(reads)

        def read_within_reach(cell, weights, vectors, reset_after, backward, mask, start):
            read = left.pop(0)
            places = np.flatnonzero(within(read, form, step, reach))
            again = Trace(cell, weights, vectors, reset_after, backward, mask, start)
            again.values = {name: array.copy() for name, array in read.trace.values.items()}
            if len(places):
                window = slice(places[0], places[-1] + 1)
                before = read.trace.before(places[-1] if backward else places[0])
                part = Trace(cell, weights, vectors[:, window], reset_after, backward, None, before)
                again.values["h"][:, window] = part.h
            return again

        with monkeypatch.context() as patched:
            patched.setattr("rnnlab.reference.parts.Trace", read_within_reach)
            outputs = changed.forward(inputs).outputs[:, step]
        right = np.take_along_axis(outputs, targets[:, step, np.newaxis], axis=-1)
        return float(-np.log(right).sum() / targets.size)

    return loss


@pytest.mark.parametrize("reach", [1, 2, 4, 6])
@pytest.mark.parametrize("step", [0, 1, 3])
@pytest.mark.parametrize(("architecture", "form"), CUT_CASES, ids=lambda value: getattr(value, "label", ""))
def test_gradients_over_k_steps_before_one_output_take_what_was_read_before_as_given(
    architecture, form, step, reach, monkeypatch
):
    step = step if form.pattern.many_outputs else 0
    model, samples = some_model(architecture, form), some_samples(form)
    loss = loss_where_earlier_states_are_given(model, samples, step, reach)
    gradients = model.forward(samples[0]).back(samples[1], reach, [step]).weights
    nudged = by_differences(model, lambda changed: loss(changed, monkeypatch))
    for own, expected in zip(gradients, nudged, strict=True):
        assert off_by(own, expected) < CLOSE


# By hand


def test_one_backward_step_of_a_simple_rnn_of_two_units_by_hand():
    x, (h1, h2) = 2.0, (0.5, -0.25)
    weights = Weights(np.array([[0.3, -0.2]]), np.array([[0.1, 0.4], [-0.5, 0.2]]), np.array([0.05, -0.1]))
    trace = Trace(Cell.SIMPLE_RNN, weights, np.array([[[x]]]), state=State(np.array([[h1, h2]]), np.zeros((1, 0))))
    new1 = math.tanh(0.3 * x + 0.1 * h1 - 0.5 * h2 + 0.05)
    new2 = math.tanh(-0.2 * x + 0.4 * h1 + 0.2 * h2 - 0.1)
    np.testing.assert_allclose(trace.h[0, 0], [new1, new2])
    by1, by2 = 1.5, -2.0  # ∂loss/∂h_t
    s1, s2 = by1 * (1 - new1**2), by2 * (1 - new2**2)  # ∂loss/∂(W_x x + W_h h + b)
    gradients = trace.back(np.array([[[by1, by2]]]))
    kernel, recurrent_kernel, bias = gradients.weights
    np.testing.assert_allclose(kernel, [[x * s1, x * s2]])
    np.testing.assert_allclose(recurrent_kernel, [[h1 * s1, h1 * s2], [h2 * s1, h2 * s2]])
    np.testing.assert_allclose(bias, [s1, s2])
    np.testing.assert_allclose(gradients.inputs, [[[0.3 * s1 - 0.2 * s2]]])
    np.testing.assert_allclose(gradients.h, [[[by1, by2]]])


def test_two_steps_back_by_hand():
    """∂h_2/∂h_1 = (1 − h_2²)·w: what comes back to the first step."""
    weights = Weights(np.array([[0.5]]), np.array([[-2.0]]), np.array([0.25]))
    trace = Trace(Cell.SIMPLE_RNN, weights, np.array([[[1.0], [3.0]]]))
    first = math.tanh(0.5 * 1 + 0.25)
    second = math.tanh(0.5 * 3 - 2 * first + 0.25)
    back = (1 - second**2) * -2.0
    gradients = trace.back(np.array([[[0.0], [1.0]]]))
    np.testing.assert_allclose(gradients.h[0, :, 0], [back, 1.0])
    np.testing.assert_allclose(gradients.weights[0], [[3.0 * (1 - second**2) + 1.0 * back * (1 - first**2)]])
