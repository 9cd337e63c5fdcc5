"""A quiz for learning systems and for handing out: GIFT (Moodle), QTI 2.1, CSV and Markdown.

GIFT and QTI hold the answers, as learning systems need them. CSV and Markdown hold them only if a key is given.
GIFT: https://docs.moodle.org/en/GIFT_format.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import partial

from rnnlab.quiz import qti as qti_package
from rnnlab.quiz import sheets
from rnnlab.quiz.accepted import Accepted, accepted
from rnnlab.quiz.bank import Key, Quiz
from rnnlab.quiz.questions import Question
from rnnlab.quiz.wording import text
from rnnlab.texts import _

_GIFT_SPECIAL = re.compile(r"([\\~=#{}:])")
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]#!])|^([-+]|\d+(?=[.)]))")
#: What Markdown of one kind escapes and of another not.
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "~": "&#126;", "|": "&#124;"})


def gift(quiz: Quiz, key: Key | None = None) -> str:
    """Moodle's GIFT: numbers as numerical questions, the rest as short answers; what has no answer is an essay.

    Where students have questions of their own, each student has a category.
    """
    blocks = [f"// {_line(quiz.title)}"]
    for student, questions in quiz.sheets():
        path = (quiz.title, student) if student else (quiz.title,)
        blocks.append("$CATEGORY: $course$/" + "/".join(_line(name).replace("/", "//") for name in path))
        blocks += [_gift_question(question, accepted(question, key, student)) for question in questions]
    return "\n\n".join(blocks) + "\n"


def _line(name: str) -> str:
    return " ".join(name.split())


def _gift_text(plain: str) -> str:
    escaped = _GIFT_SPECIAL.sub(r"\\\1", plain.strip())
    return r"\n".join(line.rstrip() for line in escaped.splitlines())


def _gift_question(question: Question, answers: Accepted) -> str:
    return f"::{_gift_text(question.id)}::[plain]{_gift_text(text(question))} {{{_gift_answers(answers)}}}"


def _gift_answers(answers: Accepted) -> str:
    if answers.number is not None:
        return f"#{answers.number}"
    if any("->" in answer for answer in answers.texts):  # in GIFT that is a pair to be matched, and cannot be escaped
        return ""
    literal = (answer.replace("\\", "\\\\").replace("*", "\\*") for answer in answers.texts)  # * is any text in Moodle
    return " ".join(f"={_gift_text(answer)}" for answer in literal)


def csv_text(quiz: Quiz, key: Key | None = None) -> str:
    """A table of the questions, with the answers where a key is given."""
    file = io.StringIO(newline="")
    row = sheets.writer(file)
    row(("student", "question", "kind", "level", "text", *(("answer",) if key else ())))
    for student, questions in quiz.sheets():
        for question in questions:
            answer = (accepted(question, key, student).first,) if key else ()
            row((student, question.id, question.kind.value, question.level, text(question), *answer))
    return file.getvalue()


def markdown(quiz: Quiz, key: Key | None = None) -> str:
    """A sheet to hand out, one for each student who has questions of their own; with a key, the answers at the end."""
    parts, answers = list[str](), list[str]()
    for student, questions in quiz.sheets():
        heading = f"{_marked(quiz.title)} – {_marked(student)}" if student else _marked(quiz.title)
        parts.append(f"# {heading}")
        parts += [f"## {_('Question {id}').format(id=q.id)}\n\n{_paragraphs(text(q))}" for q in questions]
        answers += [f"### {_marked(student)}"] if student else []
        answers.append("\n".join(f"- {q.id}: {_marked(accepted(q, key, student).first)}" for q in questions))
    if key:
        parts += [f"# {_('Answers')}", *answers]
    return "\n\n".join(parts) + "\n"


def _marked(plain: str) -> str:
    marked = _MARKDOWN_SPECIAL.sub(_marked_sign, _line(plain))
    return marked.translate(_ENTITIES)


def _marked_sign(found: re.Match[str]) -> str:
    sign = found[0]
    return f"{sign}\\" if sign.isdigit() else f"\\{sign}"  # a line that begins with "1." is a list


def _paragraphs(plain: str) -> str:
    return "\n\n".join(_marked(line) for line in plain.splitlines() if line.strip())


def qti(quiz: Quiz, key: Key | None = None) -> bytes:
    """A QTI 2.1 package: a ZIP with imsmanifest.xml, the test and an item for each question."""
    return qti_package.package(quiz, partial(accepted, key=key))


_FORMATS: dict[str, Callable[[Quiz, Key | None], bytes]] = {
    "gift": lambda quiz, key: gift(quiz, key).encode(),
    "qti": qti,
    "csv": lambda quiz, key: csv_text(quiz, key).encode("utf-8-sig"),
    "md": lambda quiz, key: markdown(quiz, key).encode(),
}


def export(quiz: Quiz, key: Key | None, form: str) -> bytes:
    """The file of a quiz in one of the forms gift, qti, csv and md.

    Raises:
        ValueError: there is no such form.
    """
    if form not in _FORMATS:
        raise ValueError(
            _("the format must be one of {formats}, not {form!r}").format(formats=", ".join(_FORMATS), form=form)
        )
    return _FORMATS[form](quiz, key)
