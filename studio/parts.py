"""What pages work with: the assistant and the services on its database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from bot.accounts.audit import Audit
from bot.accounts.directory import Directory
from bot.accounts.limits import Limits
from bot.accounts.open_id import OpenId
from bot.accounts.sessions import Sessions
from bot.accounts.sign_in import SignIn
from bot.accounts.signing import Signer
from bot.assistant import Assistant
from bot.editing.checks.answers import Limits as CheckLimits
from bot.editing.checks.service import Checks
from bot.editing.examples import Examples
from bot.editing.places import Places
from bot.editing.trial import Trials
from bot.settings import Settings
from bot.storage import Database
from studio.previews import TelegramLook


@dataclass(frozen=True)
class Parts:
    """Everything that pages may use. The database is handed on to services; no page asks it by itself."""

    assistant: Assistant
    database: Database
    settings: Settings
    signer: Signer
    sessions: Sessions
    sign_in: SignIn
    directory: Directory
    audit: Audit
    open_id: OpenId | None
    trials: Trials
    examples: Examples
    places: Places
    checks: Checks
    telegram: TelegramLook


def build(assistant: Assistant, telegram: TelegramLook) -> Parts:
    """Return the parts for an opened assistant.

    Args:
        assistant: what answers.
        telegram: shows what Telegram would be sent, see studio.previews.
    """
    settings, database = assistant.settings, assistant.database
    signer = Signer(assistant.staff_key)
    sessions = Sessions(database, settings.session_hours)
    directory = Directory(database)
    trials = Trials(assistant)
    return Parts(
        assistant=assistant,
        database=database,
        settings=settings,
        signer=signer,
        sessions=sessions,
        sign_in=SignIn(database, sessions, Limits(database, signer)),
        directory=directory,
        audit=Audit(database),
        open_id=OpenId.of(settings, database, directory),
        trials=trials,
        examples=Examples(database, settings.pack, trials.languages),
        places=Places(database, settings.pack),
        checks=Checks(
            database,
            settings.pack,
            CheckLimits(verified_days=settings.verified_days, expiring_days=settings.expiring_days),
        ),
        telegram=telegram,
    )


def parts(request: Request) -> Parts:
    """Return the application's parts."""
    found: Parts = request.app.state.studio
    return found


PartsOf = Annotated[Parts, Depends(parts)]
