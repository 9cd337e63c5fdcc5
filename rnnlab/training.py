"""Training: the step-by-step race of several experiments in one process.

It knows neither page nor engine: it reports what was reached and asks whether to go on.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab import backend
from rnnlab.architecture import Architecture, Form
from rnnlab.backend import keras
from rnnlab.experiment import Clipping, Experiment, Optimizer, Pace, PaceKind, Training
from rnnlab.history import Chunk, History, Reached, Start, Status
from rnnlab.models import build

Report = Callable[[int, Chunk], None]

#: Seconds between two reports of a race at full speed: often enough to look continuous.
REPORT_EVERY = 0.05
#: Compiled models that wait to be used again, so that a second run of the same architecture starts at once.
KEPT, KEPT_PARAMETERS = 32, 2_000_000

_OPTIMIZERS: dict[Optimizer, type[keras.Optimizer]] = {
    Optimizer.ADAM: keras.optimizers.Adam,
    Optimizer.RMSPROP: keras.optimizers.RMSprop,
    Optimizer.SGD: keras.optimizers.SGD,
    Optimizer.ADAGRAD: keras.optimizers.Adagrad,
}


@dataclass
class Control:
    """What the person wants of a running race; may be changed from another thread at any time."""

    pace: Pace = field(default_factory=lambda: Pace(PaceKind.FULL))
    stopping: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

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


class Compiled(NamedTuple):
    """A model with its compiled step, and the optimizer's variables as they were before the first step."""

    model: keras.Model
    optimizer: keras.Optimizer
    step: backend.Step
    fresh: list[NDArray[Any]]


Key = tuple[Architecture, Form, Optimizer, Clipping, float, str]
_kept: dict[Key, list[Compiled]] = {}
_kept_lock = threading.Lock()


class Trainer:
    """One experiment being trained: one step an epoch, on all of the task's arrays.

    Args:
        experiment: what to train.
        state: where it had stopped (from ``state()``); empty to begin anew.

    Raises:
        ValueError: the device is not here or the model's weights would not fit.
    """

    def __init__(self, experiment: Experiment, state: bytes = b"") -> None:
        training, form = experiment.training, experiment.form
        self.experiment = experiment
        clip_at = training.clip_at if training.clipping is not Clipping.NONE else 0.0
        self._key = (
            experiment.architecture,
            form,
            training.optimizer,
            training.clipping,
            clip_at,
            backend.resolve(training.device),
        )
        arrays = experiment.task.arrays()
        embedded = experiment.architecture.embedding_dim is not None
        one_hot = np.eye(form.input_dim, dtype=np.float32)
        self._inputs = arrays.inputs if embedded else one_hot[arrays.inputs]  # (B, T) or (B, T, V)
        self._targets = arrays.targets  # (B, T)
        with backend.place(training.device):
            self._compiled = _take(self._key, training)
            model, optimizer, step, fresh = self._compiled
            step(self._inputs, self._targets)  # compiles it, where it is new; what it learned is overwritten below
            if state:
                self._restore(state)
            else:
                model.set_weights(build(experiment.architecture, form, training.seed).get_weights())
                _assign(optimizer.variables, fresh)
            optimizer.learning_rate = training.learning_rate

    def step(self) -> tuple[float, NDArray[np.uint16], NDArray[np.float32]]:
        """Train one epoch; the loss and the first sample's prediction (T,) with its probabilities (T,)."""
        loss, predicted, probability = self._compiled.step(self._inputs, self._targets)
        return float(loss), np.asarray(predicted, np.uint16)[0], np.asarray(probability, np.float32)[0]

    def state(self) -> bytes:
        """Weights and the optimizer's variables, as npz."""
        model, optimizer, _, _ = self._compiled
        arrays = {f"weight_{i}": weight for i, weight in enumerate(model.get_weights())}
        arrays |= {f"optimizer_{i}": np.asarray(v) for i, v in enumerate(optimizer.variables)}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    def _restore(self, state: bytes) -> None:
        model, optimizer, _, _ = self._compiled
        model.set_weights(weights_of(state))
        _assign(optimizer.variables, _numbered_arrays(state, "optimizer"))

    def close(self) -> None:
        """Give the compiled model back for the next run of the same architecture."""
        model = self._compiled.model
        with _kept_lock:
            if model.count_params() <= KEPT_PARAMETERS:
                _kept.setdefault(self._key, []).append(self._compiled)
            while sum(map(len, _kept.values())) > KEPT:
                oldest = next(iter(_kept))
                _kept[oldest].pop()
                if not _kept[oldest]:
                    del _kept[oldest]


def weights_of(state: bytes) -> list[NDArray[np.float32]]:
    """The model's weights, in Keras' order, out of what ``Trainer.state`` made."""
    return _numbered_arrays(state, "weight")


def _numbered_arrays(state: bytes, name: str) -> list[NDArray[Any]]:
    with np.load(io.BytesIO(state), allow_pickle=False) as arrays:
        return [arrays[f"{name}_{i}"] for i in range(sum(key.startswith(f"{name}_") for key in arrays.files))]


def _assign(variables: Sequence[keras.Variable], values: list[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _take(key: Key, training: Training) -> Compiled:
    """A compiled model that fits, kept from an earlier run or new."""
    with _kept_lock:
        if found := _kept.get(key):
            compiled = found.pop()
            if not found:
                del _kept[key]
            return compiled
    model = build(key[0], key[1], training.seed, training.device)
    optimizer = make_optimizer(training)
    optimizer.build(model.trainable_variables)
    fresh = [np.asarray(variable) for variable in optimizer.variables]
    return Compiled(model, optimizer, backend.compile_step(model, optimizer, training.device), fresh)


def make_optimizer(training: Training) -> keras.Optimizer:
    """Keras' optimizer as the settings say."""
    clip = {
        Clipping.NONE: {},
        Clipping.NORM: {"global_clipnorm": training.clip_at},
        Clipping.VALUE: {"clipvalue": training.clip_at},
    }
    return _OPTIMIZERS[training.optimizer](learning_rate=training.learning_rate, **clip[training.clipping])


class _Lane:
    """One experiment in a race: its trainer, or why it has none, and what it has reached."""

    def __init__(self, experiment: Experiment, start: Start) -> None:
        self.experiment, self.start = experiment, start
        self.status, self.reason = Status.RUNNING, ""
        self.history = History(start=start.epochs, seconds=start.seconds)
        self.unreported = start.epochs + 1
        self.trainer: Trainer | None = None
        try:
            self.trainer = Trainer(experiment, start.state)
        except ValueError as error:
            self.status, self.reason = Status.FAILED, str(error)

    def step(self) -> None:
        assert self.trainer is not None
        begin = time.perf_counter()
        loss, predicted, probability = self.trainer.step()
        self.history.add(loss, predicted, probability, time.perf_counter() - begin)
        if not np.isfinite(loss):
            self.status = Status.DIVERGED
        elif self.history.epochs >= self.experiment.training.epochs:
            self.status = Status.FINISHED

    def unreported_chunk(self) -> Chunk | None:
        """The epochs since the last time this was asked for."""
        if self.history.epochs < self.unreported:
            return None
        chunk = self.history.chunk(self.unreported)
        self.unreported = self.history.epochs + 1
        return chunk

    def finish(self) -> Reached:
        state = self.trainer.state() if self.trainer else self.start.state
        if self.trainer:
            self.trainer.close()
        return Reached(self.status, self.history.chunk(self.start.epochs + 1), state, self.reason)


def race(
    experiments: Sequence[Experiment],
    report: Report,
    control: Control | None = None,
    starts: Sequence[Start] | None = None,
) -> tuple[Reached, ...]:
    """Train several experiments side by side: an epoch of each in turn, until each has done all of its own.

    Args:
        experiments: what to train; each is a lane of the race.
        report: called with the number of a lane and its newest epochs, about twenty times a second.
        control: pace and Stop, which may change meanwhile; by default full speed to the end.
        starts: where each lane goes on from; by default the beginning.

    Returns:
        Where each has come to, with all of the epochs trained here.
    """
    control = control or Control()
    lanes = [_Lane(e, s) for e, s in zip(experiments, starts or [Start()] * len(experiments), strict=True)]
    last_report = time.perf_counter()
    while racing := [lane for lane in lanes if lane.status is Status.RUNNING]:
        begin = time.perf_counter()
        for lane in racing:
            if not control.stopping:
                lane.step()
        if control.pace.kind is not PaceKind.FULL or time.perf_counter() - last_report > REPORT_EVERY:
            _report(lanes, report)
            last_report = time.perf_counter()
        if control.stopping or control.pace.kind is PaceKind.STEP:
            _end(racing, Status.STOPPED if control.stopping else Status.PAUSED)
        control.wait_for_pace(begin)
    _report(lanes, report)
    return tuple(lane.finish() for lane in lanes)


def _report(lanes: Sequence[_Lane], report: Report) -> None:
    for number, lane in enumerate(lanes):
        if (chunk := lane.unreported_chunk()) is not None:
            report(number, chunk)


def _end(lanes: Sequence[_Lane], status: Status) -> None:
    for lane in lanes:
        if lane.status is Status.RUNNING:
            lane.status = status
