"""What a check has to say to an editor."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from babel import Locale

from bot import i18n
from bot.editing.checks import texts, wording

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
    values: Mapping[str, str | int] = field(default_factory=dict)
    basis: str = ""

    @property
    def key(self) -> str:
        """Identify the remark among all about the same answer."""
        return ":".join((self.code, self.field, self.language, self.about))

    @property
    def basis_hash(self) -> str:
        """Return the fingerprint of the text that an override is tied to."""
        return hashlib.sha256(self.basis.encode("utf-8", "surrogatepass")).hexdigest()

    def text(self, language: str) -> str:
        """Return what is wrong and what to do, in a language of the studio."""
        return message(self.code, self.values, language)


def message(code: str, values: Mapping[str, str | int], language: str) -> str:
    """Return a remark in a language of the studio, for a code and its values as they were stored."""
    shown = {name: _shown(name, value, language) for name, value in values.items()}
    return wording.translate(language, texts.MESSAGES[code], **shown)


def _shown(name: str, value: str | int, language: str) -> str | int:
    if name == "field":
        return field_name(str(value), language)
    if name in ("language", "other_language"):
        return language_name(str(value), language)
    if name == "date":
        return i18n.date(language, dt.date.fromisoformat(str(value)))
    return value


def field_name(name: str, language: str) -> str:
    """Return what a part of an answer is called in the studio."""
    return wording.translate(language, texts.FIELDS.get(name, name))


def language_name(code: str, language: str) -> str:
    """Return the name of a language in a language of the studio."""
    return str(Locale(code).get_display_name(language) or code)
