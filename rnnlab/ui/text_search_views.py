"""Which unit knows what: the search for units that go with a feature of the text, as a table whose rows can be clicked."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from rnnlab.textlab import passages
from rnnlab.textlab.features import FEATURES, features_of
from rnnlab.textlab.readings import read
from rnnlab.textlab.search import SIGNIFICANT, Match, Searched, p_value, search, verdict
from rnnlab.texts import _
from rnnlab.ui import fields, state, text_units, views
from rnnlab.ui.text_units import Row
from rnnlab.ui.text_weights import READERS, Reader

#: Characters of held-out text that are searched, and the most numbers that are kept of them (4 bytes each).
MOST, _NUMBERS = 20_000, 30_000_000
#: What is watched of each unit.
KINDS = ("h", "c")
_BEST = ""


class Found(NamedTuple):
    """A search with what it was made of.

    Attributes:
        searched: what goes together.
        left_out: by its name why a feature was not looked for.
        characters: of held-out text.
        units: how many units, over all layers.
        kinds: which of their values.
        features: how many features.
    """

    searched: Searched
    left_out: dict[str, str]
    characters: int
    units: int
    kinds: tuple[str, ...]
    features: int


def draw(reader: Reader, chosen: Match | None, on_match: Callable[[Match], None]) -> None:
    """A button that searches, and what has been found.

    Args:
        reader: the model.
        chosen: the match that is shown below.
        on_match: what to do with the one that is clicked, before the page is drawn again.
    """
    st.subheader(_("Which unit knows what?"), anchor=False)
    if reader.key not in _asked():
        _offer(reader)
        return
    try:
        with st.spinner(_("Reading held-out text and looking for units …")):
            result = _found(reader)
    except ValueError as error:
        st.info(views.sentence(error), icon=":material/search_off:")
        return
    _table(reader, result, chosen, on_match)
    _explained(result)


def _offer(reader: Reader) -> None:
    st.markdown(
        _("The model reads text that it has not learned from. Is there a unit that is high just inside quotation marks, or one that counts the position in the line? Every unit is compared with every feature.")
    )  # fmt: skip
    st.button(
        _("Search"), icon=":material/search:", key="text-search", type="primary", on_click=_asked().add, args=(reader.key,)
    )  # fmt: skip


def _asked() -> set[str]:
    return state.kept("text searched", set[str])


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=READERS)
def _found(reader: Reader) -> Found:
    architecture, corpus = reader.experiment.architecture, reader.experiment.corpus
    kinds = tuple(kind for kind in KINDS if kind == "h" or architecture.cell.value == "lstm")
    most = min(MOST, _NUMBERS // (architecture.units * architecture.layers * len(kinds)))
    tokens = passages.unread(corpus, most)
    features = features_of("".join(corpus.vocabulary[token] for token in tokens))
    searched = search(read(reader.model, tokens, kinds), features.values)
    return Found(
        searched,
        features.left_out,
        len(tokens),
        architecture.units * architecture.layers,
        kinds,
        len(features.values),
    )


def _table(reader: Reader, result: Found, chosen: Match | None, on_match: Callable[[Match], None]) -> None:
    """The best unit of each feature, or the best units of one."""
    matches = result.searched.matches
    names = list(dict.fromkeys(match.feature for match in matches))
    wanted = fields.kept(
        "text feature table", _BEST, lambda v, key: fields.select(
            _("Show"), key, [_BEST, *names], v if v in names else _BEST,
            lambda name: _("the best unit for each feature") if name == _BEST else _("units for: {feature}").format(feature=_(FEATURES[name].title)),
        )
    )  # fmt: skip
    shown = [m for m in matches if m.feature == wanted] if wanted else [result.searched.best(name) for name in names]
    heads = (_("feature"), _("unit"), _("score |r|"), _("it is"), _("p"), _("so it is"))
    rows = [Row(_cells(reader, match), match.score) for match in shown]
    place = shown.index(chosen) if chosen in shown else None
    text_units.rows("text-matches", heads, rows, 2, place, lambda row: on_match(shown[row]))


def _cells(reader: Reader, match: Match) -> tuple[str, ...]:
    several = reader.experiment.architecture.layers > 1
    unit = _("layer {layer}, {kind} {unit}") if several else "{kind} {unit}"
    return (
        _(FEATURES[match.feature].title),
        unit.format(layer=match.layer + 1, kind=match.kind, unit=match.unit),
        f"{match.score:.2f}",
        _("high there") if match.sign > 0 else _("low there"),
        p_value(match.p),
        verdict(match),
    )


def _explained(result: Found) -> None:
    """What score and p mean, how much was tried, and what is not in this text."""
    if all(match.p > SIGNIFICANT for match in result.searched.matches):
        sentence = _(
            "No unit goes with any feature more than by chance. Train longer, or with more units, and search again."
        )
        st.info(sentence, icon=":material/search_off:")
    said = _(
        "Tried: {units:,} units × {kinds} × {features} features on {characters:,} characters of held-out text. "
        "**Score** is |r|, the correlation: 0 means that the unit says nothing of the feature, 1 that it is the feature. "
        "**p** says how likely so good a match would turn up anywhere among all that was tried if units and features had nothing "
        "to do with each other; it is counted by shifting the features along the text, in {shifts:,} ways. Up to {limit} it is a finding, not a hope."
    )
    numbers = {
        "units": result.units, "kinds": views.plain(", ".join(result.kinds)), "features": result.features,
        "characters": result.characters, "shifts": result.searched.shifts, "limit": SIGNIFICANT,
    }  # fmt: skip
    st.caption(said.format(**numbers))
    for why in dict.fromkeys(result.left_out.values()):
        names = ", ".join(_(FEATURES[name].title) for name, reason in result.left_out.items() if reason == why)
        st.caption(views.plain(_("Not looked for, as it {why}: {features}.").format(why=why, features=names)))
