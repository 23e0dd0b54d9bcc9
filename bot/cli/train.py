"""`guidepost train`: make a release from the database's content, print its scores, let it answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import time

from bot import logs
from bot.settings import Settings


def add_parser(verbs: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Describe the command."""
    parser = verbs.add_parser("train", help="train a model, score it on the held-back questions, publish it")
    parser.add_argument("--report", action="store_true", help="also list every miss")
    parser.add_argument("--json", action="store_true", help="print the scores as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train and publish."""
    settings = Settings.load()
    logs.configure(settings.log_level)
    return asyncio.run(_train(settings, options))


async def _train(settings: Settings, options: argparse.Namespace) -> int:
    from bot.app import assistant as open_assistant
    from bot.knowledge import scoring

    began = time.monotonic()
    async with open_assistant(settings) as assistant:
        release = await assistant.publish_content()
        if options.json:
            print(json.dumps({"release": release.id, "scores": release.scores}, ensure_ascii=False))
        else:
            print(scoring.report(release.scores, misses=options.report))
            print(f"Release {release.id} is live. ({time.monotonic() - began:.1f} s)")
    return 0
