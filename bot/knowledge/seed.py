"""Files and database: taking files in, noticing who changed what, writing back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import GuidepostError
from bot.knowledge import checks, files, hashes
from bot.knowledge.files import ContentError, Finding
from bot.knowledge.schema import Content
from bot.storage import Database, contents
from bot.storage.contents import SeedState

Done = Literal["imported", "updated", "unchanged", "kept_database", "conflict"]


class NoContentError(GuidepostError):
    """The database has no such pack."""

    code = "no_content"


@dataclass(frozen=True)
class SeedResult:
    """What `sync` did.

    Attributes:
        done: `imported` at first start, `updated` when only files had changed, `unchanged`, `kept_database` when
            only the database had been edited, `conflict` when both had.
        findings: remarks about files that were taken in.
    """

    done: Done
    findings: list[Finding]


async def read(database: Database, pack: str) -> Content:
    """Return a pack's content from the database.

    Raises:
        NoContentError: there is none.
    """
    async with database.reading() as session:
        tree = await contents.read_content(session, pack)
    if tree is None:
        raise NoContentError(f"The database has no content of the pack '{pack}'. Run: guidepost content import")
    return Content.model_validate(tree)


async def take_in(database: Database, root: Path, pack: str) -> list[Finding]:
    """Replace a pack's content in the database by what the files say, after checking them.

    Returns:
        Warnings.

    Raises:
        ContentError: the files have errors; nothing was changed.
    """
    loaded = files.load(root, pack)
    findings = checks.check(loaded)
    if loaded.content is None or any(finding.severity == "error" for finding in findings):
        raise ContentError(findings)
    async with database.work() as session:
        await contents.write_content(session, loaded.content.model_dump(mode="json"))
        await _remember(session, pack, loaded.files)
        await contents.mark_taken_in(session, pack)
    return findings


async def is_waiting(database: Database, pack: str) -> bool:
    """Tell whether files were taken in that never went live: whoever took them in was stopped before publishing."""
    async with database.reading() as session:
        return await contents.is_taken_in(session, pack)


async def sync(database: Database, root: Path, pack: str) -> SeedResult:
    """Bring files and database together, as at every start.

    Raises:
        ContentError: the files must be taken in and have errors.
    """
    async with database.work() as session:
        seed = await contents.read_seed(session, pack)
        tree = await contents.read_content(session, pack)
    if seed is None or tree is None:
        return SeedResult("imported", await take_in(database, root, pack))
    now = {p.relative_to(root).as_posix(): p.read_bytes() for p in files.pack_files(root, pack) if p.is_file()}
    files_changed = hashes.of_files(now) != seed.files_hash
    edited = hashes.of_tree(tree) != seed.content_hash
    if files_changed and edited:
        return SeedResult("conflict", [])
    if files_changed:
        return SeedResult("updated", await take_in(database, root, pack))
    return SeedResult("kept_database" if edited else "unchanged", [])


async def write_back(database: Database, root: Path, pack: str) -> list[str]:
    """Write the database's content to files; a file whose content did not change stays byte for byte.

    Returns:
        Paths of the files that were written, relative to the root.
    """
    content = await read(database, pack)
    async with database.work() as session:
        before = await contents.read_seed_files(session, pack)
    target = export(content, before)
    written = []
    for path, data in target.items():
        place = root / path
        if not place.exists() or place.read_bytes() != data:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            written.append(path)
    for path in before.keys() - target.keys():
        # A file whose last question or example was taken out in the database would bring them back.
        (root / path).unlink(missing_ok=True)
        written.append(path)
    async with database.work() as session:
        await _remember(session, pack, target)
    return sorted(written)


async def _remember(session: AsyncSession, pack: str, taken: dict[str, bytes]) -> None:
    """Note that files and database say the same now."""
    await session.flush()
    session.expire_all()
    tree = await contents.read_content(session, pack)
    state = SeedState(hashes.of_files(taken), hashes.of_tree(tree or {}))
    await contents.write_seed(session, pack, state, taken)


def export(content: Content, before: dict[str, bytes]) -> dict[str, bytes]:
    """Return a pack's content as files.

    Args:
        content: the content.
        before: the files it once came from; those that say the same are returned as they were.
    """
    loaded = files.parse(before, content.pack.pack)
    example_files: files.Places = {}
    held_back_files: files.Places = {}
    if loaded.content:
        for index, example in enumerate(loaded.content.examples):
            example_files.setdefault(example.intent, loaded.places[("example", index)][0])
            example_files[(example.intent, example.text)] = loaded.places[("example", index)][0]
        for index, item in enumerate(loaded.content.held_back):
            held_back_files.setdefault(item.expected, loaded.places[("held_back", index)][0])
            held_back_files[(item.expected, item.text)] = loaded.places[("held_back", index)][0]
    rendered = files.render(content, example_files, held_back_files)
    if loaded.content is None:
        return rendered
    original = files.render(loaded.content, example_files, held_back_files)
    kept = {
        path: before[path] if path in before and original.get(path) == data else data for path, data in rendered.items()
    }
    foreign = {path: data for path, data in before.items() if path not in original and path not in rendered}
    return kept | foreign
