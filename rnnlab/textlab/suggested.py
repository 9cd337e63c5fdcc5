"""With what a text is learned unless a person wants it otherwise: the bench, and settings that fit its length."""

from __future__ import annotations

import math

from rnnlab.architecture import RECURRENT_CELLS, Architecture
from rnnlab.corpora import Corpus, Source
from rnnlab.textlab.experiment import CHUNK, PASSES, STREAMS, TextTraining

#: The hidden size with which words are learned in minutes on one core.
UNITS = 128
BENCH = tuple(Architecture(cell, UNITS) for cell in RECURRENT_CELLS)

#: Steps in which a text is learned well enough to be fun to read, and chunks that each stream should have at least.
_STEPS, _CHUNKS = 1_000, 8

#: What is made of few words is learned sooner.
_GENERATED = TextTraining(passes=7, chunk=50, batch_size=16, learning_rate=0.01)


def training(corpus: Corpus) -> TextTraining:
    """Settings with which a first run on this text shows something soon; also for a very short one."""
    if corpus.source is Source.GENERATED:
        return _GENERATED
    usual, size = TextTraining(), len(corpus.training) - 1
    chunk = CHUNK.nearest(min(usual.chunk, size // _CHUNKS))
    streams = STREAMS.nearest(min(usual.batch_size, size // (chunk * _CHUNKS)))
    steps_a_pass = max(1, size // streams // chunk)
    return TextTraining(passes=PASSES.nearest(math.ceil(_STEPS / steps_a_pass)), chunk=chunk, batch_size=streams)
