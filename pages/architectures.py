"""Page "Architectures": what each architecture costs, and why."""

from dataclasses import replace

import streamlit as st

from rnnlab.texts import _
from rnnlab.ui import architecture_views, bench, live, settings, state, task_views, views

views.heading(
    _("Architectures"),
    _("Put recurrent architectures side by side and see what each costs, down to the single matrix."),
)
architecture_views.presets()

choice = state.choice()
architectures = bench.read(choice.bench)
cards = st.container()
with st.container(gap="xsmall"):
    with st.expander(_("Input and output, the same for all"), icon=":material/swap_vert:"):
        choice = replace(choice, free_form=settings.form(choice))
    form = choice.form
    st.caption(task_views.counted_text(choice))
with cards:
    feet = bench.cards(architectures, form)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        bench.add_button()
        architecture_views.train_link()
state.update(replace(choice, bench=architectures))

answers = live.summaries(architectures, form)
architecture_views.totals(architectures, form, answers, feet)
architecture_views.chosen_view(architectures, form, answers)
