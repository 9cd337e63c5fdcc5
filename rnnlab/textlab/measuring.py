"""What is read of held-out text at each measurement: the same places for every architecture, setting and line of reference."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnnlab.corpora import Corpus
from rnnlab.textlab.ngrams import ORDER, Line, Numbers, baselines
from rnnlab.textlab.streams import Chunk

#: Stretches that are read side by side, and the chunks of each, of so many characters; less of a short text.
STRETCHES, CHUNKS, CHUNK = 32, 8, 128


class HeldOut:
    """Stretches from all over the held-out text, and what is read before each of them without being counted.

    How a model reads depends on where it comes from. Led in by a chunk of the text itself it has forgotten that, so that the
    loss is that of the model and not of how many streams it has learned in.

    Args:
        numbers: the whole text, (N).
        learned: how many of its characters are learned from; all others are held out.

    Attributes:
        chunks: what is read, (T, B) each; the first one only leads in.
        places: of the characters that are to be said, (M).
    """

    def __init__(self, numbers: Numbers, learned: int) -> None:
        held_out = len(numbers) - learned
        length = max(1, min(CHUNK, held_out, learned - 1))
        stretches = max(1, min(STRETCHES, held_out // length))
        chunks = min(CHUNKS, held_out // stretches // length)
        starts = learned + np.arange(stretches) * (held_out // stretches)
        places = starts + np.arange(-length, chunks * length)[:, np.newaxis]  # (L, B)
        self._numbers, self.places = numbers, places[length:].ravel()
        parts = places.reshape(-1, length, stretches)
        self.chunks = tuple(Chunk(numbers[part - 1], numbers[part]) for part in parts)

    def strings(self, length: int) -> Numbers:
        """Every character that is to be said, last in a string of this length. (M, length)"""
        found: Numbers = self._numbers[self.places[:, np.newaxis] + np.arange(1 - length, 1)]
        return found


@lru_cache(maxsize=8)
def held_out(corpus: Corpus) -> HeldOut:
    """What is read of a text."""
    return HeldOut(corpus.numbers, len(corpus.training))


def lines(corpus: Corpus) -> tuple[Line, ...]:
    """What models without a memory reach there, fitted on what is learned from; from worst to best usually."""
    return baselines(corpus.training, held_out(corpus).strings(ORDER), len(corpus.vocabulary))
