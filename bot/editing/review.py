"""Review: submitted, sent back with a comment, or approved by somebody else than its writers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts import audit
from bot.editing import approved, drafts, retiring
from bot.editing import fields as forms
from bot.editing.fields import Problem
from bot.editing.model import TAKEN_IN, Actor, ChangedMeanwhileError, Fields, RefusedError, TextKey, Working, now
from bot.storage import Database, board, editing
from bot.storage.tables_studio import RevisionRow

NOT_IN_REVIEW = "This text is not waiting for a review. Somebody may have taken it back or approved it."
OWN_TEXT = "You have worked on this text yourself, so a colleague has to approve it."
COMMENT_NEEDED = "Write what has to change, so that your colleague knows what to do."
CONFLICTS_OPEN = "Two people changed the same part. Decide which text stays before you submit it."
NOTHING_TO_SUBMIT = "There is no draft to submit."
NOT_READY = "The text is not ready yet: see the remarks beside its parts."
Checker = Callable[[TextKey, Fields], Awaitable[list[Problem]]]
"""Returns what blocks a text: errors, and warnings that nobody has overridden."""


class NotReadyError(RefusedError):
    """A text still has problems, listed in `problems`."""

    code = "not_ready"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(NOT_READY)
        self.problems = problems


@dataclass(frozen=True)
class Waiting:
    """A text that waits for a reviewer.

    Attributes:
        own: whether the person who asked has worked on it and so may not approve it.
    """

    key: TextKey
    title: str
    author_name: str
    submitted_at: dt.datetime | None
    own: bool


class Review:
    """What happens to drafts of one pack between writing and the content."""

    def __init__(
        self, database: Database, pack: str, *, approve_own: bool = False, checker: Checker | None = None
    ) -> None:
        """Prepare.

        Args:
            database: where content and drafts are.
            pack: which content.
            approve_own: whether people may approve what they have worked on themselves.
            checker: the checks that a text must pass.
        """
        self._database = database
        self._pack = pack
        self._approve_own = approve_own
        self._checker = checker

    async def problems(self, working: Working, *, source: bool) -> list[Problem]:
        """Return what keeps a text from being submitted."""
        found = forms.missing(working.fields, source=source, situation=working.key.situation)
        if source and not working.fields.get("removed"):
            async with self._database.reading() as session:
                found += await approved.dangling(session, self._pack, working.key, working.fields)
        if not found and self._checker is not None and not working.fields.get("removed"):
            found = await self._checker(working.key, working.fields)
        return found

    async def submit(self, key: TextKey, person: Actor, seen: str) -> None:
        """Ask for a review.

        Raises:
            NotReadyError: something is missing or a check blocks it.
            RefusedError: there is no draft, or two texts of one part are still to be decided between.
            ChangedMeanwhileError: somebody saved after the person looked.
        """
        await self._must_be_ready(key, seen)
        async with self._database.work() as session:
            working = await self._seen(session, key, seen)
            if not working.is_open:
                raise RefusedError(NOTHING_TO_SUBMIT)
            if working.conflicts:
                raise RefusedError(CONFLICTS_OPEN)
            row = await editing.draft(session, self._pack, key.question, key.situation, key.language, lock=True)
            assert row is not None  # noqa: S101  # it is open
            row.state, row.submitted_at, row.comment = "in_review", now(), ""
            await audit.record(session, person.id, "draft.submit", key.label)

    async def send_back(self, key: TextKey, person: Actor, seen: str, comment: str) -> None:
        """Return a text to its writers.

        Raises:
            RefusedError: there is no comment, or the text is not in review.
            ChangedMeanwhileError: somebody saved after the person looked.
        """
        if not comment.strip():
            raise RefusedError(COMMENT_NEEDED)
        async with self._database.work() as session:
            working = await self._seen(session, key, seen)
            if working.state != "in_review":
                raise RefusedError(NOT_IN_REVIEW)
            row = await editing.draft(session, self._pack, key.question, key.situation, key.language, lock=True)
            assert row is not None  # noqa: S101  # it is in review
            row.state, row.comment = "sent_back", f"{person.name}: {forms.tidy(comment)}"
            await audit.record(session, person.id, "draft.send_back", key.label, {"comment": forms.tidy(comment)})

    async def approve(self, key: TextKey, person: Actor, seen: str, *, small_edit: bool = False) -> int:
        """Put a text into the content, from which the next release is built.

        Args:
            key: which text.
            person: the reviewer.
            seen: `Working.seen` of what they read.
            small_edit: whether nothing changed that translations would have to follow.

        Returns:
            The number of the revision.

        Raises:
            RefusedError: it is the person's own text, is not in review, or depends on what is not approved.
            NotReadyError: something is missing or a check blocks it.
            ChangedMeanwhileError: somebody saved after the person looked.
        """
        await self._must_be_ready(key, seen)
        async with self._database.work() as session:
            working = await self._seen(session, key, seen)
            if working.state != "in_review":
                raise RefusedError(NOT_IN_REVIEW)
            if not self._approve_own and person.id in {number for number, _ in working.writers}:
                raise RefusedError(OWN_TEXT)
            before = await approved.standing(session, self._pack, key)
            if before.exists:
                await self._keep(session, key, before.fields)
            removed = bool(working.fields.get("removed"))
            if removed and not key.situation:
                kept = await retiring.retire(session, self._pack, key.question)
                return await self._record(session, key, person, working, small_edit, removed, kept)
            if removed:
                for language, said in (await approved.remove(session, self._pack, key)).items():
                    await self._keep(session, TextKey(key.question, key.situation, language), said)
            else:
                await approved.put_in_place(session, self._pack, key, working.fields)
            number = await self._record(session, key, person, working, small_edit, removed)
            await drafts.close(session, self._pack, key, person)
            if not removed:
                await self._mark_translations(session, key, working, small_edit, number, before.source)
            return number

    async def queue(self, person: Actor) -> list[Waiting]:
        """Return what waits for a review, the longest waiting first."""
        async with self._database.reading() as session:
            rows = await board.drafts(session, self._pack, ("in_review",))
            titles = await board.titles(session, self._pack, sorted({row.question for row in rows}))
        waiting = []
        for row in rows:
            known = titles.get(row.question, {})
            title = known.get(row.language) or next(iter(known.values()), row.question)
            own = not self._approve_own and person.id in {number for number, _ in row.writers}
            key = TextKey(row.question, row.situation, row.language)
            waiting.append(Waiting(key, title, row.author_name, row.submitted_at, own))
        return waiting

    async def _must_be_ready(self, key: TextKey, seen: str) -> None:
        # Before the unit of work: checks may take a while, and nobody else could save meanwhile.
        async with self._database.reading() as session:
            working = await self._seen(session, key, seen)
            there = await approved.standing(session, self._pack, key)
        problems = await self.problems(working, source=there.source)
        if problems:
            raise NotReadyError(problems)

    async def _seen(self, session: AsyncSession, key: TextKey, seen: str) -> Working:
        working = await drafts.read(session, self._pack, key)
        if working.seen != seen:
            raise ChangedMeanwhileError(f"{key.label} was changed")
        return working

    async def _keep(self, session: AsyncSession, key: TextKey, said: Fields) -> None:
        """Remember what an import brought before it is replaced, so that it can be restored."""
        last = await editing.revisions(session, self._pack, key.question, key.situation, key.language, 1)
        digest = forms.digest(said)
        if last and last[0].digest == digest and not last[0].removed:
            return
        session.add(
            RevisionRow(
                pack=self._pack,
                question=key.question,
                situation=key.situation,
                language=key.language,
                fields=said,
                digest=digest,
                small_edit=False,
                removed=False,
                author_name=TAKEN_IN,
                approved_by=None,
                approved_by_name=TAKEN_IN,
                approved_at=now(),
                comment="",
            )
        )
        await session.flush()

    async def _record(
        self,
        session: AsyncSession,
        key: TextKey,
        person: Actor,
        working: Working,
        small_edit: bool,
        removed: bool,
        kept: Fields | None = None,
    ) -> int:
        after = (
            {**working.fields, **(kept or {})}
            if removed
            else (await approved.standing(session, self._pack, key)).fields
        )
        row = RevisionRow(
            pack=self._pack,
            question=key.question,
            situation=key.situation,
            language=key.language,
            fields=after,
            digest=forms.digest(after),
            small_edit=small_edit,
            removed=removed,
            author_name=", ".join(name for _, name in working.writers),
            approved_by=person.id,
            approved_by_name=person.name,
            approved_at=now(),
            comment="",
        )
        session.add(row)
        await session.flush()
        detail = {"revision": row.id, "small_edit": small_edit, "writers": [name for _, name in working.writers]}
        action = "question.retire" if kept else "answer.remove" if removed else "answer.approve"
        await audit.record(session, person.id, action, key.question if kept else key.label, detail)
        return row.id

    async def _mark_translations(
        self, session: AsyncSession, key: TextKey, working: Working, small_edit: bool, revision: int, source: bool
    ) -> None:
        await editing.clear_outdated(session, self._pack, key.question, key.situation, key.language)
        said = [(working.fields.get(name), working.approved.get(name)) for name in forms.SPOKEN]
        # A source that was only checked anew changes nothing that a translator could follow.
        if not source or small_edit or not working.exists or all(new == old for new, old in said):
            return
        answer = await editing.answer(session, self._pack, key.question, key.situation)
        for text in await editing.texts(session, answer.id) if answer else []:
            if text.language != key.language:
                await editing.set_outdated(
                    session, self._pack, key.question, key.situation, text.language, revision, now()
                )
