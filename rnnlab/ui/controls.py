"""The controls of a choice: the bench of architectures, the form, the training settings. The same on every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from rnnlab.architecture import (
    BATCH_SIZE,
    BENCH_SIZE,
    EMBEDDING_DIM,
    INPUT_DIM,
    LAYERS,
    OUTPUTS,
    TIMESTEPS,
    UNITS,
    Activation,
    Architecture,
    Cell,
    Direction,
    Form,
    MergeMode,
    Range,
)
from rnnlab.colours import Look
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
from rnnlab.ui import state, views
from rnnlab.ui.texts import _

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def _whole(label: str, key: str, value: int, allowed: Range, hint: str = "", disabled: bool = False) -> int:
    """A whole number with its limits stated in the label's help."""
    limits = _("From {low:,} to {high:,}.").format(low=allowed.low, high=allowed.high)
    return st.number_input(
        label, allowed.low, allowed.high, value, step=1, key=key, help=f"{hint} {limits}".strip(), disabled=disabled
    )


def _optional_whole(
    label: str, none: str, key: str, value: int | None, start: int, allowed: Range, hint: str
) -> int | None:
    """A whole number or none of it, chosen by a switch above it."""
    if not st.toggle(label, value is not None, key=f"{key}-on", help=hint):
        st.caption(none)
        return None
    return st.number_input(
        _("{label}, from {low:,} to {high:,}").format(label=label, low=allowed.low, high=allowed.high),
        allowed.low,
        allowed.high,
        value or start,
        step=1,
        key=key,
        label_visibility="collapsed",
    )


def bench(
    architectures: Sequence[Architecture], looks: Sequence[Look], form: Form
) -> tuple[tuple[Architecture, ...], list[DeltaGenerator]]:
    """The bench: a card for each architecture.

    Returns:
        The architectures as the controls say, and the foot of each card, for the page to write in.
    """
    chosen, feet = [], []
    grid = st.grid(min_column_width=250, gap="small")
    for card, architecture, look in zip(state.cards(), architectures, looks, strict=True):
        with grid.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                views.lane_title(look)
                _remove_button(card, look)
            main = _main(card, architecture)
            with st.popover(
                _("Embedding, direction, layers"), width="stretch", icon=":material/tune:", key=f"more-{card}"
            ):
                chosen.append(_details(card, main, form))
            feet.append(st.container(gap="xsmall"))
    _add_button()
    return tuple(chosen), feet


def bench_row(architectures: Sequence[Architecture], looks: Sequence[Look], form: Form) -> tuple[Architecture, ...]:
    """The same bench as a row of names, each of which opens its controls: for pages where something else comes first."""
    chosen = []
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for card, architecture, look in zip(state.cards(), architectures, looks, strict=True):
            mark = {Cell.SIMPLE_RNN: ":orange[●]", Cell.LSTM: ":blue[●]", Cell.GRU: ":green[●]"}[architecture.cell]
            with st.popover(f"{mark} {look.label}", key=f"card-{card}"):
                chosen.append(_details(card, _main(card, architecture), form))
                _remove_button(card, look, _("Take it off the bench"))
        _add_button()
    return tuple(chosen)


def _remove_button(card: int, look: Look, label: str = "") -> None:
    if len(state.cards()) > BENCH_SIZE.low:
        hint = _("Take {name} off the bench").format(name=look.label)
        st.button(
            label,
            icon=":material/close:",
            type="tertiary",
            key=f"remove-{card}",
            help=hint,
            on_click=state.remove_card,
            args=(card,),
        )


def _add_button() -> None:
    if len(state.cards()) < BENCH_SIZE.high:
        hint = _("Up to {most} side by side. The new one is a copy of the last, to change.").format(
            most=BENCH_SIZE.high
        )
        st.button(
            _("Add an architecture"), icon=":material/add:", key="add-architecture", help=hint, on_click=_add_copy
        )


def _add_copy() -> None:
    state.add_card(state.choice().bench[-1])


def _main(card: int, architecture: Architecture) -> Architecture:
    left, right = st.columns([1.15, 1], gap="small", wrap=False)
    with left:
        cell = st.selectbox(
            _("Cell"),
            list(Cell),
            list(Cell).index(architecture.cell),
            lambda c: c.class_name,
            key=f"cell-{card}",
            filter_mode=None,
        )
    with right:
        hint = _("How many numbers the state h has: D_h in the lectures, units in Keras.")
        units = _whole(_("Hidden size"), f"units-{card}", architecture.units, UNITS, hint)
    return replace(architecture, cell=cell, units=units)


def _details(card: int, architecture: Architecture, form: Form) -> Architecture:
    embedding = architecture.embedding_dim
    if form.tokens:
        hint = _("A learned vector of this many numbers for each token, instead of one-hot. From {low:,} to {high:,}.")
        hint = hint.format(low=EMBEDDING_DIM.low, high=EMBEDDING_DIM.high)
        none = _("No embedding: tokens go in one-hot.")
        embedding = _optional_whole(
            _("Embedding dimension"), none, f"embedding-{card}", embedding, 6, EMBEDDING_DIM, hint
        )
    else:
        st.caption(_("No embedding: the input is plain numbers, which cannot be looked up."))
    direction = st.segmented_control(
        _("Direction"),
        list(Direction),
        default=architecture.direction,
        required=True,
        format_func=_direction,
        key=f"direction-{card}",
    )
    merge_mode = architecture.merge_mode
    if direction is Direction.BIDIRECTIONAL:
        hint = _("How the outputs of the two directions become one: side by side (concat), or number by number.")
        merge_mode = st.segmented_control(
            _("Joined by"), list(MergeMode), default=merge_mode, required=True, key=f"merge-{card}", help=hint
        )
    hint = _("Recurrent layers on top of each other; each hands every step on to the next. From {low} to {high}.")
    layers = st.segmented_control(
        _("Layers"), list(range(LAYERS.low, LAYERS.high + 1)), default=architecture.layers, required=True,
        key=f"layers-{card}", help=hint.format(low=LAYERS.low, high=LAYERS.high),
    )  # fmt: skip
    reset_after = architecture.reset_after
    if architecture.cell is Cell.GRU:
        hint = _(
            "Keras applies the reset gate after the matrix product, with a second bias per gate; the original GRU before it."
        )
        reset_after = st.toggle(_("reset_after (two biases per gate)"), reset_after, key=f"reset-{card}", help=hint)
    use_bias = st.toggle(_("Biases in the recurrent layers"), architecture.use_bias, key=f"bias-{card}")
    return replace(
        architecture, embedding_dim=embedding, direction=direction, merge_mode=merge_mode, layers=layers,
        reset_after=reset_after, use_bias=use_bias,
    )  # fmt: skip


def _direction(direction: Direction) -> str:
    return {
        Direction.FORWARD: _("Forward"),
        Direction.BACKWARD: _("Backward"),
        Direction.BIDIRECTIONAL: _("Both ways"),
    }[direction]


def form(shown: Form) -> Form:
    """What goes in and out, the same for all architectures of the bench."""
    key = state.key
    grid = st.grid(min_column_width=180, gap="medium")
    with grid.container(gap="xsmall"):
        tokens = st.segmented_control(
            _("Each timestep is"), [True, False], default=shown.tokens, required=True, key=key("tokens"),
            format_func=lambda t: _("a token") if t else _("plain numbers"),
            help=_("A token is a character or word of a vocabulary; plain numbers are measured values, such as pixels."),
        )  # fmt: skip
        label = _("Vocabulary V") if tokens else _("Input size d")
        hint = _("How many different tokens there are.") if tokens else _("How many numbers go in at each timestep.")
        input_dim = _whole(label, key("input_dim"), shown.input_dim, INPUT_DIM, hint)
    with grid.container(gap="xsmall"):
        hint = _("Length of a sequence. The parameter count does not depend on it. From {low:,} to {high:,}.")
        hint = hint.format(low=TIMESTEPS.low, high=TIMESTEPS.high)
        timesteps = _optional_whole(
            _("Fixed timesteps T"), _("Any length (None)."), key("timesteps"), shown.timesteps, 10, TIMESTEPS, hint
        )
        hint = _("Sequences per batch. The parameter count does not depend on it. From {low:,} to {high:,}.")
        hint = hint.format(low=BATCH_SIZE.low, high=BATCH_SIZE.high)
        batch_size = _optional_whole(
            _("Fixed batch size B"), _("Any batch size (None)."), key("batch"), shown.batch_size, 8, BATCH_SIZE, hint
        )
    with grid.container(gap="xsmall"):
        return_sequences = st.segmented_control(
            _("Output"), [False, True], default=shown.return_sequences, required=True, key=key("every"),
            format_func=lambda every: _("every step") if every else _("last step"),
            help=_("return_sequences in Keras: one output after the last timestep, or one at every timestep."),
        )  # fmt: skip
    with grid.container(gap="xsmall"):
        hint = _("Neurons of the fully connected layer at the end, K. From {low:,} to {high:,}.")
        hint = hint.format(low=OUTPUTS.low, high=OUTPUTS.high)
        none = _("No output layer: h comes out.")
        outputs = _optional_whole(_("Output layer"), none, key("outputs"), shown.outputs, 1, OUTPUTS, hint)
        activation = shown.activation
        if outputs is not None:
            activation = st.selectbox(
                _("Activation"),
                list(Activation),
                list(Activation).index(activation),
                key=key("activation"),
                filter_mode=None,
            )
    return Form(input_dim, tokens, timesteps, batch_size, return_sequences, outputs, activation)


def task(name: str, text: str) -> tuple[str, str]:
    """The task, and the person's text where it takes one."""
    titles = {known.name: known.title for known in FIXED_TASKS.values()} | {OWN_TEXT: _("Your own text")}
    chosen = st.segmented_control(
        _("Task"), TASK_NAMES, default=name, required=True, format_func=lambda n: _(titles[n]), key=state.key("task")
    )
    if chosen == OWN_TEXT:
        label = _("Text, {low} to {high} characters").format(low=TEXT_LENGTH.low, high=TEXT_LENGTH.high)
        text = st.text_input(
            label, text, max_chars=TEXT_LENGTH.high, key=state.key("text"), placeholder=_("for example: banana bandana")
        )
    return chosen, text


def training(shown: Training, devices: Sequence[Device]) -> Training:
    """How to train: epochs, learning rate, optimizer, clipping, seed, device."""
    key = state.key
    grid = st.grid(min_column_width=190, gap="small")
    with grid.container():
        epochs = _whole(
            _("Epochs"),
            key("epochs"),
            shown.epochs,
            EPOCHS,
            _("Times that the text is read and the weights are changed."),
        )
    with grid.container():
        limits = _("How far the weights move at each step. From {limits}.").format(limits=LEARNING_RATE)
        learning_rate = st.number_input(
            _("Learning rate"),
            LEARNING_RATE.low,
            LEARNING_RATE.high,
            shown.learning_rate,
            step=0.01,
            format="%g",
            key=key("rate"),
            help=limits,
        )
    with grid.container():
        optimizer = st.selectbox(
            _("Optimizer"),
            list(Optimizer),
            list(Optimizer).index(shown.optimizer),
            lambda o: o.class_name,
            key=key("optimizer"),
            filter_mode=None,
        )
    with grid.container():
        seed = _whole(
            _("Seed"),
            key("seed"),
            shown.seed,
            SEED,
            _("Another seed, other initial weights; the same seed, the same run."),
        )
    with grid.container():
        clipping = st.selectbox(
            _("Gradient clipping"), list(Clipping), list(Clipping).index(shown.clipping), _clipping, key=key("clipping"), filter_mode=None,
            help=_("Keeps exploding gradients small: all of them together by their norm, or each number by its value."),
        )  # fmt: skip
        clip_at = shown.clip_at
        if clipping is not Clipping.NONE:
            limits = _("From {limits}.").format(limits=CLIP_AT)
            clip_at = st.number_input(
                _("Clip at"), CLIP_AT.low, CLIP_AT.high, clip_at, step=0.5, format="%g", key=key("clip_at"), help=limits
            )
    with grid.container():
        device = _device(shown.device, devices)
    return Training(epochs, learning_rate, optimizer, clipping, clip_at, seed, device)


def _clipping(clipping: Clipping) -> str:
    return {Clipping.NONE: _("none"), Clipping.NORM: _("by norm"), Clipping.VALUE: _("by value")}[clipping]


def _device(shown: str, devices: Sequence[Device]) -> str:
    titles = {"auto": _("Automatic"), "cpu": _("CPU")} | {d.name: d.title for d in devices if d.name != "cpu"}
    titles.setdefault(shown, _("{device} (not here now)").format(device=shown))
    names = list(titles)
    device = st.selectbox(
        _("Device"), names, names.index(shown), titles.__getitem__, key=state.key("device"), filter_mode=None
    )
    if devices and not any(d.name.startswith("gpu") for d in devices):
        st.caption(
            _("No GPU here. With an NVIDIA card on Linux: pip install -r requirements-gpu.txt, then start again.")
        )
    return device


def pace(shown: Pace) -> Pace:
    """How fast a race is shown; may be changed while it runs."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", width="content"):
        kind = st.segmented_control(
            _("Pace"), list(PaceKind), default=shown.kind, required=True, format_func=_pace, key=state.key("pace"),
            help=_("At full speed fifty epochs are over in a blink. Slow motion and step by step show what happens."),
        )  # fmt: skip
        speed = shown.epochs_per_second
        if kind is PaceKind.SLOW:
            speed = st.slider(_("Epochs a second"), *EPOCHS_PER_SECOND, speed, key=state.key("speed"), width=220)
    return Pace(kind, speed)


def _pace(kind: PaceKind) -> str:
    return {PaceKind.FULL: _("Full speed"), PaceKind.SLOW: _("Slow motion"), PaceKind.STEP: _("Step by step")}[kind]
