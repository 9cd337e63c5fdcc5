"""Parameter counts as formulas: layer by layer, gate by gate, matrix by matrix, without Keras.

The rules are those of Keras 3: a kernel W_x (d, U), a recurrent kernel W_h (U, U) and a bias (U) for each gate;
two biases for each gate of a GRU with ``reset_after``; everything twice for two directions.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from rnnlab.architecture import Architecture, Cell, Form
from rnnlab.plan import Kind, Layer, Shape, plan
from rnnlab.texts import noted


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
    Cell.DENSE: (),
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
    """One layer: its name and shape as Keras prints them and the matrices that it is made of.

    ``input_dim``: numbers per step that meet its weights; 0 where it has none.
    """

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
        architecture: the recurrent part; its embedding is left out where ``form`` has nothing to look up.
        form: what goes in and out.
    """
    layers = tuple(_count(layer) for layer in plan(architecture, form))
    return Count(layers, sum(layer.parameters for layer in layers))


def _count(layer: Layer) -> LayerCount:
    terms = _terms(layer)
    kind = layer.architecture.cell.value if layer.kind is Kind.CELL else layer.kind.value
    parameters = sum(t.rows * t.columns * t.copies for t in terms)
    return LayerCount(layer.name, kind, layer.input_dim if terms else 0, layer.shape, parameters, terms)


def _terms(layer: Layer) -> tuple[Term, ...]:
    match layer.kind:
        case Kind.EMBEDDING:
            return (Term(Matrix.EMBEDDING, layer.size, layer.input_dim),)
        case Kind.CELL:
            return _cell_terms(layer.architecture, layer.input_dim)
        case Kind.OUTPUT:
            return Term(Matrix.OUTPUT_KERNEL, layer.size, layer.input_dim), Term(Matrix.OUTPUT_BIAS, layer.size, 1)
        case _:
            return ()


def _cell_terms(architecture: Architecture, input_dim: int) -> tuple[Term, ...]:
    units, copies = architecture.units, architecture.directions
    terms = []
    if not architecture.cell.recurrent:
        bias = (Term(Matrix.BIAS, units, 1),) if architecture.use_bias else ()
        return (Term(Matrix.KERNEL, units, input_dim), *bias)
    for gate in GATES[architecture.cell]:
        terms.append(Term(Matrix.KERNEL, units, input_dim, copies, gate))
        terms.append(Term(Matrix.RECURRENT_KERNEL, units, units, copies, gate))
        if architecture.use_bias:
            terms.append(Term(Matrix.BIAS, units, 1, copies, gate))
        if architecture.two_biases:
            terms.append(Term(Matrix.RECURRENT_BIAS, units, 1, copies, gate))
    return tuple(terms)
