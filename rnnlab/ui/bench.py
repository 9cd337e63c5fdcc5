"""The bench of architectures and its controls: the same on every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from rnnlab.architecture import BENCH_SIZE, EMBEDDING_DIM, LAYERS, UNITS, Architecture, Cell, Direction, Form, MergeMode
from rnnlab.colours import Look, looks
from rnnlab.ui import fields, state, views
from rnnlab.ui.texts import _

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

#: Streamlit's names for the colours of the cells, which its configuration sets to ours.
_MARKS = {Cell.SIMPLE_RNN: ":orange[●]", Cell.LSTM: ":blue[●]", Cell.GRU: ":green[●]"}


def cards(bench: Sequence[Architecture], form: Form) -> tuple[tuple[Architecture, ...], list[DeltaGenerator]]:
    """The bench as cards.

    Returns:
        The architectures as the controls say, and the foot of each card, for the page to write in.
    """
    chosen, feet = [], []
    grid = st.grid(min_column_width=250, gap="small")
    for card, architecture, look in zip(state.cards(), bench, looks(bench), strict=True):
        with grid.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                views.lane_title(look)
                _remove_button(card, look)
            main = _cell_and_size(card, architecture)
            title = _("Embedding, direction, layers")
            with st.popover(title, width="stretch", icon=":material/tune:", key=f"more-{card}"):
                chosen.append(_details(card, main, form))
            feet.append(st.container(gap="xsmall"))
    _add_button()
    return tuple(chosen), feet


def row(bench: Sequence[Architecture], form: Form) -> tuple[Architecture, ...]:
    """The bench as a row of names, each of which opens its controls: for pages where something else comes first."""
    chosen = []
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for card, architecture, look in zip(state.cards(), bench, looks(bench), strict=True):
            with st.popover(f"{_MARKS[architecture.cell]} {look.label}", key=f"card-{card}"):
                chosen.append(_details(card, _cell_and_size(card, architecture), form))
                _remove_button(card, look, _("Take it off the bench"))
        _add_button()
    return tuple(chosen)


def _remove_button(card: int, look: Look, label: str = "") -> None:
    if len(state.cards()) > BENCH_SIZE.low:
        hint = _("Take {name} off the bench").format(name=look.label)
        icon = ":material/close:"
        st.button(label, f"remove-{card}", hint, state.remove_card, (card,), type="tertiary", icon=icon)


def _add_button() -> None:
    if len(state.cards()) < BENCH_SIZE.high:
        hint = _("Up to {most} side by side. The new one is a copy of the last, to change.").format(
            most=BENCH_SIZE.high
        )
        st.button(_("Add an architecture"), "add-architecture", hint, state.add_card, icon=":material/add:")


def _cell_and_size(card: int, architecture: Architecture) -> Architecture:
    left, right = st.columns([1.15, 1], gap="small", wrap=False)
    with left:
        cell = fields.select(_("Cell"), f"cell-{card}", list(Cell), architecture.cell, lambda c: c.class_name)
    with right:
        hint = _("How many numbers the state h has: Dₕ in the lectures, units in Keras.")
        units = fields.whole(_("Hidden size"), f"units-{card}", architecture.units, UNITS, hint)
    return replace(architecture, cell=cell, units=units)


def _details(card: int, architecture: Architecture, form: Form) -> Architecture:
    embedding_dim = _embedding(card, architecture, form)
    direction = fields.choose(
        _("Direction"), f"direction-{card}", list(Direction), architecture.direction, _direction,
        _("Which way the sequence is read. Both ways: one layer each way, their outputs joined."),
    )  # fmt: skip
    merge_mode = architecture.merge_mode
    if direction is Direction.BIDIRECTIONAL:
        hint = _("How the outputs of the two directions become one: side by side (concat), or number by number.")
        merge_mode = fields.choose(_("Joined by"), f"merge-{card}", list(MergeMode), merge_mode, hint=hint)
    layers = fields.choose(
        _("Layers"), f"layers-{card}", range(LAYERS.low, LAYERS.high + 1), architecture.layers,
        hint=_("Recurrent layers on top of each other; each hands every step on to the next."),
    )  # fmt: skip
    reset_after = architecture.reset_after
    if architecture.cell is Cell.GRU:
        hint = _(
            "Keras applies the reset gate after the matrix product, with a second bias per gate; the first GRUs before it."
        )
        reset_after = st.toggle(_("reset_after (two biases per gate)"), reset_after, key=f"reset-{card}", help=hint)
    use_bias = st.toggle(_("Biases in the recurrent layers"), architecture.use_bias, key=f"bias-{card}")
    return Architecture(
        architecture.cell, architecture.units, embedding_dim, direction, merge_mode, layers, reset_after, use_bias
    )


def _embedding(card: int, architecture: Architecture, form: Form) -> int | None:
    if not form.tokens:
        st.caption(_("No embedding: the input is plain numbers, which cannot be looked up."))
        return architecture.embedding_dim
    return fields.whole_or_none(
        _("Embedding dimension"), f"embedding-{card}", architecture.embedding_dim, EMBEDDING_DIM, start=6,
        none=_("No embedding: tokens go in one-hot."),
        hint=_("A learned vector of this many numbers for each token, instead of one-hot."),
    )  # fmt: skip


def _direction(direction: Direction) -> str:
    return {
        Direction.FORWARD: _("Forward"),
        Direction.BACKWARD: _("Backward"),
        Direction.BIDIRECTIONAL: _("Both ways"),
    }[direction]
