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
    """What is typed for one layer: the weights that stood there at first, the last that could be read, and in whose shape.

    ``texts`` has what stands in the fields of this shape, and what could not be read yet in those of the other.
    """

    first: Weights
    weights: Weights
    shape: Shape = Shape.LECTURE
    texts: dict[Shape, dict[str, str]] = field(default_factory=dict)

    def untouched(self, trace: Trace) -> bool:
        return all(texts == _texts(trace, self.first, shape) for shape, texts in self.texts.items())


def typed_scene(scene: Scene, reading: Reading, name: str, origin: str) -> tuple[Scene, Reading]:
    """The scene and one of its layers with the weights that are typed here; where they cannot be read, the last that could be.

    Args:
        scene: with the weights that were on screen before.
        reading: the layer.
        name: the same for all layers that the same typed weights fit in.
        origin: where the weights of the scene come from, in words.
    """
    trace = reading.trace
    if sum(weights.size for weights in trace.weights) > typed.MOST_NUMBERS:
        most = _("This layer has more than {most:,} weights: too many to type. Choose a smaller hidden size; until then they are those that were on screen ({origin}).")  # fmt: skip
        st.info(most.format(most=typed.MOST_NUMBERS, origin=origin), icon=":material/keyboard:")
        return scene, reading
    kept = _kept(trace, name)
    _say(scene, trace, origin)
    _ask_shape(kept, trace, name)
    _ask(kept, trace, name)
    found = scene._replace(model=scene.model.with_layer(*reading.place, kept.weights))
    return found, next(one for one in follow(found).readings if one.place == reading.place)


def _kept(trace: Trace, name: str) -> _Typed:
    """What is typed for this layer; where nothing has been typed yet, what was on screen."""
    first = Weights(*(np.round(array, 2) for array in trace.weights))  # quickly read and typed over
    kept = state.kept(f"inside typed {name}", lambda: _Typed(first, first))
    if kept.untouched(trace):
        kept.first, kept.weights, kept.texts = first, first, {}
    return kept


def _say(scene: Scene, trace: Trace, origin: str) -> None:
    """How weights are typed, and what all that is not typed is."""
    st.caption(_("A line for each row, numbers with spaces or commas between them. At first they are what was on screen, rounded ({origin}); change what you like.").format(origin=origin))  # fmt: skip
    if sum(array.size for array in trace.weights) < sum(array.size for array in scene.model.weights):
        st.caption(_("Typed in are the weights of this layer alone; all others of the model are as they were on screen ({origin}).").format(origin=origin))  # fmt: skip


def _texts(trace: Trace, weights: Weights, shape: Shape) -> dict[str, str]:
    return typed.written(edits.with_weights(trace, weights), shape)


def _ask_shape(kept: _Typed, trace: Trace, name: str) -> None:
    hint = _("The lecture has W_x as (hidden size × inputs), a matrix for each gate. Keras keeps the transposes, gates side by side.")  # fmt: skip
    shape = fields.choose(_("Typed in"), state.key("inside-shape"), list(Shape), kept.shape, lambda s: _(s.value), hint)
    if shape is not kept.shape:
        _leave(kept, trace, name)
        kept.shape = shape
    kept.texts.setdefault(shape, _texts(trace, kept.weights, shape))


def _leave(kept: _Typed, trace: Trace, name: str) -> None:
    """What stands in the fields of one shape goes over to the other; where it cannot be read it stays, to be mended later.

    What was typed just before is known to the session alone.
    """
    texts = kept.texts.pop(kept.shape)
    texts = {slot: st.session_state.get(_key(name, kept.shape, slot), text) for slot, text in texts.items()}
    try:
        kept.weights = typed.read(trace, kept.shape, texts)
    except ValueError:
        kept.texts[kept.shape] = texts


def _ask(kept: _Typed, trace: Trace, name: str) -> None:
    slots, texts = typed.slots(trace, kept.shape), kept.texts[kept.shape]
    each = typed.each_gate(trace, kept.shape)
    for column, start in zip(st.columns(len(slots) // each, gap="small"), range(0, len(slots), each), strict=True):
        with column:
            for slot in slots[start : start + each]:
                texts[slot.name] = _field(slot, texts[slot.name], _key(name, kept.shape, slot.name))
    try:
        kept.weights = typed.read(trace, kept.shape, texts)
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/edit:")
        st.caption(_("What you typed stays. Until it can be read, the last weights that could be are in use."))


def _key(name: str, shape: Shape, slot: str) -> str:
    return state.key(f"inside-{name}-{shape}-{slot}")


def _field(slot: Slot, text: str, key: str) -> str:
    label = _("{name}, {rows} × {columns}").format(name=slot.name, rows=slot.rows, columns=slot.columns)
    return st.text_area(label, text, key=key, height="content", max_chars=_WIDEST * slot.numbers + 100)
