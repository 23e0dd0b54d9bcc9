"""Answer the question that was asked."""

from __future__ import annotations

from typing import Any

from actions.base import GuidepostAction, Turn, answer
from actions.clarify import clarify
from actions.ellipsis import read_with_last
from bot.conversation.messages import Block, ChoicesBlock, Reply


class ActionAnswer(GuidepostAction):
    """Gives the approved answer to the recognised question of a topic, and to a second one in the same message."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_answer"

    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Answer, or ask back when the content no longer has the question."""
        elliptic = read_with_last(turn)
        if elliptic:
            return elliptic
        question = turn.library.question(turn.understood.get("name") or "")
        if question is None:
            return clarify(turn)
        reply, events = answer(turn, question)
        for name in turn.understood.get("also") or []:
            second = turn.library.question(name)
            if second and second is not question:
                more, _ = answer(turn, second)
                # Related questions of the first would stand between the two answers.
                first: list[Block] = [block for block in reply.blocks if not isinstance(block, ChoicesBlock)]
                reply.blocks = [*first, *more.blocks]
        return reply, events
