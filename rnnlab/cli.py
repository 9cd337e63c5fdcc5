"""rnnlab from a terminal: the same library, no web server.

TensorFlow is imported only by the commands that need it, so that counting answers at once.
"""

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
from typing import Any, NoReturn

from rnnlab import char_terminal, text_file, text_terminal
from rnnlab.architecture import (
    BATCH_SIZE,
    EMBEDDING_DIM,
    INPUT_DIM,
    LAYERS,
    OUTPUTS,
    TIMESTEPS,
    UNITS,
    Activation,
    Architecture,
    Cell,
    Direction,
    Form,
    MergeMode,
    Pattern,
    Range,
    labels,
)
from rnnlab.control import Control
from rnnlab.counting import Count, LayerCount, count
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
from rnnlab.formulas import layer_formulas, shape_text, term_text
from rnnlab.history import Chunk, History, Reached, Scores, Status
from rnnlab.quiz import terminal
from rnnlab.tasks import TASKS, Task, labelled, labelled_file, task
from rnnlab.tasks.drawn import Said
from rnnlab.tasks.task import samples
from rnnlab.tasks.text import TEXT_LENGTH

BAD_ARGUMENTS, NOT_FINISHED = 2, 1


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that says what is allowed."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 a training did not finish, 2 bad arguments."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.command(chosen))
    except ValueError as error:
        return _bad(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        return _bad(f"cannot read or write {error.filename}: {(error.strerror or str(error)).lower()}")


def _bad(message: str) -> int:
    print(f"rnnlab: {message}", file=sys.stderr)
    return BAD_ARGUMENTS


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="rnnlab", description="Compare recurrent architectures: what each costs, how each learns.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    summary = commands.add_parser("summary", help="count the parameters of a model, with formulas and Keras' summary")
    _add_summary(summary)
    train = commands.add_parser("train", help="train one or several architectures on a task")
    _add_train(train)
    tasks = commands.add_parser("tasks", help="list the tasks")
    tasks.set_defaults(command=_tasks)
    devices = commands.add_parser("devices", help="list the devices to train on")
    devices.set_defaults(command=_devices)
    text_terminal.add(commands.add_parser("text", help="learn to continue a text, write, and look into the cells"))
    terminal.add(commands.add_parser("quiz", help="make a quiz about parameter counts, grade answers, export it"))
    return parser


def _within(allowed: Range) -> str:
    return f"{allowed.low:,} to {allowed.high:,}"


def _add_architecture(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--units",
        "--hidden",
        type=int,
        metavar="N",
        help=f"hidden size, {_within(UNITS)}; default 5 or the task's, 100 with the trainer numpy",
    )
    parser.add_argument("--embedding", type=int, metavar="N", help=f"embedding dimension, {_within(EMBEDDING_DIM)}")
    parser.add_argument("--layers", type=int, default=1, metavar="N", help=f"recurrent layers, {_within(LAYERS)}")
    parser.add_argument("--direction", choices=[d.value for d in Direction], help="default forward or the task's")
    parser.add_argument("--merge", choices=[m.value for m in MergeMode], default="concat", help="of two directions")
    parser.add_argument("--no-reset-after", action="store_true", help="GRU: reset before the product, one bias a gate")
    parser.add_argument("--no-bias", action="store_true", help="no biases in the recurrent layers")


def _architecture(cell: str, chosen: argparse.Namespace, sizes: Architecture | None = None) -> Architecture:
    """The architecture of the arguments; what they do not say is as in ``sizes``."""
    sizes = sizes or Architecture()
    return Architecture(
        cell=Cell(cell),
        units=sizes.units if chosen.units is None else chosen.units,
        embedding_dim=sizes.embedding_dim if chosen.embedding is None else chosen.embedding,
        direction=sizes.direction if chosen.direction is None else Direction(chosen.direction),
        merge_mode=MergeMode(chosen.merge),
        layers=chosen.layers,
        reset_after=not chosen.no_reset_after,
        use_bias=not chosen.no_bias,
    )


def _add_summary(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_summary)
    parser.add_argument("--cell", choices=[c.value for c in Cell], required=True)
    _add_architecture(parser)
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--vocabulary", type=int, metavar="N", help=f"different tokens, {_within(INPUT_DIM)}")
    size.add_argument("--input-dim", type=int, metavar="N", help="plain numbers a timestep, instead of a vocabulary")
    parser.add_argument("--timesteps", type=int, metavar="N", help=f"{_within(TIMESTEPS)}; default any")
    parser.add_argument("--batch-size", type=int, metavar="N", help=f"{_within(BATCH_SIZE)}; default any")
    every = "an output at every timestep"
    parser.add_argument(
        "--pattern", choices=[p.value for p in Pattern], default="many_to_one", help="default many_to_one"
    )
    parser.add_argument("--return-sequences", action="store_const", const="in_step", dest="pattern", help=every)
    parser.add_argument(
        "--output-steps", type=int, default=5, metavar="N", help="where the output has a length of its own"
    )
    head = parser.add_mutually_exclusive_group()
    head.add_argument("--outputs", type=int, default=1, metavar="N", help=f"neurons at the end, {_within(OUTPUTS)}")
    head.add_argument("--no-head", action="store_true", help="no output layer")
    parser.add_argument("--no-keras", action="store_true", help="count by formula alone, without TensorFlow")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def _form(chosen: argparse.Namespace) -> Form:
    if chosen.embedding is not None and chosen.input_dim is not None:
        raise ValueError("--embedding looks tokens up and needs --vocabulary; with --input-dim leave it out")
    return Form(
        input_dim=chosen.input_dim if chosen.vocabulary is None else chosen.vocabulary,
        tokens=chosen.vocabulary is not None,
        timesteps=chosen.timesteps,
        batch_size=chosen.batch_size,
        pattern=Pattern(chosen.pattern),
        output_steps=chosen.output_steps,
        outputs=None if chosen.no_head else chosen.outputs,
        activation=Activation.SIGMOID if chosen.outputs == 1 else Activation.SOFTMAX,
    )


def _summary(chosen: argparse.Namespace) -> int:
    architecture, form = _architecture(chosen.cell, chosen), _form(chosen)
    counted = count(architecture, form)
    keras = None
    if not chosen.no_keras:
        from rnnlab import models

        keras = models.summarise(architecture, form)
    if chosen.json:
        plain = {"layers": [_plain(layer) for layer in counted.layers], "total": counted.total}
        print(json.dumps(plain | ({"keras_total": keras.parameters} if keras else {})))
        return 0
    _print_formulas(architecture, form, counted)
    if keras:
        same = "the same" if keras.parameters == counted.total else "NOT THE SAME"
        print(f"\n{keras.text}\n\nKeras counts {keras.parameters:,}: {same}.")
    return 0


def _plain(layer: LayerCount) -> dict[str, Any]:
    terms = [
        {
            "gate": term.gate.value if term.gate else None,
            "matrix": term.matrix.name.lower(),
            "symbol": term.matrix.value,
            "rows": term.rows,
            "columns": term.columns,
            "copies": term.copies,
            "parameters": term.parameters,
        }
        for term in layer.terms
    ]
    return {
        "name": layer.name,
        "kind": layer.kind,
        "output_shape": layer.output_shape,
        "parameters": layer.parameters,
        "terms": terms,
    }


def _print_formulas(architecture: Architecture, form: Form, counted: Count) -> None:
    print("V vocabulary, d input size, Dₕ hidden size, K outputs\n")
    for layer, formula in zip(counted.layers, layer_formulas(counted.layers, architecture, form), strict=True):
        print(f"{layer.name}  {shape_text(layer.output_shape)}")
        if formula.symbols:
            print(f"    {formula.symbols}\n  = {formula.numbers}\n  = {formula.result:,}")
        gates = dict.fromkeys(term.gate for term in layer.terms if term.gate)
        for gate in gates:
            terms = [term for term in layer.terms if term.gate is gate]
            times = " × 2 directions" if terms[0].copies == 2 else ""
            total = sum(term.parameters for term in terms)
            print(f"      {gate + ':':<11} {', '.join(map(term_text, terms))}{times} = {total:,}")
        print()
    print(f"Total: {counted.total:,} parameters")


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=partial(_train, parser))
    parser.add_argument("task", nargs="?", choices=list(TASKS), metavar="TASK", help="what to learn, see: rnnlab tasks")
    parser.add_argument("--text", help=f"a text of your own, {TEXT_LENGTH.low} to {TEXT_LENGTH.high} characters")
    parser.add_argument("--text-file", metavar="FILE", help="the same from a file; any length with the trainer numpy")
    parser.add_argument("--labelled", metavar="FILE", help="labelled texts of your own: CSV or TSV with text and label")
    parser.add_argument("--by", choices=["characters", "words"], help="the pieces of labelled texts")
    parser.add_argument("--delay", type=int, metavar="N", help="of the tasks copy and adding")
    parser.add_argument("--cell", choices=[c.value for c in Cell], action="append", help="may be given several times")
    _add_architecture(parser)
    parser.add_argument("--epochs", type=int, metavar="N", help=f"{_within(EPOCHS)}; default: the task's")
    parser.add_argument("--learning-rate", type=float, metavar="X", help=f"{LEARNING_RATE}; default: the task's")
    parser.add_argument("--batch-size", type=int, metavar="N", help=f"{_within(BATCH_SIZE)}; default: the task's")
    parser.add_argument("--optimizer", choices=[o.value for o in Optimizer], default="adam")
    clip = parser.add_mutually_exclusive_group()
    clip.add_argument("--clip-norm", type=float, metavar="X", help=f"clip gradients by their common norm, {CLIP_AT}")
    clip.add_argument("--clip-value", type=float, metavar="X", help=f"clip each gradient, {CLIP_AT}")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=f"of the initial weights, {_within(SEED)}")
    parser.add_argument("--device", default="auto", help="auto, cpu, gpu, or a numbered one such as gpu:1")
    char_terminal.add_arguments(parser)
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
    said = {name: getattr(chosen, name) for name in ("epochs", "learning_rate", "batch_size")}
    said = {name: value for name, value in said.items() if value is not None}
    for kind, value in ((Clipping.NORM, chosen.clip_norm), (Clipping.VALUE, chosen.clip_value)):
        if value is not None:
            said |= {"clipping": kind, "clip_at": value}
    training = replace(settings, optimizer=Optimizer(chosen.optimizer), seed=chosen.seed, device=chosen.device, **said)
    sizes = learned.defaults.bench[0]
    cells = chosen.cell or [Cell.LSTM.value if sizes.cell.recurrent else sizes.cell.value]
    return tuple(Experiment(_architecture(cell, chosen, sizes), learned, training) for cell in cells)


def _train(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> int:
    if chosen.trainer == TrainerKind.NUMPY:
        return char_terminal.train(parser, chosen)
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


def _tasks(_chosen: argparse.Namespace) -> int:
    for known in TASKS.values():
        options = "".join(f" --{_ARGUMENTS.get(option.name, option.name)} …" for option in known.options)
        print(f"{known.name}{options}\n    {known.story}")
    return 0


#: Options of tasks whose argument has another name.
_ARGUMENTS = {"data_key": "labelled"}


def _devices(_chosen: argparse.Namespace) -> int:
    from rnnlab import backend

    backend.configure()
    print(f"{'auto':<8} the first GPU, or the CPU where there is none")
    for device in backend.devices():
        print(f"{device.name:<8} {device.title}")
    return 0
