"""The quiz from a terminal: make one, grade the answers, carry it to a learning system.

What needs the files' schema or XML is imported when it is needed, so that the other commands answer at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rnnlab.texts import _

if TYPE_CHECKING:
    from rnnlab.quiz.bank import Key, Quiz
    from rnnlab.quiz.grading import Report

T = TypeVar("T")
FORMATS = ("gift", "qti", "csv", "md")
_LARGEST = 5_000_000


def add(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the commands new, check and export."""
    commands = parser.add_subparsers(required=True, metavar="new|check|export", parser_class=type(parser))
    new = commands.add_parser("new", help=_("make a quiz and its key from a seed"))
    new.set_defaults(command=_new)
    new.add_argument("--seed", type=int, required=True, metavar="N", help=_("the same seed makes the same quiz"))
    new.add_argument("--count", type=int, default=10, metavar="N", help=_("questions; default 10"))
    new.add_argument("--level", type=int, default=1, metavar="N", help=_("1 (on paper) to 3; default 1"))
    new.add_argument("--title", help=_("what stands above it"))
    new.add_argument(
        "--per-student", type=Path, metavar="FILE", help=_("a CSV with a column student, or a name a line")
    )
    new.add_argument("--out", type=Path, required=True, metavar="FILE", help=_("the quiz, without answers"))
    new.add_argument("--key", type=Path, metavar="FILE", help=_("the answers"))
    check = commands.add_parser("check", help=_("grade a table with the columns student, question, answer"))
    check.set_defaults(command=_check)
    _add_quiz(check)
    check.add_argument("--answers", type=Path, required=True, metavar="FILE", help=_("CSV with , ; or tabs, UTF-8"))
    out = _("grades as CSV; the sums go beside it as FILE.students.csv and FILE.questions.csv")
    check.add_argument("--out", type=Path, required=True, metavar="FILE", help=out)
    export = commands.add_parser(
        "export", help=_("gift and qti for learning systems, with answers; csv and md to hand out")
    )
    export.set_defaults(command=_export)
    _add_quiz(export)
    export.add_argument("--format", choices=FORMATS, required=True)
    export.add_argument("--out", type=Path, required=True, metavar="FILE")


def _add_quiz(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiz", type=Path, required=True, metavar="FILE", help=_("made by quiz new, or by hand"))
    help_text = _("its key; needed for questions written by hand, and puts answers into csv and md")
    parser.add_argument("--key", type=Path, metavar="FILE", help=help_text)


def _new(chosen: argparse.Namespace) -> int:
    from rnnlab.quiz import bank

    _apart(chosen.out, chosen.key, chosen.per_student)
    students = _roster(chosen.per_student) if chosen.per_student else ()
    quiz = bank.new(chosen.seed, chosen.count, chosen.level, students, chosen.title or bank.TITLE)
    texts = {chosen.out: bank.to_json(quiz)}
    if chosen.key:
        texts[chosen.key] = bank.key_to_json(bank.key(quiz))
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path)
    return 0


def _check(chosen: argparse.Namespace) -> int:
    from rnnlab.quiz import grading

    beside = (chosen.out.with_suffix(f".{what}.csv") for what in ("students", "questions"))
    _apart(chosen.out, *beside, chosen.quiz, chosen.key, chosen.answers)
    quiz, key = _read(chosen)
    try:
        report = grading.grade_file(quiz, key, chosen.answers, chosen.out, lambda told: print(told, file=sys.stderr))
    except ValueError as error:
        raise ValueError(f"{chosen.answers}: {error}") from None
    _print(report)
    return 0


def _print(report: Report) -> None:
    every = report.everything
    share = f"{every.share_right:.0%} " + _("right")
    print(
        _("{n:,} answers of {students:,} students, {share}").format(
            n=every.answers, students=len(report.students), share=share
        )
    )
    width = max(map(len, report.questions))
    print(f"{_('question'):<{max(width, 8)}} {_('answers'):>8} {_('right'):>6}  {_('commonest slip')}")
    for name, tally in report.questions.items():
        right = f"{tally.share_right:.0%}" if tally.answers else "–"
        print(f"{name:<{max(width, 8)}} {tally.answers:>8,} {right:>6}  {tally.commonest(1)}".rstrip())


def _export(chosen: argparse.Namespace) -> int:
    from rnnlab.quiz import exports

    _apart(chosen.out, chosen.quiz, chosen.key)
    quiz, key = _read(chosen)
    data = exports.export(quiz, key, chosen.format)
    chosen.out.write_bytes(data)
    print(chosen.out)
    return 0


def _apart(*paths: Path | None) -> None:
    """Raise ``ValueError`` where a file would be written over another."""
    named = [path.resolve() for path in paths if path is not None]
    for path in named:
        if named.count(path) > 1:
            raise ValueError(_("{name} is named twice: every file needs a name of its own").format(name=path.name))


def _read(chosen: argparse.Namespace) -> tuple[Quiz, Key | None]:
    from rnnlab.quiz import bank

    quiz = _parsed(chosen.quiz, bank.from_json)
    key = _parsed(chosen.key, bank.key_from_json) if chosen.key else None
    if key:
        bank.check_key(quiz, key)
    return quiz, key


def _parsed(path: Path, from_text: Callable[[str], T]) -> T:
    try:
        return from_text(_text(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(_LARGEST + 4)
    if len(data) > _LARGEST + 3:
        raise ValueError(_("the file is too large: at most {most:,} bytes").format(most=_LARGEST))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(_("byte {place:,} is not UTF-8 text").format(place=error.start)) from None


def _roster(path: Path) -> tuple[str, ...]:
    from rnnlab.quiz import sheets

    with path.open("rb") as file:
        try:
            found = sheets.names(file)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    if not found:
        raise ValueError(_("{path} names no student: a column student, or one name a line").format(path=path))
    return found
