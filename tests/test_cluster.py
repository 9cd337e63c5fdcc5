"""Which worker a race is for: every rule by a case that is worked out by hand."""

import pytest

from rnnlab.engine.cluster import device_title, fittest
from rnnlab.experiment import Device

CPU = (Device("cpu", "CPU"),)
TWO_GPUS = (*CPU, Device("gpu:0", "GPU 0 (first)"), Device("gpu:1", "GPU 1 (second)"))
BOTH = {"plain": CPU, "fast": TWO_GPUS}


@pytest.mark.parametrize(
    ("wanted", "busy", "chosen"),
    [
        ("auto", (0, 0), "fast"),
        ("auto", (0, 1), "fast"),
        ("auto", (0, 2), "plain"),
        ("auto", (2, 2), None),
        ("cpu", (1, 0), "fast"),
        ("gpu", (0, 1), "fast"),
        ("gpu", (0, 2), None),
        ("gpu:1", (0, 1), "fast"),
        ("gpu:7", (0, 2), "plain"),
    ],
)
def test_a_race_waits_only_for_a_device_that_a_worker_has(wanted, busy, chosen):
    assert fittest(BOTH, dict(zip(BOTH, busy, strict=True)), wanted, races=2) == chosen


def test_of_workers_that_are_alike_the_least_busy_one_is_taken():
    assert fittest({"one": CPU, "two": CPU, "three": CPU}, {"one": 2, "two": 1, "three": 1}, "auto", races=8) == "two"
    assert fittest({}, {}, "auto", races=8) is None


@pytest.mark.parametrize(
    ("devices", "wanted", "said"),
    [
        (CPU, "auto", "CPU"),
        (TWO_GPUS, "auto", "GPU 0 (first)"),
        (TWO_GPUS, "gpu", "GPU 0 (first)"),
        (TWO_GPUS, "gpu:1", "GPU 1 (second)"),
        (TWO_GPUS, "cpu", "CPU"),
        (CPU, "gpu:7", "CPU"),
    ],
)
def test_the_device_that_a_race_trains_on_is_called_by_its_title(devices, wanted, said):
    assert device_title(devices, wanted) == said
