"""The blast radius of a release: which real questions it answers in another way than the one that is live.

What people typed is redacted before it is replayed, so what is stored and shown is exactly what was compared. Each
question stands for itself: what was said before it in its conversation is not replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from bot.knowledge.comparing import comparable
from bot.knowledge.library import Library
from bot.knowledge.markup import parse, spelled_out
from bot.knowledge.schema import AnswerText
from bot.knowledge.scoring import FALLBACK, OUT_OF_SCOPE, URGENT
from bot.privacy.redact import redact
from bot.storage import Database
from bot.storage import publishing as stored

KINDS = ("changed", "newly_answered", "no_longer_answered", "reworded", "asked_otherwise")
"""How an answer can differ: another question is answered; refused or asked back before and answered now; the reverse;
the same question in other words; neither answered before nor now, but refused or asked back in another way."""

_PAGE = 500


@dataclass(frozen=True)
class Real:
    """A real question, redacted, with the number of the message it came from."""

    inbound_id: int
    text: str


@dataclass(frozen=True)
class Said:
    """What a release says to a text.

    Attributes:
        kind: `answer`, `small_talk`, `emergency`, `clarify` or `refused`.
        name: the question answered, or the intent.
        title: the question as people see it.
        text: what is said, of an answer all of it.
        choices: the questions that are offered when asking back.
    """

    kind: str
    name: str
    title: str = ""
    text: str = ""
    choices: tuple[str, ...] = ()


async def real_questions(database: Database, pack: str, most: int) -> list[Real]:
    """Return the last distinct questions that people typed, redacted, the newest first.

    Args:
        database: where they are.
        pack: whose.
        most: how many.
    """
    found: dict[str, Real] = {}
    before: int | None = None
    # People repeat each other; past ten times as many messages the search ends.
    for _ in range(0, 10 * most, _PAGE):
        async with database.reading() as session:
            page = await stored.last_messages(session, pack, before, _PAGE)
        for number, typed in page:
            text = redact(typed.strip())[:1000]
            if text and len(found) < most:
                found.setdefault(comparable(text), Real(number, text))
        if len(page) < _PAGE or len(found) >= most:
            break
        before = page[-1][0]
    return list(found.values())


def said(parse: dict[str, Any], library: Library) -> Said:
    """Return what a release says to a text that begins a conversation.

    Args:
        parse: what its model made of the text.
        library: its content.
    """
    intent = parse["intent"]["name"]
    understood = parse.get("question") or {}
    language = (parse.get("language") or {}).get("code") or library.pack.languages[0]
    if intent == OUT_OF_SCOPE:
        return Said("refused", OUT_OF_SCOPE)
    if intent == FALLBACK:
        names = library.candidates(understood.get("ranking", []))
        questions = [question for name in names if (question := library.question(name))]
        return Said("clarify", FALLBACK, choices=tuple(library.title(question, language) for question in questions))
    if intent == URGENT:
        return Said("emergency", URGENT)
    name = understood.get("name") or intent
    question = library.question(name)
    if question is None:
        return Said("small_talk", name)
    chosen = library.choose(question, language, None)
    return Said("answer", name, library.title(question, language), _plain(chosen.text, expired=chosen.expired))


def _plain(text: AnswerText, *, expired: bool) -> str:
    lines = [_readable(string) for _, string in text.strings()]
    # Past its end an answer is not given; that is a difference too.
    return "\n".join(["⌛", *lines] if expired else lines)


def _readable(source: str) -> str:
    """Return a text without its marks; where links lead stands behind them, as that may be all that changed."""
    marked = parse(source)
    return spelled_out(marked.text, marked.marks, lambda mark: True)[0]


def difference(before: Said, after: Said) -> str | None:
    """Return how two sayings differ, one of KINDS, or None when a person would see the same."""
    if before == after:
        return None
    helped, helps = (side.kind not in ("clarify", "refused") for side in (before, after))
    if helped and helps:
        return "reworded" if (before.kind, before.name) == (after.kind, after.name) else "changed"
    if helps:
        return "newly_answered"
    return "no_longer_answered" if helped else "asked_otherwise"


@dataclass(frozen=True)
class Radius:
    """What came of a replay.

    Attributes:
        summary: `replayed`, `same`, `against` (the release compared with) and a count for each of KINDS.
        rows: the differences as bot.storage.publishing.add_replayed takes them.
    """

    summary: dict[str, Any]
    rows: list[dict[str, Any]]


Parse = Callable[[list[str]], list[dict[str, Any]]]


def compare(
    questions: list[Real], old: tuple[int, Parse, Library], new: tuple[Parse, Library], language: str
) -> Radius:
    """Replay questions through two releases.

    Args:
        questions: the questions.
        old: number, model and content of the release that is live.
        new: model and content of the one that was built; the same model is asked once.
        language: under which a question is shown whose language is not known.
    """
    texts = [question.text for question in questions]
    new_parse, new_library = new
    against, old_parse, old_library = old
    after = new_parse(texts)
    before = after if old_parse is new_parse else old_parse(texts)
    counts = dict.fromkeys(KINDS, 0)
    rows = []
    for question, was, now in zip(questions, before, after, strict=True):
        then, later = said(was, old_library), said(now, new_library)
        kind = difference(then, later)
        if kind is None:
            continue
        counts[kind] += 1
        rows.append(
            {
                "inbound_id": question.inbound_id,
                "kind": kind,
                "language": (now.get("language") or {}).get("code") or language,
                "text": question.text,
                "before": asdict(then),
                "after": asdict(later),
            }
        )
    same = len(questions) - len(rows)
    return Radius({"replayed": len(questions), "same": same, "against": against, **counts}, rows)
