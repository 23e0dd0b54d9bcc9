"""Greeting, thanks, goodbye, "are you a bot", "what can you do"."""

from __future__ import annotations

from typing import Any

from actions.base import GuidepostAction, Turn, make
from bot.conversation.messages import Block, Reply, TextBlock
from bot.i18n import texts

_TEXTS = {
    "smalltalk/greet": texts.GREETING,
    "smalltalk/thanks": texts.THANKS,
    "smalltalk/goodbye": texts.GOODBYE,
    "smalltalk/bot": texts.BOT,
    "smalltalk/capabilities": texts.CAPABILITIES,
}
_WITH_START = {"smalltalk/greet", "smalltalk/capabilities"}


class ActionSmallTalk(GuidepostAction):
    """Answers what is said besides questions."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_small_talk"

    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Say the fitting sentence, with starting points where a question is to come."""
        kind = turn.understood.get("name") or "smalltalk/greet"
        blocks: list[Block] = [TextBlock(text=turn.say(_TEXTS.get(kind, texts.GREETING)))]
        if kind in _WITH_START:
            blocks.append(turn.start_choices())
        return make(turn, "smalltalk", blocks), turn.slots()
