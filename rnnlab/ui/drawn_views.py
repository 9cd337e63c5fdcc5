"""Samples with their predictions, as a task draws them: pieces in a row, right and wrong told apart; tables of epochs and classes.

Whatever comes from a person is escaped here.
"""

from __future__ import annotations

import base64
import functools
import io
import math
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from rnnlab.experiment import Watched
from rnnlab.history import History, Scores
from rnnlab.tasks.drawn import Drawn, Mark, Piece, Said, seen
from rnnlab.tasks.task import Task
from rnnlab.texts import _

#: More pieces than this are shown in small letters without notes.
_LONG = 24


def drawn(sample: Drawn) -> None:
    """One sample with its prediction."""
    st.html(_drawn(sample))


def samples(task: Task, watched: Sequence[Watched], shown: Said | None) -> None:
    """The samples that are looked at while training, with what is said of them now."""
    if shown is None:
        parts = [_unsaid(task.draw(one.inputs, one.target, _nothing_said(one.length))) for one in watched]
    else:
        pairs = zip(watched, shown.each(), strict=True)
        parts = [task.draw(one.inputs, one.target, said) for one, said in pairs]
    each = zip(parts, watched, strict=True)
    st.html("".join(_written(part.said) if one.target is None else _drawn(part) for part, one in each))


def _written(text: str) -> str:
    """A text that a model writes freely, in lines that are always as long, so that nothing below it moves."""
    said = escape(text)
    return f'<div class="lab-text lab-written" role="img" aria-label="{said}">{said}</div>'


def _nothing_said(size: int) -> Said:
    """Room for a prediction of this size, to see what stands around it before anything is predicted."""
    return Said(np.zeros(size, np.uint16), np.zeros(size, np.float32))


def _unsaid(sample: Drawn) -> Drawn:
    empty = [Piece("·", title=_("not predicted yet"), picture=piece.picture) for piece in sample.pieces]
    return sample._replace(pieces=tuple(empty), after="")


def _drawn(sample: Drawn) -> str:
    long = len(sample.pieces) > _LONG
    boxes = "".join(_box(piece, long) for piece in sample.pieces)
    before = f'<span class="lab-before">{escape(seen(sample.before))}</span>' if sample.before else ""
    picture = _picture(sample.picture, "lab-sample") if sample.picture is not None else ""
    after = f'<span class="lab-small">{escape(sample.after)}</span>' if sample.after else ""
    return (
        f'<div class="lab-text{" lab-long" if long else ""}" role="img" aria-label="{escape(sample.said)}">'
        f"{picture}{before}{boxes}{after}</div>"
    )


def _box(piece: Piece, long: bool) -> str:
    note = f"<small>{escape(piece.note)}</small>" if piece.note and not long else ""
    picture = _picture(piece.picture, "lab-frame") if piece.picture is not None else ""
    colour = "rgba(58,127,213,{a})" if piece.shade < 0 else "rgba(214,69,65,{a})"
    shade = f' style="background:{colour.format(a=round(0.55 * abs(piece.shade), 2))}"' if piece.shade else ""
    kind = "" if piece.mark is Mark.PLAIN else f" {piece.mark}"
    text = escape(seen(piece.text))
    return f'<span class="lab-char{kind}" title="{escape(piece.title)}"{shade}>{picture}{text}{note}</span>'


def _picture(grey: NDArray[np.float32], kind: str) -> str:
    whole = np.ascontiguousarray(np.clip(grey, 0, 1) * 255, np.uint8)
    return f'<img class="{kind}" alt="" src="data:image/png;base64,{_png(whole.tobytes(), whole.shape)}">'


@functools.lru_cache(maxsize=512)
def _png(pixels: bytes, shape: tuple[int, int]) -> str:
    file = io.BytesIO()
    Image.fromarray(np.frombuffer(pixels, np.uint8).reshape(shape), "L").save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def readings(task: Task, watched: Watched, history: History, epochs: int, most: int) -> None:
    """The list epoch, loss, prediction of one text over the first ``epochs``, newest first, at most so many; fewer where it is long."""
    most = min(most, max(15, 2400 // watched.length))
    places = range(epochs - 1, max(-1, epochs - 1 - most), -1)
    rows = [_reading(history.start + i + 1, history.scores[i], task, watched, history.shown[i]) for i in places]
    _log((_("epoch"), _("loss"), _("prediction")), rows, _newest(epochs, most))


def _reading(epoch: int, scores: Scores, task: Task, watched: Watched, shown: Said) -> str:
    sample = task.draw(watched.inputs, watched.target, shown.each()[0])
    text = "".join(
        f'<span class="x">{escape(seen(piece.text))}</span>' if piece.mark is Mark.WRONG else escape(seen(piece.text))
        for piece in sample.pieces
    )
    mark = ' <span class="done">✓</span>' if scores.judged >= task.goal else ""
    return f"<tr><td>{epoch}</td><td>{scores.loss:.4f}</td><td>{text}{mark}</td></tr>"


def epochs(task: Task, history: History, count: int, most: int) -> None:
    """The list of the first ``count`` epochs with all that is measured, newest first, at most so many."""
    columns = [_("epoch"), _("loss"), _("held out"), _(task.metric), _("held out")]
    if task.hard_part:
        columns.append(_(task.hard_part))
    rows = []
    for i in range(count - 1, max(-1, count - 1 - most), -1):
        scores = history.scores[i]
        numbers = [
            f"{scores.loss:.4f}",
            f"{scores.held_out_loss:.4f}",
            f"{scores.metric:.1%}",
            f"{scores.held_out:.1%}",
        ]
        if task.hard_part:
            numbers.append(share(scores.hard))
        cells = "".join(f"<td>{number}</td>" for number in [str(history.start + i + 1), *numbers])
        rows.append(f"<tr>{cells}</tr>")
    _log(columns, rows, _newest(count, most))


def _newest(epochs: int, most: int) -> str:
    if epochs <= most:
        return ""
    return _("The newest {most} of {epochs:,}; all of them are in the CSV.").format(most=most, epochs=epochs)


def _log(columns: Sequence[str], rows: Sequence[str], note: str) -> None:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    below = f'<div class="lab-small">{escape(note)}</div>' if note else ""
    st.html(
        f'<div class="lab-log" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>{below}</div>'
    )


def confusion(task: Task, table: NDArray[np.uint32]) -> None:
    """How often each class was taken for each: rows are right, columns said; the stronger, the more of its row."""
    if not table.size:
        st.caption(_("The table comes with the first epoch."))
        return
    names = [_(name) for name in task.classes]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    rows = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(map(_confused, counts, parts, [n == row for n in range(len(names))]))}</tr>"
        for row, (name, counts, parts) in enumerate(zip(names, table, shares, strict=True))
    )
    corner = escape(_("right ↓ said →"))
    st.html(
        f'<div class="lab-scroll"><table class="lab lab-confusion"><thead><tr><th>{corner}</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _confused(count: int, part: float, right: bool) -> str:
    colour = f"rgba(15,154,120,{0.6 * part:.2f})" if right else f"rgba(217,97,26,{min(0.9 * part * 2, 0.8):.2f})"
    return f'<td style="background:{colour}">{count or ""}</td>'


def share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"


def lane_name(name: str) -> None:
    """The name of something that is no architecture of the bench."""
    st.html(f'<div class="lab-title"><span class="lab-dot" style="--c:#9AA1AA"></span>{escape(name)}</div>')
