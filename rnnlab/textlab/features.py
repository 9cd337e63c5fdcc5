"""Features of a text that a unit may follow: a registry from name to what is computed from the text alone.

The value at a character is what holds once that character has been read, as a unit's value there is what it is after that
character. So an opening quotation mark is inside, and the closing one is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.texts import _, noted

Values = NDArray[np.float32]


class Feature(NamedTuple):
    """A feature.

    Attributes:
        name: of the registry.
        title: on screen; goes through ``_``.
        values: from a text of N characters its numbers, (N): 0 and 1 where it holds or not, else a count.
        ends: the characters that end it, whose probability is worth watching; "" where there are none.
    """

    name: str
    title: str
    values: Callable[[str], Values]
    ends: str = ""


class Found(NamedTuple):
    """What was computed of a passage.

    Attributes:
        values: by its name each feature, (N).
        left_out: by its name why a feature is not there.
    """

    values: dict[str, Values]
    left_out: dict[str, str]


#: Where a straight single mark is an apostrophe: between letters ("don't"), and for letters left out at the beginning or the end
#: of a word, as plays have them.
_WITHIN = r"(?<=\w)'(?=\w)"
_BEFORE = r"'(?=(?:tis|twas|twere|twill|twould|twixt|tween|gainst|mongst|em|s|st|scape|fore|bout|cause|larum|n|d|ll)\b)"
_BEHIND = r"(?:(?<= i)|(?<= o)|(?<= a)|(?<= th)|(?<= ha)|(?<= wi)|(?<=\ni)|(?<=\nO)|(?<=\nI))'"
#: What is quoted with single marks stands on one line; letters may precede as a prefix of Python.
_SINGLE = (
    rf"(?<![\w'])[rRbBfFuU]{{0,2}}(?P<single>(?!{_BEFORE})'"
    rf"(?:\\[^\n]|[^'\\\n]|{_WITHIN}|{_BEFORE}|{_BEHIND}){{1,1000}}?(?!{_BEHIND})'(?!\w))"
)
_TRIPLE = r'"""(?s:\\.|[^\\])*?"""'
#: What is said may go over lines; where the closing mark has been forgotten it ends with the paragraph.
_QUOTED = re.compile(
    rf'{_TRIPLE}|"(?:\\[^\n]|[^"\\\n]|\n(?![ \t]*\n)|\\)*(?:"|(?=\n)|\Z)'
    r"|“(?:[^“”\n]|\n(?![ \t]*\n))*(?:”|(?=[“\n])|\Z)"
    rf"|‘(?:[^‘’\n]|(?<=\w)’(?=\w))*’|«[^«»\n]*»|「[^「」\n]*」|『[^『』\n]*』|{_SINGLE}"
)
_DOUBLE = r'"(?:\\[^\n]|[^"\\\n]){0,1000}"'
#: Comments and strings as Python writes them.
_PYTHON = re.compile(rf"(?P<comment>#[^\n]*)|{_TRIPLE}|" + _TRIPLE.replace('"', "'") + rf"|{_DOUBLE}|{_SINGLE}")
#: The same as C does, and C++, Java or JavaScript. Before its second character a comment is none yet, but a division.
_C = re.compile(
    r"/(?P<comment>/[^\n]*|\*(?s:.*?)(?:\*(?=/)|\Z))/?"
    rf"|{_DOUBLE}|(?P<single>(?<![0-9A-Fa-f])'(?:\\[^\n]|[^'\\\n]){{1,1000}}')"
)
#: Lines that code like C has and hardly any other text, and those of Python (a play has some of these): of which there are
#: more says how comments and strings are written.
_LIKE_C = re.compile(
    r"^[ \t]*(?:/[/*]|\*+/|#[ \t]*(?:include|define|undef|if|ifdef|ifndef|else|elif|endif|pragma|error)\b)"
    r"|(?:[{}]|[)}];)[ \t]*$|;[ \t]*/[/*]",
    re.MULTILINE,
)
_LIKE_PYTHON = re.compile(
    r"^[ \t]*(?:#[ !]|#$|@\w|(?:async )?def |class .*:|import \w|from [\w.]+ import)|:[ \t]*$", re.MULTILINE
)
_OPENING = {")": "(", "]": "[", "}": "{"}
_VOWELS = frozenset("aeiouAEIOU")
_SYLLABLES, _ENDINGS = range(0xAC00, 0xD7A4), 28  # Unicode 3.12: Hangul syllables and how they end
_TAB = 4
_LONGEST_NAME = 40
_NAME = re.compile(r"[^\W\d_][\w .,'’&-]*[:.]")


def _spans(found: Iterable[tuple[int, int]], length: int) -> Values:
    """1 from each start to before its end, summed up where they overlap."""
    changes = np.zeros(length + 1, np.int64)
    for start, end in found:
        changes[start] += 1
        changes[end] -= 1
    return changes[:length].cumsum().astype(np.float32)


def _each(holds: Callable[[str], bool]) -> Callable[[str], Values]:
    """A feature of single characters."""

    def values(text: str) -> Values:
        known = {character: holds(character) for character in set(text)}
        return np.array([known[character] for character in text], np.float32)

    return values


def _to_closing(match: re.Match[str]) -> tuple[int, int]:
    """From the opening mark, which letters may precede, to before the closing one, where there is one."""
    start = match.start("single") if match["single"] else match.start()
    closed = len(match[0]) > 1 and match[0][-1] in "\"'”’»」』"
    return start, match.end() - closed


def _quoted(text: str) -> Values:
    return _spans(map(_to_closing, _QUOTED.finditer(text)), len(text))


def _code(text: str) -> Iterator[re.Match[str]]:
    """Its comments and strings, in the way of the language that it looks like."""
    like_c = len(_LIKE_C.findall(text)) > len(_LIKE_PYTHON.findall(text))
    return (_C if like_c else _PYTHON).finditer(text)


def _commented(text: str) -> Values:
    return _spans((match.span("comment") for match in _code(text) if match["comment"]), len(text))


def _in_string(text: str) -> Values:
    """Three marks of Python open and close as well as one."""
    return _spans((_to_closing(match) for match in _code(text) if not match["comment"]), len(text))


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """Brackets that belong together; those of a string or a comment belong to no other than each other."""
    scopes = np.zeros(len(text), np.int32)
    for number, match in enumerate(_code(text), 1):
        scopes[match.start() : match.end()] = number
    by_scope = defaultdict[int, list[int]](list)
    for match in re.finditer(r"[()\[\]{}]", text):
        by_scope[int(scopes[match.start()])].append(match.start())
    for places in by_scope.values():
        yield from _matched(text, places)


def _matched(text: str, places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Of the brackets at these places those that belong together. What is open between two of them is never closed."""
    waiting, of_kind = list[int](), dict.fromkeys("([{", 0)
    for place in places:
        if text[place] in of_kind:
            waiting.append(place)
            of_kind[text[place]] += 1
            continue
        wanted, opened = _OPENING[text[place]], ""
        if not of_kind[wanted]:
            continue
        while opened != wanted:
            start = waiting.pop()
            opened = text[start]
            of_kind[opened] -= 1
        yield start, place


def _bracketed(kinds: str) -> Callable[[str], Values]:
    """How many brackets of these kinds are open; one that is never closed, or closes nothing, does not count."""

    def values(text: str) -> Values:
        return _spans((pair for pair in _pairs(text) if text[pair[0]] in kinds), len(text))

    return values


def _holding(values: Callable[[str], Values]) -> Callable[[str], Values]:
    """1 wherever there is more than 0."""
    return lambda text: (values(text) > 0).astype(np.float32)


def _lines(text: str) -> list[str]:
    """The lines, each with its line break in front, as it is read after that of the line before."""
    first, *others = text.split("\n")
    return [first, *("\n" + line for line in others)]


def _position(text: str) -> Values:
    """Characters read since the last line break."""
    offsets = [np.arange(len(line)) + (number == 0) for number, line in enumerate(_lines(text))]
    return np.concatenate(offsets).astype(np.float32)


def _indentation(text: str) -> Values:
    """How far the line is indented, in columns; until its first visible character that of the line before."""
    values, depth = [], 0
    for line in _lines(text):
        blank = len(line) - len(line.lstrip())
        values.append(np.full(blank, depth))
        if blank < len(line):
            depth = len(line[:blank].removeprefix("\n").expandtabs(_TAB))
        values.append(np.full(len(line) - blank, depth))
    return np.concatenate(values).astype(np.float32)


def _is_name(line: str) -> bool:
    """Whether a line says who speaks: alone on it, in capitals, with ":" or "." behind."""
    name = line.strip()
    in_capitals = len(name) <= _LONGEST_NAME and name == name.upper() != name.lower()
    return in_capitals and bool(_NAME.fullmatch(name)) and name.split()[0] not in ("ACT", "SCENE")


def _speaker(text: str) -> Values:
    return np.concatenate([
        np.concatenate([np.zeros(len(line) - len(bare)), np.full(len(bare), _is_name(bare))])
        for line in _lines(text)
        for bare in [line.removeprefix("\n")]
    ]).astype(np.float32)  # fmt: skip


def _word_start(text: str) -> Values:
    letters = _each(str.isalnum)(text)
    before = np.concatenate([np.zeros(1, np.float32), letters[:-1]])
    return (letters > before).astype(np.float32)


def _is_vowel(character: str) -> bool:
    """A Latin vowel, with or without accents, or a Korean syllable that ends in its vowel."""
    if ord(character) in _SYLLABLES:
        return (ord(character) - _SYLLABLES.start) % _ENDINGS == 0
    return unicodedata.normalize("NFD", character)[0] in _VOWELS


FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("quotes", noted("inside quotation marks"), _quoted, "\"'”’»」』"),
        Feature("round", noted("inside round brackets"), _holding(_bracketed("(")), ")"),
        Feature("square", noted("inside square brackets"), _holding(_bracketed("[")), "]"),
        Feature("curly", noted("inside curly brackets"), _holding(_bracketed("{")), "}"),
        Feature("depth", noted("how many brackets are open"), _bracketed("([{"), ")]}"),
        Feature("comment", noted("in a comment"), _commented, "\n"),
        Feature("string", noted("inside a string of code"), _in_string, "\"'"),
        Feature("indentation", noted("how far the line is indented"), _indentation),
        Feature("position", noted("position in the line"), _position, "\n"),
        Feature("upper", noted("an upper case letter"), _each(str.isupper)),
        Feature("speaker", noted("a speaker's name"), _speaker, ":.\n"),
        Feature("word_start", noted("the first letter of a word"), _word_start),
        Feature("vowel", noted("a vowel"), _each(_is_vowel)),
        Feature("digit", noted("a digit"), _each(str.isdigit)),
    )
}


def features_of(text: str, names: Iterable[str] = tuple(FEATURES)) -> Found:
    """These features of a passage, without those that are the same everywhere in it, or the same as one before.

    In prose the strings of code are what stands inside quotation marks, and say nothing more.

    Raises:
        ValueError: there is no such feature, or no text.
    """
    if not text:
        raise ValueError(_("the passage is empty"))
    values, left_out = dict[str, Values](), dict[str, str]()
    for name in names:
        if name not in FEATURES:
            raise ValueError(f"feature must be one of {', '.join(FEATURES)}, not {name!r}")
        found = FEATURES[name].values(text)
        same = next((other for other, known in values.items() if np.array_equal(known, found)), None)
        if found.min() == found.max():
            left_out[name] = _("never occurs in this passage") if found[0] == 0 else _("is the same everywhere in it")
        elif same:
            left_out[name] = _("is the same as “{feature}” in this passage").format(feature=_(FEATURES[same].title))
        else:
            values[name] = found
    return Found(values, left_out)
