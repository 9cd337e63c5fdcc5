"""The NumPy code that a person takes home: run by itself, it gives the states that are on screen."""

import re
import subprocess
import sys

import numpy as np
import pytest

from rnnlab.architecture import Cell
from rnnlab.export_numpy import ARRAYS_FILE, MOST_LITERALS, arrays, script
from rnnlab.reference import Trace, Weights, random_weights
from rnnlab.reference.equations import State

CELLS = [(Cell.SIMPLE_RNN, True), (Cell.LSTM, True), (Cell.GRU, True), (Cell.GRU, False)]
every_cell = pytest.mark.parametrize(("cell", "after"), CELLS, ids=["rnn", "lstm", "gru", "gru-before"])


def a_trace(cell, after, *, shape=(2, 5, 6, 4), bias=True, **options):
    """A batch of random numbers (B, T, D) read by U units with random biases."""
    rng = np.random.default_rng(5)
    batch, timesteps, inputs, units = shape
    weights = random_weights(cell, inputs, units, 2, after)
    weights = Weights(*weights[:2], rng.standard_normal(weights.bias.shape)) if bias else Weights(*weights[:2])
    return Trace(cell, weights, rng.standard_normal((batch, timesteps, inputs)), after, **options)


def run(code, folder):
    """What the code prints, in a Python of its own that knows of no rnnlab."""
    file = folder / "cell.py"
    file.write_text(code, encoding="utf-8")
    command = [sys.executable, "-I", "-W", "error", file.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert not done.stderr
    printed, _, shape = done.stdout.partition("shape: ")
    size = tuple(int(number) for number in re.findall(r"\d+", shape))
    return np.array(printed.replace("[", " ").replace("]", " ").split(), dtype=float).reshape(size)


def same(trace, sample, folder):
    np.testing.assert_allclose(run(script(trace, sample), folder), trace.h[sample], rtol=0, atol=1e-6)


@every_cell
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
def test_the_code_prints_all_hidden_states(cell, after, bias, tmp_path):
    same(a_trace(cell, after, bias=bias), 1, tmp_path)


@every_cell
def test_the_code_begins_where_the_layer_did_and_reads_backward_past_padding(cell, after, tmp_path):
    state = State(np.full((2, 4), -0.6), np.full((2, 4 if cell is Cell.LSTM else 0), 1.7))
    mask = np.array([[True] * 5, [True, True, True, False, False]])
    trace = a_trace(cell, after, backward=True, mask=mask, state=state)
    for sample in (0, 1):
        same(trace, sample, tmp_path)
    assert "padding" not in script(trace, 0)
    assert "padding" in script(trace, 1)


@every_cell
def test_more_numbers_than_a_person_would_read_come_from_a_file(cell, after, tmp_path):
    trace = a_trace(cell, after, shape=(1, 7, 40, 130))
    code, found = script(trace, 0), arrays(trace, 0)
    assert sum(array.size for array in found.values()) > MOST_LITERALS
    assert ARRAYS_FILE in code
    assert len(code) < 3_000
    np.savez(tmp_path / ARRAYS_FILE, **found)
    np.testing.assert_allclose(run(code, tmp_path), trace.h[0], rtol=0, atol=1e-6)


def test_numbers_have_as_many_digits_as_chaos_needs(tmp_path):
    """Large recurrent weights double a difference at every step: seven digits would be lost in a few dozen steps."""
    rng = np.random.default_rng(1)
    weights = Weights(rng.standard_normal((2, 30)), 0.7 * rng.standard_normal((30, 30)), rng.standard_normal(30))
    trace = Trace(Cell.SIMPLE_RNN, weights, rng.standard_normal((1, 60, 2)))
    same(trace, 0, tmp_path)
    longest = max(len(number) for number in re.findall(r"\.\d+", script(trace, 0)))
    assert longest > max(len(number) for number in re.findall(r"\.\d+", script(a_trace(*CELLS[0]), 0)))


def test_numbers_that_would_overflow_e_to_the_x_give_no_warning(tmp_path):
    trace = a_trace(Cell.LSTM, True)
    huge = Weights(trace.weights.kernel * 1e4, *trace.weights[1:])
    same(Trace(Cell.LSTM, huge, trace.inputs), 0, tmp_path)


def test_the_code_is_written_as_the_lectures_write_it():
    code = script(a_trace(Cell.LSTM, True), 0)
    for line in (
        "f = sigmoid(W_xf @ x[t] + W_hf @ h + b_f)  # forget gate",
        "g = np.tanh(W_xg @ x[t] + W_hg @ h + b_g)  # candidate",
        "c = f * c + i * g\n",
        "h = o * np.tanh(c)\n",
        "h = np.zeros(4)\nc = np.zeros(4)\n",
    ):
        assert line in code
    assert "h = (1 - z) * g + z * h\n" in script(a_trace(Cell.GRU, True), 0)
    assert "g = np.tanh(W_xg @ x[t] + b_g + r * (W_hg @ h + b_hg))" in script(a_trace(Cell.GRU, True), 0)
    assert "h = np.tanh(W_x @ x[t] + W_h @ h + b)\n" in script(a_trace(Cell.SIMPLE_RNN, True), 0)


def test_no_line_of_the_code_is_too_long_to_read():
    code = script(a_trace(Cell.GRU, True, shape=(1, 4, 30, 20)), 0)
    assert max(map(len, code.splitlines())) <= 120
