"""What a person takes home: the Keras code of a model, a script that repeats a run, a history as CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable

import numpy as np

from rnnlab import char_script
from rnnlab.architecture import Activation, Architecture, Cell, Form, MergeMode, Pattern
from rnnlab.experiment import Clipping, Experiment, TrainerKind, Training
from rnnlab.history import History, Scores
from rnnlab.plan import Kind, Layer, input_shape, plan
from rnnlab.tasks.task import samples
from rnnlab.tasks.text import TextTask

#: The first character of a cell that a spreadsheet would take for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def model_code(architecture: Architecture, form: Form) -> str:
    """Python code that builds exactly the model that ``models.build`` builds, names of layers included."""
    return f"import keras\nfrom keras import layers\n\n{_model(form.fit(architecture), form)}\nmodel.summary()\n"


def _model(architecture: Architecture, form: Form) -> str:
    batch = f", batch_size={form.batch_size}" if form.batch_size else ""
    inputs = f"keras.Input({input_shape(architecture, form)}{batch})"
    layers = plan(architecture, form)
    if not any(layer.kind is Kind.FLIP for layer in layers):
        lines = "".join(f"    {_layer(layer, form)},\n" for layer in layers)
        before = "".join(_last_step(layer, form) for layer in layers if layer.kind is Kind.LAST_STEP)
        return f"{before}model = keras.Sequential([\n    {inputs},\n{lines}])"
    lines, flipped = f"inputs = {inputs}\nx = inputs\n", False
    for layer in layers:
        reads_on = flipped and form.padded and layer.kind is Kind.CELL
        if reads_on and "mask = " not in lines:
            lines += f"mask = {_real('inputs', architecture)}\n"
        if layer.kind is Kind.FLIP:
            lines += "x = keras.ops.flip(x, axis=1)  # put last-first steps in order\n"
        else:
            lines += f"x = {_layer(layer, form)}(x{', mask=mask' if reads_on else ''})\n"
        flipped = layer.kind is Kind.FLIP or (flipped and layer.kind is Kind.CELL)
    return f"{lines}model = keras.Model(inputs, x)"


def _real(steps: str, architecture: Architecture) -> str:
    """Which steps are no padding."""
    real = f"keras.ops.not_equal({steps}, 0)"
    return real if architecture.embedding_dim is not None else f"keras.ops.any({real}, axis=-1)"


def _last_step(layer: Layer, form: Form) -> str:
    """A model of its own that stands in front of a Dense layer, which sees the last step alone."""
    batch = f", batch_size={form.batch_size}" if form.batch_size else ""
    lines, last = f"steps = keras.Input({layer.input_shape[1:]}{batch})\n", "steps[:, -1]"
    if form.padded:
        lines += f'real = keras.ops.cast({_real("steps", layer.architecture)}, "int32")  # 0 at padding\n'
        lines += "last = keras.ops.sum(real, axis=1, keepdims=True) - 1\n"
        place = "last" if layer.architecture.embedding_dim is not None else "last[:, :, None]"
        last = f"keras.ops.take_along_axis(steps, {place}, axis=1)[:, 0]"
    return f'{lines}{layer.name} = keras.Model(steps, {last}, name="{layer.name}")\n\n'


def _layer(layer: Layer, form: Form) -> str:
    """A layer in Keras' words."""
    named = f', name="{layer.name}"' if form.pattern is Pattern.ENCODER_DECODER else ""
    match layer.kind:
        case Kind.EMBEDDING:
            masked = ", mask_zero=True" if form.padded and layer.architecture.cell.recurrent else ""
            return f"layers.Embedding({layer.input_dim}, {layer.size}{masked})"
        case Kind.MASKING:
            return "layers.Masking()"
        case Kind.LAST_STEP:
            return layer.name
        case Kind.REPEAT:
            return f"layers.RepeatVector({layer.shape[1]})"
        case Kind.OUTPUT:
            return f'layers.Dense({layer.size}, activation="{form.activation}")'
        case _:
            return _cell(layer, named)


def _cell(layer: Layer, named: str) -> str:
    architecture = layer.architecture
    options = [str(architecture.units)]
    if not architecture.cell.recurrent:
        options.append('activation="tanh"')
    elif layer.every_step:
        options.append("return_sequences=True")
    if architecture.cell is Cell.GRU and not architecture.reset_after:
        options.append("reset_after=False")
    if not architecture.use_bias:
        options.append("use_bias=False")
    if architecture.backward:
        options.append("go_backwards=True")
    name = "" if architecture.bidirectional else named
    cell = f"layers.{architecture.cell.class_name}({', '.join(options)}{name})"
    if architecture.bidirectional:
        merge = "" if architecture.merge_mode is MergeMode.CONCAT else f', merge_mode="{architecture.merge_mode}"'
        return f"layers.Bidirectional({cell}{merge}{named})"
    return cell


_TEXT_SCRIPT = """\
{head}
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
model.compile(optimizer=keras.optimizers.{optimizer}, loss="{loss}")


class Show(keras.callbacks.Callback):
    \"""Print loss and prediction of every epoch; the prediction is made before the epoch's update, like the loss.\"""

    def on_epoch_begin(self, epoch, logs=None):
        probabilities = self.model(x_train)
        self.text = "".join(VOCABULARY[i] for i in np.argmax(probabilities[0], axis=-1))

    def on_epoch_end(self, epoch, logs=None):
        print(f"{{epoch + 1:4d}}  loss {{logs['loss']:.4f}}  {{self.text}}")


model.fit(x_train, y_train, epochs={epochs}, verbose=0, shuffle=False, callbacks=[Show()])
"""

_DATA_SCRIPT = """\
{head}
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed({seed})

data = np.load("{data_file}")  # the samples of this run, from the same page
x_train, y_train, x_held_out, y_held_out = (data[n] for n in ("x_train", "y_train", "x_held_out", "y_held_out")){one_hot}

{model}
model.summary()
model.compile(optimizer=keras.optimizers.{optimizer}, loss="{loss}"{metrics})

batch_size = min({batch_size}, len(x_train))
for epoch in range({epochs}):
    order = np.random.default_rng(({seed}, epoch)).permutation(len(x_train))
    for step in range(len(x_train) // batch_size):
        batch = order[step * batch_size : (step + 1) * batch_size]
        result = model.train_on_batch(encode(x_train[batch]), y_train[batch], return_dict=True)
    held_out = model.evaluate(encode(x_held_out), y_held_out, verbose=0, return_dict=True)
    print(f"{{epoch + 1:4d}}  ", "  ".join(f"held-out {{name}} {{value:.4f}}" for name, value in held_out.items()))
"""

_ENCODE = """

def encode(x):
    return x"""

_ENCODE_ONE_HOT = """

def encode(x):
    return np.eye({size}, dtype="float32")[x]{padding}"""

DATA_FILE = "rnnlab-data.npz"


def script(experiment: Experiment) -> str:
    """A Python script that repeats the run with plain Keras: same initial weights, same batches, same losses.

    Where the samples are not a text, it reads them from ``DATA_FILE`` (``data_file``). Where NumPy trains, so does it.

    Raises:
        ValueError: the trainer does not train this architecture.
    """
    if experiment.refusal:
        raise ValueError(experiment.refusal)
    if experiment.training.trainer is TrainerKind.NUMPY:
        return f"{_head(experiment, 'numpy')}\n{char_script.code(experiment)}"
    task, training, form = experiment.task, experiment.training, experiment.form
    parts = {
        "head": _head(experiment, "keras and tensorflow"),
        "seed": training.seed,
        "model": _model(form.fit(experiment.architecture), form),
        "optimizer": _optimizer(training),
        "loss": "mse" if form.activation is Activation.LINEAR else "sparse_categorical_crossentropy",
        "epochs": training.epochs,
    }
    one_hot = form.embeddable and experiment.architecture.embedding_dim is None
    if isinstance(task, TextTask):
        encode = '\nx_train = np.eye(len(VOCABULARY), dtype="float32")[x_train]' if one_hot else ""
        return _TEXT_SCRIPT.format(text=task.checked_text, vocabulary=task.vocabulary, one_hot=encode, **parts)
    padding = " * (x != 0)[..., None]  # padding is no token at all" if form.padded else ""
    encode = _ENCODE_ONE_HOT.format(size=form.input_dim, padding=padding) if one_hot else _ENCODE
    metrics = "" if form.activation is Activation.LINEAR else ', metrics=["accuracy"]'
    return _DATA_SCRIPT.format(
        data_file=DATA_FILE, one_hot=encode, metrics=metrics, batch_size=training.batch_size, **parts
    )


def _head(experiment: Experiment, needed: str) -> str:
    """The docstring of a script: what it repeats, the packages needed, and the experiment as JSON."""
    plain = json.dumps(experiment.to_json(), ensure_ascii=False).replace("\\", "\\\\").replace('"""', "")
    title = f"{experiment.architecture.label} on the task “{experiment.task.title}”"
    return f'"""{title}: made by rnnlab, needs {needed}.\n\n{plain}\n"""\n'


def data_file(experiment: Experiment) -> bytes:
    """The samples of a run as npz: x_train, y_train, x_held_out, y_held_out; one target a sample where one is said."""
    train, held_out, _hard = experiment.task.data(experiment.training.seed)
    file = io.BytesIO()
    many = experiment.form.pattern.many_outputs
    targets = [part.targets if many else part.targets[:, 0] for part in (train, held_out)]
    np.savez_compressed(
        file,
        allow_pickle=False,
        x_train=train.inputs,
        y_train=targets[0],
        x_held_out=held_out.inputs,
        y_held_out=targets[1],
    )
    return file.getvalue()


def _optimizer(training: Training) -> str:
    clip = {Clipping.NONE: "", Clipping.NORM: "global_clipnorm", Clipping.VALUE: "clipvalue"}[training.clipping]
    clipping = f", {clip}={training.clip_at!r}" if clip else ""
    return f"{training.optimizer.class_name}(learning_rate={training.learning_rate!r}{clipping})"


def history_csv(lanes: Iterable[tuple[str, Experiment, History]]) -> str:
    """The epochs of several architectures as CSV: scores, and what is predicted of each sample that was drawn.

    A prediction that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["architecture", "epoch", *Scores._fields, "predictions", "probabilities"])
    for label, experiment, history in lanes:
        watched = experiment.watched(samples(experiment.task, experiment.training.seed))
        rows = list(zip(history.scores, history.shown, strict=False))
        for epoch, (scores, shown) in enumerate(rows, start=history.start + 1):
            said = [
                experiment.task.draw(sample.inputs, sample.target, one).said
                for sample, one in zip(watched, shown.each(), strict=True)
            ]
            text = " | ".join(said)
            safe = f"'{text}" if text.startswith(FORMULA_STARTS) else text
            numbers = ["" if math.isnan(score) else repr(score) for score in scores]
            likely = " | ".join(" ".join(f"{p:.4f}" for p in row) for row in shown.probability)
            writer.writerow([label, epoch, *numbers, safe, likely])
    return file.getvalue()
