"""Tokens of forms, and keeping what was typed across a lost session."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.accounts.sessions import SignedIn
from bot.accounts.signing import Signer

TOKEN = "csrf"  # noqa: S105  the name, not a token
"""The name of the hidden field with the token."""

_NEVER_KEPT = frozenset({TOKEN, "password", "old_password", "new_password", "code"})

_OWN_VALUES = frozenset({"seen", "live_seen", "decided", "basis", "key", "do", "of", "back", "next", "tests", "check"})
"""Hidden fields and buttons: sent again with the rest, but they say nothing to the person who typed."""


@dataclass(frozen=True)
class TokenOwner:
    """For whom and in which session a form was made."""

    person_id: int
    session_tag: str


def token(signer: Signer, signed_in: SignedIn) -> str:
    """Return the token that a session's forms carry."""
    return signer.sign("form", f"{signed_in.person.id}.{signed_in.tag}")


def owner_of(signer: Signer, given: str) -> TokenOwner | None:
    """Return for whom a token was made, or None when it was not made here."""
    text = signer.read("form", given)
    if text is None:
        return None
    person_id, _, tag = text.partition(".")
    return TokenOwner(int(person_id), tag)


@dataclass(frozen=True)
class Kept:
    """A form that could not be taken, with everything typed into it.

    Attributes:
        path: where it was going.
        person_id: whose it is: only this person is offered to send it again.
        fields: names and values.
    """

    path: str
    person_id: int
    fields: list[tuple[str, str]]

    @property
    def typed(self) -> list[tuple[str, str]]:
        """Return what a person would know as their own words: neither empty nor one of the form's own values."""
        return [(name, value) for name, value in self.fields if value.strip() and name not in _OWN_VALUES]


def keep(path: str, person_id: int, fields: Sequence[tuple[str, str]]) -> Kept | None:
    """Return a form to be kept; None for one with a password or a code: without it the form could not be sent again."""
    if any(name in _NEVER_KEPT - {TOKEN} for name, _ in fields):
        return None
    return Kept(path, person_id, [(name, value) for name, value in fields if name not in _NEVER_KEPT])


def pack(signer: Signer, kept: Kept) -> str:
    """Return a kept form as a signed text: nobody else can have a form sent in a person's name."""
    return signer.sign("kept", json.dumps([kept.path, kept.person_id, kept.fields], ensure_ascii=False))


def unpack(signer: Signer, text: str) -> Kept | None:
    """Return a kept form, or None when the text was not packed here."""
    tree = signer.read("kept", text)
    if tree is None:
        return None
    path, person_id, fields = json.loads(tree)
    return Kept(path, person_id, [(name, value) for name, value in fields])
