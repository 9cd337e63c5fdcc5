"""Answers of a whole class: each is checked, and what went wrong is counted by student and by question.

The answers are read twice. The first pass notes for each student and question the line that counts, the last one, in a
database on disk that is deleted afterwards; the second grades. In memory are the quiz, one row, what was checked
lately, and the sums by student and by question, so a longer file needs no more.
"""

from __future__ import annotations

import functools
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from rnnlab.quiz import checking, sheets
from rnnlab.quiz.bank import Key, Quiz, check_key, student_name
from rnnlab.quiz.checking import Mark
from rnnlab.quiz.questions import Question
from rnnlab.quiz.slips import Slip
from rnnlab.texts import _, ngettext

COLUMNS = ("student", "question", "answer")
GRADED = (*COLUMNS, "right", "credit", "diagnosis")
LONGEST_ANSWER = 1000
#: Explanations that a diagnosis lists, and slips that a summary lists.
MOST_FINDINGS, MOST_SLIPS = 5, 3


class Complaint(NamedTuple):
    """What is the matter with a line of the answers."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return _("line {line}: {sentence}").format(line=self.line, sentence=self.sentence)


class Graded(NamedTuple):
    """One answer that counts; ``slips`` are all that may have been made."""

    student: str
    question: str
    answer: str
    right: bool
    credit: float
    diagnosis: str
    slips: tuple[Slip, ...] = ()

    def cells(self) -> tuple[str | float, ...]:
        """In the order of ``GRADED``."""
        return self.student, self.question, self.answer, "yes" if self.right else "no", self.credit, self.diagnosis


@dataclass(slots=True)
class Tally:
    """The sums of a student's answers, or of the answers to a question."""

    answers: int = 0
    right: int = 0
    credit: float = 0.0
    slips: Counter[Slip] = field(default_factory=Counter)

    def add(self, graded: Graded) -> None:
        self.answers += 1
        self.right += graded.right
        self.credit += graded.credit
        self.slips.update(graded.slips)

    @property
    def share_right(self) -> float:
        """From 0 to 1."""
        return self.right / self.answers if self.answers else 0.0

    def commonest(self, most: int = MOST_SLIPS) -> str:
        """The commonest slips, each with how often it may have been made."""
        return "; ".join(f"{slip.value} ({times})" for slip, times in self.slips.most_common(most))


@dataclass(slots=True)
class Report:
    """What a class answered; as long as its students and questions are many, however many the answers."""

    everything: Tally
    students: dict[str, Tally]
    questions: dict[str, Tally]
    complaints: int = 0


def grade(
    quiz: Quiz,
    key: Key | None,
    source: BinaryIO,
    write: Callable[[Graded], object] = lambda _graded: None,
    tell: Callable[[Complaint], object] = lambda _complaint: None,
) -> Report:
    """Grade the answers in a table with the columns student, question and answer.

    Args:
        quiz: what was asked.
        key: the answers; needed only where questions are written by hand.
        source: the table, which is read twice from its beginning.
        write: takes each answer that counts, in the order of the table.
        tell: takes what is the matter with a line, which is then passed over.

    Raises:
        ValueError: the table has not these columns, or the key does not fit.
    """
    check_key(quiz, key)
    asked = _Asked(quiz, key or Key({}))
    report = Report(Tally(), {}, {question.id: Tally() for question in quiz.questions})
    with closing(_last_lines(asked, source)) as last:
        for found in asked.read(source):
            complaint = found if isinstance(found, Complaint) else _superseded(found, last)
            if complaint:
                report.complaints += 1
                tell(complaint)
            elif isinstance(found, _Answer):
                graded = found.graded()
                for tally in (
                    report.everything,
                    report.students.setdefault(graded.student, Tally()),
                    report.questions[graded.question],
                ):
                    tally.add(graded)
                write(graded)
    return report


def grade_file(
    quiz: Quiz,
    key: Key | None,
    answers: Path,
    out: Path,
    tell: Callable[[Complaint], object] = lambda _complaint: None,
) -> Report:
    """Grade a file into another, and write the sums beside it: graded.csv, graded.students.csv, graded.questions.csv.

    The files are UTF-8 with BOM, so that spreadsheets show every name as it is.

    Raises:
        ValueError: as ``grade``, or a file would be written over the answers.
        OSError: a file cannot be read or written.
    """
    by_student, by_question = (out.with_suffix(f".{what}.csv") for what in ("students", "questions"))
    if answers.resolve() in {path.resolve() for path in (out, by_student, by_question)}:
        raise ValueError(
            _("{answers} has the answers and would be written over: name another file for the grades").format(
                answers=answers
            )
        )
    part = out.with_name(f"{out.name}.part")  # a table that cannot be read leaves the grades of before as they are
    try:
        with answers.open("rb") as source, part.open("w", encoding="utf-8-sig", newline="") as file:
            row = sheets.writer(file)
            row(GRADED)
            report = grade(quiz, key, source, lambda graded: row(graded.cells()), tell)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    _write(by_student, "student", report.students)
    _write(by_question, "question", report.questions)
    return report


def _write(path: Path, first: str, tallies: Mapping[str, Tally]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        write_sums(file, first, tallies)


def write_sums(file: TextIO, first: str, tallies: Mapping[str, Tally]) -> None:
    """Write the sums of students or questions as a table.

    Args:
        file: open for text, without translation of line ends.
        first: the name of the first column.
        tallies: by student or question.
    """
    row = sheets.writer(file)
    row((first, "answers", "right", "share right", "credit", "commonest slips"))
    for name, tally in tallies.items():
        share = round(tally.share_right, 3)
        row((name, tally.answers, tally.right, share, tally.credit, tally.commonest()))


class _Answer(NamedTuple):
    line: int
    student: str
    question: Question
    text: str
    expected: str

    @property
    def digest(self) -> bytes:
        return blake2b(f"{self.question.id}\0{self.student}".encode(), digest_size=16).digest()

    def graded(self) -> Graded:
        mark = _mark(self.question, self.text, self.expected)
        return Graded(
            self.student, self.question.id, self.text, mark.right, mark.credit, diagnosis(mark), checking.slips(mark)
        )


class _Asked:
    """The questions by student and id, and the answers to them in a table."""

    def __init__(self, quiz: Quiz, key: Key) -> None:
        self._key, self._alone = key, not quiz.variants
        self._questions = {student: {q.id: q for q in questions} for student, questions in quiz.sheets()}

    def read(self, source: BinaryIO) -> Iterator[_Answer | Complaint]:
        for row in sheets.table(source, COLUMNS):
            try:
                yield Complaint(row.line, row.trouble) if row.trouble else self._answer(row.line, *row.cells)
            except ValueError as error:
                yield Complaint(row.line, str(error))

    def _answer(self, line: int, student: str, question: str, answer: str) -> _Answer:
        student, question = student_name(sheets.unescaped(student)), question.strip()
        answer = sheets.unescaped(answer)
        own = self._questions.get("" if self._alone else student)
        if own is None:
            raise ValueError(_("no student “{student}” in this quiz").format(student=sheets.shown(student)))
        if question not in own:
            raise ValueError(
                _("no question “{question}” in this quiz; there is {ids}").format(
                    question=sheets.shown(question), ids=", ".join(list(own)[:20])
                )
            )
        if len(answer) > LONGEST_ANSWER:
            raise ValueError(
                ngettext(
                    "an answer of {n:,} character: at most {most:,}",
                    "an answer of {n:,} characters: at most {most:,}",
                    len(answer),
                ).format(n=len(answer), most=LONGEST_ANSWER)
            )
        return _Answer(line, student, own[question], answer, self._key.expected(student, question))


def _last_lines(asked: _Asked, source: BinaryIO) -> sqlite3.Connection:
    """The line that counts for each student and question, in a nameless file that goes when it is closed."""
    last = sqlite3.connect("")
    try:
        last.execute("CREATE TABLE last (answer BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        answers = ((found.digest, found.line) for found in asked.read(source) if isinstance(found, _Answer))
        last.executemany("INSERT OR REPLACE INTO last VALUES (?, ?)", answers)
    except BaseException:
        last.close()
        raise
    return last


def _superseded(answer: _Answer, last: sqlite3.Connection) -> Complaint | None:
    (line,) = last.execute("SELECT line FROM last WHERE answer = ?", (answer.digest,)).fetchone()
    return (
        None
        if line == answer.line
        else Complaint(answer.line, _("answered again in line {line}, which counts").format(line=line))
    )


@functools.lru_cache(maxsize=4096)
def _mark(question: Question, answer: str, expected: str) -> Mark:
    """The mark of an answer; one that cannot be read is wrong, and the sentence says why. A class repeats itself."""
    try:
        return checking.check(question, answer, expected)
    except ValueError as error:
        return Mark(False, 0.0, (), str(error))


def diagnosis(mark: Mark) -> str:
    """What a wrong answer tells, in a line; "" where it is right."""
    found = [_(" and ").join(slip.value.rstrip(".") for slip in finding.slips) for finding in mark.findings]
    more = _(" or something else") if len(found) > MOST_FINDINGS else ""
    return _(" or ").join(found[:MOST_FINDINGS]) + more + "." if found else mark.sentence
