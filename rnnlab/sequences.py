"""From sentences to what a recurrent layer reads: cut, number, pad, mask, one-hot or embedding; and what follows what.

Functions without a state; whatever a person types is checked by ``read_lines`` before anything is made of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import groupby, pairwise
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Range
from rnnlab.texts import _, noted

MOST_SENTENCES, MOST_CHARACTERS = 20, 200
LENGTHS = Range(1, MOST_CHARACTERS)
#: In a text that a person types, it cuts a word further.
CUT = "|"
SPACE = " "
#: The two sentences of the lecture, cut as there: "I ate rice." and "(I) ate it with relish."
LECTURE = "나는 밥을 먹었|습니다.\n맛있|게 먹었|습니다."
#: "I eat rice. I read a book. I drink water. …", and the lecture's gap among them.
EXERCISE = (
    "나는 밥을 먹|는다.\n나는 책을 읽|는다.\n나는 물을 마신다.\n동생은 밥을 먹|는다.\n동생은 밥을 굶|는다.\n"
    "엄마는 밥을 짓|는다.\n엄마는 책을 읽|는다.\n친구는 우산을 접|는다."
)
GAP = "나는 밥을 ( )는다."
#: The lecture's vocabulary of four letters and its three inputs: a letter, a word, a batch of words.
LETTERS = "helo"
BATCHES = (("h",), ("hello",), ("hello", "eolll", "lleel"))

_GAP = re.compile(r"[(\uff08]\s*[)\uff09]")  # a Korean keyboard may write wide brackets
#: Part-of-speech tags of kiwipiepy: endings that close a sentence (EF) and that join or modify (EC).
_ENDINGS = ("EF", "EC")
_KIWI_LOADING = Lock()


class Way(StrEnum):
    """How a sentence is cut; the value is its name on screen."""

    PIECES = noted("Pieces")
    CHARACTERS = noted("Characters")
    WORDS = noted("Words")
    KOREAN_PIECES = noted("Korean pieces")
    MORPHEMES = noted("Korean morphemes")

    @property
    def keeps_spaces(self) -> bool:
        """Whether a space is a piece."""
        return self not in (Way.WORDS, Way.MORPHEMES)


class Zero(StrEnum):
    """What number 0 stands for; the value is its name on screen."""

    SPACE = noted("the space, as in the lecture")
    PADDING = noted("padding only")


class Side(StrEnum):
    """Where padding stands, in Keras' words."""

    POST = "post"
    PRE = "pre"


class Encoded(NamedTuple):
    """Sentences as numbers.

    Attributes:
        cut: the pieces of each sentence.
        vocabulary: the piece of each number; number 0 is a space or, where it is padding only, the empty string.
        sequences: the numbers of each sentence.
    """

    cut: tuple[tuple[str, ...], ...]
    vocabulary: tuple[str, ...]
    sequences: tuple[tuple[int, ...], ...]


def read_lines(text: str) -> tuple[str, ...]:
    """The sentences of a text, one a line, without the empty ones; letters are composed (NFC) and any blank is a space.

    Raises:
        ValueError: there is none, there are too many, one is too long, or one has a character that cannot be shown.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    sentences = tuple(_clean(line, number) for number, line in enumerate(lines, 1) if _says_something(line))
    if not sentences:
        raise ValueError(_("there is no sentence yet: type at least one"))
    if len(sentences) > MOST_SENTENCES:
        said = _("there are {count:,} sentences; at most {most} are taken")
        raise ValueError(said.format(count=len(sentences), most=MOST_SENTENCES))
    return sentences


def _says_something(line: str) -> bool:
    return bool(line.replace(CUT, "").strip())


def _clean(line: str, number: int) -> str:
    line = unicodedata.normalize("NFC", line.replace("\t", SPACE))
    if len(line) > MOST_CHARACTERS:
        said = _("line {number} has {count:,} characters; at most {most} are taken")
        raise ValueError(said.format(number=number, count=len(line), most=MOST_CHARACTERS))
    for character in line:
        # joiners (U+200C, U+200D) have no shape of their own, but several scripts and emoji are written with them
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") and character not in "\u200c\u200d":
            said = _("line {number} has a character that cannot be shown, U+{code:04X}: please take it out")
            raise ValueError(said.format(number=number, code=ord(character)))
    return "".join(SPACE if character.isspace() else character for character in line)


def cut(sentence: str, way: Way) -> tuple[str, ...]:
    """The pieces of a sentence as ``read_lines`` gives it.

    Raises:
        ValueError: the package for a Korean way is not installed.
    """
    if way is Way.PIECES:
        return tuple(_pieces(sentence))
    plain = sentence.replace(CUT, "")
    match way:
        case Way.CHARACTERS:
            return tuple(plain)
        case Way.WORDS:
            return tuple(plain.split())
        case Way.KOREAN_PIECES:
            return tuple(_pieces(_cut_before_endings(plain)))
        case Way.MORPHEMES:
            return tuple(_readable(token.form) for token in _kiwi().tokenize(plain))


def _pieces(sentence: str) -> Iterator[str]:
    """Words, and each space and mark by itself."""
    for part in sentence.split(CUT):
        for alone, run in groupby(part, _stands_alone):
            letters = "".join(run)
            yield from letters if alone else (letters,)


def _stands_alone(character: str) -> bool:
    return character == SPACE or unicodedata.category(character)[0] in "PS"


def _cut_before_endings(sentence: str) -> str:
    """The sentence with a cut around each ending, unless it is written in one syllable with what stands before it."""
    cuts: set[int] = set()
    reached = 0
    for token in _kiwi().tokenize(sentence):
        end = token.start + token.len
        if token.tag.startswith(_ENDINGS) and token.start >= reached:
            cuts |= {token.start, end}
        reached = max(reached, end)
    places = [0, *sorted(cuts), len(sentence)]
    return CUT.join(sentence[start:end] for start, end in pairwise(places))


def _readable(morpheme: str) -> str:
    """The morpheme with a final consonant that stands alone written as a letter: ㄴ다 for ᆫ다."""

    def letter(character: str) -> str:
        if not "\u11a8" <= character <= "\u11c2":
            return character
        return unicodedata.lookup(unicodedata.name(character).replace("JONGSEONG", "LETTER"))

    return "".join(map(letter, morpheme))


def prepare(way: Way) -> None:
    """Load what this way needs, which may take seconds the first time; ``cut`` would do so itself.

    Raises:
        ValueError: a package that it needs is not here.
    """
    if way in (Way.KOREAN_PIECES, Way.MORPHEMES):
        _kiwi()


def _kiwi() -> Any:
    with _KIWI_LOADING:
        return _load_kiwi()


@lru_cache(maxsize=1)
def _load_kiwi() -> Any:
    """The analyser of Korean, some 500 MB: loaded once, and only where it is asked for."""
    try:
        from kiwipiepy import Kiwi  # noqa: PLC0415
    except ImportError as missing:
        said = _("to cut Korean by itself, rnnlab needs the package kiwipiepy: pip install kiwipiepy")
        raise ValueError(said) from missing
    return Kiwi(num_workers=1)


def vocabulary(cuts: Iterable[Iterable[str]], zero: Zero) -> tuple[str, ...]:
    """The piece of each number, in order of appearance from 1 on; 0 is the space, or nothing where it is padding only."""
    first = SPACE if zero is Zero.SPACE else ""
    return tuple(dict.fromkeys([first, *(piece for pieces in cuts for piece in pieces)]))


def encode(pieces: Iterable[str], words: Sequence[str]) -> tuple[int, ...]:
    """The numbers of pieces that are all in the vocabulary ``words``."""
    numbers = {word: number for number, word in enumerate(words)}
    return tuple(numbers[piece] for piece in pieces)


def encode_text(text: str, way: Way, zero: Zero) -> Encoded:
    """Cut and number the sentences of a text, one a line; where spaces are no pieces, 0 is padding only.

    Raises:
        ValueError: the text or the way cannot be taken; the sentence says why.
    """
    cuts = tuple(cut(sentence, way) for sentence in read_lines(text))
    words = vocabulary(cuts, zero if way.keeps_spaces else Zero.PADDING)
    return Encoded(cuts, words, tuple(encode(pieces, words) for pieces in cuts))


def pad(
    sequences: Sequence[Sequence[int]], length: int | None = None, side: Side = Side.POST, value: int = 0
) -> NDArray[np.int32]:
    """Sequences of one length, as Keras' ``pad_sequences(…, padding=side, truncating=side)`` makes them.

    Args:
        sequences: B sequences of numbers.
        length: T; None for that of the longest.
        side: at which side ``value`` is put, and at which longer sequences are cut off.
        value: the padding.

    Returns:
        (B, T).
    """
    length = max(map(len, sequences), default=0) if length is None else length
    padded = np.full((len(sequences), length), value, np.int32)
    for row, sequence in zip(padded, sequences, strict=True):
        if side is Side.POST:
            row[: len(sequence)] = sequence[:length]
        elif sequence:
            row[-len(sequence) :] = sequence[-length:]
    return padded


def real_steps(
    sequences: Sequence[Sequence[int]], length: int | None = None, side: Side = Side.POST
) -> NDArray[np.bool_]:
    """Which steps of ``pad``'s array are no padding, (B, T)."""
    return pad([[1] * len(sequence) for sequence in sequences], length, side).astype(np.bool_)


def mask(tokens: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which steps a layer reads, (B, T): Keras' ``mask_zero=True`` passes over those with number 0."""
    return tokens.astype(np.bool_)


def one_hot(tokens: NDArray[np.int32], size: int) -> NDArray[np.float32]:
    """A vector of V = ``size`` numbers for each token, all 0 but for a 1 in its place: (B, T) to (B, T, V)."""
    return np.equal(tokens[..., np.newaxis], np.arange(size)).astype(np.float32)


def embedding_table(size: int, dim: int, seed: int) -> NDArray[np.float32]:
    """A new embedding's table (V, d): numbers from -0.05 to 0.05, as Keras draws them."""
    return np.random.default_rng(seed).uniform(-0.05, 0.05, (size, dim)).astype(np.float32)


def next_counts(cuts: Iterable[Sequence[str]]) -> dict[str, Counter[str]]:
    """For each piece that something follows, in order of appearance: how often each piece comes next."""
    counts: dict[str, Counter[str]] = {}
    for pieces in cuts:
        for before, after in pairwise(pieces):
            counts.setdefault(before, Counter())[after] += 1
    return counts


def candidates(cuts: Iterable[Sequence[str]], context: Sequence[str]) -> Counter[str]:
    """How often each piece comes right after this context; without one, how often it is there at all."""
    size, found = len(context), Counter[str]()
    for pieces in cuts:
        found.update(
            pieces[place] for place in range(size, len(pieces)) if tuple(pieces[place - size : place]) == tuple(context)
        )
    return found


def without_spaces(pieces: Sequence[str], way: Way) -> tuple[str, ...]:
    """The pieces that can foretell something: a space between two words tells nothing, one between characters does."""
    return tuple(pieces) if way is Way.CHARACTERS else tuple(piece for piece in pieces if piece != SPACE)


def before_gap(sentence: str, way: Way) -> tuple[str, ...]:
    """The pieces before the gap of a sentence, which is written ( ), without spaces between words.

    Raises:
        ValueError: there is not one sentence with one gap, or it cannot be cut.
    """
    first, *more = read_lines(sentence)
    if more or len(_GAP.findall(first)) != 1:
        raise ValueError(
            _("write one sentence with one gap, an empty pair of brackets, as in {example}").format(example=GAP)
        )
    before = _GAP.split(first)[0]
    return without_spaces(cut(before, way), way) if _says_something(before) else ()
