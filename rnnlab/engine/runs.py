"""A run as the server knows it: the experiments, what they have reached, and what the person wants of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from rnnlab.experiment import Experiment, Pace, PaceKind, Trainable
from rnnlab.history import History, Reached, Start, Status
from rnnlab.recording import Recording
from rnnlab.saved import SavedLane
from rnnlab.textlab.experiment import TextExperiment

#: Bytes that the recordings of all runs may take as files; those of runs that ended long ago go first.
KEPT_RECORDINGS = 500 * 2**20


#: Seconds between two checkpoints of a race, from which it could go on if its worker were lost.
CHECKPOINT_EVERY = 20.0

E = TypeVar("E", bound=Trainable)


@lru_cache(maxsize=12)
def read_recording(file: Path) -> Recording:
    """The recording in a file; it is written once and never changed."""
    return Recording.from_npz(file.read_bytes())


@dataclass(eq=False)
class LaneOf(Generic[E]):
    """One experiment of a run."""

    experiment: E
    history: History = field(default_factory=History)
    status: Status = Status.WAITING
    reason: str = ""
    state_file: Path | None = None
    recording_file: Path | None = None
    recording_bytes: int = 0  # of that file
    state_bytes: int = 0  # of that file
    saved: tuple[int, float] = (0, 0.0)  # the epochs and seconds after which the state in the file was taken
    recording_dropped: bool = False

    @property
    def recording(self) -> Recording:
        """The weights at chosen epochs: as reported while it trains, afterwards from their file."""
        live, file = (
            self.history.recording,
            self.recording_file,
        )  # another thread may put it away, or fetch it, meanwhile
        try:
            return read_recording(file) if file else live
        except FileNotFoundError:
            return self.history.recording

    def start(self) -> Start:
        """Where this lane goes on from."""
        if self.state_file is None:
            return Start()
        return Start(self.state_file.read_bytes(), *self.saved)

    def keep_state(self, file: Path, start: Start) -> None:
        """Put away from where it can go on."""
        new = file.with_suffix(".new")
        self.state_bytes = new.write_bytes(start.state)
        new.replace(file)  # whoever reads it meanwhile has the old one
        self.state_file, self.saved = file, start[1:]

    def keep_recording(self, file: Path) -> None:
        """Put the recorded weights, where there are any, away into a file: many runs would fill the memory."""
        if self.history.recording.kept:
            self.recording_bytes = file.write_bytes(self.history.recording.to_npz())
            self.recording_file = file
            self.history.recording = Recording()

    def fetch_recording(self) -> None:
        """Take it out of its file again, to record more."""
        file = self.recording_file
        if file:
            self.history.recording = Recording.from_npz(file.read_bytes())
            self._delete_recording()

    def drop_recording(self) -> None:
        """Delete its file, to make room for those of other runs."""
        if self.recording_file:
            self.recording_dropped = True
            self._delete_recording()

    def _delete_recording(self) -> None:
        file, self.recording_file, self.recording_bytes = self.recording_file, None, 0
        assert file is not None
        file.unlink(missing_ok=True)

    def state(self) -> bytes:
        """Weights and optimizer as they were when it ended; empty where nothing was kept."""
        return self.state_file.read_bytes() if self.state_file else b""


@dataclass(eq=False)
class RunOf(Generic[E]):
    """A race of experiments, from its start to its end and over every Stop and Continue."""

    experiments: tuple[E, ...]
    pace: Pace
    folder: Path  # for its files
    owner: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:10])
    lanes: tuple[LaneOf[E], ...] = ()
    racing: tuple[LaneOf[E], ...] = ()
    stopping: bool = False
    worker: str = ""
    device: str = ""
    attempts: int = 0
    ended: float = 0.0  # by the monotonic clock
    checkpointed: float = 0.0  # by the same clock, when a checkpoint was last asked for
    _elapsed: float = 0.0
    _since: float | None = None

    def __post_init__(self) -> None:
        self.lanes = tuple(map(_new_lane, self.experiments))
        self.racing = tuple(lane for lane in self.lanes if lane.status.active)

    def is_of(self, kind: type[Any]) -> bool:
        """Whether it is a race of experiments of this kind."""
        return isinstance(self.experiments[0], kind)

    @property
    def attempt(self) -> str:
        """The name of the stretch from a start, or Continue, to the next end."""
        return f"{self.id}-{self.attempts}"

    @property
    def status(self) -> Status:
        """How the lane stands that matters most: first what goes on, then what can go on, then how it ended."""
        statuses = [lane.status for lane in self.lanes]
        return min(statuses, key=lambda s: (not s.active, not s.can_continue, list(Status).index(s)))

    @property
    def epoch(self) -> int:
        """The newest epoch of any lane."""
        return max(lane.history.epochs for lane in self.lanes)

    @property
    def elapsed(self) -> float:
        """Seconds of racing so far; the time between Stop and Continue does not count."""
        return self._elapsed + (time.monotonic() - self._since if self._since else 0.0)

    @property
    def left(self) -> float | None:
        """Seconds to go at the present speed; None while that cannot be said."""
        first, epochs = self.experiments[0], self.epoch + max(lane.history.part for lane in self.lanes)
        if self.pace.kind is PaceKind.SLOW:
            return (first.epochs - epochs) / self.pace.epochs_per_second
        done = first.done(epochs)
        return self.elapsed / done * (1 - done) if done else None

    def begin(self, worker: str) -> None:
        """A worker has taken this run."""
        self.worker, self.checkpointed = worker, time.monotonic()
        for lane in self.racing:
            lane.status = Status.PREPARING

    def reported(self, lane: LaneOf[E]) -> None:
        """A lane has reported epochs."""
        self._since = self._since or time.monotonic()
        if lane.status.active:
            lane.status = Status.RUNNING

    @property
    def state_bytes(self) -> int:
        """What the states of its lanes take as files."""
        return sum(lane.state_bytes for lane in self.lanes)

    @property
    def recording_bytes(self) -> int:
        """What its recordings take as files."""
        return sum(lane.recording_bytes for lane in self.lanes)

    def settle(self, reached: tuple[Reached, ...]) -> None:
        """The worker's complete result is here: keep the histories and, as files, the states."""
        for lane, result in zip(self.racing, reached, strict=True):
            lane.history.extend(result.chunk)
            self._keep(lane, Start(result.state, lane.history.epochs, lane.history.seconds))
            lane.reason, lane.status = result.reason, result.status
        self._come_to_rest()

    @property
    def wants_checkpoint(self) -> bool:
        """Whether it trains for so long without one that much would be lost with its worker."""
        return self.status is Status.RUNNING and time.monotonic() - self.checkpointed > CHECKPOINT_EVERY

    def keep(self, checkpoint: tuple[Start, ...]) -> None:
        """Put away from where the race could go on if its worker were lost."""
        for lane, start in zip(self.racing, checkpoint, strict=True):
            if lane.status.active:
                self._keep(lane, start)

    def _keep(self, lane: LaneOf[E], start: Start) -> None:
        if start.state:
            lane.keep_state(self.folder / f"{self.id}-{self.lanes.index(lane)}.npz", start)

    def end(self, status: Status, reason: str = "") -> None:
        """What was going on has ended like this; what was lost can go on where it was saved."""
        for lane in self.lanes:
            if lane.status.active:
                saved = status is Status.LOST and lane.state_file
                lane.status, lane.reason = Status.INTERRUPTED if saved else status, reason
        self._come_to_rest()

    def go_on(self, pace: Pace) -> None:
        """Wait for a worker once more, to go on from where it stopped."""
        self.pace, self.stopping, self.worker = pace, False, ""
        self.attempts += 1
        self.racing = tuple(lane for lane in self.lanes if lane.status.can_continue)
        for lane in self.racing:
            lane.fetch_recording()
            lane.history = lane.history.until(*lane.saved)
            lane.status = Status.WAITING

    def forget(self) -> None:
        """Delete the files of this run."""
        for lane in self.lanes:
            for file in (lane.state_file, lane.recording_file):
                if file:
                    file.unlink(missing_ok=True)

    def put_clock_to(self, seconds: float) -> None:
        """So long it has been racing."""
        self._elapsed = seconds

    def _come_to_rest(self) -> None:
        self._elapsed, self._since, self.ended = self.elapsed, None, time.monotonic()
        for number, lane in enumerate(self.lanes):
            lane.keep_recording(self.folder / f"{self.attempt}-{number}-weights.npz")


def drop_oldest_recordings(runs: Collection[RunOf[Any]]) -> None:
    """Delete recordings of the runs that ended longest ago, as long as all together take more than may be kept."""
    total = sum(run.recording_bytes for run in runs)
    for run in sorted(runs, key=lambda run: run.ended):
        if total <= KEPT_RECORDINGS:
            return
        total -= run.recording_bytes
        for lane in run.lanes:
            lane.drop_recording()


def _new_lane(experiment: E) -> LaneOf[E]:
    """A lane that waits; one that its trainer does not train has failed before anything begins."""
    if reason := experiment.refusal:
        return LaneOf(experiment, status=Status.FAILED, reason=reason)
    return LaneOf(experiment)


Run = RunOf[Experiment]
RunLane = LaneOf[Experiment]
TextRun = RunOf[TextExperiment]
TextLane = LaneOf[TextExperiment]


def saved_lanes(run: TextRun) -> tuple[SavedLane, ...]:
    """What of a race of the text lab can be saved: all of it, or up to the last checkpoint while it trains."""
    return tuple(_saved(lane) for lane in run.lanes)


def _saved(lane: TextLane) -> SavedLane:
    if not lane.state_file:
        return SavedLane(lane.experiment, History(), b"", lane.status)
    history = replace(lane.history, recording=lane.recording).until(*lane.saved)
    return SavedLane(lane.experiment, history, lane.state(), lane.status)


def opened(lanes: Sequence[SavedLane], pace: Pace, folder: Path, owner: str) -> TextRun:
    """A race that was saved, at rest."""
    run = RunOf(tuple(lane.experiment for lane in lanes), pace, folder, owner)
    for number, (lane, saved) in enumerate(zip(run.lanes, lanes, strict=True)):
        lane.history, lane.status = saved.history, saved.rests
        if saved.state:
            start = Start(saved.state, saved.history.epochs, saved.history.seconds)
            lane.keep_state(folder / f"{run.id}-{number}.npz", start)
        lane.keep_recording(folder / f"{run.id}-{number}-weights.npz")
    run.put_clock_to(sum(lane.history.seconds for lane in lanes))
    return run
