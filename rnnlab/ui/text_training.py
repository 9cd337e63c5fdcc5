"""A run of the text lab from the page: which one is shown, its bench, Train, Stop, Continue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from rnnlab.architecture import MOST_TRAINABLE, Architecture, Form
from rnnlab.colours import looks
from rnnlab.corpora import Corpus
from rnnlab.counting import count
from rnnlab.engine import TextRun
from rnnlab.experiment import Choice, Pace, PaceKind
from rnnlab.textlab import suggested
from rnnlab.textlab.experiment import TextExperiment, TextTraining
from rnnlab.texts import _, ngettext
from rnnlab.ui import live, state, text_choice, text_settings, views

Experiments = tuple[TextExperiment, ...]

_FULL = Pace(PaceKind.FULL)


def current_run() -> TextRun | None:
    """The run that this page shows: the one in the address or, in a new tab, the one that this browser has under way.

    When a tab comes to it, the text and the settings of the run are chosen there; where there is none, a bench that
    nobody has put together makes room for one with which texts can be learned.
    """
    if not state.text_run_id() and not state.corpus():
        state.once("adopt text run", _adopt)
    run = live.engine().run(state.text_run_id(), TextExperiment)
    if run:
        state.once("take text over", lambda: _take_over(run))
    elif state.text_run_id():
        st.info(_("The run of this link is no longer here. Press Train to learn the text anew."))
    state.once("text bench", lambda: None if run else _own_bench())
    return run


def _adopt() -> None:
    if run := live.engine().newest_of(state.browser(), TextExperiment):
        state.set_text_run_id(run.id)
        set_bench(tuple(experiment.architecture for experiment in run.experiments))


def _take_over(run: TextRun) -> None:
    """After a reload: the text of the run with its settings, unless the address says another."""
    first = run.experiments[0]
    if state.corpus():
        text_settings.remember(first.corpus, first.training)
    else:
        text_settings.keep(first.corpus, first.training)
        text_choice.keep(text_choice.TextChoice.of(first.corpus))


def take_up(run: TextRun) -> None:
    """Show a run that was saved, with its bench, text and settings; one that is going on goes on without being seen."""
    first = run.experiments[0]
    text_settings.keep(first.corpus, first.training)
    text_choice.keep(text_choice.TextChoice.of(first.corpus))
    set_bench(tuple(experiment.architecture for experiment in run.experiments))
    state.set_text_run_id(run.id)


def _own_bench() -> None:
    choice = state.choice()
    if choice.bench == Choice.of(choice.task).bench:
        set_bench(suggested.BENCH)


def set_bench(bench: tuple[Architecture, ...]) -> None:
    """Put these side by side."""
    state.set_choice(replace(state.choice(), bench=bench))


def form(corpus: Corpus | None) -> Form:
    """What goes in and out: a character of the text; while there is none, of the two different ones that any text has."""
    size = len(corpus.vocabulary) if corpus else 2
    return Form(size, timesteps=None, outputs=size)


def notes(bench: Sequence[Architecture], corpus: Corpus | None) -> None:
    """The parameters of each, and which are not trained and why; a way to sizes with which texts are learned."""
    shown, of_text = looks(bench), form(corpus)
    totals = [f"{count(architecture, of_text).total:,}" if corpus else "–" for architecture in bench]
    labels = (look.label for look in shown)
    views.facts([(_("parameters"), ""), *zip(labels, totals, strict=True)])
    for architecture, look in zip(bench, shown, strict=True):
        if why := refusal(architecture, of_text):
            sentence = _("{name} is not trained here. {why}").format(name=look.label, why=why)
            st.warning(sentence, icon=":material/block:")
    if tuple(bench) != suggested.BENCH:
        names = ", ".join(look.label for look in looks(suggested.BENCH))
        st.button(
            _("The bench for texts: {names}").format(names=names), "text-bench", type="tertiary",
            icon=":material/school:", on_click=set_bench, args=(suggested.BENCH,),
        )  # fmt: skip


def refusal(architecture: Architecture, form: Form) -> str:
    """Why this architecture is not trained; empty where it is."""
    if count(architecture, form).total > MOST_TRAINABLE:
        return _("It has more than {most:,} parameters.").format(most=MOST_TRAINABLE)
    return TextExperiment.why_not(architecture)


def experiments(bench: Sequence[Architecture], corpus: Corpus, training: TextTraining) -> tuple[Experiments, str]:
    """One experiment for each architecture; none, and what is wrong, where the text cannot be learned in this way."""
    try:
        found = tuple(TextExperiment(architecture, corpus, training) for architecture in bench)
    except ValueError as error:
        return (), views.sentence(error)
    if all(refusal(one.architecture, one.form) for one in found):
        return (), _("None of these can continue a text.")
    return found, ""


def steps(first: TextExperiment) -> str:
    """What the settings come to, in a sentence."""
    training = first.training
    passes = ngettext("{n} pass", "{n} passes", training.passes).format(n=training.passes)
    said = _("{passes}: {steps:,} steps of {streams} × {chunk} characters (streams × chunk); measured {times} times.")
    return said.format(
        passes=passes, steps=first.steps, chunk=training.chunk, streams=training.batch_size, times=first.epochs
    )


def buttons(run: TextRun | None, active: bool, chosen: Experiments) -> None:
    """Train, Stop, Continue: what can be done now."""
    same = run is not None and run.experiments == chosen
    if run and active:
        stop = live.engine().stop
        st.button(_("Stop"), icon=":material/stop:", type="primary", key="text-stop", on_click=stop, args=(run,))
        if chosen and not same:
            label, icon = _("Train this instead"), ":material/play_arrow:"
            st.button(label, icon=icon, key="text-train", on_click=_train, args=(chosen,))
        return
    if run and same and run.status.can_continue:
        go_on, icon = live.engine().go_on, ":material/play_arrow:"
        st.button(_("Continue"), icon=icon, type="primary", key="text-continue", on_click=go_on, args=(run, _FULL))
        st.button(_("Train anew"), icon=":material/replay:", key="text-train", on_click=_train, args=(chosen,))
        return
    st.button(
        _("Train again") if same else _("Train"), icon=":material/play_arrow:", type="primary", key="text-train",
        on_click=_train, args=(chosen,), disabled=not chosen,
    )  # fmt: skip


def _train(chosen: Experiments) -> None:
    """Start a run; one that is still going on gives way."""
    run = live.engine().run(state.text_run_id(), TextExperiment)
    if run and run.status.active:
        live.engine().stop(run)
    state.set_text_run_id(live.engine().start(chosen, _FULL, state.browser()).id)


def remark(run: TextRun | None, chosen: Experiments, problem: str) -> None:
    """What Train would do, or why it cannot; and whether the run below is another one."""
    if chosen:
        st.caption(steps(chosen[0]))
    elif problem:
        st.caption(":material/block: " + _("Train is waiting: {problem}").format(problem=problem))
    if run and run.experiments != chosen:
        title = views.plain(run.experiments[0].corpus.title)
        st.caption(_("Below is the run before ({title}): the choice has changed since.").format(title=title))
