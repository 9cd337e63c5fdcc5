"""What a model is: the recurrent part that a person chooses and the form of what goes in and out.

Both are frozen values, validated when made, so whatever holds one holds a valid one. Terms are Keras' own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, NamedTuple


class Cell(StrEnum):
    """The kinds of cell; DENSE has no recurrence: a layer that sees each step by itself, to compare with."""

    SIMPLE_RNN = "simple_rnn"
    LSTM = "lstm"
    GRU = "gru"
    DENSE = "dense"

    @property
    def class_name(self) -> str:
        """The name of the Keras layer, which is also the name on screen."""
        return {Cell.SIMPLE_RNN: "SimpleRNN", Cell.LSTM: "LSTM", Cell.GRU: "GRU", Cell.DENSE: "Dense"}[self]

    @property
    def recurrent(self) -> bool:
        return self is not Cell.DENSE


#: The cells with a memory.
RECURRENT_CELLS = tuple(cell for cell in Cell if cell.recurrent)


class Direction(StrEnum):
    FORWARD = "forward"
    BACKWARD = "backward"
    BIDIRECTIONAL = "bidirectional"


class MergeMode(StrEnum):
    CONCAT = "concat"
    SUM = "sum"
    MUL = "mul"
    AVE = "ave"


class Pattern(StrEnum):
    """The forms of input and output, as Karpathy, "The Unreasonable Effectiveness of Recurrent Neural Networks" (2015), draws them."""

    ONE_TO_ONE = "one_to_one"
    ONE_TO_MANY = "one_to_many"
    MANY_TO_ONE = "many_to_one"
    IN_STEP = "in_step"
    ENCODER_DECODER = "encoder_decoder"

    @property
    def one_input(self) -> bool:
        """Whether one vector goes in, instead of a sequence."""
        return self in (Pattern.ONE_TO_ONE, Pattern.ONE_TO_MANY)

    @property
    def many_outputs(self) -> bool:
        """Whether a sequence comes out, instead of one vector."""
        return self in (Pattern.ONE_TO_MANY, Pattern.IN_STEP, Pattern.ENCODER_DECODER)

    @property
    def repeats(self) -> bool:
        """Whether one vector is handed to the writing layers again at every step."""
        return self in (Pattern.ONE_TO_MANY, Pattern.ENCODER_DECODER)


class Activation(StrEnum):
    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    TANH = "tanh"
    LINEAR = "linear"


class Range(NamedTuple):
    """The whole numbers from ``low`` to ``high``, both included."""

    low: int
    high: int

    def check(self, name: str, value: int) -> None:
        """Raise ``ValueError`` unless ``value`` is a whole number of this range."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError(f"{name} must be a whole number from {self.low:,} to {self.high:,}, not {value!r}")

    def nearest(self, value: int) -> int:
        return min(max(value, self.low), self.high)


def check_choice(name: str, value: object, kind: type[StrEnum]) -> None:
    """Raise ``ValueError`` unless ``value`` is one of the choices of ``kind``."""
    if not isinstance(value, kind):
        raise ValueError(f"{name} must be one of {', '.join(kind)}, not {value!r}")


def named(kind: type[StrEnum], value: object) -> Any:
    """The choice of ``kind`` with this value; what is none stays as it is, for ``check_choice`` to refuse."""
    return next((choice for choice in kind if choice == value), value)


def check_flag(name: str, value: object) -> None:
    """Raise ``ValueError`` unless ``value`` is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False, not {value!r}")


UNITS = Range(1, 1024)
EMBEDDING_DIM = Range(1, 4096)
LAYERS = Range(1, 4)
INPUT_DIM = Range(1, 1_000_000)
TIMESTEPS = Range(1, 10_000)
OUTPUT_STEPS = Range(1, 1_000)
BATCH_SIZE = Range(1, 65_536)
OUTPUTS = Range(1, 100_000)
BENCH_SIZE = Range(1, 6)

#: Models with more parameters than this are counted, but not built or trained: their weights would not fit.
MOST_TRAINABLE = 50_000_000


@dataclass(frozen=True, slots=True)
class Architecture:
    """The recurrent part of a model.

    Attributes:
        cell: the kind of recurrent cell.
        units: hidden size, D_h in the lectures.
        embedding_dim: numbers per token after an embedding layer; None feeds tokens one-hot.
        direction: which way the sequence is read.
        merge_mode: how the two directions are joined (of use when bidirectional).
        layers: recurrent layers on top of each other.
        reset_after: GRU only: apply the reset gate after the matrix product, with a second bias, as Keras does.
        use_bias: whether the recurrent layers have biases.

    Raises:
        ValueError: a value is not allowed; the sentence says what was given and what is allowed.
    """

    cell: Cell = Cell.LSTM
    units: int = 5
    embedding_dim: int | None = None
    direction: Direction = Direction.FORWARD
    merge_mode: MergeMode = MergeMode.CONCAT
    layers: int = 1
    reset_after: bool = True
    use_bias: bool = True

    def __post_init__(self) -> None:
        check_choice("cell", self.cell, Cell)
        check_choice("direction", self.direction, Direction)
        check_choice("merge mode", self.merge_mode, MergeMode)
        check_flag("reset_after", self.reset_after)
        check_flag("use_bias", self.use_bias)
        UNITS.check("hidden size", self.units)
        LAYERS.check("layers", self.layers)
        if self.embedding_dim is not None:
            EMBEDDING_DIM.check("embedding dimension", self.embedding_dim)

    @property
    def bidirectional(self) -> bool:
        return self.cell.recurrent and self.direction is Direction.BIDIRECTIONAL

    @property
    def backward(self) -> bool:
        return self.cell.recurrent and self.direction is Direction.BACKWARD

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def doubles_output(self) -> bool:
        """Whether each layer hands on 2·units numbers per step instead of units."""
        return self.bidirectional and self.merge_mode is MergeMode.CONCAT

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Architecture:
        """The architecture of plain values, as ``dataclasses.asdict`` gives them.

        Raises:
            ValueError: a value is not allowed, or unknown.
        """
        values = {**plain}
        for name, kind in (("cell", Cell), ("direction", Direction), ("merge_mode", MergeMode)):
            if name in values:
                values[name] = named(kind, values[name])
        if unknown := set(values) - {field.name for field in fields(cls)}:
            raise ValueError(f"unknown: {', '.join(map(repr, sorted(unknown)))}")
        return cls(**values)

    @property
    def two_biases(self) -> bool:
        """Whether each gate has a bias for the input and another for the state (Keras' GRU)."""
        return self.cell is Cell.GRU and self.reset_after and self.use_bias

    @property
    def label(self) -> str:
        """A short name that says what differs from a plain layer: "BiLSTM 128 ×2"."""
        front = {Direction.FORWARD: "", Direction.BACKWARD: "Backward ", Direction.BIDIRECTIONAL: "Bi"}
        way = self.direction if self.cell.recurrent else Direction.FORWARD
        name = f"{front[way]}{self.cell.class_name} {self.units}"
        if self.layers > 1:
            name += f" ×{self.layers}"
        if self.embedding_dim:
            name += f" emb {self.embedding_dim}"
        if self.bidirectional and self.merge_mode is not MergeMode.CONCAT:
            name += f" {self.merge_mode}"
        if self.cell is Cell.GRU and not self.reset_after:
            name += " reset before"
        return name if self.use_bias else f"{name} no bias"


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a model's input and output, shared by all architectures that are compared.

    Attributes:
        input_dim: numbers per timestep: the size of the vocabulary V for tokens, d for plain numbers.
        tokens: whether a timestep is a token of a vocabulary (one-hot or embedded) or a vector of plain numbers.
        timesteps: length T of a sequence that goes in; None for any.
        batch_size: sequences B per batch; None for any.
        pattern: one vector or a sequence in, one vector or a sequence out.
        output_steps: length of the sequence that comes out, where it is another than T (one to many, encoder-decoder).
        outputs: neurons of the output layer; None for no output layer.
        activation: activation of the output layer.
        masked: whether token 0 is padding, which every layer passes over.

    Raises:
        ValueError: a value is not allowed.
    """

    input_dim: int = 5
    tokens: bool = True
    timesteps: int | None = 6
    batch_size: int | None = None
    pattern: Pattern = Pattern.IN_STEP
    output_steps: int = 5
    outputs: int | None = 5
    activation: Activation = Activation.SOFTMAX
    masked: bool = False

    def __post_init__(self) -> None:
        check_choice("activation", self.activation, Activation)
        check_choice("pattern", self.pattern, Pattern)
        check_flag("tokens", self.tokens)
        check_flag("masked", self.masked)
        INPUT_DIM.check("vocabulary" if self.tokens else "input size", self.input_dim)
        OUTPUT_STEPS.check("output steps", self.output_steps)
        for name, allowed, value in (
            ("timesteps", TIMESTEPS, self.timesteps),
            ("batch size", BATCH_SIZE, self.batch_size),
            ("outputs", OUTPUTS, self.outputs),
        ):
            if value is not None:
                allowed.check(name, value)

    @property
    def embeddable(self) -> bool:
        """Whether an embedding can stand first: one vector of numbers, or numbers at each step, cannot be looked up."""
        return self.tokens and not self.pattern.one_input

    @property
    def padded(self) -> bool:
        """Whether sequences have padding at their end, which is passed over."""
        return self.masked and self.embeddable

    @property
    def steps_out(self) -> int | None:
        """Length of what comes out, where that is a sequence."""
        return self.output_steps if self.pattern.repeats else self.timesteps

    def fit(self, architecture: Architecture) -> Architecture:
        """The architecture as this form allows it: what cannot be looked up has no embedding."""
        return architecture if self.embeddable else replace(architecture, embedding_dim=None)


#: What stands on the bench when rnnlab is first opened.
FIRST_BENCH = (Architecture(Cell.SIMPLE_RNN), Architecture(Cell.LSTM), Architecture(Cell.GRU))


def labels(bench: tuple[Architecture, ...]) -> tuple[str, ...]:
    """One name for each architecture, told apart by a number where two are the same."""
    seen: dict[str, int] = {}
    names = []
    for architecture in bench:
        seen[architecture.label] = seen.get(architecture.label, 0) + 1
        nth = seen[architecture.label]
        names.append(architecture.label if nth == 1 else f"{architecture.label} ({nth})")
    return tuple(names)
