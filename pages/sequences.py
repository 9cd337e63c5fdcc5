"""Page "Sequences": from sentences to what a recurrent layer reads, and what it gives back."""

import streamlit as st

from rnnlab.texts import _
from rnnlab.ui import sequence_views, views

views.heading(
    _("Sequences"),
    _(
        "A network reads numbers. Type sentences and follow them, step by step, to what a recurrent layer is fed. Whatever you change, everything below follows."
    ),
)
sequence_views.style()
with st.container(border=True):
    text, way = sequence_views.ask_sentences()
    pieces = st.container()
with st.container(border=True):
    st.subheader(_("2 · Number the pieces"), anchor=False)
    zero = sequence_views.ask_zero(way)
    with pieces:
        found = sequence_views.cuts(text, way, zero)
    if found:
        sequence_views.vocabulary(found)
if found:
    with st.container(border=True):
        st.subheader(_("3 · Make the sequences equally long"), anchor=False)
        batch = sequence_views.padded(found)
        sequence_views.mask(found, batch)
    with st.container(border=True):
        st.subheader(_("4 · Make a vector of each number"), anchor=False)
        sequence_views.vectors(found, batch)
with st.container(border=True):
    st.subheader(_("5 · One cell at work"), anchor=False)
    sequence_views.cell_at_work()
with st.container(border=True):
    st.subheader(_("6 · Why order matters"), anchor=False)
    sequence_views.word_order(way)
