"""How the text lab trains: the settings of every text are kept while a tab is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from rnnlab import links
from rnnlab.corpora import Corpus, Source
from rnnlab.experiment import CLIP_AT, LEARNING_RATE, SEED, Clipping, Device, Optimizer
from rnnlab.textlab import suggested
from rnnlab.textlab.experiment import CHUNK, DROPOUT, PASSES, STREAMS, Schedule, TextTraining
from rnnlab.texts import _
from rnnlab.ui import fields, state
from rnnlab.ui.settings import device


def now(corpus: Corpus) -> TextTraining:
    """The settings with which this text is learned: those of an address that was opened, those chosen for it, or what fits."""
    if corpus.source is not Source.OWN:  # which no address has
        state.once("text settings", lambda: keep(corpus, replace(suggested.training(corpus), **state.text_settings())))
    return _kept().get(corpus) or suggested.training(corpus)


def keep(corpus: Corpus, training: TextTraining) -> None:
    """From now on this text, which is the one chosen, is learned so."""
    remember(corpus, training)
    own = corpus.source is Source.OWN
    state.set_text_settings({} if own else links.encode_text(training, suggested.training(corpus)))


def remember(corpus: Corpus, training: TextTraining) -> None:
    """When this text is chosen, it is learned so."""
    _kept()[corpus] = training


def _kept() -> dict[Corpus, TextTraining]:
    return state.kept("text trainings", dict[Corpus, TextTraining])


def ask(corpus: Corpus, devices: Sequence[Device]) -> TextTraining:
    """The controls of one text."""
    shown = now(corpus)
    name = f"{hash(corpus):x}"
    grid = st.grid(min_column_width=230, gap="medium")
    with grid.container(gap="xsmall"):
        passes, chunk, streams = _reading(shown, name)
        hint = _("Another seed: other initial weights, other samples. The same seed: the same run.")
        seed = fields.whole(_("Seed"), _key("seed", name), shown.seed, SEED, hint)
        place = device(shown.device, devices, _key("device", name))
    with grid.container(gap="xsmall"):
        rate, schedule, optimizer = _descent(shown, name)
        clipping, clip_at = _clipping(shown, name)
        hint = _("Share of the numbers between layers and before the output that is left out while it learns.")
        dropout = fields.real(_("Dropout"), _key("dropout", name), shown.dropout, DROPOUT, 0.1, hint)
    training = TextTraining(passes, chunk, streams, rate, schedule, optimizer, clipping, clip_at, dropout, seed, place)
    keep(corpus, training)
    return training


def _key(control: str, name: str) -> str:
    return state.key(f"text-{control}-{name}")


def _reading(shown: TextTraining, name: str) -> tuple[int, int, int]:
    hint = _("Times that the text is read from its beginning to its end.")
    passes = fields.whole(_("Passes over the text"), _key("passes", name), shown.passes, PASSES, hint)
    hint = _("Longer chunks teach longer connections, at more cost a step.")
    chunk = fields.whole(_("Characters of a chunk"), _key("chunk", name), shown.chunk, CHUNK, hint)
    st.caption(
        _(
            "Truncated back-propagation: the state goes on from chunk to chunk for ever, gradients go back through one chunk alone."
        )
    )
    hint = _("The text is cut into so many stretches, which are read side by side: the batch size.")
    streams = fields.whole(_("Streams"), _key("streams", name), shown.batch_size, STREAMS, hint)
    return passes, chunk, streams


def _descent(shown: TextTraining, name: str) -> tuple[float, Schedule, Optimizer]:
    hint = _("How far the weights move at each step, at first.")
    rate = fields.real(_("Learning rate"), _key("rate", name), shown.learning_rate, LEARNING_RATE, 0.001, hint)
    label = _("How it goes on")
    schedule = fields.select(label, _key("schedule", name), list(Schedule), shown.schedule, lambda s: _(s.value))
    label = _("Optimizer")
    optimizer = fields.select(label, _key("optimizer", name), list(Optimizer), shown.optimizer, lambda o: o.class_name)
    return rate, schedule, optimizer


def _clipping(shown: TextTraining, name: str) -> tuple[Clipping, float]:
    titles = {Clipping.NONE: _("none"), Clipping.NORM: _("by norm"), Clipping.VALUE: _("by value")}
    clipping = fields.select(
        _("Gradient clipping"), _key("clipping", name), list(Clipping), shown.clipping, titles.__getitem__,
        _("Keeps exploding gradients small: all of them together by their norm, or each number by its value."),
    )  # fmt: skip
    if clipping is Clipping.NONE:
        return clipping, shown.clip_at
    return clipping, fields.real(_("Clip at"), _key("clip-at", name), shown.clip_at, CLIP_AT, 0.5)
