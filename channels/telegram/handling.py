"""What an update leads to. Which kind it is decides who handles it."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import logging
from collections import OrderedDict
from collections.abc import Awaitable

from telegram import Message, Update
from telegram.constants import ChatAction, MessageEntityType
from telegram.error import TelegramError

from bot.conversation.inbox import StoredUpdate
from bot.conversation.messages import Inbound
from bot.conversation.outbox import Outgoing
from bot.errors import GuidepostError
from channels.telegram import commands, inline, nearest, texts
from channels.telegram.chats import PoisonError
from channels.telegram.context import CHANNEL, KINDS, Context, Person
from channels.telegram.formatted import Formatted
from channels.telegram.presses import Presses
from channels.telegram.rendering import message
from channels.telegram.speech import MAX_BYTES, MAX_SECONDS

logger = logging.getLogger(__name__)

_TYPING_SECONDS = 1.0
_PAPERS = ("photo", "document", "video", "animation", "paid_media", "story")
_VOICES = ("voice", "audio", "video_note")
_CHEERS = ("sticker", "dice", "game")
_UNREADABLE = ("poll", "invoice", "giveaway", "checklist")
_LONGEST_MEMORY = 500


class Handling:
    """Handles updates of the kinds that were asked for."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._presses = Presses(context)
        self._albums: OrderedDict[str, None] = OrderedDict()

    async def __call__(self, stored: StoredUpdate) -> list[Outgoing]:
        """Return what answers an update.

        Raises:
            PoisonError: it has not the form of an update.
        """
        if stored.body is None or not any(kind in stored.body for kind in KINDS):
            return []
        try:
            update = Update.de_json(stored.body, self._context.bot)
        except Exception as error:
            raise PoisonError(f"malformed: {type(error).__name__}") from None
        if update.message or update.edited_message:
            return await self._message(update, stored)
        if update.callback_query:
            return await self._presses.handle(update.callback_query, update.update_id, stored.chat)
        if update.inline_query:
            await inline.handle(self._context, update.inline_query)
        elif update.my_chat_member:
            return await self._membership(update, stored)
        return []

    async def _membership(self, update: Update, stored: StoredUpdate) -> list[Outgoing]:
        changed = update.my_chat_member
        if changed is None:
            return []
        gone = changed.new_chat_member.status in ("kicked", "left")
        await (self._context.outbox.close if gone else self._context.outbox.reopen)(stored.chat)
        came = changed.old_chat_member.status in ("kicked", "left") and not gone
        if not came or changed.chat.type not in ("group", "supergroup"):
            return []
        person = await self._context.person(changed.chat.id, changed.from_user, private=False)
        said = person.say(texts.GROUP_HELLO, name=self._context.bot.username)
        return message(changed.chat.id, Formatted().add(said))

    async def _message(self, update: Update, stored: StoredUpdate) -> list[Outgoing]:
        sent = update.message or update.edited_message
        if sent is None or sent.from_user is None or (sent.from_user.is_bot and sent.sender_chat is None):
            return []
        private = sent.chat.type == "private"
        text = (sent.text or "") if private else self._addressed(sent)
        if not private and text is None:
            return []
        person = await self._context.person(sent.chat.id, sent.from_user, private=private, message_id=sent.message_id)
        if private and not update.edited_message:
            # Whoever writes has not blocked us, whatever we were told last.
            await self._context.outbox.reopen(stored.chat)
        command = commands.parse(text or "", self._context.bot.username) if text else None
        if command and not update.edited_message:
            return await self._thinking(person, commands.handle(person, command[0], command[1], stored.update_id))
        if text and text.lstrip().startswith("/"):
            return [] if update.edited_message or not private else await commands.handle(person, "?", "", 0)
        if text:
            return await self._text(person, sent, text, stored)
        if update.edited_message or not private:
            return []
        return await self._other(person, sent, stored)

    def _addressed(self, sent: Message) -> str | None:
        """Return what somebody in a group says to us, or None when it is not for us."""
        text, ours = sent.text or "", f"@{self._context.bot.username}".casefold()
        for entity, named in sent.parse_entities([MessageEntityType.MENTION]).items():
            if named.casefold() == ours:
                units = text.encode("utf-16-le")
                rest = units[: entity.offset * 2] + units[(entity.offset + entity.length) * 2 :]
                return rest.decode("utf-16-le", "replace").strip(" ,:–-") or "?"
        command = commands.parse(text, self._context.bot.username)
        if command and command[2]:
            return text
        answered = sent.reply_to_message
        if answered and answered.from_user and answered.from_user.id == self._context.bot.id:
            return text or None
        return None

    async def _text(self, person: Person, sent: Message, text: str, stored: StoredUpdate) -> list[Outgoing]:
        if not text.strip():
            return self._say(person, texts.OTHER_KIND)
        inbound = Inbound(
            conversation=person.conversation,
            message_id=f"u{stored.update_id}",
            channel=CHANNEL,
            text=text,
            language=person.language,
        )
        outgoing = await self._thinking(person, self._answer(person, inbound, sent.message_id))
        if sent.edit_date is None:
            return outgoing
        return await self._as_edit(outgoing, stored.chat, sent.message_id)

    async def _answer(self, person: Person, inbound: Inbound, message_id: int) -> list[Outgoing]:
        replies = await self._context.conversations.handle(inbound)
        return [
            outgoing if numbered.reply.introduction else dataclasses.replace(outgoing, answering=message_id)
            for numbered in replies
            for outgoing in person.renderer.reply(numbered)
        ]

    async def _as_edit(self, outgoing: list[Outgoing], chat: str, message_id: int) -> list[Outgoing]:
        """Turn the answer to a corrected question into a correction of the answer that was given before."""
        before = await self._context.outbox.sent_for(chat, message_id)
        made = []
        for number, each in enumerate(outgoing):
            if number < len(before):
                params = {key: value for key, value in each.params.items() if key != "reply_parameters"}
                each = Outgoing("editMessageText", {**params, "message_id": before[number]}, each.answering)
            made.append(each)
        chat_id = outgoing[0].params["chat_id"] if outgoing else 0
        spare = before[len(outgoing) :]
        return made + [Outgoing("deleteMessage", {"chat_id": chat_id, "message_id": each}) for each in spare]

    async def _other(self, person: Person, sent: Message, stored: StoredUpdate) -> list[Outgoing]:
        """Answer what is not text."""
        place = sent.location or (sent.venue.location if sent.venue else None)
        if place:
            return nearest.offices(person, place.latitude, place.longitude)
        if any(getattr(sent, kind, None) for kind in _VOICES):
            return await self._thinking(person, self._voice(person, sent, stored))
        if any(getattr(sent, kind, None) for kind in _PAPERS):
            return await self._papers(person, sent, stored)
        if sent.contact:
            return self._say(person, texts.CONTACT)
        if any(getattr(sent, kind, None) for kind in _CHEERS):
            return self._say(person, texts.STICKER)
        if any(getattr(sent, kind, None) for kind in _UNREADABLE):
            return self._say(person, texts.OTHER_KIND)
        return []  # service messages: somebody joined, a title changed …

    async def _papers(self, person: Person, sent: Message, stored: StoredUpdate) -> list[Outgoing]:
        album = sent.media_group_id
        if album and album in self._albums:
            return []
        if album:
            self._albums[album] = None
            if len(self._albums) > _LONGEST_MEMORY:
                self._albums.popitem(last=False)
        warned = self._say(person, texts.PHOTO)
        if sent.caption and sent.caption.strip():
            warned += await self._text(person, sent, sent.caption, stored)
        return warned

    async def _voice(self, person: Person, sent: Message, stored: StoredUpdate) -> list[Outgoing]:
        recording = sent.voice or sent.audio or sent.video_note
        transcriber = self._context.transcriber
        if transcriber is None or recording is None or sent.video_note:
            return self._say(person, texts.VOICE)
        length = recording.duration
        seconds = length.total_seconds() if isinstance(length, dt.timedelta) else length
        if seconds > MAX_SECONDS or (recording.file_size or 0) > MAX_BYTES:
            return self._say(person, texts.VOICE_LONG)
        try:
            file = await recording.get_file()
            if (file.file_size or 0) > MAX_BYTES:
                return self._say(person, texts.VOICE_LONG)
            audio = bytes(await file.download_as_bytearray())
            # The language is left to the model: people do not always speak the one they read.
            heard = await asyncio.to_thread(transcriber.transcribe, audio, None)
        except (TelegramError, GuidepostError) as error:
            logger.warning("A voice message was not transcribed: %s", type(error).__name__)
            return self._say(person, texts.VOICE)
        if not heard.strip():
            return self._say(person, texts.VOICE_UNCLEAR)
        said = message(person.chat_id, Formatted().add(person.say(texts.VOICE_HEARD, text=heard), "italic"))
        return said + await self._text(person, sent, heard, stored)

    def _say(self, person: Person, said: str) -> list[Outgoing]:
        return message(person.chat_id, Formatted().add(person.say(said)), reply_to=person.reply_to)

    async def _thinking(self, person: Person, work: Awaitable[list[Outgoing]]) -> list[Outgoing]:
        """Show that something is being written while it is found out what."""
        shown = asyncio.create_task(self._typing(person.chat_id))
        try:
            return await work
        finally:
            # Shown after the answer, it would promise another one: the answer waits for it, but not for long.
            done, _ = await asyncio.wait([shown], timeout=_TYPING_SECONDS)
            if not done:
                shown.cancel()

    async def _typing(self, chat_id: int) -> None:
        try:
            await self._context.bot.send_chat_action(chat_id, ChatAction.TYPING)
        except TelegramError:
            return
