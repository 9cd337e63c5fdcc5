"""Operations as coloured grids: the HTML parsed again, its words, and colours on which letters can be read."""

from itertools import combinations
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from rnnlab.architecture import Cell
from rnnlab.colours import ABOVE_ZERO, BELOW_ZERO, GATES, signed
from rnnlab.counting import GATES as OF_CELL
from rnnlab.counting import Gate
from rnnlab.grids import describe, operation_html, plain, symbol_html
from rnnlab.operations import Grid, Notation, Operation, operations
from rnnlab.reference import Trace, random_weights
from rnnlab.reference.equations import State
from rnnlab.texts import number


def found(cell, notation, *, units=4, inputs=6, t=1):
    numbers = np.random.default_rng(0).standard_normal((1, 3, inputs))
    trace = Trace(cell, random_weights(cell, inputs, units, 1), numbers)
    return {operation.name: operation for operation in operations(trace, 0, t, notation)}


def parsed(operation, most=12):
    return ET.fromstring(operation_html(operation, most))


def pieces(root, kind):
    return [element for element in root.iter() if kind in element.get("class", "").split()]


def words(element):
    return "".join(element.itertext())


def grids_of(operation):
    """All grids of its row."""
    terms = [term for term in operation.terms if isinstance(term, Grid)]
    return [*terms, *([operation.inside] if operation.inside else []), operation.result]


def row(operation):
    root = parsed(operation)
    grids, signs = pieces(root, "lab-grid"), [words(sign) for sign in pieces(root, "lab-sign")]
    for grid, term in zip(grids, grids_of(operation), strict=True):
        written = [words(cell) for cell in pieces(grid, "lab-numbers")[0]]
        assert written == [number(value) for value in term.values.ravel()]
    return [words(grid.find("small/i")) for grid in grids], signs


def test_every_number_of_f5_stands_in_its_grid():
    steps = found(Cell.SIMPLE_RNN, Notation.SEPARATE)
    assert row(steps["W_x"]) == (["4 × 6", "6 × 1", "4 × 1"], ["×", "="])
    assert row(steps["W_h"]) == (["4 × 4", "4 × 1", "4 × 1"], ["×", "="])
    assert row(steps["sum"]) == (["4 × 1"] * 4, ["+", "+", "="])
    assert row(steps["h"]) == (["4 × 1"] * 2, ["tanh(", ")", "="])


def test_what_goes_into_a_gate_stands_between_its_products_and_what_it_gives():
    operation = found(Cell.LSTM, Notation.SEPARATE)["f"]
    sizes, signs = row(operation)
    assert sizes == ["4 × 6", "6 × 1", "4 × 4", "4 × 1", "4 × 1", "4 × 1", "4 × 1"]
    assert signs == ["σ(", "×", "+", "×", "+", ")", "=", "σ(", ")", "="]
    inside = ", ".join(number(value) for value in operation.inside.values.ravel())
    assert f", s_f = {inside}: " in describe(operation)


@pytest.mark.parametrize("notation", Notation, ids=lambda notation: notation.name)
@pytest.mark.parametrize("cell", [Cell.SIMPLE_RNN, Cell.LSTM, Cell.GRU])
def test_what_belongs_to_a_gate_is_framed_in_its_colour(cell, notation):
    for operation in found(cell, notation).values():
        expected = [
            f"--c:{GATES[gate]}" if gate else None
            for term in grids_of(operation)
            for gate in term.gates or (term.gate,)
        ]
        assert [block.get("style") for block in pieces(parsed(operation), "lab-block")] == expected


def test_gates_side_by_side_are_named_and_each_shows_as_much():
    sums = found(Cell.LSTM, Notation.KERAS, units=5)["sums"]
    kernel = pieces(parsed(sums), "lab-grid")[1]
    blocks = pieces(kernel, "lab-block")
    assert [words(block.find("b")) for block in blocks] == ["i", "f", "g", "o"]
    rows, shown = 6, 3
    for block in blocks:
        assert len(pieces(block, "lab-numbers")[0]) == rows * (shown + 1)  # and a … in each row
    assert "6 × 20" in words(kernel)


def test_a_large_grid_shows_the_first_numbers_and_its_true_size():
    operation = found(Cell.LSTM, Notation.SEPARATE, units=30, inputs=40)["f"]
    matrix, vector, *_ = pieces(parsed(operation, most=8), "lab-grid")
    cells = list(pieces(matrix, "lab-numbers")[0])
    assert len(cells) == 9 * 9
    assert [words(cell) for cell in cells[:8]] == [number(value) for value in operation.terms[1].values[0, :8]]
    assert words(cells[8]) == words(cells[-1]) == "…"
    assert "30 × 40" in words(matrix)
    assert "40 × 1" in words(vector)
    assert len(operation_html(operation)) < 40_000


def test_a_grid_that_just_fits_is_whole():
    operation = found(Cell.LSTM, Notation.SEPARATE, units=12, inputs=12)["f"]
    assert "…" not in operation_html(operation)


@pytest.mark.parametrize("notation", Notation, ids=lambda notation: notation.name)
def test_a_number_that_was_set_by_hand_is_framed(notation):
    nan = np.nan
    held = {1: State(np.full(4, nan), np.array([nan, nan, -5.0, nan]))}
    trace = Trace(Cell.LSTM, random_weights(Cell.LSTM, 6, 4, 1), np.ones((1, 3, 6)), held=held)
    for t, label in ((1, "c_t"), (2, "c_{t-1}")):
        operation = next(one for one in operations(trace, 0, t, notation) if one.name == "c")
        cells = {
            grid.label: cell
            for grid, cell in zip(grids_of(operation), pieces(parsed(operation), "lab-numbers"), strict=True)
        }
        framed = [cell.get("title") for cell in cells[label] if cell.get("class") == "hand"]
        assert framed == ["-5, set by hand"]
        assert len(pieces(parsed(operation), "hand")) == 1


def test_on_a_phone_a_wide_grid_leaves_out_columns_so_that_it_is_not_cut_off():
    matrix = pieces(parsed(found(Cell.LSTM, Notation.SEPARATE, units=12, inputs=5)["f"]), "lab-grid")[2]
    cells = list(pieces(matrix, "lab-numbers")[0])
    assert pieces(matrix, "lab-numbers")[0].get("style") == "--wide:repeat(12,auto);--narrow:repeat(8,auto) auto"
    assert len(cells) == 12 * (12 + 1)
    first = [cell.get("class") for cell in cells[:13]]
    assert first == [None] * 8 + ["far"] * 4 + ["rest near"]
    assert matrix.get("style") == "--n:12.3;--m:8.75"


def test_the_text_alternative_reads_the_equation_and_the_result():
    operation = found(Cell.LSTM, Notation.SEPARATE, units=2)["c"]
    root = parsed(operation)
    numbers = ", ".join(number(value) for value in operation.result.values.ravel())
    assert root.get("role") == "img"
    assert root.get("aria-label") == describe(operation) == f"c_t = f_t ∘ c_t−1 + i_t ∘ g_t: {numbers}"


def test_the_text_alternative_of_many_numbers_says_how_many_are_left_out():
    operation = found(Cell.GRU, Notation.SEPARATE, units=40)["h"]
    assert describe(operation).endswith(" and 28 more")
    assert describe(operation, 5).count(",") == 4


def test_nothing_of_a_label_becomes_html():
    values = np.ones((1, 1))
    bad = Grid('<img src=x onerror="1">', values)
    operation = Operation("h", None, "", (bad, "+", bad), bad, "")
    root = parsed(operation)
    assert not list(root.iter("img"))
    assert '<img src=x onerror="1">' in root.get("aria-label")
    assert '<img src=x onerror="1">' in words(root)


@pytest.mark.parametrize(
    ("label", "text", "html"),
    [
        ("W_{xf}", "W_xf", "W<sub>xf</sub>"),
        ("h_{t-1}", "h_t−1", "h<sub>t−1</sub>"),
        ("x_t", "x_t", "x<sub>t</sub>"),
        (r"W_{x}\,x_t", "W_x x_t", "W<sub>x</sub> x<sub>t</sub>"),
        (r"\texttt{recurrent\_kernel}_{g}", "recurrent_kernel_g", "<code>recurrent_kernel</code><sub>g</sub>"),
        (r"[r_t \circ h_{t-1}; x_t]", "[r_t∘h_t−1; x_t]", "[r<sub>t</sub>∘h<sub>t−1</sub>; x<sub>t</sub>]"),
    ],
)
def test_symbols_are_read_and_drawn_without_latex(label, text, html):
    assert plain(label) == text
    assert symbol_html(label) == html


@pytest.mark.parametrize("notation", Notation, ids=lambda notation: notation.name)
@pytest.mark.parametrize("cell", [Cell.SIMPLE_RNN, Cell.LSTM, Cell.GRU])
def test_no_latex_is_left_on_screen(cell, notation):
    for operation in found(cell, notation).values():
        assert not {"\\", "{", "}"} & set(words(parsed(operation)) + describe(operation))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-2.0, "−2"),
        (0.125, "0.12"),
        (-0.531, "−0.53"),
        (-0.001, "0.00"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (-123.4, "−123"),
        (9_999.4, "9999"),
        (25_000.0, "2e4"),
        (-1.5e12, "−2e12"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (float("nan"), "?"),
    ],
)
def test_numbers_are_short(value, written):
    assert number(value) == written
    assert len(written) <= 5


# Colours


def channels(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def luminance(rgb):
    """WCAG 2.1, relative luminance."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("page", "letters"), [("#FFFFFF", "#31333F"), ("#0E1117", "#FAFAFA")], ids=["light", "dark"])
def test_letters_can_be_read_on_every_number(page, letters):
    for value in (-9.0, -1.0, -0.3, 0.0, 0.3, 1.0, 9.0):
        colour = signed(value)
        share = int(colour[7:], 16) / 255
        behind = [share * c + (1 - share) * p for c, p in zip(channels(colour), channels(page), strict=True)]
        assert contrast(behind, channels(letters)) >= 4.5


def test_signed_numbers_are_blue_below_zero_and_red_above_and_stronger_the_larger():
    assert signed(-1.0).startswith(BELOW_ZERO)
    assert signed(1.0).startswith(ABOVE_ZERO)
    assert signed(0.0).endswith("00")
    strengths = [int(signed(value)[7:], 16) for value in (0.0, 0.1, 0.5, 1.0, 3.0)]
    assert strengths == sorted(set(strengths))


@pytest.mark.parametrize("gate", Gate)
def test_white_letters_can_be_read_on_every_gate(gate):
    assert contrast(channels(GATES[gate]), [255] * 3) >= 3.5


#: What is left of red, green and blue, in linear light: Machado et al., "A Physiologically-based Model for Simulation of
#: Color Vision Deficiency" (2009), at full strength.
SEEN = {
    "all": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def as_seen(colour, matrix):
    """A colour in CIE L*a*b*, as it is seen with these cones."""
    shares = np.array(channels(colour)) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(np.array(matrix) @ linear, 0, 1) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("cell", [Cell.LSTM, Cell.GRU])
@pytest.mark.parametrize("matrix", SEEN.values(), ids=SEEN)
def test_gates_of_a_cell_are_told_apart_by_the_colour_blind_too(cell, matrix):
    for one, other in combinations(OF_CELL[cell], 2):
        assert np.linalg.norm(as_seen(GATES[one], matrix) - as_seen(GATES[other], matrix)) > 20
