"""Counts as people read them: symbols, then the numbers put in, then the result. Plain text, for page and terminal.

The symbols are the lectures': V vocabulary, d input size, Dₕ hidden size, K outputs.
"""

from __future__ import annotations

from typing import NamedTuple

from rnnlab.architecture import Architecture, Form
from rnnlab.counting import GATES, LayerCount, Matrix, Term
from rnnlab.plan import Shape


class Formula(NamedTuple):
    """One layer's count, three times: with symbols, with numbers, and the result."""

    symbols: str
    numbers: str
    result: int

    def __str__(self) -> str:
        return f"{self.symbols} = {self.numbers} = {self.result:,}" if self.symbols else "0"


def input_symbol(architecture: Architecture, form: Form) -> str:
    """What the input size of the first cell is called: V one-hot, d embedded or plain."""
    return "V" if form.embeddable and architecture.embedding_dim is None else "d"


def _formula(layer: LayerCount, architecture: Architecture, source: str) -> Formula:
    """The formula of one layer whose input size is called ``source``."""
    if not layer.terms:
        return Formula("", "", 0)
    if layer.kind == "embedding":
        term = layer.terms[0]
        return Formula("V·d", f"{term.columns:,}·{term.rows:,}", layer.parameters)
    if layer.kind == "output":
        outputs = layer.terms[0].rows
        return Formula(f"{source}·K + K", f"{layer.input_dim:,}·{outputs:,} + {outputs:,}", layer.parameters)
    return _cell(layer, architecture, source)


def _cell(layer: LayerCount, architecture: Architecture, source: str) -> Formula:
    copies = layer.terms[0].copies  # of a decoder always one
    units, gates = architecture.units, len(GATES[architecture.cell])
    symbols, numbers = f"{source}·Dₕ", f"{layer.input_dim:,}·{units:,}"
    if architecture.cell.recurrent:
        symbols, numbers = f"{symbols} + Dₕ·Dₕ", f"{numbers} + {units:,}·{units:,}"
    if architecture.use_bias:
        twice = "2·" if architecture.two_biases else ""
        symbols, numbers = f"{symbols} + {twice}Dₕ", f"{numbers} + {twice}{units:,}"
    front = "".join(f"{n} · " for n in (copies, gates) if n > 1)
    if front:
        return Formula(f"{front}({symbols})", f"{front}({numbers})", layer.parameters)
    return Formula(symbols, numbers, layer.parameters)


def layer_formulas(layers: tuple[LayerCount, ...], architecture: Architecture, form: Form) -> tuple[Formula, ...]:
    """The formula of each layer."""
    first = next(index for index, layer in enumerate(layers) if layer.kind == architecture.cell)
    found = []
    source = input_symbol(architecture, form)
    for index, layer in enumerate(layers):
        found.append(_formula(layer, architecture, source))
        if index >= first and layer.terms:
            source = _output_symbol(layer, architecture)
    return tuple(found)


def _output_symbol(layer: LayerCount, architecture: Architecture) -> str:
    """What the layer hands on: Dₕ numbers, or 2·Dₕ where two directions stand side by side."""
    return "2·Dₕ" if layer.output_shape[-1] == 2 * architecture.units and layer.terms[0].copies == 2 else "Dₕ"


def shape_text(shape: Shape) -> str:
    """A shape as Keras prints it: (None, 10, 6)."""
    return str(tuple(shape))


def term_text(term: Term) -> str:
    """One matrix with its size as the lectures write it, rows are outputs: Wₓ (128 × 100)."""
    vector = term.matrix in (Matrix.BIAS, Matrix.RECURRENT_BIAS, Matrix.OUTPUT_BIAS)
    size = f"{term.rows:,}" if vector else f"{term.rows:,} × {term.columns:,}"
    return f"{term.matrix} ({size})"
