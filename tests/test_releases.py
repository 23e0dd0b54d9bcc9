"""Releases: content and model frozen together, trained only when needed, never live with a broken model."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from test_content_files import tiny_files, write

from bot.knowledge import files
from bot.knowledge.releases import ModelDamagedError, Releases
from bot.knowledge.schema import Content
from bot.storage import Database, contents
from bot.storage.contents import StoredRelease

_ARCHIVES = itertools.count(1)


@dataclass
class Trainer:
    """Stands for Rasa's training: no two archives are the same, as they carry times."""

    trained: list[tuple[int, str]] = field(default_factory=list)
    fails: bool = False

    def __call__(self, content: Content, directory: Path, name: str) -> Path:
        made = directory / f"{name}.tar.gz"
        made.write_bytes(f"model {next(_ARCHIVES)}: ".encode())
        if self.fails:
            raise RuntimeError("the data does not fit")
        with made.open("ab") as file:
            file.write("\n".join(example.text for example in content.examples).encode())
        self.trained.append((len(content.examples), name))
        return made


@dataclass
class Parser:
    """Stands for the model: it answers what it was told to, everything else is out of scope."""

    asked: list[tuple[Path, list[str]]] = field(default_factory=list)
    knows: dict[str, str] = field(default_factory=dict)

    def __call__(self, model: Path, texts: list[str]) -> list[dict[str, Any]]:
        assert model.is_file()
        self.asked.append((model, texts))
        return [self._one(self.knows.get(text)) for text in texts]

    @staticmethod
    def _one(name: str | None) -> dict[str, Any]:
        intent = name.partition("/")[0] if name else "out_of_scope"
        return {"intent": {"name": intent}, "question": {"name": name, "ranking": []}}


@dataclass
class Bench:
    """One pack's releases with what they are made of."""

    releases: Releases
    train: Trainer
    parse: Parser
    database: Database
    models: Path
    root: Path

    def of(self, pack: str) -> Releases:
        return Releases(self.database, pack, self.models, self.root, self.train, self.parse)

    async def stored(self) -> list[StoredRelease]:
        async with self.database.work() as session:
            return await contents.releases(session, "tiny")

    def files(self) -> list[str]:
        return sorted(path.name for path in self.models.rglob("*")) if self.models.exists() else []


@pytest.fixture(scope="module")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, made once and copied for every test."""
    directory = tmp_path_factory.mktemp("empty")
    opened = Database.in_directory(directory)
    await opened.migrate()
    await opened.close()
    return directory


@pytest.fixture
async def bench(tmp_path: Path, empty: Path, content: Content) -> AsyncIterator[Bench]:
    root = write(tmp_path / "project", {"config.yml": "a: 1\n", "domain.yml": "b: 1\n", "data/rules.yml": "c: 1\n"})
    shutil.copytree(empty, tmp_path / "data")
    database = Database.in_directory(tmp_path / "data")
    train, parse, models = Trainer(), Parser(), tmp_path / "data" / "models"
    await store(database, content)
    yield Bench(Releases(database, "tiny", models, root, train, parse), train, parse, database, models, root)
    await database.close()


async def store(database: Database, content: Content) -> None:
    async with database.work() as session:
        await contents.write_content(session, content.model_dump(mode="json"))


@pytest.fixture
def content() -> Content:
    loaded = files.parse({name: text.encode() for name, text in tiny_files().items()}, "tiny")
    assert loaded.content is not None
    return loaded.content


def changed(content: Content, how: Callable[[dict[str, Any]], None]) -> Content:
    tree = content.model_dump()
    how(tree)
    return Content.model_validate(tree)


def other_answer(tree: dict[str, Any]) -> None:
    tree["questions"][-1]["answers"][0]["texts"]["en"]["summary"] = "Call us again."


def other_fact(tree: dict[str, Any]) -> None:
    tree["facts"]["F-FEE"]["source"]["date"] = "2025"


def other_name(tree: dict[str, Any]) -> None:
    tree["pack"]["name"]["en"] = "Small"


def other_example(tree: dict[str, Any]) -> None:
    tree["examples"][0]["text"] = "something else"


def one_example_less(tree: dict[str, Any]) -> None:
    del tree["examples"][0]


def other_intent(tree: dict[str, Any]) -> None:
    tree["examples"][0]["intent"] = "visa/apply"


def other_test(tree: dict[str, Any]) -> None:
    tree["held_back"][0]["text"] = "is passport z"


async def test_before_the_first_release_nothing_is_live(bench: Bench) -> None:
    assert await bench.releases.live() is None


async def test_a_release_is_built_scored_and_published(bench: Bench, content: Content) -> None:
    bench.parse.knows = {"is fee a": "documents/fee", "is fee b": "visa/apply"}
    release = await bench.releases.build(content)
    assert await bench.releases.live() is None, "building alone puts nothing live"
    await bench.releases.publish(release)
    assert (release, content) == await bench.releases.live()
    model = bench.releases.model(release)
    assert bench.models / release.model_file == model
    assert b"question fee 0" in model.read_bytes()
    assert tuple(release.scores["languages"]["en"][key] for key in ("right", "wrong", "total")) == (1, 1, 12)
    assert release.scores["out_of_scope"] == {"en": {"refused": 1, "total": 1}}
    assert [(model, [item.text for item in content.held_back])] == bench.parse.asked
    assert [release.model_file] == bench.files()


async def test_what_is_live_is_a_snapshot(bench: Bench, content: Content) -> None:
    """Edits go live with the next release, not by themselves."""
    await bench.releases.publish(await bench.releases.build(content))
    await store(bench.database, changed(content, other_answer))
    live = await bench.releases.live()
    assert live is not None
    assert content == live[1]


async def test_the_same_content_is_the_same_release(bench: Bench, content: Content) -> None:
    release = await bench.releases.build(content)
    again = await bench.releases.build(Content.model_validate(content.model_dump()))
    assert release == again
    assert [release] == await bench.stored()
    assert (len(bench.train.trained), len(bench.parse.asked)) == (1, 1)


@pytest.mark.parametrize("how", [other_answer, other_fact, other_name])
async def test_other_answers_need_no_training(
    bench: Bench, content: Content, how: Callable[[dict[str, Any]], None]
) -> None:
    """A corrected sentence is live in a moment; model and scores are those of before."""
    first = await bench.releases.build(content)
    edited = changed(content, how)
    second = await bench.releases.build(edited)
    assert second.id > first.id
    assert (first.model_file, first.model_sha256, first.scores) == (
        second.model_file,
        second.model_sha256,
        second.scores,
    )
    assert (len(bench.train.trained), len(bench.parse.asked)) == (1, 1)
    await bench.releases.publish(second)
    assert (second, edited) == await bench.releases.live()


@pytest.mark.parametrize("how", [other_example, one_example_less, other_intent])
async def test_other_examples_need_training(
    bench: Bench, content: Content, how: Callable[[dict[str, Any]], None]
) -> None:
    first = await bench.releases.build(content)
    second = await bench.releases.build(changed(content, how))
    assert (len(bench.train.trained), len(bench.parse.asked)) == (2, 2)
    assert first.model_file != second.model_file
    assert bench.releases.model(first) != bench.releases.model(second), "the older one can still go live"


@pytest.mark.parametrize("file", ["config.yml", "domain.yml", "data/rules.yml"])
async def test_another_configuration_needs_training(bench: Bench, content: Content, file: str) -> None:
    first = await bench.releases.build(content)
    write(bench.root, {file: "other: 2\n"})
    assert (await bench.releases.build(content)).training_hash != first.training_hash
    assert len(bench.train.trained) == 2


@pytest.mark.parametrize(
    "how",
    [
        lambda tree: tree["pack"]["places"][0]["patterns"]["en"].append("dilidzhan"),
        lambda tree: tree["pack"]["places"].pop(),
        lambda tree: tree["pack"].update(places=[]),
    ],
    ids=["pattern", "place", "all"],
)
async def test_other_places_need_training(
    bench: Bench, content: Content, how: Callable[[dict[str, Any]], None]
) -> None:
    """The model finds the places that it was trained with."""
    first = await bench.releases.build(content)
    second = await bench.releases.build(changed(content, how))
    assert second.training_hash != first.training_hash
    assert len(bench.train.trained) == 2


async def test_the_order_of_examples_does_not_matter_to_the_model(bench: Bench, content: Content) -> None:
    await bench.releases.build(content)
    await bench.releases.build(changed(content, lambda tree: tree["examples"].reverse()))
    assert len(bench.train.trained) == 1


async def test_other_test_questions_are_asked_without_training(bench: Bench, content: Content) -> None:
    await bench.releases.build(content)
    bench.parse.knows = {"is passport z": "documents/passport"}
    second = await bench.releases.build(changed(content, other_test))
    assert (len(bench.train.trained), len(bench.parse.asked)) == (1, 2)
    assert second.scores["languages"]["en"]["right"] == 1


async def test_without_test_questions_there_is_no_score(bench: Bench, content: Content) -> None:
    release = await bench.releases.build(changed(content, lambda tree: tree["held_back"].clear()))
    assert release.scores == {"languages": {}, "topics": {}, "out_of_scope": {}, "misses": []}
    assert bench.parse.asked == []


async def test_going_back_needs_nothing_but_the_pointer(bench: Bench, content: Content) -> None:
    first = await bench.releases.build(content)
    second = await bench.releases.build(changed(content, other_example))
    await bench.releases.publish(second)
    assert first == await bench.releases.build(content)
    await bench.releases.publish(first)
    assert (first, content) == await bench.releases.live()
    assert len(bench.train.trained) == 2


def cut(model: Path) -> None:
    model.write_bytes(model.read_bytes()[:-10])


def flip(model: Path) -> None:
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)


def become_a_directory(model: Path) -> None:
    model.unlink()
    model.mkdir()


DAMAGES = [cut, flip, Path.unlink, lambda model: model.write_bytes(b"")]


@pytest.mark.parametrize("damage", DAMAGES, ids=["cut", "flip", "gone", "empty"])
async def test_a_damaged_model_is_trained_anew(bench: Bench, content: Content, damage: Callable[[Path], None]) -> None:
    """The same command that made it mends it."""
    first = await bench.releases.build(content)
    damage(bench.models / first.model_file)
    with pytest.raises(ModelDamagedError, match=f"of release {first.id} is missing or damaged. Run: guidepost train"):
        bench.releases.model(first)
    second = await bench.releases.build(content)
    assert len(bench.train.trained) == 2
    assert bench.releases.model(second).is_file()
    await bench.releases.publish(second)
    live = await bench.releases.live()
    assert live is not None
    assert second == live[0]
    assert second == await bench.releases.build(content)


@pytest.mark.parametrize("damage", [*DAMAGES, become_a_directory], ids=["cut", "flip", "gone", "empty", "directory"])
async def test_a_damaged_model_does_not_go_live(bench: Bench, content: Content, damage: Callable[[Path], None]) -> None:
    """What answered before goes on answering."""
    first = await bench.releases.build(content)
    await bench.releases.publish(first)
    second = await bench.releases.build(changed(content, other_example))
    damage(bench.models / second.model_file)
    with pytest.raises(ModelDamagedError):
        await bench.releases.publish(second)
    assert (first, content) == await bench.releases.live()
    assert bench.releases.model(first).is_file()


async def test_a_training_that_fails_leaves_nothing(bench: Bench, content: Content) -> None:
    bench.train.fails = True
    with pytest.raises(RuntimeError, match="does not fit"):
        await bench.releases.build(content)
    assert bench.files() == []
    assert await bench.stored() == []
    bench.train.fails = False
    release = await bench.releases.build(content)
    assert [release.model_file] == bench.files()


async def test_a_training_that_fails_leaves_what_is_live(bench: Bench, content: Content) -> None:
    first = await bench.releases.build(content)
    await bench.releases.publish(first)
    bench.train.fails = True
    with pytest.raises(RuntimeError, match="does not fit"):
        await bench.releases.build(changed(content, other_example))
    assert (first, content) == await bench.releases.live()
    assert [first.model_file] == bench.files()
    assert [first] == await bench.stored()


async def test_a_model_cannot_be_used_before_it_is_complete(bench: Bench, content: Content) -> None:
    """A kill in the middle of training leaves nothing under a model's name."""
    seen: list[list[str]] = []

    def watching(content: Content, directory: Path, name: str) -> Path:
        made = bench.train(content, directory, name)
        seen.append([path.name for path in bench.models.iterdir() if not path.name.startswith(".")])
        return made

    releases = Releases(bench.database, "tiny", bench.models, bench.root, watching, bench.parse)
    release = await releases.build(content)
    assert seen == [[]]
    assert [release.model_file] == bench.files()


async def test_packs_with_the_same_examples_do_not_break_each_other(bench: Bench, content: Content) -> None:
    """data/nlu belongs to all packs: the second one's training must leave the model alone with which the first answers."""
    first = await bench.releases.build(content)
    await bench.releases.publish(first)
    other = changed(content, lambda tree: tree["pack"].update(pack="small"))
    await store(bench.database, other)
    second = await bench.of("small").build(other)
    await bench.of("small").publish(second)
    assert bench.of("small").model(second).is_file()
    assert bench.releases.model(first).is_file()
    live = await bench.releases.live()
    assert live is not None
    assert first == live[0]


async def test_building_twice_at_the_same_time_ends_well(bench: Bench, content: Content) -> None:
    """Two people type `guidepost train`: whatever each of them is given can go live."""
    made = await asyncio.gather(bench.releases.build(content), bench.releases.build(content))
    for release in made:
        await bench.releases.publish(release)
        live = await bench.releases.live()
        assert live is not None
        assert release == live[0]
