"""A text file that a person brings: read as UTF-8, within a limit, with a sentence about what is wrong."""

from __future__ import annotations

import codecs
import re
import unicodedata
from pathlib import Path

from rnnlab.texts import _

MOST_MEGABYTES = 5

#: Marks that order or direct letters without being seen: they would reorder a page and teach a model nothing.
_UNSEEN = re.compile("[\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def read_path(path: Path) -> str:
    """The text of a file in Unicode's composed form, each line ended by one newline character.

    Raises:
        ValueError: it is too large, or no text in UTF-8, or has nothing in it.
        OSError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return read_bytes(file.read(MOST_MEGABYTES * 2**20 + 1))  # of a device without end, no more than that
    except ValueError as error:
        raise ValueError(_("{name}: {problem}").format(name=path.name, problem=error)) from None


def read_bytes(content: bytes) -> str:
    """The text that the bytes of a file are, as ``read_path`` says."""
    _check_size(len(content))
    return normal(decode(content, _("save it as UTF-8")))


def checked(text: str) -> str:
    """A text that a person typed, pasted or brought, as a model can learn it: as ``read_path`` says.

    Raises:
        ValueError: it is too large, has nothing in it, or has control characters.
    """
    _check_size(len(text.encode(errors="surrogatepass")))
    normalised = normal(text)
    if found := _CONTROL.search(normalised):
        raise ValueError(
            _("line {line} has the control character {character!r}; only line ends and tabs are allowed").format(
                line=normalised.count("\n", 0, found.start()) + 1, character=found[0]
            )
        )
    return normalised


def normal(text: str) -> str:
    """The text in Unicode's composed form, each line ended by one newline character, without unseen marks.

    Raises:
        ValueError: there is nothing in it.
    """
    if not text.strip():
        raise ValueError(_("there is no text"))
    return unicodedata.normalize("NFC", _UNSEEN.sub("", _LINE_ENDS.sub("\n", text)))


def _check_size(size: int) -> None:
    if size > MOST_MEGABYTES * 2**20:
        raise ValueError(_("the text has more than the {most} MB that are allowed").format(most=MOST_MEGABYTES))


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
