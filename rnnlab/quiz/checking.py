"""Is an answer right, and what does a wrong one tell?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from rnnlab.architecture import Form
from rnnlab.formulas import shape_text
from rnnlab.plan import Shape
from rnnlab.quiz.arithmetic import number
from rnnlab.quiz.questions import Comparison, Kind, Question, changed, compared, counted, right_answer
from rnnlab.quiz.slips import Finding, Parts, Slip, diagnose, slips_of
from rnnlab.texts import _, ngettext

#: Credit of an answer: right; wrong by one known slip; wrong by two.
RIGHT, ONE_SLIP, TWO_SLIPS = 1.0, 0.5, 0.25
_LONGEST = 300


class Mark(NamedTuple):
    """What an answer is worth.

    Attributes:
        right: whether it is right.
        credit: 1 for a right one, 0.5 where one known slip explains it, 0.25 where two do, else 0.
        findings: every explanation of a wrong number.
        sentence: what is to be said besides.
        wrong_layer: the first layer that differs, where layers were filled in.
    """

    right: bool
    credit: float
    findings: tuple[Finding, ...] = ()
    sentence: str = ""
    wrong_layer: str = ""


def check(question: Question, answer: str, expected: str = "") -> Mark:
    """Check the answer to a question.

    Args:
        question: what was asked.
        answer: what was typed.
        expected: the answer of the key, for a question written by hand.

    Raises:
        ValueError: the answer cannot be read; the sentence says what is allowed.
    """
    if len(answer) > _LONGEST:
        raise ValueError(
            ngettext(
                "{n:,} character is too many for an answer: at most {most}",
                "{n:,} characters are too many for an answer: at most {most}",
                len(answer),
            ).format(n=len(answer), most=_LONGEST)
        )
    if question.kind is Kind.WRITTEN:
        return _check_written(answer, expected)
    right = right_answer(question)
    if isinstance(right, Comparison):
        return _check_comparison(question, right, answer)
    if isinstance(right, tuple):
        return _check_shape(right, answer, question.model.form)
    return _check_number(question, right, _number(question, answer))


def check_layers(question: Question, answers: Mapping[str, str]) -> Mark:
    """Check the count of a whole model layer by layer.

    Args:
        question: of the kind ``MODEL``.
        answers: what was typed for each layer with weights, by its name.

    Raises:
        ValueError: one of them cannot be read.
    """
    parts = question.model.parts()
    given = {part.name: number(answers.get(part.name, "")) for part in parts}
    wrong = [part for part in parts if given[part.name] != part.parameters]
    if not wrong:
        return Mark(True, RIGHT)
    findings = tuple(f for part in wrong for f in diagnose(question.model, given[part.name], (part,)))
    if len(wrong) == 1:
        return _explained(findings, wrong[0].name)
    return Mark(False, 0.0, findings, _unexplained(findings), wrong[0].name)


def _check_number(question: Question, right: int, given: int) -> Mark:
    if given == right:
        return Mark(True, RIGHT)
    match question.kind:
        case Kind.MODEL:
            return _explained(diagnose(question.model, given))
        case Kind.LAYER:
            return _explained(diagnose(question.model, given, _asked(question)))
        case Kind.CHANGE if question.change is not None:
            base = counted(question.model).total
            return _explained(diagnose(changed(question.model, question.change), base + given))
        case Kind.SIZE:
            return Mark(
                False,
                0.0,
                (),
                _("With {given:,} units the model has another number of parameters.").format(given=given),
            )
    return Mark(False, 0.0, (), _("Wₓ has a row for each unit and a column for each input, Wₕ is square: Dₕ × Dₕ."))


def _asked(question: Question) -> Parts:
    return tuple(part for part in question.model.parts() if part.name == question.layer)


def _explained(findings: tuple[Finding, ...], layer: str = "") -> Mark:
    fewest = min((len(finding.slips) for finding in findings), default=0)
    credit = {0: 0.0, 1: ONE_SLIP}.get(fewest, TWO_SLIPS)
    return Mark(False, credit, findings, _unexplained(findings), layer)


def _unexplained(findings: tuple[Finding, ...]) -> str:
    return "" if findings else _("None of the known slips, alone or in pairs, leads to this number.")


def _number(question: Question, answer: str) -> int:
    if question.kind is Kind.CHANGE and answer.strip().lower() in ("nothing", _("nothing"), "none", "no"):
        return 0
    return number(answer.strip().removeprefix("+"))


def _check_comparison(question: Question, right: Comparison, answer: str) -> Mark:
    given = _comparison(answer)
    if given == right:
        return Mark(True, RIGHT)
    if findings := _made_twice(question, given):
        return _explained(findings)
    if given.smaller == right.smaller:
        return Mark(False, ONE_SLIP, (), _("The smaller one is right; the difference is another."))
    return Mark(False, 0.0, (), _("Count both first, then compare."))


def _made_twice(question: Question, given: Comparison) -> tuple[Finding, ...]:
    """The slips that lead to this comparison where they are made in both models, as far as each allows it."""
    problems = [problem for problem in (question.model, question.other) if problem]
    rights = [counted(problem).total for problem in problems]
    numbers = [dict(slips_of(problem)) for problem in problems]
    return tuple(
        Finding((slip,), frozenset())
        for slip in Slip
        if any(slip in known for known in numbers)
        and compared(*(known.get(slip, right) for known, right in zip(numbers, rights, strict=True))) == given
    )


def _comparison(answer: str) -> Comparison:
    found = re.fullmatch(r"\s*(same|a|b)\b[\s:,;]*(?:by\s)?(.*)", answer, re.IGNORECASE | re.DOTALL)
    if not found:
        raise ValueError(
            _("“{answer}” should begin with A, B or same, such as: A 129").format(answer=answer.strip()[:40])
        )
    smaller = found[1].lower()
    if smaller == "same":
        return Comparison("same", 0)
    return Comparison(smaller.upper(), number(found[2]))


def _check_shape(right: Shape, answer: str, form: Form) -> Mark:
    given = _shape(answer)
    if given == right:
        return Mark(True, RIGHT)
    if len(given) != len(right):
        sentence = (
            _("There is an output at every step, so the timesteps are in the shape.")
            if form.pattern.many_outputs
            else _("Only the last step comes out, so the timesteps are not in the shape.")
        )
    elif given[0] != right[0]:
        sentence = _("The first place is the batch size; None where it is not fixed.")
    elif len(right) == 3 and given[1] != right[1]:
        sentence = _("The second place is the number of timesteps.")
    else:
        sentence = _("The last place is how many numbers come out at a step.")
    return Mark(False, 0.0, (), sentence)


def _shape(answer: str) -> Shape:
    inner = answer.strip().strip("()[] ")
    words = [word for word in re.split(r"[\s,×x]+", inner) if word]
    try:
        return tuple(None if word.lower() == "none" else int(word) for word in words)
    except ValueError:
        raise ValueError(
            _("“{answer}” is not a shape such as {shape}").format(
                answer=answer.strip()[:40], shape=shape_text((None, 10, 6))
            )
        ) from None


def _check_written(answer: str, expected: str) -> Mark:
    """The numbers are compared where both are numbers, the words otherwise, without regard to case and spaces."""
    if not expected:
        raise ValueError(_("this question is written by hand, so checking it needs the key"))
    try:
        right = number(expected) == number(answer)
    except ValueError:
        right = " ".join(expected.split()).casefold() == " ".join(answer.split()).casefold()
    return Mark(right, RIGHT if right else 0.0)


def slips(mark: Mark) -> tuple[Slip, ...]:
    """Every slip that may have been made."""
    return tuple(dict.fromkeys(slip for finding in mark.findings for slip in finding.slips))
