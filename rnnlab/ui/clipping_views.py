"""Gradients that explode, and clipping: a small training with and without it."""

from __future__ import annotations

from html import escape

import streamlit as st

from rnnlab import gradient_charts
from rnnlab.experiment import SEED, Clipping
from rnnlab.gradient_charts import CLIPPINGS
from rnnlab.gradients.clipping import AT_NORM, AT_VALUE, RADIUS, RATE, STEPS, TIMESTEPS, UNITS, Curve, Trial, Tried
from rnnlab.texts import _, power
from rnnlab.ui import fields, live, views


def part() -> None:
    """Controls, two charts, the first gradient before and after, and in words what happened."""
    with st.container(border=True):
        st.subheader(_("5 · When it explodes: clipping"), anchor=False)
        st.caption(_("A SimpleRNN of {units} units learns to add two marked numbers among {steps} by plain gradient descent, three times from the same weights and on the same samples. With ρ above 1 and a bold learning rate, a single enormous gradient throws the weights so far that they never come back.").format(units=UNITS, steps=TIMESTEPS))  # fmt: skip
        trial = _ask()
        found = live.engine().clipped(trial)
        if found is None and live.soon(lambda: live.engine().clipped(trial) is not None, patience=0.3):
            found = live.engine().clipped(trial)
        if isinstance(found, str):
            st.warning(views.plain(found), icon=":material/error:")
            return
        _draw(found)
    if found is None:
        live.wait_for(lambda: live.engine().clipped(trial) is not None)


def _ask() -> Trial:
    start = Trial()
    radius, rate, at_norm, at_value, seed = st.columns(5, gap="medium", vertical_alignment="bottom")
    with radius:
        label = _("Spectral radius of Wₕ at first")
        chosen_radius = fields.kept(
            "gradients trial radius", start.radius, lambda v, key: fields.real(label, key, v, RADIUS, 0.1)
        )
    with rate:
        label_rate = _("Learning rate")
        chosen_rate = fields.kept("gradients trial rate", start.learning_rate, lambda v, key: fields.real(label_rate, key, v, RATE, 0.05))  # fmt: skip
    with at_norm:
        label_norm = _("Clip the norm at")
        chosen_norm = fields.kept("gradients trial norm", start.at_norm, lambda v, key: fields.real(label_norm, key, v, AT_NORM, 0.5))  # fmt: skip
    with at_value:
        label_value = _("Clip each value at")
        chosen_value = fields.kept("gradients trial value", start.at_value, lambda v, key: fields.real(label_value, key, v, AT_VALUE, 0.1))  # fmt: skip
    with seed:
        label_seed = _("Seed of the trial")
        chosen_seed = fields.kept(
            "gradients trial seed", start.seed, lambda v, key: fields.whole(label_seed, key, v, SEED)
        )
    return Trial(chosen_radius, chosen_rate, chosen_norm, chosen_value, chosen_seed)


def _draw(found: Tried | None) -> None:
    views.legend(gradient_charts.clipping_looks(), _("each point the geometric mean of the last ten steps"))
    table = gradient_charts.clipping_table(found).to_dict("records")
    left, right = st.columns(2, gap="medium")
    for place, column, title in ((left, "loss", _("loss (squared error)")), (right, "norm", _("norm of the gradient"))):
        with place:
            chart = gradient_charts.clipping_curves(column, title)
            text = _(
                "{title} by step of training, without clipping, clipped by norm and by value. Said in words below."
            )
            chart = {**chart, "datasets": {"table": table}}
            st.vega_lite_chart(chart, height=260, key=f"clipping-{column}", alt=text.format(title=title))
    with st.container(height=190 if found is None else "content", border=False):
        if found is None:
            st.caption(_("The three trainings are under way …"))
        else:
            _first_gradient(found)
            _outcome(found)


def _first_gradient(found: Tried) -> None:
    """One gradient, before and after."""
    rows = []
    for clipped in found.clipped:
        name, colour, _dash = CLIPPINGS[clipped.clipping]
        turned = "–" if clipped.clipping is Clipping.NONE else f"{clipped.turned:.0f}°"
        width = round(100 * clipped.norm / max(one.norm for one in found.clipped), 1)
        bar = f'<div class="lab-bar"><i style="width:{width}%;--c:{colour}"></i></div>'
        cells = f"<td>{power(clipped.norm)}</td><td>{power(clipped.largest)}</td><td>{turned}</td>"
        rows.append(f"<tr><td style='width:40%'>{escape(_(name))}{bar}</td>{cells}</tr>")
    heads = (_("the first gradient"), _("norm"), _("largest number"), _("turned by"))
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    st.html(f'<table class="lab lab-fit"><tr>{head}</tr>{"".join(rows)}</table>')


def _outcome(found: Tried) -> None:
    """What is seen, from the numbers."""
    without, by_norm, by_value = found.curves
    said = _("Without clipping {without}; its largest gradient was {norm}. Clipped by norm {by_norm}, by value {by_value}. By norm the gradient keeps its direction and only gets shorter; by value each number is cut by itself, so it turns.")  # fmt: skip
    largest = power(float(without.norms.max()))
    st.markdown(said.format(without=_end(without), norm=largest, by_norm=_end(by_norm), by_value=_end(by_value)))


def _end(curve: Curve) -> str:
    if curve.given_up:
        return _("the training was given up after {n} of {steps} steps").format(n=len(curve.losses), steps=STEPS)
    return _("it ends at a loss of {loss}").format(loss=power(curve.end))
