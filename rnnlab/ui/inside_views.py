"""What the page "Inside the cell" shows of a layer: its timesteps and operations, the drawing, maps over time, its code."""

from __future__ import annotations

from functools import partial
from html import escape

import numpy as np
import streamlit as st

from rnnlab import cell_drawing, export_numpy, grids, heatmaps
from rnnlab.architecture import Cell, Range
from rnnlab.colours import GATES
from rnnlab.inside import maps
from rnnlab.inside.maps import Map, Saturation
from rnnlab.inside.scenes import Reading
from rnnlab.operations import Notation, Operation, operations
from rnnlab.reference import Trace
from rnnlab.tasks.text import visible
from rnnlab.texts import _
from rnnlab.ui import fields, state

#: More timesteps than this are not drawn as boxes in a row.
_MOST_BOXES = 40
#: Rows and columns of the table of numbers, and numbers of one timestep in a line.
_MOST_ROWS, _MOST_COLUMNS, _MOST_SAID = 40, 16, 8


class Walk:
    """Where a person stands: at which timestep, and at which of its operations.

    Attributes:
        step: the timestep of the input, from 0.
    """

    def __init__(self, trace: Trace, steps: tuple[str, ...], name: str) -> None:
        self.order, self.steps = trace.order, steps
        self.padding = ~maps.real_steps(trace)
        self._place = f"inside step {name} {len(steps)}"
        self.key = state.key(f"inside-step-{name}-{len(steps)}")
        self.step = min(state.kept(self._place, lambda: trace.order[0]), len(steps) - 1)

    def ask(self) -> None:
        """A slider over the timesteps, with what is read there in boxes below it, and a step back and forth."""
        places = range(len(self.steps))
        if len(self.steps) > 1:
            self.step = st.select_slider(_("Timestep"), places, self.step, self.label, key=self.key)
            state.keep(self._place, self.step)
        self._boxes()

    def label(self, step: int) -> str:
        return maps.step_label(step, self.steps[step])

    def _boxes(self) -> None:
        if len(self.steps) > _MOST_BOXES or not any(self.steps):
            return
        boxes = "".join(self._box(n, word) for n, word in enumerate(self.steps))
        st.html(f'<div class="lab-text">{boxes}</div>')

    def _box(self, step: int, word: str) -> str:
        kind = " right" if step == self.step else ""
        faint = ' style="opacity:.4"' if self.padding[step] else ""
        return f'<span class="lab-char{kind}"{faint}>{escape(visible(word)) or "·"}<small>{step + 1}</small></span>'

    def go(self, by: int) -> None:
        """Go so many timesteps on, in the order in which they are read."""
        place = min(max(self.order.index(self.step) + by, 0), len(self.order) - 1)
        step = self.order[place]
        state.keep(self._place, step)
        st.session_state[self.key] = step

    @property
    def first(self) -> bool:
        return self.step == self.order[0]

    @property
    def last(self) -> bool:
        return self.step == self.order[-1]
