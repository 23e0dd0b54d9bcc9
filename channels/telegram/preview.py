"""A reply as Telegram would show it, without a chat: the very messages that would be sent."""

from __future__ import annotations

from bot.conversation.identity import Identity, fresh_key
from bot.conversation.messages import Reply
from bot.conversation.outbox import Outgoing
from bot.conversation.service import Numbered
from channels.telegram.buttons import Buttons
from channels.telegram.rendering import Renderer


def preview(reply: Reply) -> list[Outgoing]:
    """Return what would be sent for a reply: texts with entities, split where they are too long, buttons, checklists.

    Its buttons are signed with a key that nobody keeps, so they are good nowhere.

    Args:
        reply: the reply.
    """
    return Renderer(0, Buttons(Identity(fresh_key()), "preview")).reply(Numbered(1, reply))
