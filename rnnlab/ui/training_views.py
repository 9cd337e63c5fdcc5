"""What the page "Train" shows around a run: the story of its task, its buttons, its results to take home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from rnnlab import export
from rnnlab.architecture import MOST_TRAINABLE, Architecture, Form
from rnnlab.colours import looks
from rnnlab.counting import count
from rnnlab.engine import Run
from rnnlab.experiment import ITERATIONS_AN_EPOCH, Choice, Experiment, PaceKind, TrainerKind, Training, why_not_numpy
from rnnlab.history import Status, first_of
from rnnlab.texts import _
from rnnlab.ui import fields, live, race_views, state, try_views, views


def current_run() -> Run | None:
    """The run that this page shows: the one in the address or, in a new tab, the one that this browser has under way."""
    if not state.run_id() and state.is_plain_address():
        state.once("adopt", _adopt)
    run = live.engine().run(state.run_id(), Experiment)
    if state.run_id() and not run:
        st.info(_("The run of this link is no longer here. Its settings are: press Train to run it again."))
    return run


def _adopt() -> None:
    run = live.engine().newest_of(state.browser(), Experiment)
    if run:
        first = run.experiments[0]
        bench = tuple(experiment.architecture for experiment in run.experiments)
        state.set_choice(replace(state.choice(), bench=bench, task=first.task, training=first.training, pace=run.pace))
        state.set_run_id(run.id)


def too_large(bench: Sequence[Architecture], form: Form) -> None:
    """Say which are too large to train."""
    shown = zip(bench, looks(bench), strict=True)
    if large := [look.label for a, look in shown if count(a, form).total > MOST_TRAINABLE]:
        st.warning(
            _("{names}: over {most:,} parameters, too large to train. It is counted only.").format(
                names=", ".join(large), most=MOST_TRAINABLE
            ),
            icon=":material/weight:",
        )


def by_numpy(bench: Sequence[Architecture], training: Training) -> str:
    """Say what NumPy's training is, and which are not trained by it; why nothing can be trained, empty where something can."""
    if training.trainer is TrainerKind.KERAS:
        return ""
    st.caption(
        ":material/function: "
        + _(
            "NumPy trains, as min-char-rnn does: an epoch is {iterations} iterations of one chunk each. The loss is that of one character, smoothed over the iterations; the text on each card is one that the model writes by itself, drawing one character after the other."
        ).format(iterations=ITERATIONS_AN_EPOCH)
    )
    shown = zip(bench, looks(bench), strict=True)
    others = [look.label for architecture, look in shown if why_not_numpy(architecture)]
    if not others:
        return ""
    sentence = _("Not trained in this race: {names}. {why}")
    said = sentence.format(names=", ".join(others), why=next(filter(None, map(why_not_numpy, bench))))
    st.warning(said, icon=":material/block:")
    return said if len(others) == len(bench) else ""


def buttons(run: Run | None, active: bool, problem: str) -> None:
    """Train, Stop, Continue: what can be done now."""
    choice = state.choice()
    same = run is not None and run.experiments == _experiments()
    if run and active and run.pace != choice.pace:
        live.engine().set_pace(run, choice.pace)
    if run and active and same:
        st.button(
            _("Stop"), icon=":material/stop:", type="primary", key="stop", on_click=live.engine().stop, args=(run,)
        )
    elif run and same and run.status.can_continue:
        step = choice.pace.kind is PaceKind.STEP
        title, icon = (_("Next epoch"), ":material/skip_next:") if step else (_("Continue"), ":material/play_arrow:")
        st.button(title, icon=icon, type="primary", key="continue", on_click=_go_on, args=(run,))
        st.button(_("Train anew"), icon=":material/replay:", key="train", on_click=_train)
    else:
        title = _("Train again") if same else _("Train")
        st.button(
            title, icon=":material/play_arrow:", type="primary", key="train", on_click=_train, disabled=bool(problem)
        )


def _experiments() -> tuple[Experiment, ...]:
    """What is chosen now; nothing where it cannot be learned."""
    try:
        return state.choice().experiments()
    except ValueError:
        return ()


def _train() -> None:
    """Start a run with the present choice; one that is still going on gives way."""
    run = live.engine().run(state.run_id(), Experiment)
    if run and run.status.active:
        live.engine().stop(run)
    choice: Choice = state.choice()
    started = live.engine().start(choice.experiments(), choice.pace, state.browser())
    state.set_run_id(started.id)
    chosen = st.session_state.get("bet")
    if chosen is not None and chosen < len(choice.bench):
        state.kept("bets", dict[str, int])[started.id] = chosen


def _go_on(run: Run) -> None:
    live.engine().go_on(run, state.choice().pace)


def bet(run: Run | None, active: bool, bench: Sequence[Architecture]) -> None:
    """Commit before you look: a person may say who will be right first, and is told afterwards, in the same line."""
    if len(bench) < 2:
        return
    names = [look.label for look in looks(bench)]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.pills(
            _("Your bet, before you look: which has learned it first?"), range(len(names)), format_func=names.__getitem__,
            key="bet", disabled=active,
        )  # fmt: skip
        bets = state.kept("bets", dict[str, int])
        if run and run.id in bets and not active:
            st.markdown(_verdict(run, bets[run.id]))


def _verdict(run: Run, chosen: int) -> str:
    names = [look.label for look in looks([experiment.architecture for experiment in run.experiments])]
    first = first_of([lane.history for lane in run.lanes], run.experiments[0].task.goal)
    if not first:
        return _("You bet on {name}. Nobody has learned it so far.").format(name=names[chosen])
    if chosen in first:
        return ":green[**✓**] " + _("You bet on {name}, and it was first.").format(name=names[chosen])
    winners = ", ".join(names[number] for number in first)
    return _("You bet on {name}; first was **{winners}**. Why?").format(name=names[chosen], winners=winners)


def invitation() -> None:
    """What stands where the race will be."""
    st.info(
        _(
            "Nothing is trained yet. Press **Train**: curves of the loss and what each architecture predicts appear here and move with every epoch."
        ),
        icon=":material/directions_run:",
    )


def results(run: Run, active: bool, logarithmic: bool) -> None:
    """The race, and afterwards what can be tried and taken home."""
    if run.experiments != _experiments():
        st.caption(_("This is the run before: the settings have changed since. Train starts anew with them."))
    task = run.experiments[0].task
    try:
        task.data(run.experiments[0].training.seed)
    except ValueError as error:  # the texts that a person had brought made room for others
        st.warning(views.sentence(error), icon=":material/upload_file:")
        return
    shown = race_views.views_of(task)
    view = shown[0]
    if len(shown) > 1:
        view = fields.choose(_("The cards show"), "cards-show", shown, view, lambda v: _(v.value))
    race_views.race(run, active, logarithmic, view)
    if not active:
        if run.status is Status.LOST:
            st.button(_("Run again"), icon=":material/replay:", key="run-again", on_click=_train)
        try_views.try_it(run)
        _downloads(run)


def _downloads(run: Run) -> None:
    shown = looks([experiment.architecture for experiment in run.experiments])
    first = run.experiments[0]
    with st.expander(_("Take it home: history, models, scripts"), icon=":material/download:"):
        lanes = [(look.label, lane.experiment, lane.history) for look, lane in zip(shown, run.lanes, strict=True)]
        with st.container(horizontal=True, gap="small"):
            st.download_button(
                _("History of all (CSV)"), lambda: export.history_csv(lanes).encode("utf-8-sig"), "rnnlab-history.csv", "text/csv",
                icon=":material/table:", on_click="ignore",
            )  # fmt: skip
            if first.task.holds_out:
                st.download_button(
                    _("Samples, for the scripts (.npz)"), lambda: export.data_file(first), export.DATA_FILE, "application/octet-stream",
                    icon=":material/dataset:", on_click="ignore",
                )  # fmt: skip
        for number, (look, lane) in enumerate(zip(shown, run.lanes, strict=True)):
            name = f"rnnlab-{number + 1}-{lane.experiment.architecture.cell}"
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                views.lane_title(look)
                st.download_button(
                    _("Model (.keras)"), partial(live.engine().keras_file, run, number), f"{name}.keras", "application/octet-stream",
                    key=f"model-{number}", icon=":material/deployed_code:", on_click="ignore", disabled=lane.state_file is None,
                )  # fmt: skip
                if lane.experiment.refusal:
                    continue
                st.download_button(
                    _("Script that repeats it (.py)"), export.script(lane.experiment), f"{name}.py", "text/x-python",
                    key=f"script-{number}", icon=":material/code:", on_click="ignore",
                )  # fmt: skip
