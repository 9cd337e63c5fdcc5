"""Tasks with pictures: where they come from, what is expected of each, and how predictions are drawn."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from rnnlab.architecture import Pattern
from rnnlab.tasks import digits, frames
from rnnlab.tasks.drawn import Mark, Said
from rnnlab.tasks.task import Metric, score

DIGIT, ROWS, CAPTION = digits.TASKS
(FRAMES,) = frames.TASKS
TASKS = (*digits.TASKS, FRAMES)
RIGHT, WRONG, PLAIN = Mark.RIGHT, Mark.WRONG, Mark.PLAIN


def by_name(task):
    return task.name


def marks(drawn):
    return [piece.mark for piece in drawn.pieces]


def likely(count):
    return np.linspace(0.5, 0.9, count, dtype=np.float32)


def caption(text):
    return np.array([digits.LETTERS.index(letter) for letter in text], dtype=np.int32)


def spelled(tokens):
    return "".join(digits.LETTERS[token] for token in tokens)


def samples(pictures, answers):
    return Counter((picture.tobytes(), tuple(answer)) for picture, answer in zip(pictures, answers, strict=True))


@pytest.fixture
def picture():
    return digits.digits()[0][0]


# Data


def test_the_digits_are_those_of_scikit_learn():
    expected = load_digits()
    pictures, labels = digits.digits()
    np.testing.assert_array_equal(pictures, expected.images.astype(np.float32) / 16)
    np.testing.assert_array_equal(labels, expected.target)
    assert (pictures.dtype, labels.dtype) == (np.float32, np.int32)
    assert (pictures.shape, pictures.min(), pictures.max()) == ((1797, 8, 8), 0, 1)


def test_reading_the_digits_does_not_import_scikit_learn():
    lines = "import sys; from rnnlab.tasks.digits import digits; print(len(digits()[1]), 'sklearn' in sys.modules)"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", lines], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1797", "False"]


def test_nobody_can_write_into_the_digits_that_all_share():
    for array in digits.digits():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    DIGIT.data(0).train.inputs[:] = 0.5
    assert not (digits.digits()[0] == 0.5).all()


@pytest.mark.parametrize("task", TASKS, ids=by_name)
def test_the_same_seed_gives_the_same_samples_and_another_one_others(task):
    first, again, other = task.data(3), task.data(3), task.data(4)
    for part in ("train", "held_out"):
        for name in ("inputs", "targets"):
            array, same, different = (getattr(getattr(data, part), name) for data in (first, again, other))
            np.testing.assert_array_equal(array, same)
            assert not np.array_equal(array, different)


@pytest.mark.parametrize("task", TASKS, ids=by_name)
def test_samples_have_the_shapes_of_the_form_and_fill_their_batches(task):
    data, form = task.data(0), task.form
    shape = (form.input_dim,) if form.pattern.one_input else (form.timesteps, form.input_dim)
    steps = form.steps_out if form.pattern.many_outputs else 1
    for arrays in (data.train, data.held_out):
        assert arrays.inputs.shape[1:] == shape
        assert arrays.targets.shape == (len(arrays.inputs), steps)
        assert (arrays.inputs.dtype, arrays.targets.dtype) == (np.float32, np.int32)
        assert set(np.unique(arrays.targets)) == set(range(form.outputs))
        assert arrays.inputs.min() >= 0
        assert arrays.inputs.max() <= 1
    assert len(data.train.inputs) % task.defaults.batch_size == 0
    assert data.hard is None


@pytest.mark.parametrize("task", digits.TASKS, ids=by_name)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_digit_is_either_learned_or_held_out(task, seed):
    data = task.data(seed)
    pictures, labels = digits.digits()
    every = samples(pictures, task.answers(labels))
    assert samples(*data.train) + samples(*data.held_out) == every
    assert every.total() == 1797
    assert (len(data.train.inputs), len(data.held_out.inputs)) == (1408, 389)


def test_the_same_pictures_are_learned_at_once_and_row_by_row_and_in_letters():
    whole, rows, letters = (task.data(5).train for task in digits.TASKS)
    np.testing.assert_array_equal(rows.inputs[:, 2], whole.inputs[:, 16:24])
    np.testing.assert_array_equal(letters.inputs, whole.inputs)
    np.testing.assert_array_equal(rows.targets, whole.targets)


def test_the_three_forms_of_input_and_output():
    patterns = [task.form.pattern for task in digits.TASKS]
    assert patterns == [Pattern.ONE_TO_ONE, Pattern.MANY_TO_ONE, Pattern.ONE_TO_MANY]
    assert FRAMES.form.pattern is Pattern.IN_STEP


def test_captions_spell_the_english_names_and_fill_up_with_end_marks():
    names = ["zero∎∎", "one∎∎∎", "two∎∎∎", "three∎", "four∎∎", "five∎∎", "six∎∎∎", "seven∎", "eight∎", "nine∎∎"]
    assert [spelled(tokens) for tokens in CAPTION.answers(np.arange(10, dtype=np.int32))] == names
    assert digits.LETTERS[0] == "∎"
    assert sorted(digits.LETTERS[1:]) == sorted(set("zeroonetwothreefourfivesixseveneightnine"))
    labels = DIGIT.data(2).held_out.targets[:, 0]
    assert [spelled(tokens) for tokens in CAPTION.data(2).held_out.targets] == [names[label] for label in labels]


def test_films_move_from_frame_to_frame_as_their_targets_say():
    steps = {"stays": (0, 0), "right": (0, 1), "left": (0, -1), "up": (-1, 0), "down": (1, 0)}
    for films, targets in FRAMES.data(1)[:2]:
        places = np.stack(np.unravel_index(films.argmax(axis=2), (6, 6)), axis=-1)  # (N, 8, 2)
        expected = np.array([steps[name] for name in FRAMES.classes])[targets[:, 1:]]
        np.testing.assert_array_equal(np.diff(places, axis=1), expected)
        assert (targets[:, 0] == FRAMES.classes.index("stays")).all()


def test_the_dot_goes_everywhere_and_every_way():
    films, targets = FRAMES.data(0).train
    assert set(films.argmax(axis=2).ravel()) == set(range(36))
    shares = np.bincount(targets[:, 1:].ravel(), minlength=5) / targets[:, 1:].size
    assert shares.min() > 0.15


def test_the_place_of_the_dot_in_one_frame_does_not_tell_how_it_came_there():
    films, targets = FRAMES.data(0).train
    seen = np.zeros((36, 5))
    np.add.at(seen, (films[:, 1:].argmax(axis=2), targets[:, 1:]), 1)
    assert seen.max(axis=1).sum() / seen.sum() < 0.4 < FRAMES.goal


# Drawing


@pytest.mark.parametrize("task", [DIGIT, ROWS], ids=by_name)
def test_a_digit_is_drawn_with_its_picture_and_marked(task, picture):
    inputs = picture.reshape(task.data(0).train.inputs.shape[1:])
    said = Said(np.array([7]), np.array([0.75]))
    right, wrong, unknown = (task.draw(inputs, target, said) for target in (np.array([7]), np.array([1]), None))
    for drawn in (right, wrong, unknown):
        np.testing.assert_array_equal(drawn.picture, picture)
        assert [(piece.text, piece.note) for piece in drawn.pieces] == [("7", "75%")]
    assert (marks(right), right.after) == ([RIGHT], "")
    assert (marks(wrong), wrong.after) == ([WRONG], "it is “1”")
    assert (marks(unknown), unknown.after) == ([PLAIN], "")


CAPTIONS = [
    ("three∎", "three∎", "three∎", [RIGHT] * 6, ""),
    ("two∎∎∎", "two∎∎∎", "two∎", [RIGHT] * 4, ""),
    ("two∎∎∎", "two∎ex", "two∎", [RIGHT] * 4, ""),
    ("two∎∎∎", "three∎", "three∎", [RIGHT, WRONG, WRONG, WRONG, WRONG, RIGHT], "it is “two”"),
    ("seven∎", "six∎∎∎", "six∎", [RIGHT, WRONG, WRONG, WRONG], "it is “seven”"),
    ("four∎∎", "ffffff", "ffffff", [RIGHT] + [WRONG] * 5, "it is “four”"),
    ("one∎∎∎", "∎∎∎∎∎∎", "∎", [WRONG], "it is “one”"),
    (None, "nine∎∎", "nine∎", [PLAIN] * 5, ""),
]


@pytest.mark.parametrize(("target", "written", "read", "expected", "after"), CAPTIONS)
def test_a_caption_is_drawn_up_to_its_first_end_mark(target, written, read, expected, after, picture):
    tokens = caption(target) if target is not None else None
    drawn = CAPTION.draw(picture.reshape(64), tokens, Said(caption(written), likely(6)))
    assert "".join(piece.text for piece in drawn.pieces) == read
    assert (marks(drawn), drawn.after) == (expected, after)
    assert drawn.pieces[0].note == "50%"
    np.testing.assert_array_equal(drawn.picture, picture)


def test_a_caption_counts_where_every_letter_is_right():
    targets = np.stack([caption("three∎"), caption("two∎∎∎")])
    predicted = np.stack([caption("three∎"), caption("twe∎∎∎")])
    assert CAPTION.metric is Metric.EXACT
    assert score(CAPTION.metric, predicted, likely(2), targets) == 0.5


def test_a_film_is_drawn_frame_by_frame_with_arrows():
    film, target = (array[0] for array in FRAMES.data(0).held_out)
    said = np.array([0, 1, 2, 3, 4, 0, 1, 2])
    drawn = FRAMES.draw(film, target, Said(said, likely(8)))
    assert "".join(piece.text for piece in drawn.pieces) == "·→←↑↓·→←"
    assert marks(drawn) == [RIGHT if right else WRONG for right in said == target]
    assert {RIGHT, WRONG} == set(marks(drawn))
    assert drawn.pieces[0].title == "correct: stays, 50.0%"
    np.testing.assert_array_equal([piece.picture.ravel() for piece in drawn.pieces], film)


def test_a_film_of_which_nobody_knows_the_answer_is_drawn_plain():
    film = FRAMES.data(0).held_out.inputs[0]
    drawn = FRAMES.draw(film, None, Said(np.full(8, 3), likely(8)))
    assert marks(drawn) == [PLAIN] * 8
    assert {piece.text for piece in drawn.pieces} == {"↑"}
    assert drawn.pieces[0].title == "up, 50.0%"


def test_a_wrong_move_is_told_in_words():
    film = FRAMES.data(0).held_out.inputs[0]
    drawn = FRAMES.draw(film, np.full(8, 2), Said(np.full(8, 1), np.full(8, 0.999)))
    assert (drawn.pieces[7].note, drawn.pieces[7].title) == (">99%", "wrong: right instead of left, 99.9%")


# Pictures of a person's own


@pytest.mark.parametrize("task", digits.TASKS, ids=by_name)
def test_a_drawn_picture_becomes_a_sample_as_the_task_takes_it(task, picture):
    inputs = task.give(picture.astype(np.float64)).inputs
    assert inputs.dtype == np.float32
    assert inputs.shape == task.data(0).train.inputs.shape[1:]
    np.testing.assert_array_equal(inputs.ravel(), picture.ravel())


def one_pixel(value):
    drawn = np.zeros((8, 8), np.float32)
    drawn[3, 4] = value
    return drawn


NO_PICTURES = [
    (np.zeros((8, 8), np.float32), "the picture is empty: draw a digit first"),
    (np.ones((4, 16), np.float32), "draw a picture of 8 × 8 pixels; this one is 4 × 16"),
    (np.ones(64, np.float32), "draw a picture of 8 × 8 pixels; this one is 64"),
    ("seven", "draw a picture of 8 × 8 pixels; this one is a text"),
    *((one_pixel(v), "each pixel must be a grey value from 0 to 1; this picture has others") for v in (np.nan, np.inf)),
    *((one_pixel(v), "each pixel must be a grey value from 0 to 1; this picture has others") for v in (-0.1, 16)),
]


@pytest.mark.parametrize("task", digits.TASKS, ids=by_name)
@pytest.mark.parametrize(("drawn", "sentence"), NO_PICTURES)
def test_what_is_no_picture_of_a_digit_is_refused_with_a_sentence(task, drawn, sentence):
    with pytest.raises(ValueError) as error:
        task.give(drawn)
    assert str(error.value) == sentence


def test_facts_say_what_goes_in_and_out():
    facts = {task.name: dict(task.facts()) for task in TASKS}
    assert facts["digit"]["pictures"] == "1,797: 1,408 to learn from, 389 held out"
    assert facts["digit_rows"]["in"] == "8 rows of 8 grey values from 0 to 1"
    assert facts["caption"]["out"].startswith("6 letters or end marks, of ∎ z e r o")
    assert facts["frames"]["films"] == "3,200 to learn from, 500 held out"
