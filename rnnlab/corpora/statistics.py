"""What a text is made of: its length, its characters and how often each occurs, its words, a window on it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Set
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from rnnlab.corpora.corpus import Corpus

#: A word: letters in a row, of any script, as they are written.
_WORD = re.compile(r"[^\W\d_]+")

#: Marks for the characters that one does not see.
_SIGNS = {"\n": "↵", "\t": "⇥", " ": "␣", "\u3000": "␣", "\xa0": "⍽"}


class Statistics(NamedTuple):
    """What a text is made of."""

    characters: int  # N
    vocabulary: int  # V
    lines: int
    words: int
    distinct_words: int
    training: int  # characters that are trained on
    held_out: int


class Frequency(NamedTuple):
    """How often a character occurs."""

    character: str
    shown: str  # the character, or a mark where one cannot see it
    times: int
    share: float


@lru_cache(maxsize=4)
def statistics(corpus: Corpus) -> Statistics:
    """The sizes of a text."""
    text = corpus.text
    words = _words(corpus)
    lines = text.count("\n") + (not text.endswith("\n"))
    sizes = len(corpus.training), len(corpus.held_out)
    return Statistics(len(text), len(corpus.vocabulary), lines, words.total(), len(words), *sizes)


@lru_cache(maxsize=4)
def frequencies(corpus: Corpus) -> tuple[Frequency, ...]:
    """Every character of a text, the most frequent one first. (V)"""
    counts = np.bincount(corpus.numbers, minlength=len(corpus.vocabulary))
    order = np.argsort(-counts, kind="stable")
    found = ((corpus.vocabulary[place], int(counts[place])) for place in order)
    return tuple(Frequency(one, visible_character(one), times, times / len(corpus.numbers)) for one, times in found)


def visible_character(character: str) -> str:
    """The character as a chart or table can show it: marks for spaces and line ends, the code of what has no shape of its own."""
    if character in _SIGNS:
        return _SIGNS[character]
    kind = unicodedata.category(character)
    if kind.startswith("M"):
        return f"◌{character}"
    return f"U+{ord(character):04X}" if kind[0] in "CZ" else character


def window(text: str, position: int, length: int) -> str:
    """That many characters from this position on, moved back where the text ends before."""
    start = max(0, min(position, len(text) - length))
    return text[start : start + length]


@lru_cache(maxsize=4)
def known_words(corpus: Corpus) -> frozenset[str]:
    """The words of a text, in capitals and small letters as they are written."""
    return frozenset(_words(corpus))


@lru_cache(maxsize=4)
def _words(corpus: Corpus) -> Counter[str]:
    return Counter(_WORD.findall(corpus.text))


def word_share(sample: str, words: Set[str]) -> float:
    """Which share of the words of a sample are words of the text, from 0 to 1.

    A word that touches the beginning or the end of the sample may be cut and does not count, nor do single letters, which
    noise is full of and which nearly every text has. A sample without a word has the share 0: it spells nothing.
    """
    whole = (word for word in _WORD.finditer(sample) if word.start() > 0 and word.end() < len(sample))
    found = [word[0] for word in whole if len(word[0]) > 1]
    return sum(word in words for word in found) / len(found) if found else 0.0
