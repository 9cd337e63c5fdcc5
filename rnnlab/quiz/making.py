"""Questions made from a seed, in kinds and levels."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from rnnlab.architecture import RECURRENT_CELLS, Activation, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.counting import LayerCount, Matrix
from rnnlab.quiz.questions import LECTURE, LEVELS, Change, Kind, Question, counted
from rnnlab.quiz.slips import Problem, Slip, slips_of

_ORDER = (Kind.MODEL, Kind.LAYER, Kind.SHAPE, Kind.MATRIX, Kind.CHANGE, Kind.COMPARE, Kind.SIZE)
_CANDIDATES = 12


def _pattern(dice: random.Random, every_step: float) -> Pattern:
    """One output at every step, with this probability, or one after the last."""
    return Pattern.IN_STEP if dice.random() < every_step else Pattern.MANY_TO_ONE


def make(seed: int, place: int, level: int, student: str = "", lean: Mapping[Slip, int] | None = None) -> Question:
    """Question number ``place`` (from 1) of the quiz with this seed.

    Args:
        seed: of the quiz; the same seed gives the same questions.
        place: which question.
        level: 1 (on paper) to 3.
        student: everyone with another name gets other numbers of the same kind and level.
        lean: slips made before, with how often; the question is one in which they can be made again.
    """
    LEVELS.check("level", level)
    kind = _ORDER[(place - 1) % len(_ORDER)]
    name = f"{seed}-{place}"
    if level == 1 and place == 1 and not student:
        return Question(name, Kind.MODEL, level, LECTURE)
    dice = random.Random(f"rnnlab quiz {seed} {place} {level} {student}")
    if not lean:
        return _MAKE[kind](dice, name, level)
    candidates = [_MAKE[kind](dice, name, level) for _ in range(_CANDIDATES)]
    return max(candidates, key=lambda question: _meets(question, lean))


def _meets(question: Question, lean: Mapping[Slip, int]) -> int:
    """How many of the slips made before can be made here, each as often as it was made."""
    return sum(lean.get(slip, 0) for slip in {slip for slip, _number in slips_of(question.model)})


def _pick_model(dice: random.Random, level: int, head: bool = True) -> Problem:
    cell = dice.choice(RECURRENT_CELLS)
    if level == 1:
        form = Form(
            dice.randint(2, 10), tokens=False, timesteps=dice.randint(2, 9), pattern=Pattern.MANY_TO_ONE,
            outputs=dice.randint(1, 3) if head else None, activation=Activation.SIGMOID,
        )  # fmt: skip
        return Problem(Architecture(cell, dice.randint(2, 6)), form)
    embedded = dice.random() < 0.7
    form = Form(
        dice.choice((50, 100, 500, 1000, 5000) if embedded else (4, 5, 10, 26)),
        timesteps=dice.choice((5, 10, 20, 30)),
        batch_size=dice.choice((None, 8, 16)),
        pattern=_pattern(dice, 0.3),
        outputs=dice.choice((1, 2, 5, 10)) if head else None,
    )
    form = replace(form, activation=Activation.SIGMOID if form.outputs == 1 else Activation.SOFTMAX)
    architecture = Architecture(
        cell, dice.choice((4, 8, 16, 32, 64)), dice.choice((6, 8, 10, 50)) if embedded else None,
        reset_after=dice.random() < 0.7,
    )  # fmt: skip
    if level == 2:
        return Problem(architecture, form)
    return Problem(
        replace(
            architecture,
            direction=dice.choice((Direction.BIDIRECTIONAL, Direction.BIDIRECTIONAL, Direction.FORWARD)),
            merge_mode=dice.choice((MergeMode.CONCAT, MergeMode.CONCAT, MergeMode.SUM)),
            layers=dice.choice((1, 2, 2)),
            use_bias=dice.random() < 0.85,
        ),
        form,
    )


def _recurrent(problem: Problem, dice: random.Random) -> LayerCount:
    return dice.choice([layer for layer in counted(problem).layers if layer.kind == problem.architecture.cell])


def _make_model(dice: random.Random, name: str, level: int) -> Question:
    return Question(name, Kind.MODEL, level, _pick_model(dice, level))


def _make_layer(dice: random.Random, name: str, level: int) -> Question:
    problem = _pick_model(dice, level, head=level > 1)
    return Question(name, Kind.LAYER, level, problem, layer=_recurrent(problem, dice).name)


def _make_matrix(dice: random.Random, name: str, level: int) -> Question:
    problem = _pick_model(dice, level)
    layer = _recurrent(problem, dice)
    matrix = dice.choice((Matrix.KERNEL, Matrix.RECURRENT_KERNEL))
    return Question(name, Kind.MATRIX, level, problem, layer=layer.name, matrix=matrix)


def _make_shape(dice: random.Random, name: str, level: int) -> Question:
    architecture, form = _pick_model(dice, level, head=dice.random() < 0.5)
    form = replace(form, pattern=_pattern(dice, 0.5), batch_size=dice.choice((None, 4, 8)))
    return Question(name, Kind.SHAPE, level, Problem(architecture, form))


def _make_compare(dice: random.Random, name: str, level: int) -> Question:
    problem = _pick_model(dice, level)
    others = [cell for cell in RECURRENT_CELLS if cell is not problem.architecture.cell]
    units = max(2, problem.architecture.units + dice.choice((-1, 0, 1, 2)) * (1 if level == 1 else 2))
    other = replace(problem.architecture, cell=dice.choice(others), units=units)
    return Question(name, Kind.COMPARE, level, problem, Problem(other, problem.form))


def _make_size(dice: random.Random, name: str, level: int) -> Question:
    problem = _pick_model(dice, min(level, 2), head=False)
    hidden = Problem(replace(problem.architecture, units=1), problem.form)
    return Question(name, Kind.SIZE, level, hidden, given=counted(problem).total)


def _make_change(dice: random.Random, name: str, level: int) -> Question:
    architecture, form = _pick_model(dice, min(level, 2))
    architecture = replace(architecture, reset_after=True, layers=1, direction=Direction.FORWARD)
    form = replace(form, pattern=Pattern.MANY_TO_ONE, batch_size=form.batch_size or 8)
    allowed = [change for change in Change if change is not Change.RESET or architecture.cell is Cell.GRU]
    return Question(name, Kind.CHANGE, level, Problem(architecture, form), change=dice.choice(allowed))


_MAKE: dict[Kind, Callable[[random.Random, str, int], Question]] = {
    Kind.MODEL: _make_model,
    Kind.LAYER: _make_layer,
    Kind.MATRIX: _make_matrix,
    Kind.SHAPE: _make_shape,
    Kind.COMPARE: _make_compare,
    Kind.SIZE: _make_size,
    Kind.CHANGE: _make_change,
}
