"""The engine's one object, and the thread that keeps it going.

A supervisor thread connects, warms new workers up, hands waiting runs to free ones, repeats orders that a worker has
not taken yet, and notices what is gone. Everyone else only changes what is wanted and wakes it.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from distributed import Client, Future, KilledWorker, LocalCluster

from rnnlab.engine import worker as on_worker
from rnnlab.engine.cluster import Devices, device_title, fittest, listen, local_cluster
from rnnlab.engine.questions import Questions
from rnnlab.engine.runs import E, RunOf, TextRun, drop_oldest_recordings, opened
from rnnlab.experiment import Pace, PaceKind
from rnnlab.history import Chunk, Reached, Status
from rnnlab.saved import SavedLane
from rnnlab.texts import noted

#: Races that one worker trains at a time: one at full speed, and many in slow motion, which mostly wait.
FAST_RACES, SLOW_RACES = 1, 8
#: Runs kept for Continue and downloads, and the bytes that their states may take as files; the oldest that ended go first.
KEPT_RUNS, KEPT_STATES = 100, 2 * 2**30
#: Seconds between two looks at the cluster, until a lost one is tried again, and until a silent scheduler counts as lost.
LOOK_EVERY, RETRY_EVERY, PATIENCE = 0.25, 1.0, 5.0
#: Seconds until a scheduler that says nothing counts as lost: a busy machine must not be taken for a dead one.
SILENCE = 30.0

Seconds = float
log = logging.getLogger(__name__)


class EngineState(Enum):
    """How the engine is; the value is the sentence that a person reads."""

    STARTING = noted("The training engine is getting ready.")
    READY = noted("The training engine is ready.")
    LOST = noted("The training engine is lost; trying to reach it again.")


class Engine(Questions):
    """Runs experiments in the background.

    Args:
        scheduler: the address of a Dask scheduler; None starts a local cluster.
        workers: processes of the local cluster; by default two, or one on a single core.
    """

    def __init__(self, scheduler: str | None = None, workers: int | None = None) -> None:
        super().__init__()
        self.state = EngineState.STARTING
        self.reason = ""
        self._scheduler = scheduler
        self._size = workers or min(2, os.cpu_count() or 1)
        self._topic = f"rnnlab-{uuid.uuid4().hex}"
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None
        self._warming: dict[str, Future] = {}
        self._devices: dict[str, Devices] = {}
        self._runs: dict[str, RunOf[Any]] = {}
        self._futures: dict[str, Future] = {}
        self._orders: dict[str, tuple[Pace, bool]] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="rnnlab-")
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._closing = False
        self._supervisor = threading.Thread(target=self._supervise, name="rnnlab-engine", daemon=True)
        self._supervisor.start()

    # What everyone else calls

    def start(self, experiments: tuple[E, ...], pace: Pace, owner: str = "") -> RunOf[E]:
        """Begin a race as soon as a worker is free.

        Args:
            experiments: its lanes.
            pace: how fast it goes; may be changed while it runs.
            owner: who started it (any text), for ``newest_of``.
        """
        run = RunOf(experiments, pace, Path(self._folder.name), owner)
        with self._lock:
            self._runs[run.id] = run
            self._forget_oldest()
        self._wake.set()
        return run

    def open(self, lanes: Sequence[SavedLane], owner: str = "") -> TextRun:
        """Take a saved race of the text lab in, to be looked at and continued."""
        run = opened(lanes, Pace(PaceKind.FULL), Path(self._folder.name), owner)
        with self._lock:
            self._runs[run.id] = run
            self._forget_oldest()
        return run

    def stop(self, run: RunOf[Any]) -> None:
        """Stop after the step under way; what was reached is kept."""
        with self._lock:
            run.stopping = True
            if run.status is Status.WAITING:
                run.end(Status.STOPPED)
            self._orders[run.attempt] = (run.pace, True)
        self._wake.set()

    def set_pace(self, run: RunOf[Any], pace: Pace) -> None:
        """Change the pace of a run, also while it trains."""
        with self._lock:
            run.pace = pace
            self._orders[run.attempt] = (pace, run.stopping)
        self._wake.set()

    def go_on(self, run: RunOf[Any], pace: Pace) -> None:
        """Continue a stopped or paused run from where it was."""
        with self._lock:
            if run.status.can_continue:
                run.go_on(pace)
        self._wake.set()

    def run(self, run_id: str, kind: type[E]) -> RunOf[E] | None:
        """The run of this name, if it is one of experiments of this kind."""
        run = self._runs.get(run_id)
        return run if run and run.is_of(kind) else None

    def newest_of(self, owner: str, kind: type[E]) -> RunOf[E] | None:
        """The newest run of this owner, of experiments of this kind, that is still going on."""
        with self._lock:
            runs = [run for run in self._runs.values() if owner and run.owner == owner and run.is_of(kind)]
        active = [run for run in runs if run.status.active]
        return active[-1] if active else None

    def waiting_before(self, run: RunOf[Any]) -> int:
        """How many runs get a worker before this one does."""
        with self._lock:
            waiting = [r for r in self._runs.values() if r.status is Status.WAITING]
        return waiting.index(run) if run in waiting else 0

    def active(self) -> int:
        """How many runs are training or waiting."""
        with self._lock:
            return sum(run.status.active for run in self._runs.values())

    def devices(self) -> Devices:
        """Every device that a worker reports, each once."""
        with self._lock:
            return tuple(dict.fromkeys(d for devices in self._devices.values() for d in devices))

    @property
    def workers(self) -> int:
        return len(self._devices)

    def keras_file(self, run: RunOf[Any], lane: int, timeout: Seconds = 60) -> bytes:
        """The trained model of a lane as a .keras file.

        Raises:
            RuntimeError: the engine cannot make it now.
        """
        chosen = run.lanes[lane]
        if self._client is None or not self._devices or not chosen.state_file:
            raise RuntimeError(self.state.value if not self._devices else "nothing was kept of this run")
        architecture, form = chosen.experiment.architecture, chosen.experiment.form
        future = self._submit(on_worker.keras_file, architecture, form, chosen.state(), priority=10)
        try:
            return future.result(timeout)  # type: ignore[no-any-return]
        except (OSError, TimeoutError, CancelledError) as error:
            raise RuntimeError("the engine did not answer; try again") from error

    def close(self) -> None:
        """End the workers and delete what was kept."""
        self._closing = True
        self._wake.set()
        if threading.current_thread() is not self._supervisor:
            self._supervisor.join(timeout=PATIENCE)
        self._disconnect()
        self._folder.cleanup()

    # The supervisor's work

    def _supervise(self) -> None:
        while not self._closing:
            try:
                if self._client is None:
                    self._connect()
                self._look()
                self._send_orders()
                self._dispatch()
                self._keep_checkpoints()
            except Exception as error:  # noqa: BLE001 - whatever it is, the engine says it is lost and tries again
                if not self._closing:
                    log.info("engine lost: %r", error)
                    self._lose(error)
            self._wake.wait(LOOK_EVERY if self._client else RETRY_EVERY)
            self._wake.clear()
        self._disconnect()

    def _connect(self) -> None:
        address: Any = self._scheduler
        if address is None:
            self._cluster = address = local_cluster(self._size)
        self._client = Client(address, set_as_default=False, timeout=SILENCE)
        listen(self._client, self._topic, self._on_event)

    def _look(self) -> None:
        """Compare with the cluster: warm new workers up, and end what ran on those that are gone."""
        assert self._client is not None
        if self._client.status != "running":
            raise ConnectionError(f"the connection to the scheduler is {self._client.status}")
        if self._cluster and len(self._cluster.workers) < self._size:
            self._cluster.scale(self._size)  # a worker could not be started again, and was given up
        threads: dict[str, int] = self._client.sync(self._client.scheduler.ncores, callback_timeout=SILENCE)
        for address in threads.keys() - self._warming.keys():
            self._warming[address] = self._submit(on_worker.warm_up, threads[address], workers=[address])
        for address in self._warming.keys() - threads.keys():
            self._forget_worker(address)
        for address, future in self._warming.items():
            if address not in self._devices and future.status == "finished":
                self._devices[address] = future.result(PATIENCE)
                self._futures[address] = self._submit(on_worker.prime, workers=[address], priority=-10)
            elif future.status == "error":
                self.reason = f"A worker could not start: {future.exception()}"
        self.state = EngineState.READY if self._devices else EngineState.STARTING

    def _forget_worker(self, address: str) -> None:
        with self._lock:
            self._warming.pop(address)
            self._devices.pop(address, None)
            self._futures.pop(address, None)
            for run in self._runs.values():
                if run.worker == address and run.status.active:
                    run.end(Status.LOST)
                    if future := self._futures.pop(run.id, None):
                        future.release()  # or the scheduler would wait for that worker to do it again

    def _dispatch(self) -> None:
        """Hand waiting runs to free workers, first come, first served."""
        with self._lock:
            for run in list(self._runs.values()):
                if run.status is Status.WAITING and (address := self._free_worker(run)):
                    run.begin(address)
                    run.device = device_title(self._devices[address], run.experiments[0].place)
                    starts = tuple(lane.start() for lane in run.racing)
                    experiments = tuple(lane.experiment for lane in run.racing)
                    arguments = (self._topic, run.attempt, experiments, run.pace, starts)
                    future = self._submit(on_worker.race, *arguments, workers=[address])
                    self._futures[run.id] = future
                    future.add_done_callback(self._when_done(run, run.attempt))

    def _free_worker(self, run: RunOf[Any]) -> str | None:
        """A worker that has the run's device and room for it, the least busy one first."""
        slow = run.pace.kind is PaceKind.SLOW
        busy = dict.fromkeys(self._devices, 0)
        for other in self._runs.values():
            alike = (other.pace.kind is PaceKind.SLOW) == slow
            if other.worker in busy and other.status.active and alike:
                busy[other.worker] += 1
        races = SLOW_RACES if slow else FAST_RACES
        return fittest(self._devices, busy, run.experiments[0].place, races)

    def _send_orders(self) -> None:
        """Tell workers what is wanted of their runs; an order is repeated until it is taken or the attempt has ended."""
        with self._lock:
            orders = list(self._orders.items())
        for attempt, (pace, stopping) in orders:
            run = self._run_of(attempt)
            going = run is not None and run.status.active
            if run and going and run.worker:
                going = not self._order(run.worker, attempt, pace, stopping)
            with self._lock:
                if not going and self._orders.get(attempt) == (pace, stopping):
                    del self._orders[attempt]

    def _keep_checkpoints(self) -> None:
        """Ask for what a race would need to go on if its worker were lost."""
        for run in [run for run in self._runs.values() if run.wants_checkpoint]:
            run.checkpointed = time.monotonic()
            future = self._submit(on_worker.checkpoint, run.attempt, workers=[run.worker], priority=10)
            self._futures[f"checkpoint of {run.id}"] = future
            future.add_done_callback(self._when_taken(run, run.attempt))

    def _when_taken(self, run: RunOf[Any], attempt: str) -> Callable[[Future], None]:
        def keep(future: Future) -> None:
            with suppress(CancelledError, KilledWorker, OSError, TimeoutError):  # the next one will come
                if future.status == "finished" and (checkpoint := future.result(PATIENCE * 10)):
                    with self._lock:
                        if run.attempt == attempt and run.status.active:
                            run.keep(checkpoint)
            self._futures.pop(f"checkpoint of {run.id}", None)

        return keep

    def _order(self, worker: str, attempt: str, pace: Pace, stopping: bool) -> bool:
        assert self._client is not None
        taken = self._client.run(on_worker.set_control, attempt, pace, stopping, workers=[worker], on_error="return")
        return taken.get(worker) is True

    def _run_of(self, attempt: str) -> RunOf[Any] | None:
        """The run whose present attempt this is; an order or report that comes late belongs to none."""
        run = self._runs.get(attempt.partition("-")[0])
        return run if run and run.attempt == attempt else None

    def _on_event(self, event: tuple[float, dict[str, Any]]) -> None:
        _, message = event
        with self._lock:
            run = self._run_of(message["attempt"])
            if run and run.status.active:
                lane = run.racing[message["lane"]]
                lane.history.extend(Chunk.from_event(message["chunk"]))
                run.reported(lane)

    def _when_done(self, run: RunOf[Any], attempt: str) -> Callable[[Future], None]:
        def settle(future: Future) -> None:
            reached, end = self._outcome(future)  # outside the lock: it may be large
            with self._lock:
                if run.attempt == attempt and run.status.active:
                    if reached:
                        run.settle(reached)
                    else:
                        run.end(*end)
                    self._futures.pop(run.id, None)
                    self._forget_oldest()
            self._wake.set()

        return settle

    @staticmethod
    def _outcome(future: Future) -> tuple[tuple[Reached, ...], tuple[Status, str]]:
        """What a race has reached, or else how it ended."""
        try:
            return future.result(PATIENCE * 10), (Status.FINISHED, "")
        except (CancelledError, OSError, TimeoutError):
            return (), (Status.LOST, "")
        except Exception as error:  # noqa: BLE001 - a run ends with a sentence, whatever went wrong
            log.warning("run failed: %r", error)
            return (), (Status.FAILED, f"{type(error).__name__}: {str(error)[:200]}")

    def _hand_over(self, work: Callable[..., Any], arguments: Callable[[], tuple[Any, ...]]) -> Future | None:
        if self._client is None or not self._devices:
            return None
        return self._submit(work, *arguments(), priority=10)

    def _submit(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Future:
        assert self._client is not None
        return self._client.submit(function, *arguments, pure=False, **options)

    def _lose(self, error: Exception) -> None:
        """Give everything up that the cluster held; the next look connects anew."""
        self.state, self.reason = EngineState.LOST, str(error)
        with self._lock:
            for address in list(self._warming):
                self._forget_worker(address)
            self._futures.clear()
            self._answers.lost()
        self._disconnect()

    def _disconnect(self) -> None:
        client, cluster, self._client, self._cluster = self._client, self._cluster, None, None
        for part in (client, cluster):
            if part is not None:
                with suppress(Exception):
                    part.close(timeout=PATIENCE)

    def _forget_oldest(self) -> None:
        ended = [run for run in self._runs.values() if not run.status.active]
        size = sum(run.state_bytes for run in self._runs.values())
        for run in ended[:-1]:  # the newest stays, however large it is
            if len(self._runs) <= KEPT_RUNS and size <= KEPT_STATES:
                break
            size -= run.state_bytes
            del self._runs[run.id]
            run.forget()
        drop_oldest_recordings(self._runs.values())
