"""min-char-rnn as a script of its own, for a person to take home: NumPy alone."""

from __future__ import annotations

from rnnlab.experiment import ITERATIONS_AN_EPOCH, WRITTEN, Experiment
from rnnlab.min_char_rnn import EPSILON, KEPT, LIMIT, SPREAD, chunk_of
from rnnlab.tasks.text import TextTask


def code(experiment: Experiment) -> str:
    """Python code that repeats a run of the trainer numpy: same first weights, same chunks, same draws.

    Rounding differs, which a long run of small gradients can make visible.
    """
    task, training = experiment.task, experiment.training
    assert isinstance(task, TextTask)
    settings = f"""\
TEXT = {task.checked_text!r}
VOCABULARY = {task.vocabulary!r}  # in order of first appearance
UNITS, CHUNK = {experiment.architecture.units}, {chunk_of(task.checked_text)}
LEARNING_RATE, CLIP_AT, EPSILON = {training.learning_rate!r}, {LIMIT!r}, {EPSILON!r}  # Adagrad
SPREAD, KEPT, SEED = {SPREAD!r}, {KEPT!r}, {training.seed}
EPOCHS, ITERATIONS, WRITTEN = {training.epochs}, {ITERATIONS_AN_EPOCH}, {WRITTEN}
"""
    return f"import numpy as np\n\n{settings}{_REST}"


_REST = '''
numbers = np.array([VOCABULARY.index(character) for character in TEXT])
V = len(VOCABULARY)

rng = np.random.default_rng(SEED)
Wx, Wh, Wy = (SPREAD * rng.standard_normal(shape) for shape in ((V, UNITS), (UNITS, UNITS), (UNITS, V)))
bh, by = np.zeros(UNITS), np.zeros(V)
weights = [Wx, Wh, bh, Wy, by]
squares = [np.zeros_like(weight) for weight in weights]


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def learn(inputs, targets, h):
    """The loss of a chunk, summed over its characters, its gradients, and the state after it."""
    states = [h]
    for number in inputs:
        states.append(np.tanh(Wx[number] + states[-1] @ Wh + bh))
    before, hidden = np.array(states[:-1]), np.array(states[1:])
    d_scores = softmax(hidden @ Wy + by)  # the probabilities, and less 1 where it is right: the gradients
    right = np.arange(len(targets)), targets
    loss = -np.log(d_scores[right]).sum()
    d_scores[right] -= 1
    d_hidden, d_sums, later = d_scores @ Wy.T, np.zeros_like(hidden), 0
    for t in reversed(range(len(inputs))):
        d_sums[t] = (d_hidden[t] + later) * (1 - hidden[t] ** 2)
        later = d_sums[t] @ Wh.T
    d_Wx = np.zeros_like(Wx)
    np.add.at(d_Wx, inputs, d_sums)
    return loss, [d_Wx, before.T @ d_sums, d_sums.sum(axis=0), hidden.T @ d_scores, d_scores.sum(axis=0)], states[-1]


def write(h, number, iteration):
    """A text that the model writes: each character is drawn by its probability and read next."""
    draws, text = np.random.default_rng((SEED, iteration)), ""
    for _ in range(WRITTEN):
        h = np.tanh(Wx[number] + h @ Wh + bh)
        sums = softmax(h @ Wy + by).cumsum()
        number = np.searchsorted(sums, draws.random() * sums[-1], side="right")
        text += VOCABULARY[number]
    return text


h, place, smoothed = np.zeros(UNITS), 0, np.log(V) * CHUNK
for iteration in range(1, EPOCHS * ITERATIONS + 1):
    chunk = numbers[place : place + CHUNK + 1]
    loss, gradients, h = learn(chunk[:-1], chunk[1:], h)
    for weight, gradient, square in zip(weights, gradients, squares):
        gradient = np.clip(gradient, -CLIP_AT, CLIP_AT)
        square += gradient**2
        weight -= LEARNING_RATE * gradient / np.sqrt(square + EPSILON)
    smoothed = KEPT * smoothed + (1 - KEPT) * loss
    place += CHUNK
    if place + CHUNK >= len(numbers):  # no whole chunk is left: from the beginning, with a state of zeros
        h, place = np.zeros(UNITS), 0
    if iteration % ITERATIONS == 0:
        print(f"{iteration // ITERATIONS:4d}  loss {smoothed / CHUNK:.4f}  {write(h, numbers[place], iteration)}")
'''
