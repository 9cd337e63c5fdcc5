"""What a person takes home: the Keras code of a model, a script that repeats a run, a history as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from rnnlab.architecture import Architecture, Cell, Direction, Form, MergeMode
from rnnlab.experiment import Clipping, Experiment, Training
from rnnlab.history import History
from rnnlab.tasks import TextTask

#: The first character of a cell that a spreadsheet would take for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def model_code(architecture: Architecture, form: Form) -> str:
    """Python code that builds exactly the model that ``models.build`` builds, names of layers included."""
    return f"import keras\nfrom keras import layers\n\n{_model(form.fit(architecture), form)}\nmodel.summary()\n"


def _model(architecture: Architecture, form: Form) -> str:
    embedded = architecture.embedding_dim is not None
    shape = f"({form.timesteps},)" if embedded else f"({form.timesteps}, {form.input_dim})"
    batch = f", batch_size={form.batch_size}" if form.batch_size else ""
    layers = _layers(architecture, form)
    if "flip" not in layers:
        lines = "".join(f"    layers.{layer},\n" for layer in layers)
        return f"model = keras.Sequential([\n    keras.Input({shape}{batch}),\n{lines}])"
    lines = f"inputs = keras.Input({shape}{batch})\nx = inputs\n"
    for layer in layers:
        if layer == "flip":
            lines += "x = keras.ops.flip(x, axis=1)  # put last-first steps in order\n"
        else:
            lines += f"x = layers.{layer}(x)\n"
    return f"{lines}model = keras.Model(inputs, x)"


def _layers(architecture: Architecture, form: Form) -> list[str]:
    """The layers as calls in Keras' words; "flip" stands for a flip of the time axis."""
    layers = []
    if architecture.embedding_dim is not None:
        layers.append(f"Embedding({form.input_dim}, {architecture.embedding_dim})")
    for index in range(architecture.layers):
        every_step = form.return_sequences or index < architecture.layers - 1
        layers.append(_recurrent(architecture, every_step))
        if every_step and architecture.direction is Direction.BACKWARD:
            layers.append("flip")
    if form.outputs is not None:
        layers.append(f'Dense({form.outputs}, activation="{form.activation}")')
    return layers


def _recurrent(architecture: Architecture, every_step: bool) -> str:
    options = [str(architecture.units)]
    if every_step:
        options.append("return_sequences=True")
    if architecture.cell is Cell.GRU and not architecture.reset_after:
        options.append("reset_after=False")
    if not architecture.use_bias:
        options.append("use_bias=False")
    if architecture.direction is Direction.BACKWARD:
        options.append("go_backwards=True")
    layer = f"{architecture.cell.class_name}({', '.join(options)})"
    if architecture.bidirectional:
        merge = "" if architecture.merge_mode is MergeMode.CONCAT else f', merge_mode="{architecture.merge_mode}"'
        return f"Bidirectional(layers.{layer}{merge})"
    return layer


_SCRIPT = '''\
"""{label} on the task “{title}”: made by rnnlab, needs keras and tensorflow.

{experiment}
"""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed({seed})

TEXT = {text!r}
VOCABULARY = {vocabulary!r}  # in order of first appearance
tokens = np.array([[VOCABULARY.index(character) for character in TEXT]])
x_train, y_train = tokens[:, :-1], tokens[:, 1:]{one_hot}

{model}
model.summary()
model.compile(optimizer=keras.optimizers.{optimizer}, loss="sparse_categorical_crossentropy")


class Show(keras.callbacks.Callback):
    """Print loss and prediction of every epoch; the prediction is made before the epoch's update, like the loss."""

    def on_epoch_begin(self, epoch, logs=None):
        probabilities = self.model(x_train)
        self.text = "".join(VOCABULARY[i] for i in np.argmax(probabilities[0], axis=-1))

    def on_epoch_end(self, epoch, logs=None):
        print(f"{{epoch + 1:4d}}  loss {{logs['loss']:.4f}}  {{self.text}}")


model.fit(x_train, y_train, epochs={epochs}, verbose=0, shuffle=False, callbacks=[Show()])
'''


def script(experiment: Experiment) -> str:
    """A Python script that repeats the run with plain Keras: same initial weights, same losses."""
    task, training = experiment.task, experiment.training
    one_hot = (
        "" if experiment.architecture.embedding_dim else '\nx_train = np.eye(len(VOCABULARY), dtype="float32")[x_train]'
    )
    return _SCRIPT.format(
        label=experiment.architecture.label,
        title=task.title,
        experiment=json.dumps(experiment.to_json(), ensure_ascii=False).replace("\\", "\\\\").replace('"""', ""),
        seed=training.seed,
        text=task.text,
        vocabulary=task.vocabulary,
        one_hot=one_hot,
        model=_model(experiment.architecture, experiment.form),
        optimizer=_optimizer(training),
        epochs=training.epochs,
    )


def _optimizer(training: Training) -> str:
    clip = {Clipping.NONE: "", Clipping.NORM: "global_clipnorm", Clipping.VALUE: "clipvalue"}[training.clipping]
    clipping = f", {clip}={training.clip_at!r}" if clip else ""
    return f"{training.optimizer.class_name}(learning_rate={training.learning_rate!r}{clipping})"


def history_csv(histories: Iterable[tuple[str, TextTask, History]]) -> str:
    """The epochs of several architectures as CSV: architecture, epoch, loss, prediction, probability of each character.

    A prediction that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["architecture", "epoch", "loss", "prediction", "probabilities"])
    for label, task, history in histories:
        rows = zip(history.losses, history.predicted, history.probability, strict=False)
        for epoch, (loss, predicted, probability) in enumerate(rows, start=history.start + 1):
            text = task.read(predicted)
            safe = f"'{text}" if text.startswith(FORMULA_STARTS) else text
            writer.writerow([label, epoch, repr(loss), safe, " ".join(f"{p:.4f}" for p in probability)])
    return file.getvalue()
