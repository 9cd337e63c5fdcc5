"""Draws an architecture unrolled over time as an inline SVG, and says the same in words.

Time runs to the right and data upwards, as in Graves, "Supervised Sequence Labelling with Recurrent Neural Networks"
(2012), chapter 3. Lines and letters take the colour of the text around the drawing: it suits light and dark pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from rnnlab.architecture import Architecture, Cell, Direction, Form

LABELS = 106  # width of the labels on the left
PITCH = 64  # from one timestep to the next
MOST_STEPS = 5  # a longer sequence is drawn as x₁ x₂ … x_T
LARGEST_SUBSCRIPT = 999  # a larger one is written T, to fit into its cell
SKIPPED = 50  # extra width where timesteps are left out
GAP = 28  # between two rows
CELL, NARROW_CELL, BOX = 44 + 36j, 32 + 32j, 44 + 28j  # width + height j
SQUARE = 11  # one number of a vector
MOST_SQUARES = 5
LANE = 15  # a bidirectional layer has its wires so far left (forward) and right (backward) of the timestep ...
SHIFT = 7  # ... and its cells so far aside, to let the wires of the other direction pass
STUB = 23  # length of an arrow into or out of skipped timesteps
BEND = 5  # radius of bends, length of arrow heads
ENLARGED = 1.2  # most pixels per unit

Style = Mapping[str, str]
TEXT = {"fill": "currentColor", "font-size": "14"}
CENTRED = TEXT | {"text-anchor": "middle"}
STRONG = TEXT | {"font-weight": "600"}
MUTED = TEXT | {"font-size": "13", "opacity": "0.7"}
INK = {"stroke": "currentColor", "stroke-opacity": "0.5"}


class _Step(NamedTuple):
    """The middle of a column and the subscript that its symbols have."""

    x: float
    subscript: str = ""


def draw(architecture: Architecture, form: Form, colour: str) -> str:
    """The architecture unrolled over time, as the text of an ``<svg>`` element.

    Args:
        architecture: the recurrent part; its embedding is left out where ``form`` feeds plain numbers.
        form: what goes in and out.
        colour: CSS colour of the recurrent cells, dark enough for white letters.
    """
    architecture = form.fit(architecture)
    sheet = _Sheet(_steps(form.timesteps), colour)
    _draw_inputs(sheet, architecture, form)
    draw_layer = _draw_both_ways if architecture.bidirectional else _draw_one_way
    for layer in range(1, architecture.layers + 1):
        note = f"layer {layer}, " if architecture.layers > 1 else ""
        draw_layer(sheet, architecture, note, every_step=form.return_sequences or layer < architecture.layers)
    _draw_outputs(sheet, architecture, form)
    return sheet.finish(f"{architecture.label}, unrolled over time", describe(architecture, form))


def describe(architecture: Architecture, form: Form) -> str:
    """What ``draw`` shows, in words: the text alternative of the drawing."""
    architecture = form.fit(architecture)
    lstm, several, size = architecture.cell is Cell.LSTM, architecture.layers > 1, _size(architecture)
    states = "the hidden state h and the cell state c go" if lstm else "the hidden state h goes"
    way, last = {
        Direction.FORWARD: ("to the next timestep", "after the last timestep"),
        Direction.BACKWARD: ("to the timestep before", "after the first timestep, which is read last"),
        Direction.BIDIRECTIONAL: (
            f"both ways, and the two directions are joined by {architecture.merge_mode} into {size:,} numbers",
            "from the forward cell of the last and the backward cell of the first timestep",
        ),
    }[architecture.direction]
    output = f"h of {size:,} numbers, without an output layer"
    if form.outputs is not None:
        output = f"a dense layer of {form.outputs:,} with {form.activation} activation"
    return (
        f"Unrolled over {_length(form)}. {_describe_input(architecture, form)} {architecture.layers} "
        f"{architecture.direction} {architecture.cell.class_name} layer{'s' if several else ''} of {architecture.units:,} "
        f"units: {states} {way}.{' Each layer hands every timestep to the one above.' if several else ''} "
        f"Output: {output}, {'at every timestep' if form.return_sequences else 'once, ' + last}."
    )


def _describe_input(architecture: Architecture, form: Form) -> str:
    if not form.tokens:
        return f"Each input is a vector of d = {form.input_dim:,} numbers."
    if architecture.embedding_dim is None:
        return f"Each input is a one-hot vector of V = {form.input_dim:,} tokens."
    embedded = f"which an embedding turns into d = {architecture.embedding_dim:,} numbers"
    return f"Each input is one of V = {form.input_dim:,} tokens, {embedded}."


def _length(form: Form) -> str:
    if form.timesteps is None:
        return "T steps"
    return f"{form.timesteps:,} step{'s' if form.timesteps > 1 else ''}"


def _size(architecture: Architecture) -> int:
    """How many numbers a recurrent layer hands on per timestep."""
    return architecture.units * (2 if architecture.doubles_output else 1)


def _steps(timesteps: int | None) -> list[_Step]:
    """The timesteps that are drawn: all of a short sequence, otherwise the first two and the last."""
    left = LABELS + PITCH / 2
    if timesteps is not None and timesteps <= MOST_STEPS:
        return [_Step(left + PITCH * t, str(t + 1)) for t in range(timesteps)]
    last = "T" if timesteps is None or timesteps > LARGEST_SUBSCRIPT else str(timesteps)
    return [_Step(left, "1"), _Step(left + PITCH, "2"), _Step(left + 2 * PITCH + SKIPPED, last)]


class _Sheet:
    """A drawing that grows upwards from y = 0. Points are complex numbers x + yj, and y falls upwards, as in SVG.

    ``top`` is the upper edge of what stands so far; ``ports`` are the places where it hands on to the next row.
    """

    def __init__(self, steps: list[_Step], colour: str) -> None:
        self.steps = self.ports = steps
        self.colour = colour
        self.top = 0.0
        self.body = Element("g", {"fill": "none", "stroke-width": "1.4", "stroke-linecap": "round"})

    def row(self, height: float, name: str, detail: str, gap: float = GAP) -> float:
        """Begin a row above what stands, label it on the left and return its middle y."""
        y = self.top - gap - height / 2
        self.top = y - height / 2
        apart = 8j if name else 0
        self.write(self.body, y * 1j - apart, name, STRONG)
        self.write(self.body, y * 1j + apart, detail, MUTED)
        return y

    def write(self, parent: Element, at: complex, letters: str, style: Style, subscript: str = "") -> None:
        """Write ``letters``, vertically centred, with ``subscript`` in subscript."""
        size = float(style["font-size"])
        text = SubElement(parent, "text", _numbers(x=at.real, y=at.imag + 0.35 * size) | dict(style))
        text.text = letters
        if subscript:
            SubElement(text, "tspan", {"dy": "3"} | _numbers(font_size=0.72 * size)).text = subscript

    def rectangle(self, parent: Element, middle: complex, size: complex, style: Style) -> None:
        corner = middle - size / 2
        place = _numbers(x=corner.real, y=corner.imag, width=size.real, height=size.imag)
        SubElement(parent, "rect", place | dict(style))

    def box(self, kind: str, middle: complex, letters: str, subscript: str = "") -> None:
        """A rounded outline around ``letters``."""
        group = SubElement(self.body, "g", {"class": kind})
        self.rectangle(group, middle, BOX, INK | {"rx": "8"})
        self.write(group, middle, letters, CENTRED | {"font-size": "14" if len(letters) == 1 else "12.5"}, subscript)

    def cell(self, middle: complex, size: complex, subscript: str) -> None:
        group = SubElement(self.body, "g", {"class": "cell"})
        self.rectangle(group, middle, size, {"fill": self.colour, "rx": "8"})
        self.write(group, middle, "h", STRONG | CENTRED | {"fill": "#fff"}, subscript)

    def arrow(self, kind: str, *points: complex, style: Style = INK) -> None:
        """A line through ``points`` with rounded bends that ends in an arrow head just before the last one."""
        ahead = (points[-1] - points[-2]) / abs(points[-1] - points[-2])
        tip = points[-1] - 2 * ahead
        path = f"M{_at(points[0])}"
        for back, bend, on in zip(points, points[1:], points[2:], strict=False):
            path += f"L{_at(_near(bend, back))}Q{_at(bend)} {_at(_near(bend, on))}"
        one, other = (tip - BEND * ahead * (1 + side * 0.7j) for side in (-1, 1))
        path += f"L{_at(tip)}M{_at(one)}L{_at(tip)}L{_at(other)}"
        SubElement(self.body, "path", {"class": f"arrow {kind}", "d": path} | dict(style))

    def dots(self, middle: complex, apart: complex = 7, width: float = 2.4) -> None:
        """Three dots for what is left out; ``apart`` leads from one to the next."""
        line = f"M{_at(middle - apart)}L{_at(middle + 1.1 * apart)}"
        dotted = {"class": "dots", "stroke-dasharray": f"0 {abs(apart):g}"} | _numbers(stroke_width=width)
        SubElement(self.body, "path", {"d": line} | dotted | INK)

    def skip(self, y: float) -> None:
        """Dots in a row at ``y`` wherever timesteps are left out."""
        for left, right in pairwise(self.ports):
            if right.x - left.x > PITCH:
                self.dots(complex((left.x + right.x) / 2, y))

    def finish(self, title: str, description: str) -> str:
        """The drawing as text: as wide as its place on the page, within reason."""
        width, top = self.steps[-1].x + PITCH / 2, self.top - 8
        style = f"display:block;width:100%;max-width:{ENLARGED * width:.0f}px;height:auto"
        view = {"viewBox": f"0 {top:g} {width:g} {8 - top:g}", "style": style}
        svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"} | view)
        SubElement(svg, "title").text = title
        SubElement(svg, "desc").text = description
        svg.append(self.body)
        return tostring(svg, encoding="unicode")


def _numbers(**values: float) -> dict[str, str]:
    """Attributes as SVG spells them."""
    return {name.replace("_", "-"): f"{value:g}" for name, value in values.items()}


def _at(point: complex) -> str:
    return f"{point.real:g},{point.imag:g}"


def _near(bend: complex, other: complex) -> complex:
    """Where the line from ``other`` begins to bend."""
    return bend + (other - bend) * min(BEND / abs(other - bend), 0.5)


def _draw_inputs(sheet: _Sheet, architecture: Architecture, form: Form) -> None:
    y = sheet.row(16, "", _length(form), gap=0)
    for step in sheet.steps:
        sheet.write(sheet.body, complex(step.x, y), "x", CENTRED, step.subscript)
    sheet.skip(y)
    embedding = architecture.embedding_dim
    name = "Numbers" if not form.tokens else "One-hot" if embedding is None else "Token"
    label = name, f"{'V' if form.tokens else 'd'} = {form.input_dim:,}"
    if embedding is None:
        _draw_vectors(sheet, "input", form.input_dim, label, one_hot=form.tokens)
    else:
        _draw_vectors(sheet, "input", 1, label)
        _draw_vectors(sheet, "embedding", embedding, ("Embedding", f"d = {embedding:,}"))


def _draw_vectors(sheet: _Sheet, kind: str, size: int, label: tuple[str, str], *, one_hot: bool = False) -> None:
    """A column of squares per timestep, one for each number, with dots in place of many."""
    shown, below, first = min(size, MOST_SQUARES), sheet.top, kind == "input"
    y = sheet.row(shown * SQUARE, *label, gap=max(8, 28 - shown * SQUARE) if first else GAP)
    for t, step in enumerate(sheet.steps):
        if not first:
            sheet.arrow("up", complex(step.x, below), complex(step.x, y + shown * SQUARE / 2))
        group = SubElement(sheet.body, "g", {"class": kind} | INK)
        for number in range(shown):
            middle = complex(step.x, sheet.top + (number + 0.5) * SQUARE)
            shade = 0.8 * (number == t) if one_hot else 0.1 + 0.1 * ((3 * number + 5 * t) % 7)
            if number == MOST_SQUARES - 2 and size > MOST_SQUARES:
                sheet.dots(middle, 2.6j, width=1.5)
            else:
                sheet.rectangle(group, middle, SQUARE + SQUARE * 1j, TEXT | _numbers(fill_opacity=shade))
    sheet.skip(y)


def _draw_one_way(sheet: _Sheet, architecture: Architecture, note: str, *, every_step: bool) -> None:
    below = sheet.top
    y = sheet.row(CELL.imag, f"{architecture.cell.class_name} {architecture.units}", f"{note}{architecture.direction}")
    for step in sheet.steps:
        sheet.arrow("up", complex(step.x, below), complex(step.x, y + CELL.imag / 2))
    _draw_cells(sheet, architecture.cell, architecture.direction, complex(0, y), CELL)
    if not every_step:
        sheet.ports = [sheet.steps[0 if architecture.direction is Direction.BACKWARD else -1]]


def _draw_both_ways(sheet: _Sheet, architecture: Architecture, note: str, *, every_step: bool) -> None:
    """A row of cells for each direction, wired past each other, and a row that joins them."""
    below = sheet.top
    tops = []
    for direction, side, gap in ((Direction.FORWARD, -1, GAP), (Direction.BACKWARD, 1, GAP / 2)):
        y = sheet.row(
            NARROW_CELL.imag, f"{architecture.cell.class_name} {architecture.units}", f"{note}{direction}", gap
        )
        for step in sheet.steps:
            fork, lane = complex(step.x, below - 9), step.x + side * LANE
            end = complex(lane, y + NARROW_CELL.imag / 2)
            sheet.arrow("up", complex(step.x, below), fork, complex(lane, fork.imag), end)
        _draw_cells(sheet, architecture.cell, direction, complex(side * SHIFT, y), NARROW_CELL)
        tops.append(sheet.top)
    first, last = sheet.steps[0], sheet.steps[-1]
    sheet.ports = sheet.steps if every_step else [_Step((first.x + last.x) / 2)]
    y = sheet.row(BOX.imag, "Merge", f"{_size(architecture):,} numbers", 0.8 * GAP)
    for port in sheet.ports:
        forward, backward = (port, port) if every_step else (last, first)
        _join(sheet, complex(forward.x - LANE, tops[0]), complex(port.x, y))
        _join(sheet, complex(backward.x + LANE, tops[1]), complex(port.x, y))
        sheet.box("merge", complex(port.x, y), architecture.merge_mode)
    sheet.skip(y)


def _join(sheet: _Sheet, cell: complex, merge: complex) -> None:
    """Lead a state up into a merge box, around a corner where the cell is not below it."""
    aside = cell.real - merge.real
    if abs(aside) < BOX.real / 2:
        sheet.arrow("up", cell, complex(cell.real, merge.imag + BOX.imag / 2))
    else:
        side = BOX.real / 2 if aside > 0 else -BOX.real / 2
        sheet.arrow("up", cell, complex(cell.real, merge.imag), merge + side)


def _draw_cells(sheet: _Sheet, cell: Cell, direction: Direction, shift: complex, size: complex) -> None:
    """A row of cells, each ``shift`` from its timestep, and what each hands to the one that is read next."""
    for step in sheet.steps:
        sheet.cell(step.x + shift, size, step.subscript)
    lanes = (("c", -9), ("h", 9)) if cell is Cell.LSTM else (("h", 0),)
    for state, lane in lanes:
        for left, right in pairwise(sheet.steps):
            start, end = left.x + size.real / 2 + shift + lane * 1j, right.x - size.real / 2 + shift + lane * 1j
            _hand_on(
                sheet, f"{direction} {state}", *((end, start) if direction is Direction.BACKWARD else (start, end))
            )
        if lane and len(sheet.steps) > 1:
            middle = sheet.steps[0].x + PITCH / 2 + shift + 1.9j * lane
            sheet.write(sheet.body, middle, state, CENTRED | MUTED | {"font-size": "12"})


def _hand_on(sheet: _Sheet, kind: str, start: complex, end: complex) -> None:
    """An arrow in the colour of the cells, or two with dots between where timesteps are left out."""
    style = {"stroke": sheet.colour}
    if abs(end - start) < PITCH:
        sheet.arrow(kind, start, end, style=style)
        return
    stub = STUB * (end - start) / abs(end - start)
    sheet.arrow(kind, start, start + stub, style=style)
    sheet.dots((start + end) / 2, 6)
    sheet.arrow(kind, end - stub, end, style=style)


def _draw_outputs(sheet: _Sheet, architecture: Architecture, form: Form) -> None:
    below = sheet.top
    name, detail, letter = "Output", f"{_size(architecture):,} numbers", "h"
    if form.outputs is not None:
        name, detail, letter = f"Dense {form.outputs:,}", form.activation.value, "ŷ"
    y = sheet.row(BOX.imag, name, detail)
    for port in sheet.ports:
        sheet.arrow("up", complex(port.x, below), complex(port.x, y + BOX.imag / 2))
        sheet.box("output", complex(port.x, y), letter, port.subscript if form.return_sequences else "")
    sheet.skip(y)
