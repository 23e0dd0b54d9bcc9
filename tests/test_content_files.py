"""A pack as files: what an editor is told when something is wrong, and that writing and reading lose nothing.

Long because it is one table of every mistake an editor can make, and belongs in one place.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge import files
from bot.knowledge.files import ContentError, Finding
from bot.knowledge.schema import Content, Question
from bot.knowledge.yaml_files import MAX_BYTES

ROOT = Path(__file__).resolve().parent.parent

PACK = "data/packs/tiny/pack.yml"
FACTS = "data/packs/tiny/facts.yml"
PLACES = "data/packs/tiny/places.yml"
DOCUMENTS = "data/packs/tiny/answers/documents.yml"
VISA = "data/packs/tiny/answers/visa.yml"
EXAMPLES = "data/nlu/documents.yml"
TESTS = "tests/content/documents.yml"

_WRITTEN = {
    PACK: """\
# Written by hand.
pack: tiny
name: {hy: Փոքր, ru: Малая, en: Tiny}
service: {hy: Ծառայություն, ru: Служба, en: Service}
phone: "84-22"
website: {url: "https://example.org", title: example.org}
emergency_phones: ["112"]
emergency_facts: [F-FEE]
emergency_questions: [visa/apply]
time_zone: Asia/Yerevan
languages: [hy, ru, en]
fallback_languages: [hy, ru, en]
fallbacks: {uk: [ru], lv: [en, ru]}
topics:
  documents: {hy: Փաստաթղթեր, ru: Документы, en: Documents}
  visa: {hy: Վիզա, ru: Виза, en: Visas}
situations:
  displaced: {hy: Տեղահանված, ru: Беженец, en: Displaced}
start_questions: [documents/passport]
follow_ups:
  documents: {fee: documents/fee}
always_allowed_numbers: ["84-22"]
""",
    PLACES: """\
# As people write them.
pack: tiny
places:
- id: dilijan
  name: {hy: Դիլիջան, ru: Дилижан, en: Dilijan}
  patterns:
    hy: ["դիլիջան"]
    ru: ["дилижан"]
    en: ["dilijan", "delijan"]
  marz: tavush
- id: shushi
  name: {en: Shushi}
  patterns: {en: ["shushi", "shusha"]}
  origin: true
""",
    FACTS: """\
pack: tiny
facts:
  # What it costs.
  F-FEE:
    topic: documents
    statement: A passport costs 25,000 AMD.
    source: {title: Law on fees, url: "https://example.org/fees", date: "2024-05-01"}
    confidence: high
    verified_on: 2026-11-01
  F-END:
    topic: documents
    statement: [Displaced people get it free, Ten days]
    source: {title: Order, url: "https://example.org/order", date: undated}
    confidence: medium
    verified_on: 2026-10-01
    valid_until: 2030-12-31
""",
    DOCUMENTS: """\
pack: tiny
topic: documents
questions:
  - id: passport
    title: {hy: Անձնագիր, ru: Паспорт, en: Passport}
    related: [documents/fee]
    follow_ups: {fee: documents/fee}
    answers:
      - facts: [F-FEE]
        links:
          - {url: "https://example.org/passport", title: example.org}
        hy:
          summary: Անձնագիրն արժե 25 000 դրամ։
        ru:
          summary: Паспорт стоит 25 000 драмов.
        en:
          summary: A passport costs 25,000 AMD.

  # For people who were displaced it is another thing.
  - id: fee
    title: {hy: Վճար, ru: Плата, en: Fee}
    answers:
      - facts: [F-FEE]
        hy: {summary: Վճարը 25 000 դրամ է։}
        ru: {summary: Плата 25 000 драмов.}
        en: {summary: The fee is 25 000 AMD.}
      - situation: displaced
        facts: [F-END]
        valid_until: 2030-12-31
        hy: {summary: Անվճար է։, steps: [Դիմեք, Ստացեք], how_long: 10 օր}
        ru: {summary: Бесплатно., steps: [Подайте, Получите], how_long: 10 дней}
        en: {summary: It is free., steps: [Apply, Collect], how_long: 10 days}
""",
    VISA: """\
pack: tiny
topic: visa
questions:
  - id: apply
    title: {hy: Վիզա, ru: Виза, en: Visa}
    answers:
      - facts: [F-FEE]
        hy: {summary: Զանգահարեք։}
        ru: {summary: Позвоните.}
        en: {summary: Call us.}
""",
}


def tiny_files() -> dict[str, str]:
    """A small pack without any remark to make: three questions in two topics, each with 15 examples and 4 tests."""
    found = dict(_WRITTEN)
    for topic, questions in {"documents": ("passport", "fee"), "visa": ("apply",)}.items():
        nlu = ['version: "3.1"', "nlu:"]
        tests = ["pack: tiny", "questions:"]
        for name in questions:
            nlu += [f"- intent: {topic}/{name}", "  examples:"]
            for number in range(5):
                for language, word in (("hy", "հարց"), ("ru", "вопрос"), ("en", "question")):
                    nlu += [f'  - text: "{word} {name} {number}"', f"    metadata: {{language: {language}}}"]
            tests += [f"  {topic}/{name}:", f'    en: ["is {name} a", "is {name} b", "is {name} c", "is {name} d"]']
        found[f"data/nlu/{topic}.yml"] = "\n".join(nlu) + "\n"
        found[f"tests/content/{topic}.yml"] = "\n".join(tests) + "\n"
    found["data/nlu/out_of_scope.yml"] = (
        "nlu:\n- intent: out_of_scope\n  examples:\n  - text: bake a cake\n"
        "    metadata: {language: en, source: mixed, style: short}\n"
    )
    found["tests/content/out_of_scope.yml"] = "pack: tiny\nout_of_scope:\n  en: [who won the match]\n"
    return found


def write(root: Path, content: dict[str, str]) -> Path:
    """Write files under a root and return it."""
    for name, text in content.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def change(root: Path, file: str, old: str, new: str) -> None:
    """Change one place in a file, as an editor does."""
    text = (root / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    (root / file).write_text(text.replace(old, new), encoding="utf-8")


def line_of(root: Path, file: str, text: str) -> int:
    """Return the first line of a file that contains a text."""
    lines = (root / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path, tiny_files())


@pytest.fixture(scope="module")
def real() -> files.LoadedFiles:
    return files.load(ROOT, "armenia")


def content_of(root: Path) -> Content:
    loaded = files.load(root, "tiny")
    assert loaded.findings == []
    assert loaded.content is not None
    return loaded.content


def the_error(root: Path) -> Finding:
    """Return the one error; content must not be usable with it."""
    loaded = files.load(root, "tiny")
    assert loaded.content is None
    assert len(loaded.findings) == 1, [str(finding) for finding in loaded.findings]
    return loaded.findings[0]


def test_what_the_files_say_is_in_the_content(root: Path) -> None:
    content = content_of(root)
    assert [question.id for question in content.questions] == ["documents/passport", "documents/fee", "visa/apply"]
    assert content.questions[0].topic == "documents"
    displaced = content.questions[1].answers[1]
    assert ("displaced", ["F-END"], dt.date(2030, 12, 31)) == (
        displaced.situation,
        displaced.facts,
        displaced.valid_until,
    )
    assert displaced.texts["en"].steps == ["Apply", "Collect"]
    assert list(displaced.texts) == ["hy", "ru", "en"]
    assert content.facts["F-END"].text() == "Displaced people get it free; Ten days"
    outside = content.examples[-1]
    assert (outside.source, outside.style) == ("mixed", "short") if outside.intent == "out_of_scope" else True
    assert len(content.examples) == 46
    assert ("out_of_scope", "who won the match") in {(item.expected, item.text) for item in content.held_back}


def test_places_and_who_stands_in_are_in_the_pack(root: Path) -> None:
    pack = content_of(root).pack
    assert [(place.id, place.origin, place.marz) for place in pack.places] == [
        ("dilijan", False, "tavush"),
        ("shushi", True, None),
    ]
    assert pack.places[0].patterns["en"] == ["dilijan", "delijan"]
    assert pack.fallbacks == {"uk": ["ru"], "lv": ["en", "ru"]}
    assert pack.emergency_questions == ["visa/apply"]


def test_a_pack_needs_no_places(root: Path) -> None:
    (root / PLACES).unlink()
    content = content_of(root)
    assert content.pack.places == []
    assert PLACES not in files.render(content, {}, {})


def test_every_thing_knows_its_place(root: Path) -> None:
    loaded = files.load(root, "tiny")
    assert (DOCUMENTS, line_of(root, DOCUMENTS, "id: fee")) == loaded.places[("question", "documents/fee")]
    assert (DOCUMENTS, line_of(root, DOCUMENTS, "situation: displaced")) == loaded.places[
        ("answer", "documents/fee", 1)
    ]
    assert (DOCUMENTS, line_of(root, DOCUMENTS, "Бесплатно")) == loaded.places[("text", "documents/fee", 1, "ru")]
    assert (FACTS, line_of(root, FACTS, "F-END")) == loaded.places[("fact", "F-END")]
    assert loaded.content is not None
    for kind, items in (("example", loaded.content.examples), ("held_back", loaded.content.held_back)):
        for number, item in enumerate(items):
            file, line = loaded.places[(kind, number)]
            assert item.text in (root / file).read_text(encoding="utf-8").splitlines()[line - 1]


def test_an_unknown_pack_is_named_with_those_that_exist(root: Path) -> None:
    with pytest.raises(ContentError, match="there is no pack 'georgia'; known packs: tiny"):
        files.load(root, "georgia")
    assert files.list_packs(root) == ["tiny"]


def test_a_missing_pack_file_is_said() -> None:
    loaded = files.parse({}, "tiny")
    assert [str(f) for f in loaded.findings] == ["data/packs/tiny/pack.yml:1: error: the file is missing"]


def test_files_of_another_pack_are_left_alone(root: Path) -> None:
    """Test questions lie in one directory for all packs."""
    before = content_of(root)
    write(root, {"tests/content/other.yml": "pack: other\nquestions:\n  a/b:\n    en: [something]\n"})
    write(root, {"data/packs/other/pack.yml": "pack: other\n"})
    assert before == content_of(root)


MISTAKES: list[tuple[str, str, str, str, str, str]] = [
    # what goes wrong, file, text there, what the editor made of it, text of the line that is named, message
    ("key misspelt", PACK, "phone:", "fone:", "pack: tiny", ""),
    (
        "phone as number",
        PACK,
        'phone: "84-22"',
        "phone: 8422",
        "phone: 8422",
        "'phone' must be text (put it into quotes",
    ),
    (
        "list as text",
        PACK,
        "\nlanguages: [hy, ru, en]",
        "\nlanguages: hy",
        "languages: hy",
        "'languages' must be a list",
    ),
    (
        "no list at all",
        PACK,
        'emergency_phones: ["112"]',
        "emergency_phones: []",
        "emergency_phones",
        "at least 1 item",
    ),
    ("unknown situation", PACK, "displaced: {hy", "tourist: {hy", "tourist", "'situations.tourist"),
    ("bad address", PACK, '"https://example.org"', "example", "website", "'website.url'"),
    ("no date", FACTS, "2026-11-01", "November 2026", "November", "'verified_on' must be a date like 2026-12-31"),
    ("month 13", FACTS, "2026-11-01", "2026-13-01", "2026-13-01", ""),
    ("confidence", FACTS, "confidence: high", "confidence: low", "confidence: low", "'high' or 'medium'"),
    ("source gone", FACTS, "    source: {title: Order", "    sauce: {title: Order", "F-END", ""),
    (
        "facts not by id",
        FACTS,
        "facts:\n",
        "fact:\n",
        "pack: tiny",
        "'facts:' with the facts by id under it is missing",
    ),
    ("place misspelt", PLACES, "  patterns: {en", "  paterns: {en", "id: shushi", "'patterns' is missing; add it"),
    ("place id", PLACES, "id: shushi", "id: Shushi City", "Shushi City", "'id'"),
    ("place pattern", PLACES, '["shushi", "shusha"]', "shushi", "", "'patterns.en' must be a list"),
    ("empty pattern", PLACES, '["shushi", "shusha"]', '["shushi", " "]', "", "is empty; write something or remove it"),
    ("place a word", PLACES, "- id: shushi", "- yerevan\n- id: shushi", "- yerevan", ""),
    ("origin", PLACES, "origin: true", "origin: perhaps", "origin: perhaps", "'origin'"),
    ("places gone", PLACES, "places:\n", "place:\n", "pack: tiny", "'places:' with a list under it is missing"),
    ("fallback", PACK, "uk: [ru]", "uk: ru", "fallbacks", "'fallbacks.uk' must be a list"),
    ("fallback language", PACK, "uk: [ru]", "uk: [Russian]", "fallbacks", "'fallbacks.uk.0'"),
    ("emergency question", PACK, "[visa/apply]", "[apply]", "emergency_questions", "'emergency_questions.0'"),
    (
        "no facts cited",
        DOCUMENTS,
        "- facts: [F-FEE]\n        links",
        "- facts: []\n        links",
        "facts: []",
        "at least 1",
    ),
    (
        "topic",
        DOCUMENTS,
        "topic: documents",
        "topic: papers",
        "topic: papers",
        "'topic' must be 'documents', like the file's name",
    ),
    ("questions gone", VISA, "questions:", "question:", "pack: tiny", "'questions:' with a list under it is missing"),
    (
        "question a word",
        VISA,
        "questions:\n",
        "questions:\n  - later\n",
        "- later",
        "a question needs 'id', 'title' and",
    ),
    (
        "title too long",
        VISA,
        "en: Visa",
        "en: " + "v" * 91,
        "vvv",
        "'title.en' String should have at most 90 characters",
    ),
    ("id with a space", VISA, "id: apply", "id: to apply", "id: to apply", "'id'"),
    ("unknown aspect", DOCUMENTS, "{fee: documents/fee}", "{price: documents/fee}", "{price:", "'follow_ups.price"),
    (
        "same situation",
        DOCUMENTS,
        "- situation: displaced\n        facts",
        "- facts",
        "",
        "two answers have the same 'situation'",
    ),
    (
        "only for some",
        VISA,
        "- facts",
        "- situation: displaced\n        facts",
        "answers:",
        "one answer must have no 'situation'",
    ),
    ("question twice", DOCUMENTS, "- id: fee", "- id: passport", "", "question 'documents/passport' stands also at"),
    (
        "no metadata",
        EXAMPLES,
        '"question fee 0"\n    metadata',
        '"question fee 0"\n    meta',
        "question fee 0",
        "an example needs",
    ),
    (
        "no examples",
        EXAMPLES,
        "- intent: documents/fee\n  examples",
        "- intent: documents/fee\n  example",
        "documents/fee",
        "each",
    ),
    ("no nlu", EXAMPLES, "nlu:", "nul:", "version", "'nlu:' with a list under it is missing"),
    ("empty example", EXAMPLES, '"question fee 0"', '" "', '" "', "'text' is empty; write something or remove it"),
    (
        "example a number",
        EXAMPLES,
        '"question fee 0"',
        "112",
        "112",
        "'text' must be text (put it into quotes if it looks like",
    ),
    (
        "language",
        EXAMPLES,
        'fee 0"\n    metadata: {language: en}',
        'fee 0"\n    metadata: {language: English}',
        "question fee 0",
        "'language'",
    ),
    ("test a number", TESTS, '"is fee a"', "112", "112", "'text' must be text"),
    ("tests as text", TESTS, 'en: ["is fee a", "is fee b", "is fee c", "is fee d"]', "en: price?", "price?", ""),
    ("tests as number", TESTS, 'en: ["is fee a", "is fee b", "is fee c", "is fee d"]', "en: 5", "", ""),
    ("tests without language", TESTS, '\n    en: ["is fee a"', ' ["is fee a"', "", ""),
    ("tests not by question", TESTS, "questions:\n", "questions: [documents]\nolder:\n", "questions: [documents]", ""),
    ("no YAML", TESTS, '["is fee a"', '["is fee a', "", "this is no valid YAML"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "message"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_is_told_with_file_and_line(root: Path, file: str, old: str, new: str, at: str, message: str) -> None:
    """An editor sees where to look; nothing is half used and nothing crashes."""
    change(root, file, old, new)
    loaded = files.load(root, "tiny")
    assert loaded.content is None
    assert {file} == {finding.file for finding in loaded.findings}
    assert {"error"} == {finding.severity for finding in loaded.findings}
    assert any(message in finding.message for finding in loaded.findings), loaded.findings
    if at:
        expected = line_of(root, file, at)
        assert expected in {finding.line for finding in loaded.findings}, [str(f) for f in loaded.findings]


def test_a_misspelt_key_is_told_both_ways(root: Path) -> None:
    change(root, PACK, "phone:", "fone:")
    loaded = files.load(root, "tiny")
    assert {
        f"{PACK}:2: error: 'phone' is missing; add it",
        f"{PACK}:{line_of(root, PACK, 'fone')}: error: 'fone' is not known here; check the spelling or remove it",
    } == {str(finding) for finding in loaded.findings}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("how_long: 10 дней", "how_lang: 10 дней", "'answers.1.ru.how_lang' is not known here"),
        ("how_long: 10 дней", "how_long: 5", "'answers.1.ru.how_long' must be text"),
        ("steps: [Подайте, Получите]", "steps: Подайте", "'answers.1.ru.steps' must be a list"),
    ],
    ids=["unknown", "number", "no list"],
)
def test_a_mistake_in_a_text_is_shown_at_that_text(root: Path, old: str, new: str, message: str) -> None:
    """An answer can have a hundred lines in three languages: the line is that of the language, not of the answer."""
    change(root, DOCUMENTS, old, new)
    error = the_error(root)
    assert message in error.message
    assert line_of(root, DOCUMENTS, new) == error.line


def test_a_question_without_an_id_is_told_so(root: Path) -> None:
    change(root, VISA, "- id: apply\n    title", "- title")
    error = the_error(root)
    assert line_of(root, VISA, "- title") == error.line
    assert error.message == "'id' is missing; add it"


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "", "# nothing yet\n", "5\n"])
@pytest.mark.parametrize("file", [PACK, PLACES, FACTS, DOCUMENTS, EXAMPLES, TESTS])
def test_a_file_without_keys_is_told(root: Path, file: str, text: str) -> None:
    write(root, {file: text})
    error = the_error(root)
    assert f"{file}:1: error: expected 'key: value' lines at the top level" == str(error)


def test_a_file_that_is_too_large_is_told(root: Path) -> None:
    """Also when the program does not run in the project's directory."""
    write(root, {VISA: "#" * (MAX_BYTES + 1)})
    error = the_error(root)
    assert (error.file, error.line) == (VISA, 1)
    assert "split it" in error.message


def test_all_mistakes_are_told_at_once_but_not_without_end(root: Path) -> None:
    for name in ("passport", "fee"):
        for number in range(5):
            for word in ("հարց", "вопрос", "question"):
                change(root, EXAMPLES, f'"{word} {name} {number}"', "5")
    loaded = files.load(root, "tiny")
    assert len(loaded.findings) == 30
    message = str(ContentError(loaded.findings))
    assert message.startswith("The content has 30 error(s):\n")
    assert message.endswith("… and 10 more")
    assert len(message.splitlines()) == 22


def test_what_was_written_is_read_again(root: Path) -> None:
    content = content_of(root)
    written = files.render(content, {}, {})
    assert set(tiny_files()) == set(written)
    again = files.parse(written, "tiny")
    assert again.findings == []
    assert again.content is not None
    assert sorted_by_file(content) == sorted_by_file(again.content)
    assert files.render(again.content, {}, {}) == written


def test_what_was_written_of_the_real_pack_is_read_again(real: files.LoadedFiles) -> None:
    assert real.content is not None
    again = files.parse(files.render(real.content, {}, {}), "armenia")
    assert again.findings == []
    assert again.content is not None
    assert sorted_by_file(real.content) == sorted_by_file(again.content)


def sorted_by_file(content: Content) -> dict[str, Any]:
    """Everything, where only the order between files does not count."""
    tree = content.model_dump()
    tree["examples"] = [(e.intent, e.text, e.language, e.source, e.style) for e in content.examples]
    tree["examples"].sort(key=lambda example: example[0])
    tree["held_back"].sort(key=lambda item: (item["expected"], item["language"], item["text"]))
    tree["questions"].sort(key=lambda question: question["id"].partition("/")[0])
    return tree


def test_files_are_written_for_people(root: Path) -> None:
    """Letters as they are, block style, nothing that only says the default."""
    text = files.render(content_of(root), {}, {})[DOCUMENTS].decode()
    assert "summary: Անձնագիրն արժե 25 000 դրամ։" in text
    assert "valid_until: 2030-12-31" in text
    assert "texts:" not in text
    assert "note:" not in text
    assert "\\u" not in text


def test_examples_and_test_questions_go_where_they_came_from(root: Path) -> None:
    content = content_of(root)
    written = files.render(content, {"visa/apply": "data/nlu/more.yml"}, {"visa/apply": "tests/content/more.yml"})
    assert "data/nlu/visa.yml" not in written
    assert b"question apply 0" in written["data/nlu/more.yml"]
    assert b"is apply a" in written["tests/content/more.yml"]


TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\x85"), min_size=1, max_size=60),
    st.sampled_from(
        ["yes", "null", "112", "2026-01-01", "- a", "a: b", "# a", "'", '"', "|", "*a", "&a", "!a", "%a", "=", "<<"]
    ),
).filter(
    lambda text: bool(text.strip("\x1c\x1d\x1e\x1f " + "\t\n\v\f\r\xa0\u1680\u2028\u2029\u202f\u205f\u3000").strip())
)


@settings(max_examples=30, deadline=None)
@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=3), TEXTS)
def test_no_text_is_changed_by_writing_and_reading(summary: str, fee: str, steps: list[str], example: str) -> None:
    """Whatever an editor types on the site comes back from the files the same."""
    loaded = files.parse(
        {name: text.encode() for name, text in tiny_files().items() if "/visa" in name or "packs" in name}, "tiny"
    )
    assert loaded.content is not None
    question = loaded.content.questions[-1].model_dump()
    question["answers"][0]["texts"]["en"] |= {"summary": summary, "fee": fee, "steps": steps}
    tree = loaded.content.model_dump()
    tree["examples"][0]["text"] = example
    tree["held_back"][0]["text"] = example
    tree["questions"][-1] = Question.model_validate(question).model_dump()
    content = Content.model_validate(tree)
    again = files.parse(files.render(content, {}, {}), "tiny")
    assert again.findings == []
    assert content == again.content
