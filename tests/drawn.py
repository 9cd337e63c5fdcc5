"""A drawing of an architecture parsed again: its shapes, arrows and labels, and what is expected of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple
from xml.etree import ElementTree as ET

from rnnlab.architecture import Architecture, Cell, Direction, Form, Pattern
from rnnlab.drawing import draw

COLOUR = "#3A7FD5"
SVG = "{http://www.w3.org/2000/svg}"


class Box(NamedTuple):
    """A cell, or a square with a number, as drawn."""

    left: float
    top: float
    width: float
    height: float
    subscript: str = ""

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def middle(self) -> complex:
        return complex((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def sends(self, point: complex) -> bool:
        return self.left <= point.real <= self.right and abs(point.imag - self.top) < 0.1

    def receives(self, point: complex) -> bool:
        return self.left <= point.real <= self.right and 0 <= point.imag - self.bottom < 4

    def overlaps(self, other: Box) -> bool:
        beside = self.right <= other.left + 0.1 or other.right <= self.left + 0.1
        return not beside and self.top < other.bottom - 0.1 and other.top < self.bottom - 0.1


class Stretch(NamedTuple):
    """What is expected of cells that stand in the same timesteps: how many of each layer, which way they read."""

    steps: int
    skips: bool
    architecture: Architecture
    every_step: bool

    @property
    def states(self) -> int:
        """Rows of wires along time."""
        kinds = {Cell.LSTM: 2, Cell.DENSE: 0}.get(self.architecture.cell, 1)
        return kinds * self.architecture.layers * self.architecture.directions

    @property
    def wires(self) -> int:
        """Arrows along time of one direction."""
        return self.states // self.architecture.directions * (self.steps - 1 + self.skips)

    @property
    def merges(self) -> int:
        every = self.architecture.layers - 1 + self.every_step
        return (self.architecture.directions - 1) * (every * self.steps + (not self.every_step))


def drawn(steps: int | None, most: int) -> tuple[int, bool]:
    """How many timesteps are drawn, and whether some are left out."""
    return (3, True) if steps is None or steps > most else (steps, False)


class Drawing:
    """A drawing that was parsed again, and what is expected of it."""

    def __init__(self, architecture: Architecture, form: Form, colour: str = COLOUR) -> None:
        self.architecture, self.form = form.fit(architecture), form
        self.text = draw(architecture, form, colour)
        self.root = ET.fromstring(self.text)
        most = 3 if form.pattern is Pattern.ENCODER_DECODER else 5
        self.inputs, self.input_skips = (1, False) if form.pattern.one_input else drawn(form.timesteps, most)
        self.stretches = self._stretches(most)
        self.outputs = self.stretches[-1].steps if form.pattern.many_outputs else 1

    def _stretches(self, most: int) -> list[Stretch]:
        architecture, pattern = self.architecture, self.form.pattern
        if pattern is Pattern.ONE_TO_MANY:
            return [Stretch(*drawn(self.form.output_steps, most), architecture, True)]
        whole = pattern is Pattern.IN_STEP
        read = (self.inputs, self.input_skips) if whole or architecture.cell.recurrent else (1, False)
        reader = Stretch(*read, architecture, whole)
        if pattern is not Pattern.ENCODER_DECODER:
            return [reader]
        forward = replace(architecture, direction=Direction.FORWARD)
        return [reader, Stretch(*drawn(self.form.output_steps, most), forward, True)]

    def __repr__(self) -> str:
        return f"{self.architecture} {self.form}"

    def count(self, kind: str) -> int:
        return sum(kind in element.get("class", "").split() for element in self.root.iter())

    def groups(self, kind: str) -> list[ET.Element]:
        return [group for group in self.root.iter(f"{SVG}g") if group.get("class") == kind]

    def words(self, kind: str) -> list[str]:
        return ["".join(group.itertext()) for group in self.groups(kind)]

    def routes(self, kind: str) -> list[list[complex]]:
        """The points that each arrow of a kind passes, from its start to its tip."""
        found = []
        for path in self.root.iter(f"{SVG}path"):
            if {"arrow", kind} <= set(path.get("class", "").split()):
                for line in path.get("d", "").split("M")[1::2]:  # between them are the heads
                    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", line)]
                    found.append([complex(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)])
        return found

    def arrows(self, kind: str) -> list[tuple[complex, complex]]:
        """Where each arrow of a kind starts and where its tip is."""
        return [(route[0], route[-1]) for route in self.routes(kind)]

    def boxes(self, kind: str) -> list[Box]:
        found = []
        for group in self.groups(kind):
            subscript = "".join(group.itertext()).removeprefix("h")
            for rect in group.iter(f"{SVG}rect"):
                left, top, width, height = (float(rect.get(name, "nan")) for name in ("x", "y", "width", "height"))
                found.append(Box(left, top, width, height, subscript))
        return found

    def cells(self) -> list[Box]:
        return self.boxes("cell")

    def rows(self) -> list[list[Box]]:
        """The cells in rows, the lowest first."""
        cells = self.cells()
        return [[box for box in cells if box.top == top] for top in sorted({box.top for box in cells}, reverse=True)]

    def labels(self) -> list[Box]:
        """The places of what is written beside the rows; a letter is on average less than half as wide as high."""
        found = []
        for text in self.root.iter(f"{SVG}text"):
            size, written = float(text.get("font-size", "nan")), "".join(text.itertext())
            if text.get("text-anchor") != "middle" and written:
                width, x, y = size * len(written) / 2, float(text.get("x", "nan")), float(text.get("y", "nan"))
                left = x - width if text.get("text-anchor") == "end" else x
                found.append(Box(left, y - 0.7 * size, width, 0.9 * size, written))
        return found
