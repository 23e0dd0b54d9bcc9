"""`guidepost ask`: one question, or a file of them, without a server."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import logs
from bot.conversation import plain_text
from bot.conversation.messages import MAX_TEXT, Inbound, Reply
from bot.errors import BadInputError, GuidepostError
from bot.settings import Settings

_ASKING = ("clarify", "situation", "language", "start")


class Line(BaseModel):
    """One line of `--jsonl`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str | int
    text: str = Field(max_length=1_000_000)
    conversation: str | None = Field(None, max_length=200)
    lang: str | None = Field(None, pattern=r"^[a-z]{2,3}$")
    pack: str | None = None


def add_parser(verbs: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Describe the command."""
    parser = verbs.add_parser("ask", help="ask a question from the command line")
    parser.add_argument("text", nargs="?", help="the question; with --jsonl a file, default standard input")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--jsonl", action="store_true", help="read one JSON object a line, write one a line")
    parser.add_argument("--lang", help="language of the reply where the question does not tell: hy, ru, en …")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask."""
    settings = Settings.load()
    logs.configure("WARNING" if settings.log_level == "INFO" and not sys.stderr.isatty() else settings.log_level)
    return asyncio.run(_ask(settings, options))


async def _ask(settings: Settings, options: argparse.Namespace) -> int:
    from bot.app import assistant as open_assistant

    if not options.jsonl and options.text is None:
        raise BadInputError('Give a question: guidepost ask "How do I become a citizen?"')
    source = _source(options.text) if options.jsonl else []
    async with open_assistant(settings, keep_conversations=False) as assistant:
        asker = Asker(assistant.conversations, settings.pack)
        if options.jsonl:
            return await _lines(asker, source)
        replies = await asker.replies(options.text, options.lang)
        if options.json:
            print(json.dumps(as_json("1", replies[-1]), ensure_ascii=False))
        else:
            print("\n\n".join(plain_text.render(reply) for reply in replies))
    return 0


class Asker:
    """Sends texts through the same path as every channel, in conversations that are kept in memory."""

    def __init__(self, conversations: Any, pack: str) -> None:
        self._conversations = conversations
        self._pack = pack
        self._count = 0

    async def replies(self, text: str, language: str | None, conversation: str | None = None) -> list[Reply]:
        """Return the replies to a text; without a conversation it is the first message of a new one."""
        self._count += 1
        name = f"shared-{conversation}" if conversation is not None else f"single-{self._count}"
        inbound = Inbound(
            conversation=_fit(name),
            message_id=str(self._count),
            channel="cli",
            # An empty text is a message too: people send stickers and spaces, and get a friendly question back.
            text=text[:MAX_TEXT] if text.strip() else "·",
            language=language,
        )
        return [numbered.reply for numbered in await self._conversations.handle(inbound)]

    async def line(self, raw: str) -> dict[str, Any]:
        """Answer one line of `--jsonl`.

        Raises:
            BadInputError: the line cannot be used; the message says why.
        """
        try:
            line = Line.model_validate(json.loads(raw))
        except json.JSONDecodeError as error:
            raise BadInputError(f"no JSON object: {error.msg} at column {error.colno}") from error
        except ValidationError as error:
            problems = "; ".join(f"'{'.'.join(map(str, p['loc'])) or 'line'}' {p['msg']}" for p in error.errors())
            raise BadInputError(problems) from error
        if line.pack is not None and line.pack != self._pack:
            raise BadInputError(f"'pack' is '{line.pack}', but '{self._pack}' is loaded: set GUIDEPOST_PACK")
        replies = await self.replies(line.text, line.lang, line.conversation)
        return as_json(line.id, replies[-1])


def _fit(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _source(name: str | None) -> Iterable[str]:
    if name is None or name == "-":
        return sys.stdin
    try:
        return open(name, encoding="utf-8")  # read to its end, closed with the process
    except OSError as error:
        raise BadInputError(f"{name} cannot be read: {error.strerror}") from error


async def _lines(asker: Asker, source: Iterable[str]) -> int:
    failed = False
    for number, raw in enumerate(source, 1):
        if not raw.strip():
            continue
        try:
            result = await asker.line(raw)
        except GuidepostError as error:
            failed = True
            print(f"line {number}: {error}", file=sys.stderr)
            result = {"id": _id_of(raw, number), "error": str(error)}
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 1 if failed else 0


def _id_of(raw: str, number: int) -> Any:
    try:
        value = json.loads(raw)
        found = value.get("id") if isinstance(value, dict) else None
    except ValueError:
        found = None
    return found if isinstance(found, str | int) else f"line {number}"


def as_json(line_id: Any, reply: Reply) -> dict[str, Any]:
    """Return a reply in the form of `--json` and `--jsonl`."""
    answers = reply.answers()
    first = answers[0] if answers else None
    return {
        "id": line_id,
        "language": reply.language,
        "script": reply.script,
        "topic": reply.topic,
        "question": reply.question,
        "confidence": reply.confidence,
        "outcome": reply.outcome,
        "text": plain_text.render(reply, sources=False, roles=_ASKING),
        "sources": [s.model_dump(include={"title", "url", "date"}) for block in answers for s in block.sources],
        "verified_on": first.verified_on.isoformat() if first else None,
        "valid_until": first.valid_until.isoformat() if first and first.valid_until else None,
        "choices": [c.model_dump() for c in reply.choices(*_ASKING)],
    }
