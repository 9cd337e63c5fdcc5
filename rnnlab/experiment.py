"""An experiment: one architecture on one task with training settings; and the choice from which a person's screen follows.

Frozen, comparable values that go to JSON and back.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from rnnlab.architecture import (
    BENCH_SIZE,
    FIRST_BENCH,
    Architecture,
    Cell,
    Direction,
    Form,
    MergeMode,
    Range,
    check_choice,
)
from rnnlab.tasks import TextTask, task


class Optimizer(StrEnum):
    ADAM = "adam"
    RMSPROP = "rmsprop"
    SGD = "sgd"
    ADAGRAD = "adagrad"

    @property
    def class_name(self) -> str:
        """The name of the Keras class."""
        return {
            Optimizer.ADAM: "Adam",
            Optimizer.RMSPROP: "RMSprop",
            Optimizer.SGD: "SGD",
            Optimizer.ADAGRAD: "Adagrad",
        }[self]


class Clipping(StrEnum):
    NONE = "none"
    NORM = "norm"
    VALUE = "value"


class RealRange(NamedTuple):
    """The numbers from ``low`` to ``high``, both included."""

    low: float
    high: float

    def check(self, name: str, value: float) -> None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high:  # nan is in no range
            raise ValueError(f"{name} must be a number from {self}, not {value!r}")

    def __str__(self) -> str:
        return " to ".join(self.written)

    @property
    def written(self) -> tuple[str, str]:
        """Both limits without an exponent, however small."""
        return f"{Decimal(str(self.low)).normalize():f}", f"{Decimal(str(self.high)).normalize():f}"

    def nearest(self, value: float) -> float:
        return min(max(value, self.low), self.high)


EPOCHS = Range(1, 5000)
LEARNING_RATE = RealRange(0.00001, 10.0)
CLIP_AT = RealRange(0.001, 1000.0)
SEED = Range(0, 999_999)
EPOCHS_PER_SECOND = Range(1, 30)
DEVICE = re.compile(r"auto|cpu(:\d{1,2})?|gpu(:\d{1,2})?")


class Device(NamedTuple):
    """A place to compute: ``name`` as it is chosen ("cpu", "gpu:0"), ``title`` as a person knows it."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Training:
    """How a model is trained: full-batch steps on the task's arrays, one step an epoch.

    Attributes:
        epochs: steps of gradient descent.
        learning_rate: of the optimizer.
        optimizer: Keras' optimizer of that name, otherwise with its defaults.
        clipping: gradients clipped by the norm of all of them together, or each number by value, or not.
        clip_at: the norm or value at which they are clipped.
        seed: of the initial weights.
        device: "auto", "cpu", "gpu", or one of several: "gpu:1".

    Raises:
        ValueError: a number is out of range or the device has another form.
    """

    epochs: int = 50
    learning_rate: float = 0.1
    optimizer: Optimizer = Optimizer.ADAM
    clipping: Clipping = Clipping.NONE
    clip_at: float = 1.0
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        check_choice("optimizer", self.optimizer, Optimizer)
        check_choice("clipping", self.clipping, Clipping)
        EPOCHS.check("epochs", self.epochs)
        LEARNING_RATE.check("learning rate", self.learning_rate)
        CLIP_AT.check("clipping threshold", self.clip_at)
        SEED.check("seed", self.seed)
        if not isinstance(self.device, str) or not DEVICE.fullmatch(self.device):
            raise ValueError(f"device must be auto, cpu, gpu or a numbered one such as gpu:0, not {self.device!r}")


@dataclass(frozen=True, slots=True)
class Experiment:
    """One architecture, one task, one way to train it: the same experiment gives the same numbers."""

    architecture: Architecture
    task_name: str = "hihello"
    text: str = ""
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        task(self.task_name, self.text)

    @property
    def task(self) -> TextTask:
        return task(self.task_name, self.text)

    @property
    def form(self) -> Form:
        return self.task.form

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values that ``from_json`` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Experiment:
        """The experiment that ``to_json`` wrote.

        Raises:
            ValueError: a value is not allowed.
            KeyError: a part is missing.
        """
        architecture, training = dict(plain["architecture"]), dict(plain["training"])
        for values, name, kind in (
            (architecture, "cell", Cell),
            (architecture, "direction", Direction),
            (architecture, "merge_mode", MergeMode),
            (training, "optimizer", Optimizer),
            (training, "clipping", Clipping),
        ):
            if name in values:
                values[name] = kind(values[name])
        for values, known in ((architecture, Architecture), (training, Training)):
            if unknown := set(values) - {f.name for f in fields(known)}:
                raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return cls(Architecture(**architecture), plain["task_name"], plain["text"], Training(**training))


class PaceKind(StrEnum):
    FULL = "full"
    SLOW = "slow"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a race is shown: at full speed, so many epochs a second, or one epoch at a time."""

    kind: PaceKind = PaceKind.SLOW
    epochs_per_second: int = 10

    def __post_init__(self) -> None:
        EPOCHS_PER_SECOND.check("epochs a second", self.epochs_per_second)


@dataclass(frozen=True, slots=True)
class Choice:
    """All that a person has chosen: the bench, the form it is counted with, and how it is trained.

    Everything on the screen is a view of this one value, and the address of the page is made from it.
    """

    bench: tuple[Architecture, ...] = FIRST_BENCH
    form: Form = field(default_factory=Form)
    task_name: str = "hihello"
    text: str = ""
    training: Training = field(default_factory=Training)
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        BENCH_SIZE.check("number of architectures", len(self.bench))

    def experiments(self) -> tuple[Experiment, ...]:
        """One experiment for each architecture of the bench.

        Raises:
            ValueError: the person's own text cannot be learned (too short, say).
        """
        return tuple(Experiment(a, self.task_name, self.text, self.training) for a in self.bench)
