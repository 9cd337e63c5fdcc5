"""Draws the inside of a recurrent cell at one timestep as an inline SVG, with the numbers of one unit on its wires.

States come in on the left and go on to the right, the input comes from below. Lines and letters take the colour of the
text around the drawing: it suits light and dark pages.
"""

from __future__ import annotations

from collections.abc import Callable

from rnnlab.architecture import Cell
from rnnlab.cell_board import GATE, NODE, Board
from rnnlab.cell_unit import Unit
from rnnlab.colours import CELLS, GATES
from rnnlab.counting import GATES as OF_CELL
from rnnlab.counting import Gate
from rnnlab.drawing_sheet import CENTRED, MUTED, TEXT
from rnnlab.reference import Trace
from rnnlab.symbols import LETTERS
from rnnlab.texts import _

WIDTH = 440
LEFT, RIGHT = 8, WIDTH - 8  # the ends of wires
BODY_LEFT, BODY_RIGHT = 62, 386
ENTRY = 80  # where x comes in, and a GRU's state goes down to its gates
BODY_TOP, BODY_BOTTOM, BELOW = -332, -26, 2  # the outline of the cell, and where x's wire begins
X_LANE, H_LANE = -62, -76  # along which input and state go to the gates
NAMES, SUMS, ROW = -42, -112, -152  # of the gates
BOTTOM, TOP = ROW + GATE.imag / 2, ROW - GATE.imag / 2
MEET, LINE = -222, -298  # where gates meet, and the line of the state that is added to
PADDING = "padding"  # where nothing is computed, nothing is lit up
_at = complex  # x, y
ASIDE = 8  # state and input enter a gate so far left and right of its middle


def cell_drawing(trace: Trace, sample: int, t: int, unit: int, active: str) -> str:
    """The cell of a layer at one timestep, as the text of an ``<svg>`` element.

    Args:
        trace: a layer that has read a batch.
        sample: which of the batch.
        t: which timestep of the input, counted from 0.
        unit: whose numbers stand on the wires, counted from 0.
        active: the name of the operation that is lit up, as ``operations`` has them; "" for none.

    Raises:
        IndexError: there is no such sample, timestep or unit.
    """
    numbers = Unit(trace, sample, t, unit)
    lit = next((gate for gate in OF_CELL[trace.cell] if LETTERS[gate] == active), None)
    light = GATES[lit] if lit else CELLS[trace.cell]
    draw, height = _CELLS[trace.cell]
    board = Board(complex(WIDTH, height), light, active if numbers.real or not active else PADDING)
    draw(board, numbers)
    return board.finish(numbers.title, f"{'; '.join(board.said)}.")


def _take_x(board: Board, numbers: Unit, operations: str, x: float = ENTRY) -> None:
    """The beginning of the input's wire, with how many numbers go in."""
    group = board.part("state", operations)
    board.write(group, _at(x + 10, BELOW - 9), "x", TEXT | {"font-size": "16"}, "t")
    board.write(group, _at(x + 30, BELOW - 8), numbers.x, MUTED)
    board.said.append(f"x t {numbers.x}")


def _squash(board: Board, numbers: Unit, gate: Gate, x: float, operations: str, *, sums: str = "") -> None:
    """A gate at ``x``: its box, its name, and the sum that goes in."""
    letter = LETTERS[gate]
    board.gate(f"{letter} {operations}", _at(x, ROW), gate, numbers.value(letter))
    name = board.part("name", f"{letter} {operations}")
    board.write(name, _at(x, NAMES), _(str(gate)), CENTRED | {"font-size": "12"})
    if sums:
        said = _("sum of {letter}").format(letter=letter)
        board.value(f"{letter} {sums}", _at(x + 13, SUMS), said, numbers.sum(gate), "start", quiet=True)


def _letter(board: Board, gate: Gate, x: float, operations: str, y: float = TOP - 15) -> None:
    """The letter of a gate beside the wire that leaves it."""
    letter, at = LETTERS[gate], _at(x - 9, y)
    board.write(board.part("name", f"{letter} {operations}"), at, letter, CENTRED | {"font-style": "italic"})


def _lstm(board: Board, numbers: Unit) -> None:
    board.outline(_at(BODY_LEFT, BODY_TOP), _at(BODY_RIGHT, BODY_BOTTOM))
    columns = {Gate.FORGET: 110, Gate.INPUT: 176, Gate.CANDIDATE: 242, Gate.OUTPUT: 308}
    h_in, x_in = _at(LEFT, H_LANE), (_at(ENTRY, BELOW), _at(ENTRY, X_LANE))
    board.end(
        f"f i g o sums {PADDING}", h_in, "h", numbers.earlier, numbers.h_before, numbers.by_hand("h", earlier=True)
    )
    _take_x(board, numbers, "f i g o sums")
    for gate, x in columns.items():
        letter, use = LETTERS[gate], "h" if gate is Gate.OUTPUT else "c"
        board.wire(f"{letter} sums", h_in, _at(x - ASIDE, H_LANE), _at(x - ASIDE, BOTTOM))
        board.wire(f"{letter} sums", *x_in, _at(x + ASIDE, X_LANE), _at(x + ASIDE, BOTTOM))
        _squash(board, numbers, gate, x, use, sums="sums")
        _letter(board, gate, x, use)
    f, i, g, o = columns.values()
    _cell_state(board, numbers, f, i, g)
    _reveal(board, numbers, o, 360)


def _cell_state(board: Board, numbers: Unit, f: float, i: float, g: float) -> None:
    """c_t = f∘c_{t-1} + i∘g, along the line."""
    board.end(
        f"c {PADDING}", _at(LEFT, LINE), "c", numbers.earlier, numbers.c_before, numbers.by_hand("c", earlier=True)
    )
    board.wire("c", _at(LEFT, LINE), _at(f - NODE, LINE))
    board.wire("f c", _at(f, TOP), _at(f, LINE + NODE))
    board.node("c", _at(f, LINE), "×")
    board.wire("c", _at(f + NODE, LINE), _at(g - NODE, LINE))
    kept = numbers.product(numbers.state("f"), numbers.c_before)
    board.value("c", _at((f + g) / 2, LINE - 13), "f∘c", kept)
    board.wire("i c", _at(i, TOP), _at(i, MEET), _at(g - NODE, MEET))
    board.wire("g c", _at(g, TOP), _at(g, MEET + NODE))
    board.node("c", _at(g, MEET), "×")
    board.wire("c", _at(g, MEET - NODE), _at(g, LINE + NODE))
    wrote = numbers.product(numbers.state("i"), numbers.state("g"))
    board.value("c", _at(g + 9, (MEET + LINE) / 2), "i∘g", wrote, "start")
    board.node("c", _at(g, LINE), "+")
    board.wire("c", _at(g + NODE, LINE), _at(RIGHT, LINE))
    board.end(f"c {PADDING}", _at(RIGHT, LINE), "c", "t", numbers.state("c"), numbers.by_hand("c"))


def _reveal(board: Board, numbers: Unit, o: float, x: float) -> None:
    """h_t = o∘tanh(c_t), down from the line."""
    squash, meet = -256, -198
    board.dot(_at(x, LINE))
    board.wire("h", _at(x, LINE), _at(x, squash - 11))
    board.function("h", _at(x, squash), "tanh", width=36)
    board.wire("h", _at(x, squash + 11), _at(x, meet - NODE))
    board.value("h", _at(x - 8, (squash + meet) / 2), "tanh(c)", numbers.value("tanh_c"), "end", quiet=True)
    board.wire("o h", _at(o, TOP), _at(o, meet), _at(x - NODE, meet))
    board.node("h", _at(x, meet), "×")
    board.wire("h", _at(x, meet + NODE), _at(x, H_LANE), _at(RIGHT, H_LANE))
    board.end(f"h y {PADDING}", _at(RIGHT, H_LANE), "h", "t", numbers.state("h"), numbers.by_hand("h"))


def _gru(board: Board, numbers: Unit) -> None:
    board.outline(_at(BODY_LEFT, BODY_TOP), _at(BODY_RIGHT, BODY_BOTTOM))
    z, r, meet, g = 119, 194, 262, 328
    h_in = _at(LEFT, LINE), _at(ENTRY, LINE), _at(ENTRY, H_LANE)
    x_in = _at(ENTRY, BELOW), _at(ENTRY, X_LANE)
    board.dot(_at(ENTRY, LINE))
    board.end(
        f"r z g h sums_h {PADDING}",
        _at(LEFT, LINE),
        "h",
        numbers.earlier,
        numbers.h_before,
        numbers.by_hand("h", earlier=True),
    )
    _take_x(board, numbers, "r z g sums_x")
    for gate, x in ((Gate.UPDATE, z), (Gate.RESET, r)):
        letter, use = LETTERS[gate], "h" if gate is Gate.UPDATE else "g"
        board.wire(f"{letter} sums_h", *h_in, _at(x - ASIDE, H_LANE), _at(x - ASIDE, BOTTOM))
        board.wire(f"{letter} sums_x", *x_in, _at(x + ASIDE, X_LANE), _at(x + ASIDE, BOTTOM))
        _squash(board, numbers, gate, x, use, sums="sums_x sums_h")
    board.wire("g sums_x", *x_in, _at(g, X_LANE), _at(g, BOTTOM))
    board.value("g sums_x", _at(g + 7, SUMS), _("W x of g"), numbers.of_x(Gate.CANDIDATE), "start", quiet=True)
    _squash(board, numbers, Gate.CANDIDATE, g, "h")
    _reset(board, numbers, h_in, r, meet, g)
    _mix(board, numbers, z, g)


def _reset(board: Board, numbers: Unit, h_in: tuple[complex, ...], r: float, x: float, g: float) -> None:
    """What r lets in of the state: of h, or with reset_after of W_hg h + b_hg."""
    after, held = numbers.trace.reset_after, numbers.value("held")
    board.wire("r g", _at(r + GATE.real / 2, ROW), _at(x - NODE, ROW))
    _letter(board, Gate.RESET, (r + GATE.real / 2 + x) / 2 + 4, "g", ROW - 11)
    board.node("g", _at(x, ROW), "×")
    board.wire("g", _at(x + NODE, ROW), _at(g - GATE.real / 2, ROW))
    if not after:
        board.wire("g", *h_in, _at(x, H_LANE), _at(x, ROW + NODE))
        board.value("g", _at(x, ROW - 20), "r∘h", held, quiet=True)
        return
    middle = -99
    board.wire("g sums_h", *h_in, _at(x, H_LANE), _at(x, middle + 11))
    board.function("g sums_h", _at(x, middle), "W", "hg", width=36)
    board.wire("g sums_h", _at(x, middle - 11), _at(x, ROW + NODE))
    board.value("g sums_h", _at(x + 7, (middle - 11 + ROW + NODE) / 2), _("W h of g"), held, "start", quiet=True)
    let_in = numbers.product(numbers.state("r"), numbers.state("held"))
    board.value("g", _at(x, ROW - 20), _("r∘W h of g"), let_in, quiet=True)


def _mix(board: Board, numbers: Unit, z: float, g: float) -> None:
    """h_t = (1−z)∘g + z∘h_{t-1}, along the line."""
    rest = (z + g) / 2 - 42
    board.wire("h", _at(LEFT, LINE), _at(z - NODE, LINE))
    board.wire("z h", _at(z, TOP), _at(z, LINE + NODE))
    board.node("h", _at(z, LINE), "×")
    board.wire("h", _at(z + NODE, LINE), _at(g - NODE, LINE))
    board.value("h", _at((z + g) / 2, LINE - 13), "z∘h", numbers.product(numbers.state("z"), numbers.h_before))
    board.dot(_at(z, MEET))
    board.wire("h", _at(z, MEET), _at(rest - 16, MEET))
    board.function("h", _at(rest, MEET), "1−", width=32)
    board.wire("h", _at(rest + 16, MEET), _at(g - NODE, MEET))
    left_over = 1.0 - numbers.state("z")
    board.value("h", _at((rest + g) / 2 + 4, MEET - 12), "1−z", numbers.product(left_over))
    board.wire("g h", _at(g, TOP), _at(g, MEET + NODE))
    board.node("h", _at(g, MEET), "×")
    board.wire("h", _at(g, MEET - NODE), _at(g, LINE + NODE))
    new = numbers.product(left_over, numbers.state("g"))
    board.value("h", _at(g - 9, (MEET + LINE) / 2), "(1−z)∘g", new, "end")
    board.node("h", _at(g, LINE), "+")
    board.wire("h", _at(g + NODE, LINE), _at(RIGHT, LINE))
    board.end(f"h y {PADDING}", _at(RIGHT, LINE), "h", "t", numbers.state("h"), numbers.by_hand("h"))
    _letter(board, Gate.UPDATE, z, "h")
    _letter(board, Gate.CANDIDATE, g, "h")


def _simple_rnn(board: Board, numbers: Unit) -> None:
    """h_t = tanh(W_x x + W_h h + b), from left to right."""
    gate, row, below = Gate.STATE, -130, -72
    first, add, squash = 122, 212, 314
    board.outline(_at(BODY_LEFT, -222), _at(BODY_RIGHT, -34))
    board.end(
        f"W_h W {PADDING}", _at(LEFT, row), "h", numbers.earlier, numbers.h_before, numbers.by_hand("h", earlier=True)
    )
    board.wire("W_h W", _at(LEFT, row), _at(first - 21, row))
    board.function("W_h W", _at(first, row), "W", "h")
    board.wire("W_h W sum", _at(first + 21, row), _at(add - NODE, row))
    board.value("W_h W sum", _at((first + add) / 2 + 6, row - 13), "W h", numbers.of_h(gate), quiet=True)
    _take_x(board, numbers, "W_x W", add)
    board.wire("W_x W", _at(add, BELOW), _at(add, below + 11))
    board.function("W_x W", _at(add, below), "W", "x")
    board.wire("W_x W sum", _at(add, below - 11), _at(add, row + NODE))
    of_x, middle = numbers.of_x(gate, biased=False), (below - 11 + row + NODE) / 2
    board.value("W_x W sum", _at(add + 8, middle), "W x", of_x, "start", quiet=True)
    if numbers.biased:
        board.wire("sum", _at(add, -192), _at(add, row - NODE))
        board.value("sum", _at(add, -202), "b", numbers.bias(gate))
    board.node("sum", _at(add, row), "+")
    middle = (add + NODE + squash - GATE.real / 2) / 2
    board.wire("sum h", _at(add + NODE, row), _at(squash - GATE.real / 2, row))
    board.value("sum h", _at(middle, row - 13), _("sum"), numbers.sum(gate), quiet=True)
    board.gate("h", _at(squash, row), gate, numbers.tanh(gate))
    board.wire("h", _at(squash + GATE.real / 2, row), _at(RIGHT, row))
    board.end(f"h y {PADDING}", _at(RIGHT, row), "h", "t", numbers.state("h"), numbers.by_hand("h"))


_CELLS: dict[Cell, tuple[Callable[[Board, Unit], None], float]] = {
    Cell.SIMPLE_RNN: (_simple_rnn, 226),
    Cell.LSTM: (_lstm, 336),
    Cell.GRU: (_gru, 336),
}
