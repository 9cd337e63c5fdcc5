"""What every source of texts can do; each module of this package that has a ``READER`` is one."""

from __future__ import annotations

from typing import NamedTuple

from rnnlab.texts import _


class Part(NamedTuple):
    """One text of a source, as a select box offers it."""

    name: str
    #: What the source is called, noted for the catalogue.
    title: str


class Reader:
    """Reads the texts of one source; the same on every machine that has the same packages."""

    #: What the source is called, noted for the catalogue.
    title: str

    def parts(self) -> tuple[Part, ...]:
        """What can be chosen, the usual one first; none where the source is not to be had here."""
        raise NotImplementedError

    def missing(self) -> str:
        """Why the source is not to be had on this machine, as a sentence; empty where it is."""
        return ""

    def check(self, part: str, own: str) -> str:  # noqa: ARG002 - a person's own has no parts
        """The text that a person brings, as it is kept; empty where this source takes none.

        Raises:
            ValueError: this source takes no such text, or no such part.
        """
        if own:
            raise ValueError(_("{title} takes no text of your own").format(title=_(self.title)))
        return own

    def read(self, part: str) -> str:
        """The text: in Unicode's composed form, each line ended by one newline character.

        Args:
            part: the name of one of the parts, empty for the usual one; of ``Source.OWN`` the text itself.

        Raises:
            ValueError: there is no such part, or the source is missing.
        """
        raise NotImplementedError
