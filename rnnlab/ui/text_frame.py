"""The views of the text lab: training, writing with what was trained, and what its cells have learned."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import streamlit as st

from rnnlab.engine import TextRun
from rnnlab.texts import _, noted
from rnnlab.ui import fields, state, text_cells_views, text_write_views


class View(StrEnum):
    """What the page shows; the value is its name on screen."""

    TRAIN = noted("Train")
    WRITE = noted("Write")
    CELLS = noted("Cells")


#: What draws a run in the views other than the first.
DRAWN: dict[View, Callable[[TextRun], None]] = {View.WRITE: text_write_views.write, View.CELLS: text_cells_views.cells}

_INVITATIONS = {
    View.WRITE: noted("Nothing is trained yet. Train first: then the trained models write here, one character after the other."),
    View.CELLS: noted("Nothing is trained yet. Train first: then the cells of the trained models can be looked into here."),
}  # fmt: skip


def trains(run: TextRun | None) -> bool:
    """Ask for a view and draw it; whether it is the one that trains, which the page draws itself."""
    shown = next((one for one in View if one.name.lower() == state.text_view()), View.TRAIN)
    key = state.key("text-view")
    view = fields.choose(_("View"), key, list(View), shown, lambda one: _(one.value), labelled=False)
    state.set_text_view("" if view is View.TRAIN else view.name.lower())
    if view is View.TRAIN:
        return True
    if run and (run.status.active or any(lane.history.scores for lane in run.lanes)):
        DRAWN[view](run)
    else:
        st.info(_(_INVITATIONS[view]), icon=":material/auto_stories:")
    return False
