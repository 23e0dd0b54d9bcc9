"""Passwords: hashing, checking, and which are good enough."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.accounts.errors import AccountInputError

SHORTEST, LONGEST = 12, 200
"""Length over composition rules: NIST SP 800-63B, section 3.1.1.2. The upper end bounds the work of hashing."""

_hasher = PasswordHasher()
# Each hash takes 64 MiB: a flood of sign-ins must not take all memory.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_COMMON = frozenset(
    ["password", "passw0rd", "qwerty", "letmein", "welcome", "administrator", "guidepost", "123456789", "111111"]
)


def check_strength(password: str, *, about: tuple[str, ...] = ()) -> None:
    """Refuse a password that is easily guessed.

    Args:
        password: what somebody wants to use.
        about: words that others know about the person: name, address.

    Raises:
        AccountInputError: says what to change.
    """
    if len(password) < SHORTEST:
        raise AccountInputError(
            "The password is too short: use at least {number} characters, for example four words.", number=SHORTEST
        )
    if len(password) > LONGEST:
        raise AccountInputError("The password is too long: use at most {number} characters.", number=LONGEST)
    folded = password.casefold()
    known = [part for word in about for part in word.casefold().replace("@", " ").split() if len(part) > 3]
    if len(set(folded)) < 5 or any(word in folded and len(word) * 2 > len(folded) for word in [*_COMMON, *known]):
        raise AccountInputError("The password is easily guessed: choose one without your name and without repetitions.")


def random_password() -> str:
    """Return a password of 99 bits without letters that are easily confused, in groups that can be read aloud."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


async def hashed(password: str) -> str:
    """Return what is kept of a password (argon2id with the parameters of RFC 9106's second choice)."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def fits(password: str, kept: str | None) -> bool:
    """Tell whether a password is the one kept.

    Args:
        password: what was typed.
        kept: the hash; None when there is no such account, which takes the same time and returns False.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _verify, kept, password[: LONGEST + 1])


def is_outdated(kept: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


@lru_cache(maxsize=1)
def _of_nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


def _verify(kept: str | None, password: str) -> bool:
    nobody = _of_nobody()
    try:
        return _hasher.verify(kept or nobody, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
