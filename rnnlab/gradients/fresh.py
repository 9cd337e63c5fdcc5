"""New models to look at: drawn at random and then changed in one respect, with random tokens of any number to read."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from rnnlab.architecture import Activation, Architecture, Cell, Form, Pattern, Range, check_choice
from rnnlab.experiment import SEED, RealRange
from rnnlab.gradients.flow import Question
from rnnlab.gradients.matrices import first_kernels, recurrent_places, turned_radius
from rnnlab.reference import Array, Model
from rnnlab.reference.model import weight_shapes
from rnnlab.texts import noted

LENGTHS = Range(2, 500)
FACTORS = RealRange(0.1, 3.0)
#: Different tokens that a free sequence is made of, and classes that are told apart at its end.
TOKENS = 8
#: The bias of gates that are held open: σ(5) = 0.99 of what a state was is kept at each step.
OPEN = 5
FORGET_BIASES = (0, 1, OPEN)


class Scaling(StrEnum):
    """What the number is that W_h is turned by; the value is its name on screen."""

    FACTOR = noted("times a factor")
    RADIUS = noted("to a spectral radius")


@dataclass(frozen=True, slots=True)
class Fresh:
    """A random initialisation, and what is changed of it.

    Attributes:
        seed: of the weights and of the sequence.
        length: T of the sequence, whose last step has the loss.
        scaling: how W_h is scaled.
        scale: the factor, or the spectral radius that every W_h gets.
        silent: whether nothing goes in: W_x is 0, so that the states stay 0 and tanh is at its steepest.
        forget_bias: bias of an LSTM's forget gate, one of ``FORGET_BIASES``; ``OPEN`` is that of a GRU's update gate too.

    Raises:
        ValueError: a number is out of its range.
    """

    seed: int = 0
    length: int = 51
    scaling: Scaling = Scaling.FACTOR
    scale: float = 1.0
    silent: bool = False
    forget_bias: int = 1

    def __post_init__(self) -> None:
        check_choice("scaling", self.scaling, Scaling)
        SEED.check("seed", self.seed)
        LENGTHS.check("length", self.length)
        FACTORS.check("scale", self.scale)
        if self.forget_bias not in FORGET_BIASES:
            raise ValueError(f"forget-gate bias must be one of {FORGET_BIASES}, not {self.forget_bias!r}")


FIRST = Fresh()


def passed(bias: int) -> float:
    """The share that a gate with this bias lets through where nothing else speaks to it: σ(bias)."""
    return 1 / (1 + math.exp(-bias))


def asked(fresh: Fresh) -> tuple[Form, Question]:
    """A random sequence with one loss, at its last step; all architectures read the same."""
    rng = np.random.default_rng(fresh.seed)
    form = Form(TOKENS, True, fresh.length, None, Pattern.MANY_TO_ONE, 1, TOKENS, Activation.SOFTMAX)
    inputs = rng.integers(TOKENS, size=(1, fresh.length), dtype=np.int32)
    return form, Question(inputs, rng.integers(TOKENS, size=(1, 1), dtype=np.int32), 0)


def new_model(architecture: Architecture, form: Form, fresh: Fresh) -> Model:
    """The architecture with new weights, as Keras would draw them, changed as ``fresh`` says."""
    model = Model.random(form.fit(architecture), form, fresh.seed)
    if not architecture.cell.recurrent:
        return model
    weights = [array.copy() for array in model.weights]
    if fresh.silent:
        for place in first_kernels(model.architecture, form):
            weights[place][:] = 0.0
    for array, named in zip(weights, weight_shapes(model.architecture, form), strict=True):
        if named.name.endswith("bias") and named.layer != "dense":
            _keep(array, architecture, fresh.forget_bias)
    return rescaled(replace(model, weights=tuple(weights)), fresh.scaling, fresh.scale)


def _keep(bias: Array, architecture: Architecture, forget_bias: int) -> None:
    """Set the bias of the gate that keeps a state: an LSTM's forget gate, and where it is held open a GRU's update gate."""
    units = architecture.units
    if architecture.cell is Cell.LSTM:
        bias[units : 2 * units] = forget_bias
    elif architecture.cell is Cell.GRU and forget_bias == OPEN:
        np.atleast_2d(bias)[0, :units] = OPEN


def rescaled(model: Model, scaling: Scaling, scale: float) -> Model:
    """The model with every recurrent kernel multiplied by one number.

    Args:
        model: with recurrent layers, or without: then it stays as it is.
        scaling: whether ``scale`` is that number, or the spectral radius that comes of it: of W_h in a SimpleRNN, of the
            candidate's part of W_h in an LSTM or GRU, in the layer nearest to the output.
        scale: the factor or the radius.
    """
    if not model.architecture.cell.recurrent or (scaling is Scaling.FACTOR and scale == 1.0):
        return model
    factor = scale if scaling is Scaling.FACTOR else scale / turned_radius(model)
    weights = list(model.weights)
    for place in recurrent_places(model.architecture, model.form):
        weights[place] = factor * weights[place]
    return replace(model, weights=tuple(weights))
