"""Arguments that the commands of the text lab have which open a saved race, and what they open."""

from __future__ import annotations

import argparse
from pathlib import Path

from rnnlab import saved, text_replay
from rnnlab.reference import Model
from rnnlab.textlab.experiment import TextExperiment
from rnnlab.texts import _


def add_run(parser: argparse.ArgumentParser) -> None:
    """Which race, and which of its architectures."""
    parser.add_argument("--run", type=Path, required=True, metavar="FILE", help=_("made by text train --out"))
    parser.add_argument("--model", type=int, default=1, metavar="N", help=_("which of its architectures; default 1"))


def opened(chosen: argparse.Namespace) -> tuple[TextExperiment, Model]:
    """The experiment and the model that are chosen of a saved race.

    Raises:
        ValueError: it is none, or has no such architecture, or nothing was trained of it.
        OSError: the file cannot be read.
    """
    lanes = saved.from_file(chosen.run.read_bytes())
    if not 1 <= chosen.model <= len(lanes):
        sentence = _("--model must be from 1 to {most}, not {given}")
        raise ValueError(sentence.format(most=len(lanes), given=chosen.model))
    lane = lanes[chosen.model - 1]
    model = text_replay.model_of(lane.experiment, lane.state)
    if model is None:
        sentence = _("{architecture} has no weights to look into. {status}")
        raise ValueError(sentence.format(architecture=lane.experiment.architecture.label, status=_(lane.status.value)))
    return lane.experiment, model
