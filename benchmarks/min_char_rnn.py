"""min-char-rnn, beside a loop as a person would first write it: ``OMP_NUM_THREADS=1 python -m benchmarks.min_char_rnn``.

Both begin with the same weights and read the same text with the settings of the lectures. Their first losses
must be the same; later on rounding alone drives them apart. One thread is what a worker of the engine has.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import numpy as np

from benchmarks.common import Row, in_turn, seconds, show
from rnnlab.min_char_rnn import CHUNK, EPSILON, KEPT, LIMIT, RATE, MinCharRnn

#: Words in no order, so that the text needs no file; as many different characters as English prose has.
LETTERS, CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:!?'-\n", 50_000
ITERATIONS, ROUNDS = 200, 15
HIDDEN_SIZES = (100, 256)
#: Iterations in which the losses of both must be the same.
FIRST = 5


def some_text() -> str:
    rng = np.random.default_rng(0)
    return LETTERS + "".join(rng.choice(list(LETTERS), CHARACTERS))


class LineByLine:
    """The same model a time step at a time, with column vectors and a list for everything, as one would first write it."""

    def __init__(self, text: str, begin: MinCharRnn) -> None:
        self.index = {character: i for i, character in enumerate(begin.vocabulary)}
        self.text, self.position, self.size = text, 0, len(self.index)
        start = begin.weights
        self.Wx, self.Wh, self.Wy = start.kernel.T.copy(), start.recurrent_kernel.T.copy(), start.output_kernel.T.copy()
        self.bh, self.by = start.bias[:, np.newaxis].copy(), start.output_bias[:, np.newaxis].copy()
        self.params = [self.Wx, self.Wh, self.bh, self.Wy, self.by]
        self.memory = [np.zeros_like(param) for param in self.params]
        self.h = np.zeros((len(self.Wh), 1))
        self.smoothed_loss = -np.log(1.0 / self.size) * CHUNK

    def step(self) -> float:
        if self.position + CHUNK >= len(self.text):
            self.h, self.position = np.zeros_like(self.h), 0
        letters = self.text[self.position : self.position + CHUNK + 1]
        loss, grads = self.loss_and_grads([self.index[letter] for letter in letters])
        for i in range(len(self.params)):
            grad = np.clip(grads[i], -LIMIT, LIMIT)
            self.memory[i] += grad * grad
            self.params[i] -= RATE * grad / np.sqrt(self.memory[i] + EPSILON)
        self.smoothed_loss = KEPT * self.smoothed_loss + (1 - KEPT) * loss
        self.position += CHUNK
        return loss

    def loss_and_grads(self, numbers: list[int]) -> tuple[float, list[np.ndarray]]:
        xs, hs, ps = {}, {-1: self.h}, {}
        loss = 0.0
        for t in range(CHUNK):
            xs[t] = np.zeros((self.size, 1))
            xs[t][numbers[t]] = 1
            hs[t] = np.tanh(self.Wx @ xs[t] + self.Wh @ hs[t - 1] + self.bh)
            scores = self.Wy @ hs[t] + self.by
            ps[t] = np.exp(scores) / np.sum(np.exp(scores))
            loss -= np.log(ps[t][numbers[t + 1], 0])
        d_wx, d_wh, d_bh, d_wy, d_by = (np.zeros_like(param) for param in self.params)
        from_later = np.zeros_like(self.h)
        for t in reversed(range(CHUNK)):
            d_scores = ps[t].copy()
            d_scores[numbers[t + 1]] -= 1
            d_wy += d_scores @ hs[t].T
            d_by += d_scores
            d_sum = (self.Wy.T @ d_scores + from_later) * (1 - hs[t] ** 2)
            d_wx += d_sum @ xs[t].T
            d_wh += d_sum @ hs[t - 1].T
            d_bh += d_sum
            from_later = self.Wh.T @ d_sum
        self.h = hs[CHUNK - 1]
        return loss, [d_wx, d_wh, d_bh, d_wy, d_by]


def compare(text: str, units: int) -> Row:
    """Iterations a second of both, measured in turn."""
    ours = MinCharRnn(text, units)
    instead = LineByLine(text, ours)
    np.testing.assert_allclose([ours.step() for _ in range(FIRST)], [instead.step() for _ in range(FIRST)], rtol=1e-6)
    pairs = in_turn(lambda: some_iterations(ours.step), lambda: some_iterations(instead.step), ROUNDS)
    ours_a_second, instead_a_second = (f"{ITERATIONS / median(measured):,.0f} a second" for measured in pairs)
    what = f"min-char-rnn iterations, hidden size {units}, {len(ours.vocabulary)} characters"
    return Row(what, ours_a_second, instead_a_second, f"{pairs.speedup:.1f} ×", "≥ 1 ×")


def some_iterations(step: Callable[[], object]) -> float:
    return seconds(lambda: [step() for _ in range(ITERATIONS)])


def rows() -> list[Row]:
    text = some_text()
    return [compare(text, units) for units in HIDDEN_SIZES]


def main() -> None:
    show("min-char-rnn", rows(), "a loop over time steps")


if __name__ == "__main__":
    main()
