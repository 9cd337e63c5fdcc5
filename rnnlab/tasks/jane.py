"""Who stands in the gap (F21): "Jane walked into the room. John walked in too. … Jane said hi to ____".

Two people come in, one after the other; other things happen; then one of them turns to somebody, who can only be the other.
So the gap asks for a name that was read long before it, and for which of two. Held out are combinations of people and
templates that training never shows, the lecture's own among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.tasks.task import Arrays, Data, Defaults, bench
from rnnlab.tasks.words import SentenceTask, encode, forget, vocabulary
from rnnlab.texts import _, noted

ORDER = 52
TRAIN, HELD_OUT = 4_096, 800
#: One in so many combinations of people and templates is held out.
HELD_OUT_EVERY = 5
NAMES = ("jane", "mary", "tom", "anna", "paul", "john", "kate", "ben")
FIRST = (
    "{0} walked into the room .",
    "{0} came into the kitchen .",
    "{0} sat in the garden .",
    "in the hall stood {0} .",
    "{0} was at home .",
)
SECOND = (
    "{0} walked in too .",
    "{0} came in too .",
    "then {0} came .",
    "soon {0} was there too .",
    "after a while {0} walked in .",
)
BETWEEN = (
    "it was late in the day .",
    "it was raining .",
    "a dog barked in the street .",
    "the tea was cold .",
    "nobody said a word .",
    "the clock struck six .",
    "music came from the house next door .",
    "the lamp was on .",
)
LAST = ("{0} said hi to", "{0} smiled at", "{0} looked at", "{0} gave the book to", "then {0} turned to")
MOST_BETWEEN = 3
KNOWN = vocabulary((*NAMES, *(text.replace("{0}", "") for text in (*FIRST, *SECOND, *BETWEEN, *LAST))))
LECTURE = "Jane walked into the room. John walked in too. It was late in the day. Jane said hi to"


class Scene(NamedTuple):
    """What is read up to the gap, and the number of the name that stands there."""

    text: str
    answer: int


class Plot(NamedTuple):
    """What a scene is made of: places among ``NAMES`` and among the templates, and whether the first one is who turns."""

    first: int
    second: int
    opening: int
    following: int
    last: int
    first_turns: bool

    @property
    def known(self) -> bool:
        """Whether training may show it; a fifth of all is kept for measuring."""
        return (self.first + 2 * self.second + self.opening + self.following + self.last) % HELD_OUT_EVERY != 0


def tell(plot: Plot, between: Sequence[str]) -> Scene:
    """The scene of this plot, with these sentences between the two people's coming and the turning."""
    one, other = (plot.first, plot.second) if plot.first_turns else (plot.second, plot.first)
    opening, following = (
        FIRST[plot.opening].format(NAMES[plot.first]),
        SECOND[plot.following].format(NAMES[plot.second]),
    )
    return Scene(" ".join((opening, following, *between, LAST[plot.last].format(NAMES[one]))), other)


def _plot(rng: np.random.Generator) -> Plot:
    first, second = rng.choice(len(NAMES), 2, replace=False).tolist()
    opening, following, last = (int(rng.integers(len(templates))) for templates in (FIRST, SECOND, LAST))
    return Plot(first, second, opening, following, last, bool(rng.integers(2)))


@lru_cache(maxsize=4)
def scenes(seed: int) -> tuple[tuple[Scene, ...], tuple[Scene, ...]]:
    """Scenes to learn from, and held out."""
    rng = np.random.default_rng(seed)
    return _scenes(rng, TRAIN, known=True), _scenes(rng, HELD_OUT, known=False)


def _scenes(rng: np.random.Generator, count: int, known: bool) -> tuple[Scene, ...]:
    drawn: list[Scene] = []
    while len(drawn) < count:
        plot = _plot(rng)
        between = rng.permutation(len(BETWEEN))[: int(rng.integers(MOST_BETWEEN + 1))]
        if plot.known == known:
            drawn.append(tell(plot, [BETWEEN[place] for place in between]))
    return tuple(drawn)


@lru_cache(maxsize=4)
def _data(seed: int) -> Data:
    train, held_out = scenes(seed)
    read = _encoded(train)
    forgotten = forget(read, np.random.default_rng((seed, ORDER)))
    names = np.isin(read, [KNOWN.index(name) for name in NAMES])  # without a name nobody could answer
    learned = Arrays(np.where(names, read, forgotten), _answers(train))
    return Data(learned, Arrays(_encoded(held_out), _answers(held_out)))


def _encoded(told: Sequence[Scene]) -> NDArray[np.int32]:
    return encode([scene.text for scene in told], KNOWN, JaneTask.timesteps)


def _answers(told: Sequence[Scene]) -> NDArray[np.int32]:
    return np.array([[scene.answer] for scene in told], np.int32)


@dataclass(frozen=True)
class JaneTask(SentenceTask):
    """Say who stands in the gap."""

    known = KNOWN
    timesteps = 40
    example = LECTURE
    defaults = Defaults(
        bench=bench(32, 16),
        epochs=16,
        learning_rate=0.01,
        batch_size=64,
        clip_norm=1.0,
    )

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(name.capitalize() for name in NAMES)

    def data(self, seed: int) -> Data:
        return _data(seed)

    def without_memory(self) -> str:
        return _("It sees the last word alone, and is right once in {n} times.").format(n=len(NAMES))


TASKS = (
    JaneTask(
        "jane",
        noted("Who is in the gap?"),
        noted(
            "“Jane walked into the room. John walked in too. It was late in the day. Jane said hi to ____”. Two people come "
            "in, other things happen, one of the two turns to the other: who is it? The name was read long ago, and it takes "
            "both names to tell. The scenes held out combine people and sentences as training never does."
        ),
    ),
)
