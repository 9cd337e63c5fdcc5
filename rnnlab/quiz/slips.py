"""What a wrong count tells: the slips that people make, applied to the right derivation, alone and in pairs.

A derivation is a list of parts, one for each layer with weights. A slip changes parts; where the changed parts add up to
the number that somebody gave, the slip explains it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

from rnnlab.architecture import Architecture, Cell, Form
from rnnlab.counting import GATES, Matrix, count
from rnnlab.texts import _


class Role(StrEnum):
    EMBEDDING = "embedding"
    RECURRENT = "recurrent"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Part:
    """One layer with weights as a person derives it: times · copies · gates · (units·inputs + units·units + biases·units).

    Attributes:
        name: of the layer, as Keras prints it.
        role: what it is; only recurrent layers have the product units·units.
        inputs: d; of an embedding, the vocabulary.
        units: D_h; of an embedding its dimension, of an output layer its neurons.
        level: which recurrent layer it is, 0 for the first.
        times: a factor that does not belong there.
    """

    name: str
    role: Role
    inputs: int
    units: int
    gates: int = 1
    copies: int = 1
    biases: int = 0
    recurrent: bool = False
    level: int = 0
    times: int = 1

    @property
    def parameters(self) -> int:
        one = self.units * self.inputs + self.units * self.units * self.recurrent + self.biases * self.units
        return self.times * self.copies * self.gates * one


Parts = tuple[Part, ...]


class Problem(NamedTuple):
    """What is to be counted."""

    architecture: Architecture
    form: Form

    def parts(self) -> Parts:
        """The right derivation."""
        return tuple(_parts(self.architecture, self.form))


def _parts(architecture: Architecture, form: Form) -> Iterator[Part]:
    level = 0
    for layer in count(architecture, form).layers:
        if layer.kind == "embedding":
            yield Part(layer.name, Role.EMBEDDING, form.input_dim, layer.terms[0].rows)
        elif layer.kind == "output":
            yield Part(layer.name, Role.OUTPUT, layer.input_dim, layer.terms[0].rows, biases=1)
        elif layer.terms:
            biases = (2 if architecture.two_biases else 1) if architecture.use_bias else 0
            yield Part(
                layer.name, Role.RECURRENT, layer.input_dim, architecture.units, len(GATES[architecture.cell]),
                architecture.directions, biases, True, level,
            )  # fmt: skip
            level += 1


Change = Callable[[Part, Problem], Part | None]


class Slip(StrEnum):
    """A slip; its value is the sentence that the person reads."""

    BIAS = _("The bias of the recurrent layer is forgotten: one number for each unit of every gate.")
    RECURRENT = _(
        "The recurrent matrix Wₕ is forgotten: the state before is multiplied too, Dₕ × Dₕ numbers for each gate."
    )
    SWAPPED = _("Input size and hidden size are swapped: Wₕ is Dₕ × Dₕ and b is Dₕ, whatever the input size.")
    FEWER_GATES = _("One gate too few is counted.")
    WRONG_FACTOR = _("The factor belongs to the other cell: an LSTM has 4 sets of matrices, a GRU 3.")
    ONE_BIAS = _("This GRU has two biases for each gate (reset_after=True), one was counted.")
    TWO_BIASES = _("This GRU has one bias for each gate (reset_after=False), two were counted.")
    ONE_DIRECTION = _("Two directions are two layers with weights of their own: times 2 is missing.")
    OUTPUT_TWICE = _(
        "The output layer was counted twice: it is there once, only its input is joined of two directions."
    )
    SECOND_INPUT = _("The second layer is fed with both directions joined: its input is 2·Dₕ, not Dₕ.")
    OUTPUT_INPUT = _("The output layer is fed with both directions joined: its input is 2·Dₕ, not Dₕ.")
    NO_EMBEDDING = _("The embedding is left out: V × d numbers are learned too.")
    EMBEDDING_BIAS = _("The embedding was counted with a bias: it is a table, V × d numbers and no more.")
    NO_OUTPUT = _("The output layer is left out: Dₕ × K weights and K biases.")
    OUTPUT_BIAS = _("The bias of the output layer is forgotten: one number for each output.")
    TIMESTEPS = _(
        "Timesteps were multiplied in: the same weights are used at every step, so the length does not count."
    )
    BATCH = _("The batch size was multiplied in: all samples share the same weights.")
    PYTORCH = _("Two biases for each gate are PyTorch's way; in Keras SimpleRNN and LSTM have one.")


class Finding(NamedTuple):
    """One explanation of a number: a slip, or two made together, and the matrices that they concern."""

    slips: tuple[Slip, ...]
    matrices: frozenset[tuple[str, Matrix]]


class _Way(NamedTuple):
    """One way to make a slip: which parts it changes and how, and where a person should look."""

    slip: Slip
    change: Change
    matrices: tuple[Matrix, ...]


_KERNEL, _STATE = Matrix.KERNEL, Matrix.RECURRENT_KERNEL
_BIASES = (Matrix.BIAS, Matrix.RECURRENT_BIAS)
_CELL = (_KERNEL, _STATE, *_BIASES)
_HEAD = (Matrix.OUTPUT_KERNEL, Matrix.OUTPUT_BIAS)


def _on(role: Role, change: Callable[[Part, Problem], Part | None]) -> Change:
    """A change of the parts of one role; the others stay."""
    return lambda part, problem: change(part, problem) if part.role is role else part


def _gates(part: Part, problem: Problem) -> Part:
    return replace(part, gates={Cell.GRU: 4, Cell.LSTM: 3}.get(problem.architecture.cell, part.gates))


def _gru_biases(before: int, after: int) -> Change:
    return _on(
        Role.RECURRENT,
        lambda part, problem: (
            replace(part, biases=after) if problem.architecture.cell is Cell.GRU and part.biases == before else part
        ),
    )


def _torch(part: Part, problem: Problem) -> Part:
    return part if problem.architecture.cell is Cell.GRU else replace(part, biases=2 * part.biases)


def _half(part: Part, problem: Problem) -> Part:
    return replace(part, inputs=problem.architecture.units) if problem.architecture.doubles_output else part


def _fewer_gates(part: Part, _problem: Problem) -> Part:
    return replace(part, gates=part.gates - 1) if part.gates > 1 else part


def _times(role: Role | None, factor: Callable[[Form], int | None]) -> Change:
    return lambda part, problem: (
        replace(part, times=part.times * (factor(problem.form) or 1)) if role in (None, part.role) else part
    )


_WAYS = (
    _Way(Slip.BIAS, _on(Role.RECURRENT, lambda part, _p: replace(part, biases=0)), _BIASES),
    _Way(Slip.RECURRENT, _on(Role.RECURRENT, lambda part, _p: replace(part, recurrent=False)), (_STATE,)),
    _Way(
        Slip.SWAPPED,
        _on(Role.RECURRENT, lambda part, _p: replace(part, inputs=part.units, units=part.inputs)),
        (_STATE, *_BIASES),
    ),
    _Way(Slip.FEWER_GATES, _on(Role.RECURRENT, _fewer_gates), _CELL),
    _Way(Slip.WRONG_FACTOR, _on(Role.RECURRENT, _gates), _CELL),
    _Way(Slip.ONE_BIAS, _gru_biases(2, 1), _BIASES),
    _Way(Slip.TWO_BIASES, _gru_biases(1, 2), _BIASES),
    _Way(Slip.ONE_DIRECTION, _on(Role.RECURRENT, lambda part, _p: replace(part, copies=1)), _CELL),
    _Way(
        Slip.OUTPUT_TWICE,
        _on(Role.OUTPUT, lambda part, p: replace(part, copies=p.architecture.directions)),
        _HEAD,
    ),
    _Way(
        Slip.SECOND_INPUT,
        _on(Role.RECURRENT, lambda part, p: _half(part, p) if part.level else part),
        (_KERNEL,),
    ),
    _Way(Slip.OUTPUT_INPUT, _on(Role.OUTPUT, _half), (Matrix.OUTPUT_KERNEL,)),
    _Way(Slip.NO_EMBEDDING, _on(Role.EMBEDDING, lambda _part, _p: None), (Matrix.EMBEDDING,)),
    _Way(Slip.EMBEDDING_BIAS, _on(Role.EMBEDDING, lambda part, _p: replace(part, biases=1)), (Matrix.EMBEDDING,)),
    _Way(Slip.NO_OUTPUT, _on(Role.OUTPUT, lambda _part, _p: None), _HEAD),
    _Way(Slip.OUTPUT_BIAS, _on(Role.OUTPUT, lambda part, _p: replace(part, biases=0)), (Matrix.OUTPUT_BIAS,)),
    _Way(Slip.TIMESTEPS, _times(Role.RECURRENT, lambda form: form.timesteps), _CELL),
    _Way(Slip.TIMESTEPS, _times(None, lambda form: form.timesteps), tuple(Matrix)),
    _Way(Slip.BATCH, _times(Role.RECURRENT, lambda form: form.batch_size), _CELL),
    _Way(Slip.BATCH, _times(None, lambda form: form.batch_size), tuple(Matrix)),
    _Way(Slip.PYTORCH, _on(Role.RECURRENT, _torch), _BIASES),
)


class _Result(NamedTuple):
    ways: tuple[_Way, ...]
    parts: Parts
    touched: frozenset[tuple[str, Matrix]]


def _apply(way: _Way, before: _Result, problem: Problem) -> _Result | None:
    """The derivation with one slip more; nothing where it does not change the number."""
    parts, touched = list[Part](), set(before.touched)
    for part in before.parts:
        changed = way.change(part, problem)
        if changed != part:
            touched |= {(part.name, matrix) for matrix in way.matrices}
        if changed is not None:
            parts.append(changed)
    if total(parts) == total(before.parts):
        return None
    return _Result((*before.ways, way), tuple(parts), frozenset(touched))


def total(parts: Sequence[Part]) -> int:
    return sum(part.parameters for part in parts)


def slips_of(problem: Problem, parts: Parts | None = None) -> list[tuple[Slip, int]]:
    """Every slip that can be made in this derivation, with the number to which it leads."""
    return [(result.ways[0].slip, total(result.parts)) for result in _singles(problem, parts)]


def _singles(problem: Problem, parts: Parts | None) -> list[_Result]:
    start = _Result((), problem.parts() if parts is None else parts, frozenset())
    return [result for way in _WAYS if (result := _apply(way, start, problem))]


def diagnose(problem: Problem, given: int, parts: Parts | None = None) -> tuple[Finding, ...]:
    """Every explanation of a wrong number: all single slips that lead to it or, where none does, all pairs.

    Args:
        problem: what was to be counted.
        given: the number that somebody gave.
        parts: the layers that were asked for; all of the model by default.

    Returns:
        The explanations; none where the number is right or where no known slip explains it.
    """
    return _explanations(problem, problem.parts() if parts is None else parts).get(given, ())


@functools.lru_cache(maxsize=256)
def _explanations(problem: Problem, parts: Parts) -> dict[int, tuple[Finding, ...]]:
    """What explains each wrong number: a class of students gives the same ones again and again."""
    found: dict[int, dict[frozenset[Slip], Finding]] = {}
    singles = _singles(problem, parts)
    explained = {total(result.parts) for result in singles} | {total(parts)}
    pairs = [both for both in _pairs(problem, singles) if total(both.parts) not in explained]
    for result in (*singles, *pairs):
        slips = tuple(way.slip for way in result.ways)
        found.setdefault(total(result.parts), {}).setdefault(frozenset(slips), Finding(slips, result.touched))
    return {number: tuple(findings.values()) for number, findings in found.items()}


def _pairs(problem: Problem, singles: Sequence[_Result]) -> Iterator[_Result]:
    """Two slips made together, each of which changes the number also beside the other."""
    for one, other in combinations(singles, 2):
        way = other.ways[0]
        if one.ways[0].slip is not way.slip and (both := _apply(way, one, problem)):
            yield both
