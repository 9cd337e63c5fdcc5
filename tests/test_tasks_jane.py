"""The sentence with the gap (F21): who can only be the other."""

import re

import numpy as np
import pytest

from benchmarks.tasks import learn
from rnnlab.tasks import TASKS, jane
from rnnlab.tasks.jane import BETWEEN, HELD_OUT, KNOWN, LECTURE, NAMES, TRAIN, JaneTask, Plot, scenes, tell
from rnnlab.tasks.words import PADDING, UNKNOWN, UNKNOWN_SHARE, encode

JANE = TASKS["jane"]
PERSON = re.compile(rf"\b({'|'.join(NAMES)})\b")


@pytest.mark.parametrize("seed", [0, 1])
def test_in_every_scene_one_of_two_turns_to_the_other(seed):
    for scene in [*scenes(seed)[0], *scenes(seed)[1]]:
        first, second, turning = PERSON.findall(scene.text)
        assert first != second
        assert turning in (first, second)
        assert {turning, NAMES[scene.answer]} == {first, second}


def test_the_lecture_s_own_scene_is_told_and_held_out():
    plot = Plot(NAMES.index("jane"), NAMES.index("john"), 0, 0, 0, first_turns=True)
    scene = tell(plot, BETWEEN[:1])
    assert not plot.known
    assert NAMES[scene.answer] == "john"
    assert encode([scene.text], KNOWN, 40).tolist() == encode([LECTURE], KNOWN, 40).tolist()


def test_scenes_held_out_are_never_learned_from():
    train, held_out = scenes(3)
    assert (len(train), len(held_out)) == (TRAIN, HELD_OUT)
    assert not {scene.text for scene in train} & {scene.text for scene in held_out}


def test_every_name_is_asked_for_and_no_more_often_than_others():
    for part in JANE.data(0).train, JANE.data(0).held_out:
        shares = np.bincount(part.targets[:, 0], minlength=len(NAMES)) / len(part.targets)
        assert (abs(shares - 1 / len(NAMES)) < 0.05).all()


def test_scenes_are_of_many_lengths_and_none_is_cut():
    lengths = (JANE.data(0).train.inputs != PADDING).sum(axis=1)
    assert lengths.max() <= JaneTask.timesteps == JANE.form.timesteps
    assert lengths.max() - lengths.min() > 15


def test_words_are_forgotten_in_training_but_no_names():
    train = JANE.data(0).train.inputs
    assert 0.5 * UNKNOWN_SHARE < (train == UNKNOWN).sum() / (train != PADDING).sum() < UNKNOWN_SHARE
    names = np.isin(train, [KNOWN.index(name) for name in NAMES])
    assert (names.sum(axis=1) == 3).all()
    assert not (JANE.data(0).held_out.inputs == UNKNOWN).any()


def test_the_same_seed_gives_the_same_scenes_and_another_others():
    jane.scenes.cache_clear()
    assert scenes(5)[0][:20] == scenes(5)[0][:20]
    assert scenes(5)[0][:20] != scenes(6)[0][:20]


def test_a_longer_sentence_than_others_may_be_typed_here():
    given = JANE.give(LECTURE)
    assert given.inputs.shape == (40,)
    assert (given.inputs != PADDING).sum() == 22
    assert given.remark == ""
    with pytest.raises(ValueError, match="type 1 to 40 words and punctuation marks; these are 41"):
        JANE.give("a " * 41)
    with pytest.raises(ValueError, match="type at most 400 characters; these are 401"):
        JANE.give("a" * 401)


@pytest.mark.usefixtures("keras_ready")
def test_an_lstm_learns_it():
    assert learn(JANE, JANE.defaults.bench[1], seed=1).last >= JANE.goal
