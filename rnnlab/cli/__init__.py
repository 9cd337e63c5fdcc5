"""rnnlab from a terminal: the same library, no web server.

TensorFlow is imported only by the commands that need it, so that counting answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from rnnlab.cli import quiz, summary, text, train
from rnnlab.tasks import TASKS

BAD_ARGUMENTS = 2
#: As a shell says of a process that SIGPIPE has ended.
PIPE_CLOSED = 128 + 13


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that says what is allowed."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 a training did not finish, 2 bad arguments, 141 nobody reads what it prints."""
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it ends
        return PIPE_CLOSED


def _run(arguments: Sequence[str] | None) -> int:
    chosen = _parser().parse_args(arguments)
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
    summary.add(
        commands.add_parser("summary", help="count the parameters of a model, with formulas and Keras' summary")
    )
    train.add(commands.add_parser("train", help="train one or several architectures on a task"))
    tasks = commands.add_parser("tasks", help="list the tasks")
    tasks.set_defaults(command=_tasks)
    devices = commands.add_parser("devices", help="list the devices to train on")
    devices.set_defaults(command=_devices)
    text.add(commands.add_parser("text", help="learn to continue a text, write, and look into the cells"))
    quiz.add(commands.add_parser("quiz", help="make a quiz about parameter counts, grade answers, export it"))
    return parser


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
