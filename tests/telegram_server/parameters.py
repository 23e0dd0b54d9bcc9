"""Reading a call's parameters the ways Telegram takes them: query string, form, multipart and JSON."""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from .errors import bad
from .table import METHODS

SIMPLE = {"String", "Integer", "Float", "Boolean", "InputFile"}


async def read(request: Request) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    """The raw parameters and the uploaded files (field → name and content) of a request."""
    parameters: dict[str, Any] = dict(request.query_params)
    files: dict[str, tuple[str, bytes]] = {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST":
        return parameters, files
    if kind == "application/json":
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            raise bad("can't parse the JSON body") from None
        if not isinstance(body, dict):
            raise bad("object expected as the JSON body")
        return parameters | body, files
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        async with request.form(max_part_size=20 * 1024 * 1024) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = (value.filename or name, await value.read())
                else:
                    parameters[name] = value
    return parameters, files


def decode(method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Form fields are strings: objects and arrays in them are JSON, numbers and truth values are spelled out.

    What cannot be read stays a string, so that the check of types refuses it. Raises BadRequest for JSON that cannot be read.
    """
    fields = METHODS[method]["fields"]
    return {name: _decode_one(name, value, fields.get(name, {}).get("types", [])) for name, value in parameters.items()}


def _decode_one(name: str, value: Any, kinds: list[str]) -> Any:
    if not isinstance(value, str):
        # At the top level Telegram turns a JSON number into the string that a method wants.
        return str(value) if kinds == ["String"] and type(value) is int else value
    if "Integer" in kinds and value.strip().lstrip("-").isdigit():
        return int(value)
    if "Float" in kinds:
        try:
            return float(value)
        except ValueError:
            return value
    if "Boolean" in kinds and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    if "String" in kinds:
        return value
    if any(kind not in SIMPLE for kind in kinds):
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad(f"can't parse {name} JSON object") from None
    return value
