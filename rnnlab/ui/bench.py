"""The bench of architectures and its controls: the same on every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnlab.architecture import BENCH_SIZE, EMBEDDING_DIM, LAYERS, UNITS, Architecture, Cell, Direction, Form, MergeMode
from rnnlab.colours import Look, looks
from rnnlab.texts import _
from rnnlab.ui import fields, state, views

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

#: The controls of an architecture, by attribute; each has the number of its card in its key.
_CONTROLS = {
    "cell": "cell",
    "units": "units",
    "direction": "direction",
    "merge_mode": "merge",
    "layers": "layers",
    "reset_after": "reset",
    "use_bias": "bias",
}
_FIRST_EMBEDDING = 6
#: Streamlit's names for the colours of the cells, which its configuration sets to ours.
_MARKS = {Cell.SIMPLE_RNN: ":orange[●]", Cell.LSTM: ":blue[●]", Cell.GRU: ":green[●]", Cell.DENSE: ":gray[●]"}


def read(bench: Sequence[Architecture]) -> tuple[Architecture, ...]:
    """The bench as the controls say now, also where they are drawn further down."""
    return tuple(_read(card, architecture) for card, architecture in zip(state.cards(), bench, strict=True))


def _read(card: int, architecture: Architecture) -> Architecture:
    said = {name: st.session_state.get(f"{control}-{card}") for name, control in _CONTROLS.items()}
    changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    embedded = st.session_state.get(f"embedding-{card}-on")
    if embedded is not None:
        size = st.session_state.get(f"embedding-{card}") or architecture.embedding_dim or _FIRST_EMBEDDING
        changes["embedding_dim"] = size if embedded else None
    return replace(architecture, **changes)


def cards(bench: Sequence[Architecture], form: Form) -> list[DeltaGenerator]:
    """The bench as cards; the foot of each, for the page to write in."""
    feet = []
    grid = st.grid(min_column_width=270, gap="small")
    for card, architecture, look in zip(state.cards(), bench, looks(bench), strict=True):
        with grid.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                views.lane_title(look)
                _remove_button(card, look)
            _cell_and_size(card, architecture)
            title = _("Embedding, direction, layers")
            with st.popover(title, width="stretch", icon=":material/tune:", key=f"more-{card}"):
                _details(card, architecture, form)
            feet.append(st.container(gap="xsmall"))
    return feet


def row(bench: Sequence[Architecture], form: Form) -> None:
    """The bench as a row of names, each of which opens its controls: for pages where something else comes first."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for card, architecture, look in zip(state.cards(), bench, looks(bench), strict=True):
            with st.popover(f"{_MARKS[architecture.cell]} {look.label}", key=f"card-{card}"):
                _cell_and_size(card, architecture)
                _details(card, architecture, form)
                _remove_button(card, look, _("Take it off the bench"))
        add_button()


def _remove_button(card: int, look: Look, label: str = "") -> None:
    if len(state.cards()) > BENCH_SIZE.low:
        hint = _("Take {name} off the bench").format(name=look.label)
        icon = ":material/close:"
        st.button(label, f"remove-{card}", hint, state.remove_card, (card,), type="tertiary", icon=icon)


def add_button() -> None:
    """One more architecture, while there is room."""
    if len(state.cards()) < BENCH_SIZE.high:
        hint = _("Up to {most} side by side. The new one is a copy of the last, to change.").format(
            most=BENCH_SIZE.high
        )
        st.button(_("Add an architecture"), "add-architecture", hint, state.add_card, icon=":material/add:")


def _cell_and_size(card: int, architecture: Architecture) -> None:
    fields.choose(_("Cell"), f"cell-{card}", list(Cell), architecture.cell, lambda c: c.class_name, labelled=False)
    hint = _("How many numbers the state h has: Dₕ in the lectures, units in Keras.")
    fields.whole(_("Hidden size"), f"units-{card}", architecture.units, UNITS, hint)


def _details(card: int, architecture: Architecture, form: Form) -> None:
    if form.embeddable:
        fields.whole_or_none(
            _("Embedding dimension"), f"embedding-{card}", architecture.embedding_dim, EMBEDDING_DIM,
            start=_FIRST_EMBEDDING, none=_("No embedding: tokens go in one-hot."),
            hint=_("A learned vector of this many numbers for each token, instead of one-hot."),
        )  # fmt: skip
    else:
        st.caption(_("No embedding: the input is plain numbers, which cannot be looked up."))
    if architecture.cell.recurrent:
        fields.choose(
            _("Direction"), f"direction-{card}", list(Direction), architecture.direction, _direction,
            _("Which way the sequence is read. Both ways: one layer each way, their outputs joined."),
        )  # fmt: skip
    else:
        st.caption(_("No memory and so no direction: each step by itself, to compare with."))
    if architecture.bidirectional:
        hint = _("How the outputs of the two directions become one: side by side (concat), or number by number.")
        fields.choose(_("Joined by"), f"merge-{card}", list(MergeMode), architecture.merge_mode, hint=hint)
    fields.choose(
        _("Layers"), f"layers-{card}", range(LAYERS.low, LAYERS.high + 1), architecture.layers,
        hint=_("Layers on top of each other; each hands every step on to the next."),
    )  # fmt: skip
    if architecture.cell is Cell.GRU:
        hint = _(
            "Keras applies the reset gate after the matrix product, with a second bias per gate; the first GRUs before it."
        )
        st.toggle(_("reset_after (two biases per gate)"), architecture.reset_after, key=f"reset-{card}", help=hint)
    st.toggle(_("Biases in these layers"), architecture.use_bias, key=f"bias-{card}")


def _direction(direction: Direction) -> str:
    return {
        Direction.FORWARD: _("Forward"),
        Direction.BACKWARD: _("Backward"),
        Direction.BIDIRECTIONAL: _("Both ways"),
    }[direction]
