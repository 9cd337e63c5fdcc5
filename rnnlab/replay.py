"""A run looked at again: what its models were at an epoch, and how they took one class for another."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.experiment import Experiment, TrainerKind
from rnnlab.keyed import Keyed
from rnnlab.recording import Flat, Recording
from rnnlab.reference import Model
from rnnlab.tasks.task import confusion_table

#: Samples that are read together: a pass keeps every value of every step.
_AT_ONCE = 64
#: Models and confusion tables that are kept for everyone together: of a few epochs of a run or two.
_MODELS, _TABLES = 36, 12


class Weighed(NamedTuple):
    """A model with the weights of an epoch; ``recorded`` is the one of which they really are, where some were left out."""

    recorded: int
    model: Model


def later(experiment: Experiment) -> int:
    """By how many epochs what the history shows is later than the weights that said it.

    Where nothing is held out, Keras' loss and prediction come from the forward pass before the epoch's update: the weights
    are those after the epoch before. Else, and in min-char-rnn, an epoch is looked at when it is over.
    """
    after = experiment.task.holds_out or experiment.training.trainer is TrainerKind.NUMPY
    return 0 if after else 1


def weighed(experiment: Experiment, recording: Recording, epoch: int) -> Weighed | None:
    """The model that said what the history shows at ``epoch``, counted from 1; None where nothing was recorded."""
    wanted = epoch - later(experiment)
    found = recording.at(wanted)
    if found is None:
        return None
    recorded, flat = found
    return Weighed(recorded + epoch - wanted, _model(experiment, Keyed(flat, id(flat))))


@lru_cache(maxsize=_MODELS)
def _model(experiment: Experiment, flat: Keyed[Flat]) -> Model:
    """The same model for the same weights, so that what was computed with it can be found again."""
    return Model.from_flat(experiment.architecture, experiment.form, flat.value)


@lru_cache(maxsize=_TABLES)
def confusion(experiment: Experiment, model: Model) -> NDArray[np.uint32]:
    """How often each class (row) of the held-out samples is taken for each (column) by these weights."""
    inputs, targets = experiment.task.data(experiment.training.seed).held_out
    batches = range(0, len(inputs), _AT_ONCE)
    predicted = [model.forward(inputs[i : i + _AT_ONCE]).outputs.argmax(-1) for i in batches]
    return confusion_table(np.concatenate(predicted), targets, len(experiment.task.classes))
