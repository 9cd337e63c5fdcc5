"""Which model reads what: a scene; what each of its recurrent layers reads; and the lectures' exercises as scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab import sequences
from rnnlab.architecture import Architecture, Cell, Form
from rnnlab.reference import Array, Model, Read, Trace, Weights, random_weights
from rnnlab.tasks import Task
from rnnlab.tasks.task import Arrays
from rnnlab.texts import _, noted

#: Of the numbers that the lectures' exercises feed to a cell.
_INPUT_SEED = 0


class Scene(NamedTuple):
    """A model that reads one sample.

    Attributes:
        model: the model with its weights.
        inputs: the sample as a batch of one, (1, …).
        steps: what is read at each timestep, in a word; empty where a step is padding or has no name.
        target: what is expected of it, (S); None where nobody knows.
        questions: the rows that are asked to draw what the model says, (R, …), as its task has them; None where there is
            nothing to draw.
    """

    model: Model
    inputs: NDArray[Any]
    steps: tuple[str, ...]
    target: NDArray[Any] | None = None
    questions: NDArray[Any] | None = None


class Reading(NamedTuple):
    """What one recurrent layer does in one direction, and what stands at each of its timesteps, as in ``Scene``.

    ``place`` is its name and whether it reads backward, as ``Model.forward`` knows it.
    """

    title: str
    trace: Trace
    steps: tuple[str, ...]
    place: tuple[str, bool]


def readings(scene: Scene, reads: Sequence[Read]) -> tuple[Reading, ...]:
    """What the recurrent layers of a scene have done, from the input on; nothing where the cell has no recurrence."""
    return tuple(
        Reading(
            _title(read.layer, read.trace, scene.model.architecture),
            read.trace,
            _steps(read.layer, read.trace, scene),
            (read.layer, read.trace.backward),
        )
        for read in reads
    )


def _title(layer: str, trace: Trace, architecture: Architecture) -> str:
    """ "encoder", "layer 2, backward"."""
    base, _underscore, number = layer.rpartition("_")
    nth = int(number) + 1 if number.isdigit() else 1
    name = (base if number.isdigit() else layer).lower()
    words = {"encoder": _("encoder"), "decoder": _("decoder")}
    title = words.get(name, _("layer"))
    if architecture.layers > 1 or title == _("layer"):
        title += f" {nth}"
    both = architecture.bidirectional and name != "decoder"
    if not both:
        return title
    return f"{title}, {_('backward') if trace.backward else _('forward')}"


def _steps(layer: str, trace: Trace, scene: Scene) -> tuple[str, ...]:
    """A decoder, and a cell that is handed one vector again and again, reads nothing that has a name."""
    timesteps = trace.inputs.shape[1]
    repeats = layer.startswith("decoder") or scene.model.form.pattern.one_input
    return ("",) * timesteps if repeats or len(scene.steps) != timesteps else scene.steps


@lru_cache(maxsize=6)
def random_model(architecture: Architecture, form: Form, seed: int) -> Model:
    """``Model.random``, kept: the weights of a large model take a second to draw."""
    return Model.random(architecture, form, seed)


def task_scene(task: Task, model: Model, sample: NDArray[Any], target: NDArray[Any] | None = None) -> Scene:
    """A scene of a task: one of its samples, (T), (T, D) or (D), read by a model, and what is expected of it, (S)."""
    batch = sample[np.newaxis]
    return Scene(model, batch, task.steps(sample), target, task.questions(batch))


def known(sample: NDArray[Any], shown: Arrays) -> Arrays:
    """A sample of a person's own as one of a batch, with its target where it is one of those shown."""
    for inputs, targets in zip(*shown, strict=True):
        if np.array_equal(inputs, sample):
            return Arrays(sample[np.newaxis], targets[np.newaxis])
    return Arrays(sample[np.newaxis], shown.targets[:0])


class Batch(NamedTuple):
    """Several words that a cell reads at once: its inputs, (B, T, D), and all hidden states, (B, T, U)."""

    inputs: Array
    states: Array


@dataclass(frozen=True)
class Exercise:
    """One of the lectures' exercises: a SimpleRNN alone, whose hidden states of every step are printed.

    Attributes:
        name: in keys and tests.
        title: on screen.
        story: what the lecture does, in a sentence.
        units: hidden size.
        form: what goes in.
        words: what is read, where that is letters: each a sample of its own.
    """

    name: str
    title: str
    story: str
    units: int
    form: Form
    words: tuple[str, ...] = ()

    @property
    def architecture(self) -> Architecture:
        return Architecture(Cell.SIMPLE_RNN, self.units)

    def scene(self, seed: int, place: int = 0) -> Scene:
        """The exercise with random weights of this seed, as ``reference.random_weights`` draws them.

        Args:
            seed: of the weights.
            place: which of the words is read.
        """
        weights = random_weights(Cell.SIMPLE_RNN, self.form.input_dim, self.units, seed)
        return Scene(self.model(weights), self._inputs(place), self._steps(place))

    def model(self, weights: Weights) -> Model:
        return Model(self.architecture, self.form, tuple(weights))

    def batch(self, place: int, trace: Trace) -> Batch:
        """All words read with the weights of the trace; the one at this place as the trace has read it."""
        found = [Trace(trace.cell, trace.weights, self._one_hot(word)) for word in self.words]
        found[place] = trace
        return Batch(np.concatenate([one.inputs for one in found]), np.concatenate([one.h for one in found]))

    def _one_hot(self, word: str) -> Array:
        return sequences.one_hot(self._numbers(word), self.form.input_dim)

    def _numbers(self, word: str) -> NDArray[np.int32]:
        return np.array([sequences.encode(word, sequences.LETTERS)], np.int32)

    def _inputs(self, place: int) -> NDArray[Any]:
        if self.words:
            return self._numbers(self.words[place])
        return np.random.default_rng(_INPUT_SEED).random((1, self.form.timesteps or 1, self.form.input_dim))

    def _steps(self, place: int) -> tuple[str, ...]:
        return tuple(self.words[place]) if self.words else ("",) * (self.form.timesteps or 1)


EXERCISES = (
    Exercise(
        "steps",
        noted("10 timesteps of 4 numbers"),
        noted(
            "A SimpleRNN by hand: 10 timesteps of 4 random numbers, 8 hidden units, and all hidden states printed, shape (10, 8)."
        ),
        8,
        Form(4, tokens=False, timesteps=10, outputs=None),
    ),
    Exercise(
        "words",
        noted("10 words of 6 numbers"),
        noted(
            "A SimpleRNN by hand: 10 words, each a vector of 6 random numbers, 4 hidden units, and all hidden states printed, shape (10, 4)."
        ),
        4,
        Form(6, tokens=False, timesteps=10, outputs=None),
    ),
    Exercise(
        "letter",
        noted("h, hidden size 2"),
        noted("One cell at work: the letter h alone, one-hot, 4 numbers, and hidden size 2: (1, 1, 4) → (1, 1, 2)."),
        2,
        Form(4, timesteps=1, outputs=None),
        ("h",),
    ),
    Exercise(
        "hello",
        noted("hello, hidden size 2"),
        noted(
            "One cell at work: the letters of “hello” one-hot, 4 numbers each, and hidden size 2: (1, 5, 4) → (1, 5, 2)."
        ),
        2,
        Form(4, timesteps=5, outputs=None),
        ("hello",),
    ),
    Exercise(
        "batch",
        noted("a batch of 3 words, hidden size 2"),
        noted(
            "One cell at work on a batch of three words at once: (3, 5, 4) → (3, 5, 2). Choose which of them you look at."
        ),
        2,
        Form(4, timesteps=5, outputs=None),
        ("hello", "eolll", "lleel"),
    ),
)
