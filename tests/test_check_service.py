"""Findings are kept and filtered; a warning stands when somebody says why, until the words change."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from sqlalchemy import text as sql

from bot.accounts.audit import Audit
from bot.editing.checks.answers import Limits
from bot.editing.checks.rivals import Rival
from bot.editing.checks.service import Checks, Remark, place_of
from bot.editing.drafts import Drafts
from bot.editing.model import RefusedError, TextKey
from bot.editing.review import NotReadyError, Review
from bot.knowledge import seed
from bot.storage import Database
from bot.storage import checks as stored

FEE = TextKey("citizenship/fee", "", "hy")


@dataclass(frozen=True)
class Somebody:
    id: int = 7
    name: str = "Ani"


ANI, BORIS = Somebody(), Somebody(8, "Boris")


@pytest.fixture(scope="module")
async def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the whole pack."""
    path = tmp_path_factory.mktemp("content")
    database = Database.in_directory(path)
    await database.migrate()
    await seed.take_in(database, ROOT, "armenia")
    await database.close()
    return path / "guidepost.sqlite"


@pytest.fixture
async def database(taken_in: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(taken_in, tmp_path / "guidepost.sqlite")
    database = Database.in_directory(tmp_path)
    yield database
    await database.close()


@pytest.fixture
def checks(database: Database) -> Checks:
    return Checks(database, "armenia")


async def fields_of(database: Database, key: TextKey, **changed: Any) -> dict[str, Any]:
    working = await Drafts(database, "armenia").open(key)
    return {**working.fields, **changed}


def codes(remarks: list[Remark]) -> list[str]:
    return [remark.finding.code for remark in remarks]


async def longer(database: Database) -> dict[str, Any]:
    """The approved text with a note that takes it over a phone's screen: a warning, and no error."""
    return await fields_of(database, FEE, note="Եկեք մեզ մոտ։ Մենք կօգնենք ձեզ։ " * 60)


async def test_approved_text_passes(checks: Checks, database: Database) -> None:
    assert await checks.check(FEE, await fields_of(database, FEE)) == []
    assert await checks.blocking(FEE, await fields_of(database, FEE)) == []


async def test_translation_is_held_to_the_source_and_its_facts(checks: Checks, database: Database) -> None:
    """A translator's form has no facts: those of the approved answer count."""
    key = TextKey("citizenship/fee", "", "en")
    remarks = await checks.check(key, await fields_of(database, key, summary="You pay 7777 drams."))
    assert codes(remarks)[0] == "number_without_fact"
    assert remarks[0].finding.values["numbers"] == "7777"


async def test_warning_blocks_until_somebody_says_why(checks: Checks, database: Database) -> None:
    text = await longer(database)
    found = await checks.check(FEE, text)
    assert "too_long" in codes(found)
    assert all(remark.blocks for remark in found)
    assert len(await checks.blocking(FEE, text)) == len(found)
    for each in found:
        key, basis = each.finding.key, each.finding.basis_hash
        await checks.override(place_of(FEE), key, basis, "The list is needed in full.", ANI)
    assert await checks.blocking(FEE, text) == []
    again = {r.finding.code: r for r in await checks.check(FEE, text)}["too_long"]
    assert again.override is not None
    assert (again.override.reason, again.override.person) == ("The list is needed in full.", "Ani")
    entries, total = await Audit(database).page(action="check.override")
    assert total == len(found)
    assert entries[0].detail["reason"] == "The list is needed in full."


async def test_override_lapses_when_the_words_change(checks: Checks, database: Database) -> None:
    text = await longer(database)
    for remark in await checks.check(FEE, text):
        await checks.override(place_of(FEE), remark.finding.key, remark.finding.basis_hash, "We know this.", ANI)
    changed = {**text, "note": text["note"] + " Զանգեք։"}
    assert {remark.finding.code for remark in await checks.check(FEE, changed) if remark.blocks} >= {"too_long"}
    # Back to the very words that it was given for, it holds again.
    assert not [remark for remark in await checks.check(FEE, text) if remark.blocks]


@pytest.mark.parametrize("reason", ["", "ok", "  . . .  ", "1234567"])
async def test_override_needs_a_reason_in_words(checks: Checks, reason: str) -> None:
    with pytest.raises(RefusedError, match="Write in a few words"):
        await checks.override(place_of(FEE), "too_long::hy:", "0" * 64, reason, ANI)


@pytest.mark.parametrize(
    ("key", "basis"), [("number_without_fact:summary:hy:0", "0" * 64), ("nonsense", "0" * 64), ("too_long::hy:", "x")]
)
async def test_error_cannot_be_overridden(checks: Checks, key: str, basis: str) -> None:
    with pytest.raises(RefusedError, match="Only warnings"):
        await checks.override(place_of(FEE), key, basis, "I am sure of it.", ANI)


async def test_review_is_held_by_the_checks(checks: Checks, database: Database) -> None:
    """A text with an open warning cannot be submitted; overridden, it goes on to the reviewer and into the content."""
    drafts = Drafts(database, "armenia")
    review = Review(database, "armenia", checker=checks.blocking)
    working = await drafts.open(FEE)
    text = await longer(database)
    working = await drafts.save(FEE, ANI, text, working.seen)
    with pytest.raises(NotReadyError) as refused:
        await review.submit(FEE, ANI, working.seen)
    assert refused.value.problems
    for remark in await checks.check(FEE, text):
        await checks.override(place_of(FEE), remark.finding.key, remark.finding.basis_hash, "It is all needed.", ANI)
    await review.submit(FEE, ANI, working.seen)
    await review.approve(FEE, BORIS, (await drafts.open(FEE)).seen)
    content = await seed.read(database, "armenia")
    question = next(q for q in content.questions if q.id == FEE.question)
    assert question.answers[0].texts["hy"].note == text["note"].strip()


async def test_everything_is_checked_kept_and_filtered(checks: Checks, database: Database) -> None:
    assert await checks.is_stale()
    number = await checks.run_all({"visa/fee": Rival("visa/evisa", 0.3)})
    assert not await checks.is_stale()
    _, total = await checks.page()
    assert number == total > 20
    (found,), _ = await checks.page(code="competes")
    assert (found.place.question, found.values["other"]) == ("visa/fee", "visa/evisa")
    hard, hard_total = await checks.page(code="hard_to_read", language="hy")
    assert hard_total > 0
    assert {finding.place.language for finding in hard} == {"hy"}
    counts, last = await checks.summary()
    assert sum(counts.values()) == total
    assert last is not None
    first = hard[0]
    _, open_before = await checks.page(severity="warning")
    await checks.override(first.place, first.key, first.basis, "The law says it so.", ANI)
    _, open_after = await checks.page(severity="warning")
    (overridden,), _ = await checks.page(severity="overridden")
    assert open_after == open_before - 1
    assert (overridden.place, overridden.reason) == (first.place, "The law says it so.")
    # Checked anew, the unchanged text keeps its override, and competing questions that nobody looked for stay known.
    assert await checks.run_all() == number
    assert (await checks.page(severity="overridden"))[1] == 1
    assert (await checks.page(code="competes"))[1] == 1


async def test_checking_everything_leaves_texts_in_work_alone(checks: Checks, database: Database) -> None:
    """What was found about a draft is about the draft; the approved text is not looked at in its place."""
    await checks.run_all({})
    (long, *_), _ = await checks.page(code="too_long", language="hy")
    key = TextKey(long.place.question, long.place.situation, "hy")
    drafts = Drafts(database, "armenia")
    working = await drafts.open(key)
    short = {name: value for name, value in working.fields.items() if name in ("title", "facts", "valid_until")}
    short["summary"] = "Վճարեք 7777 դրամ։"
    await drafts.save(key, ANI, short, working.seen)
    await checks.check(key, short)
    await checks.run_all({})
    found, _ = await checks.page(question=key.question, language="hy")
    said = {finding.code for finding in found if finding.place == long.place}
    assert "number_without_fact" in said
    assert "too_long" not in said


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
async def test_what_was_checked_today_is_not_checked_again(checks: Checks, database: Database, zone: str) -> None:
    """Today is the authority's: at any hour it is another date in one of these two places than in UTC."""
    async with database.work() as session:
        await session.execute(sql("UPDATE pack SET body = json_set(body, '$.time_zone', :zone)"), {"zone": zone})
    await checks.run_all({})
    assert not await checks.is_stale()
    async with database.work() as session:
        await stored.set_run(session, "armenia", dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
    assert await checks.is_stale()


async def test_remarks_about_a_discarded_draft_go_with_it(checks: Checks, database: Database) -> None:
    drafts = Drafts(database, "armenia")
    working = await drafts.open(FEE)
    working = await drafts.save(FEE, ANI, {**working.fields, "summary": "Վճարեք 7777 դրամ։"}, working.seen)
    assert await checks.check(FEE, working.fields)
    await checks.settle(FEE, await drafts.discard(FEE, ANI, working.seen))
    assert await checks.page(question=FEE.question) == ([], 0)


async def test_question_without_tests_is_an_error(checks: Checks, database: Database) -> None:
    assert [r.finding.code for r in await checks.of_question("citizenship/fee")] == []
    async with database.work() as session:
        await session.execute(sql("DELETE FROM held_back WHERE expected = 'citizenship/fee'"))
        await session.execute(sql("DELETE FROM example WHERE intent = 'citizenship/fee' AND position % 9"))
    remarks = await checks.of_question("citizenship/fee", keep=True)
    assert codes(remarks) == ["no_tests", "few_examples"]
    found, _ = await checks.page(question="citizenship/fee", severity="error")
    assert [finding.code for finding in found] == ["no_tests"]


async def test_limits_are_those_of_the_settings(database: Database) -> None:
    text = await fields_of(database, FEE)
    assert "verified_long_ago" not in codes(await Checks(database, "armenia").check(FEE, text))
    strict = Checks(database, "armenia", Limits(verified_days=-10_000))
    assert "verified_long_ago" in codes(await strict.check(FEE, text))


async def test_day_on_which_the_editor_compared_a_fact_counts_at_once(database: Database) -> None:
    """Somebody who has just confirmed a source in the form is not told to confirm it."""
    checks, cited = Checks(database, "armenia"), (await fields_of(database, FEE))["facts"]
    today = dt.datetime.now(dt.UTC).date()
    async with database.work() as session:
        await session.execute(sql("UPDATE fact SET body = json_set(body, '$.verified_on', '2020-01-01')"))
    text = await fields_of(database, FEE)
    assert codes(await checks.check(FEE, text)) == ["verified_long_ago"] * len(cited)
    confirmed = [f"{fact} {today - dt.timedelta(days=1)}" for fact in cited]
    assert codes(await checks.check(FEE, {**text, "confirmed": confirmed})) == []
