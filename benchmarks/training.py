"""Training with loss and prediction at every epoch, beside plain Keras: ``python -m benchmarks.training``.

hihello, LSTM 5, 50 epochs, in one warm process. Both sides begin with a fresh model, traced anew, and end with the same
losses; only in the last row both have trained their model before, and its weights are set back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.common import Row, in_turn, seconds, show, spread
from rnnlab import models, training
from rnnlab.architecture import Architecture
from rnnlab.backend import keras
from rnnlab.compiled import pool
from rnnlab.experiment import Experiment

EXPERIMENT = Experiment(Architecture())
PAIRS = 7

Losses = list[float]


def rnnlab_race(fresh: bool) -> Losses:
    """The race as the engine's worker runs it; a fresh one finds no compiled model kept from an earlier race."""
    if fresh:
        pool.clear()
    (reached,) = training.race([EXPERIMENT], report=lambda *_: None)
    return list(reached.chunk.losses)


class PredictEachEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps what the model predicts after every epoch."""

    def __init__(self, inputs: Any) -> None:
        super().__init__()
        self.inputs, self.predicted = inputs, list[Any]()

    def on_epoch_end(self, *_: Any) -> None:
        self.predicted.append(np.argmax(self.model.predict(self.inputs, verbose=0), axis=-1))


def compiled() -> Any:
    """The same model with the same initial weights, compiled as in a Keras script."""
    model = models.build(EXPERIMENT.architecture, EXPERIMENT.form, EXPERIMENT.training.seed)
    model.compile(keras.optimizers.Adam(EXPERIMENT.training.learning_rate), "sparse_categorical_crossentropy")
    return model


def arrays() -> tuple[Any, Any]:
    """Inputs one-hot (B, T, V) and targets (B, T)."""
    numbers = EXPERIMENT.task.data(0).train
    return np.eye(EXPERIMENT.form.input_dim, dtype=np.float32)[numbers.inputs], numbers.targets


def fit(model: Any) -> Losses:
    """What a Keras script does: ``fit`` with a callback that predicts."""
    inputs, targets = arrays()
    epochs, callbacks = EXPERIMENT.training.epochs, [PredictEachEpoch(inputs)]
    return list(model.fit(inputs, targets, epochs=epochs, verbose=0, callbacks=callbacks).history["loss"])


def batch_loop(model: Any) -> Losses:
    """What someone does who knows that ``fit`` is slow on little data: Keras' own single steps."""
    inputs, targets = arrays()
    losses, predicted = [], []
    for _ in range(EXPERIMENT.training.epochs):
        losses.append(float(model.train_on_batch(inputs, targets)))
        predicted.append(np.argmax(model.predict_on_batch(inputs), axis=-1))
        model.reset_metrics()
    return losses


class FitAgain:
    """A model that ``fit`` has trained before, set back to its beginning."""

    def __init__(self) -> None:
        self.model = compiled()
        self.weights = self.model.get_weights()
        fit(self.model)

    def __call__(self) -> Losses:
        optimizer = self.model.optimizer
        for variable in (optimizer.iterations, *optimizer._momentums, *optimizer._velocities):
            variable.assign(np.zeros(variable.shape, variable.dtype))
        self.model.set_weights(self.weights)
        return fit(self.model)


def compare(what: str, ours: Callable[[], Losses], instead: Callable[[], Losses], target: str = "–") -> Row:
    """Both in turn, after a first time of each that is not counted, in which their losses are compared."""
    apart = np.max(np.abs(np.subtract(ours(), instead())))
    pairs = in_turn(partial(seconds, ours), partial(seconds, instead), PAIRS)
    what = f"{what}; losses differ by at most {apart:.0e}"
    return Row(what, spread(pairs.ours), spread(pairs.instead), f"{pairs.speedup:.1f} × as fast", target)


def main() -> None:
    fresh, kept = partial(rnnlab_race, fresh=True), partial(rnnlab_race, fresh=False)
    rows = [
        compare("fresh model; fit with predict after each epoch", fresh, lambda: fit(compiled()), "≥ 6 ×"),
        compare("fresh model; train_on_batch, predict_on_batch", fresh, lambda: batch_loop(compiled())),
        compare("model trained before; fit with predict", kept, FitAgain()),
    ]
    show("50 epochs of hihello, LSTM 5, with loss and prediction at each", rows, "plain Keras")


if __name__ == "__main__":
    main()
