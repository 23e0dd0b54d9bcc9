"""Files and database: who changed what, and that nobody's work is lost."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from test_content_files import (
    EXAMPLES,
    FACTS,
    PACK,
    PLACES,
    TESTS,
    VISA,
    change,
    tiny_files,
    write,
)

from bot.knowledge import files, seed
from bot.knowledge.files import ContentError
from bot.knowledge.schema import Content
from bot.knowledge.seed import NoContentError, SeedResult
from bot.storage import Database, contents

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "project", tiny_files())


@pytest.fixture(scope="module")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, made once and copied for every test."""
    directory = tmp_path_factory.mktemp("empty")
    opened = Database.in_directory(directory)
    await opened.migrate()
    await opened.close()
    return directory


@pytest.fixture
async def database(tmp_path: Path, empty: Path) -> AsyncIterator[Database]:
    shutil.copytree(empty, tmp_path / "data")
    opened = Database.in_directory(tmp_path / "data")
    yield opened
    await opened.close()


@pytest.fixture
async def taken(database: Database, root: Path) -> Database:
    """A database that has taken the files in."""
    await seed.take_in(database, root, "tiny")
    return database


def on_disk(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.yml")}


def of_files(root: Path) -> Content:
    loaded = files.load(root, "tiny")
    assert loaded.content is not None, loaded.findings
    return loaded.content


async def edit(database: Database, how: Callable[[dict[str, Any]], None]) -> Content:
    """Change the content in the database, as the editors' site does."""
    async with database.work() as session:
        tree = await contents.read_content(session, "tiny")
        assert tree is not None
        how(tree)
        await contents.write_content(session, tree)
    return await seed.read(database, "tiny")


def call_again(tree: dict[str, Any]) -> None:
    """An edit: another sentence in one answer."""
    visa = next(question for question in tree["questions"] if question["id"] == "visa/apply")
    visa["answers"][0]["texts"]["en"]["summary"] = "Call us again."


async def test_the_first_start_takes_the_files_in(database: Database, root: Path) -> None:
    with pytest.raises(NoContentError, match="guidepost content import"):
        await seed.read(database, "tiny")
    assert SeedResult("imported", []) == await seed.sync(database, root, "tiny")
    assert of_files(root) == await seed.read(database, "tiny")


async def test_nothing_has_changed(taken: Database, root: Path) -> None:
    for _ in range(2):
        assert SeedResult("unchanged", []) == await seed.sync(taken, root, "tiny")


async def test_it_is_remembered_over_a_restart(taken: Database, root: Path) -> None:
    await taken.close()
    again = Database(taken.url)
    await again.migrate()
    assert SeedResult("unchanged", []) == await seed.sync(again, root, "tiny")
    assert of_files(root) == await seed.read(again, "tiny")
    await again.close()


async def test_content_from_elsewhere_is_as_good(taken: Database, tmp_path: Path) -> None:
    """The project may be moved to another directory."""
    moved = write(tmp_path / "moved", tiny_files())
    assert SeedResult("unchanged", []) == await seed.sync(taken, moved, "tiny")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (VISA, "Call us.", "Write to us."),
        (FACTS, "25,000 AMD.", "25,000 AMD in all."),
        (EXAMPLES, "question fee 0", "what do I pay"),
        (TESTS, "is fee a", "what is it a"),
        (PACK, "en: Tiny", "en: Small"),
        (PACK, "uk: [ru]", "uk: [en]"),
        (PLACES, "delijan", "dilidzhan"),
        (PACK, "# Written by hand.", "# Written by somebody."),
    ],
)
async def test_files_that_changed_are_taken_in(taken: Database, root: Path, file: str, old: str, new: str) -> None:
    change(root, file, old, new)
    assert SeedResult("updated", []) == await seed.sync(taken, root, "tiny")
    assert of_files(root) == await seed.read(taken, "tiny")
    assert SeedResult("unchanged", []) == await seed.sync(taken, root, "tiny")


async def test_places_go_through_the_database_byte_for_byte(taken: Database, root: Path) -> None:
    """Comments, quotes and all, also when something else was edited."""
    before = (root / PLACES).read_bytes()
    edited = await edit(taken, call_again)
    assert [place.id for place in edited.pack.places] == ["dilijan", "shushi"]
    assert await seed.write_back(taken, root, "tiny") == [VISA]
    assert (root / PLACES).read_bytes() == before


async def test_a_place_that_is_edited_is_written_to_its_own_file(taken: Database, root: Path) -> None:
    pack_file = (root / PACK).read_bytes()

    def rename(tree: dict[str, Any]) -> None:
        tree["pack"]["places"][1]["name"]["en"] = "Shusha"

    edited = await edit(taken, rename)
    assert await seed.write_back(taken, root, "tiny") == [PLACES]
    assert (root / PACK).read_bytes() == pack_file
    assert of_files(root) == edited


async def test_places_that_are_all_taken_out_take_their_file_with_them(taken: Database, root: Path) -> None:
    await edit(taken, lambda tree: tree["pack"].update(places=[]))
    assert await seed.write_back(taken, root, "tiny") == [PLACES]
    assert of_files(root).pack.places == []


def test_the_real_packs_places_are_written_as_they_are() -> None:
    loaded = files.load(ROOT, "armenia")
    assert loaded.content is not None
    assert len(loaded.content.pack.places) > 50
    assert seed.export(loaded.content, loaded.files) == loaded.files


async def test_a_file_that_is_new_or_gone_is_a_change(taken: Database, root: Path) -> None:
    write(
        root,
        {
            "data/nlu/more.yml": "nlu:\n- intent: visa/apply\n  examples:\n  - text: more\n    metadata: {language: en}\n"
        },
    )
    assert (await seed.sync(taken, root, "tiny")).done == "updated"
    assert "more" in [example.text for example in (await seed.read(taken, "tiny")).examples]
    (root / "data/nlu/more.yml").unlink()
    assert (await seed.sync(taken, root, "tiny")).done == "updated"
    assert of_files(root) == await seed.read(taken, "tiny")


async def test_warnings_of_files_that_are_taken_in_are_told(taken: Database, root: Path) -> None:
    change(root, VISA, "        ru: {summary: Позвоните.}\n", "")
    result = await seed.sync(taken, root, "tiny")
    assert (result.done, [finding.severity for finding in result.findings]) == ("updated", ["warning"])


async def test_edits_in_the_database_are_kept(taken: Database, root: Path) -> None:
    edited = await edit(taken, call_again)
    before = on_disk(root)
    for _ in range(2):
        assert SeedResult("kept_database", []) == await seed.sync(taken, root, "tiny")
    assert edited == await seed.read(taken, "tiny")
    assert before == on_disk(root)


async def test_saving_without_a_change_is_no_edit(taken: Database, root: Path) -> None:
    await edit(taken, lambda tree: None)
    assert (await seed.sync(taken, root, "tiny")).done == "unchanged"


async def test_taking_an_edit_back_is_no_edit(taken: Database, root: Path) -> None:
    def back(tree: dict[str, Any]) -> None:
        tree["questions"][-1]["answers"][0]["texts"]["en"]["summary"] = "Call us."

    await edit(taken, call_again)
    await edit(taken, back)
    assert (await seed.sync(taken, root, "tiny")).done == "unchanged"


async def test_another_order_is_an_edit(taken: Database, root: Path) -> None:
    """Steps and questions are read in their order."""
    await edit(taken, lambda tree: tree["questions"].reverse())
    assert (await seed.sync(taken, root, "tiny")).done == "kept_database"


async def test_when_both_changed_nothing_is_lost(taken: Database, root: Path) -> None:
    edited = await edit(taken, call_again)
    change(root, VISA, "Call us.", "Write to us.")
    before = on_disk(root)
    for _ in range(2):
        assert SeedResult("conflict", []) == await seed.sync(taken, root, "tiny")
    assert edited == await seed.read(taken, "tiny")
    assert before == on_disk(root)


async def test_a_conflict_ends_when_somebody_decides_for_the_files(taken: Database, root: Path) -> None:
    await edit(taken, call_again)
    change(root, VISA, "Call us.", "Write to us.")
    await seed.take_in(taken, root, "tiny")
    assert of_files(root) == await seed.read(taken, "tiny")
    assert (await seed.sync(taken, root, "tiny")).done == "unchanged"


async def test_a_conflict_ends_when_somebody_decides_for_the_database(taken: Database, root: Path) -> None:
    edited = await edit(taken, call_again)
    change(root, VISA, "Call us.", "Write to us.")
    assert await seed.write_back(taken, root, "tiny") == [VISA]
    assert edited == of_files(root)
    assert (await seed.sync(taken, root, "tiny")).done == "unchanged"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Call us.", "Call 77-77.", "no cited fact contains 77"),
        ("facts:", "fact:", "'answers.0.fact' is not known here"),
        ("topic: visa", "topic: visa: visa", "this is no valid YAML"),
    ],
)
async def test_files_with_an_error_change_nothing(
    taken: Database, root: Path, old: str, new: str, message: str
) -> None:
    """What was taken in before goes on answering, and the next good file is noticed."""
    before = await seed.read(taken, "tiny")
    change(root, VISA, old, new)
    for take in (seed.sync, seed.take_in):
        with pytest.raises(ContentError) as caught:
            await take(taken, root, "tiny")
        assert message in str(caught.value)
        assert f"{VISA}:" in str(caught.value)
        assert before == await seed.read(taken, "tiny")
    write(root, tiny_files())
    assert (await seed.sync(taken, root, "tiny")).done == "unchanged"


async def test_a_first_import_with_an_error_leaves_nothing(database: Database, root: Path) -> None:
    change(root, VISA, "Call us.", "Call 77-77.")
    with pytest.raises(ContentError):
        await seed.sync(database, root, "tiny")
    with pytest.raises(NoContentError):
        await seed.read(database, "tiny")
    write(root, tiny_files())
    assert (await seed.sync(database, root, "tiny")).done == "imported"


async def test_an_import_that_breaks_off_changes_nothing(taken: Database) -> None:
    """All or nothing: half a pack never answers."""
    before = await seed.read(taken, "tiny")
    tree = before.model_dump(mode="json")
    tree["examples"][3] = {"intent": "visa/apply"}

    async def write_half() -> None:
        async with taken.work() as session:
            await contents.write_content(session, tree | {"facts": {}})
            await session.flush()

    with pytest.raises(Exception, match="example"):
        await write_half()
    assert before == await seed.read(taken, "tiny")


async def test_an_export_of_nothing_new_leaves_every_byte(taken: Database, root: Path) -> None:
    before = on_disk(root)
    assert await seed.write_back(taken, root, "tiny") == []
    assert before == on_disk(root)
    assert (await seed.sync(taken, root, "tiny")).done == "unchanged"


async def test_an_export_into_an_empty_directory_writes_every_byte(taken: Database, root: Path, tmp_path: Path) -> None:
    """The database alone brings the files back, remarks and all."""
    assert sorted(on_disk(root)) == await seed.write_back(taken, tmp_path / "fresh", "tiny")
    assert on_disk(root) == on_disk(tmp_path / "fresh")


def new_example(tree: dict[str, Any]) -> None:
    example = next(e for e in tree["examples"] if e["intent"] == "documents/fee")
    tree["examples"].append(example | {"text": "what do I pay", "language": "en"})


def new_fact(tree: dict[str, Any]) -> None:
    tree["facts"]["F-FEE"]["statement"] = "A passport costs 25,000 AMD in all."


def new_test(tree: dict[str, Any]) -> None:
    tree["held_back"].append({"expected": "documents/fee", "language": "en", "text": "is it dear"})


def new_name(tree: dict[str, Any]) -> None:
    tree["pack"]["name"]["en"] = "Small"


@pytest.mark.parametrize(
    ("how", "file"),
    [(call_again, VISA), (new_example, EXAMPLES), (new_fact, FACTS), (new_test, TESTS), (new_name, PACK)],
)
async def test_an_export_after_an_edit_writes_only_that_file(
    taken: Database, root: Path, how: Callable[[dict[str, Any]], None], file: str
) -> None:
    """Remarks in the other files stay; the files then say what the database says."""
    before = on_disk(root)
    edited = (await edit(taken, how)).model_dump()
    assert [file] == await seed.write_back(taken, root, "tiny")
    after = on_disk(root)
    assert [file] == [name for name in before if before[name] != after[name]]
    assert set(before) == set(after)
    again = of_files(root).model_dump()
    for part in ("examples", "held_back"):
        edited[part].sort(
            key=lambda item: (str(item.get("intent") or item["expected"]), item["language"], item["text"])
        )
        again[part].sort(key=lambda item: (str(item.get("intent") or item["expected"]), item["language"], item["text"]))
    assert edited == again
    assert SeedResult("unchanged", []) == await seed.sync(taken, root, "tiny")
    assert await seed.write_back(taken, root, "tiny") == []


async def test_a_file_whose_last_question_was_taken_out_goes(taken: Database, root: Path) -> None:
    def without_visa(tree: dict[str, Any]) -> None:
        del tree["pack"]["topics"]["visa"]
        tree["questions"] = [q for q in tree["questions"] if q["id"] != "visa/apply"]
        tree["examples"] = [e for e in tree["examples"] if e["intent"] != "visa/apply"]
        tree["held_back"] = [h for h in tree["held_back"] if h["expected"] != "visa/apply"]

    edited = await edit(taken, without_visa)
    assert sorted([PACK, VISA, "data/nlu/visa.yml", "tests/content/visa.yml"]) == await seed.write_back(
        taken, root, "tiny"
    )
    assert not (root / VISA).exists()
    assert edited == of_files(root)
    assert (await seed.sync(taken, root, "tiny")).done == "unchanged"


async def test_a_question_that_is_new_in_the_database_gets_its_files(taken: Database, root: Path) -> None:
    def add(tree: dict[str, Any]) -> None:
        tree["pack"]["topics"]["work"] = {"hy": "Ա", "ru": "Р", "en": "Work"}
        tree["questions"].append(tree["questions"][-1] | {"id": "work/permit"})
        tree["examples"].append(
            {"intent": "work/permit", "text": "may I work", "language": "en", "source": "written", "style": None}
        )
        tree["held_back"].append({"expected": "work/permit", "language": "en", "text": "is work allowed"})

    await edit(taken, add)
    before = on_disk(root)
    work = ["data/nlu/work.yml", "data/packs/tiny/answers/work.yml", "tests/content/work.yml"]
    assert sorted([PACK, *work]) == await seed.write_back(taken, root, "tiny")
    after = on_disk(root)
    assert {PACK} == {name for name in before if before[name] != after[name]}
    assert "work/permit" in [question.id for question in of_files(root).questions]


async def test_examples_of_one_question_in_two_files_stay_apart(database: Database, root: Path) -> None:
    """Someone keeps the Russian examples in a file of their own; an export must not double them."""
    more = "data/nlu/documents_ru.yml"
    write(root, {more: "nlu:\n- intent: documents/fee\n  examples:\n  - text: сколько\n    metadata: {language: ru}\n"})
    write(root, {"tests/content/fee_ru.yml": "pack: tiny\nquestions:\n  documents/fee:\n    ru: [почём]\n"})
    await seed.take_in(database, root, "tiny")
    for how in (new_example, new_test):
        edited = await edit(database, how)
        await seed.write_back(database, root, "tiny")
        again = of_files(root)
        assert sorted(e.text for e in edited.examples) == sorted(e.text for e in again.examples)
        assert sorted(h.text for h in edited.held_back) == sorted(h.text for h in again.held_back)


async def test_files_of_another_pack_are_not_touched(taken: Database, root: Path) -> None:
    other = {"tests/content/other.yml": "# theirs\npack: other\nquestions:\n  a/b:\n    en: [something]\n"}
    write(root, other)
    await seed.sync(taken, root, "tiny")
    await edit(taken, call_again)
    assert await seed.write_back(taken, root, "tiny") == [VISA]
    assert other["tests/content/other.yml"].encode() == on_disk(root)["tests/content/other.yml"]


async def test_two_packs_live_beside_each_other(taken: Database, root: Path) -> None:
    """Taking one in leaves the other as it was."""
    renamed = {
        name.replace("/tiny/", "/small/"): text.replace("pack: tiny", "pack: small")
        for name, text in tiny_files().items()
        if name.startswith("data/packs/")
    }
    write(root, renamed)
    before = await seed.read(taken, "tiny")
    assert (await seed.sync(taken, root, "small")).done == "imported"
    assert before == await seed.read(taken, "tiny")
    assert (await seed.sync(taken, root, "tiny")).done == "unchanged"
    assert (await seed.read(taken, "small")).pack.pack == "small"


def test_one_word_in_the_real_pack_changes_one_file() -> None:
    """Every other file is given back byte for byte."""
    loaded = files.load(ROOT, "armenia")
    assert loaded.content is not None
    tree = loaded.content.model_dump()
    work = next(question for question in tree["questions"] if question["id"].startswith("work/"))
    work["answers"][0]["texts"]["en"]["summary"] += " Call first."
    written = seed.export(Content.model_validate(tree), loaded.files)
    assert set(loaded.files) == set(written)
    changed = [name for name, data in written.items() if loaded.files[name] != data]
    assert changed == ["data/packs/armenia/answers/work.yml"]
