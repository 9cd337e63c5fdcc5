"""Page "Train": the architectures of the bench race on a task, live."""

from dataclasses import replace

import streamlit as st

from rnnlab.texts import _
from rnnlab.ui import bench, live, settings, state, task_views, training_views, views

views.heading(
    _("Train"),
    _("Every architecture of the bench learns the same task, step by step in turn. Press Train and watch them race."),
)
run = training_views.current_run()
active = run is not None and run.status.active  # looked at once: a run may end while the page is drawn

choice = state.choice()
task = task_views.choose(choice.task)
problem = task_views.story(task)
choice = replace(choice, task=task)
form = replace(choice, free_form=None).form
architectures = bench.read(choice.bench)
bench.row(architectures, form)
task_views.own_bench(architectures, task)
task_views.notes(architectures, task)
training_views.too_large(architectures, form)
trained_by = st.container()
with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
    buttons = st.container(horizontal=True, gap="small", width="content")
    pace = settings.pace(choice.pace)
    logarithmic = settings.loss_axis()
    with st.popover(_("Training settings"), icon=":material/tune:", width="content"):
        training = settings.training(choice.training, task, live.engine().devices())
state.update(replace(choice, bench=architectures, training=training, pace=pace))

with trained_by:
    problem = training_views.by_numpy(architectures, training) or problem
with buttons:
    training_views.buttons(run, active, problem)
training_views.bet(run, active, architectures)
if run:
    training_views.results(run, active, logarithmic)
else:
    training_views.invitation()
