"""What a model wrote while it learned, and the tables and charts of it: golden numbers by hand, and invariants."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.architecture import Architecture, Cell, Direction
from rnnlab.charts import HELD_OUT
from rnnlab.colours import looks
from rnnlab.corpora import Corpus, Source
from rnnlab.history import NO_CONFUSION, History, Scores
from rnnlab.tasks.drawn import Said
from rnnlab.text_charts import frequency_bars, loss_curves, word_curves
from rnnlab.text_tables import MOST_BARS, frequency_table, line_table, loss_table, marker_table, word_table
from rnnlab.text_timeline import Unit, as_text, furthest, sample, samples, speed, stages
from rnnlab.textlab import suggested
from rnnlab.textlab.experiment import STREAMS, TextExperiment, TextTraining
from rnnlab.textlab.ngrams import Line

TEXT = "ab ba\n" * 400
CORPUS = Corpus(Source.OWN, own=TEXT)
TRAINING = TextTraining(passes=2, chunk=10, batch_size=4)
EXPERIMENT = TextExperiment(Architecture(Cell.LSTM, 4), CORPUS, TRAINING)
LOOKS = looks((EXPERIMENT.architecture,))


def said(text):
    """What ``History.shown`` holds of this text."""
    numbers = np.array([[CORPUS.vocabulary.index(character) for character in text]], np.uint16)
    return Said(numbers, np.ones(numbers.shape, np.float32))


def history(*texts):
    """A history in which these texts were written, each with a smaller loss."""
    found = History()
    for number, text in enumerate(texts, 1):
        found.add(Scores(2.0 / number, 0.5, 4.0 / number, 0.25), said(text), NO_CONFUSION)
    return found


def test_every_measurement_has_its_step_text_and_words():
    written = samples(EXPERIMENT, history("bb aa\nab ", " ab ba b "))
    assert [(one.number, one.step, one.characters) for one in written] == [(1, 1, 40), (2, 2, 80)]
    assert [one.text for one in written] == ["bb aa\nab ", " ab ba b "]
    assert [one.words for one in written] == [0.5, 1.0]  # "aa" is none, the first "bb" may be cut; a "b" does not count
    assert [one.scores.held_out_loss for one in written] == [4.0, 2.0]


def test_a_sample_is_the_newest_one_where_it_has_not_come_so_far():
    reached = history("ab ba", "ba ab")
    assert sample(EXPERIMENT, reached, 1).text == "ab ba"
    assert sample(EXPERIMENT, reached, 99).text == "ba ab"
    assert sample(EXPERIMENT, reached, 0) is None
    assert sample(EXPERIMENT, History(), 5) is None


def test_losses_in_three_units():
    two_bits = 2 * math.log(2)
    assert [unit.of(two_bits) for unit in Unit] == pytest.approx([two_bits, 2.0, 4.0])


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 20))
def test_stages_grow_from_the_first_to_the_last(passes, chunk, streams):
    experiment = TextExperiment(Architecture(), CORPUS, TextTraining(passes, chunk, streams))
    found, measured = stages(experiment), experiment.measured
    assert found[-1] == len(measured)
    assert list(found) == sorted(set(found))
    assert found[0] == 1 or len(found) == 1
    steps = [measured[number - 1] for number in found]
    assert all(later > before * 1.4 for before, later in itertools.pairwise(steps))


def test_stages_of_a_run_by_hand():
    experiment = TextExperiment(Architecture(), CORPUS, TextTraining(passes=10, chunk=10, batch_size=4))
    assert experiment.steps == 530  # (2160 - 6 - 1) // 4 // 10 chunks of the nine tenths, ten times
    steps = [experiment.measured[number - 1] for number in stages(experiment)]
    assert steps[:4] == [1, 3, 10, 30]
    assert 100 <= steps[4] < 107
    assert 300 <= steps[5] < 320
    assert steps[6:] == [530]


def test_all_texts_to_take_home():
    taken = as_text(EXPERIMENT, history("ab ba", "ba\nab"), "LSTM 4")
    assert "LSTM 4: step 1, 40 characters read, held-out loss 4.000 nats" in taken
    assert "\n\nba\nab\n" in taken


def test_how_far_and_how_fast():
    going = history("ab", "ab")
    assert speed(EXPERIMENT, going) == 0.0
    going.seconds = 0.5
    assert speed(EXPERIMENT, going) == 160.0
    assert furthest((EXPERIMENT, EXPERIMENT), (history("ab"), going)) == 80


class TestTables:
    def test_losses_in_their_unit_and_what_is_no_number_is_left_out(self):
        reached = history("ab", "ab")
        reached.add(Scores(math.nan, 0.0, 1e9, 0.0), said("ab"), NO_CONFUSION)
        table = loss_table([samples(EXPERIMENT, reached)], LOOKS, Unit.PERPLEXITY)
        assert table["characters"].tolist() == [40, 40, 80, 80]
        assert table["part"].tolist() == [HELD_OUT, "training"] * 2
        assert table["loss"].tolist() == pytest.approx([math.exp(x) for x in (4, 2, 2, 1)])

    def test_words(self):
        table = word_table([samples(EXPERIMENT, history("bb aa\nab ", ""))], LOOKS)
        assert table[["characters", "share"]].values.tolist() == [[40.0, 0.5]]

    def test_characters_that_one_cannot_see_have_marks(self):
        table = frequency_table(CORPUS)
        assert table["character"].tolist()[:2] == ["a", "b"]
        assert set(table["character"]) == {"a", "b", "␣", "↵"}
        assert table["times"].sum() == len(TEXT)
        many = Corpus(Source.OWN, own="".join(map(chr, range(33, 127))))
        assert len(frequency_table(many)) == MOST_BARS

    def test_lines_of_reference(self):
        table = line_table([Line("bigram", math.log(8))], Unit.BITS)
        assert table.values.tolist() == [[pytest.approx(3.0), "bigram"]]

    def test_nothing_is_marked_while_it_trains(self):
        assert marker_table(None).empty
        assert marker_table(5)["characters"].tolist() == [5]


class TestCharts:
    def test_the_specification_is_the_same_while_data_moves(self):
        ends = (40, 4000)
        assert loss_curves(LOOKS, ends, Unit.NATS, True) is loss_curves(LOOKS, ends, Unit.NATS, True)
        assert word_curves(LOOKS, ends, False) is word_curves(LOOKS, ends, False)
        assert frequency_bars() is frequency_bars()

    @pytest.mark.parametrize("unit", Unit)
    @pytest.mark.parametrize("logarithmic", [True, False])
    def test_axes_end_where_the_run_ends(self, unit, logarithmic):
        chart = loss_curves(LOOKS, (40, 4000), unit, logarithmic)
        text = json.dumps(chart)
        assert f'"domain": [{40 if logarithmic else 0}, 4000]' in text
        assert text.count('"type": "log"') >= logarithmic + (unit is Unit.PERPLEXITY)
        assert LOOKS[0].colour in text

    def test_a_run_of_one_step_has_an_axis(self):
        assert '"domain": [40, 41]' in json.dumps(word_curves(LOOKS, (40, 40), True))


class TestSuggested:
    @given(st.integers(30, 3000))  # of which two at least are held out
    def test_whatever_is_suggested_can_be_trained(self, length):
        corpus = Corpus(Source.OWN, own=("ab " * length)[:length])
        found = suggested.training(corpus)
        assert TextExperiment(Architecture(), corpus, found).steps >= min(1000, 1000 * found.batch_size / STREAMS.high)

    def test_the_usual_streams_for_a_long_text(self):
        found = suggested.training(Corpus(Source.OWN, own="a longer text of words\n" * 20_000))
        assert (found.chunk, found.batch_size) == (64, 32)

    def test_everything_on_the_bench_can_continue_a_text(self):
        assert not any(TextExperiment.why_not(architecture) for architecture in suggested.BENCH)
        backward = Architecture(direction=Direction.BACKWARD)
        assert TextExperiment.why_not(backward) == TextExperiment(backward, CORPUS, TRAINING).refusal != ""


def test_a_model_writes_on_where_the_text_that_it_learns_from_ends():
    cut = len(CORPUS.training)
    assert TEXT[cut - 100 : cut] == EXPERIMENT.prompt
    short = Corpus(Source.OWN, own="ab ba " * 10)
    assert TextExperiment(Architecture(), short, suggested.training(short)).prompt == short.text[: len(short.training)]
