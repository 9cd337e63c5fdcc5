"""What a unit is for: it is held at a value, and what the model then says is compared, at every character and all in all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from rnnlab import text_drawing
from rnnlab.textlab import passages
from rnnlab.textlab.causal import Clamp, Tested, hold_unit
from rnnlab.textlab.features import FEATURES, features_of
from rnnlab.textlab.holding import Compared, compare
from rnnlab.textlab.passages import Passage
from rnnlab.texts import _, noted
from rnnlab.ui import fields, state, text_characters, text_passage, views
from rnnlab.ui.text_characters import Words
from rnnlab.ui.text_weights import READERS, Reader

#: How many multiplications the comparison with other units may take, so that it is there in seconds.
_WORK = 3e10
#: Characters of held-out text that are read for it, and other units.
_FEWEST, _MOST, _OTHERS = 1_500, 10_000, 15
#: Characters whose probability is watched.
_WATCHED = 6


class Unit(NamedTuple):
    """The unit that is looked at, and the feature that it may know; "" for none."""

    layer: int
    kind: str
    unit: int
    feature: str


class At(NamedTuple):
    """What a unit is held at: a title and a value, None for its own mean."""

    title: str
    value: float | None


class _Question(NamedTuple):
    """What is compared: what is held, inside and outside of which feature."""

    clamp: Clamp
    feature: str
    watched: tuple[int, ...]


#: What can be chosen; nothing is held at first.
_HELD: dict[str, At | None] = {
    "not": None,
    "0": At(noted("0 (switched off)"), 0.0),
    "mean": At(noted("its mean"), None),
    "-1": At("−1", -1.0),
    "1": At("+1", 1.0),
}


def draw(reader: Reader, passage: Passage, unit: Unit) -> None:
    """The causal test of a unit."""
    st.subheader(_("Does anything depend on it?"), anchor=False)
    st.markdown(
        _("That a unit goes with a feature does not yet say that the model uses it. Hold the unit at a value while the model reads, and see what it says then.")
    )  # fmt: skip
    if unit.kind not in ("h", "c"):
        st.info(_("A gate cannot be held, only h or c. Choose one of them above."), icon=":material/pan_tool:")
        return
    at = _HELD[fields.kept("text held", "not", _ask)]
    if at is None:
        return
    watched = _watched(reader, unit)
    clamp = Clamp(unit.layer, unit.kind, unit.unit, at.value)
    with st.spinner(_("Reading it with the unit held …")):
        found = _compared(reader, passage, clamp)
    _passage(reader, passage, unit, found, watched)
    _others(reader, unit, clamp, watched)


def _ask(value: str, key: str) -> str:
    def title(name: str) -> str:
        at = _HELD[name]
        return _(at.title) if at else _("not held")

    return fields.pick(_("Hold the unit at"), key, list(_HELD), value, title)


def _watched(reader: Reader, unit: Unit) -> tuple[int, ...]:
    """The characters whose probability is watched; at first those that end the feature."""
    vocabulary = reader.experiment.corpus.vocabulary
    ends = FEATURES[unit.feature].ends if unit.feature else ""
    usual = "".join(c for c in ends if c in vocabulary).replace("\n", "↵")[:_WATCHED]
    hint = _("Their probabilities are listed at each character and in the table. ↵ is the end of a line.")
    label = _("Watch the probability of these characters")
    name = f"text watched {unit.feature}"
    text = fields.kept(
        name, usual, lambda v, key: st.text_input(label, v, key=key, max_chars=_WATCHED, help=hint, width=320)
    )
    wanted = dict.fromkeys(text if "↵" in vocabulary else text.replace("↵", "\n"))
    unknown = [c for c in wanted if c not in vocabulary]
    if unknown:
        said = _("The text does not have {characters}: they are left out.")
        st.warning(views.plain(said.format(characters=", ".join(map(repr, unknown)))), icon=":material/edit:")
    return tuple(vocabulary.index(c) for c in wanted if c in vocabulary)


@st.cache_resource(max_entries=6, show_spinner=False, hash_funcs=READERS)
def _compared(reader: Reader, passage: Passage, clamp: Clamp) -> Compared:
    return compare(reader.model, passage.tokens(reader.experiment.corpus.vocabulary), len(passage.lead), clamp)


def _passage(reader: Reader, passage: Passage, unit: Unit, found: Compared, watched: tuple[int, ...]) -> None:
    """The passage, by how much worse each of its characters is foreseen."""
    rise = text_drawing.Rise()
    note = _("by how many nats the loss of each character changes; blue: better, red: worse")
    st.html(text_drawing.scale_key(rise.scale, note))
    feature = text_passage.feature(passage, unit.feature) if unit.feature else None
    shown = text_drawing.compared(found, reader.experiment.corpus.vocabulary, watched, feature)
    losses = found.losses
    worst = int(np.nanargmax(losses)) if np.isfinite(losses).any() else 0
    label = _(
        "The passage with {kind} of unit {unit} held at {value:.2f}: the loss changes by {change:+.3f} nats a character"
    ).format(kind=unit.kind, unit=unit.unit, value=found.value, change=float(np.nanmean(losses)))
    words = Words(
        label, _("Click a character to see what the model said of it, before and after."), (_("as it is"), _("held"))
    )
    st.caption(label + ".")
    text_characters.draw(f"characters-held-{reader.lane}", shown, words, at=worst)


def _others(reader: Reader, unit: Unit, clamp: Clamp, watched: tuple[int, ...]) -> None:
    """How much it matters on more text, inside and outside the feature, beside other units held in the same way."""
    names = _occurring(_string(reader))
    if not names:
        return
    start = unit.feature if unit.feature in names else names[0]
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
    with left:
        feature = fields.kept(
            f"text inside {unit.feature}", start,
            lambda v, key: fields.select(_("Inside and outside of"), key, names, v if v in names else start, lambda n: _(FEATURES[n].title)),
        )  # fmt: skip
    question = _Question(clamp, feature, watched)
    asked = state.kept("text compared", set[tuple[str, _Question]])
    if (reader.key, question) not in asked:
        with right:
            st.button(
                _("Compare with other units"), icon=":material/balance:", key="text-compare", type="primary",
                on_click=asked.add, args=((reader.key, question),),
            )  # fmt: skip
        return
    with st.spinner(_("Holding this unit and others in turn while held-out text is read …")):
        tested = _tested(reader, question)
    st.html(text_drawing.effects(tested, _(FEATURES[feature].title), reader.experiment.corpus.vocabulary))
    if conclusion := text_drawing.effects_said(tested):
        st.markdown(f"**{conclusion}**")
    said = _("On {characters:,} characters of held-out text. Rank: 1 means that of {n} units of this layer, held in turn in the same way, none does more harm there.")  # fmt: skip
    st.caption(said.format(characters=len(_text(reader)), n=1 + len(tested.others)))


def _text(reader: Reader) -> NDArray[np.intp]:
    """Held-out text, so much of it that the test is done in seconds."""
    architecture = reader.experiment.architecture
    each = 4 * architecture.units**2 * architecture.layers * (_OTHERS + 2)
    most = min(_MOST, max(_FEWEST, int(_WORK / each)))
    return passages.unread(reader.experiment.corpus, most)


def _string(reader: Reader) -> str:
    vocabulary = reader.experiment.corpus.vocabulary
    return "".join(vocabulary[token] for token in _text(reader))


@st.cache_data(max_entries=8, show_spinner=False)
def _occurring(text: str) -> list[str]:
    return list(features_of(text).values)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=READERS)
def _tested(reader: Reader, question: _Question) -> Tested:
    feature = FEATURES[question.feature].values(_string(reader))
    return hold_unit(reader.model, _text(reader), feature, question.clamp, question.watched, others=_OTHERS)
