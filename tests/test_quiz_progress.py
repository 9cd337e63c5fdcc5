"""A student's way through the quiz: credit, streak, slips, hints."""

import re

import pytest

from rnnlab.quiz.hints import hints
from rnnlab.quiz.making import make
from rnnlab.quiz.progress import Progress
from rnnlab.quiz.questions import Kind, answer_text, right_answer
from rnnlab.quiz.slips import Slip, slips_of


def right(progress: Progress) -> str:
    return answer_text(right_answer(progress.question))


def test_right_at_once():
    progress = Progress(7, 1)
    progress.answer("529,441")
    assert (progress.solved, progress.score, progress.streak, progress.done) == (True, 1.0, 1, True)
    progress.answer("1")
    assert progress.score == 1
    progress.go_on()
    assert (progress.place, progress.done, progress.mark, progress.worth) == (2, False, None, 1)


def test_hints_and_wrong_answers_cost_credit_and_end_the_streak():
    progress = Progress(7, 1)
    progress.answer(right(progress))
    progress.go_on()
    progress.hint()
    progress.answer("1")
    assert progress.worth == 0.5
    progress.answer(right(progress))
    assert (progress.score, progress.streak) == (1.5, 0)


def test_credit_is_never_negative():
    progress = Progress(7, 1)
    for _ in range(6):
        progress.hint()
        progress.answer("1")
    assert (progress.hints, progress.worth) == (3, 0)


def test_the_solution_gives_nothing():
    progress = Progress(7, 1)
    progress.show()
    progress.hint()
    assert (progress.score, progress.shown, progress.hints) == (0, True, 0)


def test_what_cannot_be_read_costs_nothing():
    progress = Progress(7, 1)
    with pytest.raises(ValueError, match="whole number"):
        progress.answer("many")
    assert (progress.wrong, progress.mark) == (0, None)


def test_the_next_question_leans_toward_the_slips_made():
    progress = Progress(7, 3)
    for _ in range(3):
        progress.made.update([Slip.SECOND_INPUT])
    progress.go_on()
    asked = []
    for _ in range(4):
        asked.append(Slip.SECOND_INPUT in {slip for slip, _number in slips_of(progress.question.model)})
        progress.go_on()
    plain = [
        Slip.SECOND_INPUT in {slip for slip, _number in slips_of(make(7, place, 3).model)} for place in range(3, 7)
    ]
    assert sum(asked) >= sum(plain)
    assert any(asked)


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("place", range(1, 15))
def test_hints_never_hold_the_answer(level, place):
    question = make(5, place, level)
    given = hints(question)
    assert len(given) == 3
    assert all(given)
    answer = right_answer(question)
    if question.kind in (Kind.MODEL, Kind.LAYER) and answer > 100:
        numbers = {int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", " ".join(given))}
        assert answer not in numbers
