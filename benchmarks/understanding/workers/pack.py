"""The Armenian pack through the program itself: held-back questions in every spelling, and what a parse costs.

Usage: pack.py result.json
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

TESTS = ROOT / "tests" / "content"
REPEATS = 300


def questions(path: Path) -> list[tuple[str, str, str]]:
    """Return (text, expected, language) of a file of test questions."""
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = [
        (text, expected, language)
        for expected, by_language in (tree.get("questions") or {}).items()
        for language, texts in by_language.items()
        for text in texts
    ]
    outside = (tree.get("out_of_scope") or {}).items()
    return found + [(text, "out_of_scope", language) for language, texts in outside for text in texts]


async def main() -> dict[str, Any]:
    """Measure and return what is written."""
    from bot import logs
    from bot.app import assistant
    from bot.knowledge.schema import HeldBack
    from bot.knowledge.scoring import score
    from bot.settings import Settings
    from bot.understanding.letters.spelling import without_marks

    logs.configure("ERROR")
    async with assistant(Settings.load(), keep_conversations=False) as opened:
        from rasa.core.channels.channel import UserMessage
        from rasa.shared.core.trackers import DialogueStateTracker

        from bot.understanding.encoder import shared_encoder
        from bot.understanding.normaliser import clean, fold

        live = opened.live()
        sets: dict[str, list[tuple[str, str, str]]] = {
            "native": [entry for path in sorted(TESTS.glob("*.yml")) for entry in questions(path)],
            "Latin letters": [e for name in ("hy", "ru", "uk") for e in questions(TESTS / "romanised" / f"{name}.yml")],
            "examples in other languages only": [
                e for name in ("lv", "az", "uk") for e in questions(TESTS / "cross_lingual" / f"{name}.yml")
            ],
        }
        sets["the same without marks"] = [
            (without_marks(text.lower()), expected, language)
            for text, expected, language in sets["examples in other languages only"]
            if language != "uk"
        ]
        result: dict[str, Any] = {"sets": {}}
        for name, entries in sets.items():
            print(f"    asking {len(entries)}: {name}", flush=True)
            parsed = live.processor.parse_many([text for text, _, _ in entries])
            held_back = [
                HeldBack(text=text, expected=expected, language=language) for text, expected, language in entries
            ]
            scores = score(parsed, held_back, live.library)
            result["sets"][name] = {"languages": scores["languages"], "out_of_scope": scores["out_of_scope"]}
        texts = [text for text, _, _ in sets["native"]][:REPEATS]
        tracker = DialogueStateTracker.from_events("benchmark", [])
        encoder = shared_encoder()
        alone, parses = [], []
        for text in texts:
            # One after the other on each text, so that whatever else the machine does falls on both.
            began = time.process_time()
            encoder._run(fold(clean(text)))
            middle = time.process_time()
            live.processor._parse_message_with_graph(UserMessage(text), tracker)
            parses.append(1000 * (time.process_time() - middle))
            alone.append(1000 * (middle - began))
        result["parse"] = {
            "encoder_ms": round(statistics.median(alone), 2),
            "parse_ms": round(statistics.median(parses), 2),
            "parse_p90_ms": round(statistics.quantiles(parses, n=10)[-1], 2),
            "times_encoder": round(statistics.median(parses) / statistics.median(alone), 2),
        }
    return result


if __name__ == "__main__":
    text = json.dumps(asyncio.run(main()), ensure_ascii=False, indent=1) + "\n"
    Path(sys.argv[1]).write_text(text, encoding="utf-8")
