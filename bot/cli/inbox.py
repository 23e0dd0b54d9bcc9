"""`guidepost inbox`: updates of messengers that could not be handled."""

from __future__ import annotations

import argparse
import asyncio

from bot.conversation.inbox import Inbox
from bot.errors import BadInputError
from bot.settings import Settings
from bot.storage import Database


def add_parser(verbs: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Describe the command."""
    parser = verbs.add_parser("inbox", help="updates of messengers that were given up: see them, try them again")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list them: number, channel, when, how often tried, kind of error")
    listing.set_defaults(run=lambda options: asyncio.run(_list()))
    again = actions.add_parser("retry", help="let a running or the next `serve` handle them again")
    again.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="as listed")
    again.add_argument("--all", action="store_true", help="all of them")
    again.set_defaults(run=lambda options: asyncio.run(_retry(options.numbers, everything=options.all)))


async def _open() -> tuple[Database, Inbox]:
    settings = Settings.load()
    database = Database.at(settings.database_url, settings.data_dir)
    await database.migrate()
    return database, Inbox(database, "telegram")


async def _list() -> int:
    database, inbox = await _open()
    try:
        dead = await inbox.given_up()
    finally:
        await database.close()
    if not dead:
        print("Nothing was given up.")
    # What they say is left out on purpose: a terminal's history is no place for it.
    for each in dead:
        when = each.received_at.astimezone().strftime("%Y-%m-%d %H:%M")
        print(f"{each.id}\t{each.channel}\t{when}\ttried {each.attempts}×\t{each.problem or ''}")
    return 0


async def _retry(numbers: list[int], *, everything: bool) -> int:
    if not numbers and not everything:
        raise BadInputError("Name the numbers that 'guidepost inbox list' shows, or give --all.")
    database, inbox = await _open()
    try:
        wanted = [each.id for each in await inbox.given_up()] if everything else numbers
        revived = await inbox.retry(wanted)
    finally:
        await database.close()
    print(f"{revived} will be handled again." if revived else "None of these was given up.")
    return 0 if revived or everything else 1
