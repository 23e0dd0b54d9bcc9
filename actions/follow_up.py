"""Questions about the answer just given: "and how much?", "and for my child?"."""

from __future__ import annotations

from typing import Any, cast

from actions.base import GuidepostAction, Turn, answer, make
from bot.conversation.messages import Block, ChoicesBlock, Reply, TextBlock
from bot.i18n import texts
from bot.knowledge.schema import ASPECTS, Aspect


class ActionFollowUp(GuidepostAction):
    """Reads an elliptic question with the last answer."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_follow_up"

    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Answer from the part of the last answer, or from the question that it leads to; else ask what is meant."""
        aspect = (turn.understood.get("name") or "").partition("/")[2]
        last = turn.library.question(turn.last_question or "")
        if last is None or aspect not in ASPECTS:
            options = turn.candidates()
            blocks: list[Block] = [TextBlock(text=turn.say(texts.NO_REFERENCE))]
            if options:
                blocks = [ChoicesBlock(role="clarify", prompt=turn.say(texts.NOT_SURE), options=options)]
            return make(turn, "clarify", blocks), turn.slots()
        wanted = cast(Aspect, aspect)
        chosen = turn.library.choose(last, turn.language, turn.situation)
        if not getattr(chosen.text, wanted):
            leads_to = turn.library.follow_up(last, wanted)
            if leads_to:
                return answer(turn, leads_to)
        return answer(turn, last, wanted)
