"""The fixed colours: one per cell type, gate and kind of matrix, told apart also by the colour-blind, on light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rnnlab.architecture import Architecture, Cell, labels
from rnnlab.counting import Gate, Matrix
from rnnlab.texts import _, noted

CELLS: dict[Cell, str] = {
    Cell.SIMPLE_RNN: "#D9611A",
    Cell.LSTM: "#3A7FD5",
    Cell.GRU: "#0F9A78",
    Cell.DENSE: "#7A7F87",
}
#: Dark enough for white letters; those of one cell stay apart for every kind of colour blindness.
GATES: dict[Gate, str] = {
    Gate.STATE: CELLS[Cell.SIMPLE_RNN],
    Gate.INPUT: "#0A9069",
    Gate.FORGET: "#E0450F",
    Gate.CANDIDATE: "#A8308C",
    Gate.OUTPUT: "#2048E0",
    Gate.UPDATE: "#8C7A00",
    Gate.RESET: "#0B8FC6",
}
#: Signed values: from one over nothing at 0 to the other.
BELOW_ZERO, ABOVE_ZERO = "#2F6DD5", "#D63A36"
MATRICES: dict[Matrix, str] = {
    Matrix.EMBEDDING: "#8C7AC4",
    Matrix.KERNEL: "#3A7FD5",
    Matrix.RECURRENT_KERNEL: "#D9611A",
    Matrix.BIAS: "#C9A227",
    Matrix.RECURRENT_BIAS: "#8F7A1E",
    Matrix.OUTPUT_KERNEL: "#7A8793",
    Matrix.OUTPUT_BIAS: "#AEB8C1",
}
_BLUES, _GREENS = ("#2F6DB5", "#5C9BE0", "#93C1F0", "#C3DEF8"), ("#0B7A5F", "#2FAF8F", "#7DCFB9", "#BFE8DD")
#: Layers of cells by their titles, the first one darkest; no model has two kinds in the same colours.
CELL_LAYERS: dict[str, tuple[str, ...]] = {
    noted("recurrent {n}"): _BLUES,
    noted("hidden {n}"): _GREENS,  # without memory
    noted("encoder {n}"): _BLUES,
    noted("decoder {n}"): _GREENS,
}
#: Lines of architectures with the same cell, in the order of the bench: whole, dashed, dotted …
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (7, 4), (2, 3), (9, 3, 2, 3), (4, 2), (12, 5))


class Look(NamedTuple):
    """How one architecture of the bench is drawn everywhere."""

    label: str
    colour: str
    dash: tuple[int, ...]


def layers() -> dict[str, str]:
    """The colour of every layer that has weights, by its title and in the order in which they are stacked."""
    cells = {_(title).format(n=n): c for title, colours in CELL_LAYERS.items() for n, c in enumerate(colours, start=1)}
    return {_("embedding"): MATRICES[Matrix.EMBEDDING], **cells, _("output"): MATRICES[Matrix.OUTPUT_KERNEL]}


def looks(bench: Sequence[Architecture]) -> tuple[Look, ...]:
    """The looks of the architectures side by side."""
    found = []
    for index, (architecture, label) in enumerate(zip(bench, labels(tuple(bench)), strict=True)):
        earlier = sum(other.cell is architecture.cell for other in bench[:index])
        found.append(Look(label, CELLS[architecture.cell], DASHES[earlier]))
    return tuple(found)


def signed(value: float) -> str:
    """The colour behind a number, for any background: blue below 0, red above, none at 0.

    It is as strong as tanh(|value|), so the same number has the same colour everywhere; letters stay readable on it.
    """
    strength = round(0x9E * math.tanh(abs(value))) if math.isfinite(value) else 0
    return f"{BELOW_ZERO if value < 0 else ABOVE_ZERO}{strength:02X}"
