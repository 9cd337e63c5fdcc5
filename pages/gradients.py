"""Page "Gradients": how much of a loss's gradient comes back through time, and why it vanishes or explodes."""

from dataclasses import replace

from rnnlab.texts import _
from rnnlab.ui import bench, clipping_views, gradient_controls, gradient_parts, state, training_views, views

views.heading(
    _("Gradients"),
    _(
        "A network learns from its past only as far as the gradient of its loss comes back through time. Here you see how far, in each architecture of the bench, and why."
    ),
)
choice = state.choice()
architectures = bench.read(choice.bench)
bench.row(architectures, choice.form)
state.update(replace(choice, bench=architectures))
run = training_views.current_run()
chosen = gradient_controls.choose(architectures, run)
gradient_parts.look_back(architectures, chosen, run)
clipping_views.part()
