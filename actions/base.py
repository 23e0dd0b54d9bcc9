"""What all custom actions share: reading the turn, composing answers, sending one reply."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.conversation import plain_text
from bot.conversation.composing import answer_block, section, whole_answer
from bot.conversation.messages import (
    PAYLOAD,
    Block,
    Choice,
    ChoicesBlock,
    HandoffBlock,
    Outcome,
    Reply,
    TextBlock,
)
from bot.conversation.search import MAYBE_IN_DANGER
from bot.i18n import languages, texts, translate
from bot.knowledge.library import Library, current
from bot.knowledge.schema import Aspect, Question

_MOST_CHOICES = 3
_UNDECIDED = ("nlu_fallback", "out_of_scope")


class Turn:
    """One turn as an action sees it.

    Attributes:
        library: the content to answer from.
        language: the language to reply in.
        situation: the person's situation, where known.
        last_question: the question answered last, or None.
        understood: the classifier's result, see bot.understanding.classifier.
        reading: what was typed, in its language's own letters.
        entities: what was found in it, as Rasa knows it.
    """

    def __init__(self, tracker: Tracker) -> None:
        self.library: Library = current()
        message = tracker.latest_message or {}
        metadata = message.get("metadata") or {}
        self.text: str = message.get("text") or ""
        self.reading: str = message.get("reading") or self.text
        self.entities: list[dict[str, Any]] = message.get("entities") or []
        self.detected: dict[str, Any] = message.get("language") or {}
        self.understood: dict[str, Any] = message.get("question") or {}
        self.intent: dict[str, Any] = message.get("intent") or {}
        self.situation: str | None = metadata.get("situation") or tracker.get_slot("situation")
        self._told_situation: str | None = metadata.get("situation")
        self.last_question: str | None = tracker.get_slot("last_question")
        self.language_chosen = bool(tracker.get_slot("language_chosen"))
        self.language = self._language(tracker.get_slot("language"), metadata.get("language"))

    def _language(self, slot: str | None, page: str | None) -> str:
        spoken = self.library.pack.languages
        # A language that the pack lacks but the assistant speaks is kept: answers then come in the next best one.
        known = {*spoken, *languages()}
        detected = self.detected.get("code")
        # A name or a number says nothing about the language of a conversation that has one.
        unclear = len(self.reading.split()) < 2 and self.intent.get("name") in _UNDECIDED
        switches = not slot or (self.detected.get("sure", True) and not unclear)
        order = [slot, detected, page] if self.language_chosen or not switches else [detected, slot, page]
        return next((language for language in order if language in known), spoken[0])

    def say(self, message: str, **values: object) -> str:
        """Return an interface text in the turn's language, with the pack's names filled in."""
        pack = self.library.pack
        common = {
            "service": self.library.name(pack.service, self.language),
            "phone": pack.phone,
            "phones": ", ".join(pack.emergency_phones),
            "topics": ", ".join(self.library.name(names, self.language) for names in pack.topics.values()),
        }
        return translate(self.language, message, **(common | values))

    def questions(self, names: list[str]) -> list[Choice]:
        """Return choices for question ids, unknown ones left out."""
        found = (self.library.question(name) for name in names)
        return [self.library_choice(f"q:{q.id}", q.title) for q in found if q]

    def library_choice(self, name: str, titles: dict[str, str]) -> Choice:
        """Return a choice with its title in the turn's language or the next best one."""
        lib, language = self.library, self.language
        return Choice(id=name, title=lib.name(titles, language), language=lib.other_language(titles, language))

    def candidates(self) -> list[Choice]:
        """Return the two or three questions that the message most likely meant."""
        return self.questions(self.library.candidates(self.understood.get("ranking", [])))

    def start_choices(self) -> ChoicesBlock:
        """Return the pack's starting points."""
        options = self.questions([question.id for question in self.library.start_questions()])
        return ChoicesBlock(role="start", prompt=self.say(texts.START), options=options)

    def slots(self, **values: Any) -> list[dict[str, Any]]:
        """Return slot events: the turn's language, a situation that was tapped, and what is given."""
        told = {"situation": self._told_situation} if self._told_situation else {}
        return [SlotSet(name, value) for name, value in ({"language": self.language} | told | values).items()]


class GuidepostAction(Action, ABC):
    """Base of the custom actions: one reply a turn."""

    @abstractmethod
    def name(self) -> str:
        """Return the action's name."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer a turn (called by Rasa).

        Returns:
            Events for the tracker.
        """
        turn = Turn(tracker)
        reply, events = self.reply(turn)
        if reply.outcome != "emergency" and turn.understood.get("urgent", 0.0) >= MAYBE_IN_DANGER:
            # It may be a call for help and it may not: the numbers come first, the answer all the same.
            phones = list(turn.library.pack.emergency_phones)
            reply.blocks.insert(0, HandoffBlock(text=turn.say(texts.EMERGENCY), phones=phones))
        reply.script = turn.detected.get("script")
        buttons = [{"title": c.title, "payload": f"/choose {c.id}"} for c in reply.choices()]
        dispatcher.utter_message(
            text=plain_text.render(reply, roles=()),
            buttons=buttons,
            json_message={PAYLOAD: reply.model_dump(mode="json")},
        )
        return events

    @abstractmethod
    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Compose the reply to a turn, and the slot events that it causes."""


def make(turn: Turn, outcome: Outcome, blocks: list[Block], *, question: str | None = None) -> Reply:
    """Return a reply with what was understood filled in."""
    name = question or turn.understood.get("name")
    confidence = turn.understood.get("confidence", 0.0)
    if outcome == "out_of_scope":
        confidence = turn.intent.get("confidence", confidence)
    return Reply(
        outcome=outcome,
        language=turn.language,
        blocks=blocks,
        topic=name.partition("/")[0] if name else None,
        question=name,
        confidence=confidence,
    )


def text_reply(turn: Turn, outcome: Outcome, message: str, **values: object) -> Reply:
    """Return a reply of one paragraph."""
    return make(turn, outcome, [TextBlock(text=turn.say(message, **values))])


def answer(turn: Turn, question: Question, aspect: Aspect | None = None) -> tuple[Reply, list[dict[str, Any]]]:
    """Answer a question, or one aspect of it.

    An answer past its last day is never given: its source and the phone stand in for it.
    """
    chosen = turn.library.choose(question, turn.language, turn.situation)
    events = turn.slots(last_question=question.id)
    if chosen.expired:
        block = whole_answer(turn.library, chosen, turn.language)
        return make(turn, "expired", [block], question=question.id), events
    if aspect is not None:
        part = section(chosen, aspect)
        if part is None:
            return text_reply(turn, "handoff", texts.ASPECT_MISSING), events
        block = answer_block(
            turn.library,
            chosen,
            turn.language,
            summary=part.text or part.heading,
            marks=part.marks,
            sections=[part] if part.items else [],
        )
        return make(turn, "answer", [block], question=question.id), events
    blocks: list[Block] = [whole_answer(turn.library, chosen, turn.language)]
    others = [a.situation for a in question.answers if a.situation and a.situation != chosen.answer.situation]
    if others and chosen.answer.situation is None and turn.situation is None:
        options = [
            turn.library_choice(f"s:{other}", turn.library.pack.situations[other])
            for other in others
            if other in turn.library.pack.situations
        ]
        blocks.append(ChoicesBlock(role="situation", prompt=turn.say(texts.SITUATION_ASK), options=options))
    related = turn.questions(list(question.related)[:_MOST_CHOICES])
    if related:
        blocks.append(ChoicesBlock(role="related", prompt=turn.say(texts.RELATED), options=related))
    return make(turn, "answer", blocks, question=question.id), events
