"""Change one number on the page "Inside the cell" and see what follows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from rnnlab.counting import Gate
from rnnlab.inside import edits, maps, typed
from rnnlab.inside.edits import NUMBERS, Edits, Number, Part, Place
from rnnlab.inside.following import Followed, effects, follow, said
from rnnlab.inside.scenes import Reading
from rnnlab.reference import Trace
from rnnlab.tasks import Task
from rnnlab.texts import _, ngettext
from rnnlab.ui import drawn_views, fields, inside_maps, state, views
from rnnlab.ui.inside_address import Source
from rnnlab.ui.inside_choice import Chosen

#: Rows and columns of an array that can be edited here.
_MOST = 40
#: A column's width in pixels, for numbers such as -0.0123456, and characters that may be typed in it.
_WIDTH, _LONGEST = 105, 24


class _Shelf(NamedTuple):
    """The numbers that a person has changed, and what they belong to, as ``name``.

    Those of the input and of states over time belong to one sample. Those of weights stand at every epoch and seed; but where
    weights are typed in, they belong to what is typed, so that what a person types last counts.
    """

    name: str
    read: dict[Number, float]
    weights: dict[Number, float]
    first: dict[Number, float]

    @property
    def all(self) -> Edits:
        return {**self.read, **self.weights, **self.first}

    def of(self, place: Place) -> dict[Number, float]:
        if place.gate:
            return self.weights
        return self.first if place.part in (Part.FIRST_H, Part.FIRST_C) else self.read


def changed(chosen: Chosen) -> Edits:
    """All that was changed on this page in the layer that is looked at."""
    return _shelf(chosen).all


def _shelf(chosen: Chosen) -> _Shelf:
    sample, typed_in = hash(chosen.scene.inputs.tobytes()), ""
    if chosen.reading and chosen.source is Source.TYPED:
        typed_in = f"typed {hash(tuple(array.tobytes() for array in chosen.reading.trace.weights))}"
    name = f"inside edits {chosen.name}"
    kinds = (f"{name} sample {sample}", f"{name} weights {typed_in}", f"{name} first")
    return _Shelf(f"{sample} {typed_in}", *(state.kept(kind, dict[Number, float]) for kind in kinds))


def beside_keras(found: Edits) -> str:
    """What of the edits Keras was not told, as a sentence; empty for nothing."""
    if all(number.place.gate for number in found):
        return ""
    return _("For this, both read the input and compute the states without your changes.")


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
    for numbers in (shelf.read, shelf.weights, shelf.first):
        numbers.clear()
    state.keep("inside editors", state.kept("inside editors", int) + 1)


def part(chosen: Chosen, reading: Reading, step: int) -> None:
    """A table to change numbers in, and what follows."""
    with st.container(border=True):
        st.subheader(_("Change a number"), anchor=False)
        _editor(chosen, reading, step)
        _what_follows(chosen)


def _editor(chosen: Chosen, reading: Reading, step: int) -> None:
    """A table of the numbers of one array, to change them.

    Args:
        chosen: what is looked at.
        reading: its layer with all edits.
        step: the timestep that is looked at.
    """
    now = reading.trace
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
    rows, columns = _rows(place, array.shape[0]), _columns(array.shape[1])
    texts = [[f"{value:.6g}" for value in row[:_MOST]] for row in array[:_MOST]]  # as numbers, 1e9 would become 19
    key = state.key(
        f"inside-editor-{state.kept('inside editors', int)}-{chosen.name}-{_shelf(chosen).name}-{number}-{step}"
    )
    alt = _("The numbers of {name}").format(name=names[number])
    st.data_editor(
        pd.DataFrame(texts, rows, columns), key=key, column_config=_config(columns), width="content",
        on_change=partial(_take, key, chosen, place), alt=alt,
    )  # fmt: skip
    _say(key, rows)
    if max(array.shape) > _MOST:
        st.caption(_("Only the first {most} rows and columns can be changed here.").format(most=_MOST))


def _say(key: str, rows: list[str]) -> None:
    """What may be typed in a table, and what of it cannot be read."""
    low, high = NUMBERS.written
    st.caption(_("Numbers from {low} to {high}; 1e-3 is 0.001.").format(low=low, high=high))
    if problems := cells_typed(_edited_rows(key)).problems:
        where = _("In {row}, column {column}: {problem}.")
        lines = [where.format(row=rows[row], column=column, problem=said) for (row, column), said in problems.items()]
        st.warning("  \n".join(map(views.plain, lines)), icon=":material/edit:")
        st.caption(_("What you typed stays. Until it can be read, the last number that could be is in use."))


def _config(columns: list[str]) -> dict[str, ColumnConfig]:
    column = st.column_config.TextColumn
    return {name: column(name, width=_WIDTH, alignment="right", required=True, max_chars=_LONGEST) for name in columns}


class Cells(NamedTuple):
    """What is typed in a table, by row and column, from 0 and from 1: numbers, and what is wrong with all that are none."""

    numbers: dict[tuple[int, int], float]
    problems: dict[tuple[int, int], str]


def cells_typed(rows: Mapping[int, Mapping[str, str | None]]) -> Cells:
    """Read the cells of a table as Streamlit has those that were typed into: by row, and by the name of the column."""
    found = Cells({}, {})
    for row, cells in rows.items():
        for column, text in cells.items():
            try:
                found.numbers[int(row), int(column)] = typed.number(text or "")
            except ValueError as error:
                found.problems[int(row), int(column)] = str(error)
    return found


def _edited_rows(key: str) -> Mapping[int, Mapping[str, str | None]]:
    return st.session_state[key]["edited_rows"]  # type: ignore[no-any-return]


def _take(key: str, chosen: Chosen, place: Place) -> None:
    """Keep what was typed into a table."""
    shelf = _shelf(chosen).of(place)
    for (row, column), value in cells_typed(_edited_rows(key)).numbers.items():
        shelf[Number(place, row, column - 1)] = value


def _rows(place: Place, count: int) -> list[str]:
    name = _("number {n}") if place.part is Part.INPUT else _("unit {n}")
    return [name.format(n=n + 1) for n in range(min(count, _MOST))]


def _columns(count: int) -> list[str]:
    return [str(n + 1) for n in range(min(count, _MOST))]


def _place_name(place: Place, trace: Trace) -> str:
    units, inputs = trace.weights.units, trace.weights.kernel.shape[0]
    names = {
        Part.INPUT: _("x, the input of this timestep ({inputs} numbers)"),
        Part.H: _("h, the state after this timestep ({units} numbers)"),
        Part.C: _("c, the cell state after this timestep ({units} numbers)"),
        Part.FIRST_H: _("h before the first timestep ({units} numbers)"),
        Part.FIRST_C: _("c before the first timestep ({units} numbers)"),
        Part.KERNEL: _("W_x{gate} ({units} × {inputs})"),
        Part.RECURRENT_KERNEL: _("W_h{gate} ({units} × {units})"),
        Part.BIAS: _("b{gate} ({units} numbers)"),
        Part.RECURRENT_BIAS: _("b_h{gate} ({units} numbers)"),
    }
    gate = "" if place.gate in (None, Gate.STATE) else _(" of the {gate} gate").format(gate=_(str(place.gate)))
    return names[place.part].format(gate=gate, units=units, inputs=inputs)


def _what_follows(chosen: Chosen) -> None:
    """What differs since numbers were changed: in the layer, in those behind it, and in what is said."""
    before, now = follow(chosen.scene), follow(chosen.scene, chosen.place, changed(chosen))
    found = effects(before, now)
    if not found:
        st.caption(_("Nothing is changed yet. Change a number: everything on this page follows, and here stands by how much the states differ, and what is said then."))  # fmt: skip
        return
    _answers(chosen, before, now)
    for effect in found:
        reading = next(one for one in now.readings if one.title == effect.title)
        one = maps.Map(f"Δh {effect.title}", _("Δh of {layer}: h now minus h without your edits").format(layer=effect.title), effect.difference)  # fmt: skip
        inside_maps.heatmap(one, reading.trace, reading.steps, f"inside-difference-{effect.title}")
        said_words = _("The edits reach h first at timestep {first}; the largest difference is {most:.4f}.")
        label = maps.step_label(effect.first, reading.steps[effect.first])
        st.caption(said_words.format(first=label, most=effect.largest))


def _answers(chosen: Chosen, before: Followed, now: Followed) -> None:
    """What is said without the edits and with them, one below the other."""
    task, scene = chosen.subject.work, chosen.scene
    if not isinstance(task, Task):
        return
    kinds: tuple[tuple[str, Edits, float | None], ...] = (
        (_("said without your edits"), {}, before.loss),
        (_("said with them"), changed(chosen), now.loss),
    )
    for title, made, loss in kinds:
        answer = said(scene, chosen.place, made)
        assert answer is not None
        views.facts([(title, ""), *([] if loss is None else [(_("loss"), f"{loss:.4f}")])])
        drawn_views.drawn(task.draw(scene.inputs[0], scene.target, answer))
