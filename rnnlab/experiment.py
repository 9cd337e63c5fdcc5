"""An experiment: one architecture on one task with training settings; and the choice from which a person's screen follows.

Frozen, comparable values that go to JSON and back.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from rnnlab.architecture import (
    BATCH_SIZE,
    BENCH_SIZE,
    Architecture,
    Cell,
    Direction,
    Form,
    Range,
    check_choice,
    named,
)
from rnnlab.tasks import TASKS, Task, task
from rnnlab.tasks.task import Arrays, Inputs, Targets
from rnnlab.tasks.text import TextTask
from rnnlab.texts import _


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


class TrainerKind(StrEnum):
    """Who trains: Keras, or min-char-rnn in NumPy, whose epoch is ``ITERATIONS_AN_EPOCH`` (see ``min_char_rnn``)."""

    KERAS = "keras"
    NUMPY = "numpy"


#: min-char-rnn writes a text of so many characters after every so many iterations (F18).
ITERATIONS_AN_EPOCH, WRITTEN = 100, 200


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


def check_device(device: str) -> None:
    """Raise ``ValueError`` unless ``device`` has the form of one."""
    if not isinstance(device, str) or not DEVICE.fullmatch(device):
        raise ValueError(f"device must be auto, cpu, gpu or a numbered one such as gpu:0, not {device!r}")


class Device(NamedTuple):
    """A place to compute: ``name`` as it is chosen ("cpu", "gpu:0"), ``title`` as a person knows it."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Training:
    """How a model is trained.

    Attributes:
        epochs: passes over the training samples.
        learning_rate: of the optimizer.
        optimizer: Keras' optimizer of that name, otherwise with its defaults.
        clipping: gradients clipped by the norm of all of them together, or each number by value, or not.
        clip_at: the norm or value at which they are clipped.
        batch_size: samples in each step of gradient descent; all of them where there are fewer.
        seed: of the initial weights, of the order of the samples, and of the samples themselves.
        device: "auto", "cpu", "gpu", or one of several: "gpu:1".
        trainer: who trains. With NumPy epochs, learning rate and seed count; the rest is as min-char-rnn has it.

    Raises:
        ValueError: a number is out of range or the device has another form.
    """

    epochs: int = 50
    learning_rate: float = 0.1
    optimizer: Optimizer = Optimizer.ADAM
    clipping: Clipping = Clipping.NONE
    clip_at: float = 1.0
    batch_size: int = 32
    seed: int = 0
    device: str = "auto"
    trainer: TrainerKind = TrainerKind.KERAS

    def __post_init__(self) -> None:
        check_choice("optimizer", self.optimizer, Optimizer)
        check_choice("clipping", self.clipping, Clipping)
        check_choice("trainer", self.trainer, TrainerKind)
        EPOCHS.check("epochs", self.epochs)
        LEARNING_RATE.check("learning rate", self.learning_rate)
        CLIP_AT.check("clipping threshold", self.clip_at)
        BATCH_SIZE.check("batch size", self.batch_size)
        SEED.check("seed", self.seed)
        check_device(self.device)


class Watched(NamedTuple):
    """A sample that is looked at while a model trains."""

    inputs: Inputs  # (T), (T, D) or (D)
    target: Targets | None  # (S); None where the model writes freely
    length: int  # P, of what is said to it


def numpy_trains(task: Task) -> bool:
    """Whether min-char-rnn can learn this task: a text, of which every next character is to be said."""
    return isinstance(task, TextTask)


def why_not_numpy(architecture: Architecture) -> str:
    """Why min-char-rnn is no trainer for this architecture; empty where it is one."""
    plain = architecture.cell is Cell.SIMPLE_RNN and architecture.layers == 1 and architecture.use_bias
    if plain and architecture.direction is Direction.FORWARD and architecture.embedding_dim is None:
        return ""
    return _(
        "NumPy trains a SimpleRNN of one layer that reads forward, one-hot and with biases; Keras trains all others."
    )


class Trainable(Protocol):
    """What a race is about: an architecture that is trained on something in some way, in epochs."""

    @property
    def architecture(self) -> Architecture: ...

    @property
    def form(self) -> Form: ...

    @property
    def epochs(self) -> int:
        """How many it has."""

    @property
    def place(self) -> str:
        """The device where it is trained, as ``Training.device`` names them."""

    @property
    def refusal(self) -> str:
        """Why the architecture is not trained; empty where it is."""

    def done(self, epochs: float) -> float:
        """The share of the work that is done after so many epochs."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One architecture, one task, one way to train it: the same experiment gives the same numbers.

    Raises:
        ValueError: the task cannot be learned, or not by this trainer. An architecture that it does not train is no error,
            so that others on the same bench are trained: see ``refusal``.
    """

    architecture: Architecture
    task: Task = TASKS["hihello"]
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        self.form  # noqa: B018  # complains of what cannot be learned
        if self.training.trainer is TrainerKind.NUMPY and not numpy_trains(self.task):
            sentence = _("NumPy learns to continue a text; the task “{task}” is for Keras")
            raise ValueError(sentence.format(task=_(self.task.title)))

    @property
    def form(self) -> Form:
        return self.task.form

    @property
    def epochs(self) -> int:
        """How many it has."""
        return self.training.epochs

    @property
    def place(self) -> str:
        """The device where it is trained, as ``Training.device`` names them."""
        return "cpu" if self.training.trainer is TrainerKind.NUMPY else self.training.device

    def done(self, epochs: float) -> float:
        """The share of the work that is done after so many epochs."""
        return epochs / self.epochs

    @property
    def refusal(self) -> str:
        """Why the trainer does not train this architecture; empty where it does."""
        return why_not_numpy(self.architecture) if self.training.trainer is TrainerKind.NUMPY else ""

    def watched(self, drawn: Arrays) -> tuple[Watched, ...]:
        """What is said, or written, while it trains, to the samples that its task draws."""
        inputs, targets = drawn
        if self.training.trainer is TrainerKind.NUMPY:
            return (Watched(inputs[0], None, WRITTEN),)
        questions = len(self.task.questions(inputs)) // len(inputs)
        return tuple(Watched(*sample, questions * targets.shape[1]) for sample in zip(inputs, targets, strict=True))

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values that ``from_json`` reads back."""
        return {
            "architecture": asdict(self.architecture),
            "task": {"name": self.task.name, **self.task.chosen()},
            "training": asdict(self.training),
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Experiment:
        """The experiment that ``to_json`` wrote.

        Raises:
            ValueError: a value is not allowed.
            KeyError: a part is missing.
        """
        training, chosen = dict(plain["training"]), dict(plain["task"])
        for name, kind in (("optimizer", Optimizer), ("clipping", Clipping), ("trainer", TrainerKind)):
            if name in training:
                training[name] = named(kind, training[name])
        if unknown := set(training) - {f.name for f in fields(Training)}:
            raise ValueError(f"unknown: {', '.join(map(repr, sorted(unknown)))}")
        architecture = Architecture.from_json(plain["architecture"])
        return cls(architecture, task(chosen.pop("name"), **chosen), Training(**training))


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
    """All that a person has chosen: the bench, the task, how it is trained, and with what form it is counted.

    Everything on the screen is a view of this one value, and the address of the page is made from it.

    Attributes:
        bench: the architectures side by side.
        task: what they learn; one that a person is still typing may not be learnable yet.
        training: how they learn it.
        pace: how fast a race is shown.
        free_form: another form to count with than the task's.
    """

    bench: tuple[Architecture, ...] = TASKS["hihello"].defaults.bench
    task: Task = TASKS["hihello"]
    training: Training = field(default_factory=Training)
    pace: Pace = field(default_factory=Pace)
    free_form: Form | None = None

    def __post_init__(self) -> None:
        BENCH_SIZE.check("number of architectures", len(self.bench))

    @classmethod
    def of(cls, task: Task) -> Choice:
        """What stands on the screen when a task is opened: its own bench and settings."""
        return cls(task.defaults.bench, task, default_training(task), default_pace(task))

    def with_task(self, task: Task) -> Choice:
        """The same choice with another task and its settings; a bench that a person has put together stays.

        So do the settings where only an option of the task has changed, or both tasks begin with the same ones.
        """
        before, new = Choice.of(self.task), Choice.of(task)
        training = replace(new.training, seed=self.training.seed, device=self.training.device)
        as_before = replace(before.training, seed=self.training.seed, device=self.training.device)
        if new.training == before.training or (task.name == self.task.name and self.training != as_before):
            training = self.training
        if not numpy_trains(task):
            training = replace(training, trainer=TrainerKind.KERAS)
        bench = new.bench if self.bench == before.bench else self.bench
        pace = new.pace if self.pace == before.pace else self.pace
        return replace(self, bench=bench, task=task, training=training, pace=pace)

    @property
    def form(self) -> Form:
        """The form that architectures are counted with: the chosen one, or the task's.

        Where the task cannot be learned yet, it is that of the first task.
        """
        if self.free_form is not None:
            return self.free_form
        try:
            return replace(self.task.form, batch_size=None)
        except ValueError:
            return replace(TASKS["hihello"].form, batch_size=None)

    def experiments(self) -> tuple[Experiment, ...]:
        """One experiment for each architecture of the bench.

        Raises:
            ValueError: what the person brought cannot be learned (a text that is too short, say).
        """
        return tuple(Experiment(a, self.task, self.training) for a in self.bench)


def default_training(task: Task) -> Training:
    """The settings with which this task is learned."""
    defaults = task.defaults
    clipping = Clipping.NORM if defaults.clip_norm is not None else Clipping.NONE
    return Training(
        defaults.epochs,
        defaults.learning_rate,
        clipping=clipping,
        clip_at=defaults.clip_norm or 1.0,
        batch_size=defaults.batch_size,
    )


def default_pace(task: Task) -> Pace:
    """How fast a race on this task is shown at first."""
    return Pace(PaceKind.FULL if task.holds_out else PaceKind.SLOW)
