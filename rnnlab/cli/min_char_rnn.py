"""min-char-rnn in a terminal: how it learns a text, and what it writes meanwhile."""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
import unicodedata
from pathlib import Path

from rnnlab import text_file
from rnnlab.architecture import Cell, Range
from rnnlab.cli.arguments import NOT_FINISHED
from rnnlab.experiment import ITERATIONS_AN_EPOCH, TrainerKind
from rnnlab.history import Status
from rnnlab.min_char_rnn import LIMIT, RATE, UNITS_AT_FIRST, MinCharRnn, chunk_of

ITERATIONS, ITERATIONS_AT_FIRST = Range(1, 100_000_000), 10_000

#: The arguments of ``train`` that it heeds; all others must be as they are when nobody gives them.
_HEEDED = {
    "command",
    "text",
    "text_file",
    "trainer",
    "iterations",
    "units",
    "learning_rate",
    "clip_value",
    "seed",
    "json",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trainer",
        choices=[kind.value for kind in TrainerKind],
        default=TrainerKind.KERAS.value,
        help="numpy: min-char-rnn, a SimpleRNN that learns a text of any length and writes one of its own",
    )
    parser.add_argument(
        "--iterations",
        type=int,
        metavar="N",
        help=f"of the trainer numpy, {ITERATIONS.low:,} to {ITERATIONS.high:,}; default {ITERATIONS_AT_FIRST:,}",
    )


def train(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> int:
    """Train on the text that was given until it is done or Ctrl-C; the exit status: 0 done, 1 stopped.

    Raises:
        ValueError: an argument is not for this trainer or not allowed, or the text cannot be learned.
        OSError: the file cannot be read.
    """
    _refuse_others(parser, chosen)
    iterations = ITERATIONS_AT_FIRST if chosen.iterations is None else chosen.iterations
    ITERATIONS.check("iterations", iterations)
    model = _model(chosen)
    stopped = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    tell = _tell_json if chosen.json else _tell
    if not chosen.json:
        print(f"SimpleRNN {model.units}, {len(model.vocabulary)} different characters. Ctrl-C stops.\n", flush=True)
    begin = time.perf_counter()
    tell(model)
    while model.iterations < iterations and not stopped.is_set():
        model.step()
        if model.iterations % ITERATIONS_AN_EPOCH == 0:
            tell(model)
    if model.iterations % ITERATIONS_AN_EPOCH:
        tell(model)
    status = Status.FINISHED if model.iterations == iterations else Status.STOPPED
    _tell_end(model, status, time.perf_counter() - begin, chosen.json)
    return 0 if status is Status.FINISHED else NOT_FINISHED


def _refuse_others(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> None:
    as_it_is = {"cell": [Cell.SIMPLE_RNN.value]}
    for name, value in vars(chosen).items():
        if name in _HEEDED or value in (parser.get_default(name), as_it_is.get(name)):
            continue
        said = f"the task {value}" if name == "task" else f"--{name.replace('_', '-')}"
        raise ValueError(
            f"--trainer numpy trains one SimpleRNN layer with Adagrad on a text, given by --text or --text-file; {said} "
            "is for Keras"
        )


def _model(chosen: argparse.Namespace) -> MinCharRnn:
    if (chosen.text is None) == (chosen.text_file is None):
        raise ValueError("--trainer numpy needs a text: give --text-file, or --text")
    if chosen.text_file is not None:
        text = text_file.read_path(Path(chosen.text_file))
    elif any(unicodedata.category(character) == "Cs" for character in chosen.text):
        raise ValueError("--text has bytes that are not in the encoding of this terminal")
    else:
        text = unicodedata.normalize("NFC", chosen.text)
    return MinCharRnn(
        text,
        units=UNITS_AT_FIRST if chosen.units is None else chosen.units,
        chunk=chunk_of(text),
        learning_rate=RATE if chosen.learning_rate is None else chosen.learning_rate,
        clip_at=LIMIT if chosen.clip_value is None else chosen.clip_value,
        seed=chosen.seed,
    )


def _tell(model: MinCharRnn) -> None:
    each = f"{model.loss_per_character:.3f} a character"
    print(f"iteration {model.iterations:,}, smoothed loss {model.smoothed_loss:.3f} ({each})")
    print(f"{harmless(model.sample())}\n", flush=True)


def _tell_json(model: MinCharRnn) -> None:
    line = {"iteration": model.iterations, "loss": model.smoothed_loss, "sample": model.sample()}
    print(json.dumps(line, ensure_ascii=False), flush=True)


def _tell_end(model: MinCharRnn, status: Status, seconds: float, as_json: bool) -> None:
    if as_json:
        end = {"status": status.name.lower(), "iteration": model.iterations, "loss": model.smoothed_loss}
        print(json.dumps(end | {"seconds": round(seconds, 4)}))
        return
    said = "Finished" if status is Status.FINISHED else "Stopped"
    print(f"{said} after {model.iterations:,} iterations in {seconds:.1f} s: smoothed loss {model.smoothed_loss:.3f}.")


def harmless(text: str) -> str:
    """A text without what could steer a terminal."""
    return "".join("�" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c for c in text)
