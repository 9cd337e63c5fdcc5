"""Films of a moving dot: say at each frame which way it moved (many to many, in step).

It is the smallest form of video classification frame by frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Form
from rnnlab.tasks.drawn import Drawn, Mark, Piece, Said, sure
from rnnlab.tasks.task import Arrays, Data, Defaults, Inputs, Metric, Targets, Task, bench
from rnnlab.texts import _, noted

FRAMES = 8
SIDE = 6
TRAINED = 3200
HELD_OUT = 500
#: How often the dot picks a new direction, which may be the old one.
TURNS = 0.4
ORDER = 60


class Move(NamedTuple):
    """What the dot can do between two frames; it turns ``back`` where it would leave the picture."""

    name: str
    arrow: str
    rows: int
    columns: int
    back: int


MOVES = (
    Move(noted("stays"), "·", 0, 0, 0),
    Move(noted("right"), "→", 0, 1, 2),
    Move(noted("left"), "←", 0, -1, 1),
    Move(noted("up"), "↑", -1, 0, 4),
    Move(noted("down"), "↓", 1, 0, 3),
)


@dataclass(frozen=True)
class FramesTask(Task):
    """Say at every frame which way the dot moved since the frame before; at the first frame it stays."""

    metric = Metric.TOKENS
    goal = 0.95
    defaults = Defaults(bench(64), epochs=25, learning_rate=0.005)

    @property
    def form(self) -> Form:
        return Form(SIDE * SIDE, tokens=False, timesteps=FRAMES, outputs=len(MOVES), activation=Activation.SOFTMAX)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(_(move.name) for move in MOVES)

    def data(self, seed: int) -> Data:
        random = np.random.default_rng(seed)
        places, moves = _walks(random, TRAINED + HELD_OUT)
        films = _films(random, places)
        return Arrays(films, moves).split(TRAINED)

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        pictures = inputs.reshape(-1, SIDE, SIDE).astype(np.float32)
        expected = target if target is not None else [None] * len(pictures)
        frames = zip(pictures, expected, *said, strict=True)
        return Drawn(tuple(self._piece(*frame) for frame in frames))

    def facts(self) -> tuple[tuple[str, str], ...]:
        films = _("{trained:,} to learn from, {held_out:,} held out").format(trained=TRAINED, held_out=HELD_OUT)
        answers = ", ".join(f"{move.arrow} {name}" for move, name in zip(MOVES, self.classes, strict=True))
        return (
            (_("films"), films),
            (_("in"), _("8 frames of 6 × 6 grey values from 0 to 1")),
            (_("out"), _("at each frame one of {answers}").format(answers=answers)),
        )

    def _piece(self, picture: NDArray[np.float32], expected: int | None, predicted: int, probability: float) -> Piece:
        said, arrow = self.classes[int(predicted)], MOVES[int(predicted)].arrow
        if expected is None:
            mark, title = Mark.PLAIN, _("{said}, {p:.1%}").format(said=said, p=probability)
        elif predicted == expected:
            mark, title = Mark.RIGHT, _("correct: {said}, {p:.1%}").format(said=said, p=probability)
        else:
            title = _("wrong: {said} instead of {target}, {p:.1%}")
            mark, title = Mark.WRONG, title.format(said=said, target=self.classes[int(expected)], p=probability)
        return Piece(arrow, mark, sure(float(probability)), title, picture)


def _walks(random: np.random.Generator, count: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Where the dot is at each frame, row and column (N, T, 2), and how it came there (N, T)."""
    steps = np.array([(move.rows, move.columns) for move in MOVES])
    back = np.array([move.back for move in MOVES])
    place = random.integers(SIDE, size=(count, 2))
    heading = random.integers(len(MOVES), size=count)
    places, moves = [place], [np.zeros(count, int)]
    while len(places) < FRAMES:
        heading = np.where(random.random(count) < TURNS, random.integers(len(MOVES), size=count), heading)
        ahead = place + steps[heading]
        leaves = (ahead != ahead.clip(0, SIDE - 1)).any(axis=1)
        heading = np.where(leaves, back[heading], heading)
        place = place + steps[heading]
        places.append(place)
        moves.append(heading)
    return np.stack(places, axis=1), np.stack(moves, axis=1).astype(np.int32)


def _films(random: np.random.Generator, places: NDArray[np.int64]) -> NDArray[np.float32]:
    """Noisy films (N, T, 36) of a bright dot at these places (N, T, 2)."""
    films = random.uniform(0, 0.15, (*places.shape[:2], SIDE * SIDE))
    dots = places[..., :1] * SIDE + places[..., 1:]  # (N, T, 1)
    np.put_along_axis(films, dots, random.uniform(0.8, 1, dots.shape), axis=2)
    return films.astype(np.float32)


TASKS = (
    FramesTask(
        "frames",
        noted("A moving dot"),
        noted(
            "Watch a film of a dot, 8 frames of 6 × 6 pixels, and say at each frame which way the dot has moved since the "
            "frame before. One frame alone does not tell: the cell must remember where the dot was."
        ),
    ),
)
