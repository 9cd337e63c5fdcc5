"""What a unit is for: it is held at a value while a passage is read, and what the model then says is compared.

That a unit goes with a feature does not yet say that anything depends on it. Here h or c of one unit is set to a value at
every character, as in the ablations of Lakretz et al., "The emergence of number and syntax units in LSTM language models"
(2019), and so are other units of the same layer, so that what one unit does can be told from what any unit does.

The passage is read in parallel windows: each begins with the state that the untouched model has there, reads ``WARM_UP``
characters with the unit held that do not count, so that the rest of the model can settle, and then ``WINDOW`` that count.
The untouched model is thus exactly that which has read the passage from its first character.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Range
from rnnlab.experiment import RealRange
from rnnlab.reference import Model, State
from rnnlab.textlab.quick import Floats, Hold, QuickModel, leave, log_likely
from rnnlab.textlab.readings import pieces_of
from rnnlab.texts import _

#: Characters that a window reads before they count, and those that count.
WARM_UP, WINDOW = 200, 500
#: Characters of a passage, and other units to compare with.
PASSAGE, OTHERS = Range(2, 100_000), Range(0, 1_000)
#: What a unit can be held at; c is not bounded, but is seldom larger.
HELD = RealRange(-20.0, 20.0)
#: Rows (a window of a unit) that are read together: this many logits are held at once.
_ROWS = 1_024


@dataclass(frozen=True, slots=True)
class Clamp:
    """Which unit is held, and where.

    Attributes:
        layer: from 0.
        kind: "h", or "c" of an LSTM (then h follows from it).
        unit: from 0.
        value: what it is held at; 0 switches it off; None holds it at its own mean over the passage.
    """

    layer: int
    kind: str
    unit: int
    value: float | None = 0.0


class Change(NamedTuple):
    """A number with the model as it is, and with the unit held."""

    before: float
    after: float

    @property
    def by(self) -> float:
        return self.after - self.before


class Part(NamedTuple):
    """What happens in a part of the passage.

    Attributes:
        characters: how many of them.
        loss: cross-entropy of the next character, in nats; NaN where there are no characters.
        divergence: Kullback-Leibler divergence in nats of what is said with the unit held from what the model said.
        watched: by its number the mean probability of each character that is watched.
    """

    characters: int
    loss: Change
    divergence: float
    watched: dict[int, Change]


class Effect(NamedTuple):
    """What comes of holding a unit.

    Attributes:
        unit: its number.
        value: what it was held at.
        whole: over the passage.
        inside: where the feature holds, once a character has been read (where it is above its mean).
        outside: elsewhere.
        ending: inside, where one of the watched characters comes next: where the closing mark should be said.
        loss_changes: by how much the loss of the next character changes after each of the first N − 1, (N − 1).
        divergences: as ``Part.divergence``, (N − 1).
    """

    unit: int
    value: float
    whole: Part
    inside: Part
    outside: Part
    ending: Part
    loss_changes: Floats
    divergences: Floats


class Tested(NamedTuple):
    """A unit that was held, and others of its layer that were held in the same way."""

    clamp: Clamp
    effect: Effect
    others: tuple[Effect, ...]

    def rank(self, part: str) -> int | None:
        """At which place the unit stands by how much the loss rises in a part ("whole", "inside", …); 1 is the most.

        None where no character belongs to that part.
        """
        if not getattr(self.effect, part).characters:
            return None
        own = getattr(self.effect, part).loss.by
        return 1 + len([other for other in self.others if getattr(other, part).loss.by > own])


def hold_unit(
    model: Model,
    tokens: NDArray[Any],
    feature: NDArray[Any],
    clamp: Clamp,
    watched: Sequence[int] = (),
    others: int = 15,
    seed: int = 0,
) -> Tested:
    """Hold a unit while a passage is read, and as many others in turn.

    Args:
        model: a text model.
        tokens: (N), the passage.
        feature: (N), of the same passage.
        clamp: which unit, and where it is held.
        watched: numbers of characters whose probability is looked at, such as the closing quotation mark.
        others: how many other units of the same layer are held, each at the same value (or at its own mean); all where there
            are no more.
        seed: of which others.

    Raises:
        ValueError: there is no such unit, a number is out of range, or the arrays do not fit.
    """
    quick = QuickModel(model)
    tokens = quick.check_tokens(tokens)
    _check(quick, tokens, feature, clamp, watched)
    OTHERS.check(_("other units"), others)
    rest = np.delete(np.arange(quick.layers[clamp.layer].units), clamp.unit)
    drawn = np.random.default_rng(seed).permutation(rest)[:others]
    units = [clamp.unit, *(int(unit) for unit in np.sort(drawn))]
    passage = _Passage(quick, tokens, clamp)
    untouched, *held = passage.said(units, watched)
    parts = _parts(tokens, feature, watched)
    effects = [
        _effect(unit, passage.value(unit), untouched, said, parts, watched)
        for unit, said in zip(units, held, strict=True)
    ]
    return Tested(clamp, effects[0], tuple(effects[1:]))


class _Said(NamedTuple):
    """What was said after each of the first N − 1 characters."""

    losses: Floats  # (N − 1)
    divergences: Floats  # (N − 1)
    watched: Floats  # (W, N − 1)


class _Passage:
    """A passage cut into windows, with the states of the untouched model where each begins."""

    def __init__(self, quick: QuickModel, tokens: NDArray[np.intp], clamp: Clamp) -> None:
        self._quick, self._tokens, self._clamp = quick, tokens, clamp
        self._last = len(tokens) - 1  # the last character is predicted, but not read
        self._starts = np.arange(0, max(self._last - WARM_UP, 1), WINDOW)
        begun, sums = [quick.zeros()], np.zeros(quick.layers[clamp.layer].units)
        for piece in pieces_of(quick, tokens[:-1], (clamp.kind,), length=WINDOW):
            begun.append(piece.states)
            sums += piece.layers[clamp.layer][clamp.kind].sum(0, dtype=np.float64)
        self._means = sums / self._last
        self._states = [
            State(*map(np.stack, zip(*of_layer, strict=True)))
            for of_layer in zip(*begun[: len(self._starts)], strict=True)
        ]

    def value(self, unit: int) -> float:
        """What a unit is held at."""
        return float(self._means[unit]) if self._clamp.value is None else float(self._clamp.value)

    def said(self, units: Sequence[int], watched: Sequence[int]) -> list[_Said]:
        """What the untouched model says, and what it says with each of these units held."""
        together = max(1, _ROWS // len(self._starts) - 1)
        found = list[_Said]()
        for first in range(0, len(units), together):
            untouched, *held = self._read(units[first : first + together], watched)
            found += held if found else [untouched, *held]
        return found

    def _read(self, units: Sequence[int], watched: Sequence[int]) -> list[_Said]:
        """The untouched model first: rows of a step are the windows, once for it and once for each unit."""
        ways, windows = 1 + len(units), len(self._starts)
        states = tuple(State(*(np.tile(array, (ways, 1)) for array in state)) for state in self._states)
        holds: list[Hold] = [leave] * len(states)
        holds[self._clamp.layer] = self._holding(units)
        losses, divergences = np.zeros((2, ways, self._last), np.float32)
        seen = np.zeros((ways, len(watched), self._last), np.float32)
        for t in range(min(WARM_UP + WINDOW, self._last)):
            at = self._starts + t
            read = self._tokens[np.minimum(at, self._last - 1)]
            states, logits = self._quick.step(np.tile(read, ways), states, holds)
            counts = (at < self._last) & ((t >= WARM_UP) | (self._starts == 0))
            where = at[counts]
            log_p = log_likely(logits.reshape(ways, windows, -1)[:, counts])
            losses[:, where] = -np.take_along_axis(log_p, self._tokens[where + 1][np.newaxis, :, np.newaxis], -1)[
                ..., 0
            ]
            divergences[:, where] = (np.exp(log_p[0]) * (log_p[0] - log_p)).sum(-1)
            seen[:, :, where] = np.exp(log_p[:, :, list(watched)]).transpose(0, 2, 1)
        return [_Said(*each) for each in zip(losses, divergences, seen, strict=True)]

    def _holding(self, units: Sequence[int]) -> Hold:
        """In the rows of each unit it is held, in those of the untouched model none."""
        windows = len(self._starts)
        rows = np.arange(windows, windows * (1 + len(units)))
        columns = np.repeat(np.asarray(units, np.intp), windows)
        held = np.repeat(np.array([self.value(unit) for unit in units], np.float32), windows)

        def hold(name: str, values: Floats) -> None:
            if name == self._clamp.kind:
                values[rows, columns] = held

        return hold


def _parts(tokens: NDArray[np.intp], feature: NDArray[Any], watched: Sequence[int]) -> dict[str, NDArray[np.bool_]]:
    """Which of the first N − 1 characters belong to each part, (N − 1)."""
    holds = (feature > feature.mean())[:-1]
    return {
        "whole": np.ones_like(holds),
        "inside": holds,
        "outside": ~holds,
        "ending": holds & np.isin(tokens[1:], list(watched)),
    }


def _effect(
    unit: int,
    value: float,
    untouched: _Said,
    held: _Said,
    parts: dict[str, NDArray[np.bool_]],
    watched: Sequence[int],
) -> Effect:
    found = {name: _part(mask, untouched, held, watched) for name, mask in parts.items()}
    return Effect(unit, value, **found, loss_changes=held.losses - untouched.losses, divergences=held.divergences)


def _part(mask: NDArray[np.bool_], untouched: _Said, held: _Said, watched: Sequence[int]) -> Part:
    probabilities = {
        token: Change(_mean(before, mask), _mean(after, mask))
        for token, before, after in zip(watched, untouched.watched, held.watched, strict=True)
    }
    loss = Change(_mean(untouched.losses, mask), _mean(held.losses, mask))
    return Part(int(mask.sum()), loss, _mean(held.divergences, mask), probabilities)


def _mean(values: Floats, mask: NDArray[np.bool_]) -> float:
    return float(values[mask].mean(dtype=np.float64)) if mask.any() else float("nan")


def _check(
    quick: QuickModel, tokens: NDArray[np.intp], feature: NDArray[Any], clamp: Clamp, watched: Sequence[int]
) -> None:
    PASSAGE.check(_("characters of the passage"), len(tokens))
    Range(0, len(quick.layers) - 1).check(_("layer"), clamp.layer)
    Range(0, quick.layers[clamp.layer].units - 1).check(_("unit"), clamp.unit)
    for token in watched:
        Range(0, quick.vocabulary_size - 1).check(_("number of a character"), token)
    if clamp.value is not None:
        HELD.check(_("value"), clamp.value)
    states = [name for name in quick.values if name in ("h", "c")]
    if clamp.kind not in states:
        raise ValueError(
            _("what is held must be {allowed}, not {kind!r}").format(allowed=" or ".join(states), kind=clamp.kind)
        )
    if feature.shape != tokens.shape:
        raise ValueError(f"the feature must be {tokens.shape}, not {feature.shape}")
