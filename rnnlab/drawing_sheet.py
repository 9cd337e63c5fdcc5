"""The sheet that an architecture is drawn on: rows from the bottom to the top, columns along time, shapes as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

LARGEST_SUBSCRIPT = 999  # a larger one is written T, to fit into its cell
GAP = 28  # between two rows
FORK = 9  # above a row, wires turn at this height
BOX = 44 + 28j  # width + height j
BEND = 5  # radius of bends, length of arrow heads
ENLARGED = 1.2  # most pixels per unit

Style = Mapping[str, str]
Route = tuple[complex, ...]  # the points that an arrow passes
TEXT = {"fill": "currentColor", "font-size": "14"}
CENTRED = TEXT | {"text-anchor": "middle"}
STRONG = TEXT | {"font-weight": "600"}
MUTED = TEXT | {"font-size": "13", "opacity": "0.7"}
NO_STYLE: Style = {}
INK = {"stroke": "currentColor", "stroke-opacity": "0.5"}


class Column(NamedTuple):
    """The middle of a timestep, the subscript of its symbols, and whether timesteps before it are left out."""

    x: float
    subscript: str = ""
    skips: bool = False


class Spacing(NamedTuple):
    """How timesteps stand side by side.

    Attributes:
        pitch: from one timestep to the next.
        skipped: extra width where timesteps are left out.
        most: a longer sequence is drawn as x₁ x₂ … x_T.
    """

    pitch: float
    skipped: float
    most: int

    def columns(self, left: float, steps: int | None, largest: str = "T") -> list[Column]:
        """The timesteps that are drawn, from ``left`` on: all of a short sequence, otherwise the first two and the last."""
        first = left + self.pitch / 2
        if steps is not None and steps <= self.most:
            return [Column(first + self.pitch * t, str(t + 1)) for t in range(steps)]
        last = largest if steps is None or steps > LARGEST_SUBSCRIPT else str(steps)
        end = first + 2 * self.pitch + self.skipped
        return [Column(first, "1"), Column(first + self.pitch, "2"), Column(end, last, skips=True)]

    def width(self, columns: Sequence[Column]) -> float:
        return columns[-1].x - columns[0].x + self.pitch


class Margin(NamedTuple):
    """Where rows are labelled: labels begin or end at ``x``, as SVG's text-anchor says."""

    x: float = 0
    anchor: str = "start"

    def align(self, style: Style) -> Style:
        return style if self.anchor == "start" else {**style, "text-anchor": self.anchor}


class Sheet:
    """A drawing that grows upwards from y = 0. Points are complex numbers x + yj, and y falls upwards, as in SVG.

    ``top`` is the upper edge of what stands so far. It hands on at ``ports``, one for each of the ``columns`` in which
    the next row stands; the wires from there turn at the height ``fork``.
    """

    def __init__(self, columns: list[Column], width: float, colour: str, margin: Margin) -> None:
        self.width, self.colour, self.margin = width, colour, margin
        self.top = 0.0
        self.body = Element("g", {"fill": "none", "stroke-width": "1.4", "stroke-linecap": "round"})
        self.stand(columns)

    def stand(self, columns: list[Column]) -> None:
        """From here on rows stand in ``columns``, and the last row hands on in them."""
        self.columns = columns
        self.ports = [complex(column.x, self.top) for column in columns]
        self.fork = self.top - FORK

    def row(self, height: float, name: str, detail: str, gap: float = GAP) -> float:
        """Begin a row above what stands, label it and return its middle y."""
        y = self.top - gap - height / 2
        self.top = y - height / 2
        apart = 8j if name else 0
        middle = complex(self.margin.x, y)
        self.write(self.body, middle - apart, name, self.margin.align(STRONG))
        self.write(self.body, middle + apart, detail, self.margin.align(MUTED))
        return y

    def group(self, kind: str, style: Style = NO_STYLE) -> Element:
        return SubElement(self.body, "g", {"class": kind} | dict(style))

    def write(self, parent: Element, at: complex, letters: str, style: Style, subscript: str = "") -> Element:
        """Write ``letters``, vertically centred, with ``subscript`` in subscript."""
        size = float(style["font-size"])
        text = SubElement(parent, "text", numbers(x=at.real, y=at.imag + 0.35 * size) | dict(style))
        text.text = letters
        if subscript:
            SubElement(text, "tspan", {"dy": "3"} | numbers(font_size=0.72 * size)).text = subscript
        return text

    def rectangle(self, parent: Element, middle: complex, size: complex, style: Style) -> None:
        corner = middle - size / 2
        place = numbers(x=corner.real, y=corner.imag, width=size.real, height=size.imag)
        SubElement(parent, "rect", place | dict(style))

    def box(self, kind: str, middle: complex, letters: str, subscript: str = "") -> None:
        """A rounded outline around ``letters``."""
        group = self.group(kind)
        self.rectangle(group, middle, BOX, INK | {"rx": "8"})
        self.write(group, middle, letters, CENTRED | {"font-size": "14" if len(letters) == 1 else "12.5"}, subscript)

    def cell(self, middle: complex, size: complex, subscript: str) -> None:
        group = self.group("cell")
        self.rectangle(group, middle, size, {"fill": self.colour, "rx": "8"})
        self.write(group, middle, "h", STRONG | CENTRED | {"fill": "#fff"}, subscript)

    def arrows(self, kind: str, *routes: Route, style: Style = INK) -> None:
        """An arrow along each route, as one path: it is no darker where arrows share their way."""
        path = "".join(arrow_path(route) for route in routes)
        SubElement(self.body, "path", {"class": f"arrow {kind}", "d": path} | dict(style))

    def routes(self, aside: float, y: float) -> list[Route]:
        """The ways from the ports up to ``y``, ``aside`` of the columns; around two corners where that is not straight above."""
        ends = [complex(column.x + aside, y) for column in self.columns]
        return [
            (port, end) if port.real == end.real else (port, port.real + self.fork * 1j, end.real + self.fork * 1j, end)
            for port, end in zip(self.ports, ends, strict=True)
        ]

    def dots(self, middle: complex, apart: complex = 7, width: float = 2.4) -> None:
        """Three dots for what is left out; ``apart`` leads from one to the next."""
        line = f"M{written_point(middle - apart)}L{written_point(middle + 1.1 * apart)}"
        dotted = {"class": "dots", "stroke-dasharray": f"0 {abs(apart):g}"} | numbers(stroke_width=width)
        SubElement(self.body, "path", {"d": line} | dotted | INK)

    def skip(self, y: float) -> None:
        """Dots in a row at ``y`` wherever timesteps are left out."""
        for left, right in pairwise(self.columns):
            if right.skips:
                self.dots(complex((left.x + right.x) / 2, y))

    def finish(self, title: str, description: str) -> str:
        """The drawing as text: as wide as its place on the page, within reason."""
        top = self.top - 8
        style = f"display:block;width:100%;max-width:{ENLARGED * self.width:.0f}px;height:auto"
        view = {"viewBox": f"0 {top:g} {self.width:g} {8 - top:g}", "style": style}
        svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"} | view)
        SubElement(svg, "title").text = title
        SubElement(svg, "desc").text = description
        svg.append(self.body)
        return tostring(svg, encoding="unicode")


def numbers(**values: float) -> dict[str, str]:
    """Attributes as SVG spells them."""
    return {name.replace("_", "-"): f"{value:g}" for name, value in values.items()}


def arrow_path(route: Route) -> str:
    """A line with rounded bends and an arrow head just before its end, as SVG's path data."""
    ahead = (route[-1] - route[-2]) / abs(route[-1] - route[-2])
    tip = route[-1] - 2 * ahead
    path = f"M{written_point(route[0])}"
    for back, bend, on in zip(route, route[1:], route[2:], strict=False):
        path += f"L{written_point(_near(bend, back))}Q{written_point(bend)} {written_point(_near(bend, on))}"
    one, other = (tip - BEND * ahead * (1 + side * 0.7j) for side in (-1, 1))
    return f"{path}L{written_point(tip)}M{written_point(one)}L{written_point(tip)}L{written_point(other)}"


def written_point(point: complex) -> str:
    """A point as a path has it."""
    return f"{point.real:g},{point.imag:g}"


def _near(bend: complex, other: complex) -> complex:
    """Where the line from ``other`` begins to bend."""
    return bend + (other - bend) * min(BEND / abs(other - bend), 0.5)
