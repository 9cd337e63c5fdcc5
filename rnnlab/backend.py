"""What only TensorFlow can do: compile a training step, list devices and place work on them.

Keras code elsewhere knows no backend; another of Keras' backends needs these functions again and nothing more.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from rnnlab.architecture import Activation, Form
from rnnlab.experiment import Device


@contextmanager
def quiet_errors() -> Iterator[None]:
    """Send what this process writes to its standard error, from C++ too, nowhere."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported: its C++ side reads it once
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

with quiet_errors():  # what its C++ side says before it knows the level above
    import keras
    import tensorflow as tf
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Flatten",
    "Forward",
    "Step",
    "compile_flatten",
    "compile_forward",
    "compile_step",
    "compiled",
    "configure",
    "devices",
    "keras",
    "place",
    "resolve",
    "tf",
]

Samples = NDArray[np.float32] | NDArray[np.int32]
Step = Callable[[Samples, Samples], tuple[Any, Any, Any]]
Forward = Callable[[Samples], NDArray[np.float32]]
Flatten = Callable[[], NDArray[np.float32]]

#: Compiles a function. It need not translate Python's ``if`` and ``for``, which would leave a file behind for each function
#: when a process is killed.
compiled = functools.partial(tf.function, autograph=False)


@functools.cache
def configure(threads: int = 1) -> None:
    """Set up TensorFlow for this process, once; call before anything is computed.

    Results are the same bit for bit on each run, and a GPU's memory is taken as it is needed.
    """
    tf.get_logger().setLevel("ERROR")  # it takes a new model's first step for a mistake
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def devices() -> tuple[Device, ...]:
    """The devices of this process: one CPU as "cpu", further ones as "cpu:1", GPUs as "gpu:0", "gpu:1" …"""
    found = []
    for kind in ("CPU", "GPU"):
        physical = tf.config.list_physical_devices(kind)
        for index, _ in enumerate(tf.config.list_logical_devices(kind)):
            name = "cpu" if (kind, index) == ("CPU", 0) else f"{kind.lower()}:{index}"
            details = tf.config.experimental.get_device_details(physical[min(index, len(physical) - 1)])
            model = details.get("device_name", "")
            found.append(Device(name, f"{kind} {index}: {model}" if model else name.upper()))
    return tuple(found)


def resolve(device: str) -> str:
    """The TensorFlow name of the device that was chosen.

    Args:
        device: "auto" (the first GPU, or the CPU where there is none), "cpu", "gpu" (the first), "gpu:1" …

    Raises:
        ValueError: this process has no such device; the sentence lists those that it has.
    """
    names = [found.name for found in devices()]
    gpus = [name for name in names if name.startswith("gpu")]
    wanted = {"auto": (gpus or ["cpu"])[0], "gpu": (gpus or ["gpu:0"])[0], "cpu:0": "cpu"}.get(device, device)
    if wanted not in names:
        raise ValueError(f"device {device!r} is not here; there is {', '.join(names)}")
    kind, _, index = wanted.partition(":")
    return f"/{kind.upper()}:{index or 0}"


def place(device: str) -> AbstractContextManager[Any]:
    """A context in which variables and operations go to ``device`` (as ``resolve`` takes it)."""
    scope: AbstractContextManager[Any] = tf.device(resolve(device))
    return scope


def compile_step(model: keras.Model, optimizer: keras.Optimizer, form: Form, device: str) -> Step:
    """One step of gradient descent as a compiled function.

    Returns:
        A function of inputs (B, …) as a task has them and targets (B, S). It gives, from one forward pass with the weights
        before the update: the mean cross-entropy (nats), or the mean squared error where a number is said; the tokens or
        classes predicted (B, S); their probabilities, or the numbers said (B, S).
    """
    where, encode = resolve(device), _encoder(model, form)

    @compiled
    def step(inputs: Any, targets: Any) -> tuple[Any, Any, Any]:
        with tf.device(where):
            with tf.GradientTape() as tape:
                said = model(encode(inputs), training=True)
                loss = _loss(targets, said, form)
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            outputs = _in_steps(said, form)  # (B, S, K)
            return loss, tf.argmax(outputs, axis=-1), tf.reduce_max(outputs, axis=-1)

    return step  # type: ignore[no-any-return]


def compile_forward(model: keras.Model, form: Form, device: str) -> Forward:
    """The model as a compiled function of inputs (B, …), as a task has them, to outputs (B, S, K), for any B."""
    where, encode = resolve(device), _encoder(model, form)

    @compiled(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def forward(inputs: Any) -> Any:
        with tf.device(where):
            return _in_steps(model(encode(inputs), training=False), form)

    return lambda inputs: np.asarray(forward(tf.convert_to_tensor(inputs)))


def outputs(model: keras.Model, form: Form, inputs: Samples) -> NDArray[np.float32]:
    """The outputs (B, S, K) of samples (B, …)."""
    found: NDArray[np.float32] = _in_steps(model(_encoder(model, form)(tf.convert_to_tensor(inputs))), form).numpy()
    return found


def states(model: keras.Model, form: Form, inputs: Samples) -> tuple[NDArray[np.float32], ...]:
    """What each recurrent layer keeps in mind of samples (B, …), in each direction, from the input on.

    Returns:
        Of each the hidden states of every step (B, T, U), in the order of the input; of an LSTM the last cell state (B, U) too.
    """
    recurrent = [one for one in model.layers if isinstance(one, keras.layers.RNN | keras.layers.Bidirectional)]
    if not recurrent:
        return ()
    asked = [keras.tree.flatten(one.input) for one in recurrent]  # what it reads and, where there is padding, its mask
    between = keras.Model(model.inputs, keras.tree.flatten(asked))
    given = iter(keras.tree.flatten(between(_encoder(model, form)(tf.convert_to_tensor(inputs)))))
    found = []
    for layer, wanted in zip(recurrent, asked, strict=True):
        read, *mask = (next(given) for _ in wanted)
        both = isinstance(layer, keras.layers.Bidirectional)
        for one in (layer.forward_layer, layer.backward_layer) if both else (layer,):
            found += _states(one, read, *mask)
    return tuple(array.numpy() for array in found)


def _states(layer: keras.layers.RNN, inputs: Any, mask: Any = None) -> list[Any]:
    """As ``states`` has them of one layer, from its twin that hands on all it has, at steps that are passed over too."""
    all_of_it = {"return_sequences": True, "return_state": True, "zero_output_for_mask": False}
    twin = type(layer).from_config(layer.get_config() | all_of_it)
    twin.build(inputs.shape)
    twin.set_weights(layer.get_weights())
    steps, _h, *c = twin(inputs, mask=mask)
    return [tf.reverse(steps, [1]) if layer.go_backwards else steps, *c]


def compile_flatten(model: keras.Model, device: str) -> Flatten:
    """What gives all weights of the model as they are now, one after the other in Keras' order: (P).

    To ask each variable for its value takes several times as long, which counts where an epoch takes a millisecond.
    """
    where, variables = resolve(device), [variable.value for variable in model.weights]

    @compiled
    def flatten() -> Any:
        with tf.device(where):
            return tf.concat([tf.reshape(variable, [-1]) for variable in variables], axis=0)

    traced = flatten.get_concrete_function()
    return lambda: traced().numpy()


def gradients(
    model: keras.Model, form: Form, inputs: Samples, targets: Samples
) -> tuple[NDArray[np.float32], tuple[NDArray[np.float32], ...]]:
    """The outputs (B, S, K) of samples (B, …), and the gradients of their loss by every weight of the model."""
    encode = _encoder(model, form)
    with tf.GradientTape() as tape:
        said = model(encode(tf.convert_to_tensor(inputs)))
        loss = _loss(targets, said, form)
    found = tape.gradient(loss, model.trainable_variables)
    return _in_steps(said, form).numpy(), tuple(tf.convert_to_tensor(gradient).numpy() for gradient in found)


def _encoder(model: keras.Model, form: Form) -> Callable[[Any], Any]:
    """What turns a task's inputs into those of the model: token numbers one-hot, where it has no embedding.

    Padding has no 1 at all, which is how a Masking layer knows it.
    """
    if not form.embeddable or len(model.input_shape) == 2:
        return lambda inputs: inputs

    def encode(tokens: Any) -> Any:
        vectors = tf.one_hot(tokens, form.input_dim)  # (B, T, V)
        return vectors * tf.cast(tokens != 0, vectors.dtype)[..., tf.newaxis] if form.padded else vectors

    return encode


def _in_steps(outputs: Any, form: Form) -> Any:
    """Outputs with an axis of steps, of length 1 where one vector comes out."""
    return outputs if form.pattern.many_outputs else outputs[:, tf.newaxis]


def _loss(targets: Any, said: Any, form: Form) -> Any:
    """The mean loss of what the model gives, as it gives it: from softmax's own output Keras finds the way back to what stands
    inside, as it does in ``fit``. Else it cuts probabilities off at 1e-7, and what is hopelessly wrong learns nothing.
    """
    one_step = targets if form.pattern.many_outputs else targets[:, 0]
    if form.activation is Activation.LINEAR:
        return keras.ops.mean((said[..., 0] - one_step) ** 2)
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(one_step, said))
