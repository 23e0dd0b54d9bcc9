"""Trying a question: what is understood and what would be said, by the live release, by what comes next, and by drafts.

Nothing of it is stored: no conversation, no message, no vector on disk.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bot.conversation import plain_text
from bot.conversation.messages import Reply, reply_from_rasa
from bot.conversation.service import Live
from bot.editing.drafted import with_drafts
from bot.editing.model import OPEN, Fields, TextKey
from bot.errors import BadInputError, GuidepostError
from bot.knowledge.library import Library, in_place
from bot.knowledge.releases import ModelDamagedError
from bot.knowledge.schema import Content
from bot.storage import checks, contents, editing

if TYPE_CHECKING:
    from bot.assistant import Assistant
    from bot.storage.contents import StoredRelease

MOST_CHARACTERS = 2000

NOTHING_TYPED = "Type a question first."
TOO_LONG = "At most {most} characters can be tried at once. Shorten the question."
DAMAGED = "its model is missing or damaged; build it again"

Which = Literal["live", "built", "approved", "draft"]
"""The live release; a newer one that is built and not live; approved texts that no release holds yet; drafts."""


@dataclass(frozen=True)
class Nearest:
    """An example that speaks for what was understood; `similarity` is a cosine, 1 for the same meaning."""

    text: str
    question: str
    similarity: float


@dataclass(frozen=True)
class Entity:
    """What was found in the question: kind, value, and the words themselves."""

    kind: str
    value: str
    words: str


@dataclass(frozen=True)
class Trial:
    """What one release makes of a question.

    Attributes:
        which: what was asked.
        release: its number; of approved texts and drafts: the release whose model understood the question.
        library: its content, for the names of what is told here by ids.
        drafts: the texts of the understood question that are drafts.
        language, script, reading: of the question; `reading` is what was typed, in its language's own letters.
        question, title: what was understood, None where nothing was.
        confidence, outside: probabilities that this is right, and that it is none of the authority's business.
        ranking: the next best questions with their scores.
        reply, text: what would be said.
        milliseconds: how long it took.
    """

    which: Which
    release: int
    library: Library = field(repr=False)
    language: str | None
    script: str | None
    reading: str
    topic: str | None
    question: str | None
    title: str | None
    confidence: float
    outside: float
    intent: str
    ranking: list[tuple[str, float]]
    nearest: list[Nearest]
    entities: list[Entity]
    reply: Reply
    text: str
    milliseconds: float
    drafts: tuple[TextKey, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A release that could not be asked, and why: an English text, the key of its translations."""

    which: Which
    release: int
    reason: str


class Trials:
    """Asks releases on behalf of nobody."""

    def __init__(self, assistant: Assistant) -> None:
        """Prepare.

        Args:
            assistant: an opened one.
        """
        self._assistant = assistant
        self._beside: Live | None = None
        self._loading = asyncio.Lock()
        self._texts: Library | None = None
        self._stamp: tuple[object, ...] = ()

    async def ask(self, text: str, language: str, person: int | None = None, page: str = "") -> list[Trial | Failed]:
        """Ask the live release, and what would come next where there is something.

        Args:
            text: the question.
            language: in which titles are given.
            person: the account whose open drafts are tried too.
            page: the question whose page they are on: a colleague's drafts of it are tried too.

        Returns:
            The live release's first; then the newest release's, where it is another; then the approved texts', where
            no release holds them; then the drafts', where they are about the question that was understood.

        Raises:
            BadInputError: nothing was typed, or too much.
        """
        text = text.strip()
        if not text:
            raise BadInputError(NOTHING_TYPED)
        if len(text) > MOST_CHARACTERS:
            raise BadInputError(TOO_LONG, most=MOST_CHARACTERS)
        last = self._assistant.live()
        found: list[Trial | Failed] = [await _turn("live", last, text, language)]
        newest = await self._newest()
        if newest is not None and newest.id > last.release_id:
            try:
                opened = await self._opened(newest)
                found.append(await _turn("built", opened, text, language))
                last = opened
            except ModelDamagedError:
                found.append(Failed("built", newest.id, DAMAGED))
            except GuidepostError as error:
                found.append(Failed("built", newest.id, error.public))
        approved = await self._approved(last)
        if approved is not None:
            last = Live(last.release_id, approved, last.processor)
            found.append(await _turn("approved", last, text, language))
        understood = next(trial.question for trial in reversed(found) if isinstance(trial, Trial))
        drafts = await self._drafts(understood, person, page) if understood else {}
        if drafts and last.library.question(understood or ""):
            written = Live(last.release_id, with_drafts(last.library, drafts), last.processor)
            found.append(await _turn("draft", written, text, language, tuple(drafts)))
        return found

    async def languages(self, texts: list[str]) -> list[str | None]:
        """Tell the language of texts as the live release reads them; None where it is not sure."""
        processor = self._assistant.live().processor
        parsed = await asyncio.to_thread(processor.parse_many, texts)
        return [(each.get("language") or {}).get("code") for each in parsed]

    async def _newest(self) -> StoredRelease | None:
        async with self._assistant.database.reading() as session:
            known = await contents.releases(session, self._assistant.settings.pack)
        return known[0] if known else None

    async def _opened(self, release: StoredRelease) -> Live:
        async with self._loading:
            if self._beside is None or self._beside.release_id != release.id:
                # Its memory goes first: two models beside the live one are never needed.
                self._beside = None
                async with self._assistant.database.reading() as session:
                    tree = await contents.read_snapshot(session, release.id)
                model = await asyncio.to_thread(self._assistant.releases.model, release)
                content = await asyncio.to_thread(Content.model_validate, tree)
                processor = await asyncio.to_thread(self._assistant.beside, model)
                self._beside = Live(release.id, Library(content), processor)
            return self._beside

    async def _approved(self, last: Live) -> Library | None:
        """Return the approved texts, or None when a release says the same. Examples count after a build only."""
        pack = self._assistant.settings.pack
        async with self._assistant.database.reading() as session:
            stamp = (last.release_id, *await checks.content_stamp(session, pack))
            if stamp == self._stamp:
                return self._texts
            tree = await contents.read_content(session, pack, examples=False)
        if tree is None:
            return None
        content, held = await asyncio.to_thread(Content.model_validate, tree), last.library.content
        same = content.questions == held.questions and content.facts == held.facts
        self._texts = None if same and content.pack == held.pack else Library(content)
        self._stamp = stamp
        return self._texts

    async def _drafts(self, question: str, person: int | None, page: str) -> dict[TextKey, Fields]:
        """Return the open drafts of a question: all on its own page, else those that a person has worked on."""
        async with self._assistant.database.reading() as session:
            rows = await editing.drafts(session, self._assistant.settings.pack, OPEN, question)
            return {
                TextKey(row.question, row.situation, row.language): row.fields
                for row in rows
                if question == page or person in {number for number, _ in row.writers}
            }


async def _turn(which: Which, release: Live, text: str, language: str, drafts: tuple[TextKey, ...] = ()) -> Trial:
    began = time.perf_counter()
    conversation = f"trial-{uuid.uuid4().hex}"
    with in_place(release.library):
        said, _, parse = await release.processor.turn(conversation, text, None, {"channel": "studio", "language": None})
    took = (time.perf_counter() - began) * 1000
    reply = reply_from_rasa(said)
    if reply is None:
        raise GuidepostError("No action replied: does data/rules.yml have a rule for every intent of the domain?")
    understood: dict[str, Any] = parse.get("question") or {}
    told: dict[str, Any] = parse.get("language") or {}
    name = understood.get("name")
    question = release.library.question(name or "")
    return Trial(
        which=which,
        release=release.release_id,
        library=release.library,
        language=told.get("code"),
        script=told.get("script"),
        reading=parse.get("reading") or text,
        topic=name.partition("/")[0] if name else None,
        question=name,
        title=release.library.title(question, language) if question else None,
        confidence=float(understood.get("confidence") or 0.0),
        outside=float(understood.get("outside") or 0.0),
        intent=parse["intent"]["name"] or "",
        ranking=[(entry["name"], float(entry["score"])) for entry in understood.get("ranking", [])[:5]],
        nearest=[
            Nearest(near["text"], near["intent"], float(near["similarity"])) for near in understood.get("nearest", [])
        ],
        entities=[
            Entity(str(found["entity"]), str(found.get("value", "")), text[found.get("start", 0) : found.get("end", 0)])
            for found in parse.get("entities") or []
        ],
        reply=reply,
        text=plain_text.render(reply),
        milliseconds=round(took, 1),
        drafts=drafts,
    )
