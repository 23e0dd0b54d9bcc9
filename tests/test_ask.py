"""`guidepost ask` as a person and as a program use it."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import guidepost

KEYS = set("id language script topic question confidence outcome text sources verified_on valid_until choices".split())


def test_plain_question_prints_what_a_person_reads(trained: Path) -> None:
    done = guidepost("ask", "Как переселенцу из Карабаха получить гражданство?", data_dir=trained)
    assert done.returncode == 0, done.stderr
    assert "mcs-citizenship.am" in done.stdout
    assert "Источники" in done.stdout
    assert "Проверено 22 ноября 2026 года." in done.stdout


def test_json_prints_one_object(trained: Path) -> None:
    done = guidepost("ask", "--json", "Until when is temporary protection valid?", data_dir=trained)
    answer = json.loads(done.stdout)
    assert set(answer) == KEYS
    assert (answer["outcome"], answer["valid_until"], answer["verified_on"]) == ("answer", "2026-12-31", "2026-11-22")
    assert all(set(source) == {"title", "url", "date"} for source in answer["sources"])


def test_three_hundred_lines_in_one_process(trained: Path) -> None:
    """Lines of one conversation are turns of it; the model is loaded once; order is kept."""
    lines = []
    for number in range(100):
        lines.append({"id": f"{number}-a", "text": "How much is the citizenship fee?", "conversation": f"c{number}"})
        lines.append({"id": f"{number}-b", "text": "and how long does it take?", "conversation": f"c{number}"})
        lines.append({"id": f"{number}-c", "text": "and how long does it take?"})
    done = guidepost("ask", "--jsonl", data_dir=trained, stdin="\n".join(map(json.dumps, lines)))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in lines] == [answer["id"] for answer in answers]
    assert all(set(answer) == KEYS for answer in answers)
    assert {"answer"} == {answer["outcome"] for answer in answers if answer["id"].endswith(("-a", "-b"))}
    assert {"clarify"} == {answer["outcome"] for answer in answers if answer["id"].endswith("-c")}


def test_bad_lines_are_reported_and_the_rest_goes_on(trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(
        "\n".join(
            [
                '{"id": 1, "text": "How much is a visa?"}',
                "not json",
                '{"id": 3}',
                '{"id": 4, "text": 5}',
                '{"id": 5, "text": "x", "pack": "atlantis"}',
                '{"id": 6, "text": "x", "lang": "Klingon"}',
                '["a", "list"]',
                '{"id": 8, "text": ""}',
                '{"id": 9, "text": "/asylum"}',
                '{"id": 10, "text": "Сколько стоит виза?", "lang": "en"}',
            ]
        ),
        encoding="utf-8",
    )
    done = guidepost("ask", "--jsonl", str(file), data_dir=trained)
    assert done.returncode == 1
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, "line 2", 3, 4, 5, 6, "line 7", 8, 9, 10]
    assert ["error" in answer for answer in answers] == [False, True, True, True, True, True, True, False, False, False]
    assert all(f"line {number}:" in done.stderr for number in (2, 3, 4, 5, 6, 7))
    assert [answers[7]["outcome"], answers[8]["outcome"]] == ["clarify", "clarify"]
    assert answers[9]["language"] == "ru"


def test_clear_errors(trained: Path) -> None:
    assert "Give a question" in guidepost("ask", data_dir=trained).stderr
    missing = guidepost("ask", "--jsonl", "/no/such/file", data_dir=trained)
    assert (missing.returncode, "cannot be read" in missing.stderr) == (1, True)
    unknown = guidepost("ask", "x", data_dir=trained, GUIDEPOST_PACK="atlantis")
    assert unknown.returncode == 1
    assert "there is no pack 'atlantis'; known packs: armenia" in unknown.stderr
    wrong = guidepost("ask", "x", data_dir=trained, GUIDEPOST_PORT="lots")
    assert "GUIDEPOST_PORT" in wrong.stderr
    assert all("Traceback" not in each.stderr for each in (missing, unknown, wrong))
