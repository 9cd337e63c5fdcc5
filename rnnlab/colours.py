"""The fixed colours: one per cell type, one per kind of layer, told apart also by the colour-blind, on light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rnnlab.architecture import Architecture, Cell, labels
from rnnlab.counting import Matrix

CELLS: dict[Cell, str] = {
    Cell.SIMPLE_RNN: "#D9611A",
    Cell.LSTM: "#3A7FD5",
    Cell.GRU: "#0F9A78",
    Cell.DENSE: "#7A7F87",
}
MATRICES: dict[Matrix, str] = {
    Matrix.EMBEDDING: "#8C7AC4",
    Matrix.KERNEL: "#3A7FD5",
    Matrix.RECURRENT_KERNEL: "#D9611A",
    Matrix.BIAS: "#C9A227",
    Matrix.RECURRENT_BIAS: "#8F7A1E",
    Matrix.OUTPUT_KERNEL: "#7A8793",
    Matrix.OUTPUT_BIAS: "#AEB8C1",
}
#: Lines of architectures with the same cell, in the order of the bench: whole, dashed, dotted …
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (7, 4), (2, 3), (9, 3, 2, 3), (4, 2), (12, 5))


class Look(NamedTuple):
    """How one architecture of the bench is drawn everywhere."""

    label: str
    colour: str
    dash: tuple[int, ...]


def looks(bench: Sequence[Architecture]) -> tuple[Look, ...]:
    """The looks of the architectures side by side."""
    found = []
    for index, (architecture, label) in enumerate(zip(bench, labels(tuple(bench)), strict=True)):
        earlier = sum(other.cell is architecture.cell for other in bench[:index])
        found.append(Look(label, CELLS[architecture.cell], DASHES[earlier]))
    return tuple(found)
