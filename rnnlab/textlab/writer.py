"""Writing with a text model: one character at a time is drawn from what the model says, and read next (F16).

Of the ways to choose, temperature is that of Ackley, Hinton & Sejnowski, "A Learning Algorithm for Boltzmann Machines"
(1985), top-k that of Fan, Lewis & Dauphin, "Hierarchical Neural Story Generation" (2018), and top-p that of Holtzman et
al., "The Curious Case of Neural Text Degeneration" (2020).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Range
from rnnlab.experiment import SEED, RealRange
from rnnlab.reference import Model, State
from rnnlab.textlab.quick import QuickModel, likely
from rnnlab.texts import _

#: Beside these temperatures there is 0.
TEMPERATURE, TOP_K, TOP_P = RealRange(0.01, 5.0), Range(0, 100_000), RealRange(0.01, 1.0)
#: Characters that a prompt may have, and that are written at once.
PROMPT, LENGTH = Range(1, 5_000), Range(0, 20_000)
#: Alternatives that are kept for every position.
ALTERNATIVES = 10
#: Positions whose whole distributions are held before only the alternatives are kept.
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Choosing:
    """How the next character is chosen.

    Attributes:
        temperature: what the logits are divided by: below 1 the likely becomes likelier, above 1 everything becomes more
            alike; 0 always takes the most likely.
        top_k: only so many of the most likely characters can be drawn; 0 for all.
        top_p: of those only the most likely ones that together reach this probability; 1 for all.

    Raises:
        ValueError: a number is out of its range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if self.temperature != 0:
            TEMPERATURE.check(_("temperature (or 0, which always takes the most likely)"), self.temperature)
        TOP_K.check("top-k", self.top_k)
        TOP_P.check("top-p", self.top_p)


#: As the model says it.
PLAIN = Choosing()


def distribution(logits: NDArray[Any], choosing: Choosing = PLAIN) -> NDArray[np.float64]:
    """With which probability each character is drawn, (…, V): first temperature, then top-k, then top-p.

    Logits may as well be logarithms of probabilities. Of characters that are equally likely, that with the lower number
    counts as the likelier one, so that exactly k are left by top-k, and one at temperature 0.
    """
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(-1, keepdims=True)
    if choosing.temperature == 0.0:
        return _only(np.argmax(shifted, -1), shifted.shape)
    probabilities: NDArray[np.float64] = likely(shifted / choosing.temperature)
    if not choosing.top_k and choosing.top_p == 1.0:
        return probabilities
    order = np.argsort(-shifted, axis=-1, kind="stable")
    ranked = np.take_along_axis(probabilities, order, -1)
    if choosing.top_k:
        ranked[..., choosing.top_k :] = 0.0
        ranked /= ranked.sum(-1, keepdims=True)
    if choosing.top_p < 1.0:
        ranked[ranked.cumsum(-1) - ranked >= choosing.top_p] = 0.0  # those above have reached it already
        ranked /= ranked.sum(-1, keepdims=True)
    np.put_along_axis(probabilities, order, ranked, -1)
    return probabilities


def _only(tokens: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.float64]:
    certain = np.zeros(shape)
    np.put_along_axis(certain, np.asarray(tokens)[..., np.newaxis], 1.0, -1)
    return certain


class Alternative(NamedTuple):
    """A character that could stand at a position.

    Attributes:
        character: itself.
        token: its number.
        probability: what the model gave it.
        chance: the probability with which it was drawn, once temperature, top-k and top-p were applied.
    """

    character: str
    token: int
    probability: float
    chance: float


@dataclass(frozen=True, eq=False)
class Written:
    """A text as it was written, with what the model said at every position.

    The first position has no probability and no alternatives, as nothing was read before it.

    Attributes:
        vocabulary: all characters by their numbers.
        tokens: (N).
        given: (N), True where a character is of the prompt.
        forced: (N), True where one was put there instead of what was drawn or given.
        probabilities: (N), what the model gave to each character, NaN at the first.
        chances: (N), with which probability it was drawn, or would have been; NaN at the first.
        top: (N, A), the most likely characters at each position, the likeliest first.
        top_probabilities: (N, A).
        top_chances: (N, A).
        choosing: how it was drawn.
        seed: of the drawing.
        start: the states that the model began with.
    """

    vocabulary: str
    tokens: NDArray[np.intp]
    given: NDArray[np.bool_]
    forced: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    chances: NDArray[np.float32]
    top: NDArray[np.intp]
    top_probabilities: NDArray[np.float32]
    top_chances: NDArray[np.float32]
    choosing: Choosing
    seed: int
    start: tuple[State, ...]

    @property
    def text(self) -> str:
        """All of it, the prompt first."""
        return "".join(self.vocabulary[token] for token in self.tokens)

    @property
    def drawn(self) -> str:
        """What was written, without the prompt."""
        return self.text[int(self.given.sum()) :]

    def alternatives(self, position: int) -> tuple[Alternative, ...]:
        """The most likely characters of a position, the likeliest first; last the one there, where it is none of them."""
        if position == 0:
            return ()
        columns = self.top[position], self.top_probabilities[position], self.top_chances[position]
        rows = list(zip(*columns, strict=True))
        if (own := self.tokens[position]) not in self.top[position]:
            rows.append((own, self.probabilities[position], self.chances[position]))
        return tuple(
            Alternative(self.vocabulary[token], int(token), float(probability), float(chance))
            for token, probability, chance in rows
        )


class Writer:
    """Writes with a text model.

    Position n of a text takes the nth random number of the seed, whether it is used or not. So the same seed gives the same
    text, and when a character is forced, what follows is drawn with the same luck as before: forcing the character that
    stands there already changes nothing.

    Args:
        model: a text model.
        vocabulary: its V characters by their numbers.
        seed: of the drawing.
        fold: the character that stands for all that the vocabulary lacks; "" where there is none.

    Raises:
        ValueError: this is no text model, or the vocabulary has another size.
    """

    def __init__(self, model: Model, vocabulary: str, seed: int = 0, fold: str = "") -> None:
        SEED.check("seed", seed)
        self._quick = QuickModel(model)
        if len(vocabulary) != self._quick.vocabulary_size:
            raise ValueError(
                f"the vocabulary must have {self._quick.vocabulary_size} characters, not {len(vocabulary)}"
            )
        self.vocabulary, self.seed, self.fold = vocabulary, seed, fold
        self._number_of = {character: number for number, character in enumerate(vocabulary)}

    def numbers(self, prompt: str) -> NDArray[np.intp]:
        """The numbers of a prompt's characters.

        Raises:
            ValueError: it is empty, too long, or has characters that the model has never read.
        """
        prompt = unicodedata.normalize("NFC", prompt.replace("\r\n", "\n").replace("\r", "\n"))
        PROMPT.check(_("characters of the prompt"), len(prompt))
        unknown = "" if self.fold else "".join(dict.fromkeys(c for c in prompt if c not in self._number_of))
        if unknown:
            sentence = _("the prompt has characters that the text does not have: {characters}")
            raise ValueError(sentence.format(characters=", ".join(map(repr, unknown[:20]))))
        return np.array([self._number_of[c if c in self._number_of else self.fold] for c in prompt])

    def write(
        self, prompt: str, length: int, choosing: Choosing = PLAIN, states: Sequence[State] | None = None
    ) -> Written:
        """Read the prompt and write on.

        Args:
            prompt: at least one character.
            length: characters to write.
            choosing: how each is chosen.
            states: what the model begins with, (U) each for every layer; by default zeros.

        Raises:
            ValueError: a number is out of range, the prompt cannot be read, or the states are those of another model.
        """
        LENGTH.check(_("characters to write"), length)
        given = self.numbers(prompt)
        of_prompt = np.arange(len(given) + length) < len(given)
        return self._written(given, of_prompt, np.zeros_like(of_prompt), choosing, self._quick.begun(states))

    def forced(self, written: Written, position: int, token: int) -> Written:
        """Keep what stands before a position, put this character there, and write on to the same length.

        All that stood behind it is drawn anew, also what was given or forced there.

        Raises:
            ValueError: there is no such position or character.
        """
        Range(0, len(written.tokens) - 1).check(_("position"), position)
        Range(0, len(self.vocabulary) - 1).check(_("number of a character"), token)
        known, places = np.append(written.tokens[:position], token), np.arange(len(written.tokens))
        given = written.given & (places < position)
        forced = written.forced & (places < position) | (places == position)
        return self._written(known, given, forced, written.choosing, written.start)

    def _written(
        self,
        known: NDArray[np.intp],
        given: NDArray[np.bool_],
        forced: NDArray[np.bool_],
        choosing: Choosing,
        start: tuple[State, ...],
    ) -> Written:
        tokens = np.zeros(len(given), np.intp)
        tokens[: len(known)] = known
        said = [_Said.nothing(min(ALTERNATIVES, len(self.vocabulary)))]
        said += [_Said.of(*block, choosing) for block in self._blocks(tokens, len(known), choosing, start)]
        joined = _Said(*(np.concatenate(column) for column in zip(*said, strict=True)))
        return Written(
            self.vocabulary, tokens, given, forced, choosing=choosing, seed=self.seed, start=start, **joined._asdict()
        )

    def _blocks(
        self, tokens: NDArray[np.intp], known: int, choosing: Choosing, states: tuple[State, ...]
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """Fill ``tokens`` from the first that is not known; block by block the tokens and the logits they were drawn from."""
        luck = np.random.default_rng(self.seed).random(len(tokens)).tolist()
        step = self._quick.step
        for start in range(1, len(tokens), _BLOCK):
            end = min(start + _BLOCK, len(tokens))
            logits = np.empty((end - start, len(self.vocabulary)), np.float32)
            for position in range(start, end):
                states, said = step(tokens[position - 1], states)
                logits[position - start] = said
                if position >= known:
                    tokens[position] = draw(said, choosing, luck[position])
            yield tokens[start:end], logits


def draw(logits: NDArray[np.float32], choosing: Choosing, luck: float) -> int:
    """The character that is drawn by a random number from 0 to 1: the first whose summed up probability exceeds it."""
    if choosing.temperature == 0.0:
        return int(logits.argmax())
    if choosing.top_k or choosing.top_p < 1.0:
        sums = distribution(logits, choosing).cumsum()
    else:  # the same without a sum that is not needed: this is done for every character
        sums = np.exp((logits - logits.max()) / choosing.temperature, dtype=np.float64).cumsum()
    return int(sums.searchsorted(luck * sums[-1], side="right"))


class _Said(NamedTuple):
    """What the model said at some positions: the columns of ``Written``."""

    probabilities: NDArray[np.float32]  # (N)
    chances: NDArray[np.float32]  # (N)
    top: NDArray[np.intp]  # (N, A)
    top_probabilities: NDArray[np.float32]  # (N, A)
    top_chances: NDArray[np.float32]  # (N, A)

    @classmethod
    def of(cls, tokens: NDArray[np.intp], logits: NDArray[np.float32], choosing: Choosing) -> _Said:
        plain, chances = distribution(logits), distribution(logits, choosing)
        top = np.argsort(-logits, axis=-1, kind="stable")[:, :ALTERNATIVES]
        there = tokens[:, np.newaxis]
        own = [np.take_along_axis(values, there, -1)[:, 0].astype(np.float32) for values in (plain, chances)]
        best = [np.take_along_axis(values, top, -1).astype(np.float32) for values in (plain, chances)]
        return cls(own[0], own[1], top, best[0], best[1])

    @classmethod
    def nothing(cls, alternatives: int) -> _Said:
        """At the first position."""
        unknown, none = np.full(1, np.nan, np.float32), np.full((1, alternatives), np.nan, np.float32)
        return cls(unknown, unknown, np.zeros((1, alternatives), np.intp), none, none)
