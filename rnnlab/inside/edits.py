"""What a person changes in a layer that has read something: single numbers of its input, its first state, its weights.

An edit is one number in one place, so that the same edits stand however the rest changes: another epoch, another seed.
Matrices stand as the lectures write them, (D_h × d) and columns; ``Trace`` keeps the transposes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from rnnlab.architecture import Cell
from rnnlab.counting import GATES, Gate
from rnnlab.experiment import RealRange
from rnnlab.reference import Array, Trace, Weights
from rnnlab.reference.equations import State

#: What a number may be set to.
NUMBERS = RealRange(-1000.0, 1000.0)


class Part(StrEnum):
    """A kind of array of a layer."""

    INPUT = "x"
    H = "h"
    C = "c"
    KERNEL = "kernel"
    RECURRENT_KERNEL = "recurrent_kernel"
    BIAS = "bias"
    RECURRENT_BIAS = "recurrent_bias"


class Place(NamedTuple):
    """One array: of one timestep where it is the input, of one gate where it is a weight."""

    part: Part
    step: int = 0
    gate: Gate | None = None


class Number(NamedTuple):
    """One number of an array."""

    place: Place
    row: int
    column: int


Edits = Mapping[Number, float]


def places(trace: Trace, step: int) -> tuple[Place, ...]:
    """The arrays of a layer that can be changed while this timestep is looked at."""
    states = (Part.H, Part.C) if trace.cell is Cell.LSTM else (Part.H,)
    biases = (Part.BIAS, Part.RECURRENT_BIAS)[: trace.weights.bias.ndim]
    weights = (Part.KERNEL, Part.RECURRENT_KERNEL, *biases)
    return (
        Place(Part.INPUT, step),
        *map(Place, states),
        *(Place(part, gate=gate) for part in weights for gate in GATES[trace.cell]),
    )


def values(trace: Trace, place: Place) -> Array:
    """A copy of the array in this place, (rows, columns); vectors are columns."""
    return _view(_Arrays.of(trace), trace.cell, place).copy()


def edited(trace: Trace, edits: Edits) -> Trace:
    """What the layer does with these numbers changed; places that it does not have are passed over.

    Raises:
        ValueError: a number is not within ``NUMBERS``.
    """
    arrays = _Arrays.of(trace)
    for number, value in edits.items():
        NUMBERS.check("a changed number", value)
        view = _view(arrays, trace.cell, number.place)
        if number.row < view.shape[0] and number.column < view.shape[1]:
            view[number.row, number.column] = value
    weights = Weights(arrays.kernel, arrays.recurrent_kernel, arrays.bias)
    return Trace(
        trace.cell, weights, arrays.inputs, trace.reset_after, trace.backward, trace.mask, State(arrays.h, arrays.c)
    )


def with_weights(trace: Trace, weights: Weights) -> Trace:
    """What the layer does with other weights of the same shapes."""
    return Trace(trace.cell, weights, trace.inputs, trace.reset_after, trace.backward, trace.mask, trace.start)


class _Arrays(NamedTuple):
    """Copies of all that can be changed."""

    inputs: Array
    h: Array
    c: Array
    kernel: Array
    recurrent_kernel: Array
    bias: Array

    @classmethod
    def of(cls, trace: Trace) -> _Arrays:
        return cls(*(np.array(a, np.float64) for a in (trace.inputs, *trace.start, *trace.weights)))


def _view(arrays: _Arrays, cell: Cell, place: Place) -> Array:
    """The array in this place, (rows, columns), as a view; empty where there is none."""
    nothing = np.zeros((0, 0))
    match place.part:
        case Part.INPUT:
            return arrays.inputs[0, place.step][:, np.newaxis] if place.step < arrays.inputs.shape[1] else nothing
        case Part.H:
            return arrays.h[0][:, np.newaxis]
        case Part.C:
            return arrays.c[0][:, np.newaxis]
    if place.gate not in GATES[cell]:
        return nothing
    units = len(arrays.recurrent_kernel)
    first = GATES[cell].index(place.gate) * units
    columns = slice(first, first + units)
    biases = arrays.bias.reshape(-1, arrays.bias.shape[-1]) if arrays.bias.ndim else nothing
    match place.part:
        case Part.KERNEL:
            return arrays.kernel[:, columns].T
        case Part.RECURRENT_KERNEL:
            return arrays.recurrent_kernel[:, columns].T
        case Part.BIAS:
            return biases[:1, columns].T
        case _:
            return biases[1:2, columns].T
