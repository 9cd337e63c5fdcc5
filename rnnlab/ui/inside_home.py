"""What can be trusted and taken home on the page "Inside the cell": the difference to Keras, and the NumPy code."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnlab import export_numpy
from rnnlab.inside import maps, scenes
from rnnlab.reference import Trace
from rnnlab.texts import _
from rnnlab.ui import live, views

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

#: Single-precision numbers differ by about this, more or less, after some timesteps.
EXPECTED = 1e-5
#: Lines of code that are shown; the file has them all.
_MOST_LINES = 400


def place_for_comparison() -> DeltaGenerator:
    """Room for ``compared``, so that nothing moves when it is known."""
    place = st.empty()
    place.markdown(_("Keras computes the same, to compare: checking …"))
    return place


def compared(place: DeltaGenerator, trace: Trace, moving: bool) -> None:
    """The largest difference between the hidden states here and those that Keras computes with the same numbers.

    Nothing is asked while all is ``moving``: before an answer came, other numbers would be there.
    """
    if moving:
        place.markdown(_("Keras computes the same, to compare, as soon as nothing moves."))
        return
    if not maps.real_steps(trace).any():
        place.markdown(_("There is nothing but padding, so there is nothing to compare with Keras."))
        return
    model, inputs = scenes.alone(trace)
    given = inputs.astype(np.float32), np.zeros(inputs.shape[:2], np.float32)

    def answered() -> bool:
        return live.engine().keras(model, *given) is not None

    if not live.soon(answered, patience=0.05):
        live.wait_for(answered)
        return
    answer = live.engine().keras(model, *given)
    if answer is None or isinstance(answer, str):
        said = _("Keras could not compute the same: {reason}")
        place.markdown(said.format(reason=views.plain(answer or _("the engine is lost"))))
        return
    difference = float(np.abs(answer.outputs - model.forward(inputs).outputs).max())
    place.markdown(_verdict(difference, trace))


def _verdict(difference: float, trace: Trace) -> str:
    mark = ":green[**✓**]" if difference < EXPECTED else ":red[**≠**]"
    said = _("max |NumPy − Keras| = **{difference:.1e}** over all {n:,} hidden states, computed in Keras with the same weights and inputs.")  # fmt: skip
    steps = int(maps.real_steps(trace).sum())
    words = f"{mark} " + said.format(difference=difference, n=steps * trace.weights.units)
    if trace.start.h.any() or trace.start.c.any():
        words += " " + _("For this, both begin with h = 0, without your change of the first state.")
    return words


def code(trace: Trace, name: str) -> None:
    """The code that computes what is on screen, to copy and to take home."""
    script = export_numpy.script(trace, 0)
    lines = script.splitlines()
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            _("NumPy code (.py)"), script, f"rnnlab-{name}.py", "text/x-python", icon=":material/code:", on_click="ignore",
            key="inside-code",
        )  # fmt: skip
        if export_numpy.ARRAYS_FILE in script:
            st.download_button(
                _("Its numbers (.npz)"), lambda: _file(trace), export_numpy.ARRAYS_FILE, "application/octet-stream",
                icon=":material/dataset:", on_click="ignore", key="inside-arrays",
            )  # fmt: skip
    with st.expander(_("Read or copy it here"), icon=":material/content_copy:"):
        st.code("\n".join(lines[:_MOST_LINES]), "python", height=420)
        if len(lines) > _MOST_LINES:
            st.caption(_("The first {n} lines; the file has all {all:,}.").format(n=_MOST_LINES, all=len(lines)))


def _file(trace: Trace) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **export_numpy.arrays(trace, 0))
    return file.getvalue()
