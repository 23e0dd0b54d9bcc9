"""The widget's one script, put together from its parts when the program starts.

A site owner takes in one file, and people on a thin connection load few bytes; the sources stay apart by what they are
for. No build tool is involved: comment lines and indentation are left out, nothing else is changed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
PARTS = ("dom.js", "talk.js", "blocks.js", "speech.js", "elsewhere.js", "element.js", "start.js")
"""In this order; all share one scope, as if they were one file."""


@dataclass(frozen=True)
class Bundle:
    """A file ready to be sent: its bytes, the same gzipped, and a name for this version."""

    body: bytes
    gzipped: bytes
    tag: str

    @classmethod
    def of(cls, text: str) -> Bundle:
        """Make one of a text."""
        body = text.encode()
        return cls(body, gzip.compress(body, 9, mtime=0), f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def lean(source: str) -> str:
    """Return JavaScript or CSS without comment lines, empty lines and indentation.

    The parts keep each comment on lines of its own and no text runs over lines, so that this is safe.
    """
    source = re.sub(r"^\s*/\*.*?\*/\s*$", "", source, flags=re.MULTILINE | re.DOTALL)
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def script() -> Bundle:
    """Return the widget's script with its styles."""
    css = re.sub(r"\s*([{};,])\s*", r"\1", lean((_HERE / "widget.css").read_text(encoding="utf-8")))
    parts = "\n".join(lean((_HERE / part).read_text(encoding="utf-8")) for part in PARTS)
    return Bundle.of(f'(()=>{{"use strict";\nconst CSS={json.dumps(css)};\n{parts}\n}})();\n')
