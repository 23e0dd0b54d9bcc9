"""What staff see of people's questions: no address, number or name in six languages; the question itself stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy.redact import redact


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("write to anna.petrosyan@example.org please", "write to [e-mail] please"),
        ("my name is Anna Petrosyan and I need a visa", "my name is [name] and I need a visa"),
        ("my name is anna, how long is it", "my name is [name], how long is it"),
        ("Меня зовут Анна Петровна, сколько стоит виза?", "Меня зовут [name], сколько стоит виза?"),
        ("меня зовут арам", "меня зовут [name]"),
        ("мене звати Оксана Шевчук, де подати", "мене звати [name], де подати"),
        ("Անունս Արամ է, ի՞նչ անեմ", "Անունս [name] է, ի՞նչ անեմ"),
        ("իմ անունը Անի Սարգսյան, ո՞ւր դիմեմ", "իմ անունը [name], ո՞ւր դիմեմ"),
        ("anuns Karen e inch anem", "anuns [name] e inch anem"),
        ("mani sauc Jānis Bērziņš, kā saņemt vīzu", "mani sauc [name], kā saņemt vīzu"),
        ("mənim adım Leyla, viza lazımdır", "mənim adım [name], viza lazımdır"),
        ("menya zovut Armen kak poluchit", "menya zovut [name] kak poluchit"),
        ("I spoke to Gevorg Harutyunyan yesterday", "I spoke to [name] yesterday"),
        ("Дело Гаврилян Карена", "[name]"),
        ("my passport AN0123456 is lost", "my passport [document] is lost"),
        ("паспорт AM 123456789 потерян", "паспорт [document] потерян"),
        ("call me +374 91 23-45-67", "call me [phone]"),
        ("իմ համարն է 091 234567", "իմ համարն է [phone]"),
        ("номер 8 (915) 123-45-67", "номер [phone]"),
        ("my card 1234567890", "my card [number]"),
        ("see https://example.org/me?id=5", "see [link]"),
        ("write @aram_s on telegram", "write [name] on telegram"),
    ],
)
def test_personal_data_is_taken_out(typed: str, shown: str) -> None:
    assert shown == redact(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "How much is the citizenship fee, 25000 AMD or 1000?",
        "Is it 100 000 000 AMD?",
        "Must I show 1000000000 dram in a bank?",
        "I came on 24.09.2023, what am I entitled to?",
        "Как получить убежище в Армении?",
        "Ի՞նչ փաստաթղթեր են պետք քաղաքացիության համար",
        "Can I work for 90 days in 180 days?",
        "Is there a name change form?",
        "Law of 2008-11-27 article 8",
    ],
)
def test_questions_stay(typed: str) -> None:
    assert typed == redact(typed)


@given(st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8})?@[a-z]{2,8}\.(am|ru|org)", fullmatch=True), st.text(max_size=40))
def test_no_address_survives_anywhere(address: str, around: str) -> None:
    assert address not in redact(f"{around} {address} {around}")


@given(st.text(max_size=300))
def test_any_text_can_be_redacted_twice(text: str) -> None:
    """Nothing fails, and what was taken out is not mistaken for something else the second time."""
    once = redact(text)
    assert once == redact(once)
