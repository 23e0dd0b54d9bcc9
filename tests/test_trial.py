"""Trying a question: what two releases make of it, side by side, with nothing stored."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from bot.editing.drafts import Drafts
from bot.editing.model import TextKey
from bot.editing.trial import Failed, Trial, Trials
from bot.errors import BadInputError
from bot.storage.tables_studio import RevisionRow


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    """A copy of the database; the models are those of the original."""
    for file in trained.glob("guidepost.sqlite*"):
        shutil.copy(file, tmp_path / file.name)
    (tmp_path / "models").symlink_to(trained / "models")
    return tmp_path


@pytest.fixture
async def opened(copied: Path) -> AsyncIterator[Any]:
    from bot.app import assistant as open_assistant
    from bot.settings import Settings

    async with open_assistant(Settings(data_dir=copied)) as assistant:
        yield assistant


async def ask(assistant: Any, text: str, language: str = "en") -> list[Trial | Failed]:
    return await Trials(assistant).ask(text, language)


def rows(directory: Path) -> dict[str, int]:
    """How many rows each table of the database has."""
    with closing(sqlite3.connect(directory / "guidepost.sqlite")) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


async def test_everything_an_editor_needs_is_told(opened: Any) -> None:
    found = await ask(opened, "Ինչքա՞ն արժի քաղաքացիությունը, Գյումրիում եմ")
    (trial,) = found
    assert isinstance(trial, Trial)
    assert (trial.which, trial.release) == ("live", opened.release.id)
    assert (trial.language, trial.script) == ("hy", "Armn")
    assert (trial.topic, trial.question) == ("citizenship", "citizenship/fee")
    assert trial.title == opened.live().library.question("citizenship/fee").title["en"]
    assert 0.5 < trial.confidence <= 1
    assert trial.nearest[0].similarity >= trial.nearest[-1].similarity > 0
    assert all(near.text and near.question for near in trial.nearest)
    assert ("place", "Գյումրիում") in [(entity.kind, entity.words) for entity in trial.entities]
    assert trial.milliseconds > 0
    assert trial.reply.outcome == "answer"
    assert trial.reply.answers()[0].summary in trial.text


async def test_romanised_question_shows_how_it_was_read(opened: Any) -> None:
    (trial,) = await ask(opened, "vortegh stanam anjnagir")
    assert isinstance(trial, Trial)
    assert (trial.language, trial.script) == ("hy", "Latn")
    assert "որտեղ" in trial.reading


async def test_nothing_is_stored(opened: Any) -> None:
    """Neither a conversation nor the question's vector: editors try what visitors wrote."""
    before = rows(opened.settings.data_dir)
    vectors = opened.settings.encoder / "vectors.sqlite"
    with closing(sqlite3.connect(vectors)) as connection:
        known = connection.execute("SELECT count(*) FROM vector").fetchone()
    await ask(opened, "my name is Zorik Vardapetov and I have lost my red passport 070AB1234")
    with closing(sqlite3.connect(vectors)) as connection:
        assert connection.execute("SELECT count(*) FROM vector").fetchone() == known
    assert rows(opened.settings.data_dir) == before


async def approve(opened: Any) -> None:
    """Change the English answer on what citizenship costs as an approval does."""
    async with opened.database.work() as session:
        await session.execute(
            sql(
                "UPDATE answer_text SET body = json_set(body, '$.summary', 'The new words.') WHERE language = 'en' AND "
                "answer_id IN (SELECT id FROM answer WHERE question = 'citizenship/fee')"
            )
        )
        # What an approval leaves behind.
        session.add(
            RevisionRow(
                pack="armenia",
                question="citizenship/fee",
                situation="",
                language="en",
                fields={},
                digest="0" * 16,
                small_edit=False,
                removed=False,
                author_name="Ani",
                approved_by=None,
                approved_by_name="Boris",
                approved_at=dt.datetime.now(dt.UTC),
                comment="",
            )
        )


async def test_approved_text_is_shown_beside_the_live_one(opened: Any) -> None:
    """Approved and in no release yet: the editor sees both before building anything, also after a first try."""
    trials = Trials(opened)
    assert len(await trials.ask("how much is citizenship", "en")) == 1
    await approve(opened)
    live, approved = await trials.ask("how much is citizenship", "en")
    assert isinstance(live, Trial)
    assert isinstance(approved, Trial)
    assert (live.which, approved.which) == ("live", "approved")
    assert "The new words." not in live.text
    assert approved.text.startswith("The new words.")


async def add_release(opened: Any, **changed: Any) -> int:
    async with opened.database.work() as session:
        columns = "pack, created_at, content_hash, training_hash, snapshot, model_file, model_sha256, scores"
        values = columns
        for name, value in changed.items():
            values = values.replace(name, f"'{value}'")
        await session.execute(
            sql(f"INSERT INTO release ({columns}) SELECT {values} FROM release WHERE id = {opened.release.id}")
        )
        return int((await session.execute(sql("SELECT max(id) FROM release"))).scalar_one())


async def test_built_release_is_asked_beside_the_live_one(opened: Any) -> None:
    number = await add_release(opened)
    live, built = await ask(opened, "how much is citizenship")
    assert isinstance(live, Trial)
    assert isinstance(built, Trial)
    assert (live.which, built.which, built.release) == ("live", "built", number)
    assert live.text == built.text


async def test_texts_approved_after_a_build_are_not_hidden_by_it(opened: Any) -> None:
    """Live, built, and what no release holds yet: three different things, understood by the newest model."""
    number = await add_release(opened)
    trials = Trials(opened)
    assert [trial.which for trial in await trials.ask("how much is citizenship", "en")] == ["live", "built"]
    await approve(opened)
    live, built, approved = await trials.ask("how much is citizenship", "en")
    assert isinstance(built, Trial)
    assert isinstance(approved, Trial)
    assert (live.which, built.which, approved.which) == ("live", "built", "approved")
    assert (built.release, approved.release) == (number, number)
    assert "The new words." not in built.text
    assert approved.text.startswith("The new words.")


@dataclass(frozen=True)
class Somebody:
    id: int
    name: str


ANI, BORIS = Somebody(1, "Ani"), Somebody(2, "Boris")
FEE = TextKey("citizenship/fee", "", "en")


async def write(opened: Any, key: TextKey, person: Somebody, **typed: Any) -> None:
    drafts = Drafts(opened.database, "armenia")
    working = await drafts.open(key)
    await drafts.save(key, person, {**working.fields, **typed}, working.seen)


async def test_own_draft_is_tried_beside_what_is_approved(opened: Any) -> None:
    await write(opened, FEE, ANI, summary="Words in work.")
    live, draft = await Trials(opened).ask("how much is citizenship", "en", ANI.id)
    assert isinstance(live, Trial)
    assert isinstance(draft, Trial)
    assert (draft.which, draft.drafts) == ("draft", (FEE,))
    assert draft.text.startswith("Words in work.")
    assert "Words in work." not in live.text
    others = await Trials(opened).ask("where is the nearest office", "en", ANI.id)
    assert [trial.which for trial in others] == ["live"], "a draft of another question changes nothing here"


async def test_colleagues_draft_is_tried_on_its_own_page_only(opened: Any) -> None:
    await write(opened, FEE, BORIS, summary="Words of Boris.")
    assert len(await Trials(opened).ask("how much is citizenship", "en", ANI.id)) == 1
    _, draft = await Trials(opened).ask("how much is citizenship", "en", ANI.id, FEE.question)
    assert isinstance(draft, Trial)
    assert draft.text.startswith("Words of Boris.")


async def test_half_written_draft_is_tried_all_the_same(opened: Any) -> None:
    """No fact ticked, no short answer, a day that is none, a link without a title, a source without an address."""
    await write(
        opened,
        FEE,
        ANI,
        summary="",
        facts=["ED-1", "nonsense"],
        valid_until="tomorrow",
        links=[{"url": "https://example.org", "title": ""}],
        sources=[{"id": "ED-1", "topic": "citizenship", "statement": ""}],
    )
    _, draft = await Trials(opened).ask("how much is citizenship", "en", ANI.id)
    assert isinstance(draft, Trial)
    assert draft.reply.outcome == "answer"


async def test_draft_for_some_people_leaves_the_answer_for_everybody(opened: Any) -> None:
    await write(opened, TextKey(FEE.question, "refugee", "hy"), ANI, summary="Փախստականների համար։", facts=["AM-C01"])
    live, draft = await Trials(opened).ask("how much is citizenship", "en", ANI.id)
    assert isinstance(live, Trial)
    assert isinstance(draft, Trial)
    assert draft.text == live.text


async def test_damaged_release_is_said_to_be_so_and_the_live_one_answers(opened: Any) -> None:
    await add_release(opened, model_sha256="0" * 64)
    live, built = await ask(opened, "how much is citizenship")
    assert isinstance(live, Trial)
    assert isinstance(built, Failed)
    assert "damaged" in built.reason


@pytest.mark.parametrize("text", ["", "   \n"])
async def test_empty_question_says_what_to_do(opened: Any, text: str) -> None:
    with pytest.raises(BadInputError, match="Type a question"):
        await ask(opened, text)


@pytest.mark.parametrize("text", ["🙂", "/restart", "a" * 2000, "<script>alert(1)</script>", "\u202eabc", "{x}"])
async def test_odd_texts_are_answered(opened: Any, text: str) -> None:
    (trial,) = await ask(opened, text)
    assert isinstance(trial, Trial)
    assert trial.text


async def test_too_long_question_is_refused(opened: Any) -> None:
    with pytest.raises(BadInputError, match="At most 2000"):
        await ask(opened, "a" * 2001)


async def test_languages_of_lines(opened: Any) -> None:
    told = await Trials(opened).languages(
        ["cik maksā vīza un kur to saņemt", "how much is a visa", "inchqan arji vizan"]
    )
    assert told == ["lv", "en", "hy"]
