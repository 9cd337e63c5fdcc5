"""Next-character tasks: read a text but for its last character, say each time what comes next (many to many, in step)."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Form, Pattern
from rnnlab.tasks.drawn import Drawn, Said, answers, visible
from rnnlab.tasks.task import Arrays, Data, Defaults, Given, Inputs, Length, Metric, Option, Own, Targets, Task, bench
from rnnlab.tasks.tokens import check_characters, numbering, numbers, spelled
from rnnlab.texts import _, noted

TEXT_LENGTH = Length(3, 200)
ORDER = 10


@dataclass(frozen=True)
class TextTask(Task):
    """Predict the next character of ``text`` at every step.

    The vocabulary is numbered in order of first appearance, as the lecture does: "hihello" gives h i e l o. Everything
    is shown in training; nothing is held out.
    """

    text: str
    units: int = 5

    metric = Metric.TOKENS
    holds_out = False
    own = Own.LINE
    shown = 1
    backward_sees_answer = True

    @property
    def checked_text(self) -> str:
        """The text as it is learned, in Unicode's composed form so that a Korean syllable is one character.

        Raises:
            ValueError: the text is too short, too long, all one character, or has control characters.
        """
        return check_text(self.text)

    @property
    def vocabulary(self) -> str:
        return "".join(dict.fromkeys(self.checked_text))

    @property
    def example(self) -> str:
        return self.text[:-1]

    @property
    def defaults(self) -> Defaults:
        return Defaults(bench(self.units))

    @property
    def form(self) -> Form:
        size = len(self.vocabulary)
        return Form(
            size, timesteps=len(self.checked_text) - 1, batch_size=1, outputs=size, activation=Activation.SOFTMAX
        )

    def data(self, seed: int) -> Data:
        tokens = numbers(self.checked_text, self.vocabulary)[np.newaxis]
        return Arrays(tokens[:, :-1], tokens[:, 1:]).split(1)  # (1, T), (1, T)

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        expected = self.read(target) if target is not None else None
        return Drawn(answers(self.read(said.predicted), expected, said.probability))

    def steps(self, sample: Inputs) -> tuple[str, ...]:
        return tuple(self.read(sample))

    def facts(self) -> tuple[tuple[str, str], ...]:
        text = self.checked_text
        return (
            (_("in"), visible(text[:-1])),
            (_("out"), visible(text[1:])),
            (_("vocabulary"), numbering(self.vocabulary)),
        )

    def give(self, given: str | NDArray[np.float32]) -> Given:
        line = unicodedata.normalize("NFC", str(given))
        check_characters(line, self.vocabulary, TEXT_LENGTH.high)
        return Given(numbers(line, self.vocabulary))

    @property
    def pattern(self) -> Pattern:
        return Pattern.IN_STEP

    def without_memory(self) -> str:
        pairs = Counter(pairwise(self.checked_text))
        most = sum(max(n for (c, _after), n in pairs.items() if c == character) for character in {c for c, _a in pairs})
        forks = {c for c, _after in pairs if sum(c == other for other, _after in pairs) > 1}
        if not forks:
            return _("Here that is enough: every character is always followed by the same one.")
        return _(
            "After {letters} come different ones; it must always say the same, so at most {most} of {all} can be right."
        ).format(
            letters=", ".join(f"“{visible(c)}”" for c in self.vocabulary if c in forks),
            most=most,
            all=sum(pairs.values()),
        )

    def read(self, tokens: Iterable[int] | NDArray[Any]) -> str:
        """The text that these token numbers spell."""
        return spelled(tokens, self.vocabulary)


@dataclass(frozen=True)
class OwnText(TextTask):
    """A text of the person's own."""

    options = (
        Option(
            "text",
            noted("Text, {low} to {high} characters"),
            TEXT_LENGTH,
            noted("for example: banana bandana"),
        ),
    )


def check_text(text: str) -> str:
    """The text as it will be learned, in Unicode's composed form.

    Raises:
        ValueError: the text is too short, too long, all one character, or has control characters.
    """
    text = unicodedata.normalize("NFC", text)
    if not TEXT_LENGTH.low <= len(text) <= TEXT_LENGTH.high:
        raise ValueError(
            _("the text must have {low} to {high} characters; this one has {n}").format(
                low=TEXT_LENGTH.low, high=TEXT_LENGTH.high, n=len(text)
            )
        )
    if len(set(text)) == 1:
        raise ValueError(
            _("the text must have at least 2 different characters; this one has only {character!r}").format(
                character=text[0]
            )
        )
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise ValueError(
                _("the text must be one line of characters; this one has {character!r}").format(character=character)
            )
    return text


TASKS = (
    TextTask(
        "hihello",
        noted("hihello"),
        noted(
            "Read “hihell” a letter at a time and say the next letter each time: “ihello”. After “h” comes once “i” and "
            "once “e”, after “l” once “l” and once “o”: without a memory nobody can be right everywhere."
        ),
        "hihello",
    ),
    TextTask(
        "hello",
        noted("hello"),
        noted(
            "The smallest one: read “hell”, say “ello”. Only “l” needs a memory: it is followed once by “l”, once by “o”."
        ),
        "hello",
    ),
    TextTask(
        "long_sequence",
        noted("Long sequence"),
        noted(
            "“ if you want you”: sixteen characters, ten different ones. The lecture gives its LSTM one hidden unit for "
            "each of the ten."
        ),
        " if you want you",
        units=10,
    ),
    OwnText(
        "own",
        noted("Your own text"),
        noted(
            "A text of your own: the model reads all characters but the last and says the next one each time. "
            "Try one in which the same letter is followed by different ones."
        ),
        "banana bandana",
        units=10,
    ),
)
