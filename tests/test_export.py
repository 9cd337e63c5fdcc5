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
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given

from rnnlab import models
from rnnlab.architecture import FIRST_BENCH, Activation, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.counting import count
from rnnlab.experiment import Clipping, Experiment, Optimizer, Training
from rnnlab.export import DATA_FILE, data_file, history_csv, model_code, script
from rnnlab.history import NO_CONFUSION, History, Scores
from rnnlab.presets import PRESETS
from rnnlab.tasks import task
from rnnlab.tasks.drawn import Said
from rnnlab.tasks.task import samples
from rnnlab.tasks.text import TextTask
from tests.races import run
from tests.strategies import experiments

pytestmark = pytest.mark.usefixtures("keras_ready")

MODELS = [
    *((architecture, Form()) for architecture in FIRST_BENCH),
    *((preset.bench[0], preset.form or Form()) for preset in PRESETS),
    (Architecture(Cell.LSTM, 4, 3, Direction.BIDIRECTIONAL, layers=2), Form()),
    (Architecture(Cell.GRU, 4, None, Direction.BIDIRECTIONAL, MergeMode.MUL), Form(pattern=Pattern.MANY_TO_ONE)),
    (Architecture(Cell.GRU, 4, reset_after=False), Form()),
    (Architecture(Cell.GRU, 4, layers=4, reset_after=False, use_bias=False), Form(batch_size=8)),
    (Architecture(Cell.LSTM, 4, 3, Direction.BACKWARD, layers=2), Form(timesteps=None)),
    (Architecture(Cell.SIMPLE_RNN, 4, direction=Direction.BACKWARD), Form(pattern=Pattern.MANY_TO_ONE)),
    (Architecture(embedding_dim=9), Form(3, tokens=False, outputs=2, activation=Activation.LINEAR)),
    (Architecture(Cell.DENSE, layers=2), Form()),
    (Architecture(Cell.DENSE, 4, 3), Form(timesteps=None, batch_size=8, pattern=Pattern.MANY_TO_ONE)),
]
#: Every other form with what is special in it: the last step alone, masks behind flips, encoders of two directions.
OTHER_MODELS = [
    (architecture, Form(pattern=pattern, output_steps=3, masked=masked))
    for pattern, masked in product(Pattern, (False, True))
    for architecture in (
        Architecture(Cell.LSTM, 4, 3),
        Architecture(Cell.DENSE, 4, 3, layers=2),
        Architecture(Cell.DENSE, 4),
        Architecture(Cell.SIMPLE_RNN, 4, 3, Direction.BACKWARD, layers=3),
        Architecture(Cell.GRU, 4, None, Direction.BACKWARD, layers=2),
        Architecture(Cell.LSTM, 4, None, Direction.BIDIRECTIONAL, layers=2, use_bias=False),
    )
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


@pytest.mark.parametrize(("architecture", "form"), [*MODELS, *OTHER_MODELS])
def test_the_code_of_a_model_builds_that_model(architecture, form):
    ours, theirs = models.build(architecture, form, seed=1), run_code(model_code(architecture, form))["model"]
    assert printed(theirs) == printed(ours)
    assert theirs.count_params() == count(architecture, form).total
    shape = (form.batch_size or 2, *(size or 4 for size in ours.input_shape[1:]))  # (B, D), (B, T) or (B, T, D)
    inputs = np.random.default_rng(0).integers(1, 3, size=shape).astype(np.float32)
    if form.padded:
        inputs[1, 2:] = 0
    theirs.set_weights(ours.get_weights())
    assert np.allclose(theirs(inputs), ours(inputs), atol=1e-6)


QUOTES = """a'b"c\\n{0}{x}\"\"\"%s가나다'''\\"""
SCRIPTS = {
    "as at first": Experiment(Architecture()),
    "clipped, embedded, backward": Experiment(
        Architecture(Cell.GRU, 6, 4, Direction.BACKWARD, layers=2),
        task("long_sequence"),
        Training(12, 0.05, Optimizer.RMSPROP, Clipping.NORM, 0.1, seed=42),
    ),
    "clipped by value, own text of quotes": Experiment(
        Architecture(Cell.SIMPLE_RNN, 7, direction=Direction.BIDIRECTIONAL),
        task("own", text=QUOTES),
        Training(12, 0.5, Optimizer.SGD, Clipping.VALUE, 0.01, seed=3),
    ),
}


def printed_by_script(experiment, folder):
    """What the script of a run prints, in a folder where its data lies."""
    path = folder / "script.py"
    path.write_text(script(experiment), encoding="utf-8")
    if not isinstance(experiment.task, TextTask):
        (folder / DATA_FILE).write_bytes(data_file(experiment))
    done = subprocess.run(
        [sys.executable, "-X", "utf8", path],
        capture_output=True,
        encoding="utf-8",
        check=True,
        cwd=folder,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    )
    return done.stdout


@pytest.mark.parametrize("experiment", SCRIPTS.values(), ids=SCRIPTS)
def test_the_script_of_a_run_prints_the_losses_and_predictions_of_that_run(experiment, tmp_path):
    rows = re.findall(r"^ *(\d+)  loss (\S+)  (.*)$", printed_by_script(experiment, tmp_path), re.MULTILINE)
    (reached,) = run(experiment)
    assert [int(epoch) for epoch, _, _ in rows] == list(range(1, experiment.training.epochs + 1))
    assert [float(loss) for _, loss, _ in rows] == pytest.approx(reached.chunk.losses, abs=1e-4)
    assert [text for _, _, text in rows] == [experiment.task.read(tokens) for (tokens,) in reached.chunk.predicted]


DATA_SCRIPTS = {
    "rows, of both directions, clipped": Experiment(
        Architecture(Cell.GRU, 6, direction=Direction.BIDIRECTIONAL),
        task("digit_rows"),
        Training(3, 0.02, Optimizer.RMSPROP, Clipping.NORM, 0.5, batch_size=150, seed=7),
    ),
    "sums, one-hot, padded": Experiment(
        Architecture(Cell.GRU, 6, direction=Direction.BACKWARD), task("addition"), Training(2, 0.02, batch_size=200)
    ),
    "requests, padded, backward through two layers": Experiment(
        Architecture(Cell.GRU, 4, 3, Direction.BACKWARD, layers=2), task("intent"), Training(2, 0.02, batch_size=100)
    ),
    "the adding problem": Experiment(
        Architecture(Cell.LSTM, 4), task("adding", delay=8), Training(2, 0.02, batch_size=200)
    ),
}


@pytest.mark.parametrize("experiment", DATA_SCRIPTS.values(), ids=DATA_SCRIPTS)
def test_the_script_of_a_run_in_batches_prints_what_that_run_reached_on_what_is_held_out(experiment, tmp_path):
    rows = re.findall(r"^ *(\d+)   (.*)$", printed_by_script(experiment, tmp_path), re.MULTILINE)
    (reached,) = run(experiment)
    assert [int(epoch) for epoch, _ in rows] == list(range(1, experiment.training.epochs + 1))
    told = [dict(re.findall(r"held-out (\w+) (\S+)", told)) for _, told in rows]
    scores = [Scores(*row) for row in reached.chunk.scores]
    losses = [score.held_out_loss for score in scores]
    assert [float(row["loss"]) for row in told] == pytest.approx(losses, rel=1e-3, abs=1e-4)
    if experiment.task.name == "adding":
        assert all(set(row) == {"loss"} for row in told)
    elif experiment.task.name != "addition":  # whose metric counts whole sums, while Keras counts digits
        right = [score.held_out for score in scores]
        assert [float(row["accuracy"]) for row in told] == pytest.approx(right, abs=1e-3)


@given(experiments.filter(lambda experiment: not experiment.refusal))
@example(SCRIPTS["clipped by value, own text of quotes"])
@example(DATA_SCRIPTS["sums, one-hot, padded"])
def test_a_script_is_headed_by_its_experiment_and_holds_its_text(experiment):
    tree = ast.parse(script(experiment))
    _title, _, heading, _ = ast.get_docstring(tree, clean=False).split("\n")
    assert Experiment.from_json(json.loads(heading)) == experiment
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    if isinstance(experiment.task, TextTask):
        assert experiment.task.checked_text in constants
        assert experiment.task.vocabulary in constants
    else:
        assert DATA_FILE in constants


def history(*predictions, start=0):
    """A history with these predictions of a single sample; losses 1, 1/2, 1/3 …, probabilities 0.5."""
    made = History(start=start)
    for number, tokens in enumerate(predictions, start=1):
        shown = Said(np.array([tokens], np.uint16), np.full((1, len(tokens)), 0.5, np.float32))
        made.add(Scores(1 / number, 0.25), shown, NO_CONFUSION)
    return made


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def experiment_of(known):
    return Experiment(Architecture(), known)


def test_history_as_csv():
    hello = experiment_of(task("hello"))
    text = history_csv(
        [("LSTM 5", hello, history([1, 2, 2, 2], [1, 2, 2, 3])), ("GRU 5", hello, history([0, 0, 0, 0], start=7))]
    )
    assert rows_of(text) == [
        ["architecture", "epoch", *Scores._fields, "predictions", "probabilities"],
        ["LSTM 5", "1", "1.0", "0.25", "", "", "", "elll", "0.5000 0.5000 0.5000 0.5000"],
        ["LSTM 5", "2", "0.5", "0.25", "", "", "", "ello", "0.5000 0.5000 0.5000 0.5000"],
        ["GRU 5", "8", "1.0", "0.25", "", "", "", "hhhh", "0.5000 0.5000 0.5000 0.5000"],
    ]


def test_what_is_held_out_and_all_samples_that_are_drawn_stand_in_csv_too():
    experiment = Experiment(Architecture(Cell.SIMPLE_RNN, 4, 3), task("sentiment"), Training(1, batch_size=400, seed=2))
    (reached,) = run(experiment)
    made = History()
    made.extend(reached.chunk)
    header, row = rows_of(history_csv([("SimpleRNN", experiment, made)]))
    told = dict(zip(header, row, strict=True))
    assert [float(told[name]) for name in Scores._fields] == list(made.scores[0])
    (shown,), drawn = made.shown, samples(experiment.task, 2)
    each = [
        experiment.task.draw(inputs, target, Said(predicted, probability)).said
        for inputs, target, predicted, probability in zip(*drawn, *shown, strict=True)
    ]
    assert told["predictions"].split(" | ") == each
    likely = [probabilities.split() for probabilities in told["probabilities"].split(" | ")]
    assert np.allclose(np.array(likely, float), shown.probability, atol=1e-4)


@pytest.mark.parametrize("text", ["=1+2", "+1+2", "-1+2", "@SUM(1)"])
def test_a_prediction_that_a_spreadsheet_would_compute_gets_an_apostrophe(text):
    own = task("own", text=f"{text}!")
    (_, row) = rows_of(history_csv([("LSTM 5", experiment_of(own), history([own.vocabulary.index(c) for c in text]))]))
    assert row[-2] == f"'{text}"


def test_commas_quotes_and_korean_come_through_csv():
    own = task("own", text='a,"가";')
    (_, row) = rows_of(history_csv([("LSTM 5", experiment_of(own), history(range(5)))]))
    assert row[-2] == 'a,"가;'
