"""Rare characters become one sign, so that a model need not learn what it hardly ever sees."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from rnnlab.texts import _, ngettext

#: What may stand for rare characters: the first that is not in the text.
SIGNS = "□◇△○☐"

#: The ends of words and lines are never rare.
SPARED = " \n"


class Folding(NamedTuple):
    """A text in which rare characters are one sign."""

    text: str
    rare: str  # the characters that are gone, by code point
    sign: str  # what stands for them; empty where none was rare
    share: float  # of the text that they are

    @property
    def sentence(self) -> str:
        """How many characters were folded; empty where none was."""
        if not self.rare:
            return ""
        said = ngettext(
            "{n:,} rare character is written {sign}: {share:.2%} of the text.",
            "{n:,} rare characters are written {sign}: {share:.2%} of the text.",
            len(self.rare),
        )
        return said.format(n=len(self.rare), sign=self.sign, share=self.share)


def fold(text: str, rarest: int) -> Folding:
    """The text with one sign for all characters that occur fewer than ``rarest`` times.

    Raises:
        ValueError: all signs that could stand for them are in the text.
    """
    counts = Counter(text) if rarest > 1 else {}
    rare = "".join(sorted(c for c, n in counts.items() if n < rarest and c not in SPARED))
    if not rare:
        return Folding(text, "", "", 0.0)
    sign = next((sign for sign in SIGNS if sign not in counts), "")
    if not sign:
        raise ValueError(_("no sign is left for rare characters: the text has all of {signs}").format(signs=SIGNS))
    share = sum(counts[c] for c in rare) / len(text)
    return Folding(text.translate(dict.fromkeys(map(ord, rare), sign)), rare, sign, share)
