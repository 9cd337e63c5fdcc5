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
from rnnlab.architecture import MOST_TRAINABLE, Architecture, Cell, Form, Pattern
from rnnlab.backend import keras
from rnnlab.counting import Summary, count
from rnnlab.plan import Kind, Layer, input_shape, plan

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
    inputs = keras.Input(input_shape(architecture, form), batch_size=form.batch_size)
    layers = plan(architecture, form)
    made = [_make(layer, form, zeros) for layer in layers]
    if all(isinstance(layer, keras.layers.Layer) for layer in made):
        return keras.Sequential([inputs, *made], name="model")
    outputs, flipped, mask = inputs, False, None
    for layer, call in zip(layers, made, strict=True):
        if flipped and form.padded and layer.kind is Kind.CELL:  # a flip forgets the mask
            mask = _mask(inputs) if mask is None else mask
            outputs = call(outputs, mask=mask)
        else:
            outputs = call(outputs)
        flipped = layer.kind is Kind.FLIP or (flipped and layer.kind is Kind.CELL)
    return keras.Model(inputs, outputs, name="model")


def _make(layer: Layer, form: Form, zeros: dict[str, str]) -> Any:  # noqa: PLR0911
    """A Keras layer, or a function where Keras has an operation but no layer."""
    named = {"name": layer.name} if form.pattern is Pattern.ENCODER_DECODER else {}
    match layer.kind:
        case Kind.EMBEDDING:
            start = {"embeddings_initializer": "zeros"} if zeros else {}
            masked = {"mask_zero": True} if form.padded and layer.architecture.cell.recurrent else {}
            return keras.layers.Embedding(layer.input_dim, layer.size, **masked, **start)
        case Kind.MASKING:
            return keras.layers.Masking()
        case Kind.LAST_STEP:
            return _last_step(layer, form)
        case Kind.REPEAT:
            return keras.layers.RepeatVector(layer.shape[1])
        case Kind.CELL:
            return _cell_layer(layer, zeros, named)
        case Kind.FLIP:
            return lambda steps: keras.ops.flip(steps, axis=1)  # Keras hands them on last step first
        case Kind.OUTPUT:
            return keras.layers.Dense(layer.size, activation=form.activation.value, **zeros)


def _mask(inputs: keras.KerasTensor) -> keras.KerasTensor:
    """Which steps are no padding: of token numbers (B, T) those other than 0, of one-hot (B, T, V) those with a 1."""
    real = keras.ops.not_equal(inputs, 0)
    return keras.ops.any(real, axis=-1) if len(inputs.shape) == 3 else real


def _last_step(layer: Layer, form: Form) -> keras.Model:
    """A model of its own, so that it is one line of the summary: from a sequence to its last step that is no padding."""
    tokens = len(layer.input_shape) == 2
    steps = keras.Input(layer.input_shape[1:], batch_size=layer.input_shape[0])
    if not form.padded:
        return keras.Model(steps, steps[:, -1], name=layer.name)
    last = keras.ops.sum(keras.ops.cast(_mask(steps), "int32"), axis=1, keepdims=True) - 1  # (B, 1)
    if tokens:
        return keras.Model(steps, keras.ops.take_along_axis(steps, last, axis=1)[:, 0], name=layer.name)
    return keras.Model(steps, keras.ops.take_along_axis(steps, last[:, :, None], axis=1)[:, 0], name=layer.name)


def _cell_layer(layer: Layer, zeros: dict[str, str], named: dict[str, str]) -> keras.layers.Layer:
    architecture = layer.architecture
    options: dict[str, Any] = {} if architecture.use_bias else {"use_bias": False}
    if not architecture.cell.recurrent:
        return keras.layers.Dense(architecture.units, activation="tanh", **options, **zeros, **named)
    options |= {**zeros, "recurrent_initializer": "zeros"} if zeros else {}
    if architecture.cell is Cell.GRU and not architecture.reset_after:
        options["reset_after"] = False
    if architecture.backward:
        options["go_backwards"] = True
    cell = _CELLS[architecture.cell]
    if architecture.bidirectional:
        inner = cell(architecture.units, return_sequences=layer.every_step, **options)
        return keras.layers.Bidirectional(inner, merge_mode=architecture.merge_mode.value, **named)
    return cell(architecture.units, return_sequences=layer.every_step, **options, **named)


def summarise(architecture: Architecture, form: Form) -> Summary:
    """Build the model and return what Keras prints of it.

    Raises:
        ValueError: its weights would not fit.
    """
    model = build(architecture, form, seed=None)
    lines: list[str] = []
    model.summary(line_length=56, print_fn=lines.append)
    parts = getattr(model, "operations", model.layers)  # a functional model's flips are operations, not layers
    shapes = tuple(tuple(part.output.shape) for part in parts if _hands_on(part))
    return Summary("\n".join(lines).strip("\n"), model.count_params(), shapes)


def _hands_on(part: Any) -> bool:
    """Whether this is a step from input to output: no input layer, and no operation that only makes a mask."""
    if isinstance(part, keras.layers.Layer):
        return not isinstance(part, keras.layers.InputLayer)
    return bool(part.name.startswith("flip"))


def keras_file(architecture: Architecture, form: Form, weights: list[NDArray[np.float32]]) -> bytes:
    """The model with these weights in Keras' own file format (.keras), for download only."""
    model = build(architecture, form)
    model.set_weights(weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        model.save(path)
        return path.read_bytes()
