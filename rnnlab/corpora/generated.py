"""Small invented texts for a quick look, made from a seed: people who speak in quotation marks, with asides in brackets.

A model can only close a quotation mark in the right place, and choose words between, if it remembers that one is open.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from rnnlab.corpora.reader import Part, Reader
from rnnlab.texts import _, noted

SEED = 7
LENGTH = 60_000

_PEOPLE = ["baker", "miller", "sailor", "singer", "painter", "teacher"]
_WHERE = ("in the garden", "near the bridge", "at the market", "behind the barn")
_DID = ("went home", "sat down", "looked up", "stood still", "ran after the dog", "opened the gate")
_ADJECTIVES = ["old", "tall", "kind", "tired", "happy"]
_SPOKEN = [
    "you",
    "will",
    "not",
    "see",
    "me",
    "again",
    "if",
    "we",
    "go",
    "now",
    "so",
    "come",
    "and",
    "help",
    "us",
    "find",
    "my",
    "own",
    "way",
    "out",
]
_ASIDE = ["rather", "large", "red", "hats", "blue", "boots", "grey", "coats", "or", "round", "buttons"]


def quotes_and_brackets(seed: int = SEED, length: int = LENGTH) -> str:
    """Sentences, one a line, with speech in quotation marks and asides in brackets that may hold others."""
    rng = random.Random(seed)
    lines = []
    size = 0
    while size < length:
        lines.append(_sentence(rng))
        size += len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


def _sentence(rng: random.Random) -> str:
    subject = f"the {rng.choice(_ADJECTIVES)} {rng.choice(_PEOPLE)}"
    if rng.random() < 0.5:
        subject += " " + _bracket(rng, 1)
    if rng.random() < 0.7:
        return f'{subject} said "{_speech(rng)}" and {rng.choice(_DID)}.'
    return f"{subject} {rng.choice(_DID)} {rng.choice(_WHERE)}."


def _speech(rng: random.Random) -> str:
    return " ".join(rng.choice(_SPOKEN) for _word in range(rng.randint(3, 10)))


def _bracket(rng: random.Random, depth: int) -> str:
    words = [rng.choice(_ASIDE) for _word in range(rng.randint(2, 5))]
    if depth < 2 and rng.random() < 0.5:
        words.insert(rng.randint(1, len(words)), _bracket(rng, depth + 1))
    opening, closing = "()" if depth == 1 else "[]"
    return opening + " ".join(words) + closing


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
