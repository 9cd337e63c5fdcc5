"""What the page "Inside the cell" looks at, as its address says it: "hello:random:7:3" is timestep 3 of an exercise, seed 7."""

from __future__ import annotations

import re
from enum import StrEnum

from rnnlab.architecture import Range
from rnnlab.texts import noted
from rnnlab.ui import state

SEED = Range(0, 9999)


class Source(StrEnum):
    """Where weights come from; the value is its name on screen."""

    RUN = noted("trained")
    RANDOM = noted("random")
    TYPED = noted("typed in")


def take() -> None:
    """Where the address has come to say something else than the page, that is chosen; what it says wrong is passed over."""
    state.acknowledge_address()
    words = state.inside()
    if not words or words == state.kept("inside address", str):
        return
    subject, source, seed, step = (*words.split(":"), "", "", "")[:4]
    state.keep("inside asked subject", subject)
    if source.upper() in Source.__members__:
        state.keep("inside source", Source[source.upper()])
    if (number := _number(seed)) is not None:
        state.keep("inside seed", SEED.nearest(number))
    state.keep("inside asked step", _number(step))
    state.keep("inside address", words)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def asked_subject() -> str:
    """The name that the address has for what is looked at, once after it has come to say something else; else empty."""
    found = state.kept("inside asked subject", str)
    state.keep("inside asked subject", "")
    return found


def asked_step(timesteps: int) -> int | None:
    """The timestep of the address, from 0, once after it has come to say something else; None where there is no such one."""
    found: int | None = state.kept("inside asked step", lambda: None)
    state.keep("inside asked step", None)
    return found - 1 if found and found <= timesteps else None


def write(subject: str, source: Source, step: int) -> None:
    """Let the address say what is looked at, also where the page alone is drawn again; ``step`` from 0."""
    words = f"{subject}:{source.name.lower()}:{seed()}:{step + 1}"
    state.keep("inside address", words)
    state.set_inside(words)
    state.write_address()


def seed() -> int:
    """That of random weights, as it was chosen last."""
    return state.kept("inside seed", int)
