"""Handwritten digits seen three ways: at once (one to one), row by row (many to one), and named in letters (one to many).

The pictures are those that scikit-learn ships: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits"
(UCI Machine Learning Repository, 1998), its 1,797 test pictures of 8 × 8 pixels with 17 greys.
"""

from __future__ import annotations

import importlib.util
from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Architecture, Cell, Form, Pattern
from rnnlab.tasks.drawn import Drawn, Mark, Said, answers, one_class
from rnnlab.tasks.task import Arrays, Data, Defaults, Given, Inputs, Metric, Own, Targets, Task, bench
from rnnlab.tasks.tokens import numbers, spelled
from rnnlab.texts import _, noted

SIDE = 8
PIXELS = SIDE * SIDE
DIGITS = tuple("0123456789")
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
END = "∎"
#: What a caption is written with; the end mark is token 0.
LETTERS = END + "".join(dict.fromkeys("".join(NAMES)))
CAPTION_STEPS = max(map(len, NAMES)) + 1
#: A multiple of every usual batch size; the other 389 pictures are held out.
TRAINED = 1408
ORDER = 20


@dataclass(frozen=True)
class PictureTask(Task):
    """Say something about a picture of a digit; a part of the pictures, drawn by seed, is held out."""

    metric = Metric.CLASSES
    goal = 0.93
    own = Own.PICTURE

    @abstractmethod
    def answers(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        """What is expected of pictures of these digits (N): (N, S)."""

    def data(self, seed: int) -> Data:
        pictures, labels = digits()
        order = np.random.default_rng(seed).permutation(len(labels))
        inputs = pictures.reshape(-1, *self._shape)[order]
        return Arrays(inputs, self.answers(labels)[order]).split(TRAINED)

    def give(self, given: str | NDArray[np.float32]) -> Given:
        if isinstance(given, str) or given.shape != (SIDE, SIDE):
            shape = _("a text") if isinstance(given, str) else " × ".join(map(str, given.shape))
            raise ValueError(_("draw a picture of 8 × 8 pixels; this one is {shape}").format(shape=shape))
        if not ((given >= 0) & (given <= 1)).all():
            raise ValueError(_("each pixel must be a grey value from 0 to 1; this picture has others"))
        if not given.any():
            raise ValueError(_("the picture is empty: draw a digit first"))
        return Given(given.reshape(self._shape).astype(np.float32))

    def facts(self) -> tuple[tuple[str, str], ...]:
        count = len(digits()[1])
        pictures = _("{n:,}: {trained:,} to learn from, {held_out:,} held out")
        return (
            (_("pictures"), pictures.format(n=count, trained=TRAINED, held_out=count - TRAINED)),
            (_("in"), self._facts_in()),
            (_("out"), self._facts_out()),
        )

    @property
    def _shape(self) -> tuple[int, ...]:
        """The shape of one picture as it goes in."""
        return (PIXELS,) if self.form.pattern.one_input else (SIDE, SIDE)

    def _facts_in(self) -> str:
        return _("one vector of 64 grey values from 0 to 1")

    def _facts_out(self) -> str:
        return _("one of the digits 0 to 9")


@dataclass(frozen=True)
class DigitTask(PictureTask):
    """Say which digit a picture shows, seen at once."""

    defaults = Defaults(
        (Architecture(Cell.DENSE, 32), Architecture(Cell.DENSE, 8), Architecture(Cell.LSTM, 32)),
        epochs=20,
        learning_rate=0.005,
    )

    @property
    def form(self) -> Form:
        return Form(
            PIXELS,
            tokens=False,
            timesteps=None,
            pattern=Pattern.ONE_TO_ONE,
            outputs=len(DIGITS),
            activation=Activation.SOFTMAX,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        return DIGITS

    def answers(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        return labels[:, np.newaxis]

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        return one_class(DIGITS, target, said)._replace(picture=_picture(inputs))


@dataclass(frozen=True)
class DigitRowsTask(DigitTask):
    """Say which digit a picture shows, read from top to bottom, a row at a time."""

    defaults = Defaults(bench(32), epochs=40, learning_rate=0.005)

    @property
    def form(self) -> Form:
        return Form(
            SIDE,
            tokens=False,
            timesteps=SIDE,
            pattern=Pattern.MANY_TO_ONE,
            outputs=len(DIGITS),
            activation=Activation.SOFTMAX,
        )

    def _facts_in(self) -> str:
        return _("8 rows of 8 grey values from 0 to 1")


@dataclass(frozen=True)
class CaptionTask(PictureTask):
    """Write the English name of the digit that a picture shows, a letter at a time, and end marks behind it."""

    metric = Metric.EXACT
    goal = 0.9
    defaults = Defaults(bench(64), epochs=30, learning_rate=0.005)

    @property
    def form(self) -> Form:
        return Form(
            PIXELS,
            tokens=False,
            timesteps=None,
            pattern=Pattern.ONE_TO_MANY,
            output_steps=CAPTION_STEPS,
            outputs=len(LETTERS),
            activation=Activation.SOFTMAX,
        )

    def answers(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        captions = np.stack([numbers(name.ljust(CAPTION_STEPS, END), LETTERS) for name in NAMES])
        return captions[labels]  # (N, S)

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        written = spelled(said.predicted, LETTERS)
        read = written[: written.find(END) + 1 or None]  # what stands behind the end mark is not read
        expected = spelled(target, LETTERS) if target is not None else None
        pieces = answers(read, expected, said.probability)
        wrong = any(piece.mark is Mark.WRONG for piece in pieces)
        after = _("it is “{name}”").format(name=expected.strip(END)) if expected and wrong else ""
        return Drawn(pieces, picture=_picture(inputs), after=after)

    def _facts_out(self) -> str:
        return _("{steps} letters or end marks, of {letters}").format(steps=CAPTION_STEPS, letters=" ".join(LETTERS))


@lru_cache(maxsize=1)
def digits() -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """All pictures, grey values from 0 to 1, (N, 8, 8), and the digit that each shows, (N); nobody may write into them.

    They are read from scikit-learn's own file without importing it, which would make the web server heavy.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
    """
    found = importlib.util.find_spec("sklearn")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("the digits come with scikit-learn, which is not installed", name="sklearn")
    table = np.loadtxt(Path(found.origin).parent / "datasets/data/digits.csv.gz", delimiter=",", dtype=np.float32)
    pictures = table[:, :-1].reshape(-1, SIDE, SIDE) / np.float32(16)
    labels = table[:, -1].astype(np.int32)
    pictures.flags.writeable = labels.flags.writeable = False
    return pictures, labels


def _picture(inputs: Inputs) -> NDArray[np.float32]:
    return inputs.reshape(SIDE, SIDE).astype(np.float32)


TASKS = (
    DigitTask(
        "digit",
        noted("Digits at once"),
        noted(
            "See a handwritten digit, 64 grey values at once, and say which one it is. One vector in, one answer out: a "
            "plain network without recurrence is enough. A recurrent cell learns it too, but with a single step nothing "
            "comes back: its Wₕ meets only zeros."
        ),
    ),
    DigitRowsTask(
        "digit_rows",
        noted("Digits row by row"),
        noted(
            "Read a handwritten digit from top to bottom, one row of 8 grey values at a time, and say at the end which one "
            "it was. The same row stands in many digits, so the cell must remember the rows above. A Dense layer sees "
            "only the last row."
        ),
    ),
    CaptionTask(
        "caption",
        noted("Digits in letters"),
        noted(
            "Image captioning at its smallest: see a handwritten digit and write its English name, a letter at a time, "
            "until the end mark ∎. The picture is handed to the cell at every step; only its memory knows how far the "
            "word is. A Dense layer has none, so it must say the same letter each time."
        ),
    ),
)
