"""A run seen again: the weights that said what the history shows, and what went on inside with them."""

import numpy as np
import pytest

from rnnlab import replay
from rnnlab.architecture import Architecture, Cell
from rnnlab.counting import count
from rnnlab.experiment import Experiment, TrainerKind, Training
from rnnlab.history import History
from rnnlab.recording import Recording
from rnnlab.tasks import TASKS
from rnnlab.tasks.task import samples
from rnnlab.training import race


def trained(experiment):
    """The history of a run to its end."""
    (reached,) = race([experiment], lambda *_: None)
    history = History()
    history.extend(reached.chunk)
    return history


@pytest.fixture(scope="module")
def hihello(keras_ready):
    experiment = Experiment(Architecture(Cell.LSTM, 5), TASKS["hihello"], Training(epochs=12))
    return experiment, trained(experiment)


def test_every_epoch_says_again_what_it_said(hihello):
    experiment, history = hihello
    inputs = samples(experiment.task, 0).inputs
    for epoch, (scores, said) in enumerate(zip(history.scores, history.shown, strict=True), start=1):
        then = replay.weighed(experiment, history.recording, epoch)
        assert then.recorded == epoch
        read = then.model.forward(inputs)
        assert np.array_equal(read.outputs.argmax(-1).reshape(said.predicted.shape), said.predicted)
        assert read.loss(samples(experiment.task, 0).targets) == pytest.approx(scores.loss, abs=1e-5)


def test_where_weights_are_left_out_the_earlier_ones_stand_in(hihello):
    experiment, history = hihello
    thinned = Recording({epoch: flat for epoch, flat in history.recording.kept.items() if epoch % 4 == 0}, 4)
    then = replay.weighed(experiment, thinned, 8)  # said with the weights after 7 epochs
    assert then.recorded == 5
    assert np.array_equal(then.model.flat, history.recording.at(4)[1])
    assert replay.weighed(experiment, Recording(), 8) is None


@pytest.mark.usefixtures("keras_ready")
def test_the_confusion_table_of_the_newest_epoch_is_the_measured_one():
    experiment = Experiment(Architecture(Cell.GRU, 16), TASKS["digit_rows"], Training(epochs=4, batch_size=64))
    history = trained(experiment)
    tables = [
        replay.confusion(experiment, replay.weighed(experiment, history.recording, epoch).model)
        for epoch in range(1, 5)
    ]
    assert np.array_equal(tables[-1], history.confusion)
    assert [np.trace(table) / table.sum() for table in tables] == pytest.approx([s.held_out for s in history.scores])


def test_the_same_weights_are_the_same_model_so_that_answers_to_it_can_be_kept(hihello):
    experiment, history = hihello
    first, again, other = (replay.weighed(experiment, history.recording, epoch).model for epoch in (5, 5, 6))
    assert first is again
    assert first is not other


def test_an_epoch_of_min_char_rnn_is_looked_at_when_it_is_over():
    for name, trainer, offset in (
        ("hihello", TrainerKind.KERAS, 1),
        ("hihello", TrainerKind.NUMPY, 0),
        ("sentiment", TrainerKind.KERAS, 0),
    ):
        experiment = Experiment(Architecture(Cell.SIMPLE_RNN, 3), TASKS[name], Training(trainer=trainer))
        assert replay.later(experiment) == offset
        recording = Recording(
            {epoch: np.zeros(count(experiment.architecture, experiment.form).total, np.float32) for epoch in range(5)}
        )
        assert replay.weighed(experiment, recording, 4).recorded == 4
        assert (replay.weighed(experiment, recording, 5).recorded == 5) == (offset == 1)
