"""Questions about parameter counts; what is right follows from the question alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from rnnlab.architecture import UNITS, Direction, MergeMode, Pattern, Range
from rnnlab.counting import Count, LayerCount, Matrix, count
from rnnlab.formulas import shape_text
from rnnlab.plan import Shape
from rnnlab.presets import PRESETS
from rnnlab.quiz.slips import Problem
from rnnlab.texts import _, noted

LEVELS = Range(1, 3)
#: The lecture's own quiz (F3), question one of level one.
_F3 = next(preset for preset in PRESETS if preset.name == "F3")
assert _F3.form is not None
LECTURE = Problem(_F3.bench[0], _F3.form)


class Kind(StrEnum):
    """What is asked; the value is its name on screen."""

    MODEL = noted("whole model")
    LAYER = noted("one layer")
    MATRIX = noted("one matrix")
    SHAPE = noted("output shape")
    COMPARE = noted("which is smaller")
    SIZE = noted("hidden size")
    CHANGE = noted("what changes")
    WRITTEN = noted("written by hand")


class Change(StrEnum):
    """What a question changes; the value says it as a sentence."""

    RESET = _("reset_after of the GRU is set to False")
    DIRECTIONS = _("the recurrent layer is made bidirectional (concat)")
    LAYER = _("a second recurrent layer of the same size is put on top")
    EVERY_STEP = _("there is an output at every step instead of only the last")
    BATCH = _("the batch size is doubled")
    TIMESTEPS = _("the sequences become twice as long")


@dataclass(frozen=True, slots=True)
class Question:
    """One question; it holds no answer.

    Attributes:
        id: its name in a quiz.
        kind: what is asked.
        level: 1 to 3.
        problem: the model that it is about; None where it is written by hand. Where the hidden size is asked for, the
            model has 1 unit.
        other: the second model of a comparison.
        layer: the layer that is asked about, by its name.
        matrix: the matrix of one gate that is asked about.
        change: what is changed.
        given: the number of parameters that a hidden size is to reach.
        written: the text of a question written by hand.
    """

    id: str
    kind: Kind
    level: int = 1
    problem: Problem | None = None
    other: Problem | None = None
    layer: str = ""
    matrix: Matrix | None = None
    change: Change | None = None
    given: int | None = None
    written: str = ""

    def __post_init__(self) -> None:
        LEVELS.check("level", self.level)
        if not self.id:
            raise ValueError(_("a question needs an id"))
        if self.kind is Kind.WRITTEN and not self.written:
            raise ValueError(_("question {id} is written by hand and has no text").format(id=self.id))
        if self.kind is not Kind.WRITTEN and self.problem is None:
            raise ValueError(_("question {id} has no model to ask about").format(id=self.id))

    @property
    def model(self) -> Problem:
        """The model that it is about.

        Raises:
            ValueError: it is written by hand and is about none.
        """
        if self.problem is None:
            raise ValueError(_("question {id} is about no model").format(id=self.id))
        return self.problem


def counted(problem: Problem) -> Count:
    return count(problem.architecture, problem.form)


def layer_of(question: Question) -> LayerCount:
    """The layer that a question asks about.

    Raises:
        ValueError: the model has no such layer.
    """
    layers = counted(question.model).layers
    for layer in layers:
        if layer.name == question.layer:
            return layer
    names = ", ".join(layer.name for layer in layers)
    raise ValueError(
        _("question {id}: layer must be one of {names}, not {layer!r}").format(
            id=question.id, names=names, layer=question.layer
        )
    )


def changed(problem: Problem, change: Change) -> Problem:
    """The model after the change."""
    architecture, form = problem
    match change:
        case Change.RESET:
            architecture = replace(architecture, reset_after=False)
        case Change.DIRECTIONS:
            architecture = replace(architecture, direction=Direction.BIDIRECTIONAL, merge_mode=MergeMode.CONCAT)
        case Change.LAYER:
            architecture = replace(architecture, layers=2)
        case Change.EVERY_STEP:
            form = replace(form, pattern=Pattern.IN_STEP)
        case Change.BATCH:
            form = replace(form, batch_size=2 * (form.batch_size or 8))
        case Change.TIMESTEPS:
            form = replace(form, timesteps=2 * (form.timesteps or 10))
    return Problem(architecture, form)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which of two is smaller, "A", "B" or "same", and by how much."""

    smaller: str
    by: int

    def __str__(self) -> str:
        return self.smaller if self.smaller == "same" else f"{self.smaller} {self.by}"


def right_answer(question: Question) -> int | Shape | Comparison:
    """What is right: a number, a shape or a comparison.

    Raises:
        ValueError: the question is written by hand, so that only its key knows; or nothing answers it.
    """
    if question.kind is Kind.WRITTEN:
        raise ValueError(_("question {id} is written by hand: its answer is in the key").format(id=question.id))
    return _RIGHT[question.kind](question)


def _model(question: Question) -> int:
    return counted(question.model).total


def _layer(question: Question) -> int:
    return layer_of(question).parameters


def _matrix(question: Question) -> int:
    sizes = [t.rows * t.columns for t in layer_of(question).terms if t.matrix is question.matrix]
    if not sizes:
        raise ValueError(
            _("question {id}: {layer} has no matrix {matrix}").format(
                id=question.id, layer=question.layer, matrix=question.matrix
            )
        )
    return sizes[0]


def _shape(question: Question) -> Shape:
    return counted(question.model).layers[-1].output_shape


def _compare(question: Question) -> Comparison:
    if question.other is None:
        raise ValueError(_("question {id} compares and needs a second model").format(id=question.id))
    return compared(counted(question.model).total, counted(question.other).total)


def compared(a: int, b: int) -> Comparison:
    """Which of two counts is smaller, and by how much."""
    return Comparison("same" if a == b else "A" if a < b else "B", abs(a - b))


def _size(question: Question) -> int:
    low, high = UNITS
    while low < high:  # the count grows with the hidden size
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _with_units(question, middle) < (question.given or 0) else (low, middle)
    if _with_units(question, low) != question.given:
        raise ValueError(
            _("question {id}: no hidden size gives {given} parameters").format(id=question.id, given=question.given)
        )
    return low


def _with_units(question: Question, units: int) -> int:
    architecture, form = question.model
    return count(replace(architecture, units=units), form).total


def _change(question: Question) -> int:
    if question.change is None:
        raise ValueError(_("question {id} must say what changes").format(id=question.id))
    return counted(changed(question.model, question.change)).total - counted(question.model).total


_RIGHT: dict[Kind, Callable[[Question], int | Shape | Comparison]] = {
    Kind.MODEL: _model,
    Kind.LAYER: _layer,
    Kind.MATRIX: _matrix,
    Kind.SHAPE: _shape,
    Kind.COMPARE: _compare,
    Kind.SIZE: _size,
    Kind.CHANGE: _change,
}


def answer_text(answer: int | Shape | Comparison) -> str:
    """An answer as it stands in a key."""
    return shape_text(answer) if isinstance(answer, tuple) else str(answer)
