"""The project's own actions in a server of their own, for those who want two processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from conftest import ROOT, environment, free_port

from bot.conversation.messages import PAYLOAD, Reply


def test_actions_answer_from_the_live_release(trained: Path) -> None:
    """`guidepost rasa run actions` in the project's root: Rasa's webhook, our sourced answer."""
    port = free_port()
    command = [sys.executable, "-m", "bot.cli", "rasa", "run", "actions", "-p", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(trained), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            assert process.poll() is None
            try:
                if httpx.get(url + "/health", timeout=1).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        message = {
            "text": "How much is a visa?",
            "intent": {"name": "visa", "confidence": 1.0},
            "entities": [],
            "question": {"name": "visa/fee", "confidence": 1.0, "ranking": []},
            "language": {"code": "en", "script": "Latn"},
        }
        tracker: dict[str, Any] = {
            "sender_id": "x",
            "slots": {},
            "latest_message": message,
            "events": [],
            "paused": False,
        }
        call = {"next_action": "action_answer", "sender_id": "x", "tracker": tracker, "domain": {}, "version": "3.6.21"}
        result = httpx.post(url + "/webhook", json=call, timeout=30).json()
    finally:
        process.terminate()
        process.wait(10)
    reply = Reply.model_validate(result["responses"][0]["custom"][PAYLOAD])
    assert (reply.outcome, reply.question, reply.language) == ("answer", "visa/fee", "en")
    assert reply.answers()[0].sources
    assert next(event["value"] for event in result["events"] if event["name"] == "last_question") == "visa/fee"
