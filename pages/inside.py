"""Page "Inside the cell": one timestep after the other, one operation after the other, with all numbers."""

import streamlit as st

from rnnlab.operations import operations
from rnnlab.texts import _
from rnnlab.ui import inside_choice, inside_edits, inside_maps, inside_views, training_views, views

views.heading(
    _("Inside the cell"),
    _(
        "See every number that a recurrent cell computes: pick a timestep, go through its operations, change what you like."
    ),
)
inside_views.style()
with st.container(border=True):
    chosen = inside_choice.choose(training_views.current_run())
if chosen and chosen.reading:
    reading = chosen.reading
    trace = inside_edits.edited(chosen, reading)
    inside_edits.note(chosen)
    with st.container(border=True):
        step = inside_views.ask_step(reading, chosen.name)
        left, right = st.columns([5, 6], gap="large")
        with right:
            now = inside_views.ask_operation(operations(trace, 0, step, inside_views.ask_notation()))
            inside_views.operation(now)
        with left:
            inside_views.ask_unit(trace.weights.units)
    with st.container(border=True):
        st.subheader(_("Over time"), anchor=False)
        st.caption(
            _("Each row is a unit, each column a timestep; the frame is where you are. Point at a cell for its number.")
        )
        inside_maps.over_time(trace, reading.steps, step)
        inside_maps.saturation(trace)
        inside_maps.numbers(trace, reading.steps, chosen.printed)
    with st.container(border=True):
        st.subheader(_("Change a number"), anchor=False)
        inside_edits.editor(chosen, reading, trace, step)
