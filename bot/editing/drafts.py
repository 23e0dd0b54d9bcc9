"""Drafts: opening a text for work, saving it with nothing lost, throwing it away."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts import audit
from bot.editing import fields as forms
from bot.editing.approved import EVERYBODY_STAYS, SOURCE_FIRST, Standing, standing
from bot.editing.merge import merge
from bot.editing.model import (
    OPEN,
    Actor,
    ChangedMeanwhileError,
    Conflict,
    DraftState,
    Fields,
    RefusedError,
    TextKey,
    Working,
    now,
)
from bot.storage import Database, editing
from bot.storage.tables_studio import DraftRow

NOTHING_TO_REMOVE = "There is no approved answer for these people, so there is nothing to remove."


class Drafts:
    """The texts of one pack that are being worked on."""

    def __init__(self, database: Database, pack: str) -> None:
        """Prepare.

        Args:
            database: where content and drafts are.
            pack: which content.
        """
        self._database = database
        self._pack = pack

    async def open(self, key: TextKey) -> Working:
        """Return a text as it is being worked on.

        Raises:
            UnknownTextError: there is no such text.
        """
        async with self._database.reading() as session:
            return await read(session, self._pack, key)

    async def save(
        self,
        key: TextKey,
        person: Actor,
        typed: Fields,
        seen: str,
        *,
        names: tuple[str, ...] | None = None,
        decided: frozenset[str] = frozenset(),
        unsure: frozenset[str] = frozenset(),
    ) -> Working:
        """Save what somebody typed; an automatic save is the same.

        What a colleague saved meanwhile in other fields is joined with it. A field that both changed stays as the
        colleague saved it, and this person's text is kept beside it until somebody decides.

        Args:
            key: which text.
            person: who typed.
            typed: the form.
            seen: `Working.seen` of the text as the person opened it.
            names: the fields that `typed` speaks about; others stay as they are. Default all.
            decided: fields for which the person has seen both texts and says that the typed one is to stand.
            unsure: fields that a colleague changed on the server while the person typed into them: both texts are kept.

        Returns:
            The text as it now is. Its `conflicts` are what still is to be decided.

        Raises:
            UnknownTextError: there is no such text (any more).
        """
        async with self._database.work() as session:
            row = await _row(session, self._pack, key, lock=True)
            there = await standing(session, self._pack, key)
            is_open = row is not None and row.state in OPEN
            current: Fields = row.fields if row is not None and is_open else there.fields
            base = await _base(session, self._pack, key, row, current, seen)
            mine = typed if names is None else _with_others(typed, current, base, names)
            conflicts = _conflicts(row) if is_open else []
            # What waits for a decision must not slip over the colleague's text with the next automatic save.
            own = {c.field: c.value for c in conflicts if c.person == person.id and c.field not in decided}
            untouched = {name for name in own if base is not None and mine.get(name) == base.get(name)}
            held = {name: own[name] if name in untouched else mine.get(name) for name in own}
            held = {name: value for name, value in held.items() if mine.get(name) != current.get(name)}
            mine = {**mine, **{name: current.get(name) for name in own}}
            merged = merge(base, current, mine, unsure)
            taken_theirs = own.keys() - held.keys()
            kept = [
                c
                for c in conflicts
                if c.field not in decided and not (c.person == person.id and c.field in taken_theirs)
            ]
            kept = _noted(kept, {**held, **merged.conflicts}, person)
            if merged.fields == current and kept == conflicts:
                return _working(key, row, there)
            row = await _write(session, self._pack, key, person, row, there, merged.fields, kept)
            return _working(key, row, there)

    async def restore(self, key: TextKey, person: Actor, fields: Fields, seen: str) -> Working:
        """Make an earlier text the draft; what the draft held stays among its saves.

        Raises:
            ChangedMeanwhileError: somebody saved after the person looked.
        """
        async with self._database.work() as session:
            row, there, current = await _as_seen(session, self._pack, key, seen)
            if fields == current:
                return _working(key, row, there)
            row = await _write(session, self._pack, key, person, row, there, dict(fields), [])
            await audit.record(session, person.id, "draft.restore", key.label)
            return _working(key, row, there)

    async def discard(self, key: TextKey, person: Actor, seen: str) -> Working:
        """Close a draft without approving it; it stays among the saves.

        A proposal to take something out may have been made while somebody was writing. Discarded is then the proposal:
        what was being written is the draft again.

        Raises:
            ChangedMeanwhileError: somebody saved after the person looked.
        """
        async with self._database.work() as session:
            row, there, current = await _as_seen(session, self._pack, key, seen)
            written = {name: value for name, value in current.items() if name != "removed"}
            if row is not None and row.state in OPEN and written != current and written != there.fields:
                row = await _write(session, self._pack, key, person, row, there, written, _conflicts(row))
                await audit.record(session, person.id, "draft.discard", key.label)
            elif row is not None and row.state in OPEN:
                await _keep_undecided(session, row, [])
                row.state, row.conflicts, row.comment = "closed", [], ""
                await audit.record(session, person.id, "draft.discard", key.label)
            return _working(key, row, there)

    async def propose_removal(self, key: TextKey, person: Actor, seen: str) -> Working:
        """Propose to take the answer for some people out, in all languages; it still has to be submitted and approved.

        Raises:
            RefusedError: it is the answer for everybody, not the first language, or not there.
            ChangedMeanwhileError: somebody saved after the person looked.
        """
        async with self._database.work() as session:
            row, there, current = await _as_seen(session, self._pack, key, seen)
            if not key.situation:
                raise RefusedError(EVERYBODY_STAYS)
            if not there.source:
                raise RefusedError(SOURCE_FIRST)
            if not there.exists:
                raise RefusedError(NOTHING_TO_REMOVE)
            row = await _write(session, self._pack, key, person, row, there, {**current, "removed": True}, [])
            return _working(key, row, there)


async def mark_removed(session: AsyncSession, pack: str, key: TextKey, person: Actor) -> None:
    """Make a proposal to take something out the draft, within a unit of work; see bot.editing.retiring."""
    row = await _row(session, pack, key, lock=True)
    there = await standing(session, pack, key)
    current = row.fields if row is not None and row.state in OPEN else there.fields
    await _write(session, pack, key, person, row, there, {**current, "removed": True}, [])


async def read(session: AsyncSession, pack: str, key: TextKey) -> Working:
    """Return a text as it is being worked on, within a unit of work; see Drafts.open."""
    return _working(key, await _row(session, pack, key), await standing(session, pack, key))


async def close(session: AsyncSession, pack: str, key: TextKey, approver: Actor) -> None:
    """Close a draft that was approved; its form may still be open somewhere, so what was approved is remembered."""
    row = await _row(session, pack, key, lock=True)
    if row is None:
        return
    there = await standing(session, pack, key)
    await _keep_undecided(session, row, [])
    row.state, row.conflicts, row.comment, row.writers = "closed", [], "", []
    row.version += 1
    row.fields, row.changed_at = there.fields, now()
    await editing.add_version(session, row, there.fields, forms.digest(there.fields), approver.name, row.changed_at)


async def _row(session: AsyncSession, pack: str, key: TextKey, *, lock: bool = False) -> DraftRow | None:
    return await editing.draft(session, pack, key.question, key.situation, key.language, lock=lock)


async def _as_seen(
    session: AsyncSession, pack: str, key: TextKey, seen: str
) -> tuple[DraftRow | None, Standing, Fields]:
    row = await _row(session, pack, key, lock=True)
    there = await standing(session, pack, key)
    current = row.fields if row is not None and row.state in OPEN else there.fields
    if forms.digest(current) != seen:
        raise ChangedMeanwhileError(f"{key.label} was changed")
    return row, there, current


async def _base(
    session: AsyncSession, pack: str, key: TextKey, row: DraftRow | None, current: Fields, seen: str
) -> Fields | None:
    """Return what a person began with, by its fingerprint, or None when that is no longer known."""
    if forms.digest(current) == seen:
        return current
    if row is not None:
        version = await editing.version_with(session, row.id, seen)
        if version is not None:
            return version.fields
    revision = await editing.revision_with(session, pack, key.question, key.situation, key.language, seen)
    return revision.fields if revision else None


def _with_others(typed: Fields, current: Fields, base: Fields | None, names: tuple[str, ...]) -> Fields:
    """Add to a form what it does not speak about, unchanged."""
    others = current if base is None else base
    return {**{n: v for n, v in others.items() if n not in names}, **{n: v for n, v in typed.items() if n in names}}


def _conflicts(row: DraftRow | None) -> list[Conflict]:
    return [Conflict(**each) for each in row.conflicts] if row is not None else []


def _noted(conflicts: list[Conflict], fresh: Fields, person: Actor) -> list[Conflict]:
    """Return conflicts with a person's texts put in, one a field and person."""
    before = {(c.field, c.person): c for c in conflicts}
    moment = now().isoformat(timespec="seconds")
    for name, value in fresh.items():
        old = before.get((name, person.id))
        if old is None or old.value != value:
            before[(name, person.id)] = Conflict(name, value, person.id, person.name, moment)
    return list(before.values())


async def _write(
    session: AsyncSession,
    pack: str,
    key: TextKey,
    person: Actor,
    row: DraftRow | None,
    there: Standing,
    fields: Fields,
    conflicts: list[Conflict],
) -> DraftRow:
    moment = now()
    opening = row is None or row.state not in OPEN
    last = await editing.revisions(session, pack, key.question, key.situation, key.language, 1) if opening else []
    if row is None:
        row = DraftRow(
            pack=pack, question=key.question, situation=key.situation, language=key.language, version=0, writers=[]
        )
    if opening:
        row.base = last[0].id if last else None
        row.state, row.comment, row.submitted_at, row.writers = "draft", "", None, []
        row.version += 1
    elif row.state == "in_review":
        # What a reviewer reads must be what they approve.
        row.state, row.submitted_at = "draft", None
    if not opening:
        await _keep_undecided(session, row, conflicts, fields)
    row.fields, row.conflicts = fields, [vars(conflict) for conflict in conflicts]
    row.author, row.author_name, row.changed_at = person.id, person.name, moment
    session.add(row)
    await session.flush()
    if opening:
        # Somebody else may have opened the approved text at the same time: this is what they began with.
        await editing.add_version(session, row, there.fields, forms.digest(there.fields), "", moment)
    row.version += 1
    if [person.id, person.name] not in row.writers:
        row.writers = [*row.writers, [person.id, person.name]]
        await audit.record(session, person.id, "draft.edit", key.label)
    await session.flush()
    await editing.add_version(session, row, fields, forms.digest(fields), person.name, moment)
    return row


async def _keep_undecided(
    session: AsyncSession, row: DraftRow, still: list[Conflict], stands: Fields | None = None
) -> None:
    """Put texts that waited for a decision and no longer do among the saves, each under its author's name."""
    waiting = {(conflict.field, conflict.person) for conflict in still}
    dropped: dict[str, Fields] = {}
    for conflict in _conflicts(row):
        stood = stands is not None and stands.get(conflict.field) == conflict.value
        if (conflict.field, conflict.person) not in waiting and not stood:
            dropped.setdefault(conflict.name, {})[conflict.field] = conflict.value
    for name, values in dropped.items():
        fields = {**row.fields, **values}
        if await editing.version_with(session, row.id, forms.digest(fields)) is None:
            row.version += 1
            await editing.add_version(session, row, fields, forms.digest(fields), name, now())


def _working(key: TextKey, row: DraftRow | None, there: Standing) -> Working:
    approved = there.fields if there.exists else {}
    if row is None or row.state not in OPEN:
        version = row.version if row is not None else 0
        return Working(key, there.fields, approved, "closed", version, forms.digest(there.fields))
    state: DraftState = row.state
    return Working(
        key,
        row.fields,
        approved,
        state,
        row.version,
        forms.digest(row.fields),
        author=row.author,
        author_name=row.author_name,
        changed_at=row.changed_at,
        comment=row.comment,
        conflicts=_conflicts(row),
        writers=[(number, name) for number, name in row.writers],
    )
