"""The view "Cells" of the text lab: what every unit does while a text is read, which knows what, and what it is for."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from rnnlab import text_drawing
from rnnlab.architecture import Range
from rnnlab.engine.runs import TextRun
from rnnlab.textlab import passages
from rnnlab.textlab.features import FEATURES
from rnnlab.textlab.passages import Passage
from rnnlab.textlab.quick import VALUES
from rnnlab.textlab.search import Match
from rnnlab.texts import _
from rnnlab.ui import (
    fields,
    state,
    text_characters,
    text_hold_views,
    text_passage,
    text_search_views,
    text_units,
    text_weights,
)
from rnnlab.ui.text_characters import Words
from rnnlab.ui.text_hold_views import Unit
from rnnlab.ui.text_weights import Reader

#: Characters before the first one where a feature holds that a passage begins with, to see it begin.
_BEFORE = 150


class _Chosen(NamedTuple):
    """The unit that is shown; ``revision`` counts how often it was set by a click, for which its controls are made anew."""

    unit: Unit
    match: Match | None = None
    of: str = ""  # the weights of the match
    revision: int = 0


def cells(run: TextRun) -> None:
    """Any passage coloured by any unit of a text run, the search for units that know something, and the causal test."""
    st.fragment(_body)(run)


def _body(run: TextRun) -> None:
    with st.container(border=True):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            lane = text_weights.pick(run, "cells", _("Look into"))
        with right:
            measurement = text_weights.ask(run, "cells")
        passage = text_passage.ask(run)
    reader = text_weights.reader(run, lane, measurement) if measurement else None
    if reader is None:
        text_weights.say_missing(run, lane)
        return
    chosen = _chosen(run, reader)
    with st.container(border=True):
        match = chosen.match if chosen.of == reader.key else None
        text_search_views.draw(reader, match, lambda found: _take(run, reader, found))
    if passage is None:
        return
    with st.container(border=True):
        unit = _unit(run, reader, chosen)
        _coloured(run, reader, passage, unit)
    with st.container(border=True):
        text_hold_views.draw(reader, passage, unit)


def _kept(run: TextRun, lane: int) -> str:
    return f"text unit {run.id} {lane}"


def _chosen(run: TextRun, reader: Reader) -> _Chosen:
    """What is shown; at first unit 0 of the last layer."""
    first = Unit(reader.experiment.architecture.layers - 1, "h", 0, "")
    return state.kept(_kept(run, reader.lane), lambda: _Chosen(first))


def _take(run: TextRun, reader: Reader, match: Match) -> None:
    """Show the unit of a match with its feature, where the passage has it or else where the text first has it."""
    before = _chosen(run, reader)
    unit = Unit(match.layer, match.kind, match.unit, match.feature)
    state.keep(_kept(run, reader.lane), _Chosen(unit, match, reader.key, before.revision + 1))
    if text_passage.shows_held_out():
        _show(run, match.feature)


def _show(run: TextRun, feature: str) -> None:
    corpus = run.experiments[0].corpus
    allowed = passages.held_out(corpus)
    before = text_passage.start(run, allowed.low)
    values = FEATURES[feature].values(corpus.text[allowed.low :])
    if values[before - allowed.low :][: 2 * _BEFORE].any():
        return
    place = passages.first(values, before - allowed.low)
    if place is not None:
        text_passage.show_from(run, allowed.nearest(allowed.low + place - _BEFORE))


def _unit(run: TextRun, reader: Reader, chosen: _Chosen) -> Unit:
    """Layer, kind, number, and the feature that is marked."""
    architecture, unit = reader.experiment.architecture, chosen.unit
    key = f"text-{{}}-{run.id}-{reader.lane}-{chosen.revision}".format
    st.subheader(_("A passage, coloured by one unit"), anchor=False)
    layer = unit.layer
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if architecture.layers > 1:
            layer = fields.pick(_("Layer"), key("layer"), range(architecture.layers), unit.layer, lambda n: str(n + 1))
        kind = fields.pick(_("Value"), key("kind"), VALUES[architecture.cell], unit.kind)
        with st.container(width=160):
            number = fields.whole(_("Unit"), key("unit"), unit.unit, Range(0, architecture.units - 1))
        with st.container(width=280):
            feature = fields.select(_("Mark beneath the text"), key("feature"), ["", *FEATURES], unit.feature, _feature)
    now = Unit(layer, kind, number, feature)
    state.keep(_kept(run, reader.lane), chosen._replace(unit=now))
    return now


def _feature(name: str) -> str:
    return _(FEATURES[name].title) if name else _("nothing")


def _stretched(value: bool, key: str) -> bool:
    hint = _(
        "From blue at the lowest number of a unit to red at its highest: shows small changes of units that are far from 0."
    )
    return st.toggle(_("Stretch the colours"), value, key=key, help=hint)


def _coloured(run: TextRun, reader: Reader, passage: Passage, unit: Unit) -> None:
    """The passage by this unit, and small pictures of all of them."""
    with st.spinner(_("Reading …")):
        each = text_passage.values(reader, passage, unit.kind)[unit.layer]
    values = each[:, unit.unit]
    feature = text_passage.feature(passage, unit.feature) if unit.feature else None
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        place = st.container(width="content")
        stretched = fields.kept("text stretched", False, _stretched)
    scale = text_drawing.scale_of(unit.kind, values, stretched)
    place.html(text_drawing.scale_key(scale, _(text_drawing.KINDS[unit.kind])))
    if feature is not None and not feature.any():
        st.caption(_("“{feature}” never occurs in this passage.").format(feature=_(FEATURES[unit.feature].title)))
    label = _("The passage, coloured by {kind} of unit {unit}: from {low:.2f} to {high:.2f}, {mean:.2f} on average")
    said = label.format(kind=unit.kind, unit=unit.unit, low=values.min(), high=values.max(), mean=values.mean())
    words = Words(
        f"{said}. {passage.text}", _("Point at a character, or go there with the arrow keys, for its number.")
    )
    text_characters.draw(
        f"characters-cells-{reader.lane}", text_drawing.read(passage.text, values, scale, feature), words
    )
    st.caption(_("All units of this layer: each picture is the passage, a point for each character. Click one."))
    pictures = text_passage.pictures(reader, passage, unit.kind, unit.layer, stretched)

    def take(number: int) -> None:
        before = _chosen(run, reader)
        kept = before._replace(unit=before.unit._replace(unit=number), revision=before.revision + 1)
        state.keep(_kept(run, reader.lane), kept)

    text_units.draw(f"pictures-of-units-{reader.lane}", pictures, each.shape[1], unit.unit, take)
