"""A run looked at again: what its models were at an epoch, and what went on inside them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.experiment import Experiment
from rnnlab.recording import Recording
from rnnlab.reference import Array, Model, Trace
from rnnlab.tasks.task import Arrays, confusion_table


class Weighed(NamedTuple):
    """A model with the weights of an epoch; ``recorded`` is the one of which they really are, where some were left out."""

    recorded: int
    model: Model


class Inside(NamedTuple):
    """What went on in the last recurrent layer while it read one sample.

    Attributes:
        trace: every value of every step.
        gradient: |∂loss/∂h_t| at every step, (T).
        title: the name of the layer.
    """

    trace: Trace
    gradient: Array
    title: str


def weighed(experiment: Experiment, recording: Recording, epoch: int) -> Weighed | None:
    """The model that said what the history shows at ``epoch``, counted from 1; None where nothing was recorded.

    Where nothing is held out, loss and prediction come from the forward pass before the epoch's update: the weights are
    those after the epoch before.
    """
    wanted = epoch if experiment.task.holds_out else epoch - 1
    found = recording.at(wanted)
    if found is None:
        return None
    recorded, flat = found
    return Weighed(recorded + epoch - wanted, Model.from_flat(experiment.architecture, experiment.form, flat))


def confusion(experiment: Experiment, model: Model) -> NDArray[np.uint32]:
    """How often each class (row) of the held-out samples is taken for each (column) by these weights."""
    inputs, targets = experiment.task.data(experiment.training.seed).held_out
    predicted = model.forward(inputs).outputs.argmax(-1)
    return confusion_table(predicted, targets, len(experiment.task.classes))


def look_inside(model: Model, sample: Arrays) -> Inside | None:
    """What the last recurrent layer did with the first of these samples; None where no layer has a memory."""
    inputs, targets = (array[:1] for array in sample)
    reads = model.forward(inputs).back(targets).reads
    if not reads:
        return None
    layer, trace, gradients = reads[-1]
    assert gradients is not None
    return Inside(trace, np.linalg.norm(gradients.h[0], axis=-1), layer)
