"""The blast radius: which real questions are replayed, what counts as a difference, and that nobody is kept by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from test_content_files import tiny_files
from test_releases import changed, other_answer

from bot.knowledge import files
from bot.knowledge.library import Library
from bot.knowledge.schema import Content
from bot.publishing import replay
from bot.publishing.replay import Real, Said
from bot.storage import Database, conversations
from bot.storage import publishing as stored


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database.in_directory(tmp_path)
    await made.migrate()
    yield made
    await made.close()


@pytest.fixture
def content() -> Content:
    loaded = files.parse({name: text.encode() for name, text in tiny_files().items()}, "tiny")
    assert loaded.content is not None
    return loaded.content


async def typed(database: Database, person: str, *texts: str, pack: str = "tiny", choice: str | None = None) -> None:
    async with database.work() as session:
        for number, text in enumerate(texts):
            await conversations.accept(
                session,
                conversation=person,
                pack=pack,
                channel="web",
                message_id=f"{person}-{number}-{text[:10]}",
                body={"text": text, "choice": choice},
            )


def test_formatting_alone_is_no_other_answer_and_another_address_is(content: Content) -> None:
    """People read the same words; a link that leads elsewhere sends them elsewhere."""

    def say(summary: str) -> Said:
        tree = content.model_dump(mode="json")
        for answer in tree["questions"][0]["answers"]:
            answer["texts"] = {code: {"summary": summary} for code in answer["texts"]}
        library = Library(Content.model_validate(tree))
        name = library.content.questions[0].id
        parsed = {"intent": {"name": name.partition("/")[0]}, "question": {"name": name}, "language": {"code": "en"}}
        return replay.said(parsed, library)

    plain, bold = say("Pay at the desk."), say("Pay **at the desk**.")
    assert replay.difference(plain, bold) is None
    here, there = say("Pay [here](https://a.am)."), say("Pay [here](https://b.am).")
    assert replay.difference(here, there) == "reworded"
    assert "Pay here (https://b.am)." in there.text


async def test_the_last_distinct_questions_are_taken_redacted(database: Database) -> None:
    await typed(database, "person-one", "How much is a visa?", "my name is Anna Petrosyan, is it free?")
    await typed(database, "person-two", "how much is a visa", "Call me on +374 91 234567", "")
    await typed(database, "person-three", "", choice="q:visa/fee")
    await typed(database, "of-another", "a question of another pack", pack="other")
    found = await replay.real_questions(database, "tiny", 10)
    assert [real.text for real in found] == [
        "Call me on [phone]",
        "how much is a visa",
        "my name is [name], is it free?",
    ]
    assert [real.text for real in await replay.real_questions(database, "tiny", 1)] == ["Call me on [phone]"]


async def test_far_more_repetitions_than_a_page_are_read_over(database: Database) -> None:
    await typed(database, "person-one", "an early question")
    await typed(database, "person-two", *(f"Again{'!' * (n % 3)} and again" for n in range(1100)))
    assert len(await replay.real_questions(database, "tiny", 200)) == 2


def parsed(name: str, *, ranking: tuple[str, ...] = ()) -> dict[str, Any]:
    intent = name.partition("/")[0]
    return {
        "intent": {"name": intent},
        "question": {"name": name, "ranking": [{"name": each, "score": 1.0} for each in ranking]},
        "language": {"code": "en"},
    }


def test_what_a_release_says(content: Content) -> None:
    library = Library(content)
    answer = replay.said(parsed("documents/fee"), library)
    assert (answer.kind, answer.name) == ("answer", "documents/fee")
    assert answer.title == library.title(next(q for q in content.questions if q.id == "documents/fee"), "en")
    assert answer.text
    assert replay.said(parsed("out_of_scope"), library).kind == "refused"
    asked = replay.said(parsed("nlu_fallback", ranking=("documents/fee", "no/such")), library)
    assert (asked.kind, asked.choices) == ("clarify", (answer.title,))
    assert replay.said(parsed("emergency"), library).kind == "emergency"
    assert replay.said(parsed("smalltalk/greet"), library).kind == "small_talk"


ANSWER = Said("answer", "visa/fee", "Fee", "10 euros")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (ANSWER, ANSWER, None),
        (ANSWER, Said("answer", "visa/how", "How", "So."), "changed"),
        (ANSWER, Said("answer", "visa/fee", "Fee", "20 euros"), "reworded"),
        (ANSWER, Said("emergency", "emergency"), "changed"),
        (Said("refused", "out_of_scope"), ANSWER, "newly_answered"),
        (Said("clarify", "nlu_fallback", choices=("Fee",)), ANSWER, "newly_answered"),
        (ANSWER, Said("refused", "out_of_scope"), "no_longer_answered"),
        (ANSWER, Said("clarify", "nlu_fallback", choices=("Fee",)), "no_longer_answered"),
        (Said("refused", "out_of_scope"), Said("clarify", "nlu_fallback"), "asked_otherwise"),
        (Said("clarify", "x", choices=("A",)), Said("clarify", "x", choices=("B",)), "asked_otherwise"),
    ],
)
def test_what_counts_as_a_difference(before: Said, after: Said, kind: str | None) -> None:
    assert kind == replay.difference(before, after)


def test_one_model_is_asked_once(content: Content) -> None:
    """Where only texts changed, both releases have the same model."""
    asked: list[list[str]] = []

    def parse(texts: list[str]) -> list[dict[str, Any]]:
        asked.append(texts)
        return [parsed("documents/fee" if "fee" in text else "visa/apply") for text in texts]

    edited = changed(content, other_answer)
    reworded = edited.questions[-1].id
    questions = [Real(1, "fee?"), Real(2, "apply?")]
    radius = replay.compare(questions, (7, parse, Library(content)), (parse, Library(edited)), "en")
    assert asked == [["fee?", "apply?"]]
    assert [(row["kind"], row["after"]["name"]) for row in radius.rows] == [("reworded", reworded)]
    assert {"replayed": 2, "same": 1, "against": 7, "reworded": 1}.items() <= radius.summary.items()


async def test_who_is_forgotten_is_forgotten_here_too(database: Database) -> None:
    """Whoever deletes their conversation is in no stored blast radius, and a late build does not bring them back."""
    await typed(database, "person-one", "something rare")
    await typed(database, "person-two", "something else")
    questions = await replay.real_questions(database, "tiny", 10)
    rows = [
        {
            "inbound_id": real.inbound_id,
            "kind": "changed",
            "language": "en",
            "text": real.text,
            "before": {},
            "after": {},
        }
        for real in questions
    ]
    async with database.work() as session:
        build = await stored.add_build(session, "tiny", None, "Guidepost", None)
        await stored.add_replayed(session, build, rows)
        await conversations.forget(session, "person-one")
    async with database.work() as session:
        kept, count = await stored.replayed(session, build, "changed", 0, 10)
        await stored.add_replayed(session, build, rows)
        _, late = await stored.replayed(session, build, "changed", 0, 10)
    assert (count, [each.text for each in kept]) == (1, ["something else"])
    assert late == 2, "only the one that was kept came a second time"


async def test_retention_takes_them_too(database: Database) -> None:
    await typed(database, "person-one", "something rare")
    (real,) = await replay.real_questions(database, "tiny", 10)
    row = {
        "inbound_id": real.inbound_id,
        "kind": "changed",
        "language": "en",
        "text": real.text,
        "before": {},
        "after": {},
    }
    async with database.work() as session:
        build = await stored.add_build(session, "tiny", None, "Guidepost", None)
        await stored.add_replayed(session, build, [row])
        await conversations.forget_before(session, dt.datetime.now(dt.UTC) + dt.timedelta(days=1), 1000)
        assert (await stored.replayed(session, build, "changed", 0, 10))[1] == 0
