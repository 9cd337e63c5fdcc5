"""The engine on a real cluster of local processes, and on a scheduler of its own: nothing here is a stand-in."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from distributed import Scheduler
from numpy.typing import NDArray

from rnnlab.architecture import FIRST_BENCH, Architecture, Cell, Direction, Form
from rnnlab.counting import Summary, count
from rnnlab.engine import Engine, EngineState, Run
from rnnlab.engine.cluster import KEPT_MESSAGES
from rnnlab.experiment import Choice, Device, Experiment, Pace, PaceKind, Training
from rnnlab.history import Status
from rnnlab.tasks import task

ROOT = Path(__file__).parents[1]
FULL, STEP = Pace(PaceKind.FULL), Pace(PaceKind.STEP)
HIHELLO = Choice().experiments()
LONG = task("own", text=((string.ascii_letters + string.digits + " ") * 4)[:200])


def slow(epochs_per_second: int) -> Pace:
    return Pace(PaceKind.SLOW, epochs_per_second)


def wait_until(condition: Callable[[], object], seconds: float = 120) -> None:
    """Wait for something that is bound to come; the deadline is only there for tests that fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.02)


def ended(run: Run) -> Run:
    wait_until(lambda: not run.status.active)
    return run


def at_epoch(run: Run, epoch: int) -> Run:
    wait_until(lambda: run.epoch >= epoch or not run.status.active)
    assert run.status.active, f"it has ended: {run.status}"
    return run


def said(run: Run) -> list[str]:
    """What each lane predicts at the end."""
    return [lane.experiment.task.read(lane.history.shown[-1].predicted[0]) for lane in run.lanes]


def answer(engine: Engine, run: Run, lane: int, samples: NDArray[np.int32]) -> NDArray[np.float32]:
    """What the trained model of a lane says to samples."""
    wait_until(lambda: engine.said(run, lane, samples) is not None)
    answered = engine.said(run, lane, samples)
    assert isinstance(answered, np.ndarray), answered
    return answered


def losses(run: Run) -> list[list[float]]:
    return [lane.history.losses for lane in run.lanes]


def long_experiment(seed: int = 0) -> tuple[Experiment, ...]:
    """Some ten seconds and more of work at full speed."""
    return (Experiment(Architecture(Cell.LSTM, 64), LONG, Training(epochs=5000, learning_rate=0.01, seed=seed)),)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(workers=2)
    wait_until(lambda: engine.workers == 2)
    yield engine
    engine.close()


@pytest.fixture(autouse=True)
def nothing_is_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "engine" in request.fixturenames:
        shared: Engine = request.getfixturevalue("engine")
        for run in list(shared._runs.values()):
            shared.stop(run)
        wait_until(lambda: shared.active() == 0)


@pytest.fixture(scope="module")
def uninterrupted(engine: Engine) -> Run:
    """The first bench on "hihello", from start to end at full speed."""
    return ended(engine.start(HIHELLO, FULL))


class TestRun:
    def test_from_start_to_end(self, uninterrupted: Run) -> None:
        assert uninterrupted.status is Status.FINISHED
        assert [lane.history.epochs for lane in uninterrupted.lanes] == [50, 50, 50]
        assert said(uninterrupted) == ["ihello", "ihello", "ihello"]
        for lane in uninterrupted.lanes:
            assert len(lane.history.scores) == len(lane.history.shown) == 50
            assert lane.history.losses[-1] < lane.history.losses[0]
            assert lane.history.seconds > 0

    def test_progress_comes_in_pieces_before_the_end(self, engine: Engine) -> None:
        run = engine.start(HIHELLO, slow(20))
        seen: set[int] = set()
        while run.status.active:
            seen.add(run.epoch)
            time.sleep(0.02)
        assert run.status is Status.FINISHED
        assert len(seen - {0, 50}) >= 3

    def test_pace_changes_nothing_of_the_numbers(self, engine: Engine, uninterrupted: Run) -> None:
        run = ended(engine.start(HIHELLO, slow(30)))
        assert losses(run) == losses(uninterrupted)

    def test_pace_can_be_changed_while_it_runs(self, engine: Engine, uninterrupted: Run) -> None:
        run = at_epoch(engine.start(HIHELLO, slow(1)), 1)
        assert run.left is not None and run.left > 40
        engine.set_pace(run, FULL)
        wait_until(lambda: not run.status.active, 30)  # at one epoch a second it would take 49
        assert run.status is Status.FINISHED
        assert losses(run) == losses(uninterrupted)

    def test_step_by_step(self, engine: Engine, uninterrupted: Run) -> None:
        run = ended(engine.start(HIHELLO, STEP))
        assert (run.status, run.epoch) == (Status.PAUSED, 1)
        for epoch in (2, 3):
            engine.go_on(run, STEP)
            ended(run)
            assert (run.status, run.epoch) == (Status.PAUSED, epoch)
        engine.go_on(run, FULL)
        ended(run)
        assert run.status is Status.FINISHED
        assert losses(run) == losses(uninterrupted)

    def test_lanes_of_different_length_end_each_at_its_own(self, engine: Engine) -> None:
        short = replace(HIHELLO[0], training=Training(epochs=3))
        run = ended(engine.start((short, HIHELLO[1]), FULL))
        assert [lane.history.epochs for lane in run.lanes] == [3, 50]

    def test_the_same_architecture_twice(self, engine: Engine, uninterrupted: Run) -> None:
        run = ended(engine.start((HIHELLO[0], HIHELLO[0]), FULL))
        assert run.status is Status.FINISHED
        assert losses(run) == [losses(uninterrupted)[0]] * 2
        assert engine.keras_file(run, 1)

    def test_weights_come_while_it_trains_of_large_models_too(self, engine: Engine) -> None:
        large = Experiment(Architecture(Cell.LSTM, 128), HIHELLO[0].task, Training(epochs=50))
        assert count(large.architecture, large.form).total > 2**16
        run = at_epoch(engine.start((large, HIHELLO[1]), slow(5)), 1)
        for lane in run.lanes:
            wait_until(lambda lane=lane: lane.recording.epochs[-1:] > (1,))
            flat = lane.recording.at(50)[1]
            assert flat.size == count(lane.experiment.architecture, lane.experiment.form).total
        assert run.status.active

    def test_the_scheduler_forgets_what_was_reported(self, engine: Engine, uninterrupted: Run) -> None:
        ended(engine.start(HIHELLO, slow(30)))
        assert len(engine._client.get_events(engine._topic)) <= KEPT_MESSAGES

    def test_device_is_said(self, engine: Engine, uninterrupted: Run) -> None:
        assert Device("cpu", "CPU") in engine.devices()
        assert uninterrupted.device in [device.title for device in engine.devices()]


class TestStop:
    def test_stop_keeps_what_was_reached_and_continue_goes_on(self, engine: Engine, uninterrupted: Run) -> None:
        run = at_epoch(engine.start(HIHELLO, slow(10)), 5)
        engine.stop(run)
        ended(run)
        reached = run.epoch
        assert run.status is Status.STOPPED
        assert 5 <= reached < 50
        assert losses(run) == [
            line[: lane.history.epochs] for line, lane in zip(losses(uninterrupted), run.lanes, strict=True)
        ]
        engine.go_on(run, FULL)
        ended(run)
        assert run.status is Status.FINISHED
        assert losses(run) == losses(uninterrupted)
        for lane, other in zip(run.lanes, uninterrupted.lanes, strict=True):
            for one, two in zip(lane.history.shown, other.history.shown, strict=True):
                assert np.array_equal(one.predicted, two.predicted)
                assert np.array_equal(one.probability, two.probability)

    def test_stop_is_taken_soon(self, engine: Engine) -> None:
        run = at_epoch(engine.start(HIHELLO, slow(1)), 1)
        engine.stop(run)
        ended(run)
        assert run.epoch <= 4  # a pace of one epoch a second is not waited out

    def test_stop_interrupts_full_speed(self, engine: Engine) -> None:
        run = at_epoch(engine.start(long_experiment(), FULL), 1)
        engine.stop(run)
        assert ended(run).status is Status.STOPPED
        assert run.epoch < 5000

    def test_continue_right_after_stop_is_not_stopped_again(self, engine: Engine) -> None:
        run = engine.start(HIHELLO, slow(30))
        for _ in range(4):
            engine.stop(run)
            ended(run)
            engine.go_on(run, slow(30))
        assert ended(run).status is Status.FINISHED

    def test_stop_of_a_run_that_waits(self, engine: Engine) -> None:
        busy = [engine.start(long_experiment(seed), FULL) for seed in (1, 2)]
        for run in busy:
            at_epoch(run, 1)
        waiting = engine.start(HIHELLO, FULL)
        engine.stop(waiting)
        assert waiting.status is Status.STOPPED
        for run in busy:
            engine.stop(run)
        engine.go_on(waiting, FULL)
        assert ended(waiting).status is Status.FINISHED

    def test_continue_of_a_finished_run_changes_nothing(self, engine: Engine, uninterrupted: Run) -> None:
        engine.go_on(uninterrupted, FULL)
        assert uninterrupted.status is Status.FINISHED

    def test_time_between_stop_and_continue_does_not_count(self, engine: Engine) -> None:
        run = at_epoch(engine.start(HIHELLO, slow(30)), 2)
        engine.stop(run)
        before = ended(run).elapsed
        time.sleep(0.3)
        assert run.elapsed == before > 0


class TestManyRuns:
    def test_a_third_run_waits_for_a_free_worker(self, engine: Engine) -> None:
        first, second = (at_epoch(engine.start(long_experiment(seed), FULL), 1) for seed in (1, 2))
        third, fourth = (engine.start(HIHELLO, FULL) for _ in range(2))
        wait_until(lambda: engine.active() == 4)
        assert first.worker != second.worker
        assert third.status is fourth.status is Status.WAITING
        assert (engine.waiting_before(third), engine.waiting_before(fourth), engine.waiting_before(first)) == (0, 1, 0)
        engine.stop(first)
        assert ended(third).status is Status.FINISHED
        assert third.worker == first.worker
        assert ended(fourth).status is Status.FINISHED

    def test_slow_motion_shares_a_worker(self, engine: Engine) -> None:
        runs = [engine.start(HIHELLO, slow(2)) for _ in range(3)]
        for run in runs:
            at_epoch(run, 2)
        assert len({run.worker for run in runs}) <= 2

    def test_full_speed_has_room_beside_slow_motion(self, engine: Engine) -> None:
        runs = [at_epoch(engine.start(HIHELLO, slow(1)), 1) for _ in range(2)]
        assert ended(engine.start(HIHELLO, FULL)).status is Status.FINISHED
        assert all(run.status.active for run in runs)

    def test_runs_side_by_side_give_the_same_numbers_as_alone(self, engine: Engine, uninterrupted: Run) -> None:
        runs = [engine.start(HIHELLO, slow(30)) for _ in range(4)]
        for run in runs:
            assert losses(ended(run)) == losses(uninterrupted)

    def test_newest_of_an_owner_is_what_is_still_going_on(self, engine: Engine) -> None:
        older, newer = (engine.start(HIHELLO, slow(5), "somebody") for _ in range(2))
        assert engine.newest_of("somebody", Experiment) is newer
        assert engine.newest_of("somebody else", Experiment) is engine.newest_of("", Experiment) is None
        engine.stop(ended_soon := newer)
        ended(ended_soon)
        assert engine.newest_of("somebody", Experiment) is older


class TestAnswers:
    def test_summary_while_both_workers_train_at_full_speed(self, engine: Engine) -> None:
        runs = [at_epoch(engine.start(long_experiment(seed), FULL), 1) for seed in (3, 4)]
        architecture, form = Architecture(Cell.GRU, 77, 13), Form(5000, timesteps=30)
        wait_until(lambda: engine.summary(architecture, form) is not None)
        assert all(run.status.active for run in runs)
        answer = engine.summary(architecture, form)
        assert isinstance(answer, Summary)
        assert answer.parameters == count(architecture, form).total

    def test_summary_of_what_is_too_large_is_a_sentence(self, engine: Engine) -> None:
        architecture = Architecture(Cell.LSTM, 1024, 4096)
        form = Form(1_000_000)
        wait_until(lambda: engine.summary(architecture, form) is not None)
        answer = engine.summary(architecture, form)
        assert isinstance(answer, str)
        assert "parameters" in answer and "50,000,000" in answer

    def test_padding_changes_nothing_of_what_is_said_to_a_sentence(self, engine: Engine) -> None:
        sentiment = task("sentiment")
        training = Training(epochs=2, learning_rate=0.01, batch_size=64)
        bench = Architecture(Cell.GRU, 8, 4), Architecture(Cell.LSTM, 8, 4, direction=Direction.BIDIRECTIONAL)
        run = ended(engine.start(tuple(Experiment(a, sentiment, training) for a in bench), FULL))
        padded = sentiment.give("it is not a good movie.").inputs[np.newaxis]
        cut = padded[:, : np.count_nonzero(padded)]
        assert (cut.shape, padded.shape) == ((1, 7), (1, 20))
        for lane in range(len(bench)):
            said_to_padded, said_to_cut = (answer(engine, run, lane, sentence) for sentence in (padded, cut))
            assert said_to_padded.shape == (1, 1, 5)
            np.testing.assert_allclose(said_to_padded, said_to_cut, atol=1e-5)
            other = answer(engine, run, lane, cut[:, :3])
            assert np.abs(said_to_cut - other).max() > 1e-3  # it does listen

    def test_keras_file_predicts_what_the_run_predicts(
        self, engine: Engine, uninterrupted: Run, tmp_path: Path, keras_ready: None
    ) -> None:
        path = tmp_path / "model.keras"
        path.write_bytes(engine.keras_file(uninterrupted, 1))
        import keras

        model = keras.models.load_model(path)
        hihello = task("hihello")
        one_hot = np.eye(5, dtype=np.float32)[hihello.data(0).train.inputs]
        assert hihello.read(np.argmax(np.asarray(model(one_hot))[0], axis=-1)) == "ihello"

    def test_keras_file_of_a_run_that_was_stopped(self, engine: Engine) -> None:
        run = at_epoch(engine.start(HIHELLO, slow(20)), 2)
        engine.stop(run)
        assert engine.keras_file(ended(run), 0)[:2] == b"PK"


class TestLanesThatCannotGoOn:
    def test_one_that_is_too_large_fails_and_the_others_go_on(self, engine: Engine) -> None:
        large = Architecture(Cell.LSTM, 1024, direction=Direction.BIDIRECTIONAL, layers=4)
        training = Training(epochs=4)
        run = ended(engine.start(tuple(Experiment(a, LONG, training) for a in (large, FIRST_BENCH[0])), FULL))
        failed, other = run.lanes
        assert failed.status is Status.FAILED
        assert "parameters" in failed.reason and "50,000,000" in failed.reason
        assert (other.status, other.history.epochs) == (Status.FINISHED, 4)
        with pytest.raises(RuntimeError, match="nothing was kept"):
            engine.keras_file(run, 0)
        assert engine.keras_file(run, 1)

    def test_one_whose_loss_is_no_longer_a_number_has_diverged(self, engine: Engine) -> None:
        diverging, calm = Training(learning_rate=1.0), Training(epochs=10, learning_rate=0.001)
        run = ended(
            engine.start(
                (
                    Experiment(Architecture(Cell.SIMPLE_RNN, 64), LONG, diverging),
                    Experiment(Architecture(Cell.SIMPLE_RNN, 5), LONG, calm),
                ),
                FULL,
            )
        )
        assert [lane.status for lane in run.lanes] == [Status.DIVERGED, Status.FINISHED]
        assert np.isnan(run.lanes[0].history.losses[-1])
        assert run.lanes[0].history.epochs < 50

    def test_a_device_that_is_not_here_fails_with_a_sentence(self, engine: Engine) -> None:
        run = ended(engine.start((replace(HIHELLO[0], training=Training(device="gpu:7")),), FULL))
        assert run.status is Status.FAILED
        assert "gpu:7" in run.lanes[0].reason and "cpu" in run.lanes[0].reason


class TestWorkerIsKilled:
    def test_its_run_is_lost_others_go_on_and_a_new_worker_comes(self, engine: Engine, uninterrupted: Run) -> None:
        doomed, other = (at_epoch(engine.start(HIHELLO, slow(6)), 3) for _ in range(2))
        assert doomed.worker != other.worker
        pids: dict[str, int] = engine._client.run(os.getpid)
        os.kill(pids[doomed.worker], signal.SIGKILL)
        assert ended(doomed).status is Status.LOST
        assert doomed.epoch >= 3
        assert losses(doomed) == [
            line[: lane.history.epochs] for line, lane in zip(losses(uninterrupted), doomed.lanes, strict=True)
        ]
        assert ended(other).status is Status.FINISHED
        assert losses(other) == losses(uninterrupted)
        wait_until(lambda: engine.state is EngineState.READY and engine.workers == 2)
        assert doomed.worker not in engine._client.run(os.getpid)
        runs = [engine.start(HIHELLO, FULL) for _ in range(4)]
        assert {ended(run).status for run in runs} == {Status.FINISHED}

    def test_one_that_dask_has_given_up_is_replaced(self, engine: Engine) -> None:
        before = engine._client.run(os.getpid).values()
        engine._cluster.sync(engine._cluster.workers.pop(0).close)
        wait_until(lambda: engine.workers == 1)
        wait_until(lambda: engine.workers == 2)
        assert len(set(engine._client.run(os.getpid).values()) - set(before)) == 1

    def test_both_at_once_while_runs_wait(self, engine: Engine) -> None:
        training = [at_epoch(engine.start(long_experiment(seed), FULL), 1) for seed in (5, 6)]
        waiting = engine.start(HIHELLO, FULL)
        for pid in engine._client.run(os.getpid).values():
            os.kill(pid, signal.SIGKILL)
        assert [ended(run).status for run in training] == [Status.LOST, Status.LOST]
        wait_until(lambda: not any(name.startswith("race") for name in engine._client.run_on_scheduler(names_of_tasks)))
        assert ended(waiting).status is Status.FINISHED


def names_of_tasks(dask_scheduler: Scheduler) -> list[str]:
    return list(dask_scheduler.tasks)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that can import rnnlab; killed with all of its children at the end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for member in family:
            member.kill()
        process.wait()


@contextmanager
def scheduler(port: int) -> Iterator[tuple[subprocess.Popen[str], subprocess.Popen[str]]]:
    """A scheduler and one worker, as a person starts them on another machine."""
    address = f"tcp://127.0.0.1:{port}"
    with (
        program(
            "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
        ) as one,
        program("-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard") as other,
    ):
        yield one, other


class TestSchedulerElsewhere:
    def test_trains_there_and_comes_back_when_it_does(
        self, uninterrupted: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = free_port()
        monkeypatch.setattr("rnnlab.engine.engine.SILENCE", 2.0)  # so long it takes to find out that nobody is there
        engine = Engine(scheduler=f"tcp://127.0.0.1:{port}")
        try:
            early = engine.start(HIHELLO, FULL)
            wait_until(lambda: engine.state is EngineState.LOST)  # nobody is there yet
            monkeypatch.undo()
            with scheduler(port) as processes:
                assert ended(early).status is Status.FINISHED
                assert losses(early) == losses(uninterrupted)
                run = at_epoch(engine.start(HIHELLO, slow(2)), 2)
                assert len(engine._client.get_events(engine._topic)) <= KEPT_MESSAGES
                for process in processes:
                    kill(process)
                for units in itertools.count(1):  # a page asks meanwhile, and gets no exception
                    assert engine.summary(Architecture(units=units), Form()) is None
                    time.sleep(0.02)
                    if engine.state is EngineState.LOST:
                        break
                with pytest.raises(RuntimeError, match="lost"):
                    engine.keras_file(early, 0)
                assert ended(run).status is Status.LOST
                assert run.epoch >= 2
            with scheduler(port):
                wait_until(lambda: engine.state is EngineState.READY)
                again = ended(engine.start(HIHELLO, FULL))
                assert again.status is Status.FINISHED
                assert losses(again) == losses(uninterrupted)
        finally:
            engine.close()


SERVER = """
import json, os, sys, time
from rnnlab.engine import Engine
from rnnlab.experiment import Choice, Pace, PaceKind

if __name__ == "__main__":
    engine = Engine(workers=2)
    while engine.workers < 2:
        time.sleep(0.05)
    run = engine.start(Choice().experiments(), Pace(PaceKind.FULL))
    while run.status.active:
        time.sleep(0.05)
    engine.keras_file(run, 0)
    loaded = [name for name in ("tensorflow", "keras", "streamlit") if name in sys.modules]
    print(json.dumps({"status": run.status.name, "loaded": loaded, "workers": list(engine._client.run(os.getpid).values())}), flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], dict]]:
    """A program of its own that has an engine and has trained once; with what it says of itself."""
    script = tmp_path_factory.mktemp("server") / "server.py"
    script.write_text(SERVER)
    with program(str(script)) as process:
        yield process, json.loads(process.stdout.readline())


class TestServer:
    def test_never_imports_keras(self, server: tuple[subprocess.Popen[str], dict]) -> None:
        _, said = server
        assert said["status"] == "FINISHED"
        assert said["loaded"] == []

    def test_workers_are_gone_five_seconds_after_it_was_killed(
        self, server: tuple[subprocess.Popen[str], dict]
    ) -> None:
        process, said = server
        assert len(said["workers"]) == 2
        assert all(psutil.pid_exists(pid) for pid in said["workers"])
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in said["workers"]), 5)

    def test_workers_are_gone_after_close(self) -> None:
        engine = Engine(workers=1)
        wait_until(lambda: engine.workers == 1)
        (pid,) = engine._client.run(os.getpid).values()
        engine.close()
        wait_until(lambda: not alive(pid), 5)
        assert not alive(pid)

    def test_close_while_it_starts_leaves_nothing_behind(self) -> None:
        before = begun_since(set())
        engine = Engine(workers=1)
        time.sleep(0.3)
        engine.close()
        wait_until(lambda: not engine._supervisor.is_alive())
        wait_until(lambda: not begun_since(before), 10)
        assert not engine._supervisor.is_alive()
        assert begun_since(before) == set()


def begun_since(before: set[int]) -> set[int]:
    """The processes below this one, other than those of before, that are still alive."""
    return {child.pid for child in psutil.Process().children(recursive=True) if alive(child.pid)} - before


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
