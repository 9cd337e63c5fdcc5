"""The numbers of one unit of a recurrent cell at one timestep."""

from __future__ import annotations

import numpy as np

from rnnlab.counting import GATES, Gate
from rnnlab.reference import Trace
from rnnlab.texts import _, ngettext


class Unit:
    """The numbers of one unit at one step; None where the step is padding, and gates are of no use."""

    def __init__(self, trace: Trace, sample: int, t: int, unit: int) -> None:
        self.trace, self.sample, self.t, self.unit = trace, sample, t, unit
        self.real = trace.mask is None or bool(trace.mask[sample, t])
        self._before, self._inputs = trace.before(t), trace.inputs[sample, t]
        self.earlier = "t+1" if trace.backward else "t−1"
        self.h_before, self.c_before = (float(state[sample, unit]) if state.size else 0.0 for state in self._before)
        self.x = ngettext("{n:,} number", "{n:,} numbers", self._inputs.size).format(n=self._inputs.size)

    @property
    def title(self) -> str:
        timesteps = self.trace.h.shape[1]
        title = _("{cell}, unit {unit} at timestep {t} of {timesteps}").format(
            cell=self.trace.cell.class_name, unit=self.unit + 1, t=self.t + 1, timesteps=timesteps
        )
        return title if self.real else _("{title}: padding, the state stays as it is").format(title=title)

    def by_hand(self, name: str, earlier: bool = False) -> bool:
        """Whether this number of the state, or of the one with which the step begins, was set by hand."""
        before = self.t + 1 if self.trace.backward else self.t - 1
        held = self.trace.held.get(before if earlier else self.t)
        return held is not None and not np.isnan(getattr(held, name)[self.unit])

    def state(self, name: str) -> float:
        return float(self.trace.values[name][self.sample, self.t, self.unit])

    def value(self, name: str) -> float | None:
        return self.state(name) if self.real else None

    def product(self, *factors: float) -> float | None:
        return float(np.prod(factors)) if self.real else None

    def sum(self, gate: Gate) -> float | None:
        """What a gate squashes."""
        found = self.trace.values["sums"][self.sample, self.t, self._column(gate)]
        return float(found) if self.real else None

    def tanh(self, gate: Gate) -> float | None:
        """tanh of the sum of a gate: what a SimpleRNN computes, also where its state was set by hand."""
        found = self.sum(gate)
        return None if found is None else float(np.tanh(found))

    def of_x(self, gate: Gate, biased: bool = True) -> float | None:
        """W_x x + b of a gate."""
        weights = self.trace.weights.kernel[:, self._column(gate)]
        return float(self._inputs @ weights) + biased * self._bias(gate) if self.real else None

    def of_h(self, gate: Gate) -> float | None:
        """W_h h of a gate."""
        weights = self.trace.weights.recurrent_kernel[:, self._column(gate)]
        return float(self._before.h[self.sample] @ weights) if self.real else None

    @property
    def biased(self) -> bool:
        return self.trace.weights.bias.ndim > 0

    def bias(self, gate: Gate) -> float | None:
        """b of a gate, that of the input where there are two."""
        return self._bias(gate) if self.real else None

    def _bias(self, gate: Gate) -> float:
        return float(np.atleast_2d(self.trace.weights.bias)[0, self._column(gate)]) if self.biased else 0.0

    def _column(self, gate: Gate) -> int:
        return GATES[self.trace.cell].index(gate) * self.trace.weights.units + self.unit
