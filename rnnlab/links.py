"""The choice as the query of an address, and back: a link opens the same screen.

Only what differs from the defaults is written. Whatever a link says is checked: nonsense becomes the nearest valid
choice, and what was dropped is said.

    ?a=lstm-128-e100&a=gru-64-x2-bidirectional-sum&vocabulary=5000&timesteps=30
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from rnnlab import architecture as limits
from rnnlab import experiment as training_limits
from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode, Pattern, Range
from rnnlab.experiment import DEVICE, Choice, Clipping, Optimizer, PaceKind, RealRange, TrainerKind, numpy_trains
from rnnlab.tasks import TASKS, Task, task
from rnnlab.tasks.task import Length, Option
from rnnlab.textlab import experiment as text_limits
from rnnlab.textlab.experiment import Schedule, TextTraining

E = TypeVar("E", bound=StrEnum)
Query = Mapping[str, Sequence[str]]

#: A value read from a link, and a complaint where the link said something else.
Read = tuple[Any, str]

NONE = "none"
ARCHITECTURE = "a"
TASK = "task"


def _whole(allowed: Range, optional: bool = False) -> Callable[[str], Read]:
    """Reads a whole number; the nearest one where it is out of range."""
    may = f"a whole number from {allowed.low:,} to {allowed.high:,}" + (f", or {NONE}" if optional else "")

    def read(text: str) -> Read:
        if optional and text == NONE:
            return None, ""
        if not re.fullmatch(r"[+-]?[0-9]{1,300}", text):
            raise ValueError(may)
        nearest = allowed.nearest(int(text))
        return nearest, "" if nearest == int(text) else f"{may}; {nearest:,} is taken"

    return read


def _real(allowed: RealRange) -> Callable[[str], Read]:
    may = f"a number from {allowed}"

    def read(text: str) -> Read:
        try:
            value = float(text)
        except ValueError:
            raise ValueError(may) from None
        if math.isnan(value):
            raise ValueError(may)
        nearest = allowed.nearest(value)
        return nearest, "" if nearest == value else f"{may}; {nearest!r} is taken"

    return read


def _one_of(kind: type[E]) -> Callable[[str], Read]:
    def read(text: str) -> Read:
        try:
            return kind(text), ""
        except ValueError:
            raise ValueError(f"one of {', '.join(kind)}") from None

    return read


def _by_name(kind: type[E]) -> Callable[[str], Read]:
    """Reads one of those whose values are names on screen."""
    names = {one.name.lower(): one for one in kind}
    return lambda text: (names[_named(dict.fromkeys(names, ""))(text)[0]], "")


def _flag(no: str, yes: str) -> Callable[[str], Read]:
    def read(text: str) -> Read:
        if text not in (no, yes):
            raise ValueError(f"{no} or {yes}")
        return text == yes, ""

    return read


def _option(option: Option) -> Callable[[str], Read]:
    """Reads an option of a task."""
    match option.allowed:
        case Range():
            return _whole(option.allowed)
        case dict():
            return _named(option.allowed)
        case Length():
            return _text(option.allowed)
        case None:
            return _key


def _named(choices: Mapping[str, str]) -> Callable[[str], Read]:
    def read(text: str) -> Read:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text, ""

    return read


def _text(allowed: Length) -> Callable[[str], Read]:
    def read(text: str) -> Read:
        short = text[: allowed.high]
        return short, "" if short == text else f"at most {allowed.high} characters; the first {allowed.high} are taken"

    return read


def _key(text: str) -> Read:
    if not re.fullmatch(r"[0-9a-f]{0,64}", text):
        raise ValueError("the key of texts that were brought")
    return text, ""


def _device(text: str) -> Read:
    if not DEVICE.fullmatch(text):
        raise ValueError("auto, cpu, gpu or a numbered one such as gpu:0")
    return text, ""


class Parameter(NamedTuple):
    """One parameter of the query: where its value stands in a choice, and how it is read."""

    part: str  # "free_form", "training" or "pace"; "" in the text lab, which has settings alone
    attribute: str
    read: Callable[[str], Read]
    write: Callable[[Any], str] = str


def _optional(value: Any) -> str:
    return NONE if value is None else str(value)


PARAMETERS: dict[str, Parameter] = {
    "vocabulary": Parameter("free_form", "input_dim", _whole(limits.INPUT_DIM)),
    "input": Parameter("free_form", "tokens", _flag("numbers", "tokens"), lambda v: "tokens" if v else "numbers"),
    "timesteps": Parameter("free_form", "timesteps", _whole(limits.TIMESTEPS, optional=True), _optional),
    "batch": Parameter("free_form", "batch_size", _whole(limits.BATCH_SIZE, optional=True), _optional),
    "form": Parameter("free_form", "pattern", _one_of(Pattern)),
    "steps_out": Parameter("free_form", "output_steps", _whole(limits.OUTPUT_STEPS)),
    "padded": Parameter("free_form", "masked", _flag("no", "yes"), lambda v: "yes" if v else "no"),
    "outputs": Parameter("free_form", "outputs", _whole(limits.OUTPUTS, optional=True), _optional),
    "activation": Parameter("free_form", "activation", _one_of(Activation)),
    "epochs": Parameter("training", "epochs", _whole(training_limits.EPOCHS)),
    "rate": Parameter("training", "learning_rate", _real(training_limits.LEARNING_RATE), lambda v: f"{v!r}"),
    "optimizer": Parameter("training", "optimizer", _one_of(Optimizer)),
    "clip": Parameter("training", "clipping", _one_of(Clipping)),
    "clip_at": Parameter("training", "clip_at", _real(training_limits.CLIP_AT), lambda v: f"{v!r}"),
    "batch_size": Parameter("training", "batch_size", _whole(limits.BATCH_SIZE)),
    "seed": Parameter("training", "seed", _whole(training_limits.SEED)),
    "trainer": Parameter("training", "trainer", _one_of(TrainerKind)),
    "device": Parameter("training", "device", _device),
    "pace": Parameter("pace", "kind", _one_of(PaceKind)),
    "speed": Parameter("pace", "epochs_per_second", _whole(training_limits.EPOCHS_PER_SECOND)),
}

#: The settings of the text lab, beside those of the page Train.
TEXT_PARAMETERS: dict[str, Parameter] = {
    "passes": Parameter("", "passes", _whole(text_limits.PASSES)),
    "chunk": Parameter("", "chunk", _whole(text_limits.CHUNK)),
    "streams": Parameter("", "batch_size", _whole(text_limits.STREAMS)),
    "text_rate": Parameter("", "learning_rate", _real(training_limits.LEARNING_RATE), lambda v: f"{v!r}"),
    "schedule": Parameter("", "schedule", _by_name(Schedule), lambda v: v.name.lower()),
    "text_optimizer": Parameter("", "optimizer", _one_of(Optimizer)),
    "text_clip": Parameter("", "clipping", _one_of(Clipping)),
    "text_clip_at": Parameter("", "clip_at", _real(training_limits.CLIP_AT), lambda v: f"{v!r}"),
    "dropout": Parameter("", "dropout", _real(text_limits.DROPOUT), lambda v: f"{v!r}"),
    "text_seed": Parameter("", "seed", _whole(training_limits.SEED)),
    "text_device": Parameter("", "device", _device),
}


def encode(choice: Choice) -> dict[str, list[str]]:
    """The parameters of the query that stand for this choice, without those that are as at first with its task."""
    first = replace(Choice.of(choice.task), free_form=Form())
    query: dict[str, list[str]] = {}
    if choice.task.name != Choice().task.name:
        query[TASK] = [choice.task.name]
    before = TASKS[choice.task.name].chosen()
    query |= {name: [str(value)] for name, value in choice.task.chosen().items() if value != before[name]}
    if choice.bench != first.bench:
        query[ARCHITECTURE] = [encode_architecture(architecture) for architecture in choice.bench]
    for name, parameter in PARAMETERS.items():
        if parameter.part == "free_form" and choice.free_form is None:
            continue
        value = _get(choice, parameter)
        if value != _get(first, parameter) or name == "form":  # which says that the form is free
            query[name] = [parameter.write(value)]
    return query


def decode(query: Query) -> tuple[Choice, tuple[str, ...]]:
    """The choice that a query stands for, and a sentence for each thing in it that was dropped or changed.

    Unknown parameters are passed over: other pages may have their own.
    """
    chosen, dropped = _decode_task(query)
    choice = Choice.of(chosen)
    if any(query.get(name) for name, parameter in PARAMETERS.items() if parameter.part == "free_form"):
        choice = replace(choice, free_form=Form())
    if texts := [text for text in query.get(ARCHITECTURE, ()) if text]:
        bench, complaints = _decode_bench(texts)
        choice, dropped = replace(choice, bench=bench), dropped + complaints
    for name, parameter in PARAMETERS.items():
        for text in query.get(name, ())[:1]:
            try:
                value, complaint = parameter.read(text)
                choice = _set(choice, parameter, value)
            except ValueError as allowed:
                complaint = f"{allowed}; {parameter.write(_get(choice, parameter))} is taken"
            if complaint:
                dropped.append(f"{name}={_short(text)}: {complaint}")
    if choice.training.trainer is TrainerKind.NUMPY and not numpy_trains(choice.task):
        choice = replace(choice, training=replace(choice.training, trainer=TrainerKind.KERAS))
        dropped.append(f"trainer=numpy: it learns texts alone, not the task {choice.task.name}; keras is taken")
    return choice, tuple(dropped)


def encode_text(training: TextTraining, usual: TextTraining) -> dict[str, str]:
    """The parameters of the query that stand for these settings of the text lab, without those that are as usual."""
    return {
        name: parameter.write(getattr(training, parameter.attribute))
        for name, parameter in TEXT_PARAMETERS.items()
        if getattr(training, parameter.attribute) != getattr(usual, parameter.attribute)
    }


def decode_text(query: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The settings of the text lab that a query says, by attribute, and a sentence for each that was dropped or changed."""
    values: dict[str, Any] = {}
    dropped = list[str]()
    for name, parameter in TEXT_PARAMETERS.items():
        if not (text := query.get(name, "")):
            continue
        try:
            values[parameter.attribute], complaint = parameter.read(text)
        except ValueError as allowed:
            complaint = f"{allowed}; what fits the text is taken"
        if complaint:
            dropped.append(f"{name}={_short(text)}: {complaint}")
    return values, tuple(dropped)


def _decode_task(query: Query) -> tuple[Task, list[str]]:
    """The task of a query with its options, and a sentence for each thing that was dropped or changed."""
    dropped = list[str]()
    name = next(iter(query.get(TASK, ())), Choice().task.name)
    if name not in TASKS:
        name, wrong = Choice().task.name, name
        dropped.append(f"{TASK}={_short(wrong)}: one of {', '.join(TASKS)}; {name} is taken")
    values: dict[str, Any] = {}
    for option in TASKS[name].options:
        for text in query.get(option.name, ())[:1]:
            try:
                values[option.name], complaint = _option(option)(text)
            except ValueError as allowed:
                complaint = f"{allowed}; {TASKS[name].chosen()[option.name]} is taken"
            if complaint:
                dropped.append(f"{option.name}={_short(text)}: {complaint}")
    return task(name, **values), dropped


def encode_architecture(architecture: Architecture) -> str:
    """An architecture in words joined by "-": "lstm-128-e100-x2-bidirectional-sum-nobias"."""
    words = [architecture.cell.value, str(architecture.units)]
    if architecture.embedding_dim is not None:
        words.append(f"e{architecture.embedding_dim}")
    if architecture.layers > 1:
        words.append(f"x{architecture.layers}")
    if architecture.direction is not Direction.FORWARD:
        words.append(architecture.direction.value)
    if architecture.merge_mode is not MergeMode.CONCAT:
        words.append(architecture.merge_mode.value)
    if not architecture.reset_after:
        words.append("before")
    if not architecture.use_bias:
        words.append("nobias")
    return "-".join(words)


def decode_architecture(text: str) -> tuple[Architecture, list[str]]:
    """The nearest architecture to these words, and a sentence for each that was dropped or changed.

    Raises:
        ValueError: the first word is no cell.
    """
    first, *words = text.split("-")
    architecture = Architecture(_one_of(Cell)(first)[0])
    dropped = []
    for word in words:
        try:
            change, complaint = _word(word)
            architecture = replace(architecture, **change)
        except ValueError as allowed:
            complaint = f"{allowed}; it is passed over"
        if complaint:
            dropped.append(f"a={_short(text)}: “{_short(word)}” should be {complaint}")
    return architecture, dropped


_NUMBERS = {
    "": ("units", _whole(limits.UNITS)),
    "e": ("embedding_dim", _whole(limits.EMBEDDING_DIM)),
    "x": ("layers", _whole(limits.LAYERS)),
}
_WORDS: dict[str, dict[str, Any]] = {
    **{direction.value: {"direction": direction} for direction in Direction},
    **{mode.value: {"merge_mode": mode} for mode in MergeMode},
    "before": {"reset_after": False},
    "nobias": {"use_bias": False},
}


def _word(word: str) -> tuple[dict[str, Any], str]:
    if word in _WORDS:
        return _WORDS[word], ""
    if match := re.fullmatch(r"([ex]?)([0-9]+)", word):
        attribute, read = _NUMBERS[match[1]]
        value, complaint = read(match[2])
        return {attribute: value}, complaint
    raise ValueError(f"a hidden size, e… for an embedding, x… for layers, or one of {', '.join(_WORDS)}")


def _decode_bench(texts: Sequence[str]) -> tuple[tuple[Architecture, ...], list[str]]:
    bench, dropped = list[Architecture](), list[str]()
    for text in texts[: limits.BENCH_SIZE.high]:
        try:
            architecture, complaints = decode_architecture(text)
            bench.append(architecture)
            dropped += complaints
        except ValueError as allowed:
            dropped.append(f"a={_short(text)}: it should begin with {allowed}; it is left out")
    if len(texts) > limits.BENCH_SIZE.high:
        dropped.append(
            f"a: at most {limits.BENCH_SIZE.high} architectures; the first {limits.BENCH_SIZE.high} are taken"
        )
    return tuple(bench) or limits.FIRST_BENCH, dropped


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _get(choice: Choice, parameter: Parameter) -> Any:
    return getattr(getattr(choice, parameter.part), parameter.attribute)


def _set(choice: Choice, parameter: Parameter, value: Any) -> Choice:
    part: Any = replace(getattr(choice, parameter.part), **{parameter.attribute: value})
    return replace(choice, **{parameter.part: part})
