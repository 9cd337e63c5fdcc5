"""The output layer behind a recurrent layer: y_t = f(W_y h_t + b_y), at the timesteps at which it says something."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnnlab.architecture import Activation
from rnnlab.inside.scenes import Scene
from rnnlab.operations import Grid, Notation, Operation, Terms
from rnnlab.plan import Kind, plan
from rnnlab.reference import Array, Trace, activate
from rnnlab.symbols import BIAS, KERNEL, SIGNS
from rnnlab.texts import _, noted

#: How each activation is written in front of the sum.
SQUASH = {
    Activation.SOFTMAX: "softmax(",
    Activation.SIGMOID: "σ(",
    Activation.TANH: "tanh(",
    Activation.LINEAR: "",
}
_LIKELIEST = noted(
    "The output layer: softmax makes probabilities of its sums. The largest, number {n} of {outputs:,}, is what is said."
)
_NUMBER = noted("The output layer: it weighs the hidden state, and what comes out is what is said.")


class Output(NamedTuple):
    """An output layer that reads the states of one recurrent layer.

    Attributes:
        matrix: W_y, (K, U).
        bias: b_y, (K).
        activation: what is made of the sums.
        every_step: whether it reads the state of every timestep, or the last one alone.
    """

    matrix: Array
    bias: Array
    activation: Activation
    every_step: bool


def output(scene: Scene, place: tuple[str, bool]) -> Output | None:
    """The output layer behind the recurrent layer at this place.

    None where there is none, where another recurrent layer stands between, and where it reads two directions together.
    """
    model = scene.model
    last = [layer for layer in plan(model.architecture, model.form) if layer.kind is Kind.CELL][-1]
    if model.form.outputs is None or last.name != place[0] or last.architecture.bidirectional:
        return None
    kernel, bias = (array.astype(np.float64) for array in model.weights[-2:])
    return Output(kernel.T, bias, model.form.activation, last.every_step)


def said_at(found: Output | None, trace: Trace, step: int, notation: Notation) -> tuple[Operation, ...]:
    """The operation "y" of this timestep; nothing where nothing is said there."""
    if found is None or not (found.every_step or step == _last_read(trace)) or _padding(trace, step):
        return ()
    keras = notation is Notation.KERAS
    h = trace.h[0, step]
    sums = found.matrix @ h + found.bias

    def vector(label: str, numbers: Array) -> Grid:
        return Grid(label, numbers[np.newaxis] if keras else numbers[:, np.newaxis])

    state, bias = vector("h_t", h), vector(f"{BIAS}_{{y}}" if keras else "b_y", found.bias)
    matrix = Grid(f"{KERNEL}_{{y}}", found.matrix.T) if keras else Grid("W_y", found.matrix)
    terms: Terms = *((state, "×", matrix) if keras else (matrix, "×", state)), "+", bias
    squash = SQUASH[found.activation]
    result = vector("y_t", activate(found.activation, sums))
    whole: Terms = (squash, *terms, ")") if squash else terms
    written = "".join(SIGNS[term] if isinstance(term, str) else term.label for term in whole)
    inside = vector("s_y", sums) if squash else None
    return (Operation("y", None, f"y_t = {written}", whole, result, _says(found, result.values), inside),)


def _says(found: Output, numbers: Array) -> str:
    if found.activation is not Activation.SOFTMAX:
        return _(_NUMBER)
    return _(_LIKELIEST).format(n=int(numbers.argmax()) + 1, outputs=numbers.size)


def _last_read(trace: Trace) -> int | None:
    """The last step that is read and no padding."""
    return next((step for step in reversed(trace.order) if not _padding(trace, step)), None)


def _padding(trace: Trace, step: int) -> bool:
    return trace.mask is not None and not trace.mask[0, step]
