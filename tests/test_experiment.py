"""Experiments and choices: values that are checked, and JSON there and back."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given

from rnnlab.architecture import FIRST_BENCH, Architecture, Cell
from rnnlab.experiment import Choice, Experiment, Pace, Training
from rnnlab.tasks import OWN_TEXT
from tests.strategies import experiments

PLAIN = Experiment(Architecture()).to_json()
NAN = float("nan")
WRONG_TRAINING = [
    ({"epochs": 0}, "epochs must be a whole number from 1 to 5,000, not 0"),
    ({"epochs": 5001}, "epochs must be a whole number from 1 to 5,000, not 5001"),
    ({"learning_rate": 0}, "learning rate must be a number from 0.00001 to 10, not 0"),
    ({"learning_rate": 10.1}, "learning rate must be a number from 0.00001 to 10, not 10.1"),
    ({"learning_rate": NAN}, "learning rate must be a number from 0.00001 to 10, not nan"),
    ({"learning_rate": "fast"}, "learning rate must be a number from 0.00001 to 10, not 'fast'"),
    ({"learning_rate": True}, "learning rate must be a number from 0.00001 to 10, not True"),
    ({"clip_at": 0.0}, "clipping threshold must be a number from 0.001 to 1000, not 0.0"),
    ({"seed": -1}, "seed must be a whole number from 0 to 999,999, not -1"),
    ({"seed": 1.0}, "seed must be a whole number from 0 to 999,999, not 1.0"),
    ({"device": "tpu"}, "device must be auto, cpu, gpu or a numbered one such as gpu:0, not 'tpu'"),
    ({"device": "gpu:0 "}, "device must be auto, cpu, gpu or a numbered one such as gpu:0, not 'gpu:0 '"),
    ({"device": 0}, "device must be auto, cpu, gpu or a numbered one such as gpu:0, not 0"),
]
WRONG_JSON = [
    ({"architecture": {"cell": "elman"}}, "'elman' is not a valid Cell"),
    ({"architecture": {"direction": "up"}}, "'up' is not a valid Direction"),
    ({"architecture": {"units": "5"}}, "hidden size must be a whole number from 1 to 1,024, not '5'"),
    ({"architecture": {"unit": 5, "cells": 1}}, "unknown: cells, unit"),
    ({"training": {"optimizer": "adamw"}}, "'adamw' is not a valid Optimizer"),
    ({"training": {"clipping": None}}, "None is not a valid Clipping"),
    ({"training": {"learning_rate": "0.1"}}, "learning rate must be a number from 0.00001 to 10, not '0.1'"),
    ({"task_name": "sorting"}, "task must be one of hihello, hello, long_sequence, own, not 'sorting'"),
    ({"task_name": "own", "text": "a"}, "the text must have 3 to 200 characters; this one has 1"),
]


@given(experiments)
def test_json_there_and_back_gives_the_same_experiment(experiment):
    back = Experiment.from_json(json.loads(json.dumps(experiment.to_json())))
    assert back == experiment
    assert hash(back) == hash(experiment)
    assert (back.architecture.cell is experiment.architecture.cell) and back.form == experiment.form


def test_json_is_plain():
    assert PLAIN == {
        "architecture": {
            "cell": "lstm",
            "units": 5,
            "embedding_dim": None,
            "direction": "forward",
            "merge_mode": "concat",
            "layers": 1,
            "reset_after": True,
            "use_bias": True,
        },
        "task_name": "hihello",
        "text": "",
        "training": {
            "epochs": 50,
            "learning_rate": 0.1,
            "optimizer": "adam",
            "clipping": "none",
            "clip_at": 1.0,
            "seed": 0,
            "device": "auto",
        },
    }


def test_what_json_leaves_out_is_as_at_first():
    short = {"architecture": {"cell": "gru"}, "task_name": "hello", "text": "", "training": {}}
    assert Experiment.from_json(short) == Experiment(Architecture(Cell.GRU), "hello")


@pytest.mark.parametrize(("values", "sentence"), WRONG_TRAINING)
def test_training_out_of_range_is_refused_with_what_was_given_and_what_is_allowed(values, sentence):
    with pytest.raises(ValueError) as error:
        Training(**values)
    assert str(error.value) == sentence


@pytest.mark.parametrize(("part", "sentence"), WRONG_JSON)
def test_json_with_a_wrong_value_is_refused(part, sentence):
    with pytest.raises(ValueError) as error:
        Experiment.from_json({**PLAIN, **part})
    assert str(error.value) == sentence


def test_an_experiment_is_frozen_and_a_key():
    experiment = Experiment(Architecture())
    with pytest.raises(FrozenInstanceError):
        experiment.text = "other"
    assert {experiment: 1}[Experiment(Architecture(Cell.LSTM, 5))] == 1
    assert experiment != replace(experiment, training=Training(seed=1))


def test_a_choice_makes_one_experiment_for_each_architecture():
    training = Training(epochs=3)
    experiments_made = Choice(task_name="hello", training=training).experiments()
    assert experiments_made == tuple(Experiment(architecture, "hello", "", training) for architecture in FIRST_BENCH)


def test_a_choice_may_hold_a_text_half_written_but_makes_no_experiment_of_it():
    choice = Choice(task_name=OWN_TEXT, text="ab")
    with pytest.raises(ValueError, match="the text must have 3 to 200 characters; this one has 2"):
        choice.experiments()


@pytest.mark.parametrize("size", [0, 7])
def test_a_bench_holds_one_to_six(size):
    with pytest.raises(ValueError, match=f"number of architectures must be a whole number from 1 to 6, not {size}"):
        Choice(bench=(Architecture(),) * size)


@pytest.mark.parametrize("speed", [0, 31])
def test_a_pace_has_limits(speed):
    with pytest.raises(ValueError, match=f"epochs a second must be a whole number from 1 to 30, not {speed}"):
        Pace(epochs_per_second=speed)
