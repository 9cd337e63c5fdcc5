"""Batches, and what is held out: against plain Keras and scikit-learn, and stopped amid an epoch."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from rnnlab import training
from rnnlab.architecture import Architecture, Cell, Direction
from rnnlab.backend import keras
from rnnlab.control import Control
from rnnlab.experiment import Clipping, Experiment, Optimizer, Pace, PaceKind, TrainerKind, Training
from rnnlab.history import Scores, Start, Status
from rnnlab.tasks import task
from rnnlab.tasks.sentiment import KNOWN
from tests.races import bits, run

pytestmark = pytest.mark.usefixtures("keras_ready")


# Each by hand in plain Keras, with the task's arrays as the model takes them.


def read_rows():
    return [keras.Input((8, 8)), keras.layers.LSTM(6), keras.layers.Dense(10, "softmax")]


def tag():
    embedded, both = keras.layers.Embedding(10, 3), keras.layers.GRU(4, return_sequences=True)
    return [keras.Input((18,)), embedded, keras.layers.Bidirectional(both), keras.layers.Dense(2, "softmax")]


def add_up():
    return [keras.Input((8, 2)), keras.layers.LSTM(4), keras.layers.Dense(1, "linear")]


def write_sum():
    return [
        keras.Input((5,)),
        keras.layers.Embedding(12, 3, mask_zero=True),
        keras.layers.GRU(4),
        keras.layers.RepeatVector(3),
        keras.layers.GRU(4, return_sequences=True),
        keras.layers.Dense(11, "softmax"),
    ]


def classify():
    embedded = keras.layers.Embedding(len(KNOWN), 3, mask_zero=True)
    return [keras.Input((20,)), embedded, keras.layers.SimpleRNN(4), keras.layers.Dense(5, "softmax")]


def share_near(model, inputs, targets):
    return np.mean(np.abs(model.predict(inputs, verbose=0) - targets) <= 0.04)


def share_exact(model, inputs, targets):
    return np.mean((model.predict(inputs, verbose=0).argmax(-1) == targets).all(axis=1))


def share_right(model, inputs, targets):
    return model.evaluate(inputs, targets, verbose=0, return_dict=True)["accuracy"]


#: Layers by hand, the same as ours, its task, what is right of what is held out; batches of which some samples are left over.
IN_BATCHES = {
    "digit_rows": (read_rows, Architecture(Cell.LSTM, 6), task("digit_rows"), share_right, 150),
    "tagging": (tag, Architecture(Cell.GRU, 4, 3, Direction.BIDIRECTIONAL), task("tagging"), share_right, 32),
    "adding": (add_up, Architecture(Cell.LSTM, 4), task("adding", delay=8), share_near, 300),
    "addition": (write_sum, Architecture(Cell.GRU, 4, 3), task("addition"), share_exact, 100),
    "sentiment": (classify, Architecture(Cell.SIMPLE_RNN, 4, 3), task("sentiment"), share_right, 64),
}


@pytest.mark.parametrize(
    ("by_hand", "architecture", "learned", "share", "batch_size"), IN_BATCHES.values(), ids=IN_BATCHES
)
def test_batches_and_what_is_held_out_are_those_of_plain_keras(by_hand, architecture, learned, share, batch_size):
    seed = 5
    (reached,) = run(Experiment(architecture, learned, Training(2, 0.01, batch_size=batch_size, seed=seed)))
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(by_hand())
    numbers = learned.name == "adding"
    model.compile(
        keras.optimizers.Adam(0.01),
        "mse" if numbers else "sparse_categorical_crossentropy",
        metrics=[] if numbers else ["accuracy"],
    )
    (inputs, targets), (asked, answers), hard = learned.data(seed)
    assert (hard is not None) == (learned.name == "sentiment")
    for epoch, row in enumerate(reached.chunk.scores):
        scores = Scores(*row)
        order = np.random.default_rng((seed, epoch)).permutation(len(inputs))
        batches = order[: len(order) // batch_size * batch_size].reshape(-1, batch_size)
        done = [model.train_on_batch(inputs[batch], targets[batch], return_dict=True) for batch in batches]
        assert len(done) > 5
        assert scores.loss == pytest.approx(np.mean([batch["loss"] for batch in done]), rel=1e-4)
        if share is share_right:
            assert scores.metric == pytest.approx(np.mean([batch["accuracy"] for batch in done]), abs=1e-3)
        held_out = model.evaluate(asked, answers, batch_size=len(asked), verbose=0, return_dict=True)
        assert scores.held_out_loss == pytest.approx(held_out["loss"], rel=1e-4)
        one = 1.1 / len(asked)  # on another machine, one that lies just at the edge may be another way
        assert scores.held_out == pytest.approx(share(model, asked, answers), abs=one)
        if hard is not None:
            assert scores.hard == pytest.approx(share(model, asked[hard], answers[hard]), abs=one / np.mean(hard))
        else:
            assert np.isnan(scores.hard)


#: Tasks of several patterns, with classes or without, asked once or on the way.
MEASURED = {
    "digit_rows": Architecture(Cell.GRU, 6),
    "frames": Architecture(Cell.DENSE, 4),
    "intent": Architecture(Cell.SIMPLE_RNN, 6, 4),
    "addition": Architecture(Cell.GRU, 4, direction=Direction.BACKWARD),
    "caption": Architecture(Cell.LSTM, 4),
    "adding": Architecture(Cell.LSTM, 4, layers=2),
}


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_shown_and_what_is_taken_for_what_is_what_the_trained_model_says(name):
    learned = task(name, **({"delay": 8} if name == "adding" else {}))
    experiment = Experiment(MEASURED[name], learned, Training(2, 0.01, batch_size=200, seed=3))
    (reached,) = run(experiment)
    inputs, targets = learned.data(3).held_out

    outputs = training.answer(
        experiment.architecture, experiment.form, reached.state, learned.questions(inputs[: learned.shown])
    )
    assert reached.chunk.predicted.shape == (2, learned.shown, outputs[..., 0].size // learned.shown)
    assert np.array_equal(reached.chunk.predicted[-1].ravel(), outputs.argmax(-1).ravel())
    assert np.allclose(reached.chunk.probability[-1].ravel(), outputs.max(-1).ravel(), atol=1e-5)

    said = training.answer(experiment.architecture, experiment.form, reached.state, inputs).argmax(-1)
    kinds = range(len(learned.classes))
    if kinds:
        expected = confusion_matrix(targets.ravel(), said.ravel(), labels=kinds)
        assert np.array_equal(reached.chunk.confusion, expected)
        assert reached.chunk.confusion.sum() == targets.size
    else:
        assert reached.chunk.confusion.shape == (0, 0)


def test_a_text_is_one_batch_however_small_or_large_a_batch_may_be():
    settings = [Training(5, batch_size=size) for size in (1, 32, 65_536)]
    assert len({bits(run(Experiment(Architecture(), training=each))[0].chunk) for each in settings}) == 1


def test_a_compiled_model_that_is_used_again_takes_batches_of_another_size():
    def experiment(batch_size):
        return Experiment(Architecture(Cell.GRU, 3), task("tagging"), Training(1, 0.01, batch_size=batch_size))

    first = bits(run(experiment(320))[0].chunk)
    assert bits(run(experiment(400))[0].chunk) != first
    assert bits(run(experiment(320))[0].chunk) == first


def test_stop_amid_an_epoch_and_continue_equals_an_uninterrupted_run(monkeypatch):
    monkeypatch.setattr(training, "REPORT_EVERY", 0.0)
    settings = Training(3, 0.02, clipping=Clipping.NORM, clip_at=0.5, batch_size=100, seed=2)
    experiments = [
        Experiment(Architecture(Cell.LSTM, 4, 3, Direction.BIDIRECTIONAL), task("tagging"), settings),
        Experiment(Architecture(Cell.GRU, 4), task("digit_rows"), settings),
    ]
    control, parts = Control(), [[], []]

    def stop_in_the_second_epoch(lane, chunk):
        epochs = chunk.first - 1 + len(chunk.scores)
        parts[lane].append(epochs + chunk.part)
        if lane == 0 and epochs == 1 and chunk.part >= 0.5:
            control.set(control.pace, stopping=True)

    stopped = training.race(experiments, stop_in_the_second_epoch, control)
    assert [(reached.status, len(reached.chunk.scores)) for reached in stopped] == [(Status.STOPPED, 1)] * 2
    assert [reached.chunk.part for reached in stopped] == [8 / 16, 10 / 14]  # after 24 steps each
    for lane, steps in zip(parts, (16, 14), strict=True):
        assert lane == pytest.approx(np.arange(1, 25) / steps)

    starts = [Start(reached.state, 1, reached.chunk.seconds) for reached in stopped]
    for before, after, whole in zip(stopped, run(*experiments, starts=starts), run(*experiments), strict=True):
        assert (after.status, after.chunk.first, after.chunk.part) == (Status.FINISHED, 2, 0.0)
        assert bits(before.chunk, after.chunk) == bits(whole.chunk)
        weights = zip(training.weights_of(after.state), training.weights_of(whole.state), strict=True)
        assert all(np.array_equal(went_on, uninterrupted) for went_on, uninterrupted in weights)


def test_stop_amid_the_first_epoch_keeps_what_was_done(monkeypatch):
    monkeypatch.setattr(training, "REPORT_EVERY", 0.0)
    experiment = Experiment(Architecture(Cell.GRU, 4), task("tagging"), Training(1, batch_size=200))
    control = Control()
    (stopped,) = training.race([experiment], lambda *_: control.set(control.pace, stopping=True), control)
    assert (stopped.status, len(stopped.chunk.scores), stopped.chunk.part) == (Status.STOPPED, 0, 1 / 8)
    (finished,) = run(experiment, starts=[Start(stopped.state)])
    assert bits(finished.chunk) == bits(run(experiment)[0].chunk)


def test_an_epoch_ends_with_the_batch_whose_loss_is_no_number():
    settings = Training(3, 10.0, Optimizer.SGD, batch_size=20)
    experiment = Experiment(Architecture(Cell.LSTM, 4), task("adding", delay=8), settings)
    trainer = training.Trainer(experiment, Start())
    while not trainer.step():
        assert trainer.part < 1
    assert 0 < trainer.part < 1
    trainer.close()
    (diverged,) = run(experiment)
    assert diverged.status is Status.DIVERGED
    assert len(diverged.chunk.scores) == 1
    assert not np.isfinite(diverged.chunk.losses[-1])


def test_stop_in_the_middle_of_an_epoch_leaves_all_at_the_same_batch():
    """Else lanes end their epochs at different times ever after, and "step by step" asks for more clicks."""
    settings = Training(epochs=3, batch_size=400)
    lanes = [Experiment(Architecture(Cell.DENSE, units), task("digit"), settings) for units in (3, 4, 5)]
    control = Control()
    steps = []

    class Stopping(training.Trainer):
        def step(self):
            steps.append(self.experiment)
            if len(steps) == len(lanes) + 1:  # the first lane's second batch
                control.set(control.pace, stopping=True)
            return super().step()

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(training.TRAINERS, TrainerKind.KERAS, Stopping)
        stopped = training.race(lanes, lambda *_: None, control)
    assert len(steps) == 2 * len(lanes)
    starts = [Start(reached.state, reached.chunk.first - 1 + len(reached.chunk.scores)) for reached in stopped]
    stepped = training.race(lanes, lambda *_: None, Control(Pace(PaceKind.STEP)), starts)
    assert [len(reached.chunk.scores) for reached in stepped] == [1, 1, 1]
