"""A text as parallel streams, cut into chunks: the state is carried from each to the next (F19)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]


class Chunk(NamedTuple):
    """Some characters of every stream, and those after them."""

    inputs: Numbers  # (T, B)
    targets: Numbers  # (T, B)


class Streams:
    """The streams of a text: stretches of the same length, one after the other, read side by side.

    Args:
        numbers: the text, (N).
        streams: B.
        chunk: characters of a chunk, T.

    Raises:
        ValueError: the text has not one chunk for every stream.
    """

    def __init__(self, numbers: Numbers, streams: int, chunk: int) -> None:
        self.chunk, self.chunks = chunk, (len(numbers) - 1) // streams // chunk
        if not self.chunks:
            raise ValueError(f"{streams} streams with chunks of {chunk} need {streams * chunk + 1} characters")
        length = self.chunks * chunk
        starts = np.arange(streams) * ((len(numbers) - 1) // streams)
        places = np.arange(length)[:, np.newaxis] + starts  # (L, B)
        self._inputs, self._targets = numbers[places], numbers[places + 1]

    def __getitem__(self, number: int) -> Chunk:
        """The chunk of this number; after the last one comes the first again."""
        part = slice(number % self.chunks * self.chunk, (number % self.chunks + 1) * self.chunk)
        return Chunk(self._inputs[part], self._targets[part])

    def __iter__(self) -> Iterator[Chunk]:
        return (self[number] for number in range(self.chunks))
