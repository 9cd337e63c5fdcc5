"""The passage that the view "Cells" looks at, and what the units of a model do while they read it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from rnnlab import text_drawing
from rnnlab.architecture import Range
from rnnlab.corpora import Corpus
from rnnlab.engine.runs import TextRun
from rnnlab.text_drawing import Small
from rnnlab.textlab import features, passages
from rnnlab.textlab.passages import Passage
from rnnlab.textlab.readings import read
from rnnlab.texts import _, noted
from rnnlab.ui import fields, state, views
from rnnlab.ui.text_weights import READERS, Reader

#: Characters of a passage that a person can choose.
_LENGTHS = (300, 600, 1000, 2000)
_LENGTH = 1000


class From(StrEnum):
    """Where a passage comes from; the value is what it is called."""

    HELD_OUT = noted("held-out text")
    LEARNED = noted("text it learned from")
    TYPED = noted("my own")


class Place(NamedTuple):
    """Where in the text a passage begins; ``revision`` counts how often it was set by something else than its slider."""

    start: int
    revision: int


def ask(run: TextRun) -> Passage | None:
    """The passage that is read; None where there is none to read, which a sentence has said."""
    corpus = run.experiments[0].corpus
    source = fields.kept("text passage", From.HELD_OUT, _source)
    if source is From.TYPED:
        return _typed(run, corpus)
    left, right = st.columns([4, 1], gap="medium", vertical_alignment="bottom")
    with left:
        start = _start(run, passages.held_out(corpus) if source is From.HELD_OUT else passages.learned(corpus), source)
    with right:
        length = fields.kept("text passage length", _LENGTH, _length)
    return passages.part_of(corpus, start, length)


def show_from(run: TextRun, start: int) -> None:
    """Show a passage of the held-out text that begins here; a person's own passage stays."""
    name = _name(run, From.HELD_OUT)
    before: Place = state.kept(name, lambda: Place(start, 0))
    state.keep(name, Place(start, before.revision + 1))


def start(run: TextRun, first: int) -> int:
    """Where the passage of the held-out text begins; ``first`` where nobody has chosen yet."""
    place: Place = state.kept(_name(run, From.HELD_OUT), lambda: Place(first, 0))
    return place.start


def shows_held_out() -> bool:
    """Whether the passage is one of the held-out text."""
    return state.kept("text passage", lambda: From.HELD_OUT) is From.HELD_OUT


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=READERS)
def values(reader: Reader, passage: Passage, kind: str) -> tuple[NDArray[np.float32], ...]:
    """What every unit does at every character that is shown, (N, U), for each layer."""
    found = read(reader.model, passage.tokens(reader.experiment.corpus.vocabulary), (kind,))
    return tuple(np.ascontiguousarray(passage.shown(layer[kind])) for layer in found.layers)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=READERS)
def pictures(reader: Reader, passage: Passage, kind: str, layer: int, stretched: bool) -> Small:
    """Small pictures of the passage, one for each unit of a layer."""
    return text_drawing.small(passage.text, values(reader, passage, kind)[layer], kind, stretched)


def feature(passage: Passage, name: str) -> NDArray[np.float32]:
    """A feature of the characters that are shown; what stands before them counts."""
    return passage.shown(features.FEATURES[name].values(passage.lead + passage.text))


def _source(value: From, key: str) -> From:
    return fields.pick(_("It reads"), key, list(From), value, lambda source: _(source.value))


def _length(value: int, key: str) -> int:
    return fields.select(_("Characters"), key, _LENGTHS, value, "{:,}".format)


def _start(run: TextRun, allowed: Range, source: From) -> int:
    """A slider over the beginnings of passages."""
    name = _name(run, source)
    before: Place = state.kept(name, lambda: Place(allowed.low, 0))
    if allowed.high <= allowed.low:
        return allowed.low
    key = state.key(f"{name}-{before.revision}".replace(" ", "-"))
    label = _("From which character of the text")
    start = st.slider(label, allowed.low, allowed.high, allowed.nearest(before.start), key=key, format="localized")
    state.keep(name, before._replace(start=start))
    return start


def _typed(run: TextRun, corpus: Corpus) -> Passage | None:
    """A passage of a person's own; where it cannot be read, a sentence says why, and the last one that could be is read."""
    start = passages.part_of(corpus, passages.held_out(corpus).low, 200).text
    label, most = _("Type or paste a passage"), passages.LENGTH.high
    text = fields.kept(
        f"text own passage {run.id}", start, lambda v, key: st.text_area(label, v, key=key, max_chars=most, height=120)
    )
    kept = f"text read passage {run.id}"
    try:
        passage = passages.typed(corpus, text)
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/edit:")
        last: Passage | None = state.kept(kept, lambda: None)
        return last
    state.keep(kept, passage)
    return passage


def _name(run: TextRun, source: From) -> str:
    return f"text place {source.name} {run.id}"
