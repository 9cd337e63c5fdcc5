"""Parameter counts as formulas: layer by layer, gate by gate, matrix by matrix, without Keras.

The rules are those of Keras 3: a kernel W_x (d, U), a recurrent kernel W_h (U, U) and a bias (U) for each gate;
two biases for each gate of a GRU with ``reset_after``; everything twice for two directions.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from rnnlab.architecture import Architecture, Cell, Direction, Form
from rnnlab.texts import noted

Shape = tuple[int | None, ...]


class Gate(StrEnum):
    """The gates by their names on screen, in the order in which Keras stores them (state: SimpleRNN's only sum)."""

    STATE = noted("state")
    INPUT = noted("input")
    FORGET = noted("forget")
    CANDIDATE = noted("candidate")
    OUTPUT = noted("output")
    UPDATE = noted("update")
    RESET = noted("reset")


class Matrix(StrEnum):
    EMBEDDING = "E"
    KERNEL = "Wₓ"
    RECURRENT_KERNEL = "Wₕ"
    BIAS = "b"
    RECURRENT_BIAS = "bₕ"
    OUTPUT_KERNEL = "W_y"
    OUTPUT_BIAS = "b_y"


GATES: dict[Cell, tuple[Gate, ...]] = {
    Cell.SIMPLE_RNN: (Gate.STATE,),
    Cell.LSTM: (Gate.INPUT, Gate.FORGET, Gate.CANDIDATE, Gate.OUTPUT),
    Cell.GRU: (Gate.UPDATE, Gate.RESET, Gate.CANDIDATE),
}


class Term(NamedTuple):
    """One matrix of one gate: ``rows`` × ``columns`` numbers as the lectures write it, ``copies`` times.

    ``rows`` counts outputs and ``columns`` inputs, so W_x is (D_h × d); Keras stores the transpose.
    """

    matrix: Matrix
    rows: int
    columns: int
    copies: int = 1
    gate: Gate | None = None

    @property
    def parameters(self) -> int:
        return self.rows * self.columns * self.copies


class LayerCount(NamedTuple):
    """One layer: its name and shape as Keras prints them and the matrices that it is made of."""

    name: str
    kind: str
    input_dim: int
    output_shape: Shape
    parameters: int
    terms: tuple[Term, ...]


class Count(NamedTuple):
    """A whole model, layer by layer."""

    layers: tuple[LayerCount, ...]
    total: int


class Summary(NamedTuple):
    """What Keras says of the model that it built: the other side of ``Count``, to check it against."""

    text: str
    parameters: int
    shapes: tuple[Shape, ...]


def count(architecture: Architecture, form: Form) -> Count:
    """Count the parameters of the model that ``models.build`` would build.

    Args:
        architecture: the recurrent part; its embedding is left out where ``form`` feeds plain numbers.
        form: what goes in and out.
    """
    layers: list[LayerCount] = []
    steps = (form.batch_size, form.timesteps)
    size = form.input_dim
    if architecture.embedding_dim is not None and form.tokens:
        size = architecture.embedding_dim
        layers.append(_layer("embedding", "embedding", form.input_dim, (*steps, size),
                             (Term(Matrix.EMBEDDING, size, form.input_dim),)))  # fmt: skip
    for index in range(architecture.layers):
        every_step = form.return_sequences or index < architecture.layers - 1
        terms = _recurrent_terms(architecture, size)
        name = _numbered("bidirectional" if architecture.bidirectional else architecture.cell.value, index)
        input_dim, size = size, architecture.units * (2 if architecture.doubles_output else 1)
        shape = (*steps, size) if every_step else (form.batch_size, size)
        layers.append(_layer(name, architecture.cell.value, input_dim, shape, terms))
        if every_step and architecture.direction is Direction.BACKWARD:
            layers.append(_layer(_numbered("flip", index), "flip", size, shape, ()))
    if form.outputs is not None:
        terms = (Term(Matrix.OUTPUT_KERNEL, form.outputs, size), Term(Matrix.OUTPUT_BIAS, form.outputs, 1))
        shape = (*steps, form.outputs) if form.return_sequences else (form.batch_size, form.outputs)
        layers.append(_layer("dense", "dense", size, shape, terms))
    return Count(tuple(layers), sum(layer.parameters for layer in layers))


def _layer(name: str, kind: str, input_dim: int, shape: Shape, terms: tuple[Term, ...]) -> LayerCount:
    return LayerCount(name, kind, input_dim, shape, sum(t.rows * t.columns * t.copies for t in terms), terms)


def _recurrent_terms(architecture: Architecture, input_dim: int) -> tuple[Term, ...]:
    units, copies = architecture.units, architecture.directions
    terms = []
    for gate in GATES[architecture.cell]:
        terms.append(Term(Matrix.KERNEL, units, input_dim, copies, gate))
        terms.append(Term(Matrix.RECURRENT_KERNEL, units, units, copies, gate))
        if architecture.use_bias:
            terms.append(Term(Matrix.BIAS, units, 1, copies, gate))
        if architecture.two_biases:
            terms.append(Term(Matrix.RECURRENT_BIAS, units, 1, copies, gate))
    return tuple(terms)


def _numbered(name: str, index: int) -> str:
    """The name that Keras gives to the layer number ``index`` of its kind."""
    return f"{name}_{index}" if index else name
