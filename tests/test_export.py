"""What a person takes home does what rnnlab does: the model's code, the script of a run, the history as CSV."""

import ast
import csv
import io
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given

from rnnlab import models, training
from rnnlab.architecture import FIRST_BENCH, Activation, Architecture, Cell, Direction, Form, MergeMode
from rnnlab.counting import count
from rnnlab.experiment import Clipping, Experiment, Optimizer, Training
from rnnlab.export import history_csv, model_code, script
from rnnlab.history import History
from rnnlab.presets import PRESETS
from rnnlab.tasks import FIXED_TASKS, OWN_TEXT, task
from tests.strategies import experiments

pytestmark = pytest.mark.usefixtures("keras_ready")

MODELS = [
    *((architecture, Form()) for architecture in FIRST_BENCH),
    *((preset.bench[0], preset.form) for preset in PRESETS),
    (Architecture(Cell.LSTM, 4, 3, Direction.BIDIRECTIONAL, layers=2), Form()),
    (Architecture(Cell.GRU, 4, None, Direction.BIDIRECTIONAL, MergeMode.MUL), Form(return_sequences=False)),
    (Architecture(Cell.GRU, 4, reset_after=False), Form()),
    (Architecture(Cell.GRU, 4, layers=4, reset_after=False, use_bias=False), Form(batch_size=8)),
    (Architecture(Cell.LSTM, 4, 3, Direction.BACKWARD, layers=2), Form(timesteps=None)),
    (Architecture(Cell.SIMPLE_RNN, 4, direction=Direction.BACKWARD), Form(return_sequences=False)),
    (Architecture(embedding_dim=9), Form(3, tokens=False, outputs=2, activation=Activation.LINEAR)),
]


def printed(model):
    """Keras' summary without the model's own name."""
    lines = []
    model.summary(line_length=56, print_fn=lines.append)
    return "\n".join(lines).partition("\n")[2]


def run_code(code):
    """The names that our own code leaves behind, run where Keras numbers layers from the start."""
    names = {}
    with ThreadPoolExecutor(1) as fresh_thread:
        fresh_thread.submit(exec, code, names).result()
    return names


@pytest.mark.parametrize(("architecture", "form"), MODELS)
def test_the_code_of_a_model_builds_that_model(architecture, form):
    ours, theirs = models.build(architecture, form, seed=1), run_code(model_code(architecture, form))["model"]
    assert printed(theirs) == printed(ours)
    assert theirs.count_params() == count(architecture, form).total
    shape = (form.batch_size or 2, form.timesteps or 4, *ours.input_shape[2:])  # (B, T) or (B, T, D)
    inputs = np.random.default_rng(0).integers(3, size=shape).astype(np.float32)
    theirs.set_weights(ours.get_weights())
    assert np.allclose(theirs(inputs), ours(inputs), atol=1e-6)


QUOTES = """a'b"c\\n{0}{x}\"\"\"%s가나다'''\\"""
SCRIPTS = {
    "as at first": Experiment(Architecture()),
    "clipped, embedded, backward": Experiment(
        Architecture(Cell.GRU, 6, 4, Direction.BACKWARD, layers=2),
        "long_sequence",
        training=Training(12, 0.05, Optimizer.RMSPROP, Clipping.NORM, 0.1, seed=42),
    ),
    "clipped by value, own text of quotes": Experiment(
        Architecture(Cell.SIMPLE_RNN, 7, direction=Direction.BIDIRECTIONAL),
        OWN_TEXT,
        QUOTES,
        Training(12, 0.5, Optimizer.SGD, Clipping.VALUE, 0.01, seed=3),
    ),
}


@pytest.mark.parametrize("experiment", SCRIPTS.values(), ids=SCRIPTS)
def test_the_script_of_a_run_prints_the_losses_and_predictions_of_that_run(experiment, tmp_path):
    path = tmp_path / "script.py"
    path.write_text(script(experiment), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "utf8", path],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    )
    rows = re.findall(r"^ *(\d+)  loss (\S+)  (.*)$", done.stdout, re.MULTILINE)
    (reached,) = training.race([experiment], lambda *_: None)
    assert [int(epoch) for epoch, _, _ in rows] == list(range(1, experiment.training.epochs + 1))
    assert [float(loss) for _, loss, _ in rows] == pytest.approx(reached.chunk.losses, abs=1e-4)
    assert [text for _, _, text in rows] == [experiment.task.read(tokens) for tokens in reached.chunk.predicted]


@given(experiments)
@example(SCRIPTS["clipped by value, own text of quotes"])
def test_a_script_is_headed_by_its_experiment_and_holds_its_text(experiment):
    tree = ast.parse(script(experiment))
    _title, _, heading, _ = ast.get_docstring(tree, clean=False).split("\n")
    assert Experiment.from_json(json.loads(heading)) == experiment
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert experiment.task.text in constants
    assert experiment.task.vocabulary in constants


def history(*predictions, start=0):
    """A history with these predictions; losses 1, 1/2, 1/3 …, probabilities 0.5."""
    made = History(start=start)
    for number, tokens in enumerate(predictions, start=1):
        made.add(1 / number, np.array(tokens, np.uint16), np.full(len(tokens), 0.5, np.float32), 0.0)
    return made


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def test_history_as_csv():
    hello = FIXED_TASKS["hello"]
    text = history_csv(
        [("LSTM 5", hello, history([1, 2, 2, 2], [1, 2, 2, 3])), ("GRU 5", hello, history([0, 0, 0, 0], start=7))]
    )
    assert rows_of(text) == [
        ["architecture", "epoch", "loss", "prediction", "probabilities"],
        ["LSTM 5", "1", "1.0", "elll", "0.5000 0.5000 0.5000 0.5000"],
        ["LSTM 5", "2", "0.5", "ello", "0.5000 0.5000 0.5000 0.5000"],
        ["GRU 5", "8", "1.0", "hhhh", "0.5000 0.5000 0.5000 0.5000"],
    ]


@pytest.mark.parametrize("text", ["=1+2", "+1+2", "-1+2", "@SUM(1)"])
def test_a_prediction_that_a_spreadsheet_would_compute_gets_an_apostrophe(text):
    own = task(OWN_TEXT, text)
    (_, row) = rows_of(history_csv([("LSTM 5", own, history([own.vocabulary.index(c) for c in text]))]))
    assert row[3] == f"'{text}"


def test_commas_quotes_and_korean_come_through_csv():
    own = task(OWN_TEXT, 'a,"가";')
    (_, row) = rows_of(history_csv([("LSTM 5", own, history(range(5)))]))
    assert row[3] == 'a,"가;'
