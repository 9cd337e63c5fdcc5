"""Page "Architectures": what each architecture costs, and why."""

from dataclasses import replace

import streamlit as st

from rnnlab.colours import looks
from rnnlab.ui import architecture_views, controls, live, state, views
from rnnlab.ui.texts import _

views.heading(
    _("Architectures"),
    _("Put recurrent architectures side by side and see what each costs, down to the single matrix."),
)
architecture_views.presets()

choice = state.choice()
bench, feet = controls.bench(choice.bench, looks(choice.bench), choice.form)
with st.expander(_("Input and output, the same for all"), expanded=True, icon=":material/swap_vert:"):
    form = controls.form(choice.form)
state.update(replace(choice, bench=bench, form=form))

answers = live.summaries(bench, form)
architecture_views.totals(bench, form, answers, feet)
architecture_views.tabs(bench, form, answers)
