"""Gradients that explode, and clipping that holds them: a small training in NumPy, with and without.

A SimpleRNN whose W_h begins with a spectral radius above 1 learns to add two marked numbers (as ``tasks.distance.Adding``)
by plain gradient descent. Clipping by norm after Pascanu, Mikolov & Bengio (2013), algorithm 1; by value as in
min-char-rnn (Karpathy 2015).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Architecture, Cell
from rnnlab.experiment import SEED, Clipping, RealRange
from rnnlab.gradients.fresh import Scaling, rescaled
from rnnlab.reference import Array, Model
from rnnlab.tasks import task
from rnnlab.tasks.distance import Adding

STEPS, BATCH, TIMESTEPS, UNITS = 400, 16, 10, 16
RADIUS, RATE, AT_NORM, AT_VALUE = RealRange(0.5, 2.0), RealRange(0.01, 0.5), RealRange(0.05, 20.0), RealRange(0.01, 5.0)
#: Over so many steps the loss at the end is taken.
_LAST = 30
#: A loss beyond this will not come back: the training is given up.
HOPELESS = 1e12


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: the spectral radius that W_h begins with, the learning rate, where gradients are clipped, and the seed.

    Raises:
        ValueError: a number is out of its range.
    """

    radius: float = 1.5
    learning_rate: float = 0.15
    at_norm: float = 1.0
    at_value: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        RADIUS.check("spectral radius", self.radius)
        RATE.check("learning rate", self.learning_rate)
        AT_NORM.check("norm", self.at_norm)
        AT_VALUE.check("value", self.at_value)
        SEED.check("seed", self.seed)


class Curve(NamedTuple):
    """One training: loss and gradient norm before every step, (N); shorter than ``STEPS`` where it was given up."""

    clipping: Clipping
    losses: NDArray[np.float64]
    norms: NDArray[np.float64]

    @property
    def given_up(self) -> bool:
        return len(self.losses) < STEPS

    @property
    def end(self) -> float:
        """The mean loss of its last steps: that of one is noise."""
        return float(self.losses[-_LAST:].mean())


class Clipped(NamedTuple):
    """One gradient before and after clipping: its norm, its largest number, and by how many degrees its direction turned."""

    clipping: Clipping
    norm: float
    largest: float
    turned: float


class Tried(NamedTuple):
    """The three trainings, and what each kind of clipping makes of the very first gradient, which is the same in all."""

    curves: tuple[Curve, ...]
    clipped: tuple[Clipped, ...]


def try_out(trial: Trial) -> Tried:
    """Train three times from the same weights on the same samples: without clipping, by norm, by value."""
    model = _start(trial)
    inputs, targets = next(_batches(trial.seed))
    first = model.forward(inputs).back(targets).weights
    return Tried(
        tuple(_train(model, trial, clipping) for clipping in Clipping),
        tuple(_clipped(first, clipping, trial) for clipping in Clipping),
    )


def clip(gradients: Sequence[Array], clipping: Clipping, at: float) -> tuple[Array, ...]:
    """Gradients as a step of training takes them.

    Args:
        gradients: of every weight.
        clipping: by norm: all together become shorter, with the same direction; by value: each number is cut by itself.
        at: the norm, or the value.
    """
    if clipping is Clipping.NORM:
        norm = _norm(gradients)
        return tuple(array * min(1.0, at / norm) if norm else array for array in gradients)
    if clipping is Clipping.VALUE:
        return tuple(np.clip(array, -at, at) for array in gradients)
    return tuple(gradients)


def _threshold(trial: Trial, clipping: Clipping) -> float:
    return trial.at_value if clipping is Clipping.VALUE else trial.at_norm


def _train(model: Model, trial: Trial, clipping: Clipping) -> Curve:
    losses, norms = [], []
    for inputs, targets in _batches(trial.seed):
        passed = model.forward(inputs)
        gradients = passed.back(targets).weights
        losses.append(passed.loss(targets))
        norms.append(_norm(gradients))
        if not losses[-1] < HOPELESS or not np.isfinite(norms[-1]):
            break
        steps = clip(gradients, clipping, _threshold(trial, clipping))
        weights = tuple(w - trial.learning_rate * g for w, g in zip(model.weights, steps, strict=True))
        model = replace(model, weights=weights)
    return Curve(clipping, np.array(losses), np.array(norms))


def _start(trial: Trial) -> Model:
    form = _adding().form
    model = Model.random(Architecture(Cell.SIMPLE_RNN, UNITS), form, trial.seed)
    return rescaled(model, Scaling.RADIUS, trial.radius)


def _adding() -> Adding:
    adding = task("adding", delay=TIMESTEPS)
    assert isinstance(adding, Adding)
    return adding


def _batches(seed: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    samples = _adding().data(seed).train
    rng = np.random.default_rng(seed)
    for _step in range(STEPS):
        rows = rng.integers(len(samples.inputs), size=BATCH)
        yield samples.inputs[rows], samples.targets[rows]


def _norm(gradients: Sequence[Array]) -> float:
    with np.errstate(over="ignore"):
        return float(np.sqrt(sum((array**2).sum() for array in gradients)))


def _clipped(gradients: Sequence[Array], clipping: Clipping, trial: Trial) -> Clipped:
    before = np.concatenate([array.ravel() for array in gradients])
    after = np.concatenate([array.ravel() for array in clip(gradients, clipping, _threshold(trial, clipping))])
    cosine = before @ after / (np.linalg.norm(before) * np.linalg.norm(after))
    turned = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return Clipped(clipping, float(np.linalg.norm(after)), float(np.abs(after).max()), turned)
