"""Tokens of conversations on the website: who has one can read and continue the conversation, nobody else."""

from __future__ import annotations

from bot.conversation.identity import Identity
from bot.errors import GuidepostError

CHANNEL = "web"


class UnknownConversationError(GuidepostError):
    """The token was not issued here, or is damaged."""

    code = "unknown_conversation"
    status = 404
    public = "This conversation is not known. Leave 'conversation' out to begin a new one."


def conversation_of(identity: Identity, token: str) -> str:
    """Return the id of the conversation that a token belongs to.

    Raises:
        UnknownConversationError: the token was not issued here.
    """
    if not identity.is_valid(token):
        raise UnknownConversationError("unknown token")
    return identity.conversation(CHANNEL, token)
