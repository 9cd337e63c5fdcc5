"""The text of the text lab to look at: its sizes, its characters and how often each occurs, a window on it."""

from __future__ import annotations

from html import escape

import streamlit as st

from rnnlab import text_charts, text_tables
from rnnlab.corpora import Corpus
from rnnlab.corpora.statistics import frequencies, statistics, window
from rnnlab.textlab import measuring
from rnnlab.texts import _
from rnnlab.ui import state, views

#: Characters that the window shows.
WINDOW = 600

_STYLE = """<style>
.lab-passage{font-family:"Source Code Pro",ui-monospace,monospace;font-size:.8rem;line-height:1.45;white-space:pre-wrap;overflow-wrap:anywhere;tab-size:4;overflow-y:auto;height:11rem;padding:.35rem .5rem;border:1px solid rgba(128,128,128,.3);border-radius:.4rem}
.lab-passage.low{height:8.4rem}
.lab-numbers-of{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:.35rem .5rem;font-variant-numeric:tabular-nums;margin:.1rem 0 .2rem}
.lab-numbers-of i{display:block;font-style:normal;font-size:.72rem;line-height:1.2;opacity:.7}.lab-numbers-of b{font-weight:600;font-size:.9rem}
.lab-stage{border-top:1px solid rgba(128,128,128,.25);padding-top:.5rem}
.lab-stage>p{margin:0 0 .3rem;font-size:.9rem}.lab-stage>p b{font-weight:600}.lab-stage>p i{font-style:normal;opacity:.7;font-variant-numeric:tabular-nums;margin-left:.5rem}
.lab-stage>div{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,260px),1fr));gap:.6rem}
.lab-stage .lab-title{font-size:.85rem}.lab-stage .lab-facts{font-size:.78rem;margin-bottom:.2rem}
@media (max-width:640px){.lab-stacked thead{display:none}.lab-stacked tr{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.2rem .6rem;padding:.35rem 0;border-top:1px solid rgba(128,128,128,.3)}
table.lab.lab-stacked td{border:0;padding:0;text-align:left;white-space:normal}table.lab.lab-stacked td:first-child{grid-column:1/-1;font-weight:600}.lab-stacked td:not(:first-child)::before{content:attr(data-head);display:block;font-size:.72rem;opacity:.7}}
</style>"""


def style() -> None:
    """The style of all pieces of the text lab; once on the page."""
    st.html(_STYLE)


def passage(text: str, label: str, low: bool = False) -> str:
    """A text as it is, every space and line end kept, in a box of one height."""
    inner = escape(text).replace("\n", "&#10;")  # Streamlit takes spaces from the lines of HTML
    return f'<div class="lab-passage{" low" if low else ""}" tabindex="0" role="textbox" aria-readonly="true" aria-multiline="true" aria-label="{escape(label)}">{inner}</div>'


def sizes(corpus: Corpus) -> None:
    """How long the text is, and of how much it is made."""
    found = statistics(corpus)
    pairs = [
        (_("characters"), f"{found.characters:,}"),
        (_("different ones (V)"), f"{found.vocabulary:,}"),
        (_("lines"), f"{found.lines:,}"),
        (_("words"), f"{found.words:,}"),
        (_("different words"), f"{found.distinct_words:,}"),
    ]
    views.facts(pairs)
    st.caption(_held_out(found.held_out, len(measuring.held_out(corpus).places)))


def look(corpus: Corpus, opened: bool) -> None:
    """What the text is made of; ``opened`` until there are curves that need the room."""
    with st.expander(_("Look into the text"), opened, icon=":material/search:"):
        _look_into(corpus, len(corpus.vocabulary))


def _held_out(characters: int, measured: int) -> str:
    if measured == characters:
        said = _("The last {held_out:,} characters, a tenth, are held out: nobody learns from them, and on them the loss is measured.")  # fmt: skip
    else:
        said = _("The last {held_out:,} characters, a tenth, are held out: nobody learns from them. The loss is measured on {measured:,} of them, in stretches from all over.")  # fmt: skip
    return said.format(held_out=characters, measured=measured)


def _look_into(corpus: Corpus, size: int) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        _frequencies(corpus, size)
    with right:
        _window(corpus)


def _frequencies(corpus: Corpus, size: int) -> None:
    table = text_tables.frequency_table(corpus)
    shown = len(table)
    said = (
        _("How often each character occurs") if shown == size else _("The {n} most frequent characters").format(n=shown)
    )
    st.markdown(said)
    most = ", ".join(f"{one.shown} {one.share:.1%}" for one in frequencies(corpus)[:5])
    text = _("Bars: how often each character occurs. The most frequent ones: {most}.").format(most=most)
    chart = {**text_charts.frequency_bars(), "datasets": {"table": table}}
    st.vega_lite_chart(chart, height=190, key="text-frequencies", alt=text)


def _window(corpus: Corpus) -> None:
    """A piece of the text, wherever a person moves the slider."""
    last = max(len(corpus.text) - WINDOW, 0)
    start = 0
    if last:
        label, key = (
            _("A look into the text, from character"),
            state.key(f"text-window-{corpus.source}-{corpus.part}-{last}"),
        )
        start = st.slider(label, 0, last, 0, key=key)
    st.html(passage(window(corpus.text, start, WINDOW), _("a piece of the text"), low=True))
