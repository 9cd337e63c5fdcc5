"""min-char-rnn: its gradients, its step by hand, what it carries from chunk to chunk, and that it learns."""

import math

import numpy as np
import pytest

from rnnlab import reference
from rnnlab.min_char_rnn import CHUNK, EPSILON, SPREAD, MinCharRnn, Parameters, read

#: Long enough for three chunks of 25 and a rest that is not read.
TEXT = "the quick brown fox jumps over the lazy dog, and the dog does not mind it at all"


def trained(text: str = TEXT, iterations: int = 0, **settings: float) -> MinCharRnn:
    model = MinCharRnn(text, **settings)  # type: ignore[arg-type]
    for _ in range(iterations):
        model.step()
    return model


def some_parameters(characters: int = 7, units: int = 5) -> Parameters:
    """Weights large enough that every gradient counts."""
    rng = np.random.default_rng(3)
    shapes = (characters, units), (units, units), (units,), (units, characters), (characters,)
    return Parameters(*(rng.normal(0, 0.5, shape) for shape in shapes))


def a_chunk(characters: int = 7) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.random.default_rng(4).integers(characters, size=CHUNK + 1)
    return numbers[:-1], numbers[1:]


STATE = np.random.default_rng(5).uniform(-1, 1, (1, 5))


# Gradients


@pytest.mark.usefixtures("keras_ready")
def test_loss_gradients_and_state_are_those_of_keras():
    import keras
    import tensorflow as tf

    parameters, (inputs, targets) = some_parameters(), a_chunk()
    layer = keras.layers.SimpleRNN(5, return_sequences=True, return_state=True, dtype="float64")
    dense = keras.layers.Dense(7, dtype="float64")
    one_hot = tf.one_hot(inputs[np.newaxis], 7, dtype=tf.float64)
    layer.build(one_hot.shape)
    dense.build((1, CHUNK, 5))
    layer.set_weights(list(parameters.cell))
    dense.set_weights([parameters.output_kernel, parameters.output_bias])
    with tf.GradientTape() as tape:
        hidden, last = layer(one_hot, initial_state=tf.constant(STATE))
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(targets[np.newaxis], dense(hidden))
        loss = tf.reduce_sum(each)
    theirs = tape.gradient(loss, [v.value for v in layer.trainable_variables + dense.trainable_variables])
    ours = read(parameters, inputs, targets, STATE)
    assert ours.loss == pytest.approx(float(loss), rel=1e-12)
    np.testing.assert_allclose(ours.h, last.numpy(), rtol=1e-12)
    for gradient, expected in zip(ours.gradients, theirs, strict=True):
        np.testing.assert_allclose(gradient, expected.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", Parameters._fields)
def test_gradients_are_those_of_finite_differences(name):
    parameters, (inputs, targets) = some_parameters(), a_chunk()
    gradient = getattr(read(parameters, inputs, targets, STATE).gradients, name)
    array, step = getattr(parameters, name), 1e-6
    measured = np.empty_like(array)
    for place in np.ndindex(array.shape):
        losses = []
        for sign in (1, -1):
            moved = array.copy()
            moved[place] += sign * step
            losses.append(read(parameters._replace(**{name: moved}), inputs, targets, STATE).loss)
        measured[place] = (losses[0] - losses[1]) / (2 * step)
    np.testing.assert_allclose(gradient, measured, rtol=1e-6, atol=1e-7)
    assert np.abs(gradient).max() > 0.1


def test_its_weights_are_a_model_of_the_bench_and_its_first_loss_is_that_of_the_model():
    model = trained(iterations=30, units=8)
    weights, state = model.weights, model.state()
    fresh = trained(units=8)
    fresh.restore(state)
    numbers = np.array([[model.vocabulary.index(character) for character in TEXT[: CHUNK + 1]]])
    said = reference.Model(model.architecture, model.form, weights).forward(numbers[:, :-1])
    assert model.iterations % 3 == 0  # at the beginning of the text, so the state is zero
    assert model.step() == pytest.approx(CHUNK * said.loss(numbers[:, 1:]), rel=1e-9)


# One step by hand


def test_one_step_of_adagrad_and_of_the_smoothed_loss_by_hand():
    model = trained(units=4, clip_at=0.05)
    before, start = model.weights, CHUNK * math.log(len(set(TEXT)))
    assert model.smoothed_loss == pytest.approx(start)
    numbers = np.array([model.vocabulary.index(character) for character in TEXT[: CHUNK + 1]])
    found = read(before, numbers[:-1], numbers[1:], np.zeros((1, 4)))
    assert max(np.abs(gradient).max() for gradient in found.gradients) > 0.05  # something is clipped
    loss = model.step()
    assert loss == found.loss
    assert model.smoothed_loss == pytest.approx(0.999 * start + 0.001 * loss, rel=1e-12)
    for old, new, gradient in zip(before, model.weights, found.gradients, strict=True):
        clipped = np.minimum(np.maximum(gradient, -0.05), 0.05)
        np.testing.assert_allclose(new, old - 0.1 * clipped / np.sqrt(clipped**2 + EPSILON), rtol=1e-12)


def test_the_second_step_divides_by_the_squares_of_both():
    model = trained(units=4)
    first = read(model.weights, *chunk_of(model, 0), np.zeros((1, 4)))
    model.step()
    second = read(model.weights, *chunk_of(model, 1), first.h)
    before = model.weights.output_bias
    model.step()
    squares = first.gradients.output_bias**2 + second.gradients.output_bias**2
    expected = before - 0.1 * second.gradients.output_bias / np.sqrt(squares + 1e-8)
    np.testing.assert_allclose(model.weights.output_bias, expected, rtol=1e-12)


def chunk_of(model: MinCharRnn, number: int) -> tuple[np.ndarray, np.ndarray]:
    letters = TEXT[number * CHUNK : (number + 1) * CHUNK + 1]
    numbers = np.array([model.vocabulary.index(character) for character in letters])
    return numbers[:-1], numbers[1:]


def test_weights_begin_as_in_the_lectures():
    weights = trained(units=100).weights
    for kernel in (weights.kernel, weights.recurrent_kernel, weights.output_kernel):
        assert kernel.std() == pytest.approx(SPREAD, rel=0.05)
        assert abs(kernel.mean()) < 0.001
    assert not weights.bias.any()
    assert not weights.output_bias.any()


# From chunk to chunk


def test_the_state_goes_on_from_chunk_to_chunk_and_begins_anew_at_each_pass():
    model, passes = trained(units=4), 2
    for _ in range(passes):
        h = np.zeros((1, 4))
        for number in range(3):
            expected = read(model.weights, *chunk_of(model, number), h)
            assert model.step() == expected.loss
            h = expected.h
    assert len(TEXT) - 1 < 4 * CHUNK
    assert model.iterations == 6


def test_a_text_of_one_chunk_is_read_from_its_beginning_each_time():
    text = TEXT[: CHUNK + 1]
    model = trained(text, units=4)
    for _ in range(3):
        numbers = np.array([model.vocabulary.index(character) for character in text])
        expected = read(model.weights, numbers[:-1], numbers[1:], np.zeros((1, 4))).loss
        assert model.step() == expected


def test_a_text_that_ends_with_a_chunk_is_read_to_its_last_character():
    model = trained(TEXT[: 2 * CHUNK + 1], units=4)
    first = read(model.weights, *chunk_of(model, 0), np.zeros((1, 4)))
    model.step()
    expected = read(model.weights, *chunk_of(model, 1), first.h).loss
    assert model.step() == expected


# Learning


def test_it_learns_to_write_the_words_of_a_text():
    model = trained("hihello " * 40, iterations=600, units=30)
    assert model.loss_per_character < 0.75 * math.log(len(model.vocabulary))
    assert model.sample(100).count("hihello") >= 5
    assert set(model.sample(100)) <= set(model.vocabulary)


def test_samples_are_noise_at_first():
    assert "hihello" not in trained("hihello " * 40).sample(200)


def test_characters_are_drawn_as_often_as_they_are_likely():
    model = trained("aab" * 20, units=3, chunk=5)
    drawn = model.draw(4000)
    share = drawn.tokens.mean()  # of b, which is number 1
    expected = np.where(drawn.tokens == 1, drawn.probabilities, 1 - drawn.probabilities).mean()
    assert share == pytest.approx(expected, abs=0.03)
    assert 0.4 < expected < 0.6


# The same again


def test_the_same_seed_gives_the_same_numbers_bit_for_bit_and_another_seed_others():
    first, again, other = (trained(iterations=50, units=9, seed=seed) for seed in (1, 1, 2))
    assert first.state() == again.state()
    assert first.sample() == again.sample()
    assert first.smoothed_loss != other.smoothed_loss
    assert first.sample() != other.sample()


def test_drawing_samples_changes_nothing():
    alone, watched = trained(units=9), trained(units=9)
    for _ in range(20):
        alone.step()
        watched.sample(30)
        watched.step()
    assert alone.state() == watched.state()


def test_stopped_and_continued_is_as_if_it_had_never_stopped():
    whole = trained(iterations=50, units=9)
    stopped, continued = trained(iterations=20, units=9), trained(units=9)
    continued.restore(stopped.state())
    assert continued.sample() == stopped.sample()
    for _ in range(30):
        continued.step()
    assert continued.state() == whole.state()
    assert continued.sample() == whole.sample()


def test_the_vocabulary_is_sorted_or_in_the_order_that_is_given():
    assert MinCharRnn("hihello", chunk=6).vocabulary == "ehilo"
    assert MinCharRnn("hihello", chunk=6, vocabulary="hielo").vocabulary == "hielo"


def test_weights_that_were_taken_stay_as_they_were():
    model = trained(units=4)
    taken = model.weights
    kept = [array.copy() for array in taken]
    model.step()
    assert all(np.array_equal(array, copy) for array, copy in zip(taken, kept, strict=True))
    assert not np.array_equal(model.weights.kernel, taken.kernel)


# What does not go is said


@pytest.mark.parametrize(
    ("text", "settings", "sentence"),
    [
        ("", {}, "the text must have 26 characters at least, one more than a chunk; this one has 0"),
        (TEXT[:25], {}, "the text must have 26 characters at least, one more than a chunk; this one has 25"),
        ("a" * 100, {}, "the text must have at least 2 different characters; this one has only 'a'"),
        (TEXT, {"units": 0}, "hidden size must be a whole number from 1 to 1,024"),
        (TEXT, {"chunk": 0}, "characters of a chunk must be a whole number"),
        (TEXT, {"learning_rate": math.nan}, "learning rate must be a number from 0.00001 to 10"),
        (TEXT, {"clip_at": 0}, "clipping threshold must be a number from 0.001"),
        (TEXT, {"seed": -1}, "seed must be a whole number from 0"),
        (
            "".join(map(chr, range(0x4E00, 0x4E00 + 40_000))),
            {"units": 1024},
            "there would be 83,009,600 weights; at most 50,000,000 are trained",
        ),
    ],
)
def test_what_cannot_be_learned_is_refused_in_a_sentence(text, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        MinCharRnn(text, **settings)


def test_the_state_of_a_model_of_another_size_is_refused_and_nothing_is_changed():
    model = trained(units=4)
    before = model.state()
    with pytest.raises(ValueError, match="another size"):
        model.restore(trained(units=5).state())
    assert model.state() == before


def test_a_large_learning_rate_still_gives_numbers():
    model = trained(iterations=50, units=9, learning_rate=10.0)
    assert math.isfinite(model.smoothed_loss)
    assert len(model.sample()) == 200
