"""A text to learn from, character by character: where it comes from, what it is, its numbers, what is held out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Range
from rnnlab.corpora import generated, own_text, plays, python_code
from rnnlab.corpora.folding import Folding, fold
from rnnlab.corpora.reader import Part, Reader
from rnnlab.texts import _

#: A character that occurs fewer times than this becomes the sign for rare ones; 0: none does.
RAREST = Range(0, 1_000)

#: Different characters that a text may have: each costs a row of weights going in and one coming out.
MOST_DISTINCT = 5_000

HELD_OUT = 0.1
KEPT = 4  # texts a process remembers: 5 million characters and their numbers are 25 MB


class Source(StrEnum):
    """Where a text comes from."""

    SHAKESPEARE = "shakespeare"
    PYTHON = "python"
    GENERATED = "generated"
    OWN = "own"


#: Who reads a text of each source, in the order in which they are offered.
READERS: dict[Source, Reader] = {
    Source.SHAKESPEARE: plays.READER,
    Source.PYTHON: python_code.READER,
    Source.GENERATED: generated.READER,
    Source.OWN: own_text.READER,
}


def parts(source: Source) -> tuple[Part, ...]:
    """The texts of a source for a select box, the usual one first; none where it is missing or a person brings it."""
    return READERS[source].parts()


def missing(source: Source) -> str:
    """Why this source is not to be had here, as a sentence; empty where it is."""
    return READERS[source].missing()


@dataclass(frozen=True)
class Corpus:
    """A text to learn from.

    Args:
        source: where it comes from.
        part: which of its texts, one of ``parts(source)``; the usual one where it is empty.
        own: the text itself, of ``Source.OWN`` alone; kept in Unicode's composed form.
        rarest: characters that occur fewer times become one sign.

    Raises:
        ValueError: the source does not know such a text, or the person's own is none that a model can learn.
    """

    source: Source
    part: str = ""
    own: str = ""
    rarest: int = 0

    def __post_init__(self) -> None:
        if self.source not in list(Source):
            raise ValueError(f"source must be one of {', '.join(Source)}, not {self.source!r}")
        if not isinstance(self.part, str) or not isinstance(self.own, str):
            raise ValueError(f"part and own must be text, not {self.part!r} and {self.own!r}")
        object.__setattr__(self, "source", Source(self.source))
        object.__setattr__(self, "own", READERS[self.source].check(self.part, self.own))
        RAREST.check("rarest", self.rarest)

    @property
    def text(self) -> str:
        """The text, folded, in Unicode's composed form with "\\n" at the ends of lines.

        Raises:
            ValueError: there is no such text here, or it is none that a model can learn.
        """
        return _reading(self).text

    @property
    def vocabulary(self) -> str:
        """All characters of the text by code point, V of them."""
        return _reading(self).vocabulary

    @property
    def numbers(self) -> NDArray[np.int32]:
        """The text as numbers of the vocabulary, read-only. (N)"""
        return _reading(self).numbers

    @property
    def training(self) -> NDArray[np.int32]:
        """What is trained on: all but the last tenth, to the end of a line."""
        return self.numbers[: _reading(self).cut]

    @property
    def held_out(self) -> NDArray[np.int32]:
        """The last tenth, from the beginning of a line where there are lines."""
        return self.numbers[_reading(self).cut :]

    @property
    def folding(self) -> Folding:
        """Which characters were too rare, and the sign that stands for them."""
        return _reading(self).folding

    @property
    def title(self) -> str:
        """The text as a heading says it."""
        titles = dict(parts(self.source))
        source = _(READERS[self.source].title)
        part = titles.get(self.part or next(iter(titles), ""), self.part)
        return _("{source}: {part}").format(source=source, part=part) if part else source

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values that ``from_json`` reads back."""
        return asdict(self) | {"source": self.source.value}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """The corpus that ``to_json`` wrote.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(plain, dict) or not plain.keys() <= cls.__dataclass_fields__.keys() or "source" not in plain:
            raise ValueError(f"a corpus has {', '.join(cls.__dataclass_fields__)}, not {plain!r:.80}")
        return cls(**plain)


class _Reading(NamedTuple):
    text: str
    vocabulary: str
    numbers: NDArray[np.int32]
    cut: int
    folding: Folding


@lru_cache(maxsize=KEPT)
def _reading(corpus: Corpus) -> _Reading:
    folding = fold(READERS[corpus.source].read(corpus.own or corpus.part), corpus.rarest)
    vocabulary, numbers = numbered(folding.text)
    if not 2 <= len(vocabulary) <= MOST_DISTINCT:
        raise ValueError(_unfit(vocabulary))
    return _Reading(folding.text, vocabulary, numbers, _cut(folding.text), folding)


def _unfit(vocabulary: str) -> str:
    if len(vocabulary) < 2:
        return _("the text must have at least 2 different characters; this one has only {character!r}").format(
            character=vocabulary
        )
    return _("the text may have {most:,} different characters; this one has {n:,}: fold the rare ones").format(
        most=MOST_DISTINCT, n=len(vocabulary)
    )


def numbered(text: str) -> tuple[str, NDArray[np.int32]]:
    """The characters of a text by code point, and the text as their numbers. (N)"""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    present = np.flatnonzero(np.bincount(codes))
    place = np.zeros(int(present[-1]) + 1, np.int32)
    place[present] = np.arange(len(present), dtype=np.int32)
    numbers = place[codes]
    numbers.setflags(write=False)
    return "".join(map(chr, present)), numbers


def _cut(text: str) -> int:
    """Where the held-out part begins: after the blank line, line or word that ends next to nine tenths."""
    wanted = round(len(text) * (1 - HELD_OUT))
    for mark, reach in (("\n\n", 0.01), ("\n", 0.01), (" ", 0.01)):
        found = text.rfind(mark, wanted - int(len(text) * reach), wanted)
        if found >= 0:
            return found + len(mark)
    return wanted
