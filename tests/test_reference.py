"""The cells in NumPy: against Keras, by hand, and what must always hold."""

import math

import numpy as np
import pytest

from rnnlab import reference
from rnnlab.architecture import RECURRENT_CELLS, Cell
from rnnlab.reference import Weights

SHAPES = [(1, 1, 4, 2), (1, 5, 4, 2), (3, 5, 4, 2), (1, 10, 4, 8), (1, 10, 6, 4), (2, 40, 3, 17)]  # B, T, D, U
CELLS = [(Cell.SIMPLE_RNN, True), (Cell.LSTM, True), (Cell.GRU, True), (Cell.GRU, False)]
NAMES = [f"{cell}-{'after' if after else 'before'}" for cell, after in CELLS]


def keras_layer(cell, reset_after, shape, **options):
    """A new layer of Keras, built for inputs (B, T, D)."""
    from rnnlab.backend import keras

    kinds = {Cell.SIMPLE_RNN: keras.layers.SimpleRNN, Cell.LSTM: keras.layers.LSTM, Cell.GRU: keras.layers.GRU}
    if cell is Cell.GRU:
        options["reset_after"] = reset_after
    batch, timesteps, input_dim, units = shape
    layer = kinds[cell](units, return_sequences=True, **options)
    layer.build((batch, timesteps, input_dim))
    return layer


def some_inputs(shape, seed=0):
    batch, timesteps, input_dim, _ = shape
    return np.random.default_rng(seed).standard_normal((batch, timesteps, input_dim)).astype(np.float32)


def some_weights(cell, reset_after, shape, seed=1):
    """Random weights whose biases are random too, so that none can stand in the wrong place unseen."""
    weights = reference.random_weights(cell, shape[2], shape[3], seed, reset_after)
    return weights._replace(bias=np.random.default_rng(seed).standard_normal(weights.bias.shape))


# Against Keras


@pytest.mark.usefixtures("keras_ready")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
def test_all_hidden_states_are_those_of_keras(cell, reset_after, shape):
    inputs, weights = some_inputs(shape), some_weights(cell, reset_after, shape)
    layer = keras_layer(cell, reset_after, shape)
    layer.set_weights(list(weights))
    ours, theirs = reference.run(cell, weights, inputs, reset_after), np.asarray(layer(inputs))
    assert ours.shape == theirs.shape == (*shape[:2], shape[3])
    assert np.abs(theirs).max() > 0.1
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("keras_ready")
@pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
def test_a_layer_without_biases_is_that_of_keras(cell, reset_after):
    shape = (2, 6, 3, 4)
    layer = keras_layer(cell, reset_after, shape, use_bias=False)
    ours = reference.run(cell, Weights(*layer.get_weights()), some_inputs(shape), reset_after)
    np.testing.assert_allclose(ours, np.asarray(layer(some_inputs(shape))), rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("keras_ready")
@pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
def test_random_weights_have_the_shapes_ranges_and_biases_of_a_new_keras_layer(cell, reset_after):
    shape = (1, 1, 30, 40)
    ours = reference.random_weights(cell, 30, 40, seed=3, reset_after=reset_after)
    theirs = Weights(*keras_layer(cell, reset_after, shape).get_weights())
    assert [matrix.shape for matrix in ours] == [matrix.shape for matrix in theirs]
    limit = math.sqrt(6 / sum(ours.kernel.shape))
    for weights in (ours, theirs):
        assert 0.97 * limit < np.abs(weights.kernel).max() <= limit * (1 + 1e-6)
        assert abs(weights.kernel.mean()) < 0.1 * limit
        np.testing.assert_allclose(weights.recurrent_kernel @ weights.recurrent_kernel.T, np.eye(40), atol=1e-5)
    assert np.array_equal(ours.bias, theirs.bias)


# By hand


def test_a_simple_rnn_of_one_unit_by_hand():
    weights = Weights(np.array([[0.5]]), np.array([[-2.0]]), np.array([0.25]))
    first = math.tanh(0.5 * 1 + 0.25)
    second = math.tanh(0.5 * 3 - 2 * first + 0.25)
    hidden = reference.run(Cell.SIMPLE_RNN, weights, np.array([[[1.0], [3.0]]]))
    np.testing.assert_allclose(hidden[0, :, 0], [first, second])


def test_f6_an_lstm_of_one_unit_by_hand():
    weights = Weights(
        np.array([[0.5, -1.0, 2.0, 0.3]]), np.array([[0.1, 0.2, -0.4, 0.7]]), np.array([0.0, 1.0, 0.1, -0.2])
    )
    h = c = 0.0
    expected = []
    for x in (1.0, -0.5, 2.0):
        i, f = sigma(0.5 * x + 0.1 * h), sigma(-x + 0.2 * h + 1.0)
        g, o = math.tanh(2 * x - 0.4 * h + 0.1), sigma(0.3 * x + 0.7 * h - 0.2)
        c = f * c + i * g
        h = o * math.tanh(c)
        expected.append(h)
    hidden = reference.run(Cell.LSTM, weights, np.array([[[1.0], [-0.5], [2.0]]]))
    np.testing.assert_allclose(hidden[0, :, 0], expected)


def test_f7_a_gru_of_one_unit_by_hand_resets_before_the_product():
    weights = Weights(np.array([[0.5, -1.0, 2.0]]), np.array([[0.1, 0.2, -0.4]]), np.array([0.3, 0.0, 0.1]))
    h, expected = 0.0, []
    for x in (1.0, -0.5, 2.0):
        z, r = sigma(0.5 * x + 0.1 * h + 0.3), sigma(-x + 0.2 * h)
        g = math.tanh(2 * x - 0.4 * (r * h) + 0.1)
        h = (1 - z) * g + z * h
        expected.append(h)
    hidden = reference.run(Cell.GRU, weights, np.array([[[1.0], [-0.5], [2.0]]]), reset_after=False)
    np.testing.assert_allclose(hidden[0, :, 0], expected)


def sigma(x):
    return 1 / (1 + math.exp(-x))


def test_f5_ten_timesteps_of_4_numbers_with_8_units_give_ten_hidden_states_of_8():
    weights = reference.random_weights(Cell.SIMPLE_RNN, 4, 8, seed=0)
    (hidden,) = reference.run(Cell.SIMPLE_RNN, weights, some_inputs((1, 10, 4, 8)))
    assert hidden.shape == (10, 8)
    (words,) = reference.run(
        Cell.SIMPLE_RNN, reference.random_weights(Cell.SIMPLE_RNN, 6, 4, 0), some_inputs((1, 10, 6, 4))
    )
    assert words.shape == (10, 4)


# What must always hold


@pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
def test_a_step_depends_on_what_came_before_and_on_nothing_after(cell, reset_after):
    shape = (1, 6, 3, 4)
    weights, inputs = some_weights(cell, reset_after, shape), some_inputs(shape)
    changed = inputs.copy()
    changed[:, 3] += 1.0
    before = reference.run(cell, weights, inputs, reset_after)
    after = reference.run(cell, weights, changed, reset_after)
    assert np.array_equal(before[:, :3], after[:, :3])
    assert (before[:, 3:] != after[:, 3:]).all()


@pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
def test_sequences_of_a_batch_do_not_touch_each_other(cell, reset_after):
    shape = (3, 5, 4, 2)
    weights, inputs = some_weights(cell, reset_after, shape), some_inputs(shape)
    together = reference.run(cell, weights, inputs, reset_after)
    alone = [reference.run(cell, weights, inputs[n : n + 1], reset_after)[0] for n in range(3)]
    np.testing.assert_allclose(together, alone)


@pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
def test_enormous_inputs_give_numbers(cell, reset_after):
    shape = (1, 4, 3, 4)
    hidden = reference.run(cell, some_weights(cell, reset_after, shape), 1e6 * some_inputs(shape), reset_after)
    assert np.isfinite(hidden).all()


def test_another_seed_gives_other_weights_and_the_same_seed_the_same():
    first, again, other = (reference.random_weights(Cell.LSTM, 4, 2, seed).kernel for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


# What does not fit is said


def test_inputs_of_another_size_are_refused_with_both_sizes():
    weights = reference.random_weights(Cell.GRU, 4, 2, seed=0)
    with pytest.raises(ValueError, match=r"inputs must be \(B, T, 4\), not \(1, 5, 3\)"):
        reference.run(Cell.GRU, weights, np.zeros((1, 5, 3)))


@pytest.mark.parametrize("cell", RECURRENT_CELLS)
def test_weights_of_another_cell_are_refused(cell):
    for other in set(RECURRENT_CELLS) - {cell}:
        with pytest.raises(ValueError, match=rf"{cell.class_name} of 2 units needs weights"):
            reference.run(cell, reference.random_weights(other, 4, 2, seed=0), np.zeros((1, 5, 4)))


def test_one_bias_where_two_are_needed_is_refused():
    weights = reference.random_weights(Cell.GRU, 4, 2, seed=0, reset_after=False)
    with pytest.raises(ValueError, match=r"and \(2, 6\), not \(4, 6\), \(2, 6\), \(6,\)"):
        reference.run(Cell.GRU, weights, np.zeros((1, 5, 4)), reset_after=True)


def test_a_layer_without_memory_is_no_cell():
    with pytest.raises(ValueError, match="one of simple_rnn, lstm, gru, not dense"):
        reference.random_weights(Cell.DENSE, 4, 2, seed=0)
