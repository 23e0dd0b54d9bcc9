"""The offices of a pack: which is nearest, when it is open, and how to find it on a map."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from babel.units import format_unit
from pydantic import Field, ValidationError, field_validator

from bot.errors import BadInputError
from bot.knowledge import yaml_files
from bot.knowledge.files import ContentError, Finding
from bot.knowledge.schema import WEEKDAYS, Elsewhere, Name, Office, Strict

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""

CITY_KM = 15
"""Below this, in km, an office known to the city only may be next door or across the town: no distance is said."""


class Offices(Strict):
    """The offices of a pack."""

    pack: Name
    offices: Annotated[list[Office], Field(min_length=1)]
    elsewhere: Elsewhere | None = None

    @field_validator("offices")
    @classmethod
    def _ids_differ(cls, offices: list[Office]) -> list[Office]:
        ids = [office.id for office in offices]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"two offices have the id '{twice[0]}'; rename one")
        return offices


def read_offices(path: Path) -> Offices:
    """Read an `offices.yml`.

    Raises:
        ContentError: it cannot be used; each finding has the line and says what to do.
    """
    try:
        located = yaml_files.read(path)
    except OSError as error:
        raise ContentError([Finding("error", str(path), 1, f"cannot be read: {error.strerror}")]) from None
    except yaml_files.ReadError as error:
        raise ContentError([Finding("error", str(path), error.line, str(error))]) from None
    try:
        return Offices.model_validate(located.value)
    except ValidationError as error:
        findings = [
            Finding(
                "error",
                str(path),
                located.line(*problem["loc"]),
                f"'{'.'.join(map(str, problem['loc']))}': {problem['msg'].removeprefix('Value error, ')}",
            )
            for problem in error.errors()
        ]
        raise ContentError(findings) from None


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the great-circle distance of two points, in km (haversine; within 0.6 % of the ellipsoid).

    Raises:
        BadInputError: a coordinate is no number or out of range.
    """
    for name, value, most in (
        ("latitude", latitude, 90),
        ("longitude", longitude, 180),
        ("latitude", other_latitude, 90),
        ("longitude", other_longitude, 180),
    ):
        if not -most <= value <= most:  # also refuses what is no number
            raise BadInputError(f"The {name} must lie between -{most} and {most} degrees.")
    here, there = math.radians(latitude), math.radians(other_latitude)
    across = math.radians(other_longitude - longitude)
    half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(across / 2) ** 2
    # Rounding can push the value for opposite points a little over 1.
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


def nearest(offices: Iterable[Office], latitude: float, longitude: float, most: int = 1) -> list[tuple[Office, float]]:
    """Return the nearest offices with their distance in km, nearest first.

    Offices at the same distance keep the order of the file; those without a position are left out.

    Args:
        offices: the pack's.
        latitude: of the person, in degrees.
        longitude: of the person, in degrees.
        most: how many to return.

    Raises:
        BadInputError: the coordinates are out of range, or `most` is less than 1.
    """
    if most < 1:
        raise BadInputError("Ask for at least one office.")
    distance(latitude, longitude, 0, 0)  # refused also when there is no office
    found = [
        (office, distance(latitude, longitude, office.position.latitude, office.position.longitude))
        for office in offices
        if office.position
    ]
    return sorted(found, key=lambda pair: pair[1])[:most]


def distance_text(office: Office, kilometres: float, language: str) -> str | None:
    """Return a distance for people, rounded to what is known ("≈ 90 km").

    None when it would say nothing: the office is known to its city only and the person is in or near that city.
    """
    if office.position is None:
        return None
    if office.position.precision == "city":
        if kilometres < CITY_KM:
            return None
        rounded = float(5 * round(kilometres / 5))
    else:
        rounded = max(0.1, round(kilometres, 1)) if kilometres < 10 else float(round(kilometres))
    return "≈ " + str(format_unit(rounded, "length-kilometer", length="short", locale=language))


def open_now(office: Office, moment: dt.datetime, time_zone: str) -> bool | None:
    """Return whether an office is open by its weekly hours; public holidays are not considered.

    Args:
        office: the office.
        moment: with its time zone.
        time_zone: of the pack, such as Asia/Yerevan.

    Returns:
        None when its hours are not known or not confirmed: nobody is sent on the strength of them.

    Raises:
        BadInputError: `moment` has no time zone.
    """
    if moment.tzinfo is None:
        raise BadInputError("The moment needs a time zone.")
    if not office.hours or not office.hours_confirmed:
        return None
    there = moment.astimezone(ZoneInfo(time_zone))
    clock = there.strftime("%H:%M")
    return any(start <= clock < end for start, end in office.hours.get(WEEKDAYS[there.weekday()], []))


def map_link(office: Office, language: str) -> str:
    """Return the address of a map that looks for the office's address, in words; never its coordinates."""
    return "https://www.openstreetmap.org/search?query=" + quote(in_language(office.address, language), safe="")


def hours_text(office: Office, language: str) -> str:
    """Return opening hours like "Mon–Fri 9:00–18:00; Sat 10:00–14:00"; empty when they are not known.

    Days with the same hours are named together, in a range from three days in a row on. Days that are not named are
    closed.
    """
    names = get_day_names("abbreviated", context="stand-alone", locale=language)
    groups: dict[str, list[int]] = {}
    for number, day in enumerate(WEEKDAYS):
        if day in office.hours:
            spans = ", ".join(f"{_short(start)}–{_short(end)}" for start, end in office.hours[day])
            groups.setdefault(spans, []).append(number)
    return "; ".join(f"{_days(days, names)} {spans}" for spans, days in groups.items())


def _short(clock: str) -> str:
    return clock.removeprefix("0")


def _days(days: Sequence[int], names: Any) -> str:
    # Days in a row have the same difference between their number and their place in the list.
    runs = [[day for _, day in run] for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0])]
    return ", ".join(
        f"{names[run[0]]}–{names[run[-1]]}" if len(run) > 2 else ", ".join(names[day] for day in run) for run in runs
    )


def in_language(texts: dict[str, str], language: str) -> str:
    """Return a text in a language, else in English, else in the first one there is."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))
