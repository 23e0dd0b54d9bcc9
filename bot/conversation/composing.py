"""Composing an approved answer for people: headings, sources, dates. The same for every channel and every page."""

from __future__ import annotations

from bot.conversation.messages import AnswerBlock, LinkNote, Section, SourceNote
from bot.i18n import date, source_date, texts, translate
from bot.knowledge.library import Chosen, Library
from bot.knowledge.markup import Mark, parse

HEADINGS: dict[str, str] = {
    "steps": texts.STEPS,
    "documents": texts.DOCUMENTS,
    "fee": texts.FEE,
    "where": texts.WHERE,
    "how_long": texts.HOW_LONG,
    "deadline": texts.DEADLINE,
    "children": texts.CHILDREN,
}
"""The parts of an answer in the order in which they are read, with their headings."""


def section(chosen: Chosen, kind: str) -> Section | None:
    """Return one part of an answer with its heading, or None when the answer does not have it.

    Args:
        chosen: the answer.
        kind: a key of `HEADINGS`.
    """
    value = getattr(chosen.text, kind)
    if not value:
        return None
    heading = translate(chosen.language, HEADINGS[kind])
    if isinstance(value, list):
        read = [parse(item) for item in value]
        marks = [each.marks for each in read] if any(each.marks for each in read) else []
        return Section(kind=kind, heading=heading, items=[each.text for each in read], item_marks=marks)
    said = parse(value)
    return Section(kind=kind, heading=heading, text=said.text, marks=said.marks)


def sections(chosen: Chosen) -> list[Section]:
    """Return all parts that an answer has, in reading order."""
    return [found for kind in HEADINGS if (found := section(chosen, kind))]


def answer_block(
    library: Library,
    chosen: Chosen,
    language: str,
    *,
    summary: str,
    marks: list[Mark],
    sections: list[Section],
) -> AnswerBlock:
    """Return an answer with its title, sources and dates.

    Args:
        library: the content that answers.
        chosen: the answer.
        language: the person's language. Where the answer is in another one, a notice in theirs says so.
        summary: what is said first, in plain text.
        marks: the summary's formatting.
        sections: the parts that follow.
    """
    spoken = language if chosen.expired else chosen.language
    checked = date(spoken, chosen.verified_on)
    until = chosen.answer.valid_until
    verified = translate(spoken, texts.CHECKED, date=checked)
    if until and not chosen.expired:
        verified = translate(spoken, texts.CHECKED_VALID, date=checked, until=date(spoken, until))
    notice = None
    if chosen.language != language and not chosen.expired:
        named = translate(chosen.language, texts.LANGUAGE_NAME)
        notice = translate(language, texts.OTHER_LANGUAGE, spoken=named)
    note = parse("" if chosen.expired else chosen.text.note or "")
    return AnswerBlock(
        question=chosen.question.id,
        title=library.title(chosen.question, spoken),
        notice=notice,
        summary=summary,
        marks=marks,
        sections=sections,
        note=note.text or None,
        note_marks=note.marks,
        links=[LinkNote(title=link.title, url=link.url) for link in chosen.answer.links],
        sources=[
            SourceNote(
                title=s.title,
                url=s.url,
                date=s.date,
                date_text=source_date(spoken, s.date, undated=texts.UNDATED, about=texts.ABOUT_YEAR),
            )
            for s in chosen.sources
        ],
        sources_heading=translate(spoken, texts.SOURCES),
        verified_on=chosen.verified_on,
        verified_text=verified,
        valid_until=until,
        language=spoken,
    )


def whole_answer(library: Library, chosen: Chosen, language: str) -> AnswerBlock:
    """Return an answer with all its parts; of one past its last day only that, its source and the phone.

    Args:
        library: the content that answers.
        chosen: the answer.
        language: the person's language.
    """
    if chosen.expired:
        end = chosen.answer.valid_until
        assert end is not None  # noqa: S101  # expired answers have an end
        said = translate(language, texts.EXPIRED, date=date(language, end), phone=library.pack.phone)
        return answer_block(library, chosen, language, summary=said, marks=[], sections=[])
    summary = parse(chosen.text.summary)
    return answer_block(library, chosen, language, summary=summary.text, marks=summary.marks, sections=sections(chosen))
