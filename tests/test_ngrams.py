"""The lines of reference: against counts by hand, as distributions, and against each other."""

import math
from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.lib.stride_tricks import sliding_window_view

from rnnlab.textlab import ngrams
from rnnlab.textlab.ngrams import ORDER, NGram, baselines, bits, perplexity

A, B, C = 0, 1, 2


def split(text, learned):
    """What is learned from, and the strings that end with each of the other characters."""
    return text[:learned], sliding_window_view(text, ORDER)[learned - ORDER + 1 :]


def witten_bell(training, history, following, size):
    """The formula as the paper writes it, with counts in dictionaries."""
    if history is None:
        return 1 / size
    after = Counter()
    for end in range(len(history), len(training)):
        if tuple(training[end - len(history) : end]) == tuple(history):
            after[training[end]] += 1
    shorter = witten_bell(training, history[1:] if history else None, following, size)
    total, kinds = sum(after.values()), len(after)
    return (after[following] + kinds * shorter) / (total + kinds) if total else shorter


def test_probabilities_of_aab_by_hand():
    model = NGram.fit(np.array([A, A, B]), 2, vocabulary_size=3)
    single, pair = model.probabilities(np.array([[A, A], [A, B], [A, C], [B, A], [C, B]]))
    # 3 characters of 2 kinds: (times + 2 · 1/3) / (3 + 2)
    p_a, p_b, p_c = (2 + 2 / 3) / 5, (1 + 2 / 3) / 5, (0 + 2 / 3) / 5
    assert single == pytest.approx([p_a, p_b, p_c, p_a, p_b])
    # after A came A once and B once; after B and C never anything
    assert pair == pytest.approx([(1 + 2 * p_a) / 4, (1 + 2 * p_b) / 4, (0 + 2 * p_c) / 4, p_a, p_b])


def test_lines_of_a_text_by_hand():
    uniform, single, pair, three = baselines(np.array([A, B, A, B]), np.array([[B, A, B]]), 2)
    assert uniform.nats == pytest.approx(math.log(2))
    assert single.nats == pytest.approx(-math.log(1 / 2))
    after_a = (2 + 1 / 2) / 3  # twice B, one kind
    assert pair.nats == pytest.approx(-math.log(after_a))
    assert three.nats == pytest.approx(-math.log((1 + after_a) / 2))  # B A was followed once, by B


texts = st.integers(2, 5).flatmap(
    lambda size: st.tuples(st.just(size), st.lists(st.integers(0, size - 1), min_size=1, max_size=40))
)


@settings(max_examples=60, deadline=None)
@given(texts, st.integers(1, 3))
def test_every_distribution_sums_to_one_and_nothing_is_impossible(sized, order):
    size, numbers = sized
    model = NGram.fit(np.array(numbers), order, size)
    histories = np.stack(np.meshgrid(*[np.arange(size)] * order, indexing="ij"), -1).reshape(-1, order)
    likely = model.probabilities(histories).reshape(order, -1, size)
    assert likely.min() > 0
    np.testing.assert_allclose(likely.sum(-1), 1)


@settings(max_examples=40, deadline=None)
@given(texts, st.lists(st.integers(0, 1), min_size=3, max_size=3))
def test_counts_in_arrays_say_the_same_as_counts_in_dictionaries(sized, string):
    size, numbers = sized
    found = NGram.fit(np.array(numbers), 3, size).probabilities(np.array([string]))[:, 0]
    *history, last = string
    assert found == pytest.approx([witten_bell(numbers, tuple(history[2 - n :]), last, size) for n in range(3)])


def test_large_vocabularies_are_counted_like_small_ones(monkeypatch):
    numbers = np.random.default_rng(3).integers(0, 9, 2_000)
    dense = baselines(*split(numbers, 1_800), 9)
    monkeypatch.setattr(ngrams, "_DENSE", 1)
    assert baselines(*split(numbers, 1_800), 9) == dense


def test_longer_memories_are_better_on_a_text_that_repeats():
    text = np.array([A, B, A, C] * 200)
    nats = [line.nats for line in baselines(*split(text, 720), 3)]
    assert nats == sorted(nats, reverse=True)
    assert nats[3] < 0.05 < nats[2]


def test_characters_without_order_are_as_hard_as_their_entropy():
    shares = np.array([0.5, 0.25, 0.125, 0.125])
    text = np.random.default_rng(5).choice(4, 40_000, p=shares)
    entropy = -(shares * np.log(shares)).sum()
    _uniform, *lines = baselines(*split(text, 36_000), 4)
    assert [line.nats for line in lines] == pytest.approx([entropy] * 3, abs=0.03)


def test_the_shortest_text_has_finite_lines():
    assert all(math.isfinite(line.nats) for line in baselines(np.array([A]), np.array([[B, A, B]]), 2))


def test_nats_as_bits_and_perplexity():
    assert bits(math.log(2)) == pytest.approx(1)
    assert perplexity(math.log(65)) == pytest.approx(65)
    assert perplexity(1e6) == math.inf
