"""A passage to look at: characters of a text, with what is read before them so that the model's state has settled."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Range
from rnnlab.corpora import Corpus
from rnnlab.texts import _

#: Characters that are read before a passage and not shown.
LEAD = 500
#: Characters of a passage.
LENGTH = Range(2, 2_000)
#: A passage of a text begins with a line where one begins not further before than this.
_NEAREST_LINE = 300


class Passage(NamedTuple):
    """A passage of a text.

    Attributes:
        lead: what is read before it and not shown.
        text: what is shown.
    """

    lead: str
    text: str

    def tokens(self, vocabulary: str) -> NDArray[np.intp]:
        """The numbers of all its characters, the lead first. (L + N)"""
        number_of = {character: number for number, character in enumerate(vocabulary)}
        return np.array([number_of[character] for character in self.lead + self.text], np.intp)

    def shown(self, values: NDArray[Any]) -> NDArray[Any]:
        """What belongs to the characters that are shown, (N, …), of values for all, (L + N, …)."""
        return values[len(self.lead) :]


def held_out(corpus: Corpus) -> Range:
    """Where passages of the text begin that were not learned from."""
    return Range(min(len(corpus.training), _last(corpus)), _last(corpus))


def learned(corpus: Corpus) -> Range:
    """Where passages begin that were learned from."""
    return Range(0, max(0, len(corpus.training) - LENGTH.low))


def unread(corpus: Corpus, most: int) -> NDArray[np.intp]:
    """Held-out characters in a row, at most so many, from where a line begins: (N). In them units are searched and held.

    From the middle of what was said its closing mark would be taken for an opening one.
    """
    low = len(corpus.training)
    near = min(_NEAREST_LINE, len(corpus.held_out) // 2)
    start = corpus.text.find("\n", low - 1, low + near) + 1 or low
    return corpus.numbers[start : start + most].astype(np.intp)


def part_of(corpus: Corpus, place: int, length: int) -> Passage:
    """A passage from this place of a text, or the beginning of the line there.

    Args:
        corpus: the text.
        place: characters of the text before it.
        length: characters that are shown; fewer where the text ends.

    Raises:
        ValueError: the place is not in the text, or the length is out of range.
    """
    Range(0, _last(corpus)).check(_("place"), place)
    LENGTH.check(_("characters of the passage"), length)
    text = corpus.text
    line = text.rfind("\n", max(0, place - _NEAREST_LINE), place) + 1
    start = line if line or place <= _NEAREST_LINE else place
    before = max(0, start - LEAD)
    if before:  # not in the middle of what was said, where a closing mark would be taken for an opening one
        before = text.find("\n", before, start - LEAD // 2) + 1 or before
    return Passage(text[before:start], text[start : start + length])


def typed(corpus: Corpus, text: str) -> Passage:
    """A passage that a person has typed, in characters that the model knows; rare ones become the text's sign for them.

    Raises:
        ValueError: it is too short or too long, or has characters that the model has never read.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    LENGTH.check(_("characters of the passage"), len(text))
    known, sign = set(corpus.vocabulary), corpus.folding.sign
    unknown = "" if sign else "".join(dict.fromkeys(c for c in text if c not in known))
    if unknown:
        sentence = _("the passage has characters that the model has never read: {characters}")
        raise ValueError(sentence.format(characters=", ".join(map(repr, unknown[:20]))))
    return Passage("", "".join(c if c in known else sign for c in text))


def first(values: Sequence[float] | NDArray[Any], after: int = 0) -> int | None:
    """Where a feature holds for the first time from a place on, going round at the end; None where it never does."""
    holds = np.flatnonzero(np.asarray(values) > 0)
    if not len(holds):
        return None
    return int(holds[np.searchsorted(holds, after) % len(holds)])


def _last(corpus: Corpus) -> int:
    return max(0, len(corpus.numbers) - LENGTH.low)
