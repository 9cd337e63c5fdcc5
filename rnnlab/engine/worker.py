"""What runs inside a worker of the engine. Keras is imported in the functions: the server imports this module too."""

from __future__ import annotations

from typing import Any

import numpy as np
from distributed import get_worker, secede
from numpy.typing import NDArray

from rnnlab.architecture import Architecture, Form
from rnnlab.control import Control
from rnnlab.corpora import Corpus, Source, missing
from rnnlab.counting import Summary
from rnnlab.experiment import Choice, Device, Experiment, Pace, Training
from rnnlab.gradients import clipping
from rnnlab.history import Chunk, Reached, Start
from rnnlab.reference import Difference, Model
from rnnlab.tasks.task import Baseline, Task
from rnnlab.textlab.experiment import TextExperiment

#: Seconds that a race has to finish its step when a checkpoint is wanted.
PATIENCE = 20.0
#: The races that train in this process, by run and attempt.
_controls: dict[str, Control] = {}


def warm_up(threads: int) -> tuple[Device, ...]:
    """Import and set up TensorFlow; the devices that it found."""
    from rnnlab import backend, models

    backend.configure(threads)
    models.summarise(Architecture(), Form())
    return backend.devices()


def prime() -> None:
    """Compile what is on the bench when rnnlab is first opened, and read the text, so that a first race starts at once."""
    from rnnlab import training

    secede()
    one_epoch = Choice(training=Training(epochs=1))
    training.race(one_epoch.experiments(), report=lambda *_: None)
    if not missing(Source.SHAKESPEARE):
        Corpus(Source.SHAKESPEARE).training  # noqa: B018  # is kept


def race(
    topic: str,
    attempt: str,
    experiments: tuple[Experiment | TextExperiment, ...],
    pace: Pace,
    starts: tuple[Start, ...],
) -> tuple[Reached, ...]:
    """Train in a thread of its own, so that the worker still answers what is asked of it meanwhile.

    Progress goes out as events of ``topic``; ``set_control`` changes the pace or stops it.
    """
    from rnnlab import training

    secede()
    worker = get_worker()

    def report(lane: int, chunk: Chunk) -> None:
        worker.log_event(topic, {"attempt": attempt, "lane": lane, "chunk": chunk.to_event()})

    _controls[attempt] = control = Control(pace)
    try:
        return training.race(experiments, report, control, starts)
    finally:
        del _controls[attempt]


def set_control(attempt: str, pace: Pace, stopping: bool) -> bool:
    """Change the pace of a race or stop it; False where no such race is (no longer, or not yet) under way."""
    control = _controls.get(attempt)
    if control:
        control.set(pace, stopping)
    return control is not None


def checkpoint(attempt: str) -> tuple[Start, ...]:
    """From where each lane of a race could go on; nothing where no such race is under way."""
    control = _controls.get(attempt)
    return control.checkpoint(PATIENCE) if control else ()


def summarise(architecture: Architecture, form: Form) -> Summary:
    from rnnlab import models

    return models.summarise(architecture, form)


def said(architecture: Architecture, form: Form, state: bytes, samples: NDArray[Any]) -> NDArray[np.float32]:
    """What a trained model says to samples (N, …), as outputs (N, S, K)."""
    from rnnlab import training

    return training.answer(architecture, form, state, samples)


def keras_difference(
    architecture: Architecture, form: Form, flat: NDArray[np.float32], inputs: NDArray[Any], targets: NDArray[Any]
) -> Difference:
    """How far outputs, states and gradients of a model with these weights are from those of Keras."""
    from rnnlab import training

    model = Model.from_flat(architecture, form, flat)
    return training.keras_side(model, inputs, targets).difference(model, inputs, targets)


def baselines(task: Task, seed: int) -> tuple[Baseline, ...]:
    """What models of another kind reach on the data of a task."""
    return task.baselines(seed)


def clipped(trial: clipping.Trial) -> clipping.Tried:
    """Small trainings with gradients clipped and not."""
    return clipping.try_out(trial)


def keras_file(architecture: Architecture, form: Form, state: bytes) -> bytes:
    """The trained model in Keras' file format."""
    from rnnlab import models, training

    return models.keras_file(architecture, form, training.weights_of(state))
