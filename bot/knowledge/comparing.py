"""When two texts are the same to a reader."""

from __future__ import annotations

import re
import unicodedata


def comparable(text: str) -> str:
    """Return a text without case, punctuation and spacing, for finding duplicates."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"[\u055a-\u055f]", "", text)
    return " ".join(re.findall(r"\w+", text)) or text.strip()
