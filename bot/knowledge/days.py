"""Which day it is where the authority is: the day that "valid until" and "checked on" are meant in."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def day_at(time_zone: str, moment: dt.datetime | None = None) -> dt.date:
    """Return the date at the authority.

    Args:
        time_zone: of the pack, such as Asia/Yerevan.
        moment: aware; default now.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
    """
    return (moment or dt.datetime.now(dt.UTC)).astimezone(ZoneInfo(time_zone)).date()
