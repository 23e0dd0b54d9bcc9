"""What steers the conversation itself: a person, another language, starting over."""

from __future__ import annotations

import re
from typing import Any

from actions.base import GuidepostAction, Turn, make, text_reply
from bot.conversation.messages import Block, Choice, ChoicesBlock, HandoffBlock, Reply, TextBlock
from bot.i18n import languages, texts, translate

_NAMES = {
    "hy": ("հայ", "армянск", "армян", "armen", "hayer"),
    "ru": ("ռուս", "русск", "росс", "russian", "rusere"),
    "en": ("անգլ", "английск", "англ", "english"),
    "uk": ("ուկրաին", "украинск", "українськ", "ukrain"),
    "lv": ("լատվ", "латышск", "latvi", "latviešu"),
    "az": ("ադրբեջան", "азербайджанск", "azerbaijan", "azərbaycan", "azeri"),
}
"""Beginnings of the names of languages, in the languages that people ask in."""


def wanted_language(text: str) -> str | None:
    """Return the language that a request names, or None when it names none or several."""
    words = re.findall(r"\w+", text.casefold().replace("՞", ""))
    named = {code for code, starts in _NAMES.items() for word in words if word.startswith(starts)}
    return named.pop() if len(named) == 1 else None


class ActionControl(GuidepostAction):
    """Handoff, language, restart."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_control"

    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Do what was asked for."""
        name = turn.understood.get("name") or ""
        if name.startswith("control/language_"):
            return self._switch(turn, name.removeprefix("control/language_"))
        if name == "control/language":
            return self._switch(turn, wanted_language(turn.text))
        if name == "control/restart":
            blocks: list[Block] = [TextBlock(text=turn.say(texts.RESTARTED)), turn.start_choices()]
            return make(turn, "smalltalk", blocks), turn.slots(last_question=None, situation=None)
        phone = turn.library.pack.phone
        return make(turn, "handoff", [HandoffBlock(text=turn.say(texts.HANDOFF), phones=[phone])]), turn.slots()

    @staticmethod
    def _switch(turn: Turn, language: str | None) -> tuple[Reply, list[dict[str, Any]]]:
        # The pack's own first, then the others that the assistant speaks: answers come in the next best one there.
        own = turn.library.pack.languages
        known = [*own, *(code for code in languages() if code not in own)]
        if language in known:
            turn.language = str(language)
            return text_reply(turn, "smalltalk", texts.LANGUAGE_SWITCHED), turn.slots(language_chosen=True)
        options = [Choice(id=f"l:{code}", title=translate(code, texts.LANGUAGE_NAME), language=code) for code in known]
        block = ChoicesBlock(role="language", prompt=turn.say(texts.LANGUAGE_ASK), options=options)
        return make(turn, "clarify", [block]), turn.slots()
