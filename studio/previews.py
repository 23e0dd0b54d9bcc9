"""An answer as it will look: in the widget, as Telegram messages, as a page. All three from the same neutral block."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.conversation.messages import AnswerBlock, Section

TELEGRAM_UNITS = 4096
"""UTF-16 units that one Telegram message holds (Bot API, sendMessage)."""

PHONE_LINES = 30
"""Lines of 38 characters that a phone shows at once; see bot.editing.checks.answers."""


@dataclass(frozen=True)
class Run:
    """A stretch of a Telegram message: its text, how it is set, and where it leads."""

    text: str
    style: str = ""
    url: str = ""


@dataclass
class TelegramMessage:
    """One message: its text, and what stands on its buttons."""

    runs: list[Run] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)

    @property
    def units(self) -> int:
        """Return its length in UTF-16 units."""
        return sum(len(run.text.encode("utf-16-le")) // 2 for run in self.runs)

    @property
    def parts(self) -> int:
        """Return how many messages it takes to send it."""
        return -(-self.units // TELEGRAM_UNITS)


def telegram(block: AnswerBlock) -> list[TelegramMessage]:
    """Return an answer as Telegram messages: the card, then each list of documents to tick off."""
    card = TelegramMessage()
    runs = card.runs
    if block.notice:
        runs.append(Run(f"{block.notice}\n\n", "italic"))
    runs.append(Run(block.title, "bold"))
    runs.append(Run(f"\n\n{block.summary}"))
    lists = []
    for section in block.sections:
        if _ticked(section):
            lists.append(TelegramMessage([Run(section.heading, "bold")], [f"☐ {item}" for item in section.items]))
            continue
        runs.append(Run(f"\n\n{section.heading}", "bold"))
        runs.append(Run("\n" + _body(section)))
    if block.note:
        runs.append(Run(f"\n\n{block.note}"))
    for number, link in enumerate(block.links):
        runs.append(Run("\n" if number else "\n\n"))
        runs.append(Run(link.title, "link", link.url))
    runs.append(Run(f"\n\n{block.sources_heading}", "bold"))
    for source in block.sources:
        runs.append(Run("\n– "))
        runs.append(Run(source.title, "link", source.url))
        runs.append(Run(f" ({source.date_text})"))
    runs.append(Run(f"\n{block.verified_text}", "italic"))
    return [card, *lists]


def _ticked(section: Section) -> bool:
    return section.kind == "documents" and len(section.items) > 1


def _body(section: Section) -> str:
    if not section.items:
        return section.text or ""
    return "\n".join(
        f"{f'{number}.' if section.kind == 'steps' else '•'} {item}" for number, item in enumerate(section.items, 1)
    )
