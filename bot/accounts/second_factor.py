"""The second factor: time-based codes of six digits (RFC 6238) and recovery codes."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets

from pyotp import random_base32, utils
from pyotp.totp import TOTP

_STEP_SECONDS = 30
_DRIFT = 1
"""Steps before and behind the present one that count: telephones' clocks are seldom exact (RFC 6238, section 5.2)."""

RECOVERY_CODES = 10


def new_secret() -> str:
    """Return a fresh secret of 160 bits, as authenticator apps take it."""
    return random_base32()


def address(secret: str, email: str, issuer: str) -> str:
    """Return the otpauth:// address that authenticator apps read from a picture."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def step_of(secret: str, code: str, now: dt.datetime) -> int | None:
    """Return the time step to which a code belongs, or None when it fits none near the present.

    Args:
        secret: the account's secret.
        code: what was typed; spaces do not matter.
        now: the present moment.
    """
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    present = int(now.timestamp()) // _STEP_SECONDS
    totp = TOTP(secret)
    found = None
    for step in range(present - _DRIFT, present + _DRIFT + 1):
        # All are compared, so that the time taken does not tell which one fitted.
        if utils.strings_equal(totp.generate_otp(step), digits):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Return codes of 48 bits, each good for one sign-in without the telephone."""
    return ["-".join(secrets.token_hex(2) for _ in range(3)) for _ in range(RECOVERY_CODES)]


def recovery_hash(account_id: int, code: str) -> str:
    """Return what is kept of a recovery code. The codes are random and long enough for a plain hash."""
    letters = re.sub(r"[^0-9a-f]", "", code.lower())
    return hashlib.sha256(f"{account_id}:{letters}".encode()).hexdigest()
