"""Experiments and choices: values that are checked, and JSON there and back."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given

from rnnlab.architecture import FIRST_BENCH, Architecture, Cell, Form
from rnnlab.experiment import Choice, Clipping, Experiment, Pace, PaceKind, Training
from rnnlab.tasks import TASKS, labelled, task
from tests.strategies import TABLE, chosen_tasks, experiments, learnable

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
    ({"batch_size": 0}, "batch size must be a whole number from 1 to 65,536, not 0"),
    ({"batch_size": 32.0}, "batch size must be a whole number from 1 to 65,536, not 32.0"),
    ({"seed": -1}, "seed must be a whole number from 0 to 999,999, not -1"),
    ({"seed": 1.0}, "seed must be a whole number from 0 to 999,999, not 1.0"),
    ({"device": "tpu"}, "device must be auto, cpu, gpu or a numbered one such as gpu:0, not 'tpu'"),
    ({"device": "gpu:0 "}, "device must be auto, cpu, gpu or a numbered one such as gpu:0, not 'gpu:0 '"),
    ({"device": 0}, "device must be auto, cpu, gpu or a numbered one such as gpu:0, not 0"),
]
WRONG_JSON = [
    ({"architecture": {"cell": "elman"}}, "cell must be one of simple_rnn, lstm, gru, dense, not 'elman'"),
    ({"architecture": {"direction": "up"}}, "direction must be one of forward, backward, bidirectional, not 'up'"),
    ({"architecture": {"units": "5"}}, "hidden size must be a whole number from 1 to 1,024, not '5'"),
    ({"architecture": {"unit": 5, "cells": 1}}, "unknown: 'cells', 'unit'"),
    ({"training": {"optimizer": "adamw"}}, "optimizer must be one of adam, rmsprop, sgd, adagrad, not 'adamw'"),
    ({"training": {"clipping": None}}, "clipping must be one of none, norm, value, not None"),
    ({"training": {"trainer": "jax"}}, "trainer must be one of keras, numpy, not 'jax'"),
    (
        {"task": {"name": "copy"}, "training": {"trainer": "numpy"}},
        "NumPy learns to continue a text; the task “Copy after a delay” is for Keras",
    ),
    ({"training": {"learning_rate": "0.1"}}, "learning rate must be a number from 0.00001 to 10, not '0.1'"),
    ({"task": {"name": "sorting"}}, f"task must be one of {', '.join(TASKS)}, not 'sorting'"),
    ({"task": {"name": "hello", "text": "abc"}}, "the task hello has no option text"),
    ({"task": {"name": "own", "text": "a"}}, "the text must have 3 to 200 characters; this one has 1"),
    ({"task": {"name": "copy", "delay": 201}}, "delay must be a whole number from 5 to 200, not 201"),
    ({"task": {"name": "labelled"}}, "bring a file with labelled texts first"),
    ({"task": {"name": "labelled", "data_key": 7}}, "data_key must be the key of a table, not 7"),
    (
        {"task": {"name": "labelled", "data_key": "77"}},
        "the texts of this link or experiment are not here: bring the file again",
    ),
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
        "task": {"name": "hihello"},
        "training": {
            "epochs": 50,
            "learning_rate": 0.1,
            "optimizer": "adam",
            "clipping": "none",
            "clip_at": 1.0,
            "batch_size": 32,
            "seed": 0,
            "device": "auto",
            "trainer": "keras",
        },
    }


def test_a_task_is_told_by_its_name_and_options():
    def plain(chosen):
        return Experiment(Architecture(), chosen).to_json()["task"]

    assert plain(task("own", text="banana")) == {"name": "own", "text": "banana"}
    assert plain(task("copy", delay=5)) == {"name": "copy", "delay": 5}
    key = labelled.bring(TABLE)
    assert plain(learnable("labelled")) == {"name": "labelled", "data_key": key, "by": "characters"}


def test_what_json_leaves_out_is_as_at_first():
    short = {"architecture": {"cell": "gru"}, "task": {"name": "hello"}, "training": {}}
    assert Experiment.from_json(short) == Experiment(Architecture(Cell.GRU), task("hello"))
    assert Experiment.from_json({**short, "task": {"name": "copy"}}).task.delay == TASKS["copy"].delay


@pytest.mark.parametrize("part", ["architecture", "task", "training"])
def test_json_without_a_part_is_refused(part):
    with pytest.raises(KeyError, match=part):
        Experiment.from_json({name: value for name, value in PLAIN.items() if name != part})


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
        experiment.task = "other"
    assert {experiment: 1}[Experiment(Architecture(Cell.LSTM, 5))] == 1
    assert experiment != replace(experiment, training=Training(seed=1))


def test_a_choice_makes_one_experiment_for_each_architecture():
    training, hello = Training(epochs=3), task("hello")
    experiments_made = Choice(task=hello, training=training).experiments()
    assert experiments_made == tuple(Experiment(architecture, hello, training) for architecture in FIRST_BENCH)


def test_a_choice_may_hold_a_text_half_written_but_makes_no_experiment_of_it():
    choice = Choice(task=task("own", text="ab"))
    assert choice.form == replace(TASKS["hihello"].form, batch_size=None)
    with pytest.raises(ValueError, match="the text must have 3 to 200 characters; this one has 2"):
        choice.experiments()


# What a task brings along


def test_a_choice_of_a_task_has_its_bench_and_settings():
    choice, defaults = Choice.of(TASKS["copy"]), TASKS["copy"].defaults
    clipped = {"clipping": Clipping.NORM, "clip_at": defaults.clip_norm}
    assert choice.bench == defaults.bench
    assert choice.training == Training(
        defaults.epochs, defaults.learning_rate, **clipped, batch_size=defaults.batch_size
    )
    assert Choice.of(TASKS["digit"]).training.clipping is Clipping.NONE
    assert choice.pace == Pace(PaceKind.FULL)
    assert Choice.of(TASKS["hihello"]) == Choice()
    assert Choice().pace == Pace(PaceKind.SLOW)


@given(chosen_tasks, chosen_tasks)
def test_another_task_brings_its_own_bench_and_settings_along(before, after):
    went = Choice.of(before).with_task(after)
    assert went == Choice.of(after)
    assert went.with_task(before) == Choice.of(before)


def test_what_a_person_has_changed_stays():
    mine, pace = (Architecture(Cell.GRU, 7),), Pace(PaceKind.STEP)
    settings = Training(epochs=7, seed=3, device="cpu")
    choice = Choice(mine, training=settings, pace=pace).with_task(TASKS["copy"])
    assert (choice.bench, choice.pace) == (mine, pace)
    assert choice.training == replace(Choice.of(TASKS["copy"]).training, seed=3, device="cpu")
    assert replace(choice, training=settings).with_task(task("copy", delay=5)).training == settings
    of_another = Choice.of(TASKS["adding"]).training
    assert replace(choice, training=settings).with_task(TASKS["adding"]).training == replace(
        of_another, seed=3, device="cpu"
    )


def test_it_is_counted_with_the_form_of_the_task_for_any_batch_or_with_another_that_is_chosen():
    digits, free = Choice.of(TASKS["digit"]), Form(7, timesteps=3)
    assert digits.form == TASKS["digit"].form
    assert Choice().form.batch_size is None
    assert replace(digits, free_form=free).form == free
    assert replace(digits, free_form=free).experiments() == digits.experiments()


@pytest.mark.parametrize("size", [0, 7])
def test_a_bench_holds_one_to_six(size):
    with pytest.raises(ValueError, match=f"number of architectures must be a whole number from 1 to 6, not {size}"):
        Choice(bench=(Architecture(),) * size)


@pytest.mark.parametrize("speed", [0, 31])
def test_a_pace_has_limits(speed):
    with pytest.raises(ValueError, match=f"epochs a second must be a whole number from 1 to 30, not {speed}"):
        Pace(epochs_per_second=speed)
