"""What the page "Architectures" shows of a bench."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import streamlit as st

from rnnlab import charts, drawing, export, tables
from rnnlab import presets as lectures
from rnnlab.architecture import Architecture, Form, Pattern
from rnnlab.colours import Look, looks
from rnnlab.counting import Summary, count
from rnnlab.tasks import TASKS
from rnnlab.texts import _
from rnnlab.ui import fields, state, task_views, views

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

Answer = Summary | str | None


def presets() -> None:
    """The lectures' examples, each a click."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption(_("From the lectures:"), width="content")
        for preset in lectures.PRESETS:
            st.button(
                _(preset.title), help=_(preset.story), key=f"preset-{preset.name}",
                on_click=partial(_open, preset),
            )  # fmt: skip


def _open(preset: lectures.Preset) -> None:
    choice = state.choice() if preset.form else state.choice().with_task(TASKS["hihello"])
    state.set_choice(replace(choice, bench=preset.bench, free_form=preset.form))


def train_link() -> None:
    """The way on to the page that trains this bench."""
    st.page_link("pages/train.py", label=_("Train these and watch them race"), icon=":material/directions_run:")


def totals(
    bench: Sequence[Architecture], form: Form, answers: Sequence[Answer], feet: Sequence[DeltaGenerator]
) -> None:
    """In each card: the count, its ratio to SimpleRNN, and the check against Keras."""
    for architecture, answer, foot in zip(bench, answers, feet, strict=True):
        with foot:
            counted = count(architecture, form)
            note = _("{ratio:.2f} × SimpleRNN").format(ratio=tables.ratio(architecture, form, whole=False))
            views.total(counted.total, note, check(counted.total, answer))


def check(total: int, answer: Answer) -> str:
    """The check of a count against Keras, as HTML."""
    if isinstance(answer, str):
        return views.checked(total, None, _("Counted, not built: ") + answer)
    return views.checked(total, answer.parameters if answer else None, _("Keras is counting …"))


def chosen_view(bench: tuple[Architecture, ...], form: Form, answers: Sequence[Answer]) -> None:
    """One of the views of the bench; only that one is drawn."""
    draw: dict[str, tuple[str, Callable[[], None]]] = {
        "": (_("Compare"), lambda: compare(bench, form)),
        "formulas": (_("Formulas"), lambda: formulas(bench, form, answers)),
        "shapes": (_("Shapes"), lambda: shapes(bench, form)),
        "drawings": (_("Drawings"), lambda: drawings(bench, form)),
        "keras": (_("Keras summary"), lambda: summaries(bench, answers)),
        "code": (_("Keras code"), lambda: codes(bench, form)),
    }
    before = state.view() if state.view() in draw else ""
    view = fields.choose(_("View"), state.key("view"), list(draw), before, lambda v: draw[v][0], labelled=False)
    state.set_view(view)
    draw[view][1]()


def compare(bench: tuple[Architecture, ...], form: Form) -> None:
    """Charts: the parameters by layer and by matrix, against hidden size, and as ratios to SimpleRNN."""
    by_layer, by_matrix, by_size, ratios = _comparison(bench, form)
    left, right = st.columns(2, gap="large")
    with left:
        _draw(by_layer)
    with right:
        _draw(by_matrix)
    left, right = st.columns(2, gap="large")
    with left:
        _draw(by_size)
        st.caption(
            _(
                "Both axes are logarithmic: a straight line twice as steep means growth with the square of the hidden size."
            )
        )
    with right:
        _draw(ratios)
        st.caption(
            _(
                "At equal sizes an LSTM has exactly 4 times the weights of a SimpleRNN, one for each gate. A GRU has 3 times; in Keras a little more, since reset_after keeps two biases per gate."
            )
        )


class _Drawing(NamedTuple):
    """A chart ready for the page: its title, its specification, and the same in words."""

    title: str
    chart: dict[str, Any]
    words: str


@functools.lru_cache(maxsize=64)
def _comparison(bench: tuple[Architecture, ...], form: Form) -> tuple[_Drawing, ...]:
    """The four charts; made once for each bench, since a page is drawn again at every click."""
    shown = looks(bench)
    table, chosen = tables.parameter_table(bench, shown, form), tables.chosen_table(bench, shown, form)
    ratios = tables.ratio_table(bench, shown, form, whole=False)
    curves = charts.size_curves(tables.size_table(bench, shown, form), chosen, shown)
    by_layer, by_matrix = (charts.parameter_stack(table, shown, by) for by in ("layer", "matrix"))
    bars = charts.ratio_bars(ratios, shown)
    return (
        _Drawing(_("Parameters by layer"), charts.specification(by_layer), _bars_text(table, "layer")),
        _Drawing(_("Parameters by matrix"), charts.specification(by_matrix), _bars_text(table, "matrix")),
        _Drawing(_("Parameters against hidden size"), charts.specification(curves), _rows_text(chosen, "parameters")),
        _Drawing(
            _("Ratio to SimpleRNN, recurrent layers alone"), charts.specification(bars), _rows_text(ratios, "ratio")
        ),
    )


def _draw(drawing: _Drawing) -> None:
    st.markdown(f"**{drawing.title}**")
    st.vega_lite_chart(drawing.chart, alt=f"{drawing.title}. {drawing.words}")


def _bars_text(table: pd.DataFrame, by: str) -> str:
    sums = table.groupby(["architecture", by], sort=False, as_index=False)["parameters"].sum()
    rows = zip(sums["architecture"], sums[by], sums["parameters"], strict=True)
    return "; ".join(f"{name}, {part}: {value:,}" for name, part, value in rows)


def _rows_text(table: pd.DataFrame, column: str) -> str:
    rows = zip(table["architecture"], table[column], strict=True)
    return "; ".join(f"{name}: {value:,.4g}" if column == "ratio" else f"{name}: {value:,}" for name, value in rows)


def formulas(bench: Sequence[Architecture], form: Form, answers: Sequence[Answer]) -> None:
    """Every layer's formula, gate by gate and matrix by matrix."""
    st.caption(
        _(
            "V vocabulary, d input size, Dₕ hidden size, K outputs. Wₓ turns the input into Dₕ numbers, Wₕ the state before, b is the bias. Sizes are rows × columns as in W·x; Keras stores the transposes."
        )
    )
    grid = st.grid(min_column_width=300, gap="small")
    for architecture, look, answer in zip(bench, looks(bench), answers, strict=True):
        with grid.container(border=True, gap="xsmall"):
            views.lane_title(look)
            counted = count(architecture, form)
            views.derivation(architecture, form, counted, check(counted.total, answer))


def shapes(bench: Sequence[Architecture], form: Form) -> None:
    """Every layer's output shape, for one sample and the batch; with an output at every step and at the last."""
    grid = st.grid(min_column_width=300, gap="small")
    for architecture, look in zip(bench, looks(bench), strict=True):
        with grid.container(border=True, gap="xsmall"):
            views.lane_title(look)
            for pattern in _compared(form.pattern):
                other = replace(form, pattern=pattern)
                chosen = " ✓ " + _("chosen") if pattern is form.pattern else ""
                st.markdown(f"**{task_views.pattern_title(pattern)}**{chosen}")
                views.shapes(architecture, other)
    st.caption(
        _("None stands for any number. The number of parameters is the same for every batch size and every length.")
    )


def _compared(pattern: Pattern) -> tuple[Pattern, ...]:
    """The form that is chosen, beside the one that differs in whether every step comes out."""
    if pattern in (Pattern.IN_STEP, Pattern.MANY_TO_ONE):
        return Pattern.IN_STEP, Pattern.MANY_TO_ONE
    return (pattern,)


def drawings(bench: Sequence[Architecture], form: Form) -> None:
    """Every architecture unrolled over time."""
    grid = st.grid(min_column_width=300, gap="small")
    for architecture, look in zip(bench, looks(bench), strict=True):
        with grid.container(border=True, gap="xsmall"):
            views.lane_title(look)
            st.markdown(drawing.draw(architecture, form, look.colour), unsafe_allow_html=True)
            st.caption(drawing.describe(architecture, form))


def summaries(bench: Sequence[Architecture], answers: Sequence[Answer]) -> None:
    """What Keras itself prints of each model."""
    grid = st.grid(columns=2, min_column_width=420, gap="small")
    for look, answer in zip(looks(bench), answers, strict=True):
        with grid.container(gap="xsmall"):
            views.lane_title(look)
            if isinstance(answer, Summary):
                st.code(answer.text, language=None)
            else:
                st.caption(answer or _("Keras is building this model …"))


def codes(bench: Sequence[Architecture], form: Form) -> None:
    """The code that builds exactly each model."""
    grid = st.grid(columns=2, min_column_width=420, gap="small")
    look: Look
    for architecture, look in zip(bench, looks(bench), strict=True):
        with grid.container(gap="xsmall"):
            views.lane_title(look)
            st.code(export.model_code(architecture, form), language="python", wrap_lines=True)
