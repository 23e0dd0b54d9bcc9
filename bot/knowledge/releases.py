"""Releases: content and the model trained from it, frozen together. What is live is a pointer to one."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import GuidepostError
from bot.knowledge import hashes, scoring
from bot.knowledge.library import Library
from bot.knowledge.schema import Content, HeldBack
from bot.storage import Database, contents
from bot.storage.contents import StoredRelease

logger = logging.getLogger(__name__)

Parser = Callable[[Path, list[str]], list[dict[str, Any]]]
"""Loads a model and parses texts that are known beforehand."""

Within = Callable[[AsyncSession, int | None], Awaitable[None]]
"""Takes the unit of work that moves the pointer, and the number of the release that was live before."""


class ModelDamagedError(GuidepostError):
    """A model file is missing or not what was stored, or a release's content is not what was frozen."""

    code = "model_damaged"
    status = 409
    public = "What is stored of this release is missing or damaged. What answers has not changed. Build a release anew."


class UnknownReleaseError(GuidepostError):
    """There is no release of this number."""

    code = "unknown_release"
    status = 404
    public = "There is no such release."


class Releases:
    """Builds and finds the releases of one pack."""

    def __init__(
        self,
        database: Database,
        pack: str,
        models: Path,
        root: Path,
        train: Callable[[Content, Path, str], Path],
        parse: Parser,
    ) -> None:
        """Prepare.

        Args:
            database: where releases are stored.
            pack: the pack.
            models: directory of model archives.
            root: the project root with config.yml, domain.yml and data/rules.yml.
            train: trains a model from content into a directory under a name and returns its path.
            parse: loads a model and parses the test questions.
        """
        self._database = database
        self._pack = pack
        self._models = models
        self._root = root
        self._train = train
        self._parse = parse

    def on(self, database: Database) -> Releases:
        """Return the same releases on another connection, for another event loop."""
        return Releases(database, self._pack, self._models, self._root, self._train, self._parse)

    async def live(self) -> tuple[StoredRelease, Content] | None:
        """Return the release that answers with its content, or None before the first."""
        number = await self.live_number()
        return (await self.find(number), await self.content(number)) if number is not None else None

    async def live_number(self) -> int | None:
        """Return the number of the release that answers, or None before the first."""
        async with self._database.reading() as session:
            return await contents.live_release(session, self._pack)

    async def find(self, number: int) -> StoredRelease:
        """Return a release by its number.

        Raises:
            UnknownReleaseError: the pack has none of this number.
        """
        async with self._database.reading() as session:
            # Addresses are typed by hand too: the database takes no longer numbers.
            stored = await contents.release(session, self._pack, number) if number < 1 << 63 else None
            if stored is not None and "topics" not in stored.scores:  # made by an earlier version
                held_back = (await contents.read_snapshot(session, number))["held_back"]
                tests = [HeldBack.model_validate(item) for item in held_back]
                topics = scoring.by_topic(tests, stored.scores["misses"])
                stored = replace(stored, scores=stored.scores | {"topics": topics})
        if stored is None:
            raise UnknownReleaseError(f"The pack '{self._pack}' has no release {number}.")
        return stored

    async def content(self, number: int) -> Content:
        """Return the content that a release froze.

        Raises:
            UnknownReleaseError: the pack has none of this number.
            ModelDamagedError: what is stored is not what was frozen (compressed content carries a checksum of its own).
        """
        await self.find(number)
        try:
            async with self._database.reading() as session:
                return Content.model_validate(await contents.read_snapshot(session, number))
        except (zlib.error, ValueError) as error:
            raise ModelDamagedError(
                f"The stored content of release {number} is damaged. Let another one answer: guidepost release list, "
                "then guidepost release publish"
            ) from error

    async def build(self, content: Content) -> StoredRelease:
        """Make a release of content: train if no sound model of the same training data exists, score, store.

        Building the same again gives the release that is already there. Nothing goes live by this.
        """
        content_hash, training_hash = hashes.of_content(content), hashes.of_training(content, self._root)
        async with self._database.reading() as session:
            known = await contents.releases(session, self._pack)
        sound = [r for r in known if r.training_hash == training_hash and self._is_sound(r.model_file, r.model_sha256)]
        same = [r for r in sound if r.content_hash == content_hash]
        if same:
            return same[0]
        if sound:
            model_file, digest = sound[0].model_file, sound[0].model_sha256
            logger.info("The examples have not changed: no training needed.")
        else:
            model_file, digest = self._make_model(content, training_hash)
        scored = sound[0] if sound and await self._same_tests(sound[0], content) else None
        scores = scored.scores if scored else self._score(content, model_file)
        if "topics" not in scores:  # reused from a release of an earlier version
            scores = scores | {"topics": scoring.by_topic(content.held_back, scores["misses"])}
        async with self._database.work() as session:
            number = await contents.add_release(
                session,
                self._pack,
                content.model_dump(mode="json"),
                content_hash=content_hash,
                training_hash=training_hash,
                model_file=model_file,
                model_sha256=digest,
                scores=scores,
            )
            return next(r for r in await contents.releases(session, self._pack) if r.id == number)

    async def publish(self, release: StoredRelease, within: Within | None = None) -> None:
        """Let a release answer.

        Args:
            release: the release.
            within: done in the same unit of work, so that what it writes is kept exactly when the pointer moves.

        Raises:
            ModelDamagedError: its model is missing or damaged; what was live stays live.
        """
        self.model(release)
        async with self._database.work() as session:
            before = await contents.live_release(session, self._pack)
            await contents.set_live(session, self._pack, release.id)
            if within:
                await within(session, before)

    def is_usable(self, release: StoredRelease, content: Content) -> bool:
        """Tell whether a release's model is sound and was trained by this version of the program from its content."""
        sound = self._is_sound(release.model_file, release.model_sha256)
        return sound and release.training_hash == hashes.of_training(content, self._root)

    def model(self, release: StoredRelease) -> Path:
        """Return the path of a release's model after comparing its checksum.

        Raises:
            ModelDamagedError: it is missing or damaged.
        """
        if not self._is_sound(release.model_file, release.model_sha256):
            raise ModelDamagedError(
                f"The model {release.model_file} of release {release.id} is missing or damaged. Run: guidepost train"
            )
        return self._models / release.model_file

    def _is_sound(self, model_file: str, digest: str) -> bool:
        try:
            return hashlib.sha256((self._models / model_file).read_bytes()).hexdigest() == digest
        except OSError:
            return False

    def _make_model(self, content: Content, training_hash: str) -> tuple[str, str]:
        name = training_hash[:16]
        self._models.mkdir(parents=True, exist_ok=True)
        # Trained beside and moved into place: a kill in between leaves no half model.
        work = Path(tempfile.mkdtemp(dir=self._models, prefix=".training-"))
        try:
            made = self._train(content, work, name)
            digest = hashlib.sha256(made.read_bytes()).hexdigest()
            # The digest keeps apart what packs or versions train from the same examples.
            target = f"{name}-{digest[:12]}.tar.gz"
            os.replace(made, self._models / target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return target, digest

    def _score(self, content: Content, model_file: str) -> dict[str, Any]:
        if not content.held_back:
            return {"languages": {}, "topics": {}, "out_of_scope": {}, "misses": []}
        logger.info("Asking the model %d held-back questions ...", len(content.held_back))
        parsed = self._parse(self._models / model_file, [item.text for item in content.held_back])
        return scoring.score(parsed, content.held_back, Library(content))

    async def _same_tests(self, release: StoredRelease, content: Content) -> bool:
        async with self._database.reading() as session:
            tree = await contents.read_snapshot(session, release.id)
        before = Content.model_validate(tree)
        questions = [question.id for question in content.questions]
        return before.held_back == content.held_back and [q.id for q in before.questions] == questions
