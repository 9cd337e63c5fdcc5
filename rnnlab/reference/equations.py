"""One step of each cell, forward and backward, as its equations.

Row vectors stand on the left (x @ W), so matrices are the transposes of those in the lectures, as Keras stores them: the
gates side by side, in the order of ``counting.GATES``. A forward step is given ``x``, the sums W_x x_t + b of all gates,
(B, G·U), and gives every value that it has computed. A backward step is given ∂loss/∂h_t and ∂loss/∂c_t, which already
hold all that came back from later steps.

Sources: SimpleRNN after Elman, "Finding Structure in Time" (1990); LSTM after Hochreiter & Schmidhuber, "Long Short-Term
Memory" (1997), with the forget gate of Gers et al., "Learning to Forget" (2000); GRU after Cho et al., "Learning Phrase
Representations using RNN Encoder-Decoder" (2014), with z weighing the old state. Backward: the chain rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import RECURRENT_CELLS, Cell
from rnnlab.counting import GATES

Array = NDArray[np.floating[Any]]


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
    bias: Array = np.zeros(())

    @property
    def units(self) -> int:
        return len(self.recurrent_kernel)


class State(NamedTuple):
    """What a cell carries from step to step: h (B, U), and c (B, U) of an LSTM, (B, 0) of others."""

    h: Array
    c: Array


class Back(NamedTuple):
    """What a backward step gives: gradients of the loss."""

    sums: Array  # by the sums of all gates, (B, G·U)
    recurrent: Array  # by W_h h_{t-1} of all gates, (B, G·U)
    h: Array  # by h_{t-1}, (B, U)
    c: Array  # by c_{t-1}, (B, U) or (B, 0)


Values = tuple[Array, ...]


class Equations(NamedTuple):
    """A cell: the names of the values of a step, the state and the sums of its gates first, and its two directions."""

    names: tuple[str, ...]
    forward: Callable[[Array, State, Weights], Values]
    backward: Callable[[Array, Array, Values, State, Weights], Back]


def sigmoid(x: Array) -> Array:
    """σ(x) = 1 / (1 + e^-x), in a form that does not overflow."""
    squashed: Array = np.tanh(0.5 * x)
    return 0.5 * (1.0 + squashed)


def simple_rnn(x: Array, before: State, weights: Weights) -> Values:
    """h_t = tanh(W_x x_t + W_h h_{t-1} + b)."""
    sums = x + before.h @ weights.recurrent_kernel
    return np.tanh(sums), sums


def simple_rnn_back(d_h: Array, d_c: Array, values: Values, _: State, weights: Weights) -> Back:
    h, *_rest = values
    d_sums = d_h * (1.0 - h * h)
    return Back(d_sums, d_sums, d_sums @ weights.recurrent_kernel.T, d_c)


def lstm(x: Array, before: State, weights: Weights) -> Values:
    """c_t = f∘c_{t-1} + i∘g; h_t = o∘tanh(c_t)."""
    sums = x + before.h @ weights.recurrent_kernel  # (B, 4·U)
    units = weights.units
    gates = sigmoid(sums)
    i, f, o = gates[:, :units], gates[:, units : 2 * units], gates[:, 3 * units :]
    g = np.tanh(sums[:, 2 * units : 3 * units])
    c = f * before.c + i * g
    tanh_c = np.tanh(c)
    return o * tanh_c, c, sums, i, f, g, o, tanh_c


def lstm_back(d_h: Array, d_c: Array, values: Values, before: State, weights: Weights) -> Back:
    """∂loss/∂c_t is given with its part through h_t: o∘(1 − tanh²(c_t))∘∂loss/∂h_t."""
    _, _, _, i, f, g, o, tanh_c = values
    d_sums = np.concatenate(
        [
            d_c * g * i * (1.0 - i),
            d_c * before.c * f * (1.0 - f),
            d_c * i * (1.0 - g * g),
            d_h * tanh_c * o * (1.0 - o),
        ],
        axis=-1,
    )
    return Back(d_sums, d_sums, d_sums @ weights.recurrent_kernel.T, d_c * f)


def gru_reset_after(x: Array, before: State, weights: Weights) -> Values:
    """h_t = (1−z)∘g + z∘h_{t-1}, with g = tanh(W_xg x + b_g + r∘(W_hg h_{t-1} + b_hg)), as Keras does by default."""
    units, h = weights.units, before.h
    recurrent = h @ weights.recurrent_kernel
    if weights.bias.ndim == 2:
        recurrent += weights.bias[1]
    gates = sigmoid(x[:, : 2 * units] + recurrent[:, : 2 * units])
    z, r = gates[:, :units], gates[:, units:]
    held = recurrent[:, 2 * units :]
    sums = np.concatenate([x[:, : 2 * units] + recurrent[:, : 2 * units], x[:, 2 * units :] + r * held], axis=-1)
    g = np.tanh(sums[:, 2 * units :])
    return (1.0 - z) * g + z * h, sums, z, r, g, held


def gru_reset_after_back(d_h: Array, d_c: Array, values: Values, before: State, weights: Weights) -> Back:
    _h, _sums, z, r, g, held = values
    d_z = d_h * (before.h - g) * z * (1.0 - z)
    d_g = d_h * (1.0 - z) * (1.0 - g * g)
    d_r = d_g * held * r * (1.0 - r)
    d_recurrent = np.concatenate([d_z, d_r, d_g * r], axis=-1)
    d_before = d_h * z + d_recurrent @ weights.recurrent_kernel.T
    return Back(np.concatenate([d_z, d_r, d_g], axis=-1), d_recurrent, d_before, d_c)


def gru_reset_before(x: Array, before: State, weights: Weights) -> Values:
    """h_t = (1−z)∘g + z∘h_{t-1}, with g = tanh(W_xg x + W_hg (r∘h_{t-1}) + b_g), as the lectures have it."""
    units, h = weights.units, before.h
    both = x[:, : 2 * units] + h @ weights.recurrent_kernel[:, : 2 * units]
    gates = sigmoid(both)
    z, r = gates[:, :units], gates[:, units:]
    held = r * h
    sums = np.concatenate([both, x[:, 2 * units :] + held @ weights.recurrent_kernel[:, 2 * units :]], axis=-1)
    g = np.tanh(sums[:, 2 * units :])
    return (1.0 - z) * g + z * h, sums, z, r, g, held


def gru_reset_before_back(d_h: Array, d_c: Array, values: Values, before: State, weights: Weights) -> Back:
    _h, _sums, z, r, g, _held = values
    kernel, units = weights.recurrent_kernel, weights.units
    d_z = d_h * (before.h - g) * z * (1.0 - z)
    d_g = d_h * (1.0 - z) * (1.0 - g * g)
    d_held = d_g @ kernel[:, 2 * units :].T
    d_r = d_held * before.h * r * (1.0 - r)
    d_sums = np.concatenate([d_z, d_r, d_g], axis=-1)
    d_before = d_h * z + d_held * r + d_sums[:, : 2 * units] @ kernel[:, : 2 * units].T
    return Back(d_sums, d_sums, d_before, d_c)


_SIMPLE_RNN = Equations(("h", "sums"), simple_rnn, simple_rnn_back)
_LSTM = Equations(("h", "c", "sums", "i", "f", "g", "o", "tanh_c"), lstm, lstm_back)
#: held is what r holds back: W_hg h + b_hg before it has (reset after), r∘h when it has (reset before).
_GRU_NAMES = ("h", "sums", "z", "r", "g", "held")


def equations(cell: Cell, reset_after: bool) -> Equations:
    """The equations of a recurrent cell.

    Raises:
        ValueError: the cell has no recurrence.
    """
    gates(cell)
    if cell is Cell.GRU and reset_after:
        return Equations(_GRU_NAMES, gru_reset_after, gru_reset_after_back)
    if cell is Cell.GRU:
        return Equations(_GRU_NAMES, gru_reset_before, gru_reset_before_back)
    return _LSTM if cell is Cell.LSTM else _SIMPLE_RNN


def gates(cell: Cell) -> int:
    """How many gates a recurrent cell has: G."""
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
    columns = gates(cell) * units
    bias = np.zeros((2, columns) if cell is Cell.GRU and reset_after else columns)
    if cell is Cell.LSTM:
        bias[units : 2 * units] = 1.0  # Jozefowicz et al. (2015): a new LSTM should remember
    return Weights(glorot(rng, input_dim, columns), _orthogonal(rng, units, columns), bias)


def glorot(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """A random kernel (rows, columns), uniform within ±√(6 / (rows + columns)): Glorot & Bengio (2010), equation 16."""
    limit = np.sqrt(6.0 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns))


def _orthogonal(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """A random matrix whose rows are orthonormal, for rows ≤ columns (Saxe et al., 2014)."""
    q, r = np.linalg.qr(rng.standard_normal((columns, rows)))
    return (q * np.sign(np.diag(r))).T  # with the signs of r, every such matrix is as likely as any other
