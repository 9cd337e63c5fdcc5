"""Texts to learn from, character by character: plays, source code, generated ones, a person's own."""

from rnnlab.corpora.corpus import MOST_DISTINCT, RAREST, READERS, Corpus, Source, missing, parts
from rnnlab.corpora.reader import Part

__all__ = ["MOST_DISTINCT", "RAREST", "READERS", "Corpus", "Part", "Source", "missing", "parts"]
