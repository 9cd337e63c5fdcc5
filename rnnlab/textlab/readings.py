"""What every unit does while a model reads a passage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.reference import Model, State
from rnnlab.textlab.quick import Floats, QuickModel, leave
from rnnlab.texts import _

#: Characters that are read between two looks at memory: what is worked with is bounded by this, whatever the passage.
PIECE = 1024
#: The most numbers that are kept of a passage (4 bytes each).
MOST_NUMBERS = 80_000_000


class Readings(NamedTuple):
    """Values of every unit at every character of a passage; the one at t stands after character t has been read.

    Attributes:
        layers: for each recurrent layer, by its name ("h", "c", a gate) each value, (N, U).
        states: of every layer at the end, (U) each, to read on from.
    """

    layers: tuple[dict[str, Floats], ...]
    states: tuple[State, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self.layers[0])

    @property
    def units(self) -> int:
        return int(next(iter(self.layers[0].values())).shape[1])

    def of(self, layer: int, kind: str, unit: int) -> Floats:
        """One unit's values over the passage, (N)."""
        return self.layers[layer][kind][:, unit]


def read(
    model: Model, tokens: NDArray[Any], kinds: Sequence[str] = ("h", "c"), states: Sequence[State] | None = None
) -> Readings:
    """Read a passage once, from the first character to the last.

    Args:
        model: a text model.
        tokens: (N), numbers of characters.
        kinds: which values to keep, of those that the model's cell has; others are left out.
        states: what to begin with, (U) each for every layer; by default zeros.

    Raises:
        ValueError: this is no text model, a number that no character has, states of another model, none of these kinds is
            known to the cell, or the passage is too long to keep that much of it.
    """
    quick = QuickModel(model)
    kept = tuple(kind for kind in quick.values if kind in kinds)
    if not kept:
        raise ValueError(f"{model.architecture.cell.class_name} has {', '.join(quick.values)}, not {', '.join(kinds)}")
    _check_size(len(tokens), len(quick.layers) * len(kept) * model.architecture.units)
    pieces = list(pieces_of(quick, tokens, kept, states))
    return Readings(
        tuple(
            {kind: np.concatenate([piece.layers[number][kind] for piece in pieces]) for kind in kept}
            for number in range(len(quick.layers))
        ),
        pieces[-1].states,
    )


def pieces_of(
    quick: QuickModel,
    tokens: NDArray[Any],
    kinds: Sequence[str],
    states: Sequence[State] | None = None,
    length: int = PIECE,
) -> Iterator[Readings]:
    """The same piece by piece, each of ``length`` characters and what is left in the end, each going on from the one before."""
    tokens = quick.check_tokens(tokens)
    carried = quick.begun(states)
    for start in range(0, len(tokens), length):
        found = _piece(quick, tokens[start : start + length], kinds, carried)
        yield found
        carried = found.states


def _piece(quick: QuickModel, tokens: NDArray[np.intp], kinds: Sequence[str], states: Sequence[State]) -> Readings:
    """Layer by layer, since what a layer takes from the one below is quicker multiplied all at once."""
    kept, ends = [], []
    h = np.zeros((len(tokens), 0), np.float32)
    for number, (layer, state) in enumerate(zip(quick.layers, states, strict=True)):
        sums = layer.summed(h) if number else layer.looked_up(tokens)
        values = np.empty((len(quick.values), len(tokens), layer.units), np.float32)
        end = state
        for t in range(len(tokens)):
            found = layer.step(sums[t], end.h, end.c, leave)
            end = State(found[0], found[1] if end.c.size else end.c)
            for array, value in zip(values, found, strict=True):
                array[t] = value
        kept.append({name: array for name, array in zip(quick.values, values, strict=True) if name in kinds})
        h = values[0]
        ends.append(end)
    return Readings(tuple(kept), tuple(ends))


def _check_size(characters: int, numbers: int) -> None:
    most = MOST_NUMBERS // numbers
    if characters > most:
        sentence = _(
            "of this model at most {most:,} characters can be looked into at once, not {characters:,}: choose a shorter "
            "passage or fewer values"
        )
        raise ValueError(sentence.format(most=most, characters=characters))
