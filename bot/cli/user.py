"""`guidepost user add|list|password|disable|enable`: accounts of staff, the first administrator's above all."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable

from bot.accounts import passwords
from bot.accounts.directory import Directory
from bot.accounts.errors import AccountInputError
from bot.accounts.people import INTERFACE_LANGUAGES, ROLES
from bot.settings import Settings
from bot.storage import Database


def add_parser(verbs: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Describe the command."""
    parser = verbs.add_parser("user", help="accounts of editors, operators and administrators")
    deeds = parser.add_subparsers(dest="deed", metavar="add|list|password|disable|enable", required=True)
    add = deeds.add_parser("add", help="make an account; without --password a random one is printed once")
    add.add_argument("email", help="address to sign in with")
    add.add_argument("--name", help="name that colleagues see; default: the part of the address before the @")
    add.add_argument("--role", action="append", choices=ROLES, required=True, dest="roles", help="may be repeated")
    add.add_argument(
        "--language", action="append", default=[], dest="languages", help="translators' languages: hy, ru …"
    )
    add.add_argument("--interface", choices=INTERFACE_LANGUAGES, default="en", help="language of the studio")
    add.add_argument("--password", action="store_true", help="ask for the password, or read it from standard input")
    add.set_defaults(run=_run(_add))
    deeds.add_parser("list", help="list the accounts").set_defaults(run=_run(_list))
    password = deeds.add_parser("password", help="set a new password; without --password a random one is printed once")
    password.add_argument("email")
    password.add_argument("--password", action="store_true", help="ask for it, or read it from standard input")
    password.set_defaults(run=_run(_password))
    for deed, text in (("disable", "disable an account and sign it out everywhere"), ("enable", "enable it again")):
        switch = deeds.add_parser(deed, help=text)
        switch.add_argument("email")
        switch.set_defaults(run=_run(_switch))


def _run(deed: Callable[[Directory, argparse.Namespace], Awaitable[int]]) -> Callable[[argparse.Namespace], int]:
    async def within_database(options: argparse.Namespace) -> int:
        settings = Settings.load()
        database = Database.at(settings.database_url, settings.data_dir)
        try:
            await database.migrate()
            return await deed(Directory(database), options)
        finally:
            await database.close()

    return lambda options: asyncio.run(within_database(options))


def _typed() -> str:
    """Return a password from the keyboard without showing it, or from standard input in scripts."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Once more: "):
        raise AccountInputError("The two passwords differ. Nothing was changed.")
    return first


async def _add(directory: Directory, options: argparse.Namespace) -> int:
    password = _typed() if options.password else passwords.random_password()
    account = await directory.add(
        email=options.email,
        name=options.name or options.email.split("@")[0],
        roles=options.roles,
        languages=options.languages,
        interface_language=options.interface,
        password=password,
        # A random one has been on a screen; one that the person typed is their own already.
        temporary=not options.password,
    )
    print(f"{account.email} may sign in at /studio as {', '.join(account.roles)}.")
    if not options.password:
        print(f"Password, shown only now, to be changed at the first sign-in: {password}")
    return 0


async def _list(directory: Directory, options: argparse.Namespace) -> int:
    for account in await directory.everybody():
        languages = f" ({', '.join(account.languages)})" if account.languages else ""
        marks = [
            text
            for text, holds in (
                ("disabled", account.disabled),
                ("second factor", account.totp_secret is not None),
                ("OpenID Connect", account.open_id is not None),
                ("password to be changed", account.password_temporary),
            )
            if holds
        ]
        print("\t".join([account.email, account.name, ", ".join(account.roles) + languages, ", ".join(marks)]))
    return 0


async def _password(directory: Directory, options: argparse.Namespace) -> int:
    account = await directory.named(options.email)
    chosen = await directory.reset_password(account.id, by=None, password=_typed() if options.password else None)
    print(f"{account.email} has a new password, to be changed at the next sign-in, and was signed out everywhere.")
    if not options.password:
        print(f"Password, shown only now: {chosen}")
    return 0


async def _switch(directory: Directory, options: argparse.Namespace) -> int:
    account = await directory.named(options.email)
    disabled = options.deed == "disable"
    await directory.set_disabled(account.id, disabled, by=None)
    print(f"{account.email} is {'disabled and signed out' if disabled else 'enabled'}.")
    return 0
