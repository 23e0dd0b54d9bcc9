"""A reply as plain text, for the command line, Rasa's REST contract and everything else without formatting."""

from __future__ import annotations

from collections.abc import Collection

from bot.conversation.messages import AnswerBlock, ChoicesBlock, HandoffBlock, Reply, TextBlock

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
    parts = [block.notice or "", block.summary]
    for section in block.sections:
        if section.items:
            numbered = section.kind == "steps"
            lines = "\n".join(f"{f'{n}.' if numbered else '•'} {item}" for n, item in enumerate(section.items, 1))
            parts.append(f"{section.heading}\n{lines}")
        else:
            parts.append(f"{section.heading}\n{section.text}")
    parts.append(block.note or "")
    parts.append("\n".join(link.url for link in block.links))
    if sources:
        listed = "\n".join(f"– {source.title} ({source.date_text}): {source.url}" for source in block.sources)
        parts.append(f"{block.sources_heading}\n{listed}\n{block.verified_text}")
    return [part for part in parts if part]
