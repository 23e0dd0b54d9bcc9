"""Examples and test questions: what speaks against a line, and what is stored."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT

from bot.accounts.audit import Audit
from bot.editing.checks.rivals import rivals
from bot.editing.examples import Examples
from bot.editing.model import ChangedMeanwhileError, RefusedError, UnknownTextError
from bot.editing.places import Place, Places
from bot.knowledge import seed
from bot.storage import Database

FEE = "citizenship/fee"


@dataclass(frozen=True)
class Somebody:
    id: int = 7
    name: str = "Ani"


@pytest.fixture(scope="module")
async def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the whole pack."""
    path = tmp_path_factory.mktemp("content")
    database = Database.in_directory(path)
    await database.migrate()
    await seed.take_in(database, ROOT, "armenia")
    await database.close()
    return path / "guidepost.sqlite"


@pytest.fixture
async def database(taken_in: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(taken_in, tmp_path / "guidepost.sqlite")
    database = Database.in_directory(tmp_path)
    yield database
    await database.close()


@pytest.fixture
def examples(database: Database) -> Examples:
    return Examples(database, "armenia")


async def codes(examples: Examples, text: str, question: str = FEE, language: str = "auto") -> list[list[str]]:
    return [[f.code for f in line.findings] for line in await examples.look(question, text, language)]


async def test_test_question_is_never_taken_as_an_example(examples: Examples) -> None:
    """Neither as it stands, nor in other case and punctuation, nor with a slip, nor for another question."""
    held_back = "How much is the state duty for getting Armenian citizenship?"
    text = (
        f"{held_back}\n{held_back.upper().rstrip('?')} !!\nHow much is the state duti for getting Armenian citizenship"
    )
    found = await examples.look(FEE, text, "en")
    assert [line.findings[0].code for line in found] == ["is_test", "repeated", "near_test"]
    assert await codes(examples, held_back, "visa/fee") == [["is_test"]]
    looked = await examples.add(FEE, text, "en", Somebody(), flagged_too=True)
    assert looked.added == []
    assert len(looked.left) == 3


async def test_other_digits_are_another_question(examples: Examples, database: Database) -> None:
    """A slip of letters is the same test question; another number of a form is not."""
    await examples.add(FEE, "must i fill in form number 8 for the citizenship fee", "en", Somebody(), tests=True)
    assert await codes(examples, "must i fill in form number 9 for the citizenship fee") != [["near_test"]]
    assert await codes(examples, "must i fil in form number 8 for the citizenship fee") == [["near_test"]]


async def test_duplicates(examples: Examples) -> None:
    lines, _, _ = await examples.page(FEE)
    other, _, _ = await examples.page("visa/fee")
    text = f"{lines[0].text}\n{lines[0].text.upper()}\n{other[0].text}\n🙂 🙂\n/restart\n{'a b ' * 300}"
    found = await codes(examples, text)
    assert found == [
        ["duplicate"],
        ["repeated"],
        ["duplicate_elsewhere"],
        ["unreadable"],
        ["unreadable"],
        ["line_too_long"],
    ]


async def test_near_duplicate_is_flagged_with_what_it_is_near_to(examples: Examples) -> None:
    lines, _, _ = await examples.page(FEE, language="en")
    near = lines[0].text + " please"
    (line,) = await examples.look(FEE, near, "en")
    assert [f.code for f in line.findings] == ["near_duplicate"]
    assert line.findings[0].values["other"] == lines[0].text
    assert not line.refused


async def test_line_of_another_question_is_flagged_with_that_question(examples: Examples) -> None:
    (line,) = await examples.look(FEE, "my residence card expires next month, how can I extend it", "en")
    assert [f.code for f in line.findings] == ["closer_elsewhere"]
    assert line.findings[0].values["question"] == "residence/extend"


async def test_many_lines_of_another_question_do_not_vouch_for_each_other(examples: Examples) -> None:
    """A whole list pasted into the wrong question: every line of it is flagged."""
    wrong = [f"how can I extend my residence card {when}" for when in ("now", "today", "this week", "soon", "in May")]
    found = await codes(examples, "\n".join(wrong), language="en")
    assert all("closer_elsewhere" in line for line in found), found


async def test_lines_of_a_question_without_examples_are_not_all_flagged(examples: Examples, database: Database) -> None:
    """A new question has nobody to be near to but the lines pasted with it."""
    lines = ("where can I park my tractor", "parking place for a tractor", "is there a car park for tractors")
    text = "\n".join(lines)
    found = await codes(examples, text, "contacts/tractor", "en")
    assert all("closer_elsewhere" not in line for line in found), found


@pytest.mark.parametrize(
    ("line", "language"),
    [("ինչքան արժի", "hy"), ("сколько это стоит", "ru"), ("скільки це коштує і де", "uk"), ("how much", "en")],
)
async def test_language_is_told_line_by_line(examples: Examples, line: str, language: str) -> None:
    (found,) = await examples.look(FEE, line, "auto")
    assert found.language == language


async def test_latin_letters_are_told_by_the_model(database: Database) -> None:
    async def detect(texts: list[str]) -> list[str | None]:
        assert texts == ["cik tas maksā", "???"]
        return ["lv", None]

    found = await Examples(database, "armenia", detect).look(FEE, "cik tas maksā\nсколько\n???", "auto")
    assert [line.language for line in found] == ["lv", "ru", "en"]


async def test_adding_takes_what_is_sound_and_leaves_the_rest(examples: Examples, database: Database) -> None:
    _, before, _ = await examples.page(FEE)
    text = (
        "what does an armenian passport application for naturalisation cost these days\n\n"
        "my residence card expires next month, how can I extend it\n🙂"
    )
    looked = await examples.add(FEE, text, "en", Somebody())
    assert [line.text for line in looked.added] == [text.splitlines()[0]]
    assert [line.text for line in looked.left] == text.splitlines()[2:]
    lines, total, _ = await examples.page(FEE)
    assert (total, lines[0].text, lines[0].source) == (before + 1, text.splitlines()[0], "studio")
    entries, _ = await Audit(database).page(action="examples.add")
    assert entries[0].detail["lines"] == [text.splitlines()[0]]
    content = await seed.read(database, "armenia")
    assert content.examples[-1].text == text.splitlines()[0]


async def test_flagged_lines_are_taken_when_the_person_insists(examples: Examples, database: Database) -> None:
    text = "my residence card expires next month, how can I extend it\n🙂"
    looked = await examples.add(FEE, text, "en", Somebody(), flagged_too=True)
    assert [line.text for line in looked.added] == [text.splitlines()[0]]
    entries, _ = await Audit(database).page(action="examples.add")
    assert entries[0].detail["flagged"] == {text.splitlines()[0]: ["closer_elsewhere"]}


async def test_what_was_added_is_known_at_once(examples: Examples) -> None:
    line = "please say me the price of becoming citizen of yours"
    await examples.add(FEE, line, "en", Somebody(), flagged_too=True)
    assert await codes(examples, line) == [["duplicate"]]
    found, _, _ = await examples.page(FEE)
    assert await examples.remove(FEE, [found[0].id], Somebody()) == 1
    assert await codes(examples, line) != [["duplicate"]]


async def test_what_another_process_changed_is_seen(examples: Examples, database: Database) -> None:
    line = "please say me the price of becoming citizen of yours"
    assert await codes(examples, line) != [["duplicate"]]
    await Examples(database, "armenia").add(FEE, line, "en", Somebody(), flagged_too=True)
    assert await codes(examples, line) == [["duplicate"]]


async def test_example_is_never_taken_as_a_test_question(examples: Examples) -> None:
    lines, _, tests = await examples.page(FEE, language="en")
    example = lines[0].text
    text = f"{example}\n{example}s\n{tests[0].text}\nis there a charge when I naturalise, and for my wife as well"
    found = await examples.look(FEE, text, "en", tests=True)
    assert [[f.code for f in line.findings] for line in found] == [["is_example"], ["near_example"], ["duplicate"], []]
    looked = await examples.add(FEE, text, "en", Somebody(), tests=True)
    assert [line.text for line in looked.added] == [text.splitlines()[-1]]
    _, _, after = await examples.page(FEE)
    assert len(after) == len(tests) + 1


async def test_the_last_test_question_stays(examples: Examples) -> None:
    """Every question has test questions: otherwise nobody could tell whether a release understands it."""
    _, _, tests = await examples.page(FEE)
    with pytest.raises(RefusedError, match="at least one test question"):
        await examples.remove(FEE, [line.id for line in tests], Somebody(), tests=True)
    assert await examples.remove(FEE, [line.id for line in tests[1:]], Somebody(), tests=True) == len(tests) - 1


async def test_lines_of_another_question_are_not_removed(examples: Examples) -> None:
    others, _, tests = await examples.page("visa/fee")
    assert await examples.remove(FEE, [line.id for line in others], Somebody()) == 0
    assert await examples.remove(FEE, [line.id for line in tests], Somebody(), tests=True) == 0


async def test_bad_input_says_what_to_do(examples: Examples) -> None:
    with pytest.raises(RefusedError, match="At most 500 lines"):
        await examples.look(FEE, "line\n" * 501, "en")
    with pytest.raises(RefusedError, match="no language code"):
        await examples.look(FEE, "line", "e'; drop table example")
    with pytest.raises(UnknownTextError):
        await examples.add("visa/nosuch", "where is the moon when the sun is gone", "en", Somebody(), flagged_too=True)
    assert await examples.look(FEE, " \n\n ", "en") == []


async def test_search_by_pattern(examples: Examples) -> None:
    found, refused = await examples.search(FEE, "гражданств(о|а)")
    assert refused is None
    assert found
    assert all("гражданств" in line.text.lower() for line in found)
    found, refused = await examples.search(FEE, "(a+)+$")
    assert (found, refused and refused.code) == ([], "pattern_runs_away")


async def test_competing_questions_are_found(examples: Examples) -> None:
    found = await examples.rivals()
    assert found["temporary_protection/what_is"].name == "temporary_protection/who_is_covered"
    assert 0 < len(found) < 12
    assert "out_of_scope" not in found


def test_nothing_competes_with_one_question() -> None:
    import numpy as np

    assert rivals(["a/b"] * 9, ["en"] * 9, np.eye(9, dtype=np.float32)) == {}


# Places


@pytest.fixture
def places(database: Database) -> Places:
    return Places(database, "armenia")


def typed(place: Place, **changed: str) -> dict[str, str]:
    return {language: "\n".join(words) for language, words in place.patterns.items()} | changed


async def test_place_is_recognised_by_what_the_editor_writes(places: Places, database: Database) -> None:
    gyumri = await places.get("gyumri")
    new = typed(gyumri, en="Gyumri\n  leninakan \ngyumri\n")
    assert await places.save("gyumri", new, gyumri.seen, Somebody()) == []
    content = await seed.read(database, "armenia")
    place = next(place for place in content.pack.places if place.id == "gyumri")
    assert place.patterns["en"] == ["gyumri", "leninakan"]
    assert place.patterns["hy"] == gyumri.patterns["hy"]
    entries, _ = await Audit(database).page(action="place.change")
    assert entries[0].detail["after"]["en"] == ["gyumri", "leninakan"]


@pytest.mark.parametrize("pattern", ["(a+)+$", ".*", "gyum[rl]i", "<b>"])
async def test_pattern_that_is_no_word_is_refused(places: Places, pattern: str) -> None:
    gyumri = await places.get("gyumri")
    ((language, finding),) = await places.save("gyumri", typed(gyumri, ru=pattern), gyumri.seen, Somebody())
    assert (language, finding.code) == ("ru", "pattern_not_a_word")
    assert await places.get("gyumri") == gyumri


async def test_place_that_a_colleague_changed_meanwhile_is_not_overwritten(places: Places) -> None:
    gyumri = await places.get("gyumri")
    await places.save("gyumri", typed(gyumri, en="leninakan"), gyumri.seen, Somebody())
    with pytest.raises(ChangedMeanwhileError):
        await places.save("gyumri", typed(gyumri, en="kumayri"), gyumri.seen, Somebody())
    assert (await places.get("gyumri")).patterns["en"] == ["leninakan"]


async def test_place_needs_a_pattern(places: Places) -> None:
    gyumri = await places.get("gyumri")
    with pytest.raises(RefusedError, match="at least one pattern"):
        await places.save("gyumri", {"en": " \n "}, gyumri.seen, Somebody())
    with pytest.raises(UnknownTextError):
        await places.save("atlantis", {"en": "atlantis"}, "", Somebody())


async def test_every_pattern_of_the_pack_is_one_that_may_be_saved(places: Places) -> None:
    for place in await places.everywhere():
        assert await places.save(place.id, typed(place), place.seen, Somebody()) == [], place.id
