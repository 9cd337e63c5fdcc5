"""Whether every task is learned: its own bench with its own settings, on samples held out, for several seeds.

    python -m benchmarks.tasks                  all tasks, three seeds: about half an hour
    python -m benchmarks.tasks digit sentiment  some
    python -m benchmarks.tasks --labelled FILE  labelled texts of one's own besides

Each architecture trains alone, so that its seconds are its own. Seconds are those of training, with everything compiled.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from rnnlab import backend, training
from rnnlab.architecture import Architecture
from rnnlab.experiment import Experiment, default_training
from rnnlab.history import Chunk, History
from rnnlab.tasks import TASKS, Task, labelled, labelled_file, task

SEEDS = (0, 1, 2)


class Learned(NamedTuple):
    """How one architecture has learned a task: ``epoch`` and ``seconds`` until its goal, None where it was not reached."""

    best: float
    last: float
    hard: float
    epoch: int | None
    seconds: float | None
    total: float


def learn(learned: Task, architecture: Architecture, seed: int) -> Learned:
    """Train to the last epoch; what was reached, and when."""
    experiment = Experiment(architecture, learned, replace(default_training(learned), seed=seed))
    history = History()
    when: list[float] = []

    def report(_lane: int, chunk: Chunk) -> None:
        history.extend(chunk)
        if not when and history.first_learned(learned.goal):
            when.append(chunk.seconds)

    (reached,) = training.race([experiment], report)
    history.extend(reached.chunk)
    scores = history.scores[-1]
    best = max(each.judged for each in history.scores)
    epoch = history.first_learned(learned.goal)
    seconds = (when[0] if when else reached.chunk.seconds) if epoch else None
    return Learned(best, scores.judged, scores.hard, epoch, seconds, reached.chunk.seconds)


def _row(learned: Task, architecture: Architecture) -> tuple[str, ...]:
    results = [learn(learned, architecture, seed) for seed in SEEDS]
    reached = [result for result in results if result.epoch]
    until = f"{median(r.seconds or 0 for r in reached):.1f} s" if reached else "–"
    return (
        learned.name,
        architecture.label,
        f"{learned.goal:.0%}",
        f"{len(reached)} of {len(SEEDS)}",
        until,
        "  ".join(f"{result.last:.1%}" for result in results),
        f"{median(result.total for result in results):.0f} s",
    )


def _hard(learned: Task, table: Table) -> None:
    """Other kinds of models on the same data."""
    for baseline in [b for seed in SEEDS for b in learned.baselines(seed)][:1]:
        shares = [(b.held_out, b.hard) for seed in SEEDS for b in learned.baselines(seed)]
        values = "  ".join(f"{held_out:.1%} ({hard:.1%})" for held_out, hard in shares)
        table.add_row(learned.name, f"{baseline.title} ({learned.hard_part})", "–", "–", "–", values, "–")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", choices=[[], *TASKS])
    parser.add_argument("--labelled", type=Path)
    chosen = parser.parse_args()
    backend.configure()
    table = Table("task", "architecture", "goal", "reached", "after", "at the end, seeds 0 1 2", "all epochs")
    names = chosen.tasks or [name for name in TASKS if name not in ("own", "labelled")]
    tasks = [TASKS[name] for name in names]
    if chosen.labelled:
        texts = labelled_file.read_path(chosen.labelled)
        tasks.append(task("labelled", data_key=labelled.bring(texts)))
    for learned in tasks:
        for architecture in learned.defaults.bench:
            row = _row(learned, architecture)
            table.add_row(*row)
            print("  ".join(row), flush=True)
        _hard(learned, table)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
