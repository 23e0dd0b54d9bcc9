"""Replies as Telegram messages: cards with entities, choices as inline keyboards, documents as checklists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from bot.conversation.messages import AnswerBlock, ChoicesBlock, HandoffBlock, Section, TextBlock
from bot.conversation.outbox import Outgoing
from bot.conversation.service import Numbered
from bot.i18n import translate
from channels.telegram import texts
from channels.telegram.buttons import Buttons, digest
from channels.telegram.checklist import checklist, keyboard_of
from channels.telegram.formatted import Formatted, isolated

Row = list[dict[str, Any]]

_RATED = ("answer",)
"""Outcomes that people are asked to rate."""

_WITH_PERSON = ("answer", "clarify", "out_of_scope", "expired")
"""Outcomes beneath which the way to a person is offered; the others name it themselves."""

_LONGEST_TITLE = 60
"""Characters of a button that phones show without cutting it in the middle (two lines)."""


def message(
    chat_id: int,
    content: Formatted,
    keyboard: list[Row] | None = None,
    *,
    reply_to: int | None = None,
) -> list[Outgoing]:
    """Return what to send for one text: several messages when it is long, the keyboard under the last.

    Args:
        chat_id: Telegram's number of the chat.
        content: the text.
        keyboard: rows of buttons.
        reply_to: the message that this answers, where that must be seen (groups).
    """
    parts = content.split()
    made = []
    for number, part in enumerate(parts):
        params: dict[str, Any] = {
            "chat_id": chat_id,
            "text": part.text,
            "link_preview_options": {"is_disabled": True},
        }
        if part.spans:
            params["entities"] = part.entities()
        if keyboard and number == len(parts) - 1:
            params["reply_markup"] = {"inline_keyboard": keyboard}
        if reply_to and number == 0:
            params["reply_parameters"] = {"message_id": reply_to, "allow_sending_without_reply": True}
        made.append(Outgoing("sendMessage", params))
    return made


class Renderer:
    """Renders the replies to one conversation."""

    def __init__(self, chat_id: int, buttons: Buttons, *, reply_to: int | None = None) -> None:
        """Prepare.

        Args:
            chat_id: where to.
            buttons: makes the buttons of the conversation.
            reply_to: the message that is answered, in groups.
        """
        self._chat_id = chat_id
        self._buttons = buttons
        self._reply_to = reply_to

    def replies(self, numbered: Iterable[Numbered]) -> list[Outgoing]:
        """Return what to send for replies, in order."""
        return [outgoing for each in numbered for outgoing in self.reply(each)]

    def reply(self, numbered: Numbered) -> list[Outgoing]:
        """Return what to send for one reply: a card, and a checklist for each list of documents."""
        reply = numbered.reply
        language = reply.language
        card, rows, lists = Formatted(), list[Row](), list[Outgoing]()
        for block in reply.blocks:
            if isinstance(block, TextBlock):
                card.gap().add(block.text)
            elif isinstance(block, HandoffBlock):
                card.gap().join(_handoff(block))
            elif isinstance(block, AnswerBlock):
                card.gap().join(answer_card(block))
                lists += self._checklists(block)
            elif isinstance(block, ChoicesBlock):
                if block.role not in ("related", "start"):
                    card.gap().add(block.prompt)
                rows += self.choices(block)
        if reply.outcome in _RATED:
            rows.append([self._buttons.make("👍", "up", numbered.id), self._buttons.make("👎", "down", numbered.id)])
        if reply.outcome in _WITH_PERSON:
            rows.append([self.person(language)])
        return message(self._chat_id, card, rows, reply_to=self._reply_to) + lists

    def choices(self, block: ChoicesBlock) -> list[Row]:
        """Return a button a row for each choice."""
        return [[self._buttons.make(short(c.title), "choice", digest(c.id))] for c in block.options]

    def person(self, language: str) -> dict[str, Any]:
        """Return the button that leads to a person."""
        return self._buttons.make(translate(language, texts.PERSON), "choice", digest("human"))

    def _checklists(self, block: AnswerBlock) -> list[Outgoing]:
        made = []
        for section in block.sections:
            if is_checklist(section):
                content = checklist(section.heading, section.entries(), translate(block.language, texts.CHECKLIST))
                keyboard = keyboard_of(len(section.items), set(), self._buttons)
                # A list too long for one message could not be ticked off in place: it stays a plain text.
                fits = len(content.split()) == 1
                made += message(self._chat_id, content, keyboard if fits else None)
        return made


def is_checklist(section: Section) -> bool:
    """Tell whether a section is shown as a list to tick off."""
    return section.kind == "documents" and len(section.items) > 1


def answer_card(block: AnswerBlock, *, whole: bool = False) -> Formatted:
    """Return an answer with its sources and dates at the foot.

    Args:
        block: the answer.
        whole: with the lists that are otherwise shown as checklists, for where there are no buttons.
    """
    card = Formatted()
    if block.notice:
        card.add(isolated(block.notice), "italic").gap()
    card.add(isolated(block.title), "bold")
    card.gap().marked(block.summary, block.marks)
    for section in block.sections:
        if is_checklist(section) and not whole:
            continue
        card.gap().add(section.heading, "bold").add("\n")
        if section.items:
            for n, (item, marks) in enumerate(section.entries(), 1):
                card.add("\n" if n > 1 else "").add(f"{n}. " if section.kind == "steps" else "• ").marked(item, marks)
        else:
            card.marked(section.text or "", section.marks)
    if block.note:
        card.gap().marked(block.note, block.note_marks)
    links = [link for link in block.links if is_safe(link.url)]
    if links:
        card.gap()
        for number, link in enumerate(links):
            card.add("\n" if number else "").add(isolated(link.title), "text_link", url=link.url)
    card.gap().add(block.sources_heading, "bold")
    for source in block.sources:
        card.add("\n– ")
        if is_safe(source.url):
            card.add(isolated(source.title), "text_link", url=source.url)
        else:
            card.add(isolated(source.title))
        card.add(f" ({source.date_text})")
    card.add("\n").add(block.verified_text, "italic")
    return card


def _handoff(block: HandoffBlock) -> Formatted:
    """The way to a person, with its numbers in bold."""
    made, rest = Formatted(), block.text
    for phone in block.phones:
        before, found, after = rest.partition(phone)
        if found:
            made.add(before).add(phone, "bold")
            rest = after
    return made.add(rest)


def is_safe(url: str) -> bool:
    """Tell whether an address may be made a link."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def short(title: str) -> str:
    """Return a title that fits on a button."""
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1].rstrip() + "…"
