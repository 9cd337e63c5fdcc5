"""Training: the step-by-step race of several experiments in one process.

It knows neither page nor engine: it reports what was reached and asks whether to go on.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab import backend, compiled
from rnnlab.architecture import Activation, Architecture, Form
from rnnlab.backend import keras
from rnnlab.char_training import CharTrainer
from rnnlab.control import Control
from rnnlab.experiment import Experiment, PaceKind, TrainerKind
from rnnlab.history import NO_CONFUSION, Chunk, History, Reached, Scores, Start, Status
from rnnlab.models import build
from rnnlab.recording import Flat
from rnnlab.reference import KerasSide, Model
from rnnlab.stream_training import StreamTrainer
from rnnlab.tasks.drawn import Said
from rnnlab.tasks.task import Arrays, confusion_table, score
from rnnlab.textlab.experiment import TextExperiment

Report = Callable[[int, Chunk], None]

#: Seconds between two reports of a race at full speed: often enough to look continuous.
REPORT_EVERY = 0.05
#: Bytes of recorded weights that travel with any report; of a model larger than that, the newest go along this often.
WEIGHTS_AT_ONCE, WEIGHTS_EVERY = 2**18, 1.0
#: Keras takes a probability for no smaller than this when it takes its logarithm.
SMALLEST_PROBABILITY = 1e-7


class Trainer:
    """One experiment being trained, a step of gradient descent at a time.

    Args:
        experiment: what to train.
        start: where it had stopped; the default begins anew.

    Raises:
        ValueError: the device is not here or the model's weights would not fit.
    """

    def __init__(self, experiment: Experiment, start: Start) -> None:
        self.experiment, self.epochs = experiment, start.epochs
        self._key = compiled.key_of(experiment)
        self._data = experiment.task.data(experiment.training.seed)
        self._form, self._classes = experiment.form, len(experiment.task.classes)
        samples = len(self._data.train.inputs)
        self._batch_size = min(experiment.training.batch_size, samples)
        self._steps = samples // self._batch_size  # what is left over changes from epoch to epoch
        self._order: NDArray[np.int64] | None = None  # of the samples, in the epoch under way
        self._done: list[float] = []  # loss and metric of each step of this epoch
        self._metrics: list[float] = []
        self._said = Said(np.zeros((0, 0), np.uint16), np.zeros((0, 0), np.float32))
        with backend.place(experiment.training.device):
            self._compiled = compiled.take(self._key, experiment.training)
            self._begin(start)

    def _begin(self, start: Start) -> None:
        model, optimizer, step, *_, fresh = self._compiled
        step(*self._batch(0))  # compiles it, where it is new; what it learned is overwritten below
        if start.state:
            model.set_weights(weights_of(start.state))
            _assign(optimizer.variables, _numbered_arrays(start.state, "optimizer"))
            self._done, self._metrics = (a.tolist() for a in _numbered_arrays(start.state, "epoch"))
        else:
            experiment = self.experiment
            model.set_weights(build(experiment.architecture, experiment.form, experiment.training.seed).get_weights())
            _assign(optimizer.variables, fresh)
        optimizer.learning_rate = self.experiment.training.learning_rate

    @property
    def part(self) -> float:
        """How much of the epoch under way is done."""
        return len(self._done) / self._steps

    def step(self) -> bool:
        """Train on one batch; whether that was the last of the epoch, or the loss is no longer a number."""
        inputs, targets = self._batch(len(self._done))
        loss, predicted, probability = self._compiled.step(inputs, targets)
        predicted, probability = np.asarray(predicted, np.uint16), np.asarray(probability, np.float32)
        self._done.append(float(loss))
        self._metrics.append(score(self.experiment.task.metric, predicted, probability, targets))
        self._said = Said(predicted, probability)
        return len(self._done) >= self._steps or not np.isfinite(self._done[-1])

    def _batch(self, number: int) -> Arrays:
        inputs, targets = self._data.train
        if self._batch_size == len(inputs):
            return Arrays(inputs, targets)
        if number == 0 or self._order is None:
            seed = (self.experiment.training.seed, self.epochs)
            self._order = np.random.default_rng(seed).permutation(len(inputs))
        chosen = self._order[number * self._batch_size : (number + 1) * self._batch_size]
        return Arrays(inputs[chosen], targets[chosen])

    def finish_epoch(self) -> tuple[Scores, Said, NDArray[np.uint32]]:
        """What the epoch came to, and what the model now says to held-out samples; or said in it, where none are."""
        loss, metric = float(np.mean(self._done)), float(np.mean(self._metrics))
        self._done, self._metrics = [], []
        self.epochs += 1
        task = self.experiment.task
        inputs, targets = self._data.held_out
        if not task.holds_out:
            return Scores(loss, metric), self._said, NO_CONFUSION
        outputs = self._forward(inputs)  # (N, S, K)
        predicted, said = Said.of(outputs)
        held_out, hard = score(task.metric, predicted, said, targets), self._data.hard
        in_hard = score(task.metric, predicted[hard], said[hard], targets[hard]) if hard is not None else math.nan
        scores = Scores(loss, metric, _mean_loss(outputs, targets, self._form), held_out, in_hard)
        return scores, self._show(), confusion_table(predicted, targets, self._classes)

    def _show(self) -> Said:
        task = self.experiment.task
        samples = self._data.held_out.inputs[: task.shown]
        outputs = self._forward(task.questions(samples))  # (N·R, S, K)
        return Said.of(outputs.reshape(len(samples), -1, outputs.shape[-1]))

    def _forward(self, inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Outputs (N, S, K), computed in batches: one-hot, all samples together might not fit."""
        batches = range(0, len(inputs), self._batch_size)
        return np.concatenate([self._compiled.forward(inputs[i : i + self._batch_size]) for i in batches])

    def weights(self) -> NDArray[np.float32]:
        """All weights, one after the other in Keras' order: (P)."""
        return self._compiled.flatten()

    def state(self) -> bytes:
        """Weights, the optimizer's variables, and what the epoch under way has come to, as npz."""
        model, optimizer, *_ = self._compiled
        arrays = {f"weight_{i}": weight for i, weight in enumerate(model.get_weights())}
        arrays |= {f"optimizer_{i}": np.asarray(v) for i, v in enumerate(optimizer.variables)}
        arrays |= {"epoch_0": np.array(self._done, np.float64), "epoch_1": np.array(self._metrics, np.float64)}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    def close(self) -> None:
        """Give the compiled model back for the next run of the same architecture."""
        compiled.give_back(self._key, self._compiled)


def _mean_loss(outputs: NDArray[np.float32], targets: NDArray[Any], form: Form) -> float:
    """The loss of outputs (N, S, K), as ``backend.compile_step`` has it for a batch, as far as probabilities can tell."""
    if form.activation is Activation.LINEAR:
        return float(np.mean((outputs[..., 0].astype(np.float64) - targets) ** 2))  # the square may be beyond float32
    right = np.take_along_axis(outputs, targets[..., np.newaxis], axis=-1)
    return float(-np.log(np.clip(right, SMALLEST_PROBABILITY, 1)).mean())


def weights_of(state: bytes) -> list[NDArray[np.float32]]:
    """The model's weights, in Keras' order, out of what ``Trainer.state`` made."""
    return _numbered_arrays(state, "weight")


def _numbered_arrays(state: bytes, name: str) -> list[NDArray[Any]]:
    with np.load(io.BytesIO(state), allow_pickle=False) as arrays:
        return [arrays[f"{name}_{i}"] for i in range(sum(key.startswith(f"{name}_") for key in arrays.files))]


def _assign(variables: Sequence[keras.Variable], values: list[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def answer(architecture: Architecture, form: Form, state: bytes, samples: NDArray[Any]) -> NDArray[np.float32]:
    """What a trained model says to samples (N, …), as outputs (N, S, K).

    Sequences may have any length: the weights are the same at every step.
    """
    if not form.pattern.one_input:
        form = replace(form, timesteps=samples.shape[1], batch_size=None)
    model = build(architecture, form)
    model.set_weights(weights_of(state))
    return backend.compile_forward(model, form, "cpu")(samples)


def keras_side(model: Model, inputs: NDArray[Any], targets: NDArray[Any]) -> KerasSide:
    """Outputs, states and gradients of the loss that Keras gives to the same weights and samples; no gradients without a loss."""
    form = replace(model.form, batch_size=None)
    if not form.pattern.one_input:
        form = replace(form, timesteps=inputs.shape[1])
    built = build(model.architecture, form)
    built.set_weights([array.astype(np.float32) for array in model.weights])
    states = backend.states(built, form, inputs)
    if not model.has_loss:
        return KerasSide(backend.outputs(built, form, inputs), states, ())
    outputs, gradients = backend.gradients(built, form, inputs, targets)
    return KerasSide(outputs, states, gradients)


AnyTrainer = Trainer | CharTrainer | StreamTrainer

TRAINERS: dict[TrainerKind, Callable[[Experiment, Start], AnyTrainer]] = {
    TrainerKind.KERAS: Trainer,
    TrainerKind.NUMPY: CharTrainer,
}


def trainer_of(experiment: Experiment | TextExperiment, start: Start) -> AnyTrainer:
    """Who trains this experiment.

    Raises:
        ValueError: it cannot be trained here.
    """
    if isinstance(experiment, TextExperiment):
        return StreamTrainer(experiment, start)
    return TRAINERS[experiment.training.trainer](experiment, start)


class _Lane:
    """One experiment in a race: its trainer, or why it has none, and what it has reached."""

    def __init__(self, experiment: Experiment | TextExperiment, start: Start) -> None:
        self.experiment, self.start = experiment, start
        self.status, self.reason = Status.RUNNING, ""
        self.history = History(start=start.epochs, seconds=start.seconds)
        self.reported = (start.epochs, 0.0)  # epochs, and how much of the next
        self.sent = (start.epochs - 1, -math.inf)  # of which epoch the newest weights that were reported are, and when
        self.trainer: AnyTrainer | None = None  # until the first step: compiling may take a second

    def _prepare(self) -> None:
        try:
            self.trainer = trainer_of(self.experiment, self.start)
        except ValueError as error:
            self.status, self.reason = Status.FAILED, str(error)
        else:
            self._record()

    def step(self) -> bool:
        """Train on one batch; whether that ended an epoch. What cannot be trained has failed instead."""
        if self.trainer is None:
            self._prepare()
        if self.trainer is None:
            return False
        begin = time.perf_counter()
        ended = self.trainer.step()
        if ended:
            scores, shown, confusion = self.trainer.finish_epoch()
            self.history.add(scores, shown, confusion)
            self._record()
            if not np.isfinite(scores.loss):
                self.status = Status.DIVERGED
            elif self.history.epochs >= self.experiment.epochs:
                self.status = Status.FINISHED
        else:
            self.history.part = self.trainer.part
        self.history.seconds += time.perf_counter() - begin
        return ended

    def _record(self, last: bool = False) -> None:
        """Keep the weights as they are now, where a replay will want them: those of an epoch's end, and always the last."""
        assert self.trainer is not None
        if self.trainer.part == 0 and (last or self.history.recording.wants(self.history.epochs)):
            weights = self.trainer.weights()
            if np.isfinite(weights).all():  # nothing can be seen in others
                self.history.recording.add(self.history.epochs, weights)

    def unreported_chunk(self) -> Chunk | None:
        """What was reached since the last time this was asked for."""
        now = self.history.epochs, self.history.part
        if now == self.reported:
            return None
        chunk = self.history.chunk(self.reported[0] + 1, self._unreported_weights())
        self.reported = now
        return chunk

    def _unreported_weights(self) -> dict[int, Flat]:
        """The newest weights that were not reported yet, as many as a report can carry without being late."""
        epoch, sent = self.sent
        found, now = self.history.recording.since(epoch, WEIGHTS_AT_ONCE), time.perf_counter()
        if not found or (now - sent < WEIGHTS_EVERY and any(flat.nbytes > WEIGHTS_AT_ONCE for flat in found.values())):
            return {}
        self.sent = max(found), now
        return found

    def checkpoint(self) -> Start:
        """From where it could go on."""
        if self.trainer is None:
            return self.start
        return Start(self.trainer.state(), self.history.epochs, self.history.seconds)

    def finish(self) -> Reached:
        state = self.start.state
        if self.trainer:
            self._record(last=True)
            state = self.trainer.state()
            self.trainer.close()
        return Reached(self.status, self.history.chunk(self.start.epochs + 1), state, self.reason)


def race(
    experiments: Sequence[Experiment | TextExperiment],
    report: Report,
    control: Control | None = None,
    starts: Sequence[Start] | None = None,
) -> tuple[Reached, ...]:
    """Train several experiments side by side: a batch of each in turn, until each has done all of its epochs.

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
    last_report = begin = time.perf_counter()
    while racing := [lane for lane in lanes if lane.status is Status.RUNNING]:
        ended = [] if control.stopping else _round(lanes, report)  # all take a step, or none does
        control.offer(lambda: tuple(lane.checkpoint() for lane in lanes))
        epoch_ended = any(lane.status is not Status.DIVERGED for lane in ended)
        paced = epoch_ended and control.pace.kind is not PaceKind.FULL
        if paced or time.perf_counter() - last_report > REPORT_EVERY:
            _report(lanes, report)
            last_report = time.perf_counter()
        if control.stopping:
            _end(racing, Status.STOPPED)
        elif epoch_ended and control.pace.kind is PaceKind.STEP:
            _end(racing, Status.PAUSED)
        elif epoch_ended:
            control.wait_for_pace(begin)
            begin = time.perf_counter()
    _report(lanes, report)
    return tuple(lane.finish() for lane in lanes)


def _round(lanes: Sequence[_Lane], report: Report) -> list[_Lane]:
    """Let each take a step; who has ended an epoch. In the first round each is seen as soon as it is ready."""
    ended = []
    for lane in lanes:
        if lane.status is Status.RUNNING:
            new = lane.trainer is None
            if lane.step():
                ended.append(lane)
            if new:
                _report(lanes, report)
    return ended


def _report(lanes: Sequence[_Lane], report: Report) -> None:
    for number, lane in enumerate(lanes):
        if (chunk := lane.unreported_chunk()) is not None:
            report(number, chunk)


def _end(lanes: Sequence[_Lane], status: Status) -> None:
    for lane in lanes:
        if lane.status is Status.RUNNING:
            lane.status = status
