"""Charts of gradients: bars by distance back in time, horizons by epoch, trainings with clipping; and their tables.

As in ``charts``, the specification stays while the data moves.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from rnnlab.charts import colour_of, dash_of, specification
from rnnlab.colours import Look
from rnnlab.experiment import Clipping
from rnnlab.gradients import Flow
from rnnlab.gradients.clipping import STEPS, Tried
from rnnlab.reference import Array
from rnnlab.texts import _, noted
from rnnlab.thinning import stride

#: The axis of a gradient's size goes so far; what is smaller or larger is drawn at its end.
LOWEST, USUAL, HIGHEST = 1e-12, 1e4, 1e12
#: So many bars are drawn of one architecture; of longer sequences every second one, every fourth …
MOST_BARS = 128
#: So much of a training's loss and of its gradient's norm is drawn; what explodes leaves the picture.
_SEEN = [0.03, 1000]
#: How the three trainings are named and drawn.
CLIPPINGS = {
    Clipping.NONE: (noted("without clipping"), "#C62828", (1, 0)),
    Clipping.NORM: (noted("clipped by norm"), "#6B4FBB", (7, 4)),
    Clipping.VALUE: (noted("clipped by value"), "#8A6D00", (2, 3)),
}


def top_of(flows: Sequence[Flow | None]) -> float:
    """Where the axis ends for these: further up only where something explodes."""
    largest = max((float(np.nan_to_num(flow.h).max()) for flow in flows if flow), default=0.0)
    return USUAL if largest <= USUAL else HIGHEST


@functools.lru_cache
def flow_bars(colour: str, steps: int, top: float, title: str, last: bool) -> dict[str, Any]:
    """The size of a gradient by distance back in time, the loss at the right: bars, their bound, and where it is cut.

    Args:
        colour: of the architecture.
        steps: how many distances there are.
        top: where the axis ends.
        title: of the vertical axis.
        last: whether no other chart of this kind stands below, so that this one names the horizontal axis.

    Returns:
        A Vega-Lite specification for the datasets that ``flow_tables`` makes.
    """
    x_scale = alt.Scale(domain=[-0.7, steps - 0.3], reverse=True, nice=False)
    axis = alt.Axis(format="d", tickMinStep=1, tickCount=10, grid=False)
    named = _("steps back, from the loss (right)") if last else None
    x = alt.X("from:Q", title=named, scale=x_scale, axis=axis)
    y_scale = alt.Scale(type="log", domain=[LOWEST, top], clamp=True, nice=False)
    values = [10.0**power for power in range(-12, round(math.log10(top)) + 1, 4)]
    y = alt.Y("size:Q", title=title, scale=y_scale, axis=alt.Axis(values=values, format="~e"))
    faint = alt.Scale(type="ordinal", domain=["left", "cut"], range=[1, 0.18])
    bars = alt.Chart(alt.NamedData("bars")).mark_rect(color=colour, aria=False).encode(
        x=x, x2="to:Q", y=y, y2="floor:Q", opacity=alt.Opacity("part:O", scale=faint, legend=None),
        tooltip=[
            alt.Tooltip("distance:Q", title=_("steps back")),
            alt.Tooltip("real:Q", format=".3~g", title=_("size")),
            alt.Tooltip("share:Q", format=".3~%", title=_("left of that at distance 0")),
        ],
    )  # fmt: skip
    bound = (
        alt.Chart(alt.NamedData("bound"))
        .mark_line(aria=False, strokeDash=[5, 4], strokeWidth=1.5, color="#888")
        .encode(x=x, y=y)
    )
    marks = alt.Chart(alt.NamedData("marks"))
    rules = marks.mark_rule(strokeWidth=1.5, color="#888").encode(x=x)
    names = marks.mark_text(align="right", dx=-5, dy=6, baseline="top", color="#888").encode(
        x=x, y=alt.value(0), text="label:N"
    )
    return specification(alt.LayerChart(layer=[bars, bound, rules, names], height=120, width="container"))


def drawn_distances(steps: int) -> range:
    """The distances that are drawn as bars: all, or every second one, every fourth …"""
    return range(0, steps, stride(steps, MOST_BARS))


def flow_tables(
    norms: Array, shown: int, reach: int | None, horizon: int | None, factors: Array | None
) -> dict[str, list[dict[str, Any]]]:
    """The datasets of ``flow_bars``.

    Args:
        norms: at distance 0, 1, 2 …, (T).
        shown: only distances below this one are there yet.
        reach: how far the gradient goes before it is cut.
        horizon: from where on almost nothing is left.
        factors: the most that can be left, (T).
    """
    distances = drawn_distances(len(norms))
    half = 0.42 * distances.step
    bars = [
        {
            "from": d - half, "to": d + half, "size": _drawn(norms[d]), "floor": LOWEST, "distance": d,
            "real": float(norms[d]), "share": float(norms[d] / norms[0]) if norms[0] else 0.0,
            "part": "left" if reach is None or d < reach else "cut",
        }
        for d in distances
        if d < shown
    ]  # fmt: skip
    line = (
        [] if factors is None else [{"from": d, "size": _drawn(float(norms[0]) * float(factors[d]))} for d in distances]
    )
    marks = [] if horizon is None or horizon >= shown else [{"from": horizon - 0.5, "label": _("under 1 % left")}]
    if reach is not None and reach < len(norms):
        marks = [{"from": reach - 0.5, "label": _("cut here")}]
    return {"bars": bars, "bound": line, "marks": marks}


def _drawn(size: float) -> float:
    """A size as the logarithmic axis takes it."""
    return float(min(max(np.nan_to_num(size, posinf=HIGHEST), LOWEST), HIGHEST))


@functools.lru_cache
def horizon_curves(looks: tuple[Look, ...], epochs: int, most: int) -> dict[str, Any]:
    """Memory horizons by epoch.

    Its datasets are "table" (architecture, epoch, horizon), "lines" (horizon, label), and "now" (epoch), the one shown.
    """
    y = alt.Y("horizon:Q", title=_("memory horizon (steps)"), scale=alt.Scale(domain=[0, most], nice=False))
    x_scale = alt.Scale(domain=[0, max(1, epochs)], nice=False)
    x = alt.X("epoch:Q", title=_("epoch"), scale=x_scale, axis=alt.Axis(tickMinStep=1, format="d"))
    now = alt.Chart(alt.NamedData("now")).mark_rule(color="#888", strokeWidth=1.5).encode(x=x)
    lines = alt.Chart(alt.NamedData("table")).mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=18)).encode(
        x=x,
        y=y,
        color=colour_of(looks),
        strokeDash=dash_of(looks),
        tooltip=[
            alt.Tooltip("architecture:N", title=_("architecture")),
            alt.Tooltip("epoch:Q", title=_("epoch")),
            alt.Tooltip("horizon:Q", title=_("memory horizon (steps)")),
        ],
    )  # fmt: skip
    levels = alt.Chart(alt.NamedData("lines"))
    rules = levels.mark_rule(strokeDash=[3, 3], color="#888").encode(y=y)
    names = levels.mark_text(align="left", dx=4, dy=9, color="#888").encode(y=y, x=alt.value(0), text="label:N")
    return specification(alt.LayerChart(layer=[now, rules, names, lines], height=240, width="container"))


@functools.lru_cache
def clipping_curves(column: str, title: str) -> dict[str, Any]:
    """One of the columns of ``clipping_table`` by step of training, on a logarithmic axis."""
    lines = alt.Chart(alt.NamedData("table")).mark_line(strokeWidth=2, clip=True, aria=False).encode(
        x=alt.X("step:Q", title=_("step of training"), scale=alt.Scale(domain=[1, STEPS], nice=False)),
        y=alt.Y(f"{column}:Q", title=title, scale=alt.Scale(type="log", domain=_SEEN, nice=False), axis=alt.Axis(tickCount=5, format="~g")),
        color=alt.Color(
            "training:N", sort=None, legend=None,
            scale=alt.Scale(domain=_names(), range=[colour for _name, colour, _dash in CLIPPINGS.values()]),
        ),
        strokeDash=alt.StrokeDash(
            "training:N", sort=None, legend=None,
            scale=alt.Scale(domain=_names(), range=[list(dash) for *_rest, dash in CLIPPINGS.values()]),
        ),
        tooltip=[
            alt.Tooltip("training:N", title=_("training")),
            alt.Tooltip("step:Q", title=_("step of training")),
            alt.Tooltip(f"{column}:Q", title=title, format=".3~g"),
        ],
    )  # fmt: skip
    return specification(lines.properties(height=240, width="container"))


def _names() -> list[str]:
    return [_(name) for name, *_rest in CLIPPINGS.values()]


def clipping_looks() -> tuple[Look, ...]:
    """How the three trainings are drawn."""
    return tuple(Look(_(name), colour, dash) for name, colour, dash in CLIPPINGS.values())


def clipping_table(tried: Tried | None) -> pd.DataFrame:
    """Columns training, step, loss, norm; smoothed over ten steps, every second step kept."""
    rows = []
    for curve in tried.curves if tried else ():
        losses, norms = _smooth(curve.losses), _smooth(curve.norms)
        name = _(CLIPPINGS[curve.clipping][0])
        rows += [(name, step + 1, losses[step], norms[step]) for step in range(0, len(losses), 2)]
    return pd.DataFrame(rows, columns=["training", "step", "loss", "norm"])


def _smooth(values: Array, over: int = 10) -> Array:
    """The geometric mean of each value and those before it, at most ``over``."""
    logs = np.log(np.maximum(values[np.isfinite(values)], LOWEST))
    sums = np.concatenate([np.zeros(1), np.cumsum(logs)])
    begins = np.maximum(np.arange(len(logs)) - over + 1, 0)
    ends = np.arange(1, len(logs) + 1)
    means: Array = np.exp((sums[ends] - sums[begins]) / (ends - begins))
    return means
