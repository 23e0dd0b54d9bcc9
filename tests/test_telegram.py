"""The Telegram channel as people on a phone meet it: the real service over real HTTP against the strict stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server, copy_data, serving
from telegram_server import TelegramServer, User

from bot.i18n import languages, translate
from bot.i18n import texts as common
from channels.telegram import texts
from channels.telegram.commands import MENU

LANGUAGES = ["hy", "ru", "en", "lv", "az", "uk"]
QUESTION = {
    "hy": "Որքա՞ն է քաղաքացիության պետական տուրքը",
    "ru": "Сколько стоит гражданство?",
    "en": "How much is the citizenship fee?",
    "lv": "Cik maksā vīza uz Armēniju?",
    "az": "Vətəndaşlıq üçün dövlət rüsumu nə qədərdir?",
    "uk": "Скільки коштує громадянство?",
}
SPOKEN = {"hy": "hy", "ru": "ru", "en": "en", "lv": "en", "az": "ru", "uk": "ru"}
"""In which of the pack's languages an answer comes."""


@pytest.fixture(scope="module")
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running
        assert running.refused == [], "Telegram would have refused these"


@pytest.fixture(scope="module")
def service(telegram: TelegramServer, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = copy_data(trained, tmp_path_factory.mktemp("telegram"))
    with serving(data, GUIDEPOST_TELEGRAM_TOKEN=telegram.token, GUIDEPOST_TELEGRAM_API=telegram.url) as running:
        yield running


@pytest.fixture
def user(telegram: TelegramServer, service: Server, request: pytest.FixtureRequest) -> User:
    language = getattr(request, "param", None) or request.node.callspec.params.get("language", "en")
    return telegram.user(language=language)


def said(language: str, message: str) -> str:
    """The beginning of an interface text, up to what is filled in."""
    return translate(language, message, **dict.fromkeys(_NAMES, "\0")).split("\0")[0]


_NAMES = ("service", "topics", "days", "phone", "topic", "name", "distance", "hours", "text", "phones", "date", "until")


def wait(user: User, see: Any, text: str, *, absent: bool = False) -> Any:
    """Wait until a text is to be seen, or is gone; returns what is seen then."""
    user.until(lambda: (text in see()) != absent)
    return see()


def labels(message: dict[str, Any]) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def styled(message: dict[str, Any], kind: str) -> list[str]:
    raw = message["text"].encode("utf-16-le")
    return [
        raw[e["offset"] * 2 : (e["offset"] + e["length"]) * 2].decode("utf-16-le")
        for e in message.get("entities", [])
        if e["type"] == kind
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_contact(user: User, language: str) -> None:
    """Native names of languages, what this is, privacy, four starting points; choosing a language changes it in place."""
    user.start()
    [welcome] = user.read()
    for text in (texts.WELCOME, texts.ABOUT, texts.PRIVACY_SHORT, texts.START):
        assert said(language, text) in welcome["text"]
    names = [translate(code, common.LANGUAGE_NAME) for code in LANGUAGES]
    assert sorted(labels(welcome)[:6]) == sorted(names)
    assert len(labels(welcome)) == 10
    other = "ru" if language != "ru" else "en"
    user.click(welcome, translate(other, common.LANGUAGE_NAME))
    changed = wait(user, lambda: user.message(welcome["message_id"])["text"], said(other, texts.ABOUT))
    assert said(other, texts.PRIVACY_SHORT) in changed
    user.command("/help")
    assert said(other, texts.HELP) in user.read()[0]["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_question_gets_a_card_with_sources_and_date(user: User, language: str) -> None:
    user.send(QUESTION[language])
    introduction, card = user.read(2)[:2]
    assert said(language, common.INTRODUCTION)[:20] in introduction["text"]
    spoken = SPOKEN[language]
    assert "000" in card["text"], card["text"]
    assert card["entities"][0]["type"] == ("bold" if language == spoken else "italic")
    assert translate(spoken, common.SOURCES) in styled(card, "bold")
    assert any(said(spoken, common.CHECKED)[:5] in text for text in styled(card, "italic"))
    assert [e for e in card["entities"] if e["type"] == "text_link" and e["url"].startswith("https://")]
    assert card["link_preview_options"] == {"is_disabled": True}
    assert labels(card)[-3:] == ["👍", "👎", translate(language, texts.PERSON)]
    assert "typing" in user.actions
    user.click(card, "👍")
    wait(user, lambda: labels(user.message(card["message_id"])), "👍", absent=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command(user: User, language: str) -> None:
    for command, text in (("help", texts.HELP), ("privacy", texts.PRIVACY), ("menu", texts.MENU)):
        user.command(f"/{command}")
        assert said(language, text) in user.read()[0]["text"], command
    user.command("/language")
    [asked] = user.read()
    assert translate(language, common.LANGUAGE_ASK) == asked["text"]
    assert len(labels(asked)) == 6
    user.command("/human")
    assert "84-22" in user.read()[-1]["text"]
    user.command("/nosuch")
    assert said(language, texts.UNKNOWN_COMMAND) in user.read()[0]["text"]
    user.command("/forget")
    [question] = user.read()
    assert question["text"] == translate(language, texts.ASK_FORGET)
    user.click(question, translate(language, texts.FORGET_YES))
    wait(user, lambda: user.messages[-1]["text"], translate(language, texts.FORGOTTEN))
    assert "reply_markup" not in user.messages[-1] or not labels(user.messages[-1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_text_gets_a_kind_answer(user: User, language: str) -> None:
    for send, text in (
        (lambda: user.voice(b"OggS", 3), texts.VOICE),
        (user.video_note, texts.VOICE),
        (user.photo, texts.PHOTO),
        (lambda: user.document("passport.pdf"), texts.PHOTO),
        (user.contact, texts.CONTACT),
        (user.sticker, texts.STICKER),
        (user.dice, texts.STICKER),
        (user.poll, texts.OTHER_KIND),
    ):
        send()
        assert translate(language, text) in user.read()[0]["text"]
    user.location(40.18, 44.51)
    [office] = user.read()
    assert said(language, texts.NEAREST) in office["text"]
    assert translate(language, texts.LOCATION_FORGOTTEN) in office["text"]
    assert "84-22" in office["text"]
    assert any(e["type"] == "text_link" and "openstreetmap.org/search" in e["url"] for e in office["entities"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_checklist_is_ticked_off_in_place(user: User, language: str) -> None:
    user.start("q-citizenship-documents")
    messages = user.read(2)
    boxes = messages[-1]
    lines = [line for line in boxes["text"].splitlines() if line.startswith("☐ ")]
    assert len(lines) == len(labels(boxes)) > 1
    user.click(boxes, "☐ 2")
    find = lambda: user.message(boxes["message_id"])  # noqa: E731
    ticked = wait(user, lambda: find()["text"], "☑ 2. ")
    assert ticked.count("☑") == 1
    user.click(find(), "☐ 1")
    wait(user, lambda: find()["text"], "☑ 1. ")
    user.click(find(), "☑ 2")
    assert wait(user, lambda: find()["text"], "☐ 2. ").count("☑") == 1
    assert find()["entities"] == boxes["entities"]


def test_choices_disappear_once_used_and_stale_ones_are_friendly(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    user.send("citizenship")
    asked = user.read(2)[-1]
    choice = next(label for label in labels(asked) if label not in ("👍", "👎", texts.PERSON))
    before = next(b for row in asked["reply_markup"]["inline_keyboard"] for b in row if b["text"] == choice)
    user.click(asked, choice)
    answer = user.read()[0]
    assert choice.rstrip("…") in answer["text"]
    now = user.message(asked["message_id"])
    assert choice not in labels(now)
    data = before["callback_data"]  # its last character holds bits that say nothing
    forged = user.click(asked, stale_data=data[:-3] + ("B" if data[-3] == "A" else "A") + data[-2:])
    assert (forged["text"], forged["show_alert"]) == (texts.STALE, True)
    stranger = telegram.user(language="en")
    stranger.send("citizenship")
    theirs = stranger.read(2)[-1]
    assert stranger.click(theirs, stale_data=before["callback_data"])["text"] == texts.STALE


def test_edited_question_edits_the_answer(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    sent = user.send("How much is the citizenship fee?")
    _, card, *_ = user.read(2)
    count = len(user.messages)
    user.edit(sent["message_id"], "How much is a visa?")
    find = lambda: user.message(card["message_id"])  # noqa: E731
    wait(user, lambda: find()["text"], "visa")
    assert find()["text"].splitlines()[0] == "How much does a visa cost" or "visa" in find()["text"].splitlines()[0]
    assert len(user.messages) == count


def test_menu_leads_to_a_question(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    user.command("/menu")
    [menu] = user.read()
    find = lambda: user.message(menu["message_id"])  # noqa: E731
    user.click(menu, "Citizenship")
    wait(user, lambda: find()["text"], "Citizenship: choose")
    first = labels(find())
    assert texts.MORE in str(first)
    user.click(find(), texts.MORE)
    wait(user, lambda: str(labels(find())), first[0], absent=True)
    user.click(find(), texts.BACK)
    wait(user, lambda: find()["text"], texts.MENU)
    user.click(find(), "Visas")
    wait(user, lambda: find()["text"], "Visas: choose")
    title = labels(find())[0]
    user.click(find(), title)
    assert any(title[:30] in m["text"] for m in user.read(1))


def test_group_answers_only_when_addressed(telegram: TelegramServer, service: Server) -> None:
    ani, boris = telegram.user(name="Ani", language="en"), telegram.user(name="Boris", language="ru")
    group = telegram.group("Neighbours", [ani, boris], bot_is_admin=True)
    hello = group.read()
    assert f"@{telegram.bot['username']}" in hello[0]["text"]
    group.send(ani, "How much is the citizenship fee?")
    group.quiet(1.5)
    group.send(ani, f"@{telegram.bot['username']} How much is the citizenship fee?")
    answers = group.read(2)
    card = answers[-1] if labels(answers[-1]) else answers[-2]
    assert "150" in card["text"]
    assert answers[0]["reply_to_message"]["from"]["first_name"] == "Ani"
    group.send(boris, "Сколько стоит виза?", reply_to=card["message_id"])
    assert "виз" in group.read(2)[-1]["text"].lower()
    assert boris.click(card, "👍")["text"] == translate("ru", texts.NOT_YOURS)


def test_block_and_unblock(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    user.send("How much is a visa?")
    user.read(2)
    user.block()
    user.unblock()
    user.start()
    assert texts.START in user.read()[0]["text"]


def test_channel_posts_are_ignored(telegram: TelegramServer, service: Server) -> None:
    calls = len(telegram.calls)
    telegram.channel_post("How much is a visa?")
    user = telegram.user(language="en")
    user.command("/help")
    user.read()
    assert {c.method for c in telegram.calls[calls:]} <= {"getUpdates", "sendMessage", "sendChatAction"}
    assert len([c for c in telegram.calls[calls:] if c.method == "sendMessage"]) == 1


def test_inline_mode(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    results = user.inline("visa fee")
    assert "visa" in results[0]["title"].lower()
    assert translate("en", common.SOURCES) in results[0]["input_message_content"]["message_text"]
    assert len(user.inline("")) == 4
    assert user.inline("сколько стоит виза")[0]["title"] != results[0]["title"]


def test_bot_presents_itself_in_every_language_and_only_once(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    user.command("/help")
    user.read()
    sets = [c for c in telegram.calls if c.method == "setMyCommands"]
    assert {c.params.get("language_code", "") for c in sets} == {"", *languages()}
    for call in sets:
        assert [c["command"] for c in call.params["commands"]] == list(MENU)
    # Where a language shows the text for everybody and that is right, nothing is set.
    for code in ("", *languages()):
        shown = telegram.descriptions.get(code) or telegram.descriptions[""]
        assert said(code or "hy", texts.DESCRIPTION) in shown
    shorts = [c.params for c in telegram.calls if c.method == "setMyShortDescription"]
    assert all("84-22" in c["short_description"] for c in shorts)


def test_text_that_begins_with_a_slash_is_no_question(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    for text in ("/asylum", '/visa{"a": "b"}', "/restart now"):
        user.send(text)
        assert user.read()[0]["text"] == texts.UNKNOWN_COMMAND


def test_emergency_comes_first(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    user.send("my husband beats me, please help")
    messages = user.read(2)
    assert "112" in messages[-1]["text"].splitlines()[0]


def test_deep_links(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    user.start("q-visa-fee")
    assert "visa" in user.read(2)[1]["text"].lower()
    user.start("l-ru")
    assert said("ru", texts.ABOUT) in user.read()[-1]["text"]
    user.start("ABCD2345")
    invalid, welcome = user.read(2)
    assert invalid["text"] == translate("ru", texts.CODE_INVALID)
    assert labels(welcome)


def test_forwarded_text_and_captions_are_answered_albums_once(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="en")
    user.forward("How much is a visa?")
    assert "3,000" in user.read(2)[1]["text"]
    user.photo(caption="How much is a visa?")
    warned, answer = user.read(2)
    assert warned["text"] == texts.PHOTO
    assert "3,000" in answer["text"]


def test_buttons_work_after_a_restart(telegram: TelegramServer, trained: Path, tmp_path: Path) -> None:
    with TelegramServer() as other:
        data = copy_data(trained, tmp_path)
        known = {"GUIDEPOST_TELEGRAM_TOKEN": other.token, "GUIDEPOST_TELEGRAM_API": other.url}
        user = other.user(language="en")
        with serving(data, **known):
            user.start()
            [welcome] = user.read()
        with serving(data, **known):
            user.click(welcome, labels(welcome)[6])
            assert labels(welcome)[6][:20] in user.read()[0]["text"]
        sets = [call.method for call in other.calls if call.method.startswith("setMy")]
        assert len([m for m in sets if m == "setMyCommands"]) == 7, "set again at the second start"
        assert other.refused == []


def test_conversation_goes_on_after_an_answer(telegram: TelegramServer, service: Server) -> None:
    user = telegram.user(language="ru")
    user.send("kak prodlit vremennuyu zashitu")
    user.read(2)
    user.send("а сколько стоит?")
    assert user.read()[0]["text"]
    user.send("🙂")
    assert user.read()[0]["text"]


def test_conversation_moves_from_the_website_and_back(telegram: TelegramServer, service: Server) -> None:
    """The code in the link works once; what was said before counts in the new place."""
    begun = httpx.post(service.url + "/api/chat", json={"text": "How much is a visa?"}, timeout=30).json()
    offered = httpx.post(service.url + "/api/handover", json={"conversation": begun["conversation"]}, timeout=30).json()
    assert offered["link"].startswith(f"https://t.me/{telegram.bot['username']}?start=")
    code = offered["link"].partition("start=")[2]
    user = telegram.user(language="en")
    user.start(code)
    assert user.read()[0]["text"] == texts.MOVED_HERE
    user.send("and how long does it take?")
    assert "visa" in user.read()[0]["text"].lower()
    stranger = telegram.user(language="en")
    stranger.start(code)
    assert stranger.read(2)[0]["text"] == texts.CODE_INVALID
    user.command("/website")
    [given] = user.read()
    back = given["text"].partition(": ")[2][:9]
    taken = httpx.post(service.url + "/api/handover/take", json={"code": back}, timeout=30).json()
    asked = {"text": "and for my child?", "conversation": taken["conversation"]}
    assert httpx.post(service.url + "/api/chat", json=asked, timeout=30).json()["replies"]
    history = httpx.get(service.url + "/api/chat/history", params={"conversation": taken["conversation"]}, timeout=30)
    assert "How much is a visa?" in history.text
