"""`guidepost content check|import|export`: files and database."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bot import logs
from bot.knowledge import checks, files, seed
from bot.settings import Settings
from bot.storage import Database


def add_parser(verbs: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Describe the command."""
    parser = verbs.add_parser("content", help="check, import or export the content of a pack")
    deeds = parser.add_subparsers(dest="deed", metavar="check|import|export", required=True)
    check = deeds.add_parser("check", help="check the files: every statement has its source, every number its fact")
    check.add_argument("--strict", action="store_true", help="warnings fail too")
    check.set_defaults(run=_check)
    take_in = deeds.add_parser("import", help="take the files into the database")
    take_in.add_argument("--force", action="store_true", help="also when the database was edited: the files win")
    take_in.set_defaults(run=_import)
    export = deeds.add_parser("export", help="write the database's content to the files: the database wins")
    export.set_defaults(run=_export)


def _check(options: argparse.Namespace) -> int:
    settings = Settings.load()
    loaded = files.load(settings.project_dir, settings.pack)
    findings = checks.check(loaded)
    for finding in findings:
        print(finding)
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    if loaded.content:
        c = loaded.content
        print(
            f"{c.pack.pack}: {len(c.questions)} questions, {len(c.facts)} facts, {len(c.examples)} examples, "
            f"{len(c.held_back)} test questions; {errors} errors, {warnings} warnings"
        )
    return 1 if errors or (options.strict and warnings) else 0


def _import(options: argparse.Namespace) -> int:
    return asyncio.run(_take_in(options.force))


async def _take_in(force: bool) -> int:
    settings = Settings.load()
    logs.configure(settings.log_level)
    database = _database(settings)
    try:
        await database.migrate()
        result = None if force else await seed.sync(database, settings.project_dir, settings.pack)
        if result is None:
            await seed.take_in(database, settings.project_dir, settings.pack)
            print("The files were taken in.")
        elif result.done in ("conflict", "kept_database"):
            print(
                "The database was edited since the files were taken in. Nothing was changed.\n"
                "Let the files win:    guidepost content import --force\n"
                "Let the database win: guidepost content export",
                file=sys.stderr,
            )
            return 1
        else:
            print("The files have not changed." if result.done == "unchanged" else "The files were taken in.")
        print("Train and publish with: guidepost train")
    finally:
        await database.close()
    return 0


def _export(options: argparse.Namespace) -> int:
    return asyncio.run(_write_back())


async def _write_back() -> int:
    settings = Settings.load()
    logs.configure(settings.log_level)
    database = _database(settings)
    try:
        await database.migrate()
        written = await seed.write_back(database, settings.project_dir, settings.pack)
    finally:
        await database.close()
    print("\n".join(written) if written else "Nothing has changed: the files are as they were.")
    return 0


def _database(settings: Settings) -> Database:
    return Database.at(settings.database_url, settings.data_dir)
