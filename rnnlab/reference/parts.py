"""The layers of a model, one class for each kind that ``plan`` knows: forward, and backward with what forward has kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Architecture, Form, MergeMode
from rnnlab.plan import Kind, Layer
from rnnlab.reference.equations import Array, State, Weights, sigmoid
from rnnlab.reference.layers import LayerGradients, Trace

Mask = NDArray[np.bool_] | None
Reaches = Sequence[int | None]  # for each trace of a layer, over how many steps gradients go back
#: What a layer does instead of what it has done.
Change = Callable[[Trace], Trace]


class Part:
    """One layer during one pass: ``forward`` once, and then ``backward`` as often as one likes.

    Attributes:
        layer: what the plan says of it.
        weights: its weights, in Keras' order.
        traces: of a recurrent layer, that of each direction.
        gradients: of each trace, after ``backward``.
        changes: of a recurrent layer, by whether it reads backward, what is done to a trace before anything follows from it.
        start: what a recurrent layer begins with; None for zeros.
    """

    def __init__(self, layer: Layer, form: Form, weights: Sequence[Array]) -> None:
        self.layer, self.form, self.weights = layer, form, tuple(weights)
        self.traces: tuple[Trace, ...] = ()
        self.gradients: tuple[LayerGradients, ...] = ()
        self.changes: Mapping[bool, Change] = {}
        self.start: State | None = None

    def forward(self, inputs: NDArray[Any], mask: Mask) -> NDArray[Any]:
        raise NotImplementedError

    def backward(self, d_outputs: Array, reaches: Reaches) -> tuple[Array, tuple[Array, ...]]:
        """Gradients by the inputs and by the weights, from those by the outputs, with the reach of each trace."""
        raise NotImplementedError


class _Lookup(Part):
    """Embedding: the row of each token."""

    def forward(self, inputs: NDArray[Any], _: Mask) -> NDArray[Any]:
        self._tokens = inputs.astype(np.intp)
        return self.weights[0][self._tokens]

    def backward(self, d_outputs: Array, _: Reaches) -> tuple[Array, tuple[Array, ...]]:
        d_table = np.zeros(self.weights[0].shape)
        np.add.at(d_table, self._tokens, d_outputs)
        return np.zeros(self._tokens.shape), (d_table,)


class _Same(Part):
    """Masking, which says what is padding and changes nothing; a flip, as traces stand in the order of the input."""

    def forward(self, inputs: NDArray[Any], _: Mask) -> NDArray[Any]:
        return inputs

    def backward(self, d_outputs: Array, _: Reaches) -> tuple[Array, tuple[Array, ...]]:
        return d_outputs, ()


class _LastStep(Part):
    """The last step that is no padding."""

    def forward(self, inputs: NDArray[Any], mask: Mask) -> NDArray[Any]:
        self._shape = inputs.shape
        samples = np.arange(len(inputs))
        self._where = samples, -np.ones_like(samples) if mask is None else mask.sum(1) - 1
        return inputs[self._where]  # type: ignore[no-any-return]

    def backward(self, d_outputs: Array, _: Reaches) -> tuple[Array, tuple[Array, ...]]:
        d_inputs = np.zeros(self._shape)
        d_inputs[self._where] = d_outputs
        return d_inputs, ()


class _Repeat(Part):
    """RepeatVector: the same vector at every step."""

    def forward(self, inputs: NDArray[Any], _: Mask) -> NDArray[Any]:
        times = self.layer.shape[1]
        assert times is not None
        return np.repeat(inputs[:, np.newaxis], times, axis=1)

    def backward(self, d_outputs: Array, _: Reaches) -> tuple[Array, tuple[Array, ...]]:
        return d_outputs.sum(1), ()


class Dense(Part):
    """y = f(W_y h + b_y): the output layer, and the layer without memory."""

    @property
    def _activation(self) -> Activation:
        return self.form.activation if self.layer.kind is Kind.OUTPUT else Activation.TANH

    def forward(self, inputs: NDArray[Any], _: Mask) -> NDArray[Any]:
        self._inputs = inputs
        self.sums: Array = inputs @ self.weights[0] + (self.weights[1] if len(self.weights) > 1 else 0.0)
        self.outputs = activate(self._activation, self.sums)
        return self.outputs

    def backward(self, d_outputs: Array, _: Reaches) -> tuple[Array, tuple[Array, ...]]:
        """Of the layer without memory, that is through tanh; of the output layer the gradients by its sums are known."""
        return self.from_sums(d_outputs * (1.0 - self.outputs * self.outputs))

    def from_sums(self, d_sums: Array) -> tuple[Array, tuple[Array, ...]]:
        """Gradients by the inputs and by the weights, from those by what stands inside the activation."""
        flat = d_sums.reshape(-1, d_sums.shape[-1])
        found = self._inputs.reshape(len(flat), -1).T @ flat, flat.sum(0)
        return d_sums @ self.weights[0].T, found[: len(self.weights)]


class _Recurrent(Part):
    """SimpleRNN, LSTM or GRU in one direction or both."""

    def forward(self, inputs: NDArray[Any], mask: Mask) -> NDArray[Any]:
        architecture = self.layer.architecture
        ways = (False, True) if architecture.bidirectional else (architecture.backward,)
        size = len(self.weights) // len(ways)
        traces = [
            Trace(
                architecture.cell, Weights(*self.weights[n * size : (n + 1) * size]), inputs, architecture.reset_after, way, mask,
                self.start,
            )
            for n, way in enumerate(ways)
        ]  # fmt: skip
        self._inputs = inputs
        self.traces = tuple(
            self.changes[trace.backward](trace) if trace.backward in self.changes else trace for trace in traces
        )
        self._handed_on = [self._shown(trace.h) if self.layer.every_step else trace.last.h for trace in self.traces]
        return _merge(architecture, self._handed_on)

    def backward(self, d_outputs: Array, reaches: Reaches) -> tuple[Array, tuple[Array, ...]]:
        parts = _unmerge(self.layer.architecture, self._handed_on, d_outputs)
        self.gradients = tuple(
            trace.back(self._over_time(trace, part), reach)
            for trace, part, reach in zip(self.traces, parts, reaches, strict=True)
        )
        d_inputs = sum(map(self._by_inputs, self.traces, self.gradients), np.zeros(1))
        return d_inputs, tuple(array for found in self.gradients for array in found.weights)

    def _by_inputs(self, trace: Trace, gradients: LayerGradients) -> Array:
        """Gradients by what the layer was handed; none where something else was put in its place."""
        return gradients.inputs * (trace.inputs == self._inputs) if self.changes else gradients.inputs

    def _shown(self, steps: Array) -> Array:
        """Of two directions, Keras hands on zeros at steps that are passed over; of one, the state that stays."""
        mask = self.traces[0].mask
        return steps if mask is None or len(self.traces) == 1 else steps * mask[..., np.newaxis]

    def _over_time(self, trace: Trace, d_outputs: Array) -> Array:
        """Gradients by every step: only by the last one read, where no other is handed on."""
        if self.layer.every_step:
            return self._shown(d_outputs)
        by_h = np.zeros_like(trace.h)
        by_h[:, trace.order[-1]] = d_outputs
        return by_h


def _merge(architecture: Architecture, each: Sequence[Array]) -> Array:
    if len(each) == 1:
        return each[0]
    forward, backward = each
    match architecture.merge_mode:
        case MergeMode.CONCAT:
            return np.concatenate(each, axis=-1)
        case MergeMode.SUM:
            return forward + backward
        case MergeMode.MUL:
            return forward * backward
        case MergeMode.AVE:
            return (forward + backward) / 2


def _unmerge(architecture: Architecture, each: Sequence[Array], d_outputs: Array) -> Sequence[Array]:
    if len(each) == 1:
        return [d_outputs]
    forward, backward = each
    match architecture.merge_mode:
        case MergeMode.CONCAT:
            return np.split(d_outputs, 2, axis=-1)
        case MergeMode.SUM:
            return d_outputs, d_outputs
        case MergeMode.MUL:
            return d_outputs * backward, d_outputs * forward
        case MergeMode.AVE:
            return d_outputs / 2, d_outputs / 2


def activate(activation: Activation, sums: Array) -> Array:
    """What an activation makes of sums, (…, K)."""
    match activation:
        case Activation.SOFTMAX:
            shifted = np.exp(sums - sums.max(-1, keepdims=True))
            return shifted / shifted.sum(-1, keepdims=True)  # type: ignore[no-any-return]
        case Activation.SIGMOID:
            return sigmoid(sums)
        case Activation.TANH:
            return np.tanh(sums)
        case Activation.LINEAR:
            return sums


PARTS: dict[Kind, type[Part]] = {
    Kind.EMBEDDING: _Lookup,
    Kind.MASKING: _Same,
    Kind.FLIP: _Same,
    Kind.LAST_STEP: _LastStep,
    Kind.REPEAT: _Repeat,
    Kind.OUTPUT: Dense,
}


def part(layer: Layer, form: Form, weights: Sequence[Array]) -> Part:
    """The part of this layer."""
    if layer.kind is Kind.CELL:
        return (_Recurrent if layer.architecture.cell.recurrent else Dense)(layer, form, weights)
    return PARTS[layer.kind](layer, form, weights)
