"""What buttons carry: opaque, signed, bound to the conversation, good after a restart.

Telegram allows 64 bytes and hands back whatever a client sends, so nothing in them is believed without its signature.
What a choice stands for is not in the button but found again by its digest among what can be chosen now.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from bot.conversation.identity import Identity

Kind = Literal["choice", "topic", "page", "up", "down", "tick", "repeat", "forget", "keep", "language", "menu"]
_LETTERS: dict[Kind, str] = {
    "choice": "c",
    "topic": "t",
    "page": "p",
    "up": "u",
    "down": "d",
    "tick": "k",
    "repeat": "r",
    "forget": "f",
    "keep": "n",
    "language": "l",
    "menu": "m",
}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_MAC_BYTES = 8


@dataclass(frozen=True)
class Pressed:
    """A button that was pressed: its kind and the eight bytes it carries."""

    kind: Kind
    payload: bytes

    @property
    def number(self) -> int:
        """The payload as a number."""
        return int.from_bytes(self.payload, "big")


def digest(name: str) -> bytes:
    """Return the eight bytes by which something that can be chosen is found again."""
    return hashlib.sha256(name.encode()).digest()[:8]


class Buttons:
    """Makes and reads buttons of one conversation."""

    def __init__(self, identity: Identity, conversation: str) -> None:
        """Prepare.

        Args:
            identity: signs.
            conversation: buttons are good in this one only.
        """
        self._identity = identity
        self._conversation = conversation

    def make(self, title: str, kind: Kind, payload: bytes | int = 0) -> dict[str, Any]:
        """Return an InlineKeyboardButton.

        Args:
            title: what stands on it.
            kind: what it does.
            payload: eight bytes or a number.
        """
        raw = payload.to_bytes(8, "big") if isinstance(payload, int) else payload
        data = _LETTERS[kind] + base64.urlsafe_b64encode(raw + self._mac(_LETTERS[kind], raw)).decode().rstrip("=")
        return {"text": title, "callback_data": data}

    def read(self, data: str) -> Pressed | None:
        """Return what a button stands for, or None when it was not made here for this conversation."""
        kind = _KINDS.get(data[:1])
        try:
            raw = base64.urlsafe_b64decode(data[1:] + "=" * (-len(data[1:]) % 4))
        except ValueError:
            return None
        if kind is None or len(raw) != 8 + _MAC_BYTES:
            return None
        if not hmac.compare_digest(raw[8:], self._mac(data[0], raw[:8])):
            return None
        return Pressed(kind, raw[:8])

    def _mac(self, letter: str, raw: bytes) -> bytes:
        return self._identity.mac("button", f"{self._conversation}\0{letter}\0{raw.hex()}")[:_MAC_BYTES]


def kind_of(button: dict[str, Any]) -> Kind | None:
    """Return what kind of button one on a message is, unchecked: for deciding which to leave there."""
    return _KINDS.get((button.get("callback_data") or " ")[0])


def find(payload: bytes, names: Iterable[str]) -> str | None:
    """Return the name whose digest a button carries, or None when it can be chosen no more."""
    return next((name for name in names if hmac.compare_digest(digest(name), payload)), None)
