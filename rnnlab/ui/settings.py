"""The controls of all that architectures share: the form, the task, the training settings, the pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from rnnlab.architecture import BATCH_SIZE, INPUT_DIM, OUTPUT_STEPS, OUTPUTS, TIMESTEPS, Activation, Form, Pattern
from rnnlab.experiment import (
    CLIP_AT,
    EPOCHS,
    EPOCHS_PER_SECOND,
    ITERATIONS_AN_EPOCH,
    LEARNING_RATE,
    SEED,
    Choice,
    Clipping,
    Device,
    Optimizer,
    Pace,
    PaceKind,
    TrainerKind,
    Training,
    numpy_trains,
)
from rnnlab.min_char_rnn import CHUNK, LIMIT, SPREAD
from rnnlab.tasks import TASKS, Task
from rnnlab.tasks.text import TextTask
from rnnlab.texts import _
from rnnlab.ui import fields, task_views
from rnnlab.ui.state import key


def form(choice: Choice) -> Form | None:
    """What goes in and out, the same for all architectures of the bench: a free form, or None for that of the task."""
    free = fields.choose(
        _("Input and output are"), key("free"), [False, True], choice.free_form is not None,
        lambda free: _("free") if free else _("those of the task “{task}”").format(task=_(choice.task.title)),
        _("A task fixes vocabulary, timesteps and outputs of its models. For other sizes choose free."),
    )  # fmt: skip
    if not free:
        _other_task(choice)
        return None
    shown = choice.free_form or choice.form
    grid = st.grid(min_column_width=230, gap="medium")
    with grid.container(gap="xsmall"):
        tokens, input_dim = _input(shown)
    with grid.container(gap="xsmall"):
        timesteps, batch_size = _sizes(shown)
    with grid.container(gap="xsmall"):
        pattern, steps = _pattern(shown)
        outputs, activation = _output_layer(shown)
    return Form(input_dim, tokens, timesteps, batch_size, pattern, steps, outputs, activation)


def _other_task(choice: Choice) -> None:
    """Count the model that another task trains."""
    names = list(TASKS)
    name = fields.select(
        _("Task"), key("counted-task"), names, choice.task.name,
        lambda name: f"{_(TASKS[name].title)} ({task_views.pattern_title(TASKS[name].pattern).lower()})",
    )  # fmt: skip
    if name != choice.task.name:
        task_views.change(choice.task, name)


def _pattern(shown: Form) -> tuple[Pattern, int]:
    pattern = fields.select(
        _("Form"), key("form"), list(Pattern), shown.pattern, task_views.pattern_title,
        _("One output after the last timestep, or one at every timestep (return_sequences in Keras); one vector that is handed in again at every step; or an encoder that reads all before a decoder writes."),
    )  # fmt: skip
    if not pattern.repeats:
        return pattern, shown.output_steps
    hint = _("Length of the sequence that comes out.")
    return pattern, fields.whole(_("Output steps"), key("steps-out"), shown.output_steps, OUTPUT_STEPS, hint)


def _input(shown: Form) -> tuple[bool, int]:
    tokens = fields.choose(
        _("Each timestep is"), key("tokens"), [True, False], shown.tokens,
        lambda token: _("a token") if token else _("plain numbers"),
        _("A token is a character or word of a vocabulary; plain numbers are measured values, such as pixels."),
    )  # fmt: skip
    label = _("Vocabulary V") if tokens else _("Input size d")
    hint = _("How many different tokens there are.") if tokens else _("How many numbers go in at each timestep.")
    return tokens, fields.whole(label, key("input_dim"), shown.input_dim, INPUT_DIM, hint)


def _sizes(shown: Form) -> tuple[int | None, int | None]:
    timesteps = fields.whole_or_none(
        _("Fixed timesteps T"), key("timesteps"), shown.timesteps, TIMESTEPS, start=10,
        none=_("Any length (None)."), hint=_("Length of a sequence. The parameter count does not depend on it."),
    )  # fmt: skip
    batch_size = fields.whole_or_none(
        _("Fixed batch size B"), key("batch"), shown.batch_size, BATCH_SIZE, start=8,
        none=_("Any batch size (None)."), hint=_("Sequences per batch. The parameter count does not depend on it."),
    )  # fmt: skip
    return timesteps, batch_size


def _output_layer(shown: Form) -> tuple[int | None, Activation]:
    outputs = fields.whole_or_none(
        _("Output layer"), key("outputs"), shown.outputs, OUTPUTS, start=1,
        none=_("No output layer: h comes out."), hint=_("Neurons K of the fully connected layer at the end."),
    )  # fmt: skip
    if outputs is None:
        return None, shown.activation
    return outputs, fields.select(_("Activation"), key("activation"), list(Activation), shown.activation)


def training(shown: Training, task: Task, devices: Sequence[Device]) -> Training:
    """How to train: who does it, epochs, learning rate, optimizer, clipping, seed, device."""
    trainer = _trainer(shown.trainer) if numpy_trains(task) else TrainerKind.KERAS
    hint = _("Times that all training samples are gone through; with NumPy each is {n} iterations.")
    epochs = fields.whole(_("Epochs"), key("epochs"), shown.epochs, EPOCHS, hint.format(n=ITERATIONS_AN_EPOCH))
    hint = _("How far the weights move at each step.")
    rate = fields.real(_("Learning rate"), key("rate"), shown.learning_rate, LEARNING_RATE, 0.01, hint)
    if trainer is TrainerKind.NUMPY:
        st.caption(_numpy_has())
        st.caption(_numpy_reads(task))
        seed = _seed(shown.seed)
        return replace(shown, trainer=trainer, epochs=epochs, learning_rate=rate, seed=seed)
    optimizer = fields.select(
        _("Optimizer"), key("optimizer"), list(Optimizer), shown.optimizer, lambda o: o.class_name
    )
    hint = _("Samples in each step of gradient descent; all of them where there are fewer.")
    batch_size = fields.whole(_("Batch size"), key("batch-size"), shown.batch_size, BATCH_SIZE, hint)
    clipping, clip_at = _clipping(shown)
    seed, place = _seed(shown.seed), device(shown.device, devices, key("device"))
    return Training(epochs, rate, optimizer, clipping, clip_at, batch_size, seed, place, trainer)


def _trainer(shown: TrainerKind) -> TrainerKind:
    titles = {TrainerKind.KERAS: _("Keras"), TrainerKind.NUMPY: _("NumPy")}
    hint = _(
        "Keras trains every architecture. NumPy is min-char-rnn, written out in NumPy: it trains a plain SimpleRNN, which writes a text of its own while it learns."
    )
    return fields.choose(_("Trainer"), key("trainer"), list(TrainerKind), shown, titles.__getitem__, hint)


def _numpy_has() -> str:
    """What min-char-rnn leaves nobody to choose."""
    return _(
        "As in min-char-rnn: Adagrad; every number of a gradient clipped to ±{clip:g}; one chunk of {chunk} characters at a time, or the whole of a shorter text; weights drawn from N(0, {spread}²), biases 0; on the CPU."
    ).format(clip=LIMIT, chunk=CHUNK, spread=SPREAD)


def _numpy_reads(task: Task) -> str:
    """How the text of a task is gone through."""
    assert isinstance(task, TextTask)
    length = len(task.checked_text) - 1
    if length < 2 * CHUNK:
        return _(
            "This text is one chunk: the state begins at 0 in every iteration. To see it carried from chunk to chunk, take a text of your own of {fewest} characters or more; a whole file is learned by {command}."
        ).format(fewest=2 * CHUNK + 1, command="`python -m rnnlab train --trainer numpy --text-file FILE`")
    return _(
        "This text is {n} chunks: the state is carried from each to the next, and begins at 0 with every pass over the text."
    ).format(n=length // CHUNK)


def _seed(shown: int) -> int:
    hint = _("Another seed: other initial weights, other samples. The same seed: the same run.")
    return fields.whole(_("Seed"), key("seed"), shown, SEED, hint)


def _clipping(shown: Training) -> tuple[Clipping, float]:
    titles = {Clipping.NONE: _("none"), Clipping.NORM: _("by norm"), Clipping.VALUE: _("by value")}
    clipping = fields.select(
        _("Gradient clipping"), key("clipping"), list(Clipping), shown.clipping, titles.__getitem__,
        _("Keeps exploding gradients small: all of them together by their norm, or each number by its value."),
    )  # fmt: skip
    if clipping is Clipping.NONE:
        return clipping, shown.clip_at
    return clipping, fields.real(_("Clip at"), key("clip_at"), shown.clip_at, CLIP_AT, 0.5)


def device(shown: str, devices: Sequence[Device], name: str) -> str:
    """Where it is trained.

    Args:
        shown: the device now, as ``Training.device`` names it.
        devices: those that are here.
        name: the key of the control.
    """
    titles = {"auto": _("Automatic"), "cpu": _("CPU")} | {d.name: d.title for d in devices if d.name != "cpu"}
    titles.setdefault(shown, _("{device} (not here now)").format(device=shown))
    chosen = fields.select(_("Device"), name, list(titles), shown, titles.__getitem__)
    if devices and not any(found.name.startswith("gpu") for found in devices):
        sentence = _("No GPU here. With an NVIDIA card on Linux: {command}, then start again.")
        st.caption(sentence.format(command="`pip install -r requirements-gpu.txt`"))
    return chosen


def pace(shown: Pace) -> Pace:
    """How fast a race is shown; may be changed while it runs."""
    titles = {PaceKind.FULL: _("Full speed"), PaceKind.SLOW: _("Slow motion"), PaceKind.STEP: _("Step by step")}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content"):
        kind = fields.choose(
            _("Pace"), key("pace"), list(PaceKind), shown.kind, titles.__getitem__,
            _("At full speed fifty epochs are over in a blink. Slow motion and step by step show what happens."),
        )  # fmt: skip
        speed = shown.epochs_per_second
        if kind is PaceKind.SLOW:
            speed = st.slider(_("Epochs a second"), *EPOCHS_PER_SECOND, speed, key=key("speed"), width=130)
    return Pace(kind, speed)


def loss_axis() -> bool:
    """Whether the loss is drawn on a logarithmic axis."""
    titles = {False: _("linear"), True: _("logarithmic")}
    return fields.choose(_("Loss axis"), key("loss-axis"), [False, True], False, titles.__getitem__)
