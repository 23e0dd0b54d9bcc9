"""A pack's content as files: data/packs/<pack>/, data/nlu/ and tests/content/."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.errors import GuidepostError
from bot.knowledge import yaml_files
from bot.knowledge.schema import Answer, Content, Elsewhere, Example, Fact, HeldBack, Office, Pack, Place, Question
from bot.knowledge.yaml_files import Located, ReadError

M = TypeVar("M", bound=BaseModel)
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One remark about the content, for the person who edits it.

    Attributes:
        severity: an error keeps the content from being used, a warning does not.
        file: path relative to the project.
        line: line number from 1.
        message: what is wrong and what to do.
    """

    severity: Severity
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.message}"


class ContentError(GuidepostError):
    """The content cannot be used; `findings` says where and why."""

    code = "content"
    status = 422

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        errors = [str(finding) for finding in self.findings if finding.severity == "error"]
        shown = "\n".join(errors[:20])
        more = f"\n… and {len(errors) - 20} more" if len(errors) > 20 else ""
        super().__init__(f"The content has {len(errors)} error(s):\n{shown}{more}")


@dataclass
class LoadedFiles:
    """What was read from disk.

    Attributes:
        content: the validated content, or None when a file could not be used.
        files: bytes by path relative to the project root.
        findings: errors of reading and validation.
        places: (file, line) by what stands there: ("question", id), ("answer", id, index), ("example", n) …
    """

    content: Content | None
    files: dict[str, bytes]
    findings: list[Finding]
    places: dict[tuple[Any, ...], tuple[str, int]] = field(default_factory=dict)


def list_packs(root: Path) -> list[str]:
    """Return the names of the packs under a project root."""
    return sorted(path.parent.name for path in (root / "data" / "packs").glob("*/pack.yml"))


def pack_files(root: Path, pack: str) -> list[Path]:
    """Return all files that make up a pack's content, in a stable order."""
    base = root / "data" / "packs" / pack
    return [
        base / "pack.yml",
        base / "places.yml",
        base / "offices.yml",
        base / "facts.yml",
        *sorted((base / "answers").glob("*.yml")),
        *sorted((root / "data" / "nlu").glob("*.yml")),
        *sorted((root / "tests" / "content").glob("*.yml")),
    ]


def load(root: Path, pack: str) -> LoadedFiles:
    """Read and validate a pack's files.

    Args:
        root: the project root.
        pack: the pack's name.

    Returns:
        Content and findings; `content` is None when there is an error.

    Raises:
        ContentError: there is no such pack.
    """
    if pack not in list_packs(root):
        known = ", ".join(list_packs(root)) or "none"
        raise ContentError(
            [Finding("error", f"data/packs/{pack}/pack.yml", 1, f"there is no pack '{pack}'; known packs: {known}")]
        )
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in pack_files(root, pack) if path.is_file()}
    return parse(files, pack)


def parse(files: dict[str, bytes], pack: str) -> LoadedFiles:
    """Validate a pack's files given as bytes by relative path; see `load`."""
    reader = _Reader(pack)
    for name, data in files.items():
        reader.add(name, data)
    return LoadedFiles(reader.finish(), files, reader.findings, reader.places)


class _Reader:
    def __init__(self, pack: str) -> None:
        self.pack = pack
        self.findings: list[Finding] = []
        self.places: dict[tuple[Any, ...], tuple[str, int]] = {}
        self._meta: Pack | None = None
        self._facts: dict[str, Fact] = {}
        self._places: list[Place] = []
        self._offices: list[Office] = []
        self._elsewhere: Elsewhere | None = None
        self._questions: list[Question] = []
        self._examples: list[Example] = []
        self._held_back: list[HeldBack] = []

    def error(self, file: str, line: int, message: str) -> None:
        self.findings.append(Finding("error", file, line, message))

    def add(self, name: str, data: bytes) -> None:
        try:
            located = yaml_files.parse(data)
        except ReadError as error:
            self.error(name, error.line, str(error))
            return
        if not isinstance(located.value, dict):
            self.error(name, 1, "expected 'key: value' lines at the top level")
            return
        base = f"data/packs/{self.pack}/"
        if name == base + "pack.yml":
            self._meta = self._model(Pack, located.value, name, located, ())
        elif name == base + "places.yml":
            self._add_places(name, located)
        elif name == base + "offices.yml":
            self._add_offices(name, located)
        elif name == base + "facts.yml":
            self._add_facts(name, located)
        elif name.startswith(base + "answers/"):
            self._add_answers(name, located)
        elif name.startswith("data/nlu/"):
            self._add_examples(name, located)
        elif "pack" not in located.value:
            self.error(name, 1, f"'pack: {self.pack}' is missing: say whose test questions these are")
        elif located.value["pack"] == self.pack:
            self._add_held_back(name, located)

    def _model(self, model: type[M], value: Any, file: str, at: Located, path: tuple[Any, ...]) -> M | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            for problem in error.errors():
                self.error(
                    file, at.line(*path, *(part for part in problem["loc"] if part != "texts")), _explain(problem)
                )
            return None

    def _list(self, file: str, at: Located, key: str) -> list[Any]:
        value = at.value.get(key)
        if not isinstance(value, list):
            self.error(file, at.line(key), f"'{key}:' with a list under it is missing")
            return []
        return value

    def _add_facts(self, file: str, at: Located) -> None:
        facts = at.value.get("facts")
        if not isinstance(facts, dict):
            self.error(file, at.line("facts"), "'facts:' with the facts by id under it is missing")
            return
        for key, value in facts.items():
            fact = self._model(Fact, value, file, at, ("facts", key))
            if fact:
                self._facts[str(key)] = fact
                self.places[("fact", str(key))] = (file, at.line("facts", key))

    def _add_places(self, file: str, at: Located) -> None:
        for index, value in enumerate(self._list(file, at, "places")):
            place = self._model(Place, value, file, at, ("places", index))
            if place:
                self._places.append(place)

    def _add_offices(self, file: str, at: Located) -> None:
        for index, value in enumerate(self._list(file, at, "offices")):
            office = self._model(Office, value, file, at, ("offices", index))
            if office is None:
                continue
            if ("office", office.id) in self.places:
                self.error(file, at.line("offices", index), f"two offices have the id '{office.id}'; rename one")
                continue
            self.places[("office", office.id)] = (file, at.line("offices", index))
            self._offices.append(office)
        if "elsewhere" in at.value:
            self._elsewhere = self._model(Elsewhere, at.value["elsewhere"], file, at, ("elsewhere",))
            self.places[("office", "elsewhere")] = (file, at.line("elsewhere"))

    def _add_answers(self, file: str, at: Located) -> None:
        topic = at.value.get("topic")
        if topic != Path(file).stem:
            self.error(file, at.line("topic"), f"'topic' must be '{Path(file).stem}', like the file's name")
            return
        for index, raw in enumerate(self._list(file, at, "questions")):
            path = ("questions", index)
            if not isinstance(raw, dict):
                self.error(file, at.line(*path), "a question needs 'id', 'title' and 'answers'")
                continue
            value = dict(raw) | ({"id": f"{topic}/{raw['id']}"} if "id" in raw else {})
            if isinstance(raw.get("answers"), list):
                value["answers"] = [_gather_languages(item) for item in raw["answers"]]
            question = self._model(Question, value, file, at, path)
            if question is None:
                continue
            place = ("question", question.id)
            if place in self.places:
                other = "{}:{}".format(*self.places[place])
                self.error(file, at.line(*path), f"question '{question.id}' stands also at {other}; keep one")
                continue
            self.places[place] = (file, at.line(*path))
            for number in range(len(question.answers)):
                self.places[("answer", question.id, number)] = (file, at.line(*path, "answers", number))
                for language in question.answers[number].texts:
                    line = at.line(*path, "answers", number, language)
                    self.places[("text", question.id, number, language)] = (file, line)
            self._questions.append(question)

    def _add_examples(self, file: str, at: Located) -> None:
        for index, block in enumerate(self._list(file, at, "nlu")):
            if not isinstance(block, dict) or "intent" not in block or not isinstance(block.get("examples"), list):
                self.error(
                    file,
                    at.line("nlu", index),
                    "each entry needs 'intent' and a list of 'examples' with 'text' and 'metadata'",
                )
                continue
            for number, raw in enumerate(block["examples"]):
                path = ("nlu", index, "examples", number)
                if not isinstance(raw, dict) or not isinstance(raw.get("metadata"), dict):
                    self.error(file, at.line(*path), "an example needs 'text' and 'metadata: {language: …}'")
                    continue
                value = {"intent": block["intent"], "text": raw.get("text"), **raw["metadata"]}
                example = self._model(Example, value, file, at, path)
                if example:
                    self.places[("example", len(self._examples))] = (file, at.line(*path))
                    self._examples.append(example)

    def _add_held_back(self, file: str, at: Located) -> None:
        questions = at.value.get("questions") or {}
        if not isinstance(questions, dict):
            self.error(file, at.line("questions"), "expected test questions by question")
            return
        entries: dict[str, Any] = dict(questions)
        if "out_of_scope" in at.value:
            entries["out_of_scope"] = at.value["out_of_scope"]
        for expected, by_language in entries.items():
            base = ("questions", expected) if expected != "out_of_scope" else ("out_of_scope",)
            if not isinstance(by_language, dict):
                self.error(file, at.line(*base), "expected lists of test questions by language")
                continue
            for language, texts in by_language.items():
                if not isinstance(texts, list):
                    self.error(file, at.line(*base, language), "expected a list of test questions")
                    continue
                for number, text in enumerate(texts):
                    value = {"expected": expected, "language": language, "text": text}
                    held_back = self._model(HeldBack, value, file, at, (*base, language, number))
                    if held_back:
                        self.places[("held_back", len(self._held_back))] = (file, at.line(*base, language, number))
                        self._held_back.append(held_back)

    def finish(self) -> Content | None:
        if self._meta is None:
            if not self.findings:
                self.error(f"data/packs/{self.pack}/pack.yml", 1, "the file is missing")
            return None
        if any(finding.severity == "error" for finding in self.findings):
            return None
        # Files of their own, one thing in the schema.
        beside = {"places": self._places, "offices": self._offices, "elsewhere": self._elsewhere}
        return Content(
            pack=self._meta.model_copy(update={name: value for name, value in beside.items() if value}),
            facts=self._facts,
            questions=self._questions,
            examples=self._examples,
            held_back=self._held_back,
        )


def _gather_languages(raw: Any) -> Any:
    """In files the languages stand beside `facts`; in the schema they lie under `texts`."""
    if not isinstance(raw, dict) or "texts" in raw:
        return raw
    own = set(Answer.model_fields)
    texts = {key: value for key, value in raw.items() if key not in own and isinstance(value, dict)}
    rest = {key: value for key, value in raw.items() if key not in texts}
    return rest | {"texts": texts}


_PLAIN = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not known here; check the spelling or remove it",
    "string_type": "must be text (put it into quotes if it looks like a number or a date)",
    "list_type": "must be a list, one item a line, each beginning with '- '",
    "date_from_datetime_parsing": "must be a date like 2026-12-31",
    "date_type": "must be a date like 2026-12-31",
    "string_too_short": "is empty; write something or remove it",
}


def _explain(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"] if part != "texts") or "this"
    return f"'{where}' {_PLAIN.get(problem['type'], problem['msg'])}"


def dump(value: Any) -> bytes:
    """Write YAML the way the project's files are written: block style, order kept, letters as they are."""
    buffer = io.StringIO()
    yaml.safe_dump(value, buffer, allow_unicode=True, sort_keys=False, width=120)
    return buffer.getvalue().encode("utf-8")


Places = dict[str | tuple[str, str], str]
"""File by (intent, text), and by intent for texts that are new."""


def render(content: Content, example_files: Places, held_back_files: Places) -> dict[str, bytes]:
    """Write a pack's content as files.

    Args:
        content: the content.
        example_files: where examples came from; others go to `data/nlu/<topic>.yml`.
        held_back_files: the same for test questions, `tests/content/<topic>.yml`.

    Returns:
        Bytes by path relative to the project root.
    """
    base = f"data/packs/{content.pack.pack}"
    pack_tree = content.pack.model_dump(mode="python", exclude_defaults=True)
    places = pack_tree.pop("places", None)
    offices = {key: pack_tree.pop(key) for key in ("offices", "elsewhere") if key in pack_tree}
    trees: dict[str, Any] = {f"{base}/pack.yml": pack_tree}
    if places:
        trees[f"{base}/places.yml"] = {"pack": content.pack.pack, "places": places}
    if offices:
        trees[f"{base}/offices.yml"] = {"pack": content.pack.pack, **offices}
    facts = {key: fact.model_dump(mode="python", exclude_defaults=True) for key, fact in content.facts.items()}
    trees[f"{base}/facts.yml"] = {"pack": content.pack.pack, "facts": facts}
    for question in content.questions:
        file = f"{base}/answers/{question.topic}.yml"
        tree = trees.setdefault(file, {"pack": content.pack.pack, "topic": question.topic, "questions": []})
        tree["questions"].append(_question_tree(question))
    for example in content.examples:
        topic = example.intent.partition("/")[0]
        known = example_files.get((example.intent, example.text)) or example_files.get(example.intent)
        file = known or f"data/nlu/{topic}.yml"
        blocks = trees.setdefault(file, {"version": "3.1", "nlu": []})["nlu"]
        block = next((block for block in blocks if block["intent"] == example.intent), None)
        if block is None:
            block = {"intent": example.intent, "examples": []}
            blocks.append(block)
        metadata = {"language": example.language, "source": example.source}
        if example.style:
            metadata["style"] = example.style
        block["examples"].append({"text": example.text, "metadata": metadata})
    for item in content.held_back:
        topic = item.expected.partition("/")[0]
        known = held_back_files.get((item.expected, item.text)) or held_back_files.get(item.expected)
        file = known or f"tests/content/{topic}.yml"
        tree = trees.setdefault(file, {"pack": content.pack.pack})
        place = tree if item.expected == "out_of_scope" else tree.setdefault("questions", {})
        place.setdefault(item.expected, {}).setdefault(item.language, []).append(item.text)
    return {file: dump(tree) for file, tree in trees.items()}


def _question_tree(question: Question) -> dict[str, Any]:
    tree = question.model_dump(mode="python", exclude_defaults=True)
    tree["id"] = question.id.partition("/")[2]
    for answer in tree["answers"]:
        answer.update(answer.pop("texts"))
    return tree
