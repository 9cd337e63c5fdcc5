"""Recorded weights: every epoch while there is room, thinned evenly when there is none, the same after a file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab import recording, training
from rnnlab.architecture import Architecture, Cell
from rnnlab.experiment import Experiment, Training
from rnnlab.history import Chunk, History, Start
from rnnlab.recording import BUDGET, Recording
from rnnlab.reference import Model
from rnnlab.tasks import TASKS
from rnnlab.training import Trainer, race, weights_of


def weights(epoch, size=4):
    return np.full(size, epoch, np.float32)


def recorded(epochs, size=4):
    """A recording that was offered the weights after each of the first epochs."""
    made = Recording()
    for epoch in range(epochs + 1):
        if made.wants(epoch) or epoch == epochs:
            made.add(epoch, weights(epoch, size))
    return made


def test_every_epoch_of_a_small_model_is_kept():
    made = recorded(50)
    assert made.epochs == tuple(range(51))
    assert made.at(7)[0] == 7
    assert np.array_equal(made.at(7)[1], weights(7))


@given(st.integers(0, 300), st.integers(1, 40))
def test_a_large_model_is_thinned_evenly_within_the_budget(epochs, copies):
    size = BUDGET // (4 * (copies + 1))
    made = recorded(epochs, size)
    assert sum(flat.nbytes for flat in made.kept.values()) <= BUDGET
    assert made.epochs[0] == 0
    assert made.epochs[-1] == epochs
    assert all(epoch % made.stride == 0 for epoch in made.epochs[:-1])
    assert set(range(0, epochs, made.stride)) <= set(made.epochs)
    assert all(np.array_equal(flat, weights(epoch, size)) for epoch, flat in made.kept.items())


def test_between_two_kept_epochs_stand_the_weights_of_the_earlier_one():
    made = recorded(100, BUDGET // 40)
    assert made.stride == 16
    assert made.at(47)[0] == 32
    assert made.at(48)[0] == 48
    assert made.at(-1) is None


def test_a_model_of_which_two_copies_do_not_fit_is_not_recorded():
    made = recorded(3, BUDGET // 4)
    assert made.epochs == ()
    assert made.too_large
    assert not made.wants(4)


def test_a_file_gives_back_what_was_recorded():
    made = recorded(100, BUDGET // 40)
    back = Recording.from_npz(made.to_npz())
    assert back.epochs == made.epochs
    assert back.stride == made.stride
    assert all(np.array_equal(back.kept[epoch], flat) for epoch, flat in made.kept.items())


def test_an_empty_recording_goes_through_a_file():
    assert Recording.from_npz(Recording().to_npz()).epochs == ()


def test_what_comes_late_is_put_in_its_place():
    made = Recording()
    made.merge({epoch: weights(epoch) for epoch in (4, 5)})
    made.merge({epoch: weights(epoch) for epoch in range(6)})
    assert made.epochs == (0, 1, 2, 3, 4, 5)


def test_what_is_kept_of_a_report_keeps_nothing_else_of_it_in_memory():
    report = np.arange(40, dtype=np.float32).reshape(10, 4)
    made = Recording()
    made.merge(dict(enumerate(report)))
    assert not any(np.shares_memory(flat, report) for flat in made.kept.values())


def test_the_newest_that_fit_are_chosen_and_always_the_last():
    made = recorded(10)
    assert list(made.since(-1, most=3 * 16)) == [8, 9, 10]
    assert list(made.since(8, most=3 * 16)) == [9, 10]
    assert list(made.since(8, most=1)) == [10]
    assert made.since(10, most=3 * 16) == {}


def test_a_report_holds_the_weights_that_it_is_given():
    history = History(recording=recorded(10))
    sent = Chunk.from_event(history.chunk(1, history.recording.since(7, 3 * 16)).to_event())
    assert sent.recorded.tolist() == [8, 9, 10]
    assert sent.weights.tolist() == [weights(e).tolist() for e in (8, 9, 10)]
    assert Chunk.from_event(history.chunk(1, {}).to_event()).recorded.tolist() == []
    assert Chunk.from_event(history.chunk(1).to_event()).recorded.tolist() == list(range(11))


def reports(experiment):
    """What a race reports of the epochs whose weights it has recorded, report by report, and the result."""
    told = []
    (reached,) = race([experiment], lambda _, chunk: told.append(chunk.recorded.tolist()))
    return told, reached.chunk.recorded.tolist()


@pytest.mark.usefixtures("keras_ready")
def test_weights_are_reported_once_each_and_large_ones_now_and_then(monkeypatch):
    monkeypatch.setattr(training, "REPORT_EVERY", 0.0)
    experiment = Experiment(Architecture(Cell.LSTM, 3), TASKS["hihello"], Training(epochs=4))
    assert reports(experiment) == ([[0, 1], [2], [3], [4]], [0, 1, 2, 3, 4])
    monkeypatch.setattr(training, "WEIGHTS_AT_ONCE", 100)  # less than one takes
    monkeypatch.setattr(training, "WEIGHTS_EVERY", 0.0)
    assert reports(experiment) == ([[1], [2], [3], [4]], [0, 1, 2, 3, 4])
    monkeypatch.setattr(training, "WEIGHTS_EVERY", 3600.0)
    assert reports(experiment) == ([[1], [], [], []], [0, 1, 2, 3, 4])


@pytest.mark.usefixtures("keras_ready")
def test_a_stopped_race_has_recorded_its_last_epoch_however_it_was_thinned(monkeypatch):
    monkeypatch.setattr(training, "REPORT_EVERY", 0.0)
    monkeypatch.setattr(recording, "BUDGET", 2000)  # three copies
    experiment = Experiment(Architecture(Cell.LSTM, 3), TASKS["hihello"], Training(epochs=50))
    control = training.Control()

    def stop_after_seven(_, chunk):
        control.set(control.pace, stopping=chunk.first == 7)

    (stopped,) = race([experiment], stop_after_seven, control)
    assert (len(stopped.chunk.scores), stopped.chunk.recorded.tolist()) == (7, [0, 4, 7])
    last = np.concatenate([w.ravel() for w in weights_of(stopped.state)])
    assert np.array_equal(stopped.chunk.weights[-1], last)


@pytest.mark.usefixtures("keras_ready")
def test_weights_amid_an_epoch_are_not_taken_for_those_of_its_end(monkeypatch):
    monkeypatch.setattr(training, "REPORT_EVERY", 0.0)
    experiment = Experiment(Architecture(Cell.GRU, 3), TASKS["tagging"], Training(2, batch_size=400))
    control = training.Control()

    def stop_in_the_second_epoch(_, chunk):
        control.set(control.pace, stopping=chunk.first + len(chunk.scores) == 2 and chunk.part > 0)

    (stopped,) = race([experiment], stop_in_the_second_epoch, control)
    (further,) = race([experiment], lambda *_: None, starts=[Start(stopped.state, 1)])
    (whole,) = race([experiment], lambda *_: None)
    assert [reached.chunk.recorded.tolist() for reached in (stopped, further, whole)] == [[0, 1], [2], [0, 1, 2]]
    assert np.array_equal(np.concatenate([stopped.chunk.weights, further.chunk.weights]), whole.chunk.weights)


@pytest.mark.usefixtures("keras_ready")
@pytest.mark.parametrize("name", ["hihello", "sentiment"])
def test_recorded_weights_say_again_what_was_said(name):
    """Where something is held out, after the epoch; else in the epoch, with the weights from before its update."""
    task = TASKS[name]
    experiment = Experiment(Architecture(Cell.GRU, 4), task, Training(epochs=3, batch_size=512))
    (reached,) = race([experiment], lambda *_: None)
    history = History()
    history.extend(reached.chunk)
    assert history.recording.epochs == (0, 1, 2, 3)
    data = task.data(0)
    later = len(data.held_out.inputs) > 0
    samples = task.questions((data.held_out if later else data.train).inputs[: task.shown])
    for epoch, shown in enumerate(history.shown, start=1):
        epochs, flat = history.recording.at(epoch - (not later))
        assert epochs == epoch - (not later)
        outputs = Model.from_flat(experiment.architecture, experiment.form, flat).forward(samples).outputs
        np.testing.assert_allclose(outputs.max(-1).reshape(shown.probability.shape), shown.probability, atol=1e-5)


@pytest.mark.usefixtures("keras_ready")
def test_the_newest_weights_are_those_of_the_state():
    experiment = Experiment(Architecture(Cell.LSTM, 3), TASKS["hihello"], Training(epochs=2))
    (reached,) = race([experiment], lambda *_: None)
    assert np.array_equal(reached.chunk.weights[-1], np.concatenate([w.ravel() for w in weights_of(reached.state)]))
    (further,) = race([Experiment(experiment.architecture, experiment.task, Training(epochs=4))], lambda *_: None,
                      starts=[Start(reached.state, 2)])  # fmt: skip
    assert further.chunk.recorded.tolist() == [2, 3, 4]
    assert np.array_equal(further.chunk.weights[0], reached.chunk.weights[-1])


@pytest.mark.usefixtures("keras_ready")
def test_a_large_model_is_trained_without_being_recorded(monkeypatch):
    monkeypatch.setattr(recording, "MOST_PARAMETERS", 100)
    experiment = Experiment(Architecture(Cell.LSTM, 3), TASKS["hihello"], Training(epochs=2))
    asked = []
    monkeypatch.setattr(Trainer, "weights", lambda self, old=Trainer.weights: asked.append(1) or old(self))
    (reached,) = race([experiment], lambda *_: None)
    assert reached.chunk.recorded.tolist() == []
    assert len(reached.chunk.scores) == 2
    assert len(asked) <= 2  # at the start, which tells its size, and at the end


@pytest.mark.usefixtures("keras_ready")
def test_weights_that_are_no_numbers_are_not_recorded(monkeypatch):
    """Nothing can be seen in them, and what stands before them is what a person wants to look at."""
    taken = Trainer.weights
    monkeypatch.setattr(Trainer, "weights", lambda self: taken(self) / (self.epochs < 2))
    experiment = Experiment(Architecture(Cell.LSTM, 3), TASKS["hihello"], Training(epochs=4))
    with np.errstate(divide="ignore"):
        (reached,) = race([experiment], lambda *_: None)
    assert reached.chunk.recorded.tolist() == [0, 1]
