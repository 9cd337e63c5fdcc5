"""What Keras says of a model with given weights: outputs, loss and gradients, in float32 or float64."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from rnnlab.architecture import Activation, Form


class Said(NamedTuple):
    outputs: np.ndarray  # (B, S, K)
    loss: float
    gradients: list[np.ndarray]  # by every weight


@contextmanager
def keras_in(precision: str) -> Iterator[None]:
    """New models compute in this precision."""
    from rnnlab.backend import keras

    before = keras.config.floatx()
    keras.config.set_floatx(precision)
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def new_model(architecture, form, rng, scale=1.0):
    """A Keras model of this form for any number of samples, with random weights and biases, none of them 0.

    With ``scale`` 1, what a layer sums up has a spread of about 1, as it has in a model that learns.
    """
    from rnnlab import models

    model = models.build(architecture, form, seed=None)
    model.set_weights([drawn(weight.shape, rng, scale) for weight in model.get_weights()])
    return model


def drawn(shape, rng, scale):
    one_matrix = len(shape) == 2 and shape[0] != 2  # (2, G·U) may be two biases
    return scale * rng.standard_normal(shape) / np.sqrt(shape[0] if one_matrix else 4)


def outputs_of(model, form: Form, inputs):
    """The model's own outputs, with one step where one vector comes out: (B, S, K)."""
    return in_steps(model(encoded(model, form, inputs), training=False), form)


def said_by(model, form: Form, inputs, targets) -> Said:
    """Outputs, loss and gradients as ``fit`` has them: the loss is made of what the model gives."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        outputs = model(encoded(model, form, inputs), training=True)
        loss = loss_of(outputs, targets if form.pattern.many_outputs else targets[:, 0], form)
    gradients = [np.asarray(tf.convert_to_tensor(one)) for one in tape.gradient(loss, model.trainable_variables)]
    return Said(in_steps(outputs, form), float(loss), gradients)


def loss_of(outputs, targets, form: Form):
    from rnnlab.backend import keras

    if form.activation is Activation.LINEAR:
        return keras.ops.mean(keras.ops.square(outputs[..., 0] - targets))
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(targets, outputs))


def in_steps(outputs, form: Form):
    array = np.asarray(outputs)
    return array if form.pattern.many_outputs else array[:, np.newaxis]


def encoded(model, form: Form, inputs):
    """Tokens one-hot where the model has no embedding; padding is all zeros."""
    if not form.embeddable or len(model.input_shape) == 2:
        return inputs
    vectors = np.eye(form.input_dim)[inputs]
    if form.padded:
        vectors[inputs == 0] = 0.0
    return vectors


def off_by(ours, theirs) -> float:
    """The largest difference, in parts of the largest number."""
    assert ours.shape == theirs.shape
    largest = np.abs(theirs).max(initial=0.0)
    difference = np.abs(ours - theirs).max(initial=0.0)
    return float(difference / largest if largest else difference)
