"""The weights of a text model as it was at one of its measurements."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np

from rnnlab.recording import Recording
from rnnlab.reference import Model, weight_shapes
from rnnlab.textlab.experiment import TextExperiment
from rnnlab.texts import _


class Weighed(NamedTuple):
    """A model; ``measurement`` is the one of which its weights are, 0 before it had learned anything."""

    measurement: int
    model: Model


def weighed(
    experiment: TextExperiment, recording: Recording, measurement: int, reached: int, state: bytes = b""
) -> Weighed | None:
    """The newest model that is not later than a measurement.

    Args:
        experiment: what is trained.
        recording: its weights at measurements, as far as they were kept.
        measurement: which is wanted.
        reached: how many there are.
        state: the weights as they were when it ended, where nothing is recorded; empty while it trains.
    """
    found = recording.at(measurement)
    if found:
        number, flat = found
        return Weighed(number, Model.from_flat(experiment.architecture, experiment.form, flat))
    model = model_of(experiment, state)
    return Weighed(reached, model) if model else None


def model_of(experiment: TextExperiment, state: bytes) -> Model | None:
    """The model of a file that a trainer wrote when it ended: the arrays weight_0, weight_1 … in Keras' order.

    None where nothing was trained, or its weights are no longer numbers.

    Raises:
        ValueError: it is not of this model.
    """
    if not state:
        return None
    shapes = [weight.shape for weight in weight_shapes(experiment.architecture, experiment.form)]
    with np.load(io.BytesIO(state), allow_pickle=False) as arrays:
        weights = tuple(arrays[name] for number in range(len(shapes)) if (name := f"weight_{number}") in arrays)
    if [array.shape for array in weights] != shapes:
        raise ValueError(_("the weights of this file are those of another model"))
    if not all(np.isfinite(array).all() for array in weights):
        return None
    return Model(experiment.architecture, experiment.form, weights)
