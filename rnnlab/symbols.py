"""The symbols of one timestep of a recurrent cell with their numbers, in the three forms that the lectures use."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from rnnlab.counting import GATES, Gate
from rnnlab.reference import Array, Trace
from rnnlab.texts import noted


class Notation(StrEnum):
    """How a gate's equation is written.

    Separate matrices: W_xf x + W_hf h + b_f. One matrix over [h; x]: W_f [h; x] + b_f. As Keras stores it: row vectors,
    x @ kernel + h @ recurrent_kernel + bias, the gates side by side in the order of ``counting.GATES``.
    """

    SEPARATE = noted("separate matrices")
    STACKED = noted("one matrix over [h; x]")
    KERAS = noted("as Keras stores it")


class Grid(NamedTuple):
    """A matrix or a vector.

    Attributes:
        label: its symbol in LaTeX.
        values: a matrix, a column (n, 1), or in Keras' notation a row (1, n).
        gate: whose it is, where it is of one gate.
        gates: whose its columns are, where gates stand side by side, each with as many columns.
        by_hand: of a vector, the places of numbers that were set by hand.
    """

    label: str
    values: Array
    gate: Gate | None = None
    gates: tuple[Gate, ...] = ()
    by_hand: tuple[int, ...] = ()


#: The signs between grids, and what they are in LaTeX. × is the matrix product, ∘ is number by number.
SIGNS = {
    "×": r"\,",
    "∘": r" \circ ",
    "+": " + ",
    "−": " - ",
    "1": "1",
    "(": "(",
    ")": ")",
    "σ(": r"\sigma(",
    "tanh(": r"\tanh(",
    "softmax(": r"\mathrm{softmax}(",
}
Term = Grid | str
Terms = tuple[Term, ...]

#: What the lectures call each gate; SimpleRNN's only one has no letter.
LETTERS = {
    Gate.STATE: "",
    Gate.INPUT: "i",
    Gate.FORGET: "f",
    Gate.CANDIDATE: "g",
    Gate.OUTPUT: "o",
    Gate.UPDATE: "z",
    Gate.RESET: "r",
}
KERNEL, RECURRENT_KERNEL, BIAS = r"\texttt{kernel}", r"\texttt{recurrent\_kernel}", r"\texttt{bias}"


class Symbols:
    """What step ``t`` of a trace is made of, for one sample: D numbers go in, U units.

    Attributes:
        x: x_t.
        h: the hidden state with which the step begins.
        c: the cell state with which it begins, without numbers where the cell has none.
    """

    def __init__(self, trace: Trace, sample: int, t: int, notation: Notation) -> None:
        self.trace, self.sample, self.t = trace, sample, t
        self.stacked, self.keras = notation is Notation.STACKED, notation is Notation.KERAS
        self.gates = GATES[trace.cell]
        before, earlier = trace.before(t), "t+1" if trace.backward else "t-1"
        self.x = self.vector("x_t", trace.inputs[sample, t])
        step = t + 1 if trace.backward else t - 1
        self.h = self.vector(f"h_{{{earlier}}}", before.h[sample])._replace(by_hand=self._by_hand("h", step))
        self.c = self.vector(f"c_{{{earlier}}}", before.c[sample])._replace(by_hand=self._by_hand("c", step))

    def vector(self, label: str, numbers: Array, gate: Gate | None = None) -> Grid:
        """A vector (n,) as a column, or in Keras' notation as a row."""
        return Grid(label, numbers[np.newaxis] if self.keras else numbers[:, np.newaxis], gate)

    def value(self, name: str, gate: Gate | None = None) -> Grid:
        """A value of this step, of the name that it has in the trace."""
        return self.vector(f"{name}_t", self.numbers(name), gate)._replace(by_hand=self._by_hand(name, self.t))

    def _by_hand(self, name: str, step: int) -> tuple[int, ...]:
        """Which numbers of a state were set by hand."""
        held = getattr(self.trace.held.get(step), name, ())
        return tuple(place for place, value in enumerate(held) if not np.isnan(value))

    def numbers(self, name: str) -> Array:
        found: Array = self.trace.values[name][self.sample, self.t]
        return found

    def gate(self, gate: Gate) -> Grid:
        """What a gate gives."""
        return self.value(LETTERS[gate], gate)

    def own_sum(self, gate: Gate) -> Grid:
        """What a gate squashes: its columns of the sums."""
        label = f"s_{{{LETTERS[gate]}}}" if LETTERS[gate] else "s_t"
        return self.vector(label, self.numbers("sums")[self.columns(gate)], gate)

    def columns(self, gate: Gate) -> slice:
        """Where a gate stands among those that are side by side."""
        units = self.trace.weights.units
        first = self.gates.index(gate) * units
        return slice(first, first + units)

    def matrix(self, of: str, gate: Gate) -> Grid:
        """W_x (U, D) or W_h (U, U) of a gate: ``of`` is x or h."""
        stored = self.trace.weights.kernel if of == "x" else self.trace.weights.recurrent_kernel
        return Grid(_symbol("W", of + LETTERS[gate]), stored[:, self.columns(gate)].T, gate)

    def both(self, gate: Gate) -> Grid:
        """[W_h W_x] of a gate, (U, U + D)."""
        beside = np.hstack([self.matrix("h", gate).values, self.matrix("x", gate).values])
        return Grid(_symbol("W", LETTERS[gate]), beside, gate)

    def over_x(self, state: Grid) -> Grid:
        """[state; x], (U + D, 1)."""
        return Grid(f"[{state.label}; {self.x.label}]", np.vstack([state.values, self.x.values]))

    def biases(self, gate: Gate) -> tuple[Grid, ...]:
        """The biases of a gate (U): none, one, or that of the input and that of the state."""
        stored = self.trace.weights.bias
        rows = np.atleast_2d(stored) if stored.ndim else ()
        labels = _symbol("b", LETTERS[gate]), _symbol("b", f"h{LETTERS[gate]}")
        return tuple(
            self.vector(label, row[self.columns(gate)], gate) for label, row in zip(labels, rows, strict=False)
        )

    def plus_bias(self, gate: Gate, number: int = 0) -> Terms:
        """+ b of a gate, or its second bias, if there is one."""
        found = self.biases(gate)
        return ("+", found[number]) if number < len(found) else ()

    def inside(self, gate: Gate) -> Terms:
        """The sum of a gate as the lectures write it: W_x x + W_h h + b, or W [h; x] + b."""
        biases = (*self.plus_bias(gate), *self.plus_bias(gate, 1))
        if self.stacked:
            return self.both(gate), "×", self.over_x(self.h), *biases
        return self.matrix("x", gate), "×", self.x, "+", self.matrix("h", gate), "×", self.h, *biases

    # As Keras has it

    def stored(self, label: str, stored: Array) -> Grid:
        """A matrix (n, G·U) or a vector (G·U) of G gates side by side."""
        gates = self.gates[: stored.shape[-1] // self.trace.weights.units]
        values = np.atleast_2d(stored)
        return Grid(label, values, gates[0]) if len(gates) == 1 else Grid(label, values, gates=gates)

    def product(self, vector: Grid, label: str, matrix: Array) -> Terms:
        return vector, "×", self.stored(label, matrix)

    def row_sums(self) -> Terms:
        """The sums of all gates: x @ kernel + h @ recurrent_kernel + bias."""
        weights = self.trace.weights
        bias = ("+", self.stored(BIAS, weights.bias)) if weights.bias.ndim else ()
        of_x = self.product(self.x, KERNEL, weights.kernel)
        return *of_x, "+", *self.product(self.h, RECURRENT_KERNEL, weights.recurrent_kernel), *bias


def _symbol(letter: str, subscript: str) -> str:
    return f"{letter}_{{{subscript}}}" if subscript else letter
