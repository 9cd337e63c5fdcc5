"""A text as streams and chunks, and the experiments that learn it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.architecture import Architecture, Cell, Direction
from rnnlab.corpora import Corpus, Source
from rnnlab.textlab import measuring
from rnnlab.textlab.experiment import Schedule, TextExperiment, TextTraining
from rnnlab.textlab.streams import Streams

GENERATED = Corpus(Source.GENERATED)
LSTM = Architecture(Cell.LSTM, 8)


def of(**settings: object) -> TextExperiment:
    return TextExperiment(LSTM, GENERATED, TextTraining(**settings))  # type: ignore[arg-type]


def test_two_streams_of_eleven_characters_by_hand():
    streams = Streams(np.arange(11, dtype=np.int32), streams=2, chunk=2)
    assert streams.chunks == 2
    assert streams[0].inputs.T.tolist() == [[0, 1], [5, 6]]
    assert streams[0].targets.T.tolist() == [[1, 2], [6, 7]]
    assert streams[1].inputs.T.tolist() == [[2, 3], [7, 8]]
    assert streams[2].inputs.T.tolist() == [[0, 1], [5, 6]], "after the last chunk comes the first again"


@given(length=st.integers(2, 400), streams=st.integers(1, 7), chunk=st.integers(1, 20))
def test_streams_are_stretches_of_the_text_and_each_target_is_the_next_character(length, streams, chunk):
    text = np.arange(length, dtype=np.int32)
    if length - 1 < streams * chunk:
        with pytest.raises(ValueError, match=f"need {streams * chunk + 1} characters"):
            Streams(text, streams, chunk)
        return
    read = np.concatenate([part.inputs for part in Streams(text, streams, chunk)])
    assert (np.diff(read, axis=0) == 1).all()
    assert (np.concatenate([part.targets for part in Streams(text, streams, chunk)]) == read + 1).all()
    assert len(np.unique(read)) == read.size, "no character is read twice"
    assert read.size > (length - 1) - streams * chunk - streams, "less than a chunk of each stream is left over"


def test_it_is_measured_at_growing_intervals_and_at_the_end():
    experiment = of(passes=20)
    steps = np.diff((0, *experiment.measured))
    assert experiment.measured[:3] == (1, 2, 3)
    assert experiment.measured[-1] == experiment.steps
    assert (np.diff(steps[:-1]) >= 0).all()
    assert steps.max() <= 1 + experiment.steps / 16
    assert experiment.done(experiment.epochs) == 1.0
    assert experiment.step_of(2.5) == 2.5


def test_measuring_is_work_too_and_most_of_it_at_first():
    experiment = of(passes=20)
    done = [experiment.done(epochs) for epochs in range(experiment.epochs + 1)]
    assert done[0] == 0.0
    assert (np.diff(done) > 0).all()
    learned = experiment.training.batch_size * experiment.training.chunk
    held_out = len(measuring.held_out(experiment.corpus).places)
    measured = 0.4 * held_out * experiment.epochs
    assert done[1] == pytest.approx((learned + 0.4 * held_out) / (learned * experiment.steps + measured))
    assert done[1] > 1 / experiment.steps


def test_more_passes_are_measured_where_fewer_were():
    few, many = of(passes=2).measured, of(passes=9).measured
    assert many[: len(few) - 1] == few[:-1]


def test_the_learning_rate_stays_or_falls_to_zero():
    falling, same = of(passes=2), of(passes=2, schedule=Schedule.CONSTANT)
    rates = [falling.learning_rate(step) for step in range(falling.steps)]
    assert rates[0] == falling.training.learning_rate == same.learning_rate(falling.steps - 1)
    assert (np.diff(rates) < 0).all()
    assert 0 < rates[-1] < 0.001 * rates[0]


@pytest.mark.parametrize("source", [Source.GENERATED, Source.PYTHON])
def test_an_experiment_survives_json(source):
    training = TextTraining(passes=2, chunk=50, dropout=0.2, schedule=Schedule.CONSTANT, seed=3)
    experiment = TextExperiment(Architecture(Cell.GRU, 12, embedding_dim=5, layers=2), Corpus(source), training)
    again = TextExperiment.from_json(experiment.to_json())
    assert again == experiment
    assert again.form == experiment.form


def test_an_own_text_goes_along():
    experiment = TextExperiment(LSTM, Corpus(Source.OWN, own="나는 밥을 먹었습니다. " * 400))
    assert TextExperiment.from_json(experiment.to_json()).corpus.text == experiment.corpus.text


def test_what_json_may_not_say():
    plain = of().to_json()
    with pytest.raises(ValueError, match="unknown: 'speed'"):
        TextExperiment.from_json(plain | {"training": {"speed": 3}})
    with pytest.raises(ValueError, match="unknown: 'wings'"):
        TextExperiment.from_json(plain | {"architecture": {"cell": "lstm", "wings": 2}})


def test_a_text_shorter_than_a_chunk_for_each_stream():
    with pytest.raises(ValueError, match=r"64 streams with chunks of 100 need 6,401 characters .* fewer streams"):
        TextExperiment(LSTM, Corpus(Source.OWN, own="to be or not to be " * 50), TextTraining(batch_size=64, chunk=100))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"passes": 0}, "passes must be a whole number from 1 to 1,000, not 0"),
        ({"chunk": 501}, "characters of a chunk must be .* from 1 to 500, not 501"),
        ({"batch_size": 0}, "streams must be a whole number from 1 to 512, not 0"),
        ({"dropout": 1.0}, "dropout must be a number from 0 to 0.9, not 1.0"),
        ({"learning_rate": float("nan")}, "learning rate must be a number"),
        ({"schedule": "sine"}, "schedule must be one of"),
        ({"device": "toaster"}, "device must be auto, cpu, gpu"),
    ],
)
def test_settings_out_of_range_are_told(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        TextTraining(**settings)


def test_who_cannot_continue_a_text():
    def refusal(architecture: Architecture) -> str:
        return TextExperiment(architecture, GENERATED).refusal

    assert "without memory" in refusal(Architecture(Cell.DENSE, 8))
    assert "reads forward" in refusal(Architecture(Cell.LSTM, 8, direction=Direction.BIDIRECTIONAL))
    assert "reads forward" in refusal(Architecture(Cell.GRU, 8, direction=Direction.BACKWARD))
    assert "1 to 3 layers" in refusal(Architecture(Cell.LSTM, 8, layers=4))
    assert refusal(Architecture(Cell.SIMPLE_RNN, 8, layers=3, embedding_dim=4)) == ""
