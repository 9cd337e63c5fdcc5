"""What follows from a scene and from what a person has changed in it: layer by layer, up to what is said, its loss and its gradients.

Answers are kept: a page that is drawn anew, because somebody looks at another timestep, computes nothing again.
"""

from __future__ import annotations

from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.inside.edits import Edits, edited
from rnnlab.inside.scenes import Reading, Scene, readings
from rnnlab.keyed import Keyed, same_array
from rnnlab.reference import Array, Comparison, Pass
from rnnlab.tasks.drawn import Said

_NO_EDITS: Edits = MappingProxyType({})
#: Answers that are kept for everyone together: several lanes at an epoch or two, with edits and without.
_KEPT = 24


class Followed(NamedTuple):
    """What a model does with the sample of a scene.

    Attributes:
        readings: of each recurrent layer in each direction, from the input on.
        loss: of the sample; None where there is none, or nobody knows what is expected.
        gradients: |∂loss/∂h_t| of each reading, (T); nothing without a loss.
    """

    readings: tuple[Reading, ...]
    loss: float | None
    gradients: tuple[Array, ...]


class Effect(NamedTuple):
    """By how much the hidden states of a layer differ since numbers were changed.

    Attributes:
        title: of the layer.
        difference: h now minus h before, (T, U).
        first: the timestep, in the order in which they are read, at which it differs first.
        largest: of all differences, without its sign.
    """

    title: str
    difference: Array
    first: int
    largest: float


def follow(scene: Scene, place: tuple[str, bool] | None = None, edits: Edits = _NO_EDITS) -> Followed:
    """What the model of a scene does, with numbers of the layer at ``place`` changed.

    Raises:
        ValueError: as ``edits.edited``.
    """
    return _follow(_keyed(scene, place, edits))


def said(scene: Scene, place: tuple[str, bool] | None = None, edits: Edits = _NO_EDITS) -> Said | None:
    """What the model then says to each of the questions, at each step, (P); None where there is nothing to draw."""
    return None if scene.questions is None else _said(_keyed(scene, place, edits))


def effects(before: Followed, now: Followed) -> tuple[Effect, ...]:
    """Where hidden states differ, layer by layer."""
    found = []
    for old, new in zip(before.readings, now.readings, strict=True):
        difference = new.trace.h[0] - old.trace.h[0]
        first = next((t for t in new.trace.order if difference[t].any()), None)
        if first is not None:
            found.append(Effect(new.title, difference, first, float(np.abs(difference).max())))
    return tuple(found)


def comparison(scene: Scene, reading: Reading | None = None, edits: Edits = _NO_EDITS) -> Comparison:
    """The model of a scene, to be compared with Keras; with the weights that were changed in the layer of ``reading``.

    Numbers that were changed in the input and in states are no part of it: Keras cannot be told them.
    """
    model = scene.model
    if reading and any(number.place.gate for number in edits):
        model = model.with_layer(*reading.place, reading.trace.weights)
    return Comparison.of(model, scene.inputs, None if scene.target is None else scene.target[np.newaxis])


class _Asked(NamedTuple):
    scene: Scene
    place: tuple[str, bool] | None
    edits: Edits


def _keyed(scene: Scene, place: tuple[str, bool] | None, edits: Edits) -> Keyed[_Asked]:
    target = None if scene.target is None else same_array(scene.target)
    changed = (place, frozenset(edits.items())) if edits else None
    asked = _Asked(scene, place, dict(edits))
    return Keyed(asked, scene.model, same_array(scene.inputs), scene.steps, target, changed)


@lru_cache(maxsize=_KEPT)
def _follow(asked: Keyed[_Asked]) -> Followed:
    scene = asked.value.scene
    passed = _passed(asked.value, scene.inputs)
    found = readings(scene, passed.reads)
    if scene.target is None or not scene.model.has_loss:
        return Followed(found, None, ())
    target = scene.target[np.newaxis]
    gradients = [read.gradients for read in passed.back(target).reads]
    return Followed(found, passed.loss(target), tuple(np.linalg.norm(g.h[0], axis=-1) for g in gradients if g))


@lru_cache(maxsize=_KEPT)
def _said(asked: Keyed[_Asked]) -> Said:
    questions = asked.value.scene.questions
    assert questions is not None
    rows = [questions] if not asked.value.edits else [row[np.newaxis] for row in questions]  # edits are of one sample
    outputs = np.concatenate([_passed(asked.value, row).outputs for row in rows])  # (R, S, K)
    return Said.of(outputs.reshape(-1, outputs.shape[-1]))


def _passed(asked: _Asked, inputs: NDArray[Any]) -> Pass:
    changes = {asked.place: partial(edited, edits=asked.edits)} if asked.place and asked.edits else {}
    return asked.scene.model.forward(inputs, changes=changes)
