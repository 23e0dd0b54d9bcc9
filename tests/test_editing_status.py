"""The board's states, lists to work through, notes, presence, new questions, what needs a person today."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from editing_help import ANI, BORIS, PACK, content, small_database

from bot.editing.drafts import Drafts
from bot.editing.examples import Examples
from bot.editing.model import RefusedError, TextKey, UnknownTextError
from bot.editing.notes import Notes
from bot.editing.presence import Presence
from bot.editing.questions import Questions
from bot.editing.review import Review
from bot.editing.status import Status, Wanted
from bot.editing.today import Today
from bot.knowledge import seed
from bot.knowledge.days import day_at
from bot.storage import Database, contents
from bot.storage import examples as stored_examples

FEE_HY = TextKey("visa/fee", "", "hy")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with small_database(tmp_path) as opened:
        yield opened


async def change(database: Database, key: TextKey, who: Any, **fields: Any) -> str:
    drafts = Drafts(database, PACK)
    working = await drafts.open(key)
    return (await drafts.save(key, who, {**working.fields, **fields}, working.seen)).seen


async def states(database: Database, **options: Any) -> dict[str, tuple[str, ...]]:
    _, lines = await Status(database, PACK, **options).lines()
    return {f"{line.question} {language}": found for line in lines for language, found in line.cells.items()}


async def live_with(database: Database, misses: list[dict[str, Any]]) -> None:
    scores = {"languages": {}, "out_of_scope": {}, "misses": misses}
    async with database.work() as session:
        number = await contents.add_release(
            session,
            PACK,
            content(),
            content_hash="c",
            training_hash="t",
            model_file="m",
            model_sha256="s",
            scores=scores,
        )
        await contents.set_live(session, PACK, number)


async def test_every_state_shows_where_it_applies(database: Database) -> None:
    """What is missing, in work, in review, sent back, failing; a situation's gaps show in the question's cell."""
    before = await states(database)
    assert before["visa/fee ru"] == ("approved",)
    assert before["visa/fee en"] == ("missing", "approved"), "displaced people have no English answer"
    assert before["visa/where ru"] == ("missing",)
    review = Review(database, PACK)
    await change(database, TextKey("visa/where", "", "ru"), ANI, summary="Обратитесь в Службу.")
    await review.submit(FEE_HY, ANI, await change(database, FEE_HY, ANI, fee="x"))
    sent = TextKey("visa/fee", "", "ru")
    seen = await change(database, sent, ANI, fee="y")
    await review.submit(sent, ANI, seen)
    await review.send_back(sent, BORIS, seen, "No.")
    await live_with(
        database, [{"expected": "visa/where", "language": "hy", "text": "t", "got": "visa/fee", "verdict": "wrong"}]
    )
    after = await states(database)
    assert after["visa/where ru"] == ("draft",)
    assert "in_review" in after["visa/fee hy"]
    assert after["visa/fee ru"][0] == "sent_back"
    assert after["visa/where hy"] == ("failing",)


async def test_expiring_by_last_day_and_by_unchecked_fact(database: Database) -> None:
    """An answer ends within 30 days, or a cited fact was not compared for 180: shown with the first language."""
    today = dt.date(2026, 6, 1)
    tree = content()
    tree["questions"][0]["answers"][0]["valid_until"] = "2026-06-30"
    tree["questions"][1]["answers"][0]["facts"] = ["F2"]
    tree["facts"]["F1"]["verified_on"] = "2026-05-30"
    async with database.work() as session:
        await contents.write_content(session, tree)
    _, lines = await Status(database, PACK).lines(today=today)
    assert lines[0].cells["hy"] == ("expiring", "approved")
    assert lines[0].cells["ru"] == ("approved",)
    assert lines[1].cells["hy"] == ("expiring",), "F2 was last compared in 2024"
    _, later = await Status(database, PACK, expiring_days=10, verified_days=3650).lines(today=today)
    assert later[0].cells["hy"] == ("approved",)
    assert later[1].cells["hy"] == ("approved",)


async def test_expiring_by_the_day_at_the_authority(database: Database) -> None:
    """Between these two places it is never the same date, so one counts a day as near and the other not yet."""
    east, west = "Pacific/Kiritimati", "Etc/GMT+12"
    for zone, state in ((east, ("expiring", "approved")), (west, ("approved",))):
        tree = content()
        tree["pack"]["time_zone"] = zone
        tree["questions"][0]["answers"][0]["valid_until"] = (day_at(east) + dt.timedelta(days=30)).isoformat()
        async with database.work() as session:
            await contents.write_content(session, tree)
        _, lines = await Status(database, PACK).lines()
        assert lines[0].cells["hy"] == state, zone


async def test_the_board_filters_sorts_and_counts(database: Database) -> None:
    status = Status(database, PACK)
    board = await status.board(Wanted(state="missing", language="ru"))
    assert [line.question for line in board.lines] == ["visa/where"]
    assert board.languages == ["ru"]
    assert board.counts["missing"] == 1
    assert (await status.board(Wanted(text="fee"))).counts["missing"] < (await status.board(Wanted())).counts["missing"]
    assert (await status.board(Wanted(text="VISA/FEE"))).total == 1
    assert (await status.board(Wanted(topic="work"))).total == 0
    assert [t.key.label for t in await status.work_list(Wanted(state="missing"))] == [
        "visa/fee displaced en",
        "visa/where ru",
        "visa/where en",
    ]
    urgent = await status.board(Wanted(sort="state", language="ru"))
    assert [line.question for line in urgent.lines] == ["visa/where", "visa/fee"]


async def test_one_question_alone_has_the_states_it_has_on_the_board(database: Database) -> None:
    await change(database, FEE_HY, ANI, fee="x")
    status = Status(database, PACK)
    _, lines = await status.lines("ru")
    assert await status.question("visa/fee", "ru") == lines[0]
    assert await status.question("visa/none") is None


# New questions


async def test_a_new_question_joins_the_content_with_its_first_approved_answer(database: Database) -> None:
    """Until then releases are built as if it did not exist; its translations wait for the first language."""
    questions, drafts, review = Questions(database, PACK), Drafts(database, PACK), Review(database, PACK)
    titles = {"hy": "Որքա՞ն սպասել", "ru": "Сколько ждать", "en": "How long does it take?"}
    name = await questions.create("visa", titles, ANI)
    assert name == "visa/how_long_does_it_take"
    assert (await states(database))[f"{name} hy"] == ("missing",)
    assert len((await seed.read(database, PACK)).questions) == 2
    russian = TextKey(name, "", "ru")
    seen = await change(database, russian, ANI, summary="Три дня.")
    await review.submit(russian, ANI, seen)
    with pytest.raises(RefusedError, match="first language"):
        await review.approve(russian, BORIS, seen)
    key = TextKey(name, "", "hy")
    assert (await drafts.open(key)).fields == {"title": "Որքա՞ն սպասել"}
    seen = await change(database, key, ANI, summary="Երեք օր։", facts=["F2"])
    await review.submit(key, ANI, seen)
    await review.approve(key, BORIS, seen)
    await review.approve(russian, BORIS, (await drafts.open(russian)).seen)
    made = (await seed.read(database, PACK)).questions[-1]
    assert made.id == name
    assert made.title == titles
    assert set(made.answers[0].texts) == {"hy", "ru"}


async def test_a_new_question_needs_all_titles_and_a_free_name(database: Database) -> None:
    questions = Questions(database, PACK)
    titles = {"hy": "Ա", "ru": "Б", "en": "Fee"}
    for bad, why in (
        ({"topic": "weather", "titles": titles}, "no topic"),
        ({"topic": "visa", "titles": {**titles, "ru": " "}}, "every language: ru"),
        ({"topic": "visa", "titles": titles}, "already a question"),
        ({"topic": "visa", "titles": titles, "name": "Визa"}, "short name"),
        ({"topic": "visa", "titles": {**titles, "en": "x" * 91}}, "91 characters"),
    ):
        with pytest.raises(RefusedError, match=why):
            await questions.create(**bad, person=ANI)  # type: ignore[arg-type]


async def test_only_a_question_outside_the_content_can_be_thrown_away(database: Database) -> None:
    questions = Questions(database, PACK)
    name = await questions.create("visa", {"hy": "Ա", "ru": "Б", "en": "Another"}, ANI)
    await questions.throw_away(name, ANI)
    assert f"{name} hy" not in await states(database)
    with pytest.raises(RefusedError):
        await questions.throw_away("visa/fee", ANI)


async def test_examples_of_a_question_that_is_begun_or_gone_train_nothing(database: Database) -> None:
    """They would draw people's messages to a question that answers nothing."""
    questions, lines = Questions(database, PACK), Examples(database, PACK)
    before = await seed.read(database, PACK)
    name = await questions.create("visa", {"hy": "Ա", "ru": "Б", "en": "Another"}, ANI)
    await lines.add(name, "how about another one", "en", ANI, flagged_too=True)
    await lines.add(name, "what about yet another one", "en", ANI, flagged_too=True, tests=True)
    assert await seed.read(database, PACK) == before
    await questions.throw_away(name, ANI)
    assert await seed.read(database, PACK) == before
    async with database.reading() as session:
        assert await stored_examples.all_of(session, PACK, name) == []
        assert await stored_examples.tests(session, PACK, name) == []


async def test_question_in_which_a_colleague_has_written_is_not_thrown_away(database: Database) -> None:
    questions, drafts = Questions(database, PACK), Drafts(database, PACK)
    name = await questions.create("visa", {"hy": "Ա", "ru": "Б", "en": "Another"}, ANI)
    seen = await change(database, TextKey(name, "", "hy"), BORIS, summary="Երեք օր։")
    with pytest.raises(RefusedError) as refused:
        await questions.throw_away(name, ANI)
    assert refused.value.values == {"names": "Boris"}
    await drafts.discard(TextKey(name, "", "hy"), BORIS, seen)
    await questions.throw_away(name, ANI)


# Presence and notes


async def test_colleagues_see_each_other_until_they_leave_or_fall_silent(database: Database) -> None:
    presence = Presence(database, PACK)
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert await presence.here(FEE_HY, ANI, start) == []
    assert await presence.here(FEE_HY, BORIS, start) == ["Ani"]
    assert await presence.here(TextKey("visa/fee", "", "ru"), BORIS, start) == []
    assert await presence.here(FEE_HY, BORIS, start + dt.timedelta(seconds=46)) == []
    assert await presence.here(FEE_HY, ANI, start + dt.timedelta(seconds=47)) == ["Boris"]
    await presence.gone(FEE_HY, BORIS)
    assert await presence.here(FEE_HY, ANI, start + dt.timedelta(seconds=48)) == []


async def test_notes_are_left_and_ticked_off(database: Database) -> None:
    notes = Notes(database, PACK)
    with pytest.raises(RefusedError):
        await notes.write("visa/fee", ANI, " \n")
    with pytest.raises(UnknownTextError):
        await notes.write("visa/none", ANI, "x")
    number = await notes.write("visa/fee", ANI, "The law changes in May.")
    assert [n.text for n in await notes.of("visa/fee")] == ["The law changes in May."]
    assert await notes.done(number, BORIS) == "visa/fee"
    assert await notes.of(open_only=True) == []
    assert [n.done_by_name for n in await notes.of("visa/fee")] == ["Boris"]


async def test_home_names_what_needs_this_very_person(database: Database) -> None:
    """A text in review is a task for the other reviewer, not for its writer; gaps only in one's own languages."""
    review, notes, status = Review(database, PACK), Notes(database, PACK), Status(database, PACK)
    today = Today(database, PACK, status, review, notes)
    await review.submit(FEE_HY, ANI, await change(database, FEE_HY, ANI, fee="x"))
    sent = TextKey("visa/fee", "", "ru")
    seen = await change(database, sent, ANI, fee="y")
    await review.submit(sent, ANI, seen)
    await review.send_back(sent, BORIS, seen, "No.")

    async def kinds(person: Any, languages: list[str], reviews: bool) -> dict[str, int]:
        found = await today.tasks(person, languages, reviews=reviews, teaches=True, language="en")
        return {task.kind: task.count for task in found}

    assert await kinds(ANI, ["ru"], True) == {"sent_back": 1, "missing": 1}
    assert "sent_back" not in await kinds(ANI, ["hy"], True), "a language in which they may not write any more"
    assert await kinds(BORIS, ["hy", "ru", "en"], True) == {"review": 1, "missing": 3}
    assert await kinds(BORIS, [], False) == {}
    await notes.write("visa/fee", ANI, "Look.")
    assert (await kinds(BORIS, ["hy"], False)) == {"notes": 1}
    assert "notes" not in await kinds(ANI, ["hy"], False), "one's own notes are for the others"
    for number in range(6):
        await notes.write("visa/fee", ANI, f"Note {number}.")
    (left,) = await today.tasks(BORIS, ["hy"], reviews=False, teaches=True, language="en")
    assert (left.count, len(left.texts)) == (7, 7), "no other page lists them"
