"""The engine as pages see it, and the views that move by themselves."""

from __future__ import annotations

import atexit
import gc
import os
from collections.abc import Callable

import streamlit as st

from rnnlab import charts, tables
from rnnlab.architecture import Architecture, Form
from rnnlab.colours import Look, looks
from rnnlab.counting import Summary, count
from rnnlab.engine import Engine, EngineState, Run, RunLane
from rnnlab.history import Status
from rnnlab.texts import _, ngettext, seconds
from rnnlab.ui import views

TICK = 0.15
#: Lines of the list of iterations: what a browser draws again at every tick, and what it has time for afterwards.
_MOST_ROWS_MOVING, _MOST_ROWS = 30, 100


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The one engine of this server; it starts its workers in the background."""
    started = Engine(os.environ.get("RNNLAB_SCHEDULER") or None)
    atexit.register(started.close)
    return started


@st.cache_resource(show_spinner=False)
def settle() -> None:
    """Once everything is imported: tell Python's collector of garbage that this is here to stay.

    Streamlit collects after every run of a page and of a fragment, which many times a second costs more than drawing
    when each collection has to look at all modules again.
    """
    gc.freeze()


def engine_status() -> None:
    """How the engine is, kept up to date, in the sidebar."""
    st.fragment(_engine_status, run_every=1.0 if engine().state is not EngineState.READY else 3.0)()


def _engine_status() -> None:
    state, active, workers = engine().state, engine().active(), engine().workers
    if state is EngineState.READY:
        count_text = ngettext("{workers} worker", "{workers} workers", workers).format(workers=workers)
        busy = _("{active} training").format(active=active) if active else _("ready")
        st.caption(f":green[●] {_('Engine')}: {busy}, {count_text}")
    elif state is EngineState.STARTING:
        st.caption(f":orange[◐] {_('Engine: getting ready. You can look around meanwhile.')}")
        if engine().reason:
            st.caption(engine().reason)
    else:
        st.caption(f":red[○] {_('Engine: lost. Trying to reach it again.')}")


def summaries(bench: tuple[Architecture, ...], form: Form) -> list[Summary | str | None]:
    """What Keras says of each architecture; where answers are missing, the page runs again when they have come."""
    answers = [engine().summary(architecture, form) for architecture in bench]
    if any(answer is None for answer in answers):
        wait_for(lambda: all(engine().summary(architecture, form) is not None for architecture in bench))
    return answers


def wait_for(condition: Callable[[], bool], every: float = 0.25) -> None:
    """Run the whole page again as soon as ``condition`` holds."""

    def look() -> None:
        if condition():
            st.rerun()

    st.fragment(look, run_every=every)()


def race(run: Run, logarithmic: bool) -> None:
    """A run as it goes: state, curves, and a card for each architecture; the page runs again when it has ended."""
    active = run.status.active

    def tick() -> None:
        _draw_race(run, logarithmic)
        if active and not run.status.active:
            st.rerun()

    st.fragment(tick, run_every=TICK if active else None)()


def _draw_race(run: Run, logarithmic: bool) -> None:
    lanes_looks = looks([experiment.architecture for experiment in run.experiments])
    _headline(run)
    table = tables.loss_table([lane.history for lane in run.lanes], lanes_looks)
    chart = charts.loss_curves(lanes_looks, run.experiments[0].training.epochs, logarithmic)
    st.vega_lite_chart({**chart, "datasets": {"table": table}}, height=300, key="loss", alt=_loss_text(lanes_looks))
    grid = st.grid(min_column_width=300, gap="small")
    for lane, look in zip(run.lanes, lanes_looks, strict=True):
        with grid.container(border=True, gap="xsmall", key=f"lane-{run.lanes.index(lane)}"):
            _draw_lane(lane, look)


def _headline(run: Run) -> None:
    epochs = run.experiments[0].training.epochs
    waiting = engine().waiting_before(run)
    sentence = _(run.status.value)
    if run.status is Status.WAITING and engine().state is not EngineState.READY:
        sentence = _(engine().state.value) + " " + _("This run starts by itself when it is ready.")
    elif run.status is Status.WAITING and waiting:
        sentence = ngettext("{n} run waits before this one.", "{n} runs wait before this one.", waiting).format(
            n=waiting
        )
    pairs = [
        (_("epoch"), f"{run.epoch:,} / {epochs:,}"),
        (_("passed"), seconds(run.elapsed)),
        (_("left"), seconds(run.left if run.status.active or run.status.can_continue else 0.0)),
        (_("device"), run.device or "–"),
    ]
    views.facts([("", sentence), *pairs])
    views.bar(run.epoch / epochs, "#3A7FD5")


def _loss_text(lanes_looks: tuple[Look, ...]) -> str:
    """What the chart is, for those who do not see it.

    The browser makes a chart anew when its text changes, so the text is the same all through a race; the cards below
    hold the numbers.
    """
    names = ", ".join(look.label for look in lanes_looks)
    return _("Loss by epoch, a line for each of {names}. The numbers of now stand below.").format(names=names)


def _draw_lane(lane: RunLane, look: Look) -> None:
    task, history = lane.experiment.task, lane.history
    views.lane_title(look)
    views.prediction(task, history)
    first = history.first_right(task.target_tokens)
    speed = len(history.losses) / history.seconds if history.seconds else 0.0
    views.facts(
        [
            (_("loss"), f"{history.losses[-1]:.4f}" if history.losses else "–"),
            (_("first right at epoch"), f"{first}" if first else "–"),
            (_("steps/s"), f"{speed:,.0f}" if speed else "–"),
            (_("parameters"), f"{count(lane.experiment.architecture, lane.experiment.form).total:,}"),
        ]
    )
    if lane.status in (Status.DIVERGED, Status.FAILED, Status.LOST):
        st.error(f"{_(lane.status.value)} {lane.reason}".strip())
    views.iterations(task, history, _MOST_ROWS_MOVING if lane.status.active else _MOST_ROWS)
