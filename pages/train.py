"""Page "Train": the architectures of the bench race on a task, live."""

from dataclasses import replace

import streamlit as st

from rnnlab.texts import _
from rnnlab.ui import bench, live, settings, state, training_views, views

views.heading(
    _("Train"),
    _("Every architecture of the bench learns the same text, one epoch each in turn. Press Train and watch them race."),
)
run = training_views.current_run()

choice = state.choice()
task_name, text = settings.task(choice.task_name, choice.text)
form, problem = training_views.task_story(task_name, text)
architectures = bench.read(choice.bench)
bench.row(architectures, form)
training_views.lecture_size(architectures, task_name)
training_views.notes(architectures, form)
with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
    buttons = st.container(horizontal=True, gap="small", width="content")
    pace = settings.pace(choice.pace)
    logarithmic = settings.loss_axis()
    with st.popover(_("Training settings"), icon=":material/tune:", width="content"):
        training = settings.training(choice.training, live.engine().devices())
state.update(replace(choice, bench=architectures, task_name=task_name, text=text, training=training, pace=pace))

with buttons:
    training_views.buttons(run, problem)
training_views.bet(run, architectures)
if run:
    training_views.results(run, logarithmic)
else:
    training_views.invitation()
