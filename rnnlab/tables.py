"""Tables for the charts: numbers only, made from the bench and from runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from rnnlab.architecture import UNITS, Architecture, Cell, Form
from rnnlab.charts import EVERYTHING, HELD_OUT, TRAINING, thin
from rnnlab.colours import Look, layers
from rnnlab.counting import LayerCount, Matrix, count
from rnnlab.history import History, Scores
from rnnlab.tasks import Task
from rnnlab.tasks.task import Baseline
from rnnlab.texts import _

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
            "layer order": table["layer"].map(list(layers()).index),
            "matrix order": table["matrix"].map([matrix.value for matrix in Matrix].index),
        }
    )


def layer_title(layer: LayerCount) -> str:
    """What a layer with weights is called where layers of several architectures are compared."""
    if layer.kind in ("embedding", "output"):
        return _(layer.kind)
    base, _underscore, number = layer.name.rpartition("_")
    name, nth = (base, int(number) + 1) if number.isdigit() else (layer.name, 1)
    own = {"encoder": _("encoder {n}"), "decoder": _("decoder {n}")}
    without_memory = layer.kind == Cell.DENSE
    return own.get(name, _("hidden {n}") if without_memory else _("recurrent {n}")).format(n=nth)


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
    """Columns architecture, epoch, loss, part, thinned so that all curves together stay readable and quick.

    A loss that is not a number is left out; one of zero is drawn at the smallest that a logarithmic axis takes.
    """
    rows = [
        (label, epoch, max(value, SMALLEST), part)
        for label, epoch, scores in _thinned(histories, looks)
        for part, value in ((HELD_OUT, scores.held_out_loss), (_trained_on(scores), scores.loss))
        if math.isfinite(value)
    ]
    return pd.DataFrame(rows, columns=["architecture", "epoch", "loss", "part"])


def metric_table(histories: Sequence[History], looks: Sequence[Look]) -> pd.DataFrame:
    """Columns architecture, epoch, share, part: the share that is right, thinned alike."""
    rows = [
        (label, epoch, value, part)
        for label, epoch, scores in _thinned(histories, looks)
        for part, value in ((HELD_OUT, scores.held_out), (_trained_on(scores), scores.metric))
        if math.isfinite(value)
    ]
    return pd.DataFrame(rows, columns=["architecture", "epoch", "share", "part"])


def _trained_on(scores: Scores) -> str:
    """What the training samples are called: all there is where nothing is held out."""
    return EVERYTHING if math.isnan(scores.held_out) else TRAINING


def marker_table(epoch: int | None) -> pd.DataFrame:
    """Column epoch: the one that is marked in a chart; no row for none."""
    return pd.DataFrame({"epoch": [] if epoch is None else [epoch]})


def goal_table(task: Task, baselines: Sequence[Baseline]) -> pd.DataFrame:
    """Columns share, label: the level from which the task counts as learned, and those of other kinds of models."""
    rows = [(task.goal, _("learned")), *((baseline.held_out, _(baseline.title)) for baseline in baselines)]
    return pd.DataFrame(rows, columns=["share", "label"])


def _thinned(histories: Sequence[History], looks: Sequence[Look]) -> Iterator[tuple[str, int, Scores]]:
    for history, look in zip(histories, looks, strict=True):
        scores = history.scores[:]
        curves = 1 if not scores or math.isnan(scores[0].held_out) else 2
        step = thin(len(scores), curves * len(histories))
        kept = [*range(0, len(scores), step), *([len(scores) - 1] if scores else [])]
        yield from ((look.label, history.start + i + 1, scores[i]) for i in dict.fromkeys(kept))
