"""Models that are compiled for training: made once, and kept for the next run of the same architecture.

Compiling takes half a second, where 50 epochs of "hihello" take a tenth of one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab import backend
from rnnlab.architecture import Architecture, Form
from rnnlab.backend import keras
from rnnlab.experiment import Clipping, Experiment, Optimizer, Training
from rnnlab.models import build
from rnnlab.pool import Pool
from rnnlab.textlab.experiment import TextTraining

#: Compiled models that wait to be used again, so that a second run of the same architecture starts at once.
KEPT, KEPT_PARAMETERS = 32, 2_000_000

_OPTIMIZERS: dict[Optimizer, type[keras.Optimizer]] = {
    Optimizer.ADAM: keras.optimizers.Adam,
    Optimizer.RMSPROP: keras.optimizers.RMSprop,
    Optimizer.SGD: keras.optimizers.SGD,
    Optimizer.ADAGRAD: keras.optimizers.Adagrad,
}


class Compiled(NamedTuple):
    """A model with its compiled functions, and the optimizer's variables as they were before the first step."""

    model: keras.Model
    optimizer: keras.Optimizer
    step: backend.Step
    forward: backend.Forward
    flatten: backend.Flatten
    fresh: list[NDArray[Any]]


Key = tuple[Architecture, Form, Optimizer, Clipping, float, str]
pool = Pool[Compiled](KEPT)


def key_of(experiment: Experiment) -> Key:
    """What a compiled model must have in common with an experiment to be used for it."""
    training = experiment.training
    clip_at = training.clip_at if training.clipping is not Clipping.NONE else 0.0
    device = backend.resolve(training.device)
    return experiment.architecture, experiment.form, training.optimizer, training.clipping, clip_at, device


def take(key: Key, training: Training) -> Compiled:
    """A compiled model that fits, kept from an earlier run or new."""
    return pool.take(key, lambda: _compile(*key[:2], training))


def _compile(architecture: Architecture, form: Form, training: Training) -> Compiled:
    model = build(architecture, form, training.seed, training.device)
    optimizer, fresh = built_optimizer(training, model)
    return Compiled(
        model,
        optimizer,
        backend.compile_step(model, optimizer, form, training.device),
        backend.compile_forward(model, form, training.device),
        backend.compile_flatten(model, training.device),
        fresh,
    )


def give_back(key: Key, compiled: Compiled) -> None:
    """Keep a compiled model for the next run, unless it is large."""
    if compiled.model.count_params() <= KEPT_PARAMETERS:
        pool.give_back(key, compiled)


def built_optimizer(
    training: Training | TextTraining, model: keras.Model
) -> tuple[keras.Optimizer, list[NDArray[Any]]]:
    """An optimizer for the weights of a model, and its variables as they are before the first step."""
    optimizer = make_optimizer(training)
    optimizer.build(model.trainable_variables)
    return optimizer, [np.asarray(variable) for variable in optimizer.variables]


def make_optimizer(training: Training | TextTraining) -> keras.Optimizer:
    """Keras' optimizer as the settings say."""
    clip = {
        Clipping.NONE: {},
        Clipping.NORM: {"global_clipnorm": training.clip_at},
        Clipping.VALUE: {"clipvalue": training.clip_at},
    }
    return _OPTIMIZERS[training.optimizer](learning_rate=training.learning_rate, **clip[training.clipping])
