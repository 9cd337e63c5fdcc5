"""Every task with every cell: counted as Keras counts, sent as JSON, trained for a step, padding passed over."""

import json
import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import tensorflow as tf

from rnnlab import backend, compiled, models, training
from rnnlab.architecture import Architecture, Cell, Direction, Form, Pattern
from rnnlab.counting import count
from rnnlab.experiment import Experiment, Training
from rnnlab.history import Start
from rnnlab.tasks import TASKS
from tests.strategies import learnable

pytestmark = pytest.mark.usefixtures("keras_ready")

every_task = pytest.mark.parametrize("name", TASKS)
every_cell = pytest.mark.parametrize("cell", Cell)
MASKED = [name for name in TASKS if learnable(name).form.masked]
#: The smallest task of each pattern.
SMALL = ["hello", "digit_rows", "digit", "caption", "addition"]


def ways(cell: Cell, form: Form) -> list[Architecture]:
    """Tiny architectures of this cell: every direction, one and two layers, one-hot and embedded where that can be."""
    embeddings = (None, 2) if form.embeddable else (None,)
    directions = tuple(Direction) if cell.recurrent else (Direction.FORWARD,)
    return [Architecture(cell, 3, *way[:2], layers=way[2]) for way in product(embeddings, directions, (1, 2))]


@every_cell
@every_task
def test_every_model_counts_as_keras_does_and_travels_as_json(name, cell):
    known = learnable(name)
    for architecture in ways(cell, known.form):
        counted, summary = count(architecture, known.form), models.summarise(architecture, known.form)
        assert counted.total == summary.parameters
        assert tuple(layer.output_shape for layer in counted.layers) == summary.shapes
        experiment = Experiment(architecture, known)
        assert Experiment.from_json(json.loads(json.dumps(experiment.to_json()))) == experiment


# All ways with all tasks would take many minutes: each task and cell is trained in one way, drawn by its name, and the
# smallest task of each pattern in all of them, without compiling.


@every_cell
@every_task
def test_every_task_is_trained_by_every_cell(name, cell):
    known = learnable(name)
    architecture = random.Random(f"{name} {cell}").choice(ways(cell, known.form))
    trainer = training.Trainer(Experiment(architecture, known, Training(epochs=1, batch_size=65_536)), Start())
    before = training.weights_of(trainer.state())
    assert trainer.step()
    scores, shown, _ = trainer.finish_epoch()
    after = training.weights_of(trainer.state())
    trainer.close()
    assert np.isfinite(scores.loss)
    assert 0 <= scores.metric <= 1
    measured = len(known.data(0).held_out.inputs) > 0
    assert (np.isfinite(scores.held_out_loss) and 0 <= scores.held_out <= 1) == measured
    assert len(shown.predicted) == known.shown
    assert all(np.isfinite(weight).all() for weight in after)
    assert not all(map(np.array_equal, before, after))


@pytest.fixture
def uncompiled():
    """What is compiled elsewhere is computed step by step."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.usefixtures("uncompiled")
@every_cell
@pytest.mark.parametrize("name", SMALL)
def test_every_pattern_is_trained_in_every_way(name, cell):
    known = learnable(name)
    inputs, targets = (array[:8] for array in known.data(0).train)
    for architecture in ways(cell, known.form):
        form = replace(known.form, batch_size=None)
        model, optimizer = models.build(architecture, form), compiled.make_optimizer(Training(learning_rate=0.01))
        step = backend.compile_step(model, optimizer, form, "cpu")
        before = model.get_weights()
        losses = [float(step(inputs, targets)[0]) for _ in range(2)]
        assert losses[0] > losses[1] > 0, architecture
        changed = [not np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True)]
        assert changed == [not meets_only_zeros(weight, form) for weight in model.weights], architecture


def meets_only_zeros(weight, form):
    """Whether nothing can be learned here: with a single step the state that it multiplies is zero."""
    return "recurrent_kernel" in weight.path and form.pattern is Pattern.ONE_TO_ONE


def test_the_small_tasks_have_every_pattern():
    assert {learnable(name).form.pattern for name in SMALL} == set(Pattern)


# Padding


def of_two_lengths(name):
    """A short and a longer sample with three steps of padding or more, (2, T), and their lengths (2)."""
    inputs = learnable(name).data(0).train.inputs
    lengths = (inputs != 0).sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    far = min(lengths[order[0]] + 3, lengths.max())
    short, longer = order[0], order[np.searchsorted(lengths[order], far)]
    assert lengths[short] < lengths[longer]
    rows = np.pad(inputs[[short, longer]], ((0, 0), (0, 3)))
    return rows[:, : lengths[longer] + 3], lengths[[short, longer]]


def forward(architecture: Architecture, form: Form):
    """A model with weights so large that every step matters, from samples of any length to outputs."""
    form, rng = replace(form, timesteps=None), np.random.default_rng(0)
    model = models.build(architecture, form, seed=None)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    return backend.compile_forward(model, form, "cpu")


@pytest.mark.usefixtures("uncompiled")
@every_cell
@pytest.mark.parametrize("name", MASKED)
def test_padding_changes_nothing(name, cell):
    samples, lengths = of_two_lengths(name)
    for architecture in ways(cell, learnable(name).form):
        say = forward(architecture, learnable(name).form)
        together = say(samples)  # (2, S, K)
        alone = [say(row[np.newaxis, :length]) for row, length in zip(samples, lengths, strict=True)]
        assert np.allclose(together, np.concatenate(alone), atol=1e-6), architecture


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("embedding_dim", [None, 2], ids=["one-hot", "embedded"])
@every_cell
def test_padding_that_is_not_passed_over_changes_something(cell, embedding_dim):
    samples, lengths = of_two_lengths("addition")
    say = forward(Architecture(cell, 3, embedding_dim), replace(learnable("addition").form, masked=False))
    assert not np.allclose(say(samples)[0], say(samples[:1, : lengths[0]])[0], atol=1e-3)
