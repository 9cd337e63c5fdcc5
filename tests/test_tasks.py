"""The tasks as the lectures give them (F13 to F15), and what a person's own text may be."""

import numpy as np
import pytest
from hypothesis import given

from rnnlab.architecture import Activation, Form
from rnnlab.tasks import FIXED_TASKS, OWN_TEXT, TASK_NAMES, check_text, task
from tests.strategies import texts


def test_f13_hello():
    hello = task("hello")
    assert hello.vocabulary == "helo"
    assert hello.arrays().inputs.tolist() == [[0, 1, 2, 2]]
    assert hello.read(hello.arrays().inputs[0]) == "hell"
    assert hello.read(hello.arrays().targets[0]) == hello.target == "ello"


def test_f14_hihello():
    hihello = task("hihello")
    inputs, targets = hihello.arrays()
    assert hihello.vocabulary == "hielo"
    assert inputs.tolist() == [[0, 1, 0, 2, 3, 3]]
    assert targets.tolist() == [[1, 0, 2, 3, 3, 4]]
    assert inputs.dtype == targets.dtype == np.int32
    assert hihello.target == "ihello"
    assert hihello.form == Form(5, True, 6, 1, True, 5, Activation.SOFTMAX)


def test_f15_long_sequence():
    long_sequence = task("long_sequence")
    inputs, targets = long_sequence.arrays()
    assert long_sequence.text == " if you want you"
    assert len(long_sequence.vocabulary) == len(set(long_sequence.text)) == 10
    assert long_sequence.read(inputs[0]) == " if you want yo"
    assert long_sequence.read(targets[0]) == "if you want you"
    assert (long_sequence.form.input_dim, long_sequence.form.timesteps, long_sequence.form.outputs) == (10, 15, 10)


def test_the_registry_offers_each_task_by_its_own_name():
    assert (*FIXED_TASKS, OWN_TEXT) == TASK_NAMES
    assert [task(name) for name in FIXED_TASKS] == list(FIXED_TASKS.values())
    assert [fixed.name for fixed in FIXED_TASKS.values()] == list(FIXED_TASKS)


def test_an_unknown_task_is_refused_with_those_there_are():
    with pytest.raises(ValueError) as error:
        task("sorting")
    assert str(error.value) == "task must be one of hihello, hello, long_sequence, own, not 'sorting'"


@given(texts)
def test_an_own_text_is_read_all_but_the_last_and_predicted_all_but_the_first(text):
    own = task(OWN_TEXT, text)
    inputs, targets = own.arrays()
    assert own.read(inputs[0]) == own.text[:-1]
    assert own.read(targets[0]) == own.text[1:] == own.target
    assert inputs.shape == targets.shape == (1, own.form.timesteps)
    assert inputs.max() < own.form.input_dim == own.form.outputs == len(set(own.text))


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
def test_an_own_text_that_may_not_be(text, sentence):
    with pytest.raises(ValueError) as error:
        task(OWN_TEXT, text)
    assert str(error.value) == sentence


def test_decomposed_korean_is_composed_so_that_a_syllable_is_one_character():
    composed, decomposed = "한글한", "\u1112\u1161\u11ab\u1100\u1173\u11af\u1112\u1161\u11ab"
    own = task(OWN_TEXT, decomposed)
    assert own.text == composed
    assert own.vocabulary == "한글"


def test_the_limits_are_those_of_the_composed_text():
    with pytest.raises(ValueError, match="this one has 2"):
        check_text("\u1112\u1161\u11ab\u1100\u1173\u11af")
    assert len(check_text("\u1112\u1161\u11ab\u1100\u1173\u11af" * 100)) == 200
