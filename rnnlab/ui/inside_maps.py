"""Gates and states over time on the page "Inside the cell": heatmaps, saturation, and their numbers."""

from __future__ import annotations

from html import escape

import numpy as np
import pyarrow as pa
import streamlit as st

from rnnlab import heatmaps
from rnnlab.colours import GATES
from rnnlab.inside import maps
from rnnlab.inside.maps import CLOSED, OPEN, Map, Saturation
from rnnlab.inside.scenes import Batch
from rnnlab.reference import Trace
from rnnlab.texts import _, number
from rnnlab.ui import fields, state

#: Rows and columns of the table of numbers, and numbers of one timestep in a line.
_MOST_ROWS, _MOST_COLUMNS, _MOST_SAID = 60, 16, 8


def part(trace: Trace, steps: tuple[str, ...], now: int, printed: bool, batch: Batch | None) -> None:
    """All timesteps of a layer: heatmaps, saturation, and a table of numbers, which is open where they are to be ``printed``.

    A ``batch`` to which it belongs is printed as a whole.
    """
    with st.container(border=True):
        st.subheader(_("Over time"), anchor=False)
        st.caption(
            _("Each row is a unit, each column a timestep; the frame is where you are. Point at a cell for its number.")
        )
        _over_time(trace, steps, now)
        _saturation(trace)
        _all_numbers(trace, steps, printed)
        if batch:
            _batch(batch)


def _over_time(trace: Trace, steps: tuple[str, ...], now: int) -> None:
    """A heatmap of each gate and state, with a frame around the timestep that is looked at."""
    grid = st.grid(min_column_width=300, gap="medium")
    for one in maps.maps(trace):
        with grid.container(gap="xxsmall"):
            heatmap(one, trace, steps, f"inside-map-{one.name}", now)
    timesteps, units = trace.h.shape[1:]
    if maps.shown_units(units) < units:
        st.caption(_("The first {n} of {units:,} units are drawn.").format(n=maps.shown_units(units), units=units))
    if (step := maps.shown_steps(timesteps, units).step) > 1:
        st.caption(_("Of {timesteps:,} timesteps, one in {step} is drawn.").format(timesteps=timesteps, step=step))


def heatmap(one: Map, trace: Trace, steps: tuple[str, ...], key: str, now: int | None = None) -> None:
    """One map with its title and, below it, what it says in numbers."""
    shown = maps.shown_steps(*one.values.shape)
    labels = [maps.step_label(t, steps[t]) for t in shown]
    units = maps.shown_units(one.values.shape[1])
    spec = heatmaps.heatmap(units, tuple(labels), one.limit, GATES[one.gate] if one.gate else "")
    frame = pa.table({"step": pa.array([labels[now // shown.step]] if now is not None else [], pa.string())})
    data = {"table": maps.table(one, trace, steps), "now": frame}
    st.html(f'<div class="lab-map">{escape(one.title)}</div>')
    said = _("Heatmap of {title}; {units} units over {timesteps} timesteps. Its numbers stand below it.")
    alt = said.format(title=one.title, units=one.values.shape[1], timesteps=len(one.values))
    st.vega_lite_chart({**spec, "datasets": data}, key=key, alt=alt)
    st.html(f'<div class="lab-small" data-map="{escape(one.name)}">{escape(_numbers(one, trace, steps, now))}</div>')


def _numbers(one: Map, trace: Trace, steps: tuple[str, ...], now: int | None) -> str:
    least, mean, greatest = (number(value) for value in maps.summary(one, trace))
    said = _("From {least} to {greatest}, {mean} on average.").format(least=least, mean=mean, greatest=greatest)
    if now is None:
        return said
    if not maps.real_steps(trace)[now]:
        return said + " " + _("This timestep is padding, passed over.")
    values = one.values[now]
    listed = "  ".join(number(value) for value in values[:_MOST_SAID]) + (" …" if len(values) > _MOST_SAID else "")
    label = maps.step_label(now, steps[now])
    return said + " " + _("At {step}: {values}").format(step=label, values=listed)


def _saturation(trace: Trace) -> None:
    """How much of each gate is nearly closed or open, and what that means."""
    found = maps.saturation(trace)
    if not found:
        st.caption(
            _("A SimpleRNN has no gates that could close. Of its hidden values, {share:.0%} lie beyond ±{limit}, where tanh is almost flat: they hardly answer to what is read, and hardly any gradient passes them.").format(share=maps.flat(trace), limit=OPEN)
        )  # fmt: skip
        return
    st.html(f'<div class="lab-saturation">{"".join(map(_gate, found))}</div>')
    st.caption(
        _("A gate below {closed} is nearly closed, above {open} nearly open. There σ is almost flat: the gate hardly answers to what it reads, and hardly any gradient passes it to learn from. A forget or update gate that is nearly open is how a cell remembers.").format(closed=CLOSED, open=OPEN)
    )  # fmt: skip


def _gate(one: Saturation) -> str:
    between = max(0.0, 1.0 - one.closed - one.open)
    words = _("{closed:.0%} nearly closed, {between:.0%} between, {open:.0%} nearly open")
    said = escape(words.format(closed=one.closed, between=between, open=one.open))
    bars = "".join(
        f'<i style="width:{100 * share:.2f}%;opacity:{strength}"></i>'
        for share, strength in ((one.closed, 0.15), (between, 0.45), (one.open, 1.0))
    )
    return f'<div style="--c:{GATES[one.gate]}"><b>{escape(one.name)}</b><span class="bars">{bars}</span><span>{said}</span></div>'


def _all_numbers(trace: Trace, steps: tuple[str, ...], opened: bool) -> None:
    """All numbers of one gate or state, as a table."""
    found = {one.name: one for one in reversed(maps.maps(trace))}
    with st.expander(_("All numbers"), icon=":material/table:", expanded=opened):
        name = fields.select(
            _("Of"), state.key(f"inside-numbers-{trace.cell}"), list(found), "h", lambda n: found[n].title
        )
        values = found[name].values
        timesteps, units = values.shape
        st.caption(_("Shape ({timesteps}, {units}): a row for each timestep, a column for each unit.").format(timesteps=timesteps, units=units))  # fmt: skip
        _table(values, steps)
        if timesteps > _MOST_ROWS or units > _MOST_COLUMNS:
            st.caption(_("The first {rows} rows and {columns} columns.").format(rows=min(timesteps, _MOST_ROWS), columns=min(units, _MOST_COLUMNS)))  # fmt: skip


def _batch(batch: Batch) -> None:
    """Shapes and states as NumPy prints them."""
    title = _("Hidden states as NumPy prints them: {inputs} → {states}, batch, timesteps, numbers.")
    st.caption(title.format(inputs=batch.inputs.shape, states=batch.states.shape))
    st.code(np.array2string(batch.states, precision=8, suppress_small=True), None)


def _table(values: np.ndarray, steps: tuple[str, ...]) -> None:
    shown = values[:_MOST_ROWS, :_MOST_COLUMNS]
    head = "".join(f"<th>{n + 1}</th>" for n in range(shown.shape[1]))
    rows = "".join(
        f"<tr><th>{escape(maps.step_label(t, steps[t]))}</th>{''.join(f'<td>{value:.4f}</td>' for value in row)}</tr>"
        for t, row in enumerate(shown)
    )
    corner = escape(_("timestep"))
    st.html(
        f'<div class="lab-scroll" tabindex="0"><table class="lab"><thead><tr><th>{corner}</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
