"""A race as it goes and, when it has ended, at any of its epochs: state, curves, and a card for each architecture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import streamlit as st

from rnnlab import charts, replay, tables
from rnnlab.colours import Look, looks
from rnnlab.counting import count
from rnnlab.engine import EngineState, Run, RunLane
from rnnlab.experiment import Experiment, Watched
from rnnlab.history import Scores, Status
from rnnlab.inside import scenes
from rnnlab.inside.following import follow
from rnnlab.tasks import Task
from rnnlab.tasks.drawn import Said
from rnnlab.tasks.task import Arrays, Baseline, Metric, samples
from rnnlab.texts import _, ngettext, noted, seconds
from rnnlab.ui import drawn_views, live, moments, strip_views, views

#: Seconds between two pictures of a race under way.
TICK = 0.15
#: Lines of the list of iterations: what a browser draws again at every tick, and what it has time for afterwards.
_MOST_ROWS_MOVING, _MOST_ROWS = 30, 100
#: Longer sequences are looked into only when the race has ended: at every tick that would take too long.
_MOST_STEPS_MOVING = 100


class View(StrEnum):
    """What the cards of a race show; the value is its name on screen."""

    SAMPLES = noted("Samples, gates, gradients")
    CONFUSION = noted("Confusion table")
    EPOCHS = noted("Every epoch")


class Shown(NamedTuple):
    """What the cards show: of which epoch (the newest while it trains), of which samples, in which way."""

    epoch: int
    arrays: Arrays
    watched: tuple[Watched, ...]
    view: View


def views_of(task: Task) -> list[View]:
    """The ways in which cards can show a race on this task."""
    if not task.holds_out:
        return [View.SAMPLES]  # and below it every epoch: there is little to say of each
    return [view for view in View if view is not View.CONFUSION or task.classes]


def race(run: Run, active: bool, logarithmic: bool, view: View) -> None:
    """A run as it goes: state, curves, and a card for each architecture.

    Where the page took the run for ``active``, it runs again as soon as the run has ended.
    """
    first = run.experiments[0]
    arrays = samples(first.task, first.training.seed)
    shown = Shown(0, arrays, first.watched(arrays), view)

    def tick() -> None:
        _draw_race(run, shown, logarithmic)
        if active and not run.status.active:
            st.rerun()

    st.fragment(tick, run_every=TICK if active else moments.every(run))()
    if not active and first.task.has_baselines and live.engine().baselines(first) is None:
        live.wait_for(lambda: live.engine().baselines(first) is not None)


def _draw_race(run: Run, shown: Shown, logarithmic: bool) -> None:
    lanes_looks = looks([experiment.architecture for experiment in run.experiments])
    _headline(run)
    first = run.experiments[0]
    baselines = _baselines(first)
    curves = st.container()
    shown = shown._replace(epoch=moments.scrubber(run))
    with curves:
        _curves(run, lanes_looks, logarithmic, baselines, shown.epoch)
    grid = st.grid(min_column_width=300, gap="small")
    for lane, look in zip(run.lanes, lanes_looks, strict=True):
        with grid.container(border=True, gap="xsmall", key=f"lane-{run.lanes.index(lane)}"):
            _draw_lane(lane, look, shown)
    for baseline in baselines:
        with grid.container(border=True, gap="xsmall"):
            _draw_baseline(baseline, first.task)


def _curves(
    run: Run, lanes_looks: tuple[Look, ...], logarithmic: bool, baselines: Sequence[Baseline], epoch: int
) -> None:
    """The loss by epoch, and beside it the task's metric where something is held out; a mark where the replay stands."""
    task, epochs = run.experiments[0].task, run.experiments[0].training.epochs
    histories = [lane.history for lane in run.lanes]
    marker = tables.marker_table(None if run.status.active else epoch)
    losses = {"table": tables.loss_table(histories, lanes_looks), "marker": marker}
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
        shares["marker"] = marker
        st.vega_lite_chart({**chart, "datasets": shares}, height=300, key="metric", alt=_metric_text(lanes_looks, task))


def _baselines(experiment: Experiment) -> tuple[Baseline, ...]:
    """What other kinds of models reach, as soon as it is known."""
    if not experiment.task.has_baselines:
        return ()
    found = live.engine().baselines(experiment)
    return found if isinstance(found, tuple) else ()


def _headline(run: Run) -> None:
    epochs = run.experiments[0].training.epochs
    waiting = live.engine().waiting_before(run)
    sentence = _(run.status.value)
    if run.status is Status.WAITING and live.engine().state is not EngineState.READY:
        sentence = _(live.engine().state.value) + " " + _("This run starts by itself when it is ready.")
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


def _draw_lane(lane: RunLane, look: Look, shown: Shown) -> None:
    task, history = lane.experiment.task, lane.history
    views.lane_title(look)
    if lane.experiment.refusal:
        st.error(_ended(lane))
        return
    reached = len(history.scores)
    epoch = reached if lane.status.active else min(shown.epoch, reached)
    scores, said = (history.scores[epoch - 1], history.shown[epoch - 1]) if epoch else (None, None)
    if not task.holds_out:
        drawn_views.samples(task, shown.watched, said)
    views.facts(_facts(lane, scores))
    if lane.status in (Status.DIVERGED, Status.FAILED, Status.LOST):
        st.error(_ended(lane))
    _draw_view(lane, shown, epoch, said)


def _ended(lane: RunLane) -> str:
    """How a lane has ended, and why."""
    return f"{_(lane.status.value)} {views.plain(lane.reason)}".strip()


def _draw_view(lane: RunLane, shown: Shown, epoch: int, said: Said | None) -> None:
    task, history = lane.experiment.task, lane.history
    most = _MOST_ROWS_MOVING if lane.status.active else _MOST_ROWS
    if shown.view is View.CONFUSION:
        _confusion(lane, epoch)
        return
    if shown.view is View.EPOCHS:
        drawn_views.epochs(task, history, epoch, most)
        return
    if task.holds_out:
        drawn_views.samples(task, shown.watched, said)
    _inside(lane, shown.arrays, epoch)
    if not task.holds_out:
        drawn_views.readings(task, shown.watched[0], history, epoch, most)


def _inside(lane: RunLane, arrays: Arrays, epoch: int) -> None:
    """What went on in the last recurrent layer when it read the first sample, with the weights of this epoch."""
    if not lane.experiment.architecture.cell.recurrent:
        st.caption(_("This layer has no gates and no memory: no gradient goes back in time."))
        return
    task, sample = lane.experiment.task, arrays.inputs[0]
    if lane.status.active and len(task.steps(sample)) > _MOST_STEPS_MOVING:
        st.caption(_("Gates and gradients of so long a sequence come when the race has ended."))
        return
    then = replay.weighed(lane.experiment, lane.recording, epoch) if epoch else None
    if then is None:
        st.caption(moments.missing(lane))
        return
    scene = scenes.task_scene(task, then.model, sample, arrays.targets[0])
    found = follow(scene)
    strip_views.strips(found.readings[-1].trace, found.gradients[-1], scene.steps)
    if then.recorded != epoch:
        st.caption(moments.left_out(then.recorded))


def _confusion(lane: RunLane, epoch: int) -> None:
    """The table of the newest epoch as it was measured, and of an earlier one as its weights give it again."""
    task, history = lane.experiment.task, lane.history
    if epoch == len(history.scores):
        drawn_views.confusion(task, history.confusion)
    elif then := replay.weighed(lane.experiment, lane.recording, epoch):
        drawn_views.confusion(task, replay.confusion(lane.experiment, then.model))
        if then.recorded != epoch:
            st.caption(moments.left_out(then.recorded))
    else:
        st.caption(moments.missing(lane))


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
