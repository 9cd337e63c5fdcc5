"""A table of labelled texts that a person brings: read, checked against limits that the page states, and no more.

CSV or TSV in UTF-8 with the columns text and label. What is wrong is said in a sentence, with the rows where it is.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from rnnlab.architecture import Range
from rnnlab.text_file import decode
from rnnlab.texts import _, ngettext

#: What a file may hold; the page says so before one is brought.
COLUMNS = ("text", "label")
MOST_MEGABYTES = 20
MOST_ROWS = 50_000
FEWEST_TEXTS = 20  # different ones
LABELS = Range(2, 20)
MOST_LABEL_CHARACTERS = 40
FEWEST_TEXTS_PER_LABEL = 2  # different ones, so that both parts have every label

_TAB = "\t"
_SHOWN = 60  # characters
_LISTED = 5  # rows


class Texts(NamedTuple):
    """Texts and the label of each, (N) both, in Unicode's composed form and without spaces around them."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]


class _Row(NamedTuple):
    """A row of a table with its number; the header is row 1, as in a spreadsheet."""

    number: int
    cells: list[str]


def read_path(path: Path) -> Texts:
    """The same from a file, which is not read at all where it is too large."""
    if (size := path.stat().st_size / 2**20) > MOST_MEGABYTES:
        raise ValueError(_("{name}: {problem}").format(name=short(path.name), problem=_too_large(size)))
    return read_file(path.read_bytes(), path.name)


def _too_large(megabytes: float) -> str:
    sentence = _("the file has {size:,.1f} MB; at most {most} MB are allowed")
    return sentence.format(size=megabytes, most=MOST_MEGABYTES)


def read_file(content: bytes, name: str) -> Texts:
    """The labelled texts of a CSV or TSV file in UTF-8.

    Args:
        content: the bytes of the file.
        name: its name, for what is said about it.

    Raises:
        ValueError: it is no such file, or one outside the limits; the sentence says what was found and what is allowed.
    """
    try:
        text = _decode(content)
        separator, header = _header(text)
        return _check(_table(text, separator)[1:], header)
    except ValueError as error:
        raise ValueError(_("{name}: {problem}").format(name=short(name), problem=error)) from None


def _decode(content: bytes) -> str:
    if (size := len(content) / 2**20) > MOST_MEGABYTES:
        raise ValueError(_too_large(size))
    return decode(content, _("save it as UTF-8: in Excel as “CSV UTF-8”, in Notepad with “UTF-8” under Encoding"))


def _header(text: str) -> tuple[str, list[str]]:
    """The separator of a table, and the names of its columns in small letters."""
    line = io.StringIO(text, newline="").readline(10_000)
    for separator in (_TAB, ",", ";"):
        names = [name.strip().casefold() for name in next(csv.reader([line], delimiter=separator), [])]
        if all(names.count(column) == 1 for column in COLUMNS):
            return separator, names
    sentence = _(
        "the first row must name the columns text and label, once each, with tabs, commas or semicolons between; it is: {line}"
    )
    raise _problem(sentence, line=short(line) or _("empty"))


def _table(text: str, separator: str) -> list[_Row]:
    """The rows with something in them, the header first.

    Many programs write a TSV file without quoting anything, so its quotation marks may be part of the texts. Such a file
    shows itself by marks that open and never close, or between which there would be a tab.
    """
    try:
        rows = list(_rows(text, separator))
        as_it_stands = separator == _TAB and any(_TAB in cell for row in rows for cell in row.cells)
    except ValueError:
        if separator != _TAB:
            raise
        as_it_stands = True
    return list(_rows(text, separator, as_it_stands)) if as_it_stands else rows


def _rows(text: str, separator: str, as_it_stands: bool = False) -> Iterator[_Row]:
    number, file = 0, io.StringIO(text, newline="")
    quoting: Literal[0, 3] = csv.QUOTE_NONE if as_it_stands else csv.QUOTE_MINIMAL
    try:
        lines = csv.reader(file, delimiter=separator, quoting=quoting, strict=True)
        for number, cells in enumerate(lines, 1):
            if number > MOST_ROWS + 1:  # empty rows count too, or a file of them would be read for long
                raise _problem(_("the table has more rows than the {most:,} that are allowed"), most=MOST_ROWS)
            if any(cell.strip() for cell in cells):
                yield _Row(number, cells)
    except csv.Error:
        sentence = _(
            "in row {row} a text opens with a quotation mark and does not close with one; inside a text, write it twice"
        )
        raise _problem(sentence, row=number + 1) from None


def _check(rows: list[_Row], header: list[str]) -> Texts:
    """The two columns of these rows, if they can be learned."""
    texts, labels = (
        tuple(clean(row.cells[place]) if place < len(row.cells) else "" for row in rows)
        for place in map(header.index, COLUMNS)
    )
    too_wide = ["".join(row.cells[len(header) :]).strip() for row in rows]
    too_long = [len(label) > MOST_LABEL_CHARACTERS for label in labels]
    for sentence, wrong in (
        (_("a row may have {columns} cells, as the header has; more are in {rows}"), too_wide),
        (_("each row must have a text; none is in {rows}"), [not text for text in texts]),
        (_("each row must have a label; none is in {rows}"), [not label for label in labels]),
        (_("a label may have up to {most} characters; longer ones are in {rows}"), too_long),
    ):
        if where := _listed([row.number for row, is_wrong in zip(rows, wrong, strict=True) if is_wrong]):
            raise _problem(sentence, rows=where, columns=len(header), most=MOST_LABEL_CHARACTERS)
    _check_counts(Texts(texts, labels))
    return Texts(texts, labels)


def _listed(numbers: list[int]) -> str:
    listed, more = ", ".join(map(str, numbers[:_LISTED])), len(numbers) - _LISTED
    if more > 0:
        return _("rows {rows} and {more:,} more").format(rows=listed, more=more)
    return ngettext("row {rows}", "rows {rows}", len(numbers)).format(rows=listed) if numbers else ""


def _check_counts(table: Texts) -> None:
    per_label = Counter(label for _text, label in set(zip(*table, strict=True)))
    label, fewest = min(per_label.items(), key=lambda item: item[1], default=("", 0))
    count = len(set(table.texts))
    if count < FEWEST_TEXTS:
        sentence = _("the table has {count} different texts; at least {fewest} are needed")
        raise _problem(sentence, count=count, fewest=FEWEST_TEXTS)
    if len(per_label) < LABELS.low:
        raise _problem(
            _("every row has the label “{label}”; at least {low} labels are needed"), label=label, low=LABELS.low
        )
    if len(per_label) > LABELS.high:
        sentence = _("the table has {count:,} different labels; {low} to {high} are allowed")
        raise _problem(sentence, count=len(per_label), low=LABELS.low, high=LABELS.high)
    if fewest < FEWEST_TEXTS_PER_LABEL:
        sentence = _("the label “{label}” has {count} text; each label needs {fewest} different ones")
        raise _problem(sentence, label=label, count=fewest, fewest=FEWEST_TEXTS_PER_LABEL)


def _problem(sentence: str, **values: object) -> ValueError:
    return ValueError(sentence.format(**values))


def clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def short(text: str) -> str:
    """A text in one line that is not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN].rstrip() + "…"
