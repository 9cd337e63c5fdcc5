"""min-char-rnn as a trainer of a race: with what ``training.Trainer`` offers, and an epoch of 100 iterations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnlab.experiment import ITERATIONS_AN_EPOCH, Experiment
from rnnlab.history import NO_CONFUSION, Scores, Start
from rnnlab.min_char_rnn import MinCharRnn, chunk_of
from rnnlab.reference import Model
from rnnlab.tasks.drawn import Said
from rnnlab.tasks.task import score
from rnnlab.tasks.text import TextTask


class CharTrainer:
    """One experiment being trained in NumPy, an iteration at a time.

    Args:
        experiment: what to train; its task is a text.
        start: where it had stopped; the default begins anew.

    Raises:
        ValueError: it is no trainer for this architecture.
    """

    def __init__(self, experiment: Experiment, start: Start) -> None:
        if experiment.refusal:
            raise ValueError(experiment.refusal)
        task, training = experiment.task, experiment.training
        assert isinstance(task, TextTask)
        self.experiment, self.epochs = experiment, start.epochs
        text = task.checked_text
        self._model = MinCharRnn(
            text,
            experiment.architecture.units,
            chunk_of(text),
            training.learning_rate,
            seed=training.seed,
            vocabulary=task.vocabulary,
        )
        if start.state:
            self._model.restore(start.state)

    @property
    def part(self) -> float:
        """How much of the epoch under way is done."""
        return self._model.iterations % ITERATIONS_AN_EPOCH / ITERATIONS_AN_EPOCH

    def step(self) -> bool:
        """Train on one chunk; whether that was the last of the epoch."""
        self._model.step()
        return self._model.iterations % ITERATIONS_AN_EPOCH == 0

    def finish_epoch(self) -> tuple[Scores, Said, NDArray[np.uint32]]:
        """The smoothed loss of a character, the share of the text that is said right, and what the model writes now."""
        self.epochs += 1
        written = self._model.draw()
        said = Said(written.tokens[np.newaxis].astype(np.uint16), written.probabilities[np.newaxis].astype(np.float32))
        return Scores(self._model.loss_per_character, self._right()), said, NO_CONFUSION

    def _right(self) -> float:
        """The share of next characters that are right where the text is read from its beginning, as Keras' trainer has it."""
        task, training = self.experiment.task, self.experiment.training
        inputs, targets = task.data(training.seed).train
        outputs = Model(self.experiment.architecture, self.experiment.form, self._model.weights).forward(inputs).outputs
        return score(task.metric, outputs.argmax(-1), outputs.max(-1), targets)

    def weights(self) -> NDArray[np.float32]:
        """All weights, one after the other in Keras' order: (P)."""
        return np.concatenate([array.ravel() for array in self._model.weights]).astype(np.float32)

    def state(self) -> bytes:
        """All that it needs to go on, as npz; the weights have the names that ``training.Trainer`` gives them."""
        return self._model.state()

    def close(self) -> None:
        """Nothing is kept for another run."""
