"""Which unit goes with which feature of a text, and whether that is more than chance.

The score is |r|, Pearson's correlation; where a feature is yes or no, that is the point-biserial one. A text is no row of
independent draws: inside a quotation one character is like the next, and units change slowly, so that two things that have
nothing to do with each other go together by chance much more often than tables of r say. What chance does is therefore
measured on the passage itself: the features are shifted along it by every offset (what leaves at the end enters at the
beginning), which leaves all as it is but what stands beside what. Each pair's r is measured by how far r of that pair
scatters over all shifts, and then by the largest such number of all units and features at each shift: max-T of Westfall &
Young, "Resampling-Based Multiple Testing" (1993), so that p holds for the whole search. Shifts as in Upton & Fingleton,
"Spatial Data Analysis by Example" (1985), and Harris, "A Shift Test for Independence in Generic Time Series" (2020).

Measured on units and features of noise, with memories of up to 100 and 200 characters: of 200 passages of 12,000 characters
5.5 % have a p below 0.05 somewhere, of 300 of 4,000 characters, in which the slowest feature comes only ten times, 8 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.textlab.readings import Readings
from rnnlab.texts import _, noted

Floats = NDArray[np.float32]

#: Nearer than this, what is shifted still stands beside itself.
NEAREST = 300
#: Up to here what is found counts as more than chance; below this score a unit says little of a feature.
SIGNIFICANT, WEAK = 0.01, 0.3
_SAID = {
    "chance": noted("may be chance"),
    "weak": noted("real, but weak"),
    "finding": noted("a finding"),
}
#: The fewest characters in which shifts say anything.
FEWEST = 10 * NEAREST
#: Units whose correlations at all shifts are held at once.
_AT_ONCE = 64
#: A unit that moves less than this does not move: what it does is rounding.
_STILL = 1e-6


class Match(NamedTuple):
    """A unit and a feature that go together.

    Attributes:
        feature: its name.
        layer: of the unit, from 0.
        kind: which value of it: "h", "c" or a gate.
        unit: from 0.
        score: |r|, from 0 to 1.
        sign: 1 where the unit is high when the feature holds, −1 where it is low.
        p: how likely so much would be found anywhere in this search, if nothing went together.
    """

    feature: str
    layer: int
    kind: str
    unit: int
    score: float
    sign: int
    p: float


class Searched(NamedTuple):
    """What a search has found.

    Attributes:
        matches: the best units of each feature, by score; the best of all first.
        shifts: how many offsets p is counted from.
    """

    matches: tuple[Match, ...]
    shifts: int

    def best(self, feature: str) -> Match:
        """The unit that goes best with a feature."""
        return next(match for match in self.matches if match.feature == feature)


def search(readings: Readings, features: Mapping[str, Floats], most: int = 10) -> Searched:
    """Correlate every unit with every feature.

    Args:
        readings: every unit's values over a passage that was not trained on, N characters.
        features: by its name each feature of the same passage, (N), none of them the same everywhere.
        most: matches that are kept of each feature.

    Raises:
        ValueError: the passage is too short, a feature has another length or is the same everywhere, or there is none.
    """
    names, wanted = tuple(features), _checked(readings, features)
    found, largest = [], np.zeros(0, np.float32)
    spectra = np.conj(np.fft.rfft(wanted))
    for labels, values in _columns(readings, wanted.shape[1]):
        now, scatter, chance = _correlated(values, spectra, wanted.shape[1])
        largest = np.maximum(largest, chance) if largest.size else chance
        found.append((labels, now, np.abs(now) / scatter))
    largest.sort()
    matches = [
        _match(name, labels[unit], float(r[unit]), _p(float(t[unit]), largest))
        for labels, by_feature, measured in found
        for name, r, t in zip(names, by_feature.T, measured.T, strict=True)
        for unit in np.argsort(-np.abs(r), kind="stable")[:most]
    ]
    return Searched(_ranked(matches, names, most), len(largest))


def verdict(match: Match) -> str:
    """What a match is worth."""
    return _(_SAID["chance" if match.p > SIGNIFICANT else "weak" if match.score < WEAK else "finding"])


def p_value(p: float) -> str:
    """As people write it."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _checked(readings: Readings, features: Mapping[str, Floats]) -> Floats:
    """The features as rows of mean 0 and length 1, (F, N)."""
    length = len(next(iter(readings.layers[0].values())))
    if length < FEWEST:
        sentence = _(
            "to tell a finding from chance the passage needs {fewest:,} characters at least; this one has {n:,}"
        )
        raise ValueError(sentence.format(fewest=FEWEST, n=length))
    if not features:
        raise ValueError(_("there is no feature to look for in this passage"))
    for name, values in features.items():
        if values.shape != (length,) or values.min() == values.max():
            raise ValueError(f"{name} must be ({length}), and not the same everywhere")
    return _standard(np.stack(list(features.values()))[:, : _quick_length(length)])


def _columns(readings: Readings, length: int) -> Iterator[tuple[list[tuple[int, str, int]], Floats]]:
    """The units in groups: (layer, kind, unit) of each, and their values as rows of mean 0 and length 1, (K, N)."""
    for layer, kinds in enumerate(readings.layers):
        for kind, values in kinds.items():
            for start in range(0, values.shape[1], _AT_ONCE):
                part = values[:length, start : start + _AT_ONCE].T
                yield [(layer, kind, start + unit) for unit in range(len(part))], _standard(part)


def _standard(rows: Floats) -> Floats:
    centred = rows.astype(np.float64, order="C")
    centred -= centred.mean(1, keepdims=True)
    lengths = np.sqrt((centred * centred).sum(1, keepdims=True))
    still = lengths < _STILL * np.sqrt(rows.shape[1])
    return np.where(still, 0.0, centred / np.where(still, 1.0, lengths)).astype(np.float32)


def _correlated(units: Floats, spectra: NDArray[np.complexfloating], length: int) -> tuple[Floats, Floats, Floats]:
    """r of each unit with each feature as they stand, (K, F), how far it scatters over all shifts, and by shift the most.

    At all shifts at once, as the spectrum of a circular correlation is the product of the two spectra.
    """
    own = np.fft.rfft(units)
    now, scatter = np.empty((2, len(units), len(spectra)), np.float32)
    most = np.zeros(length, np.float32)
    for number, spectrum in enumerate(spectra):
        both = own * spectrum
        scatter[:, number] = np.maximum(_spread(both, length), _STILL)
        both *= 1.0 / scatter[:, number, np.newaxis]
        measured = np.fft.irfft(both, length)
        now[:, number] = measured[:, 0] * scatter[:, number]
        np.maximum(most, np.maximum(measured.max(0), -measured.min(0)), out=most)
    return now, scatter, most[NEAREST : length - NEAREST + 1]


def _spread(both: NDArray[np.complexfloating], length: int) -> Floats:
    """Root mean square over all shifts of what has these spectra, (K), by Parseval's theorem."""
    parts = both.view(np.float32)  # real and imaginary, side by side
    once = np.abs(both[:, 0]) ** 2 + (np.abs(both[:, -1]) ** 2 if length % 2 == 0 else 0.0)
    doubled: Floats = 2.0 * np.einsum("kf,kf->k", parts, parts)  # the other frequencies stand for two each
    return np.sqrt(np.maximum(doubled - once, 0.0)) / length  # type: ignore[no-any-return]


def _match(feature: str, label: tuple[int, str, int], r: float, p: float) -> Match:
    layer, kind, unit = label
    return Match(feature, layer, kind, unit, abs(r), 1 if r >= 0 else -1, p)


def _p(measured: float, largest: Floats) -> float:
    """The share of shifts at which the largest of all is no smaller; the passage as it stands is one of them."""
    as_large = len(largest) - int(np.searchsorted(largest, measured))
    return (1 + as_large) / (1 + len(largest))


def _ranked(matches: list[Match], names: tuple[str, ...], most: int) -> tuple[Match, ...]:
    """The best of each feature, by score."""
    ordered = sorted(matches, key=lambda match: -match.score)
    kept = [[match for match in ordered if match.feature == name][:most] for name in names]
    return tuple(sorted((match for of_one in kept for match in of_one), key=lambda match: -match.score))


def _quick_length(length: int) -> int:
    """The largest number up to this one that has no prime factor above 5: other lengths have slow spectra."""
    while True:
        left = length
        for factor in (2, 3, 5):
            while left % factor == 0:
                left //= factor
        if left == 1:
            return length
        length -= 1
