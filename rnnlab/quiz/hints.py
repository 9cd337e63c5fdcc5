"""Hints in three steps: which layers have weights, the formula, the formula with numbers. None holds a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rnnlab.formulas import Formula, layer_formulas
from rnnlab.quiz.questions import Change, Kind, Question, changed, counted, layer_of
from rnnlab.quiz.slips import Problem
from rnnlab.texts import _

Hints = tuple[str, str, str]


def hints(question: Question) -> Hints:
    """The three hints for a question, each as lines of plain text."""
    return _HINTS[question.kind](question)


def _formulas(problem: Problem, only: str = "") -> list[tuple[str, Formula]]:
    layers = counted(problem).layers
    pairs = zip(layers, layer_formulas(layers, problem.architecture, problem.form), strict=True)
    return [(layer.name, formula) for layer, formula in pairs if formula.symbols and only in ("", layer.name)]


def _steps(formulas: list[tuple[str, Formula]]) -> Hints:
    names = ", ".join(name for name, _formula in formulas)
    return (
        _("Layers with weights: {names}.").format(names=names),
        "\n".join(f"{name}: {formula.symbols}" for name, formula in formulas),
        "\n".join(f"{name}: {formula.numbers}" for name, formula in formulas),
    )


def _model(question: Question) -> Hints:
    return _steps(_formulas(question.model))


def _layer(question: Question) -> Hints:
    first, symbols, numbers = _steps(_formulas(question.model, question.layer))
    gates = _("Each gate has Wₓ, Wₕ and its bias. {names}").format(names=first)
    return gates, symbols, numbers


def _matrix(question: Question) -> Hints:
    layer = layer_of(question)
    return (
        _("A gate turns the input into Dₕ numbers with Wₓ and the state into Dₕ numbers with Wₕ."),
        _("Wₓ is Dₕ × d, Wₕ is Dₕ × Dₕ."),
        _("For {layer}: d = {d:,}, Dₕ = {units:,}.").format(
            layer=layer.name, d=layer.input_dim, units=question.model.architecture.units
        ),
    )


def _shape(question: Question) -> Hints:
    form = question.model.form
    every = _("There is one output at every step.") if form.pattern.many_outputs else _("Only the last step comes out.")
    return (
        _("First the batch, then the timesteps if they come out, then how many numbers."),
        every,
        _last(question.model),
    )


def _last(problem: Problem) -> str:
    architecture, form = problem
    if form.outputs is not None:
        return _("The output layer has {k:,} neurons.").format(k=form.outputs)
    if architecture.doubles_output:
        return _("The states of both directions come out side by side, {units:,} numbers each.").format(
            units=architecture.units
        )
    return _("The state comes out, {units:,} numbers.").format(units=architecture.units)


def _compare(question: Question) -> Hints:
    if question.other is None:
        return _model(question)
    a, b = _model(question), _steps(_formulas(question.other))
    return tuple(f"A: {first}\nB: {second}" for first, second in zip(a, b, strict=True))  # type: ignore[return-value]


def _size(question: Question) -> Hints:
    architecture, form = question.model
    first, symbols, _numbers = _model(question)
    if architecture.embedding_dim is None:
        known = _("input size = {d:,}").format(d=form.input_dim)
    else:
        known = _("embedding dimension d = {d:,}, vocabulary V = {v:,}").format(
            d=architecture.embedding_dim, v=form.input_dim
        )
    solve = _("Put in: {known}. Solve for Dₕ, or try a few values: the count grows with it.").format(known=known)
    return first, symbols, solve


def _change(question: Question) -> Hints:
    if question.change in (Change.BATCH, Change.TIMESTEPS, Change.EVERY_STEP) or question.change is None:
        same = _model(question)
        return same[0], same[1], _("Does anything in these formulas change?")
    before, after = _model(question), _steps(_formulas(changed(question.model, question.change)))
    lines = (_("before: {one}\nafter: {other}").format(one=o, other=a) for o, a in zip(before, after, strict=True))
    return tuple(lines)  # type: ignore[return-value]


def _written(_question: Question) -> Hints:
    return (_("This question was written by hand and has no hints."),) * 3


_HINTS: dict[Kind, Callable[[Question], Hints]] = {
    Kind.MODEL: _model,
    Kind.LAYER: _layer,
    Kind.MATRIX: _matrix,
    Kind.SHAPE: _shape,
    Kind.COMPARE: _compare,
    Kind.SIZE: _size,
    Kind.CHANGE: _change,
    Kind.WRITTEN: _written,
}


def solved(question: Question, units: int) -> Problem:
    """The model of a question for a hidden size, now that it is known."""
    return Problem(replace(question.model.architecture, units=units), question.model.form)
