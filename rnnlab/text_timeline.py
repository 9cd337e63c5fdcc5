"""What a model wrote while it learned: a sample at every measurement, and those that tell the story (F17)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rnnlab.corpora import Corpus
from rnnlab.corpora.statistics import known_words, word_share
from rnnlab.history import History, Scores
from rnnlab.tasks.drawn import Said
from rnnlab.textlab.experiment import TextExperiment
from rnnlab.textlab.ngrams import bits, perplexity
from rnnlab.texts import _, noted


class Unit(StrEnum):
    """In what a loss is said; the value is its name."""

    NATS = noted("nats")
    BITS = noted("bits per character")
    PERPLEXITY = noted("perplexity")

    def of(self, nats: float) -> float:
        """A loss in nats per character in this unit."""
        match self:
            case Unit.NATS:
                return nats
            case Unit.BITS:
                return bits(nats)
            case Unit.PERPLEXITY:
                return perplexity(nats)


class Sample(NamedTuple):
    """One measurement of one architecture, with the text that it wrote then.

    Attributes:
        number: of the measurement, from 1.
        step: after how many steps.
        characters: how many had been read.
        scores: losses in nats a character and shares that are right.
        text: what it wrote; "" where its weights were no numbers.
        words: share of the sample's words that occur in the text it learns.
    """

    number: int
    step: int
    characters: int
    scores: Scores
    text: str
    words: float


def read_by(experiment: TextExperiment, step: float) -> int:
    """How many characters have been read after so many steps."""
    return round(step * experiment.training.batch_size * experiment.training.chunk)


def sample(experiment: TextExperiment, history: History, number: int) -> Sample | None:
    """The measurement of this number, or the newest where it has not come so far; None before the first."""
    number = min(number, len(history.scores))
    if number < 1:
        return None
    step, scores = experiment.measured[number - 1], history.scores[number - 1]
    text, words = written(experiment.corpus, history.shown[number - 1])
    return Sample(number, step, read_by(experiment, step), scores, text, words)


def samples(experiment: TextExperiment, history: History) -> list[Sample]:
    """Every measurement so far."""
    found = (sample(experiment, history, number) for number in range(1, len(history.scores) + 1))
    return [one for one in found if one]


def stages(experiment: TextExperiment) -> tuple[int, ...]:
    """The numbers of the measurements at about 1, 3, 10, 30, 100 … steps, and of the last one."""
    wanted, step = list[int](), 1
    while step < experiment.steps:
        wanted += [step, 3 * step]
        step *= 10
    measured = experiment.measured
    reached = (next((n for n, at in enumerate(measured, 1) if at >= step), len(measured)) for step in wanted)
    kept = [number for number in dict.fromkeys(reached) if measured[number - 1] * 1.5 < experiment.steps]
    return *kept, len(measured)


def as_text(experiment: TextExperiment, history: History, title: str) -> str:
    """All samples one below the other, to take home."""
    heads = _(
        "{title}: step {step:,}, {characters:,} characters read, held-out loss {loss:.3f} nats, words {words:.0%}"
    )
    parts = [
        heads.format(
            title=title, step=one.step, characters=one.characters, loss=one.scores.held_out_loss, words=one.words
        )
        + f"\n\n{one.text}\n"
        for one in samples(experiment, history)
    ]
    return "\n".join(parts)


def speed(experiment: TextExperiment, history: History) -> float:
    """Characters that are learned in a second of all its work, measuring and writing included; 0 while nobody knows."""
    step = experiment.step_of(history.epochs + history.part)
    return read_by(experiment, step) / history.seconds if history.seconds else 0.0


def furthest(experiments: Sequence[TextExperiment], histories: Sequence[History]) -> int:
    """Characters that the architecture which is furthest has read."""
    steps = (e.step_of(h.epochs + h.part) for e, h in zip(experiments, histories, strict=True))
    return read_by(experiments[0], max(steps))


def written(corpus: Corpus, said: Said) -> tuple[str, float]:
    """A text that was written, (P) or (1, P), and the share of its words that are known; "" where nothing was."""
    return _written(corpus, said.predicted.tobytes() if said.probability.any() else b"")


@lru_cache(maxsize=4096)
def _written(corpus: Corpus, numbers: bytes) -> tuple[str, float]:
    """The text of these numbers (uint16), and the share of its words that are known."""
    vocabulary = corpus.vocabulary
    text = "".join(vocabulary[number] for number in memoryview(numbers).cast("H"))
    return text, word_share(text, known_words(corpus))
