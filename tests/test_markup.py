"""Bold, italic and links in answers: what is read as a mark, what stays text, what is refused."""

from __future__ import annotations

import string
from html.parser import HTMLParser

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import plain_text
from bot.conversation.composing import whole_answer
from bot.conversation.marked_html import marked_html
from bot.conversation.messages import AnswerBlock, Reply
from bot.knowledge import files, hashes
from bot.knowledge.library import Library
from bot.knowledge.markup import (
    LONGEST,
    MOST_BRACKETS,
    Mark,
    Marked,
    leads_somewhere,
    parse,
    plain,
    spelled_out,
    statement,
)
from bot.knowledge.markup_errors import errors
from bot.knowledge.schema import Content

SIGNS = set("*[<\\")


def marks(source: str) -> list[tuple[str, str, str | None]]:
    """Marks as (kind, the words they are on, address)."""
    read = parse(source)
    return [(mark.kind, read.text[mark.start : mark.end], mark.url) for mark in read.marks]


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("Bring **your passport**.", "Bring your passport.", [("bold", "your passport", None)]),
        ("It is *not* paid.", "It is not paid.", [("italic", "not", None)]),
        ("***Now***", "Now", [("italic", "Now", None), ("bold", "Now", None)]),
        ("Take [the form](https://a.am/x_y).", "Take the form.", [("link", "the form", "https://a.am/x_y")]),
        ("See <https://a.am/x>.", "See https://a.am/x.", [("link", "https://a.am/x", "https://a.am/x")]),
        ("<info@a.am>", "info@a.am", [("link", "info@a.am", "mailto:info@a.am")]),
        ("[Call](tel:84-22)", "Call", [("link", "Call", "tel:84-22")]),
        (
            "[the **new** form](https://a.am)",
            "the new form",
            [("link", "the new form", "https://a.am"), ("bold", "new", None)],
        ),
        ("**[form](https://a.am)**", "form", [("bold", "form", None), ("link", "form", "https://a.am")]),
        ("**a **b** c**", "a b c", [("bold", "a b c", None)]),
        ("Անունը՝ **Անի**։ 👨‍👩‍👧 *այո*", "Անունը՝ Անի։ 👨‍👩‍👧 այո", [("bold", "Անի", None), ("italic", "այո", None)]),
        ("**first**\n**second**", "first\nsecond", [("bold", "first", None), ("bold", "second", None)]),
        (r"\*no\* \[x\](y) \\", "*no* [x](y) \\", []),
        ("one\\\ntwo", "one\ntwo", []),
        ("[ the form ](https://a.am)", " the form ", [("link", "the form", "https://a.am")]),
        ("*now*, see _form_ __b__", "now, see _form_ __b__", [("italic", "now", None)]),
        ("[https://հայ.հայ/ա](https://հայ.հայ/ա)", "https://հայ.հայ/ա", [("link", "https://հայ.հայ/ա", "https://հայ.հայ/ա")]),
    ],
)  # fmt: skip
def test_marks(source: str, text: str, found: list[tuple[str, str, str | None]]) -> None:
    assert (text, found) == (plain(source), marks(source))


@pytest.mark.parametrize(
    "text",
    ["a_b _c_ __d__", "5 * 3 * 2", "fee*", "[sic]", "«[sic]»", "(1) first", "1. first", "# 5", "> so", "- so\n- so", "`a`",
     "a &amp; b &#42;", "C:\\Users", "[a][b]", "[x]: https://a.am", "https://a.am", "a  \nb\n\nc", "  edges  ", "~~a~~", "\r\n\t"],
)  # fmt: skip
def test_what_is_no_mark_stays_as_it_is(text: str) -> None:
    """Authors of today's texts never heard of marks: nothing of theirs may change."""
    assert (text, []) == (parse(text).text, parse(text).marks)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=SIGNS), max_size=200))
def test_text_without_the_signs_is_unchanged(text: str) -> None:
    assert (text, []) == (parse(text).text, parse(text).marks)


@given(st.text(st.sampled_from("ab ՝։ *_[]()<>\\`!#|&;\n"), max_size=60))
def test_every_sign_can_be_shown_with_a_backslash(text: str) -> None:
    source = "".join("\\" + letter if letter in string.punctuation else letter for letter in text)
    assert (text, [], []) == (parse(source).text, parse(source).marks, errors(source))


PIECES = st.sampled_from(
    ["*", "**", "***", "_", "[", "]", "(", ")", "](", "<", ">", "\\", "!", " ", "\n", "a", "բ", "👨‍👩‍👧", "\u202e", "https://a.am",
     "(https://a.am)", "javascript:hit()", "[x](https://a.am)", "<https://a.am>", '"t"', "**b**", "*i*", "tel:84-22", "<b>", "&lt;"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_marks_lie_within_the_text_nested_and_safe(source: str) -> None:
    """Channels rely on it: in order, the outer before the inner, none empty or half within another, no blank edges."""
    read = parse(source)
    assert len(read.literal) == len(read.text)
    open_marks: list[Mark] = []
    last = (-1, 0)
    for mark in read.marks:
        assert 0 <= mark.start < mark.end <= len(read.text)
        words = read.text[mark.start : mark.end]
        assert words == words.strip()
        assert (mark.start, -mark.end) >= last
        last = (mark.start, -mark.end)
        open_marks = [each for each in open_marks if each.end > mark.start]
        assert all(mark.end <= each.end for each in open_marks)
        assert mark.kind not in [each.kind for each in open_marks]
        open_marks.append(mark)
        assert (mark.url is not None) == (mark.kind == "link")
        assert mark.url is None or leads_somewhere(mark.url)


class _Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.links = "", set[str](), list[str]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += "\n" if tag == "br" else ""
        assert {name for name, _ in attrs} <= {"href", "rel"}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.lists(PIECES, max_size=30).map("".join))
def test_html_shows_the_plain_text_and_nothing_else(source: str) -> None:
    read = parse(source)
    shown = _Text(str(marked_html(read.text, read.marks)))
    assert shown.text == read.text
    assert shown.tags <= {"strong", "em", "a", "bdi", "br"}
    assert shown.links == [mark.url for mark in read.marks if mark.kind == "link"]


def test_html_escapes_what_looks_like_html() -> None:
    read = parse('**<b>&amp;"</b>** [<i>](https://a.am/?a=1&b=2)')
    assert marked_html(read.text, read.marks) == (
        "<strong>&lt;b&gt;&amp;amp;&#34;&lt;/b&gt;</strong> "
        '<a href="https://a.am/?a=1&amp;b=2" rel="noopener noreferrer"><bdi>&lt;i&gt;</bdi></a>'
    )


def test_an_address_that_runs_something_makes_no_link_whoever_hands_it_in() -> None:
    html = marked_html("press", [Mark(start=0, end=5, kind="link", url="javascript:hit()")])
    assert html == "<bdi>press</bdi>"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "java&#115;cript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x", "file:///x",
     "//evil.example", "/studio", "evil.example", "https://", "https://localhost", "https://a b.am", "https://a.am\\@evil.am", "https://gov.am@evil.am",
     "https://a.am/\u202etxt", "https://a.am:99999/", "tel:", "tel:abc", "mailto:x", "mailto:a@b.am?bcc=c@d.am", "java\tscript:x",
     "https://[::1", " https://a.am"],
)  # fmt: skip
def test_addresses_that_are_never_linked(url: str) -> None:
    """Neither as they are, nor in angle brackets, nor with their colon written as an entity: the text stays as typed."""
    assert not leads_somewhere(url)
    for source in (f"[x]({url})", f"[x](<{url}>)", f"<{url}>"):
        if url.startswith(" "):
            continue  # CommonMark drops blanks around an address
        assert all(mark.kind != "link" or leads_somewhere(mark.url or "") for mark in parse(source).marks)
        assert [mark.url for mark in parse(source).marks] in ([], ["mailto:a@b.am"])
        assert errors(source)


WORST = {
    "stars": "*" * 10_000,
    "open stars": "**a" * 1333,
    "closing stars": "a**" * 1333,
    "brackets": "[" * 10_000,
    "nested": "[" * 99 + "x" + "](https://a.am)" * 99,
    "brackets and stars": ("[" + "*" * 38) * 100,
    "angles": "[<a:" * 100 + "*" * 3500,
    "backslashes": "\\" * 4000,
    "long destinations": "[x](" + "(" * 3900,
    "table lines": "|-" * 2000,
}


@pytest.mark.parametrize("source", WORST.values(), ids=WORST.keys())
def test_hostile_texts_end(source: str) -> None:
    """What is read for marks is bounded in length and in brackets, so the slowest takes a part of a second."""
    read = parse(source)
    assert len(read.text) <= len(source)
    errors(source)
    marked_html(read.text, read.marks)
    if len(source) > LONGEST:
        assert read.text == source


def test_what_is_read_for_marks_is_bounded() -> None:
    """Beyond, a text stays as it is; the checks refuse it for its length or for its signs."""
    longest = "**a**" + " " * (LONGEST - 5)
    assert parse(longest).marks
    assert parse(longest + " ") == Marked(longest + " ", literal=longest + " ")
    most = "[" * MOST_BRACKETS + "**a**"
    assert parse(most).marks
    assert parse("[" + most).marks == []
    assert "mark_unclosed" in {each.code for each in errors("[" + most)}


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("Take [the form](https://a.am", "link_unclosed"),
        ("Take form](https://a.am)", "link_unclosed"),
        ("[form] (https://a.am)", "link_spaced"),
        ("[form](https://a b.am)", "link_spaced"),
        ("[form](htps://a.am)", "link_address"),
        ("[form](www.a.am)", "link_address"),
        ("[form]()", "link_address"),
        ("[x](javascript:hit())", "link_address"),
        ("[](https://a.am)", "link_empty"),
        ("[ ](https://a.am)", "link_empty"),
        ("[https://gov.am](https://evil.example)", "link_misleads"),
        ("[<https://gov.am>](https://evil.example)", "link_misleads"),
        ("**Bring it", "mark_unclosed"),
        ("** Bring it **", "mark_unclosed"),
        ("**Bring it*", "mark_unclosed"),
        ("# Fee", "markup"),
        ("So:\n## Fee", "markup"),
        ("![x](https://a.am/x.png)", "markup"),
        ("<b>x</b>", "markup"),
        ("[<b>](https://a.am)", "markup"),
        ("1 < 2", "markup"),
        ("```\nx\n```", "markup"),
        ("a | b\n--- | ---\n1 | 2", "markup"),
        ('[form](https://a.am "title")', "markup"),
    ],
)
def test_what_came_to_nothing_is_an_error_that_says_what_to_do(source: str, code: str) -> None:
    found = errors(source)
    assert {code} == {each.code for each in found}
    assert all("Write" in str(each) or "write" in str(each) or "begins with" in str(each) for each in found)


@pytest.mark.parametrize(
    "source",
    ["**Bring** *it* to [us](https://a.am)!", "Look!<https://a.am>", "5 * 3", "fee*", r"1 \< 2 \*\*", "[sic] (1)", "a | b", "#1",
     "[a](https://a.am/x_(y))", "`քանի՞`", "[84-22](tel:84-22)", "<https://a.am/**/x>"],
)  # fmt: skip
def test_what_is_right_is_not_complained_of(source: str) -> None:
    assert errors(source) == []


def test_the_real_content_has_no_marks_yet_and_none_by_chance() -> None:
    """Every text of the pack comes out as it was written, to the letter."""
    content = files.load(ROOT, "armenia").content
    assert content is not None
    texts = [
        text
        for question in content.questions
        for answer in question.answers
        for each in answer.texts.values()
        for _, text in each.strings()
    ]
    assert len(texts) > 1000
    assert [text for text in texts if parse(text).text != text or parse(text).marks or errors(text)] == []


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("Pay 3000 by [form 17](https://a.am/2024/99)", "Pay 3000 by form 17"),
        ("See <https://a.am/2024>.", "See ."),
        ("See [a.am/2024](https://a.am/2024).", "See ."),
        ("[Call us](tel:84-22)", "Call us 84-22"),
        ("[84-22](tel:8422)", "84-22"),
        ("[010 52-00-00](tel:+37410520000)", "010 52-00-00"),
        ("[84-22](tel:8423)", "84-22 8423"),
    ],
)
def test_an_address_states_nothing_and_a_number_to_dial_does(source: str, says: str) -> None:
    """The year in an address is no claim; a telephone number behind other words is what people will dial."""
    assert says == statement(source)


def test_addresses_are_spelled_out_where_nothing_can_be_linked() -> None:
    read = parse("**Take** [the *form*](https://a.am) to <https://b.am> or [call](tel:84-22): **now**")
    text, left = spelled_out(read.text, read.marks, lambda mark: True)
    assert text == "Take the form (https://a.am) to https://b.am or call (84-22): now"
    assert [(m.kind, text[m.start : m.end]) for m in left] == [("bold", "Take"), ("italic", "form"), ("bold", "now")]


def _block(content: Content) -> AnswerBlock:
    library = Library(content)
    question = library.question("visa/fee")
    assert question is not None
    return whole_answer(library, library.choose(question, "en", None), "en")


def test_a_formatted_text_is_other_content_and_the_same_training() -> None:
    """So it goes live within seconds, without training."""
    before = files.load(ROOT, "armenia").content
    assert before is not None
    tree = before.model_dump(mode="json")
    tree["questions"][0]["answers"][0]["texts"]["en"]["summary"] += " **Now** [here](https://a.am)."
    after = Content.model_validate(tree)
    assert hashes.of_content(after) != hashes.of_content(before)
    assert hashes.of_training(after, ROOT) == hashes.of_training(before, ROOT)


def test_blocks_carry_plain_text_and_json_has_marks_only_where_there_are_some() -> None:
    """Whoever reads the API and knows nothing of marks reads the same keys as before."""
    content = files.load(ROOT, "armenia").content
    assert content is not None
    before = _block(content)
    assert "marks" not in before.model_dump_json()
    tree = content.model_dump(mode="json")
    (fee,) = (question for question in tree["questions"] if question["id"] == "visa/fee")
    fee["answers"][0]["texts"]["en"] |= {
        "summary": "It is **free**.",
        "steps": ["Go.", "Take [the form](https://a.am)."],
        "fee": "*Nothing*",
        "note": "<https://b.am>",
    }
    block = _block(Content.model_validate(tree))
    assert (block.summary, block.note) == ("It is free.", "https://b.am")
    sections = {section.kind: section for section in block.sections}
    assert (sections["steps"].items, sections["fee"].text) == (["Go.", "Take the form."], "Nothing")
    dumped = block.model_dump(mode="json")
    assert dumped["marks"] == [{"start": 6, "end": 10, "kind": "bold"}]
    steps = next(section for section in dumped["sections"] if section["kind"] == "steps")
    assert steps["item_marks"] == [[], [{"start": 5, "end": 13, "kind": "link", "url": "https://a.am"}]]
    assert AnswerBlock.model_validate(dumped) == block
    said = plain_text.render(Reply(outcome="answer", language="en", blocks=[block]))
    assert "2. Take the form (https://a.am)." in said
    assert "**" not in said
