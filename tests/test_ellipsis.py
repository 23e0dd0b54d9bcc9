"""Short messages that only make sense with the answer before them, and those that stand on their own."""

from __future__ import annotations

from typing import Any

import pytest
from test_conversation import Person

from bot.conversation.messages import Reply
from bot.knowledge.library import Library


def variant(library: Library, question: str, situation: str, language: str) -> str:
    found = library.question(question)
    assert found is not None
    return next(a for a in found.answers if a.situation == situation).texts[language].summary


async def after(assistant: Any, question: str, language: str, text: str) -> Reply:
    """What somebody is told who has just been given a question's answer."""
    person = Person(assistant, language)
    assert (await person.says(choice=f"q:{question}")).question == question
    return await person.says(text)


@pytest.mark.parametrize(
    ("language", "text", "situation"),
    [
        ("en", "and if I'm from Karabakh?", "displaced"),
        ("en", "I am a refugee", "refugee"),
        ("ru", "а если я из Нагорного Карабаха?", "displaced"),
        ("ru", "я беженец вообще-то", "refugee"),
        ("hy", "իսկ եթե Արցախի՞ց եմ տեղահանվել", "displaced"),
    ],
)
async def test_situation_gives_its_variant_of_the_last_answer(
    assistant: Any, language: str, text: str, situation: str
) -> None:
    reply = await after(assistant, "citizenship/fee", language, text)
    assert (reply.outcome, reply.question) == ("answer", "citizenship/fee")
    assert reply.answers()[0].summary == variant(assistant.live().library, "citizenship/fee", situation, language)


async def test_situation_that_the_last_answer_does_not_know_is_not_read_with_it(assistant: Any) -> None:
    """An answer that is the same for everybody is not said again."""
    question = next(
        q for q in assistant.live().library.content.questions if q.id.startswith("visa/") and len(q.answers) == 1
    )
    reply = await after(assistant, question.id, "en", "I am a refugee")
    assert reply.question != question.id


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "and in Gyumri?"), ("ru", "а в Ванадзоре?"), ("hy", "իսկ Գյումրիո՞ւմ")],
)
async def test_place_is_answered_by_where(assistant: Any, language: str, text: str) -> None:
    library = assistant.live().library
    question = library.question("registration/address")
    where = library.choose(question, language, None).text.where
    assert where
    reply = await after(assistant, "registration/address", language, text)
    assert (reply.outcome, reply.question) == ("answer", "registration/address")
    assert reply.answers()[0].summary == where


@pytest.mark.parametrize(
    ("language", "text", "aspect"),
    [
        ("en", "and how long does it take?", "how_long"),
        ("en", "what documents?", "documents"),
        ("ru", "а сколько это стоит?", "fee"),
        ("ru", "какие документы?", "documents"),
        ("hy", "իսկ ինչքա՞ն արժե", "fee"),
        ("hy", "քանի՞ օրում կանեն", "how_long"),
    ],
)
async def test_aspect_is_answered_from_the_last_answer(assistant: Any, language: str, text: str, aspect: str) -> None:
    library = assistant.live().library
    question = library.question("citizenship/apply_displaced")
    part = getattr(library.choose(question, language, None).text, aspect)
    reply = await after(assistant, "citizenship/apply_displaced", language, text)
    if not part:
        leads_to = library.follow_up(question, aspect)
        assert reply.question == leads_to.id if leads_to else reply.outcome == "handoff"
        return
    (block,) = reply.answers()
    assert (reply.question, reply.outcome) == ("citizenship/apply_displaced", "answer")
    assert part == block.summary or [list(part)] == [section.items for section in block.sections]


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        (
            "en",
            "How do I register my new address in Gyumri when I have just moved there from Ijevan?",
            "registration/address",
        ),
        ("en", "And how do I get an e-visa for Armenia?", "visa/evisa"),
        ("ru", "А как получить электронную визу в Армению?", "visa/evisa"),
        ("hy", "Իսկ ինչպե՞ս ստանամ էլեկտրոնային վիզա", "visa/evisa"),
    ],
)
async def test_question_that_is_complete_is_answered_itself(
    assistant: Any, language: str, text: str, question: str
) -> None:
    assert (await after(assistant, "citizenship/fee", language, text)).question == question


async def test_long_message_that_names_a_situation_is_not_an_addition(assistant: Any) -> None:
    """A refugee's own long question must not bring the last answer back."""
    text = "and I am a refugee who would like to know where I can find a lawyer that costs me nothing please"
    reply = await after(assistant, "citizenship/fee", "en", text)
    assert reply.question != "citizenship/fee"


async def test_without_a_last_answer_nothing_is_read_with_it(assistant: Any) -> None:
    assert (await Person(assistant, "en").says("and in Gyumri?")).outcome != "answer"


async def test_after_starting_over_nothing_is_read_with_the_old_answer(assistant: Any) -> None:
    person = Person(assistant, "en")
    await person.says(choice="q:registration/address")
    await person.says("start over please, new conversation")
    assert (await person.says("and in Gyumri?")).question != "registration/address"


async def test_thanks_after_an_answer_stay_thanks(assistant: Any) -> None:
    assert (await after(assistant, "citizenship/fee", "en", "thank you very much")).outcome == "smalltalk"
