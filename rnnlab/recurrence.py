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
MOST_IN_BLOCK = 16

Tensor = Any
Tensors = Sequence[Any]


class Kind(NamedTuple):
    """A cell: how it steps forward, and how gradients go back.

    ``factors`` and ``sums`` are given the values of a block of steps at once, (K, B, …), ``back`` those of one step, (B, …).

    Attributes:
        states: 1 for h, 2 for h and c.
        sizes: of what a step leaves for its way back, in units.
        forward: the sums of all gates, the state, W_h and the biases of the state → the new state, and what is left.
        factors: what was left, the states before → what the way back multiplies with.
        back: ∂loss by the new state, factors, W_hᵀ → what is kept of it, ∂loss by the state before.
        kept: the size of what is kept, in units.
        sums: what was kept, factors, what was left → ∂loss by the sums of the gates, and what ``recurrent`` needs besides.
        needed: the sizes of these, in units.
        recurrent: ∂loss by the sums and what came with it, and h before, of all steps (T, B, …) → ∂loss by W_h and by the
            biases of the state.
    """

    states: int
    sizes: tuple[int, ...]
    forward: Callable[[Tensor, Tensors, Tensor, Tensor], tuple[Tensors, Tensors]]
    factors: Callable[[Tensors, Tensors], Tensors]
    back: Callable[[Tensors, Tensors, Tensor], tuple[Tensor, list[Tensor]]]
    kept: int
    sums: Callable[[Tensor, Tensors, Tensors], Tensors]
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


def _rnn_factors(left: Tensors, _before: Tensors) -> Tensors:
    return left


def _rnn_back(d_state: Tensors, factors: Tensors, recurrent_t: Tensor) -> tuple[Tensor, list[Tensor]]:
    d_sums = _tanh_back(factors[0], d_state[0])
    return d_sums, [tf.matmul(d_sums, recurrent_t)]


def _kept_sums(kept: Tensor, _factors: Tensors, _left: Tensors) -> Tensors:
    return (kept,)


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


def _lstm_factors(left: Tensors, before: Tensors) -> Tensors:
    """Of ∂c to the sums of i, f and g; of ∂h to the sum of o and to ∂c; and of ∂c to the step before."""
    i, f, g, o, tanh_c = left
    to_i, to_f, to_g = _sigmoid_back(i, g), _sigmoid_back(f, before[1]), _tanh_back(g, i)
    return to_i, to_f, to_g, _sigmoid_back(o, tanh_c), _tanh_back(tanh_c, o), f


def _lstm_back(d_state: Tensors, factors: Tensors, recurrent_t: Tensor) -> tuple[Tensor, list[Tensor]]:
    d_h, d_c = d_state
    to_i, to_f, to_g, to_o, to_c, f = factors
    d_c = d_c + d_h * to_c
    d_sums = tf.concat([d_c * to_i, d_c * to_f, d_c * to_g, d_h * to_o], 1)
    return d_sums, [tf.matmul(d_sums, recurrent_t), d_c * f]


def _gru_forward(sums: Tensor, state: Tensors, recurrent: Tensor, bias: Tensor) -> tuple[Tensors, Tensors]:
    """With reset after."""
    (h,) = state
    z, r, g = tf.split(sums, 3, axis=1)
    of_z, of_r, held = tf.split(tf.matmul(h, recurrent) + bias, 3, axis=1)
    z, r = tf.sigmoid(z + of_z), tf.sigmoid(r + of_r)
    g = tf.tanh(g + r * held)
    return (g + z * (h - g),), (z, r, g, held)


def _gru_factors(left: Tensors, before: Tensors) -> Tensors:
    """Of ∂h to W_h h_{t-1} + b_h of z, r, g; to the step before; and to the sum of g."""
    z, r, g, held = left
    to_g = _tanh_back(g, 1.0 - z)
    return _sigmoid_back(z, before[0] - g), _sigmoid_back(r, to_g * held), to_g * r, z, to_g


def _gru_back(d_state: Tensors, factors: Tensors, recurrent_t: Tensor) -> tuple[Tensor, list[Tensor]]:
    (d_h,) = d_state
    *to_recurrent, z, _to_g = factors
    d_recurrent = tf.concat([d_h * factor for factor in to_recurrent], 1)
    return d_h, [d_h * z + tf.matmul(d_recurrent, recurrent_t)]


def _gru_sums(kept: Tensor, factors: Tensors, _left: Tensors) -> Tensors:
    to_z, to_r, to_held, _z, to_g = factors
    d_z, d_r = kept * to_z, kept * to_r
    return tf.concat([d_z, d_r, kept * to_g], -1), tf.concat([d_z, d_r, kept * to_held], -1)


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


def _reset_before_factors(left: Tensors, before: Tensors) -> Tensors:
    """Of ∂h to the sums of z and of g and to the step before; of ∂(r∘h) to the sum of r and to h."""
    z, r, g, _held = left
    return _sigmoid_back(z, before[0] - g), _tanh_back(g, 1.0 - z), z, _sigmoid_back(r, before[0]), r


def _reset_before_back(d_state: Tensors, factors: Tensors, recurrent_t: Tensor) -> tuple[Tensor, list[Tensor]]:
    (d_h,) = d_state
    to_z, to_g, z, to_r, r = factors
    units = r.shape[-1]
    d_g = d_h * to_g
    d_held = tf.matmul(d_g, recurrent_t[2 * units :])
    d_z_r = tf.concat([d_h * to_z, d_held * to_r], 1)
    d_before = d_h * z + d_held * r + tf.matmul(d_z_r, recurrent_t[: 2 * units])
    return tf.concat([d_z_r, d_g], 1), [d_before]


def _reset_before_sums(kept: Tensor, _factors: Tensors, left: Tensors) -> Tensors:
    return kept, left[3]


def _reset_before_recurrent(d_sums: Tensors, before: Tensor) -> tuple[Tensor, Tensor]:
    by_sums, held = d_sums
    units = held.shape[-1]
    of_gates, of_candidate = _product(before, by_sums[..., : 2 * units]), _product(held, by_sums[..., 2 * units :])
    return tf.concat([of_gates, of_candidate], 1), tf.zeros((), before.dtype)


def _product(before: Tensor, d_sums: Tensor) -> Tensor:
    """Σ over all steps and streams of before^T d_sums: (T, B, U), (T, B, G·U) → (U, G·U)."""
    flat = [tf.reshape(values, (-1, values.shape[-1])) for values in (before, d_sums)]
    return tf.matmul(*flat, transpose_a=True)


_SIMPLE_RNN = Kind(1, (1,), _rnn_forward, _rnn_factors, _rnn_back, 1, _kept_sums, (1,), _plain_recurrent)
_LSTM = Kind(2, (1, 1, 1, 1, 1), _lstm_forward, _lstm_factors, _lstm_back, 4, _kept_sums, (4,), _plain_recurrent)
_GRU = Kind(1, (1, 1, 1, 1), _gru_forward, _gru_factors, _gru_back, 1, _gru_sums, (3, 3), _gru_recurrent)
_RESET_BEFORE = Kind(
    1,
    (1, 1, 1, 1),
    _reset_before_forward,
    _reset_before_factors,
    _reset_before_back,
    3,
    _reset_before_sums,
    (3, 1),
    _reset_before_recurrent,
)


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
        h_before = tf.ensure_shape(before[0].concat(), (*sums.shape[:2], recurrent.shape[0]))

        def back(d_h: Tensor, *_d_last: Tensor) -> tuple[Tensor, ...]:
            d_sums = _read_back(kind, d_h, before, left, tf.transpose(recurrent))
            return d_sums[0], *kind.recurrent(d_sums, h_before)

        return (tf.concat([h_before[1:], last[0][tf.newaxis]], 0), *last), back

    h, *last = layer(sums, recurrent, bias)
    return h, last


Arrays = list[Any]  # of TensorFlow: the values of each block of steps, (K, B, …)


def _read(
    kind: Kind, sums: Tensor, recurrent: Tensor, bias: Tensor, states: Tensors
) -> tuple[Arrays, Arrays, list[Tensor]]:
    """The states before every step, what every step leaves, and the states after the last."""
    batch, units, blocks = sums.shape[1], recurrent.shape[0], _in_blocks(sums)
    times, size = blocks.shape[:2]
    sizes = (1,) * kind.states + kind.sizes
    arrays = [_array(sums.dtype, times, (size, batch, n * units)) for n in sizes]

    def block(number: Tensor, *carried: Any) -> tuple[Any, ...]:
        state: Tensors = carried[: kind.states]
        arrays, steps = carried[kind.states :], []
        for step_sums in tf.unstack(blocks[number], size):
            after, left = kind.forward(step_sums, state, recurrent, bias)
            steps.append((*state, *left))
            state = after
        return number + 1, *state, *_write(arrays, number, steps)

    done = _loop(block, times, (*states, *arrays))
    last, before = done[: kind.states], done[kind.states : 2 * kind.states]
    return list(before), list(done[2 * kind.states :]), list(last)


def _read_back(kind: Kind, d_h: Tensor, before: Arrays, left: Arrays, recurrent_t: Tensor) -> Tensors:
    """∂loss by the sums of every step, (T, B, G·U), and what else ``Kind.recurrent`` needs."""
    batch, units, blocks = d_h.shape[1], d_h.shape[2], _in_blocks(d_h)
    times, size = blocks.shape[:2]
    arrays = [_array(d_h.dtype, times, (size, batch, n * units)) for n in kind.needed]

    def block(number: Tensor, *carried: Any) -> tuple[Any, ...]:
        place, state, arrays = times - 1 - number, list(carried[: kind.states]), carried[kind.states :]
        values = [array.read(place) for array in left]
        factors = kind.factors(values, [array.read(place) for array in before])
        steps = [tf.unstack(one, size) for one in (blocks[place], *factors)]
        kept = []
        for d_out, *step_factors in reversed(list(zip(*steps, strict=True))):
            state[0] = state[0] + d_out
            saved, state = kind.back(state, step_factors, recurrent_t)
            kept.append(saved)
        d_sums = kind.sums(tf.stack(kept[::-1]), factors, values)
        return number + 1, *state, *(a.write(place, one) for a, one in zip(arrays, d_sums, strict=True))

    zeros = [tf.zeros((batch, units), d_h.dtype)] * kind.states
    found = _loop(block, times, (*zeros, *arrays))[kind.states :]
    shapes = [(times * size, batch, n * units) for n in kind.needed]
    return [tf.ensure_shape(array.concat(), shape) for array, shape in zip(found, shapes, strict=True)]


def _array(dtype: Any, times: int, shape: tuple[int, ...]) -> Any:
    return tf.TensorArray(dtype, times, element_shape=shape, clear_after_read=False)


def _write(arrays: Tensors, number: Tensor, steps: list[tuple[Tensor, ...]]) -> list[Any]:
    """Write the values of a block of steps."""
    return [
        array.write(number, tf.stack(values)) for array, values in zip(arrays, zip(*steps, strict=True), strict=True)
    ]


def _loop(body: Callable[..., Any], times: int, carried: Tensors) -> tuple[Any, ...]:
    """What is carried on after ``times`` turns."""
    numbered = (tf.constant(0), *carried)
    done: tuple[Any, ...] = tf.while_loop(lambda number, *_: number < times, body, numbered, parallel_iterations=1)
    return done[1:]


def _in_blocks(values: Tensor) -> Tensor:
    """Steps (T, …) as blocks of as many as divide them all: (T / block, block, …)."""
    steps = values.shape[0]
    size = max(size for size in range(1, MOST_IN_BLOCK + 1) if steps % size == 0)
    return tf.reshape(values, (steps // size, size, *values.shape[1:]))
