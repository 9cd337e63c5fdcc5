"""min-char-rnn as the trainer of a race: beside other architectures, stopped, continued, and taken home."""

import re
import subprocess
import sys

import numpy as np
import pytest

from rnnlab import training
from rnnlab.architecture import Architecture, Cell, Direction
from rnnlab.control import Control
from rnnlab.engine.runs import Run
from rnnlab.experiment import Experiment, Pace, PaceKind, TrainerKind, Training, numpy_trains, why_not_numpy
from rnnlab.export import history_csv, script
from rnnlab.history import History, Start, Status
from rnnlab.min_char_rnn import MinCharRnn
from rnnlab.reference import Model
from rnnlab.tasks import TASKS, task
from rnnlab.tasks.task import samples
from tests.races import run
from tests.strategies import learnable

pytestmark = pytest.mark.usefixtures("keras_ready")

LONG = task("own", text="the dog sees the cat and the cat sees the dog, and neither of them likes it")
SMALL = Architecture(Cell.SIMPLE_RNN, 8)


def of_numpy(learned=LONG, architecture=SMALL, **settings):
    return Experiment(architecture, learned, Training(trainer=TrainerKind.NUMPY, **settings))


def test_an_epoch_is_a_hundred_iterations_with_the_smoothed_loss_and_a_text_of_200_characters():
    (reached,) = run(of_numpy(epochs=3, seed=5, learning_rate=0.05))
    model = MinCharRnn(LONG.text, 8, learning_rate=0.05, seed=5, vocabulary=LONG.vocabulary)
    losses, written = [], []
    for _ in range(3):
        for _ in range(100):
            model.step()
        losses.append(model.smoothed_loss / 25)
        written.append(model.sample(200))
    assert reached.status is Status.FINISHED
    assert reached.chunk.losses.tolist() == losses
    assert [LONG.read(tokens) for (tokens,) in reached.chunk.predicted] == written
    assert reached.chunk.probability.shape == (3, 1, 200)


def test_a_text_shorter_than_a_chunk_is_a_chunk_and_learned_by_heart():
    experiment = of_numpy(TASKS["hihello"], Architecture(Cell.SIMPLE_RNN, 10), epochs=20)
    (reached,) = run(experiment)
    made = History()
    made.extend(reached.chunk)
    assert made.first_learned(1.0) is not None
    assert made.losses == sorted(made.losses, reverse=True)
    ((_, said),) = [made.now]
    assert "hihell" in experiment.task.read(said.predicted[0]) or "ihello" in experiment.task.read(said.predicted[0])


def test_lanes_that_numpy_does_not_train_say_why_and_the_others_are_trained():
    reached = run(*(of_numpy(architecture=a, epochs=1) for a in (Architecture(Cell.LSTM, 8), SMALL)))
    assert [one.status for one in reached] == [Status.FAILED, Status.FINISHED]
    assert "a SimpleRNN of one layer" in reached[0].reason
    assert len(reached[1].chunk.scores) == 1


@pytest.mark.parametrize(
    "other",
    [
        Architecture(Cell.GRU),
        Architecture(Cell.DENSE),
        Architecture(Cell.SIMPLE_RNN, embedding_dim=3),
        Architecture(Cell.SIMPLE_RNN, direction=Direction.BACKWARD),
        Architecture(Cell.SIMPLE_RNN, direction=Direction.BIDIRECTIONAL),
        Architecture(Cell.SIMPLE_RNN, layers=2),
        Architecture(Cell.SIMPLE_RNN, use_bias=False),
    ],
    ids=lambda architecture: architecture.label,
)
def test_only_a_plain_simple_rnn_is_trained_by_numpy(other):
    assert why_not_numpy(other)
    assert not why_not_numpy(SMALL)


@pytest.mark.parametrize("name", [name for name, known in TASKS.items() if not numpy_trains(known)])
def test_other_tasks_than_texts_are_refused(name):
    with pytest.raises(ValueError, match="NumPy learns to continue a text"):
        of_numpy(learnable(name))


def test_stopped_within_an_epoch_it_goes_on_as_if_it_had_never_stopped():
    experiment = of_numpy(epochs=4)
    trainer = training.CharTrainer(experiment, Start())
    for _ in range(150):
        if trainer.step():
            trainer.finish_epoch()
    assert (trainer.epochs, trainer.part) == (1, 0.5)
    (continued,) = training.race([experiment], lambda *_: None, starts=[Start(trainer.state(), trainer.epochs)])
    (whole,) = run(experiment)
    assert continued.state == whole.state
    assert continued.chunk.losses.tolist() == whole.chunk.losses[1:].tolist()


def test_a_step_of_the_pace_is_an_epoch():
    control = Control(Pace(PaceKind.STEP))
    (reached,) = training.race([of_numpy(epochs=4)], lambda *_: None, control)
    assert reached.status is Status.PAUSED
    assert len(reached.chunk.scores) == 1


def test_the_trained_model_answers_in_keras_as_in_numpy_and_its_weights_are_recorded():
    experiment = of_numpy(epochs=5)
    (reached,) = run(experiment)
    inputs = LONG.data(0).train.inputs
    model = Model(SMALL, experiment.form, tuple(training.weights_of(reached.state)))
    said = training.answer(SMALL, experiment.form, reached.state, inputs)
    np.testing.assert_allclose(said, model.forward(inputs).outputs, atol=1e-5)
    right = (said.argmax(-1) == LONG.data(0).train.targets).mean()
    assert reached.chunk.scores[-1, 1] == pytest.approx(right)
    assert reached.chunk.recorded.tolist()[-1] == 5
    np.testing.assert_array_equal(reached.chunk.weights[-1], model.flat)


def test_the_script_of_a_run_repeats_it():
    experiment = of_numpy(epochs=2, seed=3)
    (reached,) = run(experiment)
    done = subprocess.run([sys.executable, "-c", script(experiment)], capture_output=True, text=True, check=True)
    lines = [re.fullmatch(r" +(\d+)  loss ([\d.]+)  (.{200})", line) for line in done.stdout.splitlines()]
    assert [int(line[1]) for line in lines] == [1, 2]
    assert [float(line[2]) for line in lines] == pytest.approx(reached.chunk.losses, abs=2e-3)
    assert set(lines[0][3]) <= set(LONG.vocabulary)
    assert "keras" not in re.sub(r'""".*?"""', "", script(experiment), count=1, flags=re.DOTALL)


def test_the_history_holds_the_texts_that_were_written():
    experiment = of_numpy(epochs=2)
    (reached,) = run(experiment)
    made = History()
    made.extend(reached.chunk)
    rows = history_csv([("SimpleRNN 8", experiment, made)]).splitlines()
    assert len(rows) == 3
    assert LONG.read(reached.chunk.predicted[1, 0]) in rows[2]


def test_before_anything_is_written_there_is_room_for_it():
    (sample,) = of_numpy().watched(samples(LONG, 0))
    assert (sample.target, sample.length) == (None, 200)
    (sample,) = Experiment(SMALL, LONG).watched(samples(LONG, 0))
    assert sample.length == len(sample.target) == len(LONG.text) - 1


def test_a_run_knows_from_its_start_which_lanes_are_not_trained(tmp_path):
    run_of_two = Run((of_numpy(architecture=Architecture(Cell.LSTM, 8)), of_numpy()), Pace(), tmp_path)
    assert [lane.status for lane in run_of_two.lanes] == [Status.FAILED, Status.WAITING]
    assert run_of_two.racing == run_of_two.lanes[1:]
    assert run_of_two.status is Status.WAITING
    with pytest.raises(ValueError, match="a SimpleRNN of one layer"):
        script(run_of_two.experiments[0])


def test_numpy_trains_on_the_cpu_whatever_is_chosen():
    assert of_numpy(device="gpu:1").place == "cpu"
    assert Experiment(Architecture(), training=Training(device="gpu:1")).place == "gpu:1"
