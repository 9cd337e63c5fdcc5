"""The text lab's trainer: parallel streams of a text, the state carried from chunk to chunk, measured at growing intervals.

It offers what ``training.Trainer`` does; what is an epoch there is a measurement here.
"""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab import backend
from rnnlab.backend import keras
from rnnlab.compiled import built_optimizer
from rnnlab.history import NO_CONFUSION, Scores, Start
from rnnlab.models import build
from rnnlab.pool import Pool
from rnnlab.reference import Model
from rnnlab.stream_step import Learn, compile_learning, compile_reading
from rnnlab.tasks.drawn import Said
from rnnlab.textlab.experiment import WRITTEN, TextExperiment
from rnnlab.textlab.measuring import held_out
from rnnlab.textlab.streams import Streams
from rnnlab.textlab.writer import Writer
from rnnlab.texts import _


class Compiled(NamedTuple):
    """A model with its compiled functions, and the optimizer's variables as they were before the first step."""

    model: keras.Model
    optimizer: keras.Optimizer
    learn: Learn
    read: Learn
    flatten: backend.Flatten
    fresh: list[NDArray[Any]]


_pool = Pool[Compiled](most=8)


class StreamTrainer:
    """One text experiment being trained, a chunk of every stream at a time.

    Args:
        experiment: what to train.
        start: where it had stopped; the default begins anew.

    Raises:
        ValueError: the architecture cannot continue texts, the device is not here or the weights would not fit.
    """

    def __init__(self, experiment: TextExperiment, start: Start) -> None:
        if experiment.refusal:
            raise ValueError(experiment.refusal)
        self.experiment, self.epochs = experiment, start.epochs
        training, corpus = experiment.training, experiment.corpus
        self._streams = Streams(corpus.training, training.batch_size, training.chunk)
        self._held_out = held_out(corpus).chunks
        self._key = _key(experiment)
        with backend.place(training.device):
            self._compiled = _pool.take(self._key, lambda: _compile(experiment))
            self._begin(start)

    def _begin(self, start: Start) -> None:
        compiled, experiment = self._compiled, self.experiment
        self._states = self._zeros()
        self._step = 0
        self._losses: list[float] = []  # of the steps since the last measurement
        self._right: list[float] = []
        compiled.learn(*self._streams[0], self._states, np.int32(0))  # compiles it where new; it is undone below
        if start.state:
            self._restore(start.state)
        else:
            fresh = build(experiment.architecture, experiment.form, experiment.training.seed)
            compiled.model.set_weights(fresh.get_weights())
            for variable, value in zip(compiled.optimizer.variables, compiled.fresh, strict=True):
                variable.assign(value)

    def _zeros(self) -> list[Any]:
        return [np.zeros(shape, np.float32) for shape in self.experiment.carried]

    @property
    def part(self) -> float:
        """How much of the way to the next measurement is done."""
        before, after = (self.experiment.step_of(self.epochs + ahead) for ahead in (0, 1))
        return (self._step - before) / (after - before) if after > before else 0.0

    def step(self) -> bool:
        """Learn a chunk of every stream; whether it is measured after that, or the loss is no longer a number."""
        if self._step % self._streams.chunks == 0:
            self._states = self._zeros()
        self._compiled.optimizer.learning_rate = self.experiment.learning_rate(self._step)
        chunk = self._streams[self._step]
        loss, right, self._states = self._compiled.learn(*chunk, self._states, np.int32(self._step))
        self._losses.append(float(loss))
        self._right.append(float(right))
        self._step += 1
        return self._step >= self.experiment.measured[self.epochs] or not np.isfinite(self._losses[-1])

    def finish_epoch(self) -> tuple[Scores, Said, NDArray[np.uint32]]:
        """What was learned since the last measurement, how held-out text is read, and a text that the model writes now."""
        loss, right = float(np.mean(self._losses)), float(np.mean(self._right))
        self._losses, self._right = [], []
        self.epochs += 1
        return Scores(loss, right, *self._measure()), self._written(), NO_CONFUSION

    def _measure(self) -> tuple[float, float]:
        """The loss on held-out text, in nats a character, and the share that is said right.

        The chunks that lead in begin with states that training has come to: a state of zeros is one that a model hardly ever
        meets while it learns, and some never find their way out of it.
        """
        streams = np.arange(self._held_out[0].inputs.shape[1]) % self.experiment.training.batch_size
        states, found = [np.asarray(state)[streams] for state in self._states], []
        for chunk in self._held_out:
            loss, right, states = self._compiled.read(*chunk, states)
            found.append((float(loss), float(right)))
        loss, right = np.mean(found[1:], axis=0)
        return float(loss), float(right)

    def _written(self) -> Said:
        """A text of the model's own; of weights that are no numbers none, whose characters have the probability 0."""
        experiment, weights = self.experiment, self.weights()
        if not np.isfinite(weights).all():
            return Said(np.zeros((1, WRITTEN), np.uint16), np.zeros((1, WRITTEN), np.float32))
        model = Model.from_flat(experiment.architecture, experiment.form, weights)
        written = Writer(model, experiment.corpus.vocabulary, experiment.training.seed).write(
            experiment.prompt, WRITTEN
        )
        drawn = slice(-WRITTEN, None)
        return Said(written.tokens[drawn].astype(np.uint16)[np.newaxis], written.probabilities[np.newaxis, drawn])

    def weights(self) -> NDArray[np.float32]:
        """All weights, one after the other in Keras' order: (P)."""
        return self._compiled.flatten()

    def state(self) -> bytes:
        """Weights, the optimizer's variables, the states of the streams, and what came since the last measurement, as npz."""
        model, optimizer = self._compiled[:2]
        arrays = {f"weight_{i}": weight for i, weight in enumerate(model.get_weights())}
        arrays |= {f"optimizer_{i}": np.asarray(v) for i, v in enumerate(optimizer.variables)}
        arrays |= {f"state_{i}": np.asarray(v) for i, v in enumerate(self._states)}
        arrays |= {"since": np.array([self._losses, self._right]), "step": np.array(self._step)}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    def _restore(self, state: bytes) -> None:
        model, optimizer = self._compiled[:2]
        with np.load(io.BytesIO(state), allow_pickle=False) as file:
            arrays = dict(file)
        own = {f"weight_{i}": variable for i, variable in enumerate(model.weights)}
        own |= {f"optimizer_{i}": variable for i, variable in enumerate(optimizer.variables)}
        needed = {name: (variable.shape, np.dtype(variable.dtype)) for name, variable in own.items()}
        needed |= {f"state_{i}": (zeros.shape, zeros.dtype) for i, zeros in enumerate(self._zeros())}
        given = {name: (array.shape, array.dtype) for name, array in arrays.items() if name not in ("since", "step")}
        if needed != given:
            raise ValueError(_("this is the state of another model"))
        for name, variable in own.items():
            variable.assign(arrays[name])
        self._states = [arrays[f"state_{i}"] for i in range(len(self._states))]
        self._losses, self._right = arrays["since"].tolist()
        self._step = int(arrays["step"])

    def close(self) -> None:
        """Give the compiled model back for the next run of the same architecture."""
        _pool.give_back(self._key, self._compiled)


def _key(experiment: TextExperiment) -> tuple[Any, ...]:
    """What a compiled model depends on; its shapes are of the chunk."""
    training = experiment.training
    measured = held_out(experiment.corpus).chunks[0].inputs.shape
    clip_at = training.clip_at if training.clipping.value != "none" else 0.0
    rules = training.optimizer, training.clipping, clip_at, training.dropout, training.seed if training.dropout else 0
    shapes = training.chunk, training.batch_size, measured
    return experiment.architecture, experiment.form, *rules, *shapes, backend.resolve(training.device)


def _compile(experiment: TextExperiment) -> Compiled:
    architecture, training = experiment.architecture, experiment.training
    model = build(architecture, experiment.form, training.seed, training.device)
    optimizer, fresh = built_optimizer(training, model)
    learn = compile_learning(model, optimizer, architecture, training.dropout, training.seed, training.device)
    read = compile_reading(model, architecture, training.device)
    return Compiled(model, optimizer, learn, read, backend.compile_flatten(model, training.device), fresh)
