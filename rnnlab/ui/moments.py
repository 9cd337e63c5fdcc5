"""A run at one of its epochs: the models as they were then, for the pages that look inside."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from rnnlab.colours import Look, looks
from rnnlab.engine import Run
from rnnlab.experiment import Experiment
from rnnlab.reference import Model
from rnnlab.texts import _


class Moment(NamedTuple):
    """One lane of a run at one epoch."""

    look: Look
    experiment: Experiment
    epoch: int
    model: Model


def scrubber(run: Run) -> int:
    """A slider over the epochs; the epoch that is shown."""
    last = max(run.epoch, 1)
    return st.slider(_("Epoch"), 0, last, last, key=f"epoch-{run.id}-{last}")


def moments(run: Run, epoch: int) -> tuple[Moment | None, ...]:
    """The models of all lanes at this epoch; None where nothing was recorded."""
    shown = looks([experiment.architecture for experiment in run.experiments])
    found: list[Moment | None] = []
    for lane, look in zip(run.lanes, shown, strict=True):
        kept = lane.recording.at(epoch)
        experiment = lane.experiment
        if kept is None:
            found.append(None)
        else:
            model = Model.from_flat(experiment.architecture, experiment.form, kept[1])
            found.append(Moment(look, experiment, kept[0], model))
    return tuple(found)
