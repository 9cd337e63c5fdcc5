"""What a run has reached: loss and predictions at every epoch, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.recording import Flat, Recording
from rnnlab.tasks.drawn import Said
from rnnlab.texts import noted


class Status(Enum):
    """How far a run, or one architecture in it, has come; the value is the sentence that a person reads."""

    WAITING = noted("Waiting for a free worker.")
    PREPARING = noted("Preparing the models.")
    RUNNING = noted("Training.")
    PAUSED = noted("Paused after this epoch.")
    STOPPED = noted("Stopped; what was reached is kept.")
    FINISHED = noted("Finished: all epochs are done.")
    DIVERGED = noted("Stopped: the loss is no longer a number. Try a smaller learning rate, or clip the gradients.")
    INTERRUPTED = noted("The worker that trained this is gone. Continue goes on from what it had last saved.")
    LOST = noted("The worker that trained this is gone. What it had reported is kept; run it again.")
    FAILED = noted("This could not be trained.")

    @property
    def active(self) -> bool:
        """Whether more is to come without anyone doing anything."""
        return self in (Status.WAITING, Status.PREPARING, Status.RUNNING)

    @property
    def can_continue(self) -> bool:
        return self in (Status.PAUSED, Status.STOPPED, Status.INTERRUPTED)


class Scores(NamedTuple):
    """How one epoch went: mean loss and metric on the training samples, and both held out.

    What is not measured (nothing is held out, there is no hard part) is nan.
    """

    loss: float  # nats, or squared error where a number is said
    metric: float  # share that is right
    held_out_loss: float = math.nan
    held_out: float = math.nan  # share of the held-out samples that is right
    hard: float = math.nan  # the same of their hard part

    @property
    def judged(self) -> float:
        """The share by which learning is judged: of held-out samples where there are any."""
        return self.metric if math.isnan(self.held_out) else self.held_out


#: Nothing recorded: no epochs (0), and no weights (0, 0).
NO_RECORD = np.zeros(0, np.uint32), np.zeros((0, 0), np.float32)


class Chunk(NamedTuple):
    """Some epochs in a row, as a worker reports them: ``E`` epochs from ``first`` on, numbered from 1."""

    first: int
    scores: NDArray[np.float64]  # (E, 5) as Scores
    predicted: NDArray[np.uint16]  # (E, N, P)
    probability: NDArray[np.float32]  # (E, N, P)
    confusion: NDArray[np.uint32]  # (K, K) at the last of them: rows are right, columns said; (0, 0) without classes
    seconds: float  # of training so far, waiting for the pace not counted
    part: float = 0.0  # how much of the next epoch is done
    recorded: NDArray[np.uint32] = NO_RECORD[0]  # (R) after which epochs weights were recorded
    weights: NDArray[np.float32] = NO_RECORD[1]  # (R, P) all weights, one after the other

    @property
    def losses(self) -> NDArray[np.float64]:
        return self.scores[:, 0]  # (E)

    def to_event(self) -> dict[str, Any]:
        """As plain values and bytes, which is what travels as an event."""
        plain: dict[str, Any] = {"first": self.first, "seconds": self.seconds, "part": self.part}
        for name, kind in KINDS.items():
            array = getattr(self, name)
            plain[name] = (array.shape, np.ascontiguousarray(array, kind).tobytes())
        return plain

    @classmethod
    def from_event(cls, event: dict[str, Any]) -> Chunk:
        arrays = {name: np.frombuffer(event[name][1], kind).reshape(event[name][0]) for name, kind in KINDS.items()}
        return cls(event["first"], seconds=event["seconds"], part=event["part"], **arrays)


KINDS = {
    "scores": np.float64,
    "predicted": np.uint16,
    "probability": np.float32,
    "confusion": np.uint32,
    "recorded": np.uint32,
    "weights": np.float32,
}
NO_CONFUSION = np.zeros((0, 0), np.uint32)


@dataclass
class History:
    """Scores and predictions at every epoch after the first ``start``.

    Where nothing is held out, loss and prediction of an epoch come from one forward pass, before that epoch's update, as a
    training loop prints them. Where something is, held-out samples are looked at after the epoch, as Keras' ``fit`` does.
    """

    start: int = 0
    scores: list[Scores] = field(default_factory=list)
    shown: list[Said] = field(default_factory=list)  # (N, P) to the samples that are drawn
    confusion: NDArray[np.uint32] = field(default_factory=lambda: NO_CONFUSION)
    seconds: float = 0.0
    part: float = 0.0
    recording: Recording = field(default_factory=Recording)

    @property
    def epochs(self) -> int:
        """The number of the last epoch."""
        return self.start + len(self.scores)

    @property
    def losses(self) -> list[float]:
        return [scores.loss for scores in self.scores[:]]

    @property
    def now(self) -> tuple[Scores, Said] | None:
        """The newest epoch; None before the first."""
        epochs = len(self.scores)
        return (self.scores[epochs - 1], self.shown[epochs - 1]) if epochs else None

    def add(self, scores: Scores, shown: Said, confusion: NDArray[np.uint32]) -> None:
        """Add the next epoch."""
        self.shown.append(shown)
        self.confusion = confusion
        self.part = 0.0
        self.scores.append(scores)  # last: whoever reads meanwhile counts epochs by the scores

    def chunk(self, first: int, recorded: Mapping[int, Flat] | None = None) -> Chunk:
        """The epochs from number ``first`` on, with these recorded weights, by default all."""
        begin = first - 1 - self.start
        new = len(self.scores) - begin
        shape = (new, *(self.shown[0].predicted.shape if self.shown else (0, 0)))
        kept = self.recording.kept if recorded is None else recorded
        return Chunk(
            first,
            np.array(self.scores[begin:], np.float64).reshape(new, len(Scores._fields)),
            np.array([shown.predicted for shown in self.shown[begin:]], np.uint16).reshape(shape),
            np.array([shown.probability for shown in self.shown[begin:]], np.float32).reshape(shape),
            self.confusion,
            self.seconds,
            self.part,
            *((np.array(list(kept), np.uint32), np.array(list(kept.values()))) if kept else NO_RECORD),
        )

    def extend(self, chunk: Chunk) -> None:
        """Add the epochs of ``chunk`` that are new; a chunk that comes twice or after a gap changes nothing."""
        known = self.epochs - (chunk.first - 1)
        if known < 0:
            return
        self.shown.extend(map(Said, chunk.predicted[known:], chunk.probability[known:]))
        self.seconds = max(self.seconds, chunk.seconds)
        if len(chunk.scores) >= known:
            self.confusion, self.part = chunk.confusion, chunk.part
        self.recording.merge(dict(zip(chunk.recorded.tolist(), chunk.weights, strict=True)))
        self.scores.extend(Scores(*row) for row in chunk.scores[known:].tolist())

    def until(self, epoch: int, seconds: float) -> History:
        """The same up to an epoch, after so many seconds of training."""
        count = epoch - self.start
        early = Recording({e: flat for e, flat in self.recording.kept.items() if e <= epoch}, self.recording.stride)
        return History(self.start, self.scores[:count], self.shown[:count], self.confusion, seconds, recording=early)

    def first_learned(self, goal: float) -> int | None:
        """The number of the first epoch that reached the goal, if there was one."""
        for epoch, scores in enumerate(self.scores[:], start=self.start + 1):
            if scores.judged >= goal:
                return epoch
        return None


def first_of(histories: Sequence[History], goal: float) -> tuple[int, ...]:
    """Which of these had learned first, by number; several where they tie, none where nobody has."""
    reached = [history.first_learned(goal) for history in histories]
    earliest = min((epoch for epoch in reached if epoch is not None), default=None)
    return tuple(number for number, epoch in enumerate(reached) if epoch is not None and epoch == earliest)


class Start(NamedTuple):
    """Where a lane of a race goes on from; the default is the beginning."""

    state: bytes = b""
    epochs: int = 0
    seconds: float = 0.0


class Reached(NamedTuple):
    """Where one lane of a race has come to; ``state`` (npz) is what it needs to go on from there."""

    status: Status
    chunk: Chunk
    state: bytes
    reason: str = ""
