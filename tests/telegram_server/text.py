"""Texts as Telegram counts and formats them: UTF-16 units, message entities, HTML and MarkdownV2."""

from __future__ import annotations

import re
from typing import Any

from .errors import BadRequest, bad

Entity = dict[str, Any]

ALONE = {"code", "pre"}
"""Neither contain other formatting nor lie inside it."""
QUOTES = {"blockquote", "expandable_blockquote"}
WRAPPING = {"bold", "italic", "underline", "strikethrough", "spoiler", *QUOTES}
"""May contain other entities; all remaining kinds (links, mentions, …) may not lie inside one another."""
MOST_ENTITIES = 100
"""Telegram silently drops the rest, which a test would not notice; here more are refused."""
HTML_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
RESERVED = set("_*[]()~`>#+-=|{}.!")
LINK = re.compile(r"(?:https?://|tg://|ton://|mailto:|tel:)\S+|[\w-]+(?:\.[\w-]+)+\S*", re.IGNORECASE)


def units(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def piece(text: str, entity: Entity) -> str:
    """What an entity covers."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2].decode("utf-16-le", "surrogatepass")


def check_entities(text: str, entities: list[Entity]) -> None:
    """Refuse entities outside the text, inside a letter, half over one another, or without what their kind needs."""
    raw = text.encode("utf-16-le", "surrogatepass")
    total = len(raw) // 2

    def inside_a_letter(position: int) -> bool:
        return 0 < position < total and 0xDC <= raw[position * 2 + 1] <= 0xDF

    if len(entities) > MOST_ENTITIES:
        raise bad(f"too many entities ({len(entities)}): Telegram shows the first {MOST_ENTITIES} only")
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if start < 0 or entity["length"] <= 0 or end > total:
            raise bad(f"entity {entity['type']} at {start}-{end} lies outside of the text of {total} UTF-16 units")
        if inside_a_letter(start) or inside_a_letter(end):
            raise bad(f"entity {entity['type']} at {start}-{end} begins in a middle of a UTF-16 symbol")
        if entity["type"] == "text_link" and not LINK.fullmatch(entity.get("url", "")):
            raise bad(f"entity text_link at {start} has no valid url")
        if entity["type"] == "text_mention" and "user" not in entity:
            raise bad(f"entity text_mention at {start} has no user")
        if entity["type"] == "custom_emoji" and not entity.get("custom_emoji_id"):
            raise bad(f"entity custom_emoji at {start} has no custom_emoji_id")
    ordered = sorted(entities, key=lambda e: (e["offset"], -e["length"]))
    open_ones: list[Entity] = []
    for entity in ordered:
        while open_ones and open_ones[-1]["offset"] + open_ones[-1]["length"] <= entity["offset"]:
            open_ones.pop()
        for outer in open_ones:
            _check_nesting(outer, entity)
        open_ones.append(entity)


def _check_nesting(outer: Entity, inner: Entity) -> None:
    where = f"{inner['type']} at {inner['offset']} and {outer['type']} at {outer['offset']}"
    if inner["offset"] + inner["length"] > outer["offset"] + outer["length"]:
        raise bad(f"entities {where} overlap partially")
    kinds = {outer["type"], inner["type"]}
    if (
        kinds & ALONE
        or (outer["type"] in QUOTES and inner["type"] in QUOTES)
        or (outer["type"] == inner["type"])
        or not (kinds & WRAPPING)
    ):
        raise bad(f"entities {where} can't be nested")


def parse(text: str, mode: str | None, entities: list[Entity] | None) -> tuple[str, list[Entity]]:
    """The text that people see and its entities, from either way of formatting; both are checked.

    Raises BadRequest for malformed markup, and for markup and entities at once (Telegram would ignore one of them).
    """
    if mode:
        if entities:
            raise bad("parse_mode and entities can't be used together")
        if mode.lower() == "html":
            text, entities = parse_html(text)
        elif mode.lower() == "markdownv2":
            text, entities = parse_markdown(text)
        elif mode.lower() == "markdown":
            raise BadRequest(
                501, "The stand-in does not know the outdated Markdown mode; use MarkdownV2, HTML or entities"
            )
        else:
            raise bad("unsupported parse_mode")
    entities = list(entities or [])
    check_entities(text, entities)
    return trimmed(text, entities)


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """White space at both ends is cut off, as Telegram does, and entities move along."""
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    total = units(text)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        end = min(entity["offset"] + entity["length"] - lead, total)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return text, kept


def _cannot_parse(why: str) -> BadRequest:
    return bad(f"can't parse entities: {why}")


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Telegram's HTML: known tags only, each closed in order, four named character references."""
    out: list[str] = []
    entities: list[Entity] = []
    opened: list[tuple[str, int, Entity]] = []
    position = 0
    token = re.compile(r"<(/?)([a-zA-Z][\w-]*)([^<>]*)>|<|&(lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);|[^<&]+|&")
    for match in token.finditer(source):
        whole = match[0]
        if match[2]:
            tag = match[2].lower()
            if tag not in HTML_TAGS:
                raise _cannot_parse(
                    f'Unsupported start tag "{tag}" at byte offset {len(source[: match.start()].encode())}'
                )
            if match[1]:
                if not opened or opened[-1][0] != tag:
                    raise _cannot_parse(
                        f'Unmatched end tag at byte offset {len(source[: match.start()].encode())}, found "</{tag}>"'
                    )
                _, start, entity = opened.pop()
                _close(entity, start, position, entities)
            else:
                opened.append((tag, position, _html_entity(tag, match[3])))
            continue
        if whole == "<":
            raise _cannot_parse(f'Unsupported start tag "" at byte offset {len(source[: match.start()].encode())}')
        if match[4]:
            name = match[4]
            named = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
            whole = named.get(name) or chr(int(name[2:], 16) if name.startswith("#x") else int(name[1:]))
        out.append(whole)
        position += units(whole)
    if opened:
        raise _cannot_parse(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return "".join(out), entities


def _html_entity(tag: str, attributes: str) -> Entity:
    found = dict(re.findall(r"([\w-]+)\s*=\s*[\"']([^\"']*)[\"']", attributes))
    if tag == "span" and found.get("class") != "tg-spoiler":
        raise _cannot_parse('Tag "span" must have class "tg-spoiler"')
    entity: Entity = {"type": HTML_TAGS[tag]}
    if tag == "a":
        entity["url"] = found.get("href", "").replace("&amp;", "&")
    elif tag == "tg-emoji":
        entity["custom_emoji_id"] = found.get("emoji-id", "")
    elif tag == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    return entity


def _close(entity: Entity, start: int, end: int, entities: list[Entity]) -> None:
    if entity["type"] == "text_link" and not entity["url"]:
        return  # Telegram shows a link without an address as plain text.
    if end > start:
        entities.append({**entity, "offset": start, "length": end - start})


def parse_markdown(source: str) -> tuple[str, list[Entity]]:
    """Telegram's MarkdownV2: every reserved character is markup or is escaped."""
    marks = {"__": "underline", "||": "spoiler", "*": "bold", "_": "italic", "~": "strikethrough"}
    out: list[str] = []
    entities: list[Entity] = []
    opened: list[tuple[str, int]] = []
    position, index, quote = 0, 0, -1

    def put(text: str) -> None:
        nonlocal position
        out.append(text)
        position += units(text)

    while index < len(source):
        letter = source[index]
        at_line_start = not out or out[-1].endswith("\n")
        if letter == "\\" and index + 1 < len(source):
            put(source[index + 1])
            index += 2
        elif letter == "`":
            fence = "```" if source.startswith("```", index) else "`"
            end = source.find(fence, index + len(fence))
            if end < 0:
                raise _cannot_parse(
                    f"Can't find end of {'Pre' if fence == '```' else 'Code'} entity at byte offset {index}"
                )
            inside = source[index + len(fence) : end]
            language = re.match(r"([\w+-]+)\n", inside) if fence == "```" else None
            inside = re.sub(r"\\(.)", r"\1", inside[language.end() :] if language else inside.removeprefix("\n"))
            start = position
            put(inside)
            kind = {"type": "pre" if fence == "```" else "code"} | ({"language": language[1]} if language else {})
            _close(kind, start, position, entities)
            index = end + len(fence)
        elif letter == ">" and at_line_start:
            quote = position if quote < 0 else quote
            index += 1
        elif letter == "[":
            opened.append(("[", position))
            index += 1
        elif letter == "]" and opened and opened[-1][0] == "[":
            match = re.compile(r"\]\(((?:\\.|[^)\\])*)\)").match(source, index)
            if not match:
                raise _cannot_parse(f"Can't find end of a URL at byte offset {index}")
            _close({"type": "text_link", "url": re.sub(r"\\(.)", r"\1", match[1])}, opened.pop()[1], position, entities)
            index = match.end()
        elif mark := next((m for m in marks if source.startswith(m, index)), None):
            if opened and opened[-1][0] == mark:
                _close({"type": marks[mark]}, opened.pop()[1], position, entities)
            else:
                opened.append((mark, position))
            index += len(mark)
        elif letter in RESERVED:
            raise _cannot_parse(f"Character '{letter}' is reserved and must be escaped with the preceding '\\'")
        else:
            if letter == "\n" and quote >= 0 and not source.startswith(">", index + 1):
                _close({"type": "blockquote"}, quote, position, entities)
                quote = -1
            put(letter)
            index += 1
    if opened:
        raise _cannot_parse(f"Can't find end of the entity starting at byte offset {opened[-1][1]}")
    if quote >= 0:
        _close({"type": "blockquote"}, quote, position, entities)
    return "".join(out), entities
