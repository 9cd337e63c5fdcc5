"""Races of the text lab on a real cluster: checkpoints, what a lost worker costs, saving and opening."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from rnnlab import saved, text_replay
from rnnlab.architecture import Architecture, Cell, Direction
from rnnlab.corpora import Corpus, Source
from rnnlab.engine import Engine, TextRun, runs
from rnnlab.experiment import Experiment
from rnnlab.history import Status
from rnnlab.textlab.experiment import TextExperiment, TextTraining
from tests.test_engine import FULL, HIHELLO, slow, wait_until

TEXT = Corpus(Source.OWN, own="the quick brown fox jumps over the lazy dog and says “no”.\n" * 40)


def experiments(passes: int) -> tuple[TextExperiment, ...]:
    training = TextTraining(passes=passes, chunk=16, batch_size=4, dropout=0.1)
    bench = Architecture(Cell.LSTM, 12), Architecture(Cell.GRU, 9, embedding_dim=5)
    return tuple(TextExperiment(architecture, TEXT, training) for architecture in bench)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(workers=1)
    wait_until(lambda: engine.workers == 1)
    yield engine
    engine.close()


def ended(run: TextRun) -> TextRun:
    wait_until(lambda: not run.status.active)
    return run


def assert_same(one: TextRun, other: TextRun) -> None:
    """Bit for bit: what was measured, what was written, and the weights and all else in the end."""
    for ours, theirs in zip(one.lanes, other.lanes, strict=True):
        assert np.array_equal(ours.history.scores, theirs.history.scores, equal_nan=True)
        for mine, its in zip(ours.history.shown, theirs.history.shown, strict=True):
            assert np.array_equal(mine.predicted, its.predicted)
        mine, its = (text_replay.model_of(lane.experiment, lane.state()) for lane in (ours, theirs))
        assert all(map(np.array_equal, mine.weights, its.weights))


@pytest.fixture(scope="module")
def whole(engine: Engine) -> TextRun:
    """A race from start to end."""
    return ended(engine.start(experiments(12), FULL))


def test_a_race_is_measured_as_its_experiments_say(whole: TextRun) -> None:
    assert whole.status is Status.FINISHED
    for lane in whole.lanes:
        assert lane.history.epochs == lane.experiment.epochs
        assert lane.history.scores[-1].held_out_loss < 0.9 * lane.history.scores[0].held_out_loss
        assert lane.recording.epochs[-1] == lane.experiment.epochs


def test_stopped_and_continued_it_comes_to_the_same(engine: Engine, whole: TextRun) -> None:
    run = engine.start(experiments(12), FULL)
    wait_until(lambda: run.epoch >= 5)
    engine.stop(run)
    assert ended(run).status is Status.STOPPED
    assert run.epoch < whole.epoch
    engine.go_on(run, FULL)
    assert_same(ended(run), whole)


def test_when_its_worker_is_lost_it_goes_on_from_the_last_checkpoint(engine, whole, monkeypatch) -> None:
    monkeypatch.setattr(runs, "CHECKPOINT_EVERY", 0.2)
    run = engine.start(experiments(12), slow(12))
    wait_until(lambda: run.lanes[0].saved[0] >= 3)
    os.kill(next(iter(engine._client.run(os.getpid).values())), signal.SIGKILL)
    assert ended(run).status is Status.INTERRUPTED
    assert run.status.can_continue
    epochs, _seconds = run.lanes[0].saved
    assert 3 <= epochs <= run.epoch < whole.epoch
    engine.go_on(run, FULL)
    assert_same(ended(run), whole)


def test_a_race_is_saved_while_it_trains_and_opened_elsewhere(engine, whole, monkeypatch) -> None:
    monkeypatch.setattr(runs, "CHECKPOINT_EVERY", 0.2)
    run = engine.start(experiments(12), slow(12))
    wait_until(lambda: run.lanes[1].saved[0] >= 2)
    content = saved.to_file(runs.saved_lanes(run))
    engine.stop(run)
    ended(run)
    opened = engine.open(saved.from_file(content), "somebody")
    assert opened.status is Status.STOPPED
    assert 2 <= opened.epoch < whole.epoch
    assert opened.lanes[0].recording.epochs
    assert opened.elapsed == sum(lane.history.seconds for lane in opened.lanes) > 0
    engine.go_on(opened, FULL)
    assert_same(ended(opened), whole)


def test_what_is_finished_is_opened_as_finished(engine: Engine, whole: TextRun) -> None:
    opened = engine.open(saved.from_file(saved.to_file(runs.saved_lanes(whole))))
    assert opened.status is Status.FINISHED
    assert_same(opened, whole)


def test_who_cannot_continue_a_text_is_named_and_the_others_train(engine: Engine) -> None:
    both_ways = TextExperiment(Architecture(Cell.LSTM, 5, direction=Direction.BIDIRECTIONAL), TEXT)
    one = TextExperiment(Architecture(Cell.SIMPLE_RNN, 5), TEXT, TextTraining(passes=1, chunk=8, batch_size=4))
    run = ended(engine.start((both_ways, one), FULL))
    assert [lane.status for lane in run.lanes] == [Status.FAILED, Status.FINISHED]
    assert "reads forward" in run.lanes[0].reason


def test_runs_of_one_kind_are_not_taken_for_the_other(engine: Engine, whole: TextRun) -> None:
    task_run = engine.start(HIHELLO, FULL, "me")
    text_run = engine.start(experiments(200), slow(1), "me")
    assert engine.run(whole.id, TextExperiment) is whole
    assert engine.run(whole.id, Experiment) is None
    assert engine.newest_of("me", TextExperiment) is text_run
    assert engine.newest_of("me", Experiment) in (task_run, None)
    engine.stop(text_run)
    wait_until(lambda: not task_run.status.active and not text_run.status.active)


def test_states_take_no_more_room_than_is_given_them_and_the_newest_stays(engine, whole, monkeypatch) -> None:
    """The last test here: it forgets what the others share."""
    folder = whole.folder
    assert whole.state_bytes == sum(lane.state_file.stat().st_size for lane in whole.lanes)
    monkeypatch.setattr("rnnlab.engine.engine.KEPT_STATES", 1)
    newest = ended(engine.start(experiments(1), FULL))
    wait_until(lambda: len(engine._runs) == 1)
    assert engine.run(newest.id, TextExperiment) is newest
    assert newest.lanes[0].state()
    assert {file.name.split("-")[0] for file in folder.iterdir()} == {newest.id}
