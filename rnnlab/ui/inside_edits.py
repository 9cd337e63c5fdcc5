"""Change one number on the page "Inside the cell" and see what follows."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from rnnlab.counting import Gate
from rnnlab.inside import edits, maps
from rnnlab.inside.edits import NUMBERS, Edits, Number, Part, Place
from rnnlab.inside.scenes import Reading
from rnnlab.reference import Trace
from rnnlab.texts import _, ngettext
from rnnlab.ui import fields, inside_maps, state
from rnnlab.ui.inside_choice import Chosen

#: Rows and columns of an array that can be edited here.
_MOST = 40


class _Shelf(NamedTuple):
    """The numbers that a person has changed: of the input, which belongs to one sample, and all others."""

    inputs: dict[Number, float]
    others: dict[Number, float]

    @property
    def all(self) -> Edits:
        return {**self.inputs, **self.others}

    def of(self, place: Place) -> dict[Number, float]:
        return self.inputs if place.part is Part.INPUT else self.others


def edited(chosen: Chosen, reading: Reading) -> Trace:
    """What the layer does with all that was changed on this page."""
    found = _shelf(chosen).all
    return edits.edited(reading.trace, found) if found else reading.trace


def _shelf(chosen: Chosen) -> _Shelf:
    sample = hash(chosen.scene.inputs.tobytes())
    inputs = state.kept(f"inside edited inputs {chosen.name} {sample}", dict[Number, float])
    return _Shelf(inputs, state.kept(f"inside edits {chosen.name}", dict[Number, float]))


def note(chosen: Chosen) -> None:
    """That what is on the page is edited, in a line that is always there."""
    count = len(_shelf(chosen).all)
    if not count:
        st.caption(_("All numbers below follow from these weights and this input."))
        return
    words = ngettext("{n} number is changed, and all others follow.", "{n} numbers are changed, and all others follow.", count)  # fmt: skip
    st.caption(f":orange-badge[:material/edit: {_('edited')}] " + words.format(n=count))


def _undo(chosen: Chosen) -> None:
    shelf = _shelf(chosen)
    shelf.inputs.clear()
    shelf.others.clear()
    state.keep("inside editors", state.kept("inside editors", int) + 1)


def editor(chosen: Chosen, reading: Reading, now: Trace, step: int) -> None:
    """A table of the numbers of one array, to change them.

    Args:
        chosen: what is looked at.
        reading: its layer as it is without edits.
        now: the layer with them.
        step: the timestep that is looked at.
    """
    found = edits.places(now, step)
    names = [_place_name(place, now) for place in found]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        number = fields.kept(
            f"inside place {len(found)}", 0, lambda v, key: fields.select(_("Change"), key, range(len(found)), v, names.__getitem__)
        )  # fmt: skip
    right.button(
        _("Undo all edits"), icon=":material/undo:", key="inside-undo", on_click=_undo, args=(chosen,), disabled=not _shelf(chosen).all,
    )  # fmt: skip
    place, array = found[number], edits.values(now, found[number])
    table = pd.DataFrame(array[:_MOST, :_MOST], _rows(place, array.shape[0]), _columns(array.shape[1]))
    key = state.key(f"inside-editor-{state.kept('inside editors', int)}-{chosen.name}-{number}-{step}")
    alt = _("The numbers of {name}").format(name=names[number])
    st.data_editor(
        table, key=key, column_config=_config(array.shape[1]), width="content", on_change=partial(_take, key, chosen, place), alt=alt,
    )  # fmt: skip
    if max(array.shape) > _MOST:
        st.caption(_("Only the first {most} rows and columns can be changed here.").format(most=_MOST))
    _what_follows(reading, now)


def _config(count: int) -> dict[str, ColumnConfig]:
    low, high = NUMBERS
    column = st.column_config.NumberColumn
    return {name: column(name, min_value=low, max_value=high, format="%.4f", required=True) for name in _columns(count)}


def _take(key: str, chosen: Chosen, place: Place) -> None:
    """Keep what was typed into a table: its cells by row and name of the column."""
    shelf = _shelf(chosen).of(place)
    for row, cells in st.session_state[key]["edited_rows"].items():
        for column, value in cells.items():
            number = Number(place, int(row), int(column) - 1)
            if isinstance(value, int | float) and NUMBERS.low <= value <= NUMBERS.high:
                shelf[number] = float(value)
            else:
                shelf.pop(number, None)


def _rows(place: Place, count: int) -> list[str]:
    name = _("number {n}") if place.part is Part.INPUT else _("unit {n}")
    return [name.format(n=n + 1) for n in range(min(count, _MOST))]


def _columns(count: int) -> list[str]:
    return [str(n + 1) for n in range(min(count, _MOST))]


def _place_name(place: Place, trace: Trace) -> str:
    units, inputs = trace.weights.units, trace.weights.kernel.shape[0]
    names = {
        Part.INPUT: _("x, the input of this timestep ({inputs} numbers)"),
        Part.H: _("h before the first timestep ({units} numbers)"),
        Part.C: _("c before the first timestep ({units} numbers)"),
        Part.KERNEL: _("W_x{gate} ({units} × {inputs})"),
        Part.RECURRENT_KERNEL: _("W_h{gate} ({units} × {units})"),
        Part.BIAS: _("b{gate} ({units} numbers)"),
        Part.RECURRENT_BIAS: _("b_h{gate} ({units} numbers)"),
    }
    gate = "" if place.gate in (None, Gate.STATE) else _(" of the {gate} gate").format(gate=_(str(place.gate)))
    return names[place.part].format(gate=gate, units=units, inputs=inputs)


def _what_follows(reading: Reading, now: Trace) -> None:
    """How far the hidden states are from those without edits, at every timestep."""
    difference = now.h[0] - reading.trace.h[0]
    if not difference.any():
        st.caption(_("Nothing is changed yet. Change a number: everything on this page follows, and here stands by how much h differs from then on."))  # fmt: skip
        return
    one = maps.Map("Δh", _("h now minus h without your edits"), difference)
    inside_maps.heatmap(one, now, reading.steps, "inside-difference")
    first = next(t for t in reading.trace.order if difference[t].any())
    most = float(np.abs(difference).max())
    said = _("The edits reach h first at timestep {first}; the largest difference is {most:.4f}.")
    st.caption(said.format(first=maps.step_label(first, reading.steps[first]), most=most))
