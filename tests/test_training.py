"""Training: what is learned, against plain Keras, the same on every run; stopping, going on, diverging, failing."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from rnnlab import backend, models, training
from rnnlab.architecture import FIRST_BENCH, RECURRENT_CELLS, Architecture, Cell, Direction, Form, Pattern
from rnnlab.backend import keras
from rnnlab.control import Control
from rnnlab.experiment import Clipping, Experiment, Optimizer, Pace, PaceKind, Training
from rnnlab.history import History, Start, Status
from rnnlab.tasks import task
from tests.races import bits, run

pytestmark = pytest.mark.usefixtures("keras_ready")

BENCH = tuple(Experiment(architecture, training=Training(seed=4)) for architecture in FIRST_BENCH)
#: Its gradients explode: a long text, 100 units, a learning rate a hundred times too large.
EXPLODING = Experiment(
    Architecture(Cell.GRU, 100),
    task("own", text=("the quick brown fox jumps over the lazy dog " * 6)[:200]),
    Training(epochs=15, learning_rate=10.0),
)


def history_of(reached):
    history = History(start=reached.chunk.first - 1)
    history.extend(reached.chunk)
    return history


def first_right(experiment, reached):
    """The first epoch whose prediction was right at every step."""
    right = (reached.chunk.predicted[:, 0] == experiment.task.data(0).train.targets[0]).all(axis=1)
    first = int(right.argmax()) + 1
    assert first == history_of(reached).first_learned(experiment.task.goal)
    return first


def last_read(experiment, reached):
    return experiment.task.read(reached.chunk.predicted[-1, 0])


# What is learned


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("cell", RECURRENT_CELLS)
def test_f14_every_cell_says_ihello_within_50_epochs(cell, seed):
    experiment = Experiment(Architecture(cell), training=Training(seed=seed))
    (reached,) = run(experiment)
    assert reached.status is Status.FINISHED
    assert first_right(experiment, reached) <= 20  # the lectures: 4 to 12
    assert last_read(experiment, reached) == "ihello"
    assert reached.chunk.losses[-1] < 0.01


@pytest.mark.parametrize("seed", range(8))
def test_f15_an_lstm_of_10_units_learns_the_long_sequence_within_50_epochs(seed):
    experiment = Experiment(Architecture(Cell.LSTM, 10), task("long_sequence"), Training(seed=seed))
    (reached,) = run(experiment)
    assert first_right(experiment, reached) <= 25  # the lecture: 12
    assert last_read(experiment, reached) == "if you want you"


# Against plain Keras


KERAS_OPTIMIZERS = {
    "adam": (Training(), lambda: keras.optimizers.Adam(0.1)),
    "rmsprop": (Training(optimizer=Optimizer.RMSPROP, learning_rate=0.01), lambda: keras.optimizers.RMSprop(0.01)),
    "sgd, clipped by norm": (
        Training(optimizer=Optimizer.SGD, clipping=Clipping.NORM, clip_at=0.2),
        lambda: keras.optimizers.SGD(0.1, global_clipnorm=0.2),
    ),
    "adagrad, clipped by value": (
        Training(optimizer=Optimizer.ADAGRAD, clipping=Clipping.VALUE, clip_at=0.02),
        lambda: keras.optimizers.Adagrad(0.1, clipvalue=0.02),
    ),
}


class Predictions(keras.callbacks.Callback):
    """What the model says before each epoch's update."""

    def __init__(self, inputs):
        super().__init__()
        self.inputs, self.said = inputs, []

    def on_epoch_begin(self, epoch, logs=None):
        probabilities = np.asarray(self.model(self.inputs))[0]  # (T, V)
        self.said.append((probabilities.argmax(axis=-1), probabilities.max(axis=-1)))


@pytest.mark.parametrize(("settings", "optimizer"), KERAS_OPTIMIZERS.values(), ids=KERAS_OPTIMIZERS)
def test_losses_and_predictions_are_those_of_compile_and_fit(settings, optimizer):
    settings = replace(settings, seed=11)
    (reached,) = run(Experiment(Architecture(), training=settings))
    keras.utils.set_random_seed(11)
    layers = [keras.Input((6, 5)), keras.layers.LSTM(5, return_sequences=True), keras.layers.Dense(5, "softmax")]
    model = keras.Sequential(layers)
    model.compile(optimizer(), "sparse_categorical_crossentropy")
    inputs, targets = np.eye(5, dtype=np.float32)[[[0, 1, 0, 2, 3, 3]]], np.array([[1, 0, 2, 3, 3, 4]])
    predictions = Predictions(inputs)
    fitted = model.fit(inputs, targets, epochs=50, shuffle=False, verbose=0, callbacks=[predictions])
    assert reached.chunk.losses == pytest.approx(fitted.history["loss"], rel=1e-5)
    assert np.array_equal(reached.chunk.predicted, [[tokens] for tokens, _ in predictions.said])
    assert np.allclose(reached.chunk.probability, [[sure] for _, sure in predictions.said], atol=1e-5)


def weights_after_one_step(settings):
    """The weights before and after one step, each as one long row."""
    trainer = training.Trainer(Experiment(Architecture(), training=settings), Start())
    before = training.weights_of(trainer.state())
    trainer.step()
    after = training.weights_of(trainer.state())
    trainer.close()
    return (np.concatenate([weight.ravel() for weight in weights]) for weights in (before, after))


@pytest.mark.parametrize(
    ("clipping", "size"),
    [(Clipping.NORM, np.linalg.norm), (Clipping.VALUE, lambda gradient: np.abs(gradient).max())],
)
def test_clipping_holds_the_gradient_at_the_threshold(clipping, size):
    settings = Training(optimizer=Optimizer.SGD, learning_rate=0.1, clip_at=0.01)
    free, held = (
        (after - before) / -settings.learning_rate
        for before, after in map(weights_after_one_step, (settings, replace(settings, clipping=clipping)))
    )
    assert size(free) > 0.02
    assert size(held) == pytest.approx(0.01, rel=1e-3)
    expected = np.clip(free, -0.01, 0.01) if clipping is Clipping.VALUE else free * 0.01 / size(free)
    assert np.allclose(held, expected, atol=1e-5)


@pytest.mark.parametrize("clipping", Clipping)
@pytest.mark.parametrize("optimizer", Optimizer)
def test_every_optimizer_lowers_the_loss_clipped_or_not(optimizer, clipping):
    settings = Training(20, 0.05, optimizer, clipping, clip_at=0.05)
    losses = run(Experiment(Architecture(), training=settings))[0].chunk.losses
    assert losses[-1] < losses[0] - 0.005
    if clipping is not Clipping.NONE:
        free = run(Experiment(Architecture(), training=replace(settings, clipping=Clipping.NONE)))[0].chunk.losses
        assert losses[0] == free[0]
        assert losses[-1] != free[-1]


# The same on every run


def test_the_same_experiment_gives_the_same_bits_alone_in_a_race_and_beside_another_race():
    alone = [bits(run(experiment)[0].chunk) for experiment in BENCH]
    assert [bits(reached.chunk) for reached in run(*BENCH)] == alone

    others = [replace(experiment, training=Training(epochs=5000, seed=5)) for experiment in (*BENCH, *BENCH)]
    control, beside = Control(), threading.Event()
    other = threading.Thread(target=training.race, args=(others, lambda *_: beside.set(), control))
    other.start()
    try:
        assert beside.wait(60)
        assert [bits(reached.chunk) for reached in run(*BENCH)] == alone
        assert other.is_alive()
    finally:
        control.set(control.pace, stopping=True)
        other.join()


def test_another_seed_gives_another_history():
    assert len({bits(run(replace(BENCH[1], training=Training(seed=seed)))[0].chunk) for seed in range(3)}) == 3


# Stop, step, go on


@pytest.mark.parametrize("optimizer", Optimizer)
def test_stop_and_continue_equals_an_uninterrupted_run(optimizer):
    settings = Training(12, 0.02, optimizer, Clipping.NORM, 0.5, seed=2)
    experiments = [
        Experiment(Architecture(Cell.LSTM, 4, 3, Direction.BIDIRECTIONAL), training=settings),
        Experiment(Architecture(Cell.GRU, 4, layers=2), training=settings),
    ]
    control = Control(Pace(PaceKind.SLOW, 30))

    def stop_at_seven(lane, chunk):
        if chunk.first + len(chunk.losses) - 1 >= 7:
            control.set(control.pace, stopping=True)

    stopped = training.race(experiments, stop_at_seven, control)
    assert [(reached.status, len(reached.chunk.losses)) for reached in stopped] == [(Status.STOPPED, 7)] * 2
    starts = [Start(reached.state, 7, reached.chunk.seconds) for reached in stopped]
    finished = run(*experiments, starts=starts)
    for before, after, whole in zip(stopped, finished, run(*experiments), strict=True):
        assert (after.status, after.chunk.first) == (Status.FINISHED, 8)
        assert bits(before.chunk, after.chunk) == bits(whole.chunk)
        assert after.chunk.seconds > before.chunk.seconds
        weights = zip(training.weights_of(after.state), training.weights_of(whole.state), strict=True)
        assert all(np.array_equal(went_on, uninterrupted) for went_on, uninterrupted in weights)


def test_step_pauses_after_one_epoch_each():
    one_step = Control(Pace(PaceKind.STEP))
    chunks, reached, starts = [], (), None
    for epoch in (1, 2, 3):
        reached = run(*BENCH, control=one_step, starts=starts)
        assert [(lane.status, lane.chunk.first) for lane in reached] == [(Status.PAUSED, epoch)] * 3
        starts = [Start(lane.state, epoch) for lane in reached]
        chunks.append([lane.chunk for lane in reached])
    assert [len(chunk.losses) for step in chunks for chunk in step] == [1] * 9
    three = [replace(experiment, training=replace(experiment.training, epochs=3)) for experiment in BENCH]
    assert [bits(*lane) for lane in zip(*chunks, strict=True)] == [bits(lane.chunk) for lane in run(*three)]


def test_the_last_step_finishes():
    experiment = Experiment(Architecture(), training=Training(epochs=1))
    (reached,) = run(experiment, control=Control(Pace(PaceKind.STEP)))
    assert reached.status is Status.FINISHED


def test_stop_before_the_first_epoch_keeps_the_beginning():
    control = Control(stopping=True)
    (reached,) = run(BENCH[0], control=control)
    assert (reached.status, len(reached.chunk.losses)) == (Status.STOPPED, 0)
    (finished,) = run(BENCH[0], starts=[Start(reached.state)])
    assert bits(finished.chunk) == bits(run(BENCH[0])[0].chunk)


@pytest.mark.parametrize("pace", [Pace(PaceKind.FULL), Pace(PaceKind.SLOW, 30)], ids=lambda pace: pace.kind)
def test_reports_are_all_of_the_epochs_in_order(pace):
    experiments = [replace(e, training=Training(epochs=epochs)) for e, epochs in zip(BENCH, (3, 10, 6), strict=True)]
    reported = [[] for _ in experiments]
    reached = training.race(experiments, lambda lane, chunk: reported[lane].append(chunk), Control(pace))
    for chunks, lane, experiment in zip(reported, reached, experiments, strict=True):
        assert bits(*chunks) == bits(lane.chunk)
        assert [chunk.first for chunk in chunks] == np.cumsum([1, *(len(c.losses) for c in chunks)])[:-1].tolist()
        assert len(lane.chunk.losses) == experiment.training.epochs


def test_what_no_report_has_said_yet_is_reported_at_the_end(monkeypatch):
    monkeypatch.setattr(training, "REPORT_EVERY", 3600.0)
    reported = []
    (reached,) = training.race([BENCH[0]], lambda _, chunk: reported.append(chunk))
    (chunk,) = reported
    assert bits(chunk) == bits(reached.chunk)


def test_nothing_is_left_in_the_folder_for_temporary_files_even_by_a_process_that_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (reached,) = run(Experiment(Architecture(Cell.GRU, 11), task("tagging"), Training(1, batch_size=512)))
    assert reached.status is Status.FINISHED
    assert list(tmp_path.iterdir()) == []


# What goes wrong with one does not touch the others


def test_a_run_whose_loss_is_no_number_ends_and_the_others_go_on():
    diverged, finished = run(EXPLODING, BENCH[1])
    assert diverged.status is Status.DIVERGED
    *before, last = diverged.chunk.losses
    assert np.isfinite(before).all()
    assert not np.isfinite(last)
    assert finished.status is Status.FINISHED
    assert bits(finished.chunk) == bits(run(BENCH[1])[0].chunk)


def test_after_a_divergence_the_same_model_learns_as_if_new():
    calm = replace(EXPLODING, training=Training(epochs=3, learning_rate=0.01))
    first = bits(run(calm)[0].chunk)
    assert run(EXPLODING)[0].status is Status.DIVERGED
    assert bits(run(calm)[0].chunk) == first


@pytest.mark.parametrize(
    ("experiment", "reason"),
    [
        (Experiment(Architecture(), training=Training(device="gpu:77")), "device 'gpu:77' is not here; there is cpu"),
        (
            Experiment(Architecture(Cell.LSTM, 1024, 4096, Direction.BIDIRECTIONAL, layers=4)),
            "this model has 117,504,005 parameters; at most 50,000,000 are built and trained",
        ),
    ],
)
def test_an_experiment_that_cannot_be_trained_says_why_and_the_others_go_on(experiment, reason):
    failed, finished = run(experiment, BENCH[0])
    assert failed.status is Status.FAILED
    assert failed.reason.startswith(reason)
    assert (len(failed.chunk.losses), failed.state) == (0, b"")
    assert finished.status is Status.FINISHED


@pytest.mark.parametrize("pattern", [Pattern.IN_STEP, Pattern.MANY_TO_ONE])
def test_what_is_hopelessly_wrong_learns_as_it_does_in_fit(pattern):
    form = Form(4, timesteps=3, pattern=pattern, outputs=4)
    inputs = np.array([[1, 2, 3]], np.int32)
    targets = np.zeros((1, 3 if pattern is Pattern.IN_STEP else 1), np.int32)
    found = []
    for by_step in (True, False):
        model, optimizer = models.build(Architecture(), form), keras.optimizers.SGD(0.1)
        *below, bias = model.get_weights()
        model.set_weights([*below, bias - np.array([50, 0, 0, 0], np.float32)])
        if by_step:
            backend.compile_step(model, optimizer, form, "cpu")(inputs, targets)
        else:
            model.compile(optimizer, "sparse_categorical_crossentropy")
            model.fit(np.eye(4, dtype=np.float32)[inputs], targets, shuffle=False, verbose=0)
        found.append(model.get_weights()[-1])
    assert found[0][0] > -50.0
    np.testing.assert_allclose(*found, rtol=1e-5)
