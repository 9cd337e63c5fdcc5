"""What a task is: its story, the form of its models, its arrays, and how predictions of it are measured and drawn.

A task is a frozen value. It makes its arrays from a seed, with a part held out from training, and says how a prediction
is read back: as pieces that a page can draw, whatever the task.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import FIRST_BENCH, Architecture, Form, Pattern, Range
from rnnlab.tasks.drawn import Drawn, Said
from rnnlab.texts import noted

Inputs = NDArray[np.int32] | NDArray[np.float32]
Targets = NDArray[np.int32] | NDArray[np.float32]


class Arrays(NamedTuple):
    """Samples in and what is expected of each.

    ``inputs``: token numbers (N, T), numbers (N, T, D), or one vector each (N, D). ``targets``: token or class numbers,
    (N, S) with S = 1 where one vector comes out; real numbers (N, 1) where a number is to be said.
    """

    inputs: Inputs
    targets: Targets

    def split(self, trained: int) -> Data:
        """The first so many to learn from, the others held out."""
        train = Arrays(self.inputs[:trained], self.targets[:trained])
        return Data(train, Arrays(self.inputs[trained:], self.targets[trained:]))


class Data(NamedTuple):
    """What a task is learned from, and on what it is measured.

    ``held_out`` has no samples where everything is shown in training. ``hard`` marks the held-out samples that are hard
    for a model without order, (N,); it is None where the task has no such part.
    """

    train: Arrays
    held_out: Arrays
    hard: NDArray[np.bool_] | None = None


#: How far a number may be off, as in Hochreiter & Schmidhuber, "Long Short-Term Memory" (1997).
NEARNESS = 0.04


class Metric(StrEnum):
    """What is counted as right; the value is its name on screen."""

    TOKENS = noted("steps right")  # share of steps
    CLASSES = noted("accuracy")  # share of samples
    EXACT = noted("exactly right")  # share of samples of which every step is right
    NEAR = noted("within 0.04")  # share of numbers said that are off by ``NEARNESS`` at most


class Own(StrEnum):
    """What a person can give to a trained model."""

    NOTHING = "nothing"
    LINE = "line"
    PICTURE = "picture"


class Given(NamedTuple):
    """An input of a person's own, as a sample: (T), (T, D) or (D); and what is to be said about it, if anything."""

    inputs: Inputs
    remark: str = ""


class Defaults(NamedTuple):
    """With what a task is learned unless a person chooses otherwise."""

    bench: tuple[Architecture, ...] = FIRST_BENCH
    epochs: int = 50
    learning_rate: float = 0.1
    batch_size: int = 32
    clip_norm: float | None = None


def bench(units: int, embedding_dim: int | None = None) -> tuple[Architecture, ...]:
    """The three cells side by side, of the same size."""
    return tuple(replace(architecture, units=units, embedding_dim=embedding_dim) for architecture in FIRST_BENCH)


class Length(NamedTuple):
    """How many characters a text may have."""

    low: int
    high: int


class Option(NamedTuple):
    """Something that a person chooses about a task.

    The field of the task that has this name holds what is chosen. ``allowed`` is a range of whole numbers; or a few
    choices, each with its name on screen; or how long a text may be; or, where it is None, the option is the key of a
    table that a person brings (see ``labelled``).
    """

    name: str
    label: str
    allowed: Range | dict[str, str] | Length | None
    hint: str = ""

    def check(self, value: Any) -> None:
        """Raise ``ValueError`` unless ``value`` is allowed; what a text says is checked by the task itself."""
        if isinstance(self.allowed, Range):
            self.allowed.check(self.name, value)
        elif isinstance(self.allowed, dict) and value not in self.allowed:
            raise ValueError(f"{self.name} must be one of {', '.join(self.allowed)}, not {value!r}")


class Baseline(NamedTuple):
    """What another kind of model reaches on the same data, and why it comes no further."""

    title: str
    held_out: float
    hard: float
    why: str


@dataclass(frozen=True)
class Task(ABC):
    """One thing to learn.

    Attributes:
        name: in links, files and on the command line.
        title: on screen.
        story: a paragraph for a newcomer.
    """

    name: str
    title: str
    story: str

    metric: ClassVar[Metric]
    #: "Learned" from this value of the metric on, held out where something is.
    goal: ClassVar[float] = 1.0
    #: Whether a part of the samples is held out from training; where none is, an epoch is a single step.
    holds_out: ClassVar[bool] = True
    #: Name of the hard part of the held-out samples; empty where there is none.
    hard_part: ClassVar[str] = ""
    #: How many held-out samples are drawn while training.
    shown: ClassVar[int] = 4
    #: What a person can give.
    own: ClassVar[Own] = Own.NOTHING
    #: Whether there are other kinds of models to compare with.
    has_baselines: ClassVar[bool] = False
    #: Whether a reader of both directions sees what it is asked for.
    backward_sees_answer: ClassVar[bool] = False
    options: ClassVar[tuple[Option, ...]] = ()

    def __post_init__(self) -> None:
        for option in self.options:
            option.check(getattr(self, option.name))

    @property
    @abstractmethod
    def form(self) -> Form:
        """The form of every model that learns this task; it leaves a person no choice.

        Raises:
            ValueError: what a person brought cannot be learned.
        """

    @abstractmethod
    def data(self, seed: int) -> Data:
        """The samples of this seed: always the same ones."""

    @abstractmethod
    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        """One sample with its prediction, for a page to draw.

        Args:
            inputs: the sample, (T), (T, D) or (D).
            target: what is expected of it, (S); None where nobody knows.
            said: what a model says to it, (P): to each row that ``questions`` made, at each step out.
        """

    @property
    def defaults(self) -> Defaults:
        """With what it is learned unless a person chooses otherwise."""
        return Defaults()

    @property
    def example(self) -> str:
        """What a person could type, where a line can be given."""
        return ""

    @property
    def pattern(self) -> Pattern:
        return self.form.pattern

    def without_memory(self) -> str:
        """Why a layer that sees each step by itself cannot learn this, or how far it can come."""
        return ""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of what a class number means, where classes are predicted."""
        return ()

    def questions(self, inputs: Inputs) -> Inputs:
        """What a model is asked about samples (N, …), as rows (N·R, …); more than one each where it is asked on the way."""
        return inputs

    def steps(self, sample: Inputs) -> tuple[str, ...]:
        """What is read at each step of one sample, in a word; empty where a step is padding or has no name."""
        return ("",) * len(sample)

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What goes in and out, as names and values for the page."""
        return ()

    def give(self, given: str | NDArray[np.float32]) -> Given:
        """The input that a person typed, or drew as 8 × 8 grey values from 0 to 1.

        Raises:
            ValueError: it cannot be read; the sentence says what is allowed.
        """
        raise ValueError(f"the task {self.name} takes no input of your own")

    def baselines(self, seed: int) -> tuple[Baseline, ...]:
        """What models of another kind reach on the same data."""
        return ()

    def chosen(self) -> dict[str, str | int]:
        """The options with which this task was made."""
        return {option.name: getattr(self, option.name) for option in self.options}


def score(
    metric: Metric,
    predicted: NDArray[np.integer[Any]],
    said: NDArray[np.floating[Any]],
    targets: Targets,
) -> float:
    """The share that is right, from 0 to 1.

    Args:
        metric: what counts as right.
        predicted: token or class numbers, (N, S).
        said: numbers said, (N, 1), for ``Metric.NEAR``.
        targets: what is expected, (N, S).
    """
    if metric is Metric.NEAR:
        return float(np.mean(np.abs(said - targets) <= NEARNESS))
    right = predicted == targets
    return float(np.mean(right.all(axis=1) if metric is Metric.EXACT else right))


def confusion_table(predicted: NDArray[Any], targets: Targets, classes: int) -> NDArray[np.uint32]:
    """How often each class (row) was taken for each (column), (K, K); (0, 0) where no classes are predicted."""
    pairs = np.bincount((targets * classes + predicted).astype(np.intp).ravel(), minlength=classes**2)
    return pairs[: classes**2].reshape(classes, classes).astype(np.uint32)


def samples(task: Task, seed: int) -> Arrays:
    """The samples that are drawn while training: held out where something is, else those of the training."""
    data = task.data(seed)
    inputs, targets = data.held_out if task.holds_out else data.train
    return Arrays(inputs[: task.shown], targets[: task.shown])
