"""Charts: a table in, an Altair chart out.

The data is a named dataset beside the specification, so that a chart whose data grows keeps its specification, and the
browser updates it in place instead of drawing it anew.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, TypeVar

import altair as alt
import pandas as pd

from rnnlab.architecture import UNITS
from rnnlab.colours import MATRICES, Look, layers
from rnnlab.thinning import stride

AnyChart = TypeVar("AnyChart", alt.Chart, alt.LayerChart)

#: A chart has at most so many points; longer curves are thinned.
MOST_POINTS = 1200


def _with_data(chart: AnyChart, **tables: pd.DataFrame) -> AnyChart:
    """The chart with its tables under the names by which its specification calls them."""
    chart["datasets"] = {name: table.to_dict("records") for name, table in tables.items()}
    return chart


def _base() -> alt.Chart:
    """A chart whose data is the table named "table"."""
    return alt.Chart(alt.NamedData("table"))


def colour_of(looks: Sequence[Look], legend: Any = None) -> alt.Color:
    """The colour of each architecture."""
    scale = alt.Scale(domain=[look.label for look in looks], range=[look.colour for look in looks])
    return alt.Color("architecture:N", scale=scale, legend=legend, sort=None)


def dash_of(looks: Sequence[Look], legend: Any = None) -> alt.StrokeDash:
    """The kind of line of each architecture."""
    scale = alt.Scale(domain=[look.label for look in looks], range=[list(look.dash) for look in looks])
    return alt.StrokeDash("architecture:N", scale=scale, legend=legend, sort=None)


def _legend() -> alt.Legend:
    return alt.Legend(title=None, orient="top", labelLimit=260, symbolType="stroke", symbolStrokeWidth=3)


def parameter_stack(table: pd.DataFrame, looks: Sequence[Look], by: str) -> alt.Chart:
    """Bars of parameters side by side, stacked by ``by``, "layer" or "matrix".

    Args:
        table: from ``tables.parameter_table``.
        looks: the architectures in the order of the bench.
        by: the column that a bar is stacked by.
    """
    parts = list(dict.fromkeys(table.sort_values(f"{by} order")[by]))
    fixed = MATRICES if by == "matrix" else layers()
    colours = [fixed[part] for part in parts]
    legend = alt.Legend(title=None, orient="top", columns=7, symbolType="square")
    bars = _base().properties(height=140 + 32 * len(looks), width="container").mark_bar(cornerRadius=2)
    bars = bars.encode(
        y=alt.Y(
            "architecture:N",
            sort=[look.label for look in looks],
            title=None,
            axis=alt.Axis(labelLimit=200, labelOverlap=False),
        ),
        x=alt.X("sum(parameters):Q", title="parameters", axis=alt.Axis(format="~s", tickCount=5)),
        color=alt.Color(f"{by}:N", scale=alt.Scale(domain=parts, range=colours), sort=None, legend=legend),
        order=alt.Order(f"{by} order:Q"),
        tooltip=["architecture:N", f"{by}:N", alt.Tooltip("sum(parameters):Q", format=",", title="parameters")],
    )
    chart: alt.Chart = _with_data(bars, table=table)
    return chart


def size_curves(curves: pd.DataFrame, chosen: pd.DataFrame, looks: Sequence[Look]) -> alt.LayerChart:
    """Parameters against hidden size, one line for each architecture, with the chosen sizes marked.

    Args:
        curves: columns architecture, units, parameters.
        chosen: the same columns, one row for each architecture.
        looks: the architectures in the order of the bench.
    """
    x = alt.X(
        "units:Q",
        title="hidden size",
        scale=alt.Scale(type="log", domain=[UNITS.low, UNITS.high]),
        axis=alt.Axis(values=[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]),
    )
    y = alt.Y("parameters:Q", title="parameters", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=5))
    tooltip: list[str | alt.Tooltip] = [
        "architecture:N",
        alt.Tooltip("units:Q", title="hidden size"),
        alt.Tooltip("parameters:Q", format=","),
    ]
    base = alt.Chart(alt.NamedData("curves")).encode(x=x, y=y, tooltip=tooltip)
    lines = base.mark_line(strokeWidth=2).encode(
        color=colour_of(looks, _legend()), strokeDash=dash_of(looks, _legend())
    )
    points = alt.Chart(alt.NamedData("chosen")).mark_point(size=110, filled=True, opacity=1)
    marks = points.encode(x=x, y=y, color=colour_of(looks, _legend()), tooltip=tooltip)
    chart = alt.LayerChart(layer=[lines, marks], height=300, width="container")
    return _with_data(chart, curves=curves, chosen=chosen)


def ratio_bars(table: pd.DataFrame, looks: Sequence[Look]) -> alt.LayerChart:
    """How many times SimpleRNN's parameters each architecture has.

    Args:
        table: columns architecture, ratio.
        looks: the architectures in the order of the bench.
    """
    y = alt.Y(
        "architecture:N",
        sort=[look.label for look in looks],
        title=None,
        axis=alt.Axis(labelLimit=200, labelOverlap=False),
    )
    x = alt.X("ratio:Q", title="times a SimpleRNN of the same sizes", axis=alt.Axis(tickCount=5))
    bars = _base().mark_bar(cornerRadius=2).encode(y=y, x=x, color=colour_of(looks))
    text = _base().mark_text(align="left", dx=5, color="#888").encode(y=y, x=x, text=alt.Text("ratio:Q", format=".2f"))
    return _with_data(alt.LayerChart(layer=[bars, text], height=70 + 34 * len(looks), width="container"), table=table)


def share_bars(table: pd.DataFrame) -> alt.Chart:
    """How many of the answers to each question are right.

    Args:
        table: columns question, right (from 0 to 1).
    """
    bars = _base().properties(height=60 + 22 * len(table), width="container").mark_bar(cornerRadius=2, color="#3A7FD5")
    bars = bars.encode(
        y=alt.Y("question:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
        x=alt.X("right:Q", title="right", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5)),
        tooltip=["question:N", alt.Tooltip("right:Q", format=".0%")],
    )
    chart: alt.Chart = _with_data(bars, table=table)
    return chart


#: The parts of the data, as the column "part" has them; where nothing is held out, all there is.
HELD_OUT, TRAINING, EVERYTHING = "held out", "training", "all samples"


@functools.lru_cache
def loss_curves(
    looks: tuple[Look, ...], epochs: int, logarithmic: bool, squared: bool = False, named: bool = True
) -> dict[str, Any]:
    """Loss by epoch, one line for each architecture, as a specification without its data.

    A race draws this many times a second with another table each time, so the specification is made once.

    Args:
        looks: the architectures in the order of the bench.
        epochs: the last epoch, where the axis ends from the start.
        logarithmic: whether the loss has a logarithmic axis.
        squared: whether the loss is a squared error instead of nats.
        named: whether the chart has a legend of its own.

    Returns:
        A Vega-Lite specification; its data is to be the datasets "table" with columns architecture, epoch, loss, part
        and "marker" with the column epoch.
    """
    scale = alt.Scale(type="log" if logarithmic else "linear", zero=not logarithmic, nice=True)
    title = "loss (squared error)" if squared else "loss (nats)"
    y = alt.Y("loss:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5))
    curves = _by_epoch(looks, epochs, y, alt.Tooltip("loss:Q", format=".4f"), named)
    return specification(alt.LayerChart(layer=[_marker(), curves], height=250, width="container"))


@functools.lru_cache
def metric_curves(looks: tuple[Look, ...], epochs: int, title: str) -> dict[str, Any]:
    """The share that is right by epoch, with levels to compare with, as a specification without its data.

    Args:
        looks: the architectures in the order of the bench.
        epochs: the last epoch.
        title: of the share.

    Returns:
        A Vega-Lite specification; its data is to be the datasets "table" with columns architecture, epoch, share, part and
        "lines" with columns share, label, "marker" with the column epoch.
    """
    y = alt.Y("share:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5, format="%"))
    curves = _by_epoch(looks, epochs, y, alt.Tooltip("share:Q", format=".1%"), named=False)
    lines = alt.Chart(alt.NamedData("lines"))
    rules = lines.mark_rule(strokeDash=[3, 3], opacity=0.6, color="#888").encode(y=alt.Y("share:Q"))
    names = lines.mark_text(align="left", dx=4, dy=-6, color="#888").encode(
        y=alt.Y("share:Q"), x=alt.value(0), text="label:N"
    )
    return specification(alt.LayerChart(layer=[_marker(), rules, names, curves], height=250, width="container"))


def _marker() -> alt.Chart:
    """A rule at the epoch of the dataset "marker"."""
    rule = alt.Chart(alt.NamedData("marker")).mark_rule(strokeWidth=2, opacity=0.55, color="#888")
    chart: alt.Chart = rule.encode(x=alt.X("epoch:Q"))
    return chart


def _by_epoch(looks: tuple[Look, ...], epochs: int, y: alt.Y, tooltip: alt.Tooltip, named: bool) -> alt.Chart:
    """A line for each architecture: strong for what is held out (or all there is), faint for the training."""
    x_scale = alt.Scale(domain=[1, max(2, epochs)], nice=False)
    lines = _base().properties(height=250, width="container").mark_line(strokeWidth=2.5, clip=True)
    legend = _legend() if named else None
    faint = alt.Scale(type="ordinal", domain=[HELD_OUT, TRAINING, EVERYTHING], range=[1, 0.35, 1])
    chart: alt.Chart = lines.encode(
        x=alt.X("epoch:Q", title="epoch", scale=x_scale, axis=alt.Axis(tickMinStep=1, format="d")),
        y=y,
        color=colour_of(looks, legend),
        strokeDash=dash_of(looks, legend),
        opacity=alt.Opacity("part:N", scale=faint, legend=None),
        tooltip=["architecture:N", "part:N", "epoch:Q", tooltip],
    )
    return chart


def specification(chart: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """The chart as Vega-Lite, without Altair's own looks: the page gives it those of its theme."""
    plain: dict[str, Any] = chart.to_dict()
    plain.pop("config", None)
    return plain


def thin(rows: int, lanes: int) -> int:
    """Every how many epochs a curve of ``rows`` epochs keeps one; a power of two, so that kept points stay kept."""
    return stride(rows, MOST_POINTS / lanes)
