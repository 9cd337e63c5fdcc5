"""How a prediction is drawn: pieces in a row, which a page shows without knowing the task."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.texts import _


class Said(NamedTuple):
    """What a model says to one sample, (P), or to several, (N, P)."""

    predicted: NDArray[np.integer[Any]]  # token or class numbers
    probability: NDArray[np.floating[Any]]  # of each, or the number itself where a number is said

    @classmethod
    def of(cls, outputs: NDArray[np.float32]) -> Said:
        """The likeliest of what comes out, (…, K), and how likely it is; or the number that is said, where K = 1."""
        return cls(outputs.argmax(-1).astype(np.uint16), outputs.max(-1))

    def each(self) -> list[Said]:
        """What is said to each of several samples, one by one."""
        return list(map(Said, self.predicted, self.probability))


class Mark(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    PLAIN = "plain"


class Piece(NamedTuple):
    """One piece of a drawn prediction.

    Attributes:
        text: what it says; may be empty where there is a picture.
        mark: right or wrong, or neither.
        note: a word or two in small letters below: a probability, say.
        title: the same in a sentence, for who points at it or listens.
        picture: grey values from 0 to 1, (rows, columns), or None.
        shade: how strongly it is coloured, from -1 (blue) to 1 (red); 0 for not at all.
    """

    text: str
    mark: Mark = Mark.PLAIN
    note: str = ""
    title: str = ""
    picture: NDArray[np.float32] | None = None
    shade: float = 0.0


class Drawn(NamedTuple):
    """A sample with its prediction: what went in, and what comes out, as pieces in a row."""

    pieces: tuple[Piece, ...]
    before: str = ""  # in words, in front of the pieces
    picture: NDArray[np.float32] | None = None  # in front of the pieces
    after: str = ""  # in words, behind them

    @property
    def said(self) -> str:
        """What is predicted, in a line: letters without, words with a space between them."""
        texts = [piece.text for piece in self.pieces]
        return ("" if all(len(text) <= 1 for text in texts) else " ").join(texts)


def sure(probability: float) -> str:
    """A probability in a small space: never 100 % where it is not."""
    return ">99%" if 0.995 <= probability < 1 else f"{probability:.0%}"


def visible(text: str) -> str:
    """A text whose spaces can be seen."""
    return text.replace(" ", "␣")


def seen(text: str) -> str:
    """A text of which a space alone can be seen."""
    return visible(text) if len(text) == 1 else text


def answer(text: str, expected: str | None, probability: float) -> Piece:
    """A character or name that is said, right or wrong, with its probability; plain where nobody knows what is right."""
    if expected is None:
        return Piece(text, Mark.PLAIN, sure(probability), f"{seen(text)}, {probability:.1%}")
    if text == expected:
        return Piece(text, Mark.RIGHT, sure(probability), _("right, {p:.1%}").format(p=probability))
    title = _("wrong, it should be “{target}”, {p:.1%}").format(target=expected, p=probability)
    return Piece(text, Mark.WRONG, sure(probability), title)


def answers(text: str, expected: str | None, probability: NDArray[np.floating[Any]]) -> tuple[Piece, ...]:
    """Characters that are said one after another; what would follow behind the text is left out."""
    steps = zip(text, expected or [None] * len(text), probability.tolist(), strict=False)
    return tuple(answer(*step) for step in steps)


def one_class(classes: Sequence[str], target: NDArray[Any] | None, said: Said) -> Drawn:
    """The one class that is said, and which it is where that is wrong."""
    expected = classes[int(target[0])] if target is not None else None
    piece = answer(classes[int(said.predicted[0])], expected, float(said.probability[0]))
    return Drawn((piece,), after=_("it is “{name}”").format(name=expected) if piece.mark is Mark.WRONG else "")
