"""What it costs to stream progress out of a worker: ``python -m benchmarks.streaming``.

2,000 epochs of hihello with an LSTM 5 at full speed, through the engine with its events, in turn with the same race on
the same worker that reports nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from distributed import Client, LocalCluster

from benchmarks.common import Row, in_turn, seconds, show, spread, wait_until
from rnnlab.architecture import Architecture
from rnnlab.engine import Engine, EngineState
from rnnlab.experiment import Experiment, Pace, PaceKind, Training
from rnnlab.history import Chunk

EXPERIMENT = Experiment(Architecture(), training=Training(epochs=2000))
PAIRS = 9


def silent_race() -> None:
    """Runs in the worker: the race as the engine's worker runs it, but that it reports nothing."""
    from distributed import secede

    from rnnlab import training

    secede()
    training.race([EXPERIMENT], report=lambda *_: None)


def race_silently(client: Client) -> None:
    client.submit(silent_race, pure=False).result()


def race_with_progress(engine: Engine) -> None:
    run = engine.start((EXPERIMENT,), Pace(PaceKind.FULL))
    wait_until(lambda: not run.status.active)


def progress_events(client: Client) -> list[Any]:
    """The newest events of races that the scheduler still has."""
    topics = client.get_events()
    return [event for name, events in topics.items() if name.startswith("rnnlab-") for _, event in events]


def measure(engine: Engine, client: Client) -> list[Row]:
    ours, instead = partial(race_with_progress, engine), partial(race_silently, client)
    ours()
    events = progress_events(client)
    instead()
    pairs = in_turn(partial(seconds, ours), partial(seconds, instead), PAIRS)
    epochs = sum(len(Chunk.from_event(event["chunk"]).losses) for event in events)
    size = sum(len(part) for event in events for part in event["chunk"].values() if isinstance(part, bytes))
    return [
        Row("2,000 epochs, LSTM 5", spread(pairs.ours), spread(pairs.instead), f"+{pairs.slowdown - 1:.1%}", "< +10 %"),
        Row("events of a race", f"{len(events)}, {epochs:,} epochs, {size / 1000:.0f} kB", f"{epochs:,}: one an epoch"),
    ]


def main() -> None:
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0")
    engine = Engine(cluster.scheduler_address)
    with Client(cluster, set_as_default=False) as client:
        wait_until(lambda: engine.state is EngineState.READY, every=0.1)
        show("Streaming progress", measure(engine, client), "the same, silent")
    engine.close()
    cluster.close()


if __name__ == "__main__":
    main()
