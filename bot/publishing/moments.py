"""Times as people at the authority write them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from bot.errors import BadInputError

UNREADABLE = "'{typed}' is no time. Write year-month-day and hour:minute, like 2027-01-01 00:00."
SKIPPED = "There is no {typed} there: the clocks are put forward at that time. Choose an hour later."
PAST = "{typed} has passed already. Choose a time that is still to come."


def local_moment(typed: str, zone: str, now: dt.datetime) -> dt.datetime:
    """Return the point in time that a local time means.

    Args:
        typed: like `2027-01-01T00:00` or `2027-01-01 00:00`, as browsers send it.
        zone: the authority's time zone, e.g. `Asia/Yerevan`.
        now: the present.

    Returns:
        The time in UTC; where the clocks are put back, the first of the two.

    Raises:
        BadInputError: it cannot be read, does not exist there, or has passed.
    """
    try:
        naive = dt.datetime.fromisoformat(typed.strip())
    except ValueError as error:
        raise BadInputError(UNREADABLE, typed=typed[:40]) from error
    if naive.tzinfo is not None:
        raise BadInputError(UNREADABLE, typed=typed[:40])
    moment = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != naive:
        raise BadInputError(SKIPPED, typed=f"{naive:%Y-%m-%d %H:%M}")
    if moment <= now:
        raise BadInputError(PAST, typed=f"{naive:%Y-%m-%d %H:%M}")
    return moment
