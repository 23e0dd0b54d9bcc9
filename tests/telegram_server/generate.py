"""Random valid updates of every kind, made from the table: what a bot must be able to take."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from typing import Any

from .state import Json
from .table import TYPES, UPDATE_TYPES
from .text import units

DEEPEST = 5
"""Levels below which optional fields are left out."""
FIRST_ID = 300_000_000
WORDS = "residence visa permit պաշտպանություն вид на жительство vəsiqə uzturēšanās 🙂 e\u0301 \u202e".split(" ")
FIXED_STRINGS = {
    "language_code": ["hy", "ru", "lv", "az", "uk", "en", "fa"],
    "chat_type": ["sender", "private", "group", "supergroup", "channel"],
    "country_code": ["AM", "LV"],
    "currency": ["XTR", "USD"], "emoji": ["🙂", "👍", "🎲"],
    "mime_type": ["application/pdf", "audio/ogg"],
}  # fmt: skip
PLAIN_CHOICES = {("Poll", "type"): ["regular", "quiz"], ("EncryptedPassportElement", "type"): ["passport", "email"]}
"""Choices that the documentation describes in a way the table does not keep."""
PERSON_ID = {"user_id", "user_chat_id", "inviter_user_id", "sender_user_id"}
BUTTON_EXTRAS = {"text", "icon_custom_emoji_id", "style"}


def random_updates(
    count: int,
    seed: int,
    chats: Iterable[int | Json],
    canary: str = "canaryword",
    first_id: int = FIRST_ID,
    now: int | None = None,
) -> list[Json]:
    """`count` valid updates, every kind of the table in turn, with random optional fields; the same for the same seed and `now`.

    `chats` are chats that the updates speak of (ids or the Bot API's Chat). Every free text holds `canary`. `now`: seconds
    since 1970 before which all dates lie, by default this moment.
    """
    maker = _Maker(
        random.Random(seed),
        [chat if isinstance(chat, dict) else _chat(chat) for chat in chats],
        canary,
        now or int(time.time()),
    )
    return [{"update_id": first_id + n, **maker.update(UPDATE_TYPES[n % len(UPDATE_TYPES)])} for n in range(count)]


def _chat(identifier: int) -> Json:
    if identifier > 0:
        return {"id": identifier, "type": "private", "first_name": "Ani"}
    return {"id": identifier, "type": "supergroup" if identifier < -(10**12) else "group", "title": "Group"}


class _Maker:
    def __init__(self, rng: random.Random, chats: list[Json], canary: str, now: int) -> None:
        self.rng, self.chats, self.canary = rng, chats, canary
        self.now = now

    def update(self, kind: str) -> Json:
        (type_name,) = TYPES["Update"]["fields"][kind]["types"]
        content = self.make(type_name, 0)
        chat = content.get("chat")
        if isinstance(chat, dict) and chat["type"] == "private" and "from" in content:
            # In a private chat the person and the chat have one number.
            content["from"]["id"] = chat["id"]
        return {kind: content}

    def make(self, kind: str, depth: int) -> Any:
        """A valid value of a type of the table."""
        if kind.startswith("Array of "):
            inner = kind.removeprefix("Array of ")
            return [self.make(inner, depth + 1) for _ in range(self.rng.randint(1, 2))]
        if kind in ("String", "Integer", "Float", "Boolean"):
            return self.simple(kind, "", {}, "")
        if kind == "Chat" and self.chats:
            return dict(self.rng.choice(self.chats))
        entry = TYPES[kind]
        if "subtypes" in entry:
            subtypes = entry["subtypes"] if depth < DEEPEST else [min(entry["subtypes"], key=_weight)]
            return self.make(self.rng.choice(subtypes), depth + 1)
        return self.tidy(kind, self.fields(kind, entry["fields"], depth), depth)

    def fields(self, kind: str, fields: Json, depth: int) -> Json:
        made: Json = {}
        # A message with a hundred optional fields is no message: few of them, at any depth.
        chance = 0.0 if depth >= DEEPEST else min(0.5, 8 / max(1, len(fields))) / (depth + 1)
        only = (
            self.rng.choice([name for name in fields if name not in BUTTON_EXTRAS])
            if kind == "InlineKeyboardButton"
            else None
        )
        for name, field in fields.items():
            wanted = name == only if only else self.rng.random() < chance
            if kind == "InlineKeyboardButton" and name in BUTTON_EXTRAS:
                wanted = False
            if kind == "Message" and depth == 0 and name in ("from", "text"):
                # Else the hundred other fields would leave hardly one update that a bot answers.
                wanted = self.rng.random() < 0.7
            if field.get("required") or wanted:
                made[name] = self.value(kind, name, field, depth)
        return made

    def value(self, kind: str, name: str, field: Json, depth: int) -> Any:
        type_name = self.rng.choice(field["types"])
        if type_name in ("String", "Integer", "Float", "Boolean"):
            return self.simple(type_name, name, field, kind)
        if type_name.startswith("Array of ") and "items" in field:
            least, most = field["items"]
            inner = type_name.removeprefix("Array of ")
            return [self.make(inner, depth + 1) for _ in range(self.rng.randint(least, min(most, least + 2)))]
        return self.make(type_name, depth + 1)

    def simple(self, type_name: str, name: str, field: Json, kind: str) -> Any:
        if type_name == "Boolean":
            return self.rng.random() < 0.5
        if type_name == "Float":
            least, most = field.get("range", (-90, 90))
            return round(self.rng.uniform(least, most), 6)
        if type_name == "Integer":
            return self.number(name, field, kind)
        return self.string(name, field, kind)

    def number(self, name: str, field: Json, kind: str) -> int:
        if "range" in field:
            return self.rng.randint(*field["range"])
        if name.endswith("date"):
            return self.now - self.rng.randint(0, 10**6)
        if name in PERSON_ID or (name == "id" and kind in ("User", "SharedUser")):
            return self.rng.choice([self.rng.randint(10**8, 8 * 10**9), self.rng.randint(2**40, 2**52)])
        if name == "id" or name.endswith("chat_id"):
            return -(10**12) - self.rng.randint(10**9, 2 * 10**9)
        if name in ("message_id", "message_thread_id"):
            return self.rng.randint(1, 10**6)
        return self.rng.randint(0, 1000)

    def string(self, name: str, field: Json, kind: str) -> str:
        if choices := field.get("values") or PLAIN_CHOICES.get((kind, name)) or FIXED_STRINGS.get(name):
            return str(self.rng.choice(choices))
        if name == "id" or name.endswith(("_id", "_instance")):
            return str(self.rng.getrandbits(62))
        if name == "url" or name.endswith("_url"):
            return f"https://{self.canary}.example/{self.rng.randint(0, 999)}"
        if name == "username":
            return f"{self.canary}_{self.rng.randint(0, 999)}"
        text = f"{self.canary} " + " ".join(self.rng.choices(WORDS, k=self.rng.randint(0, 6)))
        text = text.strip()
        most = (field.get("length") or field.get("bytes") or (0, 4096))[1]
        while units(text) > most or ("bytes" in field and len(text.encode()) > most):
            text = text[:-1]
        return text

    def tidy(self, kind: str, made: Json, depth: int) -> Json:
        """What the table can't say: entities fit their text, and one button does one thing."""
        if kind == "MessageEntity":
            # Within the canary, which begins every text.
            made["offset"], made["length"] = 0, self.rng.randint(1, max(1, len(self.canary)))
            if made["type"] == "text_link":
                made["url"] = "https://example.org/"
            if made["type"] == "text_mention":
                made["user"] = self.make("User", depth + 1)
            if made["type"] == "custom_emoji":
                made["custom_emoji_id"] = "5"
        for name in [name for name in made if name.endswith("entities")]:
            text = made.get(name.removesuffix("_entities") if name != "entities" else "text")
            if isinstance(text, str) and text:
                made[name] = made[name][:1]
            else:
                del made[name]
        if kind == "LinkPreviewOptions" and made.get("prefer_small_media"):
            made.pop("prefer_large_media", None)
        if kind == "InlineKeyboardButton" and "url" in made:
            made["url"] = "https://example.org/"
        return made


def _weight(kind: str) -> int:
    """The plainest kind of several: strings first, then the fewest required fields that lead on."""
    if kind == "String":
        return -1
    if kind not in TYPES or "fields" not in TYPES[kind]:
        return 1000
    return sum(
        10 if field["types"][0] in TYPES or "Array" in field["types"][0] else 1
        for field in TYPES[kind]["fields"].values()
        if field.get("required")
    )
