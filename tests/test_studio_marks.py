"""Formatting in the answer form: buttons and keys, undo, the row for an address, the previews, stored script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_help import chromium
from conftest import Server
from playwright.sync_api import Browser, Locator, Page, expect
from studio_help import accessibility_problems, colleague, own_server

PATH = "/studio/answers/visa/evisa/en"


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose content these tests change."""
    with own_server(trained, tmp_path_factory.mktemp("marks")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The answer form, open before an editor; the browser has nothing to complain of."""
    with colleague(browser, server, "editor") as ani:
        ani.opens(PATH)
        expect(ani.page.locator("#f-summary")).to_be_visible()
        yield ani.page
        assert ani.problems == []


def bar(page: Page, field: str) -> Locator:
    """The buttons of a box; to be seen while somebody works in it."""
    return page.locator(f"[data-field={field}]").get_by_role("toolbar", name="Formatting", exact=True)


def write(page: Page, box: Locator, text: str, selected: str = "") -> None:
    """Fill a box and select the first stretch that reads so; without one the cursor stands at the end."""
    box.fill(text)
    begin = text.index(selected) if selected else len(text)
    box.evaluate("(box, [b, e]) => { box.focus(); box.setSelectionRange(b, e); }", [begin, begin + len(selected)])


def selection(box: Locator) -> str:
    found: str = box.evaluate("(box) => box.value.slice(box.selectionStart, box.selectionEnd)")
    return found


@pytest.mark.parametrize(
    ("button", "key", "made"),
    [("Bold", "Control+b", "Bring your **passport** today"), ("Italic", "Control+i", "Bring your *passport* today")],
)
def test_button_and_key_put_signs_on_and_take_them_off(page: Page, button: str, key: str, made: str) -> None:
    """What was selected stays selected, so that pressing again takes the signs away, and undo brings each step back."""
    box, plain = page.locator("#f-summary"), "Bring your passport today"
    write(page, box, plain, "passport")
    press = bar(page, "summary").get_by_role("button", name=button)
    for act in (press.click, lambda: box.press(key)):
        act()
        expect(box).to_have_value(made)
        assert selection(box) == "passport"
        act()
        expect(box).to_have_value(plain)
    press.click()
    page.keyboard.press("Control+z")
    expect(box).to_have_value(plain)
    page.keyboard.press("Control+Shift+z")
    expect(box).to_have_value(made)


def test_bold_and_italic_go_together_and_apart(page: Page) -> None:
    box = page.locator("#f-summary")
    write(page, box, "now", "now")
    box.press("Control+b")
    box.press("Control+i")
    expect(box).to_have_value("***now***")
    box.press("Control+b")
    expect(box).to_have_value("*now*")
    box.press("Control+i")
    expect(box).to_have_value("now")
    write(page, box, "It is **now** or", "**now**")
    box.press("Control+b")
    expect(box).to_have_value("It is now or")


def test_signs_go_around_words_and_never_across_lines(page: Page) -> None:
    """Blanks stay outside, each line of a list has its own; without a selection the word at the cursor is taken."""
    steps = page.locator("#f-steps")
    write(page, steps, "Fill it in \nPay", "Fill it in \nPay")
    steps.press("Control+b")
    expect(steps).to_have_value("**Fill it in** \n**Pay**")
    steps.press("Control+b")
    expect(steps).to_have_value("Fill it in \nPay")
    box = page.locator("#f-summary")
    write(page, box, "Վերցրեք անձնագիրը")
    box.press("Control+b")
    expect(box).to_have_value("Վերցրեք **անձնագիրը**")
    write(page, box, "Pay ")
    box.press("Control+i")
    page.keyboard.type("now")
    expect(box).to_have_value("Pay *now*")


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ("https://evisa.mfa.am/a_(b)", "Fill in [the form](https://evisa.mfa.am/a_%28b%29)"),
        ("evisa.mfa.am", "Fill in [the form](https://evisa.mfa.am)"),
        ("info@mfa.am", "Fill in [the form](mailto:info@mfa.am)"),
        ("84-22", "Fill in [the form](tel:84-22)"),
    ],
)
def test_link_asks_for_its_address_in_a_row(page: Page, typed: str, made: str) -> None:
    """By the keyboard alone: the row opens with the focus in it, Enter inserts, the form is not sent."""
    box = page.locator("#f-summary")
    write(page, box, "Fill in the form", "the form")
    box.press("Control+k")
    row = page.get_by_role("group", name="Link", exact=True)
    field = row.get_by_label("Address of the link")
    expect(field).to_be_focused()
    field.fill("javascript:alert(1)")
    field.press("Enter")
    expect(row.get_by_role("alert")).to_contain_text("Write the whole address")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert accessibility_problems(page) == []
    field.fill(typed)
    field.press("Enter")
    expect(row).to_have_count(0)
    expect(box).to_have_value(made)
    expect(box).to_be_focused()
    expect(page.locator("[data-look=widget] .summary a")).to_have_text("the form")
    page.keyboard.press("Control+z")
    expect(box).to_have_value("Fill in the form")


def test_link_can_be_changed_removed_and_left(page: Page) -> None:
    box = page.locator("#f-summary")
    write(page, box, "See [the form](https://old.example/x).", "form")
    bar(page, "summary").get_by_role("button", name="Link").click()
    row = page.get_by_role("group", name="Link", exact=True)
    expect(row.get_by_label("Address of the link")).to_have_value("https://old.example/x")
    row.get_by_label("Address of the link").press("Escape")
    expect(row).to_have_count(0)
    assert selection(box) == "form"
    box.press("Control+k")
    row.get_by_label("Address of the link").fill("https://new.example/y")
    row.get_by_role("button", name="Insert the link").click()
    expect(box).to_have_value("See [the form](https://new.example/y).")
    write(page, box, "See [the form](https://new.example/y).", "form")
    box.press("Control+k")
    row.get_by_role("button", name="Remove the link").click()
    expect(box).to_have_value("See the form.")
    write(page, box, "See ")
    box.press("Control+k")
    row.get_by_label("Address of the link").fill("https://new.example/y")
    row.get_by_role("button", name="Insert the link").click()
    expect(box).to_have_value("See <https://new.example/y>")


def test_keys_work_on_a_keyboard_without_latin_letters(page: Page) -> None:
    """On a Russian or Armenian keyboard the key of B writes another letter."""
    box = page.locator("#f-summary")
    write(page, box, "сейчас", "сейчас")
    box.dispatch_event("keydown", {"key": "и", "code": "KeyB", "ctrlKey": True, "bubbles": True, "cancelable": True})
    expect(box).to_have_value("**сейчас**")


def test_toolbars_are_one_stop_of_the_tab_key_and_named_in_the_persons_language(page: Page) -> None:
    expect(bar(page, "summary")).to_be_hidden()
    page.locator("#f-summary").focus()
    expect(bar(page, "summary")).to_be_visible()
    expect(bar(page, "note")).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    expect(bar(page, "summary").get_by_role("button", name="Bold")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(bar(page, "summary").get_by_role("button", name="Italic")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#f-summary")).to_be_focused()
    expect(page.locator("[role=toolbar]")).to_have_count(9)
    assert page.locator("[data-field=title] [role=toolbar], [data-field=links] [role=toolbar]").count() == 0
    expect(page.locator("#marks-help")).to_contain_text("**bold**, *italic* and [words](https://address)")
    expect(page.locator("#marks-help")).to_contain_text("seen write \\*.")
    assert accessibility_problems(page) == []
    for language, toolbar, names in (
        ("hy", "Ձևավորում", ["Թավ", "Շեղ", "Հղում"]),
        ("ru", "Оформление", ["Жирный", "Курсив", "Ссылка"]),
    ):
        page.evaluate(
            "(language) => studio.post('/studio/language', { language, next: '/studio' })",
            language,
        )
        page.reload()
        page.locator("#f-summary").focus()
        expect(page.get_by_role("toolbar", name=toolbar).get_by_role("button")).to_have_text(names)
    page.evaluate("() => studio.post('/studio/language', { language: 'en', next: '/studio' })")


def test_previews_show_what_each_channel_will_show(page: Page) -> None:
    """The same words bold, italic and linked in all three; the Telegram card is the channel's own, with its buttons."""
    page.locator("#f-summary").fill(
        "🙂 Apply **online** at [the portal](https://evisa.mfa.am), *not* here.\nOr [call](tel:84-22)."
    )
    page.locator("#f-documents").fill("**Passport**\n[A photo](https://evisa.mfa.am/photo)")
    for look in ("widget", "page"):
        shown = page.locator(f"[data-look={look}]")
        expect(shown.locator("strong")).to_have_text(["online", "Passport"])
        expect(shown.locator("em")).to_have_text(["not"])
        expect(shown.locator("a", has_text="the portal")).to_have_attribute("href", "https://evisa.mfa.am")
        expect(shown.locator("a", has_text="call")).to_have_attribute("href", "tel:84-22")
    page.get_by_role("tab", name="Telegram").click()
    telegram = page.locator("[data-look=telegram]")
    card, *lists = telegram.locator(".bubble").all()
    assert len(lists) == 1
    expect(card.locator("strong", has_text="online")).to_have_count(1)
    expect(card.locator("em", has_text="not")).to_have_count(1)
    expect(card).to_contain_text("Or call (84-22).")
    assert card.locator(".keys span").all_text_contents()[-3:] == ["👍", "👎", "Talk to a person"]
    expect(lists[0].locator("strong")).to_have_text(["What to bring", "Passport"])
    expect(lists[0]).to_contain_text("☐ 2. A photo")
    assert lists[0].locator(".keys span").all_text_contents() == ["☐ 1", "☐ 2"]
    assert accessibility_problems(page) == []


def test_the_telegram_preview_is_cut_where_telegram_is_cut(page: Page) -> None:
    """Over 4,096 units the card comes in parts; the buttons stand under the last of them."""
    page.locator("#f-note").fill("\n\n".join(f"**Part {n}.** " + "word " * 60 for n in range(12)))
    page.locator("#f-children").fill("\n\n".join("Also " + "word " * 60 for n in range(6)))
    page.locator("#f-documents").fill("One\nTwo")
    telegram = page.locator("[data-look=telegram]")
    expect(telegram).to_contain_text("sent in 2 parts", timeout=15_000)
    bubbles = telegram.locator(".bubble")
    expect(bubbles).to_have_count(3)
    expect(bubbles.nth(0).locator(".keys")).to_have_count(0)
    page.get_by_role("tab", name="Telegram").click()
    expect(bubbles.nth(1).locator(".keys")).to_contain_text("👍")
    lengths = [bubble.locator("p").inner_text() for bubble in bubbles.all()]
    assert all(len(text) <= 4096 for text in lengths)


def test_what_is_wrong_is_said_while_it_is_typed(page: Page) -> None:
    page.locator("#f-summary").fill("Bring **it to [us](htps://a.am)")
    remarks = page.locator("[data-remarks] .problem")
    expect(remarks.filter(has_text="have no partner")).to_have_count(1)
    expect(remarks.filter(has_text="“htps://a.am” leads nowhere")).to_have_count(1)


EVIL = [
    "[press](javascript:document.title='hit')",
    "[press](java&#115;cript:document.title='hit')",
    "[press](data:text/html,<script>document.title='hit'</script>)",
    "[<img src=x onerror=document.title='hit'>](https://evil.example/1)",
    "[a [b](https://evil.example/2) c](javascript:document.title='hit')",
    "[\u202epress](https://evil.example/3)",
    "[x](https://evil.example/4\" onmouseover=\"document.title='hit')",
    "![img](https://evil.example/x.png)",
    "<javascript:document.title='hit'>",
    "**<script>document.title='hit'</script>**",
    "*" * 10_000,
]


def test_script_within_formatting_never_runs_in_a_colleagues_browser(browser: Browser, server: Server) -> None:
    """Written in one browser, shown as form, preview, review and history in another's: text, or a link that leads out."""
    path = "/studio/answers/asylum/how_long/en"
    with colleague(browser, server, "editor", email="evil@service.example") as ani:
        ani.opens(path)
        for name, text in (("summary", " ".join(EVIL[:5])), ("steps", "\n".join(EVIL)), ("note", " ".join(EVIL[5:]))):
            ani.page.locator(f"#f-{name}").fill(text)
        expect(ani.page.locator("#saved")).to_contain_text("Saved", timeout=20_000)
    with colleague(browser, server, "editor", email="reader@service.example") as boris:
        hosts: list[str] = []
        boris.page.on("request", lambda request: hosts.append(request.url))
        for each in (path, path + "/review", path + "/history"):
            boris.opens(each)
            boris.page.wait_for_load_state("networkidle")
            boris.page.evaluate(
                "() => document.querySelectorAll('[data-look]').forEach((each) => { each.hidden = false; })"
            )
            main = boris.page.locator("main")
            assert main.locator("img, script:not([src]), [onmouseover], [onerror]").count() == 0
            targets = main.locator("a").evaluate_all("(all) => all.map((each) => each.protocol)")
            assert set(targets) <= {"http:", "https:"}, each
            assert boris.page.title() != "hit"
        boris.opens(path)
        links = boris.page.locator("[data-look=page] ol a")
        assert [link.get_attribute("href") for link in links.all()] == [
            f"https://evil.example/{rest}" for rest in ("1", "2", "3", "x.png")
        ]
        assert {link.get_attribute("rel") for link in links.all()} == {"noopener noreferrer"}
        assert not [url for url in hosts if "evil.example" in url]
        assert boris.problems == []


def test_without_a_script_the_signs_are_typed(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "editor", email="plain@service.example", scripts=False) as ani:
        ani.opens("/studio/answers/visa/extend/en")
        expect(ani.page.get_by_text("by hand, with the buttons")).to_be_visible()
        assert ani.page.get_by_role("toolbar").count() == 0
        ani.page.get_by_label("Note").fill("**Ask** [us](https://evisa.mfa.am).")
        ani.page.get_by_role("button", name="Look at it").click()
        expect(ani.page.locator("[data-look=page] .note strong")).to_have_text("Ask")
        expect(ani.page.locator("[data-look=page] .note a")).to_have_attribute("href", "https://evisa.mfa.am")
