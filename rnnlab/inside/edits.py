"""What a person changes in a layer that has read something: single numbers of its input, its states, its weights.

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
    FIRST_H = "first h"
    FIRST_C = "first c"
    KERNEL = "kernel"
    RECURRENT_KERNEL = "recurrent_kernel"
    BIAS = "bias"
    RECURRENT_BIAS = "recurrent_bias"


#: The state after a timestep.
STATES = (Part.H, Part.C)


class Place(NamedTuple):
    """One array: of one timestep where it is the input or the state after it, of one gate where it is a weight."""

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
    passed_over = trace.mask is not None and not trace.mask[0, step]
    after = () if passed_over else (Part.H, Part.C) if trace.cell is Cell.LSTM else (Part.H,)
    first = (Part.FIRST_H, Part.FIRST_C) if trace.cell is Cell.LSTM else (Part.FIRST_H,)
    biases = (Part.BIAS, Part.RECURRENT_BIAS)[: trace.weights.bias.ndim]
    weights = (Part.KERNEL, Part.RECURRENT_KERNEL, *biases)
    return (
        *(Place(part, step) for part in (Part.INPUT, *after)),
        *map(Place, first),
        *(Place(part, gate=gate) for part in weights for gate in GATES[trace.cell]),
    )


def values(trace: Trace, place: Place) -> Array:
    """A copy of the array in this place, (rows, columns); vectors are columns."""
    return _view(_copies(trace), trace, place)


def edited(trace: Trace, edits: Edits) -> Trace:
    """What the layer does with these numbers changed.

    Raises:
        ValueError: a number is not within ``NUMBERS``.
    """
    arrays = _copies(trace)
    for part in STATES:
        arrays[part][:] = np.nan  # not held
    for number, value in edits.items():
        NUMBERS.check("a changed number", value)
        _view(arrays, trace, number.place)[number.row, number.column] = value
    bias = arrays[Part.BIAS].reshape(trace.weights.bias.shape)
    weights = Weights(arrays[Part.KERNEL], arrays[Part.RECURRENT_KERNEL], bias)
    held = {
        number.place.step: State(*(arrays[part][0, number.place.step] for part in STATES))
        for number in edits
        if number.place.part in STATES
    }
    start = State(arrays[Part.FIRST_H], arrays[Part.FIRST_C])
    return Trace(trace.cell, weights, arrays[Part.INPUT], trace.reset_after, trace.backward, trace.mask, start, held)


def with_weights(trace: Trace, weights: Weights) -> Trace:
    """What the layer does with other weights of the same shapes."""
    return Trace(trace.cell, weights, trace.inputs, trace.reset_after, trace.backward, trace.mask, trace.start)


def _copies(trace: Trace) -> dict[Part, Array]:
    """All that can be changed; both biases of a gate stand in one array."""
    inputs, first, weights = trace.inputs, trace.start, trace.weights
    arrays = {
        Part.INPUT: inputs, Part.H: trace.h, Part.C: trace.c, Part.FIRST_H: first.h, Part.FIRST_C: first.c, Part.KERNEL: weights.kernel,
        Part.RECURRENT_KERNEL: weights.recurrent_kernel, Part.BIAS: np.atleast_2d(weights.bias),
    }  # fmt: skip
    return {part: np.array(array, np.float64) for part, array in arrays.items()}


def _view(arrays: dict[Part, Array], trace: Trace, place: Place) -> Array:
    """The array in this place, (rows, columns), as a view."""
    second = place.part is Part.RECURRENT_BIAS
    array = arrays[Part.BIAS if second else place.part]
    if place.gate is None:
        row: Array = array[0, place.step] if place.part in (Part.INPUT, *STATES) else array[0]
        return row[:, np.newaxis]
    units = trace.weights.units
    first = GATES[trace.cell].index(place.gate) * units
    rows = slice(int(second), int(second) + 1) if place.part in (Part.BIAS, Part.RECURRENT_BIAS) else slice(None)
    found: Array = array[rows, first : first + units]
    return found.T
