"""Tables as spreadsheets save them: read row by row whatever is in them, written so that no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple, TextIO

from rnnlab.texts import _

DELIMITERS = ",;\t"
#: Characters of a line and lines of a row; more than that is reported and passed over.
LONGEST_LINE, MOST_LINES = 64_000, 50

#: A formula begins with one of these, in Korean and Japanese spreadsheets also with a wide one; and it begins a cell
#: also after ";", a tab or a new line, should a spreadsheet split there.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\s\ufeff\u200b]*[=+\-@＝＋－＠])|^(?=[\t\r\n])")
_ESCAPED = re.compile(r"(^|[;\t\r\n])'(?=[\s\ufeff\u200b]*[=+\-@＝＋－＠])|^'(?=[\t\r\n])")
_TOO_LONG = "\0"
_UNREADABLE = re.compile("[\x00\udc80-\udcff]")


def escaped(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what would be one."""
    return _FORMULA.sub(r"\1'", text)


def unescaped(text: str) -> str:
    """A text as it was before ``escaped``: in a table that was written here, an answer of -48 stands as '-48."""
    return _ESCAPED.sub(r"\1", text)


def shown(text: str, most: int = 40) -> str:
    """A text from a file as it may stand in a sentence: short, and nothing in it moves the cursor."""
    plain = "".join(letter if letter.isprintable() else "·" for letter in text[: most + 1])
    return plain if len(text) <= most else plain[:most] + "…"


def writer(file: TextIO) -> Callable[[Sequence[str | int | float]], Any]:
    """Writes one row after the other; texts are escaped, numbers are not."""
    rows = csv.writer(file, lineterminator="\r\n")
    return lambda cells: rows.writerow([escaped(cell) if isinstance(cell, str) else cell for cell in cells])


class Row(NamedTuple):
    """One row: the cells of the wanted columns, or what is the matter with it."""

    line: int
    cells: tuple[str, ...]
    trouble: str = ""


class _Lines:
    """The lines of a file one by one; those of a broken row can be read again."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._again = text, deque[str]()
        self.number, self.row = 0, list[str]()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) == MOST_LINES:
            raise csv.Error("too many lines")
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self.row.append(line)
        return line

    def _read(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        while len(line) == LONGEST_LINE and line[-1] not in "\r\n":
            rest = self._text.readline(LONGEST_LINE)
            if len(rest) < LONGEST_LINE or rest[-1] in "\r\n":
                return f"{_TOO_LONG}\n"
        return line

    def back(self) -> None:
        """All lines of this row but the first are read again."""
        self._again.extendleft(reversed(self.row[1:]))
        self.number -= len(self.row) - 1


def table(source: BinaryIO, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a table, each as soon as it is read.

    Args:
        source: a file that can be read from its beginning; UTF-8 with or without BOM, commas, semicolons or tabs.
        columns: the names of the wanted columns; they may come in any order, in capitals or not, among others.

    Raises:
        ValueError: the first line has no such columns.
    """
    with _opened(source) as text:
        lines = _Lines(text)
        header = _header(lines, columns)
        while True:
            lines.row.clear()
            first = lines.number + 1
            try:
                cells = next(csv.reader(lines, delimiter=header.delimiter, strict=True))
            except StopIteration:
                return
            except csv.Error:
                lines.back()
                trouble = _("a quotation mark is opened and not closed, or something follows a closed one")
                yield Row(first, (), trouble)
                continue
            if any(cell.strip() for cell in cells):
                yield _row(first, cells, header)


@contextmanager
def _opened(source: BinaryIO) -> Iterator[TextIO]:
    """The text of a binary file from its beginning; the file stays open. What is not UTF-8 is marked, not refused."""
    source.seek(0)
    text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield text
    finally:
        text.detach()


class _Header(NamedTuple):
    delimiter: str
    places: tuple[int, ...]
    width: int


def _header(lines: _Lines, columns: Sequence[str]) -> _Header:
    line = next(lines, "")
    while line and not line.strip():
        lines.row.clear()
        line = next(lines, "")
    names: list[str] = []
    for delimiter in DELIMITERS:
        names = [cell.strip().casefold() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        while names and not names[-1]:
            names.pop()
        if all(names.count(column) == 1 for column in columns):
            return _Header(delimiter, tuple(names.index(column) for column in columns), len(names))
    begins = _("is “{line}”").format(line=shown(line.strip(), 80))
    found = _("is not UTF-8 text") if _UNREADABLE.search(line) else begins
    wanted = ", ".join(columns)
    raise ValueError(
        _(
            "the first line must name the columns {wanted}, each once, between commas, semicolons or tabs; it {found}"
        ).format(wanted=wanted, found=found)
    )


def _row(line: int, cells: list[str], header: _Header) -> Row:
    if cells == [_TOO_LONG]:
        return Row(line, (), _("more than {most:,} characters").format(most=LONGEST_LINE))
    if max(header.places) >= len(cells):
        return Row(line, (), _("{n} cells where the first line has {width}").format(n=len(cells), width=header.width))
    if any(cell.strip() for cell in cells[header.width :]):
        return Row(
            line,
            (),
            _("{n} cells where the first line has {width}; an answer with a comma needs quotation marks").format(
                n=len(cells), width=header.width
            ),
        )
    wanted = tuple(cells[place] for place in header.places)
    if any(map(_UNREADABLE.search, wanted)):
        return Row(line, (), _("bytes that are not UTF-8 text; save the table as CSV UTF-8"))
    return Row(line, wanted)


def names(source: BinaryIO) -> tuple[str, ...]:
    """The names of a class: of the column student where the first line has one, else one name a line.

    Raises:
        ValueError: a line cannot be read; the sentence says which.
    """
    try:
        rows = list(table(source, ("student",)))
    except ValueError:
        with _opened(source) as text:
            rows = [Row(line, (name,)) for line, name in enumerate(text, 1) if name.strip()]
        rows = [row._replace(trouble=_("not UTF-8")) if _UNREADABLE.search(row.cells[0]) else row for row in rows]
    for row in rows:
        if row.trouble:
            raise ValueError(_("line {line}: {sentence}").format(line=row.line, sentence=row.trouble))
    return tuple(row.cells[0].strip() for row in rows if row.cells[0].strip())
