"""Somebody is in danger: numbers of people who help now, before anything else."""

from __future__ import annotations

from typing import Any

from actions.base import GuidepostAction, Turn, make
from bot.conversation.messages import Block, ChoicesBlock, HandoffBlock, Reply
from bot.i18n import texts


class ActionEmergency(GuidepostAction):
    """Answers calls for help."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_emergency"

    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Give the emergency numbers and the way to more help."""
        phones = list(turn.library.pack.emergency_phones)
        blocks: list[Block] = [HandoffBlock(text=turn.say(texts.EMERGENCY), phones=phones)]
        options = turn.questions(list(turn.library.pack.emergency_questions))
        if options:
            blocks.append(ChoicesBlock(role="related", prompt=turn.say(texts.EMERGENCY_MORE), options=options))
        return make(turn, "emergency", blocks), turn.slots()
