"""Passages of a text, models of a run, and what is said of a passage with a unit held."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.architecture import Cell
from rnnlab.corpora import Corpus, Source
from rnnlab.recording import Recording
from rnnlab.text_replay import model_of, weighed
from rnnlab.textlab import passages
from rnnlab.textlab.causal import Clamp
from rnnlab.textlab.features import FEATURES
from rnnlab.textlab.holding import compare
from rnnlab.textlab.readings import read
from tests.text_runs import CORPUS, experiment, model, state_of, weights

KOREAN = Corpus(Source.OWN, own="나는 밥을 먹었다.\n그는 밥을 먹지 않았다.\n" * 60)


class TestPassages:
    @given(st.integers(0, len(CORPUS.text) - 2), st.integers(2, 2000))
    def test_a_passage_is_what_stands_there(self, place, length):
        found = passages.part_of(CORPUS, place, length)
        whole = found.lead + found.text
        start = CORPUS.text.index(whole, max(0, place - 1000))
        assert start + len(found.lead) <= place or found.text == ""
        assert len(found.lead) <= passages.LEAD and len(found.text) <= length
        assert start + len(found.lead) == 0 or found.lead[-1] == "\n", "it begins with a line"
        assert "".join(CORPUS.vocabulary[n] for n in found.tokens(CORPUS.vocabulary)) == whole

    def test_what_is_said_in_a_passage_is_what_is_said_in_the_whole_text(self):
        """Though a passage is cut out, and what stands before it might begin with a closing mark."""
        corpus, said = Corpus(Source.GENERATED), FEATURES["quotes"].values
        whole = said(corpus.text)
        for place in range(0, len(corpus.text) - 400, 1_999):
            found = passages.part_of(corpus, place, 300)
            start = corpus.text.index(found.lead + found.text, max(0, place - 1_000)) + len(found.lead)
            np.testing.assert_array_equal(
                found.shown(said(found.lead + found.text)), whole[start : start + len(found.text)]
            )

    @pytest.mark.parametrize("length", range(20, 400, 13))
    def test_units_are_searched_in_held_out_lines_from_the_beginning_of_one(self, length):
        corpus = Corpus(Source.OWN, own='he said "so" and went\n' * 40 + "x" * length)
        found, whole = passages.unread(corpus, 30), "".join(corpus.vocabulary[n] for n in corpus.held_out)
        text = "".join(corpus.vocabulary[number] for number in found)
        assert 2 <= len(found) <= 30
        assert text in whole
        before = corpus.text[: len(corpus.text) - len(whole) + whole.index(text)]
        assert before.endswith("\n") or "\n" not in whole[: min(300, len(whole) // 2)]

    def test_held_out_and_learned_do_not_meet(self):
        assert passages.learned(CORPUS).high < passages.held_out(CORPUS).low == len(CORPUS.training)

    def test_a_text_without_lines_is_cut_where_it_is_asked_for(self):
        corpus = Corpus(Source.OWN, own="abcdefghij" * 300)
        assert passages.part_of(corpus, 1234, 5).text == "efghi"

    def test_beyond_the_end_is_refused(self):
        with pytest.raises(ValueError, match="place must be"):
            passages.part_of(CORPUS, len(CORPUS.text), 10)

    def test_what_is_typed_is_composed_and_known(self):
        assert passages.typed(KOREAN, "밥을\r\n").text == "밥을\n"
        with pytest.raises(ValueError, match="never read: 'x', '<'"):
            passages.typed(KOREAN, "밥x<x")
        with pytest.raises(ValueError, match="characters of the passage must be"):
            passages.typed(KOREAN, "")

    def test_rare_characters_become_their_sign(self):
        corpus = Corpus(Source.OWN, own="ab ba\n" * 50 + "qz", rarest=5)
        assert passages.typed(corpus, "aqb<").text == f"a{corpus.folding.sign}b{corpus.folding.sign}"

    def test_the_first_place_is_looked_for_onwards_and_then_round(self):
        assert passages.first([0, 1, 0, 1], 2) == 3
        assert passages.first([0, 1, 0, 0], 2) == 1
        assert passages.first([0, 0]) is None


class TestModels:
    def test_a_recorded_measurement_is_taken_or_the_one_before(self):
        of, recording = experiment(), Recording()
        for number in (1, 3):
            recording.add(number, model(of, number).flat)
        found = weighed(of, recording, 2, 3)
        assert found.measurement == 1
        np.testing.assert_array_equal(found.model.flat, model(of, 1).flat)
        assert weighed(of, recording, 0, 3) is None

    def test_where_nothing_is_recorded_the_end_is_taken(self):
        of = experiment()
        found = weighed(of, Recording(), 2, 7, state_of(of, 5))
        assert found.measurement == 7
        np.testing.assert_array_equal(found.model.flat, model(of, 5).flat)
        assert weighed(of, Recording(), 2, 7) is None

    def test_an_end_that_is_no_numbers_is_none(self):
        of = experiment()
        spoilt = io.BytesIO()
        np.savez(spoilt, **{f"weight_{n}": array * np.nan for n, array in enumerate(weights(of))})
        assert model_of(of, spoilt.getvalue()) is None
        assert weighed(of, Recording(), 2, 7, spoilt.getvalue()) is None

    def test_the_end_of_another_model_is_refused(self):
        with pytest.raises(ValueError, match="another model"):
            model_of(experiment(Cell.GRU), state_of(experiment(Cell.LSTM), 0))


class TestHolding:
    @pytest.mark.parametrize("cell", [Cell.SIMPLE_RNN, Cell.LSTM, Cell.GRU])
    def test_before_is_what_the_reference_says(self, cell):
        of = experiment(cell, layers=2)
        tokens = CORPUS.held_out[:40].astype(np.intp)
        found = compare(model(of), tokens, 10, Clamp(1, "h", 2, 0.5))
        expected = model(of).forward(tokens[np.newaxis]).outputs[0]
        np.testing.assert_allclose(found.before, expected[9:-1], atol=1e-5)
        assert np.abs(found.after - found.before).max() > 1e-3

    def test_holding_a_unit_where_it_is_changes_nothing(self):
        of = experiment()
        tokens = np.full(30, 3, np.intp)  # after a while the same all along
        value = float(read(model(of), np.full(3000, 3, np.intp), ("h",)).of(0, "h", 1)[-1])
        found = compare(model(of), np.full(3000, 3, np.intp), 2900, Clamp(0, "h", 1, value))
        np.testing.assert_allclose(found.losses, 0, atol=1e-4)
        assert not np.allclose(compare(model(of), tokens, 10, Clamp(0, "h", 1, -value)).losses, 0, atol=1e-4)

    def test_its_mean_is_that_of_the_passage(self):
        of, tokens = experiment(), CORPUS.held_out[:60].astype(np.intp)
        expected = read(model(of), tokens, ("c",)).of(0, "c", 4)[20:].mean()
        assert compare(model(of), tokens, 20, Clamp(0, "c", 4, None)).value == pytest.approx(expected)

    def test_of_the_first_character_nothing_is_said(self):
        found = compare(model(experiment()), CORPUS.held_out[:20].astype(np.intp), 0, Clamp(0, "h", 1))
        assert np.isnan(found.losses[0]) and np.isfinite(found.losses[1:]).all()
        assert found.alternatives(0) == ()

    def test_alternatives_have_what_stands_there_and_what_is_watched(self):
        found = compare(model(experiment()), CORPUS.held_out[:20].astype(np.intp), 0, Clamp(0, "h", 1))
        least = int(found.before[5].argmin())
        alternatives = found.alternatives(5, (least,))
        assert {least, int(found.tokens[5])} <= set(alternatives) and len(alternatives) == 8
        likely = np.maximum(found.before[5], found.after[5])[list(alternatives)]
        assert list(likely) == sorted(likely, reverse=True)
