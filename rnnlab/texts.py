"""Every sentence that a person reads goes through ``_``, so that a catalogue can translate it.

Catalogues lie in ``rnnlab/locale/<language>/LC_MESSAGES/rnnlab.mo``; ``RNNLAB_LANGUAGE`` names the language.
"""

from __future__ import annotations

import gettext
import os
from pathlib import Path

_catalogue = gettext.translation(
    "rnnlab",
    localedir=Path(__file__).parent / "locale",
    languages=[os.environ.get("RNNLAB_LANGUAGE", "en")],
    fallback=True,
)
_ = _catalogue.gettext
ngettext = _catalogue.ngettext


def noted(text: str) -> str:
    """The text itself; it is noted for the catalogue here and goes through ``_`` where it is shown."""
    return text


def seconds(value: float | None) -> str:
    """A time as people say it: "0.4 s", "2 min 5 s"; a dash where it is not known."""
    if value is None:
        return "–"
    if value < 60:
        return _("{seconds:.1f} s").format(seconds=value)
    return _("{minutes:d} min {seconds:d} s").format(minutes=int(value // 60), seconds=int(value % 60))
