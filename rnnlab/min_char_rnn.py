"""min-char-rnn (F18): a SimpleRNN that learns the next character of a text, in NumPy alone.

It reads chunk after chunk with the state that the last one ended with, back-propagates through the chunk, clips every
gradient by value and takes a step of Adagrad; in between it writes a text of its own, a drawn character at a time.

Sources: the settings are those of Karpathy's min-char-rnn, as the lectures give them; Adagrad: Duchi, Hazan & Singer,
"Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (2011).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import MOST_TRAINABLE, TIMESTEPS, UNITS, Activation, Architecture, Cell, Form
from rnnlab.counting import count
from rnnlab.experiment import CLIP_AT, LEARNING_RATE, SEED, WRITTEN
from rnnlab.reference import Array, Trace, Weights
from rnnlab.reference.equations import State, simple_rnn
from rnnlab.texts import _

UNITS_AT_FIRST, CHUNK, RATE, LIMIT = 100, 25, 0.1, 5.0
#: Standard deviation of the weights at first, and what stands under Adagrad's root.
SPREAD, EPSILON = 0.01, 1e-8
#: How much of the smoothed loss is kept at each iteration.
KEPT = 0.999


class Parameters(NamedTuple):
    """Weights, or something for each of them, in the shapes and the order of the Keras model."""

    kernel: Array  # W_x, (V, U)
    recurrent_kernel: Array  # W_h, (U, U)
    bias: Array  # (U)
    output_kernel: Array  # W_y, (U, V)
    output_bias: Array  # (V)

    @property
    def cell(self) -> Weights:
        """Those of the recurrent layer."""
        return Weights(*self[:3])


class Read(NamedTuple):
    """What reading a chunk came to."""

    loss: float  # cross-entropy in nats, summed over the characters
    gradients: Parameters
    h: Array  # the state after the last character, (1, U)


class Sample(NamedTuple):
    """Characters that were drawn, by number (L), and how likely each was (L)."""

    tokens: NDArray[np.int64]
    probabilities: NDArray[np.float64]


def read(parameters: Parameters, inputs: NDArray[Any], targets: NDArray[Any], h: Array) -> Read:
    """Read a chunk and back-propagate its loss; nothing goes back beyond its first character (F19, truncated).

    Args:
        parameters: of the model.
        inputs: character numbers, (T).
        targets: the character after each, (T).
        h: the state to begin with, (1, U).
    """
    steps = np.arange(len(inputs))
    one_hot = np.zeros((1, len(inputs), len(parameters.output_bias)))
    one_hot[0, steps, inputs] = 1.0
    trace = Trace(Cell.SIMPLE_RNN, parameters.cell, one_hot, state=State(h, h[:, :0]))
    logits = trace.h[0] @ parameters.output_kernel + parameters.output_bias  # (T, V)
    log_p = logits - logits.max(axis=1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    d_logits = np.exp(log_p)
    d_logits[steps, targets] -= 1.0
    kernel, recurrent, bias = trace.back((d_logits @ parameters.output_kernel.T)[np.newaxis]).weights
    gradients = Parameters(kernel, recurrent, bias, trace.h[0].T @ d_logits, d_logits.sum(axis=0))
    return Read(-float(log_p[steps, targets].sum()), gradients, trace.last.h)


class MinCharRnn:
    """A SimpleRNN being trained on a text.

    The same arguments give the same numbers, whether or not samples are drawn or it was stopped on the way.

    Args:
        text: what to learn, of more than ``chunk`` characters.
        units: hidden size U.
        chunk: characters read in one iteration; what is left over at the end of the text is not read.
        learning_rate: of Adagrad.
        clip_at: every number of a gradient is held between minus this and this.
        seed: of the weights and of the samples.
        vocabulary: all characters of the text in the order of their numbers; by default sorted.

    Attributes:
        vocabulary: V different characters; the number of a character is its place here.
        iterations: chunks read so far.
        smoothed_loss: cross-entropy of a chunk in nats, summed over its characters and smoothed over the iterations.

    Raises:
        ValueError: a number is out of range, the text is too short or has only one character or too many different ones.
    """

    def __init__(
        self,
        text: str,
        units: int = UNITS_AT_FIRST,
        chunk: int = CHUNK,
        learning_rate: float = RATE,
        clip_at: float = LIMIT,
        seed: int = 0,
        vocabulary: str = "",
    ) -> None:
        UNITS.check("hidden size", units)
        TIMESTEPS.check("characters of a chunk", chunk)
        LEARNING_RATE.check("learning rate", learning_rate)
        CLIP_AT.check("clipping threshold", clip_at)
        SEED.check("seed", seed)
        self.vocabulary = vocabulary or "".join(sorted(set(text)))
        _check(text, self.vocabulary, units, chunk)
        self.units, self.chunk, self.learning_rate, self.clip_at, self.seed = units, chunk, learning_rate, clip_at, seed
        number_of = {character: number for number, character in enumerate(self.vocabulary)}
        self._numbers = np.array([number_of[character] for character in text])
        self._parameters = _random(len(self.vocabulary), units, seed)
        self._squares = Parameters(*map(np.zeros_like, self._parameters))  # Adagrad's sums of squared gradients
        self._h: Array = np.zeros((1, units))
        self._place = 0
        self.iterations, self.smoothed_loss = 0, math.log(len(self.vocabulary)) * chunk

    @property
    def weights(self) -> Parameters:
        """The weights as they are now."""
        return Parameters(*(array.copy() for array in self._parameters))

    @property
    def architecture(self) -> Architecture:
        return Architecture(Cell.SIMPLE_RNN, self.units)

    @property
    def form(self) -> Form:
        return _form(len(self.vocabulary))

    @property
    def loss_per_character(self) -> float:
        """The smoothed loss in nats, on average for one character."""
        return self.smoothed_loss / self.chunk

    def step(self) -> float:
        """One iteration: read a chunk and learn from it; its loss in nats, summed over the characters."""
        chunk = self._numbers[self._place : self._place + self.chunk + 1]
        loss, gradients, self._h = read(self._parameters, chunk[:-1], chunk[1:], self._h)
        for parameter, gradient, squares in zip(self._parameters, gradients, self._squares, strict=True):
            np.clip(gradient, -self.clip_at, self.clip_at, out=gradient)
            np.add(squares, gradient * gradient, out=squares)
            np.subtract(parameter, self.learning_rate * gradient / np.sqrt(squares + EPSILON), out=parameter)
        self.smoothed_loss = KEPT * self.smoothed_loss + (1.0 - KEPT) * loss
        self.iterations += 1
        self._advance()
        return loss

    def _advance(self) -> None:
        """Go to the next chunk, or back to the beginning where the text has no whole one left."""
        self._place += self.chunk
        if self._place + self.chunk >= len(self._numbers):
            self._h, self._place = np.zeros_like(self._h), 0

    def sample(self, length: int = WRITTEN) -> str:
        """A text that the model writes: each character is drawn by its probability and read next (F16)."""
        return self.spell(self.draw(length).tokens)

    def draw(self, length: int = WRITTEN) -> Sample:
        """The same as numbers, with the probability of each.

        It begins with the state that training has come to and the character that is next to be read there. Training goes on
        as if nothing had been drawn.
        """
        rng = np.random.default_rng((self.seed, self.iterations))
        tokens, probabilities = np.empty(length, np.int64), np.empty(length)
        for place, likely in enumerate(self._writing(tokens)):
            sums = likely.cumsum()
            tokens[place] = np.searchsorted(sums, rng.random() * sums[-1], side="right")
            probabilities[place] = likely[tokens[place]]
        return Sample(tokens, probabilities)

    def _writing(self, tokens: NDArray[np.int64]) -> Iterator[Array]:
        """Probabilities (V) of each character of ``tokens``, which is filled in meanwhile."""
        weights, token = self._parameters.cell, self._numbers[self._place]
        h = self._h
        for place in range(len(tokens)):
            h, _sums = simple_rnn(weights.kernel[token] + weights.bias, State(h, h[:, :0]), weights)
            logits = (h @ self._parameters.output_kernel)[0] + self._parameters.output_bias
            likely = np.exp(logits - logits.max())
            yield likely / likely.sum()
            token = tokens[place]

    def spell(self, tokens: NDArray[np.int64]) -> str:
        """The text that these numbers spell."""
        return "".join(self.vocabulary[token] for token in tokens)

    def state(self) -> bytes:
        """All that training needs to go on, as npz."""
        arrays: dict[str, NDArray[Any]] = {f"weight_{i}": array for i, array in enumerate(self._parameters)}
        arrays |= {f"squares_{i}": array for i, array in enumerate(self._squares)}
        arrays |= {"h": self._h, "reached": np.array([self.iterations, self._place])}
        arrays["smoothed_loss"] = np.array(self.smoothed_loss)
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    def restore(self, state: bytes) -> None:
        """Go on where ``state`` was taken, from a model with the same arguments.

        Raises:
            ValueError: it is the state of another model.
        """
        with np.load(io.BytesIO(state), allow_pickle=False) as file:
            arrays = dict(file)
        here = [*self._parameters, *self._squares, self._h]
        names = [f"{kind}_{i}" for kind in ("weight", "squares") for i in range(len(self._parameters))] + ["h"]
        iterations, place = map(int, arrays["reached"])
        if any(arrays[name].shape != array.shape for name, array in zip(names, here, strict=True)):
            raise ValueError("this is the state of a model of another size")
        for name, array in zip(names, here, strict=True):
            array[...] = arrays[name]
        self.iterations, self._place, self.smoothed_loss = iterations, place, float(arrays["smoothed_loss"])


def _form(characters: int) -> Form:
    return Form(characters, timesteps=None, outputs=characters, activation=Activation.SOFTMAX)


def _random(characters: int, units: int, seed: int) -> Parameters:
    """Weights N(0, 0.01²) and biases 0."""
    rng = np.random.default_rng(seed)
    shapes = ((characters, units), (units, units), (units, characters))
    kernel, recurrent, output = (SPREAD * rng.standard_normal(shape) for shape in shapes)
    return Parameters(kernel, recurrent, np.zeros(units), output, np.zeros(characters))


def _check(text: str, vocabulary: str, units: int, chunk: int) -> None:
    if len(text) <= chunk:
        sentence = _("the text must have {fewest} characters at least, one more than a chunk; this one has {n}")
        raise ValueError(sentence.format(fewest=chunk + 1, n=len(text)))
    if len(set(text)) == 1:
        sentence = _("the text must have at least 2 different characters; this one has only {character!r}")
        raise ValueError(sentence.format(character=text[0]))
    weights = count(Architecture(Cell.SIMPLE_RNN, units), _form(len(vocabulary))).total
    if weights > MOST_TRAINABLE:
        sentence = _(
            "with {characters:,} different characters and a hidden size of {units:,} there would be {weights:,} weights; "
            "at most {most:,} are trained"
        )
        raise ValueError(sentence.format(characters=len(vocabulary), units=units, weights=weights, most=MOST_TRAINABLE))


def chunk_of(text: str) -> int:
    """The characters of a chunk: 25, or all but the last of a text that is shorter."""
    return max(1, min(CHUNK, len(text) - 1))
