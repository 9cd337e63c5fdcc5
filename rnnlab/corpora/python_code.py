"""Python's own source code on this machine: read as text, never imported."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from rnnlab.corpora.reader import Part, Reader
from rnnlab.texts import _


class _PythonCode(Reader):
    title = _("Python source code")

    def parts(self) -> tuple[Part, ...]:
        return (Part("json", "json"),)

    def read(self, part: str) -> str:
        folder = Path(sysconfig.get_path("stdlib")) / "json"
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))


READER = _PythonCode()
