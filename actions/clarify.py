"""Ask back when it is not sure what was meant."""

from __future__ import annotations

from typing import Any

from actions.base import GuidepostAction, Turn, make
from actions.ellipsis import read_with_last
from bot.conversation.messages import Block, ChoicesBlock, Reply, TextBlock
from bot.i18n import texts


def clarify(turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
    """Offer the two or three nearest questions and the phone; without any, the starting points."""
    options = turn.candidates()
    blocks: list[Block]
    if len(options) >= 2:
        blocks = [ChoicesBlock(role="clarify", prompt=turn.say(texts.NOT_SURE), options=options)]
    else:
        blocks = [TextBlock(text=turn.say(texts.UNREADABLE)), turn.start_choices()]
    blocks.append(TextBlock(text=turn.say(texts.OR_CALL)))
    return make(turn, "clarify", blocks), turn.slots()


class ActionClarify(GuidepostAction):
    """The fallback for "not sure"."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_clarify"

    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Ask back, unless the message is read with the last answer."""
        return read_with_last(turn) or clarify(turn)
