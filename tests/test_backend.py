"""Devices, seen from a process of its own that has two CPUs and no GPU: they must be set up before anything is computed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
import json

from rnnlab import backend
import tensorflow as tf

two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
backend.configure()

from rnnlab import models, training
from rnnlab.architecture import Architecture, Cell, Direction, Form
from rnnlab.experiment import Experiment, Training
from rnnlab.history import Start
from rnnlab.tasks import task

on, used = {}, {}
for name in ("cpu", "cpu:1", "auto"):
    for architecture in (Architecture(), Architecture(Cell.GRU, 4, 3, Direction.BIDIRECTIONAL)):
        trainer = training.Trainer(Experiment(architecture, training=Training(device=name)), Start())
        model, optimizer, step, *_ = trainer._compiled
        variables = [*model.variables, *optimizer.variables]
        on.setdefault(name, []).extend(sorted({variable.value.device for variable in variables}))
        graph = step.get_concrete_function(*trainer._batch(0)).graph
        used.setdefault(name, []).extend(
            sorted({operation.device for operation in graph.get_operations() if operation.type == "MatMul"})
        )
        trainer.close()
names = ["cpu", "cpu:0", "cpu:1", "auto", "gpu", "gpu:1", "cpu:2"]
lanes = [Experiment(Architecture(), training=Training(epochs=5, device=name)) for name in names]
reached = training.race(lanes, lambda *_: None)
measured = [Experiment(Architecture(), task("tagging"), Training(epochs=1, device=name)) for name in ("cpu", "cpu:1")]
scores = [lane.chunk.scores.tolist() for lane in training.race(measured, lambda *_: None)]
built = models.build(Architecture(), Form(), device="cpu:1")
print(json.dumps({
    "devices": [device.name for device in backend.devices()],
    "variables": on,
    "products": used,
    "built": sorted({variable.value.device for variable in built.variables}),
    "scores": scores,
    "lanes": [[e.training.device, r.status.name, r.reason, r.chunk.losses.tolist()] for e, r in zip(lanes, reached)],
}))
"""


@pytest.fixture(scope="module")
def probe():
    """What the probe says of its process."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_devices_are_listed_by_the_names_they_are_chosen_by(probe):
    assert probe["devices"] == ["cpu", "cpu:1"]


@pytest.mark.parametrize(("chosen", "place"), [("cpu", "CPU:0"), ("cpu:1", "CPU:1"), ("auto", "CPU:0")])
def test_weights_optimizer_and_products_are_on_the_chosen_device(probe, chosen, place):
    assert probe["variables"][chosen] == [f"/job:localhost/replica:0/task:0/device:{place}"] * 2
    assert probe["products"][chosen] == [f"/device:{place}"] * 2


def test_a_model_is_built_where_it_is_told(probe):
    assert probe["built"] == ["/job:localhost/replica:0/task:0/device:CPU:1"]


@pytest.mark.parametrize("device", ["gpu", "gpu:1", "cpu:2"])
def test_a_device_that_is_not_here_fails_its_lane_with_those_that_are(probe, device):
    (lane,) = (lane for lane in probe["lanes"] if lane[0] == device)
    assert lane == [device, "FAILED", f"device {device!r} is not here; there is cpu, cpu:1", []]


def test_every_cpu_trains_to_the_same_losses(probe):
    trained = [lane for lane in probe["lanes"] if lane[1] == "FINISHED"]
    assert [lane[0] for lane in trained] == ["cpu", "cpu:0", "cpu:1", "auto"]
    assert len({tuple(lane[3]) for lane in trained}) == 1


def test_every_cpu_measures_the_same_of_what_is_held_out(probe):
    first, second = probe["scores"]
    (scores,) = first
    assert scores[:4] == second[0][:4]
    assert all(score > 0 for score in scores[:4])
