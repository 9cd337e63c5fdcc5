"""Tagging (many to many, in step): which characters of a line lie inside brackets or quotes.

An opening mark counts only if it is closed later in the line, so who reads forward alone has to guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form
from rnnlab.tasks.drawn import Drawn, Mark, Piece, Said, sure, visible
from rnnlab.tasks.task import Arrays, Data, Defaults, Given, Inputs, Metric, Own, Targets, Task
from rnnlab.tasks.tokens import check_characters, numbering, numbers, spelled
from rnnlab.texts import _, noted

ORDER = 70

TIMESTEPS = 18
CHARACTERS = 'abcdef ()"'
OUTSIDE, INSIDE = 0, 1
TRAINED, HELD_OUT = 1600, 400

#: How often a character is one of these marks. A line has marks of one kind only: which of two kinds of mark still
#: comes is more than one layer can join with which of them is open, since its output adds the two directions up.
BRACKETS = {"(": 0.15, ")": 0.08}
QUOTES = {'"': 0.10}

#: From an opening mark to the next one that closes it; where none does, the search goes on behind the opening mark.
_ENCLOSED = re.compile(r'\(([^)]*)\)|"([^"]*)"')


def inside(line: str) -> list[bool]:
    """Whether each character lies inside brackets or quotes; the marks themselves lie outside.

    Brackets do not nest: the first ")" behind a "(" closes it.
    """
    tags = [False] * len(line)
    for found in _ENCLOSED.finditer(line):
        for place in range(found.start() + 1, found.end() - 1):
            tags[place] = True
    return tags


@dataclass(frozen=True)
class Tagging(Task):
    """Say of each of 18 characters whether it lies inside or outside."""

    metric = Metric.TOKENS
    goal = 0.98
    own = Own.LINE
    example = "ab (cd e) f (ab"
    defaults = Defaults(
        (
            Architecture(Cell.LSTM, 24, direction=Direction.BIDIRECTIONAL),
            Architecture(Cell.LSTM, 24),
            Architecture(Cell.GRU, 24, direction=Direction.BIDIRECTIONAL),
        ),
        epochs=15,
        learning_rate=0.01,
    )

    @property
    def form(self) -> Form:
        return Form(len(CHARACTERS), timesteps=TIMESTEPS, outputs=2, activation=Activation.SOFTMAX)

    @property
    def classes(self) -> tuple[str, ...]:
        return _("outside"), _("inside")

    def without_memory(self) -> str:
        return _("No character says by itself where it lies; always “outside” is right about 84 times in 100.")

    def data(self, seed: int) -> Data:
        rng = np.random.default_rng(seed)
        half = (TRAINED + HELD_OUT) // 2
        inputs = rng.permutation(np.concatenate([_lines(rng, half, BRACKETS), _lines(rng, half, QUOTES)]))  # (N, T)
        targets = np.array([inside(spelled(line, CHARACTERS)) for line in inputs], np.int32)  # (N, T)
        return Arrays(inputs, targets).split(TRAINED)

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        expected = [None] * len(inputs) if target is None else target.tolist()
        read = zip(
            spelled(inputs, CHARACTERS), expected, said.predicted.tolist(), said.probability.tolist(), strict=True
        )
        return Drawn(tuple(self._piece(*step) for step in read))

    def _piece(self, character: str, expected: int | None, said: int, probability: float) -> Piece:
        classes = self.classes
        words = {"character": visible(character), "said": classes[said], "p": f"{probability:.1%}"}
        shade = 0.6 if said == INSIDE else 0.0
        if expected is None:
            mark, title = Mark.PLAIN, _("“{character}” lies {said}, {p}")
        elif said == expected:
            mark, title = Mark.RIGHT, _("“{character}” lies {said}: right, {p}")
        else:
            mark, title = Mark.WRONG, _("“{character}” lies {said}: wrong, it lies {target}, {p}")
            words["target"] = classes[expected]
        return Piece(visible(character), mark, sure(probability), title.format(**words), shade=shade)

    def steps(self, sample: Inputs) -> tuple[str, ...]:
        return tuple(spelled(sample, CHARACTERS))

    def facts(self) -> tuple[tuple[str, str], ...]:
        return (
            (_("in"), visible(self.example)),
            (_("out"), _("outside or inside, at each character")),
            (_("vocabulary"), numbering(CHARACTERS)),
        )

    def give(self, given: str | NDArray[np.float32]) -> Given:
        line = str(given)
        check_characters(line, CHARACTERS, TIMESTEPS)
        both = '"' in line and ("(" in line or ")" in line)
        remark = _("It has learned from lines with either brackets or quotes, never both in one line.") if both else ""
        return Given(numbers(line.ljust(TIMESTEPS), CHARACTERS), remark)


def _lines(rng: np.random.Generator, count: int, marks: dict[str, float]) -> NDArray[np.int32]:
    """Lines of independent characters, (count, T): these marks this often, letters and spaces equally often."""
    others = CHARACTERS[:7]
    left = (1 - sum(marks.values())) / len(others)
    chances = [marks.get(character, left if character in others else 0.0) for character in CHARACTERS]
    return rng.choice(len(CHARACTERS), size=(count, TIMESTEPS), p=chances).astype(np.int32)


TASKS = (
    Tagging(
        "tagging",
        noted("Inside or outside"),
        noted(
            "Read a line of characters and say of each whether it lies inside brackets or quotes. A mark that is never "
            "closed opens nothing, so what “(” means is known only at “)”. Who reads forward alone has to guess: even the "
            "best guess is right only 88 times in 100. Who reads in both directions can be right everywhere."
        ),
    ),
)
