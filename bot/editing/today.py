"""What needs a person today: the studio's first page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from bot.editing.model import Actor, TextKey
from bot.editing.notes import Notes
from bot.editing.review import Review
from bot.editing.status import Status
from bot.storage import Database, board
from bot.storage.board import DraftLine

Kind = Literal["decide", "sent_back", "review", "own_drafts", "notes", "failing", "expiring", "outdated", "missing"]
_SHOWN: dict[str, int] = dict.fromkeys(("review", "failing", "expiring", "outdated", "missing"), 5)
"""Of what has a list of its own, the first few."""

_MOST = 100
_FROM_BOARD: tuple[Literal["failing", "expiring", "outdated", "missing"], ...] = (
    "failing",
    "expiring",
    "outdated",
    "missing",
)


@dataclass(frozen=True)
class Task:
    """Something to do, most urgent kind first.

    Attributes:
        kind: `decide`: two texts for one part wait for a decision; `sent_back`: a reviewer wants a change; `review`:
            a colleague's text waits; `own_drafts`: begun and not submitted; `notes`: open notes; others: states of the
            board, in the person's languages.
        count: how many.
        texts: with their titles; the first few where a page lists them all.
    """

    kind: Kind
    count: int
    texts: list[tuple[TextKey, str]] = field(default_factory=list)


class Today:
    """Collects what needs a person in one pack."""

    def __init__(self, database: Database, pack: str, status: Status, review: Review, notes: Notes) -> None:
        """Prepare.

        Args:
            database: where drafts are.
            pack: which content.
            status, review, notes: the services that know what is to be done.
        """
        self._database = database
        self._pack = pack
        self._status = status
        self._review = review
        self._notes = notes

    async def tasks(
        self, person: Actor, languages: Collection[str], *, reviews: bool, teaches: bool, language: str
    ) -> list[Task]:
        """Return what needs a person.

        Args:
            person: who asks.
            languages: the languages in which they may edit.
            reviews: whether they may approve texts.
            teaches: whether they may change examples: only then is a test question that failed theirs to mend.
            language: the interface's language, for titles.
        """
        _, lines = await self._status.lines(language)
        titles = {line.question: line.title for line in lines}
        async with self._database.reading() as session:
            drafts = await board.drafts(session, self._pack, ("draft", "sent_back"))
        mine = [d for d in drafts if d.language in languages and person.id in {number for number, _ in d.writers}]
        by_kind: dict[Kind, list[TextKey]] = {
            "decide": [_key(d) for d in mine if d.undecided],
            "sent_back": [_key(d) for d in mine if d.state == "sent_back"],
            "own_drafts": [_key(d) for d in mine if d.state == "draft" and not d.undecided],
        }
        if reviews:
            by_kind["review"] = [each.key for each in await self._review.queue(person) if not each.own]
        for state in _FROM_BOARD:
            by_kind[state] = [
                text.key
                for line in lines
                for text in line.texts
                if state in text.states and text.key.language in languages and (teaches or state != "failing")
            ]
        notes = await self._notes.of(open_only=True)
        notes = [note for note in notes if note.author != person.id]
        if notes and languages:
            by_kind["notes"] = [TextKey(note.question, "", "") for note in notes]
        order: tuple[Kind, ...] = ("decide", "sent_back", "review", "own_drafts", "notes", *_FROM_BOARD)
        return [
            Task(
                kind,
                len(keys),
                [(key, titles.get(key.question, key.question)) for key in keys[: _SHOWN.get(kind, _MOST)]],
            )
            for kind in order
            if (keys := by_kind.get(kind))
        ]


def _key(draft: DraftLine) -> TextKey:
    return TextKey(draft.question, draft.situation, draft.language)
