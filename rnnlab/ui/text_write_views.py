"""The view "Write" of the text lab: a model writes, character by character, and what else could have stood there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import streamlit as st

from rnnlab import text_drawing
from rnnlab.architecture import Range
from rnnlab.engine.runs import TextRun
from rnnlab.experiment import SEED
from rnnlab.textlab.writer import PLAIN, PROMPT, TOP_K, Choosing, Writer, Written
from rnnlab.texts import _
from rnnlab.ui import fields, state, text_characters, text_weights, views
from rnnlab.ui.text_characters import Forced, Words
from rnnlab.ui.text_weights import Reader

#: Characters that a person can let it write.
_LENGTHS = (100, 300, 600, 1000)
_ALL = -1


@dataclass(frozen=True)
class _Asked:
    """What a person wants to be written."""

    prompt: str
    length: int
    choosing: Choosing
    seed: int


class _Text(NamedTuple):
    """What a lane has written: for what, by which weights, as it was drawn, and as it is; from where the end is new."""

    asked: _Asked
    key: object
    drawn: Written
    now: Written
    fresh_from: int


def write(run: TextRun) -> None:
    """A text lab run writes: prompt, temperature, top-k, top-p, seed; every character can be looked at and changed."""
    st.fragment(_body)(run)


def _body(run: TextRun) -> None:
    with st.container(border=True):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            lanes = _lanes(run)
        with right:
            measurement = text_weights.ask(run, "write")
        asked = _ask(run)
    if not measurement:
        text_weights.say_missing(run, lanes[0])
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.html(_legend([text_weights.look(run, lane).colour for lane in lanes]), width="content")
        moving = fields.kept("text appears", True, _appears)
    columns = 1 if len(lanes) == 1 else 2
    for first in range(0, len(lanes), columns):
        for place, lane in zip(st.columns(columns, gap="medium"), lanes[first : first + columns], strict=False):
            with place:
                _lane(run, lane, measurement, asked, moving)


def _lanes(run: TextRun) -> list[int]:
    """One architecture, or all side by side."""
    found = text_weights.pick(run, "write", _("Who writes"), [(_ALL, _("all side by side"))])
    return text_weights.trained(run) if found == _ALL else [found]


def _ask(run: TextRun) -> _Asked | None:
    """The controls; None where something cannot be taken, which a sentence says."""
    experiment = run.experiments[0]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        prompt = fields.kept(f"text prompt {run.id}", "", lambda v, key: _prompt(v, key, experiment.prompt))
    with right, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        length = fields.kept("text length", 300, _length)
        seed = fields.kept("text seed", 0, _seed)
    choosing = _choosing(len(experiment.corpus.vocabulary))
    try:
        _check(run, prompt)
    except ValueError as error:
        st.warning(views.sentence(error) + " " + _("The last text stays."), icon=":material/edit:")
        return None
    return _Asked(prompt or experiment.prompt, length, choosing, seed)


def _prompt(value: str, key: str, usual: str) -> str:
    hint = _(
        "What the model reads before it writes. After a few words it knows better where it is than after a letter."
    )
    placeholder = _("empty: the last {n:,} characters that it learned from").format(n=len(usual))
    label = _("Prompt")
    return st.text_area(label, value, key=key, max_chars=PROMPT.high, height=68, help=hint, placeholder=placeholder)


def _length(value: int, key: str) -> int:
    with st.container(width=130):
        return fields.select(_("Characters"), key, _LENGTHS, value, "{:,}".format)


def _seed(value: int, key: str) -> int:
    hint = _("Another seed, other luck. The same seed and settings write the same text again.")
    with st.container(width=170):
        return fields.whole(_("Seed"), key, value, SEED, hint)


def _appears(value: bool, key: str) -> bool:
    return st.toggle(_("Character by character"), value, key=key)


def _check(run: TextRun, prompt: str) -> None:
    """Whether the prompt can be read; any model of this text knows the same characters."""
    for lane in range(len(run.lanes)):
        found = text_weights.reader(run, lane, run.epoch)
        if found and prompt:
            _writer(found, 0).numbers(prompt)
            return


def _choosing(vocabulary: int) -> Choosing:
    """Temperature, top-k and top-p, with what each of them does now."""
    columns = st.columns(3, gap="medium")
    with columns[0]:
        temperature = fields.kept("text temperature", PLAIN.temperature, _temperature)
        st.caption(_what_temperature(temperature))
    with columns[1]:
        top_k = fields.kept("text top-k", PLAIN.top_k, lambda v, key: _top_k(v, key, vocabulary))
        st.caption(_what_top_k(top_k, vocabulary))
    with columns[2]:
        top_p = fields.kept("text top-p", PLAIN.top_p, _top_p)
        st.caption(_what_top_p(top_p))
    return Choosing(temperature, min(top_k, TOP_K.high), top_p)


def _temperature(value: float, key: str) -> float:
    return st.slider(_("Temperature"), 0.0, 2.0, value, 0.05, key=key)


def _top_k(value: int, key: str, vocabulary: int) -> int:
    allowed = Range(0, vocabulary)
    return fields.whole(_("Top-k (0 for all)"), key, allowed.nearest(value), allowed)


def _top_p(value: float, key: str) -> float:
    return st.slider(_("Top-p"), 0.05, 1.0, value, 0.05, key=key)


def _what_temperature(temperature: float) -> str:
    if temperature == 0:
        return _("0: always the most likely character. No luck is left, and it soon goes round in circles.")
    if temperature < 1:
        return _(
            "Below 1 the likely becomes likelier: safer, more uniform text. What stands inside softmax is divided by it."
        )
    if temperature == 1:
        return _("1: each character is drawn with just the probability that the model gives it.")
    return _(
        "Above 1 everything becomes more alike: bolder, with more slips. What stands inside softmax is divided by it."
    )


def _what_top_k(top_k: int, vocabulary: int) -> str:
    if not top_k or top_k >= vocabulary:
        return _("Any of the {n:,} characters can be drawn.").format(n=vocabulary)
    return _("Only the {n:,} most likely characters can be drawn.").format(n=top_k)


def _what_top_p(top_p: float) -> str:
    if top_p == 1:
        return _("1: also the least likely can be drawn.")
    return _(
        "Only the most likely that together reach {p:.0%} can be drawn: few where the model is sure, many where it is not."
    ).format(p=top_p)


def _lane(run: TextRun, lane: int, measurement: int, asked: _Asked | None, moving: bool) -> None:
    found = text_weights.reader(run, lane, measurement)
    if len(run.lanes) > 1:
        views.lane_title(text_weights.look(run, lane))
    if found is None:
        text_weights.say_missing(run, lane)
        return
    text = _text(run, found, asked)
    if text:
        _draw(run, found, text, moving)


def _text(run: TextRun, found: Reader, asked: _Asked | None) -> _Text | None:
    """What this lane has written; anew where something else is asked, and as it was where that cannot be taken."""
    name = f"text written {run.id} {found.lane}"
    before: _Text | None = state.kept(name, lambda: None)
    if asked is None or (before and before.asked == asked and before.key == found.key):
        return before
    drawn = _writer(found, asked.seed).write(asked.prompt, asked.length, asked.choosing)
    prompt = len(drawn.tokens) - asked.length
    text = _Text(asked, found.key, drawn, drawn, prompt)
    state.keep(name, text)
    return text


def _writer(found: Reader, seed: int) -> Writer:
    corpus = found.experiment.corpus
    return Writer(found.model, corpus.vocabulary, seed, corpus.folding.sign)


def _draw(run: TextRun, found: Reader, text: _Text, moving: bool) -> None:
    name = f"text written {run.id} {found.lane}"

    def force(forced: Forced) -> None:
        now = _writer(found, text.asked.seed).forced(text.now, forced.position, forced.token)
        text_weights.stay(run, "write")
        state.keep(name, text._replace(now=now, fresh_from=forced.position + 1))

    def undo() -> None:
        first = int(np.argmax(text.now.forced))
        state.keep(name, text._replace(now=text.drawn, fresh_from=first))

    shown = text_drawing.written(text.now, found.look.colour)
    text_characters.draw(
        f"characters-write-{run.id}-{found.lane}", shown, _words(text.now), at=_first(text),
        appears_from=text.fresh_from if moving else None, on_forced=force,
    )  # fmt: skip
    if text.now.forced.any():
        st.button(
            _("Take back what was forced"), icon=":material/undo:", key=f"characters-undo-{found.lane}", on_click=undo,
            type="tertiary",
        )  # fmt: skip


def _first(text: _Text) -> int:
    """Where the cursor stands at first: on what was forced last, or the first character that was drawn."""
    forced = np.flatnonzero(text.now.forced)
    return int(forced[-1]) if len(forced) else text.fresh_from


def _words(found: Written) -> Words:
    hint = _("Click a character, or go there with the arrow keys, to see what else could have stood there.")
    label = _("What the model writes: {text}").format(text=found.text)
    return Words(
        label, hint, (_("the model gives it"), _("drawn with")), _("Put this character here and write on from it")
    )


def _legend(colours: Sequence[str]) -> str:
    note = _("Underlined: read before it wrote. Framed: forced by you.")
    return text_drawing.key(_("sure of it"), _("unlikely, but drawn"), text_drawing.bands(colours), note)
