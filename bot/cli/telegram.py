"""`guidepost telegram check`: what is wrong with the token, the webhook or the network."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt

import httpx

from bot.settings import Settings

_SECONDS = 15.0


def add_parser(verbs: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Describe the command."""
    parser = verbs.add_parser("telegram", help="the Telegram channel")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="say what is wrong with the token, the webhook or the network")
    check.set_defaults(run=lambda options: asyncio.run(_check(Settings.load())))


async def _check(settings: Settings) -> int:
    findings = [finding async for finding in _findings(settings)]
    for good, text in findings:
        print(f"{'ok     ' if good else 'PROBLEM'}  {text}")
    return 0 if all(good for good, _ in findings) else 1


async def _findings(settings: Settings):  # type: ignore[no-untyped-def]
    if settings.telegram_mode == "off":
        yield False, "The channel is off: set GUIDEPOST_TELEGRAM_MODE to polling or webhook."
    if not settings.telegram_token:
        yield False, "No token is set. Ask @BotFather for one (/newbot) and set GUIDEPOST_TELEGRAM_TOKEN."
        return
    base = f"{settings.telegram_api.rstrip('/')}/bot{settings.telegram_token}"
    async with httpx.AsyncClient(timeout=_SECONDS) as client:
        try:
            me = (await client.post(f"{base}/getMe")).json()
        except httpx.TimeoutException:
            yield False, f"{settings.telegram_api} does not answer within {_SECONDS:.0f} s: look at firewall and proxy."
            return
        except httpx.HTTPError as error:
            yield False, f"{settings.telegram_api} is out of reach ({type(error).__name__}): look at network and proxy."
            return
        except ValueError:
            yield False, f"{settings.telegram_api} does not speak the Bot API: look at GUIDEPOST_TELEGRAM_API."
            return
        if not me.get("ok"):
            why = "does not know this token" if me.get("error_code") in (401, 404) else str(me.get("description"))
            yield False, f"Telegram: {why}. Copy the token from @BotFather again (/token)."
            return
        yield True, f"The token belongs to @{me['result'].get('username')}."
        info = (await client.post(f"{base}/getWebhookInfo")).json().get("result", {})
    async for finding in _webhook(settings, info):
        yield finding


async def _webhook(settings: Settings, info: dict[str, object]):  # type: ignore[no-untyped-def]
    url, waiting = str(info.get("url") or ""), info.get("pending_update_count", 0)
    wanted = settings.public_url.rstrip("/") + "/telegram/webhook"
    if settings.telegram_mode == "webhook":
        if not settings.public_url.startswith("https://"):
            yield False, "Telegram brings updates to https only: set GUIDEPOST_PUBLIC_URL to an address with https."
        if url != wanted:
            yield False, f"Telegram brings updates to {url or 'nowhere'}, not to {wanted}: start 'guidepost serve'."
        else:
            yield True, f"Telegram brings updates to {url}."
    elif url:
        yield (
            False,
            f"A webhook is set ({url}); 'guidepost serve' with polling takes it away. Is another program using it?",
        )
    else:
        yield True, "No webhook is set, as polling needs it."
    happened = info.get("last_error_date")
    if settings.telegram_mode == "webhook" and isinstance(happened, int):
        when = dt.datetime.fromtimestamp(happened, dt.UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        yield False, f"Telegram's last request failed at {when}: {info.get('last_error_message')}."
    yield True, f"{waiting} updates are waiting at Telegram."
