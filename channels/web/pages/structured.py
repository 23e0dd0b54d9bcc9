"""Structured data of a question's page for search engines: schema.org's FAQPage as JSON-LD."""

from __future__ import annotations

from typing import Any

from bot.conversation.messages import AnswerBlock
from channels.web.pages.site import Reader


def faq_page(reader: Reader, block: AnswerBlock) -> dict[str, Any]:
    """Return the FAQPage of an answer. It says what the page shows and nothing else, as search engines require.

    Args:
        reader: whose page it is.
        block: an answer that is valid, in the reader's language.
    """
    address = reader.base + reader.path(f"/q/{block.question}")
    pack = reader.pack
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "url": address,
        "inLanguage": block.language,
        "dateModified": block.verified_on.isoformat(),
        "publisher": {
            "@type": "GovernmentOrganization",
            "name": reader.service,
            "url": pack.website.url,
            "telephone": pack.phone,
        },
        "mainEntity": [
            {
                "@type": "Question",
                "name": block.title,
                "acceptedAnswer": {
                    "@type": "Answer",
                    "text": plain(block),
                    "citation": [
                        {"@type": "WebPage", "name": source.title, "url": source.url} for source in block.sources
                    ],
                },
            }
        ],
    }
    if block.valid_until:
        data["expires"] = block.valid_until.isoformat()
    return data


def plain(block: AnswerBlock) -> str:
    """Return an answer as text with line breaks: summary, parts with their headings, note."""
    lines = [block.summary]
    for section in block.sections:
        lines.append(f"{section.heading}: {section.text}" if section.text else f"{section.heading}:")
        numbered = section.kind == "steps"
        lines += [f"{n}. {item}" if numbered else f"– {item}" for n, item in enumerate(section.items, 1)]
    return "\n".join([*lines, *([block.note] if block.note else [])])
