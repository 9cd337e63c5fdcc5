"""What multiplies the gradient at every step back: the recurrent matrix W_h, its spectral radius and largest singular value.

For a SimpleRNN, ∂h_t/∂h_{t-1} = diag(1 − h_t²) W_h, and tanh lets through at most 1: so over d steps the gradient is at most
σ_max^d times what it was, with σ_max the largest singular value of W_h (Pascanu, Mikolov & Bengio 2013, section 2.1).
Without tanh and for very many steps, it is the spectral radius, the largest |eigenvalue|, that decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rnnlab.architecture import Architecture, Cell, Form, Pattern
from rnnlab.counting import GATES, Gate
from rnnlab.gradients.flow import a_step
from rnnlab.plan import Kind, plan
from rnnlab.reference import Array, Model
from rnnlab.reference.model import weight_shapes


class Block(NamedTuple):
    """W_h of one gate in one direction of a layer, (U, U): its spectral radius and its largest singular value."""

    gate: Gate
    radius: float
    largest: float


def spectral_radius(matrix: Array) -> float:
    """The largest |eigenvalue| of a matrix (U, U)."""
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def largest_stretch(matrix: Array) -> float:
    """The largest singular value of a matrix: the most by which it makes a vector longer."""
    return float(np.linalg.norm(matrix, 2))


def recurrent_places(architecture: Architecture, form: Form) -> tuple[int, ...]:
    """Which weight arrays of a model are recurrent kernels, from the input to the output."""
    return tuple(place for place, weight in enumerate(weight_shapes(architecture, form)) if "recurrent" in weight.name)


def first_kernels(architecture: Architecture, form: Form) -> tuple[int, ...]:
    """Which weight arrays are the input kernels W_x of the first recurrent layer, of each direction."""
    cells = [layer.name for layer in plan(architecture, form) if layer.kind is Kind.CELL]
    found = enumerate(weight_shapes(architecture, form))
    return tuple(
        n
        for n, weight in found
        if weight.layer == cells[0] and weight.name.removeprefix("forward_").removeprefix("backward_") == "kernel"
    )


def blocks(model: Model) -> tuple[Block, ...]:
    """Each gate's part of W_h in the last recurrent layer, in Keras' order; where there are two directions, the larger."""
    return tuple(
        Block(gate, max(map(spectral_radius, parts)), max(map(largest_stretch, parts)))
        for gate, parts in _parts(model).items()
    )


def _parts(model: Model) -> dict[Gate, list[Array]]:
    """Of every gate its part of W_h in the last recurrent layer, (U, U), of each direction."""
    cell, units = model.architecture.cell, model.architecture.units
    if not cell.recurrent:
        return {}
    kernels = last_kernels(model)
    return {
        gate: [kernel[:, place * units : (place + 1) * units] for kernel in kernels]
        for place, gate in enumerate(GATES[cell])
    }


def last_kernels(model: Model) -> list[Array]:
    """W_h of the recurrent layer nearest to the output, one for each direction, (U, G·U)."""
    places = recurrent_places(model.architecture, model.form)[-model.architecture.directions :]
    if model.form.pattern is Pattern.ENCODER_DECODER:
        places = places[-1:]
    return [np.asarray(model.weights[place], np.float64) for place in places]


def turned_radius(model: Model) -> float:
    """The spectral radius of the block that stands for the whole: that of the candidate, or of a SimpleRNN's one sum."""
    parts = _parts(model)
    return max(map(spectral_radius, parts[Gate.CANDIDATE if Gate.CANDIDATE in parts else Gate.STATE]))


def bound(architecture: Architecture, form: Form, found: Sequence[Block], distances: int) -> Array | None:
    """The most that can be left of the gradient of a state at distance 0, 1, 2 …, as a factor, (``distances``).

    Args:
        architecture: of the model.
        form: of the model.
        found: its ``blocks``.
        distances: how many.

    Returns:
        None where σ_max alone bounds nothing: in cells with gates, and where a decoder reads what its encoder hands on.
    """
    if architecture.cell is not Cell.SIMPLE_RNN or form.pattern is Pattern.ENCODER_DECODER:
        return None
    with np.errstate(over="ignore"):
        factors: Array = found[0].largest ** np.arange(distances)
    return factors


def damping(norms: Array, largest: float) -> float | None:
    """By what a step leaves less than σ allows, on average: the slope of tanh, and directions that W_h stretches less.

    Args:
        norms: of a gradient at distance 0, 1, 2 …, (T).
        largest: σ_max.

    Returns:
        The factor, at most 1 where σ bounds the gradient; None where no step goes back or nothing is allowed.
    """
    each = a_step(norms)
    return None if each is None or not largest else each / largest
