"""Python's own source code on this machine: the files of the standard library, read as text, never imported or run.

It is what this machine's Python brings, so that another version of Python gives another text.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from rnnlab.corpora.reader import Part, Reader
from rnnlab.text_file import normal
from rnnlab.texts import _, noted

#: Which modules and packages each part reads, by its title: code that people wrote, without tests and tables of data.
_PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "data": (noted("Files of data (json, csv, html …)"), ("configparser", "csv", "html", "json", "tomllib", "zipfile")),
    "web": (noted("The web (http, urllib, smtplib …)"), ("http", "smtplib", "socketserver", "urllib", "wsgiref")),
    "numbers": (
        noted("Numbers (random, statistics, decimal …)"),
        ("_pydecimal", "bisect", "calendar", "colorsys", "fractions", "heapq", "random", "statistics"),
    ),
    "words": (
        noted("Words (string, re, textwrap …)"),
        ("difflib", "gettext", "pprint", "re", "shlex", "string", "textwrap", "tokenize"),
    ),
    "tools": (
        noted("Tools (argparse, logging, pathlib …)"),
        ("argparse", "contextlib", "dataclasses", "functools", "logging", "pathlib", "shutil", "tempfile"),
    ),
}

#: Tables that were made by programs.
_TABLES = frozenset({"html/entities.py", "re/_casefix.py"})


class _PythonCode(Reader):
    title = noted("Python source code")

    def parts(self) -> tuple[Part, ...]:
        if self.missing():
            return ()
        return (Part("", _("All of these")), *(Part(name, _(title)) for name, (title, _modules) in _PARTS.items()))

    def missing(self) -> str:
        if _files(_modules("")):
            return ""
        return _("Python's own source code is not on this machine: its standard library has no .py files.")

    def read(self, part: str) -> str:
        if part and part not in _PARTS:
            sentence = _("there is no part {part!r} of Python's source code; there are {all}")
            raise ValueError(sentence.format(part=part, all=", ".join(_PARTS)))
        if missing := self.missing():
            raise ValueError(missing)
        return "\n\n".join(_text(path) for path in _files(_modules(part))) + "\n"


def _modules(part: str) -> tuple[str, ...]:
    """The modules of one part, or of all."""
    chosen: Iterable[str] = [part] if part else _PARTS
    return tuple(sorted(module for name in chosen for module in _PARTS[name][1]))


@lru_cache
def _files(modules: tuple[str, ...]) -> tuple[Path, ...]:
    """The files of these modules and packages, in order of their names."""
    library = Path(sysconfig.get_path("stdlib"))
    found = {
        path for name in modules for pattern in (f"{name}.py", f"{name}/**/*.py") for path in library.glob(pattern)
    }
    return tuple(sorted(path for path in found if path.relative_to(library).as_posix() not in _TABLES))


def _text(path: Path) -> str:
    """A file without blank lines at its ends; a comment where there is nothing in it."""
    content = path.read_text(encoding="utf-8", errors="replace")
    return normal(content).strip("\n") if content.strip() else f"# {path.name} is empty"


READER = _PythonCode()
