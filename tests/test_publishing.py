"""Publishing by editors: the reason for what gets worse, taking back, schedules, texts alone, notices, the queue.

The database is real; training and parsing are stood in for as in test_releases, the trained model is tested in
test_publishing_server.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from test_content_files import tiny_files, write
from test_releases import Parser, Trainer, changed, flip, other_answer, other_example, other_name, other_test, store

from bot.accounts.people import Person
from bot.errors import BadInputError
from bot.knowledge import files
from bot.knowledge.releases import ModelDamagedError, Releases, UnknownReleaseError
from bot.knowledge.schema import Content
from bot.publishing import builder, comparing, going_live
from bot.publishing.errors import (
    AlreadyBuildingError,
    GoneError,
    LiveMovedError,
    NothingBeforeError,
    NothingChangedError,
    NoticeMovedError,
    NotOnlyTextsError,
    OldReleaseError,
    ReasonNeededError,
)
from bot.publishing.going_live import GoingLive
from bot.publishing.moments import local_moment
from bot.publishing.notices import LONGEST, Notices
from bot.publishing.overview import Overview
from bot.publishing.progress import forget_beat, write_beat
from bot.publishing.queue import BuildQueue, Runner, _reason
from bot.settings import Settings
from bot.storage import Database
from bot.storage import audit as stored_audit
from bot.storage import publishing as stored

NOW = dt.datetime(2026, 12, 31, 12, 0, tzinfo=dt.UTC)


@dataclass
class Clock:
    now: dt.datetime = NOW

    def __call__(self) -> dt.datetime:
        return self.now

    def passes(self, **how: float) -> None:
        self.now += dt.timedelta(**how)


@dataclass
class House:
    """One pack with everything that publishes it."""

    database: Database
    settings: Settings
    releases: Releases
    going_live: GoingLive
    queue: BuildQueue
    clock: Clock
    parse: Parser = field(default_factory=Parser)

    async def live(self) -> int | None:
        return await self.releases.live_number()

    async def build(self, content: Content) -> int:
        return (await self.releases.build(content)).id

    async def audited(self) -> list[tuple[str, str, dict[str, Any]]]:
        async with self.database.work() as session:
            return [(entry.action, entry.subject, entry.detail) for entry in await stored_audit.after(session, 0)]


@pytest.fixture
def person() -> Person:
    return Person(7, "Anahit", "anahit@service.example", frozenset({"publisher"}), frozenset(), "en")


@pytest.fixture(scope="module")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("empty")
    opened = Database.in_directory(directory)
    await opened.migrate()
    await opened.close()
    return directory


@pytest.fixture
def content() -> Content:
    loaded = files.parse({name: text.encode() for name, text in tiny_files().items()}, "tiny")
    assert loaded.content is not None
    return loaded.content


@pytest.fixture
async def house(tmp_path: Path, empty: Path, content: Content) -> AsyncIterator[House]:
    root = write(tmp_path / "project", {"config.yml": "a: 1\n", "domain.yml": "b: 1\n", "data/rules.yml": "c: 1\n"})
    data = tmp_path / "data"
    shutil.copytree(empty, data)
    database = Database.in_directory(data)
    await store(database, content)
    settings = Settings(data_dir=data, project_dir=root, pack="tiny", topic_margin=3.0)
    train, parse, clock = Trainer(), Parser(), Clock()
    releases = Releases(database, "tiny", settings.models_dir, root, train, parse)
    going_live = GoingLive(database, settings, releases, clock)
    yield House(database, settings, releases, going_live, BuildQueue(database, settings), clock, parse)
    await database.close()


async def two_releases(house: House, content: Content) -> tuple[int, int]:
    """The first is live and understands two test questions of `documents`; the second understands one of them less."""
    house.parse.knows = {"is fee a": "documents/fee", "is fee b": "documents/fee"}
    first = await house.build(content)
    await house.releases.publish(await house.releases.find(first))
    house.parse.knows = {"is fee a": "documents/fee"}
    return first, await house.build(changed(content, other_example))


async def test_what_gets_worse_needs_a_written_reason(house: House, content: Content, person: Person) -> None:
    first, second = await two_releases(house, content)
    lowered = await house.going_live.needs_reason(await house.releases.find(second))
    assert [row.name for row in lowered] == ["documents"]
    assert lowered[0].change is not None
    assert lowered[0].change < -3
    for reason in ("", "because", "  \n       "):
        with pytest.raises(ReasonNeededError, match="documents"):
            await house.going_live.publish(person, second, reason=reason)
    assert await house.live() == first
    await house.going_live.publish(person, second, reason="The old wording was illegal since today.")
    assert await house.live() == second
    action, subject, detail = (await house.audited())[-1]
    assert (action, subject) == ("release.publish", f"release {second}")
    assert detail == {"kind": "publish", "before": first, "reason": "The old wording was illegal since today."}


async def test_within_the_margin_no_reason_is_asked_for(house: House, content: Content, person: Person) -> None:
    _, second = await two_releases(house, content)
    generous = GoingLive(
        house.database, house.settings.model_copy(update={"topic_margin": 60.0}), house.releases, house.clock
    )
    await generous.publish(person, second)
    assert await house.live() == second


async def test_scores_of_earlier_versions_are_compared_too(house: House, content: Content, person: Person) -> None:
    """Releases made before scores had topics: these are found from the snapshot."""
    first, second = await two_releases(house, content)
    async with house.database.work() as session:
        row = await session.get(stored.t.ReleaseRow, first)
        assert row is not None
        row.scores = {name: value for name, value in row.scores.items() if name != "topics"}
    with pytest.raises(ReasonNeededError):
        await house.going_live.publish(person, second)


async def test_who_decides_on_an_old_page_is_told(house: House, content: Content, person: Person) -> None:
    first, second = await two_releases(house, content)
    third = await house.build(changed(content, other_answer))
    await house.going_live.publish(person, third, live_seen=first)
    with pytest.raises(LiveMovedError):
        await house.going_live.publish(person, second, reason="It must be so today.", live_seen=first)
    with pytest.raises(LiveMovedError):
        await house.going_live.take_back(person, first)
    assert await house.live() == third


async def test_taking_back_goes_back_step_by_step(house: House, content: Content, person: Person) -> None:
    first = await house.build(content)
    await house.going_live.publish(person, first)
    with pytest.raises(NothingBeforeError):
        await house.going_live.take_back(person, first)
    second = await house.build(changed(content, other_answer))
    third = await house.build(changed(content, other_name))
    await house.going_live.publish(person, second)
    await house.going_live.publish(person, third)
    assert await house.going_live.before_live() == second
    assert await house.going_live.take_back(person, third) == second
    assert await house.going_live.take_back(person, second, "and further") == first
    deeds = [(action, subject) for action, subject, _ in await house.audited()][-2:]
    assert deeds == [("release.take_back", f"release {second}"), ("release.take_back", f"release {first}")]
    live = await house.releases.live()
    assert live is not None
    assert (live[0].id, live[1]) == (first, content), "answers and model together"
    with pytest.raises(LiveMovedError):
        await house.going_live.take_back(person, second)  # a colleague was quicker
    with pytest.raises(NothingBeforeError):
        await house.going_live.take_back(person, first)
    await house.going_live.publish(person, third)
    assert await house.going_live.before_live() == first


async def test_taking_back_to_a_worse_release_needs_no_reason(house: House, content: Content, person: Person) -> None:
    """Whoever takes back is in a hurry, and it has been live before."""
    house.parse.knows = {}
    worse = await house.build(content)
    await house.going_live.publish(person, worse)
    house.parse.knows = {"is fee a": "documents/fee"}
    better = await house.build(changed(content, other_example))
    await house.going_live.publish(person, better)
    assert await house.going_live.take_back(person, better) == worse


async def test_damaged_or_old_releases_are_refused(house: House, content: Content, person: Person) -> None:
    first, second = await two_releases(house, content)
    flip(house.releases.model(await house.releases.find(second)))
    with pytest.raises(ModelDamagedError):
        await house.going_live.publish(person, second, reason="It must be so today.")
    write(house.settings.project_dir, {"config.yml": "a: 2\n"})
    with pytest.raises(OldReleaseError):
        await house.going_live.publish(person, first)
    assert await house.live() == first


async def test_damaged_content_is_refused(house: House, content: Content, person: Person) -> None:
    first, second = await two_releases(house, content)
    async with house.database.work() as session:
        row = await session.get(stored.t.ReleaseRow, second)
        assert row is not None
        middle = len(row.snapshot) // 2
        row.snapshot = row.snapshot[:middle] + bytes([row.snapshot[middle] ^ 1]) + row.snapshot[middle + 1 :]
    with pytest.raises(ModelDamagedError, match="content of release"):
        await house.going_live.publish(person, second, reason="It must be so today.")
    assert await house.live() == first


async def test_texts_alone_go_live_without_training(house: House, content: Content, person: Person) -> None:
    first, _ = await two_releases(house, content)
    with pytest.raises(NothingChangedError):
        await house.going_live.publish_texts(person)
    edited = changed(content, other_answer)
    await store(house.database, edited)
    asked = len(house.parse.asked)
    number = await house.going_live.publish_texts(person)
    live = await house.releases.live()
    assert live is not None
    assert (live[0].id, live[1]) == (number, edited)
    assert live[0].model_file == (await house.releases.find(first)).model_file
    assert len(house.parse.asked) == asked, "the model is the same, so are its scores"
    assert (await house.audited())[-1][2]["kind"] == "texts"


@pytest.mark.parametrize("how", [other_example, other_test])
async def test_more_than_texts_needs_a_release(house: House, content: Content, person: Person, how: Any) -> None:
    first, _ = await two_releases(house, content)
    await store(house.database, changed(changed(content, other_answer), how))
    with pytest.raises(NotOnlyTextsError):
        await house.going_live.publish_texts(person)
    assert await house.live() == first


async def test_a_schedule_goes_live_at_its_time(house: House, content: Content, person: Person) -> None:
    """A law takes effect at midnight in Yerevan, which is 20:00 UTC."""
    first, second = await two_releases(house, content)
    reason = "The law of today takes effect."
    due = await house.going_live.schedule(person, second, "2027-01-01T00:00", "Asia/Yerevan", reason)
    assert due == dt.datetime(2026, 12, 31, 20, 0, tzinfo=dt.UTC)
    await house.going_live.publish_due()
    house.clock.passes(hours=7, minutes=59, seconds=59)
    await house.going_live.publish_due()
    assert await house.live() == first
    house.clock.passes(seconds=1)
    await house.going_live.publish_due()
    await house.going_live.publish_due()
    assert await house.live() == second
    async with house.database.work() as session:
        (schedule,) = await stored.schedules(session, "tiny")
        (move,) = await stored.publications(session, "tiny")
    assert schedule.state == stored.DONE
    assert (move.kind, move.before, move.person, move.reason) == ("schedule", first, "Anahit", reason)


async def test_a_schedule_missed_while_the_server_was_down_is_made_up_for(
    house: House, content: Content, person: Person
) -> None:
    _, second = await two_releases(house, content)
    await house.going_live.schedule(person, second, "2027-01-01 00:00", "Asia/Yerevan", "It must be so then.")
    house.clock.passes(days=3)
    await house.going_live.publish_due()
    assert await house.live() == second


async def test_a_schedule_that_a_newer_release_overtook_is_pointed_out(
    house: House, content: Content, person: Person
) -> None:
    """A correction in haste after the scheduling would be undone at midnight: the list of releases says so until then."""
    _, second = await two_releases(house, content)
    await house.going_live.schedule(person, second, "2027-01-01T00:00", "Asia/Yerevan", "It must be so then.")
    overview = Overview(house.database, "tiny", house.releases, house.going_live, house.queue)
    assert (await overview.standing(1)).overtaken == {}
    await store(house.database, changed(content, other_answer))
    number = await house.going_live.publish_texts(person)
    standing = await overview.standing(1)
    assert standing.overtaken == {standing.schedules[0].id: number}
    await house.going_live.cancel_schedule(person, standing.schedules[0].id)
    assert (await overview.standing(1)).overtaken == {}


@pytest.mark.parametrize("number", [0, 4711, 10**21])
async def test_release_that_there_is_not(house: House, person: Person, number: int) -> None:
    with pytest.raises(UnknownReleaseError):
        await house.going_live.publish(person, number)


async def test_the_same_release_is_scheduled_once_for_a_time(house: House, content: Content, person: Person) -> None:
    _, second = await two_releases(house, content)
    when, reason = ("2027-01-01T00:00", "Asia/Yerevan"), "It must be so then."
    await house.going_live.schedule(person, second, *when, reason)
    with pytest.raises(BadInputError, match="scheduled for that time already"):
        await house.going_live.schedule(person, second, *when, reason)
    await house.going_live.schedule(person, second, "2027-01-02T00:00", "Asia/Yerevan", reason)


async def test_what_was_taken_back_does_not_come_back_by_itself(house: House, content: Content, person: Person) -> None:
    first, second = await two_releases(house, content)
    reason = "It must be so then."
    for day in ("2027-01-01T00:00", "2027-01-02T00:00", "2027-01-03T00:00"):
        await house.going_live.schedule(person, second, day, "Asia/Yerevan", reason)
    await house.going_live.publish(person, second, reason=reason)
    with pytest.raises(BadInputError, match="live already"):
        await house.going_live.schedule(person, second, "2027-01-04T00:00", "Asia/Yerevan", reason)
    await house.going_live.take_back(person, second)
    house.clock.passes(hours=72)
    await house.going_live.publish_due()
    assert await house.live() == first
    async with house.database.reading() as session:
        schedules = await stored.schedules(session, "tiny")
    assert {(each.state, each.detail) for each in schedules} == {(stored.CANCELLED, going_live.LIVE_BEFORE)}
    assert [action for action, _, _ in await house.audited()].count("release.cancel_schedule") == 3
    await house.going_live.schedule(person, second, "2027-02-01T00:00", "Asia/Yerevan", reason)


async def test_a_cancelled_schedule_does_nothing(house: House, content: Content, person: Person) -> None:
    first, second = await two_releases(house, content)
    await house.going_live.schedule(person, second, "2027-01-01T00:00", "Asia/Yerevan", "It must be so then.")
    async with house.database.work() as session:
        (schedule,) = await stored.schedules(session, "tiny")
    await house.going_live.cancel_schedule(person, schedule.id)
    house.clock.passes(days=1)
    await house.going_live.publish_due()
    assert await house.live() == first
    with pytest.raises(GoneError):
        await house.going_live.cancel_schedule(person, schedule.id)


async def test_scheduling_what_gets_worse_needs_a_reason(house: House, content: Content, person: Person) -> None:
    _, second = await two_releases(house, content)
    with pytest.raises(ReasonNeededError):
        await house.going_live.schedule(person, second, "2027-01-01T00:00", "Asia/Yerevan")


async def test_a_schedule_whose_model_was_damaged_fails_and_says_so(
    house: House, content: Content, person: Person
) -> None:
    first, second = await two_releases(house, content)
    await house.going_live.schedule(person, second, "2027-01-01T00:00", "Asia/Yerevan", "It must be so then.")
    flip(house.settings.models_dir / (await house.releases.find(second)).model_file)
    house.clock.passes(days=1)
    await house.going_live.publish_due()
    assert await house.live() == first
    async with house.database.work() as session:
        (schedule,) = await stored.schedules(session, "tiny")
    assert (schedule.state, schedule.detail) == (stored.FAILED, ModelDamagedError.public)


@pytest.mark.parametrize(
    ("typed", "zone", "moment"),
    [
        ("2027-01-01T00:00", "Asia/Yerevan", "2026-12-31T20:00+00:00"),
        ("2027-07-01 09:30", "Europe/Riga", "2027-07-01T06:30+00:00"),
        ("2027-10-31T03:30", "Europe/Riga", "2027-10-31T00:30+00:00"),  # the hour comes twice; the first is meant
    ],
)
def test_local_times(typed: str, zone: str, moment: str) -> None:
    assert dt.datetime.fromisoformat(moment) == local_moment(typed, zone, NOW)


@pytest.mark.parametrize("typed", ["", "tomorrow", "2027-13-01T00:00", "2027-01-01T00:00Z", "2027-01-01T00:00+04:00"])
def test_unreadable_times_are_refused(typed: str) -> None:
    with pytest.raises(BadInputError, match="is no time"):
        local_moment(typed, "Asia/Yerevan", NOW)


def test_an_hour_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadInputError, match="clocks are put forward"):
        local_moment("2027-03-28T03:30", "Europe/Riga", NOW)


def test_past_times_are_refused() -> None:
    with pytest.raises(BadInputError, match="has passed"):
        local_moment("2026-12-31T16:00", "Asia/Yerevan", NOW)


# --- notices ---


@pytest.fixture
def notices(house: House) -> Notices:
    return Notices(house.database, "tiny", house.clock)


def with_languages(content: Content) -> Any:
    fallbacks = {"uk": ["ru"]}
    return content.pack.model_copy(
        update={"languages": ["hy", "ru", "en"], "fallbacks": fallbacks, "fallback_languages": ["hy", "en"]}
    )


async def test_a_notice_stands_until_its_time(notices: Notices, house: House, content: Content, person: Person) -> None:
    pack = with_languages(content)
    assert notices.text("en", pack) is None
    await notices.publish(
        person, {"en": " The office is closed. ", "ru": "Офис закрыт.", "hy": ""}, "2027-01-01T00:00", pack
    )
    assert notices.text("en", pack) == "The office is closed."
    assert notices.text("uk", pack) == "Офис закрыт.", "the next best language"
    assert notices.text("hy", pack) == "The office is closed."
    other_process = Notices(house.database, "tiny", house.clock)
    assert other_process.text("en", pack) is None
    await other_process.refresh()
    assert other_process.text("en", pack) == "The office is closed."
    # The time is the authority's: the tiny pack lies in UTC+4.
    house.clock.passes(hours=7, minutes=59)
    assert notices.text("en", pack) is not None
    house.clock.passes(minutes=1)
    assert notices.text("en", pack) is None


async def test_a_notice_is_withdrawn_and_replaced(
    notices: Notices, house: House, content: Content, person: Person
) -> None:
    pack = with_languages(content)
    await notices.publish(person, {"en": "First."}, "2027-02-01T00:00", pack)
    await notices.publish(person, {"en": "Second."}, "2027-01-05T00:00", pack)
    assert notices.text("en", pack) == "Second."
    standing = notices.standing()
    assert standing is not None
    await notices.withdraw(person, standing.id)
    assert notices.text("en", pack) is None, "the one before does not come back"
    with pytest.raises(NoticeMovedError):
        await notices.withdraw(person, standing.id)
    assert [action for action, _, _ in await house.audited()] == ["notice.publish", "notice.publish", "notice.withdraw"]


async def test_a_notice_that_a_colleague_replaced_is_neither_withdrawn_nor_replaced_unseen(
    notices: Notices, house: House, content: Content, person: Person
) -> None:
    pack = with_languages(content)
    await notices.publish(person, {"en": "First."}, "2027-02-01T00:00", pack, seen=0)
    first = notices.standing()
    assert first is not None
    await notices.publish(person, {"en": "Second."}, "2027-01-01T00:00", pack, seen=first.id)
    for seen in (0, first.id):
        with pytest.raises(NoticeMovedError):
            await notices.publish(person, {"en": "Third."}, "2027-01-05T00:00", pack, seen=seen)
    with pytest.raises(NoticeMovedError):
        await notices.withdraw(person, first.id)
    assert notices.text("en", pack) == "Second."
    assert [each.withdrawn_at for each in await notices.history()] == [None, None]
    second = notices.standing()
    assert second is not None
    house.clock.passes(hours=8)
    with pytest.raises(NoticeMovedError):
        await notices.withdraw(person, second.id)
    await notices.publish(person, {"en": "Third."}, "2027-01-05T00:00", pack, seen=0)
    assert notices.text("en", pack) == "Third."


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ({"en": "   "}, "at least one language"),
        ({"en": "x" * (LONGEST + 1)}, f"{LONGEST + 1} characters"),
        ({"xx": "text"}, "none of the languages"),
    ],
)
async def test_unusable_notices_are_refused(
    notices: Notices, content: Content, person: Person, texts: dict[str, str], problem: str
) -> None:
    with pytest.raises(BadInputError, match=problem):
        await notices.publish(person, texts, "2027-01-01T00:00", with_languages(content))


# --- the queue ---


async def test_builds_run_one_after_the_other(house: House, person: Person) -> None:
    first = await house.queue.ask(person)
    with pytest.raises(AlreadyBuildingError):
        await house.queue.ask(person)
    async with house.database.work() as session:
        assert await stored.start_next_build(session, "tiny") == first
    second = await house.queue.ask(person)
    async with house.database.work() as session:
        assert await stored.start_next_build(session, "tiny") is None, "one at a time"
        assert await stored.finish_build(session, first, stored.DONE)
        assert await stored.start_next_build(session, "tiny") == second


async def test_a_cancelled_build_stops_its_process_and_stays_cancelled(house: House, person: Person) -> None:
    number = await house.queue.ask(person)
    async with house.database.work() as session:
        await stored.start_next_build(session, "tiny")
        assert await stored.is_running(session, number)
    await house.queue.cancel(person, number)
    async with house.database.work() as session:
        assert not await stored.is_running(session, number), "the process is told to stop"
        assert not await stored.finish_build(session, number, stored.DONE, release_id=1)
    assert (await house.queue.get(number)).state == stored.CANCELLED
    with pytest.raises(GoneError):
        await house.queue.cancel(person, number)


async def test_a_build_without_a_sign_of_life_is_given_up(house: House, person: Person) -> None:
    """Server and build were killed together: the next server notices, and the next build can begin."""
    number = await house.queue.ask(person)
    async with house.database.work() as session:
        await stored.start_next_build(session, "tiny")
        row = await session.get(stored.BuildRow, number)
        assert row is not None
        row.heartbeat = row.started_at = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=61)
    write_beat(house.settings.data_dir, number, ("train", 3, 7))
    runner = Runner(house.database, house.settings)
    await runner.tick()
    build = await house.queue.get(number)
    assert (build.state, build.step, build.done, build.total) == (stored.RUNNING, "train", 3, 7)
    forget_beat(house.settings.data_dir, number)
    await runner.tick()
    build = await house.queue.get(number)
    assert (build.state, build.failure) == (stored.FAILED, "lost")


def test_how_a_process_ended_says_why() -> None:
    assert _reason(-9, "")[0] == "killed"
    assert _reason(1, 'noise\n{"failure": "disk_full", "detail": "no space"}\n') == ("disk_full", "no space")
    assert _reason(1, "noise")[0] == "error"


def test_a_full_disk_is_recognised_wherever_it_shows() -> None:
    from bot.rasa_runtime.training import TrainingError

    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as error:
            raise TrainingError("The model could not be trained") from error
    except TrainingError as error:
        assert builder.explain(error)[0] == "disk_full"
    assert builder.explain(RuntimeError("database or disk is full"))[0] == "disk_full"
    assert builder.explain(TrainingError("bad data"))[0] == "training"
    assert builder.explain(MemoryError())[0] == "memory"
    assert builder.explain(KeyError("x"))[0] == "error"


# --- scores beside each other ---


def scores(**topics: tuple[int, int]) -> dict[str, Any]:
    made = {name: {"total": total, "hit": hit, "accuracy": hit / total} for name, (hit, total) in topics.items()}
    return {"languages": {}, "out_of_scope": {}, "misses": [], "topics": made}


def test_only_what_falls_by_more_than_the_margin_counts() -> None:
    live = scores(visa=(100, 100), work=(100, 100), asylum=(90, 100))
    new = scores(visa=(97, 100), work=(96, 100), asylum=(100, 100), fresh=(0, 10))
    assert [row.name for row in comparing.lowered(new, live, 3.0)] == ["work"]
    assert comparing.lowered(new, None, 3.0) == []


def test_the_picture_shows_every_test_question_once() -> None:
    made = scores(visa=(8, 10), work=(4, 5), out_of_scope=(1, 2))
    made["misses"] = [
        {"expected": "visa/fee", "got": "work/permit", "verdict": "wrong"},
        {"expected": "visa/fee", "got": "work/permit", "verdict": "unclear"},
        {"expected": "work/permit", "got": "out_of_scope", "verdict": "refused"},
        {"expected": "out_of_scope", "got": "visa/fee", "verdict": "wrong"},
    ]
    grid = comparing.grid(made)
    assert grid.rows == ["visa", "work", "out_of_scope"]
    assert grid.columns == ["visa", "work", "emergency", "nlu_fallback", "out_of_scope"]
    assert grid.counts == [[8, 1, 0, 1, 0], [0, 4, 0, 0, 1], [1, 0, 0, 0, 1]]
    assert comparing.confusions(made)[0] == comparing.Confusion("visa/fee", "work/permit", 2)


# --- texts ---


def test_every_text_for_editors_is_translated() -> None:
    """Errors and the codes of failures, which no template names."""
    from bot.errors import GuidepostError
    from bot.publishing import errors, moments, notices
    from studio import release_names as pages
    from studio import texts

    public = [
        each.public
        for each in [*vars(errors).values(), ModelDamagedError, UnknownReleaseError]
        if isinstance(each, type) and issubclass(each, GuidepostError) and each.public != GuidepostError.public
    ]
    patterns = [moments.UNREADABLE, moments.SKIPPED, moments.PAST, notices.EMPTY, notices.TOO_LONG, notices.FOREIGN]
    wanted = [*public, *patterns, ReasonNeededError(["x"], 3).message]
    for names in (pages.STEP_NAMES, pages.STATE_NAMES, pages.FAILURE_TEXTS, pages.KIND_NAMES, pages.MOVE_NAMES):
        wanted += names.values()
    for language in ("hy", "ru"):
        assert [text for text in wanted if text not in texts._catalog(language)] == []


def test_every_failure_has_its_text() -> None:
    from bot.publishing.progress import STEPS
    from bot.publishing.queue import FAILURES
    from bot.publishing.replay import KINDS
    from studio import release_names as pages

    assert set(pages.FAILURE_TEXTS) == set(FAILURES)
    assert set(pages.STEP_NAMES) == {"", *STEPS}
    assert set(pages.KIND_NAMES) == set(KINDS)


async def test_reading_waits_for_no_writer_and_holds_none_up(house: House) -> None:
    """A build reads all content in one unit of work, at low priority: messages must not wait for it."""
    async with house.database.work() as writer:
        await stored.add_build(writer, "tiny", None, "Guidepost", None)
        async with house.database.reading() as reader:
            assert await stored.builds(reader, "tiny", (stored.QUEUED,)) == []
    async with house.database.reading() as reader:
        assert len(await stored.builds(reader, "tiny", (stored.QUEUED,))) == 1
        async with house.database.work() as writer:
            await stored.add_build(writer, "tiny", None, "Guidepost", 1)
        assert len(await stored.builds(reader, "tiny", (stored.QUEUED,))) == 1, "one state from begin to end"
