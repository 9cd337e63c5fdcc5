"""How far a model in NumPy is from the same model in Keras."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation
from rnnlab.reference.model import Model

#: Single-precision numbers differ by about this, more or less, after some timesteps.
EXPECTED = 1e-5


class Difference(NamedTuple):
    """How far NumPy is from Keras, measured.

    Attributes:
        outputs: the largest |NumPy − Keras| of any output.
        gradients: of any gradient of the loss by a weight; None where the model has no loss.
        relative: the largest of both as a share of the largest number of its array, or of 1 where that is less.
        numbers: how many were compared.
    """

    outputs: float
    gradients: float | None
    relative: float
    numbers: int

    @property
    def largest(self) -> float:
        return max(self.outputs, self.gradients or 0.0)


class KerasSide(NamedTuple):
    """What Keras makes of a model's weights and samples."""

    outputs: NDArray[np.float32]  # (B, S, K)
    gradients: tuple[NDArray[np.float32], ...]  # of the loss by every weight, in Keras' order

    def difference(self, model: Model, inputs: NDArray[Any], targets: NDArray[Any]) -> Difference:
        """How far the same model in NumPy is from this, on the same samples."""
        read = model.forward(inputs)
        ours = read.back(targets).weights if model.has_loss else ()
        pairs = [(read.outputs, self.outputs), *zip(ours, self.gradients, strict=False)]
        off = [float(np.abs(a - b).max(initial=0.0)) for a, b in pairs]
        sizes = [float(np.abs(b).max(initial=1.0)) for _, b in pairs]
        relative = max(difference / size for difference, size in zip(off, sizes, strict=True))
        return Difference(off[0], max(off[1:], default=None), relative, sum(array.size for array, _ in pairs))


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
