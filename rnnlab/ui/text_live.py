"""A run of the text lab as it goes, and afterwards at any of its moments: curves, a card for each architecture, a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from html import escape
from typing import NamedTuple

import streamlit as st

from rnnlab import text_charts, text_tables
from rnnlab.colours import Look, looks
from rnnlab.corpora import Corpus
from rnnlab.counting import count
from rnnlab.engine import EngineState, TextLane, TextRun
from rnnlab.history import Status
from rnnlab.text_timeline import Sample, Unit, furthest, read_by, sample, samples, speed
from rnnlab.textlab import measuring
from rnnlab.textlab.ngrams import Line
from rnnlab.texts import _, ngettext, seconds
from rnnlab.ui import fields, live, moments, text_look, text_saved, views
from rnnlab.ui.text_story import Racing, short, timeline

#: Seconds between two pictures of a run under way.
TICK = 0.5


class Axes(NamedTuple):
    """How the curves are drawn."""

    unit: Unit
    logarithmic: bool


def invitation() -> None:
    """What stands where the curves will be."""
    said = _("Nothing is trained yet. Press **Train**: the loss and the texts that each architecture writes appear here, from noise to words.")  # fmt: skip
    st.info(said, icon=":material/auto_stories:")


def ask_axes() -> Axes:
    """In what the loss is said, and how the characters read are laid out."""
    title = _("Loss in")
    unit = fields.kept(
        "text unit", Unit.NATS, lambda v, key: fields.choose(title, key, list(Unit), v, lambda u: _(u.value))
    )
    titles = {True: _("logarithmic"), False: _("linear")}
    label = _("Characters read")
    logarithmic = fields.kept(
        "text axis", True, lambda v, key: fields.choose(label, key, [True, False], v, titles.__getitem__)
    )
    return Axes(unit, logarithmic)


def results(run: TextRun, active: bool, axes: Axes) -> None:
    """The run; where the page took it for ``active``, the page runs again as soon as the run has ended."""
    corpus = run.experiments[0].corpus
    waiting = not active and reference(corpus) is None  # for the level lines alone

    def tick() -> None:
        _draw(run, axes)
        if (active and not run.status.active) or (waiting and reference(corpus) is not None):
            st.rerun()

    st.fragment(tick, run_every=TICK if active or waiting else moments.every(run))()


def _draw(run: TextRun, axes: Axes) -> None:
    shown = looks([experiment.architecture for experiment in run.experiments])
    racing = [
        Racing(lane, look, samples(lane.experiment, lane.history))
        for lane, look in zip(run.lanes, shown, strict=True)
        if not lane.experiment.refusal
    ]
    _headline(run)
    curves = st.container()
    label = _("Moment: drag to read what was written at any time")
    number = moments.scrubber(run, label, _("{n} texts/s"))
    with curves:
        _curves(run, racing, axes, number)
    st.caption(_legend())
    grid = st.grid(min_column_width=300, gap="small")
    for place, (lane, look) in enumerate(zip(run.lanes, shown, strict=True)):
        with grid.container(border=True, gap="xsmall", key=f"text-lane-{place}"):
            _card(lane, look, len(lane.history.scores) if lane.status.active else number)
    timeline(run.experiments[0], racing)
    if run.status.active:
        st.caption(_("To save the run or the texts, stop it first; Continue goes on from there."))
    elif run.epoch:
        text_saved.take_home(run, racing)


def _legend() -> str:
    """What the numbers of the cards are."""
    return _(
        "Loss on the held-out text: nats a character, the same in bits, and as perplexity (as hard as guessing among so many characters). Right: how often the likeliest character comes next. Words: how many of those in the sample below occur in the text. Characters/s: how many are learned in a second of all its work, which is measuring and writing too."
    )


def _headline(run: TextRun) -> None:
    first, histories = run.experiments[0], [lane.history for lane in run.lanes]
    read, all_of_them = furthest(run.experiments, histories), read_by(first, first.steps)
    waiting, sentence = live.engine().waiting_before(run), _(run.status.value)
    if run.status is Status.WAITING and live.engine().state is not EngineState.READY:
        sentence = _(live.engine().state.value) + " " + _("This run starts by itself when it is ready.")
    elif run.status is Status.WAITING and waiting:
        sentence = ngettext("{n} run waits before this one.", "{n} runs wait before this one.", waiting).format(
            n=waiting
        )
    elif run.status is Status.FINISHED:
        sentence = _("Finished: the text has been read to the end.")
    to_come = run.status.active or run.status.can_continue
    pairs = [
        (_("characters read"), f"{read:,} / {all_of_them:,}"),
        (_("passed"), seconds(run.elapsed)),
        (_("left"), seconds(run.left if to_come else 0.0)),
        (_("device"), run.device or "–"),
    ]
    views.facts([("", sentence), *pairs])
    views.bar(read / all_of_them, "#3A7FD5")


def _curves(run: TextRun, racing: Sequence[Racing], axes: Axes, number: int) -> None:
    first = run.experiments[0]
    ends = read_by(first, 1), read_by(first, first.steps)
    timelines, shown = [one.timeline for one in racing], tuple(one.look for one in racing)
    at = None if run.status.active or not number else read_by(first, first.measured[number - 1])
    marker = text_tables.marker_table(at)
    views.legend(shown, _("strong: held out, faint: training"))
    left, right = st.columns([3, 2], gap="medium")
    names = ", ".join(look.label for look in shown)
    with left:
        chart = text_charts.loss_curves(shown, ends, *axes)
        tables = {"table": text_tables.loss_table(timelines, shown, axes.unit), "marker": marker}
        tables["lines"] = text_tables.line_table(reference(first.corpus) or (), axes.unit)
        text = _("Loss by characters read, a line for each of {names}; level lines for models without a memory. The numbers of now stand below.")  # fmt: skip
        st.vega_lite_chart({**chart, "datasets": tables}, height=280, key="text-loss", alt=text.format(names=names))
    with right:
        chart = text_charts.word_curves(shown, ends, axes.logarithmic)
        tables = {"table": text_tables.word_table(timelines, shown), "marker": marker}
        text = _("The share of words in the samples that occur in the text, by characters read, for each of {names}.")
        st.vega_lite_chart({**chart, "datasets": tables}, height=280, key="text-words", alt=text.format(names=names))


def _card(lane: TextLane, look: Look, number: int) -> None:
    """One architecture at one moment: what it has reached and what it wrote then."""
    views.lane_title(look)
    if lane.experiment.refusal:
        st.error(f"{_(lane.status.value)} {views.plain(lane.reason)}", icon=":material/block:")
        return
    if lane.status in (Status.DIVERGED, Status.FAILED, Status.LOST):
        st.error(f"{_(lane.status.value)} {views.plain(lane.reason)}".strip())
    found = sample(lane.experiment, lane.history, number)
    _facts(lane, found)
    waits = _("Its first text comes after the first step.")
    st.html(text_look.passage((found.text or "–") if found else waits, _("what {name} writes").format(name=look.label)))


def _facts(lane: TextLane, found: Sample | None) -> None:
    """What one architecture has reached at a moment, each number in its own place; dashes before the first."""
    nats, right = (found.scores.held_out_loss, found.scores.held_out) if found else (None, None)
    total = count(lane.experiment.architecture, lane.experiment.form).total
    rate = speed(lane.experiment, lane.history)
    pairs = [
        (_("nats"), _loss(Unit.NATS, nats)),
        (_("bits"), _loss(Unit.BITS, nats)),
        (_("perplexity"), _loss(Unit.PERPLEXITY, nats)),
        (_("right"), "–" if right is None else f"{right:.1%}"),
        (_("words"), f"{found.words:.0%}" if found else "–"),
        (_("step"), f"{found.step:,}" if found else "–"),
        (_("parameters"), f"{total:,}"),
        (_("characters/s"), f"{rate:,.0f}" if rate else "–"),
    ]
    cells = "".join(f"<span><i>{escape(name)}</i><b>{escape(value)}</b></span>" for name, value in pairs)
    st.html(f'<div class="lab-numbers-of">{cells}</div>')


def _loss(unit: Unit, nats: float | None) -> str:
    return "–" if nats is None else short(unit.of(nats))


def reference(corpus: Corpus) -> tuple[Line, ...] | None:
    """What models without a memory reach on what the runs are measured on; None until it is known."""
    found = _counting(corpus)
    if not found.done():
        return None
    return () if found.exception() else found.result()


@st.cache_resource(show_spinner=False)
def _thread() -> ThreadPoolExecutor:
    """Counts apart from the pages, which need not wait for it."""
    return ThreadPoolExecutor(1, "rnnlab-text")


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs={Corpus: hash})
def _counting(corpus: Corpus) -> Future[tuple[Line, ...]]:
    return _thread().submit(measuring.lines, corpus)
