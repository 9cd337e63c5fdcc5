"""Every sentence that a person reads goes through ``_``, so that a catalogue can translate it.

Catalogues lie in ``rnnlab/locale/<language>/LC_MESSAGES/rnnlab.mo``; ``RNNLAB_LANGUAGE`` names the language.
"""

from __future__ import annotations

import gettext
import math
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


def number(value: float) -> str:
    """A number as it stands in drawings: two decimals, fewer of large ones, none of whole ones."""
    if not math.isfinite(value):
        return "?" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 9_999.5:
        written = f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    else:
        written = f"{value:.{0 if float(value).is_integer() or size >= 99.95 else 1 if size >= 9.995 else 2}f}"
    return written.removeprefix("-") if not written.strip("-0.") else written.replace("-", "−")


def power(size: float) -> str:
    """A size in a few signs: 0.88, 1.2·10⁻⁷."""
    if not math.isfinite(size):
        return "∞"
    if size == 0 or 0.001 <= size < 9_999.5:
        return f"{size:.3g}" if size < 999.5 else f"{size:,.0f}"
    digits, exponent = f"{size:.1e}".split("e")
    return f"{digits}·10{raised(int(exponent))}"


def raised(exponent: int) -> str:
    """An exponent as it stands above: ⁻⁷."""
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
