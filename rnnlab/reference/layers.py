"""A recurrent layer over all timesteps, forward and backward through time, for one direction.

Back-propagation through time after Werbos, "Backpropagation Through Time: What It Does and How to Do It" (1990).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Cell
from rnnlab.reference.equations import Array, State, Weights, equations, gates

_NOTHING_HELD: Mapping[int, State] = MappingProxyType({})


class LayerGradients(NamedTuple):
    """Gradients of the loss by what a layer has, and by the state at every step, in the order of the input.

    ``h`` and ``c`` are those by the states themselves: with all that comes back from later steps, and by c_t also what
    comes through h_t = o∘tanh(c_t). At a step that is passed over, both states are copies of the earlier ones.
    """

    weights: tuple[Array, ...]  # as the layer's weights
    inputs: Array  # (B, T, D)
    h: Array  # (B, T, U)
    c: Array  # (B, T, U) of an LSTM, (B, T, 0) of others


class Trace:
    """A layer that has read a sequence: every value of every step.

    Args:
        cell: SimpleRNN, LSTM or GRU.
        weights: of a layer with such cells.
        inputs: (B, T, D).
        reset_after: GRU only: whether r is applied after the matrix product, with a second bias.
        backward: whether the last step is read first.
        mask: (B, T), False where a step is passed over: the state stays as it is, as in Keras.
        state: what it begins with, (B, U) each, or c (B, 0) where the cell has none; by default zeros.
        held: by their steps numbers of h (U) and c (U or 0) that are held whatever the equations give, NaN for all others.
            What an LSTM reveals of a held c follows from it. At a step that is passed over nothing is held.

    Attributes:
        values: by its name each value of a step, (B, T, U) (the sums of all gates: (B, T, G·U)), in the order of the input,
            whichever way it was read.

    Raises:
        ValueError: the cell has no recurrence, or the shapes do not fit each other.
    """

    def __init__(
        self,
        cell: Cell,
        weights: Weights,
        inputs: Array,
        reset_after: bool = True,
        backward: bool = False,
        mask: NDArray[np.bool_] | None = None,
        state: State | None = None,
        held: Mapping[int, State] = _NOTHING_HELD,
    ) -> None:
        _check(cell, weights, inputs, reset_after)
        self.cell, self.weights, self.inputs, self.mask = cell, weights, inputs, mask
        self.reset_after, self.backward, self.held = reset_after, backward, held
        self._equations = equations(cell, reset_after)
        batch, timesteps, _ = inputs.shape
        self.start = state or State(np.zeros((batch, weights.units)), np.zeros((batch, self._c_units)))
        self._check_start()
        self.order: Sequence[int] = range(timesteps)[::-1] if backward else range(timesteps)
        self.values = self._read()

    @property
    def h(self) -> Array:
        """All hidden states, (B, T, U)."""
        return self.values["h"]

    @property
    def c(self) -> Array:
        """All cell states of an LSTM, (B, T, U); (B, T, 0) of others."""
        return self.values["c"] if self._c_units else np.zeros((*self.h.shape[:2], 0))

    @property
    def _c_units(self) -> int:
        return self.weights.units if self.cell is Cell.LSTM else 0

    @property
    def last(self) -> State:
        """The state after the step that was read last."""
        return self.after(self.order[-1]) if len(self.order) else self.start

    def after(self, t: int) -> State:
        """The state after step ``t`` of the input."""
        return State(self.values["h"][:, t], self.values["c"][:, t] if self._c_units else self.start.c)

    def before(self, t: int) -> State:
        """The state with which step ``t`` of the input was read."""
        earlier = t + 1 if self.backward else t - 1
        return self.after(earlier) if 0 <= earlier < len(self.order) else self.start

    def _check_start(self) -> None:
        batch, timesteps, _ = self.inputs.shape
        if self.mask is not None and self.mask.shape != (batch, timesteps):
            raise ValueError(f"mask must be {(batch, timesteps)}, not {self.mask.shape}")
        for name, array, size in (("h", self.start.h, self.weights.units), ("c", self.start.c, self._c_units)):
            if array.shape != (batch, size):
                raise ValueError(f"{name} of the first state must be {(batch, size)}, not {array.shape}")

    def _read(self) -> dict[str, Array]:
        batch, timesteps, _ = self.inputs.shape
        names, step, _ = self._equations
        columns = self.weights.kernel.shape[1]
        sizes = {name: columns if name == "sums" else self.weights.units for name in names}
        kept = [np.empty((batch, timesteps, size)) for size in sizes.values()]
        bias = self.weights.bias[0] if self.weights.bias.ndim == 2 else self.weights.bias
        sums = self.inputs @ self.weights.kernel + bias  # (B, T, G·U)
        state = self.start
        for t in self.order:
            values = step(sums[:, t], state, self.weights)
            if t in self.held:
                values = self._hold(values, self.held[t])
            after = State(values[0], values[1] if self._c_units else state.c)
            if self.mask is not None:
                after = _where(self.mask[:, t], after, state)
                values = (*after, *values[2:]) if self._c_units else (after.h, *values[1:])
            for array, value in zip(kept, values, strict=True):
                array[:, t] = value
            state = after
        return dict(zip(names, kept, strict=True))

    def _hold(self, values: tuple[Array, ...], held: State) -> tuple[Array, ...]:
        h, *rest = values
        if self._c_units:
            c, *others, o, _tanh_c = rest
            c = np.where(np.isnan(held.c), c, held.c)
            tanh_c = np.tanh(c)
            h, rest = o * tanh_c, [c, *others, o, tanh_c]
        return np.where(np.isnan(held.h), h, held.h), *rest

    def back(self, d_h: Array, reach: int | None = None) -> LayerGradients:
        """Back-propagation through time.

        Args:
            d_h: gradients of the loss by the outputs, (B, T, U), in the order of the input.
            reach: over how many steps, counted from the last one read, gradients go back; None for all.

        Raises:
            ValueError: ``d_h`` is of another shape.
        """
        if d_h.shape != self.h.shape:
            raise ValueError(f"gradients by the outputs must be {self.h.shape}, not {d_h.shape}")
        d_sums, d_recurrent = np.zeros((2, *self.values["sums"].shape))
        by_h, by_c = np.zeros(self.h.shape), np.zeros((*self.h.shape[:2], self._c_units))
        carry = State(np.zeros_like(self.start.h), np.zeros_like(self.start.c))
        for t in list(reversed(self.order))[:reach]:
            by_h[:, t] = d_h[:, t] + carry.h
            by_c[:, t] = carry.c
            values = tuple(array[:, t] for array in self.values.values())
            free_h, free_c = self._free(t)
            d_c = carry.c + self._through_h(free_h * by_h[:, t], values)
            back = self._equations.backward(free_h * by_h[:, t], free_c * d_c, values, self.before(t), self.weights)
            if self.mask is None:
                d_sums[:, t], d_recurrent[:, t], by_c[:, t] = back.sums, back.recurrent, d_c
                carry = State(back.h, back.c)
                continue
            real = self.mask[:, t]
            d_sums[real, t], d_recurrent[real, t], by_c[real, t] = back.sums[real], back.recurrent[real], d_c[real]
            carry = _where(real, State(back.h, back.c), State(by_h[:, t], carry.c))
        return LayerGradients(self._by_weights(d_sums, d_recurrent), d_sums @ self.weights.kernel.T, by_h, by_c)

    def _free(self, t: int) -> tuple[Array | float, Array | float]:
        """1 for each number of the state that came out of the step, 0 for one that was held: no gradient goes past that."""
        if t not in self.held:
            return 1.0, 1.0
        h, c = (np.isnan(numbers).astype(float) for numbers in self.held[t])
        return h, c

    def _through_h(self, by_h: Array, values: tuple[Array, ...]) -> Array:
        """The part of ∂loss/∂c_t that comes through h_t = o∘tanh(c_t)."""
        if not self._c_units:
            return self.start.c
        *_, o, tanh_c = values
        return by_h * o * (1.0 - tanh_c * tanh_c)

    def _by_weights(self, d_sums: Array, d_recurrent: Array) -> tuple[Array, ...]:
        before = np.empty_like(self.h)
        for t in self.order:
            before[:, t] = self.before(t).h
        kernel, recurrent_kernel = _product(self.inputs, d_sums), _product(before, d_recurrent)
        if self.cell is Cell.GRU and not self.reset_after:  # there W_hg multiplies r∘h
            columns = slice(2 * self.weights.units, None)
            recurrent_kernel[:, columns] = _product(self.values["held"], d_recurrent[:, :, columns])
        bias = d_sums.sum((0, 1))
        if self.weights.bias.ndim == 2:
            bias = np.stack([bias, d_recurrent.sum((0, 1))])
        found = kernel, recurrent_kernel, bias
        return found if self.weights.bias.ndim else found[:2]


def run(cell: Cell, weights: Weights, inputs: Array, reset_after: bool = True) -> Array:
    """All hidden states (B, T, U) of a layer that starts with zeros, as Keras gives them with ``return_sequences=True``.

    Arguments and errors are those of ``Trace``.
    """
    return Trace(cell, weights, inputs, reset_after).h


def _where(real: NDArray[np.bool_], new: State, old: State) -> State:
    """The new state of those samples whose step is no padding."""
    chosen = real[:, np.newaxis]
    return State(np.where(chosen, new.h, old.h), np.where(chosen, new.c, old.c))


def _product(left: Array, right: Array) -> Array:
    """Σ over samples and steps of left (B, T, M) and right (B, T, N): (M, N)."""
    product: Array = left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])
    return product


def _check(cell: Cell, weights: Weights, inputs: NDArray[Any], reset_after: bool) -> None:
    units, columns = weights.units, gates(cell) * weights.units
    bias = (2, columns) if cell is Cell.GRU and reset_after else (columns,)
    fits = weights.recurrent_kernel.shape[1] == weights.kernel.shape[1] == columns
    if not fits or weights.bias.shape not in (bias, ()):
        raise ValueError(
            f"{cell.class_name} of {units} units needs weights (D, {columns}), ({units}, {columns}) and {bias}, "
            f"not {', '.join(str(matrix.shape) for matrix in weights)}"
        )
    if inputs.ndim != 3 or inputs.shape[2] != weights.kernel.shape[0]:
        raise ValueError(f"inputs must be (B, T, {weights.kernel.shape[0]}), not {inputs.shape}")
