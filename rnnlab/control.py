"""What the person wants of a running race, and what the engine wants of it: pace, Stop, checkpoints."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rnnlab.experiment import Pace, PaceKind
from rnnlab.history import Start

Checkpoint = tuple[Start, ...]


@dataclass
class Control:
    """May be changed from another thread at any time."""

    pace: Pace = field(default_factory=lambda: Pace(PaceKind.FULL))
    stopping: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _wanted: bool = False  # a checkpoint
    _taken: Checkpoint = ()

    def set(self, pace: Pace, stopping: bool) -> None:
        with self._changed:
            self.pace, self.stopping = pace, stopping
            self._changed.notify_all()

    def wait_for_pace(self, started: float) -> None:
        """Wait until an epoch that began at ``started`` has lasted as long as the pace says, or Stop."""
        with self._changed:
            while not self.stopping and self.pace.kind is PaceKind.SLOW:
                left = started + 1 / self.pace.epochs_per_second - time.perf_counter()
                if left <= 0 or not self._changed.wait(left):
                    return

    def checkpoint(self, patience: float) -> Checkpoint:
        """From where each lane could go on, as it is after the step under way; nothing where that takes too long."""
        with self._changed:
            self._wanted, self._taken = True, ()
            self._changed.wait_for(lambda: not self._wanted, patience)
            self._wanted = False
            return self._taken

    def offer(self, take: Callable[[], Checkpoint]) -> None:
        """Between two steps: take a checkpoint, if one is wanted."""
        if self._wanted:
            with self._changed:
                self._wanted, self._taken = False, take()
                self._changed.notify_all()
