"""Small invented texts for a quick look, made from a seed: people who speak in quotation marks, with asides in brackets.

What is said and what is put in brackets are made of the same words and are as long: only a model that remembers which of the
two it is in can close it with the right mark.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from rnnlab.corpora.reader import Part, Reader
from rnnlab.texts import _, noted

SEED = 7
#: Long enough that reading it a few times teaches how it is made, and not the sentences themselves.
LENGTH = 150_000

_PEOPLE = ["baker", "miller", "sailor", "singer", "painter", "teacher"]
_PLACES = ("in the garden", "near the bridge", "at the market", "behind the barn")
_DEEDS = ("went home", "sat down", "looked up", "stood still", "ran after the dog", "opened the gate")
_KINDS = ["old", "tall", "kind", "tired", "happy"]

# Speech and asides share these words and how many they are, so that nothing but memory tells which of the two it is. They are
# few and short, so that they are soon learned and what is left to learn is that.
_WORDS = ["you", "we", "will", "not", "go", "see", "me", "now"]
_FEWEST, _MOST = 3, 8


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
        return f'{subject} said "{" ".join(_words(rng))}" and {rng.choice(_DEEDS)}.'
    return f"{subject} {rng.choice(_DEEDS)} {rng.choice(_PLACES)}."


def _aside(rng: random.Random, depth: int) -> str:
    words = _words(rng)
    if depth < 2 and rng.random() < 0.2:
        words.insert(rng.randint(1, len(words)), _aside(rng, depth + 1))
    opening, closing = "()" if depth == 1 else "[]"
    return opening + " ".join(words) + closing


def _words(rng: random.Random) -> list[str]:
    return [rng.choice(_WORDS) for _word in range(rng.randint(_FEWEST, _MOST))]


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
