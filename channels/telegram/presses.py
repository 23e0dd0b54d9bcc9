"""Buttons that were pressed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from telegram import CallbackQuery, Message
from telegram.error import TelegramError

from bot.conversation.feedback import Rating, UnknownReplyError
from bot.conversation.messages import Inbound
from bot.conversation.outbox import Outgoing
from bot.i18n import translate
from channels.telegram import checklist, menu, texts
from channels.telegram.buttons import Pressed, find, kind_of
from channels.telegram.context import CHANNEL, Context, Person
from channels.telegram.formatted import Formatted
from channels.telegram.rendering import Row, message

_RATING = ("up", "down")
_REMEMBERED = 1000


class Presses:
    """Handles callback queries."""

    def __init__(self, context: Context) -> None:
        self._context = context
        # Two quick taps carry the same old text; the newer one must not undo the older. Lost in a restart, when the
        # text that Telegram hands over is the right one.
        self._lists: OrderedDict[tuple[int, int], str] = OrderedDict()

    async def handle(self, query: CallbackQuery, update_id: int, chat: str) -> list[Outgoing]:
        """Return what a pressed button leads to.

        Args:
            query: the press.
            update_id: number of the update, by which the turn is known.
            chat: the hashed chat.
        """
        on = query.message
        if on is None:
            await self._notice(query, texts.STALE, self._context.of_app(query.from_user))
            return []
        private = on.chat.type == "private"
        answered = on.reply_to_message.message_id if isinstance(on, Message) and on.reply_to_message else None
        person = await self._context.person(on.chat.id, query.from_user, private=private, message_id=answered)
        pressed = person.buttons.read(query.data or "")
        if pressed is None:
            await self._notice(query, texts.STALE if private else texts.NOT_YOURS, person.language)
            return self._without_choices(on, person) if private else []
        match pressed.kind:
            case "choice":
                return await self._choice(query, pressed, person, on, update_id)
            case "language":
                return await self._language(query, pressed, person, on, update_id)
            case "up" | "down":
                return await self._rating(query, pressed, person, on)
            case "tick":
                return await self._tick(query, pressed, person, on)
            case "topic" | "page" | "menu":
                return await self._menu(query, pressed, person, on)
            case "repeat":
                return await self._repeat(query, pressed, person, on, chat)
            case "forget" | "keep":
                return await self._forget(query, pressed, person, on, chat)

    async def _choice(
        self, query: CallbackQuery, pressed: Pressed, person: Person, on: Any, update_id: int
    ) -> list[Outgoing]:
        choice = find(pressed.payload, self._choices())
        if choice is None:
            await self._notice(query, texts.STALE, person.language)
            return self._without_choices(on, person)
        await self._quietly(query)
        inbound = Inbound(
            conversation=person.conversation,
            message_id=f"u{update_id}",
            channel=CHANNEL,
            choice=choice,
            language=person.language,
        )
        replies = await self._context.conversations.handle(inbound)
        # The way to a person stays, and so does a menu.
        used = [] if choice == "human" or _is_menu(on) else self._without_choices(on, person)
        return used + person.renderer.replies(replies)

    def _choices(self) -> Iterator[str]:
        library = self._context.library()
        yield "human"
        yield from (f"q:{question.id}" for question in library.content.questions)
        yield from (f"s:{situation}" for situation in library.pack.situations)
        yield from (f"l:{code}" for code in self._context.known_languages())

    async def _language(
        self, query: CallbackQuery, pressed: Pressed, person: Person, on: Any, update_id: int
    ) -> list[Outgoing]:
        code = find(pressed.payload, self._context.known_languages())
        if code is None:
            await self._notice(query, texts.STALE, person.language)
            return []
        await self._quietly(query)
        inbound = Inbound(
            conversation=person.conversation,
            message_id=f"u{update_id}",
            channel=CHANNEL,
            choice=f"l:{code}",
            language=code,
        )
        replies = await self._context.conversations.handle(inbound)
        spoken = Person(person.context, person.chat_id, person.conversation, code, person.reply_to, person.private)
        if len(_rows(on)) > len(menu.language_rows(spoken)):  # the welcome, which says the same in the new language
            content, rows = menu.welcome(spoken)
            return [menu.in_place(spoken, on.message_id, content, rows)]
        return self._without_choices(on, spoken) + spoken.renderer.replies(replies[-1:])

    async def _rating(self, query: CallbackQuery, pressed: Pressed, person: Person, on: Any) -> list[Outgoing]:
        rating: Rating = "up" if pressed.kind == "up" else "down"
        try:
            await self._context.feedback.rate(person.conversation, pressed.number, rating)
        except UnknownReplyError:
            await self._notice(query, texts.STALE, person.language)
        else:
            await self._notice(query, texts.THANKS_FEEDBACK, person.language, alert=False)
        return _keyboard(on, person, [[b for b in row if kind_of(b) not in _RATING] for row in _rows(on)])

    async def _tick(self, query: CallbackQuery, pressed: Pressed, person: Person, on: Any) -> list[Outgoing]:
        key = (on.chat.id, on.message_id)
        text = self._lists.get(key) or (on.text if isinstance(on, Message) else None) or ""
        made = checklist.toggled(text, pressed.number)
        if made is None:
            await self._notice(query, texts.STALE, person.language)
            return []
        new, count, ticked = made
        self._lists[key] = new
        self._lists.move_to_end(key)
        if len(self._lists) > _REMEMBERED:
            self._lists.popitem(last=False)
        said = texts.TICKED if pressed.number in ticked else texts.UNTICKED
        await self._notice(query, said, person.language, alert=False)
        params = {
            "chat_id": on.chat.id,
            "message_id": on.message_id,
            "text": new,
            "entities": [entity.to_dict() for entity in on.entities],
            "link_preview_options": {"is_disabled": True},
            "reply_markup": {"inline_keyboard": checklist.keyboard_of(count, ticked, person.buttons)},
        }
        return [Outgoing("editMessageText", params)]

    async def _menu(self, query: CallbackQuery, pressed: Pressed, person: Person, on: Any) -> list[Outgoing]:
        shown: tuple[Formatted, list[Row]] | None
        if pressed.kind == "menu":
            shown = menu.topics(person)
        elif pressed.kind == "page":
            shown = menu.page_of(person, pressed.number)
        else:
            name = find(pressed.payload, self._context.library().pack.topics)
            shown = menu.topic(person, name) if name else None
        if shown is None:
            await self._notice(query, texts.STALE, person.language)
            shown = menu.topics(person)
        else:
            await self._quietly(query)
        return [menu.in_place(person, on.message_id, *shown)]

    async def _repeat(
        self, query: CallbackQuery, pressed: Pressed, person: Person, on: Any, chat: str
    ) -> list[Outgoing]:
        again = await self._context.outbox.repeat(chat, pressed.number)
        if again is None:
            await self._notice(query, texts.STALE, person.language)
        else:
            await self._quietly(query)
        gone = Outgoing("deleteMessage", {"chat_id": on.chat.id, "message_id": on.message_id})
        return [gone, again] if again else [gone]

    async def _forget(
        self, query: CallbackQuery, pressed: Pressed, person: Person, on: Any, chat: str
    ) -> list[Outgoing]:
        await self._quietly(query)
        said = texts.KEPT
        if pressed.kind == "forget":
            deleted = await self._context.conversations.forget(person.conversation)
            if person.private:
                await self._context.outbox.forget(chat)
                self._lists.clear()
            said = texts.FORGOTTEN if deleted else texts.NOTHING_KEPT
        return [menu.in_place(person, on.message_id, Formatted().add(person.say(said)), [])]

    def _without_choices(self, on: Any, person: Person) -> list[Outgoing]:
        """Return what takes used choices off a message, leaving what can still be used."""
        kept = [row for row in _rows(on) if any(kind_of(b) in _RATING for b in row)]
        return _keyboard(on, person, kept)

    async def _notice(self, query: CallbackQuery, said: str, language: str, *, alert: bool = True) -> None:
        await self._quietly(query, text=translate(language, said), show_alert=alert)

    async def _quietly(self, query: CallbackQuery, **answer: Any) -> None:
        """Answer a press. Too late or not at all is no reason to lose what it leads to."""
        try:
            await asyncio.wait_for(query.answer(**answer), 10)
        except (TelegramError, TimeoutError):
            return


def _rows(on: Any) -> list[Row]:
    """Return a message's buttons as they are now."""
    markup = on.reply_markup if isinstance(on, Message) else None
    return [[button.to_dict() for button in row] for row in markup.inline_keyboard] if markup else []


def _is_menu(on: Any) -> bool:
    return any(kind_of(button) in ("menu", "page", "topic") for row in _rows(on) for button in row)


def _keyboard(on: Any, person: Person, rows: list[Row]) -> list[Outgoing]:
    """Return what gives a message other buttons; nothing where it has these already."""
    rows = [row for row in rows if row]
    if rows == _rows(on):
        return []
    params: dict[str, Any] = {"chat_id": on.chat.id, "message_id": on.message_id}
    if rows:  # without the parameter all buttons go
        params["reply_markup"] = {"inline_keyboard": rows}
    return [Outgoing("editMessageReplyMarkup", params)]


def forget_question(person: Person) -> list[Outgoing]:
    """Return the question whether everything is to be deleted."""
    rows = [
        [person.buttons.make(person.say(texts.FORGET_YES), "forget")],
        [person.buttons.make(person.say(texts.FORGET_NO), "keep")],
    ]
    return message(person.chat_id, Formatted().add(person.say(texts.ASK_FORGET)), rows, reply_to=person.reply_to)
