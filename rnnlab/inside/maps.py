"""Gates and states over time: which values a layer has, how far its gates are saturated, and tables for heatmaps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rnnlab.architecture import Cell
from rnnlab.counting import Gate
from rnnlab.reference import Array, Trace
from rnnlab.tasks.drawn import visible
from rnnlab.texts import _, noted

#: A heatmap has at most so many cells: the first units, and every second, third … timestep.
MOST_CELLS, MOST_UNITS = 2000, 32
#: A gate is taken for closed below the first and for open above the second.
CLOSED, OPEN = 0.1, 0.9
#: Of these, the least that no value exceeds has a heatmap's full colour: it moves seldom while a model trains.
_LIMITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0, 10_000.0)


class Map(NamedTuple):
    """One value of every unit at every timestep.

    Attributes:
        name: as the equations have it.
        title: what it does, in the lectures' words.
        values: (T, U).
        gate: whose colour it has, where it lies from 0 to 1; None where it is signed.
    """

    name: str
    title: str
    values: Array
    gate: Gate | None = None

    @property
    def limit(self) -> float:
        """The value that has the full colour: 1 for gates."""
        largest = float(np.abs(self.values).max(initial=0.0))
        return 1.0 if self.gate else next((limit for limit in _LIMITS if largest <= limit), _LIMITS[-1])


class Saturation(NamedTuple):
    """How much of a gate, over all units and timesteps, is nearly closed or nearly open; shares from 0 to 1."""

    name: str
    gate: Gate
    closed: float
    open: float


_TITLES: dict[Cell, tuple[tuple[str, str, Gate | None], ...]] = {
    Cell.SIMPLE_RNN: (
        ("sums", noted("W_x x + W_h h + b: what stands inside tanh"), None),
        ("h", noted("h: the hidden state"), None),
    ),
    Cell.LSTM: (
        ("f", noted("f, forget gate: near 0 erases"), Gate.FORGET),
        ("i", noted("i, input gate: how much may be written"), Gate.INPUT),
        ("g", noted("g, candidate: what could be written"), None),
        ("i∘g", noted("i∘g: what is written"), None),
        ("c", noted("c, cell state: what is kept"), None),
        ("o", noted("o, output gate: how much is revealed"), Gate.OUTPUT),
        ("h", noted("h, hidden state: what is revealed"), None),
    ),
    Cell.GRU: (
        ("z", noted("z, update gate: near 1 keeps the old state"), Gate.UPDATE),
        ("r", noted("r, reset gate: near 0 leaves the past out of g"), Gate.RESET),
        ("g", noted("g, candidate: what could be written"), None),
        ("(1−z)∘g", noted("(1−z)∘g: what is written"), None),
        ("h", noted("h: the hidden state"), None),
    ),
}


def maps(trace: Trace) -> tuple[Map, ...]:
    """Every gate and state of the only sample that a layer has read."""
    known = {name: array[0] for name, array in trace.values.items()}
    if trace.cell is Cell.LSTM:
        known["i∘g"] = known["i"] * known["g"]
    if trace.cell is Cell.GRU:
        known["(1−z)∘g"] = (1.0 - known["z"]) * known["g"]
    return tuple(Map(name, _(title), known[name], gate) for name, title, gate in _TITLES[trace.cell])


def real_steps(trace: Trace) -> NDArray[np.bool_]:
    """Which timesteps are no padding, (T)."""
    return np.ones(trace.inputs.shape[1], bool) if trace.mask is None else trace.mask[0]


def first_step(trace: Trace) -> int:
    """The timestep that is read first, but for padding."""
    real = real_steps(trace)
    return next((t for t in trace.order if real[t]), trace.order[0])


def saturation(trace: Trace) -> tuple[Saturation, ...]:
    """The share of values of each gate that are below ``CLOSED`` and above ``OPEN``; padding does not count."""
    real = real_steps(trace)
    found = []
    for one in maps(trace):
        values = one.values[real]
        if one.gate and values.size:
            found.append(Saturation(one.name, one.gate, float(np.mean(values < CLOSED)), float(np.mean(values > OPEN))))
    return tuple(found)


def flat(trace: Trace) -> float:
    """The share of hidden values beyond ±``OPEN``, where tanh is almost flat; padding does not count."""
    values = np.abs(trace.h[0][real_steps(trace)])
    return float(np.mean(values > OPEN)) if values.size else 0.0


def step_label(step: int, word: str) -> str:
    """A timestep with what is read there: "3 l"."""
    return f"{step + 1} {visible(word)[:10]}".rstrip()


def shown_units(units: int) -> int:
    """How many units a heatmap shows."""
    return min(units, MOST_UNITS)


def shown_steps(timesteps: int, units: int) -> range:
    """Which timesteps a heatmap of so many units shows: all, or every second, third …"""
    most = MOST_CELLS // shown_units(units)
    return range(0, timesteps, -(-timesteps // most))


def table(one: Map, trace: Trace, steps: tuple[str, ...]) -> pa.Table:
    """A row for each cell of a heatmap: step, its label, unit, value; the value is None where a step is passed over.

    An Arrow table, which a page hands on as it is: seven of them made from rows would take half of a click's time.

    Args:
        one: a map of this trace.
        trace: what was read.
        steps: what stands at each timestep.
    """
    shown, units = shown_steps(*one.values.shape), shown_units(one.values.shape[1])
    values = one.values[shown.start : shown.stop : shown.step, :units].round(4).ravel()
    passed_over = ~np.repeat(real_steps(trace)[shown.start : shown.stop : shown.step], units)
    labels = [step_label(t, steps[t]) for t in shown]
    return pa.table(
        {
            "step": pa.array([label for label in labels for _unit in range(units)]),
            "unit": pa.array(np.tile(np.arange(1, units + 1), len(labels))),
            "value": pa.array(values, mask=passed_over),
        }
    )


def summary(one: Map, trace: Trace) -> tuple[float, float, float]:
    """The least, the mean and the greatest value over all steps that are no padding; zeros where all of them are."""
    values = one.values[real_steps(trace)]
    return (float(values.min()), float(values.mean()), float(values.max())) if values.size else (0.0, 0.0, 0.0)
