"""An experiment of the text lab: one architecture learns to continue one text."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, Range, check_choice, named
from rnnlab.corpora import Corpus
from rnnlab.experiment import CLIP_AT, LEARNING_RATE, SEED, Clipping, Optimizer, RealRange, check_device
from rnnlab.textlab.measuring import held_out
from rnnlab.texts import _, noted

PASSES, CHUNK, STREAMS, LAYERS = Range(1, 1000), Range(1, 500), Range(1, 512), Range(1, 3)
DROPOUT = RealRange(0.0, 0.9)
#: Between two measurements lies this part of all steps so far: close together at first, when most changes.
GROWTH = 1 / 16
#: Characters of the text that is written at each measurement.
WRITTEN = 300
#: Characters that it reads before it writes.
PROMPTED = 100
#: What reading a character takes of the time of learning from it, about.
READING = 0.4


class Schedule(StrEnum):
    """How the learning rate goes on; the value is its name."""

    CONSTANT = noted("constant")
    COSINE = noted("falling to zero (cosine)")


@dataclass(frozen=True, slots=True)
class TextTraining:
    """How a text is learned.

    Attributes:
        passes: over the text.
        chunk: characters that gradients go back through; the state goes on from chunk to chunk (F19).
        batch_size: streams that are read side by side; each is a stretch of the text.
        learning_rate: of the optimizer, at first.
        schedule: how it goes on.
        optimizer: Keras' optimizer of that name, otherwise with its defaults.
        clipping: gradients clipped by the norm of all of them together, or each number by value, or not.
        clip_at: the norm or value at which they are clipped.
        dropout: share of the numbers between layers, and before the output layer, that is left out while it learns; none
            is left out on the way from step to step (Zaremba, Sutskever & Vinyals, 2014).
        seed: of the initial weights, of dropout, and of the texts that are written.
        device: "auto", "cpu", "gpu", or one of several: "gpu:1".

    Raises:
        ValueError: a number is out of range or the device has another form.
    """

    passes: int = 3
    chunk: int = 64
    batch_size: int = 32
    learning_rate: float = 0.005
    schedule: Schedule = Schedule.COSINE
    optimizer: Optimizer = Optimizer.ADAM
    clipping: Clipping = Clipping.NORM
    clip_at: float = 1.0
    dropout: float = 0.0
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        check_choice("schedule", self.schedule, Schedule)
        check_choice("optimizer", self.optimizer, Optimizer)
        check_choice("clipping", self.clipping, Clipping)
        PASSES.check("passes", self.passes)
        CHUNK.check("characters of a chunk", self.chunk)
        STREAMS.check("streams", self.batch_size)
        LEARNING_RATE.check("learning rate", self.learning_rate)
        CLIP_AT.check("clipping threshold", self.clip_at)
        DROPOUT.check("dropout", self.dropout)
        SEED.check("seed", self.seed)
        check_device(self.device)


@dataclass(frozen=True)
class TextExperiment:
    """One architecture, one text, one way to learn it: the same experiment gives the same numbers.

    Raises:
        ValueError: the text cannot be learned in this way.
    """

    architecture: Architecture
    corpus: Corpus
    training: TextTraining = TextTraining()

    def __post_init__(self) -> None:
        if (n := len(self.corpus.held_out)) < 2:
            sentence = _(
                "2 characters must be held out at least, of a tenth of the text; here it is {n}. Take a longer text."
            )
            raise ValueError(sentence.format(n=n))
        if self.steps_a_pass < 1:
            fewest = self.training.batch_size * self.training.chunk + 1
            sentence = _(
                "{streams} streams with chunks of {chunk} need {fewest:,} characters to learn from at least; this text has "
                "{n:,}. Take fewer streams, shorter chunks or a longer text."
            )
            training, n = self.training, len(self.corpus.training)
            raise ValueError(sentence.format(streams=training.batch_size, chunk=training.chunk, fewest=fewest, n=n))

    @cached_property
    def form(self) -> Form:
        size = len(self.corpus.vocabulary)
        return Form(size, timesteps=None, outputs=size, activation=Activation.SOFTMAX)

    @cached_property
    def steps_a_pass(self) -> int:
        """Chunks that each stream has; what is left over at its end is not read."""
        return (len(self.corpus.training) - 1) // self.training.batch_size // self.training.chunk

    @property
    def carried(self) -> list[tuple[int, int]]:
        """The shapes of the states that go on from chunk to chunk, those of the first layer first: (B, U) each."""
        of_a_layer = 2 if self.architecture.cell is Cell.LSTM else 1
        return [(self.training.batch_size, self.architecture.units)] * (of_a_layer * self.architecture.layers)

    @property
    def steps(self) -> int:
        """Steps of gradient descent in all passes."""
        return self.steps_a_pass * self.training.passes

    @cached_property
    def measured(self) -> tuple[int, ...]:
        """After how many steps it is measured and writes a text: at growing intervals, and at the end."""
        points, step = [], 0
        while step < self.steps:
            step += max(1, math.floor(step * GROWTH))
            points.append(min(step, self.steps))
        return tuple(points)

    @property
    def epochs(self) -> int:
        """How often it is measured: what an epoch is elsewhere."""
        return len(self.measured)

    @property
    def place(self) -> str:
        """The device where it is trained, as ``TextTraining.device`` names them."""
        return self.training.device

    def step_of(self, epochs: float) -> float:
        """How many steps have been taken after so many measurements and a part of the way to the next."""
        return float(np.interp(epochs, range(self.epochs + 1), (0, *self.measured)))

    def done(self, epochs: float) -> float:
        """The share of the work that is done after so many measurements, which are most of it at first."""
        measuring = READING * len(held_out(self.corpus).places)
        learning = self.training.batch_size * self.training.chunk
        work = learning * self.steps + measuring * self.epochs
        return (learning * self.step_of(epochs) + measuring * epochs) / work

    @property
    def prompt(self) -> str:
        """What the model reads before it writes while it learns: the last characters that it learns from.

        A model hardly ever sees the state of zeros: with a single character read, it is where it has never been, and what it
        writes from there may be noise for long, however well it reads.
        """
        return "".join(self.corpus.vocabulary[number] for number in self.corpus.training[-PROMPTED:])

    @property
    def refusal(self) -> str:
        """Why this architecture cannot continue texts; empty where it can."""
        return self.why_not(self.architecture)

    @staticmethod
    def why_not(architecture: Architecture) -> str:
        """The same of any architecture, whatever the text."""
        if not architecture.cell.recurrent:
            return _("A layer without memory knows the last character alone. Compare with the line of the bigrams.")
        if architecture.direction is not Direction.FORWARD:
            return _("Only a model that reads forward can continue a text: another would read the answer.")
        if not LAYERS.low <= architecture.layers <= LAYERS.high:
            return _("In the text lab models have {low} to {high} layers.").format(low=LAYERS.low, high=LAYERS.high)
        return ""

    def learning_rate(self, step: int) -> float:
        """That of a step, counted from 0."""
        if self.training.schedule is Schedule.CONSTANT:
            return self.training.learning_rate
        return self.training.learning_rate * 0.5 * (1.0 + math.cos(math.pi * step / self.steps))

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values that ``from_json`` reads back."""
        return {
            "architecture": asdict(self.architecture),
            "corpus": self.corpus.to_json(),
            "training": asdict(self.training),
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> TextExperiment:
        """The experiment that ``to_json`` wrote.

        Raises:
            ValueError: a value is not allowed, or unknown.
            KeyError: a part is missing.
        """
        training = {**plain["training"]}
        for name, kind in (("schedule", Schedule), ("optimizer", Optimizer), ("clipping", Clipping)):
            if name in training:
                training[name] = named(kind, training[name])
        if unknown := set(training) - {field.name for field in fields(TextTraining)}:
            raise ValueError(f"unknown: {', '.join(map(repr, sorted(unknown)))}")
        architecture = Architecture.from_json(plain["architecture"])
        return cls(architecture, Corpus.from_json(plain["corpus"]), TextTraining(**training))
