"""A text of quotations and brackets in which speech has words of its own, so that a small model soon needs a quote cell."""

import random

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


def quotes_and_brackets(seed=7, length=60_000):
    """Sentences, one a line, with speech in quotation marks and asides in brackets that may hold others."""
    rng = random.Random(seed)
    lines = []
    size = 0
    while size < length:
        lines.append(_sentence(rng))
        size += len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


def _sentence(rng):
    subject = f"the {rng.choice(_ADJECTIVES)} {rng.choice(_PEOPLE)}"
    if rng.random() < 0.5:
        subject += " " + _bracket(rng, 1)
    if rng.random() < 0.7:
        return f'{subject} said "{_speech(rng)}" and {rng.choice(_DID)}.'
    return f"{subject} {rng.choice(_DID)} {rng.choice(_WHERE)}."


def _speech(rng):
    return " ".join(rng.choice(_SPOKEN) for _word in range(rng.randint(3, 10)))


def _bracket(rng, depth):
    words = [rng.choice(_ASIDE) for _word in range(rng.randint(2, 5))]
    if depth < 2 and rng.random() < 0.5:
        words.insert(rng.randint(1, len(words)), _bracket(rng, depth + 1))
    opening, closing = "()" if depth == 1 else "[]"
    return opening + " ".join(words) + closing
