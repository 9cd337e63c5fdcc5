"""How fast a text is learned: ``python -m benchmarks.text [--threads 2]``.

The same model (one-hot, one layer of LSTM, softmax over all characters), the same streams of the same text, Adam and clipping by
norm, the state carried from chunk to chunk: rnnlab's trainer, plain Keras ``fit`` with a stateful layer, and PyTorch's nn.LSTM
with a step of its own (``pip install -r requirements-bench.txt``). Each is a process of its own with the same number of threads; they are measured
in turn, and before that they must come to the same loss. What counts are the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from itertools import chain
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.common import ROOT, Row, show, spread
from rnnlab.architecture import Architecture, Cell
from rnnlab.corpora import Corpus, Source, missing
from rnnlab.textlab.experiment import Schedule, TextExperiment, TextTraining
from rnnlab.textlab.streams import Chunk, Streams

ROUNDS = 5
#: Seconds that a round of a contender takes, about.
ROUND = 2.0


class Setting(NamedTuple):
    """What is measured."""

    units: int
    streams: int
    chunk: int


SETTINGS = (Setting(128, 32, 64), Setting(128, 64, 100), Setting(512, 32, 64), Setting(512, 64, 100))
Steps = Callable[[int], list[float]]


def experiment(setting: Setting) -> TextExperiment:
    source = Source.PYTHON if missing(Source.SHAKESPEARE) else Source.SHAKESPEARE
    training = TextTraining(
        chunk=setting.chunk, batch_size=setting.streams, learning_rate=0.002, schedule=Schedule.CONSTANT
    )
    return TextExperiment(Architecture(Cell.LSTM, setting.units), Corpus(source), training)


def chunks(given: TextExperiment) -> Iterator[Chunk]:
    """The chunks of all passes, one after the other."""
    streams = Streams(given.corpus.training, given.training.batch_size, given.training.chunk)
    return chain.from_iterable(iter(lambda: list(streams), None))


def rnnlab(given: TextExperiment) -> Steps:
    from rnnlab.history import Start
    from rnnlab.stream_training import StreamTrainer

    trainer = StreamTrainer(given, Start())

    def steps(number: int) -> list[float]:
        for _ in range(number):
            trainer.step()
        return trainer._losses[-number:]

    return steps


def fit(given: TextExperiment) -> Steps:
    """A stateful Keras model; ``fit`` on as many batches as are asked for, in their order."""
    from rnnlab.backend import keras
    from rnnlab.models import build

    plan, size = given.training, given.form.input_dim
    layers = [
        keras.Input(batch_shape=(plan.batch_size, plan.chunk), dtype="int32"),
        keras.layers.Lambda(lambda tokens: keras.ops.one_hot(tokens, size)),
        keras.layers.LSTM(given.architecture.units, return_sequences=True, stateful=True),
        keras.layers.Dense(size, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    model.set_weights(build(given.architecture, given.form, plan.seed).get_weights())
    optimizer = keras.optimizers.Adam(plan.learning_rate, global_clipnorm=plan.clip_at)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    coming = chunks(given)

    def steps(number: int) -> list[float]:
        taken = [next(coming) for _ in range(number)]
        inputs, targets = (np.concatenate([chunk[part].T for chunk in taken]) for part in (0, 1))
        history = model.fit(inputs, targets, batch_size=plan.batch_size, shuffle=False, verbose=0)
        return [float(history.history["loss"][0])] * number

    return steps


def torch(given: TextExperiment) -> Steps:
    import torch

    from rnnlab.models import build

    plan, size = given.training, given.form.input_dim
    kernel, recurrent, bias, out, out_bias = build(given.architecture, given.form, plan.seed).get_weights()
    layer, output = torch.nn.LSTM(size, given.architecture.units), torch.nn.Linear(given.architecture.units, size)
    with torch.no_grad():  # its gates stand in the order of Keras'
        for parameter, value in (
            (layer.weight_ih_l0, kernel.T),
            (layer.weight_hh_l0, recurrent.T),
            (layer.bias_ih_l0, bias),
            (layer.bias_hh_l0, np.zeros_like(bias)),
            (output.weight, out.T),
            (output.bias, out_bias),
        ):
            parameter.copy_(torch.tensor(np.ascontiguousarray(value)))
    parameters = [*layer.parameters(), *output.parameters()]
    optimizer, coming = torch.optim.Adam(parameters, plan.learning_rate, eps=1e-7), chunks(given)
    state: Any = None

    def step() -> float:
        nonlocal state
        inputs, targets = (torch.from_numpy(part.astype(np.int64)) for part in next(coming))
        optimizer.zero_grad()
        hidden, state = layer(torch.nn.functional.one_hot(inputs, size).float(), state)
        state = tuple(part.detach() for part in state)
        loss = torch.nn.functional.cross_entropy(output(hidden).flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, plan.clip_at)
        optimizer.step()
        return float(loss)

    return lambda number: [step() for _ in range(number)]


CONTENDERS: dict[str, Callable[[TextExperiment], Steps]] = {"rnnlab": rnnlab, "fit": fit, "torch": torch}


def contend(name: str, setting: Setting, threads: int) -> None:
    """Be one of them: for each number of steps on a line, seconds and losses on a line, until there are no more."""
    if name == "torch":
        import torch as library

        library.set_num_threads(threads)
    from rnnlab import backend

    backend.configure(threads)
    steps = CONTENDERS[name](experiment(setting))
    for line in sys.stdin:
        begin = time.perf_counter()
        losses = steps(int(line))
        print(json.dumps([time.perf_counter() - begin, losses]), flush=True)


class Contender(NamedTuple):
    """A process that waits to be measured."""

    process: subprocess.Popen[str]

    def steps(self, number: int) -> tuple[float, list[float]]:
        """How long so many steps take, and their losses."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(number, file=self.process.stdin, flush=True)
        passed, losses = json.loads(self.process.stdout.readline())
        return passed, losses


@contextmanager
def contender(name: str, setting: Setting, threads: int) -> Iterator[Contender]:
    command = [sys.executable, "-m", "benchmarks.text", "--contender", name, "--threads", str(threads)]
    command += ["--setting", *map(str, setting)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "3"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield Contender(process)
        finally:
            process.kill()


def measure(setting: Setting, names: Sequence[str], threads: int) -> dict[str, list[float]]:
    """Seconds a step of each, round by round."""
    with ExitStack() as stack:
        running = {name: stack.enter_context(contender(name, setting, threads)) for name in names}
        first = {name: one.steps(1)[1][0] for name, one in running.items()}
        assert max(first.values()) - min(first.values()) < 1e-3, f"they must come to the same loss: {first}"
        number = max(3, round(ROUND / (running["fit"].steps(3)[0] / 3)))
        found: dict[str, list[float]] = {name: [] for name in names}
        for turn in range(ROUNDS + 1):
            for name in names if turn % 2 else reversed(names):
                passed, _ = running[name].steps(number)
                if turn:  # the first warms up
                    found[name].append(passed / number)
        return found


def rows(setting: Setting, found: dict[str, list[float]]) -> Iterator[Row]:
    targets = {"fit": "≥ 1.2", "torch": "near 1"}
    characters = setting.streams * setting.chunk
    what = f"LSTM {setting.units}, {setting.streams} streams × {setting.chunk}"

    def speed(name: str) -> str:
        return f"{characters / median(found[name]):,.0f} characters/s, {spread(found[name])} a step"

    for name in list(found)[1:]:
        ratio = median(other / own for own, other in zip(found["rnnlab"], found[name], strict=True))
        yield Row(f"{what}, beside {name}", speed("rnnlab"), speed(name), f"{ratio:.2f}", targets[name])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--contender", choices=CONTENDERS)
    parser.add_argument("--setting", type=int, nargs=3, metavar="N", help="units, streams, chunk")
    chosen = parser.parse_args()
    settings = [Setting(*chosen.setting)] if chosen.setting else SETTINGS
    if chosen.contender:
        contend(chosen.contender, settings[0], chosen.threads)
        return
    names = [name for name in CONTENDERS if name != "torch" or find_spec("torch")]
    found = chain.from_iterable(rows(s, measure(s, names, chosen.threads)) for s in settings)
    show(f"Learning a text, {chosen.threads} thread(s)", list(found), "instead")


if __name__ == "__main__":
    main()
