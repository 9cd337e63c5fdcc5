"""What models without a memory reach on a text: uniform guessing, character frequency, bigram, trigram.

A model of order n says the next character from the n-1 before it. Counts of orders 1 to n are interpolated as Witten and Bell
do (I. H. Witten, T. C. Bell, "The zero-frequency problem", IEEE Trans. Inf. Theory 37, 1991; in this recursive form in
S. F. Chen, J. Goodman, "An empirical study of smoothing techniques for language modeling", 1999, section 2.5): with c(h, x) the
count of x after the history h, c(h) the sum over x, T(h) the number of different x seen after h, and h' the history
without its oldest character,

    P(x | h) = (c(h, x) + T(h) P(x | h')) / (c(h) + T(h))

The last shorter model is uniform, 1/V, so that every probability is above zero and those of a history sum to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rnnlab.texts import _, noted

Numbers = NDArray[np.integer]
Codes = NDArray[np.int64]
Reals = NDArray[np.float64]

#: Counts of up to so many different strings are kept in one array of all that could be (128 MB); of more, sorted.
_DENSE = 2**24

_TITLES = (noted("character frequency"), noted("bigram"), noted("trigram"))
#: The characters that the longest of them looks at: the one that it says, and those before.
ORDER = len(_TITLES)


class Line(NamedTuple):
    """A line of reference under a curve of losses."""

    title: str
    nats: float  # per character of the held-out part


def baselines(training: Numbers, strings: Numbers, vocabulary_size: int) -> tuple[Line, ...]:
    """What models without a memory reach on held-out characters, fitted on the training part; from worst to best usually.

    Args:
        training: (N), numbers below ``vocabulary_size``, 1 at least.
        strings: (M, ``ORDER``), of held-out text: the last character of each is to be said. 1 at least.
    """
    losses = NGram.fit(training, ORDER, vocabulary_size).nats(strings)
    counted = (Line(_(title), loss) for title, loss in zip(_TITLES, losses, strict=True))
    return Line(_("uniform guessing"), math.log(vocabulary_size)), *counted


def bits(nats: float) -> float:
    """A loss in nats per character as bits per character."""
    return nats / math.log(2)


def perplexity(nats: float) -> float:
    """A loss in nats per character as perplexity: guessing among so many characters is as hard. Infinite if too large."""
    return math.exp(nats) if nats < 700 else math.inf


class _Counts(NamedTuple):
    """How often each string of one length occurs, and what its history is followed by."""

    strings: Codes  # sorted codes, the last character counts 1, the one before V, then V²  (K)
    counts: Codes  # (K)
    histories: Codes  # sorted codes of all characters but the last  (H)
    totals: Codes  # c(h)  (H)
    kinds: Codes  # T(h)  (H)

    def interpolate(self, codes: Codes, shorter: Reals, size: int) -> Reals:
        """How likely the last characters of these strings are; ``shorter`` is what the shorter model says. (M) -> (M)"""
        (seen,) = _look_up(self.strings, codes, self.counts)
        total, kinds = _look_up(self.histories, codes // size, self.totals, self.kinds)
        never = total == 0  # of a history never seen the shorter model must do
        return np.where(never, shorter, (seen + kinds * shorter) / (total + kinds + never))


@dataclass(frozen=True)
class NGram:
    """Says the next character from the ``order`` - 1 before it; and all shorter models besides."""

    order: int
    vocabulary_size: int
    levels: tuple[_Counts, ...]  # of strings of 1, 2 … characters

    @classmethod
    def fit(cls, numbers: Numbers, order: int, vocabulary_size: int) -> NGram:
        """The model of that order that counts these characters. (N)"""
        levels = (_count(_codes(numbers, n, vocabulary_size), n, vocabulary_size) for n in range(1, order + 1))
        return cls(order, vocabulary_size, tuple(levels))

    def probabilities(self, strings: Numbers) -> Reals:
        """How likely the last character of each string is after those before it, by models of order 1, 2 …

        Args:
            strings: (M, order), the oldest character first.

        Returns:
            (order, M), each above 0; over all last characters they sum to 1.
        """
        likely = np.full((self.order + 1, len(strings)), 1 / self.vocabulary_size)
        for length, level in enumerate(self.levels, 1):
            codes = _join(strings[:, self.order - length :], self.vocabulary_size)
            likely[length] = level.interpolate(codes, likely[length - 1], self.vocabulary_size)
        return likely[1:]

    def nats(self, strings: Numbers) -> tuple[float, ...]:
        """The mean losses over the last characters of strings (M, order), by models of order 1, 2 …, in nats."""
        return tuple((-np.log(self.probabilities(strings)).mean(axis=1)).tolist())


def _codes(numbers: Numbers, length: int, size: int) -> Codes:
    """The code of every string of that length, in order."""
    if len(numbers) < length:
        return np.empty(0, np.int64)
    return _join(sliding_window_view(numbers, length), size)


def _join(strings: Numbers, size: int) -> Codes:
    """One number for each string. (M, n) -> (M)"""
    codes = strings[:, 0].astype(np.int64)
    for place in range(1, strings.shape[1]):
        codes = codes * size + strings[:, place]
    return codes


def _count(codes: Codes, length: int, size: int) -> _Counts:
    if size**length <= _DENSE:
        every = np.bincount(codes, minlength=size**length)
        strings = np.flatnonzero(every)
        counts = every[strings]
    else:
        strings, counts = np.unique(codes, return_counts=True)
    histories = strings // size
    starts = np.flatnonzero(np.diff(histories, prepend=-1))
    kinds = np.diff(starts, append=len(strings))
    return _Counts(strings, counts, histories[starts], np.add.reduceat(counts, starts), kinds)


def _look_up(keys: Codes, wanted: Codes, *values: Codes) -> tuple[Codes, ...]:
    """The values of each wanted key, 0 where there is no such key."""
    if not len(keys):
        return tuple(np.zeros(len(wanted), np.int64) for _value in values)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = keys[place] == wanted
    return tuple(np.where(found, value[place], 0) for value in values)
