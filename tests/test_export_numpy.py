"""The NumPy code that a person takes home: run by itself, it gives the states that are on screen."""

import re
import subprocess
import sys

import numpy as np
import pytest

from rnnlab.architecture import Architecture, Cell
from rnnlab.export_numpy import ARRAYS_FILE, MOST_LITERALS, arrays, script
from rnnlab.inside.following import follow
from rnnlab.inside.output import output
from rnnlab.inside.scenes import task_scene
from rnnlab.reference import Model, Trace, Weights, random_weights
from rnnlab.reference.equations import State
from rnnlab.tasks import TASKS
from rnnlab.tasks.task import samples

CELLS = [(Cell.SIMPLE_RNN, True), (Cell.LSTM, True), (Cell.GRU, True), (Cell.GRU, False)]
every_cell = pytest.mark.parametrize(("cell", "after"), CELLS, ids=["rnn", "lstm", "gru", "gru-before"])


def a_trace(cell, after, *, shape=(2, 5, 6, 4), bias=True, **options):
    """A batch of random numbers (B, T, D) read by U units with random biases."""
    rng = np.random.default_rng(5)
    batch, timesteps, inputs, units = shape
    weights = random_weights(cell, inputs, units, 2, after)
    weights = Weights(*weights[:2], rng.standard_normal(weights.bias.shape)) if bias else Weights(*weights[:2])
    return Trace(cell, weights, rng.standard_normal((batch, timesteps, inputs)), after, **options)


def executed(code, folder):
    """What the code prints, in a Python of its own that knows of no rnnlab."""
    file = folder / "cell.py"
    file.write_text(code, encoding="utf-8")
    command = [sys.executable, "-I", "-W", "error", file.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.stdout


def run(code, folder):
    """The states that the code prints."""
    printed, _, shape = executed(code, folder).partition("shape: ")
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


def test_every_row_of_a_matrix_stands_in_one_line():
    """So the largest code without a file is still short enough to be shown, and so copied, as a whole."""
    trace = a_trace(Cell.LSTM, True, shape=(1, 6, 30, 55))
    code = script(trace, 0)
    assert MOST_LITERALS * 0.9 < sum(array.size for array in arrays(trace, 0).values()) < MOST_LITERALS
    rows = 6 + 4 * 2 * 55
    assert rows < len(code.splitlines()) < rows + 60


@every_cell
@pytest.mark.parametrize("name", ["hihello", "sentiment", "adding"])
def test_the_code_says_what_the_model_says(cell, after, name, tmp_path):
    task = TASKS[name]
    model = Model.random(Architecture(cell, 4, layers=2, reset_after=after), task.form, 3)
    inputs, targets = samples(task, 0)
    scene = task_scene(task, model, inputs[0], targets[0])
    first, last = follow(scene).readings
    assert output(scene, first.place) is None
    code = script(last.trace, 0, output(scene, last.place))
    said = model.forward(scene.inputs).outputs[0]
    numbers = executed(code, tmp_path).partition("shape: ")[2].partition("\n")[2]
    values, _, likeliest = numbers.partition("said: ")
    found = np.array(values.replace("[", " ").replace("]", " ").split(), dtype=float).reshape(said.shape)
    np.testing.assert_allclose(found, said, rtol=0, atol=1e-6)
    expected = [] if name == "adding" else said.argmax(-1).tolist()
    assert [int(number) for number in re.findall(r"\d+", likeliest)] == expected
