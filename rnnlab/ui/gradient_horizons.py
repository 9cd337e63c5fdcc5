"""How far back a gradient reaches, by architecture and epoch, beside what copying after a delay shows to be learned."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from rnnlab import gradient_charts
from rnnlab.colours import looks
from rnnlab.engine import Run
from rnnlab.gradients import Flow, Named, horizon
from rnnlab.reference import Array, Model
from rnnlab.replay import later
from rnnlab.tasks.distance import Copy
from rnnlab.texts import _
from rnnlab.thinning import stride
from rnnlab.ui import gradient_controls, gradient_views, views
from rnnlab.ui.gradient_views import Seen, Subject

#: Epochs of a run of which the horizon is drawn; of longer runs every second one, every fourth …
_MOST_EPOCHS = 40


def part(subject: Subject, by_c: bool, cut: bool) -> None:
    """The horizons of now, by epoch where a run is looked at, and what copying says to it; a ``cut`` above is passed over."""
    with st.container(border=True):
        st.subheader(_("4 · Memory horizon"), anchor=False)
        st.caption(_("The distance from which on less than 1 % of the gradient is left: further back, hardly anything is learned. It is counted from the loss, on the sequence above."))  # fmt: skip
        if cut:
            st.caption(
                _("Counted as if nothing were cut: where the gradient is cut, no horizon is further away than that.")
            )
        left, right = st.columns([2, 3], gap="large")
        with left:
            _rows(subject)
            if subject.run:
                st.caption(_("Of the weights as they were trained: turning Wₕ moves the bars above, not this."))
        with right:
            if subject.run:
                _by_epoch(subject.run, subject, by_c)
            else:
                st.caption(_("With the weights of a run, a curve by epoch stands here: horizons grow while a task asks for it."))  # fmt: skip
        _copying(subject)


def _rows(subject: Subject) -> None:
    """A table: the distance from which on less than 1 % is left, by h and, in an LSTM, by c."""
    rows = []
    for seen in subject.lanes:
        found = _trained(seen, subject)
        none = "–" if seen.why else _("no way back")
        by_h = _horizon_text(found.h) if found else none
        by_c = _horizon_text(found.c) if found and len(found.c) else "–"
        rows.append(
            f"<tr><td>{gradient_views.mark(seen.look)}{escape(seen.look.label)}</td><td><b>{escape(by_h)}</b></td><td>{escape(by_c)}</td></tr>"
        )
    heads = "".join(f"<th>{escape(text)}</th>" for text in (_("architecture"), _("horizon by h"), _("by c")))
    st.html(f'<div class="lab-scroll"><table class="lab"><tr>{heads}</tr>{"".join(rows)}</table></div>')


def _trained(seen: Seen, subject: Subject) -> Flow | None:
    """Of a run the gradient in the weights as they were trained, whatever W_h is turned by."""
    return seen.trained.flow(subject.question) if seen.trained else None


def _horizon_text(norms: Array) -> str:
    found = horizon(norms)
    return _("over {n} steps").format(n=len(norms) - 1) if found is None else _("{n} steps").format(n=found)


def _both(found: Flow) -> str:
    """The horizon by h and, in an LSTM, by c, which may reach further."""
    by_h = _horizon_text(found.h)
    return _("{h} by h, {c} by c").format(h=by_h, c=_horizon_text(found.c)) if len(found.c) else by_h


def _by_epoch(run: Run, subject: Subject, by_c: bool) -> None:
    shown = looks([experiment.architecture for experiment in run.experiments])
    most = max((len(seen.flow.h) for seen in subject.lanes if seen.flow), default=1)
    table = [
        {"architecture": seen.look.label, "epoch": epoch, "horizon": named.reached(subject.question, by_c)}
        for place, seen in enumerate(subject.lanes)
        if seen.flow
        for epoch, named in _recorded(run, place).items()
    ]
    task = run.experiments[0].task
    lines = [{"horizon": task.delay + 1, "label": _("what copying asks for")}] if isinstance(task, Copy) else []
    chart = gradient_charts.horizon_curves(shown, run.experiments[0].training.epochs, most)
    names = ", ".join(look.label for look in shown)
    text = _("Memory horizon by epoch of {names}. The numbers of this epoch stand beside it.").format(names=names)
    data = {"table": table, "lines": lines, "now": [{"epoch": subject.epoch}]}
    st.vega_lite_chart({**chart, "datasets": data}, height=260, key="gradient-horizons", alt=text)
    said = _("By {state}, as chosen above. The axis ends at {n}, the length of the sequence: there something is left of it at the very beginning.")  # fmt: skip
    st.caption(said.format(state=_("c in an LSTM, h in others") if by_c else "h", n=most))


def _recorded(run: Run, place: int) -> dict[int, Named]:
    """The models of a lane by epoch, as a person counts them, whose weights are there: all, or every second one, every fourth …"""
    lane = run.lanes[place]
    offset, experiment = later(lane.experiment), lane.experiment
    kept = [
        (e + offset, flat) for e, flat in list(lane.recording.kept.items()) if 0 < e + offset <= lane.history.epochs
    ]
    return {
        epoch: gradient_views.recorded(run, place, epoch, partial(Model.from_flat, experiment.architecture, experiment.form, flat))
        for epoch, flat in kept[:: stride(len(kept), _MOST_EPOCHS)]
    }  # fmt: skip


def _copying(subject: Subject) -> None:
    """What is learned over a distance, beside the horizon: of a run that copies, its accuracy."""
    task = subject.run.experiments[0].task if subject.run else None
    if not isinstance(task, Copy) or subject.run is None:
        st.caption(_("Is what lies beyond the horizon really not learned? Train “Copy after a delay” and look at that run here: its accuracy will stand beside its horizon."))  # fmt: skip
        gradient_controls.open_train("copy", _("Train copying"))
        return
    st.markdown(_("The letter to copy stands **{n} steps** before the question.").format(n=task.delay + 1))
    for lane, seen in zip(subject.run.lanes, subject.lanes, strict=True):
        scores = lane.history.scores[: max(0, subject.epoch - lane.history.start)]
        found = _trained(seen, subject)
        if found and scores:
            said = _(
                "**{name}**: horizon {horizon}, and {share:.0%} of the held-out letters are right at epoch {epoch}."
            )
            said = said.format(
                name=views.plain(seen.look.label), horizon=_both(found), share=scores[-1].held_out,
                epoch=lane.history.start + len(scores),
            )  # fmt: skip
            st.markdown(said)
