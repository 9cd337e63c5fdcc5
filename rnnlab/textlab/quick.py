"""A text model in float32, quickly: one step at a time, keeping nothing that nobody asked for.

The equations are those of ``rnnlab.reference.equations``, with what can be known beforehand worked out beforehand: what a
character adds to the sums of the first layer's gates is a row of a table (an embedding is multiplied out), and as
σ(x) = (1 + tanh(x / 2)) / 2, the sums of σ's gates are halved in the weights, so that one tanh serves all gates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, Pattern
from rnnlab.plan import Kind, Layer, plan
from rnnlab.reference import Model, State, weight_shapes
from rnnlab.texts import _

Floats = NDArray[np.float32]
#: By its name each value of one step, (…, U), in the order of ``VALUES``.
Values = tuple[Floats, ...]
#: Changes h or c of a step where it stands, before anything reads it.
Hold = Callable[[str, Floats], None]

#: What a step of each cell gives; the state comes first.
VALUES: dict[Cell, tuple[str, ...]] = {
    Cell.SIMPLE_RNN: ("h",),
    Cell.LSTM: ("h", "c", "i", "f", "g", "o"),
    Cell.GRU: ("h", "z", "r", "g"),
}


def leave(_name: str, _values: Floats) -> None:
    """Holds nothing."""


class QuickLayer:
    """A recurrent layer.

    Args:
        layer: what the plan says of it.
        table: what its inputs are multiplied with: (V, D) rows of an embedding, or None for one-hot or the layer below.
        weights: W_x (D, G·U), W_h (U, G·U) and biases, as Keras has them.
    """

    def __init__(self, layer: Layer, table: NDArray[Any] | None, weights: Sequence[NDArray[Any]]) -> None:
        architecture = layer.architecture
        self.cell, self.units = architecture.cell, architecture.units
        kernel, recurrent, *biases = (array.astype(np.float64) for array in weights)
        halved = np.ones(kernel.shape[1])
        halved[_sigmoids(self.cell, self.units)] = 0.5
        rows = kernel if table is None else table.astype(np.float64) @ kernel
        bias = biases[0] if biases else np.zeros(kernel.shape[1])
        of_input, of_state = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
        self._rows: Floats = (rows * halved).astype(np.float32)
        self._bias: Floats = (of_input * halved).astype(np.float32)
        self._recurrent: Floats = (recurrent * halved).astype(np.float32)
        self._recurrent_bias: Floats = (of_state * halved).astype(np.float32)
        self._table: Floats = self._rows + self._bias
        gru = self._gru_after if architecture.reset_after else self._gru_before
        steps = {Cell.SIMPLE_RNN: self._simple_rnn, Cell.LSTM: self._lstm, Cell.GRU: gru}
        self.step: Callable[[Floats, Floats, Floats, Hold], Values] = steps[self.cell]

    def looked_up(self, tokens: NDArray[Any] | int) -> Floats:
        """What tokens (…) add to the sums of all gates, (…, G·U)."""
        rows: Floats = self._table[tokens]
        return rows

    def summed(self, inputs: Floats) -> Floats:
        """What the layer below (…, D) adds to the sums of all gates, (…, G·U)."""
        return inputs @ self._rows + self._bias

    def zeros(self, *batch: int) -> State:
        """The state that everything begins with."""
        shape = (*batch, self.units)
        return State(
            np.zeros(shape, np.float32), np.zeros(shape if self.cell is Cell.LSTM else (*batch, 0), np.float32)
        )

    def _simple_rnn(self, x: Floats, h: Floats, _c: Floats, hold: Hold) -> Values:
        sums = h @ self._recurrent
        sums += x
        np.tanh(sums, out=sums)
        hold("h", sums)
        return (sums,)

    def _lstm(self, x: Floats, h: Floats, c: Floats, hold: Hold) -> Values:
        units = self.units
        sums = h @ self._recurrent
        sums += x
        np.tanh(sums, out=sums)
        g = sums[..., 2 * units : 3 * units].copy()
        sums *= 0.5
        sums += 0.5
        i, f, o = sums[..., :units], sums[..., units : 2 * units], sums[..., 3 * units :]
        c = f * c
        c += i * g
        hold("c", c)
        h = np.tanh(c)
        h *= o
        hold("h", h)
        return h, c, i, f, g, o

    def _gru_after(self, x: Floats, h: Floats, _c: Floats, hold: Hold) -> Values:
        units = self.units
        held = h @ self._recurrent
        held += self._recurrent_bias
        gates = held[..., : 2 * units] + x[..., : 2 * units]
        z, r = _open(gates, units)
        g = np.tanh(x[..., 2 * units :] + r * held[..., 2 * units :])
        return self._mixed(z, r, g, h, hold)

    def _gru_before(self, x: Floats, h: Floats, _c: Floats, hold: Hold) -> Values:
        units = self.units
        z, r = _open(h @ self._recurrent[:, : 2 * units] + x[..., : 2 * units], units)
        g = np.tanh(x[..., 2 * units :] + (r * h) @ self._recurrent[:, 2 * units :])
        return self._mixed(z, r, g, h, hold)

    @staticmethod
    def _mixed(z: Floats, r: Floats, g: Floats, h: Floats, hold: Hold) -> Values:
        """h_t = (1−z)∘g + z∘h_{t-1}."""
        h = g + z * (h - g)
        hold("h", h)
        return h, z, r, g


class Stepped(NamedTuple):
    """One step of all layers: their states, and what stands inside softmax, (…, V)."""

    states: tuple[State, ...]
    logits: Floats


class QuickModel:
    """A text model: each character is read, and the next one's probabilities are said.

    Raises:
        ValueError: the model is none that reads a text forward, from character to character.
    """

    def __init__(self, model: Model) -> None:
        _check(model.architecture, model.form)
        named = list(zip(weight_shapes(model.architecture, model.form), model.weights, strict=True))
        table: NDArray[Any] | None = None
        self.layers: list[QuickLayer] = []
        for layer in plan(model.architecture, model.form):
            own = [array for weight, array in named if weight.layer == layer.name]
            if layer.kind is Kind.EMBEDDING:
                table = own[0]
            elif layer.kind is Kind.CELL:
                self.layers.append(QuickLayer(layer, None if self.layers else table, own))
            elif layer.kind is Kind.OUTPUT:
                self._kernel, self._bias = (array.astype(np.float32) for array in own)
        self.vocabulary_size: int = len(self._bias)

    @property
    def values(self) -> tuple[str, ...]:
        """The names of what a step of its layers gives."""
        return VALUES[self.layers[0].cell]

    def zeros(self, *batch: int) -> tuple[State, ...]:
        """The state that everything begins with, of every layer."""
        return tuple(layer.zeros(*batch) for layer in self.layers)

    def step(self, tokens: NDArray[Any] | int, states: Sequence[State], holds: Sequence[Hold] | None = None) -> Stepped:
        """Read one character of each text.

        Args:
            tokens: (…), one number for a single text.
            states: of every layer, (…, U).
            holds: for every layer what changes its h or c in passing; None changes nothing.
        """
        sums, after = self.layers[0].looked_up(tokens), list[State]()
        for number, (layer, state) in enumerate(zip(self.layers, states, strict=True)):
            if number:
                sums = layer.summed(after[-1].h)
            h, *others = layer.step(sums, state.h, state.c, holds[number] if holds else leave)
            after.append(State(h, others[0] if layer.cell is Cell.LSTM else state.c))
        return Stepped(tuple(after), self.logits(after[-1].h))

    def logits(self, h: Floats) -> Floats:
        """What stands inside softmax, (…, V), from h of the last layer, (…, U)."""
        return h @ self._kernel + self._bias

    def begun(self, states: Sequence[State] | None, *batch: int) -> tuple[State, ...]:
        """These states in float32, or zeros.

        Raises:
            ValueError: they are not those of this model and batch.
        """
        zeros = self.zeros(*batch)
        if states is None:
            return zeros
        if len(states) != len(zeros):
            raise ValueError(f"this model begins with the states of {len(zeros)} recurrent layers, not {len(states)}")
        for wanted, given in zip(zeros, states, strict=True):
            if any(array.size != zero.size for array, zero in zip(given, wanted, strict=True)):
                raise ValueError(f"a state must be {wanted.h.shape} and {wanted.c.shape}")
        return tuple(
            State(*(array.reshape(zero.shape).astype(np.float32) for array, zero in zip(given, wanted, strict=True)))
            for wanted, given in zip(zeros, states, strict=True)
        )

    def check_tokens(self, tokens: NDArray[Any]) -> NDArray[np.intp]:
        """The numbers of a text's characters (N), if this model knows them all.

        Raises:
            ValueError: a number that no character has, or none at all.
        """
        if tokens.ndim != 1 or not len(tokens):
            raise ValueError(f"tokens must be (N), at least one, not {tokens.shape}")
        if not 0 <= tokens.min() <= tokens.max() < self.vocabulary_size:
            raise ValueError(
                f"tokens must be from 0 to {self.vocabulary_size - 1:,}, not {tokens.min():,} to {tokens.max():,}"
            )
        return tokens.astype(np.intp)


def likely(logits: NDArray[Any]) -> NDArray[Any]:
    """Softmax over the last axis."""
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    raised /= raised.sum(-1, keepdims=True)
    return raised  # type: ignore[no-any-return]


def log_likely(logits: Floats) -> Floats:
    """The logarithms of softmax over the last axis, right also where a probability is too small for a number."""
    shifted = logits - logits.max(-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(-1, keepdims=True))
    return shifted  # type: ignore[no-any-return]


def _sigmoids(cell: Cell, units: int) -> NDArray[np.bool_]:
    """Which columns of a layer's sums go through σ; the others go through tanh."""
    by_gate = {Cell.SIMPLE_RNN: [False], Cell.LSTM: [True, True, False, True], Cell.GRU: [True, True, False]}[cell]
    return np.repeat(by_gate, units)


def _open(gates: Floats, units: int) -> tuple[Floats, Floats]:
    """σ of the sums of two gates, which are halved already."""
    np.tanh(gates, out=gates)
    gates *= 0.5
    gates += 0.5
    return gates[..., :units], gates[..., units:]


def _check(architecture: Architecture, form: Form) -> None:
    fits = (
        architecture.cell.recurrent
        and architecture.direction is Direction.FORWARD
        and form.pattern is Pattern.IN_STEP
        and form.embeddable
        and not form.padded
        and form.outputs == form.input_dim
        and form.activation is Activation.SOFTMAX
    )
    if not fits:
        raise ValueError(
            _("only a recurrent model that reads forward and says the next character at every step reads a text; not {label}")
            .format(label=architecture.label)
        )  # fmt: skip
