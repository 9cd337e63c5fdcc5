"""The operations of one timestep of a recurrent cell with their numbers.

Each is a row of matrices and vectors with signs between them, in reading order; its equation is that row in LaTeX. The
equations are those of ``reference.equations``, in the three notations of the lectures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rnnlab.architecture import Cell
from rnnlab.counting import Gate
from rnnlab.reference import Array, Trace
from rnnlab.symbols import BIAS, KERNEL, LETTERS, RECURRENT_KERNEL, SIGNS, Grid, Notation, Symbols, Term, Terms
from rnnlab.texts import _, noted

__all__ = ["LETTERS", "SIGNS", "Grid", "Notation", "Operation", "Term", "Terms", "operations"]


class Operation(NamedTuple):
    """One operation of a timestep.

    Attributes:
        name: the value that it computes. SimpleRNN: its products "W_x" and "W_h", or "W" over [h; x], then "sum" and h;
            LSTM: f, i, g, c, o, h; GRU: r, z, g, h. In Keras' notation first the sums of all gates: LSTM "sums"; GRU
            "sums_x" (of the input) and "sums_h" (of the state). A step that is padding has h alone, or c and h.
        gate: the gate that it computes, if it is one.
        equation: in LaTeX, with the lectures' symbols.
        terms: grids with ``SIGNS`` between them, in reading order.
        result: what they give.
        says: what the operation does, in a sentence.
        inside: what the terms give before it is squashed, where they do more than name it.
    """

    name: str
    gate: Gate | None
    equation: str
    terms: Terms
    result: Grid
    says: str
    inside: Grid | None = None


_SAYS = {
    (Cell.SIMPLE_RNN, "W_x"): noted("What is read now, weighed by the matrix: one number for each unit."),
    (Cell.SIMPLE_RNN, "W_h"): noted(
        "The state before, weighed by its own matrix: all that comes from earlier timesteps."
    ),
    (Cell.SIMPLE_RNN, "W"): noted("State and input stand on each other, and one product weighs both."),
    (Cell.SIMPLE_RNN, "sum"): noted("All of it is added, number by number: s is what goes into tanh."),
    (Cell.SIMPLE_RNN, "h"): noted(
        "The new state mixes what is read now with the state before; tanh keeps it between −1 and 1."
    ),
    (Cell.LSTM, "sums"): noted("One product with each matrix gives the sums of all gates at once, side by side."),
    (Cell.LSTM, "f"): noted("f near 0 erases what the cell state held, f near 1 keeps it."),
    (Cell.LSTM, "i"): noted("i near 0 writes nothing of the candidate g, i near 1 writes all of it."),
    (Cell.LSTM, "g"): noted("g is what could be written into the cell state, between −1 and 1."),
    (Cell.LSTM, "c"): noted("The cell state keeps what f has not erased, and i∘g is written on top."),
    (Cell.LSTM, "o"): noted("o near 0 hides the cell state, o near 1 reveals it."),
    (Cell.LSTM, "h"): noted("The hidden state is what o reveals of the cell state."),
    (Cell.GRU, "sums_x"): noted("One product gives the input's part in the sums of all gates, side by side."),
    (Cell.GRU, "sums_h"): noted("One product gives the old state's part in the sums, side by side."),
    (Cell.GRU, "r"): noted("r near 0 leaves the old state out of the candidate g, r near 1 lets all of it in."),
    (Cell.GRU, "z"): noted("z near 1 keeps the old state, z near 0 replaces it by the candidate g."),
    (Cell.GRU, "g"): noted("g is the candidate: the input together with what r lets in of the old state."),
    (Cell.GRU, "h"): noted("The new state is z of the old state and 1 − z of the candidate."),
}
_TWO_MATRICES = noted(
    "With reset_after, r weighs W_hg h + b_hg but not W_xg x: one matrix over [h; x] cannot say that, so there are two."
)
_PADDING = noted("This step is padding: it is passed over, and the state stays as it is.")


def operations(trace: Trace, sample: int, t: int, notation: Notation) -> tuple[Operation, ...]:
    """The operations of step ``t``, in the order in which they are done: the lectures', or Keras'.

    Args:
        trace: a layer that has read a batch.
        sample: which of the batch.
        t: which timestep of the input, counted from 0.
        notation: in which form gates are written.

    Raises:
        IndexError: there is no such sample or timestep.
    """
    symbols = Symbols(trace, sample, t, notation)
    if trace.mask is not None and not trace.mask[sample, t]:
        return _padding(symbols)
    return _in_steps(symbols) if trace.cell is Cell.SIMPLE_RNN else computed(symbols)


def computed(symbols: Symbols) -> tuple[Operation, ...]:
    """The operations of a step, whether or not it is padding, each equation of the lectures as one."""
    return _CELLS[symbols.trace.cell](symbols)


def _padding(symbols: Symbols) -> tuple[Operation, ...]:
    states = {"c": symbols.c, "h": symbols.h} if symbols.trace.cell is Cell.LSTM else {"h": symbols.h}
    return tuple(_operation(symbols, name, (before,))._replace(says=_(_PADDING)) for name, before in states.items())


def _operation(symbols: Symbols, name: str, terms: Terms, result: Grid | None = None) -> Operation:
    found = result or symbols.value(name)
    says = _(_SAYS[symbols.trace.cell, name])
    return Operation(name, found.gate, f"{found.label} = {_latex(terms)}", terms, found, says)


def _latex(terms: Terms) -> str:
    return "".join(SIGNS[term] if isinstance(term, str) else term.label for term in terms)


def _squash(symbols: Symbols, gate: Gate, terms: Terms) -> Operation:
    """The operation of a gate: its sum, between 0 and 1, or that of a candidate between −1 and 1."""
    squash = "tanh(" if gate is Gate.CANDIDATE else "σ("
    found = _operation(symbols, LETTERS[gate], (squash, *terms, ")"), symbols.gate(gate))
    return found if len(terms) == 1 else found._replace(inside=symbols.own_sum(gate))


def _simple_rnn(symbols: Symbols) -> tuple[Operation, ...]:
    terms = symbols.row_sums() if symbols.keras else symbols.inside(Gate.STATE)
    return (_operation(symbols, "h", ("tanh(", *terms, ")"), symbols.value("h", Gate.STATE)),)


def _in_steps(symbols: Symbols) -> tuple[Operation, ...]:
    """The one equation of a SimpleRNN step by step: its products, their sum and tanh of it, underlined in the equation."""
    (whole,) = computed(symbols)
    names = iter(("W",) if symbols.stacked else ("W_x", "W_h"))
    found: list[Operation] = []
    plus: Terms = ()
    for terms in _added(whole.terms[1:-1]):
        part = terms[0]
        if len(terms) > 1:
            part = Grid(_latex(terms), _product(*terms), Gate.STATE)
            found.append(_operation(symbols, next(names), terms, part))
        plus = *plus, "+", part
    total = symbols.own_sum(Gate.STATE)
    found.append(_operation(symbols, "sum", plus[1:], total))
    return *(_underlined(whole.equation, one) for one in found), whole._replace(terms=("tanh(", total, ")"))


def _product(left: Term, _times: Term, right: Term) -> Array:
    assert isinstance(left, Grid)
    assert isinstance(right, Grid)
    found: Array = left.values @ right.values
    return found


def _added(terms: Terms) -> list[Terms]:
    """What is added in a sum, part by part."""
    found: list[Terms] = [()]
    for term in terms:
        found = [*found, ()] if term == "+" else [*found[:-1], (*found[-1], term)]
    return found


def _underlined(equation: str, operation: Operation) -> Operation:
    """The operation with this equation, and its own part of it underlined."""
    own = _latex(operation.terms)
    return operation._replace(equation=equation.replace(own, rf"\underline{{{own}}}"))


def _lstm(symbols: Symbols) -> tuple[Operation, ...]:
    i, f, g, o = (symbols.gate(gate) for gate in symbols.gates)
    first: tuple[Operation, ...] = ()
    order: tuple[Gate, ...] = (Gate.FORGET, Gate.INPUT, Gate.CANDIDATE)
    if symbols.keras:
        sums = symbols.stored("s_t", symbols.numbers("sums"))
        first, order = (_operation(symbols, "sums", symbols.row_sums(), sums),), symbols.gates[:3]
    inside = _own_sum if symbols.keras else Symbols.inside
    return (
        *first,
        *(_squash(symbols, gate, inside(symbols, gate)) for gate in order),
        _operation(symbols, "c", (f, "∘", symbols.c, "+", i, "∘", g)),
        _squash(symbols, Gate.OUTPUT, inside(symbols, Gate.OUTPUT)),
        _operation(symbols, "h", (o, "∘", "tanh(", symbols.value("c"), ")")),
    )


def _own_sum(symbols: Symbols, gate: Gate) -> Terms:
    return (symbols.own_sum(gate),)


def _gru(symbols: Symbols) -> tuple[Operation, ...]:
    z, r, g = (symbols.gate(gate) for gate in symbols.gates)
    mix = _operation(symbols, "h", ("(", "1", "−", z, ")", "∘", g, "+", z, "∘", symbols.h))
    if symbols.keras:
        return *_gru_rows(symbols, r), mix
    gates = [_squash(symbols, gate, symbols.inside(gate)) for gate in (Gate.RESET, Gate.UPDATE)]
    candidate = _reset_after if symbols.trace.reset_after else _reset_before
    found = _squash(symbols, Gate.CANDIDATE, candidate(symbols, r))
    if symbols.stacked and symbols.trace.reset_after:
        found = found._replace(says=f"{found.says} {_(_TWO_MATRICES)}")
    return *gates, found, mix


def _reset_after(symbols: Symbols, r: Grid) -> Terms:
    """W_xg x + b_g + r∘(W_hg h + b_hg), which no single matrix over [h; x] can say."""
    gate = Gate.CANDIDATE
    held = symbols.matrix("h", gate), "×", symbols.h, *symbols.plus_bias(gate, 1)
    return symbols.matrix("x", gate), "×", symbols.x, *symbols.plus_bias(gate), "+", r, "∘", "(", *held, ")"


def _reset_before(symbols: Symbols, r: Grid) -> Terms:
    """W_xg x + W_hg (r∘h) + b_g, or W_g [r∘h; x] + b_g."""
    gate = Gate.CANDIDATE
    if symbols.stacked:
        held = symbols.vector(rf"{r.label} \circ {symbols.h.label}", symbols.numbers("held"))
        return symbols.both(gate), "×", symbols.over_x(held), *symbols.plus_bias(gate)
    held_terms = symbols.matrix("h", gate), "×", "(", r, "∘", symbols.h, ")"
    return symbols.matrix("x", gate), "×", symbols.x, "+", *held_terms, *symbols.plus_bias(gate)


def _gru_rows(symbols: Symbols, r: Grid) -> tuple[Operation, ...]:
    """As Keras does it: the products with x and with h are made apart, as r may stand between them."""
    weights, gate = symbols.trace.weights, Gate.CANDIDATE
    of_x = _summed(symbols, "sums_x", symbols.x, (KERNEL, weights.kernel), 0)
    if symbols.trace.reset_after:
        of_h = _summed(symbols, "sums_h", symbols.h, (RECURRENT_KERNEL, weights.recurrent_kernel), 1)
        held: Terms = r, "∘", _part(symbols, of_h, gate)
    else:
        own = symbols.columns(gate)
        others = rf"{RECURRENT_KERNEL}_{{zr}}", weights.recurrent_kernel[:, : own.start]
        of_h = _summed(symbols, "sums_h", symbols.h, others, 1)
        kernel = Grid(rf"{RECURRENT_KERNEL}_{{g}}", weights.recurrent_kernel[:, own], gate)
        held = "(", r, "∘", symbols.h, ")", "×", kernel
    gates = [
        _squash(symbols, gate, (_part(symbols, of_x, gate), "+", _part(symbols, of_h, gate)))
        for gate in (Gate.UPDATE, Gate.RESET)
    ]
    return of_x, of_h, *gates, _squash(symbols, gate, (_part(symbols, of_x, gate), "+", *held))


def _summed(symbols: Symbols, name: str, row: Grid, matrix: tuple[str, Array], number: int) -> Operation:
    """A row times a matrix of several gates, plus the bias of that number, if there is one."""
    label, stored = matrix
    terms, sums = symbols.product(row, label, stored), row.values @ stored
    biases = symbols.trace.weights.bias
    if number < biases.ndim:
        bias = np.atleast_2d(biases)[number]
        terms = *terms, "+", symbols.stored(f"{BIAS}[{number}]" if biases.ndim > 1 else BIAS, bias)
        sums = sums + bias
    return _operation(symbols, name, terms, symbols.stored(name.replace("sums_", "s_"), sums))


def _part(symbols: Symbols, sums: Operation, gate: Gate) -> Grid:
    """A gate's columns of such sums."""
    subscript = sums.name.removeprefix("sums_") + LETTERS[gate]
    return Grid(f"s_{{{subscript}}}", sums.result.values[:, symbols.columns(gate)], gate)


_CELLS: dict[Cell, Callable[[Symbols], tuple[Operation, ...]]] = {
    Cell.SIMPLE_RNN: _simple_rnn,
    Cell.LSTM: _lstm,
    Cell.GRU: _gru,
}
