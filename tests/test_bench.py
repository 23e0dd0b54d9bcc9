"""`guidepost bench understanding`: the real command over a benchmark of a few sentences."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import CACHE, ROOT, guidepost

pytestmark = pytest.mark.long

LANGUAGES = ("en", "hy", "az", "lv", "ru")
WORDS: dict[str, dict[str, list[str]]] = {
    "en": {
        "alarm_set": ["wake me", "set the alarm", "alarm at"],
        "weather_query": ["will it rain", "is it cold", "weather for"],
        "music_play": ["play a song", "put on music", "sing to me"],
        "when": ["today", "tomorrow", "on monday", "at six", "in the evening", "next week"],
    },
    "hy": {
        "alarm_set": ["արթնացրու ինձ", "դիր զարթուցիչը", "զարթուցիչ"],
        "weather_query": ["անձրև կգա", "ցուրտ է", "եղանակը"],
        "music_play": ["երգ միացրու", "երաժշտություն դիր", "երգիր ինձ"],
        "when": ["այսօր", "վաղը", "երկուշաբթի", "վեցին", "երեկոյան", "հաջորդ շաբաթ"],
    },
    "ru": {
        "alarm_set": ["разбуди меня", "поставь будильник", "будильник"],
        "weather_query": ["будет дождь", "холодно ли", "погода"],
        "music_play": ["включи песню", "поставь музыку", "спой мне"],
        "when": ["сегодня", "завтра", "в понедельник", "в шесть", "вечером", "на той неделе"],
    },
}
INTENTS = ("alarm_set", "music_play", "weather_query")
OUTSIDE = ["who wrote hamlet", "convert ten miles", "is glass a liquid", "name a prime number"]


def sentences(language: str, intent: str) -> list[str]:
    """Eighteen sentences, always in the same order, different ones first in each intent."""
    words = WORDS.get(language, WORDS["en"])
    mark = "" if language in WORDS else f" {language}"
    found = [f"{begin} {when}{mark}" for begin in words[intent] for when in words["when"]]
    random.Random(intent).shuffle(found)
    return found


def write(path: Path, columns: list[str], rows: list[list[str]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def make_datasets(folder: Path) -> Path:
    """The four files in the columns that the real ones have."""
    folder.mkdir()
    massive, romanised, clinc, banking = [], [], [], []
    for intent in INTENTS:
        by_language = [sentences(language, intent) for language in LANGUAGES]
        for number, texts in enumerate(zip(*by_language, strict=True)):
            partition = "train" if number < 14 else "test"
            massive.append([str(number), partition, intent, *texts])
            if partition == "test":
                romanised.append([str(number), partition, intent, "artnacru indz", "razbudi menia"])
            clinc.append([partition, texts[0], intent])
            banking.append([partition, texts[0], intent])
            if number < 5:
                banking.append(["train_5", texts[0], intent])
            if number < 10:
                banking.append(["train_10", texts[0], intent])
    # One test sentence stands in the training part too.
    banking.append(["test", sentences("en", "alarm_set")[0], "alarm_set"])
    clinc += [["oos_test", text, "oos"] for text in OUTSIDE]
    write(folder / "massive.csv.gz", ["id", "partition", "intent", *LANGUAGES], massive)
    write(folder / "massive_romanised.csv.gz", ["id", "partition", "intent", "hy_latn", "ru_latn"], romanised)
    write(folder / "clinc150.csv.gz", ["split", "text", "intent"], clinc)
    write(folder / "banking77.csv.gz", ["split", "text", "intent"], banking)
    return folder


def make_project(folder: Path) -> Path:
    """A clone without results, so that those of the real one stay as they are."""
    shutil.copytree(
        ROOT / "benchmarks" / "understanding",
        folder / "benchmarks" / "understanding",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "benchmarks" / "__init__.py", folder / "benchmarks" / "__init__.py")
    return folder


ROWS = ("massive_full_hy", "massive_english", "clinc", "banking_5")
Bench = Callable[..., subprocess.CompletedProcess[str]]


def command(project: Path, datasets: Path) -> Bench:
    def run(
        *arguments: str, rows: tuple[str, ...] = ROWS, systems: tuple[str, ...] = ("ours", "svm"), **more: str
    ) -> Any:
        chosen = (["--rows", *rows] if rows else []) + (["--systems", *systems] if systems else [])
        return guidepost(
            "bench",
            "understanding",
            "--datasets",
            str(datasets),
            *chosen,
            *arguments,
            data_dir=CACHE,
            cwd=project,
            **{"GUIDEPOST_PROJECT_DIR": str(project), "PYTHONPATH": str(ROOT), **more},
        )

    return run


@pytest.fixture(scope="module")
def project(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("bench") / "project")


@pytest.fixture(scope="module")
def bench(project: Path) -> Bench:
    return command(project, make_datasets(project.parent / "datasets"))


@pytest.fixture(scope="module")
def measured(bench: Bench) -> subprocess.CompletedProcess[str]:
    """The first run, over everything that the tests look at."""
    return bench()


def results(project: Path) -> dict[str, dict[str, Any]]:
    folder = project / "benchmarks" / "results" / "understanding"
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}


def test_every_row_is_measured_with_every_system(measured: Any, project: Path) -> None:
    assert measured.returncode == 0, measured.stdout + measured.stderr
    assert {f"{row}.{system}" for row in ROWS for system in ("ours", "svm")} == set(results(project))
    assert "[1/8] massive_full_hy · ours: 42 sentences to learn from" in measured.stdout


def test_easy_sentences_are_understood_and_counted_right(measured: Any, project: Path) -> None:
    found = results(project)
    native = found["massive_full_hy.ours"]["tests"]["hy"]
    assert native["sentences"] == native["unseen"] == 12
    assert native["accuracy"] >= 80
    assert found["banking_5.ours"]["tests"]["test"]["sentences"] == 13
    assert set(found["massive_english.ours"]["tests"]) == {"hy", "ru", "lv", "az"}


def test_test_sentences_from_the_training_part_are_counted_apart(measured: Any, project: Path) -> None:
    scored = results(project)["banking_5.svm"]["tests"]["test"]
    assert (scored["sentences"], scored["unseen"]) == (13, 12)
    right, fresh = scored["accuracy"] * 13 / 100, scored["accuracy_unseen"] * 12 / 100
    assert right == pytest.approx(round(right), abs=0.01)
    assert round(right) == round(fresh) + 1


def test_both_systems_learn_from_the_same_sentences(measured: Any, project: Path) -> None:
    found = results(project)
    for row in ("massive_full_hy", "massive_english", "clinc"):
        assert found[f"{row}.ours"]["job"] == found[f"{row}.svm"]["job"]


def test_report_holds_the_numbers(measured: Any, project: Path) -> None:
    report = (project / "benchmarks" / "results" / "understanding.md").read_text(encoding="utf-8")
    found = results(project)
    lines = {line.split("|")[1].strip(): line for line in report.splitlines() if line.startswith("| ")}
    assert {"Guidepost", "TF-IDF + linear SVM"} <= set(lines)
    for title, row in (
        ("BANKING77, five", "banking_5"),
        ("CLINC150", "clinc"),
        ("MASSIVE, English", "massive_english"),
    ):
        section = next(part for part in report.split("\n## ") if part.startswith(title))
        header = next(line for line in section.splitlines() if line.startswith("| system"))
        columns = [cell.strip() for cell in header.strip("|").split("|")]
        for system, name in (("ours", "Guidepost"), ("svm", "TF-IDF + linear SVM")):
            line = next(line for line in section.splitlines() if line.startswith(f"| {name}"))
            cells = dict(zip(columns, (cell.strip() for cell in line.strip("|").split("|")), strict=True))
            for test, scored in found[f"{row}.{system}"]["tests"].items():
                if test != "out of scope":
                    assert cells[test].startswith(f"{scored['accuracy']:.1f}")
            assert cells["memory MB"] == str(found[f"{row}.{system}"]["memory_mb"])
    written = json.loads((project / "benchmarks" / "results" / "understanding.json").read_text(encoding="utf-8"))
    assert {
        f"{row}.{system}": result for row, systems in written.items() for system, result in systems.items()
    } == found


def test_doubt_is_measured_where_sentences_are_out_of_scope(measured: Any, project: Path) -> None:
    curve = results(project)["clinc.ours"]["doubt"]
    accuracies = [point["in_scope_accuracy"] for point in curve]
    recalls = [point["out_of_scope_recall"] for point in curve]
    assert accuracies == sorted(accuracies, reverse=True)
    # Who may refuse more of ours refuses no fewer of the others.
    assert recalls == sorted(recalls)


def test_second_run_goes_on_where_the_first_stopped(measured: Any, bench: Bench, project: Path) -> None:
    """Of eight measurements one is lost: it alone is made again."""
    lost = project / "benchmarks" / "results" / "understanding" / "clinc.svm.json"
    before = results(project)
    lost.unlink()
    again = bench()
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count("done before") == 7
    assert re.search(r"clinc · svm: \d+ sentences", again.stdout)
    assert results(project)["clinc.svm"]["tests"] == before["clinc.svm"]["tests"]
    assert all(results(project)[key] == before[key] for key in before if key != "clinc.svm")
    everything = bench()
    assert everything.stdout.count("done before") == 8


def test_again_measures_anew(measured: Any, bench: Bench, project: Path) -> None:
    anew = bench("--again", rows=("banking_5",), systems=("svm",))
    assert anew.returncode == 0, anew.stderr
    assert "done before" not in anew.stdout
    assert "banking_5 · svm: 15 sentences to learn from" in anew.stdout


def test_results_of_the_real_project_are_left_alone(measured: Any, project: Path) -> None:
    real = ROOT / "benchmarks" / "results" / "understanding.md"
    written = (project / "benchmarks" / "results" / "understanding.md").read_text(encoding="utf-8")
    assert not real.exists() or real.read_text(encoding="utf-8") != written


def test_missing_folder_is_named(project: Path, tmp_path: Path) -> None:
    done = command(project, tmp_path / "nowhere")()
    assert done.returncode == 1
    assert str(tmp_path / "nowhere") in done.stderr
    assert "--datasets" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_file_is_named_and_other_rows_go_on(tmp_path: Path, trained: Path) -> None:
    datasets = make_datasets(tmp_path / "datasets")
    (datasets / "clinc150.csv.gz").unlink()
    project = make_project(tmp_path / "project")
    done = command(project, datasets)(rows=("clinc", "banking_5"), systems=("svm",))
    assert done.returncode == 1
    assert "clinc150.csv.gz" in done.stdout
    assert "Traceback" not in done.stderr
    assert set(results(project)) == {"banking_5.svm"}


@pytest.mark.parametrize(
    ("options", "unknown"),
    [({"rows": ("clinc", "klinc")}, "klinc"), ({"systems": ("watson",)}, "watson")],
    ids=["row", "system"],
)
def test_unknown_row_or_system_is_named_beside_the_known(bench: Bench, options: dict[str, Any], unknown: str) -> None:
    done = bench(**options)
    assert done.returncode == 1
    assert f"Unknown: {unknown}." in done.stderr
    assert "massive_few" in done.stderr
    assert "svm" in done.stderr
    assert done.stdout == ""


def test_folder_without_benchmarks_says_where_to_run(bench: Bench, tmp_path: Path) -> None:
    done = bench(GUIDEPOST_PROJECT_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "clone of the project" in done.stderr


def test_failing_system_shows_why_and_is_not_kept(tmp_path: Path, trained: Path) -> None:
    project = make_project(tmp_path / "project")
    worker = project / "benchmarks" / "understanding" / "workers" / "svm.py"
    worker.write_text("raise SystemExit('no memory left')", encoding="utf-8")
    done = command(project, make_datasets(tmp_path / "datasets"))(rows=("banking_5",), systems=("svm", "nlpjs"))
    assert done.returncode == 1
    assert "no memory left" in done.stdout
    assert "setup_competitors" in done.stdout
    assert results(project) == {}


def test_benchmark_of_few_sentences_is_drawn_whole(tmp_path: Path, trained: Path) -> None:
    """Rows that draw 3,000 sentences a language take what is there when there are fewer."""
    project = make_project(tmp_path / "project")
    done = command(project, make_datasets(tmp_path / "datasets"))(rows=("massive_few",), systems=("svm",))
    assert done.returncode == 0, done.stdout + done.stderr
    assert results(project)["massive_few.svm"]["tests"]["en"]["sentences"] == 12
