"""What handling an update needs, and who an update is from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from telegram import Bot, User

from bot.conversation.feedback import Feedback
from bot.conversation.handover import Handover
from bot.conversation.identity import Identity
from bot.conversation.outbox import Outbox
from bot.conversation.search import Search
from bot.conversation.service import Conversations
from bot.i18n import languages, translate
from bot.knowledge.library import Library
from channels.telegram.buttons import Buttons
from channels.telegram.rendering import Renderer
from channels.telegram.speech import Transcriber

CHANNEL = "telegram"

KINDS = ("message", "edited_message", "callback_query", "inline_query", "my_chat_member")
"""Kinds of updates that are asked for and handled; others are acknowledged and left alone."""


@dataclass(frozen=True)
class Context:
    """What handling an update needs.

    Attributes:
        bot: the library's bot, initialised.
        conversations, feedback, search: the assistant's services.
        outbox: what was sent.
        identity: returns the maker of hashes and signatures.
        library: returns the content that answers now.
        transcriber: turns voice notes into text, where installed.
        handover: takes over conversations that were begun elsewhere.
        retention_days: how long conversations are kept; told to people.
    """

    bot: Bot
    conversations: Conversations
    feedback: Feedback
    search: Search
    outbox: Outbox
    identity: Callable[[], Identity]
    library: Callable[[], Library]
    transcriber: Transcriber | None
    handover: Handover
    retention_days: int

    def known_languages(self) -> list[str]:
        """Return the languages that can be chosen: the pack's, then the others that the assistant speaks."""
        own = self.library().pack.languages
        return [*own, *(code for code in languages() if code not in own)]

    async def person(self, chat_id: int, user: User, *, private: bool, message_id: int | None = None) -> Person:
        """Return who is being talked to."""
        conversation = conversation_of(self.identity(), chat_id, user.id, private=private)
        spoken = await self.conversations.language(conversation) or self.of_app(user)
        reply_to = None if private else message_id
        return Person(self, chat_id, conversation, spoken, reply_to, private)

    def of_app(self, user: User) -> str:
        """Return the language of somebody's app where the assistant speaks it, else the pack's first."""
        code = (user.language_code or "")[:2].lower()
        return code if code in self.known_languages() else self.library().pack.languages[0]


@dataclass(frozen=True)
class Person:
    """Somebody who is being talked to, and how.

    Attributes:
        chat_id: Telegram's number of the chat.
        conversation: the hashed conversation.
        language: the language to speak.
        reply_to: the message to answer visibly, in groups.
        private: whether nobody else is there.
    """

    context: Context
    chat_id: int
    conversation: str
    language: str
    reply_to: int | None
    private: bool

    @property
    def buttons(self) -> Buttons:
        """Makes and reads this conversation's buttons."""
        return Buttons(self.context.identity(), self.conversation)

    @property
    def renderer(self) -> Renderer:
        """Renders replies to this conversation."""
        return Renderer(self.chat_id, self.buttons, reply_to=self.reply_to)

    def say(self, message: str, **values: object) -> str:
        """Return an interface text in the person's language, the pack's names filled in."""
        library = self.context.library()
        pack = library.pack
        common = {
            "service": library.name(pack.service, self.language),
            "phone": pack.phone,
            "days": self.context.retention_days,
            "topics": ", ".join(library.name(names, self.language).lower() for names in pack.topics.values()),
        }
        return translate(self.language, message, **(common | values))


def conversation_of(identity: Identity, chat_id: int, user_id: int, *, private: bool) -> str:
    """Return the hashed conversation: in groups everybody has their own."""
    return identity.conversation(CHANNEL, str(chat_id) if private else f"{chat_id}:{user_id}")


def chat_of(identity: Identity, raw: dict[str, Any]) -> str:
    """Return the hashed chat that an update belongs to, whatever form it has.

    Updates of one chat are handled in order. Those without a chat go by their sender, and the rest together.
    """
    for value in raw.values():
        if not isinstance(value, dict):
            continue
        message = value.get("message")
        for holder in (value, message if isinstance(message, dict) else {}):
            chat = holder.get("chat")
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return identity.conversation(CHANNEL, str(chat["id"]))
        sender = value.get("from")
        if isinstance(sender, dict) and isinstance(sender.get("id"), int):
            return identity.conversation(CHANNEL, f"inline {sender['id']}")
    return identity.conversation(CHANNEL, "nobody")
