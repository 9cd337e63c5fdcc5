"""The compiled functions of a text model: learn a chunk, read a chunk; the state goes in and comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rnnlab.architecture import Architecture
from rnnlab.backend import compiled, keras, resolve, tf
from rnnlab.recurrence import kind_of, run

Tensor = Any
#: Inputs and the characters after them, (T, B) each; the states, (B, U) each; and, of dropout, the number of the step →
#: the mean cross-entropy (nats), the share that is said right, and the states after the chunk.
Learn = Callable[..., tuple[Any, Any, list[Any]]]
Drop = Callable[[Tensor, int], Tensor]


def compile_learning(
    model: keras.Model, optimizer: keras.Optimizer, architecture: Architecture, dropout: float, seed: int, device: str
) -> Learn:
    """A step of gradient descent on a chunk as a compiled function; what it gives is from before the update."""
    where = resolve(device)

    @compiled
    def learn(inputs: Tensor, targets: Tensor, states: list[Tensor], number: Tensor) -> tuple[Any, ...]:
        with tf.device(where):
            with tf.GradientTape() as tape:
                logits, states = _read(model, architecture, inputs, states, _dropout(dropout, seed, number))
                loss = _loss(logits, targets)
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            return loss, _right(logits, targets), states

    return learn  # type: ignore[no-any-return]


def compile_reading(model: keras.Model, architecture: Architecture, device: str) -> Learn:
    """The same for a chunk from which nothing is learned."""
    where = resolve(device)

    @compiled
    def read(inputs: Tensor, targets: Tensor, states: list[Tensor]) -> tuple[Any, ...]:
        with tf.device(where):
            logits, states = _read(model, architecture, inputs, states, lambda values, _layer: values)
            return _loss(logits, targets), _right(logits, targets), states

    return read  # type: ignore[no-any-return]


def _read(
    model: keras.Model, architecture: Architecture, inputs: Tensor, states: Sequence[Tensor], drop: Drop
) -> tuple[Tensor, list[Tensor]]:
    """What stands inside the softmax at every step, (T·B, V), and the states after the last."""
    kind, left, after = kind_of(architecture), list(states), []
    *first, output = model.layers
    cells = first[1:] if architecture.embedding_dim is not None else first
    values = None
    for number, layer in enumerate(cells):
        kernel = tf.convert_to_tensor(layer.cell.kernel)
        of_input, of_state = _biases(architecture, layer.cell)
        if values is None:  # a character's sums are a row of a table: no product is needed
            if architecture.embedding_dim is not None:
                kernel = tf.matmul(first[0].embeddings, kernel)
            sums = _rows(kernel + of_input, inputs)  # (T, B, G·U)
        else:
            sums = tf.matmul(drop(values, number), kernel) + of_input
        recurrent = tf.convert_to_tensor(layer.cell.recurrent_kernel)
        values, states_after = run(kind, sums, recurrent, of_state, left[: kind.states])
        del left[: kind.states]
        after += states_after
    flat = tf.reshape(drop(values, len(cells)), (-1, architecture.units))
    return tf.matmul(flat, output.kernel) + output.bias, after


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _rows(table: Tensor, inputs: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, None]]]:
    """The rows of a table, (V, G·U), for inputs (T, B). On the way back a row's gradients are summed up side by side."""

    def back(d_rows: Tensor) -> tuple[Tensor, None]:
        characters = tf.reshape(inputs, [-1])
        order = tf.argsort(characters, stable=True)
        flat = tf.reshape(d_rows, (-1, table.shape[1]))
        return tf.sparse.segment_sum(flat, order, tf.gather(characters, order), table.shape[0]), None

    return tf.gather(table, inputs), back


def _biases(architecture: Architecture, cell: Any) -> tuple[Tensor, Tensor]:
    """The bias of the input and that of the state, (G·U) each; zeros where there is none."""
    if not architecture.use_bias:
        return tf.zeros(()), tf.zeros(())
    bias = tf.convert_to_tensor(cell.bias)
    return (bias[0], bias[1]) if architecture.two_biases else (bias, tf.zeros(()))


def _dropout(rate: float, seed: int, number: Tensor) -> Drop:
    """Dropout that depends on the seed, the step and the layer alone, so that a run goes on as if it had not stopped."""
    if not rate:
        return lambda values, _layer: values
    return lambda values, layer: tf.nn.experimental.stateless_dropout(values, rate, [seed * 8 + layer, number])


def _loss(logits: Tensor, targets: Tensor) -> Tensor:
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.reshape(targets, [-1]), logits))


def _right(logits: Tensor, targets: Tensor) -> Tensor:
    said = tf.argmax(logits, axis=-1, output_type=targets.dtype)
    return tf.reduce_mean(tf.cast(said == tf.reshape(targets, [-1]), tf.float32))
