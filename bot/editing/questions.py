"""Questions as editors make them: a new one joins the content with its first approved answer."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.accounts import audit
from bot.editing import fields as forms
from bot.editing.approved import pack_outline
from bot.editing.model import OPEN, Actor, RefusedError, UnknownTextError, now
from bot.storage import Database, board, editing, examples
from bot.storage.tables_studio import NewQuestionRow

UNKNOWN_TOPIC = "There is no topic “{topic}”. Choose one of the list."
TITLES_MISSING = "Write the title in every language: {languages}."
TITLE_LONG = "The title “{title}” has {length} characters; buttons hold {most}. Shorten it."
BAD_NAME = (
    "The short name “{name}” cannot be used: write small Latin letters, digits and “_”, beginning with a letter, "
    "at most {most} characters."
)
TAKEN = "There is already a question “{question}”. Choose another short name."
COLLEAGUES_WROTE = (
    "{names} wrote answers to this question that are not approved yet. Agree with them first; when their drafts are "
    "discarded, it can be thrown away."
)
IN_CONTENT = "This question has an approved answer, so it cannot be thrown away."

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MAX_NAME = 59


@dataclass(frozen=True)
class Cited:
    """A fact as the answer form shows it."""

    id: str
    statement: str
    title: str
    url: str
    date: str
    verified_on: dt.date
    valid_until: dt.date | None


class Questions:
    """The questions of one pack."""

    def __init__(self, database: Database, pack: str) -> None:
        """Prepare.

        Args:
            database: where content is.
            pack: which content.
        """
        self._database = database
        self._pack = pack

    async def create(self, topic: str, titles: Mapping[str, str], person: Actor, name: str = "") -> str:
        """Begin a new question.

        Args:
            topic: one of the pack's.
            titles: by language, all of the pack's: how it reads on a button.
            person: who begins it.
            name: its short name within the topic; empty: made from the English title.

        Returns:
            Its id, `topic/name`.

        Raises:
            RefusedError: a title is missing or too long, the name cannot be used or is taken.
        """
        tidied = {language: forms.tidy(title) for language, title in titles.items()}
        async with self._database.work() as session:
            outline = await pack_outline(session, self._pack)
            if topic not in outline.topics:
                raise RefusedError(UNKNOWN_TOPIC, topic=topic)
            missing = [language for language in outline.languages if not tidied.get(language)]
            if missing:
                raise RefusedError(TITLES_MISSING, languages=", ".join(missing))
            for title in tidied.values():
                if len(title) > forms.MAX_TITLE:
                    raise RefusedError(TITLE_LONG, title=title, length=len(title), most=forms.MAX_TITLE)
            name = forms.tidy(name) or suggested_name(tidied.get("en", ""))
            if not _NAME.fullmatch(name) or len(name) > _MAX_NAME:
                raise RefusedError(BAD_NAME, name=name, most=_MAX_NAME)
            question = f"{topic}/{name}"
            if await editing.question(session, self._pack, question) or await editing.new_question(
                session, self._pack, question
            ):
                raise RefusedError(TAKEN, question=question)
            session.add(
                NewQuestionRow(
                    pack=self._pack,
                    question=question,
                    title={language: tidied[language] for language in outline.languages},
                    created_at=now(),
                    created_by_name=person.name,
                )
            )
            await audit.record(session, person.id, "question.create", question, {"title": tidied})
            return question

    async def throw_away(self, question: str, person: Actor) -> None:
        """Drop a question that never had an approved answer, with its examples; its drafts stay among the saves.

        Raises:
            RefusedError: it is in the content, or colleagues have written in it.
            UnknownTextError: there is no such question.
        """
        async with self._database.work() as session:
            if await editing.question(session, self._pack, question):
                raise RefusedError(IN_CONTENT)
            row = await editing.new_question(session, self._pack, question)
            if row is None:
                raise UnknownTextError(f"no question {question!r}")
            drafts = await editing.drafts(session, self._pack, OPEN, question)
            colleagues = {name for draft in drafts for number, name in draft.writers if number != person.id}
            if colleagues:
                raise RefusedError(COLLEAGUES_WROTE, names=", ".join(sorted(colleagues)))
            for draft in drafts:
                draft.state, draft.conflicts = "closed", []
            await session.delete(row)
            gone = await examples.remove_all(session, self._pack, question)
            await audit.record(session, person.id, "question.throw_away", question, {"examples": gone})

    async def related(self, question: str) -> list[str]:
        """Return the ids of the related questions; none for a new question."""
        async with self._database.reading() as session:
            row = await editing.question(session, self._pack, question)
            return list(row.related) if row else []

    async def follow_ups(self, question: str) -> dict[str, str]:
        """Return where people are led when they ask on: questions by aspect; none for a new question."""
        async with self._database.reading() as session:
            row = await editing.question(session, self._pack, question)
            return dict(row.follow_ups) if row else {}

    async def removed_situations(self, question: str) -> list[str]:
        """Return for whom there once was an answer that was taken out."""
        async with self._database.reading() as session:
            there = {answer.situation or "" for answer in await editing.answers(session, self._pack, question)}
            return sorted(await editing.removed_situations(session, self._pack, question) - there)

    async def counts(self, question: str) -> tuple[int, int]:
        """Return how many examples and test questions a question has."""
        async with self._database.reading() as session:
            return await board.counts(session, self._pack, question)

    async def cited(self, fields: Mapping[str, Any]) -> list[Cited]:
        """Return the facts that a form cites, the new ones that it brings along among them; unknown ones left out."""
        wanted = list(fields.get("facts", []))
        async with self._database.reading() as session:
            known = await editing.facts(session, self._pack, wanted)
        known |= {body["id"]: body for body in fields.get("sources", [])}
        return [_cited(fact_id, known[fact_id]) for fact_id in wanted if fact_id in known]

    async def citable(self, question: str) -> list[Cited]:
        """Return the facts filed under a question's topic, to choose from."""
        async with self._database.reading() as session:
            known = await editing.facts_of_topic(session, self._pack, question.partition("/")[0])
        return [_cited(fact_id, body) for fact_id, body in known.items()]

    async def all_titles(self, language: str) -> list[tuple[str, str]]:
        """Return all questions of the content with their titles, in a language where they have it, as (id, title)."""
        async with self._database.reading() as session:
            lines = await board.questions(session, self._pack)
        return [
            (line.id, line.title.get(language) or next(iter(line.title.values()))) for line in lines if not line.new
        ]

    async def titles(self, ids: list[str], language: str) -> list[tuple[str, str]]:
        """Return questions' titles, in a language where they have it, as (id, title)."""
        found = []
        async with self._database.reading() as session:
            for name in ids:
                row = await editing.question(session, self._pack, name)
                if row:
                    found.append((name, row.title.get(language) or next(iter(row.title.values()))))
        return found


def suggested_name(english_title: str) -> str:
    """Return a short name made from an English title.

    >>> suggested_name("How much is a visa?")
    'how_much_is_a_visa'
    """
    plain = unicodedata.normalize("NFKD", english_title).encode("ascii", "ignore").decode().lower()
    return "_".join(re.findall(r"[a-z0-9]+", plain))[:40].strip("_")


def _cited(fact_id: str, body: Mapping[str, Any]) -> Cited:
    statement = body["statement"]
    end = body.get("valid_until")
    return Cited(
        fact_id,
        statement if isinstance(statement, str) else "; ".join(statement),
        body["source"]["title"],
        body["source"]["url"],
        body["source"]["date"],
        dt.date.fromisoformat(body["verified_on"]),
        dt.date.fromisoformat(end) if end else None,
    )
