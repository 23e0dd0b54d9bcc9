"""Rasa's own commands, run as people run them, in a small project with Guidepost's components and Rasa's importer."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from conftest import CACHE, ROOT, environment, free_port

CONFIG = """\
recipe: default.v1
assistant_id: small
language: xx
pipeline:
  - name: bot.understanding.normaliser.Normaliser
  - name: bot.understanding.language.LanguageIdentifier
  - name: bot.understanding.tokenizer.MultilingualTokenizer
  - name: bot.understanding.entities.EntityExtractor
  - name: bot.understanding.sentence_encoder.SentenceEncoder
  - name: bot.understanding.classifier.QuestionClassifier
  - name: bot.understanding.scope.ScopeClassifier
policies:
  - name: RulePolicy
"""

DOMAIN = """\
version: "3.1"
intents: [visa, citizenship, out_of_scope, nlu_fallback]
entities: [situation, country, nationality, document, status, place, date]
slots:
  asked:
    type: text
    influence_conversation: false
    mappings: [{type: custom}]
  situation:
    type: text
    influence_conversation: false
    mappings: [{type: from_entity, entity: situation}]
actions: [action_visa]
responses:
  utter_citizenship: [{text: "Citizenship is granted by decree."}]
  utter_not_ours: [{text: "That is not ours."}]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
"""

RULES = """\
version: "3.1"
rules:
- {rule: visa, steps: [{intent: visa}, {action: action_visa}]}
- {rule: citizenship, steps: [{intent: citizenship}, {action: utter_citizenship}]}
- {rule: foreign, steps: [{intent: out_of_scope}, {action: utter_not_ours}]}
- {rule: unsure, steps: [{intent: nlu_fallback}, {action: utter_not_ours}]}
"""

NLU = """\
version: "3.1"
nlu:
- intent: visa
  examples: |
    - how do I get a visa
    - where can I apply for a visa
    - do I need a visa to enter
    - what does a tourist visa cost
    - visa application documents
    - how long is a visa valid
    - can my visa be extended
    - visa on arrival at the airport
- intent: citizenship
  examples: |
    - how do I become a citizen
    - I want to apply for citizenship
    - citizenship by descent
    - what documents are needed for citizenship
    - dual citizenship rules
    - how long does naturalisation take
    - oath of a new citizen
    - can I get an Armenian passport as a citizen
- intent: out_of_scope
  examples: |
    - what is the weather tomorrow
    - tell me a joke
    - recommend a restaurant
    - who won the football match
    - play some music
    - how do I cook pasta
    - what is the capital of France
    - book me a flight to Rome
"""

STORIES = """\
version: "3.1"
stories:
- story: visa, then citizenship
  steps:
  - {user: "how do I apply for a visa", intent: visa}
  - {action: action_visa}
  - {user: "I want to become a citizen", intent: citizenship}
  - {action: utter_citizenship}
"""

ACTIONS = """\
from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class ActionVisa(Action):
    def name(self):
        return "action_visa"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="A visa is issued within ten days.")
        return [SlotSet("asked", tracker.latest_message.get("text"))]
"""


def small_project(directory: Path) -> Path:
    """Write a Rasa project of three intents."""
    files = {
        "config.yml": CONFIG,
        "domain.yml": DOMAIN,
        "data/rules.yml": RULES,
        "data/nlu.yml": NLU,
        "tests/test_stories.yml": STORIES,
        "actions/__init__.py": "",
        "actions/visa.py": ACTIONS,
    }
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def variables(home: Path) -> dict[str, str]:
    """A home of its own shows what a command writes there; drawing keeps its font list."""
    return environment(home, HOME=str(home), MPLCONFIGDIR=str(CACHE / "matplotlib"))


def start(*arguments: str, cwd: Path, home: Path) -> subprocess.Popen[str]:
    """Start `guidepost rasa …` in a session of its own: Sanic signals the whole group it runs in."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "rasa", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=variables(home),
        start_new_session=True,
    )


def end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def run(
    *arguments: str, cwd: Path, home: Path, stdin: str = "", seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    process = start(*arguments, cwd=cwd, home=home)
    try:
        out, err = process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired:
        end(process)
        raise
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """The small project, trained by `rasa train`."""
    directory = small_project(tmp_path_factory.mktemp("project"))
    done = run("train", cwd=directory, home=home)
    assert done.returncode == 0, done.stderr
    return directory


Commands = dict[str, "Future[subprocess.CompletedProcess[str]]"]


@pytest.fixture(scope="module")
def commands(project: Path, home: Path) -> Iterator[Commands]:
    """The commands that only need the model, two at a time, because each imports for seconds."""
    with ThreadPoolExecutor(2) as pool:
        yield {
            "core": pool.submit(run, "test", "core", "--stories", "tests/test_stories.yml", cwd=project, home=home),
            "nlu": pool.submit(run, "test", "nlu", "--nlu", "data/nlu.yml", cwd=project, home=home),
            "shell nlu": pool.submit(run, "shell", "nlu", cwd=project, home=home, stdin="can a visa be prolonged\n"),
            "shell": pool.submit(
                lambda: run(
                    *("shell", "--port", str(free_port())),
                    cwd=project,
                    home=home,
                    stdin="I want to become a citizen\n/stop\n",
                    seconds=30,
                )
            ),
            "validate": pool.submit(run, "data", "validate", "--fail-on-warnings", cwd=project, home=home),
            "own": pool.submit(run, "data", "validate", cwd=ROOT, home=home),
        }


def test_train_makes_one_model(project: Path) -> None:
    (model,) = (project / "models").glob("*.tar.gz")
    assert model.stat().st_size > 10_000


def test_data_validate_finds_nothing_to_complain_of(commands: Commands) -> None:
    done = commands["validate"].result()
    assert done.returncode == 0, done.stderr
    assert "No story structure conflicts found." in done.stderr


def test_test_nlu_scores_and_draws(commands: Commands, project: Path) -> None:
    done = commands["nlu"].result()
    assert done.returncode == 0, done.stderr
    report = json.loads((project / "results" / "intent_report.json").read_text())
    assert (report["visa"]["support"], report["visa"]["recall"]) == (8, 1.0)
    for name in ("intent_confusion_matrix.png", "intent_histogram.png"):
        assert (project / "results" / name).read_bytes().startswith(b"\x89PNG")


def test_test_core_plays_a_story(commands: Commands, project: Path) -> None:
    done = commands["core"].result()
    report = json.loads((project / "results" / "story_report.json").read_text())
    assert (report["conversation_accuracy"]["correct"], report["conversation_accuracy"]["total"]) == (1, 1)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_shell_nlu_shows_what_is_understood(commands: Commands) -> None:
    done = commands["shell nlu"].result()
    assert done.returncode == 0, done.stderr
    parsed = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
    assert (parsed["intent"]["name"], parsed["language"]["code"]) == ("visa", "en")


def test_shell_answers(commands: Commands) -> None:
    done = commands["shell"].result()
    assert "Citizenship is granted by decree." in done.stdout, done.stderr[-3000:]
    assert done.returncode == 0


def test_the_projects_own_data_is_valid(commands: Commands) -> None:
    """`rasa data validate` in the repository: examples of the pack through our importer, domain and rules."""
    done = commands["own"].result()
    assert done.returncode == 0, done.stderr
    assert "No story structure conflicts found." in done.stderr
    for complaint in (
        "Traceback",
        "is not listed in the domain",
        "intent 'None'",
        "response selector",
    ):
        assert complaint not in done.stderr, complaint


def test_run_actions_serves_the_projects_own(project: Path, home: Path) -> None:
    port = free_port()
    process = start("run", "actions", "-p", str(port), cwd=project, home=home)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: httpx.get(url + "/health", timeout=1).status_code == 200, process)
        tracker = {
            "sender_id": "a",
            "slots": {},
            "latest_message": {"text": "how do I get a visa"},
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": None,
            "latest_event_time": 1.0,
        }
        call = {"next_action": "action_visa", "sender_id": "a", "tracker": tracker, "domain": {"actions": []}}
        answer = httpx.post(url + "/webhook", json=call, timeout=10)
        unknown = httpx.post(url + "/webhook", json={**call, "next_action": "action_other"}, timeout=10)
    finally:
        end(process)
    assert answer.status_code == 200, answer.text
    assert answer.json()["responses"][0]["text"] == "A visa is issued within ten days."
    (event,) = answer.json()["events"]
    assert (event["name"], event["value"]) == ("asked", "how do I get a visa")
    assert unknown.status_code == 404


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while True:
        assert process.poll() is None, "it ended by itself"
        try:
            if ready():
                return
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.mark.parametrize("command", [["train"], ["data", "validate"], ["test", "nlu"]])
@pytest.mark.parametrize(
    ("written", "named", "instead"),
    [
        ("DIETClassifier", "'DIETClassifier' under 'pipeline'", "QuestionClassifier"),
        (
            "rasa.nlu.classifiers.diet_classifier.DIETClassifier",
            "'DIETClassifier' under 'pipeline'",
            "QuestionClassifier",
        ),
        ("LanguageModelFeaturizer", "'LanguageModelFeaturizer' under 'pipeline'", "SentenceEncoder"),
    ],
)
def test_a_component_that_needs_tensorflow_is_refused_in_a_sentence(
    tmp_path: Path, command: list[str], written: str, named: str, instead: str
) -> None:
    config = tmp_path / "other.yml"
    config.write_text(CONFIG.replace("bot.understanding.classifier.QuestionClassifier", written))
    done = run(*command, "--config", str(config), cwd=tmp_path, home=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"guidepost: {config}: {named} needs TensorFlow")
    assert instead in sentence


def test_the_component_is_found_however_the_file_is_named(tmp_path: Path) -> None:
    """Rasa takes `--config=FILE` as well as `--config FILE`."""
    project = small_project(tmp_path)
    (project / "other.yml").write_text(
        CONFIG.replace("bot.understanding.classifier.QuestionClassifier", "DIETClassifier")
    )
    done = run("train", "--config=other.yml", cwd=project, home=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("guidepost: other.yml: 'DIETClassifier'"), done.stderr


@pytest.mark.parametrize("text", ["- a list", "pipeline: [", "just a sentence"])
def test_a_config_that_is_none_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yml").write_text(text)
    done = run("train", cwd=tmp_path, home=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("guidepost: config.yml: ")
    assert "Traceback" not in done.stderr


def test_what_the_suggestion_names_exists() -> None:
    """What the refusal advises can be put into config.yml as it stands."""
    from bot.rasa_runtime.config_guard import NEEDS_TENSORFLOW

    for name in set(NEEDS_TENSORFLOW.values()) - {"RulePolicy"}:
        module, _, attribute = name.rpartition(".")
        assert isinstance(getattr(importlib.import_module(module), attribute, None), type), name


def test_no_command_writes_a_telemetry_id(commands: Commands, home: Path) -> None:
    """Rasa writes ~/.config/rasa/global.yml with an id of the person, even when nothing is sent."""
    for command in commands.values():
        command.result()
    assert not (home / ".config" / "rasa" / "global.yml").exists()
