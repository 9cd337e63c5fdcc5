"""The controls of all that architectures share: the form, the task, the training settings, the pace."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rnnlab.architecture import BATCH_SIZE, INPUT_DIM, OUTPUTS, TIMESTEPS, Activation, Form
from rnnlab.experiment import (
    CLIP_AT,
    EPOCHS,
    EPOCHS_PER_SECOND,
    LEARNING_RATE,
    SEED,
    Clipping,
    Device,
    Optimizer,
    Pace,
    PaceKind,
    Training,
)
from rnnlab.tasks import FIXED_TASKS, OWN_TEXT, TASK_NAMES, TEXT_LENGTH
from rnnlab.texts import _
from rnnlab.ui import fields
from rnnlab.ui.state import key


def form(shown: Form) -> Form:
    """What goes in and out, the same for all architectures of the bench."""
    grid = st.grid(min_column_width=230, gap="medium")
    with grid.container(gap="xsmall"):
        tokens, input_dim = _input(shown)
    with grid.container(gap="xsmall"):
        timesteps, batch_size = _sizes(shown)
    with grid.container(gap="xsmall"):
        return_sequences = fields.choose(
            _("Output"), key("every"), [False, True], shown.return_sequences,
            lambda every: _("every step") if every else _("last step"),
            _("return_sequences in Keras: one output after the last timestep, or one at every timestep."),
        )  # fmt: skip
        outputs, activation = _output_layer(shown)
    return Form(input_dim, tokens, timesteps, batch_size, return_sequences, outputs, activation)


def form_text(form: Form) -> str:
    """What goes in and out, in a line."""
    inputs = _("tokens of a vocabulary of {n:,}") if form.tokens else _("{n:,} plain numbers a step")
    length = _("any length") if form.timesteps is None else _("{n:,} timesteps").format(n=form.timesteps)
    batch = _("any batch size") if form.batch_size is None else _("batches of {n:,}").format(n=form.batch_size)
    outputs = _("the state h") if form.outputs is None else _("{n:,} outputs, {activation},").format(
        n=form.outputs, activation=form.activation
    )  # fmt: skip
    place = _("at every step") if form.return_sequences else _("at the last step")
    return f"{inputs.format(n=form.input_dim)} · {length} · {batch} → {outputs} {place}"


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


def task(name: str, text: str) -> tuple[str, str]:
    """The task, and the person's text where it takes one."""
    titles = {known.name: known.title for known in FIXED_TASKS.values()} | {OWN_TEXT: _("Your own text")}
    chosen = fields.choose(_("Task"), key("task"), TASK_NAMES, name, lambda name: _(titles[name]))
    if chosen == OWN_TEXT:
        label = _("Text, {low} to {high} characters").format(low=TEXT_LENGTH.low, high=TEXT_LENGTH.high)
        example = _("for example: banana bandana")
        text = st.text_input(label, text, max_chars=TEXT_LENGTH.high, key=key("text"), placeholder=example)
    return chosen, text


def training(shown: Training, devices: Sequence[Device]) -> Training:
    """How to train: epochs, learning rate, optimizer, clipping, seed, device."""
    hint = _("Times that the text is read and the weights are changed.")
    epochs = fields.whole(_("Epochs"), key("epochs"), shown.epochs, EPOCHS, hint)
    hint = _("How far the weights move at each step.")
    rate = fields.real(_("Learning rate"), key("rate"), shown.learning_rate, LEARNING_RATE, 0.01, hint)
    optimizer = fields.select(
        _("Optimizer"), key("optimizer"), list(Optimizer), shown.optimizer, lambda o: o.class_name
    )
    clipping, clip_at = _clipping(shown)
    hint = _("Another seed, other initial weights; the same seed, the same run.")
    seed = fields.whole(_("Seed"), key("seed"), shown.seed, SEED, hint)
    return Training(epochs, rate, optimizer, clipping, clip_at, seed, _device(shown.device, devices))


def _clipping(shown: Training) -> tuple[Clipping, float]:
    titles = {Clipping.NONE: _("none"), Clipping.NORM: _("by norm"), Clipping.VALUE: _("by value")}
    clipping = fields.select(
        _("Gradient clipping"), key("clipping"), list(Clipping), shown.clipping, titles.__getitem__,
        _("Keeps exploding gradients small: all of them together by their norm, or each number by its value."),
    )  # fmt: skip
    if clipping is Clipping.NONE:
        return clipping, shown.clip_at
    return clipping, fields.real(_("Clip at"), key("clip_at"), shown.clip_at, CLIP_AT, 0.5)


def _device(shown: str, devices: Sequence[Device]) -> str:
    titles = {"auto": _("Automatic"), "cpu": _("CPU")} | {d.name: d.title for d in devices if d.name != "cpu"}
    titles.setdefault(shown, _("{device} (not here now)").format(device=shown))
    device = fields.select(_("Device"), key("device"), list(titles), shown, titles.__getitem__)
    if devices and not any(found.name.startswith("gpu") for found in devices):
        sentence = _("No GPU here. With an NVIDIA card on Linux: {command}, then start again.")
        st.caption(sentence.format(command="`pip install -r requirements-gpu.txt`"))
    return device


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
