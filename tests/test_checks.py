"""What an author is told about content that can be read but must not be used as it is.

Long because every rule of the check has its own case here.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from test_content_files import (
    DOCUMENTS,
    EXAMPLES,
    FACTS,
    PACK,
    TESTS,
    VISA,
    change,
    line_of,
    tiny_files,
    write,
)

from bot.knowledge import checks, files
from bot.knowledge.checks import comparable, fact_numbers, numbers
from bot.knowledge.days import day_at
from bot.knowledge.files import Finding
from bot.knowledge.schema import Fact, Source

ROOT = Path(__file__).resolve().parent.parent
TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path, tiny_files())


def found(root: Path, today: dt.date = TODAY) -> list[Finding]:
    return checks.check(files.load(root, "tiny"), today)


def the_finding(root: Path, severity: str = "error", today: dt.date = TODAY) -> Finding:
    """Return the one finding."""
    findings = found(root, today)
    assert [severity] == [finding.severity for finding in findings], [str(finding) for finding in findings]
    return findings[0]


def test_good_content_has_nothing_to_remark(root: Path) -> None:
    assert [str(finding) for finding in found(root)] == []


def test_an_unknown_fact(root: Path) -> None:
    change(root, VISA, "facts: [F-FEE]", "facts: [F-FEE, F-VISA]")
    finding = the_finding(root)
    assert "fact 'F-VISA' is not in facts.yml" in finding.message
    assert (VISA, line_of(root, VISA, "F-VISA")) == (finding.file, finding.line)


@pytest.mark.parametrize(
    ("new", "strange"),
    [
        ("Позвоните до 18:00.", "0, 18"),
        ("Это стоит 26 000 драмов.", "26000"),
        ("Звоните 84-23.", "23"),
        ("Закон № 2024.", None),  # the date of the source
        ("Сбор 25.000 драмов, звоните 84-22.", None),
        ("Сбор 25\u00a0000 драмов.", None),
    ],
)
def test_a_number_without_a_fact(root: Path, new: str, strange: str | None) -> None:
    """An amount or a phone number that nobody can trace is the worst thing to tell a person."""
    for language, text in (("hy", "Զանգահարեք։"), ("ru", "Позвоните."), ("en", "Call us.")):
        change(
            root,
            VISA,
            f"{language}: {{summary: {text}}}",
            f"{language}: {{summary: '{new if language == 'ru' else text}'}}",
        )
    errors = [finding for finding in found(root) if finding.severity == "error"]
    if strange is None:
        assert [str(error) for error in errors] == []
    else:
        assert [f"ru.summary: no cited fact contains {strange}; cite the fact or take the number out"] == [
            error.message for error in errors
        ]
        assert (VISA, line_of(root, VISA, new)) == (errors[0].file, errors[0].line)


def test_a_number_of_a_fact_that_is_not_cited_does_not_count(root: Path) -> None:
    change(
        root,
        DOCUMENTS,
        "- situation: displaced\n        facts: [F-END]",
        "- situation: displaced\n        facts: [F-FEE]",
    )
    assert {"no cited fact contains 10"} <= {
        finding.message.partition(": ")[2].partition(";")[0] for finding in found(root) if finding.severity == "error"
    }


def test_a_number_in_every_part_of_an_answer_is_looked_at(root: Path) -> None:
    parts = (
        "steps: [Pay 7001], documents: [7002 photos], fee: '7003', where: '7004', how_long: '7005', "
        "deadline: '7006', children: '7007', note: '7008'"
    )
    change(root, VISA, "summary: Call us.", f"summary: Call us., {parts}")
    errors = [finding.message for finding in found(root) if finding.severity == "error"]
    assert [str(number) for number in range(7001, 7009)] == sorted(
        message.partition("contains ")[2].partition(";")[0] for message in errors
    )


def test_an_answer_must_end_with_its_facts(root: Path) -> None:
    change(root, DOCUMENTS, "        valid_until: 2030-12-31\n", "")
    finding = the_finding(root)
    assert finding.message == "a cited fact holds only until 2030-12-31: set 'valid_until: 2030-12-31'"
    assert (DOCUMENTS, line_of(root, DOCUMENTS, "situation: displaced")) == (finding.file, finding.line)


@pytest.mark.parametrize(("end", "right"), [("2031-01-01", False), ("2030-12-31", True), ("2029-01-01", True)])
def test_an_answer_must_not_outlive_its_facts(root: Path, end: str, right: bool) -> None:
    change(root, DOCUMENTS, "        valid_until: 2030-12-31\n", f"        valid_until: {end}\n")
    assert right is (found(root) == [])


def test_the_first_fact_to_end_counts(root: Path) -> None:
    change(root, FACTS, "verified_on: 2026-11-01\n", "verified_on: 2026-11-01\n    valid_until: 2029-05-05\n")
    change(root, DOCUMENTS, "facts: [F-END]", "facts: [F-END, F-FEE]")
    messages = [finding.message for finding in found(root) if finding.line == line_of(root, DOCUMENTS, "- situation")]
    assert messages == ["a cited fact holds only until 2029-05-05: set 'valid_until: 2029-05-05'"]


def test_an_answer_that_has_ended_is_a_warning_from_the_day_after(root: Path) -> None:
    assert found(root, dt.date(2030, 12, 31)) == []
    finding = the_finding(root, "warning", dt.date(2031, 1, 1))
    assert "'documents/fee' was valid until 2030-12-31" in finding.message
    assert (DOCUMENTS, line_of(root, DOCUMENTS, "situation: displaced")) == (finding.file, finding.line)


def test_an_answer_ends_by_the_day_at_the_authority(root: Path) -> None:
    """Its last day has come in the east and is over there when it has only begun in the west."""
    east, west = "Pacific/Kiritimati", "Etc/GMT+12"
    change(root, FACTS, "valid_until: 2030-12-31\n", "")
    change(root, DOCUMENTS, "valid_until: 2030-12-31", f"valid_until: {day_at(west)}")
    change(root, PACK, "time_zone: Asia/Yerevan", f"time_zone: {west}")
    assert checks.check(files.load(root, "tiny")) == []
    change(root, PACK, f"time_zone: {west}", f"time_zone: {east}")
    (finding,) = checks.check(files.load(root, "tiny"))
    assert "'documents/fee' was valid until" in finding.message


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("Զանգահարեք։", "Позвоните", "hy.summary"),
        ("Позвоните.", "Զանգահարեք", "ru.summary"),
        ("Call us.", "Cаll us.", "en.summary"),  # a Cyrillic letter that looks Latin
        ("Call us.", "Call us at Երևան.", "en.summary"),
    ],
)
def test_letters_of_another_script(root: Path, old: str, new: str, field: str) -> None:
    change(root, VISA, old, new)
    finding = the_finding(root)
    assert finding.message.startswith(f"{field}: contains letters of another script")
    assert (VISA, line_of(root, VISA, f"{field[:2]}: {{summary")) == (finding.file, finding.line)


def test_latin_letters_are_allowed_in_every_language(root: Path) -> None:
    """Addresses of sites and names of forms are Latin."""
    change(root, VISA, "Позвоните.", "Позвоните или напишите на evisa.mfa.am.")
    change(root, VISA, "Զանգահարեք։", "Զանգահարեք կամ գրեք evisa.mfa.am։")
    assert found(root) == []


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        ("<b>Call</b> us", "“<b>” cannot be used here"),
        ("**Call us", "the stars at “**Call us” have no partner"),
        ("[Call](javascript:hit) us", "“javascript:hit” leads nowhere"),
        ("[Call](https://example.org us", "the link “[Call](https://example.org us” has no end"),
        ("## Call us", "“## Call us” cannot be used here"),
        ("1 < 84", "“<” cannot be used here"),
    ],
)
def test_formatting_that_comes_to_nothing_is_an_error(root: Path, new: str, wrong: str) -> None:
    change(root, VISA, "en: {summary: Call us.}", f"en: {{summary: '{new}'}}")
    messages = [finding.message for finding in found(root) if finding.severity == "error"]
    assert any(message.startswith(f"en.summary: {wrong}") for message in messages), messages


def test_bold_italic_and_links_are_allowed_and_their_addresses_state_nothing(root: Path) -> None:
    """The number in the address needs no fact, the one in the words does."""
    for language, old in (("hy", "Զանգահարեք։"), ("ru", "Позвоните."), ("en", "Call us.")):
        new = f"**{old}** *84-22* [www](https://example.org/2019/7001)"
        change(root, VISA, f"{language}: {{summary: {old}}}", f"{language}: {{summary: '{new}'}}")
    assert [str(each) for each in found(root)] == []
    change(root, VISA, "**Call us.** *84-22* [www]", "**Call us.** *84-22* [www 7001]")
    assert "en.summary: no cited fact contains 7001" in found(root)[0].message


def test_a_missing_language_is_a_warning(root: Path) -> None:
    """The answer can be given, in another language and saying so."""
    change(root, VISA, "        ru: {summary: Позвоните.}\n", "")
    finding = the_finding(root, "warning")
    assert "'visa/apply' has no text in 'ru'" in finding.message
    assert (VISA, line_of(root, VISA, "- facts")) == (finding.file, finding.line)


def test_an_answer_that_says_nothing_is_an_error(root: Path) -> None:
    """It could not be given in any language: asking for it would end in a failure."""
    for text in ("hy: {summary: Զանգահարեք։}", "ru: {summary: Позвоните.}", "en: {summary: Call us.}"):
        change(root, VISA, f"        {text}\n", "")
    assert "error" in {finding.severity for finding in found(root)}


def test_a_missing_title_is_an_error(root: Path) -> None:
    change(root, VISA, "title: {hy: Վիզա, ru: Виза, en: Visa}", "title: {hy: Վիզա, en: Visa}")
    finding = the_finding(root)
    assert finding.message == "'visa/apply' has no title in 'ru'; add one"
    assert (VISA, line_of(root, VISA, "id: apply")) == (finding.file, finding.line)


@pytest.mark.parametrize(
    "new",
    [
        "summary: Call us., fee: Free",
        "summary: Call us or 84-22",
        "summary: Call us., steps: [One more]",
    ],
    ids=["part", "number", "list"],
)
def test_languages_that_differ_are_a_warning(root: Path, new: str) -> None:
    change(root, VISA, "summary: Call us.", new)
    assert "the languages differ in parts, list lengths or numbers" in the_finding(root, "warning").message


def test_lists_of_different_length_are_a_warning(root: Path) -> None:
    change(root, DOCUMENTS, "steps: [Подайте, Получите]", "steps: [Подайте]")
    assert "'documents/fee': the languages differ" in the_finding(root, "warning").message


def test_a_lead_to_nowhere(root: Path) -> None:
    change(root, DOCUMENTS, "related: [documents/fee]", "related: [documents/fees]")
    finding = the_finding(root)
    assert "'documents/passport' leads to 'documents/fees', which is no other question" in finding.message
    assert (DOCUMENTS, line_of(root, DOCUMENTS, "id: passport")) == (finding.file, finding.line)


@pytest.mark.parametrize("other", ["documents/passport", "visa/nothing"])
def test_a_follow_up_must_lead_to_another_question(root: Path, other: str) -> None:
    change(root, DOCUMENTS, "follow_ups: {fee: documents/fee}", f"follow_ups: {{fee: {other}}}")
    assert f"'documents/passport' leads to '{other}'" in the_finding(root).message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "start_questions: [documents/passport]",
            "start_questions: [documents/old]",
            "there is no question 'documents/old'",
        ),
        ("documents: {fee: documents/fee}", "documents: {fee: visa/fee}", "there is no question 'visa/fee'"),
        (
            "emergency_questions: [visa/apply]",
            "emergency_questions: [complaints/violence]",
            "there is no question 'complaints/violence'",
        ),
        ("  visa: {", "  work: {hy: Ա, ru: Р, en: W}\n  visa: {", "topic 'work' has no question"),
    ],
    ids=["start", "follow-up", "emergency", "topic"],
)
def test_the_pack_file_fits_its_questions(root: Path, old: str, new: str, message: str) -> None:
    change(root, PACK, old, new)
    finding = the_finding(root)
    assert message in finding.message
    assert finding.file == PACK


def test_a_topic_that_the_pack_does_not_name(root: Path) -> None:
    change(root, PACK, "  visa: {hy: Վիզա, ru: Виза, en: Visas}\n", "")
    finding = the_finding(root)
    assert finding.message == "topic 'visa' is not in pack.yml; add it there under 'topics'"
    assert (VISA, line_of(root, VISA, "id: apply")) == (finding.file, finding.line)


@pytest.mark.parametrize("again", ["question fee 0", "Question  FEE 0?", "question, fee: 0!"])
def test_an_example_that_stands_twice(root: Path, again: str) -> None:
    """Case, punctuation and spaces make no other sentence."""
    change(root, EXAMPLES, '"question fee 1"', f'"{again}"')
    finding = the_finding(root)
    first = line_of(root, EXAMPLES, "question fee 0")
    assert f"'{again}' stands twice ({EXAMPLES}:{first}); remove one" == finding.message
    assert finding.line > first


def test_an_example_under_two_questions(root: Path) -> None:
    """The model could only guess."""
    change(root, EXAMPLES, '"question fee 1"', '"question passport 1"')
    finding = the_finding(root)
    assert "'question passport 1' stands under 'documents/passport' as well" in finding.message
    assert finding.file == EXAMPLES


def test_examples_without_letters_are_told_apart(root: Path) -> None:
    """A thumb up is not a wave, and an ellipsis is not a question mark."""
    change(root, EXAMPLES, '"question fee 1"', '"👍"')
    change(root, EXAMPLES, '"question fee 2"', '"👋"')
    change(root, EXAMPLES, '"question fee 3"', '"?"')
    assert [str(finding) for finding in found(root)] == []


def test_an_example_of_no_question(root: Path) -> None:
    change(root, EXAMPLES, "- intent: documents/fee", "- intent: documents/fees")
    messages = {finding.message for finding in found(root) if finding.severity == "error"}
    assert "there is no question 'documents/fees'; correct the intent or write its answer" in messages


def test_too_few_examples_are_a_warning(root: Path) -> None:
    change(root, EXAMPLES, '  - text: "question fee 4"\n    metadata: {language: en}\n', "")
    finding = the_finding(root, "warning")
    assert finding.message == "'documents/fee' has 14 examples, fewer than 15; add some"
    assert (DOCUMENTS, line_of(root, DOCUMENTS, "id: fee")) == (finding.file, finding.line)


def test_too_few_test_questions_are_a_warning(root: Path) -> None:
    change(root, TESTS, ', "is fee d"', "")
    finding = the_finding(root, "warning")
    assert finding.message == "'documents/fee' has 3 test questions, fewer than 4"


@pytest.mark.parametrize("text", ["question passport 3", "QUESTION passport 3?"])
def test_a_test_question_among_the_examples(root: Path, text: str) -> None:
    """What was trained on says nothing about how well it was learnt."""
    change(root, TESTS, '"is fee b"', f'"{text}"')
    finding = the_finding(root)
    assert f"'{text}' is also a training example of 'documents/passport'" in finding.message
    assert (TESTS, line_of(root, TESTS, text)) == (finding.file, finding.line)


def test_a_test_question_of_nothing(root: Path) -> None:
    change(root, TESTS, "  documents/fee:", "  documents/price:")
    messages = {finding.message for finding in found(root) if finding.severity == "error"}
    assert {"'documents/price' is neither a question nor another intent of the examples"} == messages


def test_a_question_whose_examples_are_not_written_yet_is_still_a_question(root: Path) -> None:
    change(root, EXAMPLES, "- intent: documents/fee\n", "- intent: smalltalk/fee\n")
    assert not [finding for finding in found(root) if "is neither a question" in finding.message]


def test_errors_of_reading_are_among_the_findings(root: Path) -> None:
    change(root, PACK, "phone:", "fone:")
    assert {"error"} == {finding.severity for finding in found(root)}


def test_errors_come_first(root: Path) -> None:
    change(root, VISA, "Call us.", "Call 77 times")
    change(root, EXAMPLES, '  - text: "question passport 4"\n    metadata: {language: en}\n', "")
    severities = [finding.severity for finding in found(root)]
    assert sorted(severities) == severities
    assert {"error", "warning"} == set(severities)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 000 AMD by 01.09.2025, call 84-22", {"50000", "1", "9", "2025", "84", "22"}),
        ("1,000,000", {"1000000"}),
        ("25\u00a0000 and 25\u202f000", {"25000"}),
        ("35×45 mm", {"35", "45"}),
        ("in 2025, 100 people", {"2025", "100"}),
        ("+374 10 123456", {"374", "10", "123456"}),
        ("9:30", {"9", "30"}),
        ("nothing", set()),
    ],
)
def test_numbers_in_a_text(text: str, expected: set[str]) -> None:
    assert expected == numbers(text)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([" ", ",", ".", "\u00a0", "\u202f", ""]))
def test_a_number_is_the_same_however_its_thousands_are_set_apart(value: int, separator: str) -> None:
    assert {str(value)} == numbers(f"it costs {value:,} AMD".replace(",", separator))


def fact(statement: str, caveat: str | None = None, date: str = "undated") -> Fact:
    return Fact(
        topic="documents",
        statement=statement,
        source=Source(title="Law", url="https://example.org", date=date),
        confidence="high",
        caveat=caveat,
        verified_on=dt.date(2026, 11, 1),
    )


def test_a_fact_supports_its_number_words_its_source_and_its_caveat() -> None:
    supported = fact_numbers(fact("Within three months, at most twice, from the first day", "not 45", "2024-05-17"))
    assert {"3", "1", "45", "2024", "5", "17", "2026", "11"} <= supported
    assert "2" not in supported


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("3", "3000000"),
        ("1.5", "1500000"),
        ("2.25", "2250000"),
        ("4.1", "4100000"),
        ("8.2", "8200000"),
        ("2.07", "2070000"),
    ],
)
def test_a_fact_in_millions_supports_the_number_written_out(amount: str, expected: str) -> None:
    assert expected in fact_numbers(fact(f"Up to {amount} million AMD for a house"))


def test_sentences_are_compared_without_what_does_not_matter() -> None:
    assert comparable("Ինչպե՞ս ստանամ  վիզա։") == comparable("ինչպես ստանամ, վիզա")
    assert comparable("Как получить визу?") == comparable("КАК ПОЛУЧИТЬ «ВИЗУ»")
    assert comparable("visa for 1 month") != comparable("visa for 2 months")


@pytest.fixture(scope="module")
def real() -> files.LoadedFiles:
    return files.load(ROOT, "armenia")


def test_the_real_pack_has_no_error(real: files.LoadedFiles) -> None:
    assert [str(finding) for finding in checks.check(real) if finding.severity == "error"] == []


def test_the_places_of_the_real_pack_are_told_apart(real: files.LoadedFiles) -> None:
    """One pattern means one place, in whatever language; every place has its name in the pack's languages."""
    assert real.content is not None
    places = real.content.pack.places
    assert [name for name, count in Counter(place.id for place in places).items() if count > 1] == []
    meant: dict[str, set[str]] = {}
    for place in places:
        assert set(real.content.pack.languages) <= set(place.name), place.id
        for patterns in place.patterns.values():
            for pattern in patterns:
                meant.setdefault(pattern, set()).add(place.id)
    assert {pattern: ids for pattern, ids in meant.items() if len(ids) > 1} == {}


def test_the_real_pack_is_as_large_as_promised(real: files.LoadedFiles) -> None:
    content = real.content
    assert content is not None
    assert {"hy", "ru", "en"} == set(content.pack.languages)
    topics = {question.topic for question in content.questions}
    assert (12, set(content.pack.topics)) == (len(topics), topics)
    assert len(content.questions) >= 70
    examples = Counter(example.intent for example in content.examples)
    assert [question.id for question in content.questions if examples[question.id] < 15] == []
    assert examples["out_of_scope"] >= 200


def test_the_real_pack_speaks_every_language_everywhere(real: files.LoadedFiles) -> None:
    """Every answer has its text, and every question is trained, in each of the three languages."""
    content = real.content
    assert content is not None
    languages = set(content.pack.languages)
    spoken = {question.id: [set(answer.texts) for answer in question.answers] for question in content.questions}
    assert [key for key, answers in spoken.items() if any(answer != languages for answer in answers)] == []
    trained = {(example.intent, example.language) for example in content.examples}
    assert [(key, language) for key in spoken for language in languages if (key, language) not in trained] == []
