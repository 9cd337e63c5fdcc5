"""Page "Inside the cell": one timestep after the other, one operation after the other, with all numbers."""

import streamlit as st

from rnnlab.inside.scenes import Reading
from rnnlab.operations import operations
from rnnlab.reference import Trace
from rnnlab.texts import _
from rnnlab.ui import inside_choice, inside_edits, inside_home, inside_maps, inside_views, training_views, views
from rnnlab.ui.inside_choice import Chosen

views.heading(
    _("Inside the cell"),
    _(
        "See every number that a recurrent cell computes: pick a timestep, go through its operations, change what you like."
    ),
)
inside_views.style()
run = training_views.current_run()
active = run is not None and run.status.active  # looked at once: a run may end while the page is drawn
every = inside_choice.every(run)


def body() -> None:
    """All of the page; what is chosen at its top changes everything below."""
    with st.container(border=True):
        chosen = inside_choice.choose(run)
        if chosen and chosen.reading:
            inside_edits.note(chosen)
            place = inside_home.place_for_comparison()
    if chosen and chosen.reading:
        trace = inside_edits.edited(chosen, chosen.reading)
        recurrent(chosen, chosen.reading, trace)
        inside_home.compared(place, trace, moving=every is not None)
    elif chosen:
        inside_views.without_memory(chosen.scene)
    if run and active and not run.status.active:
        st.rerun()


def recurrent(chosen: Chosen, reading: Reading, trace: Trace) -> None:
    """A layer that has a state: its timesteps, all of them over time, a change, its code."""
    with st.container(border=True):
        step = inside_views.ask_step(reading, chosen.name)
        left, right = st.columns([5, 6], gap="large")
        with right:
            now = inside_views.ask_operation(operations(trace, 0, step, inside_views.ask_notation()))
            inside_views.operation(now)
        with left:
            inside_views.drawing(trace, step, inside_views.ask_unit(trace.weights.units), now)
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
    with st.container(border=True):
        st.subheader(_("Take it home"), anchor=False)
        st.caption(
            _(
                "The same computation as NumPy code, with all its numbers: it runs by itself and prints all hidden states."
            )
        )
        inside_home.code(trace, trace.cell)


st.fragment(body, run_every=every)()
