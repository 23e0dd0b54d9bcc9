"""What Telegram would refuse about a call without knowing any chat: names, types, limits, markup, keyboards.

What depends on chats (unknown ones, stale queries, unchanged edits) is refused in `methods.py`.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from . import parameters as reading
from .errors import BadRequest, bad
from .table import METHODS, TYPES, UPDATE_TYPES
from .text import parse, units

Files = dict[str, tuple[str, bytes]]

PLAIN_KINDS: dict[str, Any] = {"String": str, "Integer": int, "Float": (int, float), "Boolean": bool}
MOST_BUTTONS, MOST_IN_A_ROW = 100, 8
MOST_RESULTS = 50
BUTTON_EXTRAS = {"text", "icon_custom_emoji_id", "style"}
"""Fields of a button beside the one that says what it does."""
ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
TOO_LONG = {
    "text": "message is too long",
    "caption": "message caption is too long",
    "message_text": "message is too long",
}


def check(method: str, params: dict[str, Any], files: Files | None = None) -> None:
    """Raise BadRequest when Telegram would refuse the call; `params` may hold form strings or decoded JSON."""
    if method not in METHODS:
        raise BadRequest(404, "Not Found")
    files = files or {}
    params = reading.decode(method, params)
    fields = METHODS[method]["fields"]
    for name in (*params, *files):
        if name not in fields and not _is_attachment(name, params):
            raise bad(f'unknown parameter "{name}" of {method}')
    for name, field in fields.items():
        value = params.get(name)
        if value is None and name in files:
            if "InputFile" not in field["types"]:
                raise bad(f'parameter "{name}" of {method} is not a file')
            continue
        if value is None:
            if field.get("required"):
                raise bad("message text is empty" if name == "text" else f'parameter "{name}" of {method} is required')
            continue
        check_value(name, value, field, files)
    _check_target(method, params)
    if rule := RULES.get(method):
        rule(params)


def _is_attachment(name: str, params: dict[str, Any]) -> bool:
    return f"attach://{name}" in str(params)


def check_object(kind: str, value: Any, files: Files | None = None, where: str = "") -> None:
    """Raise BadRequest when `value` is not a valid object of the Bot API's type `kind`."""
    where = where or kind
    entry = TYPES[kind]
    if "subtypes" in entry:
        _check_union(kind, entry["subtypes"], value, files, where)
        return
    if not isinstance(value, dict):
        raise bad(f"{where}: object expected as {kind}")
    if unknown := set(value) - set(entry["fields"]):
        raise bad(f'{where}: unknown field "{sorted(unknown)[0]}" of {kind}')
    for name, field in entry["fields"].items():
        if name in value:
            check_value(f"{where}.{name}", value[name], field, files)
        elif field.get("required"):
            raise bad(f'{where}: field "{name}" of {kind} is required')
    if rule := OBJECT_RULES.get(kind):
        rule(where, value)


def _check_union(kind: str, subtypes: list[str], value: Any, files: Files | None, where: str) -> None:
    """Any that fits; when the fixed values name exactly one, its own complaint is the clearest."""
    named = [subtype for subtype in subtypes if subtype in TYPES and _fixed_values_fit(subtype, value)]
    candidates = named or subtypes
    failures = []
    for subtype in candidates:
        try:
            _check_kind(where, value, subtype, files)
        except BadRequest as refusal:
            failures.append(refusal)
        else:
            return
    raise failures[0] if len(failures) == 1 else bad(f"{where}: no kind of {kind} fits ({failures[0].description})")


def _fixed_values_fit(kind: str, value: Any) -> bool:
    if not isinstance(value, dict) or "fields" not in TYPES[kind]:
        return False
    fixed = {
        name: field["values"][0] for name, field in TYPES[kind]["fields"].items() if len(field.get("values", [])) == 1
    }
    return bool(fixed) and all(value.get(name) == only for name, only in fixed.items())


def check_value(where: str, value: Any, field: dict[str, Any], files: Files | None = None) -> None:
    """Check one value against its field's types, fixed values and limits."""
    failures = []
    for kind in field["types"]:
        try:
            _check_kind(where, value, kind, files)
        except BadRequest as refusal:
            failures.append(refusal)
        else:
            break
    else:
        # The most telling complaint is of a kind that the value resembles.
        raise next((f for f in failures if "expected" not in f.description), failures[0])
    if "values" in field and isinstance(value, str) and value not in field["values"]:
        raise bad(f"{where}: must be one of {', '.join(field['values'])}")
    _check_limits(where, value, field)


def _check_kind(where: str, value: Any, kind: str, files: Files | None) -> None:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            raise bad(f"{where}: array expected")
        for number, item in enumerate(value):
            _check_kind(f"{where}[{number}]", item, kind.removeprefix("Array of "), files)
        return
    if kind in PLAIN_KINDS:
        if not isinstance(value, PLAIN_KINDS[kind]) or (kind in ("Integer", "Float") and isinstance(value, bool)):
            raise bad(f"{where}: {kind} expected, not {type(value).__name__}")
        if kind == "Integer" and not -(2**63) <= value < 2**63:
            raise bad(f"{where}: integer is out of range")
    elif kind == "InputFile":
        if not isinstance(value, str) or not value.startswith("attach://"):
            raise bad(f"{where}: a file expected")
        if files is not None and value.removeprefix("attach://") not in files:
            raise bad(f"{where}: the attached file is missing")
    else:
        check_object(kind, value, files, where)


def _check_limits(where: str, value: Any, field: dict[str, Any]) -> None:
    name = where.rpartition(".")[2]
    if isinstance(value, str) and "length" in field and not field.get("parsed") and name != "message_text":
        least, most = field["length"]
        if not least <= units(value) <= most:
            raise bad(f"{where}: {units(value)} UTF-16 units, {least}-{most} are allowed")
    if isinstance(value, str) and "bytes" in field:
        least, most = field["bytes"]
        if not least <= len(value.encode()) <= most:
            code = "BUTTON_DATA_INVALID" if name == "callback_data" else where
            raise bad(f"{code}: {len(value.encode())} bytes, {least}-{most} are allowed")
    if isinstance(value, list) and "items" in field:
        least, most = field["items"]
        if not least <= len(value) <= most:
            raise bad(f"{where}: {len(value)} items, {least}-{most} are allowed")
    if isinstance(value, int | float) and "range" in field and value not in field.get("also", []):
        least, most = field["range"]
        if not least <= value <= most:
            raise bad(f"{where}: {value} is not within {least}-{most}")


def _check_target(method: str, params: dict[str, Any]) -> None:
    """An edit names a message of a chat, or an inline message, and not both."""
    if "inline_message_id" in METHODS[method]["fields"]:
        by_chat, inline = ("chat_id" in params, "message_id" in params), "inline_message_id" in params
        if inline == all(by_chat) or (inline and any(by_chat)):
            raise bad("message identifier is not specified: chat_id and message_id, or inline_message_id")
    text, mode, entities = params.get("text"), params.get("parse_mode"), params.get("entities")
    if "parse_mode" in METHODS[method]["fields"] and isinstance(text, str):
        check_text(text, mode, entities)
    if isinstance(params.get("caption"), str) or "caption_entities" in params:
        check_text(params.get("caption", ""), mode, params.get("caption_entities"), "caption")


def check_text(text: str, mode: str | None, entities: list[dict[str, Any]] | None, name: str = "text") -> None:
    """Markup, entities and length after parsing, as people will see it."""
    shown, _ = parse(text, mode, entities)
    if name != "caption" and not shown:
        raise bad("message text is empty")
    if units(shown) > (1024 if name == "caption" else 4096):
        raise bad(TOO_LONG.get(name, TOO_LONG["text"]))


def _check_inline_button(where: str, button: dict[str, Any]) -> None:
    if not button["text"].strip():
        raise bad(f"{where}: text buttons are unallowed in the inline keyboard without a text")
    doing = set(button) - BUTTON_EXTRAS
    if len(doing) != 1:
        raise bad(f"{where}: exactly one of the optional fields must be used, not {sorted(doing) or 'none'}")
    if "url" in button:
        check_url(where, button["url"], ("http", "https", "tg", "tel", "mailto"))


def check_url(where: str, url: str, schemes: tuple[str, ...] = ("http", "https")) -> None:
    """Telegram refuses buttons and results with addresses that nobody can open."""
    parts = urlsplit(url)
    if (
        parts.scheme not in schemes
        or (parts.scheme.startswith("http") and "." not in (parts.hostname or ""))
        or " " in url
    ):
        raise bad(f"{where}: URL '{url}' is invalid: Wrong HTTP URL")


def _check_inline_keyboard(where: str, markup: dict[str, Any]) -> None:
    _check_rows(where, markup["inline_keyboard"])


def _check_keyboard(where: str, markup: dict[str, Any]) -> None:
    _check_rows(where, markup["keyboard"])
    for row in markup["keyboard"]:
        for button in row:
            if isinstance(button, dict) and len(set(button) - BUTTON_EXTRAS) > 1:
                raise bad(f"{where}: a keyboard button does at most one thing")


def _check_rows(where: str, rows: list[list[Any]]) -> None:
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise bad(f"{where}: reply markup is too long, at most {MOST_BUTTONS} buttons are allowed")
    if any(len(row) > MOST_IN_A_ROW for row in rows):
        raise bad(f"{where}: at most {MOST_IN_A_ROW} buttons are allowed in a row")


def _check_command(where: str, command: dict[str, Any]) -> None:
    if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
        raise bad(f"BOT_COMMAND_INVALID: {where}: {command['command']!r}, only a-z, 0-9 and _ are allowed")
    if not command["description"].strip():
        raise bad(f"BOT_COMMAND_DESCRIPTION_INVALID: {where}: the description is empty")


def _check_result_text(where: str, content: dict[str, Any]) -> None:
    check_text(content["message_text"], content.get("parse_mode"), content.get("entities"), "message_text")


def _check_link_preview(where: str, options: dict[str, Any]) -> None:
    if options.get("prefer_small_media") and options.get("prefer_large_media"):
        raise bad(f"{where}: prefer_small_media and prefer_large_media exclude one another")


def _check_language(params: dict[str, Any]) -> None:
    if not re.fullmatch(r"([a-z]{2})?", params.get("language_code", "")):
        raise bad("language_code: a two-letter ISO 639-1 code or nothing is allowed")


def _check_update_types(params: dict[str, Any]) -> None:
    # Telegram passes over names that it does not know; a slip of the pen would then lose updates without a word.
    if unknown := set(params.get("allowed_updates") or []) - set(UPDATE_TYPES):
        raise bad(f"allowed_updates: unknown kind of update {sorted(unknown)[0]}")


def _check_webhook(params: dict[str, Any]) -> None:
    _check_update_types(params)
    url = urlsplit(params["url"])
    local = url.hostname in ("127.0.0.1", "localhost", "::1")
    # Telegram demands HTTPS; this machine itself is let through, so that tests need no certificate.
    if params["url"] and (
        url.scheme not in ("https", "http") or not url.hostname or (url.scheme == "http" and not local)
    ):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if url.scheme == "https" and not local and url.port not in (None, 443, 80, 88, 8443):
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", params.get("secret_token", "")):
        raise bad("secret token contains unallowed characters")


def _check_results(params: dict[str, Any]) -> None:
    results = params["results"]
    if len(results) > MOST_RESULTS:
        raise bad(f"RESULTS_TOO_MUCH: at most {MOST_RESULTS} results are allowed")
    if len({result["id"] for result in results}) < len(results):
        raise bad("RESULT_ID_DUPLICATE")
    for result in results:
        if "caption" in result:
            check_text(result["caption"], result.get("parse_mode"), result.get("caption_entities"), "caption")
        for name in ("url", "thumbnail_url", "photo_url"):
            if result.get(name):
                check_url(name, result[name])
    if button := params.get("button"):
        if len(set(button) & {"web_app", "start_parameter"}) != 1:
            raise bad("button: exactly one of web_app and start_parameter must be used")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", button.get("start_parameter", "a")):
            raise bad("button: start_parameter contains unallowed characters")


def _check_action(params: dict[str, Any]) -> None:
    if params["action"] not in ACTIONS:
        raise bad("wrong parameter action in request")


def _check_place(params: dict[str, Any]) -> None:
    if not (-90 <= params["latitude"] <= 90 and -180 <= params["longitude"] <= 180):
        raise bad("wrong latitude or longitude specified")


RULES = {
    "getUpdates": _check_update_types, "setWebhook": _check_webhook, "answerInlineQuery": _check_results,
    "sendChatAction": _check_action, "sendLocation": _check_place, "sendVenue": _check_place,
    **dict.fromkeys(
        ("setMyCommands", "getMyCommands", "deleteMyCommands", "setMyDescription", "getMyDescription", "setMyName",
         "getMyName", "setMyShortDescription", "getMyShortDescription"), _check_language),
}  # fmt: skip
OBJECT_RULES = {
    "InlineKeyboardButton": _check_inline_button, "InlineKeyboardMarkup": _check_inline_keyboard,
    "ReplyKeyboardMarkup": _check_keyboard, "BotCommand": _check_command, "InputTextMessageContent": _check_result_text,
    "LinkPreviewOptions": _check_link_preview,
}  # fmt: skip
