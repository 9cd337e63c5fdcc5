"""The weights of a text run that a view looks into: those of any measurement, also while it trains.

Until a person has chosen, a view takes the newest weights whenever it is drawn; it never draws itself anew for them, as
what a person is looking at must not change by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import streamlit as st

from rnnlab import recording
from rnnlab.architecture import Cell
from rnnlab.colours import Look, looks
from rnnlab.counting import count
from rnnlab.engine.runs import TextLane, TextRun
from rnnlab.history import Status
from rnnlab.reference import Model
from rnnlab.text_replay import weighed
from rnnlab.textlab.experiment import TextExperiment
from rnnlab.texts import _
from rnnlab.ui import fields, live, state, views

#: Seconds between two looks for newer weights.
_TICK = 2.0


class Reader(NamedTuple):
    """A model of a run with the weights of a measurement; two with the same ``key`` are the same."""

    lane: int
    look: Look
    experiment: TextExperiment
    measurement: int
    model: Model
    key: str


#: For what is cached of a model: the same weights are not read again.
READERS: dict[type | str, Callable[[Any], Any]] = {Reader: lambda reader: reader.key}


def ask(run: TextRun, name: str) -> int:
    """A slider over the measurements; that which is shown. 0 while there is none.

    Args:
        run: whose weights.
        name: of the view.
    """
    newest, last = run.epoch, run.experiments[0].epochs
    if newest < 1:
        return 0
    key, kept = f"text-{name}-weights-{run.id}", _kept(run, name)
    if kept not in _following() and not 1 <= st.session_state.get(key, 0) <= newest:
        follow(run, name)  # a person dragged it to where there is nothing yet, or the run is a new one
    if kept in _following():
        st.session_state[key] = newest
    if last > 1:
        st.slider(
            _("Weights after which measurement"), 1, last, st.session_state[key], key=key, persist_state="session",
            on_change=stay, args=(run, name),
            help=_("A run is measured at growing intervals: each has a point on the chart of losses, and its weights."),
        )  # fmt: skip
    measurement = min(int(st.session_state[key]), newest)
    _said(run, name, measurement)
    return measurement


def follow(run: TextRun, name: str) -> None:
    """From now on this view takes the newest weights whenever it is drawn."""
    _following().add(_kept(run, name))


def stay(run: TextRun, name: str) -> None:
    """From now on this view keeps the weights that it has."""
    _following().discard(_kept(run, name))


def reader(run: TextRun, lane: int, measurement: int) -> Reader | None:
    """The model of a lane at a measurement; None where there are no weights."""
    chosen = run.lanes[lane]
    reached = chosen.history.epochs
    finished = b"" if chosen.status.active or chosen.recording.kept else chosen.state()
    found = weighed(chosen.experiment, chosen.recording, min(measurement, reached), reached, finished)
    if found is None:
        return None
    key = f"{run.attempt if finished else run.id} {lane} {found.measurement}"
    return Reader(lane, look(run, lane), chosen.experiment, *found, key)


def look(run: TextRun, lane: int) -> Look:
    """How a lane is drawn everywhere."""
    return looks([experiment.architecture for experiment in run.experiments])[lane]


def pick(run: TextRun, name: str, label: str, more: Sequence[tuple[int, str]] = ()) -> int:
    """One of the lanes that a text can be learned by, or of ``more``, numbers with their titles; an LSTM at first, if there is one; the only one is not
    asked for.

    Args:
        run: whose lanes.
        name: of the view.
        label: what is asked.
        more: other answers.
    """
    lanes = trained(run)
    if len(lanes) == 1:
        views.lane_title(look(run, lanes[0]))
        return lanes[0]
    titles = {lane: look(run, lane).label for lane in lanes} | dict(more)
    key = f"text-{name}-lane-{run.id}"
    first = next((n for n in lanes if run.experiments[n].architecture.cell is Cell.LSTM), lanes[0])
    found = fields.pick(label, key, list(titles), state.kept(key, lambda: first), titles.__getitem__)
    state.keep(key, found)
    return found


def trained(run: TextRun) -> list[int]:
    """The lanes that a text can be learned by; the first, which says why, where there are none."""
    return [number for number, lane in enumerate(run.lanes) if not lane.experiment.refusal] or [0]


def missing(lane: TextLane) -> str:
    """Why there are no weights to look into."""
    experiment = lane.experiment
    parameters = count(experiment.architecture, experiment.form).total
    if lane.status.active and not recording.fits(parameters):
        sentence = _(
            "A model of {parameters:,} parameters is too large to be looked into while it trains: at most {most:,} are kept "
            "at every measurement. Its weights are here when it has ended, or once you stop it."
        )
        return sentence.format(parameters=parameters, most=recording.MOST_PARAMETERS)
    if lane.status.active:
        return _("The weights come with the first measurement.")
    if lane.status is Status.DIVERGED:
        return _(lane.status.value)
    if lane.reason:
        return _("This was not trained: {reason}").format(reason=lane.reason)
    return _("This ended before it had any weights to look into. Train anew to look inside.")


def say_missing(run: TextRun, lane: int) -> None:
    """A sentence on why a lane cannot be looked into, and another look at it when it can."""
    chosen = run.lanes[lane]
    st.info(views.plain(missing(chosen)), icon=":material/hourglass:")
    if chosen.status.active:
        live.wait_for(lambda: bool(chosen.recording.kept) or not chosen.status.active)


def _said(run: TextRun, name: str, measurement: int) -> None:
    """Which step this is, and a button where there are newer weights, which is looked at while it trains."""
    experiment, active = run.experiments[0], run.status.active

    def note() -> None:
        if active and not run.status.active:  # nothing more will come: look no more
            stay(run, name)
            st.rerun()
        step, steps = experiment.step_of(measurement), experiment.steps
        words = _("After step {step:,.0f} of {steps:,}.").format(step=step, steps=steps)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(words, width="content")
            if run.epoch > measurement:
                newer = _("Newest weights (step {step:,.0f})").format(step=experiment.step_of(run.epoch))
                key = f"text-{name}-newest"
                if st.button(newer, key=key, icon=":material/update:", width="content", type="tertiary"):
                    follow(run, name)
                    st.rerun()

    st.fragment(note, run_every=_TICK if active else None)()


def _following() -> set[str]:
    """Views that take the newest weights; a view that is drawn for the first time does."""
    return state.kept("text following", set[str])


def _kept(run: TextRun, name: str) -> str:
    return f"{name} {run.id}"
