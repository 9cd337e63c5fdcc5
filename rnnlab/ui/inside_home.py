"""What can be taken home from the page "Inside the cell": the NumPy code that computes what is on screen."""

from __future__ import annotations

import io

import numpy as np
import streamlit as st

from rnnlab import export_numpy
from rnnlab.inside.output import Output
from rnnlab.reference import Trace
from rnnlab.texts import _
from rnnlab.ui import fields

#: Longer code stands in one colour: a browser takes seconds to colour thousands of numbers.
_MOST_COLOURED = 50_000


def part(trace: Trace, said: Output | None) -> None:
    """The code that computes what is on screen, to copy and to take home; it is written when somebody wants it."""
    with st.container(border=True):
        st.subheader(_("Take it home"), anchor=False)
        st.caption(_what(trace, said))
        if _buttons(trace, said):
            code = export_numpy.script(trace, 0, said)
            st.code(code, "python" if len(code) < _MOST_COLOURED else None, height=420)


def _what(trace: Trace, said: Output | None) -> str:
    """What the code computes, and whether it needs its file."""
    computes = (
        _("The same computation as NumPy code: it prints all hidden states and what the output layer says.")
        if said
        else _("The same computation as NumPy code: it prints all hidden states.")
    )
    if not export_numpy.needs_file(trace, 0, said):
        return f"{computes} {_('All numbers stand in it: it runs by itself.')}"
    needs = _("Its numbers are too many to stand in it: it reads them from the file {file}, so take both and keep them in one folder.")  # fmt: skip
    return f"{computes} {needs.format(file=export_numpy.ARRAYS_FILE)}"


def _buttons(trace: Trace, said: Output | None) -> bool:
    """The files; whether the code is to be shown."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.download_button(
            _("NumPy code (.py)"), lambda: export_numpy.script(trace, 0, said), f"rnnlab-{trace.cell}.py", "text/x-python",
            icon=":material/code:", on_click="ignore", key="inside-code",
        )  # fmt: skip
        if export_numpy.needs_file(trace, 0, said):
            st.download_button(
                _("Its numbers (.npz)"), lambda: _file(trace, said), export_numpy.ARRAYS_FILE, "application/octet-stream",
                icon=":material/dataset:", on_click="ignore", key="inside-arrays",
            )  # fmt: skip
        title = _("Read or copy it here")
        return fields.kept("inside code shown", False, lambda v, key: st.toggle(title, v, key=key))


def _file(trace: Trace, said: Output | None) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **export_numpy.arrays(trace, 0, said))
    return file.getvalue()
