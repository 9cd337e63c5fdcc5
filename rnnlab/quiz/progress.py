"""How a student is doing: the question now, hints taken, score, streak, and the slips made most often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from rnnlab.quiz.checking import Mark, check, check_layers, slips
from rnnlab.quiz.making import make
from rnnlab.quiz.questions import Question
from rnnlab.quiz.slips import Slip

#: What a hint and a wrong answer cost of the credit of 1 for a question.
HINT_COSTS, WRONG_COSTS = 0.25, 0.25
MOST_HINTS = 3


@dataclass
class Progress:
    """One student's way through the questions of a seed; the next question leans toward the slips made.

    Attributes:
        seed: of the questions.
        level: 1 to 3.
        place: number of the question, from 1.
        credits: credit of every question that is done.
        streak: questions in a row that were right at once and without hints.
        made: every slip that may have been made, with how often.
        hints: taken for this question.
        wrong: wrong answers to this question.
        mark: of the last answer to this question; None before the first.
        solved: whether this question was answered rightly.
        shown: whether its solution was asked for.
    """

    seed: int
    level: int
    place: int = 1
    credits: list[float] = field(default_factory=list)
    streak: int = 0
    made: Counter[Slip] = field(default_factory=Counter)
    hints: int = 0
    wrong: int = 0
    mark: Mark | None = None
    solved: bool = False
    shown: bool = False
    question: Question = field(init=False)

    def __post_init__(self) -> None:
        self.question = make(self.seed, self.place, self.level)

    @property
    def done(self) -> bool:
        """Whether nothing is to be answered any more, and the solution may be seen."""
        return self.solved or self.shown

    @property
    def worth(self) -> float:
        """What a right answer now would give."""
        return max(0.0, 1 - HINT_COSTS * self.hints - WRONG_COSTS * self.wrong)

    @property
    def score(self) -> float:
        return sum(self.credits)

    def answer(self, typed: str | Mapping[str, str]) -> None:
        """Take an answer: one text, or one for each layer.

        Raises:
            ValueError: it cannot be read; nothing has changed then.
        """
        if self.done:
            return
        self.mark = check(self.question, typed) if isinstance(typed, str) else check_layers(self.question, typed)
        if self.mark.right:
            self._end(solved=True)
        else:
            self.wrong += 1
            self.made.update(slips(self.mark))

    def hint(self) -> None:
        """Take one hint more."""
        if not self.done:
            self.hints = min(self.hints + 1, MOST_HINTS)

    def show(self) -> None:
        """Give up and see the solution."""
        if not self.done:
            self._end(solved=False)

    def _end(self, solved: bool) -> None:
        self.credits.append(self.worth if solved else 0.0)
        self.streak = self.streak + 1 if solved and self.worth == 1 else 0
        self.solved, self.shown = solved, not solved

    def go_on(self) -> None:
        """The next question."""
        self.place += 1
        self.hints, self.wrong, self.mark, self.solved, self.shown = 0, 0, None, False, False
        self.question = make(self.seed, self.place, self.level, lean=self.made)
