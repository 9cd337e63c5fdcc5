"""A run as the server keeps it: its recorded weights go into files, and the oldest of these go when there are too many."""

import numpy as np
import pytest

from rnnlab.architecture import Architecture, Cell
from rnnlab.engine import Run, runs
from rnnlab.experiment import Experiment, Pace
from rnnlab.history import Chunk, History, Reached, Scores, Status
from rnnlab.recording import Recording
from rnnlab.tasks.drawn import Said

BENCH = tuple(Experiment(Architecture(cell)) for cell in (Cell.GRU, Cell.LSTM))


def flat(epoch: int) -> np.ndarray:
    return np.full(1000, epoch, np.float32)


def chunk(first: int, last: int) -> Chunk:
    """Epochs as a worker reports them, with the weights from before the first to after the last."""
    history = History(start=first - 1, recording=Recording({e: flat(e) for e in range(first - 1, last + 1)}))
    for _ in range(first, last + 1):
        history.add(Scores(1.0, 0.5), Said(np.zeros((1, 6), np.uint16), np.zeros((1, 6), np.float32)), np.zeros((0, 0)))
    return history.chunk(first)


def trained(folder, status=Status.FINISHED) -> Run:
    """A run of two lanes after two epochs."""
    run = Run(BENCH, Pace(), folder)
    run.settle(tuple(Reached(status, chunk(1, 2), b"state") for _ in run.lanes))
    return run


def recorded(run: Run) -> list[tuple[int, ...]]:
    return [lane.recording.epochs for lane in run.lanes]


def test_a_run_that_has_ended_keeps_its_recordings_in_files(tmp_path):
    run = trained(tmp_path)
    assert recorded(run) == [(0, 1, 2)] * 2
    assert not any(lane.history.recording.kept for lane in run.lanes)
    assert run.recording_bytes == sum(file.stat().st_size for file in tmp_path.glob("*-weights.npz"))
    run.forget()
    assert list(tmp_path.iterdir()) == []


def test_one_whose_worker_is_gone_keeps_what_had_come(tmp_path):
    run = Run(BENCH, Pace(), tmp_path)
    run.begin("there")
    run.lanes[0].history.extend(chunk(1, 2))
    run.end(Status.LOST)
    assert recorded(run) == [(0, 1, 2), ()]
    assert len(list(tmp_path.iterdir())) == 1


def test_one_that_goes_on_goes_on_recording(tmp_path):
    run = trained(tmp_path, Status.STOPPED)
    run.go_on(Pace())
    assert not list(tmp_path.glob("*-weights.npz"))
    run.settle(tuple(Reached(Status.FINISHED, chunk(3, 4), b"state") for _ in run.lanes))
    assert recorded(run) == [(0, 1, 2, 3, 4)] * 2


def test_the_recordings_of_the_runs_that_ended_first_are_dropped(tmp_path, monkeypatch):
    older, oldest = Run(BENCH, Pace(), tmp_path), trained(tmp_path, Status.STOPPED)
    older.settle(tuple(Reached(Status.FINISHED, chunk(1, 2), b"state") for _ in older.lanes))
    newest, going = trained(tmp_path), Run(BENCH, Pace(), tmp_path)
    all_runs = [older, oldest, newest, going]
    monkeypatch.setattr(runs, "KEPT_RECORDINGS", 2 * newest.recording_bytes)
    runs.drop_oldest_recordings(all_runs)
    assert [run.lanes[0].recording_dropped for run in all_runs] == [False, True, False, False]
    assert recorded(oldest) == [(), ()]
    assert recorded(older) == recorded(newest) == [(0, 1, 2)] * 2
    assert len(list(tmp_path.glob("*-weights.npz"))) == 4

    oldest.go_on(Pace())  # its state is still there
    oldest.settle(tuple(Reached(Status.FINISHED, chunk(3, 4), b"state") for _ in oldest.lanes))
    assert recorded(oldest) == [(2, 3, 4)] * 2
    assert oldest.lanes[0].recording.at(1) is None


@pytest.mark.parametrize("more", [0, 1])
def test_what_fits_is_kept_to_the_last_byte(tmp_path, monkeypatch, more):
    run = trained(tmp_path)
    monkeypatch.setattr(runs, "KEPT_RECORDINGS", run.recording_bytes - more)
    runs.drop_oldest_recordings([run])
    assert run.lanes[0].recording_dropped is bool(more)
