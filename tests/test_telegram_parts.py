"""Formatting, buttons, order: what the channel is made of, where input is open-ended."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.identity import Identity, fresh_key
from bot.knowledge.markup import parse
from channels.telegram.buttons import Buttons, digest, find
from channels.telegram.checklist import OPEN, TICKED, checklist, toggled
from channels.telegram.context import chat_of
from channels.telegram.formatted import Formatted, isolated, units
from channels.telegram.order import Sequencer

LETTERS = st.text(st.sampled_from("ab \n.😀ե́\u200dشб👨"), max_size=80)
KINDS = st.sampled_from([None, "bold", "italic", "text_link"])


def build(pieces: list[tuple[str, str | None]]) -> Formatted:
    made = Formatted()
    for text, kind in pieces:
        made.add(text, kind, url="https://example.org" if kind == "text_link" else None)
    return made


@given(st.lists(st.tuples(LETTERS, KINDS), max_size=12), st.integers(8, 60))
def test_split_keeps_every_word_and_every_entity_in_range(pieces: list[tuple[str, str | None]], limit: int) -> None:
    content = build(pieces)
    parts = content.split(limit)
    assert "".join("".join(part.text.split()) for part in parts) == "".join(content.text.split())
    for part in parts:
        assert part.text == part.text.strip() != ""
        assert units(part.text) <= limit
        raw = part.text.encode("utf-16-le")
        for entity in part.entities():
            assert entity["length"] > 0
            assert entity["offset"] + entity["length"] <= units(part.text)
            piece = raw[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2]
            piece.decode("utf-16-le")  # neither end lies inside a surrogate pair


PIECES = st.sampled_from(
    [
        "**bold** ",
        "*it* ",
        "***both*** ",
        "[a **b** 👨‍👩‍👧](https://a.am) ",
        "word. ",
        "\n\n",
        "😀",
        "[call](tel:84-22) ",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join), st.integers(12, 60))
def test_marks_of_answers_survive_splitting(source: str, limit: int) -> None:
    """As many bold words and links as were written, each on its own words, nested ones nested; numbers written out."""
    read = parse(source)
    content = Formatted().add("😀 ").marked(read.text, read.marks)
    found = []
    for part in content.split(limit):
        raw = part.text.encode("utf-16-le")
        for e in part.entities():
            words = raw[e["offset"] * 2 : (e["offset"] + e["length"]) * 2].decode("utf-16-le")
            found.append((e["type"], words, e.get("url")))
    assert [words for kind, words, _ in found if kind == "text_link"] == ["a b 👨‍👩‍👧"] * source.count("[a")
    assert all(url == "https://a.am" for kind, _, url in found if kind == "text_link")
    assert sum(words == "b" for _, words, _ in found) == source.count("[a")
    assert sum(words == "bold" for _, words, _ in found) == source.count("**bold**")
    assert sum(words == "both" for _, words, _ in found) == 2 * source.count("***both***")
    assert content.text.count("call (84-22)") == source.count("[call]")


def test_split_does_not_break_an_entity_that_fits() -> None:
    content = Formatted().add("x " * 40).add("a bold sentence of some length", "bold").add(" y" * 40)
    parts = content.split(100)
    assert [part.text[s.begin : s.end] for part in parts for s in part.spans] == ["a bold sentence of some length"]


def test_split_cuts_at_paragraphs_first() -> None:
    parts = Formatted().add("one " * 10 + "\n\n" + "two " * 10).split(60)
    assert [part.text[:3] for part in parts] == ["one", "two"]


def test_a_word_of_ten_thousand_letters_is_cut() -> None:
    parts = Formatted().add("я" * 10_000, "bold").split()
    assert [units(part.text) for part in parts] == [4096, 4096, 1808]


def test_emoji_sequences_are_not_torn() -> None:
    family = "👨‍👩‍👧"
    for part in Formatted().add(family * 30).split(41):
        assert not part.text.startswith("\u200d")


def test_text_of_the_other_direction_is_isolated() -> None:
    assert isolated("وزارة") == "\u2068وزارة\u2069"
    assert isolated("Ministry") == "Ministry"


@given(st.binary(min_size=8, max_size=8), st.text(max_size=30))
def test_buttons_are_good_in_their_own_conversation_only(payload: bytes, forged: str) -> None:
    identity = Identity(fresh_key())
    mine, theirs = Buttons(identity, "a" * 40), Buttons(identity, "b" * 40)
    data = mine.make("x", "choice", payload)["callback_data"]
    assert len(data.encode()) <= 64
    read = mine.read(data)
    assert read is not None
    assert (read.kind, read.payload) == ("choice", payload)
    assert theirs.read(data) is None
    assert mine.read("u" + data[1:]) is None, "the kind is signed, too"
    assert mine.read(forged) is None
    assert Buttons(Identity(fresh_key()), "a" * 40).read(data) is None


def test_a_choice_is_found_by_its_digest() -> None:
    assert find(digest("q:visa/fee"), ["q:visa/x", "q:visa/fee"]) == "q:visa/fee"
    assert find(digest("q:visa/gone"), ["q:visa/fee"]) is None


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20), min_size=2, max_size=45)
)
def test_ticking_changes_one_box_and_ticking_again_changes_it_back(items: list[str]) -> None:
    text = checklist("Bring", [(item, ()) for item in items], "Tap").text
    number = random.Random(len(text)).randint(1, len(items))
    once = toggled(text, number)
    assert once is not None
    new, count, ticked = once
    assert (count, ticked) == (len(items), {number})
    assert [(a, b) for a, b in zip(text, new, strict=True) if a != b] == [(OPEN, TICKED)]
    twice = toggled(new, number)
    assert twice is not None
    assert (twice[0], twice[2]) == (text, set())
    assert toggled(text, len(items) + 1) is None


@pytest.mark.parametrize("seed", range(5))
async def test_order_is_restored_and_gaps_are_not_waited_for_forever(seed: int) -> None:
    seen: list[int] = []
    order = Sequencer(100, lambda: seen.append(order.upto), wait=0.05)
    numbers = [n for n in range(101, 141) if n != 120]
    random.Random(seed).shuffle(numbers)
    for number in numbers:
        order.seen(number)
    assert order.upto == 119, "the gap at 120 is waited for"
    await asyncio.sleep(0.2)
    assert order.upto == 140
    assert seen == sorted(seen)
    order.seen(120)  # late: let through, as those behind it have gone on
    assert order.upto == 140
    order.all_up_to(200)
    assert order.upto == 200
    order.close()


async def test_first_update_ever_is_not_waited_for_long() -> None:
    order = Sequencer(None, lambda: None, wait=0.02)
    order.seen(500)
    await asyncio.sleep(0.1)
    assert order.upto == 500
    order.close()


KEYS = st.sampled_from(["chat", "from", "message", "id", "x"])
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.dictionaries(KEYS, inner), max_leaves=12
)


@given(ANYTHING)
def test_every_update_belongs_to_some_chat(value: object) -> None:
    assert len(chat_of(Identity("key"), {"update_id": 1, "x": value})) == 40
