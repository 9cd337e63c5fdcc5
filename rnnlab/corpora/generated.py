"""Small invented texts for a quick look, made from a seed: people who speak in quotation marks, with asides in brackets.

A model can only close a quotation mark in the right place, and choose words between, if it remembers that one is open.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from rnnlab.corpora.reader import Part, Reader
from rnnlab.texts import _, noted

SEED = 7
LENGTH = 60_000

_PEOPLE = ["baker", "miller", "sailor", "singer", "painter", "teacher"]
_PLACES = ("in the garden", "near the bridge", "at the market", "behind the barn")
_DEEDS = ("went home", "sat down", "looked up", "stood still", "ran after the dog", "opened the gate")
_KINDS = ["old", "tall", "kind", "tired", "happy"]

# Speech and asides share half of their words, so that the words just read do not say which of the two it is.
_SPEECH = ["you", "will", "not", "see", "me", "again", "if", "we", "go", "now"]
_ASIDE = ["again", "if", "we", "go", "now", "so", "come", "and", "help", "us"]


def quotes_and_brackets(seed: int = SEED, length: int = LENGTH) -> str:
    """Sentences, one a line, with speech in quotation marks and asides in brackets that may hold others."""
    rng = random.Random(seed)
    lines: list[str] = []
    size = 0
    while size < length:
        lines.append(_sentence(rng))
        size += len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


def _sentence(rng: random.Random) -> str:
    subject = f"the {rng.choice(_KINDS)} {rng.choice(_PEOPLE)}"
    if rng.random() < 0.7:
        subject += " " + _aside(rng, depth=1)
    if rng.random() < 0.7:
        return f'{subject} said "{" ".join(_words(rng, _SPEECH, 3, 10))}" and {rng.choice(_DEEDS)}.'
    return f"{subject} {rng.choice(_DEEDS)} {rng.choice(_PLACES)}."


def _aside(rng: random.Random, depth: int) -> str:
    words = _words(rng, _ASIDE, 3, 8)
    if depth < 2 and rng.random() < 0.2:
        words.insert(rng.randint(1, len(words)), _aside(rng, depth + 1))
    opening, closing = "()" if depth == 1 else "[]"
    return opening + " ".join(words) + closing


def _words(rng: random.Random, words: Sequence[str], low: int, high: int) -> list[str]:
    return [rng.choice(words) for _word in range(rng.randint(low, high))]


#: Every kind of text that can be made.
KINDS: dict[str, tuple[str, Callable[[], str]]] = {
    "quotes": (noted("Quotes and brackets"), quotes_and_brackets),
}


class _Generated(Reader):
    title = noted("Generated")

    def parts(self) -> tuple[Part, ...]:
        return tuple(Part(name, _(title)) for name, (title, _make) in KINDS.items())

    def read(self, part: str) -> str:
        name = part or next(iter(KINDS))
        if name not in KINDS:
            raise ValueError(
                _("there is no generated text {part!r}; there are {all}").format(part=part, all=", ".join(KINDS))
            )
        return KINDS[name][1]()


READER = _Generated()
