"""Which answers a learning system is to accept: it compares letters, so a shape is listed in the ways people write it."""

from __future__ import annotations

from typing import NamedTuple

from rnnlab.quiz.arithmetic import number
from rnnlab.quiz.bank import Key
from rnnlab.quiz.questions import Comparison, Kind, Question, answer_text, right_answer


class Accepted(NamedTuple):
    """The right answers to a question: a number, or texts, the first as it stands in a key; none where nobody knows."""

    number: int | None = None
    texts: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """As it stands in a key; "" where there is none."""
        return str(self.number) if self.number is not None else "".join(self.texts[:1])


def accepted(question: Question, key: Key | None = None, student: str = "") -> Accepted:
    """What is right, by counting; of a question written by hand, what the key says."""
    if question.kind is Kind.WRITTEN:
        return _written(key.expected(student, question.id) if key else "")
    right = right_answer(question)
    if isinstance(right, Comparison):
        return Accepted(texts=_comparison(right))
    if isinstance(right, tuple):
        return Accepted(texts=_shape(answer_text(right)))
    return Accepted(number=right)


def _written(expected: str) -> Accepted:
    try:
        return Accepted(number=number(expected))
    except ValueError:
        return Accepted(texts=(expected,)) if expected else Accepted()


def _comparison(right: Comparison) -> tuple[str, ...]:
    if right.smaller == "same":
        return "same", "same 0"
    return tuple(f"{right.smaller}{between}{right.by}" for between in (" ", ": ", ", ", " by "))


def _shape(keras: str) -> tuple[str, ...]:
    """(None, 10, 6) with and without brackets and spaces."""
    inner = keras.strip("()").rstrip(",")
    close = inner.replace(" ", "")
    return keras, f"({close})", inner, close, f"[{inner}]", inner.replace(",", ""), close.replace(",", "×")
