"""The gradient of one loss on its way back: its size at every step before.

Measured in the recurrent layer nearest to the output, where the only way back to an earlier step is through the states of
that layer. An encoder stands behind its decoder: its steps are further back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Form, Pattern
from rnnlab.plan import ENCODER
from rnnlab.reference import Array, Model
from rnnlab.reference.model import Read
from rnnlab.tasks import Task
from rnnlab.texts import _

#: The gradient counts as gone where less than this share of it is left.
LEFT = 0.01


class Question(NamedTuple):
    """One sample, and the step whose loss goes back.

    ``inputs`` (1, T) or (1, T, D) or (1, D), without padding at its end; ``targets`` (1, S); ``step`` of what comes out.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    step: int

    @property
    def name(self) -> tuple[bytes, bytes, int]:
        """The same for the same question."""
        return self.inputs.tobytes(), self.targets.tobytes(), self.step


class Flow(NamedTuple):
    """How large the gradient of one loss is, as Euclidean norms.

    Attributes:
        h: |∂loss/∂h| at distance 0, 1, 2 … back in time from the step whose loss it is, (T).
        c: the same of an LSTM's cell state, (T); of others (0).
        states: |∂loss/∂h| at each step that was read, in the order of the input, (T).
        inputs: |∂loss/∂x| of the vector that the first recurrent layer was given at that step, (T).
    """

    h: Array
    c: Array
    states: Array
    inputs: Array

    def by(self, cell_state: bool) -> Array:
        """That of an LSTM's cell state, if asked for and there is one; else that of h."""
        return self.c if cell_state and len(self.c) else self.h


def has_time(task: Task) -> str:
    """Why there is no way back through time in this task; empty where there is one."""
    if task.pattern is Pattern.ONE_TO_ONE:
        return _("“{task}” has one step alone: no time passes, so no gradient goes back through time.").format(
            task=_(task.title)
        )
    return ""


def question(form: Form, inputs: NDArray[Any], targets: NDArray[Any], step: int | None = None) -> Question:
    """One sample without the padding at its end, with the step whose loss is asked for; by default the last one.

    Args:
        form: of the task.
        inputs: (T), (T, D) or (D).
        targets: (S).
        step: of what comes out, from 0.

    Raises:
        ValueError: there is no such step.
    """
    targets = targets if not form.masked or len(targets) != len(inputs) else targets[inputs != 0]
    if form.padded:
        inputs = inputs[inputs != 0]
    last = len(targets) - 1
    chosen = last if step is None else step
    if not 0 <= chosen <= last:
        raise ValueError(_("step must be from 1 to {last}, not {step}").format(last=last + 1, step=chosen + 1))
    return Question(inputs[np.newaxis], targets[np.newaxis], chosen)


def distances(form: Form, asked: Question) -> tuple[int | None, ...]:
    """How many steps before the loss each step of the input stands where it is read forward; None for those that come later.

    Args:
        form: of the task.
        asked: a sequence (1, T) or (1, T, D), and the step of its loss.
    """
    last = asked.inputs.shape[1] - 1
    if form.pattern is Pattern.ENCODER_DECODER:
        last += asked.step + 1  # the decoder's steps stand between
    elif form.pattern.many_outputs:
        last = asked.step
    return tuple(last - t if t <= last else None for t in range(asked.inputs.shape[1]))


def flow(model: Model, asked: Question, reach: int | None = None) -> Flow | None:
    """Send the loss of one step back through time.

    Args:
        model: with its weights.
        asked: the sample and the step.
        reach: over how many steps back the gradient goes at most (truncation); None for all.

    Returns:
        None where the model has no recurrent layer: nothing goes back to an earlier step.

    Raises:
        ValueError: the model cannot have a loss.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what explodes ends as infinite
        passed = model.forward(asked.inputs)
        if not passed.reads:
            return None
        found = passed.back(asked.targets, reach, [asked.step])
        times = asked.targets.size  # the loss of a step is its share of a mean
        stretches = _stretches(model.form, found.reads)
        ways = [[_backwards(read, model.form, asked.step) for read in stretch] for stretch in stretches]
        first = [read for read in found.reads if read.layer == found.reads[0].layer]
        return Flow(
            times * np.concatenate([_joined([h for h, _c in way]) for way in ways]),
            times * np.concatenate([_joined([c for _h, c in way]) for way in ways]),
            times * _joined([_norms(_gradients(read).h) for read in stretches[-1]]),
            times * _norms(sum((_gradients(read).inputs for read in first), np.zeros(1))),
        )


def update_lost(model: Model, asked: Question, reach: int) -> float:
    """By which share of its size the update of the weights changes where the gradient is cut after ``reach`` steps.

    Raises:
        ValueError: the model cannot have a loss.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        passed = model.forward(asked.inputs)
        whole = passed.back(asked.targets, None, [asked.step]).weights
        cut = passed.back(asked.targets, reach, [asked.step]).weights
        off, size = _norm([a - b for a, b in zip(whole, cut, strict=True)]), _norm(whole)
    return off / size if 0 < size < math.inf else float(size > 0)


def left(norms: Array) -> float | None:
    """What is left of a gradient at the furthest distance, as a factor; None where nothing set out, so nothing can be left.

    Args:
        norms: at distance 0, 1, 2 …, (T).
    """
    return float(norms[-1] / norms[0]) if norms[0] > 0 else None


def a_step(norms: Array) -> float | None:
    """The factor a step that leaves ``left``: the geometric mean of those of all steps; None where there are none."""
    remains = left(norms)
    return None if remains is None or len(norms) < 2 else float(remains ** (1 / (len(norms) - 1)))


def horizon(norms: Array) -> int | None:
    """The distance from which on less than 1 % of the gradient is left; None where that is further than was looked.

    Args:
        norms: at distance 0, 1, 2 …, (T).
    """
    above = np.flatnonzero(norms >= LEFT * norms[0]) if norms[0] > 0 else np.zeros(1, int)
    distance = int(above[-1]) + 1
    return distance if distance < len(norms) else None


def earliest(sizes: Array) -> int | None:
    """The first step that still gets at least 1 % of the largest gradient; None where there is none at all.

    Args:
        sizes: of the gradient at each step, in the order of the input, (T).
    """
    return int((sizes >= LEFT * sizes.max()).argmax()) if sizes.max() > 0 else None


def _stretches(form: Form, reads: Sequence[Read]) -> list[list[Read]]:
    """What the last recurrent layer has read, in each of its directions; behind a decoder then that of its encoder."""
    encoders = [read for read in reads if read.layer.startswith(ENCODER)]
    ends = [reads[-1], encoders[-1]] if form.pattern is Pattern.ENCODER_DECODER else [reads[-1]]
    return [[read for read in reads if read.layer == end.layer] for end in ends]


def _backwards(read: Read, form: Form, step: int) -> tuple[Array, Array]:
    """Norms by h and c from the step of the loss back to the first step read; of an encoder from the last one read."""
    order, gradients = list(read.trace.order), _gradients(read)
    if form.pattern.many_outputs and not read.layer.startswith(ENCODER):
        order = order[: order.index(step) + 1]
    by_c = _norms(gradients.c)[order[::-1]] if gradients.c.shape[-1] else np.zeros(0)
    return _norms(gradients.h)[order[::-1]], by_c


def _gradients(read: Read) -> Any:
    assert read.gradients is not None
    return read.gradients


def _norms(by: Array) -> Array:
    """(1, T, U) to (T); infinite where a number is none any more. Numbers are not squared, so 3^500 can still be said."""
    norms: Array = np.hypot.reduce(by[0], axis=-1, initial=0.0)
    return np.nan_to_num(norms, nan=np.inf, posinf=np.inf)


def _norm(arrays: Sequence[Array]) -> float:
    """The norm of all of these together."""
    return math.hypot(*(float(np.hypot.reduce(array.ravel(), initial=0.0)) for array in arrays))


def _joined(each: Sequence[Array]) -> Array:
    """The norm of several directions together; where one has gone further back than the other, it goes on alone."""
    joined = np.zeros(max(map(len, each), default=0))
    for norms in each:
        joined[: len(norms)] = np.hypot(joined[: len(norms)], norms)
    return joined
