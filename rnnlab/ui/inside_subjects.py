"""Whose cell the page "Inside the cell" can look into: lanes of the run, the bench, the lectures' exercises."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from rnnlab.architecture import Architecture, Cell, Form
from rnnlab.colours import Look, looks
from rnnlab.inside.scenes import EXERCISES, Exercise
from rnnlab.tasks import Task
from rnnlab.texts import _
from rnnlab.ui import fields, state, views

if TYPE_CHECKING:
    from rnnlab.engine import Run


class Subject(NamedTuple):
    """One thing to look at: an architecture of the bench on its task, a lane of a run, or an exercise of the lectures.

    ``seed`` is that of the task's samples.
    """

    label: str
    architecture: Architecture
    work: Task | Exercise
    seed: int = 0
    lane: int | None = None
    look: Look | None = None

    @property
    def form(self) -> Form:
        return self.work.form


def ask(run: Run | None) -> Subject:
    """The thing to look at: at first an LSTM, if there is one."""
    found = [*_of_run(run), *_of_bench(run), *_exercises()]
    names = [one.label for one in found]
    first = next((n for n, one in enumerate(found) if one.architecture.cell is Cell.LSTM), 0)
    before = state.kept("inside subject", lambda: names[first])
    key = state.key("inside-subject-" + "-".join(names))
    place = fields.pick(
        _("Look into"), key, range(len(found)), names.index(before) if before in names else first, names.__getitem__
    )
    state.keep("inside subject", names[place])
    return found[place]


def _of_run(run: Run | None) -> list[Subject]:
    if run is None:
        return []
    shown = looks([experiment.architecture for experiment in run.experiments])
    same = (
        tuple(e.architecture for e in run.experiments) == state.choice().bench
        and run.experiments[0].task == state.choice().task
    )
    return [
        Subject(
            look.label if same else _("{name} (run)").format(name=look.label),
            experiment.architecture,
            experiment.task,
            experiment.training.seed,
            lane,
            look,
        )
        for lane, (look, experiment) in enumerate(zip(shown, run.experiments, strict=True))
    ]


def _of_bench(run: Run | None) -> list[Subject]:
    """The bench, but for what the run has trained; nothing where the task cannot be learned yet."""
    choice = state.choice()
    try:
        _form = choice.task.form
    except ValueError as error:
        st.info(
            _(
                "The task of the bench has nothing to read yet: {reason} The lectures' exercises can be looked at."
            ).format(reason=views.sentence(error)),
            icon=":material/edit:",
        )
        return []
    trained = {(e.architecture, e.task) for e in run.experiments} if run else set()
    return [
        Subject(look.label, architecture, choice.task, choice.training.seed, look=look)
        for look, architecture in zip(looks(choice.bench), choice.bench, strict=True)
        if (architecture, choice.task) not in trained
    ]


def _exercises() -> list[Subject]:
    return [Subject(_(one.title), one.architecture, one) for one in EXERCISES]
