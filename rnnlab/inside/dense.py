"""A layer without memory, beside the cells: its one product."""

from __future__ import annotations

import numpy as np

from rnnlab import sequences
from rnnlab.inside.scenes import Scene
from rnnlab.operations import Grid, Operation
from rnnlab.plan import Kind, plan
from rnnlab.reference import Array
from rnnlab.texts import _


def steps(scene: Scene) -> tuple[int, ...]:
    """The timesteps that such a layer reads, each by itself: the last one that is no padding where one output is asked for."""
    form, sample = scene.model.form, scene.inputs[0]
    if form.pattern.one_input:
        return (0,)
    real = np.flatnonzero(sample) if form.padded else np.arange(len(sample))
    only_last = any(layer.kind is Kind.LAST_STEP for layer in plan(scene.model.architecture, form))
    return tuple(int(step) for step in (real[-1:] if only_last else np.arange(len(sample))))


def operation(scene: Scene, step: int) -> Operation:
    """h_t = tanh(W_x x_t + b) of the first layer at one of ``steps``: nothing of another timestep is in it."""
    layers = plan(scene.model.architecture, scene.model.form)
    place = 1 if any(layer.kind is Kind.EMBEDDING for layer in layers) else 0
    kernel = scene.model.weights[place]  # (D, U)
    bias = scene.model.weights[place + 1] if scene.model.architecture.use_bias else np.zeros(kernel.shape[1])
    x = _input(scene, step, embedded=bool(place))
    h = np.tanh(x @ kernel + bias)
    w_grid, x_grid, b_grid = Grid("W_x", kernel.T), Grid("x_t", x[:, np.newaxis]), Grid("b", bias[:, np.newaxis])
    says = _("Each timestep by itself: nothing of an earlier one comes in.")
    equation = r"h_t = \tanh(W_x\,x_t + b)"
    return Operation(
        "h", None, equation, ("tanh(", w_grid, "×", x_grid, "+", b_grid, ")"), Grid("h_t", h[:, np.newaxis]), says
    )


def _input(scene: Scene, step: int, embedded: bool) -> Array:
    """What the first layer reads at this timestep, (D)."""
    form, sample = scene.model.form, scene.inputs[0]
    if not form.embeddable:
        found: Array = sample if form.pattern.one_input else sample[step]
        return found.astype(np.float64)
    vector: Array = (
        scene.model.weights[0][sample[step]] if embedded else sequences.one_hot(sample[step], form.input_dim)
    )
    return vector
