"""Counts as people read them: symbols, then the numbers put in, then the result. Plain text, for page and terminal.

The symbols are the lectures': V vocabulary, d input size, Dₕ hidden size, K outputs.
"""

from __future__ import annotations

from typing import NamedTuple

from rnnlab.architecture import Architecture, Form
from rnnlab.counting import GATES, LayerCount, Matrix, Shape, Term


class Formula(NamedTuple):
    """One layer's count, three times: with symbols, with numbers, and the result."""

    symbols: str
    numbers: str
    result: int

    def __str__(self) -> str:
        return f"{self.symbols} = {self.numbers} = {self.result:,}" if self.symbols else "0"


def formula(layer: LayerCount, architecture: Architecture, form: Form, first: bool = True) -> Formula:
    """The formula of one layer of a counted model.

    Args:
        layer: the layer, from ``counting.count``.
        architecture: of the model.
        form: of the model.
        first: whether this is the first recurrent layer (the others take the hidden state of the one below).
    """
    if not layer.terms:
        return Formula("", "", 0)
    if layer.kind == "embedding":
        term = layer.terms[0]
        return Formula("V·d", f"{term.columns:,}·{term.rows:,}", layer.parameters)
    if layer.kind == "dense":
        source = "2·Dₕ" if architecture.doubles_output else "Dₕ"
        outputs = layer.terms[0].rows
        return Formula(f"{source}·K + K", f"{layer.input_dim:,}·{outputs:,} + {outputs:,}", layer.parameters)
    return _recurrent(layer, architecture, input_symbol(architecture, form, first))


def input_symbol(architecture: Architecture, form: Form, first: bool) -> str:
    """What a recurrent layer's input size is called: V one-hot, d embedded or plain, Dₕ from the layer below."""
    if not first:
        return "2·Dₕ" if architecture.doubles_output else "Dₕ"
    return "V" if form.tokens and architecture.embedding_dim is None else "d"


def _recurrent(layer: LayerCount, architecture: Architecture, source: str) -> Formula:
    units, gates = architecture.units, len(GATES[architecture.cell])
    symbols, numbers = f"{source}·Dₕ + Dₕ·Dₕ", f"{layer.input_dim:,}·{units:,} + {units:,}·{units:,}"
    if architecture.use_bias:
        twice = "2·" if architecture.two_biases else ""
        symbols, numbers = f"{symbols} + {twice}Dₕ", f"{numbers} + {twice}{units:,}"
    front = "".join(f"{n} · " for n in (architecture.directions, gates) if n > 1)
    if front:
        return Formula(f"{front}({symbols})", f"{front}({numbers})", layer.parameters)
    return Formula(symbols, numbers, layer.parameters)


def layer_formulas(layers: tuple[LayerCount, ...], architecture: Architecture, form: Form) -> tuple[Formula, ...]:
    """The formula of each layer."""
    first = next(index for index, layer in enumerate(layers) if layer.kind == architecture.cell)
    return tuple(formula(layer, architecture, form, index == first) for index, layer in enumerate(layers))


def shape_text(shape: Shape) -> str:
    """A shape as Keras prints it: (None, 10, 6)."""
    return str(tuple(shape))


def term_text(term: Term) -> str:
    """One matrix with its size as the lectures write it, rows are outputs: Wₓ (128 × 100)."""
    vector = term.matrix in (Matrix.BIAS, Matrix.RECURRENT_BIAS, Matrix.OUTPUT_BIAS)
    size = f"{term.rows:,}" if vector else f"{term.rows:,} × {term.columns:,}"
    return f"{term.matrix} ({size})"
