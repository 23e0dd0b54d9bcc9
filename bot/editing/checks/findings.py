"""What a check has to say to an editor. The words are in `texts`; the studio says them in the editor's language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Literal

Severity = Literal["error", "warning"]
"""An error blocks; a warning can be overridden with a reason."""


@dataclass(frozen=True)
class Finding:
    """One remark about a text or a question.

    Attributes:
        code: what kind of remark; see `bot.editing.checks.texts.MESSAGES`.
        severity: whether it blocks.
        field: part of the answer, e.g. `summary`; empty when it is about the whole.
        language: of the text it is about; empty when it is about the question.
        about: what else tells it from another remark of the same code: the other language or question.
        values: what stands in the message's braces.
        basis: the text that the remark is about. An override holds for this very text.
    """

    code: str
    severity: Severity
    field: str = ""
    language: str = ""
    about: str = ""
    values: Mapping[str, str | int] = default(default_factory=dict)
    basis: str = ""

    @property
    def key(self) -> str:
        """Identify the remark among all about the same answer."""
        return ":".join((self.code, self.field, self.language, self.about))

    @property
    def basis_hash(self) -> str:
        """Return the fingerprint of the text that an override is tied to."""
        return hashlib.sha256(self.basis.encode("utf-8", "surrogatepass")).hexdigest()
