"""Runs of the text lab whose weights are made, not learned, and the views of them without the page."""

from __future__ import annotations

import io

import numpy as np
from streamlit.testing.v1 import AppTest

from rnnlab.architecture import Architecture, Cell
from rnnlab.corpora import Corpus, Source
from rnnlab.engine.runs import RunOf
from rnnlab.experiment import Pace, PaceKind
from rnnlab.history import Scores, Status
from rnnlab.reference import Model, weight_shapes
from rnnlab.textlab.experiment import TextExperiment, TextTraining

CORPUS = Corpus(Source.GENERATED)


def experiment(cell=Cell.LSTM, units=6, corpus=CORPUS, layers=1):
    training = TextTraining(passes=1, chunk=20, batch_size=8)
    return TextExperiment(Architecture(cell, units, layers=layers), corpus, training)


def weights(of, seed=0, size=0.5):
    rng = np.random.default_rng(seed)
    shapes = [weight.shape for weight in weight_shapes(of.architecture, of.form)]
    return tuple(rng.normal(0, size, shape).astype(np.float32) for shape in shapes)


def model(of, seed=0):
    return Model(of.architecture, of.form, weights(of, seed))


def run(folder, *experiments, measurements=3, status=Status.FINISHED, recorded=True):
    """A run that has been measured so often, with other weights at each measurement."""
    found = RunOf(experiments, Pace(PaceKind.FULL), folder)
    for lane in found.lanes:
        if not lane.experiment.refusal:
            lane.status = status
            for number in range(1, measurements + 1):
                measured(lane, number, recorded)
    return found


def measured(lane, number, recorded=True):
    lane.history.scores.append(Scores(3.0, 0.1, 3.1, 0.1))
    if recorded:
        lane.history.recording.add(number, model(lane.experiment, number).flat)


def state_of(of, seed):
    """What a trainer keeps at its end."""
    file = io.BytesIO()
    arrays = {f"weight_{n}": array for n, array in enumerate(weights(of, seed))}
    np.savez(file, allow_pickle=False, optimizer_0=np.zeros(3), **arrays)
    return file.getvalue()


def opened(script, of):
    """A view of this run, drawn once."""
    at = AppTest.from_function(script, default_timeout=60)
    at.session_state["run"] = of
    at.run()
    assert not at.exception
    return at


def labelled(elements, label):
    return next(one for one in elements if one.label.startswith(label))


def said(at):
    """All that stands on the screen in words."""
    kinds = (at.markdown, at.caption, at.info, at.warning, at.subheader)
    return "\n".join(element.value for kind in kinds for element in kind)
