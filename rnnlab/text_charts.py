"""Charts of the text lab: how often each character occurs, and how the loss falls while a text is read."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt

from rnnlab.charts import HELD_OUT, TRAINING, colour_of, dash_of, specification
from rnnlab.colours import Look
from rnnlab.text_timeline import Unit
from rnnlab.texts import _

_HEIGHT = 280
_GREY = "#888"


@functools.lru_cache
def frequency_bars() -> dict[str, Any]:
    """How often each character occurs, as a specification without its data.

    Returns:
        A Vega-Lite specification; its data is to be the dataset "table" from ``text_tables.frequency_table``.
    """
    bars = alt.Chart(alt.NamedData("table")).mark_bar(cornerRadius=1, color="#3A7FD5")
    axis = alt.Axis(labelAngle=0, labelOverlap=False, labelFontSize=11, ticks=False)
    chart = bars.encode(
        x=alt.X("character:N", sort=None, title=None, axis=axis),
        y=alt.Y("share:Q", title=_("share of the text"), axis=alt.Axis(format="%", tickCount=4)),
        tooltip=[
            alt.Tooltip("character:N", title=_("character")),
            alt.Tooltip("times:Q", format=",", title=_("times")),
            alt.Tooltip("share:Q", format=".3%", title=_("share")),
        ],
    )
    return specification(chart.properties(height=190, width="container"))


@functools.lru_cache
def loss_curves(looks: tuple[Look, ...], ends: tuple[int, int], unit: Unit, logarithmic: bool) -> dict[str, Any]:
    """Loss by characters read, a line for each architecture and each reference, as a specification without its data.

    Args:
        looks: the architectures in the order of the bench.
        ends: characters read at the first measurement and at the end.
        unit: of the loss; perplexity has a logarithmic axis.
        logarithmic: whether the characters have one.

    Returns:
        A Vega-Lite specification; its data is to be the datasets "table", "lines" and "marker" of ``text_tables``.
    """
    title = _("loss ({unit})").format(unit=_(unit.value))
    scale = alt.Scale(type="log" if unit is Unit.PERPLEXITY else "linear", zero=False, nice=True)
    y = alt.Y("loss:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5))
    curves = _curves(looks, ends, y, alt.Tooltip("loss:Q", format=".3f", title=title), logarithmic)
    lines = alt.Chart(alt.NamedData("lines"))
    rules = lines.mark_rule(strokeDash=[3, 3], opacity=0.7, color=_GREY).encode(y=alt.Y("loss:Q"))
    names = lines.mark_text(align="right", dx=-4, dy=-6, color=_GREY).encode(
        y=alt.Y("loss:Q"), x=alt.value("width"), text="label:N"
    )
    layers = [_marker(ends, logarithmic), rules, curves, names]
    return specification(alt.LayerChart(layer=layers, height=_HEIGHT, width="container"))


@functools.lru_cache
def word_curves(looks: tuple[Look, ...], ends: tuple[int, int], logarithmic: bool) -> dict[str, Any]:
    """The share of words in the samples that occur in the text, by characters read; as ``loss_curves``, without lines."""
    title = _("spelled words")
    y = alt.Y("share:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5, format="%"))
    curves = _curves(looks, ends, y, alt.Tooltip("share:Q", format=".0%", title=title), logarithmic)
    layers = [_marker(ends, logarithmic), curves]
    return specification(alt.LayerChart(layer=layers, height=_HEIGHT, width="container"))


def _x(ends: tuple[int, int], logarithmic: bool) -> alt.X:
    first, last = ends
    domain = [first if logarithmic else 0, max(last, first + 1)]
    scale = alt.Scale(type="log" if logarithmic else "linear", domain=domain, nice=False)
    axis = alt.Axis(format="~s", tickCount=5, labelOverlap=True, grid=False)
    return alt.X("characters:Q", title=_("characters read"), scale=scale, axis=axis)


def _curves(
    looks: Sequence[Look], ends: tuple[int, int], y: alt.Y, tooltip: alt.Tooltip, logarithmic: bool
) -> alt.Chart:
    """A line for each architecture: strong for what is held out, faint for the training."""
    lines = alt.Chart(alt.NamedData("table")).mark_line(strokeWidth=2.5, clip=True)
    faint = alt.Scale(type="ordinal", domain=[HELD_OUT, TRAINING], range=[1, 0.3])
    chart: alt.Chart = lines.encode(
        x=_x(ends, logarithmic),
        y=y,
        color=colour_of(looks),
        strokeDash=dash_of(looks),
        opacity=alt.Opacity("part:N", scale=faint, legend=None),
        tooltip=[
            "architecture:N",
            "part:N",
            alt.Tooltip("characters:Q", format=",", title=_("characters read")),
            tooltip,
        ],
    )
    return chart


def _marker(ends: tuple[int, int], logarithmic: bool) -> alt.Chart:
    """A rule where the dataset "marker" says."""
    rule = alt.Chart(alt.NamedData("marker")).mark_rule(strokeWidth=2, opacity=0.55, color=_GREY)
    chart: alt.Chart = rule.encode(x=_x(ends, logarithmic))
    return chart
