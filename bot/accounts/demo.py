"""A first account for somebody who tries Guidepost on their own machine."""

from __future__ import annotations

import ipaddress

from bot.accounts import passwords
from bot.accounts.directory import Directory
from bot.settings import Settings

EMAIL = "demo@localhost"


async def offer(directory: Directory, settings: Settings, address: str) -> list[str]:
    """Make the demo account at the first start, when nobody has an account and only this machine can connect.

    Args:
        directory: the accounts.
        settings: on which host is listened; whether a provider signs people in.
        address: under which the server is reached.

    Returns:
        Lines to print once; none when no account was made.
    """
    # A public address means a proxy in front: then others can connect too.
    served_to_others = not _is_loopback(settings.host) or settings.public_url or settings.oidc_issuer
    if served_to_others or not await directory.is_empty():
        return []
    password = passwords.random_password()
    # Not temporary: on one's own machine it may stay what it is.
    await directory.add(
        email=EMAIL, name="Demo", roles=["administrator"], interface_language="en", password=password, temporary=False
    )
    return [
        "The editors' site has its first account, an administrator for trying things out on this machine:",
        f"    {address}/studio    {EMAIL}    {password}",
        "The password is shown only now. Another one: guidepost user password demo@localhost; "
        "accounts for colleagues: guidepost user add",
    ]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
