"""How far a model in NumPy is from the same model in Keras."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Cell
from rnnlab.reference.equations import Array
from rnnlab.reference.model import Model, Pass

#: Single-precision numbers differ by about this, more or less, after some timesteps.
EXPECTED = 1e-5


class Difference(NamedTuple):
    """How far NumPy is from Keras, measured.

    Attributes:
        outputs: the largest |NumPy − Keras| of any output.
        states: of any state; None where the model has no recurrence.
        gradients: of any gradient of the loss by a weight; None where the model has no loss.
        mixed: the largest of them as a share of the largest number of its array, but as it stands where that is below 1: the
            gradients of a model that has learned are small differences of numbers near 1, and no more exact than those.
        numbers: how many were compared.
    """

    outputs: float
    states: float | None
    gradients: float | None
    mixed: float
    numbers: int

    @property
    def largest(self) -> float:
        return max(self.outputs, self.states or 0.0, self.gradients or 0.0)


class KerasSide(NamedTuple):
    """What Keras makes of a model's weights and samples.

    Attributes:
        outputs: (B, S, K).
        states: of each recurrent layer in each direction h of every step, (B, T, U), and of an LSTM the last c, (B, U).
        gradients: of the loss by every weight, in Keras' order.
    """

    outputs: NDArray[np.float32]
    states: tuple[NDArray[np.float32], ...]
    gradients: tuple[NDArray[np.float32], ...]

    def difference(self, model: Model, inputs: NDArray[Any], targets: NDArray[Any]) -> Difference:
        """How far the same model in NumPy is from this, on the same samples."""
        read = model.forward(inputs)
        gradients = read.back(targets).weights if model.has_loss else ()
        pairs = [
            [(read.outputs, self.outputs)],
            list(zip(_states(read), self.states, strict=True)),
            list(zip(gradients, self.gradients, strict=True)),
        ]
        outputs, states, gradient = (max((_off(*pair) for pair in kind), default=None) for kind in pairs)
        assert outputs is not None
        every = [pair for kind in pairs for pair in kind]
        mixed = max(_off(ours, keras) / float(np.abs(keras).max(initial=1.0)) for ours, keras in every)
        return Difference(outputs, states, gradient, mixed, sum(keras.size for _, keras in every))


def _off(ours: Array, keras: NDArray[np.float32]) -> float:
    return float(np.abs(ours - keras).max(initial=0.0))


def _states(read: Pass) -> Iterator[Array]:
    for _, trace, _ in read.reads:
        yield trace.h
        if trace.cell is Cell.LSTM:
            yield trace.last.c


@dataclass(frozen=True, eq=False)
class Comparison:
    """A question to Keras: what it makes of this model and these samples.

    Attributes:
        model: with its weights; it is compared in float32, as Keras has it.
        inputs: samples (B, …), as a task has them.
        targets: what is expected of them, (B, S), for the gradients of the loss.
    """

    model: Model
    inputs: NDArray[Any]
    targets: NDArray[Any]

    @classmethod
    def of(cls, model: Model, inputs: NDArray[Any], targets: NDArray[Any] | None = None) -> Comparison:
        """The comparison on these samples; where nobody knows what is expected of them, that is what the model says."""
        if inputs.dtype == np.float64:
            inputs = inputs.astype(np.float32)
        return cls(model, inputs, _own_answer(model, inputs) if targets is None else targets)

    @cached_property
    def key(self) -> Hashable:
        """By what the answer is told apart from others: small, however large the model is."""
        read = hashlib.blake2b(self.inputs.tobytes() + self.targets.tobytes(), digest_size=16).digest()
        return self.model.architecture, self.model.form, self.model.digest, self.inputs.shape, read


def _own_answer(model: Model, inputs: NDArray[Any]) -> NDArray[Any]:
    outputs = model.forward(inputs).outputs  # (B, S, K)
    if model.form.activation is Activation.LINEAR:
        return outputs[..., 0].astype(np.float32)
    likeliest: NDArray[np.int32] = outputs.argmax(-1).astype(np.int32)
    return likeliest
