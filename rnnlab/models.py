"""Keras models: build the one that an architecture and a form describe, summarise it, save it."""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rnnlab import backend
from rnnlab.architecture import MOST_TRAINABLE, Architecture, Cell, Direction, Form
from rnnlab.backend import keras
from rnnlab.counting import Summary, count

T = TypeVar("T")

_CELLS: dict[Cell, type[keras.layers.Layer]] = {
    Cell.SIMPLE_RNN: keras.layers.SimpleRNN,
    Cell.LSTM: keras.layers.LSTM,
    Cell.GRU: keras.layers.GRU,
}
#: Keras draws initial weights from one random state of the process, so only one model is built at a time.
_BUILDING = threading.Lock()


def build(architecture: Architecture, form: Form, seed: int | None = 0, device: str = "cpu") -> keras.Model:
    """Build the model; ``export.model_code`` is the same as a script.

    Args:
        architecture: the recurrent part.
        form: what goes in and out.
        seed: of the initial weights; None leaves them zero, which is quick also for the largest (for a summary).
        device: where its weights are, as ``backend.resolve`` takes it.

    Raises:
        ValueError: its weights would not fit, or the device is not here.
    """
    if (total := count(architecture, form).total) > MOST_TRAINABLE:
        raise ValueError(f"this model has {total:,} parameters; at most {MOST_TRAINABLE:,} are built and trained")

    def work() -> keras.Model:
        with backend.place(device):  # of use only in the thread that builds
            return _build(form.fit(architecture), form, seed)

    with _BUILDING, _seeded(seed):
        return _alone(work)


@contextmanager
def _seeded(seed: int | None) -> Iterator[None]:
    """Let Keras draw the seeds of initial weights as it does after ``keras.utils.set_random_seed(seed)``.

    That function seeds Python's one random state, from which any other thread may draw meanwhile, and it makes
    TensorFlow prepare every compiled step of the process again (0.1 s each). So Keras gets a state of its own.
    """
    keras.src.random.seed_generator.python_random = random.Random(seed)
    try:
        yield
    finally:
        keras.src.random.seed_generator.python_random = random


def _alone(work: Callable[[], T]) -> T:
    """Do ``work`` in a thread of its own: Keras numbers the names of layers by thread, so they start afresh."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - handed on to the caller below
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _build(architecture: Architecture, form: Form, seed: int | None) -> keras.Model:
    zeros = {"kernel_initializer": "zeros"} if seed is None else {}
    embedded = architecture.embedding_dim is not None
    shape = (form.timesteps,) if embedded else (form.timesteps, form.input_dim)
    inputs = keras.Input(shape, batch_size=form.batch_size)
    layers: list[Callable[[keras.KerasTensor], keras.KerasTensor]] = []
    if embedded:
        start = {"embeddings_initializer": "zeros"} if seed is None else {}
        layers.append(keras.layers.Embedding(form.input_dim, architecture.embedding_dim, **start))
    for index in range(architecture.layers):
        every_step = form.return_sequences or index < architecture.layers - 1
        layers.append(_recurrent_layer(architecture, every_step, zeros))
        if every_step and architecture.direction is Direction.BACKWARD:
            layers.append(lambda steps: keras.ops.flip(steps, axis=1))  # Keras hands them on last step first
    if form.outputs is not None:
        layers.append(keras.layers.Dense(form.outputs, activation=form.activation.value, **zeros))
    if all(isinstance(layer, keras.layers.Layer) for layer in layers):
        return keras.Sequential([inputs, *layers], name="model")
    outputs = inputs
    for layer in layers:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs, name="model")


def _recurrent_layer(architecture: Architecture, every_step: bool, zeros: dict[str, str]) -> keras.layers.Layer:
    options: dict[str, Any] = {**zeros, "recurrent_initializer": "zeros"} if zeros else {}
    if architecture.cell is Cell.GRU and not architecture.reset_after:
        options["reset_after"] = False
    if not architecture.use_bias:
        options["use_bias"] = False
    if architecture.direction is Direction.BACKWARD:
        options["go_backwards"] = True
    layer = _CELLS[architecture.cell](architecture.units, return_sequences=every_step, **options)
    if architecture.bidirectional:
        return keras.layers.Bidirectional(layer, merge_mode=architecture.merge_mode.value)
    return layer


def summarise(architecture: Architecture, form: Form) -> Summary:
    """Build the model and return what Keras prints of it.

    Raises:
        ValueError: its weights would not fit.
    """
    model = build(architecture, form, seed=None)
    lines: list[str] = []
    model.summary(line_length=56, print_fn=lines.append)
    parts = getattr(model, "operations", model.layers)  # a functional model's flips are operations, not layers
    shapes = tuple(tuple(part.output.shape) for part in parts if not isinstance(part, keras.layers.InputLayer))
    return Summary("\n".join(lines).strip("\n"), model.count_params(), shapes)


def keras_file(architecture: Architecture, form: Form, weights: list[NDArray[np.float32]]) -> bytes:
    """The model with these weights in Keras' own file format (.keras), for download only."""
    model = build(architecture, form)
    model.set_weights(weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        model.save(path)
        return path.read_bytes()
