"""Whose cell the page "Inside the cell" can look into: lanes of the run, the bench, the lectures' exercises."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from rnnlab.architecture import Architecture, Cell, Form
from rnnlab.colours import Look, looks
from rnnlab.inside.scenes import EXERCISES, Exercise
from rnnlab.tasks import Task
from rnnlab.texts import _
from rnnlab.ui import inside_address, state, views

if TYPE_CHECKING:
    from rnnlab.engine import Run


class Subject(NamedTuple):
    """One thing to look at: an architecture of the bench on its task, a lane of a run, or an exercise of the lectures.

    ``name`` is that in the address: of an exercise its own, of others its place among them, from 1; ``seed`` is that of the
    task's samples.
    """

    label: str
    architecture: Architecture
    work: Task | Exercise
    seed: int = 0
    lane: int | None = None
    look: Look | None = None
    name: str = ""

    @property
    def form(self) -> Form:
        return self.work.form


def ask(run: Run | None) -> Subject:
    """The thing to look at: at first an LSTM, if there is one."""
    models = [one._replace(name=str(n)) for n, one in enumerate([*_of_run(run), *_of_bench(run)], 1)]
    found = {one.label: one for one in [*models, *_exercises()]}
    first = next((one.label for one in models if one.architecture.cell is Cell.LSTM), next(iter(found)))
    asked = inside_address.asked_subject()
    before = next(
        (one.label for one in found.values() if one.name == asked), state.kept("inside subject", lambda: first)
    )
    state.keep("inside subject", before if before in found else first)
    if models:
        _pills(_("Look into"), [one.label for one in models])
    _pills(_("An exercise of the lectures"), [one.label for one in _exercises()])
    return found[state.kept("inside subject", str)]


def _pills(title: str, labels: list[str]) -> None:
    """One group of things to look at; one of all groups is chosen."""
    before = state.kept("inside subject", str)
    chosen = before if before in labels else None
    key = state.key(f"inside-subject-{state.kept('inside groups', int)}-" + "-".join(labels))
    st.pills(title, labels, default=chosen, required=chosen is not None, key=key, on_change=_picked, args=(key, labels))


def _picked(key: str, labels: list[str]) -> None:
    """Look at what is chosen. Where the choice goes over to another group, all groups are made anew: told to a control that is
    there, it would be undone by a browser that is behind and sends along what was chosen before.
    """
    if state.kept("inside subject", str) not in labels:
        state.keep("inside groups", state.kept("inside groups", int) + 1)
    state.keep("inside subject", st.session_state[key])


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
    return [Subject(_(one.title), one.architecture, one, name=one.name) for one in EXERCISES]
