"""The language of a conversation: what people write in decides, not the names and numbers that they mention."""

from __future__ import annotations

from typing import Any

import pytest
from test_conversation import Person

from bot.conversation.plain_text import render
from bot.i18n import texts, translate

FIRST = {"hy": "Որքա՞ն արժե վիզան", "ru": "Сколько стоит виза?", "en": "How much is a visa?"}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Գյումրի"),
        ("en", "Ереван"),
        ("hy", "Gyumri"),
        ("hy", "Россия"),
        ("ru", "Goris"),
        ("hy", "Анна Петросян"),
        ("en", "Иванов Сергей"),
        ("hy", "Арман"),
        ("ru", "Անի Մարտիրոսյան"),
        ("en", "Գևորգ Հակոբյան"),
        ("ru", "Hakobyan"),
        ("ru", "AM1234567"),
        ("hy", "+374 55 123456"),
        ("ru", "12"),
        ("en", "Ереван 12"),
    ],
)
async def test_name_or_number_alone_does_not_switch(assistant: Any, language: str, text: str) -> None:
    person = Person(assistant)
    assert (await person.says(FIRST[language])).language == language
    assert (await person.says(text)).language == language


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ("hy", "А сколько нужно ждать визу?", "ru"),
        ("hy", "How long does it take to get one?", "en"),
        ("ru", "Ինչպե՞ս կարող եմ երկարացնել վիզան", "hy"),
        ("en", "Ինչպե՞ս հաշվառվեմ Գյումրիում", "hy"),
        ("en", "Як отримати посвідку на проживання?", "uk"),
        ("ru", "vizan inchqan arje", "hy"),
        ("en", "skolko stoit viza", "ru"),
    ],
)
async def test_sentence_switches(assistant: Any, before: str, text: str, after: str) -> None:
    person = Person(assistant)
    assert (await person.says(FIRST[before])).language == before
    assert (await person.says(text)).language == after


async def test_name_is_answered_in_the_language_of_the_page_when_nothing_else_is_known(assistant: Any) -> None:
    assert (await Person(assistant, "ru").says("12")).language == "ru"


async def test_ukrainian_gets_the_russian_answer_with_a_ukrainian_notice(assistant: Any) -> None:
    reply = await Person(assistant).says("Я загубив паспорт, куди звертатися?")
    (block,) = reply.answers()
    assert (reply.language, reply.outcome, reply.question) == ("uk", "answer", "documents/passport_lost")
    question = assistant.live().library.question("documents/passport_lost")
    default = next(answer for answer in question.answers if answer.situation is None)
    assert block.language == "ru"
    assert block.summary == default.texts["ru"].summary
    assert block.notice == translate("uk", texts.OTHER_LANGUAGE, spoken=translate("ru", texts.LANGUAGE_NAME))
    assert block.notice != translate("ru", texts.OTHER_LANGUAGE, spoken=translate("ru", texts.LANGUAGE_NAME))


async def test_ukrainian_gets_ukrainian_interface_texts(assistant: Any) -> None:
    person = Person(assistant)
    refused = await person.says("Яка завтра погода в Києві?")
    assert refused.outcome == "out_of_scope"
    assert "допомогти не можу" in render(refused)
    assert "не человек" not in render(person.replies[0])
    assert person.replies[0].introduction
    danger = await person.says("допоможіть, чоловік мене б'є")
    assert danger.language == "uk"
    assert danger.blocks[0].text == translate(
        "uk", texts.EMERGENCY, phones=", ".join(assistant.live().library.pack.emergency_phones)
    )


async def test_russian_reader_gets_no_notice(assistant: Any) -> None:
    (block,) = (await Person(assistant).says("Я потерял паспорт, куда обращаться?")).answers()
    assert (block.language, block.notice) == ("ru", None)


@pytest.mark.parametrize("text", ["Спасибо", "спасибо большое", "Здравствуйте", "Привет", "Да"])
async def test_russian_pleasantry_is_not_taken_for_ukrainian(assistant: Any, text: str) -> None:
    assert (await Person(assistant).says(text)).language == "ru"


@pytest.mark.parametrize(
    ("text", "question"),
    [("vizan inchqan arje", "visa/fee"), ("vonc grancvem nor hasceum", "registration/address")],
)
async def test_romanised_armenian_is_answered_in_armenian_letters(assistant: Any, text: str, question: str) -> None:
    reply = await Person(assistant).says(text)
    assert (reply.language, reply.question, reply.script) == ("hy", question, "Latn")
    (block,) = reply.answers()
    assert block.notice is None
    letters = [c for c in block.summary if c.isalpha()]
    assert sum("Ա" <= c <= "և" for c in letters) > 0.8 * len(letters)
