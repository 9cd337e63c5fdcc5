"""A whole model in NumPy: what ``models.build`` makes in Keras, from the same plan and with the same weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Architecture, Form, Pattern
from rnnlab.plan import ENCODER, Kind, Layer, plan
from rnnlab.reference.equations import Array, State, Weights, gates, glorot, random_weights
from rnnlab.reference.layers import LayerGradients, Trace
from rnnlab.reference.parts import Change, Dense, Part, part

#: How Keras' names of the weights of two directions begin.
_FORWARD, _BACKWARD = "forward_", "backward_"
_NOTHING_CHANGED: Mapping[tuple[str, bool], Change] = MappingProxyType({})


class Weight(NamedTuple):
    """One weight array of a model, as Keras lists it: of which layer, its name there, and its shape."""

    layer: str
    name: str
    shape: tuple[int, ...]


class Read(NamedTuple):
    """A recurrent layer's reading in one direction: the name of the layer, and what it has kept."""

    layer: str
    trace: Trace
    gradients: LayerGradients | None = None


class Gradients(NamedTuple):
    """Gradients of the loss by every weight, in Keras' order, and by the states of every recurrent layer."""

    weights: tuple[Array, ...]
    reads: tuple[Read, ...]


class Pass:
    """One forward pass, with every intermediate value.

    Attributes:
        outputs: (B, S, K).
    """

    def __init__(
        self, parts: Sequence[Part], form: Form, inputs: NDArray[Any], states: Sequence[State] | None = None
    ) -> None:
        self._parts, self._form = parts, form
        if states is not None:
            _begin_with(states, parts)
        values, mask = _encoded(parts[0].layer, form, inputs)
        for one in parts:
            values = one.forward(values, mask)
            if one.layer.kind is Kind.LAST_STEP or (one.traces and not one.layer.every_step):
                mask = None  # there are no more steps that could be padding
        self.outputs: Array = values if form.pattern.many_outputs else values[:, np.newaxis]

    @property
    def reads(self) -> tuple[Read, ...]:
        """What each recurrent layer has read, in each direction, from the input on."""
        return tuple(Read(one.layer.name, trace) for one in self._parts for trace in one.traces)

    @property
    def states(self) -> tuple[State, ...]:
        """What each recurrent layer carries on to what follows, for ``Model.forward`` of the next piece.

        Raises:
            ValueError: this model does not read on from piece to piece.
        """
        return tuple(one.traces[0].last for one in _reading_on(self._parts))

    def loss(self, targets: NDArray[Any]) -> float:
        """The mean cross-entropy in nats, or the mean squared error where a number is said.

        As Keras does where it knows what stands inside softmax, the cross-entropy is taken from there, log Σ_j e^(s_j) − s_k,
        so that it is right also where a probability is too small for a number.

        Args:
            targets: (B, S), token numbers or classes, or the numbers to say.

        Raises:
            ValueError: there is no output layer, its activation is one that nothing is trained with, or the targets are of
                another shape.
        """
        sums = self._trained(targets).sums.reshape(self.outputs.shape)
        if self._form.activation is Activation.LINEAR:
            return float(np.mean((sums[..., 0] - targets) ** 2))
        sums = sums - sums.max(-1, keepdims=True)
        right = np.take_along_axis(sums, targets[..., np.newaxis], axis=-1)
        return float(np.mean(np.log(np.exp(sums).sum(-1)) - right[..., 0]))

    def back(self, targets: NDArray[Any], reach: int | None = None, steps: Sequence[int] | None = None) -> Gradients:
        """Back-propagation of the loss.

        Args:
            targets: (B, S).
            reach: over how many steps gradients go back, counted from the last of ``steps`` in the order in which each layer
                reads; what was read before is taken as given. An encoder stands behind its decoder. None for all.
            steps: the output steps whose loss counts; None for all. The loss of those left out is taken as 0, and the mean
                is still that over all, so that the gradients of single steps add up to those of all.

        Raises:
            ValueError: as ``loss``.
        """
        last, d_sums = self._trained(targets), self._by_output_sums(targets)  # (B, S, K)
        if steps is not None:
            kept = np.zeros((1, d_sums.shape[1], 1))
            kept[:, list(steps)] = 1.0
            d_sums = d_sums * kept
        d_values, weights = last.from_sums(d_sums if self._form.pattern.many_outputs else d_sums[:, 0])
        found = [weights]
        for one in reversed(self._parts[:-1]):
            d_values, weights = one.backward(d_values, self._reaches(one, reach, steps))
            found.append(weights)
        reads = [
            Read(one.layer.name, trace, gradients)
            for one in self._parts
            for trace, gradients in zip(one.traces, one.gradients, strict=True)
        ]
        return Gradients(tuple(array for weights in reversed(found) for array in weights), tuple(reads))

    def _reaches(self, one: Part, reach: int | None, steps: Sequence[int] | None) -> Sequence[int | None]:
        """Over how many steps each direction of a layer goes back, counted from the last one that it has read."""
        if reach is None or steps is None or not self._form.pattern.many_outputs:
            return [reach] * len(one.traces)
        if one.layer.name.startswith(ENCODER):  # the decoder, which reads forward, stands between
            return [max(0, reach - 1 - max(steps))] * len(one.traces)
        orders = [list(trace.order) for trace in one.traces]
        return [reach + len(order) - 1 - max(map(order.index, steps)) for order in orders]

    def _trained(self, targets: NDArray[Any]) -> Dense:
        """The output layer, if these targets can train it."""
        last = self._parts[-1]
        trained = self._form.activation in (Activation.SOFTMAX, Activation.LINEAR)
        if not isinstance(last, Dense) or last.layer.kind is not Kind.OUTPUT or not trained:
            raise ValueError("a loss needs an output layer, softmax or linear")
        if targets.shape != self.outputs.shape[:2]:
            raise ValueError(f"targets must be {self.outputs.shape[:2]}, not {targets.shape}")
        return last

    def _by_output_sums(self, targets: NDArray[Any]) -> Array:
        """Gradients of the loss by what stands inside the output layer's activation, (B, S, K)."""
        if self._form.activation is Activation.LINEAR:
            d_sums = np.zeros_like(self.outputs)
            d_sums[..., 0] = 2.0 * (self.outputs[..., 0] - targets)  # the first number alone is what is said
            return d_sums / targets.size
        right = np.zeros_like(self.outputs)
        np.put_along_axis(right, targets[..., np.newaxis], 1.0, axis=-1)
        return (self.outputs - right) / targets.size


@dataclass(frozen=True, eq=False)
class Model:
    """A model with its weights.

    Args:
        architecture: the recurrent part.
        form: what goes in and out.
        weights: as ``get_weights()`` of the Keras model gives them.

    Raises:
        ValueError: the weights are not of the shapes that this model has.
    """

    architecture: Architecture
    form: Form
    weights: tuple[NDArray[np.floating[Any]], ...]

    def __post_init__(self) -> None:
        needed = weight_shapes(self.architecture, self.form)
        if len(self.weights) != len(needed):
            raise ValueError(f"this model has {len(needed)} weight arrays, not {len(self.weights)}")
        for wanted, array in zip(needed, self.weights, strict=True):
            if array.shape != wanted.shape:
                raise ValueError(f"{wanted.name} of {wanted.layer} must be {wanted.shape}, not {array.shape}")

    @classmethod
    def random(cls, architecture: Architecture, form: Form, seed: int) -> Model:
        """A model with weights as Keras would draw them at first (not those of the same seed in Keras)."""
        rng = np.random.default_rng(seed)
        return cls(
            architecture, form, tuple(array for layer in plan(architecture, form) for array in _drawn(layer, rng))
        )

    @classmethod
    def from_flat(cls, architecture: Architecture, form: Form, flat: NDArray[np.floating[Any]]) -> Model:
        """A model from all of its weights one after the other, (P), as a ``Recording`` has them."""
        shapes = [weight.shape for weight in weight_shapes(architecture, form)]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        if ends[-1] != len(flat):
            raise ValueError(f"this model has {ends[-1]:,} weights, not {len(flat):,}")
        parts = np.split(flat, ends[:-1])
        return cls(architecture, form, tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)))

    @property
    def flat(self) -> NDArray[np.float32]:
        """All weights one after the other, (P)."""
        return np.concatenate([array.ravel() for array in self.weights]).astype(np.float32)

    @property
    def has_loss(self) -> bool:
        """Whether it can be trained: it has an output layer, softmax or linear."""
        return self.form.outputs is not None and self.form.activation in (Activation.SOFTMAX, Activation.LINEAR)

    @cached_property
    def digest(self) -> bytes:
        """By what its weights are told apart."""
        return hashlib.blake2b(self.flat.tobytes(), digest_size=16).digest()

    @cached_property
    def _weights(self) -> tuple[Array, ...]:
        return tuple(array.astype(np.float64, copy=False) for array in self.weights)

    def with_layer(self, layer: str, backward: bool, weights: Weights) -> Model:
        """The same model but for the weights of one recurrent layer in one direction.

        Raises:
            ValueError: there is no such layer, or the weights are of other shapes.
        """
        other = _BACKWARD if not backward else _FORWARD
        own = [
            n
            for n, weight in enumerate(weight_shapes(self.architecture, self.form))
            if weight.layer == layer and not weight.name.startswith(other)
        ]
        changed = dict(zip(own, weights, strict=False))
        if not own:
            raise ValueError(f"this model has no layer {layer}")
        return Model(self.architecture, self.form, tuple(changed.get(n, array) for n, array in enumerate(self.weights)))

    def forward(
        self,
        inputs: NDArray[Any],
        states: Sequence[State] | None = None,
        changes: Mapping[tuple[str, bool], Change] = _NOTHING_CHANGED,
    ) -> Pass:
        """Read samples (B, …) as a task has them: token numbers (B, T), numbers (B, T, D), or one vector each (B, D).

        A long sequence can be read in pieces, each from the ``Pass.states`` of the piece before: the outputs are those of
        reading it at once, and ``Pass.back`` is truncated back-propagation, as no gradient goes beyond its own piece.

        Args:
            inputs: samples.
            states: what each recurrent layer begins with, h (B, U) and c (B, U), or (B, 0) where a cell has none; by default
                zeros. Only for models that give an output at every step and read forward.
            changes: what is done to the trace of a recurrent layer, by its name and whether it reads backward, before the
                layers behind it read what it hands on.

        Raises:
            ValueError: samples or states of another shape, a number that no token has, or states for a model that does not
                read on from piece to piece.
        """
        _check_inputs(self.form, inputs)
        parts, left = [], list(self._weights)
        for layer in plan(self.architecture, self.form):
            number = len(_shapes(layer))
            parts.append(part(layer, self.form, left[:number]))
            parts[-1].changes = {way: change for (name, way), change in changes.items() if name == layer.name}
            del left[:number]
        return Pass(parts, self.form, inputs, states)


def _reading_on(parts: Sequence[Part]) -> list[Part]:
    """The recurrent layers of a model that can read a sequence in pieces."""
    if parts[0].form.pattern is not Pattern.IN_STEP or any(
        one.layer.architecture.backward or one.layer.architecture.bidirectional for one in parts
    ):
        raise ValueError(
            "only a model that gives an output at every step and reads forward carries states from piece to piece"
        )
    return [one for one in parts if one.layer.kind is Kind.CELL and one.layer.architecture.cell.recurrent]


def _begin_with(states: Sequence[State], parts: Sequence[Part]) -> None:
    recurrent = _reading_on(parts)
    if len(states) != len(recurrent):
        raise ValueError(f"this model begins with the states of {len(recurrent)} recurrent layers, not {len(states)}")
    for one, state in zip(recurrent, states, strict=True):
        one.start = state


def weight_shapes(architecture: Architecture, form: Form) -> tuple[Weight, ...]:
    """The weight arrays of a model, in the order of Keras' ``get_weights()``."""
    return tuple(Weight(layer.name, *named) for layer in plan(architecture, form) for named in _shapes(layer))


def _shapes(layer: Layer) -> list[tuple[str, tuple[int, ...]]]:
    architecture = layer.architecture
    if layer.kind is Kind.EMBEDDING:
        return [("embeddings", (layer.input_dim, layer.size))]
    if layer.kind is Kind.CELL and architecture.cell.recurrent:
        return _cell_shapes(layer)
    if layer.kind not in (Kind.CELL, Kind.OUTPUT):
        return []
    bias = layer.kind is Kind.OUTPUT or architecture.use_bias
    return [("kernel", (layer.input_dim, layer.size)), *([("bias", (layer.size,))] if bias else [])]


def _cell_shapes(layer: Layer) -> list[tuple[str, tuple[int, ...]]]:
    architecture = layer.architecture
    columns = gates(architecture.cell) * architecture.units
    one_way: list[tuple[str, tuple[int, ...]]] = [
        ("kernel", (layer.input_dim, columns)),
        ("recurrent_kernel", (architecture.units, columns)),
    ]
    if architecture.use_bias:
        one_way.append(("bias", (2, columns) if architecture.two_biases else (columns,)))
    if not architecture.bidirectional:
        return one_way
    return [(f"{way}{name}", shape) for way in (_FORWARD, _BACKWARD) for name, shape in one_way]


def _drawn(layer: Layer, rng: np.random.Generator) -> list[Array]:
    """Weights of a new layer."""
    architecture, shapes = layer.architecture, _shapes(layer)
    if layer.kind is Kind.EMBEDDING:
        return [rng.uniform(-0.05, 0.05, shapes[0][1])]  # Keras' "uniform"
    if layer.kind is Kind.CELL and architecture.cell.recurrent:
        seeds = rng.integers(2**31, size=architecture.directions)
        drawn = [
            random_weights(architecture.cell, layer.input_dim, architecture.units, int(seed), architecture.two_biases)
            for seed in seeds
        ]
        return [array for weights in drawn for array in (weights if architecture.use_bias else weights[:2])]
    return [glorot(rng, *shape) if len(shape) == 2 else np.zeros(shape) for _, shape in shapes]


def _check_inputs(form: Form, inputs: NDArray[Any]) -> None:
    steps, size = () if form.pattern.one_input else ("T",), () if form.embeddable else (form.input_dim,)
    if inputs.ndim != 1 + len(steps) + len(size) or (size and inputs.shape[-1:] != size):
        raise ValueError(f"inputs must be ({', '.join(map(str, ('B', *steps, *size)))}), not {inputs.shape}")
    if form.embeddable and inputs.size and not 0 <= inputs.min() <= inputs.max() < form.input_dim:
        raise ValueError(f"tokens must be from 0 to {form.input_dim - 1:,}, not {inputs.min():,} to {inputs.max():,}")


def _encoded(first: Layer, form: Form, inputs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """What goes into the first layer, and which steps are no padding.

    Token numbers are one-hot where they are not looked up; padding has no 1 at all, and passes recurrent layers over.
    """
    mask = inputs != 0 if form.padded else None
    looked_up = len(first.input_shape) == 2 or first.kind is Kind.EMBEDDING
    if not form.embeddable or looked_up:
        return inputs if form.embeddable else inputs.astype(np.float64), mask
    vectors = np.zeros((*inputs.shape, form.input_dim))
    np.put_along_axis(vectors, inputs[..., np.newaxis].astype(np.intp), 1.0, axis=-1)
    return (vectors * mask[..., np.newaxis] if mask is not None else vectors), mask
