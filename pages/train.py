"""Page "Train": the architectures of the bench race on a task, live."""

from dataclasses import replace

import streamlit as st

from rnnlab.colours import looks
from rnnlab.ui import controls, live, state, training_views, views
from rnnlab.ui.texts import _

st.title(_("Train"), anchor=False)
st.markdown(_("Every architecture of the bench learns the same text, one epoch each in turn. Press Train and watch them race."))
views.dropped_messages(state.dropped())
run = training_views.current_run()

choice = state.choice()
task_name, text = controls.task(choice.task_name, choice.text)
form, problem = training_views.task_story(task_name, text)
bench, feet = controls.bench(choice.bench, looks(choice.bench), form)
with st.expander(_("Training settings"), icon=":material/tune:"):
    settings = controls.training(choice.training, live.engine().devices())
pace = controls.pace(choice.pace)
state.update(replace(choice, bench=bench, task_name=task_name, text=text, training=settings, pace=pace))

training_views.notes(bench, form, feet)

training_views.buttons(run, problem)
if run:
    training_views.results(run)
else:
    training_views.invitation()
