"""A text that a person brings or types."""

from __future__ import annotations

from rnnlab.corpora.reader import Part, Reader
from rnnlab.text_file import checked
from rnnlab.texts import _, noted


class _OwnText(Reader):
    title = noted("Your own text")

    def parts(self) -> tuple[Part, ...]:
        return ()

    def check(self, part: str, own: str) -> str:
        if part:
            raise ValueError(_("a text of your own has no part {part!r}").format(part=part))
        return checked(own)

    def read(self, part: str) -> str:
        return part


READER = _OwnText()
