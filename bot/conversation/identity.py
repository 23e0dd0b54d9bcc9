"""Who is who, without knowing who anybody is: signed tokens for people, keyed hashes for the database."""

from __future__ import annotations

import hashlib
import hmac
import secrets


class Identity:
    """Makes and checks conversation tokens.

    A token is random and signed, so it can be neither guessed nor made up; what is stored is a keyed hash of it, so
    that the database alone names nobody.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def mac(self, purpose: str, value: str) -> bytes:
        """Return 32 bytes that only this installation can make of a value; `purpose` keeps uses apart."""
        return hmac.new(self._key, f"{purpose}\0{value}".encode(), hashlib.sha256).digest()

    def _mac(self, purpose: str, value: str) -> str:
        return self.mac(purpose, value).hex()

    def new_token(self) -> str:
        """Return a fresh token, 64 characters, to be kept by the person's device."""
        random = secrets.token_hex(16)
        return random + self._mac("token", random)[:32]

    def is_valid(self, token: str) -> bool:
        """Tell, in constant time, whether this installation issued a token."""
        if len(token) != 64 or not token.isascii():
            return False
        return hmac.compare_digest(self._mac("token", token[:32])[:32], token[32:])

    def conversation(self, channel: str, who: str) -> str:
        """Return the id under which a conversation is stored.

        Args:
            channel: the channel's name, so that the same `who` on two channels is two conversations.
            who: a token, or what the channel knows a person by.
        """
        return self._mac("conversation", f"{channel}\0{who}")[:40]

    def handover(self, code: str) -> str:
        """Return the hash under which a code for handing a conversation over is stored."""
        return self._mac("handover", code)


def fresh_key() -> str:
    """Return a new secret key, 64 hexadecimal digits."""
    return secrets.token_hex(32)
