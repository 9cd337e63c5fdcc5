"""Page "Inside the cell": one timestep after the other, one operation after the other, with all numbers."""

import streamlit as st

from rnnlab.inside.following import comparison
from rnnlab.inside.output import output, said_at
from rnnlab.inside.scenes import Reading
from rnnlab.operations import operations
from rnnlab.texts import _
from rnnlab.ui import (
    inside_address,
    inside_choice,
    inside_edits,
    inside_home,
    inside_maps,
    inside_said,
    inside_views,
    keras_line,
    training_views,
    views,
)
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
        if chosen:
            inside_edits.note(chosen)
            place = keras_line.place_for_comparison()
    if chosen:
        edits = inside_edits.changed(chosen)
        inside_said.part(chosen, edits)
        now = chosen.reading_with(edits)
        step = 0
        if now:
            step = recurrent(chosen, now)
        else:
            inside_views.without_memory(chosen.scene)
        inside_address.write(chosen.subject.name, chosen.source, step)
        asked = comparison(chosen.scene, now, edits)
        keras_line.compare(place, [asked], every is not None, inside_edits.beside_keras(edits))
    if run and active and not run.status.active:
        st.rerun()


def recurrent(chosen: Chosen, reading: Reading) -> int:
    """A layer that has a state: its timesteps, all of them over time, a change, its code; which timestep is looked at."""
    trace, said = reading.trace, output(chosen.scene, reading.place)
    with st.container(border=True):
        step = inside_views.ask_step(reading, chosen.name)
        left, right = st.columns([5, 6], gap="large")
        with right:
            notation = inside_views.ask_notation()
            steps = *operations(trace, 0, step, notation), *said_at(said, trace, step, notation)
            now = inside_views.ask_operation(steps)
            inside_views.operation(now)
            inside_views.held(trace, step)
        with left:
            inside_views.drawing(trace, step, inside_views.ask_unit(trace.weights.units), now)
    inside_maps.part(trace, reading.steps, step, chosen.printed, chosen.batch(trace))
    inside_edits.part(chosen, reading, step)
    inside_home.part(trace, said)
    return step


st.fragment(body, run_every=every)()
