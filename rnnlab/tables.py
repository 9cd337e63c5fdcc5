"""Tables for the charts: numbers only, made from the bench and from runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from rnnlab.architecture import LAYERS, UNITS, Architecture, Cell, Form
from rnnlab.charts import thin
from rnnlab.colours import Look
from rnnlab.counting import LayerCount, Matrix, count
from rnnlab.history import History

SMALLEST = 1e-9


def parameter_table(bench: Sequence[Architecture], looks: Sequence[Look], form: Form) -> pd.DataFrame:
    """A row for each matrix of each gate, with the places of layers and matrices in a stack.

    Columns architecture, layer, matrix, parameters, layer order, matrix order.
    """
    rows = [
        (look.label, layer_title(layer), term.matrix.value, term.parameters)
        for architecture, look in zip(bench, looks, strict=True)
        for layer in count(architecture, form).layers
        for term in layer.terms
    ]
    table = pd.DataFrame(rows, columns=["architecture", "layer", "matrix", "parameters"])
    return table.assign(
        **{
            "layer order": table["layer"].map(_LAYER_ORDER.index),
            "matrix order": table["matrix"].map([matrix.value for matrix in Matrix].index),
        }
    )


_LAYER_ORDER = ("embedding", *(f"recurrent {n}" for n in range(1, LAYERS.high + 1)), "output")


def layer_title(layer: LayerCount) -> str:
    """What a layer is called where layers of several architectures are compared."""
    if layer.kind in ("embedding", "flip"):
        return layer.kind
    if layer.kind == "dense":
        return "output"
    number = layer.name.rpartition("_")[2]
    return f"recurrent {int(number) + 1}" if number.isdigit() else "recurrent 1"


def size_table(bench: Sequence[Architecture], looks: Sequence[Look], form: Form) -> pd.DataFrame:
    """Columns architecture, units, parameters: the total at hidden sizes from 1 to the largest."""
    sizes = sorted({min(round(2 ** (step / 4)), UNITS.high) for step in range(41)})
    rows = [
        (look.label, units, count(replace(architecture, units=units), form).total)
        for architecture, look in zip(bench, looks, strict=True)
        for units in sizes
    ]
    return pd.DataFrame(rows, columns=["architecture", "units", "parameters"])


def chosen_table(bench: Sequence[Architecture], looks: Sequence[Look], form: Form) -> pd.DataFrame:
    """The same columns for the chosen hidden sizes alone."""
    rows = [
        (look.label, architecture.units, count(architecture, form).total)
        for architecture, look in zip(bench, looks, strict=True)
    ]
    return pd.DataFrame(rows, columns=["architecture", "units", "parameters"])


def ratio(architecture: Architecture, form: Form, whole: bool) -> float:
    """How many times the parameters of a plain SimpleRNN of the same sizes.

    Args:
        architecture: compared with a forward SimpleRNN of one layer, the same hidden size and embedding.
        form: what goes in and out.
        whole: whether embedding and output layer count too, or the recurrent layers alone.
    """
    simple = Architecture(Cell.SIMPLE_RNN, architecture.units, architecture.embedding_dim)
    return _size(architecture, form, whole) / _size(simple, form, whole)


def _size(architecture: Architecture, form: Form, whole: bool) -> int:
    counted = count(architecture, form)
    if whole:
        return counted.total
    return sum(layer.parameters for layer in counted.layers if layer.kind == architecture.cell)


def ratio_table(bench: Sequence[Architecture], looks: Sequence[Look], form: Form, whole: bool) -> pd.DataFrame:
    """Columns architecture, ratio."""
    rows = [(look.label, ratio(a, form, whole)) for a, look in zip(bench, looks, strict=True)]
    return pd.DataFrame(rows, columns=["architecture", "ratio"])


def loss_table(histories: Sequence[History], looks: Sequence[Look]) -> pd.DataFrame:
    """Columns architecture, epoch, loss, thinned so that all curves together stay readable and quick.

    A loss that is not a number is left out; one of zero is drawn at the smallest that a logarithmic axis takes.
    """
    rows: list[tuple[str, int, float]] = []
    for history, look in zip(histories, looks, strict=True):
        losses = history.losses[:]
        step = thin(len(losses), len(histories))
        kept = [*range(0, len(losses), step), *([len(losses) - 1] if losses else [])]
        rows += [(look.label, i + 1, max(losses[i], SMALLEST)) for i in dict.fromkeys(kept) if math.isfinite(losses[i])]
    return pd.DataFrame(rows, columns=["architecture", "epoch", "loss"])
