"""The engine as pages see it, and the views that move by themselves."""

from __future__ import annotations

import atexit
import gc
import math
import os
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

import streamlit as st

from rnnlab import charts, tables
from rnnlab.architecture import Architecture, Form
from rnnlab.colours import Look, looks
from rnnlab.counting import Summary, count
from rnnlab.engine import Engine, EngineState, Run, RunLane
from rnnlab.experiment import Experiment
from rnnlab.history import Scores, Status
from rnnlab.tasks import Task
from rnnlab.tasks.task import Arrays, Baseline, Metric, samples
from rnnlab.texts import _, ngettext, noted, seconds
from rnnlab.ui import drawn_views, views

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


def soon(condition: Callable[[], bool], patience: float = 1.0) -> bool:
    """Whether ``condition`` holds within a moment: what comes at once needs no page that is drawn twice."""
    end = time.monotonic() + patience
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def wait_for(condition: Callable[[], bool], every: float = 0.25) -> None:
    """Run the whole page again as soon as ``condition`` holds."""

    def look() -> None:
        if condition():
            st.rerun()

    st.fragment(look, run_every=every)()


class View(StrEnum):
    """What the cards of a race show; the value is its name on screen."""

    SAMPLES = noted("Samples")
    CONFUSION = noted("Confusion table")
    EPOCHS = noted("Every epoch")


def race(run: Run, active: bool, logarithmic: bool, view: View) -> None:
    """A run as it goes: state, curves, and a card for each architecture.

    Where the page took the run for ``active``, it runs again as soon as the run has ended.
    """
    first = run.experiments[0]
    arrays = samples(first.task, first.training.seed)

    def tick() -> None:
        _draw_race(run, arrays, logarithmic, view)
        if active and not run.status.active:
            st.rerun()

    st.fragment(tick, run_every=TICK if active else None)()
    if not active and first.task.has_baselines and engine().baselines(first) is None:
        wait_for(lambda: engine().baselines(first) is not None)


def _draw_race(run: Run, arrays: Arrays, logarithmic: bool, view: View) -> None:
    lanes_looks = looks([experiment.architecture for experiment in run.experiments])
    _headline(run)
    first = run.experiments[0]
    baselines = _baselines(first)
    _curves(run, lanes_looks, logarithmic, baselines)
    grid = st.grid(min_column_width=300, gap="small")
    for lane, look in zip(run.lanes, lanes_looks, strict=True):
        with grid.container(border=True, gap="xsmall", key=f"lane-{run.lanes.index(lane)}"):
            _draw_lane(lane, look, arrays, view)
    for baseline in baselines:
        with grid.container(border=True, gap="xsmall"):
            _draw_baseline(baseline, first.task)


def _curves(run: Run, lanes_looks: tuple[Look, ...], logarithmic: bool, baselines: Sequence[Baseline]) -> None:
    """The loss by epoch, and beside it the task's metric where something is held out."""
    task, epochs = run.experiments[0].task, run.experiments[0].training.epochs
    histories = [lane.history for lane in run.lanes]
    losses = {"table": tables.loss_table(histories, lanes_looks)}
    squared = task.metric is Metric.NEAR
    if not task.holds_out:
        chart = charts.loss_curves(lanes_looks, epochs, logarithmic, squared)
        st.vega_lite_chart({**chart, "datasets": losses}, height=300, key="loss", alt=_loss_text(lanes_looks))
        return
    views.legend(lanes_looks, _("strong: held out, faint: training"))
    left, right = st.columns(2, gap="medium")
    with left:
        chart = charts.loss_curves(lanes_looks, epochs, logarithmic, squared, named=False)
        st.vega_lite_chart({**chart, "datasets": losses}, height=300, key="loss", alt=_loss_text(lanes_looks))
    with right:
        chart = charts.metric_curves(lanes_looks, epochs, _(task.metric))
        shares = {"table": tables.metric_table(histories, lanes_looks), "lines": tables.goal_table(task, baselines)}
        st.vega_lite_chart({**chart, "datasets": shares}, height=300, key="metric", alt=_metric_text(lanes_looks, task))


def _baselines(experiment: Experiment) -> tuple[Baseline, ...]:
    """What other kinds of models reach, as soon as it is known."""
    if not experiment.task.has_baselines:
        return ()
    found = engine().baselines(experiment)
    return found if isinstance(found, tuple) else ()


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
    part = max(lane.history.part for lane in run.lanes) if run.status.active else 0.0
    views.bar((run.epoch + part) / epochs, "#3A7FD5")


def _loss_text(lanes_looks: tuple[Look, ...]) -> str:
    """What the chart is, for those who do not see it.

    The browser makes a chart anew when its text changes, so the text is the same all through a race; the cards below
    hold the numbers.
    """
    names = ", ".join(look.label for look in lanes_looks)
    return _("Loss by epoch, a line for each of {names}. The numbers of now stand below.").format(names=names)


def _metric_text(lanes_looks: tuple[Look, ...], task: Task) -> str:
    names = ", ".join(look.label for look in lanes_looks)
    return _(
        "{metric} by epoch, held out and in training, for each of {names}. The numbers of now stand below."
    ).format(metric=_(task.metric), names=names)


def _draw_lane(lane: RunLane, look: Look, arrays: Arrays, view: View) -> None:
    task, history = lane.experiment.task, lane.history
    views.lane_title(look)
    most = _MOST_ROWS_MOVING if lane.status.active else _MOST_ROWS
    scores, shown = history.now or (None, None)
    if not task.holds_out:
        drawn_views.samples(task, arrays, shown)
    views.facts(_facts(lane, scores))
    if lane.status in (Status.DIVERGED, Status.FAILED, Status.LOST):
        st.error(f"{_(lane.status.value)} {lane.reason}".strip())
    if not task.holds_out:
        drawn_views.readings(task, arrays, history, most)
    elif view is View.SAMPLES:
        drawn_views.samples(task, arrays, shown)
    elif view is View.CONFUSION:
        drawn_views.confusion(task, history.confusion)
    else:
        drawn_views.epochs(task, history, most)


def _facts(lane: RunLane, scores: Scores | None) -> list[tuple[str, str]]:
    task, history = lane.experiment.task, lane.history
    first = history.first_learned(task.goal)
    speed = len(history.scores) / history.seconds if history.seconds else 0.0
    facts = [(_("loss"), f"{scores.loss:.4f}" if scores else "–")]
    if not task.holds_out:
        facts.append((_("first right at epoch"), f"{first}" if first else "–"))
    else:
        facts.append(
            (
                _("{metric}, held out").format(metric=_(task.metric)),
                drawn_views.share(scores.held_out if scores else math.nan),
            )
        )
        if task.hard_part:
            facts.append((_(task.hard_part), drawn_views.share(scores.hard if scores else math.nan)))
        facts.append((_("{goal:.0%} reached at epoch").format(goal=task.goal), f"{first}" if first else "–"))
    facts.append((_("epochs/s"), f"{speed:,.0f}" if speed >= 10 else f"{speed:.1f}" if speed else "–"))
    facts.append((_("parameters"), f"{count(lane.experiment.architecture, lane.experiment.form).total:,}"))
    return facts


def _draw_baseline(baseline: Baseline, task: Task) -> None:
    """What another kind of model reaches, beside the architectures."""
    drawn_views.lane_name(_(baseline.title))
    facts = [(_("{metric}, held out").format(metric=_(task.metric)), drawn_views.share(baseline.held_out))]
    if task.hard_part:
        facts.append((_(task.hard_part), drawn_views.share(baseline.hard)))
    views.facts(facts)
    st.caption(_(baseline.why))
