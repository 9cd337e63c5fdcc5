"""Try it: a person's own input, and what the trained models say to it, side by side."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from rnnlab.colours import looks
from rnnlab.engine import Run
from rnnlab.tasks import Task
from rnnlab.tasks.drawn import Said
from rnnlab.tasks.task import Given, Own
from rnnlab.texts import _
from rnnlab.ui import drawn_views, live, pad, task_views, views


def try_it(run: Run) -> None:
    """A field for an input of the person's own, and the answers of all architectures that have been trained."""
    task = run.experiments[0].task
    if task.own is Own.NOTHING or not any(lane.state_file for lane in run.lanes):
        return
    with st.container(border=True, gap="small", key="try-it"):
        st.markdown(f"**{_('Try it yourself')}**")
        asked = _line(task, run) if task.own is Own.LINE else _picture(run)
        given = None if asked is None else task_views.given(task, asked)
        if given:
            _answers(run, task, given)


def _line(task: Task, run: Run) -> str | None:
    label = _("Type your own; the trained models answer when you press Enter.")
    return st.text_input(label, task.example, key=f"try-{run.id}", max_chars=300, persist_state="session") or None


def _picture(run: Run) -> NDArray[np.float32] | None:
    st.caption(
        _("Draw a digit, as large as the field: with the mouse or a finger, or with the arrow keys and the space bar.")
    )
    return pad.draw(f"try-{run.id}")


def _answers(run: Run, task: Task, given: Given) -> None:
    rows = task.questions(given.inputs[np.newaxis])  # (R, …)
    trained = [number for number, lane in enumerate(run.lanes) if lane.state_file]

    def answered() -> bool:
        said = [live.engine().said(run, lane, rows) for lane in trained]  # all are asked at once
        return all(one is not None for one in said)

    complete = live.soon(answered)
    answers = [live.engine().said(run, lane, rows) for lane in range(len(run.lanes))]
    grid = st.grid(min_column_width=250, gap="small")
    shown = looks([experiment.architecture for experiment in run.experiments])
    for look, answer, lane in zip(shown, answers, run.lanes, strict=True):
        with grid.container(gap="xsmall"):
            views.lane_title(look)
            if isinstance(answer, np.ndarray):
                said = Said.of(answer.reshape(-1, answer.shape[-1]))
                drawn_views.drawn(task.draw(given.inputs, None, said))
            else:
                waiting = _("Thinking …") if lane.state_file else _("It was not trained.")
                st.caption(views.plain(answer) if answer else waiting)
    if not complete:
        live.wait_for(answered)
