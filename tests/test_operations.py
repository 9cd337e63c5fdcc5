"""The operations of a step: what their terms give, in every notation, and how they are written."""

import numpy as np
import pytest

from rnnlab.architecture import Cell
from rnnlab.counting import Gate
from rnnlab.operations import SIGNS, Grid, Notation, operations
from rnnlab.reference import Trace, Weights, random_weights, sigmoid
from rnnlab.reference.equations import State

CELLS = [(Cell.SIMPLE_RNN, True), (Cell.LSTM, True), (Cell.GRU, True), (Cell.GRU, False)]
every_cell = pytest.mark.parametrize(("cell", "after"), CELLS, ids=["rnn", "lstm", "gru", "gru-before"])
every_notation = pytest.mark.parametrize("notation", Notation, ids=lambda notation: notation.name)
#: The signs as Python writes them; each name stands for the values of a grid.
PYTHON = {sign: sign for sign in SIGNS} | {"×": "@", "∘": "*", "−": "-", "σ(": "sigmoid(", "tanh(": "tanh("}


def a_trace(cell, after, *, bias=True, **options):
    """Two sequences of 3 steps of 6 numbers, read by 4 units with random biases from a random state."""
    rng = np.random.default_rng(4)
    weights = random_weights(cell, 6, 4, 1, after)
    biases = weights.bias.shape if bias else ()
    weights = Weights(weights.kernel, weights.recurrent_kernel, rng.standard_normal(biases) if bias else np.zeros(()))
    state = State(rng.standard_normal((2, 4)), rng.standard_normal((2, 4 if cell is Cell.LSTM else 0)))
    return Trace(cell, weights, rng.standard_normal((2, 3, 6)), after, state=state, **options)


def evaluated(operation):
    grids = [term for term in operation.terms if isinstance(term, Grid)]
    numbers = iter(range(len(grids)))
    code = " ".join(PYTHON[term] if isinstance(term, str) else f"v{next(numbers)}" for term in operation.terms)
    values = {f"v{number}": grid.values for number, grid in enumerate(grids)}
    return eval(code, {"sigmoid": sigmoid, "tanh": np.tanh, **values})


@every_cell
@every_notation
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
def test_the_terms_of_every_operation_give_its_result(cell, after, notation, bias, backward):
    trace = a_trace(cell, after, bias=bias, backward=backward)
    for t in range(3):
        for operation in operations(trace, 1, t, notation):
            result = evaluated(operation)
            assert result.shape == operation.result.values.shape
            np.testing.assert_allclose(result, operation.result.values, rtol=1e-12, atol=1e-12)


@every_cell
@every_notation
def test_what_an_operation_gives_goes_into_later_ones(cell, after, notation):
    """Every grid is an input, a weight, the state before, or the result of an earlier operation or a part of it."""
    known = []
    trace = a_trace(cell, after)
    for operation in operations(trace, 0, 1, notation):
        for term in operation.terms:
            if isinstance(term, Grid) and term.label.endswith("_t") and term.label != "x_t":
                assert term.label in known
        known.append(operation.result.label)
    assert known[-1] == "h_t"
    np.testing.assert_array_equal(operation.result.values.ravel(), trace.h[0, 1])


@pytest.mark.parametrize(
    ("cell", "notation", "names"),
    [
        (Cell.SIMPLE_RNN, Notation.SEPARATE, "W_x W_h sum h"),
        (Cell.SIMPLE_RNN, Notation.STACKED, "W sum h"),
        (Cell.SIMPLE_RNN, Notation.KERAS, "W_x W_h sum h"),
        (Cell.LSTM, Notation.SEPARATE, "f i g c o h"),
        (Cell.LSTM, Notation.STACKED, "f i g c o h"),
        (Cell.LSTM, Notation.KERAS, "sums i f g c o h"),
        (Cell.GRU, Notation.SEPARATE, "r z g h"),
        (Cell.GRU, Notation.KERAS, "sums_x sums_h z r g h"),
    ],
)
def test_operations_come_in_the_order_of_the_lectures_or_of_keras(cell, notation, names):
    found = operations(a_trace(cell, True), 0, 0, notation)
    assert [operation.name for operation in found] == names.split()


@pytest.mark.parametrize(
    ("cell", "after", "notation", "name", "equation"),
    [
        (Cell.SIMPLE_RNN, True, Notation.SEPARATE, "h", r"h_t = \tanh(W_{x}\,x_t + W_{h}\,h_{t-1} + b)"),
        (Cell.LSTM, True, Notation.SEPARATE, "f", r"f_t = \sigma(W_{xf}\,x_t + W_{hf}\,h_{t-1} + b_{f})"),
        (Cell.LSTM, True, Notation.STACKED, "f", r"f_t = \sigma(W_{f}\,[h_{t-1}; x_t] + b_{f})"),
        (Cell.LSTM, True, Notation.SEPARATE, "c", r"c_t = f_t \circ c_{t-1} + i_t \circ g_t"),
        (Cell.LSTM, True, Notation.SEPARATE, "h", r"h_t = o_t \circ \tanh(c_t)"),
        (
            Cell.GRU, False, Notation.SEPARATE, "g",
            r"g_t = \tanh(W_{xg}\,x_t + W_{hg}\,(r_t \circ h_{t-1}) + b_{g})",
        ),
        (
            Cell.GRU, True, Notation.SEPARATE, "g",
            r"g_t = \tanh(W_{xg}\,x_t + b_{g} + r_t \circ (W_{hg}\,h_{t-1} + b_{hg}))",
        ),
        (Cell.GRU, False, Notation.STACKED, "g", r"g_t = \tanh(W_{g}\,[r_t \circ h_{t-1}; x_t] + b_{g})"),
        (Cell.GRU, True, Notation.SEPARATE, "h", r"h_t = (1 - z_t) \circ g_t + z_t \circ h_{t-1}"),
        (
            Cell.LSTM, True, Notation.KERAS, "sums",
            r"s_t = x_t\,\texttt{kernel} + h_{t-1}\,\texttt{recurrent\_kernel} + \texttt{bias}",
        ),
    ],
)  # fmt: skip
def test_equations_are_those_of_the_lectures(cell, after, notation, name, equation):
    found = {operation.name: operation.equation for operation in operations(a_trace(cell, after), 0, 1, notation)}
    assert found[name] == equation


@pytest.mark.parametrize("after", [True, False])
@every_notation
def test_a_candidate_that_one_matrix_cannot_say_says_why_it_has_two(after, notation):
    found = {one.name: one for one in operations(a_trace(Cell.GRU, after), 0, 1, notation)}
    alone = after and notation is Notation.STACKED
    assert ("one matrix over [h; x] cannot say that" in found["g"].says) == alone
    assert "cannot say" not in found["z"].says


def test_the_products_of_f5_are_4_by_6_times_6_by_1_and_4_by_4_times_4_by_1():
    trace = Trace(Cell.SIMPLE_RNN, random_weights(Cell.SIMPLE_RNN, 6, 4, 1), np.ones((1, 10, 6)))
    found = operations(trace, 0, 3, Notation.SEPARATE)
    shapes = [[term.values.shape for term in one.terms if isinstance(term, Grid)] for one in found]
    assert shapes == [[(4, 6), (6, 1)], [(4, 4), (4, 1)], [(4, 1), (4, 1), (4, 1)], [(4, 1)]]
    assert {operation.result.values.shape for operation in found} == {(4, 1)}


@pytest.mark.parametrize(
    ("notation", "equations"),
    [
        (Notation.SEPARATE, [
            r"h_t = \tanh(\underline{W_{x}\,x_t} + W_{h}\,h_{t-1} + b)",
            r"h_t = \tanh(W_{x}\,x_t + \underline{W_{h}\,h_{t-1}} + b)",
            r"h_t = \tanh(\underline{W_{x}\,x_t + W_{h}\,h_{t-1} + b})",
            r"h_t = \tanh(W_{x}\,x_t + W_{h}\,h_{t-1} + b)",
        ]),
        (Notation.STACKED, [
            r"h_t = \tanh(\underline{W\,[h_{t-1}; x_t]} + b)",
            r"h_t = \tanh(\underline{W\,[h_{t-1}; x_t] + b})",
            r"h_t = \tanh(W\,[h_{t-1}; x_t] + b)",
        ]),
    ],
)  # fmt: skip
def test_the_steps_of_a_simple_rnn_are_underlined_in_its_equation(notation, equations):
    assert [one.equation for one in operations(a_trace(Cell.SIMPLE_RNN, True), 0, 1, notation)] == equations


@every_cell
@every_notation
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
def test_what_goes_into_every_gate_is_drawn(cell, after, notation, bias):
    squashed = 0
    for operation in operations(a_trace(cell, after, bias=bias), 1, 1, notation):
        if operation.terms[0] in ("σ(", "tanh("):
            squashed += 1
            total = operation.inside or operation.terms[1]
            assert total.label.startswith("s_")
            squash = sigmoid if operation.terms[0] == "σ(" else np.tanh
            np.testing.assert_allclose(squash(total.values), operation.result.values)
    assert squashed == {Cell.SIMPLE_RNN: 1, Cell.LSTM: 4, Cell.GRU: 3}[cell]


def test_keras_stores_the_gates_side_by_side():
    sums, *_ = operations(a_trace(Cell.LSTM, True), 0, 0, Notation.KERAS)
    kernel = sums.terms[2]
    assert kernel.values.shape == (6, 16)
    assert kernel.gates == (Gate.INPUT, Gate.FORGET, Gate.CANDIDATE, Gate.OUTPUT)
    assert sums.result.values.shape == (1, 16)


@pytest.mark.parametrize("notation", Notation, ids=lambda notation: notation.name)
def test_read_backward_the_state_comes_from_the_step_after(notation):
    for operation in operations(a_trace(Cell.LSTM, True, backward=True), 0, 1, notation):
        assert "t-1" not in operation.equation


@every_cell
@every_notation
def test_a_step_that_is_padding_keeps_the_state(cell, after, notation):
    trace = a_trace(cell, after, mask=np.array([[True, True, True], [True, False, False]]))
    found = operations(trace, 1, 2, notation)
    assert [operation.name for operation in found] == (["c", "h"] if cell is Cell.LSTM else ["h"])
    for operation in found:
        np.testing.assert_array_equal(evaluated(operation), operation.result.values)
        assert "padding" in operation.says
    assert len(operations(trace, 0, 2, notation)) == len(operations(a_trace(cell, after), 0, 2, notation))


@every_cell
@every_notation
def test_every_operation_says_what_it_does(cell, after, notation):
    for operation in operations(a_trace(cell, after), 0, 0, notation):
        assert operation.says.endswith(".")
        assert len(operation.says) > 40
