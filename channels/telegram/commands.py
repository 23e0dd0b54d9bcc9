"""Commands: what begins with a slash. It never reaches the understanding."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from bot.conversation.handover import MINUTES, TooManyTriesError, WrongCodeError, for_reading
from bot.conversation.messages import Inbound
from bot.conversation.outbox import Outgoing
from bot.i18n import languages, translate
from channels.telegram import menu, texts
from channels.telegram.context import CHANNEL, Person
from channels.telegram.formatted import Formatted
from channels.telegram.presses import forget_question
from channels.telegram.rendering import message

MENU = {
    "start": texts.COMMAND_START,
    "menu": texts.COMMAND_MENU,
    "language": texts.COMMAND_LANGUAGE,
    "human": texts.COMMAND_HUMAN,
    "website": texts.COMMAND_WEBSITE,
    "help": texts.COMMAND_HELP,
    "privacy": texts.COMMAND_PRIVACY,
    "forget": texts.COMMAND_FORGET,
}
"""The commands in the order of Telegram's menu, with what it says about them."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{5,32}))?(?:\s+(.*))?", re.DOTALL)
_QUESTION = re.compile(r"q-([a-z0-9_]+)-([a-z0-9_]+)")
_CODE = re.compile(r"[A-Za-z0-9]{6,16}")


def parse(text: str, bot_name: str) -> tuple[str, str, bool] | None:
    """Read a command.

    Args:
        text: the message.
        bot_name: our own name; commands for other bots are none.

    Returns:
        The command in small letters, what follows it, and whether it named us; None when it is no command for us.
    """
    found = _COMMAND.match(text.strip())
    if found is None:
        return None
    name, addressed, rest = found.groups()
    if addressed and addressed.lower() != bot_name.lower():
        return None
    return name.lower(), (rest or "").strip(), bool(addressed)


async def handle(person: Person, name: str, rest: str, update_id: int) -> list[Outgoing]:
    """Return what a command leads to.

    Args:
        person: who gave it.
        name: the command.
        rest: what follows it, e.g. the payload of a deep link.
        update_id: number of the update, by which the turn is known.
    """
    match name:
        case "start":
            return await _start(person, rest, update_id)
        case "help":
            return _text(person, texts.HELP)
        case "privacy":
            return _text(person, texts.PRIVACY)
        case "menu":
            return message(person.chat_id, *menu.topics(person), reply_to=person.reply_to)
        case "language":
            return message(person.chat_id, *menu.choose_language(person), reply_to=person.reply_to)
        case "forget":
            return forget_question(person)
        case "website":
            return await _code(person)
        case "human":
            return await _choose(person, "human", update_id)
        case _:
            return _text(person, texts.UNKNOWN_COMMAND)


async def _start(person: Person, payload: str, update_id: int) -> list[Outgoing]:
    question = _QUESTION.fullmatch(payload)
    if question and person.context.library().question("/".join(question.groups())):
        return await _choose(person, "q:" + "/".join(question.groups()), update_id)
    language = payload.removeprefix("l-")
    if payload.startswith("l-") and language in {*person.context.known_languages(), *languages()}:
        await _choose(person, f"l:{language}", update_id)
        person = Person(person.context, person.chat_id, person.conversation, language, person.reply_to, person.private)
    elif payload and _CODE.fullmatch(payload):
        try:
            taken = await person.context.handover.take(payload, person.conversation, channel=CHANNEL)
        except (WrongCodeError, TooManyTriesError):
            return [*_text(person, texts.CODE_INVALID), *await _welcome(person)]
        said = translate(taken.language or person.language, texts.MOVED_HERE)
        return message(person.chat_id, Formatted().add(said))
    return await _welcome(person)


async def _code(person: Person) -> list[Outgoing]:
    """Give a code with which the conversation goes on on the website."""
    await person.context.conversations.welcome(person.conversation, CHANNEL, person.language)
    code = await person.context.handover.offer(person.conversation, CHANNEL)
    zone = ZoneInfo(person.context.library().pack.time_zone)
    until = dt.datetime.now(zone) + dt.timedelta(minutes=MINUTES)
    content = Formatted().add(person.say(texts.CODE, code=for_reading(code), time=until.strftime("%H:%M")), "bold")
    label = person.say(texts.CODE_LABEL)
    content.gap().add(person.say(texts.CODE_WHERE, label=label)).gap().add(person.say(texts.CODE_WARNING))
    return message(person.chat_id, content, reply_to=person.reply_to)


async def _welcome(person: Person) -> list[Outgoing]:
    await person.context.conversations.welcome(person.conversation, CHANNEL, person.language)
    content, rows = menu.welcome(person)
    return message(person.chat_id, content, rows, reply_to=person.reply_to)


async def _choose(person: Person, choice: str, update_id: int) -> list[Outgoing]:
    inbound = Inbound(
        conversation=person.conversation,
        message_id=f"u{update_id}",
        channel=CHANNEL,
        choice=choice,
        language=person.language,
    )
    return person.renderer.replies(await person.context.conversations.handle(inbound))


def _text(person: Person, said: str) -> list[Outgoing]:
    return message(person.chat_id, Formatted().add(person.say(said)), reply_to=person.reply_to)
