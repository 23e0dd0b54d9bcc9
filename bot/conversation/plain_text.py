"""A reply as plain text, for the command line, Rasa's REST contract and everything else without formatting."""

from __future__ import annotations

from collections.abc import Collection

from bot.conversation.messages import AnswerBlock, ChoicesBlock, HandoffBlock, Reply, TextBlock
from bot.knowledge.markup import Mark, spelled_out

ALL_ROLES = ("clarify", "situation", "related", "start", "language")


def render(reply: Reply, *, sources: bool = True, roles: Collection[str] = ALL_ROLES) -> str:
    """Render a reply.

    Args:
        reply: the reply.
        sources: whether sources and dates are part of the text.
        roles: which kinds of choices are listed.

    Returns:
        Text with empty lines between its parts.
    """
    parts: list[str] = []
    for block in reply.blocks:
        if isinstance(block, TextBlock | HandoffBlock):
            parts.append(block.text)
        elif isinstance(block, AnswerBlock):
            parts.extend(_answer(block, sources))
        elif isinstance(block, ChoicesBlock) and block.role in roles:
            options = "\n".join(f"{n}. {option.title}" for n, option in enumerate(block.options, 1))
            parts.append(f"{block.prompt}\n{options}")
    return "\n\n".join(part for part in parts if part)


def _answer(block: AnswerBlock, sources: bool) -> list[str]:
    parts = [block.notice or "", _with_addresses(block.summary, block.marks)]
    for section in block.sections:
        if section.items:
            numbered = section.kind == "steps"
            items = [_with_addresses(item, marks) for item, marks in section.entries()]
            lines = "\n".join(f"{f'{n}.' if numbered else '•'} {item}" for n, item in enumerate(items, 1))
            parts.append(f"{section.heading}\n{lines}")
        else:
            parts.append(f"{section.heading}\n{_with_addresses(section.text or '', section.marks)}")
    parts.append(_with_addresses(block.note or "", block.note_marks))
    parts.append("\n".join(link.url for link in block.links))
    if sources:
        listed = "\n".join(f"– {source.title} ({source.date_text}): {source.url}" for source in block.sources)
        parts.append(f"{block.sources_heading}\n{listed}\n{block.verified_text}")
    return [part for part in parts if part]


def _with_addresses(text: str, marks: list[Mark]) -> str:
    return spelled_out(text, marks, lambda mark: True)[0]
