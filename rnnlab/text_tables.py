"""Tables for the charts of the text lab."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from rnnlab.charts import HELD_OUT, TRAINING
from rnnlab.colours import Look
from rnnlab.corpora import Corpus
from rnnlab.corpora.statistics import frequencies
from rnnlab.text_timeline import Sample, Unit
from rnnlab.textlab.ngrams import Line

#: Characters that a chart of frequencies has room for.
MOST_BARS = 36


def frequency_table(corpus: Corpus) -> pd.DataFrame:
    """Columns character (as it can be shown), times, share: the most frequent ones, the first one first."""
    rows = [(one.shown, one.times, one.share) for one in frequencies(corpus)[:MOST_BARS]]
    return pd.DataFrame(rows, columns=["character", "times", "share"])


def loss_table(timelines: Sequence[Sequence[Sample]], looks: Sequence[Look], unit: Unit) -> pd.DataFrame:
    """Columns architecture, characters, loss, part. What is no number, or too large to be drawn, is left out."""
    rows = [
        (look.label, sample.characters, unit.of(nats), part)
        for timeline, look in zip(timelines, looks, strict=True)
        for sample in timeline
        for part, nats in ((HELD_OUT, sample.scores.held_out_loss), (TRAINING, sample.scores.loss))
        if math.isfinite(nats) and math.isfinite(unit.of(nats))
    ]
    return pd.DataFrame(rows, columns=["architecture", "characters", "loss", "part"])


def word_table(timelines: Sequence[Sequence[Sample]], looks: Sequence[Look]) -> pd.DataFrame:
    """Columns architecture, characters, share, part: of the words in each sample those that occur in the text."""
    rows = [
        (look.label, sample.characters, sample.words, HELD_OUT)
        for timeline, look in zip(timelines, looks, strict=True)
        for sample in timeline
        if sample.text
    ]
    return pd.DataFrame(rows, columns=["architecture", "characters", "share", "part"])


def line_table(lines: Sequence[Line], unit: Unit) -> pd.DataFrame:
    """Columns loss, label: what models without a memory reach."""
    return pd.DataFrame([(unit.of(line.nats), line.title) for line in lines], columns=["loss", "label"])


def marker_table(characters: int | None) -> pd.DataFrame:
    """Column characters: the moment that is marked in a chart; no row for none."""
    return pd.DataFrame({"characters": [] if characters is None else [characters]})
