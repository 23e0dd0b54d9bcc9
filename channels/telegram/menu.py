"""Welcome, languages and the menu of subjects: messages that change in place."""

from __future__ import annotations

from typing import Any

from bot.conversation.outbox import Outgoing
from bot.i18n import texts as common
from bot.i18n import translate
from channels.telegram import texts
from channels.telegram.buttons import digest
from channels.telegram.context import Person
from channels.telegram.formatted import Formatted
from channels.telegram.rendering import Row, message, short

_LANGUAGES_A_ROW = 3
_QUESTIONS_A_PAGE = 8


def welcome(person: Person) -> tuple[Formatted, list[Row]]:
    """Return what somebody sees first: what this is, what is kept, languages, starting points."""
    content = Formatted()
    notice = person.context.conversations.notice(person.language)
    if notice:
        content.add(notice).gap()
    content.add(person.say(texts.WELCOME), "bold")
    content.gap().add(person.say(texts.ABOUT)).gap().add(person.say(texts.PRIVACY_SHORT))
    content.gap().add(person.say(texts.START))
    return content, [*language_rows(person), *_start_rows(person)]


def choose_language(person: Person) -> tuple[Formatted, list[Row]]:
    """Return the choice of languages, each in its own name."""
    return Formatted().add(person.say(common.LANGUAGE_ASK)), language_rows(person)


def language_rows(person: Person) -> list[Row]:
    """Return a button for each language that can be chosen."""
    made = [
        person.buttons.make(translate(code, common.LANGUAGE_NAME), "language", digest(code))
        for code in person.context.known_languages()
    ]
    return [made[start : start + _LANGUAGES_A_ROW] for start in range(0, len(made), _LANGUAGES_A_ROW)]


def topics(person: Person) -> tuple[Formatted, list[Row]]:
    """Return all subjects."""
    library = person.context.library()
    rows = [
        [person.buttons.make(short(library.name(names, person.language)), "topic", digest(topic))]
        for topic, names in library.pack.topics.items()
    ]
    return Formatted().add(person.say(texts.MENU)), [*rows, [person.renderer.person(person.language)]]


def topic(person: Person, name: str, page: int = 0) -> tuple[Formatted, list[Row]]:
    """Return a page of a subject's questions."""
    library = person.context.library()
    questions = [q for q in library.content.questions if q.topic == name]
    first = page * _QUESTIONS_A_PAGE
    shown = questions[first : first + _QUESTIONS_A_PAGE]
    rows: list[Row] = [
        [person.buttons.make(short(library.title(q, person.language)), "choice", digest(f"q:{q.id}"))] for q in shown
    ]
    last: Row = [person.buttons.make(f"‹ {person.say(texts.BACK)}", "menu")]
    if first + _QUESTIONS_A_PAGE < len(questions):
        position = list(library.pack.topics).index(name)
        last.append(person.buttons.make(f"{person.say(texts.MORE)} ›", "page", position * 1000 + page + 1))
    named = library.name(library.pack.topics[name], person.language)
    return Formatted().add(person.say(texts.MENU_TOPIC, topic=named)), [*rows, last]


def page_of(person: Person, number: int) -> tuple[Formatted, list[Row]] | None:
    """Return the page that a "More" button leads to, or None when the subjects have changed since."""
    names = list(person.context.library().pack.topics)
    position, page = divmod(number, 1000)
    return topic(person, names[position], page) if position < len(names) else None


def in_place(person: Person, message_id: int, content: Formatted, rows: list[Row]) -> Outgoing:
    """Return what changes a message into another."""
    [sent] = message(person.chat_id, content, rows)[:1]
    params: dict[str, Any] = {**sent.params, "message_id": message_id}
    return Outgoing("editMessageText", params)


def _start_rows(person: Person) -> list[Row]:
    library = person.context.library()
    questions = library.start_questions()
    return [
        [person.buttons.make(short(library.title(q, person.language)), "choice", digest(f"q:{q.id}"))]
        for q in questions
    ]
