"""The story of a run of the text lab (F17): what every architecture has written at growing intervals, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import streamlit as st

from rnnlab.colours import Look
from rnnlab.engine import TextLane
from rnnlab.text_timeline import Sample, read_by, stages
from rnnlab.textlab.experiment import TextExperiment
from rnnlab.texts import _
from rnnlab.ui import text_look


class Racing(NamedTuple):
    """A lane that is or was trained."""

    lane: TextLane
    look: Look
    timeline: list[Sample]


def short(value: float) -> str:
    """A loss with as many digits as matter."""
    return f"{value:.3f}" if value < 10 else f"{value:,.1f}"


def timeline(first: TextExperiment, racing: Sequence[Racing]) -> None:
    """What was written at growing intervals, the first on top; it grows at its end, so that nothing moves."""
    reached = max((len(one.timeline) for one in racing), default=0)
    if not reached:
        return
    st.subheader(_("From noise to words"), anchor=False)
    st.caption(_("What each has written at growing intervals. Every other text is kept, too: drag the moment above."))
    for number in stages(first):
        if number <= reached:
            st.html(_stage(first, racing, number))


def _stage(first: TextExperiment, racing: Sequence[Racing], number: int) -> str:
    step, last = first.measured[number - 1], len(first.measured)
    title = _("At first") if number == 1 else _("In the end") if number == last else _("Train more …")
    said = _("step {step:,} · {characters:,} characters read").format(step=step, characters=read_by(first, step))
    cells = "".join(_cell(one, number) for one in racing)
    return f'<div class="lab-stage"><p><b>{escape(title)}</b><i>{escape(said)}</i></p><div>{cells}</div></div>'


def _cell(one: Racing, number: int) -> str:
    dot = f'<div class="lab-title"><span class="lab-dot" style="--c:{one.look.colour}"></span>{escape(one.look.label)}</div>'
    label = _("what {name} wrote").format(name=one.look.label)
    if number > len(one.timeline):
        return f"<div>{dot}{_numbers('–', '–')}{text_look.passage('…', label, low=True)}</div>"
    found = one.timeline[number - 1]
    facts = _numbers(short(found.scores.held_out_loss), f"{found.words:.0%}")
    return f"<div>{dot}{facts}{text_look.passage(found.text or '–', label, low=True)}</div>"


def _numbers(nats: str, words: str) -> str:
    pairs = ((_("nats"), nats), (_("words"), words))
    return f'<div class="lab-facts">{"".join(f"<span><i>{escape(n)}</i> <b>{escape(v)}</b></span>" for n, v in pairs)}</div>'
