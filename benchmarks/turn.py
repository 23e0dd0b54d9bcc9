"""CPU time of a turn, beside the encoder alone, in one run: the ratio is the claim, the milliseconds are this machine's.

Run after `make run` once: .venv/bin/python benchmarks/turn.py
"""

from __future__ import annotations

import asyncio
import statistics
import time

from bot import logs
from bot.app import assistant
from bot.settings import Settings

REPEATS = 200


async def main() -> None:
    """Measure and print a table."""
    logs.configure("ERROR")
    async with assistant(Settings.load(), keep_conversations=False) as opened:
        from rasa.core.channels.channel import UserMessage
        from rasa.shared.core.trackers import DialogueStateTracker

        from bot.conversation.messages import Inbound
        from bot.understanding.encoder import shared_encoder
        from bot.understanding.normaliser import clean, fold

        live = opened.live()
        questions = [item.text for item in live.library.content.held_back[:REPEATS]]
        tracker = DialogueStateTracker.from_events("benchmark", [])

        def cpu(run: object, *arguments: object) -> float:
            began = time.process_time()
            run(*arguments)  # type: ignore[operator]
            return 1000 * (time.process_time() - began)

        encoder = shared_encoder()
        alone = [cpu(encoder._run, fold(clean(text))) for text in questions]
        parses = [cpu(live.processor._parse_message_with_graph, UserMessage(text + " "), tracker) for text in questions]
        turns = []
        for number, text in enumerate(questions):
            inbound = Inbound(conversation="benchmark-one", message_id=str(number), channel="benchmark", text=text)
            began = time.process_time()
            await opened.conversations.handle(inbound)
            turns.append(1000 * (time.process_time() - began))
        print("| what | median CPU ms | p90 | times the encoder |")
        print("|---|---|---|---|")
        base = statistics.median(alone)
        for name, values in (("encoder alone", alone), ("parse", parses), ("whole turn, stored", turns)):
            middle = statistics.median(values)
            print(f"| {name} | {middle:.1f} | {statistics.quantiles(values, n=10)[-1]:.1f} | {middle / base:.2f} |")
        halves = statistics.median(turns[: REPEATS // 4]), statistics.median(turns[-REPEATS // 4 :])
        print(f"\nTurn {REPEATS} of one conversation costs {halves[1] / halves[0]:.2f} times the first ones.")


if __name__ == "__main__":
    asyncio.run(main())
