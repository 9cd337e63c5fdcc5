"""What a model says at every character of a short passage, as it is and with a unit held: to look at, not to count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.reference import Model
from rnnlab.textlab.causal import Clamp
from rnnlab.textlab.quick import Floats, Hold, QuickModel, leave, log_likely
from rnnlab.textlab.readings import read


class Compared(NamedTuple):
    """What was said of each character before it was read, with the model as it is and with a unit held.

    Attributes:
        value: what the unit was held at.
        tokens: (N), the characters.
        before: (N, V), probabilities; NaN at the first character of a text, of which nothing was said.
        after: (N, V), the same with the unit held.
    """

    value: float
    tokens: NDArray[np.intp]
    before: Floats
    after: Floats

    @property
    def losses(self) -> Floats:
        """By how much each character's loss has risen, in nats, (N)."""
        own = self.tokens[:, np.newaxis]
        parts = [
            np.take_along_axis(np.log(np.maximum(said, 1e-30)), own, -1)[:, 0] for said in (self.before, self.after)
        ]
        risen: Floats = parts[0] - parts[1]
        return risen

    def alternatives(self, position: int, watched: Sequence[int] = (), most: int = 8) -> tuple[int, ...]:
        """The likeliest characters of a position, before or after, with that which stands there and those that are watched."""
        if np.isnan(self.before[position, 0]):
            return ()
        likely = np.maximum(self.before[position], self.after[position])
        forced = dict.fromkeys((int(self.tokens[position]), *watched))
        best = dict.fromkeys(int(token) for token in np.argsort(-likely, kind="stable")[:most])
        kept = [*forced, *(token for token in best if token not in forced)][:most]
        return tuple(sorted(kept, key=lambda token: -float(likely[token])))


def compare(model: Model, tokens: NDArray[Any], lead: int, clamp: Clamp) -> Compared:
    """Read a passage with the model as it is and with a unit held.

    Args:
        model: a text model.
        tokens: (L + N), numbers of characters.
        lead: how many of them, L, are read first, with nothing held.
        clamp: the unit, and at what; its mean is that over the passage.

    Raises:
        ValueError: a number that no character has, or this is no text model.
    """
    quick = QuickModel(model)
    tokens = quick.check_tokens(tokens)
    value = clamp.value
    if value is None:
        value = float(read(model, tokens, (clamp.kind,)).of(clamp.layer, clamp.kind, clamp.unit)[lead:].mean())
    said = np.full((2, len(tokens) - lead, quick.vocabulary_size), np.nan, np.float32)
    states = quick.zeros(2)
    for t, token in enumerate(tokens[:-1]):
        holds = [_held(clamp, value) if number == clamp.layer and t >= lead - 1 else leave for number in _layers(quick)]
        states, logits = quick.step(np.array([token, token]), states, holds)
        if t + 1 >= lead:
            said[:, t + 1 - lead] = np.exp(log_likely(logits))
    return Compared(value, tokens[lead:], said[0], said[1])


def _layers(quick: QuickModel) -> range:
    return range(len(quick.layers))


def _held(clamp: Clamp, value: float) -> Hold:
    def hold(name: str, values: Floats) -> None:
        if name == clamp.kind:
            values[1, clamp.unit] = value

    return hold
