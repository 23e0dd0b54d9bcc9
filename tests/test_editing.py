"""Drafts, review and history against a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from editing_help import ANI, BORIS, CARO, PACK, content, small_database
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.accounts.audit import Audit
from bot.editing import fields as forms
from bot.editing import words
from bot.editing.drafts import Drafts
from bot.editing.history import History
from bot.editing.merge import merge
from bot.editing.model import ChangedMeanwhileError, RefusedError, TextKey, UnknownTextError
from bot.editing.review import NotReadyError, Review
from bot.knowledge import seed
from bot.knowledge.schema import Content
from bot.storage import Database

FEE_HY = TextKey("visa/fee", "", "hy")
FEE_RU = TextKey("visa/fee", "", "ru")
FEE_EN = TextKey("visa/fee", "", "en")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with small_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def drafts(database: Database) -> Drafts:
    return Drafts(database, PACK)


@pytest.fixture
def review(database: Database) -> Review:
    return Review(database, PACK)


async def change(drafts: Drafts, key: TextKey, who: Any, **fields: Any) -> Any:
    """Open a text and save it with some fields changed."""
    working = await drafts.open(key)
    return await drafts.save(key, who, {**working.fields, **fields}, working.seen)


async def approve(drafts: Drafts, review: Review, key: TextKey, writer: Any, reviewer: Any, **options: Any) -> int:
    await review.submit(key, writer, (await drafts.open(key)).seen)
    return await review.approve(key, reviewer, (await drafts.open(key)).seen, **options)


async def approved(database: Database) -> Content:
    return await seed.read(database, PACK)


def text_of(content: Content, key: TextKey) -> Any:
    question = next(q for q in content.questions if q.id == key.question)
    found = next(a for a in question.answers if (a.situation or "") == key.situation)
    return found.texts[key.language]


# Forms


def test_what_is_approved_reads_back_from_its_form(database: Database) -> None:
    """Opening the form and saving it unchanged changes nothing: every field survives the textarea."""
    tree = content()["questions"][0]["answers"][0]["texts"]["hy"]
    links = [{"url": "https://a.example", "title": "A title"}]
    shared = {"facts": ["F1", "F2"], "links": links, "valid_until": "2027-01-31", "related": ["visa/where"]}
    fields = forms.from_content("Title", tree, shared, "")
    names = forms.of_form(source=True, situation="")
    assert fields == forms.read({name: forms.write(name, fields.get(name)) for name in names}, names)


def test_pasted_bullets_and_foreign_line_ends_are_taken_off() -> None:
    read = forms.read({"steps": "1. Come\r\n\r\n- Pay\r\n• 5 photos\n2027 is fine"}, ("steps",))
    assert read == {"steps": ["Come", "Pay", "5 photos", "2027 is fine"]}


# Merging

FIELDS = st.dictionaries(
    st.sampled_from(["summary", "fee", "where", "note"]), st.text(min_size=1, max_size=8), max_size=4
)


@given(st.one_of(st.none(), FIELDS), FIELDS, FIELDS)
@settings(max_examples=400, deadline=None)
def test_no_text_is_ever_lost_in_a_merge(base: Any, theirs: Any, mine: Any) -> None:
    """Whatever either typed anew is in the result or kept beside it; what nobody touched stays."""
    merged = merge(base, theirs, mine)
    for name in {*theirs, *mine}:
        before = (base or {}).get(name)
        for typed in (theirs.get(name), mine.get(name)):
            if typed is not None and typed != before:
                assert typed in (merged.fields.get(name), merged.conflicts.get(name))
    assert set(merged.conflicts) <= {n for n in {*theirs, *mine} if theirs.get(n) != mine.get(n)}
    assert merge(base, theirs, theirs).conflicts == {}


@given(FIELDS, FIELDS, FIELDS)
@settings(max_examples=200, deadline=None)
def test_a_merge_asks_only_where_both_changed(base: Any, theirs: Any, mine: Any) -> None:
    for name in merge(base, theirs, mine).conflicts:
        assert base.get(name) != theirs.get(name)
        assert base.get(name) != mine.get(name)


# Drafts


async def test_a_draft_leaves_the_approved_text_alone(database: Database, drafts: Drafts) -> None:
    saved = await change(drafts, FEE_HY, ANI, summary="Նոր տեքստ։")
    assert saved.is_open
    assert saved.author_name == "Ani"
    again = await drafts.open(FEE_HY)
    assert again.fields["summary"] == "Նոր տեքստ։"
    assert text_of(await approved(database), FEE_HY).summary == "Վիզան արժե 3000 դրամ։"


async def test_saving_what_is_there_makes_no_draft(drafts: Drafts) -> None:
    """An automatic save of an untouched form must not put the text back into work."""
    working = await drafts.open(FEE_HY)
    saved = await drafts.save(FEE_HY, ANI, dict(working.fields), working.seen)
    assert not saved.is_open
    assert saved.version == 0


async def test_changes_of_two_people_in_different_parts_are_joined(drafts: Drafts) -> None:
    opened = await drafts.open(FEE_HY)
    await drafts.save(FEE_HY, ANI, {**opened.fields, "fee": "4000 դրամ"}, opened.seen)
    saved = await drafts.save(FEE_HY, BORIS, {**opened.fields, "where": "Երևանում"}, opened.seen)
    assert (saved.fields["fee"], saved.fields["where"], saved.conflicts) == ("4000 դրամ", "Երևանում", [])
    assert [name for _, name in saved.writers] == ["Ani", "Boris"]


async def test_a_part_that_both_changed_is_kept_twice_until_somebody_decides(drafts: Drafts) -> None:
    opened = await drafts.open(FEE_HY)
    await drafts.save(FEE_HY, ANI, {**opened.fields, "fee": "Ani's fee"}, opened.seen)
    both = await drafts.save(FEE_HY, BORIS, {**opened.fields, "fee": "Boris' fee", "note": "n"}, opened.seen)
    assert both.fields["fee"] == "Ani's fee"
    assert both.fields["note"] == "n"
    assert [(c.field, c.value, c.name) for c in both.conflicts] == [("fee", "Boris' fee", "Boris")]
    # His next automatic save still has his text in the box: it must not slip over hers.
    typed = {**both.fields, "fee": "Boris' better fee"}
    later = await drafts.save(FEE_HY, BORIS, typed, both.seen)
    assert later.fields["fee"] == "Ani's fee"
    assert [c.value for c in later.conflicts] == ["Boris' better fee"]
    decided = await drafts.save(FEE_HY, BORIS, typed, later.seen, decided=frozenset({"fee"}))
    assert decided.fields["fee"] == "Boris' better fee"
    assert decided.conflicts == []


async def test_a_decision_does_not_overwrite_what_came_meanwhile(drafts: Drafts) -> None:
    """Boris decides on Ani's first text while she writes a second one: hers stays, his is kept again."""
    opened = await drafts.open(FEE_HY)
    await drafts.save(FEE_HY, ANI, {**opened.fields, "fee": "first"}, opened.seen)
    both = await drafts.save(FEE_HY, BORIS, {**opened.fields, "fee": "his"}, opened.seen)
    await drafts.save(FEE_HY, ANI, {**both.fields, "fee": "second"}, both.seen)
    decided = await drafts.save(FEE_HY, BORIS, {**both.fields, "fee": "his"}, both.seen, decided=frozenset({"fee"}))
    assert decided.fields["fee"] == "second"
    assert [c.value for c in decided.conflicts] == ["his"]


async def test_taking_the_colleagues_text_ends_the_conflict(drafts: Drafts) -> None:
    opened = await drafts.open(FEE_HY)
    await drafts.save(FEE_HY, ANI, {**opened.fields, "fee": "hers"}, opened.seen)
    both = await drafts.save(FEE_HY, BORIS, {**opened.fields, "fee": "his"}, opened.seen)
    done = await drafts.save(FEE_HY, BORIS, dict(both.fields), both.seen)
    assert done.fields["fee"] == "hers"
    assert done.conflicts == []


async def test_saves_at_the_same_moment_lose_nothing(drafts: Drafts) -> None:
    """Two people, five windows each, all opened before any was saved: all ten texts are kept."""
    opened = await drafts.open(FEE_HY)
    parts = ("fee", "where", "how_long", "deadline", "note")
    saves = [
        drafts.save(FEE_HY, who, {**opened.fields, part: f"{who.name} {part}"}, opened.seen)
        for part in parts
        for who in (ANI, BORIS)
    ]
    await asyncio.gather(*saves)
    end = await drafts.open(FEE_HY)
    kept = {end.fields[part] for part in parts} | {c.value for c in end.conflicts}
    assert kept == {f"{who.name} {part}" for part in parts for who in (ANI, BORIS)}


async def test_a_form_that_was_open_across_an_approval_still_merges(
    database: Database, drafts: Drafts, review: Review
) -> None:
    """Boris keeps the page open over lunch; the text is approved meanwhile; then he saves: both are joined."""
    stale = await drafts.open(FEE_HY)
    await change(drafts, FEE_HY, ANI, fee="5000 դրամ")
    await approve(drafts, review, FEE_HY, ANI, CARO)
    saved = await drafts.save(FEE_HY, BORIS, {**stale.fields, "note": "Նշում"}, stale.seen)
    assert saved.fields["fee"] == "5000 դրամ"
    assert saved.fields["note"] == "Նշում"
    assert saved.conflicts == []


async def test_a_form_whose_beginning_is_unknown_overwrites_nothing(drafts: Drafts) -> None:
    await change(drafts, FEE_HY, ANI, fee="hers")
    saved = await drafts.save(FEE_HY, BORIS, {"summary": "his"}, "ffffffffffffffff")
    assert saved.fields["fee"] == "hers"
    assert saved.fields["summary"] == "Վիզան արժե 3000 դրամ։"
    assert "his" in [c.value for c in saved.conflicts]


async def test_unknown_texts_are_refused(drafts: Drafts) -> None:
    for key in (TextKey("visa/no", "", "hy"), TextKey("visa/fee", "x", "hy"), TextKey("visa/fee", "", "xx")):
        with pytest.raises(UnknownTextError):
            await drafts.open(key)


async def test_an_import_that_renews_every_answer_keeps_drafts(database: Database, drafts: Drafts) -> None:
    """Files win: the approved content is replaced, answer ids are new, the draft is still the text in work."""
    from bot.storage import contents

    await change(drafts, FEE_RU, ANI, note="Черновик")
    async with database.work() as session:
        await contents.write_content(session, content())
    assert (await drafts.open(FEE_RU)).fields["note"] == "Черновик"


# Review


async def test_a_text_goes_live_only_through_another_persons_approval(
    database: Database, drafts: Drafts, review: Review
) -> None:
    await change(drafts, FEE_HY, ANI, summary="Վիզան արժե 4000 դրամ։", title="Որքա՞ն է վիզան")
    seen = (await drafts.open(FEE_HY)).seen
    with pytest.raises(RefusedError):
        await review.approve(FEE_HY, BORIS, seen)  # not submitted
    await review.submit(FEE_HY, ANI, seen)
    assert [(w.key, w.own) for w in await review.queue(ANI)] == [(FEE_HY, True)]
    assert [(w.key, w.own) for w in await review.queue(BORIS)] == [(FEE_HY, False)]
    with pytest.raises(RefusedError, match="colleague"):
        await review.approve(FEE_HY, ANI, seen)
    await review.approve(FEE_HY, BORIS, seen)
    after = await approved(database)
    assert text_of(after, FEE_HY).summary == "Վիզան արժե 4000 դրամ։"
    assert after.questions[0].title["hy"] == "Որքա՞ն է վիզան"
    assert not (await drafts.open(FEE_HY)).is_open
    assert await review.queue(BORIS) == []
    actions = [entry.action for entry in (await Audit(database).page())[0]]
    assert actions[:3] == ["answer.approve", "draft.submit", "draft.edit"]


async def test_whoever_wrote_any_part_may_not_approve(drafts: Drafts, review: Review, database: Database) -> None:
    """Two writers: neither may approve, not only the last one."""
    await change(drafts, FEE_HY, ANI, fee="1")
    await change(drafts, FEE_HY, BORIS, note="2")
    seen = (await drafts.open(FEE_HY)).seen
    await review.submit(FEE_HY, BORIS, seen)
    for writer in (ANI, BORIS):
        with pytest.raises(RefusedError):
            await review.approve(FEE_HY, writer, seen)
    own = Review(database, PACK, approve_own=True)
    await own.approve(FEE_HY, ANI, seen)


async def test_what_is_approved_is_what_was_read(drafts: Drafts, review: Review) -> None:
    """A writer changes the text while the reviewer reads: the approval is refused and the text leaves the queue."""
    await change(drafts, FEE_HY, ANI, fee="1")
    read = (await drafts.open(FEE_HY)).seen
    await review.submit(FEE_HY, ANI, read)
    await change(drafts, FEE_HY, ANI, fee="2")
    with pytest.raises(ChangedMeanwhileError):
        await review.approve(FEE_HY, BORIS, read)
    assert await review.queue(BORIS) == []


async def test_sent_back_with_a_comment(drafts: Drafts, review: Review) -> None:
    await change(drafts, FEE_HY, ANI, fee="1")
    seen = (await drafts.open(FEE_HY)).seen
    await review.submit(FEE_HY, ANI, seen)
    with pytest.raises(RefusedError):
        await review.send_back(FEE_HY, BORIS, seen, "  ")
    await review.send_back(FEE_HY, BORIS, seen, "The fee is 3000.")
    working = await drafts.open(FEE_HY)
    assert (working.state, working.comment) == ("sent_back", "Boris: The fee is 3000.")
    changed = await change(drafts, FEE_HY, ANI, fee="3000")
    assert changed.comment, "the comment stays in sight until the text is submitted again"
    await review.submit(FEE_HY, ANI, changed.seen)
    assert (await drafts.open(FEE_HY)).comment == ""


async def test_an_incomplete_text_or_an_open_conflict_is_not_submitted(drafts: Drafts, review: Review) -> None:
    opened = await drafts.open(FEE_HY)
    emptied = await drafts.save(
        FEE_HY, ANI, {k: v for k, v in opened.fields.items() if k not in ("summary", "facts")}, opened.seen
    )
    with pytest.raises(NotReadyError) as refused:
        await review.submit(FEE_HY, ANI, emptied.seen)
    assert {p.field for p in refused.value.problems} == {"summary", "facts"}
    opened = await drafts.open(FEE_RU)
    await drafts.save(FEE_RU, ANI, {**opened.fields, "fee": "a"}, opened.seen)
    both = await drafts.save(FEE_RU, BORIS, {**opened.fields, "fee": "b"}, opened.seen)
    with pytest.raises(RefusedError, match="Decide"):
        await review.submit(FEE_RU, BORIS, both.seen)


async def test_a_source_change_outdates_translations_and_a_small_edit_does_not(
    database: Database, drafts: Drafts, review: Review
) -> None:
    from bot.storage import editing

    async def outdated() -> set[str]:
        async with database.work() as session:
            rows = [await editing.outdated(session, PACK, "visa/fee", "", language) for language in ("hy", "ru", "en")]
        return {row.language for row in rows if row}

    await change(drafts, FEE_HY, ANI, fee="3000 դրամ։")
    await approve(drafts, review, FEE_HY, ANI, BORIS, small_edit=True)
    assert await outdated() == set()
    await change(drafts, FEE_HY, ANI, confirmed=["F2 2026-11-22"])
    await approve(drafts, review, FEE_HY, ANI, BORIS)
    assert await outdated() == set(), "a source checked anew changes nothing to translate"
    await change(drafts, FEE_HY, ANI, fee="4000 դրամ")
    await approve(drafts, review, FEE_HY, ANI, BORIS)
    assert await outdated() == {"ru", "en"}
    followed = await History(database, PACK).source_since(FEE_RU)
    assert [c.field for c in followed] == ["fee"]
    await change(drafts, FEE_RU, ANI, fee="4000 драмов")
    await approve(drafts, review, FEE_RU, ANI, BORIS)
    assert await outdated() == {"en"}


async def test_sources_dates_and_validity_reach_the_content(database: Database, drafts: Drafts, review: Review) -> None:
    body = content()["facts"]["F1"] | {"statement": "From 2027 a visa costs 5,000 drams."}
    await change(
        drafts,
        FEE_HY,
        ANI,
        facts=["F1", "F2", "ED-1"],
        sources=[{"id": "ED-1", **body}],
        confirmed=["F2 2026-11-22"],
        valid_until="2027-12-31",
        links=[{"url": "https://example.org/form", "title": "Form"}],
        related=["visa/where"],
    )
    await approve(drafts, review, FEE_HY, ANI, BORIS)
    after = await approved(database)
    answer = after.questions[0].answers[0]
    assert answer.facts == ["F1", "F2", "ED-1"]
    assert after.facts["ED-1"].text().startswith("From 2027")
    assert after.facts["F2"].verified_on.isoformat() == "2026-11-22"
    assert str(answer.valid_until) == "2027-12-31"
    assert answer.links[0].title == "Form"
    assert after.questions[0].related == ["visa/where"]


async def test_facts_that_do_not_exist_are_refused_and_nothing_is_written(
    database: Database, drafts: Drafts, review: Review
) -> None:
    await change(drafts, FEE_HY, ANI, facts=["F1", "NO-1"], summary="x")
    before = await approved(database)
    with pytest.raises(RefusedError, match="NO-1"):
        await approve(drafts, review, FEE_HY, ANI, BORIS)
    assert before == await approved(database)


# Situations and new questions


async def test_an_answer_for_some_people_is_added_and_removed(
    database: Database, drafts: Drafts, review: Review
) -> None:
    key = TextKey("visa/fee", "foreigner", "hy")
    translation = TextKey("visa/fee", "foreigner", "ru")
    await change(drafts, translation, ANI, summary="Иностранцы платят.")
    with pytest.raises(RefusedError, match="first language"):
        await approve(drafts, review, translation, ANI, BORIS)
    await change(drafts, key, ANI, summary="Օտարերկրացիները վճարում են։", facts=["F1"])
    await approve(drafts, review, key, ANI, BORIS)
    await review.approve(translation, BORIS, (await drafts.open(translation)).seen)
    assert text_of(await approved(database), translation).summary == "Иностранцы платят."
    proposed = await drafts.propose_removal(key, ANI, (await drafts.open(key)).seen)
    assert [a.situation for a in (await approved(database)).questions[0].answers] == [None, "displaced", "foreigner"]
    await review.submit(key, ANI, proposed.seen)
    await review.approve(key, BORIS, proposed.seen)
    assert [a.situation for a in (await approved(database)).questions[0].answers] == [None, "displaced"]
    # Restored from its history, it comes back through the same review.
    past = await History(database, PACK).revisions(key)
    assert past[0].removed
    fields = await History(database, PACK).one(key, "revision", past[1].id)
    restored = await drafts.restore(key, ANI, fields, (await drafts.open(key)).seen)
    await review.submit(key, ANI, restored.seen)
    await review.approve(key, BORIS, restored.seen)
    assert text_of(await approved(database), key).summary == "Օտարերկրացիները վճարում են։"


async def test_the_answer_for_everybody_cannot_be_removed(drafts: Drafts) -> None:
    with pytest.raises(RefusedError):
        await drafts.propose_removal(FEE_HY, ANI, (await drafts.open(FEE_HY)).seen)


# History


async def test_every_approval_can_be_read_compared_and_restored(
    database: Database, drafts: Drafts, review: Review
) -> None:
    await change(drafts, FEE_EN, ANI, summary="A visa costs 4,000 drams.")
    await approve(drafts, review, FEE_EN, ANI, BORIS)
    await change(drafts, FEE_EN, BORIS, summary="A visa costs 5,000 drams.")
    await approve(drafts, review, FEE_EN, BORIS, ANI)
    history = History(database, PACK)
    past = await history.revisions(FEE_EN)
    assert [p.fields["summary"].split()[3] for p in past] == ["5,000", "4,000", "3,000"]
    assert [(p.author_name, p.approved_by_name) for p in past] == [
        ("Boris", "Ani"),
        ("Ani", "Boris"),
        ("Files", "Files"),
    ]
    changed = past[0].changes[0]
    assert [(p.change, p.text) for p in changed.pieces if p.change != "same"] == [("removed", "4"), ("added", "5")]
    seen = (await drafts.open(FEE_EN)).seen
    restored = await drafts.restore(FEE_EN, ANI, await history.one(FEE_EN, "revision", past[2].id), seen)
    assert restored.is_open
    assert restored.fields["summary"] == "A visa costs 3,000 drams."
    with pytest.raises(ChangedMeanwhileError):
        await drafts.restore(FEE_EN, BORIS, past[1].fields, seen)


async def test_a_discarded_draft_can_be_taken_up_again(database: Database, drafts: Drafts) -> None:
    saved = await change(drafts, FEE_EN, ANI, note="An afternoon's work")
    assert not (await drafts.discard(FEE_EN, ANI, saved.seen)).is_open
    saves = await History(database, PACK).saves(FEE_EN)
    lost = next(p for p in saves if p.fields.get("note"))
    fields = await History(database, PACK).one(FEE_EN, "save", lost.id)
    back = await drafts.restore(FEE_EN, ANI, fields, (await drafts.open(FEE_EN)).seen)
    assert back.fields["note"] == "An afternoon's work"


@pytest.mark.parametrize("end", ["discard", "restore", "other side", "approve"])
async def test_a_text_that_waited_for_a_decision_stays_in_the_history(
    database: Database, drafts: Drafts, review: Review, end: str
) -> None:
    """Whatever ends the conflict, what the other one wrote is found under their name and can be taken up again."""
    opened = await drafts.open(FEE_EN)
    await drafts.save(FEE_EN, ANI, {**opened.fields, "fee": "hers"}, opened.seen)
    both = await drafts.save(FEE_EN, BORIS, {**opened.fields, "fee": "his"}, opened.seen)
    assert both.conflicts
    if end == "discard":
        await drafts.discard(FEE_EN, ANI, both.seen)
    elif end == "restore":
        await drafts.restore(FEE_EN, ANI, {**opened.fields, "fee": "older"}, both.seen)
    else:
        fields = dict(both.fields)
        await drafts.save(FEE_EN, ANI, fields, both.seen, decided=frozenset({"fee"}))
        if end == "approve":
            await approve(drafts, review, FEE_EN, ANI, CARO)
    saves = await History(database, PACK).saves(FEE_EN)
    assert [past.author_name for past in saves if past.fields.get("fee") == "his"] == ["Boris"]
    assert (await drafts.open(FEE_EN)).conflicts == []


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_differences_contain_both_texts(before: str, after: str) -> None:
    pieces = words.compare(before, after)
    assert before == "".join(p.text for p in pieces if p.change != "added")
    assert after == "".join(p.text for p in pieces if p.change != "removed")
