"""The command train: architectures learn a task, with a bar each or a line of JSON for every epoch."""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rnnlab import text_file
from rnnlab.architecture import BATCH_SIZE, Cell, labels
from rnnlab.cli import min_char_rnn
from rnnlab.cli.arguments import NOT_FINISHED, add_architecture, architecture_of, within
from rnnlab.control import Control
from rnnlab.experiment import (
    CLIP_AT,
    EPOCHS,
    LEARNING_RATE,
    SEED,
    Clipping,
    Experiment,
    Optimizer,
    TrainerKind,
    default_training,
)
from rnnlab.history import Chunk, History, Reached, Scores, Status
from rnnlab.tasks import TASKS, Task, labelled, labelled_file, task
from rnnlab.tasks.drawn import Said
from rnnlab.tasks.task import samples
from rnnlab.tasks.text import TEXT_LENGTH


def add(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of the command."""
    parser.set_defaults(command=partial(_train, parser))
    parser.add_argument("task", nargs="?", choices=list(TASKS), metavar="TASK", help="what to learn, see: rnnlab tasks")
    parser.add_argument("--text", help=f"a text of your own, {TEXT_LENGTH.low} to {TEXT_LENGTH.high} characters")
    parser.add_argument("--text-file", metavar="FILE", help="the same from a file; any length with the trainer numpy")
    parser.add_argument("--labelled", metavar="FILE", help="labelled texts of your own: CSV or TSV with text and label")
    parser.add_argument("--by", choices=["characters", "words"], help="the pieces of labelled texts")
    parser.add_argument("--delay", type=int, metavar="N", help="of the tasks copy and adding")
    parser.add_argument("--cell", choices=[c.value for c in Cell], action="append", help="may be given several times")
    add_architecture(parser)
    parser.add_argument("--epochs", type=int, metavar="N", help=f"{within(EPOCHS)}; default: the task's")
    parser.add_argument("--learning-rate", type=float, metavar="X", help=f"{LEARNING_RATE}; default: the task's")
    parser.add_argument("--batch-size", type=int, metavar="N", help=f"{within(BATCH_SIZE)}; default: the task's")
    parser.add_argument("--optimizer", choices=[o.value for o in Optimizer], help="default: the task's")
    clip = parser.add_mutually_exclusive_group()
    clip.add_argument("--clip-norm", type=float, metavar="X", help=f"clip gradients by their common norm, {CLIP_AT}")
    clip.add_argument("--clip-value", type=float, metavar="X", help=f"clip each gradient, {CLIP_AT}")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=f"of the initial weights, {within(SEED)}")
    parser.add_argument("--device", default="auto", help="auto, cpu, gpu, or a numbered one such as gpu:1")
    min_char_rnn.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object an epoch, and one at the end")


def _chosen_task(chosen: argparse.Namespace) -> Task:
    """The task that is named, or that the text or file of the person's own asks for."""
    given = [chosen.task, chosen.text, chosen.text_file, chosen.labelled]
    if sum(one is not None for one in given) != 1:
        raise ValueError(f"give one task ({', '.join(TASKS)}), or --text, or --text-file, or --labelled")
    options = {name: value for name in ("by", "delay") if (value := getattr(chosen, name)) is not None}
    text = chosen.text if chosen.text_file is None else _short_text(Path(chosen.text_file))
    if text is not None:
        return task("own", text=text, **options)
    if chosen.labelled is not None:
        texts = labelled_file.read_path(Path(chosen.labelled))
        return task("labelled", data_key=labelled.bring(texts), **options)
    return task(chosen.task, **options)


def _short_text(path: Path) -> str:
    """The text of a file that is short enough to be a task."""
    text = text_file.read_path(path).rstrip("\n")
    if len(text) > TEXT_LENGTH.high:
        raise ValueError(
            f"{path.name} has {len(text):,} characters; Keras trains on {TEXT_LENGTH.low} to {TEXT_LENGTH.high} of a text of "
            "your own, --trainer numpy on any number"
        )
    return text


def _experiments(chosen: argparse.Namespace) -> tuple[Experiment, ...]:
    learned = _chosen_task(chosen)
    settings = default_training(learned)
    said = {name: getattr(chosen, name) for name in ("epochs", "learning_rate", "batch_size", "optimizer")}
    said = {name: value for name, value in said.items() if value is not None}
    if "optimizer" in said:
        said["optimizer"] = Optimizer(said["optimizer"])
    for kind, value in ((Clipping.NORM, chosen.clip_norm), (Clipping.VALUE, chosen.clip_value)):
        if value is not None:
            said |= {"clipping": kind, "clip_at": value}
    training = replace(settings, seed=chosen.seed, device=chosen.device, **said)
    sizes = learned.defaults.bench[0]
    cells = chosen.cell or [Cell.LSTM.value if sizes.cell.recurrent else sizes.cell.value]
    return tuple(Experiment(architecture_of(cell, chosen, sizes), learned, training) for cell in cells)


def _train(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> int:
    if chosen.trainer == TrainerKind.NUMPY:
        return min_char_rnn.train(parser, chosen)
    if chosen.iterations is not None:
        raise ValueError("--iterations is for --trainer numpy; Keras counts --epochs")
    experiments = _experiments(chosen)
    from rnnlab import backend, training

    backend.configure()
    backend.resolve(chosen.device)
    names = labels(tuple(experiment.architecture for experiment in experiments))
    control = Control()
    signal.signal(signal.SIGINT, lambda *_: control.set(control.pace, True))
    if chosen.json:
        reached = training.race(experiments, _json_report(experiments, names), control)
        for name, experiment, result in zip(names, experiments, reached, strict=True):
            print(json.dumps(_json_result(name, experiment, result)))
    else:
        reached = _race_with_bars(experiments, names, control)
        for name, experiment, result in zip(names, experiments, reached, strict=True):
            print(_result_line(name, experiment, result))
    return 0 if all(result.status is Status.FINISHED for result in reached) else NOT_FINISHED


def _said(experiment: Experiment, chunk: Chunk, epoch: int = -1) -> str:
    """What was predicted of the first sample that is drawn, at this epoch of the chunk."""
    if not len(chunk.scores):
        return ""
    inputs, targets = samples(experiment.task, experiment.training.seed)
    said = Said(chunk.predicted[epoch, 0], chunk.probability[epoch, 0])
    return experiment.task.draw(inputs[0], targets[0], said).said


def _json_report(experiments: Sequence[Experiment], names: Sequence[str]) -> Any:
    def report(lane: int, chunk: Chunk) -> None:
        for offset, row in enumerate(chunk.scores.tolist()):
            scores = {name: value for name, value in zip(Scores._fields, row, strict=True) if math.isfinite(value)}
            line = {"architecture": names[lane], "epoch": chunk.first + offset} | scores
            line["prediction"] = _said(experiments[lane], chunk, offset)
            print(json.dumps(line, ensure_ascii=False))

    return report


def _json_result(name: str, experiment: Experiment, result: Reached) -> dict[str, Any]:
    return {
        "architecture": name,
        "status": result.status.name.lower(),
        "prediction": _said(experiment, result.chunk),
        "seconds": round(result.chunk.seconds, 4),
    } | ({"reason": result.reason} if result.reason else {})


def _race_with_bars(experiments: Sequence[Experiment], names: Sequence[str], control: Any) -> tuple[Reached, ...]:
    """Race with a progress bar for each architecture, where the output is a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from rnnlab import training

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[now]}"))
    with Progress(*columns, disable=not sys.stdout.isatty()) as progress:
        bars = [progress.add_task(n, total=e.training.epochs, now="") for n, e in zip(names, experiments, strict=True)]

        def report(lane: int, chunk: Chunk) -> None:
            if len(chunk.scores):
                now = f"loss {chunk.losses[-1]:.4f}  {_said(experiments[lane], chunk)}"
                progress.update(bars[lane], completed=chunk.first - 1 + len(chunk.scores), now=now)

        return training.race(experiments, report, control)


def _result_line(name: str, experiment: Experiment, result: Reached) -> str:
    history = History()
    history.extend(result.chunk)
    if not history.scores:
        return f"{name}: {result.status.value} {result.reason}".strip()
    task, scores = experiment.task, history.scores[-1]
    first = history.first_learned(task.goal)
    parts = [f"loss {scores.loss:.4f}", f"{task.metric} {scores.judged:.1%}"]
    if not math.isnan(scores.hard):
        parts.append(f"{task.hard_part} {scores.hard:.1%}")
    parts.append(f"learned at epoch {first}" if first else "not learned yet")
    said = f"“{_said(experiment, result.chunk)}”, " if math.isnan(scores.held_out) else ""
    return f"{name}: {said}{', '.join(parts)}, {history.seconds:.2f} s. {result.status.value}"
