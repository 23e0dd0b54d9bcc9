"""The web channel and Rasa's REST contract over real HTTP."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
from conftest import Server


@pytest.fixture
def http(server: Server) -> Any:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def chat(http: httpx.Client, text: str = "", **more: Any) -> dict[str, Any]:
    response = http.post("/api/chat", json={"text": text, **more})
    assert response.status_code == 200, response.text
    return response.json()


def test_chat_answers_with_sources(http: httpx.Client) -> None:
    result = chat(http, "Ինչպե՞ս կարող է Արցախից տեղահանվածը դառնալ ՀՀ քաղաքացի")
    introduction, answer = (each["reply"] for each in result["replies"])
    assert introduction["introduction"]
    assert (
        answer["outcome"],
        answer["language"],
        answer["question"],
    ) == ("answer", "hy", "citizenship/apply_displaced")
    assert answer["blocks"][0]["verified_on"] == "2026-11-22"
    assert answer["blocks"][0]["sources"]


def test_conversation_goes_on_with_its_token_only(http: httpx.Client) -> None:
    """The token continues a conversation; a made-up or changed one reads nothing."""
    first = chat(http, "How much is the citizenship fee?")
    token = first["conversation"]
    assert (
        chat(http, "and how much is it?", conversation=token)["replies"][-1]["reply"]["question"] == "citizenship/fee"
    )
    assert len(http.get("/api/chat/history", params={"conversation": token}).json()["turns"]) == 2
    for forged in ("x" * 64, token[:-1] + ("0" if token[-1] != "0" else "1"), "", "short", token.upper()):
        response = http.get("/api/chat/history", params={"conversation": forged})
        assert (response.status_code, response.json()["code"]) == (404, "unknown_conversation")
        assert response.json()["message"]


def test_a_message_sent_again_is_answered_once(http: httpx.Client) -> None:
    first = chat(http, "How much is a visa?", message_id="m1")
    again = chat(http, "How much is a visa?", message_id="m1", conversation=first["conversation"])
    assert first["replies"] == again["replies"]


def test_server_sent_events_bring_replies_and_what_was_missed(http: httpx.Client, server: Server) -> None:
    """A listener gets replies as they are made; with Last-Event-ID it gets what it missed first."""
    token = chat(http, "hello")["conversation"]
    seen: list[dict[str, Any]] = []
    ready = threading.Event()

    def listen(headers: dict[str, str], want: int) -> None:
        with httpx.stream(
            "GET", server.url + "/api/chat/events", params={"conversation": token}, headers=headers, timeout=30
        ) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            ready.set()
            event: dict[str, str] = {}
            for line in response.iter_lines():
                if line:
                    name, _, value = line.partition(":")
                    event[name] = value.strip()
                elif event.get("event") == "reply":
                    seen.append({"id": int(event["id"]), "reply": json.loads(event["data"])["reply"]})
                    event = {}
                    if len(seen) >= want:
                        return

    listener = threading.Thread(target=listen, args=({}, 3))
    listener.start()
    assert ready.wait(10)
    chat(http, "How much is a visa?", conversation=token)
    listener.join(20)
    assert [each["reply"]["outcome"] for each in seen] == ["smalltalk", "smalltalk", "answer"]
    last = seen[1]["id"]
    seen.clear()
    listen({"Last-Event-ID": str(last)}, 1)
    assert [each["reply"]["outcome"] for each in seen] == ["answer"]
    assert http.get("/api/chat/events", params={"conversation": "nobody"}).status_code == 404


def test_erasing_a_conversation(http: httpx.Client) -> None:
    token = chat(http, "How much is a visa?")["conversation"]
    assert http.delete("/api/chat", params={"conversation": token}).json() == {"forgotten": True}
    assert http.get("/api/chat/history", params={"conversation": token}).json() == {"turns": []}


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("POST", "/api/chat", {"json": {}}, 400, "bad_input"),
        ("POST", "/api/chat", {"json": {"text": "x", "surprise": 1}}, 422, "invalid"),
        ("POST", "/api/chat", {"json": {"text": 5}}, 422, "invalid"),
        ("POST", "/api/chat", {"json": {"text": "x" * 20_001}}, 422, "invalid"),
        ("POST", "/api/chat", {"json": {"choice": "q:../x"}}, 400, "bad_input"),
        ("POST", "/api/chat", {"json": {"text": "x", "conversation": "guess"}}, 404, "unknown_conversation"),
        ("POST", "/api/chat", {"content": b"{nope", "headers": {"content-type": "application/json"}}, 422, "invalid"),
        ("POST", "/api/chat", {"content": b"x" * 1_000_001}, 413, "too_large"),
        (
            "POST",
            "/webhooks/rest/webhook",
            {"json": {"message": "hi"}, "headers": {"authorization": "Bearer guess"}},
            401,
            "wrong_key",
        ),
        ("GET", "/no/such/page", {}, 404, "http"),
        ("GET", "/static/%2e%2e%2froutes.py", {}, 404, None),
        ("PUT", "/api/chat", {"json": {}}, 405, "http"),
    ],
)
def test_bad_requests_get_one_shape_of_error(
    http: httpx.Client, method: str, path: str, options: dict[str, Any], status: int, code: str | None
) -> None:
    response = http.request(method, path, **options)
    assert status == response.status_code
    assert {"code", "message", "details"} == set(response.json())
    assert response.json()["message"]
    if code:
        assert code == response.json()["code"]


def test_errors_do_not_repeat_what_was_written(http: httpx.Client) -> None:
    response = http.post("/api/chat", json={"text": "canary-4711", "surprise": "canary-4712"})
    assert "canary" not in response.text


def test_pages_are_served_in_every_language_with_a_strict_policy(http: httpx.Client) -> None:
    for language, words in (("hy", "Ձեր հարցը"), ("ru", "Ваш вопрос"), ("en", "Your question")):
        page = http.get(f"/{language}/")
        assert page.status_code == 200
        assert f'<html lang="{language}" dir="ltr">' in page.text
        assert words in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    assert http.get("/xx/").status_code == 404


def test_openapi_describes_every_endpoint_and_its_errors(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    expected = {
        "/health",
        "/api/chat",
        "/api/chat/start",
        "/api/chat/events",
        "/api/chat/history",
        "/api/chat/feedback",
        "/api/handover",
        "/api/handover/take",
        "/webhooks/rest/",
        "/webhooks/rest/webhook",
    }
    assert expected == set(paths)
    for path, methods in paths.items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            assert "200" in operation["responses"]


def test_rasa_rest_contract(http: httpx.Client) -> None:
    """A tool that speaks Rasa's REST contract gets text, buttons and the structured reply."""
    replies = http.post("/webhooks/rest/webhook", json={"sender": "test_user", "message": "how much is a visa?"}).json()
    assert "3,000 AMD" in replies[-1]["text"]
    assert replies[-1]["buttons"]
    assert replies[-1]["custom"]["question"] == "visa/fee"
    sender = replies[-1]["recipient_id"]
    payload = replies[-1]["buttons"][0]["payload"]
    chosen = http.post("/webhooks/rest/webhook", json={"sender": sender, "message": payload}).json()
    assert len(chosen) == 1
    assert chosen[0]["custom"]["outcome"] == "answer"
    assert http.get("/webhooks/rest/").json() == {"status": "ok"}


def test_guessing_a_sender_reads_nobodys_conversation(http: httpx.Client) -> None:
    """Rasa's own REST channel continues whatever sender is named; here a guessed name begins a conversation of its own."""

    def ask(sender: str, message: str) -> Any:
        return http.post("/webhooks/rest/webhook", json={"sender": sender, "message": message}).json()

    first = ask("anna", "how much is the citizenship fee?")
    token = first[-1]["recipient_id"]
    assert token != "anna"
    assert ask(token, "and how much is it?")[-1]["custom"]["question"] == "citizenship/fee"
    stranger = ask("anna", "and how much is it?")
    assert stranger[-1]["custom"]["outcome"] == "clarify"
    assert stranger[-1]["recipient_id"] not in (token, "anna")


def test_trusted_program_names_its_senders(start_server: Any) -> None:
    with start_server(GUIDEPOST_REST_API_KEY="let-me-in") as running:
        url = running.url + "/webhooks/rest/webhook"
        key = {"Authorization": "Bearer let-me-in"}
        first = httpx.post(
            url, json={"sender": "anna", "message": "how much is the citizenship fee?"}, headers=key, timeout=30
        ).json()
        assert first[-1]["recipient_id"] == "anna"
        more = httpx.post(
            url, json={"sender": "anna", "message": "and how much is it?"}, headers=key, timeout=30
        ).json()
        assert more[-1]["custom"]["question"] == "citizenship/fee"
        outside = httpx.post(url, json={"sender": "anna", "message": "and how much is it?"}, timeout=30).json()
        assert outside[-1]["custom"]["outcome"] == "clarify"
