"""The parts of the page "Gradients", from what is chosen to what is drawn."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import streamlit as st

from rnnlab import gradient_charts
from rnnlab.architecture import Architecture, Cell, Pattern
from rnnlab.colours import Look, looks
from rnnlab.engine import Run
from rnnlab.experiment import Experiment
from rnnlab.gradients import Question, asked, distances, has_time, question
from rnnlab.gradients.fresh import OPEN, passed
from rnnlab.reference import Comparison
from rnnlab.tasks import Task
from rnnlab.tasks.task import Arrays
from rnnlab.texts import _
from rnnlab.ui import gradient_controls as controls
from rnnlab.ui import gradient_horizons, gradient_sentence, gradient_views, keras_line, moments, state, views
from rnnlab.ui.gradient_controls import Chosen, Source
from rnnlab.ui.gradient_views import Seen, Subject
from rnnlab.ui.moments import Moment


def look_back(bench: Sequence[Architecture], chosen: Chosen, run: Run | None) -> None:
    """Everything that follows a gradient back; it moves by itself while bars are played back or the run trains."""
    watched = run if chosen.source is Source.RUN else None
    active = watched is not None and watched.status.active
    playing = _playing()
    replayed = moments.every(watched) if watched else None

    def draw() -> None:
        subject = _subject(bench, chosen, run)
        if subject:
            _bars(subject, chosen, active)
            _matrix(subject)
        gradient_sentence.part(bench, chosen, subject)
        if subject:
            gradient_horizons.part(subject, chosen.by_c, chosen.reach is not None)
            _checked(subject, moving=active or replayed is not None)
        if _playing() != playing or (active and watched and not watched.status.active):
            st.rerun()

    st.fragment(draw, run_every=gradient_views.TICK if playing or active else replayed)()


def _subject(bench: Sequence[Architecture], chosen: Chosen, run: Run | None) -> Subject | None:
    if chosen.source is Source.RANDOM:
        return Subject(gradient_views.random_lanes(bench, chosen.fresh), asked(chosen.fresh)[1])
    if run is None:
        st.info(_("There is no run to look into yet. Train one, then come back: its weights are here, at every epoch."), icon=":material/directions_run:")  # fmt: skip
        controls.open_train(state.choice().task.name, _("Open Train"))
        return None
    first = run.experiments[0]
    if why := has_time(first.task):
        st.info(why, icon=":material/info:")
        return None
    try:
        return _of_run(run, first, chosen)
    except ValueError as error:
        controls.said(error)
        return None


def _of_run(run: Run, first: Experiment, chosen: Chosen) -> Subject | None:
    arrays = _samples(first.task, first.training.seed)
    with st.container(border=True):
        epoch = moments.scrubber(run)
        found = moments.moments(run, epoch)
        moments.say_recorded(found, epoch)
        number, step = controls.sample(arrays, arrays.targets.shape[1])
        asking = question(first.form, arrays.inputs[number], arrays.targets[number], step)
        gradient_views.sample(first.task.steps(asking.inputs[0]), distances(first.form, asking))
    shown = looks([experiment.architecture for experiment in run.experiments])
    lanes = [_lane(run, place, found[place], look, chosen, asking) for place, look in enumerate(shown)]
    if not any(lane.named for lane in lanes):
        why = dict.fromkeys(map(moments.missing, run.lanes))
        st.info(" ".join(why), icon=":material/visibility_off:")
        return None
    return Subject(tuple(lanes), asking, run, epoch)


def _lane(run: Run, place: int, moment: Moment | None, look: Look, chosen: Chosen, asking: Question) -> Seen:
    """One architecture of a run at the epoch that is shown, turned as chosen."""
    architecture = run.experiments[place].architecture
    if moment is None:
        return Seen(look, architecture, None, why=moments.missing(run.lanes[place]))
    trained = gradient_views.recorded(run, place, moment.recorded, lambda: moment.model)
    turned = trained.turned(chosen.fresh.scaling, chosen.fresh.scale)
    return Seen(look, architecture, turned, turned.flow(asking), trained)


def _checked(subject: Subject, moving: bool) -> None:
    """How far NumPy is from Keras on all of these models and what they read."""
    read, there = subject.question, [seen.named for seen in subject.lanes if seen.named]
    if there:
        asked = [] if moving else [Comparison.of(one.model, read.inputs, read.targets) for one in there]
        keras_line.compare(keras_line.place_for_comparison(), asked, moving)


@lru_cache(maxsize=2)
def _samples(task: Task, seed: int) -> Arrays:
    """What can be looked at: held-out samples where there are any."""
    data = task.data(seed)
    return data.held_out if len(data.held_out.inputs) else data.train


# 1 · The bars


class _Playing(NamedTuple):
    """Bars that are played back: since when, and how many there were then."""

    since: float
    first: int


def _playing() -> _Playing | None:
    return state.kept("gradients playing", lambda: None)


def _play_or_pause() -> None:
    state.keep("gradients playing", None if _playing() else _Playing(time.monotonic(), gradient_views.played() or 0))


def _show(count: int | None) -> None:
    state.keep("gradients playing", None)
    gradient_views.play(count)


def _bars(subject: Subject, chosen: Chosen, active: bool) -> None:
    found = [seen.flow for seen in subject.lanes if seen.flow]
    steps = max((len(one.h) for one in found), default=0)
    with st.container(border=True):
        st.subheader(_("1 · How much gradient comes back"), anchor=False)
        st.caption(_("Backpropagation through time starts at the loss L and walks back, one step at a time. A bar says how much of the gradient arrives at the state of a step: what gets almost none cannot be learned from. Each line across is 10,000 times more than the one below it."))  # fmt: skip
        shown = _player(steps)
        gradient_views.bars(subject.lanes, chosen.by_c, shown, chosen.reach, active)
        st.caption(" ".join(_notes(subject, steps)))
        if chosen.source is Source.RANDOM and any(
            seen.architecture.cell in (Cell.LSTM, Cell.GRU) for seen in subject.lanes
        ):
            st.markdown(_gates(chosen.fresh.forget_bias))
        if chosen.reach is not None:
            _cut(subject, chosen.reach)


def _gates(bias: int) -> str:
    """Why new weights look as they do, and what gates are good for."""
    if bias == OPEN:
        return _("**Gates held open** keep {open:.0%} of what was there at each step and add to it: what comes back goes past Wₕ and hardly shrinks. A SimpleRNN has no such way: whatever its bias, Wₕ multiplies every step.").format(open=passed(OPEN))  # fmt: skip
    return _("**New gates are half closed**: the LSTM's forget gate keeps about {lstm:.0%} at each step, the GRU's update gate {gru:.0%}, so with new weights these cells lose gradient at every step too. But gates can open, and training opens them where a task needs it: see “Gates held open”. A SimpleRNN has nothing to open.").format(lstm=passed(bias), gru=passed(0))  # fmt: skip


def _notes(subject: Subject, steps: int) -> list[str]:
    """What has to be known to read the bars."""
    there, stride = [seen.named for seen in subject.lanes if seen.named], gradient_charts.drawn_distances(steps).step
    notes = []
    if any(one.bound(1) is not None for one in there):
        notes.append(_("Dashed: what Wₕ of a SimpleRNN allows at most (see 2)."))
    if stride > 1:
        notes.append(_("Every {n}th step is drawn.").format(n=stride))
    if any(one.form.pattern is Pattern.ENCODER_DECODER for one in there):
        said = _("First come the {n} steps of the decoder, further back those of the encoder.")
        notes.append(said.format(n=subject.question.step + 1))
    if any(seen.architecture.layers > 1 for seen in subject.lanes):
        notes.append(_("Of several layers, the one next to the output is shown."))
    return notes


def _player(steps: int) -> int | None:
    """The buttons of the playback; how many distances are shown now, None for all."""
    stride = gradient_charts.drawn_distances(max(steps, 1)).step
    if playing := _playing():
        due = playing.first + stride * (1 + int((time.monotonic() - playing.since) / gradient_views.TICK))
        if due < steps:
            gradient_views.play(due)
        else:
            _show(None)
    shown = gradient_views.played()
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        title, icon = (_("Pause"), ":material/pause:") if _playing() else (_("Play back"), ":material/play_arrow:")
        st.button(title, icon=icon, key="gradients-play", on_click=_play_or_pause, disabled=not steps)
        st.button(
            _("One step"),
            icon=":material/skip_next:",
            key="gradients-step",
            on_click=_show,
            args=((shown or 0) + stride,),
            disabled=not steps,
        )
        st.button(
            _("All"),
            icon=":material/last_page:",
            key="gradients-all",
            on_click=_show,
            args=(None,),
            disabled=shown is None,
        )
        at = (
            _("all {n} steps").format(n=steps)
            if shown is None
            else _("{n} of {steps} steps").format(n=min(shown, steps), steps=steps)
        )
        st.caption(at)
    return shown


def _cut(subject: Subject, reach: int) -> None:
    """What truncation does to the update of the weights."""
    parts = []
    for seen in subject.lanes:
        if seen.flow and seen.named:
            lost = seen.named.update_lost(subject.question, reach)
            parts.append(f"{views.plain(seen.look.label)} {lost:.1%}")
    said = _("Pale: what the cut takes away; those steps are still remembered in h, but nothing is learned from them. So much does the update of the weights change by it: {parts}.")  # fmt: skip
    if parts:
        st.caption(said.format(parts=" · ".join(parts)))


# 2 · The matrix


def _matrix(subject: Subject) -> None:
    with st.container(border=True):
        st.subheader(_("2 · What multiplies it at every step"), anchor=False)
        st.caption(_("On the way back the same matrix Wₕ multiplies the gradient at every step. What is multiplied by less than 1 again and again goes to 0, by more than 1 it grows without end. The spectral radius ρ is what Wₕ comes to in the long run; the largest singular value σ is the most that it can do in one step."))  # fmt: skip
        left, right = st.columns(2, gap="large")
        with left:
            gradient_views.matrices(subject.lanes)
        with right:
            gradient_views.bound_said(subject.lanes, subject.run is None)
            st.caption(_("In a SimpleRNN that is the only way back, and tanh can only make it less: so no bar is above the dashed line σ, σ², σ³ … (Pascanu, Mikolov and Bengio 2013). In an LSTM or GRU there is no such line: the gates add other ways, past Wₕ."))  # fmt: skip
