"""A person who works with Guidepost, and the roles there are."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.accounts import StoredAccount

ROLES = ("viewer", "translator", "editor", "publisher", "operator", "administrator")
"""Every role, the least powerful first. What each may do is one table: studio.access.PERMISSIONS."""

INTERFACE_LANGUAGES = ("en", "hy", "ru")
"""Languages in which the sites for staff exist."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in.

    Attributes:
        id: the account's number.
        name: as colleagues see it.
        email: what the person signs in with.
        roles: some of ROLES.
        languages: the languages that a translator may edit; without meaning for other roles.
        interface_language: one of INTERFACE_LANGUAGES.
    """

    id: int
    name: str
    email: str
    roles: frozenset[str]
    languages: frozenset[str]
    interface_language: str


def person(account: StoredAccount) -> Person:
    """Return the person to whom an account belongs."""
    return Person(
        account.id,
        account.name,
        account.email,
        frozenset(account.roles),
        frozenset(account.languages),
        account.interface_language,
    )
