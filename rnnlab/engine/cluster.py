"""The cluster of local processes, and which of a cluster's workers a race is for."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import dask
from distributed import Client, LocalCluster, Scheduler

from rnnlab.experiment import Device

Devices = tuple[Device, ...]

#: Seconds that a local worker has to start again, on a busy machine too, before it is given up and replaced.
RESTART_PATIENCE = 60
#: Messages that Dask keeps of each kind, for looking back at. Nobody does, and those of a race hold weights: by default it
#: keeps 1,000 of them in the scheduler, and as many in each worker.
KEPT_MESSAGES = 10


def local_cluster(workers: int) -> LocalCluster:
    """Worker processes on this machine, each with its share of the cores."""
    threads = max(1, (os.cpu_count() or 1) // workers)
    dask.config.set(
        {
            "distributed.worker.multiprocessing-method": "spawn",
            "distributed.admin.low-level-log-length": KEPT_MESSAGES,
            "distributed.deploy.lost-worker-timeout": RESTART_PATIENCE,
        }
    )
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=True,
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # without it, port 8787 is opened all the same
        silence_logs=logging.CRITICAL,
        env={"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_MODULE_LOADING": "LAZY"},
    )


def listen(client: Client, topic: str, hear: Callable[[Any], None]) -> None:
    """Hear every event of a topic. The scheduler is to keep few of them: those of a race may hold megabytes of weights."""
    client.subscribe_topic(topic, hear)
    client.run_on_scheduler(_keep_few_events, topic)


def _keep_few_events(topic: str, dask_scheduler: Scheduler) -> None:
    with suppress(AttributeError):  # the names of a Dask of another version; it then keeps as many as it is set to
        events = dask_scheduler._broker._topics[topic]
        events.events = deque(events.events, maxlen=KEPT_MESSAGES)


def fittest(devices: Mapping[str, Devices], busy: Mapping[str, int], wanted: str, races: int) -> str | None:
    """The worker for a race: of those that have its device and room, one with a GPU, then the least busy; None for none.

    A device that no worker has is no reason to wait: whichever worker gets the race says what it has instead.

    Args:
        devices: what each worker has, by its address.
        busy: how many races each of them trains.
        wanted: "auto", "cpu", "gpu" or "gpu:1".
        races: how many one worker may train at a time.
    """
    able = [address for address in devices if _has(devices[address], wanted)] or list(devices)
    free = [address for address in able if busy[address] < races]
    return min(free, key=lambda address: (not _has(devices[address], "gpu"), busy[address]), default=None)


def device_title(devices: Devices, wanted: str) -> str:
    """The title of the device that ``wanted`` comes to on a worker that has these; as ``backend.resolve`` decides."""
    gpus = [device for device in devices if device.name.startswith("gpu")]
    meant = gpus if wanted in ("auto", "gpu") else [device for device in devices if device.name == wanted]
    return (meant or devices)[0].title


def _has(devices: Devices, wanted: str) -> bool:
    """Whether one of the devices is meant by ``wanted``."""
    return wanted == "auto" or any(d.name == wanted or d.name.partition(":")[0] == wanted for d in devices)
