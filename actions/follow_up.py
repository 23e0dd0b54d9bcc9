"""Questions about the answer just given: "and how much?", "and for my child?"."""

from __future__ import annotations

from typing import Any

from actions.base import GuidepostAction, Turn, make
from actions.ellipsis import aspect_of, follow_up, read_with_last
from bot.conversation.messages import Block, ChoicesBlock, Reply, TextBlock
from bot.i18n import texts


class ActionFollowUp(GuidepostAction):
    """Reads an elliptic question with the last answer."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_follow_up"

    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Answer from the part of the last answer, or from the question that it leads to; else ask what is meant."""
        elliptic = read_with_last(turn)
        if elliptic:
            return elliptic
        aspect = aspect_of(turn)
        last = turn.library.question(turn.last_question or "")
        if last is not None and aspect is not None:
            return follow_up(turn, last, aspect)
        options = turn.candidates()
        blocks: list[Block] = [TextBlock(text=turn.say(texts.NO_REFERENCE))]
        if options:
            blocks = [ChoicesBlock(role="clarify", prompt=turn.say(texts.NOT_SURE), options=options)]
        return make(turn, "clarify", blocks), turn.slots()
