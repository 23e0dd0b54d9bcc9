"""Signed values: what this installation gave out and gets back unchanged."""

from __future__ import annotations

import hashlib
import hmac

_LENGTH = 40


class Signer:
    """Signs with the installation's own key."""

    def __init__(self, key: str) -> None:
        """Prepare.

        Args:
            key: the secret, kept in the database.
        """
        self._key = key.encode()

    def mac(self, purpose: str, text: str) -> str:
        """Return the signature of a text for one purpose; a signature for another purpose does not fit."""
        return hmac.new(self._key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()[:_LENGTH]

    def sign(self, purpose: str, text: str) -> str:
        """Return the text behind its signature."""
        return f"{self.mac(purpose, text)}.{text}"

    def read(self, purpose: str, signed: str) -> str | None:
        """Return the text of a signed value, or None when it was not signed here for this purpose."""
        mac, _, text = signed.partition(".")
        fits = hmac.compare_digest(mac.encode("utf-8", "replace"), self.mac(purpose, text).encode())
        return text if fits else None
