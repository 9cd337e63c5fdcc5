"""A run at one of its epochs: the slider over its epochs, which plays, and the models as they were then.

The pages Train, Inside the cell and Gradients share the epoch that is shown.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from rnnlab import recording
from rnnlab.colours import Look, looks
from rnnlab.counting import count
from rnnlab.engine import Run, RunLane
from rnnlab.engine.runs import RunOf
from rnnlab.experiment import Experiment
from rnnlab.reference import Model
from rnnlab.replay import weighed
from rnnlab.texts import _
from rnnlab.ui import fields, state, views

#: Epochs a second that a replay can have.
SPEEDS = (1, 2, 5, 10, 20)
_SPEED = 5
#: Seconds between two pictures of a replay, at the least.
_TICK = 0.1
#: So many pictures a browser may be behind.
_BEHIND = 8


class Moment(NamedTuple):
    """One lane of a run at one epoch; ``recorded`` is the epoch that its weights are of, where some were left out."""

    look: Look
    experiment: Experiment
    epoch: int
    recorded: int
    model: Model


class _Playing(NamedTuple):
    """A replay under way: of which run, since when, from which epoch, how many a second; ``drawn`` are the newest on screen."""

    run_id: str
    since: float
    first: int
    speed: int
    drawn: deque[int]


def every(run: RunOf[Any]) -> float | None:
    """How often a view of this run draws itself again, in seconds: while it plays. For ``st.fragment``."""
    playing = _playing(run)
    return max(_TICK, 1 / playing.speed) if playing else None


def scrubber(run: RunOf[Any], label: str = "", speed: str = "") -> int:
    """A slider over the epochs of a run, with Play; the epoch that is shown, 0 before the first.

    While the run trains, the slider follows it. The view around it must be a fragment that runs ``every(run)`` seconds.
    Where epochs are called otherwise, ``label`` says what the slider is for and ``speed`` how many of them {n} a second are.
    """
    active = run.status.active  # looked at once, and first: when it has ended, its last epoch is known too
    epochs, newest = run.experiments[0].epochs, run.epoch
    if epochs < 2:
        return newest
    key = slider_key(run.id, 0 if active else newest)
    if playing := _playing(run):
        _play(run, playing, key)
    elif active or key not in st.session_state:
        st.session_state[key] = max(1, newest)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="scrubber"):
        _buttons(run, playing, key, speed or _("{n} epochs/s"))
        # The default is where it stands: a browser that gets only the last of two quick drawings is not told that it was moved.
        st.slider(
            label or _("Epoch: drag to see the race at any moment of it"), 1, epochs, st.session_state[key], key=key,
            disabled=active or newest < 2, persist_state="session", on_change=_moved, args=(key,),
        )  # fmt: skip
    return min(int(st.session_state[key]), newest)


def slider_key(run_id: str, ended_at: int) -> str:
    """The key of the slider over the epochs of a run that has ended at an epoch, or trains (0).

    A slider that a run takes along is never the one that people move: a browser that is behind sends along an epoch that
    it has seen on the way, which would count as a drag.
    """
    return f"epoch-{run_id}-{ended_at}"


def moments(run: Run, epoch: int) -> tuple[Moment | None, ...]:
    """The models of all lanes as they were at this epoch, or their last one before; None where nothing was recorded."""
    shown = looks([experiment.architecture for experiment in run.experiments])
    found: list[Moment | None] = []
    for lane, look in zip(run.lanes, shown, strict=True):
        reached = min(epoch, lane.history.epochs)
        then = weighed(lane.experiment, lane.recording, reached)
        found.append(Moment(look, lane.experiment, reached, *then) if then else None)
    return tuple(found)


def say_recorded(found: Sequence[Moment | None], epoch: int) -> None:
    """Of which epoch the weights are, always on one line, so that nothing moves when it is another than the slider's."""
    there = [moment for moment in found if moment]
    if all(moment.recorded == epoch for moment in there):
        st.caption(_("These are the weights of epoch {epoch:,}.").format(epoch=epoch) if there else "")
        return
    names = [_("{name} of epoch {epoch:,}").format(name=views.plain(m.look.label), epoch=m.recorded) for m in there]
    st.caption(
        _("Not every epoch is kept: a model has {budget} for its weights. Those shown: {names}.").format(
            budget=recording.budget(), names=" · ".join(names)
        )
    )


def missing(lane: RunLane) -> str:
    """Why there are no recorded weights to look into."""
    if lane.experiment.refusal:
        return lane.experiment.refusal
    parameters = count(lane.experiment.architecture, lane.experiment.form).total
    if not recording.fits(parameters):
        return _("A model of {parameters:,} parameters is too large to be recorded: at most {most:,} are.").format(
            parameters=parameters, most=recording.MOST_PARAMETERS
        )
    if lane.status.active:
        return _("The weights come with the first epoch.")
    if lane.recording_dropped:
        return _("The weights of this run made room for those of newer runs. Train anew to look inside.")
    return _("This ended before it had any weights to look into. Train anew to look inside.")


def left_out(recorded: int) -> str:
    """That the weights are of an earlier epoch than the one that is shown."""
    return _(
        "With the weights of epoch {epoch:,}: of a model this large not every epoch is kept, only as many as fit into {budget}."
    ).format(epoch=recorded, budget=recording.budget())


def _buttons(run: RunOf[Any], playing: _Playing | None, key: str, title: str) -> None:
    if playing:
        pressed = st.button(_("Pause"), icon=":material/pause:", key="replay-pause", width="content")
    else:
        idle = run.status.active or run.epoch < 2
        pressed = st.button(_("Play"), icon=":material/play_arrow:", key="replay-play", disabled=idle, width="content")
    with st.container(width=140):
        label = _("Speed")
        speed = fields.kept(
            "replay speed", _SPEED, lambda v, key: fields.select(label, key, SPEEDS, v, lambda n: title.format(n=n))
        )
    now = int(st.session_state[key])
    if pressed and playing:
        _stop()
    elif pressed:
        first = 1 if now >= run.epoch else now
        state.keep("replay", _Playing(run.id, time.monotonic(), first, speed, deque([now], _BEHIND)))
    elif playing and speed != playing.speed:
        state.keep("replay", playing._replace(since=time.monotonic(), first=now, speed=speed))
    else:
        return
    st.rerun()


def _play(run: RunOf[Any], playing: _Playing, key: str) -> None:
    """Move on to the epoch that is due; at the last one the page comes to rest."""
    due = playing.first + int((time.monotonic() - playing.since) * playing.speed)
    st.session_state[key] = min(due, run.epoch)
    playing.drawn.append(st.session_state[key])
    if due > run.epoch:
        _stop()
        st.rerun()


def _playing(run: RunOf[Any]) -> _Playing | None:
    playing = state.kept("replay", _nothing)
    return playing if isinstance(playing, _Playing) and playing.run_id == run.id and not run.status.active else None


def _nothing() -> object:
    return None


def _moved(key: str) -> None:
    """A person has dragged the slider, and the replay stops.

    A browser that is behind sends along an epoch that the replay itself has drawn there a moment ago: that is no drag.
    """
    playing = state.kept("replay", _nothing)
    if not isinstance(playing, _Playing) or st.session_state[key] not in playing.drawn:
        _stop()


def _stop() -> None:
    state.keep("replay", None)
