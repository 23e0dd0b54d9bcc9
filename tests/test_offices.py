"""The offices of a pack: distances, hours, maps, and that the pack says no more of them than its facts."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.errors import BadInputError
from bot.knowledge import files
from bot.knowledge.checks import fact_numbers, numbers
from bot.knowledge.files import ContentError
from bot.knowledge.offices import (
    WEEKDAYS,
    Office,
    distance,
    distance_text,
    hours_text,
    in_language,
    map_link,
    nearest,
    open_now,
    read_offices,
)

ROOT = Path(__file__).resolve().parent.parent
YEREVAN = "Asia/Yerevan"
LANGUAGES = ("hy", "ru", "en", "lv", "az", "uk")

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
points = st.tuples(latitudes, longitudes)
clocks = st.integers(0, 24 * 60).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
spans = st.lists(clocks, min_size=2, max_size=6, unique=True).map(
    lambda times: [list(pair) for pair in zip(*[iter(sorted(times))] * 2, strict=False)]
)
weeks = st.dictionaries(st.sampled_from(WEEKDAYS), spans)


def office(name: str = "one", place: tuple[float, float] | None = (40.18, 44.51), **more: Any) -> Office:
    position = {"latitude": place[0], "longitude": place[1], "precision": "street"} if place else None
    texts = {"name": {"en": name}, "address": {"en": "1 Main street"}, "phone": "84-22", "facts": ["F1"]}
    return Office.model_validate({"id": name, "position": position, **texts, **more})


# Distance


@given(points, points)
def test_distance_is_the_same_both_ways(here: tuple[float, float], there: tuple[float, float]) -> None:
    assert distance(*here, *there) == pytest.approx(distance(*there, *here), abs=1e-6)


@given(points)
def test_distance_to_oneself_is_nothing(here: tuple[float, float]) -> None:
    assert distance(*here, *here) == 0


@given(points, points, points)
def test_no_detour_is_shorter(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> None:
    assert distance(*a, *c) <= distance(*a, *b) + distance(*b, *c) + 1e-3


@given(points)
def test_opposite_points_are_half_the_globe_apart(here: tuple[float, float]) -> None:
    latitude, longitude = here
    opposite = (-latitude, longitude - 180 if longitude > 0 else longitude + 180)
    assert distance(*here, *opposite) == pytest.approx(math.pi * 6371.0088, abs=0.1)


@pytest.mark.parametrize(
    ("here", "there", "kilometres"),
    [
        ((40.18, 44.51), (40.789, 43.847), 88),  # Yerevan to Gyumri
        ((40.18, 44.51), (40.409, 49.867), 453),  # Yerevan to Baku
        ((0, 0), (1, 0), 111.19),  # a degree of latitude
        ((0, 179.5), (0, -179.5), 111.19),  # across the date line
        ((0, 0), (90, 0), 10_007.5),  # a quarter of a meridian
    ],
)
def test_known_distances(here: tuple[float, float], there: tuple[float, float], kilometres: float) -> None:
    assert distance(*here, *there) == pytest.approx(kilometres, rel=0.01)


@pytest.mark.parametrize("place", [(90.1, 0), (-91, 0), (0, 180.5), (0, -181), (math.nan, 0), (0, math.inf)])
def test_impossible_place_is_refused(place: tuple[float, float]) -> None:
    for known in ([office()], []):
        with pytest.raises(BadInputError, match=r"must lie between"):
            nearest(known, *place)


@given(points, st.lists(points, min_size=1, max_size=8))
def test_nearest_first_and_none_nearer(here: tuple[float, float], places: list[tuple[float, float]]) -> None:
    known = [office(f"o{index}", place) for index, place in enumerate(places)]
    found = nearest(known, *here, most=len(known))
    kilometres = [far for _, far in found]
    assert kilometres == sorted(kilometres)
    assert sorted(item.id for item, _ in found) == sorted(item.id for item in known)
    assert nearest(known, *here) == found[:1]


def test_offices_without_position_are_left_out_and_ties_keep_their_order() -> None:
    known = [office("unplaced", None), office("first"), office("second")]
    assert [item.id for item, _ in nearest(known, 41, 44, most=3)] == ["first", "second"]
    with pytest.raises(BadInputError, match="at least one"):
        nearest(known, 41, 44, most=0)


@pytest.mark.parametrize(
    ("precision", "kilometres", "said"),
    [
        ("street", 0.02, "≈ 0.1 km"),
        ("street", 3.14, "≈ 3.1 km"),
        ("street", 87.85, "≈ 88 km"),
        ("city", 3.14, None),
        ("city", 16.0, "≈ 15 km"),
        ("city", 87.85, "≈ 90 km"),
    ],
)
def test_distance_is_said_as_exactly_as_it_is_known(precision: str, kilometres: float, said: str | None) -> None:
    placed = office(position={"latitude": 40.18, "longitude": 44.51, "precision": precision})
    assert distance_text(placed, kilometres, "en") == said


def test_distance_in_every_language() -> None:
    said = {language: distance_text(office(), 1234.4, language) for language in LANGUAGES}
    assert str(said["hy"]).replace("\xa0", " ") == "≈ 1 234 կմ"
    assert str(said["ru"]).replace("\xa0", " ") == "≈ 1 234 км"
    assert all(said.values())


# Hours

MORNING = [["09:00", "18:00"]]
WEEK: dict[str, Any] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), MORNING)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (WEEK, "Mon–Fri 9:00–18:00"),
        (WEEK | {"sat": [["10:00", "14:00"]]}, "Mon–Fri 9:00–18:00; Sat 10:00–14:00"),
        (
            WEEK | {"wed": [["09:00", "12:00"], ["13:00", "24:00"]]},
            "Mon, Tue, Thu, Fri 9:00–18:00; Wed 9:00–12:00, 13:00–24:00",
        ),
        ({"sun": MORNING, "mon": MORNING}, "Mon, Sun 9:00–18:00"),
        ({"thu": [["00:00", "00:30"]]}, "Thu 0:00–0:30"),
        ({}, ""),
    ],
)
def test_hours_in_words(hours: Any, said: str) -> None:
    assert hours_text(office(hours=hours), "en") == said


def test_days_in_every_language() -> None:
    shown = {language: hours_text(office(hours=WEEK), language) for language in LANGUAGES}
    assert shown["hy"] == "երկ–ուր 9:00–18:00"
    assert shown["ru"] == "пн–пт 9:00–18:00"
    assert len(set(shown.values())) >= 5  # Russian and Ukrainian write these two alike


@given(weeks)
def test_every_open_day_and_span_is_named_once(hours: Any) -> None:
    text = hours_text(office(hours=hours), "en")
    named = [day for part in text.split("; ") if part for day in _days_of(part)]
    assert sorted(named) == sorted(day.capitalize() for day in hours)
    for spans_of_day in hours.values():
        for start, end in spans_of_day:
            assert f"{start.removeprefix('0')}–{end.removeprefix('0')}" in text


def _days_of(part: str) -> list[str]:
    order = [day.capitalize() for day in WEEKDAYS]
    found = []
    for first, last in re.findall(r"([A-Z][a-z]{2})(?:–([A-Z][a-z]{2}))?", part):
        found += order[order.index(first) : order.index(last or first) + 1]
    return found


@given(weeks, st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2030, 1, 1)))
def test_open_is_what_the_hours_say(hours: Any, moment: dt.datetime) -> None:
    """Compared with minutes counted by hand; the moment comes in another zone than the office's."""
    assume(hours)
    here = moment.replace(second=0, microsecond=0, tzinfo=ZoneInfo(YEREVAN))
    minute = here.hour * 60 + here.minute
    expected = any(_minute(start) <= minute < _minute(end) for start, end in hours.get(WEEKDAYS[here.weekday()], []))
    assert open_now(office(hours=hours), here.astimezone(dt.UTC), YEREVAN) is expected


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T08:59:59+04:00", False),
        ("2026-11-23T09:00:00+04:00", True),
        ("2026-11-23T17:59:59+04:00", True),
        ("2026-11-23T18:00:00+04:00", False),
        ("2026-11-23T05:00:00+00:00", True),
        ("2026-11-22T21:30:00+00:00", False),  # Monday already, half past one at night
        ("2026-11-22T12:00:00+04:00", False),  # a Sunday
    ],
)
def test_open_at_the_edges(moment: str, expected: bool) -> None:
    assert open_now(office(hours=WEEK), dt.datetime.fromisoformat(moment), YEREVAN) is expected


def test_open_is_not_said_where_hours_are_unknown_or_in_doubt() -> None:
    noon = dt.datetime(2026, 11, 23, 12, tzinfo=ZoneInfo(YEREVAN))
    assert open_now(office(), noon, YEREVAN) is None
    assert open_now(office(hours=WEEK, hours_confirmed=False), noon, YEREVAN) is None
    with pytest.raises(BadInputError, match="time zone"):
        open_now(office(hours=WEEK), dt.datetime(2026, 11, 23, 12), YEREVAN)


# Map, languages


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1).filter(str.strip))
def test_map_searches_for_the_address_and_never_for_coordinates(address: str) -> None:
    placed = office(address={"en": address})
    link = map_link(placed, "en")
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "www.openstreetmap.org", "/search", "")
    assert parse_qs(parts.query) == {"query": [placed.address["en"]]}
    assert link.isascii()
    assert "44.51" not in link


def test_text_in_another_language_where_one_is_missing() -> None:
    assert in_language({"hy": "ա", "en": "a"}, "hy") == "ա"
    assert in_language({"hy": "ա", "en": "a"}, "lv") == "a"
    assert in_language({"hy": "ա"}, "lv") == "ա"


# Files


def write(tmp_path: Path, **changes: Any) -> Path:
    entry = {
        "id": "one",
        "name": {"en": "One"},
        "address": {"en": "1 Main street"},
        "phone": "84-22",
        "facts": ["F1"],
    } | changes
    path = tmp_path / "offices.yml"
    path.write_text(yaml.safe_dump({"pack": "test", "offices": [entry]}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hours": {"mon": [["18:00", "09:00"]]}}, "each time must be later"),
        ({"hours": {"mon": [["09:00", "13:00"], ["12:00", "18:00"]]}}, "each time must be later"),
        ({"hours": {"mon": [["09:00", "09:00"]]}}, "each time must be later"),
        ({"hours": {"mon": [["9:00", "18:00"]]}}, "pattern"),
        ({"hours": {"mon": [["09:00", "24:30"]]}}, "pattern"),
        ({"hours": {"mon": [["09:00"]]}}, "at least 2"),
        ({"hours": {"mon": []}}, "at least 1"),
        ({"hours": {"monday": [["09:00", "18:00"]]}}, "'mon'"),
        ({"position": {"latitude": 91, "longitude": 0, "precision": "city"}}, "less than or equal to 90"),
        ({"position": {"latitude": 40, "longitude": 44}}, "precision.*required"),
        ({"facts": []}, "at least 1"),
        ({"fax": "1"}, "not permitted"),
    ],
)
def test_mistakes_are_told_with_file_and_line(tmp_path: Path, changes: Any, message: str) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(ContentError, match=message) as refused:
        read_offices(path)
    finding = refused.value.findings[0]
    assert finding.file == str(path)
    wrong = str(next(iter(changes)))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert any(wrong in line for line in lines[: finding.line][-6:])


def test_times_without_quotes_are_explained(tmp_path: Path) -> None:
    """17:00 without quotes is 1,020 to YAML: the author is told what to write."""
    path = write(tmp_path, hours={"mon": [["09:00", "17:00"]]})
    path.write_text(path.read_text(encoding="utf-8").replace("'17:00'", "17:00"), encoding="utf-8")
    with pytest.raises(ContentError, match='write times in quotes, like "17:00"'):
        read_offices(path)


def test_other_unusable_files(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="cannot be read"):
        read_offices(tmp_path / "offices.yml")
    path = write(tmp_path)
    path.write_text("offices: [", encoding="utf-8")
    with pytest.raises(ContentError, match="no valid YAML"):
        read_offices(path)
    path.write_text("- 1", encoding="utf-8")
    with pytest.raises(ContentError, match="valid dictionary"):
        read_offices(path)
    entry = {"id": "one", "name": {"en": "a"}, "address": {"en": "a"}, "phone": "1", "facts": ["F"]}
    path.write_text(
        yaml.safe_dump({"pack": "test", "offices": [entry, json.loads(json.dumps(entry))]}), encoding="utf-8"
    )
    with pytest.raises(ContentError, match="two offices have the id 'one'"):
        read_offices(path)


@given(weeks)
def test_offices_survive_being_written_as_a_file(tmp_path_factory: pytest.TempPathFactory, hours: Any) -> None:
    before = office(hours=hours)
    path = tmp_path_factory.mktemp("offices") / "offices.yml"
    tree = {"pack": "test", "offices": [before.model_dump(mode="python", exclude_defaults=True)]}
    path.write_bytes(files.dump(tree))
    assert read_offices(path).offices == [before]


# The pack


def packs() -> list[Path]:
    return sorted((ROOT / "data" / "packs").glob("*/offices.yml"))


@pytest.mark.parametrize("path", packs(), ids=lambda path: path.parent.name)
def test_pack_says_no_more_of_its_offices_than_its_facts(path: Path) -> None:
    content = files.load(ROOT, path.parent.name).content
    assert content is not None
    found = read_offices(path)
    assert found.pack == content.pack.pack
    entries: list[tuple[str, list[str], list[str]]] = [
        (
            item.id,
            item.facts,
            [item.phone, *item.name.values(), *item.address.values(), *item.serves.values()]
            + [clock for spans_of_day in item.hours.values() for span in spans_of_day for clock in span],
        )
        for item in found.offices
    ]
    if found.elsewhere:
        entries.append(("elsewhere", found.elsewhere.facts, list(found.elsewhere.texts.values())))
    for name, facts, texts in entries:
        assert set(facts) <= set(content.facts), f"{name}: unknown fact"
        supported = set().union(*(fact_numbers(content.facts[key]) for key in facts))
        strange = set().union(*(numbers(text) for text in texts)) - supported
        assert not strange, f"{name}: {strange} in none of its facts"
    for item in found.offices:
        for texts_by_language in (item.name, item.address, item.serves):
            assert not texts_by_language or set(content.pack.languages) <= set(texts_by_language)


def test_armenias_offices() -> None:
    """The phone is the call centre's; a place known to the town only has no distance inside it; doubtful hours open nothing."""
    offices = read_offices(ROOT / "data" / "packs" / "armenia" / "offices.yml").offices
    assert {item.phone for item in offices} == {"84-22"}
    in_gyumri = nearest(offices, 40.789, 43.847, most=9)
    assert [distance_text(item, far, "en") for item, far in in_gyumri] == ["≈ 90 km"] * len(offices)
    in_yerevan = nearest(offices, 40.2, 44.49)
    assert in_yerevan[0][0].id == "head_office"
    assert distance_text(*in_yerevan[0], "en") is None
    noon = dt.datetime(2026, 11, 23, 12, tzinfo=ZoneInfo(YEREVAN))
    assert {open_now(item, noon, YEREVAN) for item in offices} == {None}
