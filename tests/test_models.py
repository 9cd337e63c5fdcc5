"""Keras' models against the counting by formula, against models built by hand, and against each other."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings

from rnnlab import models
from rnnlab.architecture import RECURRENT_CELLS, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.backend import keras
from rnnlab.counting import count
from tests.strategies import architectures, forms

pytestmark = pytest.mark.usefixtures("keras_ready")

WAYS = [
    (Direction.FORWARD, MergeMode.CONCAT),
    (Direction.BACKWARD, MergeMode.CONCAT),
    *((Direction.BIDIRECTIONAL, mode) for mode in MergeMode),
]


#: What Keras lists besides the layers: the input, and the operations that make a mask.
NO_LAYER = re.compile(r"input_layer|(not_equal|any)(_\d+)?")


def check_against_keras(architecture, form):
    """What is counted by formula is what Keras builds and prints."""
    counted, summary = count(architecture, form), models.summarise(architecture, form)
    assert counted.total == summary.parameters
    assert tuple(layer.output_shape for layer in counted.layers) == summary.shapes
    names = re.findall(r"^│ ([a-z]\w*) ", summary.text, re.MULTILINE)
    assert [name for name in names if not NO_LAYER.fullmatch(name)] == [layer.name for layer in counted.layers]
    assert f"Total params: {counted.total:,} " in summary.text


@pytest.mark.parametrize("embedding_dim", [None, 3], ids=["one-hot", "embedded"])
@pytest.mark.parametrize("layers", [1, 2, 3, 4])
@pytest.mark.parametrize(("direction", "merge_mode"), WAYS)
@pytest.mark.parametrize("cell", Cell)
def test_the_whole_registry_counts_as_keras_does(cell, direction, merge_mode, layers, embedding_dim):
    resets = (True, False) if cell is Cell.GRU else (True,)
    for reset_after, use_bias, pattern in product(resets, (True, False), (Pattern.IN_STEP, Pattern.MANY_TO_ONE)):
        architecture = Architecture(
            cell, 2, embedding_dim, direction, merge_mode, layers, reset_after=reset_after, use_bias=use_bias
        )
        check_against_keras(architecture, Form(4, timesteps=3, pattern=pattern, outputs=3))


OTHER_FORMS = [
    Form(4, tokens=False, pattern=Pattern.ONE_TO_ONE, outputs=3),
    Form(4, tokens=False, pattern=Pattern.ONE_TO_MANY, output_steps=2, outputs=3),
    Form(4, timesteps=3, pattern=Pattern.ENCODER_DECODER, output_steps=2, outputs=3),
    Form(4, timesteps=3, pattern=Pattern.ENCODER_DECODER, output_steps=2, outputs=3, masked=True),
    Form(4, timesteps=3, pattern=Pattern.MANY_TO_ONE, outputs=3, masked=True),
    Form(4, timesteps=3, outputs=3, masked=True),
]


@pytest.mark.parametrize("form", OTHER_FORMS, ids=lambda form: f"{form.pattern}{' masked' if form.masked else ''}")
@pytest.mark.parametrize("cell", Cell)
def test_every_cell_and_direction_in_every_other_form_counts_as_keras_does(cell, form):
    for direction, layers, embedding_dim in product(Direction, (1, 2, 3), (None, 3) if form.embeddable else (None,)):
        check_against_keras(Architecture(cell, 2, embedding_dim, direction, layers=layers), form)


@settings(max_examples=60)
@given(architectures(most=6), forms(most=6))
def test_any_architecture_with_any_form_counts_as_keras_does(architecture, form):
    check_against_keras(architecture, form)


# Each by hand in plain Keras, as a person would write it, after keras.utils.set_random_seed.


def plain():
    return [keras.Input((6, 5)), keras.layers.LSTM(5, return_sequences=True), keras.layers.Dense(5, "softmax")]


def embedded():
    return [
        keras.Input((6,)),
        keras.layers.Embedding(5, 3),
        keras.layers.SimpleRNN(4, return_sequences=True),
        keras.layers.Dense(5, "softmax"),
    ]


def deep():
    return [
        keras.Input((6, 5)),
        keras.layers.GRU(4, return_sequences=True, reset_after=False),
        keras.layers.GRU(4, return_sequences=True, reset_after=False),
        keras.layers.Dense(5, "softmax"),
    ]


def deep_bidirectional():
    return [
        keras.Input((6,)),
        keras.layers.Embedding(5, 3),
        keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True, use_bias=False), merge_mode="sum"),
        keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True, use_bias=False), merge_mode="sum"),
        keras.layers.Dense(5, "softmax"),
    ]


def without_recurrence():
    return [keras.Input((6, 5)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(5, "softmax")]


def masked_to_one():
    return [
        keras.Input((6,)),
        keras.layers.Embedding(5, 3, mask_zero=True),
        keras.layers.LSTM(4),
        keras.layers.Dense(5, "softmax"),
    ]


def encoder_decoder():
    return [
        keras.Input((6, 5)),
        keras.layers.Masking(),
        keras.layers.Bidirectional(keras.layers.GRU(4)),
        keras.layers.RepeatVector(3),
        keras.layers.GRU(4, return_sequences=True),
        keras.layers.Dense(5, "softmax"),
    ]


def one_to_many():
    return [
        keras.Input((5,)),
        keras.layers.RepeatVector(3),
        keras.layers.SimpleRNN(4, return_sequences=True),
        keras.layers.Dense(5, "softmax"),
    ]


BY_HAND = [
    (plain, Architecture(), Form()),
    (embedded, Architecture(Cell.SIMPLE_RNN, 4, 3), Form()),
    (deep, Architecture(Cell.GRU, 4, layers=2, reset_after=False), Form()),
    (
        deep_bidirectional,
        Architecture(Cell.LSTM, 4, 3, Direction.BIDIRECTIONAL, MergeMode.SUM, layers=2, use_bias=False),
        Form(),
    ),
    (without_recurrence, Architecture(Cell.DENSE, 4), Form()),
    (masked_to_one, Architecture(Cell.LSTM, 4, 3), Form(pattern=Pattern.MANY_TO_ONE, masked=True)),
    (
        encoder_decoder,
        Architecture(Cell.GRU, 4, direction=Direction.BIDIRECTIONAL),
        Form(pattern=Pattern.ENCODER_DECODER, output_steps=3, masked=True),
    ),
    (
        one_to_many,
        Architecture(Cell.SIMPLE_RNN, 4),
        Form(tokens=False, pattern=Pattern.ONE_TO_MANY, output_steps=3),
    ),
]


def same(some, others):
    """Whether two lists of weights are equal bit for bit."""
    return len(some) == len(others) and all(map(np.array_equal, some, others))


@pytest.mark.parametrize("seed", [0, 7, 999_999])
@pytest.mark.parametrize(
    ("by_hand", "architecture", "form"), BY_HAND, ids=[by_hand.__name__ for by_hand, *_ in BY_HAND]
)
def test_initial_weights_and_answers_are_those_of_a_script_with_the_same_seed(by_hand, architecture, form, seed):
    keras.utils.set_random_seed(seed)
    expected, built = keras.Sequential(by_hand()), models.build(architecture, form, seed)
    assert same(built.get_weights(), expected.get_weights())
    assert not same(models.build(architecture, form, seed=1).get_weights(), expected.get_weights())
    shape = (3, *expected.input_shape[1:])
    inputs = np.random.default_rng(seed).integers(1, 3, shape).astype(np.float32)
    if form.padded:
        inputs[1, 4:] = inputs[2, 1:] = 0
    assert np.array_equal(built(inputs), expected(inputs))


def test_two_threads_that_build_at_once_get_the_weights_they_get_alone():
    jobs = [(architecture, form, seed) for seed in range(2) for _, architecture, form in BY_HAND]
    alone = [models.build(*job).get_weights() for job in jobs]
    together = threading.Barrier(2)

    def build(job):
        together.wait()
        return models.build(*job).get_weights()

    with ThreadPoolExecutor(2) as pool:
        at_once = list(pool.map(build, jobs))
    assert all(map(same, at_once, alone))


@pytest.mark.parametrize("make", [models.build, models.summarise])
def test_a_model_that_would_not_fit_is_refused_with_its_size(make):
    architecture = Architecture(units=1024, embedding_dim=4096)
    with pytest.raises(ValueError) as error:
        make(architecture, Form(1_000_000, outputs=1))
    assert str(error.value) == ("this model has 4,116,976,641 parameters; at most 50,000,000 are built and trained")


KEPT = [
    (Architecture(), Form()),
    (Architecture(Cell.GRU, 4, 3, Direction.BIDIRECTIONAL), Form()),
    (Architecture(direction=Direction.BACKWARD), Form()),
    (Architecture(direction=Direction.BACKWARD, layers=3), Form(pattern=Pattern.MANY_TO_ONE, masked=True)),
    (Architecture(Cell.DENSE), Form(pattern=Pattern.MANY_TO_ONE)),
    (Architecture(Cell.DENSE), Form(pattern=Pattern.MANY_TO_ONE, masked=True)),
    (Architecture(Cell.DENSE, 4, 3), Form(pattern=Pattern.ENCODER_DECODER, masked=True)),
    (Architecture(Cell.LSTM, 4, 3, Direction.BACKWARD, layers=2), Form(pattern=Pattern.ENCODER_DECODER, masked=True)),
]


@pytest.mark.parametrize(("architecture", "form"), KEPT)
def test_our_own_keras_file_predicts_the_same(architecture, form, tmp_path):
    model = models.build(architecture, form, seed=3)
    path = tmp_path / "model.keras"
    path.write_bytes(models.keras_file(architecture, form, model.get_weights()))
    loaded = keras.models.load_model(path)
    tokens = np.array([[3, 1, 4, 2, 3, 3], [3, 1, 0, 0, 0, 0]])
    inputs = tokens if architecture.embedding_dim else np.eye(5, dtype=np.float32)[tokens] * (tokens != 0)[..., None]
    assert np.array_equal(loaded(inputs), model(inputs))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", RECURRENT_CELLS)
def test_reading_backward_is_reading_the_reversed_sequence_forward(cell, layers):
    form = Form(3, tokens=False, timesteps=7, outputs=4)
    forward = models.build(Architecture(cell, 5, layers=layers), form, seed=0)
    backward = models.build(Architecture(cell, 5, layers=layers, direction=Direction.BACKWARD), form, seed=1)
    backward.set_weights(forward.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 7, 3)).astype(np.float32)  # (B, T, D)
    reversed_forward = np.flip(forward(np.flip(x, 1)), 1)
    assert np.allclose(backward(x), reversed_forward, atol=1e-6)
    assert not np.allclose(backward(x), forward(x), atol=1e-3)


def test_a_dense_layer_sees_each_step_by_itself_and_one_that_answers_once_the_last():
    every_step, last_step = (
        models.build(Architecture(Cell.DENSE, 5, direction=Direction.BACKWARD), Form(3, False, 7, pattern=pattern))
        for pattern in (Pattern.IN_STEP, Pattern.MANY_TO_ONE)
    )
    last_step.set_weights(every_step.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 7, 3)).astype(np.float32)  # (B, T, D)
    shuffled = np.random.default_rng(1).permutation(7)
    assert np.allclose(every_step(x[:, shuffled]), np.asarray(every_step(x))[:, shuffled], atol=1e-6)
    assert np.allclose(last_step(x), np.asarray(every_step(x))[:, -1], atol=1e-6)


def test_weights_that_no_summary_needs_are_left_zero():
    model = models.build(Architecture(Cell.SIMPLE_RNN, 3, embedding_dim=2), Form(), seed=None)
    assert not any(weight.any() for weight in model.get_weights())
