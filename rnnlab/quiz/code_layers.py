"""The layers that pasted code may hold: their arguments, the shapes they hand on and their counts as formulas.

The rules are those of Keras 3.15, without Keras. Shapes begin with the batch; None is an axis of any size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rnnlab.architecture import RECURRENT_CELLS, Cell, MergeMode
from rnnlab.counting import GATES
from rnnlab.plan import Shape
from rnnlab.texts import _, ngettext

CELLS: dict[str, Cell] = {cell.class_name: cell for cell in RECURRENT_CELLS}

_STARTS = "kernel_initializer recurrent_initializer bias_initializer"
_RULES = (
    "kernel_regularizer recurrent_regularizer bias_regularizer activity_regularizer "
    "kernel_constraint recurrent_constraint bias_constraint dropout recurrent_dropout"
)
_WAYS = "return_sequences return_state go_backwards stateful unroll"

#: The arguments of each layer in the order in which Keras takes them without a name; the first ``REQUIRED`` must be given.
SIGNATURES: dict[str, tuple[str, ...]] = {
    kind: tuple(names.split())
    for kind, names in {
        "Embedding": "input_dim output_dim embeddings_initializer embeddings_regularizer embeddings_constraint "
        "mask_zero weights lora_rank lora_alpha quantization_config",
        "SimpleRNN": f"units activation use_bias {_STARTS} {_RULES} {_WAYS} seed",
        "LSTM": f"units activation recurrent_activation use_bias {_STARTS} unit_forget_bias {_RULES} seed {_WAYS} use_cudnn",
        "GRU": f"units activation recurrent_activation use_bias {_STARTS} {_RULES} seed {_WAYS} reset_after use_cudnn",
        "Bidirectional": "layer merge_mode weights backward_layer",
        "TimeDistributed": "layer",
        "Dense": "units activation use_bias kernel_initializer bias_initializer kernel_regularizer bias_regularizer "
        "activity_regularizer kernel_constraint bias_constraint lora_rank lora_alpha quantization_config",
        "Dropout": "rate noise_shape seed",
        "Activation": "activation",
        "Flatten": "data_format",
        "Masking": "mask_value",
    }.items()
}
REQUIRED: dict[str, int] = {"Embedding": 2, "Flatten": 0, "Masking": 0}

#: What every layer takes by name; the last four are how older code gives the size of the input.
BY_NAME = ("name", "trainable", "dtype", "autocast", "activity_regularizer", "implementation")
OLD = ("input_shape", "input_dim", "input_length", "batch_input_shape")

_SIZES = frozenset({"units", "input_dim", "output_dim", "input_length"})
_FLAGS = frozenset({"use_bias", "return_sequences", "return_state", "reset_after", "stateful"})
_SHAPES = frozenset({"input_shape", "batch_input_shape"})
_UNREAD = frozenset({"backward_layer", "lora_rank", "quantization_config"})
#: The arguments that a count or a shape depends on; the values of all others are passed over.
READ = _SIZES | _FLAGS | _SHAPES | _UNREAD | {"layer", "merge_mode"}


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer object of the code; two are never equal, as each has weights of its own.

    Attributes:
        kind: its Keras class.
        line: where it is made.
        text: how the code makes it.
        options: the values of those arguments that are in ``READ``.
        inner: the layer that a Bidirectional or a TimeDistributed wraps.
        readable: whether all that its count depends on was read.
    """

    kind: str
    line: int
    text: str
    options: Mapping[str, object]
    inner: Layer | None = None
    readable: bool = True

    def size(self, name: str) -> int:
        value = self.options[name]
        assert isinstance(value, int)  # an option was checked by ``complaint``, or its layer is not readable
        return value

    def flag(self, name: str, default: bool) -> bool:
        return bool(self.options.get(name, default))

    @property
    def owner(self) -> Layer:
        """The layer whose weights are used: TimeDistributed shares those of its layer, Bidirectional copies."""
        return self.inner.owner if self.kind == "TimeDistributed" and self.inner else self


@dataclass(frozen=True, slots=True)
class ReadLayer:
    """One layer as it was read and counted; what is not known is None (``formula`` then writes d for a size)."""

    line: int
    kind: str
    text: str
    input_shape: Shape | None
    output_shape: Shape | None
    parameters: int | None
    formula: str


class Signal(NamedTuple):
    """What goes from layer to layer: its shape (None: not known) and the line that handed on only its last step."""

    shape: Shape | None
    last_step_of: int | None = None


class Row(NamedTuple):
    """A layer, what it came to and what it hands on."""

    layer: Layer
    read: ReadLayer
    signal: Signal


class Weights(NamedTuple):
    """A count as a formula: the product of ``copies`` times the sum of the products in ``terms`` (None: not known)."""

    copies: tuple[int, ...] = ()
    terms: tuple[tuple[int | None, ...], ...] = ()

    @property
    def parameters(self) -> int | None:
        total = 0
        for term in self.terms:
            known = [factor for factor in term if factor is not None]
            if len(known) < len(term):
                return None
            total += math.prod(known)
        return math.prod(self.copies) * total

    @property
    def text(self) -> str:
        """The formula with numbers, as "4·(100·128 + 128·128 + 128)"; a size that is not known is d."""
        products = ("·".join("d" if factor is None else f"{factor:,}" for factor in term) for term in self.terms)
        front = "·".join(str(copies) for copies in self.copies if copies > 1)
        total = " + ".join(products) or "0"
        return f"{front}·({total})" if front else total


class Outcome(NamedTuple):
    """What a layer makes of a signal; ``weights`` is None where its count cannot be told, ``problem`` says why."""

    signal: Signal
    weights: Weights | None
    problem: str | None = None


class RefusedError(ValueError):
    """Keras would not build this layer on what comes in; the message says why."""


def as_shape(value: object) -> Shape | None:
    """``value`` as a shape, or None where it is not a tuple or list of whole numbers from 1 and None."""
    if not isinstance(value, tuple | list):
        return None
    sizes = tuple(size for size in value if size is None or _is_size(size))
    return sizes if len(sizes) == len(value) else None


def complaint(kind: str, name: str, value: object) -> str | None:
    """Why Keras or this reader does not take ``value`` for the argument ``name``, or None where it is fine."""
    wanted = None
    if name in _SIZES and not _is_size(value) and (value is not None or name in SIGNATURES[kind]):
        wanted = _("a whole number from 1")
    elif name in _FLAGS and not isinstance(value, bool):
        wanted = _("True or False")
    elif name in _SHAPES and as_shape(value) is None:
        wanted = _("a tuple such as (30,) or (None, 10)")
    elif name == "merge_mode" and not (isinstance(value, str) and value in list(MergeMode)):
        wanted = _(" or ").join(repr(mode.value) for mode in MergeMode)
    elif name == "return_state" and value:
        return _(
            "{kind} with return_state=True hands on several tensors; only layers that hand on one are counted."
        ).format(kind=kind)
    elif name in _UNREAD and value is not None:
        return _("{kind} with {name} is not counted here: leave that argument out.").format(kind=kind, name=name)
    return (
        _("{kind} takes {wanted} as {name}, not {value}.").format(
            kind=kind, wanted=wanted, name=name, value=_show(value)
        )
        if wanted
        else None
    )


def wrap_complaint(kind: str, inner: object) -> str | None:
    """Why Keras or this reader does not take ``inner`` as the layer inside a layer of ``kind``."""
    if not isinstance(inner, Layer):
        return _("{kind} takes a layer, such as {kind}(LSTM(64)), not {value}.").format(kind=kind, value=_show(inner))
    if kind == "Bidirectional" and inner.readable and inner.kind not in CELLS:
        return _("Bidirectional takes one of {cells}, not {inner}.").format(cells=", ".join(CELLS), inner=inner.kind)
    return None


def old_complaint(layer: Layer) -> str | None:
    """Which argument of older Keras code Keras 3 refuses in this layer; its size is read all the same."""
    no_longer = {"batch_input_shape"}
    if layer.kind != "Embedding":
        no_longer.add("input_length")
    if layer.kind in CELLS:
        no_longer.add("input_dim")
    for name in OLD:
        if name in layer.options and name in no_longer:
            return _(
                "Keras 3 takes no {name} in {kind}: put Input(shape=…) in front instead. It is counted as it was meant."
            ).format(name=name, kind=layer.kind)
    return None


def first_shape(layer: Layer) -> Shape | None:
    """The shape that the first layer of a Sequential model says it is fed, or None where it says nothing."""
    given = layer.options
    length = _optional(given.get("input_length"))
    if not layer.readable:
        return None
    if "batch_input_shape" in given:
        return as_shape(given["batch_input_shape"])
    if "input_shape" in given:
        return (None, *(as_shape(given["input_shape"]) or ()))
    if layer.kind == "Embedding":
        return (None, length)  # its count is the same for any number of tokens
    if given.get("input_dim") is None:
        return None
    features = _optional(given["input_dim"])
    return (None, length, features) if layer.kind in CELLS else (None, features)


def apply(layer: Layer, signal: Signal) -> Outcome:
    """The shape and the count of ``layer`` when ``signal`` comes in; where Keras refuses, why, and what still is known."""
    if not layer.readable:
        return Outcome(Signal(None), None)
    try:
        return _APPLY[layer.kind](layer, signal)
    except RefusedError as refusal:
        return _APPLY[layer.kind](layer, Signal(None))._replace(problem=str(refusal))


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _optional(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _show(value: object) -> str:
    """A value as a sentence names it: never the whole of a tuple or list, which may hold itself many times over."""
    if isinstance(value, tuple | list):
        return _("this {kind}").format(kind=type(value).__name__)
    return repr(value)[:40] if value is None or isinstance(value, int | float | str) else _("this")


def _features(kind: str, shape: Shape) -> int:
    if shape[-1] is None:
        raise RefusedError(
            _("{kind} must know how many numbers come in, but gets {shape}: write a number for the last size.").format(
                kind=kind, shape=shape
            )
        )
    return shape[-1]


def _sequence(kind: str, signal: Signal, shape: Shape) -> None:
    """Refuse what is not (batch, timesteps, features), with the reason that is most likely."""
    if len(shape) > 3:
        raise RefusedError(
            ngettext(
                "{kind} needs a sequence (batch, timesteps, features), but gets {shape}, which has {n} axis.",
                "{kind} needs a sequence (batch, timesteps, features), but gets {shape}, which has {n} axes.",
                len(shape),
            ).format(kind=kind, shape=shape, n=len(shape))
        )
    if len(shape) < 3 and signal.last_step_of is not None:
        raise RefusedError(
            _(
                "{kind} needs a sequence (batch, timesteps, features), but the layer before gives {shape}: set return_sequences=True there (line {line})."
            ).format(kind=kind, shape=shape, line=signal.last_step_of)
        )
    if len(shape) < 3:
        raise RefusedError(
            _(
                "{kind} needs a sequence (batch, timesteps, features), but gets {shape}: put an Embedding before it for tokens, or use Input(shape=(timesteps, features))."
            ).format(kind=kind, shape=shape)
        )


def _recurrent(layer: Layer, signal: Signal) -> Outcome:
    shape: Shape = (None, None, None) if signal.shape is None else signal.shape
    features = None
    if signal.shape is not None:
        _sequence(layer.kind, signal, shape)
        features = _features(layer.kind, shape)
        if layer.flag("stateful", False) and shape[0] is None:
            raise RefusedError(
                _("{kind} with stateful=True needs a batch size: give batch_size= to Input.").format(kind=layer.kind)
            )
    units, cell = layer.size("units"), CELLS[layer.kind]
    biases = 2 if cell is Cell.GRU and layer.flag("reset_after", True) else 1
    bias = ((biases, units) if biases > 1 else (units,),) if layer.flag("use_bias", True) else ()
    weights = Weights((len(GATES[cell]),), ((features, units), (units, units), *bias))
    if layer.flag("return_sequences", False):
        return Outcome(Signal((*shape[:2], units)), weights)
    return Outcome(Signal((shape[0], units), layer.line), weights)


def _bidirectional(layer: Layer, signal: Signal) -> Outcome:
    assert layer.inner is not None
    out, weights, _problem = _recurrent(layer.inner, signal)
    assert out.shape is not None
    assert weights is not None
    if layer.options.get("merge_mode", "concat") == "concat":
        out = out._replace(shape=(*out.shape[:-1], 2 * layer.inner.size("units")))
    return Outcome(out, weights._replace(copies=(2, *weights.copies)))


def _time_distributed(layer: Layer, signal: Signal) -> Outcome:
    assert layer.inner is not None
    if signal.shape is None:
        return _APPLY[layer.inner.kind](layer.inner, signal)._replace(signal=signal)
    if len(signal.shape) < 3:
        _sequence(layer.kind, signal, signal.shape)
    batch, timesteps, *rest = signal.shape
    step, weights, _problem = _APPLY[layer.inner.kind](layer.inner, Signal((batch, *rest)))
    return Outcome(Signal(step.shape and (batch, timesteps, *step.shape[1:])), weights)


def _dense(layer: Layer, signal: Signal) -> Outcome:
    units, features = layer.size("units"), None
    if signal.shape is not None:
        if len(signal.shape) < 2:
            raise RefusedError(
                _("Dense needs at least (batch, features), but gets {shape}.").format(shape=signal.shape)
            )
        features = _features("Dense", signal.shape)
    bias = ((units,),) if layer.flag("use_bias", True) else ()
    shape = signal.shape and (*signal.shape[:-1], units)
    return Outcome(signal._replace(shape=shape), Weights((), ((features, units), *bias)))


def _embedding(layer: Layer, signal: Signal) -> Outcome:
    size = layer.size("output_dim")
    weights = Weights((), ((layer.size("input_dim"), size),))
    return Outcome(Signal(None if signal.shape is None else (*signal.shape, size)), weights)


def _flatten(layer: Layer, signal: Signal) -> Outcome:  # noqa: ARG001 - called as all others are
    if signal.shape is None:
        return Outcome(signal, Weights())
    batch, *rest = signal.shape
    known = [size for size in rest if size is not None]
    return Outcome(Signal((batch, math.prod(known) if len(known) == len(rest) else None)), Weights())


def _unchanged(layer: Layer, signal: Signal) -> Outcome:  # noqa: ARG001
    return Outcome(signal, Weights())


_APPLY: dict[str, Callable[[Layer, Signal], Outcome]] = {
    **dict.fromkeys(CELLS, _recurrent),
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
    "Dense": _dense,
    "Embedding": _embedding,
    "Flatten": _flatten,
    "Dropout": _unchanged,
    "Activation": _unchanged,
    "Masking": _unchanged,
}
