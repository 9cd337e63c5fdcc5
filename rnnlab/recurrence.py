"""Recurrent layers over a chunk of timesteps in TensorFlow, with a backward pass of their own: what makes the text lab fast.

Keras' layers loop over the steps once for the states and once for the gradients, and multiply by every weight matrix at each
step. Here only what must wait for the step before stands in the loop: one matrix product and what belongs to it. The sums
W_x x + b come ready for all steps, and the gradients of all weights are one product over all steps, after the loop. Steps are
written out in blocks, since a step of TensorFlow's loop costs about as much as a step of a small cell.

The equations are those of ``reference.equations``; back-propagation is truncated at the beginning of the chunk (F19).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rnnlab.architecture import Architecture, Cell
from rnnlab.backend import tf

#: Steps that are written out one after the other at most, in each turn of the loop.
MOST_IN_BLOCK = 8

Tensor = Any
Tensors = Sequence[Any]


class Kind(NamedTuple):
    """A cell: how it steps forward, and how gradients go back. All is of one step, (B, …), where nothing else is said.

    Attributes:
        states: 1 for h, 2 for h and c.
        kept: how many values, (B, U) each, a step leaves for its way back.
        forward: the sums of all gates, the state, W_h and the biases of the state → the new state, and what is left.
        back: ∂loss by the new state, what was left, the state before, W_hᵀ → ∂loss by the sums of the gates with what
            ``recurrent`` needs besides, and ∂loss by the state before.
        needed: the sizes of the former, in units.
        recurrent: ∂loss by the sums and what came with it, and h before, of all steps (T, B, …) → ∂loss by W_h and by the
            biases of the state.
    """

    states: int
    kept: int
    forward: Callable[[Tensor, Tensors, Tensor, Tensor], tuple[Tensors, Tensors]]
    back: Callable[[Tensors, Tensors, Tensors, Tensor], tuple[Tensors, Tensors]]
    needed: tuple[int, ...]
    recurrent: Callable[[Tensors, Tensor], tuple[Tensor, Tensor]]


def _tanh_back(y: Tensor, d_y: Tensor) -> Tensor:
    """d_y (1 − y²) in one go."""
    return tf.raw_ops.TanhGrad(y=y, dy=d_y)


def _sigmoid_back(y: Tensor, d_y: Tensor) -> Tensor:
    """d_y y (1 − y) in one go."""
    return tf.raw_ops.SigmoidGrad(y=y, dy=d_y)


def _rnn_forward(sums: Tensor, state: Tensors, recurrent: Tensor, _bias: Tensor) -> tuple[Tensors, Tensors]:
    h = tf.tanh(sums + tf.matmul(state[0], recurrent))
    return (h,), (h,)


def _rnn_back(d_state: Tensors, left: Tensors, _before: Tensors, recurrent_t: Tensor) -> tuple[Tensors, Tensors]:
    d_sums = _tanh_back(left[0], d_state[0])
    return (d_sums,), (tf.matmul(d_sums, recurrent_t),)


def _plain_recurrent(d_sums: Tensors, before: Tensor) -> tuple[Tensor, Tensor]:
    """Where the state goes through W_h into the sums, and nothing else does."""
    return _product(before, d_sums[0]), tf.zeros((), before.dtype)


def _lstm_forward(sums: Tensor, state: Tensors, recurrent: Tensor, _bias: Tensor) -> tuple[Tensors, Tensors]:
    h, c = state
    i, f, g, o = tf.split(sums + tf.matmul(h, recurrent), 4, axis=1)
    i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
    c = f * c + i * g
    tanh_c = tf.tanh(c)
    return (o * tanh_c, c), (i, f, g, o, tanh_c)


def _lstm_back(d_state: Tensors, left: Tensors, before: Tensors, recurrent_t: Tensor) -> tuple[Tensors, Tensors]:
    (d_h, d_c), (i, f, g, o, tanh_c) = d_state, left
    d_c = d_c + _tanh_back(tanh_c, d_h * o)
    d_i, d_f = _sigmoid_back(i, d_c * g), _sigmoid_back(f, d_c * before[1])
    d_g, d_o = _tanh_back(g, d_c * i), _sigmoid_back(o, d_h * tanh_c)
    d_sums = tf.concat([d_i, d_f, d_g, d_o], 1)
    return (d_sums,), (tf.matmul(d_sums, recurrent_t), d_c * f)


def _gru_forward(sums: Tensor, state: Tensors, recurrent: Tensor, bias: Tensor) -> tuple[Tensors, Tensors]:
    """With reset after."""
    (h,) = state
    z, r, g = tf.split(sums, 3, axis=1)
    of_z, of_r, held = tf.split(tf.matmul(h, recurrent) + bias, 3, axis=1)
    z, r = tf.sigmoid(z + of_z), tf.sigmoid(r + of_r)
    g = tf.tanh(g + r * held)
    return (g + z * (h - g),), (z, r, g, held)


def _gru_back(d_state: Tensors, left: Tensors, before: Tensors, recurrent_t: Tensor) -> tuple[Tensors, Tensors]:
    (d_h,), (z, r, g, held) = d_state, left
    past = d_h * z
    d_z, d_g = _sigmoid_back(z, d_h * (before[0] - g)), _tanh_back(g, d_h - past)
    d_r = _sigmoid_back(r, d_g * held)
    d_recurrent = tf.concat([d_z, d_r, d_g * r], 1)
    return (tf.concat([d_z, d_r, d_g], 1), d_recurrent), (past + tf.matmul(d_recurrent, recurrent_t),)


def _gru_recurrent(d_sums: Tensors, before: Tensor) -> tuple[Tensor, Tensor]:
    return _product(before, d_sums[1]), tf.reduce_sum(d_sums[1], [0, 1])


def _reset_before_forward(sums: Tensor, state: Tensors, recurrent: Tensor, _bias: Tensor) -> tuple[Tensors, Tensors]:
    (h,), units = state, state[0].shape[1]
    z, r, g = tf.split(sums, 3, axis=1)
    of_z, of_r = tf.split(tf.matmul(h, recurrent[:, : 2 * units]), 2, axis=1)
    z, r = tf.sigmoid(z + of_z), tf.sigmoid(r + of_r)
    held = r * h
    g = tf.tanh(g + tf.matmul(held, recurrent[:, 2 * units :]))
    return (g + z * (h - g),), (z, r, g, held)


def _reset_before_back(
    d_state: Tensors, left: Tensors, before: Tensors, recurrent_t: Tensor
) -> tuple[Tensors, Tensors]:
    (d_h,), (z, r, g, held), units = d_state, left, d_state[0].shape[1]
    past = d_h * z
    d_z, d_g = _sigmoid_back(z, d_h * (before[0] - g)), _tanh_back(g, d_h - past)
    d_held = tf.matmul(d_g, recurrent_t[2 * units :])
    d_z_r = tf.concat([d_z, _sigmoid_back(r, d_held * before[0])], 1)
    d_before = past + d_held * r + tf.matmul(d_z_r, recurrent_t[: 2 * units])
    return (tf.concat([d_z_r, d_g], 1), held), (d_before,)


def _reset_before_recurrent(d_sums: Tensors, before: Tensor) -> tuple[Tensor, Tensor]:
    by_sums, held = d_sums
    units = held.shape[-1]
    of_gates, of_candidate = _product(before, by_sums[..., : 2 * units]), _product(held, by_sums[..., 2 * units :])
    return tf.concat([of_gates, of_candidate], 1), tf.zeros((), before.dtype)


def _product(before: Tensor, d_sums: Tensor) -> Tensor:
    """Σ over all steps and streams of before^T d_sums: (T, B, U), (T, B, G·U) → (U, G·U)."""
    flat = [tf.reshape(values, (-1, values.shape[-1])) for values in (before, d_sums)]
    return tf.matmul(*flat, transpose_a=True)


_SIMPLE_RNN = Kind(1, 1, _rnn_forward, _rnn_back, (1,), _plain_recurrent)
_LSTM = Kind(2, 5, _lstm_forward, _lstm_back, (4,), _plain_recurrent)
_GRU = Kind(1, 4, _gru_forward, _gru_back, (3, 3), _gru_recurrent)
_RESET_BEFORE = Kind(1, 4, _reset_before_forward, _reset_before_back, (3, 1), _reset_before_recurrent)


def kind_of(architecture: Architecture) -> Kind:
    """How the cells of an architecture step."""
    if architecture.cell is Cell.GRU:
        return _GRU if architecture.reset_after else _RESET_BEFORE
    return _LSTM if architecture.cell is Cell.LSTM else _SIMPLE_RNN


def run(kind: Kind, sums: Tensor, recurrent: Tensor, bias: Tensor, states: Tensors) -> tuple[Tensor, list[Tensor]]:
    """A layer reads a chunk.

    Args:
        kind: of its cells.
        sums: W_x x_t + b of every step, (T, B, G·U).
        recurrent: W_h, (U, G·U).
        bias: of the state, (G·U), for a GRU with reset after; zeros (0-dimensional) where there is none.
        states: h, and c of an LSTM, to begin with, (B, U) each.

    Returns:
        h of every step, (T, B, U), and the states after the last one, through which no gradient goes back.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def layer(sums: Tensor, recurrent: Tensor, bias: Tensor) -> tuple[Any, Any]:
        before, left, last = _read(kind, sums, recurrent, bias, states)
        h_before = tf.ensure_shape(before[0].stack(), (*sums.shape[:2], recurrent.shape[0]))

        def back(d_h: Tensor, *_d_last: Tensor) -> tuple[Tensor, ...]:
            d_sums = _read_back(kind, d_h, before, left, tf.transpose(recurrent))
            return d_sums[0], *kind.recurrent(d_sums, h_before)

        return (tf.concat([h_before[1:], last[0][tf.newaxis]], 0), *last), back

    h, *last = layer(sums, recurrent, bias)
    return h, last


Arrays = Sequence[Any]  # of TensorFlow: the values of every step, (B, …)


def _read(kind: Kind, sums: Tensor, recurrent: Tensor, bias: Tensor, states: Tensors) -> tuple[Arrays, Arrays, Tensors]:
    """The states before every step, what every step leaves, and the states after the last."""
    (times, size, batch, _), units = (blocks := _in_blocks(sums)).shape, recurrent.shape[0]
    arrays = [_array(sums.dtype, times * size, (batch, units)) for _ in range(kind.states + kind.kept)]

    def block(number: Tensor, *carried: Any) -> tuple[Any, ...]:
        state: Tensors = carried[: kind.states]
        arrays: Arrays = carried[kind.states :]
        for offset, step_sums in enumerate(tf.unstack(blocks[number], size)):
            before, (state, left) = state, kind.forward(step_sums, state, recurrent, bias)
            arrays = _write(arrays, number * size + offset, (*before, *left))
        return number + 1, *state, *arrays

    done = _loop(block, times, (*states, *arrays))
    last, before = done[: kind.states], done[kind.states : 2 * kind.states]
    return before, done[2 * kind.states :], last


def _read_back(kind: Kind, d_h: Tensor, before: Arrays, left: Arrays, recurrent_t: Tensor) -> Tensors:
    """∂loss by the sums of every step, (T, B, G·U), and what else ``Kind.recurrent`` needs."""
    times, size, batch, units = (blocks := _in_blocks(d_h)).shape
    arrays = [_array(d_h.dtype, times * size, (batch, n * units)) for n in kind.needed]

    def block(number: Tensor, *carried: Any) -> tuple[Any, ...]:
        place = times - 1 - number
        state: Tensors = carried[: kind.states]
        arrays: Arrays = carried[kind.states :]
        for offset, d_out in reversed(list(enumerate(tf.unstack(blocks[place], size)))):
            step = place * size + offset
            was, kept = ([array.read(step) for array in of] for of in (before, left))
            needed, state = kind.back((state[0] + d_out, *state[1:]), kept, was, recurrent_t)
            arrays = _write(arrays, step, needed)
        return number + 1, *state, *arrays

    zeros = [tf.zeros((batch, units), d_h.dtype)] * kind.states
    found = _loop(block, times, (*zeros, *arrays))[kind.states :]
    shapes = [(times * size, batch, n * units) for n in kind.needed]
    return [tf.ensure_shape(array.stack(), shape) for array, shape in zip(found, shapes, strict=True)]


def _array(dtype: Any, steps: int, shape: tuple[int, ...]) -> Any:
    return tf.TensorArray(dtype, steps, element_shape=shape, clear_after_read=False)


def _write(arrays: Arrays, step: Tensor, values: Tensors) -> Arrays:
    return [array.write(step, value) for array, value in zip(arrays, values, strict=True)]


def _loop(body: Callable[..., Any], times: int, carried: Tensors) -> tuple[Any, ...]:
    """What is carried on after ``times`` turns."""
    numbered = (tf.constant(0), *carried)
    done: tuple[Any, ...] = tf.while_loop(lambda number, *_: number < times, body, numbered, parallel_iterations=1)
    return done[1:]


def _in_blocks(values: Tensor) -> Tensor:
    """Steps (T, …) as blocks of as many as divide them all: (T / size, size, …)."""
    steps = values.shape[0]
    size = max(size for size in range(1, MOST_IN_BLOCK + 1) if steps % size == 0)
    return tf.reshape(values, (steps // size, size, *values.shape[1:]))
