"""Heatmaps of gates and states over time, units by timesteps, as Vega-Lite specifications without their data."""

from __future__ import annotations

import functools
from typing import Any

import altair as alt

from rnnlab.charts import specification
from rnnlab.colours import ABOVE_ZERO, BELOW_ZERO
from rnnlab.texts import _

#: At 0: nearly the page itself, light or dark.
_NOTHING = "rgba(140,140,140,0.12)"
#: Points: a row of cells, and what axes and margins take.
_ROW, _AXES, _TALLEST = 17, 34, 360


@functools.lru_cache
def heatmap(units: int, steps: tuple[str, ...], limit: float, colour: str = "") -> dict[str, Any]:
    """A cell for each unit at each timestep, with the chosen timestep framed.

    Args:
        units: how many are drawn.
        steps: the labels of the timesteps that are drawn.
        limit: the value that has the full colour.
        colour: of a gate, from 0 to ``limit``; empty for signed values, blue below 0 and red above.

    Returns:
        A Vega-Lite specification; its data is to be the datasets "table" with columns step, unit, value (None where a
        step is passed over), and "now" with the column step.
    """
    domain, colours = (
        ([0, limit], [_NOTHING, colour]) if colour else ([-limit, 0, limit], [BELOW_ZERO, _NOTHING, ABOVE_ZERO])
    )
    x = alt.X(
        "step:O",
        sort=None,
        title=None,
        scale=alt.Scale(domain=list(steps), paddingInner=0.04, paddingOuter=0.02),
        axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False, domain=False),
    )
    numbers = alt.Axis(labelOverlap=True, ticks=False, domain=False)
    y = alt.Y("unit:O", title=_("unit"), scale=alt.Scale(paddingInner=0.06), axis=numbers)
    legend = alt.Legend(
        title=None, gradientLength=_height(units) - _AXES - 6, gradientThickness=8, tickCount=3, offset=6
    )
    fill = alt.condition(
        "datum.value === null",
        alt.value("rgba(128,128,128,.18)"),
        alt.Color("value:Q", scale=alt.Scale(domain=domain, range=colours, clamp=True), legend=legend),
    )
    cells = alt.Chart(alt.NamedData("table")).mark_rect(cornerRadius=1.5, invalid=None).encode(
        x=x, y=y, color=fill, tooltip=_tooltip(),
    )  # fmt: skip
    frame = alt.Chart(alt.NamedData("now")).mark_rect(
        fillOpacity=0, stroke="#888", strokeWidth=2, cornerRadius=3
    ).encode(x=alt.X("step:O", sort=None))  # fmt: skip
    return specification(alt.LayerChart(layer=[cells, frame], height=_height(units), width="container"))


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("step:O", title=_("timestep")),
        alt.Tooltip("unit:O", title=_("unit")),
        alt.Tooltip("value:Q", title=_("value"), format=".4f"),
    ]


def _height(units: int) -> int:
    """Of the whole chart, as Streamlit takes it."""
    return min(_ROW * max(units, 3) + _AXES, _TALLEST)
