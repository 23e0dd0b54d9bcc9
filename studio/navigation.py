"""The pages that everybody can reach from everywhere, by permission."""

from __future__ import annotations

from dataclasses import dataclass

from bot.accounts.people import Person
from studio.access import may
from studio.texts import _


@dataclass(frozen=True)
class Entry:
    """A link of the main navigation: English text, path, permission that the page asks for."""

    text: str
    path: str
    permission: str


ENTRIES = (
    Entry(_("Today"), "/studio", "own.account"),
    Entry(_("Content"), "/studio/board", "content.read"),
    Entry(_("Review"), "/studio/review", "content.review"),
    Entry(_("Examples"), "/studio/examples", "content.read"),
    Entry(_("Places"), "/studio/places", "content.read"),
    Entry(_("Checks"), "/studio/checks", "content.read"),
    Entry(_("Try it"), "/studio/try", "try"),
    Entry(_("Releases"), "/studio/releases", "content.read"),
    Entry(_("Notice"), "/studio/notice", "notice.publish"),
    Entry(_("Accounts"), "/studio/accounts", "accounts.manage"),
    Entry(_("Audit"), "/studio/audit", "audit.read"),
)


def entries(person: Person) -> list[Entry]:
    """Return the links that a person can follow."""
    return [entry for entry in ENTRIES if may(person, entry.permission)]
