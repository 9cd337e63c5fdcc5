"""The tasks: the registry walked, next-character tasks as the lectures give them (F13 to F15), and a person's own text."""

import importlib
import json
import pickle
import pkgutil
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnlab import tasks
from rnnlab.architecture import FIRST_BENCH, Activation, Form, Pattern
from rnnlab.experiment import Choice, Experiment
from rnnlab.tasks import TASKS, task
from rnnlab.tasks.drawn import Mark, Said
from rnnlab.tasks.task import Metric, Own, samples
from rnnlab.tasks.text import TextTask, check_text
from tests.strategies import learnable, texts

every_task = pytest.mark.parametrize("name", TASKS)
PICTURE = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
NO_PICTURES = ["", "7", np.zeros((8, 8)), np.ones((7, 8)), np.ones(64), PICTURE + 0.5, np.full((8, 8), np.nan)]


@lru_cache
def data_of(name, seed=0):
    return learnable(name).data(seed)


def rows(array):
    """Each sample as something that can be compared."""
    return [row.tobytes() for row in array]


# The registry


def test_no_two_tasks_have_the_same_name():
    modules = [importlib.import_module(f"rnnlab.tasks.{found.name}") for found in pkgutil.iter_modules(tasks.__path__)]
    names = [known.name for module in modules for known in getattr(module, "TASKS", ())]
    assert sorted(names) == sorted(TASKS)
    assert [known.name for known in TASKS.values()] == list(TASKS)


def test_an_unknown_task_is_refused_with_those_there_are():
    with pytest.raises(ValueError) as error:
        task("sorting")
    assert str(error.value) == (
        "task must be one of hihello, hello, long_sequence, own, digit, digit_rows, caption, sentiment, labelled, intent, "
        "jane, copy, adding, frames, tagging, addition, not 'sorting'"
    )


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("hello", {"text": "abc"}, "the task hello has no option text"),
        ("copy", {"delay": 4}, "delay must be a whole number from 5 to 200, not 4"),
        ("adding", {"delay": "40"}, "delay must be a whole number from 5 to 200, not '40'"),
        ("labelled", {"by": "letters"}, "by must be one of characters, words, not 'letters'"),
    ],
)
def test_an_option_that_may_not_be_is_refused(name, options, sentence):
    with pytest.raises(ValueError) as error:
        task(name, **options)
    assert str(error.value) == sentence


@every_task
def test_a_task_tells_its_story(name):
    known = learnable(name)
    assert len(known.title) > 3
    assert len(known.story) > 50
    assert all(len(fact) == 2 and all(fact) for fact in known.facts())
    assert 0.5 < known.goal <= 1
    assert len(set(known.classes)) == len(known.classes) == (known.form.outputs if known.classes else 0)
    assert (known.metric is Metric.NEAR) == (known.form.activation is Activation.LINEAR)


@every_task
def test_a_task_can_be_learned_as_it_is_offered(name):
    known = learnable(name)
    made = Choice.of(known).experiments()
    assert [experiment.architecture for experiment in made] == list(known.defaults.bench)
    assert all(known.form.fit(architecture) == architecture for architecture in known.defaults.bench)
    trained_on = len(data_of(name).train.inputs)
    assert trained_on % min(made[0].training.batch_size, trained_on) == 0


@every_task
def test_a_task_travels_as_options_as_json_and_as_a_pickle(name):
    known = learnable(name)
    assert task(name, **known.chosen()) == known
    experiment = Experiment(FIRST_BENCH[0], known)
    assert Experiment.from_json(json.loads(json.dumps(experiment.to_json()))) == experiment
    came = pickle.loads(pickle.dumps(known))
    assert came == known
    assert rows(came.data(3).train.inputs) == rows(known.data(3).train.inputs)


# Their samples


def check_fits(form, arrays):
    """The arrays have the shapes, types and ranges of the form, with padding at the end only."""
    inputs, targets = arrays
    kind = np.int32 if form.tokens else np.float32
    one = (form.input_dim,) if form.pattern.one_input else (form.timesteps, *(() if form.tokens else (form.input_dim,)))
    assert (inputs.dtype, inputs.shape[1:]) == (kind, one)
    assert targets.shape == (len(inputs), form.steps_out if form.pattern.many_outputs else 1)
    if form.tokens:
        assert ((inputs >= 0) & (inputs < form.input_dim)).all()
    assert np.isfinite(inputs).all()
    if form.masked:
        real = inputs != 0
        assert real[:, 0].all()
        assert (np.diff(real.astype(int), axis=1) <= 0).all()
    if form.activation is Activation.LINEAR:
        assert (targets.dtype, form.outputs) == (np.float32, 1)
        assert np.isfinite(targets).all()
    else:
        assert targets.dtype == np.int32
        assert ((targets >= 0) & (targets < form.outputs)).all()


@every_task
def test_samples_fit_the_form(name):
    known, data = learnable(name), data_of(name)
    assert len(data.train.inputs)
    for part in (data.train, data.held_out):
        check_fits(known.form, part)
    assert (data.hard is not None) == bool(known.hard_part)
    if data.hard is not None:
        assert data.hard.shape == (len(data.held_out.inputs),)
        assert data.hard.any() and not data.hard.all()


@pytest.mark.parametrize("name", ["copy", "adding"])
@pytest.mark.parametrize("delay", [5, 200])
def test_samples_fit_the_form_at_the_shortest_and_the_longest_delay(name, delay):
    known = task(name, delay=delay)
    check_fits(known.form, known.data(0).train)
    check_fits(known.form, known.data(0).held_out)


@every_task
def test_the_same_seed_gives_the_same_samples_and_another_seed_others(name):
    known, first, other = learnable(name), data_of(name), data_of(name, 1)
    again = pickle.loads(pickle.dumps(known)).data(0)
    for part in ("train", "held_out"):
        for array in ("inputs", "targets"):
            one, same, another = (getattr(getattr(data, part), array) for data in (first, again, other))
            assert np.array_equal(one, same)
            if len(first.held_out.inputs):
                assert not np.array_equal(one, another)
    assert np.array_equal(first.hard, again.hard)


@every_task
def test_nothing_is_held_out_of_a_text_and_elsewhere_no_sequence_of_tokens_is_in_both_parts(name):
    known, (train, held_out, _) = learnable(name), data_of(name)
    assert (len(held_out.inputs) == 0) == (not known.holds_out) == isinstance(known, TextTask)
    if known.form.tokens:
        assert not set(rows(train.inputs)) & set(rows(held_out.inputs))


@every_task
def test_a_reader_of_both_directions_sees_the_answer_where_it_is_the_next_character(name):
    known, (inputs, targets) = learnable(name), data_of(name).train
    answers_stand_in_what_is_read = known.pattern is Pattern.IN_STEP and np.array_equal(inputs[:, 1:], targets[:, :-1])
    assert known.backward_sees_answer == answers_stand_in_what_is_read == isinstance(known, TextTask)


# What is asked, said and drawn


@every_task
def test_questions_are_samples_of_the_same_kind_the_last_of_each_the_whole(name):
    known, inputs = learnable(name), data_of(name).train.inputs[:5]
    asked = known.questions(inputs)
    assert asked.dtype == inputs.dtype
    each = len(asked) // len(inputs)
    assert each >= 1
    assert np.array_equal(asked.reshape(len(inputs), each, *inputs.shape[1:])[:, -1], inputs)


def marks(known, sample, target, answers, said):
    """How a sample is marked with the same answers (S) to each question."""
    each = len(known.questions(sample[np.newaxis]))
    drawn = known.draw(sample, target, Said(np.tile(answers, each), np.tile(said, each)))
    return {piece.mark for piece in drawn.pieces}


def any_sample(name, number):
    inputs, targets = samples(learnable(name), 0)
    return inputs[number % len(inputs)], targets[number % len(inputs)]


@every_task
@settings(max_examples=20)
@given(number=st.integers(0, 10), seed=st.integers(0, 1000), tell=st.booleans())
def test_whatever_is_predicted_can_be_drawn(name, number, seed, tell):
    known, (sample, target), rng = learnable(name), any_sample(name, number), np.random.default_rng(seed)
    each = len(known.questions(sample[np.newaxis])) * len(target)
    predicted = rng.integers(known.form.outputs, size=each).astype(np.uint16)
    picture = known.draw(sample, target if tell else None, Said(predicted, rng.random(each, np.float32)))
    assert picture.pieces
    assert picture.said
    if not tell and name != "addition":  # a sum tells by itself what is right
        assert {piece.mark for piece in picture.pieces} == {Mark.PLAIN}


@every_task
@settings(max_examples=20)
@given(number=st.integers(0, 10), off=st.integers(1, 1000))
def test_what_is_right_is_drawn_as_right_and_what_is_wrong_as_wrong(name, number, off):
    known, (sample, target) = learnable(name), any_sample(name, number)
    if known.metric is Metric.NEAR:
        right_class = wrong_class = np.zeros(1, int)
        right_number, wrong_number = target, target + 0.05 * off
    else:
        right_class, wrong_class = target, (target + 1 + off % (known.form.outputs - 1)) % known.form.outputs
        right_number = wrong_number = np.full(len(target), 0.5, np.float32)
    right = marks(known, sample, target, right_class, right_number)
    wrong = marks(known, sample, target, wrong_class, wrong_number)
    assert Mark.RIGHT in right - wrong
    assert Mark.WRONG in wrong - right


# What a person gives


def check_given(known, given_inputs):
    """What was given is a sample, perhaps shorter than those of training."""
    form = known.form
    assert given_inputs.ndim == len(data_of(known.name).train.inputs.shape) - 1
    if form.tokens:
        assert given_inputs.dtype == np.int32
        assert 1 <= len(given_inputs) <= (200 if isinstance(known, TextTask) else form.timesteps)
        assert ((given_inputs >= 0) & (given_inputs < form.input_dim)).all()
        assert not form.masked or given_inputs[0] != 0
    else:
        assert given_inputs.shape == data_of(known.name).train.inputs.shape[1:]


@every_task
def test_the_example_can_be_given_and_nonsense_cannot(name):
    known = learnable(name)
    assert bool(known.example) == (known.own is Own.LINE)
    examples = {Own.LINE: [known.example], Own.PICTURE: [PICTURE], Own.NOTHING: []}[known.own]
    for given_example in examples:
        check_given(known, known.give(given_example).inputs)
    for nonsense in {Own.LINE: [""], Own.PICTURE: NO_PICTURES, Own.NOTHING: ["a", PICTURE]}[known.own]:
        with pytest.raises(ValueError) as error:
            known.give(nonsense)
        assert len(str(error.value)) > 20


@pytest.mark.parametrize("name", [name for name in TASKS if learnable(name).own is Own.LINE])
@settings(max_examples=50)
@given(text=st.text(max_size=300))
@example(text="x" * 10_000)
@example(text="\u1112\u1161\u11ab")
@example(text="1+\u0662")
@example(text=" 7 + 35 ")
def test_any_line_is_read_or_refused_with_a_sentence(name, text):
    known = learnable(name)
    try:
        given_line = known.give(text)
    except ValueError as error:
        assert len(str(error)) > 20
    else:
        check_given(known, given_line.inputs)


# The next-character tasks of the lectures


def test_f13_hello():
    hello = task("hello")
    inputs, targets = hello.data(0).train
    assert hello.vocabulary == "helo"
    assert inputs.tolist() == [[0, 1, 2, 2]]
    assert hello.read(inputs[0]) == "hell"
    assert hello.read(targets[0]) == "ello"


def test_f14_hihello():
    hihello = task("hihello")
    inputs, targets = hihello.data(0).train
    assert hihello.vocabulary == "hielo"
    assert inputs.tolist() == [[0, 1, 0, 2, 3, 3]]
    assert targets.tolist() == [[1, 0, 2, 3, 3, 4]]
    assert inputs.dtype == targets.dtype == np.int32
    assert hihello.read(targets[0]) == "ihello"
    assert hihello.form == Form(
        5, True, 6, 1, pattern=Pattern.IN_STEP, outputs=5, activation=Activation.SOFTMAX, masked=False
    )


def test_f15_long_sequence():
    long_sequence = task("long_sequence")
    inputs, targets = long_sequence.data(0).train
    assert long_sequence.text == " if you want you"
    assert len(long_sequence.vocabulary) == len(set(long_sequence.text)) == 10
    assert long_sequence.read(inputs[0]) == " if you want yo"
    assert long_sequence.read(targets[0]) == "if you want you"
    assert (long_sequence.form.input_dim, long_sequence.form.timesteps, long_sequence.form.outputs) == (10, 15, 10)
    assert [architecture.units for architecture in long_sequence.defaults.bench] == [10, 10, 10]


@given(texts)
def test_an_own_text_is_read_all_but_the_last_and_predicted_all_but_the_first(text):
    own = task("own", text=text)
    inputs, targets = own.data(0).train
    assert own.read(inputs[0]) == own.checked_text[:-1]
    assert own.read(targets[0]) == own.checked_text[1:]
    assert inputs.shape == targets.shape == (1, own.form.timesteps)
    assert inputs.max() < own.form.input_dim == own.form.outputs == len(set(own.checked_text))


@pytest.mark.parametrize("text", ["aab", "ab" * 100, "a  b", "나는 밥을 먹었습니다.", "😀🙃😀"])
def test_an_own_text_that_may_be(text):
    assert check_text(text) == text


WRONG_TEXTS = [
    ("", "the text must have 3 to 200 characters; this one has 0"),
    ("ab", "the text must have 3 to 200 characters; this one has 2"),
    ("ab" * 100 + "a", "the text must have 3 to 200 characters; this one has 201"),
    ("aaaa", "the text must have at least 2 different characters; this one has only 'a'"),
    ("ab\n", r"the text must be one line of characters; this one has '\n'"),
    ("a\tb", r"the text must be one line of characters; this one has '\t'"),
    ("ab\0", r"the text must be one line of characters; this one has '\x00'"),
    ("a\x85b", r"the text must be one line of characters; this one has '\x85'"),
    ("ab\ud800", r"the text must be one line of characters; this one has '\ud800'"),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG_TEXTS)
def test_an_own_text_that_may_not_be_makes_no_experiment(text, sentence):
    half_written = task("own", text=text)
    for ask in (lambda: half_written.form, lambda: Experiment(FIRST_BENCH[0], half_written)):
        with pytest.raises(ValueError) as error:
            ask()
        assert str(error.value) == sentence


def test_decomposed_korean_is_composed_so_that_a_syllable_is_one_character():
    composed, decomposed = "한글한", "\u1112\u1161\u11ab\u1100\u1173\u11af\u1112\u1161\u11ab"
    own = task("own", text=decomposed)
    assert own.checked_text == composed
    assert own.vocabulary == "한글"


def test_the_limits_are_those_of_the_composed_text():
    with pytest.raises(ValueError, match="this one has 2"):
        check_text("\u1112\u1161\u11ab\u1100\u1173\u11af")
    assert len(check_text("\u1112\u1161\u11ab\u1100\u1173\u11af" * 100)) == 200
