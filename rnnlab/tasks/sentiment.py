"""What a sentence thinks of a film, in five classes (F12): who only counts words cannot see what a "not" is about.

The sentences come from a small grammar. Each way to put words together says what it makes of their valence, from -2
(very negative) to 2 (very positive), so that the class of a sentence follows from its structure:

    good = 1, bad = -1, great = 2, awful = -2
    very x = 2·sign(x)                      it strengthens
    not x = -sign(x)                        it turns round, and what is left is never strong
    not x at all = -2·sign(x)
    nobody could say that s = -sign(s)      so two negations cancel
    s but t = t, although s, t = t          s is about a part of the film, t about the whole
    x, not y = x
    neither x nor y = 0                     and so is a fact without an opinion

Only what people agree on is said: "not awful" or "not very bad" may mean anything and do not occur.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np

from rnnlab.tasks.task import Baseline, Data, Defaults, bench
from rnnlab.tasks.words import SentenceTask, bag_of_words, sentence_data, vocabulary
from rnnlab.texts import _, noted

T = TypeVar("T")
ORDER = 40
CLASSES = (noted("very negative"), noted("negative"), noted("neutral"), noted("positive"), noted("very positive"))
SIGNS = ("−−", "−", "0", "+", "++")
#: Sentences of each class, without a negation and with one.
TRAIN, HELD_OUT = {False: 352, True: 288}, {False: 88, True: 72}

#: In training these are never negated; held out they are.
GOOD_UNNEGATED, BAD_UNNEGATED = ("funny", "interesting", "touching"), ("dull", "flat", "predictable")
GOOD = ("good", "clever", "charming", "moving", "original", "convincing", "pleasant", "fresh", *GOOD_UNNEGATED)
BAD = ("bad", "boring", "weak", "poor", "silly", "stupid", "clumsy", "annoying", "confusing", *BAD_UNNEGATED)
GREAT = ("great", "wonderful", "brilliant", "superb", "excellent", "magnificent")
AWFUL = ("awful", "terrible", "horrible", "dreadful", "atrocious", "unbearable")
GIFTS = ("charm", "wit", "humour", "heart", "style", "imagination")
FLAWS = ("flaws", "mistakes", "problems", "weaknesses", "holes")
OPINIONS = GOOD + BAD + GREAT + AWFUL
#: What can be negated with a clear meaning.
NEGATABLE = GOOD + BAD + GREAT
NEVER_NEGATED = frozenset(GOOD_UNNEGATED + BAD_UNNEGATED)
VALENCE = dict.fromkeys(GOOD + GIFTS, 1) | dict.fromkeys(BAD + FLAWS, -1)
VALENCE |= dict.fromkeys(GREAT, 2) | dict.fromkeys(AWFUL, -2)


def sign(valence: int) -> int:
    return (valence > 0) - (valence < 0)


def same(valence: int) -> int:
    return valence


def very(valence: int) -> int:
    return 2 * sign(valence)


def no(valence: int) -> int:
    return -sign(valence)


def not_at_all(valence: int) -> int:
    return -2 * sign(valence)


class Phrase(NamedTuple):
    """Words, what they think of the film, from -2 to 2, and whether a negation is in them."""

    words: str
    valence: int
    negated: bool


class Way(NamedTuple):
    """A way to use one word, {a}, or with its article {an}: what it makes of its valence, and which words it suits."""

    template: str
    meaning: Callable[[int], int]
    suits: tuple[str, ...]
    negates: bool = False

    def __call__(self, word: str) -> Phrase:
        an = f"an {word}" if word[0] in "aeiou" else f"a {word}"
        words = self.template.replace("{an}", an).replace("{a}", word)
        return Phrase(words, self.meaning(VALENCE[word]), self.negates)


def _ways(meaning: Callable[[int], int], suits: tuple[str, ...], *templates: str, negates: bool) -> tuple[Way, ...]:
    return tuple(Way(template, meaning, suits, negates) for template in templates)


IS = Way("{be} {a}", same, OPINIONS)
REALLY_NOT = Way("{be} really not {a}", not_at_all, GOOD, True)
NOT_REALLY = Way("{be} not really {a}", no, NEGATABLE, True)
#: Negations that suit all that can be negated.
NOT = (
    *_ways(no, NEGATABLE, "{be} not {a}", "{be}n't {a}", "{be} never {a}", "{be} hardly {a}", negates=True),
    *_ways(no, NEGATABLE, "{be} far from {a}", "{be} not that {a}", negates=True),
    NOT_REALLY,
)
#: What is said of a subject.
SAID = (
    IS,
    Way("{be} quite {a}", same, GOOD + BAD),
    Way("{be} a bit {a}", same, BAD),
    *_ways(very, GOOD + BAD, "{be} very {a}", "{be} so {a}", negates=False),
    Way("{be} really {a}", very, OPINIONS),
    Way("{be} absolutely {a}", very, GREAT + AWFUL),
    Way("{has} {a}", same, GIFTS + FLAWS),
    Way("{be} full of {a}", very, GIFTS + FLAWS),
    *NOT,
    REALLY_NOT,
    Way("{be} not {a} at all", not_at_all, GOOD, True),
    Way("{be} not very {a}", no, GOOD, True),
    *_ways(no, GIFTS + FLAWS, "{has} no {a}", "{be} without {a}", negates=True),
    Way("{be} not without {a}", same, GIFTS + FLAWS, True),
)
#: What stands in front of "film": with an article, or in haste without.
CALLED = (
    *_ways(same, OPINIONS, "{an}", "{a}", negates=False),
    *_ways(very, GOOD + BAD, "a very {a}", "a really {a}", negates=False),
    *_ways(no, NEGATABLE, "not {an}", "not {a}", "hardly {an}", negates=True),
    Way("not a very {a}", no, GOOD, True),
)
#: What is said after a denial; as that turns it round, each word of it is negated.
DENIED = (
    Way("{be} {a}", same, NEGATABLE, True),
    Way("{be} very {a}", very, GOOD, True),
    *_ways(no, NEGATABLE, "{be} not {a}", "{be}n't {a}", negates=True),
)
DENIALS = ("nobody could say that", "no one can say that", "it is not true that", "i do not think that")
#: The word that is meant, {a}, and one of the other sign, {b}.
OPPOSED = ("{be} {a} , not {b}", "{be} {a} and not {b}", "{be} not {b} but {a}", "{be}n't {b} but {a}")
NEITHER = ("{be} neither {a} nor {b}", "{be} not {a} and not {b} either")
JOINED = ("{s} but {t}", "although {s} , {t}", "{t} although {s}")
WHOLE = ("the film", "this film", "the movie", "this movie", "it")
PARTS = ("the acting", "the story", "the music", "the ending", "the cast", "the script", "the camera work")
POINTERS = ("it's", "it's", "it is", "this is", "it was")
OPENINGS = ("", "", "i think that ", "for me , ", "honestly , ")
FACTS = {
    False: (
        "the {film} was made in {place}",
        "the {film} lasts {number} hours",
        "we saw the {film} in {place} on {day}",
        "the {film} about {topic} was made in {place}",
        "the {film} is about {topic} in {place}",
        "the story takes place in {place} in {number} parts",
        "the director of the {film} lives in {place}",
        "the {film} has {number} actors from {place}",
        "it is a {film} about {topic}",
    ),
    True: (
        "the {film} was not made in {place}",
        "the {film} doesn't last {number} hours",
        "we didn't see the {film} on {day}",
        "the {film} isn't about {topic} in {place}",
        "the story never takes place in {place}",
        "the director of the {film} is not from {place}",
        "nobody in the {film} comes from {place}",
        "it's not a {film} about {topic}",
    ),
}
FILLERS = {
    "film": ("film", "movie"),
    "place": ("paris", "seoul", "london", "africa", "a village", "the north", "the mountains", "a big city"),
    "number": ("two", "three", "four", "five"),
    "day": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "topic": ("a family", "a war", "two brothers", "a journey", "a doctor", "a football team", "the sea", "a train"),
}
TENSES = (("is", "has"), ("was", "had"))
ENDINGS = (" .", " .", "", " !")


def clause(subject: str, said: Phrase) -> Phrase:
    return said._replace(words=f"{subject} {said.words}")


def denied(denial: str, said: Phrase) -> Phrase:
    return Phrase(f"{denial} {said.words}", no(said.valence), True)


def joined(template: str, part: Phrase, whole: Phrase) -> Phrase:
    words = template.replace("{s}", part.words).replace("{t}", whole.words)
    return Phrase(words, whole.valence, part.negated or whole.negated)


def opposed(template: str, meant: str, other: str) -> Phrase:
    return Phrase(template.replace("{a}", meant).replace("{b}", other), VALENCE[meant], True)


def neither(template: str, one: str, other: str) -> Phrase:
    return Phrase(template.replace("{a}", one).replace("{b}", other), 0, True)


def finished(phrase: Phrase, tense: tuple[str, str], ending: str) -> Phrase:
    """The sentence: its verbs in a tense, and what stands at its end."""
    be, has = tense
    return phrase._replace(words=phrase.words.replace("{be}", be).replace("{has}", has) + ending)


class Writer:
    """Draws sentences of the grammar; it uses the ``avoided`` words without a negation only."""

    def __init__(self, rng: np.random.Generator, avoided: frozenset[str] = frozenset()) -> None:
        self.rng = rng
        remarks = [way for way in SAID if way.template.startswith("{be} ")]
        self.said, self.remarks, self.called, self.denied = (
            _sayings(ways, avoided) for ways in (SAID, remarks, CALLED, DENIED)
        )
        self.opposites = {1: _without(GOOD + GREAT, avoided), -1: _without(BAD + AWFUL, avoided)}
        self.good, self.bad = _without(GOOD, avoided), _without(BAD, avoided)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self.rng.integers(len(choices)))]

    def draw(self, side: int, negated: bool) -> tuple[Phrase, ...]:
        """One sentence of this sign, with or without a negation; or also its counterpart, the same words in another class."""
        if side == 0:
            return (self.fact(negated) if not negated or self.rng.random() < 0.5 else self.neither(),)
        if negated and self.rng.random() < 0.3:
            return self.pick((self.opposition, self.exchange, self.emphasis))(side)
        alone = (self.statement, self.remark, self.naming, self.naming, self.contrast, self.denial)
        return (self.pick(alone if negated else alone[:-1])(side, negated),)

    def statement(self, side: int, negated: bool) -> Phrase:
        return clause(self.pick(OPENINGS) + self.pick(WHOLE + PARTS), self.pick(self.said[side, negated]))

    def remark(self, side: int, negated: bool) -> Phrase:
        """ "Not bad": a statement without a subject."""
        said = self.pick(self.remarks[side, negated])
        return said._replace(words=said.words.removeprefix("{be} "))

    def naming(self, side: int, negated: bool) -> Phrase:
        called = clause(self.pick(POINTERS), self.pick(self.called[side, negated]))
        return called._replace(words=f"{called.words} {self.pick(FILLERS['film'])}")

    def contrast(self, side: int, negated: bool) -> Phrase:
        first, last = self.pick(((True, False), (False, True), (True, True))) if negated else (False, False)
        part = clause(self.pick(PARTS), self.pick(self.said[-side, first]))
        return joined(self.pick(JOINED), part, clause(self.pick(WHOLE), self.pick(self.said[side, last])))

    def denial(self, side: int, _negated: bool) -> Phrase:
        return denied(self.pick(DENIALS), clause(self.pick(WHOLE + PARTS), self.pick(self.denied[-side, True])))

    def opposition(self, side: int) -> tuple[Phrase, ...]:
        """ "Good, not bad" and "bad, not good"."""
        subject, template = self.pick(WHOLE + PARTS), self.pick(OPPOSED)
        words = self.pick(self.opposites[side]), self.pick(self.opposites[-side])
        return tuple(clause(subject, opposed(template, *pair)) for pair in (words, words[::-1]))

    def exchange(self, side: int) -> tuple[Phrase, ...]:
        """ "The acting is not good but the film is great" and "the acting is good but the film is not great"."""
        template, part, whole, way = self.pick(JOINED), self.pick(PARTS), self.pick(WHOLE), self.pick(NOT)
        words = [word for word in self.opposites[side] if word in NEGATABLE]
        one, other = self.pick(words), self.pick(words)
        pairs = ((way(one), IS(other)), (IS(one), way(other)))
        return tuple(joined(template, clause(part, first), clause(whole, last)) for first, last in pairs)

    def emphasis(self, _side: int) -> tuple[Phrase, ...]:
        """ "Really not good" and "not really good"."""
        subject, word = self.pick(WHOLE + PARTS), self.pick(self.good)
        return tuple(clause(subject, way(word)) for way in (REALLY_NOT, NOT_REALLY))

    def neither(self) -> Phrase:
        said = neither(self.pick(NEITHER), self.pick(self.good), self.pick(self.bad))
        return clause(self.pick(WHOLE + PARTS), said)

    def fact(self, negated: bool) -> Phrase:
        fillers = {name: self.pick(words) for name, words in FILLERS.items()}
        return Phrase(self.pick(FACTS[negated]).format(**fillers), 0, negated)


def _without(words: tuple[str, ...], avoided: frozenset[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in avoided)


def _sayings(ways: Sequence[Way], avoided: frozenset[str]) -> Mapping[tuple[int, bool], Sequence[Phrase]]:
    """All that can be said in these ways, by sign and negation."""
    found = defaultdict(list)
    for way in ways:
        for word in _without(way.suits, avoided) if way.negates else way.suits:
            phrase = way(word)
            found[sign(phrase.valence), way.negates].append(phrase)
    return found


def _write(writer: Writer, sizes: Mapping[bool, int], taken: set[str]) -> list[Phrase]:
    """As many sentences of each class as ``sizes`` says, in any order, none like one that is taken but for its ending."""
    room = {(valence, negated): size for negated, size in sizes.items() for valence in range(-2, 3)}
    written: list[Phrase] = []
    while any(room.values()):
        valence, negated = max(room, key=lambda cell: room[cell])
        tense = writer.pick(TENSES)
        drawn = [finished(phrase, tense, "") for phrase in writer.draw(sign(valence), negated)]
        fresh = {phrase.words for phrase in drawn} - taken
        wanted = Counter((phrase.valence, phrase.negated) for phrase in drawn)
        if len(fresh) < len(drawn) or any(room[cell] < number for cell, number in wanted.items()):
            continue
        ending = writer.pick(ENDINGS if valence else ENDINGS[:3])
        written += [phrase._replace(words=phrase.words + ending) for phrase in drawn]
        taken |= fresh
        for cell, number in wanted.items():
            room[cell] -= number
    return [written[place] for place in writer.rng.permutation(len(written))]


@lru_cache(maxsize=4)
def sentences(seed: int) -> tuple[list[Phrase], list[Phrase]]:
    """The sentences to learn from, and those held out."""
    rng, taken = np.random.default_rng(seed), set[str]()
    train = _write(Writer(rng, NEVER_NEGATED), TRAIN, taken)
    return train, _write(Writer(rng), HELD_OUT, taken)


def _known() -> tuple[str, ...]:
    """Every word of the grammar."""
    templates = [way.template for way in SAID + CALLED + DENIED]
    words = (*OPINIONS, *GIFTS, *FLAWS, *TENSES[0], *TENSES[1], "a", "an")
    others = (
        *WHOLE,
        *PARTS,
        *POINTERS,
        *OPENINGS,
        *DENIALS,
        *(filler for fillers in FILLERS.values() for filler in fillers),
    )
    frames = (*templates, *OPPOSED, *NEITHER, *JOINED, *FACTS[False], *FACTS[True], *ENDINGS)
    return vocabulary((*words, *others, *(re.sub(r"{\w+}", " ", frame) for frame in frames)))


KNOWN = _known()


@lru_cache(maxsize=4)
def _data(seed: int) -> Data:
    train, held_out = ([(phrase.words, phrase.valence + 2) for phrase in part] for part in sentences(seed))
    data = sentence_data(train, held_out, KNOWN, np.random.default_rng((seed, ORDER)))
    return data._replace(hard=np.array([phrase.negated for phrase in sentences(seed)[1]]))


@dataclass(frozen=True)
class Sentiment(SentenceTask):
    """Say what a sentence thinks of a film."""

    known = KNOWN
    example = "it's not a great movie."
    has_baselines = True
    hard_part = noted("with a negation")
    defaults = Defaults(bench(32, 16), epochs=20, learning_rate=0.005, batch_size=64)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(_(name) for name in CLASSES)

    def short(self, number: int) -> str:
        return SIGNS[number]

    def shade(self, number: int, probability: float) -> float:
        return (number - 2) / 2 * probability

    def data(self, seed: int) -> Data:
        return _data(seed)

    def baselines(self, seed: int) -> tuple[Baseline, ...]:
        return (bag_of_words(self.data(seed), len(KNOWN)),)

    def facts(self) -> tuple[tuple[str, str], ...]:
        new = ", ".join(word for word in OPINIONS if word in NEVER_NEGATED)
        return (*super().facts(), (_("negated only in sentences held out"), new))


TASKS = (
    Sentiment(
        "sentiment",
        noted("Sentiment"),
        noted(
            "Read a sentence on a film and say what it thinks of it, from very negative to very positive. “Not good” is no "
            "praise, and “good, not bad” is not “bad, not good”: to count the words is not enough, their order matters. "
            "Some words are negated for the first time in the sentences held out."
        ),
    ),
)
