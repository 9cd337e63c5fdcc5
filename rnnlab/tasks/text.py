"""Next-character tasks: read a text but for its last character, say each time what comes next (many to many, in step)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Form, Range

TEXT_LENGTH = Range(3, 200)
OWN_TEXT = "own"


class Arrays(NamedTuple):
    """What a model learns from: token numbers in, token numbers expected at every step."""

    inputs: NDArray[np.int32]  # (B, T)
    targets: NDArray[np.int32]  # (B, T)


@dataclass(frozen=True)
class TextTask:
    """Predict the next character of ``text`` at every step.

    The vocabulary is numbered in order of first appearance, as the lecture does: "hihello" gives h i e l o.
    """

    name: str
    text: str
    title: str
    story: str
    lecture_units: int | None = None  # the hidden size with which the lecture trains it

    @cached_property
    def vocabulary(self) -> str:
        return "".join(dict.fromkeys(self.text))

    @property
    def target(self) -> str:
        """The text that a perfect model predicts."""
        return self.text[1:]

    @property
    def target_tokens(self) -> NDArray[np.int32]:
        """The numbers of the target's characters, (T)."""
        return np.array([self.vocabulary.index(character) for character in self.target], dtype=np.int32)

    @property
    def form(self) -> Form:
        """The form of every model that learns this task; it leaves a person no choice."""
        size = len(self.vocabulary)
        return Form(size, True, len(self.text) - 1, 1, True, size, Activation.SOFTMAX)

    def arrays(self) -> Arrays:
        numbers = np.array([[self.vocabulary.index(c) for c in self.text]], dtype=np.int32)
        return Arrays(numbers[:, :-1], numbers[:, 1:])  # (1, T), (1, T)

    def read(self, tokens: Iterable[int]) -> str:
        """The text that these token numbers spell."""
        return "".join(self.vocabulary[token] for token in tokens)


def check_text(text: str) -> str:
    """The text as it will be learned, in Unicode's composed form so that a Korean syllable is one character.

    Raises:
        ValueError: the text is too short, too long, all one character, or has control characters.
    """
    text = unicodedata.normalize("NFC", text)
    if not TEXT_LENGTH.low <= len(text) <= TEXT_LENGTH.high:
        raise ValueError(
            f"the text must have {TEXT_LENGTH.low} to {TEXT_LENGTH.high} characters; this one has {len(text)}"
        )
    if len(set(text)) == 1:
        raise ValueError(f"the text must have at least 2 different characters; this one has only {text[0]!r}")
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise ValueError(f"the text must be one line of characters; this one has {character!r}")
    return text
