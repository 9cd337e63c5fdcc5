"""What the page "Gradients" shows: how much of a loss's gradient is left on its way back, by bars, words and horizons."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import streamlit as st

from rnnlab import gradient_charts
from rnnlab.architecture import Architecture, Cell, Form
from rnnlab.colours import Look, looks
from rnnlab.counting import Gate, count
from rnnlab.engine import Run
from rnnlab.gradients import Flow, Fresh, Named, Question, a_step, asked, damping, earliest, horizon, left, named_new
from rnnlab.recording import MOST_PARAMETERS, fits
from rnnlab.reference import Array, Model
from rnnlab.tasks.drawn import visible
from rnnlab.texts import _, power, raised
from rnnlab.ui import state, views

#: Seconds between two pictures while bars are played back or a run is followed.
TICK = 0.2
#: A gradient that is this many times larger or smaller than where it began explodes or vanishes.
_MANY = 100.0


#: So many steps of a sample are drawn as boxes.
_MOST_BOXES = 120
#: Height of a chart, and of the name of its horizontal axis, in pixels.
_HEIGHT, _TITLE = 150, 25


class _Axes(NamedTuple):
    """Where the axis of sizes ends, and whether this chart is the last one."""

    top: float
    last: bool


class Seen(NamedTuple):
    """One architecture as it is looked at: its model, and what is left of the gradient in it.

    Attributes:
        look: how it is drawn.
        architecture: of the model.
        named: the model; None where there is none to look at.
        flow: of the question; None where nothing goes back.
        trained: of a run the model as it was recorded, where ``named`` is that turned; else the same.
        why: where there is no model, why.
    """

    look: Look
    architecture: Architecture
    named: Named | None
    flow: Flow | None = None
    trained: Named | None = None
    why: str = ""


class Subject(NamedTuple):
    """What is looked at: the architectures with their weights, and the sample that they read; of a run also its epoch."""

    lanes: tuple[Seen, ...]
    question: Question
    run: Run | None = None
    epoch: int = 0


def random_lanes(bench: Sequence[Architecture], fresh: Fresh) -> tuple[Seen, ...]:
    """The architectures of the bench with new weights, on the same sequence."""
    form, asking = asked(fresh)
    lanes = [new_lane(look, a, form, fresh) for look, a in zip(looks(bench), bench, strict=True)]
    return tuple(lane._replace(flow=lane.named.flow(asking)) if lane.named else lane for lane in lanes)


def new_lane(look: Look, architecture: Architecture, form: Form, fresh: Fresh) -> Seen:
    """An architecture with new weights, if it is not too large for a page."""
    parameters = count(architecture, form).total
    if not fits(parameters):
        return Seen(look, architecture, None, why=views.too_large(parameters, MOST_PARAMETERS))
    named = named_new(architecture, form, fresh)
    return Seen(look, architecture, named, trained=named)


def recorded(run: Run, place: int, epoch: int, make: Callable[[], Model]) -> Named:
    """One architecture of a run with the weights of an epoch, as a person counts them, that was recorded."""
    experiment = run.experiments[place]
    return Named((run.id, place, epoch), experiment.architecture, experiment.form, make)


# The sample


def sample(steps: Sequence[str], back: Sequence[int | None]) -> None:
    """What is read at each step, and how many steps back it is from the one whose loss is looked at, which is framed.

    Args:
        steps: in words; where they have no names, nothing is drawn.
        back: the distances; None for a step that is read after the loss.
    """
    near = [(word, d) for word, d in zip(steps, back, strict=False) if d is None or d < _MOST_BOXES][:_MOST_BOXES]
    if not any(steps):
        return
    boxes = "".join(_sample_box(word, d) for word, d in near)
    said = ", ".join(f"{word} {_('{n} back').format(n=d)}" for word, d in near if d is not None)
    st.html(f'<div class="lab-text" role="img" aria-label="{escape(said)}">{boxes}</div>')
    first = _("Below each step of the sample: how many steps back from the loss it stands.")
    if 0 in back:
        first += " " + _("Framed: the step of the loss.")
    if None in back:
        first += " " + _("Faint: read later.")
    if len(near) < len(steps):
        first += " " + _("Only those nearest to the loss are drawn.")
    st.caption(first)


def _sample_box(word: str, back: int | None) -> str:
    kind, faint = (" right" if back == 0 else ""), ("" if back is not None else ' style="opacity:.4"')
    small = "–" if back is None else str(back)
    return f'<span class="lab-char{kind}"{faint}>{escape(visible(word)) or "·"}<small>{small}</small></span>'


# The bars


def bars(lanes: Sequence[Seen], by_c: bool, shown: int | None, reach: int | None, live: bool) -> None:
    """For every architecture a row: what is left at each distance, and a chart of it.

    Args:
        lanes: the architectures.
        by_c: whether an LSTM shows its cell state.
        shown: how many distances are there yet; None for all.
        reach: where the gradient is cut; None for nowhere.
        live: whether it will move by itself, so that the charts may not be made anew.
    """
    top = gradient_charts.top_of([seen.flow for seen in lanes])
    drawn = [number for number, seen in enumerate(lanes) if seen.flow]
    for number, seen in enumerate(lanes):
        left, right = st.columns([1, 3], gap="medium", vertical_alignment="center")
        with left:
            views.lane_title(seen.look)
        if seen.flow is None:
            with right:
                st.caption(nothing(seen))
            continue
        norms = seen.flow.by(by_c)
        with left:
            _lane_facts(norms, reach)
        with right:
            _bar_chart(number, seen, norms, by_c, shown, reach, _Axes(top, number == drawn[-1]), live)


def nothing(seen: Seen) -> str:
    """Why there is nothing to draw of an architecture."""
    return seen.why or _("No bars: a Dense layer has no memory. It sees each step by itself, and no gradient goes back to an earlier one.")  # fmt: skip


def _bar_chart(
    number: int, seen: Seen, norms: Array, by_c: bool, shown: int | None, reach: int | None, axes: _Axes, live: bool
) -> None:
    assert seen.named is not None
    cell_state = by_c and seen.architecture.cell is Cell.LSTM
    title = "|∂L/∂c|" if cell_state else "|∂L/∂h|"
    chart = gradient_charts.flow_bars(seen.look.colour, len(norms), axes.top, title, axes.last)
    factors = None if cell_state else seen.named.bound(len(norms))
    tables = gradient_charts.flow_tables(norms, len(norms) if shown is None else shown, reach, horizon(norms), factors)
    text = _live_text(seen.look, title) if live else _bar_text(seen.look, title, norms)
    st.vega_lite_chart(
        {**chart, "datasets": tables}, height=_HEIGHT + (_TITLE if axes.last else 0), key=f"gradient-{number}", alt=text
    )


def _live_text(look: Look, title: str) -> str:
    return _("{title} of {name} by steps back in time. The numbers stand beside it.").format(
        title=title, name=look.label
    )


def _bar_text(look: Look, title: str, norms: Array) -> str:
    """What the bars say, in words: a few of them by number."""
    last = len(norms) - 1
    places = sorted({0, last // 4, last // 2, last})
    said = ", ".join(_("{size} at distance {d}").format(size=power(norms[d]), d=d) for d in places)
    return _("{title} of {name}: {said}.").format(title=title, name=look.label, said=said)


def _lane_facts(norms: Array, reach: int | None) -> None:
    last, each = len(norms) - 1, a_step(norms)
    pairs = [
        (_("{n} back").format(n=0), power(norms[0])),
        (_("{n} back").format(n=last), power(norms[last]) if reach is None or last < reach else _("cut")),
        (_("a step"), "–" if each is None else f"× {each:.2f}"),
        ("", verdict(left(norms))),
    ]
    views.facts(pairs, lines=True)


def verdict(factor: float | None) -> str:
    """In a word what becomes of a gradient of which this factor is left at the end; None where none set out."""
    if factor is None:
        return _("None sets out.")
    if factor < 1 / _MANY:
        return _("It vanishes.")
    return _("It explodes.") if factor > _MANY else _("It lasts.")


# What multiplies it


def matrices(lanes: Sequence[Seen]) -> None:
    """Spectral radius and largest singular value of W_h, gate by gate, each architecture under its name."""
    rows = []
    for seen in lanes:
        found = seen.named.blocks if seen.named else ()
        if found:
            rows.append(f"<tr><th colspan=3>{mark(seen.look)}{escape(seen.look.label)}</th></tr>")
        for block in found:
            gate = _("the whole of Wₕ") if block.gate is Gate.STATE else _(str(block.gate))
            rows.append(
                f"<tr><td>{escape(gate)}</td><td><b>{block.radius:.3f}</b></td><td>{block.largest:.3f}</td></tr>"
            )
    if not rows:
        st.caption(_("No Wₕ here: none of these has a recurrent layer with weights to look at."))
        return
    heads = (_("gate"), _("spectral radius\u00a0ρ"), _("largest singular value\u00a0σ"))
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    st.html(f'<table class="lab lab-fit"><tr>{head}</tr>{"".join(rows)}</table>')


def mark(look: Look) -> str:
    return f'<span class="lab-chip" style="--c:{look.colour}"></span>'


def bound_said(lanes: Sequence[Seen], new: bool) -> None:
    """For every SimpleRNN what σ allows, and what tanh leaves of it; of new weights also how to see Wₕ alone."""
    for seen in lanes:
        factors = seen.named.bound(len(seen.flow.h)) if seen.named and seen.flow else None
        if factors is None or seen.flow is None or seen.named is None:
            continue
        name, last, sigma = views.plain(seen.look.label), len(factors) - 1, seen.named.blocks[0].largest
        said = _("**{name}**: σ allows at most × {sigma:.2f} a step, so × {most} after {n} steps; ")
        said = said.format(name=name, sigma=sigma, most=power(factors[last]), n=last)
        remains, slope = left(seen.flow.h), damping(seen.flow.h, sigma)
        if remains is None:
            st.markdown(said + _("here none sets out, so none comes back."))
            continue
        said += _("× {left} is left.").format(left=power(remains))
        st.markdown(said if slope is None else f"{said} {_damped(slope, sigma, new)}")


def _damped(slope: float, sigma: float, new: bool) -> str:
    if slope > 0.995:
        return _("The bound is reached: nothing but Wₕ is at work.")
    damped = _("The slope of tanh, 1 − h², and directions that Wₕ stretches less, take × {slope:.2f} a step of it.")
    said = damped.format(slope=slope)
    if sigma > 1.005 and slope * sigma < 1:
        said += " " + _("So it does not explode, although Wₕ alone might.")
        said += " " + _("Switch the inputs off to see Wₕ alone.") if new else ""
    return said


# The words


def words(look: Look, read: Sequence[str], sizes: Array, marked: str) -> None:
    """A sentence, every word the stronger coloured the more of the gradient it still gets.

    Args:
        look: of the architecture.
        read: the words.
        sizes: of the gradient at each.
        marked: the word that was asked for, framed wherever it stands.
    """
    shares = sizes / sizes.max() if sizes.max() > 0 else sizes
    boxes = []
    for word, share in zip(read, shares, strict=True):
        strength = max(0.0, 1 + math.log10(share) / 4) if share > 0 else 0.0
        colour = f"color-mix(in srgb, {look.colour} {round(70 * strength)}%, transparent)"
        frame = f"border-color:{look.colour};" if word == marked else ""
        title = _("{word}: {share} of the largest").format(word=word, share=percent(share))
        boxes.append(
            f'<span class="lab-char" style="font-size:.9rem;font-family:inherit;background:{colour};{frame}" title="{escape(title)}">'
            f"{escape(word)}<small>{escape(percent(share))}</small></span>"
        )
    said = ", ".join(f"{word} {percent(share)}" for word, share in zip(read, shares, strict=True))
    st.html(f'<div class="lab-text" role="img" aria-label="{escape(said)}">{"".join(boxes)}</div>')
    st.caption(_answer(read, sizes, shares, marked))


def _answer(read: Sequence[str], sizes: Array, shares: Array, marked: str) -> str:
    """Which early word still gets gradient, and what the one asked for gets."""
    first = earliest(sizes)
    if first is None:
        return _("None sets out from the gap: these weights are as sure of it as can be.")
    said = _("At least 1 % of the largest reaches back as far as “{word}”, word {n} of {words}.")
    said = said.format(word=views.plain(read[first]), n=first + 1, words=len(read))
    if marked in read:
        got = percent(float(shares[list(read).index(marked)]))
        said += " " + _("“{name}” gets {share}.").format(name=views.plain(marked), share=got)
    return said


def percent(share: float) -> str:
    """A share in a small space, however small it is."""
    if share >= 0.0995:
        return f"{share:.0%}"
    if share >= 0.00095:
        return f"{100 * share:.1f}%"
    return f"10{raised(math.floor(math.log10(share)))}" if share > 0 else "0"


def played() -> int | None:
    """How many distances are shown while bars are played back; None for all."""
    return state.kept("gradients shown", lambda: None)


def play(shown: int | None) -> None:
    state.keep("gradients shown", shown)
