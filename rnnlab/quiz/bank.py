"""Quizzes as files: the questions in one, which students may have, and the answers in another, the key.

The form of both is in ``quiz.schema.json``. Where a file is not as it should be, the sentence names the place.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode, Pattern, Range
from rnnlab.counting import Matrix
from rnnlab.experiment import SEED
from rnnlab.quiz import schema
from rnnlab.quiz.making import make
from rnnlab.quiz.questions import LEVELS, Change, Kind, Question, answer_text, right_answer
from rnnlab.quiz.slips import Problem
from rnnlab.texts import _

QUIZ_FORMAT, KEY_FORMAT, VERSION = "rnnlab quiz", "rnnlab key", 1
COUNT = Range(1, 200)
LONGEST_NAME = 200
TITLE = _("Parameter counts")

Questions = tuple[Question, ...]
#: What cannot stand in a line of text, an XML file or a spreadsheet.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def student_name(text: str) -> str:
    """A name as it is compared: without spaces around it, its letters composed (한, not ᄒ + ᅡ + ᆫ).

    Raises:
        ValueError: nothing is left, it is too long or has control characters.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not name or len(name) > LONGEST_NAME or _UNPRINTABLE.search(name):
        raise ValueError(
            _("a student's name must have 1 to {most} letters, not {n:,} or unprintable ones").format(
                most=LONGEST_NAME, n=len(name)
            )
        )
    return name


@dataclass(frozen=True, slots=True)
class Quiz:
    """Questions without answers.

    Attributes:
        title: what stands above it.
        seed: from which the generated questions follow.
        level: 1 to 3.
        questions: for everyone.
        variants: a student's own questions; each takes the place of the one for everyone with the same id.
    """

    title: str
    seed: int
    level: int
    questions: Questions
    variants: Mapping[str, Questions] = field(default_factory=dict)

    def __post_init__(self) -> None:
        SEED.check("seed", self.seed)
        LEVELS.check("level", self.level)
        if not 1 <= len(self.title) <= LONGEST_NAME or _UNPRINTABLE.search(self.title):
            raise ValueError(
                _("a title must have 1 to {most} letters, not {n:,} or unprintable ones").format(
                    most=LONGEST_NAME, n=len(self.title)
                )
            )
        ids = _ids("questions", self.questions)
        for student, own in self.variants.items():
            if strange := _ids(f"students[{student!r}]", own) - ids:
                raise ValueError(
                    _("students[{student!r}]: there is no question {id} for everyone").format(
                        student=student, id=min(strange)
                    )
                )
        object.__setattr__(self, "variants", MappingProxyType(dict(self.variants)))

    def questions_of(self, student: str) -> Questions:
        """What one student is asked.

        Raises:
            ValueError: everyone has questions of their own here, and this student has none.
        """
        if not self.variants:
            return self.questions
        if student not in self.variants:
            raise ValueError(_("no student {student!r} in this quiz").format(student=student[:40]))
        own = {question.id: question for question in self.variants[student]}
        return tuple(own.get(question.id, question) for question in self.questions)

    def sheets(self) -> Iterator[tuple[str, Questions]]:
        """Each student with the questions; one sheet without a name where they are the same for everyone."""
        for student in self.variants or ("",):
            yield student, self.questions_of(student)


def _ids(where: str, questions: Questions) -> set[str]:
    ids = set[str]()
    for index, question in enumerate(questions):
        if question.id in ids:
            raise ValueError(
                _("{where}[{index}].id: {id} is there twice").format(where=where, index=index, id=question.id)
            )
        ids.add(question.id)
    return ids


@dataclass(frozen=True, slots=True)
class Key:
    """The answers, by the ids of the questions; ``students`` those to questions of their own."""

    answers: Mapping[str, str]
    students: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    title: str = TITLE

    def expected(self, student: str, question: str) -> str:
        """The answer to a question, "" where the key has none."""
        return self.students.get(student, {}).get(question) or self.answers.get(question, "")


def new(seed: int, count: int, level: int, students: Sequence[str] = (), title: str = TITLE) -> Quiz:
    """A quiz from a seed; the same seed makes the same one.

    Args:
        seed: from which the questions follow.
        count: how many, their ids are 1, 2, ….
        level: 1 (on paper) to 3.
        students: names; each gets other numbers of the same kinds and level.
        title: what stands above it.
    """
    SEED.check("seed", seed)
    COUNT.check("count", count)
    variants = {name: _made(seed, count, level, name) for name in map(student_name, students)}
    if len(variants) < len(students):
        raise ValueError(_("two students have the same name: tell them apart, for example by a number"))
    return Quiz(title, seed, level, _made(seed, count, level, ""), variants)


def _made(seed: int, count: int, level: int, student: str) -> Questions:
    return tuple(replace(make(seed, place, level, student), id=str(place)) for place in range(1, count + 1))


def to_json(quiz: Quiz) -> str:
    """The file for students: one question a line, no answers."""
    head = {"format": QUIZ_FORMAT, "version": VERSION, "title": quiz.title, "seed": quiz.seed, "level": quiz.level}
    lines = [f" {_json(name)}: {_json(value)}," for name, value in head.items()]
    lines.append(f' "questions": {_listed(quiz.questions)}' + ("," if quiz.variants else ""))
    if quiz.variants:
        own = ",\n".join(f"  {_json(student)}: {_listed(own)}" for student, own in quiz.variants.items())
        lines.append(f' "students": {{\n{own}\n }}')
    return schema.bounded("{\n" + "\n".join(lines) + "\n}\n")


def _listed(questions: Questions) -> str:
    return "[\n   " + ",\n   ".join(_json(_plain(question)) for question in questions) + "\n ]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def from_json(text: str) -> Quiz:
    """The quiz in a file.

    Raises:
        ValueError: it is none; the sentence names the place, what stands there and what is allowed.
    """
    data = schema.read(text, "quiz", _UNPRINTABLE)
    variants = {
        _at("students", student_name, name): _questions(f"students[{name!r}]", own)
        for name, own in data.get("students", {}).items()
    }
    if len(variants) < len(data.get("students", {})):
        raise ValueError(_("students: two names are the same but for spaces around them or how letters are composed"))
    questions = _questions("questions", data["questions"])
    return Quiz(data["title"], data["seed"], data["level"], questions, variants)


def key(quiz: Quiz, written: Mapping[str, str] = MappingProxyType({})) -> Key:
    """The key of a quiz.

    Args:
        quiz: whose.
        written: the answers to the questions written by hand, by their ids.

    Raises:
        ValueError: one of those is missing.
    """
    students = {name: {q.id: _answer(q, written) for q in own} for name, own in quiz.variants.items()}
    return Key({q.id: _answer(q, written) for q in quiz.questions}, students, quiz.title)


def _answer(question: Question, written: Mapping[str, str]) -> str:
    if question.kind is not Kind.WRITTEN:
        return answer_text(right_answer(question))
    if not written.get(question.id):
        raise ValueError(_("question {id} is written by hand, so the key must have its answer").format(id=question.id))
    return written[question.id]


def key_to_json(key: Key) -> str:
    """The file for teachers."""
    data = {"format": KEY_FORMAT, "version": VERSION, "title": key.title, "answers": dict(key.answers)}
    own = {"students": {name: dict(answers) for name, answers in key.students.items()}} if key.students else {}
    return schema.bounded(json.dumps(data | own, ensure_ascii=False, indent=1) + "\n")


def key_from_json(text: str) -> Key:
    """The key in a file.

    Raises:
        ValueError: it is none; the sentence names the place.
    """
    data = schema.read(text, "key", _UNPRINTABLE)
    students = {_at("students", student_name, name): own for name, own in data.get("students", {}).items()}
    return Key(data["answers"], students, data.get("title", TITLE))


def check_key(quiz: Quiz, key: Key | None) -> None:
    """Raise ``ValueError`` unless the key, or none, is enough to grade this quiz and says what counting says."""
    given = key or Key({})
    for student, questions in (("", quiz.questions), *quiz.variants.items()):
        for question in questions:
            _check_answer(question, given.expected(student, question.id), student)


def _check_answer(question: Question, expected: str, student: str) -> None:
    if question.kind is Kind.WRITTEN and not expected:
        raise ValueError(
            _("question {id} is written by hand, so the key with its answer is needed").format(id=question.id)
        )
    if question.kind is Kind.WRITTEN or not expected:
        return
    if (counted := answer_text(right_answer(question))) != expected:
        whose = _(" of {student}").format(student=student) if student else ""
        raise ValueError(
            _(
                "the key is not this quiz's: question {id}{whose} is {expected} in the key, {counted} by counting"
            ).format(id=question.id, whose=whose, expected=expected, counted=counted)
        )


# Questions as plain values -------------------------------------------------------------------------------------------

_ARCHITECTURE = tuple(f.name for f in fields(Architecture))
#: Questions are about layers that read a sequence; of their form these are told as they stand.
_FORM = ("input_dim", "tokens", "timesteps", "batch_size", "outputs", "activation")
_ENUMS: dict[str, Callable[[Any], Any]] = {
    "cell": Cell,
    "direction": Direction,
    "merge_mode": MergeMode,
    "activation": Activation,
}


def _plain(question: Question) -> dict[str, Any]:
    found = {
        "id": question.id,
        "kind": question.kind.value,
        "level": question.level,
        "model": _plain_model(question.problem),
        "other": _plain_model(question.other),
        "layer": question.layer or None,
        "matrix": question.matrix.name.lower() if question.matrix else None,
        "change": question.change.name.lower() if question.change else None,
        "given": question.given,
        "text": question.written or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _plain_model(problem: Problem | None) -> dict[str, Any] | None:
    if problem is None:
        return None
    every_step = {"return_sequences": problem.form.pattern.many_outputs}
    return asdict(problem.architecture) | {name: getattr(problem.form, name) for name in _FORM} | every_step


def _questions(where: str, listed: Sequence[Mapping[str, Any]]) -> Questions:
    return tuple(_at(f"{where}[{index}]", _question, plain) for index, plain in enumerate(listed))


def _question(plain: Mapping[str, Any]) -> Question:
    question = Question(
        plain["id"],
        Kind(plain["kind"]),
        plain["level"],
        _model(plain, "model"),
        _model(plain, "other"),
        plain.get("layer", ""),
        Matrix[plain["matrix"].upper()] if "matrix" in plain else None,
        Change[plain["change"].upper()] if "change" in plain else None,
        plain.get("given"),
        plain.get("text", ""),
    )
    if question.kind is Kind.WRITTEN:
        if extra := plain.keys() - {"id", "kind", "level", "text"}:
            raise ValueError(
                _("question {id} is written by hand and has no {name}").format(id=question.id, name=min(extra))
            )
    else:
        right_answer(question)
    return question


def _model(plain: Mapping[str, Any], name: str) -> Problem | None:
    if name not in plain:
        return None
    values = {field: _ENUMS.get(field, lambda value: value)(value) for field, value in plain[name].items()}
    architecture = {field: values.pop(field) for field in _ARCHITECTURE}
    values["pattern"] = Pattern.IN_STEP if values.pop("return_sequences") else Pattern.MANY_TO_ONE
    problem: Problem = _at(name, lambda _values: Problem(Architecture(**architecture), Form(**values)), values)
    return problem


def _at(place: str, read: Callable[[Any], Any], value: object) -> Any:
    """What ``read`` makes of a value; its complaint names the place."""
    try:
        return read(value)
    except ValueError as error:
        separator = "." if re.match(r"model: |other: ", str(error)) else ": "
        raise ValueError(f"{place}{separator}{error}") from None
