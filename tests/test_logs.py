"""What people write is never logged, at no level, whether the turn succeeds or fails."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from conftest import ROOT, environment

CANARY = "Zanzibarov"
TEXTS = [
    f"How do I become a citizen? My name is {CANARY}",
    f'/citizenship{{"situation": "{CANARY}"}}',
    f"{CANARY} " * 300,
    f"I am a refugee, {CANARY}",
    f"{CANARY}\x00\u202e\ud7ff",
]

FAILING = """
import asyncio, json, logging, sys, types, warnings
from bot import logs
from bot.settings import Settings
logs.configure("DEBUG")
from bot.assistant import open_assistant
from bot.conversation.messages import Inbound
from rasa_sdk import Action

class Failing(Action):
    def name(self):
        return "action_answer"

    def run(self, dispatcher, tracker, domain):
        warnings.warn(f"careless {tracker.latest_message['text']}")
        raise ValueError("cannot read " + tracker.latest_message["text"])

class Clarify(Failing):
    def name(self):
        return "action_clarify"

package = types.ModuleType("failing")
package.__path__ = []
for kind in (Failing, Clarify):
    kind.__module__ = "failing.all"

async def main():
    async with open_assistant(Settings(), package) as assistant:
        outcomes = []
        for number, (text, choice) in enumerate(json.loads(sys.argv[1])):
            inbound = Inbound(conversation=f"conversation-{number}", message_id="1", channel="web", text=text, choice=choice)
            outcomes += [each.reply.outcome for each in await assistant.conversations.handle(inbound)][-1:]
        logging.getLogger("bot.test").debug("debug lines are shown")
        print(json.dumps(outcomes))

asyncio.run(main())
"""


def test_a_served_conversation_leaves_no_text_in_the_log(start_server: Callable[..., Any]) -> None:
    """The real server at DEBUG, through the page's API and through Rasa's."""
    with start_server(GUIDEPOST_LOG_LEVEL="DEBUG") as server:
        with httpx.Client(base_url=server.url, timeout=30) as client:
            for text in TEXTS:
                answered = client.post("/api/chat", json={"text": text, "language": "en"})
                assert answered.status_code == 200, answered.text
                token = answered.json()["conversation"]
                assert CANARY in client.get("/api/chat/history", params={"conversation": token}).text
                assert client.post("/webhooks/rest/webhook", json={"message": text}).status_code == 200
            wrong = {"text": [CANARY], "choice": CANARY, CANARY: CANARY}
            assert client.post("/api/chat", json=wrong).status_code == 422
            assert client.post("/api/chat", json={"choice": CANARY}).status_code == 400
            assert client.post("/api/chat", content=f"{{{CANARY}").status_code == 422
        log = server.log.read_text(encoding="utf-8")
    assert "Ready: http" in log
    assert CANARY.casefold() not in log.casefold()


def test_a_failing_action_leaves_no_text_in_the_log(data_dir: Path) -> None:
    """Even when the error and a warning quote the message; that the turn failed is logged."""
    import json

    turns = [(text, None) for text in TEXTS[:1]] + [(f"{CANARY} again", "q:citizenship/general")]
    done = subprocess.run(
        [sys.executable, "-c", FAILING, json.dumps(turns)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(data_dir),
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ["handoff", "handoff"]
    assert "debug lines are shown" in done.stderr
    assert done.stderr.count("A turn failed: ") == 2
    assert CANARY.casefold() not in (done.stdout + done.stderr).casefold()


def run_configured(body: str) -> str:
    script = "import logging, warnings\nfrom bot import logs\nlogs.configure('DEBUG')\n" + textwrap.dedent(body)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=dict(os.environ), check=True
    )
    assert done.stdout == ""
    return done.stderr


def test_what_rasa_logs_with_values_loses_the_values() -> None:
    """Rasa passes raw text to structlog under many names, also with exceptions."""
    log = run_configured(f"""
        import structlog
        logger = structlog.get_logger("other.library")
        logger.info("processor.message.parse", text="{CANARY}", parse_data={{"text": "{CANARY}"}})
        logger.warning("an.event", exc_info=True, stack="{CANARY}")
        try:
            raise ValueError("{CANARY}")
        except ValueError:
            logger.exception("rest.message.received.failure", text="{CANARY}")
        structlog.get_logger("rasa.core.processor").debug("processor.slots.log", slot_values="{CANARY}")
    """)
    assert "processor.message.parse" in log
    assert "rest.message.received.failure" in log
    assert "processor.slots.log" not in log
    assert CANARY not in log


def test_our_own_lines_are_short_and_on_stderr() -> None:
    log = run_configured("""
        logging.getLogger("bot.app").info("Ready: %s", "http://127.0.0.1")
        warnings.warn("not for people who run a service")
        logs.configure("WARNING")
        logging.getLogger("bot.app").info("not shown")
    """)
    (line,) = log.splitlines()
    time, level, message = line.split(" ", 2)
    assert (len(time), level, message.strip()) == (8, "INFO", "Ready: http://127.0.0.1")
