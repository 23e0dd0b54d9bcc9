"""Lines of the audit in words: what was done, to what, and the details."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from babel import Locale, UnknownLocaleError

from bot.accounts.audit import StoredEntry
from bot.accounts.deeds import ACTIONS, action_of
from bot.accounts.people import ROLES
from studio.names import Names, Titles
from studio.pages.checks import NAMES as CHECK_NAMES
from studio.release_names import MOVE_NAMES
from studio.texts import _, translate

DETAIL_NAMES = {
    "after": _("after"),
    "before": _("before"),
    "by_provider": _("by the service’s sign-in"),
    "comment": _("comment"),
    "due": _("when (world time)"),
    "finding": _("remark"),
    "flagged": _("taken in spite of a remark"),
    "kind": _("how"),
    "languages": _("languages"),
    "lines": _("lines"),
    "local": _("when (local time)"),
    "name": _("name"),
    "note": _("note number"),
    "of": _("of the content of release"),
    "provider": _("sign-in of the service"),
    "reason": _("reason"),
    "revision": _("number of the approved version"),
    "roles": _("roles"),
    "schedule": _("schedule number"),
    "small_edit": _("small edit"),
    "texts": _("text"),
    "title": _("title"),
    "until": _("shown until (world time)"),
    "with": _("by means of"),
    "writers": _("written by"),
    "zone": _("time zone"),
}
"""What the details of audit lines are called."""

YES, NO = _("yes"), _("no")

_MEANS = {
    "password": _("password"),
    "password and app": _("password and app"),
    "password and recovery code": _("password and recovery code"),
    **{role: role for role in ROLES},
}
"""How people signed in, and their roles, whose English names are their codes."""

_TYPED = frozenset({"comment", "lines", "name", "reason", "texts", "title", "writers"})
"""Details that people have typed: never taken for a code."""

_SHORT = 20
"""Characters up to which the items of a list stand in one line."""

_NUMBERED = {
    "release": _("Release {number}"),
    "build": _("Build {number}"),
    "schedule": _("Schedule {number}"),
    "notice": _("Notice {number}"),
}
_SUBJECT = re.compile(r"(?P<question>[a-z][a-z0-9_]*/[a-z][a-z0-9_]*)(?P<more>( [a-z]+)*)")


@dataclass(frozen=True)
class Subject:
    """What a line is about: its words, and the page that shows it, if there is one."""

    text: str
    path: str = ""


class DeedNames:
    """Says the audit in a language."""

    def __init__(self, names: Names, titles: Titles) -> None:
        """Prepare.

        Args:
            names: words in the language, from the live content.
            titles: of all questions, those without an approved answer among them.
        """
        self._names = names
        self._titles = titles
        self._language = names.language

    def action(self, action: str, detail: dict[str, Any] | None = None) -> str:
        """Return what was done."""
        known = ACTIONS.get(action_of(action, detail or {}))
        return translate(self._language, known) if known else action

    def subject(self, entry: StoredEntry) -> Subject:
        """Return what it was done to."""
        thing, _sep, number = entry.subject.partition(" ")
        if thing in _NUMBERED and number.isdigit():
            text = translate(self._language, _NUMBERED[thing], number=number)
            return Subject(text, f"/studio/releases/{number}" if thing == "release" else "")
        if entry.action.startswith("place."):
            place = next((each for each in self._names.library.pack.places if each.id == entry.subject), None)
            if place:
                return Subject(self._names.library.name(place.name, self._language), f"/studio/places/{place.id}")
        match = _SUBJECT.fullmatch(entry.subject)
        if match is None:
            return Subject(entry.subject)
        question = match["question"]
        known = question in self._titles
        parts = [self._title(question), *map(self._part, match["more"].split())]
        return Subject(" · ".join(parts), f"/studio/questions/{question}" if known else "")

    def words(self, entry: StoredEntry) -> tuple[str, str]:
        """Return action and subject in words, for an export."""
        return self.action(entry.action, entry.detail), self.subject(entry).text

    def details(self, entry: StoredEntry) -> list[tuple[str, str]]:
        """Return the details as (name, value), without those that say nothing."""
        return [
            (self._key(name), self._value(name, value))
            for name, value in entry.detail.items()
            if value not in ("", None, [], {})
        ]

    def _value(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return translate(self._language, YES if value else NO)
        if isinstance(value, dict):
            return "\n".join(f"{self._key(str(key))}: {self._value(str(key), each)}" for key, each in value.items())
        if isinstance(value, list):
            apart = "\n" if any(len(str(each)) > _SHORT for each in value) else ", "
            return apart.join(self._value(name, each) for each in value)
        if name == "languages":
            return self._part(str(value))
        code = str(value).partition(":")[0]
        known = {**MOVE_NAMES, **CHECK_NAMES, **_MEANS}.get(code) if name not in _TYPED else None
        return translate(self._language, known) if known else str(value)

    def _title(self, question: str) -> str:
        title = self._titles.get(question, {})
        return title.get(self._language) or next(iter(title.values()), question)

    def _part(self, part: str) -> str:
        if part in self._names.library.pack.situations:
            return self._names.situation(part)
        if not re.fullmatch(r"[a-z]{2}", part):
            return part
        try:
            return Locale.parse(part).get_display_name(self._language) or part
        except UnknownLocaleError:
            return part

    def _key(self, name: str) -> str:
        known = DETAIL_NAMES.get(name)
        return translate(self._language, known) if known else self._part(name)
