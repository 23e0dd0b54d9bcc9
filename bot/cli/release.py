"""`guidepost release list|build|publish`: releases without a browser. The studio's builds run in `build --id`."""

from __future__ import annotations

import argparse
import asyncio

from bot import logs
from bot.knowledge.releases import Releases
from bot.publishing import builder, comparing
from bot.publishing.going_live import GoingLive
from bot.publishing.progress import Progress
from bot.publishing.queue import BuildQueue
from bot.settings import Settings
from bot.storage import Database
from bot.storage import publishing as stored


def add_parser(verbs: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Describe the command."""
    parser = verbs.add_parser("release", help="list, build or publish releases")
    deeds = parser.add_subparsers(dest="deed", metavar="list|build|publish", required=True)
    deeds.add_parser("list", help="list the releases and which one is live").set_defaults(run=_list)
    build = deeds.add_parser("build", help="build what is approved now, publish nothing")
    build.add_argument("--id", type=int, help="carry out this build; the server does so by itself")
    build.set_defaults(run=_build)
    publish = deeds.add_parser("publish", help="let a release answer; a running server follows within seconds")
    publish.add_argument("number", type=int, help="the release's number")
    publish.add_argument("--reason", default="", help="needed where the release lowers a topic")
    publish.set_defaults(run=_publish)


def _build(options: argparse.Namespace) -> int:
    settings = Settings.load()
    logs.configure(settings.log_level)
    return builder.carry_out(settings, options.id) if options.id else asyncio.run(_build_here(settings))


async def _build_here(settings: Settings) -> int:
    database = Database.at(settings.database_url, settings.data_dir)
    try:
        await database.migrate()
        queue = BuildQueue(database, settings)
        number = await queue.ask(None)
        # What was queued before comes first; a server, where one runs, may take this one over.
        while (state := (await queue.get(number)).state) in (stored.QUEUED, stored.RUNNING):
            async with database.work() as session:
                started = await stored.start_next_build(session, settings.pack)
            if started is None:
                await asyncio.sleep(1)
            else:
                await builder.run(settings, started)
        build = await queue.get(number)
        if state == stored.DONE:
            print(f"Release {build.release_id} is built. Publish it with: guidepost release publish {build.release_id}")
            return 0
        print(f"The build failed ({build.failure}): {build.detail}")
        return 1
    finally:
        await database.close()


def _list(options: argparse.Namespace) -> int:
    return asyncio.run(_print_list(Settings.load()))


async def _print_list(settings: Settings) -> int:
    database = Database.at(settings.database_url, settings.data_dir)
    try:
        await database.migrate()
        live = await _releases(settings, database).live_number()
        async with database.work() as session:
            found, _ = await stored.release_page(session, settings.pack, 0, 50)
    finally:
        await database.close()
    for number, at, scores in found:
        share = comparing.overall(scores)
        understood = f"{share:5.1f} %" if share is not None else "   –   "
        print(f"{number:5d}  {at:%Y-%m-%d %H:%M} UTC  {understood}{'  live' if number == live else ''}")
    return 0


def _publish(options: argparse.Namespace) -> int:
    settings = Settings.load()
    logs.configure(settings.log_level)
    return asyncio.run(_let_answer(settings, options.number, options.reason))


async def _let_answer(settings: Settings, number: int, reason: str) -> int:
    settings.name_encoder()
    database = Database.at(settings.database_url, settings.data_dir)
    try:
        await database.migrate()
        going_live = GoingLive(database, settings, _releases(settings, database))
        await going_live.publish(None, number, reason=reason)
    finally:
        await database.close()
    print(f"Release {number} is live.")
    return 0


def _releases(settings: Settings, database: Database) -> Releases:
    return builder.Builder(settings, database, Progress()).releases
