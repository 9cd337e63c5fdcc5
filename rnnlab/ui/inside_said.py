"""What the models say at the epoch that is shown on the page "Inside the cell", near its slider.

All architectures of the run read the same sample and move together: prediction, loss, gradient and, if wanted, gates.
"""

from __future__ import annotations

import streamlit as st

from rnnlab import charts, tables
from rnnlab.colours import Look, looks
from rnnlab.inside.edits import Edits
from rnnlab.inside.following import follow, said
from rnnlab.inside.scenes import Scene
from rnnlab.tasks import Task
from rnnlab.tasks.task import Metric
from rnnlab.texts import _
from rnnlab.ui import drawn_views, fields, moments, strip_views, views
from rnnlab.ui.inside_choice import Chosen, Replay

#: Height of the curve of losses, in pixels.
_HEIGHT = 190


def part(chosen: Chosen, edits: Edits) -> None:
    """The loss by epoch where the weights are those of a run, and what is said: by all of it, or by the model alone."""
    task, scene = chosen.subject.work, chosen.scene
    if not isinstance(task, Task):
        return
    with st.container(border=True, gap="small"):
        gates = _heading(chosen)
        if chosen.replay:
            _curve(chosen.replay)
        if scene.target is None and scene.model.has_loss:
            st.caption(
                _("Of a line of your own nobody knows what should be said: so there is no loss here, and no gradient.")
            )
        grid = st.grid(min_column_width=270, gap="medium")
        for look, lane in _lanes(chosen):
            with grid.container(gap="xxsmall"):
                if look:
                    views.lane_title(look)
                if isinstance(lane, str):
                    st.caption(lane)
                elif lane is scene:
                    if chosen.untrained:
                        st.caption(_("With random weights, not trained."))
                    _card(task, scene, chosen.place, edits, gates)
                else:
                    _card(task, lane, None, {}, gates)


def _heading(chosen: Chosen) -> bool:
    """Whether the gates of all architectures are wanted, where there are several."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(_("What it says"), anchor=False)
        if not chosen.replay or len(chosen.replay.run.lanes) < 2:
            return False
        title = _("With the gates of all")
        return fields.kept("inside all gates", False, lambda v, key: st.toggle(title, v, key=key))


def _lanes(chosen: Chosen) -> list[tuple[Look | None, Scene | str]]:
    """The scene of the page and, of a run, those of its other architectures; or why there is none."""
    if chosen.replay is None:
        return [(chosen.subject.look, chosen.scene)]
    found: list[tuple[Look | None, Scene | str]] = []
    run = chosen.replay.run
    shown = looks([experiment.architecture for experiment in run.experiments])
    for number, (look, moment) in enumerate(zip(shown, chosen.replay.lanes, strict=True)):
        if number == chosen.subject.lane:
            found.append((look, chosen.scene))
        elif moment is None:
            found.append((look, moments.missing(run.lanes[number])))
        else:
            found.append((look, chosen.scene._replace(model=moment.model)))
    return found


def _card(task: Task, scene: Scene, place: tuple[str, bool] | None, edits: Edits, gates: bool) -> None:
    """What one model says, its loss, and how much gradient comes back to each step of a layer: the one looked at, or the last."""
    answer, found = said(scene, place, edits), follow(scene, place, edits)
    assert answer is not None
    drawn_views.drawn(task.draw(scene.inputs[0], scene.target, answer))
    if found.loss is not None:
        views.facts([(_("loss on this sample"), f"{found.loss:.4f}")])
    if not found.readings:
        st.caption(_("This layer has no gates and no memory: no gradient goes back in time."))
        return
    shown = next((n for n, one in enumerate(found.readings) if one.place == place), len(found.readings) - 1)
    gradient = found.gradients[shown] if found.gradients else None
    if gates:
        strip_views.strips(found.readings[shown].trace, gradient, found.readings[shown].steps)
    elif gradient is not None:
        strip_views.bars(found.readings[shown].trace, gradient, found.readings[shown].steps)


def _curve(replay: Replay) -> None:
    """The losses of all architectures by epoch, with a mark where the replay stands."""
    run = replay.run
    first = run.experiments[0]
    shown = looks([experiment.architecture for experiment in run.experiments])
    chart = charts.loss_curves(
        shown, first.training.epochs, logarithmic=False, squared=first.task.metric is Metric.NEAR, named=False
    )
    data = {
        "table": tables.loss_table([lane.history for lane in run.lanes], shown),
        "marker": tables.marker_table(replay.epoch or None),
    }
    said_words = _("Loss by epoch of all architectures; a line marks the epoch that is shown.")
    if first.task.holds_out:
        views.legend(shown, _("strong: held out, faint: training"))
    st.vega_lite_chart({**chart, "datasets": data}, height=_HEIGHT, key="inside-loss", alt=said_words)
