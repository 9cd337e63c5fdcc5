"""Tokens are numbers: a character's is its place among those that are known, a piece of a text has its own in a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rnnlab.tasks.drawn import visible
from rnnlab.texts import _

#: Numbers that are no piece of a text; the pieces follow.
PADDING, UNKNOWN = 0, 1


def numbers(text: str, known: str) -> NDArray[np.int32]:
    """The numbers of the characters, (T); all of them must be known."""
    return np.array([known.index(character) for character in text], np.int32)


def spelled(tokens: Iterable[int], known: str) -> str:
    """The text that these numbers spell."""
    return "".join(known[int(token)] for token in tokens)


def check_characters(line: str, known: str, most: int) -> None:
    """Refuse what a person typed where it cannot be read.

    Raises:
        ValueError: there are too many characters, or none, or some that are not known.
    """
    if not 1 <= len(line) <= most:
        raise ValueError(_("type 1 to {most} characters; these are {n}").format(most=most, n=len(line)))
    if unknown := "".join(dict.fromkeys(character for character in line if character not in known)):
        raise ValueError(
            _("this model knows only the characters {known}, not {unknown}").format(
                known=visible(known), unknown=visible(unknown)
            )
        )


def numbering(known: str) -> str:
    """Characters with their numbers, in a line."""
    return "  ".join(f"{visible(character)}={number}" for number, character in enumerate(known))


def padded(texts: Sequence[Sequence[str]], known: Mapping[str, int], timesteps: int) -> NDArray[np.int32]:
    """The numbers of the pieces of each text, padded at the end, (N, T)."""
    encoded = np.full((len(texts), timesteps), PADDING, np.int32)
    for row, pieces in zip(encoded, texts, strict=True):
        row[: len(pieces)] = [known.get(piece, UNKNOWN) for piece in pieces]
    return encoded
