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
#: What a step leaves, its new state first; a function of the sums (B, G·U), the state, W_h and the biases of the state.
Forward = Callable[[Tensor, Sequence[Tensor], Tensor, Tensor], tuple[Tensor, ...]]


class Kind(NamedTuple):
    """A cell: how it steps forward, and how gradients go back.

    ``factors`` and ``gradients`` are given values of all steps at once, (T, B, …); ``back`` those of one step.
    """

    states: int  # 1: h; 2: h and c
    sizes: tuple[int, ...]  # of what a step leaves, in units
    forward: Forward
    #: values and the states before each step → factors of the backward steps
    factors: Callable[[Sequence[Tensor], Sequence[Tensor], int], tuple[Tensor, ...]]
    #: ∂loss by the state of a step, its factors, W_h → what is kept of it, and ∂loss by the state before
    back: Callable[[Sequence[Tensor], Sequence[Tensor], Tensor], tuple[Tensor, list[Tensor]]]
    kept: int  # size of what is kept, in units
    #: kept, factors, values, the states before, W_h → ∂loss by the sums, by W_h, by the biases of the state
    gradients: Callable[[Tensor, Sequence[Tensor], Sequence[Tensor], Sequence[Tensor], Tensor], tuple[Tensor, ...]]


def _rnn_forward(sums: Tensor, state: Sequence[Tensor], recurrent: Tensor, _bias: Tensor) -> tuple[Tensor, ...]:
    return (tf.tanh(sums + tf.matmul(state[0], recurrent)),)


def _rnn_factors(values: Sequence[Tensor], _before: Sequence[Tensor], _units: int) -> tuple[Tensor, ...]:
    return (1.0 - tf.square(values[0]),)


def _rnn_back(d_state: Sequence[Tensor], factors: Sequence[Tensor], recurrent: Tensor) -> tuple[Tensor, list[Tensor]]:
    d_sums = d_state[0] * factors[0]
    return d_sums, [tf.matmul(d_sums, recurrent, transpose_b=True)]


def _plain_gradients(
    kept: Tensor, _factors: Sequence[Tensor], _values: Sequence[Tensor], before: Sequence[Tensor], _recurrent: Tensor
) -> tuple[Tensor, ...]:
    """Where the state goes through W_h into the sums, and nothing else does."""
    return kept, _product(before[0], kept), tf.zeros(())


def _lstm_forward(sums: Tensor, state: Sequence[Tensor], recurrent: Tensor, _bias: Tensor) -> tuple[Tensor, ...]:
    h, c = state
    i_f, g, o = tf.split(sums + tf.matmul(h, recurrent), [2 * h.shape[1], h.shape[1], h.shape[1]], axis=1)
    i_f, g, o = tf.sigmoid(i_f), tf.tanh(g), tf.sigmoid(o)
    i, f = tf.split(i_f, 2, axis=1)
    c = f * c + i * g
    tanh_c = tf.tanh(c)
    return o * tanh_c, c, i_f, g, o, tanh_c


def _lstm_factors(values: Sequence[Tensor], before: Sequence[Tensor], _units: int) -> tuple[Tensor, ...]:
    """Of (∂c, ∂c, ∂c, ∂h) to the sums of i, f, g, o; of ∂h to ∂c; and of ∂c to the step before."""
    _, _, i_f, g, o, tanh_c = values
    i, f = tf.split(i_f, 2, axis=-1)
    to_sums = [g * i * (1.0 - i), before[1] * f * (1.0 - f), i * (1.0 - g * g), tanh_c * o * (1.0 - o)]
    return tf.concat(to_sums, -1), o * (1.0 - tf.square(tanh_c)), f


def _lstm_back(d_state: Sequence[Tensor], factors: Sequence[Tensor], recurrent: Tensor) -> tuple[Tensor, list[Tensor]]:
    d_h, d_c = d_state
    to_sums, to_c, f = factors
    d_c = d_c + d_h * to_c
    d_sums = tf.concat([d_c, d_c, d_c, d_h], 1) * to_sums
    return d_sums, [tf.matmul(d_sums, recurrent, transpose_b=True), d_c * f]


def _gru_forward(sums: Tensor, state: Sequence[Tensor], recurrent: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
    """With reset after."""
    (h,), units = state, state[0].shape[1]
    held = tf.matmul(h, recurrent) + bias
    z_r = tf.sigmoid(sums[:, : 2 * units] + held[:, : 2 * units])
    z, r = tf.split(z_r, 2, axis=1)
    held = held[:, 2 * units :]
    g = tf.tanh(sums[:, 2 * units :] + r * held)
    return g + z * (h - g), z_r, g, held


def _gru_factors(values: Sequence[Tensor], before: Sequence[Tensor], _units: int) -> tuple[Tensor, ...]:
    """Of (∂h, ∂h, ∂h) to W_h h_{t-1} + b_h of z, r, g; of ∂h to the step before; and of ∂h to the sum of g."""
    _, z_r, g, held = values
    z, r = tf.split(z_r, 2, axis=-1)
    to_g = (1.0 - z) * (1.0 - g * g)
    to_z = (before[0] - g) * z * (1.0 - z)
    return tf.concat([to_z, to_g * held * r * (1.0 - r), to_g * r], -1), z, to_g


def _gru_back(d_state: Sequence[Tensor], factors: Sequence[Tensor], recurrent: Tensor) -> tuple[Tensor, list[Tensor]]:
    (d_h,) = d_state
    to_recurrent, z, _ = factors
    d_recurrent = tf.concat([d_h, d_h, d_h], 1) * to_recurrent
    return d_h, [d_h * z + tf.matmul(d_recurrent, recurrent, transpose_b=True)]


def _gru_gradients(
    kept: Tensor, factors: Sequence[Tensor], _values: Sequence[Tensor], before: Sequence[Tensor], _recurrent: Tensor
) -> tuple[Tensor, ...]:
    to_recurrent, _, to_g = factors
    units = kept.shape[-1]
    d_recurrent = tf.concat([kept, kept, kept], -1) * to_recurrent
    d_sums = tf.concat([d_recurrent[..., : 2 * units], kept * to_g], -1)
    return d_sums, _product(before[0], d_recurrent), tf.reduce_sum(d_recurrent, [0, 1])


def _reset_before_forward(
    sums: Tensor, state: Sequence[Tensor], recurrent: Tensor, _bias: Tensor
) -> tuple[Tensor, ...]:
    (h,), units = state, state[0].shape[1]
    z_r = tf.sigmoid(sums[:, : 2 * units] + tf.matmul(h, recurrent[:, : 2 * units]))
    z, r = tf.split(z_r, 2, axis=1)
    held = r * h
    g = tf.tanh(sums[:, 2 * units :] + tf.matmul(held, recurrent[:, 2 * units :]))
    return g + z * (h - g), z_r, g, held


def _reset_before_factors(values: Sequence[Tensor], before: Sequence[Tensor], _units: int) -> tuple[Tensor, ...]:
    """Of ∂h to the sums of z and of g and to the step before; of ∂(r∘h) to the sum of r and to h."""
    _, z_r, g, _held = values
    z, r = tf.split(z_r, 2, axis=-1)
    to_z = (before[0] - g) * z * (1.0 - z)
    return to_z, (1.0 - z) * (1.0 - g * g), z, before[0] * r * (1.0 - r), r


def _reset_before_back(
    d_state: Sequence[Tensor], factors: Sequence[Tensor], recurrent: Tensor
) -> tuple[Tensor, list[Tensor]]:
    (d_h,) = d_state
    to_z, to_g, z, to_r, r = factors
    units = r.shape[-1]
    d_g = d_h * to_g
    d_held = tf.matmul(d_g, recurrent[:, 2 * units :], transpose_b=True)
    d_z_r = tf.concat([d_h * to_z, d_held * to_r], 1)
    d_before = d_h * z + d_held * r + tf.matmul(d_z_r, recurrent[:, : 2 * units], transpose_b=True)
    return tf.concat([d_z_r, d_g], 1), [d_before]


def _reset_before_gradients(
    kept: Tensor, _factors: Sequence[Tensor], values: Sequence[Tensor], before: Sequence[Tensor], _recurrent: Tensor
) -> tuple[Tensor, ...]:
    units = values[3].shape[-1]
    d_z_r, d_g = kept[..., : 2 * units], kept[..., 2 * units :]
    return kept, tf.concat([_product(before[0], d_z_r), _product(values[3], d_g)], 1), tf.zeros(())


def _product(before: Tensor, d_sums: Tensor) -> Tensor:
    """Σ over all steps and streams of before^T d_sums: (T, B, U), (T, B, G·U) → (U, G·U)."""
    flat = [tf.reshape(values, (-1, values.shape[-1])) for values in (before, d_sums)]
    return tf.matmul(*flat, transpose_a=True)


_SIMPLE_RNN = Kind(1, (1,), _rnn_forward, _rnn_factors, _rnn_back, 1, _plain_gradients)
_LSTM = Kind(2, (1, 1, 2, 1, 1, 1), _lstm_forward, _lstm_factors, _lstm_back, 4, _plain_gradients)
_GRU = Kind(1, (1, 2, 1, 1), _gru_forward, _gru_factors, _gru_back, 1, _gru_gradients)
_RESET_BEFORE = Kind(
    1,
    (1, 2, 1, 1),
    _reset_before_forward,
    _reset_before_factors,
    _reset_before_back,
    3,
    _reset_before_gradients,
)


def kind_of(architecture: Architecture) -> Kind:
    """How the cells of an architecture step."""
    if architecture.cell is Cell.GRU:
        return _GRU if architecture.reset_after else _RESET_BEFORE
    return _LSTM if architecture.cell is Cell.LSTM else _SIMPLE_RNN


def run(
    kind: Kind, sums: Tensor, recurrent: Tensor, bias: Tensor, states: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
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
        values = _read(kind, sums, recurrent, bias, states)
        last = [values[number][-1] for number in range(kind.states)]

        def back(d_h: Tensor, *_d_last: Tensor) -> tuple[Tensor, ...]:
            before = [tf.concat([state[None], all_[:-1]], 0) for state, all_ in zip(states, values, strict=False)]
            factors = kind.factors(values, before, recurrent.shape[0])
            kept = _read_back(kind, d_h, factors, recurrent)
            return kind.gradients(kept, factors, values, before, recurrent)

        return (values[0], *last), back

    h, *last = layer(sums, recurrent, bias)
    return h, last


def _read(kind: Kind, sums: Tensor, recurrent: Tensor, bias: Tensor, states: Sequence[Tensor]) -> list[Tensor]:
    """All values of all steps, (T, B, …)."""
    steps, batch, units = sums.shape[0], sums.shape[1], recurrent.shape[0]
    blocks = _in_blocks(sums)
    times, size = blocks.shape[:2]
    arrays = [tf.TensorArray(sums.dtype, times, element_shape=(size, batch, n * units)) for n in kind.sizes]

    def block(number: Tensor, *carried: Any) -> tuple[Any, ...]:
        state, arrays, left = carried[: kind.states], carried[kind.states :], []
        for step_sums in tf.unstack(blocks[number], size):
            left.append(kind.forward(step_sums, state, recurrent, bias))
            state = left[-1][: kind.states]
        written = [a.write(number, tf.stack(v)) for a, v in zip(arrays, zip(*left, strict=True), strict=True)]
        return number + 1, *state, *written

    done = _loop(block, times, (*states, *arrays))
    return [tf.reshape(array.stack(), (steps, batch, -1)) for array in done[kind.states :]]


def _read_back(kind: Kind, d_h: Tensor, factors: Sequence[Tensor], recurrent: Tensor) -> Tensor:
    """What every backward step keeps, (T, B, …)."""
    steps, batch, units = d_h.shape
    blocks = [_in_blocks(values) for values in (d_h, *factors)]
    times, size = blocks[0].shape[:2]
    array = tf.TensorArray(d_h.dtype, times, element_shape=(size, batch, kind.kept * units))

    def block(number: Tensor, *carried: Any) -> tuple[Any, ...]:
        *state, array = carried
        place = times - 1 - number
        here, kept = [tf.unstack(values[place], size) for values in blocks], []
        for step in reversed(range(size)):
            d_out, *step_factors = (values[step] for values in here)
            state[0] = state[0] + d_out
            saved, state = kind.back(state, step_factors, recurrent)
            kept.append(saved)
        return number + 1, *state, array.write(place, tf.stack(kept[::-1]))

    zeros = [tf.zeros((batch, units), d_h.dtype)] * kind.states
    *_, array = _loop(block, times, (*zeros, array))
    return tf.reshape(array.stack(), (steps, batch, -1))


def _loop(body: Callable[..., Any], times: int, carried: Sequence[Any]) -> tuple[Any, ...]:
    """What is carried on after ``times`` turns."""
    numbered = (tf.constant(0), *carried)
    done: tuple[Any, ...] = tf.while_loop(lambda number, *_: number < times, body, numbered, parallel_iterations=1)
    return done[1:]


def _in_blocks(values: Tensor) -> Tensor:
    """Steps (T, …) as blocks of as many as divide them all: (T / block, block, …)."""
    steps = values.shape[0]
    size = max(size for size in range(1, MOST_IN_BLOCK + 1) if steps % size == 0)
    return tf.reshape(values, (steps // size, size, *values.shape[1:]))
