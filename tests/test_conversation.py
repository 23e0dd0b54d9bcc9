"""The path of a message inside the process: real model, real database, every channel's contract."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from typing import Any

import pytest

from bot.conversation.messages import Inbound, Reply
from bot.conversation.plain_text import render
from bot.conversation.service import Live
from bot.errors import BadInputError
from bot.knowledge.library import Library

_numbers = itertools.count()


class Person:
    """Somebody who writes to the assistant."""

    def __init__(self, assistant: Any, language: str | None = None) -> None:
        self.conversations = assistant.conversations
        self.id = f"test-person-{next(_numbers)}"
        self.language = language
        self.sent = 0

    async def says(self, text: str = "", *, choice: str | None = None) -> Reply:
        self.sent += 1
        inbound = Inbound(
            conversation=self.id,
            message_id=str(self.sent),
            channel="test",
            text=text,
            choice=choice,
            language=self.language,
        )
        replies = await self.conversations.handle(inbound)
        self.replies = [numbered.reply for numbered in replies]
        return self.replies[-1]


async def test_first_reply_introduces_the_machine_once(assistant: Any) -> None:
    """A machine, whose service, what is kept and for how long, how to reach a person: said once, in one's language."""
    person = Person(assistant)
    await person.says("Сколько стоит виза?")
    introduction = render(person.replies[0])
    assert person.replies[0].introduction
    assert "не человек" in introduction
    assert "Служба миграции и гражданства" in introduction
    assert "30 дней" in introduction
    assert "84-22" in introduction
    await person.says("спасибо")
    assert [reply.introduction for reply in person.replies] == [False]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ինչպե՞ս կարող է Արցախից տեղահանված մարդը դառնալ ՀՀ քաղաքացի", "hy"),
        ("Как человеку, вынужденному уехать из Карабаха, получить гражданство Армении?", "ru"),
        ("How does a person displaced from Nagorno-Karabakh become a citizen of Armenia?", "en"),
    ],
)
async def test_displaced_person_learns_how_to_become_a_citizen(assistant: Any, text: str, language: str) -> None:
    """The issue's own question, in three languages: right answer, its sources, the day it was checked."""
    reply = await Person(assistant).says(text)
    (block,) = reply.answers()
    assert ("answer", language, "citizenship/apply_displaced") == (reply.outcome, reply.language, reply.question)
    assert "mcs-citizenship.am" in block.summary
    assert dt.date(2026, 11, 22) == block.verified_on
    assert all(source.url.startswith("http") and source.title and source.date for source in block.sources)


async def test_follow_ups_are_read_with_the_last_answer(assistant: Any) -> None:
    person = Person(assistant)
    await person.says("Как переселенцу из Карабаха получить гражданство Армении?")
    fee = await person.says("а сколько это стоит?")
    assert (fee.outcome, fee.question) == ("answer", "citizenship/apply_displaced")
    assert "1 сентября 2025" in render(fee)
    where = await person.says("и куда идти?")
    assert "mcs-citizenship.am" in render(where)
    child = await person.says("а для ребёнка?")
    assert "18" in render(child)
    term = await person.says("сколько ждать?")
    assert "двух месяцев" in render(term)


async def test_follow_up_without_an_answer_asks_what_is_meant(assistant: Any) -> None:
    reply = await Person(assistant).says("and how much is it?")
    assert reply.outcome == "clarify"
    assert 2 <= len(reply.choices("clarify")) <= 3


async def test_follow_up_that_the_answer_does_not_cover_gives_the_phone(assistant: Any) -> None:
    person = Person(assistant)
    await person.says("Which number do I call for the government hotline?")
    reply = await person.says("by when must I do that?")
    assert reply.outcome == "handoff"
    assert "84-22" in render(reply)


async def test_a_choice_answers_its_question(assistant: Any) -> None:
    reply = await Person(assistant, "ru").says(choice="q:visa/fee")
    assert (reply.outcome, reply.question, reply.language) == ("answer", "visa/fee", "ru")


async def test_situation_changes_the_answer_and_is_remembered(assistant: Any) -> None:
    """Displaced people pay no fee: tapping "displaced" gives their variant, and keeps giving it."""
    person = Person(assistant, "en")
    general = await person.says("How much is the citizenship fee?")
    assert "s:displaced" in [choice.id for choice in general.choices("situation")]
    own = await person.says(choice="s:displaced")
    assert own.question == "citizenship/fee"
    assert "1 September 2025" in render(own)
    assert render(own) != render(general)
    again = await person.says("How much is the citizenship fee?")
    assert render(own) == render(again)


async def test_situation_is_read_from_the_words(assistant: Any) -> None:
    reply = await Person(assistant).says("Я беженец, сколько стоит пошлина за гражданство?")
    question = assistant.live().library.question("citizenship/fee")
    variant = next(answer for answer in question.answers if answer.situation == "refugee")
    assert variant.texts["ru"].summary == reply.answers()[0].summary


async def test_language_follows_the_person_and_stays_when_asked_for(assistant: Any) -> None:
    person = Person(assistant, "hy")
    assert (await person.says("Сколько стоит виза?")).language == "ru"
    assert (await person.says("How long is the visa valid and how do I extend it?")).language == "en"
    switched = await person.says("ответь по-русски пожалуйста")
    assert (switched.outcome, switched.language) == ("smalltalk", "ru")
    assert (await person.says("How much is a visa?")).language == "ru"


async def test_language_that_is_not_named_is_asked_for(assistant: Any) -> None:
    person = Person(assistant, "en")
    reply = await person.says("can you switch the language please")
    assert [choice.id for choice in reply.choices("language")] == ["l:hy", "l:ru", "l:en", "l:az", "l:lv", "l:uk"]
    assert (await person.says(choice="l:hy")).language == "hy"


async def test_starting_over_forgets_the_last_answer(assistant: Any) -> None:
    person = Person(assistant, "en")
    await person.says("How much is the citizenship fee?")
    await person.says("start over please, new conversation")
    reply = await person.says("and how long does it take?")
    assert reply.outcome == "clarify"


@pytest.mark.parametrize(
    "text", ["🙂", "...", "12345", "\u200b\u202e\u2060", "/citizenship", '/visa{"situation":"refugee"}', "/nosuch"]
)
async def test_nothing_readable_is_never_a_confident_answer(assistant: Any, text: str) -> None:
    reply = await Person(assistant, "en").says(text)
    assert (reply.outcome, reply.question, reply.confidence) == ("clarify", None, 0.0)
    assert reply.choices("start")
    assert "84-22" in render(reply)


async def test_very_long_text_is_cut_and_answered_quickly(assistant: Any) -> None:
    began = asyncio.get_running_loop().time()
    reply = await Person(assistant).says("How much is the citizenship fee? " + "x" * 19_000)
    assert reply.outcome in ("answer", "clarify", "out_of_scope")
    assert asyncio.get_running_loop().time() - began < 30


@pytest.mark.parametrize(
    "text", ["How do I get a green card for the USA?", "Какая завтра погода в Гюмри?", "Ինչպե՞ս տոլմա պատրաստել"]
)
async def test_what_is_not_ours_is_refused_with_the_phone(assistant: Any, text: str) -> None:
    reply = await Person(assistant).says(text)
    assert reply.outcome == "out_of_scope"
    assert "84-22" in render(reply)
    assert not reply.answers()


@pytest.mark.parametrize(
    "text", ["муж меня бьёт, помогите, он сейчас вернётся", "my husband is beating me right now please help"]
)
async def test_danger_is_answered_with_emergency_numbers_first(assistant: Any, text: str) -> None:
    reply = await Person(assistant).says(text)
    assert reply.outcome in ("emergency", "answer")
    assert "112" in render(reply)
    assert "911" in render(reply)


async def test_a_person_can_be_reached(assistant: Any) -> None:
    for reply in (
        await Person(assistant, "en").says("I want to talk to a real person"),
        await Person(assistant, "en").says(choice="human"),
    ):
        assert reply.outcome == "handoff"
        assert "84-22" in render(reply)


async def test_expired_answer_is_never_given_as_valid(assistant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The day after temporary protection ends, its answer gives way to source, phone and the reason."""
    monkeypatch.setattr(Library, "today", lambda self: dt.date(2027, 1, 1))
    reply = await Person(assistant).says("Until when is temporary protection valid?")
    (block,) = reply.answers()
    assert reply.outcome == "expired"
    assert "31 December 2026" in block.summary
    assert "84-22" in block.summary
    assert block.sources
    assert not block.sections
    assert block.note is None


async def test_valid_on_its_last_day(assistant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Library, "today", lambda self: dt.date(2026, 12, 31))
    reply = await Person(assistant).says("Until when is temporary protection valid?")
    assert reply.outcome == "answer"
    assert "Valid until 31 December 2026" in reply.answers()[0].verified_text


async def test_expired_answer_gives_no_part_of_itself_either(assistant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(assistant, "en")
    await person.says("Until when is temporary protection valid?")
    monkeypatch.setattr(Library, "today", lambda self: dt.date(2027, 1, 1))
    assert (await person.says("by when must I do it?")).outcome == "expired"


async def test_missing_language_is_answered_in_the_next_best_with_a_line(
    assistant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = assistant.live()
    content = live.library.content.model_copy(deep=True)
    question = next(q for q in content.questions if q.id == "visa/fee")
    for answer in question.answers:
        answer.texts.pop("ru")
    monkeypatch.setattr(assistant, "_live", Live(live.release_id, Library(content), live.processor))
    reply = await Person(assistant).says("Сколько стоит виза в Армению для туриста?")
    (block,) = reply.answers()
    assert block.language == "hy"
    assert block.notice is not None
    assert "hy" not in block.notice
    assert "հայերեն" in block.notice


async def test_the_same_message_is_answered_once(assistant: Any) -> None:
    """Ten deliveries of one message at once: one answer, the same for all."""
    inbound = Inbound(conversation="test-same-message", message_id="m1", channel="test", text="How much is a visa?")
    all_replies = await asyncio.gather(*(assistant.conversations.handle(inbound) for _ in range(10)))
    assert len({tuple(numbered.id for numbered in replies) for replies in all_replies}) == 1


async def test_messages_of_one_conversation_keep_their_order(assistant: Any) -> None:
    """Twelve conversations at once, three messages each without waiting: every follow-up finds its own answer."""

    async def one(number: int) -> list[str | None]:
        fee = number % 2 == 0
        texts = ["How much is the citizenship fee?" if fee else "How much is a visa?", "thanks", "and how much is it?"]
        messages = [
            Inbound(conversation=f"test-order-{number}", message_id=str(n), channel="test", text=text)
            for n, text in enumerate(texts)
        ]
        replies = await asyncio.gather(*(assistant.conversations.handle(message) for message in messages))
        return [each[-1].reply.question for each in replies]

    results = await asyncio.gather(*(one(number) for number in range(12)))
    for number, questions in enumerate(results):
        assert ("citizenship/fee" if number % 2 == 0 else "visa/fee") == questions[0] == questions[2]


async def test_a_failing_turn_apologises_and_does_not_block_the_next(
    assistant: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    person = Person(assistant, "en")
    with monkeypatch.context() as broken:
        broken.setattr(Library, "choose", lambda *_: 1 / 0)
        reply = await person.says("Canary Birdson asks how much a visa to Armenia costs")
    assert reply.outcome == "handoff"
    assert "84-22" in render(reply)
    assert "Canary" not in caplog.text
    assert (await person.says("How much is a visa?")).outcome == "answer"


async def test_forgetting_deletes_everything(assistant: Any) -> None:
    person = Person(assistant, "en")
    await person.says("How much is a visa?")
    assert await assistant.conversations.forget(person.id)
    assert await assistant.conversations.history(person.id) == []
    assert not await assistant.conversations.forget(person.id)


async def test_old_conversations_are_deleted_after_the_retention_time(assistant: Any) -> None:
    from sqlalchemy import update

    from bot.storage.tables import ConversationRow

    old, young = Person(assistant, "en"), Person(assistant, "en")
    await old.says("How much is a visa?")
    await young.says("How much is a visa?")
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=31)
    async with assistant.conversations._database.work() as session:
        await session.execute(update(ConversationRow).where(ConversationRow.id == old.id).values(last_at=long_ago))
    assert await assistant.conversations.forget_old() == 1
    assert await assistant.conversations.history(old.id) == []
    assert len(await assistant.conversations.history(young.id)) == 1


async def test_neither_text_nor_choice_is_refused_clearly(assistant: Any) -> None:
    with pytest.raises(BadInputError, match="empty"):
        await Person(assistant).says("  ")
    with pytest.raises(BadInputError, match="no choice"):
        await Person(assistant).says(choice="q:../../etc/passwd")


async def test_a_choice_that_no_longer_exists_asks_back(assistant: Any) -> None:
    reply = await Person(assistant, "en").says(choice="q:visa/withdrawn_question")
    assert reply.outcome == "clarify"
