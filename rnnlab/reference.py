"""The recurrent cells in NumPy, written as their equations: what pages compute with, and a check of Keras.

A cell does one step; ``run`` loops over the timesteps. Row vectors stand on the left (x @ W), so matrices are the
transposes of those in the lectures, as Keras stores them: the gates side by side, in the order of ``counting.GATES``.

Sources: SimpleRNN after Elman, "Finding Structure in Time" (1990); LSTM after Hochreiter & Schmidhuber, "Long Short-Term
Memory" (1997), with the forget gate of Gers et al., "Learning to Forget" (2000); GRU after Cho et al., "Learning Phrase
Representations using RNN Encoder-Decoder" (2014), with z weighing the old state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import RECURRENT_CELLS, Cell
from rnnlab.counting import GATES

Array = NDArray[np.floating[Any]]
State = tuple[Array, ...]  # (h,) or, for an LSTM, (h, c), each (B, U)


class Weights(NamedTuple):
    """The weights of one layer, as ``get_weights()`` of its Keras layer gives them, for G gates.

    Attributes:
        kernel: W_x, (D, G·U).
        recurrent_kernel: W_h, (U, G·U).
        bias: (G·U); for a GRU with ``reset_after`` (2, G·U), the bias of the input and that of the state; the default
            is that of a layer without biases.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array = np.zeros(1)


Step = Callable[[Array, State, Weights], State]


def sigmoid(x: Array) -> Array:
    """σ(x) = 1 / (1 + e^-x), in a form that does not overflow."""
    squashed: Array = np.tanh(0.5 * x)
    return 0.5 * (1.0 + squashed)


def simple_rnn(x: Array, state: State, weights: Weights) -> State:
    """h_t = tanh(W_x x_t + W_h h_{t-1} + b)."""
    (h,) = state
    return (np.tanh(x @ weights.kernel + h @ weights.recurrent_kernel + weights.bias),)


def lstm(x: Array, state: State, weights: Weights) -> State:
    """c_t = f∘c_{t-1} + i∘g; h_t = o∘tanh(c_t)."""
    h, c = state
    sums = x @ weights.kernel + h @ weights.recurrent_kernel + weights.bias  # (B, 4·U)
    sum_i, sum_f, sum_g, sum_o = np.split(sums, 4, axis=-1)
    i, f, o = sigmoid(sum_i), sigmoid(sum_f), sigmoid(sum_o)
    g = np.tanh(sum_g)
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


def gru_reset_after(x: Array, state: State, weights: Weights) -> State:
    """h_t = (1−z)∘g + z∘h_{t-1}, with g = tanh(W_xg x + b_g + r∘(W_hg h_{t-1} + b_hg)), as Keras does by default."""
    (h,) = state
    bias, recurrent_bias = np.broadcast_to(weights.bias, (2, weights.kernel.shape[1]))
    x_z, x_r, x_g = np.split(x @ weights.kernel + bias, 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ weights.recurrent_kernel + recurrent_bias, 3, axis=-1)
    z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
    g = np.tanh(x_g + r * h_g)
    return ((1.0 - z) * g + z * h,)


def gru_reset_before(x: Array, state: State, weights: Weights) -> State:
    """h_t = (1−z)∘g + z∘h_{t-1}, with g = tanh(W_xg x + W_hg (r∘h_{t-1}) + b_g), as the lectures have it."""
    (h,) = state
    x_z, x_r, x_g = np.split(x @ weights.kernel + weights.bias, 3, axis=-1)
    w_z, w_r, w_g = np.split(weights.recurrent_kernel, 3, axis=-1)
    z, r = sigmoid(x_z + h @ w_z), sigmoid(x_r + h @ w_r)
    g = np.tanh(x_g + (r * h) @ w_g)
    return ((1.0 - z) * g + z * h,)


_STEPS: dict[tuple[Cell, bool], Step] = {
    (Cell.SIMPLE_RNN, False): simple_rnn,
    (Cell.LSTM, False): lstm,
    (Cell.GRU, False): gru_reset_before,
    (Cell.GRU, True): gru_reset_after,
}


def run(cell: Cell, weights: Weights, inputs: Array, reset_after: bool = True) -> Array:
    """All hidden states of a layer that starts with zeros, as Keras gives them with ``return_sequences=True``.

    Args:
        cell: SimpleRNN, LSTM or GRU.
        weights: of a layer with such cells.
        inputs: (B, T, D).
        reset_after: GRU only: whether r is applied after the matrix product, with a second bias.

    Returns:
        (B, T, U).

    Raises:
        ValueError: the cell has no recurrence, or the shapes do not fit each other.
    """
    _check(cell, weights, inputs, reset_after)
    step = _STEPS[cell, cell is Cell.GRU and reset_after]
    batch, timesteps, _ = inputs.shape
    units = weights.recurrent_kernel.shape[0]
    state: State = (np.zeros((batch, units)),) * (2 if cell is Cell.LSTM else 1)
    hidden = np.empty((batch, timesteps, units))
    for t in range(timesteps):
        state = step(inputs[:, t], state, weights)
        hidden[:, t] = state[0]
    return hidden


def _check(cell: Cell, weights: Weights, inputs: Array, reset_after: bool) -> None:
    units, columns = weights.recurrent_kernel.shape[0], _gates(cell) * weights.recurrent_kernel.shape[0]
    bias = (2, columns) if cell is Cell.GRU and reset_after else (columns,)
    fits = weights.recurrent_kernel.shape[1] == weights.kernel.shape[1] == columns
    if not fits or weights.bias.shape not in (bias, (1,)):
        raise ValueError(
            f"{cell.class_name} of {units} units needs weights (D, {columns}), ({units}, {columns}) and {bias}, "
            f"not {', '.join(str(matrix.shape) for matrix in weights)}"
        )
    if inputs.ndim != 3 or inputs.shape[2] != weights.kernel.shape[0]:
        raise ValueError(f"inputs must be (B, T, {weights.kernel.shape[0]}), not {inputs.shape}")


def _gates(cell: Cell) -> int:
    if cell not in RECURRENT_CELLS:
        raise ValueError(f"cell must be one of {', '.join(RECURRENT_CELLS)}, not {cell}")
    return len(GATES[cell])


def random_weights(cell: Cell, input_dim: int, units: int, seed: int, reset_after: bool = True) -> Weights:
    """Weights drawn as Keras' default initialisers do: Glorot uniform, orthogonal, zeros with 1 for the forget gate.

    Args:
        cell: SimpleRNN, LSTM or GRU.
        input_dim: D, numbers per step.
        units: U.
        seed: the same seed gives the same weights (not those of the same seed in Keras).
        reset_after: GRU only: whether there are two biases.

    Raises:
        ValueError: the cell has no recurrence.
    """
    rng = np.random.default_rng(seed)
    columns = _gates(cell) * units
    limit = np.sqrt(6.0 / (input_dim + columns))  # Glorot & Bengio (2010), equation 16
    kernel = rng.uniform(-limit, limit, (input_dim, columns))
    bias = np.zeros((2, columns) if cell is Cell.GRU and reset_after else columns)
    if cell is Cell.LSTM:
        bias[units : 2 * units] = 1.0  # Jozefowicz et al. (2015): a new LSTM should remember
    return Weights(kernel, _orthogonal(rng, units, columns), bias)


def _orthogonal(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """A random matrix whose rows are orthonormal, for rows ≤ columns (Saxe et al., 2014)."""
    q, r = np.linalg.qr(rng.standard_normal((columns, rows)))
    return (q * np.sign(np.diag(r))).T  # with the signs of r, every such matrix is as likely as any other
