"""What the inside of a cell is drawn with: wires, gates, nodes and the numbers on them, some lit up and the others calm."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from rnnlab.colours import GATES
from rnnlab.counting import Gate
from rnnlab.drawing_sheet import CENTRED, INK, STRONG, TEXT, Margin, Route, Sheet, arrow_path, written_point
from rnnlab.symbols import LETTERS
from rnnlab.texts import _, number

GATE = 54 + 40j  # width + height j
NODE = 10  # radius
ARM = 4.5  # of the sign in it
SQUARE = 1 + 1j
LIT = "2.4"  # width of what is lit up
CALM = {"opacity": "0.6"}
SMALL = {"font-size": "12"}
FIGURES = STRONG | {"style": "font-variant-numeric:tabular-nums"}
NOTHING = "–"
HAND = 48 + 20j  # width + height j of the frame of a number that was set by hand
BY_HAND = {"stroke": "#D9611A", "stroke-width": "1.6", "stroke-dasharray": "4 3", "rx": "4"}


class Board(Sheet):
    """A drawing of one step of one unit. Points are complex, y falls upwards from 0, as on every ``Sheet``.

    Each part is told in which operations it takes part, as names with spaces between; those of the one that is
    ``active`` are lit up in ``light``, and the others calm, unless none is active.

    Attributes:
        said: all numbers that stand in the drawing, in words.
    """

    def __init__(self, size: complex, light: str, active: str) -> None:
        super().__init__([], size.real, light, Margin())
        self.top, self.active, self.light = -size.imag, active, light
        self.said: list[str] = []
        self._wires: list[tuple[str, Route]] = []
        self._behind = self.group("behind")

    def lit(self, operations: str) -> bool:
        return self.active in operations.split()

    def part(self, kind: str, operations: str) -> Element:
        """A group for what takes part in these operations."""
        lit = self.lit(operations)
        return self.group(f"{kind} lit" if lit else kind, CALM if self.active and not lit else {})

    def outline(self, corner: complex, other: complex) -> None:
        """The outline of the cell."""
        look = {"fill": "currentColor", "fill-opacity": "0.035", "stroke": "currentColor", "stroke-opacity": "0.22"}
        self.rectangle(self._behind, (corner + other) / 2, other - corner, look | {"rx": "16"})

    def wire(self, operations: str, *route: complex) -> None:
        """An arrow along the route."""
        self._wires.append((operations, route))

    def dot(self, at: complex) -> None:
        """Where wires part."""
        self.rectangle(self._behind, at, 5 * SQUARE, {"fill": "currentColor", "fill-opacity": "0.7", "rx": "2.5"})

    def gate(self, operations: str, middle: complex, gate: Gate, value: float | None) -> None:
        """A box in the colour of a gate: how its sum is squashed, and what it gives."""
        group, colour = self.part("gate", operations), GATES[gate]
        if self.lit(operations):
            self.rectangle(group, middle, GATE + 9 * SQUARE, {"stroke": self.light, "stroke-width": LIT, "rx": "12"})
        self.rectangle(group, middle, GATE, {"fill": colour, "rx": "8"})
        squash = "tanh" if gate in (Gate.CANDIDATE, Gate.STATE) else "σ"
        self.write(group, middle - 10j, squash, CENTRED | SMALL | {"fill": "#fff"})
        self.write(group, middle + 8j, written(value), FIGURES | CENTRED | {"fill": "#fff"})
        if letter := LETTERS[gate]:
            self.say(_("{letter} ({gate})").format(letter=letter, gate=_(str(gate))), value)

    def node(self, operations: str, middle: complex, sign: str) -> None:
        """A circle in which two wires are multiplied (×) or added (+), number by number."""
        group, look = self.part("node", operations), self._line(operations)
        self.rectangle(group, middle, 2 * NODE * SQUARE, look | {"rx": f"{NODE}"})
        arm = ARM * (0.75 * SQUARE if sign == "×" else 1)
        lines = "".join(f"M{written_point(middle - end)}L{written_point(middle + end)}" for end in (arm, arm * 1j))
        SubElement(group, "path", {"d": lines} | look)

    def function(self, operations: str, middle: complex, letters: str, subscript: str = "", width: float = 42) -> None:
        """A box in which a wire is changed."""
        group = self.part("function", operations)
        self.rectangle(group, middle, complex(width, 22), self._line(operations) | {"rx": "7"})
        self.write(group, middle, letters, CENTRED | SMALL, subscript)

    def value(
        self,
        operations: str,
        at: complex,
        symbol: str,
        value: float | None,
        anchor: str = "middle",
        quiet: bool = False,
    ) -> None:
        """A number on a wire: ``quiet`` without its symbol, which is said in words only."""
        group = self.part("value", operations)
        text = self.write(
            group,
            at,
            "" if quiet else f"{symbol} ",
            TEXT | {"font-size": "13", "fill-opacity": "0.85", "text-anchor": anchor},
        )
        figures = SubElement(text, "tspan", {"font-weight": "600"} if self.lit(operations) or not quiet else {})
        figures.text = written(value)
        self.say(symbol, value)

    def end(
        self, operations: str, at: complex, symbol: str, subscript: str, value: float | None, by_hand: bool = False
    ) -> None:
        """The end of a wire outside the cell: its symbol above, its number below, framed where it was set by hand."""
        group, place = (
            self.part("state", operations),
            TEXT | {"text-anchor": "start" if at.real < self.width / 2 else "end"},
        )
        self.write(group, at - 16j, symbol, place | {"font-size": "16"}, subscript)
        self.write(group, at + 15j, written(value), FIGURES | place)
        if by_hand:
            inward = HAND.real / 2 - 4 if at.real < self.width / 2 else 4 - HAND.real / 2
            self.rectangle(group, at + 15j + inward, HAND, BY_HAND)
            self.write(group, at + 34j, _("by hand"), place | {"font-size": "11"})
        self.say(f"{symbol} {subscript}{_(' (set by hand)') if by_hand else ''}", value)

    def say(self, symbol: str, value: float | None) -> None:
        if value is not None:
            self.said.append(f"{symbol} {number(value)}")

    def finish(self, title: str, description: str) -> str:
        calm = {"opacity": "0.55"} if self.active else {}
        self._draw([route for _operations, route in self._wires], INK | calm)
        lit = [route for operations, route in self._wires if self.lit(operations)]
        self._draw(lit, {"stroke": self.light, "stroke-width": LIT, "class": "lit"})
        return super().finish(title, description)

    def _line(self, operations: str) -> dict[str, str]:
        """How a node is outlined."""
        lit = {"stroke": self.light, "stroke-width": LIT}
        return lit if self.lit(operations) else {"stroke": "currentColor", "stroke-opacity": "0.8"}

    def _draw(self, routes: list[Route], style: dict[str, str]) -> None:
        """Arrows as one path: it is no darker where they share their way."""
        if routes:
            SubElement(self._behind, "path", {"d": "".join(map(arrow_path, routes))} | style)


def written(value: float | None) -> str:
    return NOTHING if value is None else number(value)
