"""What a model is made of: its layers in order, with the names and shapes that Keras gives them.

Counting, building and the exported code follow the same plan.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from rnnlab.architecture import Architecture, Direction, Form, Pattern

#: How the names of an encoder's layers begin.
ENCODER = "encoder"

Shape = tuple[int | None, ...]


class Kind(StrEnum):
    EMBEDDING = "embedding"
    MASKING = "masking"
    LAST_STEP = "last_step"
    REPEAT = "repeat_vector"
    CELL = "cell"
    FLIP = "flip"
    OUTPUT = "output"


class Layer(NamedTuple):
    """One layer of a model.

    ``architecture`` is that of its cell: a decoder always reads forward. ``every_step`` says whether a cell hands on
    every step or the last alone. Shapes include the batch.
    """

    kind: Kind
    name: str
    input_shape: Shape
    shape: Shape
    architecture: Architecture
    every_step: bool = True

    @property
    def input_dim(self) -> int:
        size = self.input_shape[-1]
        assert size is not None
        return size

    @property
    def size(self) -> int:
        size = self.shape[-1]
        assert size is not None
        return size


def input_shape(architecture: Architecture, form: Form) -> Shape:
    """The shape of what the model takes, without the batch."""
    if form.pattern.one_input:
        return (form.input_dim,)
    embedded = form.fit(architecture).embedding_dim is not None
    return (form.timesteps,) if embedded else (form.timesteps, form.input_dim)


def plan(architecture: Architecture, form: Form) -> tuple[Layer, ...]:
    """The layers of the model of this architecture and form.

    Encoder-decoder: the encoder's last output is the decoder's input at every step, as in Cho et al., "Learning Phrase
    Representations using RNN Encoder-Decoder for Statistical Machine Translation" (2014).
    """
    return tuple(_Planner(form.fit(architecture), form).layers)


class _Planner:
    def __init__(self, architecture: Architecture, form: Form) -> None:
        self.architecture, self.form = architecture, form
        self.layers: list[Layer] = []
        self._names: Counter[str] = Counter()
        self._shape: Shape = (form.batch_size, *input_shape(architecture, form))
        if form.pattern.one_input:
            self._write_from_one_vector()
        else:
            self._read()
        if form.pattern is Pattern.ENCODER_DECODER:
            self._repeat(form.output_steps)
            self._cells(replace(architecture, direction=Direction.FORWARD), every_step=True, name="decoder")
        if form.outputs is not None:
            self._add(Kind.OUTPUT, "dense", (*self._shape[:-1], form.outputs))

    def _write_from_one_vector(self) -> None:
        many = self.form.pattern.many_outputs
        if many or self.architecture.cell.recurrent:
            self._repeat(self.form.output_steps if many else 1)
        self._cells(self.architecture, every_step=many)

    def _read(self) -> None:
        architecture, form = self.architecture, self.form
        one_output = form.pattern is not Pattern.IN_STEP
        if one_output and not architecture.cell.recurrent:
            self._add(Kind.LAST_STEP, "last_step", (self._shape[0], *self._shape[2:]))
        if architecture.embedding_dim is not None:
            self._add(Kind.EMBEDDING, "embedding", (*self._token_shape(), architecture.embedding_dim))
        elif form.padded and architecture.cell.recurrent:
            self._add(Kind.MASKING, "masking", self._shape)
        name = ENCODER if form.pattern is Pattern.ENCODER_DECODER else ""
        self._cells(architecture, every_step=not one_output, name=name)

    def _token_shape(self) -> Shape:
        """The shape of what is looked up in an embedding."""
        return self._shape[:2] if not self.layers else self._shape[:1]

    def _repeat(self, times: int) -> None:
        self._add(Kind.REPEAT, "repeat_vector", (self._shape[0], times, self._shape[-1]))

    def _cells(self, architecture: Architecture, every_step: bool, name: str = "") -> None:
        base = name or ("bidirectional" if architecture.bidirectional else architecture.cell.value)
        size = architecture.units * (2 if architecture.doubles_output else 1)
        for index in range(architecture.layers):
            keeps_steps = every_step or index < architecture.layers - 1
            whole = keeps_steps or not architecture.cell.recurrent
            steps = self._shape[:-1] if whole else self._shape[:1]
            self._add(Kind.CELL, base, (*steps, size), architecture, keeps_steps)
            if keeps_steps and architecture.backward:
                self._add(Kind.FLIP, "flip", self._shape)

    def _add(
        self, kind: Kind, base: str, shape: Shape, architecture: Architecture | None = None, every_step: bool = True
    ) -> None:
        """Add a layer; Keras numbers those of the same name."""
        number = self._names[base]
        self._names[base] += 1
        before = self._shape
        if kind is Kind.EMBEDDING and shape[:-1] == before:
            before = (*before, self.form.input_dim)  # a token stands for its one-hot vector
        name = f"{base}_{number}" if number else base
        self.layers.append(Layer(kind, name, before, shape, architecture or self.architecture, every_step))
        self._shape = shape
