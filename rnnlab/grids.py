"""Draws an operation as a row of coloured grids of numbers, as the lectures draw every product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from rnnlab.colours import GATES, signed
from rnnlab.counting import Gate
from rnnlab.operations import LETTERS, Grid, Operation, Term, Terms
from rnnlab.reference import Array
from rnnlab.texts import _, ngettext, number

REST = "…"  # in place of what is left out
NARROW = 8  # columns of a grid where there is little room, as on a phone
REST_WIDTH, BORDER_WIDTH = 0.45, 0.3  # in columns


def operation_html(operation: Operation, most: int = 12) -> str:
    """The operation as HTML, in the style of ``ui.views``: its terms, and what they give.

    Args:
        operation: of a timestep.
        most: a grid with more rows or columns is cut there; its true size stands under it.
    """
    pieces = [*_pieces(operation.terms, most), *_pieces(_given(operation), most)]
    inner = "".join(f'<span class="lab-term">{piece}</span>' for piece in pieces)
    said = escape(describe(operation, most), quote=True)
    return f'<div class="lab-op" role="img" aria-label="{said}">{inner}</div>'


def _given(operation: Operation) -> Terms:
    """= σ(s) = the result, or = the result alone."""
    if operation.inside is None:
        return "=", operation.result
    squash = operation.terms[0]
    return "=", squash, operation.inside, ")", "=", operation.result


def describe(operation: Operation, most: int = 12) -> str:
    """The operation with the numbers that it gives, in words: the text alternative of its grids."""
    terms = " ".join(term if isinstance(term, str) else plain(term.label) for term in operation.terms)
    terms = terms.replace("( ", "(").replace(" )", ")")
    if operation.inside:
        terms += f", {plain(operation.inside.label)} = {_numbers(operation.inside, most)}"
    result = plain(operation.result.label)
    return _("{result} = {terms}: {numbers}").format(
        result=result, terms=terms, numbers=_numbers(operation.result, most)
    )


def _numbers(grid: Grid, most: int) -> str:
    """The first numbers of a grid, and how many are left out."""
    said = ", ".join(number(value) for value in grid.values.ravel()[:most])
    left = grid.values.size - most
    return said + ngettext(" and {n:,} more", " and {n:,} more", left).format(n=left) if left > 0 else said


def plain(label: str) -> str:
    """A label in LaTeX as plain text: W_xf, h_t−1."""
    text = re.sub(r"\\texttt\{(.*?)\}", r"\1", _with_signs(label))
    return re.sub(r"_\{(.*?)\}", r"_\1", text).replace("\0", "_")


def symbol_html(label: str) -> str:
    """A label in LaTeX as HTML."""
    text = re.sub(r"\\texttt\{(.*?)\}", r"<code>\1</code>", escape(_with_signs(label)))
    return re.sub(r"_(?:\{(.*?)\}|(\w))", r"<sub>\1\2</sub>", text).replace("\0", "_")


def _with_signs(label: str) -> str:
    """A label whose signs are no longer in LaTeX; a _ that stands for itself is \\0."""
    return label.replace(r"\_", "\0").replace(r" \circ ", "∘").replace(r"\,", " ").replace("-", "−")


def _pieces(terms: tuple[Term, ...], most: int) -> Iterator[str]:
    """What must not be torn apart where the row is broken: a grid, the signs before it and the brackets that close after it."""
    piece, whole = "", False
    for term in terms:
        if whole and term != ")":
            yield piece
            piece, whole = "", False
        whole = whole or not isinstance(term, str)
        piece += _sign(term) if isinstance(term, str) else _grid(term, most)
    yield piece


def _sign(sign: str) -> str:
    return f'<span class="lab-sign">{escape(sign)}</span>'


class _Block(NamedTuple):
    """Columns that belong together: ``shown`` is cut where ``cut`` says so."""

    shown: Array
    rows_cut: bool
    columns_cut: bool
    gate: Gate | None
    title: str
    by_hand: tuple[int, ...]

    @property
    def width(self) -> float:
        """In columns."""
        columns: int = self.shown.shape[1]
        return columns + REST_WIDTH * self.columns_cut + BORDER_WIDTH

    @property
    def narrow_width(self) -> float:
        """In columns, where there is little room."""
        return NARROW + REST_WIDTH + BORDER_WIDTH if self.shown.shape[1] > NARROW else self.width


def _grid(grid: Grid, most: int) -> str:
    blocks = _blocks(grid, most)
    rows, columns = grid.values.shape
    width, narrow = sum(block.width for block in blocks), sum(block.narrow_width for block in blocks)
    inner = "".join(map(_block_html, blocks))
    size = _("{rows:,} × {columns:,}").format(rows=rows, columns=columns)
    label = f"<small><em>{symbol_html(grid.label)}</em><br/><i>{escape(size)}</i></small>"
    kind = "lab-grid lab-side" if len(blocks) > 1 else "lab-grid"
    return f'<span class="{kind}" style="--n:{width:.4g};--m:{narrow:.4g}"><span class="lab-blocks">{inner}</span>{label}</span>'


def _blocks(grid: Grid, most: int) -> list[_Block]:
    """The columns of each gate, or all; side by side, each gate shows an equal share of ``most`` columns."""
    rows, columns = grid.values.shape
    gates: tuple[Gate | None, ...] = grid.gates or (grid.gate,)
    size, kept = columns // len(gates), max(1, most // len(gates))
    found = []
    for index, gate in enumerate(gates):
        own = grid.values[:, index * size : (index + 1) * size]
        title = LETTERS[gate] if gate and grid.gates else ""
        found.append(_Block(own[:most, :kept], rows > most, size > kept, gate, title, grid.by_hand))
    return found


def _block_html(block: _Block) -> str:
    colour = f' style="--c:{GATES[block.gate]}"' if block.gate else ""
    title = f"<b>{escape(block.title)}</b>" if block.title else ""
    rows = [
        _row([_cell(value, place, max(down, place) in block.by_hand) for place, value in enumerate(row)], block)
        for down, row in enumerate(block.shown)
    ]
    if block.rows_cut:
        rows.append(_row([_rest(_far(place)) for place in range(block.shown.shape[1])], block))
    numbers = f'<span class="lab-numbers" style="{_columns(block)}">{"".join(rows)}</span>'
    return f'<span class="lab-block"{colour}>{title}{numbers}</span>'


def _columns(block: _Block) -> str:
    """How many columns stand side by side, where there is room and where there is little."""
    size = block.shown.shape[1]
    wide = f"repeat({size},auto){' auto' * block.columns_cut}"
    return f"--wide:{wide};--narrow:{f'repeat({NARROW},auto) auto' if size > NARROW else wide}"


def _row(cells: list[str], block: _Block) -> str:
    """A row, and … behind it where columns are left out: all of them, or those that find no room on a phone."""
    if block.columns_cut:
        cells.append(_rest())
    elif len(cells) > NARROW:
        cells.append('<i class="rest near"></i>')
    return "".join(cells)


def _rest(kind: str = "") -> str:
    return f'<i class="rest{kind}">{REST}</i>'


def _far(place: int) -> str:
    """The class of a column that is left out where there is little room."""
    return " far" if place >= NARROW else ""


def _cell(value: float, place: int, by_hand: bool) -> str:
    kinds = f"{_far(place)}{' hand' * by_hand}".strip()
    kind = f' class="{kinds}"' if kinds else ""
    said = escape(_("{value}, set by hand").format(value=f"{value:.6g}")) if by_hand else f"{value:.6g}"
    return f'<i{kind} style="background:{signed(value)}" title="{said}">{number(value)}</i>'
