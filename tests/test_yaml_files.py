"""Reading YAML: whatever somebody puts into a file, it is read or refused with a line, and never more than that."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge import yaml_files
from bot.knowledge.yaml_files import MAX_BYTES, MAX_DEPTH, ReadError, parse, read


def refused(data: str | bytes) -> ReadError:
    with pytest.raises(ReadError) as caught:
        parse(data.encode() if isinstance(data, str) else data)
    return caught.value


def test_values_keep_their_kind() -> None:
    found = parse("text: Երևան\ncount: 3\nlast: 2027-06-30\nnothing:\nlist: [a, 1]\n".encode()).value
    assert {"text": "Երևան", "count": 3, "last": dt.date(2027, 6, 30), "nothing": None, "list": ["a", 1]} == found


def test_an_empty_file_is_nothing() -> None:
    assert parse(b"").value is None
    assert parse(b"# only a remark\n").value is None


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    """Windows editors write one."""
    assert parse(b"\xef\xbb\xbfpack: tiny\n").value == {"pack": "tiny"}


def test_environment_variables_stay_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rasa's own reader would put the machine's secrets into answers."""
    monkeypatch.setenv("GUIDEPOST_REST_API_KEY", "secret")
    text = "summary: call ${GUIDEPOST_REST_API_KEY} or $GUIDEPOST_REST_API_KEY\n"
    assert parse(text.encode()).value == {"summary": "call ${GUIDEPOST_REST_API_KEY} or $GUIDEPOST_REST_API_KEY"}


def test_every_value_knows_its_line() -> None:
    text = """\
# a remark
questions:
  - id: first
    answers:
      - facts:
          - F1

        en:
          summary: >
            folded
            text
          fee: free
  - id: second
"""
    found = parse(text.encode())
    assert found.line("questions") == 2
    assert found.line("questions", 0, "id") == 3
    assert found.line("questions", 0, "answers", 0, "facts", 0) == 6
    assert found.line("questions", 0, "answers", 0, "en", "summary") == 9
    assert found.line("questions", 0, "answers", 0, "en", "fee") == 12
    assert found.line("questions", 1) == 13


def test_the_line_of_what_is_missing_is_that_of_what_should_hold_it() -> None:
    found = parse(b"pack: tiny\nfacts:\n  F1:\n    topic: a\n")
    assert found.line("facts", "F1", "statement", 2) == 3
    assert found.line("nowhere", "at", "all") == 1


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("name: Հայաստան\n", encoding="utf-8")
    assert read(tmp_path / "a.yml").value == {"name": "Հայաստան"}


def test_size_is_limited(tmp_path: Path) -> None:
    file = tmp_path / "big.yml"
    file.write_bytes(b"#" * MAX_BYTES)
    assert read(file).value is None
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ReadError, match="at most 5,000,000 are read: split it"):
        read(file)


def test_depth_is_limited() -> None:
    def nested(levels: int) -> str:
        return "".join("  " * level + f"k{level}:\n" for level in range(levels))

    parse(nested(MAX_DEPTH).encode())
    error = refused(nested(MAX_DEPTH + 1))
    assert f"nested more than {MAX_DEPTH} levels deep" == str(error)


@pytest.mark.parametrize("part", ["- ", "? ", "[", "{a: "])
def test_a_bomb_of_nesting_does_not_take_the_process_down(part: str) -> None:
    """The parser's own recursion is bounded too: a few hundred kilobytes must not end the server."""
    code = (
        "from bot.knowledge import yaml_files\n"
        f"try:\n    yaml_files.parse({part!r}.encode() * 200_000 + b'a')\n"
        "except yaml_files.ReadError:\n    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr[-500:]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: &name [1, 2]\nb: 3\nc: *name\n", 3),
        ("a: *unknown\n", 1),
        ("base: &base {a: 1}\nother:\n  <<: *base\n", 3),
        ("a: &a [*a]\n", 1),
    ],
)
def test_aliases_are_refused(text: str, line: int) -> None:
    """Nine lines of aliases can mean a thousand million values."""
    error = refused(text)
    assert (line, True) == (error.line, "aliases (*name) are not allowed" in str(error))


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a"),
        ("facts:\n  F1: {topic: x}\n  F2: {topic: y}\n  F1: {topic: z}\n", 4, "F1"),
        ("list:\n  - {hy: a,\n     hy: b}\n", 3, "hy"),
    ],
)
def test_a_key_that_stands_twice_is_refused(text: str, line: int, key: str) -> None:
    """YAML itself would silently lose the first one: a fact, an answer."""
    error = refused(text)
    assert (line, f"'{key}' stands here twice; keep one") == (error.line, str(error))


@pytest.mark.parametrize("text", ["? [a, b]\n: 1\n", "? {a: b}\n: 1\n", "1.5: x\n", "2026-01-01: x\n", "~: x\n"])
def test_a_key_that_is_no_word_is_refused(text: str) -> None:
    assert (refused(text).line, str(refused(text))) == (1, "a key must be a plain word")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"\xff\xfea\x00:\x00", 1),
        ("a: 1\nb: 2\nc: Ереван\n".encode("cp1251"), 3),
        ("a: Երևան\nb: Երևան".encode()[:-1], 2),
    ],
    ids=["utf-16", "windows-1251", "cut in a letter"],
)
def test_another_encoding_is_named(data: bytes, line: int) -> None:
    error = refused(data)
    assert (line, "the file is not UTF-8: save it with the encoding UTF-8") == (error.line, str(error))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1, 2\n", 3),
        ("a: 1\n\tb: 2\n", 2),
        ('a: "not closed\n', 2),
        ("a: b: c\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: \x00\n", 1),
        ("x: 1\na: !!python/name:os.system\n", 2),
        ("x: 1\na: !unknown b\n", 2),
        ("x: 1\na: =\n", 2),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(text: str, line: int) -> None:
    error = refused(text)
    assert (line, True) == (error.line, str(error).startswith("this is no valid YAML: "))


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-30",
        "2026-13-01",
        "0000-01-01",
        "2026-01-01 25:00:00",
        "2026-01-01T00:00:00+99:99",
        "0x_",
        "0b_",
        "9" * 5000,
        "!!int",
        "!!int three",
        "!!float much",
        "!!bool perhaps",
        "!!timestamp soon",
    ],
    ids=lambda value: value[:30],
)
def test_a_value_that_cannot_be_is_refused_with_its_line(value: str) -> None:
    """An editor who types the 30th of February is told so and where."""
    assert refused(f"fact:\n  verified_on: {value}\n").line == 2


def test_a_control_character_is_refused_without_libyaml_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML is built without the C library on some machines."""
    monkeypatch.setattr(yaml_files, "_LOADER", yaml.SafeLoader)
    assert parse("a: ա\n".encode()).value == {"a": "ա"}
    assert refused("a: \x00\n").line == 1


PARTS = (
    """- |: |? |\n|\n  |\n    |a|b|hy|#| #|'|"|>|&a |*a|<<|[|]|{|}|,|!!int |!!str |!x |%|---|...|\t|\\|~|=|yes|0x|_|1"""
    """|9:30|.inf|2026-01-01|2026-02-30|\ufeff|\x00|\x85|\u2028|😀|ա|${HOME}"""
)
TOKENS = st.sampled_from([*PARTS.split("|"), "|"])


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(TOKENS, max_size=30).map("".join), st.binary()))
def test_whatever_is_in_a_file_it_is_read_or_refused(content: str | bytes) -> None:
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    lines = max(1, len(data.splitlines()), data.count(b"\n") + 1, len(data.decode("utf-8", "replace").splitlines()))
    try:
        line, said = parse(data).line("a", 0), "a value"
    except ReadError as error:
        line, said = error.line, str(error)
    assert 1 <= line <= lines + 1
    assert said


WRITABLE = st.text(st.characters(codec="utf-8", exclude_characters="\x85"))
"""PyYAML itself writes the control character NEL so that it comes back as a space."""


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | WRITABLE | st.dates(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WRITABLE, inner, max_size=4),
        max_leaves=15,
    )
)
def test_what_was_written_is_what_is_read(value: object) -> None:
    """Every value that YAML can hold comes back as it was."""
    assert value == parse(yaml.safe_dump(value, allow_unicode=True).encode()).value
