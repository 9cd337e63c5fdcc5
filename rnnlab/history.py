"""What a run has reached: loss and predictions at every epoch, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    LOST = noted("The worker that trained this is gone. What it had reported is kept; run it again.")
    FAILED = noted("This could not be trained.")

    @property
    def active(self) -> bool:
        """Whether more is to come without anyone doing anything."""
        return self in (Status.WAITING, Status.PREPARING, Status.RUNNING)

    @property
    def can_continue(self) -> bool:
        return self in (Status.PAUSED, Status.STOPPED)


class Chunk(NamedTuple):
    """Some epochs in a row, as a worker reports them: ``E`` epochs from ``first`` on, numbered from 1."""

    first: int
    losses: NDArray[np.float64]  # (E,) nats
    predicted: NDArray[np.uint16]  # (E, T) token numbers
    probability: NDArray[np.float32]  # (E, T) of each predicted token
    seconds: float  # of training so far, waiting for the pace not counted

    def to_event(self) -> dict[str, Any]:
        """As plain values and bytes, which is what travels as an event."""
        return {
            "first": self.first,
            "steps": self.predicted.shape[1],
            "losses": self.losses.tobytes(),
            "predicted": self.predicted.tobytes(),
            "probability": self.probability.tobytes(),
            "seconds": self.seconds,
        }

    @classmethod
    def from_event(cls, event: dict[str, Any]) -> Chunk:
        steps = event["steps"]
        return cls(
            event["first"],
            np.frombuffer(event["losses"], np.float64),
            np.frombuffer(event["predicted"], np.uint16).reshape(-1, steps),
            np.frombuffer(event["probability"], np.float32).reshape(-1, steps),
            event["seconds"],
        )


@dataclass
class History:
    """Loss and predictions at every epoch after the first ``start``.

    Loss and prediction of an epoch come from one forward pass, before that epoch's update, as a training loop prints them.
    """

    start: int = 0
    losses: list[float] = field(default_factory=list)
    predicted: list[NDArray[np.uint16]] = field(default_factory=list)  # (T,) each
    probability: list[NDArray[np.float32]] = field(default_factory=list)  # (T,) each
    seconds: float = 0.0

    @property
    def epochs(self) -> int:
        """The number of the last epoch."""
        return self.start + len(self.losses)

    def add(self, loss: float, predicted: NDArray[np.uint16], probability: NDArray[np.float32], seconds: float) -> None:
        """Add the next epoch, which took so many seconds."""
        self.predicted.append(predicted)
        self.probability.append(probability)
        self.seconds += seconds
        self.losses.append(loss)  # last: whoever reads meanwhile counts epochs by the losses

    def chunk(self, first: int) -> Chunk:
        """The epochs from number ``first`` on."""
        begin = first - 1 - self.start
        steps = len(self.predicted[0]) if self.predicted else 1
        return Chunk(
            first,
            np.array(self.losses[begin:], np.float64),
            np.array(self.predicted[begin:], np.uint16).reshape(-1, steps),
            np.array(self.probability[begin:], np.float32).reshape(-1, steps),
            self.seconds,
        )

    def extend(self, chunk: Chunk) -> None:
        """Add the epochs of ``chunk`` that are new; a chunk that comes twice or after a gap changes nothing."""
        known = self.epochs - (chunk.first - 1)
        if known < 0:
            return
        self.predicted.extend(chunk.predicted[known:])
        self.probability.extend(chunk.probability[known:])
        self.seconds = max(self.seconds, chunk.seconds)
        self.losses.extend(chunk.losses[known:].tolist())

    def first_right(self, target: NDArray[np.integer[Any]]) -> int | None:
        """The number of the first epoch whose prediction was all right, if there was one."""
        for epoch, predicted in enumerate(self.predicted[: len(self.losses)], start=self.start + 1):
            if np.array_equal(predicted, target):
                return epoch
        return None


def first_of(histories: Sequence[History], target: NDArray[np.integer[Any]]) -> tuple[int, ...]:
    """Which of these were right first, by number; several where they tie, none where nobody was right."""
    reached = [history.first_right(target) for history in histories]
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
