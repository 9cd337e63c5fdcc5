"""A person's own labelled texts: read each, a character or a word at a time, and say its label at the end (many to one)."""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Form, Pattern
from rnnlab.tasks.drawn import Drawn, Said, one_class
from rnnlab.tasks.labelled_file import Texts, clean, short
from rnnlab.tasks.task import Arrays, Data, Defaults, Given, Inputs, Metric, Option, Own, Targets, Task, bench
from rnnlab.tasks.tokens import UNKNOWN, padded
from rnnlab.texts import _, noted

ORDER = 45

#: What a text is read by, with its name on screen.
PIECES = {"characters": noted("characters"), "words": noted("words")}
#: So many pieces of a text are read, and so many different ones are known.
MOST_PIECES = {"characters": 140, "words": 40}
VOCABULARY = {"characters": 2_000, "words": 5_000}

HELD_OUT = 0.2
#: Tables that are kept at a time.
KEPT = 24

#: The largest is taken of which an epoch has 8 or more.
_BATCH_SIZES = (64, 32, 16, 8, 4)
#: Steps of gradient descent after which the Korean film reviews are learned; words are learned by heart sooner.
_STEPS = {"characters": 375, "words": 250}
_MOST_EPOCHS = 50


_brought: dict[str, Texts] = {}
_brought_lock = threading.Lock()


def bring(texts: Texts) -> str:
    """Keep the texts in this process, and return the key by which a task finds them; the oldest ones go."""
    key = hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]
    with _brought_lock:
        _brought.pop(key, None)
        _brought[key] = texts
        while len(_brought) > KEPT:
            del _brought[next(iter(_brought))]
    return key


def _texts(key: str) -> Texts:
    if not key:
        raise ValueError(_("bring a file with labelled texts first"))
    with _brought_lock:
        if key not in _brought:
            raise ValueError(_("the texts of this link or experiment are not here: bring the file again"))
        _brought[key] = _brought.pop(key)  # what is in use goes last
        return _brought[key]


class _Numbered(NamedTuple):
    """Texts as they are learned.

    Attributes:
        vocabulary: the pieces that are known; the first has number 2.
        classes: the labels in order of first appearance.
        batch_size: with how many samples a step is made.
        inputs: token numbers, (N, T).
        targets: class numbers, (N, 1).
    """

    vocabulary: dict[str, int]
    classes: tuple[str, ...]
    batch_size: int
    inputs: NDArray[np.int32]
    targets: NDArray[np.int32]


@lru_cache(maxsize=KEPT)
def _numbered(key: str, by: str) -> _Numbered:
    texts = _texts(key)
    pieces = [_pieces(text, by)[: MOST_PIECES[by]] for text in texts.texts]
    # Counted over all texts, the held-out ones too, because the form of a model must not depend on the seed that draws
    # these. That tells nothing of their labels: what stands in held-out texts alone gets a number, and no training.
    frequent = Counter(chain.from_iterable(pieces)).most_common(VOCABULARY[by])
    vocabulary = {piece: number for number, (piece, _count) in enumerate(frequent, UNKNOWN + 1)}
    inputs = padded(pieces, vocabulary, max(map(len, pieces)))  # (N, T)
    classes = tuple(dict.fromkeys(texts.labels))
    numbers = {label: number for number, label in enumerate(classes)}
    targets = np.array([[numbers[label]] for label in texts.labels], np.int32)  # (N, 1)
    different = (1 - HELD_OUT) * len(set(texts.texts))
    batch_size = next((size for size in _BATCH_SIZES if 8 * size <= different), _BATCH_SIZES[-1])
    return _Numbered(vocabulary, classes, batch_size, inputs, targets)


def _pieces(text: str, by: str) -> Sequence[str]:
    return text.split() if by == "words" else text


@lru_cache(maxsize=4)
def _data(key: str, by: str, seed: int) -> Data:
    numbered = _numbered(key, by)
    train, held_out = _split(_texts(key), np.random.default_rng(seed))
    train = train[: len(train) // numbered.batch_size * numbered.batch_size]
    learned, measured = (Arrays(numbered.inputs[rows], numbered.targets[rows]) for rows in (train, held_out))
    return Data(learned, measured)


def _split(texts: Texts, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Rows to learn from and rows held out, of each label its share; the same text never stands in both.

    Each label has a row among the first to learn from, so that none is lost when the last ones are cut off.
    """
    copies: dict[str, list[int]] = {}
    for row, text in enumerate(texts.texts):
        copies.setdefault(text, []).append(row)
    by_label: dict[str, list[list[int]]] = {}
    for rows in copies.values():
        by_label.setdefault(texts.labels[rows[0]], []).append(rows)
    first: list[int] = []
    train: list[int] = []
    held_out: list[int] = []
    for groups in by_label.values():
        order = rng.permutation(len(groups)).tolist()
        count = min(max(1, round(HELD_OUT * len(groups))), len(groups) - 1)
        held_out += chain.from_iterable(groups[number] for number in order[:count])
        one, *others = chain.from_iterable(groups[number] for number in order[count:])
        first.append(one)
        train += others
    return first + rng.permutation(np.array(train, int)).tolist(), rng.permutation(held_out).tolist()


@dataclass(frozen=True)
class LabelledTask(Task):
    """Say the label of a text from a table that a person brought.

    Attributes:
        data_key: what ``bring`` returned.
        by: whether texts are read by characters or by words.

    When it is sent to another process, its texts go with it.
    """

    data_key: str = ""
    by: str = "characters"

    metric = Metric.CLASSES
    goal = 0.7
    own = Own.LINE
    options = (
        Option("data_key", noted("Labelled texts"), None),
        Option("by", noted("Pieces"), PIECES),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.data_key, str):
            raise ValueError(f"data_key must be the key of a table, not {self.data_key!r}")

    def __getstate__(self) -> tuple[dict[str, Any], Texts | None]:
        return dict(self.__dict__), _brought.get(self.data_key)

    def __setstate__(self, state: tuple[dict[str, Any], Texts | None]) -> None:
        fields, texts = state
        self.__dict__.update(fields)
        if texts is not None:
            bring(texts)

    @property
    def _learned(self) -> _Numbered:
        """The texts as they are learned.

        Raises:
            ValueError: no file was brought, or its texts are no longer here.
        """
        _texts(self.data_key)  # what has gone is said to be gone, even where its numbers are still kept
        return _numbered(self.data_key, self.by)

    @property
    def defaults(self) -> Defaults:
        size, epochs = _BATCH_SIZES[0], 3
        if self.data_key in _brought:
            size = self._learned.batch_size
            steps = round((1 - HELD_OUT) * len(self._learned.inputs)) // size
            epochs = min(math.ceil(_STEPS[self.by] / steps), _MOST_EPOCHS)
        return Defaults(bench(32, 32), epochs, learning_rate=0.003, batch_size=size, clip_norm=1.0)

    @property
    def pattern(self) -> Pattern:
        return Pattern.MANY_TO_ONE

    @property
    def form(self) -> Form:
        learned = self._learned
        return Form(
            len(learned.vocabulary) + UNKNOWN + 1,
            timesteps=learned.inputs.shape[1],
            pattern=Pattern.MANY_TO_ONE,
            outputs=len(learned.classes),
            activation=Activation.SOFTMAX,
            masked=True,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        return self._learned.classes

    @property
    def example(self) -> str:
        texts = _brought.get(self.data_key)
        return " ".join(texts.texts[0].split()) if texts else ""

    def data(self, seed: int) -> Data:
        _texts(self.data_key)
        return _data(self.data_key, self.by, seed)

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        return one_class(self.classes, target, said)._replace(before=short(self.read(inputs)))

    def read(self, tokens: NDArray[Any]) -> str:
        """The text that these token numbers spell, with □ for a piece that is not known."""
        return (" " if self.by == "words" else "").join(filter(None, self.steps(tokens)))

    def steps(self, sample: Inputs) -> tuple[str, ...]:
        pieces = ("", "□", *self._learned.vocabulary)
        return tuple(pieces[int(token)] for token in sample)

    def facts(self) -> tuple[tuple[str, str], ...]:
        learned, texts = self._learned, _texts(self.data_key)
        labels = ", ".join(f"{label} {count:,}" for label, count in Counter(texts.labels).items())
        return (
            (_("texts"), _("{n:,}, one in five of them held out").format(n=len(texts.texts))),
            (_("in"), short(texts.texts[0])),
            (_("out"), labels),
            (_("vocabulary"), f"{len(learned.vocabulary):,} {_(PIECES[self.by])}"),
        )

    def give(self, given: str | NDArray[np.float32]) -> Given:
        if not (pieces := _pieces(clean(str(given)), self.by)):
            raise ValueError(_("type a text to be labelled; this one is empty"))
        learned = self._learned
        steps = learned.inputs.shape[1]
        remarks = []
        if len(pieces) > steps:
            pieces = pieces[:steps]
            remarks.append(_("Only the first {n} {pieces} are read.").format(n=steps, pieces=_(PIECES[self.by])))
        if unknown := [piece for piece in dict.fromkeys(pieces) if piece not in learned.vocabulary]:
            remarks.append(_("Unknown to this model: {pieces}.").format(pieces=short(" ".join(unknown))))
        return Given(padded([pieces], learned.vocabulary, steps)[0], " ".join(remarks))


TASKS = (
    LabelledTask(
        "labelled",
        noted("Your own labelled texts"),
        noted(
            "Bring a table of texts, each with a label: reviews and how they sound, messages that are spam or not. The model "
            "reads a text, a character or a word at a time, and says the label at the end. A part of the texts is held out. "
            "By words there is less to read, but in a language such as Korean most words come once, so characters do better."
        ),
    ),
)
