"""Writing with a text model: the distribution that is drawn from, what is drawn, and what forcing a character changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.architecture import RECURRENT_CELLS, Architecture, Cell, Direction, Form, Pattern
from rnnlab.reference import Model
from rnnlab.textlab.quick import QuickModel, likely
from rnnlab.textlab.readings import pieces_of, read
from rnnlab.textlab.writer import ALTERNATIVES, Choosing, Writer, distribution, draw
from tests.test_reference_gradients import some_model

VOCABULARY = "\n abcdefghijklm"
FORM = Form(len(VOCABULARY), timesteps=None, outputs=len(VOCABULARY))
LSTM = Architecture(Cell.LSTM, 6, layers=2)
ways = st.builds(
    Architecture,
    cell=st.sampled_from(RECURRENT_CELLS),
    units=st.integers(1, 8),
    embedding_dim=st.none() | st.integers(1, 5),
    layers=st.integers(1, 3),
    reset_after=st.booleans(),
    use_bias=st.booleans(),
)


def some_tokens(length, seed=0):
    return np.random.default_rng(seed).integers(0, len(VOCABULARY), length)


# The quick model is the model


@settings(max_examples=60)
@given(ways, st.integers(0, 9))
def test_the_quick_model_says_what_the_model_says(architecture, seed):
    model, tokens = some_model(architecture, FORM), some_tokens(25, seed)
    quick, said = QuickModel(model), []
    states = quick.zeros()
    for token in tokens:
        states, logits = quick.step(token, states)
        said.append(likely(logits))
    whole = model.forward(tokens[np.newaxis])
    np.testing.assert_allclose(said, whole.outputs[0], atol=1e-5)
    for ours, theirs in zip(states, whole.states, strict=True):
        np.testing.assert_allclose(ours.h, theirs.h[0], atol=1e-5)
        np.testing.assert_allclose(ours.c, theirs.c[0], atol=1e-5)


@settings(max_examples=60)
@given(ways)
def test_readings_are_the_values_of_every_unit_of_the_model(architecture):
    model, tokens = some_model(architecture, FORM), some_tokens(30)
    found = read(model, tokens, ("h", "c", "i", "f", "g", "o", "z", "r"))
    for ours, theirs in zip(found.layers, model.forward(tokens[np.newaxis]).reads, strict=True):
        assert len(ours) == {Cell.SIMPLE_RNN: 1, Cell.LSTM: 6, Cell.GRU: 4}[architecture.cell]
        for name, values in ours.items():
            assert values.dtype == np.float32
            np.testing.assert_allclose(values, theirs.trace.values[name][0], atol=1e-5)


def test_a_passage_read_in_pieces_has_the_readings_of_one_read_at_once():
    model, tokens = some_model(LSTM, FORM), some_tokens(100)
    whole = read(model, tokens)
    pieces = list(pieces_of(QuickModel(model), tokens, ("h", "c"), length=7))
    assert [len(piece.layers[0]["h"]) for piece in pieces] == [7] * 14 + [2]
    for layer in (0, 1):
        joined = np.concatenate([piece.layers[layer]["c"] for piece in pieces])
        np.testing.assert_allclose(joined, whole.layers[layer]["c"], atol=1e-6)
    assert np.array_equal(whole.of(1, "c", 3), whole.layers[1]["c"][:, 3])
    later = read(model, tokens[40:], ("h",), model.forward(tokens[np.newaxis, :40]).states)
    np.testing.assert_allclose(later.of(1, "h", 2), whole.of(1, "h", 2)[40:], atol=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        Model.random(Architecture(Cell.LSTM, 3, direction=Direction.BACKWARD), FORM, 0),
        Model.random(Architecture(Cell.DENSE, 3), FORM, 0),
        Model.random(Architecture(Cell.LSTM, 3), Form(15, pattern=Pattern.MANY_TO_ONE, outputs=15), 0),
        Model.random(Architecture(Cell.LSTM, 3), Form(15, tokens=False, outputs=15), 0),
        Model.random(Architecture(Cell.LSTM, 3), Form(15, outputs=4), 0),
    ],
    ids=["backward", "no memory", "one output", "numbers", "classes"],
)
def test_only_text_models_write(model):
    with pytest.raises(ValueError, match="says the next character at every step"):
        Writer(model, VOCABULARY)


# The distribution


LOGITS = np.log([0.5, 0.3, 0.15, 0.05])


@pytest.mark.parametrize(
    ("choosing", "expected"),
    [
        (Choosing(), [0.5, 0.3, 0.15, 0.05]),
        (Choosing(temperature=0.5), np.array([0.25, 0.09, 0.0225, 0.0025]) / 0.365),
        (Choosing(temperature=0), [1, 0, 0, 0]),
        (Choosing(top_k=2), [0.625, 0.375, 0, 0]),
        (Choosing(top_k=9), [0.5, 0.3, 0.15, 0.05]),
        (Choosing(top_p=0.4), [1, 0, 0, 0]),
        (Choosing(top_p=0.6), [0.625, 0.375, 0, 0]),
        (Choosing(top_p=0.9), np.array([0.5, 0.3, 0.15, 0]) / 0.95),
        (Choosing(top_k=3, top_p=0.6), [0.625, 0.375, 0, 0]),  # 0.5 / 0.95 does not reach it
        (Choosing(top_k=2, top_p=0.6), [1, 0, 0, 0]),  # 0.5 / 0.8 does
        (Choosing(temperature=0.5, top_p=0.6), [1, 0, 0, 0]),  # 0.68 does
    ],
)
def test_the_distribution_by_hand(choosing, expected):
    np.testing.assert_allclose(distribution(LOGITS, choosing), expected, atol=1e-12)
    np.testing.assert_allclose(distribution(LOGITS[::-1] + 7.0, choosing), expected[::-1], atol=1e-12)


def test_of_equally_likely_characters_the_first_ones_are_left():
    assert distribution(np.zeros(4), Choosing(top_k=2)).tolist() == [0.5, 0.5, 0, 0]
    assert distribution(np.zeros(4), Choosing(top_p=0.5)).tolist() == [0.5, 0.5, 0, 0]
    assert distribution(np.zeros(4), Choosing(temperature=0)).tolist() == [1, 0, 0, 0]


choosings = st.builds(Choosing, st.just(0) | st.floats(0.01, 5), st.integers(0, 20), st.floats(0.01, 1) | st.just(1.0))


@given(choosings, st.lists(st.floats(-50, 50), min_size=1, max_size=15))
def test_any_distribution_sums_to_one_and_keeps_the_order(choosing, logits):
    found = distribution(np.array(logits), choosing)
    assert found.sum() == pytest.approx(1.0)
    assert found[np.argmax(logits)] == found.max()
    assert not choosing.top_k or (found > 0).sum() <= choosing.top_k
    assert (np.diff(found[np.argsort(logits)]) >= -1e-12).all() or len(set(logits)) < len(logits)
    each = distribution(np.stack([logits, logits]), choosing)
    np.testing.assert_array_equal(each, [found, found])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"temperature": -1}, "temperature .* must be a number from 0.01 to 5, not -1"),
        ({"temperature": 0.001}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_k": -1}, "top-k must be a whole number from 0"),
        ({"top_p": 0.0}, "top-p must be a number from 0.01 to 1"),
    ],
)
def test_what_cannot_be_chosen_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Choosing(**wrong)


# Drawing


def chi_square(counts, expected):
    """Of those with an expectation; what has none must not have been drawn."""
    assert counts[expected == 0].sum() == 0
    kept = expected > 0
    wanted = expected[kept] * counts.sum()
    assert wanted.min() > 5
    return float(((counts[kept] - wanted) ** 2 / wanted).sum()), int(kept.sum()) - 1


#: By degrees of freedom what chi-square exceeds once in a thousand times.
ONCE_IN_A_THOUSAND = {4: 18.47, 5: 20.52, 7: 24.32, 14: 36.12}


@pytest.mark.parametrize(
    ("choosing", "freedom"),
    [
        (Choosing(), 14),
        (Choosing(1.5), 14),
        (Choosing(top_k=5), 4),
        (Choosing(0.8, 8), 7),
        (Choosing(top_p=0.75), None),
    ],
)
def test_characters_are_drawn_as_often_as_the_distribution_says(choosing, freedom):
    logits = (1.5 * np.random.default_rng(1).standard_normal(15)).astype(np.float32)
    rng = np.random.default_rng(2)
    counts = np.bincount([draw(logits, choosing, rng.random()) for _ in range(15_000)], minlength=15)
    measured, found = chi_square(counts, distribution(logits, choosing))
    assert freedom in (found, None)
    assert measured < ONCE_IN_A_THOUSAND[found]


def test_what_follows_a_character_is_drawn_as_often_as_the_model_says():
    """Without a memory every character depends on the one before alone: all pairs of one long text against the model."""
    model = some_model(Architecture(Cell.SIMPLE_RNN, 4), FORM)
    kernel, recurrent, *rest = model.weights
    model = Model(model.architecture, FORM, (kernel, np.zeros_like(recurrent), *rest))
    tokens = Writer(model, VOCABULARY, seed=3).write("a", 20_000).tokens
    pairs = np.zeros((15, 15))
    np.add.at(pairs, (tokens[:-1], tokens[1:]), 1)
    said = model.forward(np.arange(15)[:, np.newaxis]).outputs[:, 0]
    most = int(pairs.sum(1).argmax())
    measured, freedom = chi_square(pairs[most], said[most])
    assert freedom == 14
    assert measured < ONCE_IN_A_THOUSAND[freedom]


# Texts


def writer(seed=0, **options):
    return Writer(some_model(LSTM, FORM), VOCABULARY, seed, **options)


@pytest.mark.parametrize("choosing", [Choosing(), Choosing(0.7, 5, 0.9), Choosing(0)])
def test_what_is_written_says_what_the_model_said_at_every_position(choosing):
    written = writer().write("bad", 400, choosing)
    assert written.text[:3] == "bad"
    assert len(written.text) == 403
    assert written.drawn == written.text[3:]
    assert written.given.tolist() == [True] * 3 + [False] * 400
    assert not written.forced.any()
    said = some_model(LSTM, FORM).forward(written.tokens[np.newaxis]).outputs[0, :-1]
    chances = distribution(np.log(said), choosing)
    there = np.arange(402), written.tokens[1:]
    np.testing.assert_allclose(written.probabilities[1:], said[there], atol=1e-5)
    np.testing.assert_allclose(written.chances[1:], chances[there], atol=1e-4)
    assert np.isnan(written.probabilities[0])
    assert written.alternatives(0) == ()
    assert written.top.shape == (403, ALTERNATIVES)
    for position in (1, 3, 300, 402):
        best = written.alternatives(position)
        ten = [one.probability for one in best[:10]]
        assert ten == pytest.approx(np.sort(said[position - 1])[::-1][:10], abs=1e-5)
        own = [one for one in best if one.token == written.tokens[position]]
        assert [one.probability for one in own] == [pytest.approx(written.probabilities[position])]
        assert all(VOCABULARY[one.token] == one.character for one in best)
        assert all(one.chance == pytest.approx(chances[position - 1, one.token], abs=1e-4) for one in best)


def test_the_same_seed_writes_the_same_text_and_another_one_another():
    assert writer(5).write("a", 200).text == writer(5).write("a", 200).text
    assert writer(5).write("a", 200).text != writer(6).write("a", 200).text
    assert writer(5).write("a", 200).text.startswith(writer(5).write("a", 50).text)


def test_a_forced_character_keeps_what_stands_before_and_changes_what_follows():
    one = writer()
    before = one.write("bad", 200)
    other = next(token for token in range(15) if token != before.tokens[60])
    after = one.forced(before, 60, other)
    assert after.text[:60] == before.text[:60]
    assert after.tokens[60] == other
    assert len(after.text) == len(before.text)
    assert after.text[61:] != before.text[61:]
    assert np.flatnonzero(after.given).tolist() == [0, 1, 2]
    assert np.flatnonzero(after.forced).tolist() == [60]
    again = one.forced(after, 100, int(after.tokens[100]))
    in_prompt = one.forced(before, 1, other)
    assert np.flatnonzero(in_prompt.given).tolist() == [0]
    assert np.flatnonzero(in_prompt.forced).tolist() == [1]
    assert in_prompt.drawn == in_prompt.text[1:]
    assert len(in_prompt.text) == len(before.text)
    assert np.flatnonzero(again.forced).tolist() == [60, 100]


@settings(max_examples=25)
@given(st.integers(2, 102))
def test_forcing_the_character_that_stands_there_already_changes_nothing(position):
    written = writer().write("bad", 100, Choosing(0.8, 6))
    same = writer().forced(written, position, int(written.tokens[position]))
    assert same.text == written.text
    np.testing.assert_array_equal(same.top, written.top)


def test_writing_goes_on_from_given_states():
    model = some_model(LSTM, FORM)
    whole = writer().write("badcab", 50, Choosing(0))
    states = model.forward(writer().numbers("bad")[np.newaxis]).states
    assert writer().write("cab", 50, Choosing(0), states).text == whole.text[3:]
    forced = writer().forced(writer().write("cab", 50, Choosing(0), states), 3, int(whole.tokens[6]))
    assert forced.text == whole.text[3:]


def test_unknown_characters_of_a_prompt_are_named_or_folded():
    with pytest.raises(ValueError, match="does not have: 'Q', '가'"):
        writer().write("bQ가Qa", 5)
    assert writer(fold="m").write("bQ가a\r\n", 0).text == "bmma\n"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: writer().write("", 5), "characters of the prompt must be a whole number from 1 to 5,000, not 0"),
        (lambda: writer().write("a", 20_001), "characters to write must be .* not 20001"),
        (lambda: writer().write("a", 5, states=()), "states of 2 recurrent layers, not 0"),
        (lambda: writer().forced(writer().write("a", 5), 6, 0), "position must be .* from 0 to 5, not 6"),
        (
            lambda: writer().forced(writer().write("a", 5), 3, 15),
            "number of a character must be .* from 0 to 14, not 15",
        ),
        (lambda: Writer(some_model(LSTM, FORM), "abc"), "15 characters, not 3"),
        (lambda: read(some_model(LSTM, FORM), np.array([15])), "tokens must be from 0 to 14, not 15 to 15"),
        (lambda: read(some_model(LSTM, FORM), some_tokens(5), ("z",)), "LSTM has h, c, i, f, g, o, not z"),
        (lambda: read(some_model(LSTM, FORM), np.zeros(10_000_000, np.int8)), "choose a shorter passage"),
    ],
)
def test_what_cannot_be_written_or_read_is_refused_with_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
