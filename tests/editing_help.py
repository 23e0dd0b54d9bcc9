"""A small pack in a real database, and people who edit it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.storage import Database, contents

PACK = "small"


@dataclass(frozen=True)
class Colleague:
    """Somebody who edits."""

    id: int
    name: str


ANI = Colleague(1, "Ani")
BORIS = Colleague(2, "Boris")
CARO = Colleague(3, "Caro")


def fact(statement: str, **more: Any) -> dict[str, Any]:
    source = {"title": "Law on fees", "url": "https://example.org/law", "date": "2026-01-05"}
    return {
        "topic": "visa",
        "statement": statement,
        "source": source,
        "also_seen": [],
        "confidence": "high",
        "caveat": None,
        "verified_on": dt.date.today().isoformat(),
        "valid_until": None,
        **more,
    }


def said(summary: str, **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("fee", "where", "how_long", "deadline", "children", "note"))
    return {"summary": summary, "steps": [], "documents": [], **empty, **more}


def question(name: str, answers: list[dict[str, Any]], **titles: str) -> dict[str, Any]:
    title = {"hy": f"{name} հայերեն", "ru": f"{name} по-русски", "en": f"{name} in English"} | titles
    return {"id": name, "title": title, "related": [], "follow_ups": {}, "answers": answers}


def answer(situation: str | None = None, **texts: dict[str, Any]) -> dict[str, Any]:
    return {"situation": situation, "facts": ["F1"], "valid_until": None, "links": [], "texts": texts}


def content() -> dict[str, Any]:
    """Two questions: one in three languages and for two situations, one in the first language only."""
    fee = answer(
        hy=said("Վիզան արժե 3000 դրամ։", steps=["Լրացրեք դիմումը։", "Վճարեք։"], fee="3000 դրամ"),
        ru=said("Виза стоит 3000 драмов.", steps=["Заполните заявление.", "Оплатите."], fee="3000 драмов"),
        en=said("A visa costs 3,000 drams.", steps=["Fill in the application.", "Pay."], fee="3,000 drams"),
    )
    displaced = answer("displaced", hy=said("Դուք չեք վճարում։"), ru=said("Вы не платите."))
    where = answer(hy=said("Դիմեք Ծառայություն։"))
    pack = {
        "pack": PACK,
        "name": {"hy": "Փոքր", "ru": "Малый", "en": "Small"},
        "service": {"hy": "Ծառայություն", "ru": "Служба", "en": "Service"},
        "phone": "84-22",
        "website": {"url": "https://example.org", "title": "example.org"},
        "emergency_phones": ["112"],
        "time_zone": "Asia/Yerevan",
        "languages": ["hy", "ru", "en"],
        "fallback_languages": ["hy", "ru", "en"],
        "topics": {"visa": {"hy": "Վիզա", "ru": "Виза", "en": "Visas"}},
        "situations": {
            "displaced": {"hy": "Տեղահանված եմ", "ru": "Я перемещённое лицо", "en": "I was displaced"},
            "foreigner": {"hy": "Օտարերկրացի եմ", "ru": "Я иностранец", "en": "I am a foreigner"},
        },
        "start_questions": ["visa/fee"],
    }
    return {
        "pack": pack,
        "facts": {
            "F1": fact("A visa costs 3,000 drams."),
            "F2": fact("It takes three days.", verified_on="2024-01-01"),
        },
        "questions": [question("visa/fee", [fee, displaced]), question("visa/where", [where])],
        "examples": [
            {
                "intent": "visa/fee",
                "text": "what is the price of a visa",
                "language": "en",
                "source": "written",
                "style": None,
            }
        ],
        "held_back": [{"expected": "visa/fee", "language": "en", "text": "how dear is a visa"}],
    }


@asynccontextmanager
async def small_database(directory: Path) -> AsyncIterator[Database]:
    """A database file with the small pack and three accounts."""
    from sqlalchemy import text

    database = Database.in_directory(directory)
    await database.migrate()
    async with database.work() as session:
        await contents.write_content(session, content())
        for person in (ANI, BORIS, CARO):
            await session.execute(
                text(
                    "INSERT INTO account (id, email, name, roles, languages, interface_language, password_temporary, "
                    "disabled, created_at) VALUES (:id, :email, :name, '[\"editor\"]', '[]', 'en', 0, 0, '2026-01-01')"
                ),
                {"id": person.id, "email": f"{person.name}@example.org", "name": person.name},
            )
    try:
        yield database
    finally:
        await database.close()
