"""The editing services, as pages get them: `editing: EditingOf`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from bot.accounts.people import Person
from bot.editing.checks.service import Checks
from bot.editing.drafts import Drafts
from bot.editing.history import History
from bot.editing.notes import Notes
from bot.editing.presence import Presence
from bot.editing.questions import Questions
from bot.editing.retiring import Retiring
from bot.editing.review import Review
from bot.editing.status import Status
from bot.editing.today import Today
from studio import access
from studio.parts import PartsOf


@dataclass(frozen=True)
class Editing:
    """Everything that pages about content may use."""

    drafts: Drafts
    review: Review
    history: History
    status: Status
    presence: Presence
    notes: Notes
    questions: Questions
    retiring: Retiring
    checks: Checks
    today: Today


def editing(parts: PartsOf) -> Editing:
    """Return the services for the application's pack and settings."""
    settings, database = parts.settings, parts.database
    pack = settings.pack
    checks = parts.checks
    status = Status(database, pack, expiring_days=settings.expiring_days, verified_days=settings.verified_days)
    review = Review(database, pack, approve_own=settings.approve_own, checker=checks.blocking)
    notes = Notes(database, pack)
    return Editing(
        drafts=Drafts(database, pack),
        review=review,
        history=History(database, pack),
        status=status,
        presence=Presence(database, pack),
        notes=notes,
        questions=Questions(database, pack),
        retiring=Retiring(database, pack),
        checks=checks,
        today=Today(database, pack, status, review, notes),
    )


EditingOf = Annotated[Editing, Depends(editing)]


def own_languages(person: Person, languages: list[str]) -> list[str]:
    """Return those of a pack's languages in which a person may edit."""
    return [language for language in languages if access.may_edit(person, language)]
