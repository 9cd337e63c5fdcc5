"""Weights typed in by a person on the page "Inside the cell": a field for each matrix."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from rnnlab.inside import edits, typed
from rnnlab.inside.following import follow
from rnnlab.inside.scenes import Reading, Scene
from rnnlab.inside.typed import Shape, Slot
from rnnlab.reference import Trace, Weights
from rnnlab.texts import _
from rnnlab.ui import fields, state, views

#: Characters for a number with its sign, point and exponent.
_WIDEST = 24


@dataclass
class _Typed:
    """What is typed for one layer: the texts, in whose shape, and the last weights that could be read."""

    weights: Weights
    shape: Shape = Shape.LECTURE
    texts: dict[str, str] = field(default_factory=dict)


def typed_scene(scene: Scene, reading: Reading, name: str) -> tuple[Scene, Reading]:
    """The scene and one of its layers with the weights that are typed here; where they cannot be read, the last that could be."""
    trace = reading.trace
    if sum(weights.size for weights in trace.weights) > typed.MOST_NUMBERS:
        most = _("This layer has more than {most:,} weights: too many to type. Choose a smaller hidden size; until then they are random.")  # fmt: skip
        st.info(most.format(most=typed.MOST_NUMBERS), icon=":material/keyboard:")
        return scene, reading
    kept = state.kept(f"inside typed {name}", lambda: _Typed(_short(trace.weights)))
    st.caption(_("A line for each row, numbers with spaces or commas between them. At first they are random; change what you like."))  # fmt: skip
    _ask_shape(kept, trace)
    _ask(kept, trace, name)
    found = scene._replace(model=scene.model.with_layer(*reading.place, kept.weights))
    return found, next(one for one in follow(found).readings if one.place == reading.place)


def _short(weights: Weights) -> Weights:
    """Weights that are quickly read and typed over."""
    return Weights(*(np.round(array, 2) for array in weights))


def _ask_shape(kept: _Typed, trace: Trace) -> None:
    hint = _("The lecture has W_x as (hidden size × inputs), a matrix for each gate. Keras keeps the transposes, gates side by side.")  # fmt: skip
    shape = fields.choose(_("Typed in"), state.key("inside-shape"), list(Shape), kept.shape, lambda s: _(s.value), hint)
    if shape is not kept.shape or not kept.texts:
        kept.shape = shape
        kept.texts = typed.written(edits.with_weights(trace, kept.weights), shape)


def _ask(kept: _Typed, trace: Trace, name: str) -> None:
    slots = typed.slots(trace, kept.shape)
    each = typed.each_gate(trace, kept.shape)
    for column, start in zip(st.columns(len(slots) // each, gap="small"), range(0, len(slots), each), strict=True):
        with column:
            for slot in slots[start : start + each]:
                kept.texts[slot.name] = _field(slot, kept.texts[slot.name], f"{name} {kept.shape}")
    try:
        kept.weights = typed.read(trace, kept.shape, kept.texts)
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/edit:")
        st.caption(_("What you typed stays. Until it can be read, the last weights that could be are in use."))


def _field(slot: Slot, text: str, name: str) -> str:
    label = _("{name}, {rows} × {columns}").format(name=slot.name, rows=slot.rows, columns=slot.columns)
    key = state.key(f"inside-{name}-{slot.name}")
    return st.text_area(views.plain(label), text, key=key, height="content", max_chars=_WIDEST * slot.numbers + 100)
