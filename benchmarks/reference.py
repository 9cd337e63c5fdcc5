"""The models in NumPy, beside what a person would use instead: ``python -m benchmarks.reference``.

Replaying hihello with all gates, and one pass over a text of 1,000 characters with 128 LSTM units: beside Keras, which
answers but shows no gate, and beside the cell written down as one first would, gate by gate and step by step. Before
anything is timed, all are checked to say the same. min-char-rnn, forward and backward, is beside a loop over time steps.
Last comes what a person waits for who moves the slider over the epochs, in Chromium (``benchmarks.pages``).
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import min_char_rnn, pages
from benchmarks.common import Row, in_turn, seconds, show, spread
from rnnlab.architecture import Architecture, Cell, Form
from rnnlab.reference import Array, Model, Pass
from rnnlab.tasks import TASKS

CHARACTERS, UNITS, VOCABULARY = 1000, 128, 60
#: How many times each is measured, in turn with what stands beside it.
PAIRS = 15


class Replay(NamedTuple):
    """A model and what it reads."""

    what: str
    target: str
    model: Model
    inputs: NDArray[Any]

    def ours(self) -> Pass:
        return self.model.forward(self.inputs)

    def rows(self) -> list[Row]:
        loops, predict, compiled = self._by_loops, *self._by_keras()
        for other in (loops, predict, compiled):
            np.testing.assert_allclose(self.ours().outputs, other(), rtol=1e-3, atol=1e-5)
        return [
            self._row("gate by gate", loops),
            self._row("model.predict, no gates", predict),
            self._row("a compiled function, no gates", compiled),
        ]

    def _by_keras(self) -> tuple[Any, Any]:
        """Keras with the same weights: ``predict``, and the quickest that a person can make of it."""
        from rnnlab import backend, models

        form = self.model.form
        keras = models.build(self.model.architecture, form)
        keras.set_weights(list(self.model.weights))
        vectors = np.eye(form.input_dim, dtype=np.float32)[self.inputs]
        return partial(keras.predict, vectors, verbose=0), partial(
            backend.compile_forward(keras, form, "cpu"), self.inputs
        )

    def _by_loops(self) -> Array:
        kernel, recurrent_kernel, bias, output_kernel, output_bias = self.model.weights
        gates = tuple(np.split(matrix, 4, axis=-1) for matrix in (kernel, recurrent_kernel, bias))
        h = lstm_as_first_written(np.eye(len(kernel))[self.inputs[0]], *gates)
        sums = h @ output_kernel + output_bias
        return np.exp(sums)[np.newaxis] / np.exp(sums).sum(-1, keepdims=True)  # type: ignore[no-any-return]

    def _row(self, instead: str, other: Any) -> Row:
        pairs = in_turn(partial(seconds, self.ours), partial(seconds, other), PAIRS)
        what = f"{self.what}, beside {instead}"
        return Row(what, spread(pairs.ours), spread(pairs.instead), f"{pairs.speedup:.1f} ×", self.target)


def lstm_as_first_written(
    vectors: Array, kernels: list[Array], recurrent_kernels: list[Array], biases: list[Array]
) -> Array:
    """All hidden states (T, U) of one sequence (T, D), each gate with its own matrices, every value in a list."""
    h, c = np.zeros(len(recurrent_kernels[0])), np.zeros(len(recurrent_kernels[0]))
    states: list[Array] = []
    kept: list[tuple[Array, ...]] = []
    for x in vectors:
        i, f, g, o = (
            x @ kernel + h @ recurrent_kernel + bias
            for kernel, recurrent_kernel, bias in zip(kernels, recurrent_kernels, biases, strict=True)
        )
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        g = np.tanh(g)
        c = f * c + i * g
        h = o * np.tanh(c)
        kept.append((i, f, g, o, c))
        states.append(h)
    return np.array(states)


def hihello() -> list[Row]:
    task = TASKS["hihello"]
    model = Model.random(Architecture(), task.form, seed=0)
    return Replay("hihello, all gates", "< 2 ms", model, task.data(0).train.inputs).rows()


def long_text() -> list[Row]:
    form = Form(VOCABULARY, timesteps=CHARACTERS, outputs=VOCABULARY)
    model = Model.random(Architecture(Cell.LSTM, UNITS), form, seed=0)
    text = np.random.default_rng(0).integers(0, VOCABULARY, (1, CHARACTERS), dtype=np.int32)
    return Replay(f"{CHARACTERS:,} characters, LSTM {UNITS}", "< 100 ms", model, text).rows()


def scrubber() -> list[Row]:
    with pages.both() as subject:
        return pages.scrub(subject)


#: What is measured, in this order; each gives rows of the table.
MEASURED = (hihello, long_text, min_char_rnn.rows, scrubber)


def main() -> None:
    from rnnlab import backend

    backend.configure()
    show("Models in NumPy", [row for measure in MEASURED for row in measure()], "instead")


if __name__ == "__main__":
    main()
