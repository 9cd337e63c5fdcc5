"""What the page "Inside the cell" shows of one timestep: where a person stands, the drawing, the operation under way."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, TypeVar

import streamlit as st

from rnnlab.architecture import Range
from rnnlab.cell_drawing import cell_drawing
from rnnlab.grids import operation_html
from rnnlab.inside import dense, maps
from rnnlab.inside.scenes import Reading, Scene
from rnnlab.operations import Notation, Operation
from rnnlab.reference import Trace
from rnnlab.tasks.drawn import visible
from rnnlab.texts import _
from rnnlab.ui import fields, inside_address, state

T = TypeVar("T")

#: More timesteps than this are not drawn as boxes in a row.
_MOST_BOXES = 40
_STYLE = """<style>
.lab-map{font-weight:600;font-size:.9rem}
.lab-saturation{display:grid;gap:.25rem;font-size:.85rem;font-variant-numeric:tabular-nums}
.lab-saturation>div{display:grid;grid-template-columns:1.4rem minmax(6rem,18rem) 1fr;gap:.6rem;align-items:center}
@media (max-width:640px){.lab-saturation>div{grid-template-columns:1.4rem 1fr}.lab-saturation>div>:last-child{grid-column:2}}
.lab-saturation .bars{display:flex;height:.7rem;border-radius:.2rem;overflow:hidden;background:rgba(128,128,128,.12)}
.lab-saturation .bars i{background:var(--c)}
</style>"""


def style() -> None:
    """The style of the pieces of this page; once on it."""
    st.html(_STYLE)


def ask_step(reading: Reading, name: str) -> int:
    """The timestep that is looked at: a slider, steps back and forth in the order of reading, and what is read at each."""
    steps, order = reading.steps, list(reading.trace.order)
    asked = inside_address.asked_step(len(steps))
    if len(steps) == 1:
        st.caption(_("There is a single timestep."))
        return 0
    key = state.key(f"inside-step-{name}-{len(steps)}")
    kept = f"inside step {name} {len(steps)}"
    if asked is not None:
        state.keep(kept, asked)
    _begin(key, state.kept(kept, lambda: maps.first_step(reading.trace)), range(len(steps)))
    left, right = st.columns([5, 3], gap="medium", vertical_alignment="center")
    with left:
        label = _("Timestep")
        step: int = st.select_slider(
            label, range(len(steps)), st.session_state[key], lambda t: maps.step_label(t, steps[t]), key=key
        )
    state.keep(kept, step)
    place = order.index(step)
    with right, st.container(horizontal=True, gap="xsmall"):
        _to(_("Previous timestep"), "chevron_left", {key: order[max(place - 1, 0)]}, place > 0)
        _to(_("Next timestep"), "chevron_right", {key: order[(place + 1) % len(order)]}, place + 1 < len(order))
    _boxes(reading, step)
    if reading.trace.backward:
        st.caption(_("This direction reads from the end: what comes next stands to the left."))
    return step


def ask_operation(found: Sequence[Operation]) -> Operation:
    """The operation under way."""
    names = [operation.name for operation in found]
    key = state.key("inside-operation-" + "-".join(names))
    _begin(key, state.kept("inside operation", lambda: names[0]), names)
    name = st.pills(_("Operation"), names, default=st.session_state[key], key=key, required=True)
    place = names.index(name or names[0])
    state.keep("inside operation", names[place])
    with st.container(horizontal=True, gap="xsmall"):
        _to(_("Previous operation"), "chevron_left", {key: names[max(place - 1, 0)]}, place > 0)
        _to(_("Next operation"), "chevron_right", {key: names[(place + 1) % len(names)]}, place + 1 < len(names))
    return found[place]


def ask_notation() -> Notation:
    """In which of the lectures' three forms a gate is written."""
    title = _("Written with")
    return fields.kept("inside notation", Notation.SEPARATE, lambda v, key: fields.select(title, key, list(Notation), v, lambda n: _(n.value)))  # fmt: skip


def ask_unit(units: int) -> int:
    """The unit whose numbers stand on the wires, from 0."""
    if units == 1:
        return 0
    title, allowed = _("Numbers of unit"), Range(1, units)
    return fields.kept(f"inside unit {units}", 1, lambda v, key: fields.whole(title, key, v, allowed)) - 1


def drawing(trace: Trace, step: int, unit: int, chosen: Operation) -> None:
    """The cell with the numbers of one unit on its wires, and what is being computed lit up."""
    st.markdown(cell_drawing(trace, 0, step, unit, chosen.name), unsafe_allow_html=True)


def _begin(key: str, start: T, options: Sequence[T]) -> None:
    """Let a control that buttons can move begin where a person was; give it this value as its default too.

    A browser that gets only the last of two quick drawings is not told that a control was moved, and takes the default.
    """
    if st.session_state.get(key) not in options:
        st.session_state[key] = start if start in options else options[0]


def _to(label: str, icon: str, values: dict[str, Any], possible: bool) -> None:
    """A button that moves controls."""
    st.button(label, icon=f":material/{icon}:", key=state.key(f"inside-{label}"), disabled=not possible, on_click=st.session_state.update, args=(values,))  # fmt: skip


def _boxes(reading: Reading, now: int) -> None:
    if len(reading.steps) > _MOST_BOXES or not any(reading.steps):
        return
    real = maps.real_steps(reading.trace)
    boxes = "".join(_box(n, word, n == now, bool(real[n])) for n, word in enumerate(reading.steps))
    st.html(f'<div class="lab-text">{boxes}</div>')
    if not real.all():
        st.caption(_("Faint: padding, passed over. The state stays as it is there."))


def _box(step: int, word: str, here: bool, real: bool) -> str:
    kind = " right" if here else ""
    faint = "" if real else ' style="opacity:.4"'
    return f'<span class="lab-char{kind}"{faint}>{escape(visible(word)) or "·"}<small>{step + 1}</small></span>'


def operation(chosen: Operation) -> None:
    """An operation: what it does, its equation, its numbers."""
    st.latex(chosen.equation)
    st.caption(chosen.says)
    st.html(operation_html(chosen))


def held(trace: Trace, step: int) -> None:
    """That a state of this timestep is not what its equation gives."""
    if step in trace.held:
        st.caption(
            _(
                "You have set numbers of the state after this timestep: in their dashed frames they stand in place of what the equation gives."
            )
        )


def without_memory(scene: Scene) -> None:
    """A layer that has no recurrence: that there is nothing to step through, and its one product."""
    st.info(
        _("A Dense layer has no recurrence: no state goes from one timestep to the next, so there are no gates to look into and nothing to step through. This is all that it computes, at each timestep anew:"),
        icon=":material/psychology_alt:",
    )  # fmt: skip
    found = dense.steps(scene)
    step = found[0]
    if len(found) > 1:
        title = _("Timestep")
        step = st.select_slider(
            title, found, format_func=lambda t: maps.step_label(t, scene.steps[t]), key=state.key(f"inside-dense-{len(found)}")
        )  # fmt: skip
    operation(dense.operation(scene, step))
