"""What it costs to stream progress out of a worker: ``python -m benchmarks.streaming``.

2,000 epochs of hihello with an LSTM 5 at full speed, through the engine with its events, in turn with the same race on
the same worker that reports nothing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import psutil  # type: ignore[import-untyped]
from distributed import Client, LocalCluster

from benchmarks.common import Pairs, Row, in_turn, seconds, show, spread, wait_until
from rnnlab.architecture import Architecture
from rnnlab.engine import Engine, EngineState
from rnnlab.experiment import Experiment, Pace, PaceKind, Training
from rnnlab.history import Chunk

EXPERIMENT = Experiment(Architecture(), training=Training(epochs=2000))
PAIRS = 7
#: Seconds between two looks whether a race has ended: who waits must not take the processor from who trains.
LOOK_EVERY = 0.005


def silent_race() -> None:
    """Runs in the worker: the race as the engine's worker runs it, but that it reports nothing."""
    from distributed import secede

    from rnnlab import training

    secede()
    training.race([EXPERIMENT], report=lambda *_: None)


def race_silently(client: Client) -> None:
    future = client.submit(silent_race, pure=False)
    wait_until(future.done, LOOK_EVERY)
    future.result()


def race_with_progress(engine: Engine) -> None:
    run = engine.start((EXPERIMENT,), Pace(PaceKind.FULL))
    wait_until(lambda: not run.status.active, LOOK_EVERY)


def progress_events(client: Client) -> list[Any]:
    """The newest events of races that the scheduler still has."""
    topics = client.get_events()
    return [event for name, events in topics.items() if name.startswith("rnnlab-") for _, event in events]


def cpu_seconds(process: psutil.Process, work: Callable[[], object]) -> float:
    """How long the processor was at work in ``process`` meanwhile: the same on a busy machine as on a quiet one."""
    before = process.cpu_times()
    work()
    after = process.cpu_times()
    return float(after.user + after.system - before.user - before.system)


def measure(engine: Engine, client: Client) -> list[Row]:
    ours, instead = partial(race_with_progress, engine), partial(race_silently, client)
    ours()
    events = progress_events(client)
    instead()
    (pid,) = client.run(os.getpid).values()
    clock = in_turn(partial(seconds, ours), partial(seconds, instead), PAIRS)
    worker = partial(cpu_seconds, psutil.Process(pid))
    processor = in_turn(partial(worker, ours), partial(worker, instead), PAIRS)
    return [_row("from start to end", clock), _row("processor time of the worker", processor), _events_row(events)]


def _row(what: str, pairs: Pairs) -> Row:
    return Row(what, spread(pairs.ours), spread(pairs.instead), f"{pairs.slowdown - 1:+.1%}", "< +10 %")


def _events_row(events: list[Any]) -> Row:
    epochs = sum(len(Chunk.from_event(event["chunk"]).losses) for event in events)
    size = sum(len(part) for event in events for part in event["chunk"].values() if isinstance(part, bytes))
    return Row("events of a race", f"{len(events)} with {epochs:,} epochs, {size / 1000:.0f} kB")


def main() -> None:
    cluster = LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
    )
    engine = Engine(cluster.scheduler_address)
    with Client(cluster, set_as_default=False) as client:
        wait_until(lambda: engine.state is EngineState.READY, every=0.1)
        show(
            "2,000 epochs of hihello, LSTM 5, in a worker of the engine",
            measure(engine, client),
            "the same, reporting nothing",
        )
    engine.close()
    cluster.close()


if __name__ == "__main__":
    main()
