"""Answer the question that was asked."""

from __future__ import annotations

from typing import Any

from actions.base import GuidepostAction, Turn, answer
from actions.clarify import clarify
from bot.conversation.messages import Reply


class ActionAnswer(GuidepostAction):
    """Gives the approved answer to the recognised question of a topic."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_answer"

    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Answer, or ask back when the content no longer has the question."""
        question = turn.library.question(turn.understood.get("name") or "")
        return answer(turn, question) if question else clarify(turn)
