"""Page "Text lab": a network learns a text, character by character, while one watches."""

from dataclasses import replace

import streamlit as st

from rnnlab.texts import _
from rnnlab.ui import (
    bench,
    live,
    state,
    text_choice,
    text_frame,
    text_live,
    text_look,
    text_saved,
    text_settings,
    text_training,
    views,
)

views.heading(
    _("Text lab"),
    _("Networks read a text and learn to say its next character. Press Train and watch what they write turn from noise into words."),
)  # fmt: skip
text_look.style()
run = text_training.current_run()
active = run is not None and run.status.active  # looked at once: a run may end while the page is drawn


def train() -> None:
    """Choose a text, a bench and settings, and see the run."""
    with st.container(border=True):
        corpus, problem = text_choice.choose()
        if corpus:
            text_look.sizes(corpus)
    choice = state.choice()
    architectures = bench.read(choice.bench)
    bench.row(architectures, text_training.form(corpus))
    state.update(replace(choice, bench=architectures))
    text_training.notes(architectures, corpus)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        buttons = st.container(horizontal=True, gap="small", width="content")
        axes = text_live.ask_axes()
        chosen: text_training.Experiments = ()
        if corpus:
            with st.popover(_("Training settings"), icon=":material/tune:", width="content"):
                training = text_settings.ask(corpus, live.engine().devices())
            chosen, problem = text_training.experiments(architectures, corpus, training)
        text_saved.load(text_training.take_up)
    with buttons:
        text_training.buttons(run, active, chosen)
    text_training.remark(run, chosen, problem)
    if corpus:
        text_look.look(corpus, opened=run is None)
    if run:
        text_live.results(run, active, axes)
    else:
        text_live.invitation()


if text_frame.trains(run):
    train()
