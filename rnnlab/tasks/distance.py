"""Long distances (many to one): what was read long ago decides what is to be said at the end.

The adding problem is from Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997), section 5.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnlab.architecture import Activation, Form, Pattern, Range
from rnnlab.tasks.drawn import Drawn, Mark, Piece, Said, one_class
from rnnlab.tasks.task import NEARNESS, Arrays, Data, Defaults, Inputs, Metric, Option, Targets, Task, bench
from rnnlab.texts import _, noted

ORDER = 55

TRAINED, HELD_OUT = 4000, 500
DELAY = Range(5, 200)

LETTERS = "abcdefgh"
KEEP, ASK = len(LETTERS), len(LETTERS) + 1  # the tokens "!" and "?"
VOCABULARY = LETTERS + "!?"


@dataclass(frozen=True)
class Copy(Task):
    """Keep the letter behind "!" while other letters pass, and say it at "?".

    In training it stands anywhere, held out it stands first. Were it always first, a SimpleRNN would learn this no later
    than an LSTM (tried with 40 steps), since Keras starts W_h orthogonal and forget gates at about 0.73. That it can
    stand anywhere asks for what a gate can do: let one letter in and no other.
    """

    delay: int = 60

    metric = Metric.CLASSES
    goal = 0.95
    options = (
        Option(
            "delay",
            noted("Delay"),
            DELAY,
            noted("how many letters pass between the one to keep and the question"),
        ),
    )
    defaults = Defaults(bench(32), epochs=30, learning_rate=0.01, batch_size=100, clip_norm=1.0)

    @property
    def form(self) -> Form:
        return Form(
            len(VOCABULARY),
            timesteps=self.delay + 3,
            pattern=Pattern.MANY_TO_ONE,
            outputs=len(LETTERS),
            activation=Activation.SOFTMAX,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(LETTERS)

    def without_memory(self) -> str:
        return _("It sees the “?” alone, and is right once in {n} times.").format(n=len(LETTERS))

    def data(self, seed: int) -> Data:
        rng = np.random.default_rng(seed)
        samples = np.arange(TRAINED + HELD_OUT)
        inputs = rng.integers(len(LETTERS), size=(len(samples), self.delay + 3), dtype=np.int32)  # (N, T)
        marked = rng.integers(self.delay + 1, size=len(samples))
        marked[TRAINED:] = 0
        inputs[samples, marked] = KEEP
        inputs[:, -1] = ASK
        return Arrays(inputs, inputs[samples, marked + 1][:, np.newaxis]).split(TRAINED)

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        tokens = inputs.tolist()
        kept = tokens.index(KEEP) + 1
        passed = len(tokens) - kept - 2
        before = _("{letter} · {steps} steps · ?").format(letter=LETTERS[tokens[kept]], steps=passed)
        return one_class(LETTERS, target, said)._replace(before=before)

    def steps(self, sample: Inputs) -> tuple[str, ...]:
        return tuple(VOCABULARY[int(token)] for token in sample)

    def facts(self) -> tuple[tuple[str, str], ...]:
        return (
            (_("in"), _("letters, one of them behind “!”, then “?”: {n} steps").format(n=self.delay + 3)),
            (_("out"), _("the letter behind “!”, one of {n}").format(n=len(LETTERS))),
        )


@dataclass(frozen=True)
class Adding(Task):
    """Add up the two marked numbers of a sequence, one in each half of it."""

    delay: int = 60

    metric = Metric.NEAR
    goal = 0.9
    options = (
        Option(
            "delay",
            noted("Delay"),
            DELAY,
            noted("how many numbers are read; two of them are marked, one in each half"),
        ),
    )
    defaults = Defaults(bench(32), epochs=60, learning_rate=0.005, batch_size=100, clip_norm=1.0)

    @property
    def form(self) -> Form:
        return Form(
            2,
            tokens=False,
            timesteps=self.delay,
            pattern=Pattern.MANY_TO_ONE,
            outputs=1,
            activation=Activation.LINEAR,
        )

    def without_memory(self) -> str:
        return _("It sees the last number alone, and can do little better than always saying 1.")

    def data(self, seed: int) -> Data:
        rng = np.random.default_rng(seed)
        samples, half = np.arange(TRAINED + HELD_OUT), self.delay // 2
        inputs = np.zeros((len(samples), self.delay, 2), np.float32)  # (N, T, 2): a number from 0 to 1, whether marked
        inputs[..., 0] = rng.random(inputs.shape[:2], np.float32)
        inputs[samples, rng.integers(half, size=len(samples)), 1] = 1
        inputs[samples, rng.integers(half, self.delay, size=len(samples)), 1] = 1
        return Arrays(inputs, inputs.prod(axis=2).sum(axis=1, keepdims=True)).split(TRAINED)

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        first, second = inputs[inputs[:, 1] == 1, 0].tolist()
        number = float(said.probability[0])
        before, text = f"{first:.2f} + {second:.2f} =", f"{number:.2f}"
        if target is None:
            return Drawn((Piece(text),), before)
        right = f"{float(target[0]):.2f}"
        if abs(number - float(target[0])) <= NEARNESS:
            return Drawn((Piece(text, Mark.RIGHT, title=_("right, within {near}").format(near=NEARNESS)),), before)
        title = _("wrong, it should be “{target}”").format(target=right)
        return Drawn((Piece(text, Mark.WRONG, title=title),), before, after=_("it is {sum}").format(sum=right))

    def steps(self, sample: Inputs) -> tuple[str, ...]:
        return tuple(f"{number:.2f}{'*' if marked else ''}" for number, marked in sample.tolist())

    def facts(self) -> tuple[tuple[str, str], ...]:
        return (
            (_("in"), _("a number from 0 to 1 and a mark, 0 or 1, at each of {n} steps").format(n=self.delay)),
            (_("out"), _("the sum of the two marked numbers")),
        )


TASKS = (
    Copy(
        "copy",
        noted("Copy after a delay"),
        noted(
            "Letters pass, and one of them stands behind “!”. Keep that one and no other, and say it at “?”. In training "
            "it stands anywhere; it is asked with the letter at the very beginning, so that all the others pass in "
            "between. Always saying the same letter is right once in eight times."
        ),
    ),
    Adding(
        "adding",
        noted("Adding problem"),
        noted(
            "Read a number from 0 to 1 at every step, two of them marked, and say the sum of those two at the end. It is "
            "the test with which Hochreiter and Schmidhuber showed in 1997 what an LSTM can do. Who never finds the "
            "marks does best by always saying 1, which is near enough 8 times in 100."
        ),
    ),
)
