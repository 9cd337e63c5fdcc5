"""Weights that a person types: which matrices a layer needs, how they are written, and what is wrong with what was typed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from rnnlab.counting import GATES, Gate
from rnnlab.inside.edits import NUMBERS, Part, Place, values
from rnnlab.reference import Array, Trace, Weights
from rnnlab.symbols import LETTERS
from rnnlab.texts import _, ngettext, noted

#: A layer with more numbers than this is not typed by hand.
MOST_NUMBERS = 2000


class Shape(StrEnum):
    """Whose shapes matrices are typed in; the value is its name on screen."""

    LECTURE = noted("the lecture's shape")
    KERAS = noted("Keras' shape")


class Slot(NamedTuple):
    """One matrix to type: its name and how many rows of how many numbers; a single row or column is a vector."""

    name: str
    rows: int
    columns: int

    @property
    def numbers(self) -> int:
        return self.rows * self.columns

    @property
    def is_vector(self) -> bool:
        return 1 in (self.rows, self.columns)


def slots(trace: Trace, shape: Shape) -> tuple[Slot, ...]:
    """The matrices of a layer: its three or so in Keras' shape, or those of each gate as the lectures write them."""
    return tuple(Slot(name, *array.shape) for name, array in _arrays(trace, shape).items())


def each_gate(trace: Trace, shape: Shape) -> int:
    """How many slots in a row belong together: those of one gate; in Keras' shape each stands alone."""
    return 1 if shape is Shape.KERAS else len(_parts(trace))


def written(trace: Trace, shape: Shape) -> dict[str, str]:
    """By the name of each slot the weights that a layer has, as text that can be typed."""
    return {name: _written(array) for name, array in _arrays(trace, shape).items()}


def _arrays(trace: Trace, shape: Shape) -> dict[str, Array]:
    if shape is Shape.KERAS:
        weights = trace.weights
        bias = {"bias": np.atleast_2d(weights.bias)} if weights.bias.ndim else {}
        return {"kernel": weights.kernel, "recurrent_kernel": weights.recurrent_kernel, **bias}
    return {
        _name(part, gate): values(trace, Place(part, gate=gate)) for gate in GATES[trace.cell] for part in _parts(trace)
    }


def _parts(trace: Trace) -> tuple[Part, ...]:
    biases = (Part.BIAS, Part.RECURRENT_BIAS)[: trace.weights.bias.ndim]
    return (Part.KERNEL, Part.RECURRENT_KERNEL, *biases)


def _name(part: Part, gate: Gate) -> str:
    """ "W_xf"; a SimpleRNN has W_x, W_h and b."""
    front = {Part.KERNEL: "W_x", Part.RECURRENT_KERNEL: "W_h", Part.BIAS: "b_", Part.RECURRENT_BIAS: "b_h"}[part]
    return f"{front}{LETTERS[gate]}".rstrip("_")


def _written(array: Array) -> str:
    rows = array.T if array.shape[1] == 1 else array  # a column is easier to type as a row
    return "\n".join(" ".join(f"{value:.6g}" for value in row) for row in rows)


def read(trace: Trace, shape: Shape, texts: Mapping[str, str]) -> Weights:
    """The weights that were typed, for the layer of this trace.

    Args:
        trace: says which shapes are needed.
        shape: whose shapes they are typed in.
        texts: by the name of each slot what was typed there.

    Raises:
        ValueError: some of it cannot be read, or has another shape; the sentence says what was given and what is needed.
    """
    arrays = [parse(texts.get(slot.name, ""), slot) for slot in slots(trace, shape)]
    if shape is Shape.KERAS:
        kernel, recurrent_kernel, *bias = arrays
        return Weights(kernel, recurrent_kernel, *(b.reshape(trace.weights.bias.shape) for b in bias))
    return _joined(trace, arrays)


def _joined(trace: Trace, arrays: list[Array]) -> Weights:
    """Matrices of single gates as the lectures write them, side by side as Keras stores them."""
    each = len(_parts(trace))
    kernel, recurrent_kernel, *biases = (np.concatenate([a.T for a in arrays[n::each]], axis=1) for n in range(each))
    if not biases:
        return Weights(kernel, recurrent_kernel)
    return Weights(kernel, recurrent_kernel, np.concatenate(biases).reshape(trace.weights.bias.shape))


def parse(text: str, slot: Slot) -> Array:
    """The matrix that was typed, in lines or brackets for each row, numbers with spaces or commas between them. A vector may
    stand in any rows.

    Raises:
        ValueError: it is not ``slot.rows`` rows of ``slot.columns`` numbers.
    """
    pieces = [re.sub(r"[,\[]", " ", row).split() for row in re.split(r"[\n;\]]", text)]
    rows = [[_read(piece, slot, n) for piece in row] for n, row in enumerate(filter(None, pieces), 1)]
    if slot.is_vector:
        return _vector([value for row in rows for value in row], slot)
    if len(rows) != slot.rows:
        raise _misshapen(slot, ngettext("{n} row is typed", "{n} rows are typed", len(rows)).format(n=len(rows)))
    for n, row in enumerate(rows, 1):
        if len(row) != slot.columns:
            given = ngettext("row {row} has {n} number", "row {row} has {n} numbers", len(row))
            raise _misshapen(slot, given.format(row=n, n=len(row)))
    return np.array(rows)


def _vector(numbers: list[float], slot: Slot) -> Array:
    if len(numbers) != slot.numbers:
        needed = ngettext("In {name}: {n} number is needed", "In {name}: {n} numbers are needed", slot.numbers)
        given = ngettext("{n} is typed", "{n} are typed", len(numbers)).format(n=len(numbers))
        raise ValueError(needed.format(name=slot.name, n=slot.numbers) + ", " + given)
    return np.array(numbers).reshape(slot.rows, slot.columns)


def _misshapen(slot: Slot, given: str) -> ValueError:
    rows = ngettext("{n} row", "{n} rows", slot.rows).format(n=slot.rows)
    shape = rows + " " + ngettext("of {n} number", "of {n} numbers", slot.columns).format(n=slot.columns)
    return ValueError(_("In {name}: needed is {shape}, but {given}").format(name=slot.name, shape=shape, given=given))


def _read(piece: str, slot: Slot, row: int) -> float:
    try:
        return number(piece)
    except ValueError as error:
        said = _("In {name}, row {row}: {problem}").format(name=slot.name, row=row, problem=error)
        raise ValueError(said) from None


def number(text: str) -> float:
    """One number that was typed.

    Raises:
        ValueError: it is none, or not within ``NUMBERS``; the sentence says what was given and what is allowed.
    """
    given = text.strip()[:20]
    try:
        value = float(text.replace("−", "-").replace("_", "?"))  # Python would read 1_0 as 10
    except ValueError:
        raise ValueError(_("“{given}” is no number").format(given=given)) from None
    if not math.isfinite(value):
        raise ValueError(_("{given} cannot be computed with, type a finite number").format(given=given))
    if not NUMBERS.low <= value <= NUMBERS.high:
        low, high = NUMBERS.written
        allowed = _("{given} is too large, numbers go from {low} to {high}")
        raise ValueError(allowed.format(given=given, low=low, high=high))
    return value
