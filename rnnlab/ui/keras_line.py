"""One line on pages that compute with NumPy: how far that is from Keras, measured on what is on screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from rnnlab.reference import EXPECTED, Comparison, Difference
from rnnlab.texts import _
from rnnlab.ui import live, views

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def place_for_comparison() -> DeltaGenerator:
    """Room for ``compare``, so that nothing moves when it is known."""
    place = st.empty()
    place.markdown(_("Keras computes the same, to compare: checking …"))
    return place


def compare(place: DeltaGenerator, asked: Sequence[Comparison], moving: bool, note: str = "") -> None:
    """The largest |NumPy − Keras| of all outputs, states and gradients of these models.

    Nothing is asked while all is ``moving``: before an answer came, other numbers would be there.

    Args:
        place: from ``place_for_comparison``.
        asked: the models on screen with what they read; at least one.
        moving: whether weights change by themselves.
        note: what else is to be said.
    """
    if moving:
        place.markdown(_("Keras computes the same, to compare, as soon as nothing moves."))
        return

    def answered() -> bool:
        found = [live.engine().difference(one) for one in asked]  # all are asked at once
        return all(one is not None for one in found)

    if not answered():
        live.wait_for(answered)
        return
    found = [live.engine().difference(one) for one in asked]
    measured = [one for one in found if isinstance(one, Difference)]
    if len(measured) < len(found):
        reason = next((one for one in found if isinstance(one, str)), _("the engine is lost"))
        place.markdown(_("Keras could not compute the same: {reason}").format(reason=views.plain(reason)))
        return
    place.markdown(" ".join(filter(None, (_verdict(measured), note))))


def _verdict(measured: Sequence[Difference]) -> str:
    mark = ":green[**✓**]" if all(one.mixed < EXPECTED for one in measured) else ":red[**≠**]"
    kinds = {
        _("outputs"): [one.outputs for one in measured],
        _("states"): [one.states for one in measured if one.states is not None],
        _("gradients of weights"): [one.gradients for one in measured if one.gradients is not None],
    }
    each = ", ".join(f"{name} ({max(found):.1e})" for name, found in kinds.items() if found)
    said = _("max |NumPy − Keras| = **{largest:.1e}** over {n:,} numbers: {each}, with the same weights and inputs in single precision.")  # fmt: skip
    largest, numbers = max(one.largest for one in measured), sum(one.numbers for one in measured)
    return f"{mark} " + said.format(largest=largest, n=numbers, each=each)
