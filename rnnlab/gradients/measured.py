"""What was measured of a model is kept under its name: a page that draws itself again five times a second asks again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from rnnlab.architecture import BENCH_SIZE, Architecture, Form
from rnnlab.gradients.flow import Flow, Question, flow, horizon, update_lost
from rnnlab.gradients.fresh import Fresh, Scaling, new_model, rescaled
from rnnlab.gradients.matrices import Block, blocks, bound
from rnnlab.reference import Array, Model

T = TypeVar("T")


class Kept(Generic[T]):
    """Results by name, at most so many: what was asked for longest ago goes first. Several threads may ask."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._found: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, name: Hashable, find: Callable[[], T]) -> T:
        """The result of that name, found now if it is not there."""
        with self._lock:
            if name in self._found:
                self._found.move_to_end(name)
                return self._found[name]
        result = find()
        with self._lock:
            self._found[name] = result
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return result


class Named:
    """A model by a name that other weights do not have; it is made only where something of it is not known yet."""

    def __init__(self, name: Hashable, architecture: Architecture, form: Form, make: Callable[[], Model]) -> None:
        self.name, self.architecture, self.form, self._make = name, architecture, form, make

    @property
    def model(self) -> Model:
        return _MODELS.get(self.name, self._make)

    def turned(self, scaling: Scaling, scale: float) -> Named:
        """The same with its recurrent kernels ``fresh.rescaled``."""
        if scaling is Scaling.FACTOR and scale == 1.0:
            return self
        name = (self.name, scaling, scale)
        return Named(name, self.architecture, self.form, lambda: rescaled(self.model, scaling, scale))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """``matrices.blocks`` of it."""
        return _BLOCKS.get(self.name, lambda: blocks(self.model))

    def bound(self, distances: int) -> Array | None:
        """``matrices.bound`` of it."""
        return bound(self.architecture, self.form, self.blocks, distances)

    def flow(self, asked: Question, reach: int | None = None) -> Flow | None:
        """``flow.flow`` of it."""
        return _FLOWS.get((self.name, asked.name, reach), lambda: flow(self.model, asked, reach))

    def update_lost(self, asked: Question, reach: int) -> float:
        """``flow.update_lost`` of it."""
        return _LOST.get((self.name, asked.name, reach), lambda: update_lost(self.model, asked, reach))

    def reached(self, asked: Question, by_c: bool) -> int:
        """Its memory horizon; where that is further than the sequence is long, that length; 0 without a way back.

        Args:
            asked: the sample and the step.
            by_c: whether an LSTM's is that of its cell state.
        """
        return _HORIZONS.get((self.name, asked.name, by_c), lambda: _reached(flow(self.model, asked), by_c))


#: Models are kept as many as a bench has. A flow is four numbers a step; a horizon is one number, and a curve has one for each epoch that it shows.
_MODELS: Kept[Model] = Kept(BENCH_SIZE.high)
_FLOWS: Kept[Flow | None] = Kept(256)
_BLOCKS: Kept[tuple[Block, ...]] = Kept(256)
_LOST: Kept[float] = Kept(256)
_HORIZONS: Kept[int] = Kept(4096)


def _reached(measured: Flow | None, by_c: bool) -> int:
    if measured is None:
        return 0
    norms = measured.by(by_c)
    found = horizon(norms)
    return len(norms) if found is None else found


def named_new(architecture: Architecture, form: Form, fresh: Fresh) -> Named:
    """A new model, as ``fresh.new_model`` draws it."""
    fitted = form.fit(architecture)
    return Named((fitted, form, fresh), fitted, form, lambda: new_model(architecture, form, fresh))
