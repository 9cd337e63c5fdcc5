"""Training with loss and prediction at every epoch, beside plain Keras: ``python -m benchmarks.training``.

hihello, LSTM 5, 50 epochs, in one warm process. Plain Keras is ``compile`` and ``fit`` with a callback that predicts
after every epoch. Both sides compile: the first row is a fresh model on both, traced anew; the last a model on both
that was trained before, with its weights set back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.common import Pairs, Row, in_turn, seconds, show, spread
from rnnlab import models, training
from rnnlab.architecture import Architecture
from rnnlab.backend import keras
from rnnlab.experiment import Experiment

EXPERIMENT = Experiment(Architecture())
PAIRS = 7

Predict = Callable[[Any, Any], Any]
Losses = list[float]


class PredictEachEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps what the model predicts after every epoch."""

    def __init__(self, inputs: Any, predict: Predict) -> None:
        super().__init__()
        self.inputs, self.predict, self.predicted = inputs, predict, list[Any]()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002 - Keras' signature
        self.predicted.append(np.argmax(self.predict(self.model, self.inputs), axis=-1))


def keras_predict(model: Any, inputs: Any) -> Any:
    return model.predict(inputs, verbose=0)


def keras_call(model: Any, inputs: Any) -> Any:
    return model(inputs)


def rnnlab_race(fresh: bool) -> Losses:
    """The race as the engine's worker runs it, without the kept compiled models where it is to start from nothing."""
    if fresh:
        training._kept.clear()
    (reached,) = training.race([EXPERIMENT], report=lambda *_: None)
    return list(reached.chunk.losses)


def compiled() -> Any:
    """The same model with the same initial weights, compiled as a Keras script does."""
    model = models.build(EXPERIMENT.architecture, EXPERIMENT.form, EXPERIMENT.training.seed)
    model.compile(keras.optimizers.Adam(EXPERIMENT.training.learning_rate), "sparse_categorical_crossentropy")
    return model


def fit(model: Any, predict: Predict) -> Losses:
    arrays = EXPERIMENT.task.arrays()
    inputs = np.eye(EXPERIMENT.form.input_dim, dtype=np.float32)[arrays.inputs]  # (B, T, V)
    callback = PredictEachEpoch(inputs, predict)
    history = model.fit(inputs, arrays.targets, epochs=EXPERIMENT.training.epochs, verbose=0, callbacks=[callback])
    return list(history.history["loss"])


def fit_fresh(predict: Predict) -> Losses:
    return fit(compiled(), predict)


class FitAgain:
    """A model that ``fit`` has trained before, set back to its beginning."""

    def __init__(self) -> None:
        self.model = compiled()
        self.weights = self.model.get_weights()
        fit(self.model, keras_predict)
        self.model.optimizer.build(self.model.trainable_variables)

    def __call__(self) -> Losses:
        for variable in self.model.optimizer.variables:
            if variable is not self.model.optimizer._learning_rate:
                variable.assign(np.zeros(variable.shape, variable.dtype))
        self.model.set_weights(self.weights)
        return fit(self.model, keras_predict)


def compare(what: str, ours: Callable[[], Losses], instead: Callable[[], Losses], target: str = "–") -> Row:
    """Both in turn, after a first time of each that does not count, in which their losses are compared."""
    apart = np.max(np.abs(np.subtract(ours(), instead())))
    pairs: Pairs = in_turn(partial(seconds, ours), partial(seconds, instead), PAIRS)
    what = f"{what}; losses differ by at most {apart:.0e}"
    return Row(what, spread(pairs.ours), spread(pairs.instead), f"{pairs.speedup:.1f} × as fast", target)


def main() -> None:
    fresh, kept = partial(rnnlab_race, fresh=True), partial(rnnlab_race, fresh=False)
    rows = [
        compare("fresh model, traced anew", fresh, partial(fit_fresh, keras_predict), "≥ 6 ×"),
        compare("the same, callback calls model(x)", fresh, partial(fit_fresh, keras_call)),
        compare("model trained before, set back", kept, FitAgain()),
    ]
    show("50 epochs of hihello, LSTM 5, with loss and prediction at each", rows, "Keras fit + predict")


if __name__ == "__main__":
    main()
