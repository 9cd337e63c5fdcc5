"""Sentences as sequences of words: how they are split, numbered, padded and asked about, and what word tasks share."""

from __future__ import annotations

import math
import re
import unicodedata
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Form, Pattern
from rnnlab.tasks.drawn import Drawn, Piece, Said, answer, sure
from rnnlab.tasks.task import Arrays, Baseline, Data, Given, Inputs, Metric, Own, Targets, Task
from rnnlab.tasks.tokens import PADDING, UNKNOWN, padded
from rnnlab.texts import _, noted

#: What a person may type: this many words and punctuation marks (a task may have more), with so many characters to each.
TIMESTEPS, CHARACTERS_A_WORD = 20, 10
#: The share of words that training does not know, so that the token for unknown words is learned too.
UNKNOWN_SHARE = 0.02

#: Sentences with their class numbers.
Sentences = Sequence[tuple[str, int]]

_PIECE = re.compile(r"\w+?(?=n't\b)|n't\b|'(?:s|m|d|re|ve|ll)\b|\w+|[^\w\s]")


def split(text: str) -> list[str]:
    """Lower-case words and punctuation marks, contractions in two as the Penn Treebank has them: "isn't" is "is" "n't"."""
    plain = unicodedata.normalize("NFC", text.lower().replace("’", "'"))
    return [piece for piece in _PIECE.findall(plain) if piece.isprintable()]


def vocabulary(texts: Iterable[str]) -> tuple[str, ...]:
    """Every word of these texts, in order of appearance, behind the places of padding and of unknown words."""
    return ("", "", *dict.fromkeys(piece for text in texts for piece in split(text)))


def encode(sentences: Sequence[str], known: Sequence[str], timesteps: int = TIMESTEPS) -> NDArray[np.int32]:
    """The numbers of each sentence's words, padded at the end, (N, T)."""
    numbers = {word: number for number, word in enumerate(known) if word}
    return padded([split(sentence) for sentence in sentences], numbers, timesteps)


def forget(inputs: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.int32]:
    """The same sentences (N, T) with a few of their words unknown."""
    forgotten = (rng.random(inputs.shape) < UNKNOWN_SHARE) & (inputs != PADDING)
    return np.where(forgotten, np.int32(UNKNOWN), inputs)


def sentence_data(train: Sentences, held_out: Sentences, known: Sequence[str], rng: np.random.Generator) -> Data:
    """Sentences with their class numbers as arrays; of those to learn from, a few words are forgotten."""
    (inputs, targets), measured = _numbered(train, known), _numbered(held_out, known)
    return Data(Arrays(forget(inputs, rng), targets), Arrays(*measured))


def _numbered(said: Sentences, known: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Numbers of words (N, T) and of classes (N, 1)."""
    targets = np.array([[number] for _sentence, number in said], np.int32)
    return encode([sentence for sentence, _number in said], known), targets


def prefixes(inputs: NDArray[Any]) -> NDArray[Any]:
    """Sentences (N, T) as a reader meets them, (N·T, T): the k-th row of each is its first k words, then padding."""
    timesteps = inputs.shape[1]
    met = np.tri(timesteps, dtype=bool)  # (T, T)
    return np.where(met, inputs[:, np.newaxis], PADDING).reshape(-1, timesteps).astype(inputs.dtype)


def bag_of_words(data: Data, size: int) -> Baseline:
    """What logistic regression reaches that is told how often each of ``size`` words occurs, but not in which order."""
    from sklearn.linear_model import LogisticRegression

    def counts(inputs: Inputs) -> NDArray[np.int64]:
        return np.array([np.bincount(row[row != PADDING], minlength=size) for row in inputs])  # (N, V)

    model = LogisticRegression(max_iter=1000).fit(counts(data.train.inputs), data.train.targets[:, 0])
    right = model.predict(counts(data.held_out.inputs)) == data.held_out.targets[:, 0]
    return Baseline(
        noted("bag of words (logistic regression)"),
        float(right.mean()),
        math.nan if data.hard is None else float(right[data.hard].mean()),
        noted("It knows which words occur, not their order: what a “not” belongs to, it cannot see."),
    )


@dataclass(frozen=True)
class SentenceTask(Task):
    """Read a sentence a word at a time, then say which class it is of (many to one)."""

    metric = Metric.CLASSES
    goal = 0.95
    own = Own.LINE
    #: The words by their numbers, as ``vocabulary`` makes them.
    known: ClassVar[tuple[str, ...]]
    #: The most words and punctuation marks of a sentence.
    timesteps: ClassVar[int] = TIMESTEPS

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]: ...

    @property
    def form(self) -> Form:
        return Form(
            input_dim=len(self.known),
            timesteps=self.timesteps,
            pattern=Pattern.MANY_TO_ONE,
            outputs=len(self.classes),
            activation=Activation.SOFTMAX,
            masked=True,
        )

    def questions(self, inputs: Inputs) -> Inputs:
        return prefixes(inputs)

    def short(self, number: int) -> str:
        """A class in a word, to stand below a word."""
        return self.classes[number]

    def shade(self, number: int, probability: float) -> float:
        """How red or blue a word is after which this class is believed; none where classes have no order."""
        return 0.0

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        beliefs = [(int(number), float(likely)) for number, likely in zip(*said, strict=True)]
        words = self.read(inputs)
        pieces = [self._word(word, *belief) for word, belief in zip(words, beliefs, strict=False)]
        number, likely = beliefs[max(len(words) - 1, 0)]
        expected = None if target is None else self.classes[int(target[0])]
        return Drawn((*pieces, answer(self.classes[number], expected, likely)))

    def _word(self, word: str, number: int, likely: float) -> Piece:
        """A word with what is believed once it is read."""
        note = f"{self.short(number)} {sure(likely)}"
        title = _("after “{word}”: {name}, {p:.1%}").format(word=word, name=self.classes[number], p=likely)
        return Piece(word, note=note, title=title, shade=self.shade(number, likely))

    def read(self, inputs: Inputs) -> list[str]:
        """The words that these numbers (T) stand for, without padding."""
        return [self.known[number] or _("(unknown)") for number in inputs if number != PADDING]

    def steps(self, sample: Inputs) -> tuple[str, ...]:
        words = self.read(sample)
        return (*words, *[""] * (len(sample) - len(words)))

    def facts(self) -> tuple[tuple[str, str], ...]:
        return (
            (_("in"), _("up to {n} words and punctuation marks").format(n=self.timesteps)),
            (_("out"), ", ".join(self.classes)),
            (_("vocabulary"), _("{n} words").format(n=len(self.known) - 2)),
        )

    def give(self, given: str | NDArray[np.float32]) -> Given:
        text = str(given)
        if len(text) > (most := CHARACTERS_A_WORD * self.timesteps):
            raise ValueError(_("type at most {most} characters; these are {n}").format(most=most, n=len(text)))
        words = split(text)
        if not 1 <= len(words) <= self.timesteps:
            raise ValueError(
                _("type 1 to {most} words and punctuation marks; these are {n}").format(
                    most=self.timesteps, n=len(words)
                )
            )
        unknown = ", ".join(dict.fromkeys(word for word in words if word not in self.known))
        remark = _("words that this task does not know: {unknown}").format(unknown=unknown) if unknown else ""
        return Given(encode([text], self.known, self.timesteps)[0], remark)
