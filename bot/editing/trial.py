"""Trying a question: what is understood and what would be said, by the live release and by what comes next.

Nothing of it is stored: no conversation, no message, no vector on disk.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bot.conversation import plain_text
from bot.conversation.messages import Reply, reply_from_rasa
from bot.conversation.service import Live
from bot.errors import BadInputError, GuidepostError
from bot.knowledge.library import Library, in_place
from bot.knowledge.releases import ModelDamagedError
from bot.knowledge.schema import Content
from bot.storage import checks, contents

if TYPE_CHECKING:
    from bot.assistant import Assistant
    from bot.storage.contents import StoredRelease

MOST_CHARACTERS = 2000

NOTHING_TYPED = "Type a question first."
TOO_LONG = "At most {most} characters can be tried at once. Shorten the question."
NOT_TRIED = "This release could not be asked: {reason}"

Which = Literal["live", "built", "approved"]
"""The live release; a newer one that is built and not published; approved texts that no release holds yet."""


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
        release: its number.
        language, script, reading: of the question; `reading` is what was typed, in its language's own letters.
        question, title: what was understood, None where nothing was.
        confidence, outside: probabilities that this is right, and that it is none of the authority's business.
        ranking: the next best questions with their scores.
        reply, text: what would be said.
        milliseconds: how long it took.
    """

    which: Which
    release: int
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


@dataclass(frozen=True)
class Failed:
    """A release that could not be asked, and why."""

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

    async def ask(self, text: str, language: str) -> list[Trial | Failed]:
        """Ask the live release, and what would come next where there is something.

        Args:
            text: the question.
            language: in which titles are given.

        Returns:
            The live release's first.

        Raises:
            BadInputError: nothing was typed, or too much.
        """
        text = text.strip()
        if not text:
            raise BadInputError(NOTHING_TYPED)
        if len(text) > MOST_CHARACTERS:
            raise BadInputError(TOO_LONG, most=MOST_CHARACTERS)
        live = self._assistant.live()
        found: list[Trial | Failed] = [await _turn("live", live, text, language)]
        newest = await self._newest()
        if newest is not None and newest.id > live.release_id:
            try:
                found.append(await _turn("built", await self._opened(newest), text, language))
            except GuidepostError as error:
                found.append(Failed("built", newest.id, str(error)))
        else:
            approved = await self._approved(live.library)
            if approved is not None:
                found.append(await _turn("approved", Live(live.release_id, approved, live.processor), text, language))
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
                try:
                    model = await asyncio.to_thread(self._assistant.releases.model, release)
                except ModelDamagedError as error:
                    raise GuidepostError("its model is missing or damaged; build it again") from error
                content = await asyncio.to_thread(Content.model_validate, tree)
                processor = await asyncio.to_thread(self._assistant.beside, model)
                self._beside = Live(release.id, Library(content), processor)
            return self._beside

    async def _approved(self, live: Library) -> Library | None:
        """Return the approved texts, or None when the live release says the same. Examples count after a build only."""
        pack, number = self._assistant.settings.pack, self._assistant.live().release_id
        async with self._assistant.database.reading() as session:
            stamp = (number, *await checks.content_stamp(session, pack))
            if stamp == self._stamp:
                return self._texts
            tree = await contents.read_content(session, pack, examples=False)
        if tree is None:
            return None
        content = await asyncio.to_thread(Content.model_validate, tree)
        same = content.questions == live.content.questions and content.facts == live.content.facts
        self._texts = None if same and content.pack == live.content.pack else Library(content)
        self._stamp = stamp
        return self._texts


async def _turn(which: Which, release: Live, text: str, language: str) -> Trial:
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
    )
