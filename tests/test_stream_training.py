"""The text lab's trainer against plain Keras, against the models in NumPy, and against itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab import training
from rnnlab.architecture import Architecture, Cell
from rnnlab.backend import keras, tf
from rnnlab.corpora import Corpus, Source
from rnnlab.experiment import Clipping, Optimizer
from rnnlab.history import Start, Status
from rnnlab.models import build
from rnnlab.recurrence import MOST_IN_BLOCK, kind_of, run
from rnnlab.reference import Model, State, Trace
from rnnlab.reference.equations import gates, random_weights
from rnnlab.saved import SavedLane, from_file, to_file
from rnnlab.stream_training import StreamTrainer
from rnnlab.text_timeline import samples
from rnnlab.textlab.experiment import Schedule, TextExperiment, TextTraining
from rnnlab.textlab.streams import Streams

#: 540 characters, in two streams of 240 and something to hold out.
TEXT = Corpus(Source.OWN, own="".join(f"the {n} of {n * n} said “no” to {n + 7};\n" for n in range(1, 25)))
PLAIN = TextTraining(
    passes=3, chunk=24, batch_size=5, learning_rate=0.02, schedule=Schedule.CONSTANT, clipping=Clipping.NONE
)
MODELS = {
    "SimpleRNN": Architecture(Cell.SIMPLE_RNN, 7),
    "LSTM": Architecture(Cell.LSTM, 7),
    "GRU": Architecture(Cell.GRU, 7),
    "GRU, reset before": Architecture(Cell.GRU, 7, reset_after=False),
    "LSTM without biases": Architecture(Cell.LSTM, 6, use_bias=False),
    "GRU without biases": Architecture(Cell.GRU, 6, use_bias=False),
    "three layers of GRU, embedded": Architecture(Cell.GRU, 6, embedding_dim=4, layers=3),
    "two layers of LSTM, embedded": Architecture(Cell.LSTM, 6, embedding_dim=4, layers=2),
    "two layers of SimpleRNN": Architecture(Cell.SIMPLE_RNN, 6, layers=2),
}
models = pytest.mark.parametrize("architecture", MODELS.values(), ids=MODELS.keys())


def experiment(architecture: Architecture = MODELS["LSTM"], **changes: Any) -> TextExperiment:
    return TextExperiment(architecture, TEXT, replace(PLAIN, **changes))


def losses(trainer: StreamTrainer, steps: int) -> list[float]:
    found = []
    for _ in range(steps):
        if trainer.step():
            found.append(trainer._losses[-1])
            trainer.finish_epoch()
        else:
            found.append(trainer._losses[-1])
    return found


def losses_of_fit(given: TextExperiment) -> list[float]:
    """Those of plain Keras: stateful layers, ``fit`` on the same batches in the same order, the state reset at each pass."""
    plan, architecture, vocabulary = given.training, given.architecture, given.form.input_dim
    layers: list[Any] = [keras.Input(batch_shape=(plan.batch_size, plan.chunk), dtype="int32")]
    if architecture.embedding_dim:
        layers.append(keras.layers.Embedding(vocabulary, architecture.embedding_dim))
    else:
        layers.append(keras.layers.Lambda(lambda tokens: keras.ops.one_hot(tokens, vocabulary)))
    cells = {Cell.LSTM: keras.layers.LSTM, Cell.GRU: keras.layers.GRU, Cell.SIMPLE_RNN: keras.layers.SimpleRNN}
    options: dict[str, Any] = {"return_sequences": True, "stateful": True, "use_bias": architecture.use_bias}
    if architecture.cell is Cell.GRU:
        options["reset_after"] = architecture.reset_after
    layers += [cells[architecture.cell](architecture.units, **options) for _ in range(architecture.layers)]
    model = keras.Sequential([*layers, keras.layers.Dense(vocabulary, activation="softmax")])
    model.set_weights(build(architecture, given.form, plan.seed).get_weights())
    clip = {"global_clipnorm": plan.clip_at} if plan.clipping is Clipping.NORM else {}
    model.compile(keras.optimizers.Adam(plan.learning_rate, **clip), "sparse_categorical_crossentropy")
    chunks = list(Streams(TEXT.training, plan.batch_size, plan.chunk))
    inputs, targets = (np.concatenate([part[i].T for part in chunks]) for i in (0, 1))
    seen = _Losses()
    for _ in range(plan.passes):
        for layer in model.layers:
            if hasattr(layer, "reset_states"):
                layer.reset_states()
        model.fit(inputs, targets, batch_size=plan.batch_size, shuffle=False, verbose=0, callbacks=[seen])
    return seen.found


class _Losses(keras.callbacks.Callback):
    """The loss of each batch: Keras tells the mean over those of the epoch so far."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        before = sum(self.found[len(self.found) - batch :])
        self.found.append(logs["loss"] * (batch + 1) - before)


@models
def test_the_losses_are_those_of_keras_fit(architecture):
    given = experiment(architecture, clipping=Clipping.NORM, clip_at=0.5, learning_rate=0.005)
    assert given.steps_a_pass > 2
    ours = losses(StreamTrainer(given, Start()), given.steps)
    np.testing.assert_allclose(ours, losses_of_fit(given), rtol=2e-4)
    assert ours[-1] < ours[0]


def gradients(given: TextExperiment, steps: int) -> list[tuple[list[Any], list[Any]]]:
    """Weights before each step, and the gradients with which they were changed: plain gradient descent at rate 1."""
    trainer = StreamTrainer(given, Start())
    found = []
    for _ in range(steps):
        before = trainer._compiled.model.get_weights()
        trainer.step()
        after = trainer._compiled.model.get_weights()
        found.append((before, [a - b for a, b in zip(before, after, strict=True)]))
        trainer.epochs = min(trainer.epochs + 1, given.epochs - 1)
    return found


def close(ours: Any, theirs: Any) -> None:
    """Within 1e-5 of the largest, as float32 has it."""
    scale = max(np.abs(array).max() for array in theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=3e-5 * scale)


@models
def test_the_gradients_of_a_text_of_one_chunk_are_those_of_the_whole_text(architecture):
    """Truncated back-propagation is full back-propagation where nothing is cut."""
    given = experiment(architecture, batch_size=1, chunk=500, optimizer=Optimizer.SGD, learning_rate=1.0)
    assert given.steps_a_pass == 1
    ((weights, ours),) = gradients(given, 1)
    text = TEXT.training[:501]
    read = Model(architecture, given.form, tuple(weights)).forward(text[np.newaxis, :-1])
    close(ours, read.back(text[np.newaxis, 1:]).weights)


@models
def test_across_chunks_the_state_goes_on_and_gradients_do_not(architecture):
    given = experiment(architecture, optimizer=Optimizer.SGD, learning_rate=1.0)
    chunks, states = Streams(TEXT.training, given.training.batch_size, given.training.chunk), None
    for number, (weights, ours) in enumerate(gradients(given, 3)):
        inputs, targets = (part.T for part in chunks[number])
        read = Model(architecture, given.form, tuple(weights)).forward(inputs, states)
        close(ours, read.back(targets).weights)
        states = read.states
    assert np.abs(states[0].h).max() > 0.01


@settings(max_examples=25, deadline=None)
@given(
    cell=st.sampled_from([Cell.SIMPLE_RNN, Cell.LSTM, Cell.GRU]),
    reset_after=st.booleans(),
    steps=st.integers(1, 2 * MOST_IN_BLOCK + 3),
    units=st.integers(1, 5),
    seed=st.integers(0, 999),
)
def test_a_layer_and_its_gradients_are_those_of_the_equations(cell, reset_after, steps, units, seed):
    """In float64, so that what differs is no rounding."""
    rng, batch, depth = np.random.default_rng(seed), 3, 4
    weights = random_weights(cell, depth, units, seed, reset_after)
    weights = weights._replace(bias=rng.normal(size=weights.bias.shape))
    inputs, d_h = rng.normal(size=(batch, steps, depth)), rng.normal(size=(batch, steps, units))
    state = State(rng.normal(size=(batch, units)), rng.normal(size=(batch, units if cell is Cell.LSTM else 0)))
    trace = Trace(cell, weights, inputs, reset_after, state=state)
    of_input, of_state = weights.bias if weights.bias.ndim == 2 else (weights.bias, np.zeros(gates(cell) * units))
    kind = kind_of(Architecture(cell, units, reset_after=reset_after))
    given = [tf.constant(a) for a in (np.swapaxes(inputs, 0, 1), weights.kernel, weights.recurrent_kernel, of_state)]
    with tf.GradientTape() as tape:
        tape.watch(given)
        sums = tf.matmul(given[0], given[1]) + of_input
        h, last = run(kind, sums, given[2], given[3], [tf.constant(s) for s in state[: kind.states]])
        loss = tf.reduce_sum(h * np.swapaxes(d_h, 0, 1))
    ours = tape.gradient(loss, given[:3])
    theirs = trace.back(d_h)
    np.testing.assert_allclose(np.swapaxes(h, 0, 1), trace.h, atol=1e-12)
    for one, other in zip(last, trace.last, strict=False):
        np.testing.assert_allclose(one, other, atol=1e-12)
    np.testing.assert_allclose(np.swapaxes(ours[0], 0, 1), theirs.inputs, atol=1e-10)
    np.testing.assert_allclose(ours[1], theirs.weights[0], atol=1e-10)
    np.testing.assert_allclose(ours[2], theirs.weights[1], atol=1e-10)


def reached(given: TextExperiment, *stops: int) -> training.Reached:
    """Where a race comes to that is stopped after so many steps, each time, and goes on."""
    start = Start()
    for stop in stops:
        lane = training._Lane(given, start)
        for _ in range(stop):
            lane.step()
        start = Start(lane.finish().state, lane.history.epochs, lane.history.seconds)
    (last,) = training.race([given], lambda *_: None, starts=[start])
    return last


@pytest.mark.parametrize("architecture", [MODELS["LSTM"], MODELS["three layers of GRU, embedded"]], ids=["LSTM", "GRU"])
def test_what_was_stopped_goes_on_as_if_it_had_not_been_bit_for_bit(architecture):
    given = experiment(architecture, dropout=0.3, passes=6, schedule=Schedule.COSINE)
    whole, in_parts = reached(given), reached(given, 7, given.steps_a_pass + 12)
    one, other = (training.weights_of(result.state) for result in (whole, in_parts))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    epochs = len(in_parts.chunk.scores)
    assert 0 < epochs < len(whole.chunk.scores)
    assert np.array_equal(whole.chunk.scores[-epochs:], in_parts.chunk.scores, equal_nan=True)
    assert np.array_equal(whole.chunk.predicted[-epochs:], in_parts.chunk.predicted)
    assert np.array_equal(whole.chunk.probability[-epochs:], in_parts.chunk.probability)


def test_dropout_changes_what_is_learned_and_not_how_it_is_measured():
    plain, dropped = (StreamTrainer(experiment(dropout=rate), Start()) for rate in (0.0, 0.5))
    first = [trainer._measure() for trainer in (plain, dropped)]
    assert first[0] == first[1]
    assert losses(plain, 5) != losses(dropped, 5)


def test_a_measurement_is_what_the_model_in_numpy_says_of_held_out_text_after_what_comes_before_it():
    given = experiment(batch_size=1)
    trainer = StreamTrainer(given, Start())
    losses(trainer, 20)
    read = Model.from_flat(given.architecture, given.form, trainer.weights())
    held_out = len(TEXT.held_out)  # one stretch, and as much before it
    text = TEXT.numbers[np.newaxis, -2 * held_out - 1 :]
    seen = read.forward(text[:, :-1], [State(*map(np.asarray, trainer._states))])
    said = seen.outputs[0, -held_out:]
    loss, right = trainer._measure()
    assert loss == pytest.approx(-np.log(said[np.arange(held_out), TEXT.held_out]).mean(), rel=1e-5)
    assert right == pytest.approx((said.argmax(-1) == TEXT.held_out).mean())


def test_the_same_weights_are_measured_alike_however_many_streams_they_were_learned_in():
    few, many = (StreamTrainer(experiment(batch_size=n, chunk=48 // n), Start()) for n in (1, 12))
    losses(few, 30)
    many.step()
    many._compiled.model.set_weights(few._compiled.model.get_weights())
    assert many._measure() == pytest.approx(few._measure(), rel=1e-3)


def test_a_race_of_several_is_told_as_those_of_tasks_are():
    told: list[tuple[int, int]] = []
    given = [experiment(a, passes=1) for a in (MODELS["LSTM"], Architecture(Cell.DENSE, 4), MODELS["GRU"])]
    ended = training.race(given, lambda lane, chunk: told.append((lane, len(chunk.scores))))
    assert [result.status for result in ended] == [Status.FINISHED, Status.FAILED, Status.FINISHED]
    assert "without memory" in ended[1].reason
    assert {lane for lane, _ in told} == {0, 2}
    assert len(ended[0].chunk.scores) == given[0].epochs
    assert ended[0].chunk.predicted.shape == (given[0].epochs, 1, 300)


def test_a_loss_that_is_no_number_ends_the_race_with_a_sentence():
    """The weights are spoilt on the way: of what could make them so, none does it for sure."""
    given = experiment()
    lane = training._Lane(given, Start())
    lane.step()
    lane.trainer._compiled.model.set_weights([a * np.nan for a in lane.trainer._compiled.model.get_weights()])
    lane.step()
    assert lane.status is Status.DIVERGED
    first, then = samples(given, lane.history)
    assert (len(first.text), then.text, then.words) == (300, "", 0.0)
    (again,) = from_file(to_file([SavedLane(given, lane.history, lane.finish().state, lane.status)]))
    assert (again.rests, again.can_continue) == (Status.DIVERGED, False)
    assert [one.text for one in samples(given, again.history)] == [first.text, ""]


def test_the_state_of_another_model_is_refused():
    state = StreamTrainer(experiment(), Start()).state()
    with pytest.raises(ValueError, match="the state of another model"):
        StreamTrainer(experiment(MODELS["two layers of SimpleRNN"]), Start(state, 1))
    with pytest.raises(ValueError, match="the state of another model"):
        StreamTrainer(experiment(optimizer=Optimizer.SGD), Start(state, 1))
