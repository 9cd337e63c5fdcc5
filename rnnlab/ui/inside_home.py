"""What can be taken home from the page "Inside the cell": the NumPy code that computes what is on screen."""

from __future__ import annotations

import io

import numpy as np
import streamlit as st

from rnnlab import export_numpy
from rnnlab.reference import Trace
from rnnlab.texts import _
from rnnlab.ui import fields

#: Lines of code that are shown; the file has them all.
_MOST_LINES = 400


def part(trace: Trace) -> None:
    """The code that computes what is on screen, to copy and to take home; it is written when somebody wants it."""
    with st.container(border=True):
        st.subheader(_("Take it home"), anchor=False)
        st.caption(
            _(
                "The same computation as NumPy code, with all its numbers: it runs by itself and prints all hidden states."
            )
        )
        if _buttons(trace):
            lines = export_numpy.script(trace, 0).splitlines()
            st.code("\n".join(lines[:_MOST_LINES]), "python", height=420)
            if len(lines) > _MOST_LINES:
                st.caption(_("The first {n} lines; the file has all {all:,}.").format(n=_MOST_LINES, all=len(lines)))


def _buttons(trace: Trace) -> bool:
    """The files; whether the code is to be shown."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.download_button(
            _("NumPy code (.py)"), lambda: export_numpy.script(trace, 0), f"rnnlab-{trace.cell}.py", "text/x-python", icon=":material/code:",
            on_click="ignore", key="inside-code",
        )  # fmt: skip
        if export_numpy.needs_file(trace, 0):
            st.download_button(
                _("Its numbers (.npz)"), lambda: _file(trace), export_numpy.ARRAYS_FILE, "application/octet-stream",
                icon=":material/dataset:", on_click="ignore", key="inside-arrays",
            )  # fmt: skip
        title = _("Read or copy it here")
        return fields.kept("inside code shown", False, lambda v, key: st.toggle(title, v, key=key))


def _file(trace: Trace) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **export_numpy.arrays(trace, 0))
    return file.getvalue()
