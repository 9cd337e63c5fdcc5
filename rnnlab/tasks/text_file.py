"""A text file that a person brings: read as UTF-8, within a limit, with a sentence about what is wrong."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path

from rnnlab.texts import _

MOST_MEGABYTES = 5


def read_path(path: Path) -> str:
    """The text of a file in Unicode's composed form, each line ended by one newline character.

    Raises:
        ValueError: it is too large, or no text in UTF-8, or has nothing in it.
        OSError: it cannot be read.
    """
    try:
        return _text(path)
    except ValueError as error:
        raise ValueError(_("{name}: {problem}").format(name=path.name, problem=error)) from None


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MOST_MEGABYTES * 2**20 + 1)  # of a device without end, no more than that
    if len(content) > MOST_MEGABYTES * 2**20:
        raise ValueError(_("the file has more than the {most} MB that are allowed").format(most=MOST_MEGABYTES))
    text = decode(content, _("save it as UTF-8"))
    if not text.strip():
        raise ValueError(_("there is no text in the file"))
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def decode(content: bytes, advice: str) -> str:
    """The text that these bytes are in UTF-8.

    Args:
        content: the bytes of a file.
        advice: what to do where it is in another encoding, in small letters.

    Raises:
        ValueError: they are no text, or in another encoding.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError(_("the file is in UTF-16; {advice}").format(advice=advice))
    if b"\0" in content:
        sentence = _("the file is no text, for it has NUL bytes; if it should be one, {advice}")
        raise ValueError(sentence.format(advice=advice))
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ValueError(_("line {line} is not in UTF-8; {advice}").format(line=line, advice=advice)) from None
