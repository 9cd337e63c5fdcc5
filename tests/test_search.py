"""The search for units that follow a feature: finds a planted one, finds none in noise, and says how likely chance is."""

import numpy as np
import pytest

from rnnlab.reference import State
from rnnlab.textlab.readings import Readings
from rnnlab.textlab.search import FEWEST, NEAREST, search

N = 6_000


def some_noise(seed, units=16, slowest=60, length=N):
    """Units that know nothing, each with its own memory: tanh of first-order autoregressive noise, (N, U)."""
    rng = np.random.default_rng(seed)
    kept = np.exp(-1.0 / np.geomspace(1, slowest, units))
    values, state = np.empty((length, units)), rng.standard_normal(units)
    for t, noise in enumerate(rng.standard_normal((length, units))):
        state = kept * state + np.sqrt(1.0 - kept**2) * noise
        values[t] = state
    return np.tanh(values).astype(np.float32)


def some_feature(seed, holds=30, not_holds=80, length=N):
    """1 and 0 by turns, each for a time drawn anew."""
    rng = np.random.default_rng(seed)
    changes = rng.exponential(np.tile([not_holds, holds], length), 2 * length).astype(int) + 1
    return (np.repeat(np.arange(len(changes)) % 2, changes)[:length]).astype(np.float32)


def as_readings(*layers):
    """One layer for each dictionary of values."""
    units = next(iter(layers[0].values())).shape[1]
    return Readings(tuple(layers), tuple(State(np.zeros(units), np.zeros(0)) for _ in layers))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_planted_unit_is_found_and_nothing_else_is_sure(sign):
    feature = some_feature(0)
    below, above = {"h": some_noise(1), "c": some_noise(2)}, {"h": some_noise(3), "c": some_noise(4)}
    above["c"][:, 5] = 0.5 * sign * feature + 0.3 * above["c"][:, 5]
    found = search(as_readings(below, above), {"quotes": feature, "other": some_feature(9)})
    best = found.matches[0]
    assert (best.feature, best.layer, best.kind, best.unit, best.sign) == ("quotes", 1, "c", 5, sign)
    assert best == found.best("quotes")
    assert best.p == pytest.approx(1 / (found.shifts + 1))
    assert all(match.p > 0.05 for match in found.matches[1:])
    assert all(match.score < best.score / 2 for match in found.matches[1:])


def test_the_score_is_the_correlation_as_numpy_has_it():
    values, feature = some_noise(0), some_feature(1)
    found = search(as_readings({"h": values}), {"quotes": feature, "many": 3.0 + 7.0 * some_noise(5)[:, 0]}, most=16)
    assert len([match for match in found.matches if match.feature == "quotes"]) == 16
    for match in found.matches:
        wanted = feature if match.feature == "quotes" else some_noise(5)[:, 0]
        r = np.corrcoef(values[:, match.unit], wanted)[0, 1]
        assert match.sign * match.score == pytest.approx(r, abs=1e-5)


def test_p_is_counted_from_shifts_as_a_loop_counts_it():
    values, features = some_noise(0, units=3), np.stack([some_feature(1), some_feature(2)])
    names = ("one", "two")
    found = search(as_readings({"h": values}), dict(zip(names, features, strict=True)))
    units, others = ((rows - rows.mean(1, keepdims=True)) / rows.std(1, keepdims=True) for rows in (values.T, features))
    r = np.array([units @ np.roll(others, shift, axis=1).T / N for shift in range(N)]).transpose(1, 2, 0)
    measured = np.abs(r) / np.sqrt((r * r).mean(-1, keepdims=True))
    largest = measured.max((0, 1))[NEAREST : N - NEAREST + 1]
    for match in found.matches:
        wanted = (1 + (largest >= measured[match.unit, names.index(match.feature), 0]).sum()) / (1 + len(largest))
        assert match.p == pytest.approx(wanted, abs=2 / N)


def test_in_noise_nothing_is_found_more_often_than_chance_says():
    """Of 120 searches with three features and 24 units some 6 have a p below 0.05; more than 14 would be one time in 2,000."""
    smallest = []
    for seed in range(120):
        features = {
            name: some_feature((seed, number), *times)
            for number, (name, times) in enumerate({"slow": (60, 90), "long": (30, 80), "short": (2, 5)}.items())
        }
        values = some_noise(seed, units=24)
        smallest.append(min(match.p for match in search(as_readings({"h": values}), features).matches))
    assert np.mean(np.array(smallest) < 0.05) <= 14 / 120
    assert 0.35 < np.mean(np.array(smallest) < 0.5) < 0.65


def test_tables_of_r_would_have_found_much_in_the_same_noise():
    """Which is why p is not taken from them: r of slow things scatters much more than 1 / √N."""
    scores = [
        search(as_readings({"h": some_noise(seed, 24)}), {"slow": some_feature(seed, 60, 90)}).matches[0].score
        for seed in range(5)
    ]
    assert min(scores) > 4 / np.sqrt(N)


def test_a_unit_that_does_not_move_goes_with_nothing():
    values = some_noise(0)
    values[:, 3] = 1.0
    found = search(as_readings({"h": values}), {"quotes": some_feature(1)}, most=16)
    still = next(match for match in found.matches if match.unit == 3)
    assert still.score == 0.0
    assert still.p == 1.0


@pytest.mark.parametrize(
    ("length", "features", "sentence"),
    [
        (FEWEST - 1, {"quotes": some_feature(0)}, "needs 3,000 characters at least; this one has 2,999"),
        (N, {}, "no feature"),
        (N, {"quotes": some_feature(0)[:-1]}, "quotes must be"),
        (N, {"quotes": np.ones(N, np.float32)}, "not the same everywhere"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_a_sentence(length, features, sentence):
    with pytest.raises(ValueError, match=sentence):
        search(as_readings({"h": some_noise(0, length=length)}), features)
