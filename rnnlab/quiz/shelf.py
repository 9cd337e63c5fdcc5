"""Quizzes that a server offers by name: JSON files in one folder, which ``RNNLAB_QUIZZES`` names."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rnnlab.quiz import bank
from rnnlab.quiz.bank import Quiz
from rnnlab.texts import _


def take(name: str) -> Quiz:
    """The quiz of this name.

    Raises:
        ValueError: there is none, or its file cannot be read.
    """
    folder = Path(os.environ.get("RNNLAB_QUIZZES") or "quizzes")
    path = folder / f"{name}.json"
    if not re.fullmatch(r"[\w-]{1,64}", name) or not path.is_file():
        raise ValueError(_("there is no quiz {name} on this server").format(name=repr(name[:64])))
    return bank.from_json(path.read_text(encoding="utf-8"))
