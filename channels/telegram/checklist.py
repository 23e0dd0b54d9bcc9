"""Lists to tick off in place. What is ticked stands in the message itself, so nothing about it is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.knowledge.markup import Mark
from channels.telegram.buttons import Buttons
from channels.telegram.formatted import Formatted

OPEN, TICKED = "☐", "☑"
_A_ROW = 5
_MOST = 40
_LINE = re.compile(rf"^[{OPEN}{TICKED}] (\d+)\. ", re.MULTILINE)


def checklist(heading: str, items: Sequence[tuple[str, Sequence[Mark]]], prompt: str) -> Formatted:
    """Return the text of a list: a line an item, with its box and number.

    Args:
        heading: what stands above it.
        items: each with its marks.
        prompt: what stands below it.
    """
    content = Formatted().add(heading, "bold")
    for number, (item, marks) in enumerate(items, 1):
        content.add(f"\n{OPEN} {number}. ").isolated(item, marks)
    return content.gap().add(prompt, "italic")


def keyboard_of(count: int, ticked: set[int], buttons: Buttons) -> list[list[dict[str, Any]]]:
    """Return a button for each of `count` items, five a row; items from the 41st on have none."""
    made = [buttons.make(f"{TICKED if n in ticked else OPEN} {n}", "tick", n) for n in range(1, min(count, _MOST) + 1)]
    return [made[start : start + _A_ROW] for start in range(0, len(made), _A_ROW)]


def toggled(text: str, number: int) -> tuple[str, int, set[int]] | None:
    """Tick an item off, or back on.

    Args:
        text: the message as it is now. Both boxes are one UTF-16 unit, so its entities stay right.
        number: the item.

    Returns:
        The new text, how many items it has and which of them are ticked off; None when it has no such item.
    """
    lines = list(_LINE.finditer(text))
    line = next((m for m in lines if int(m.group(1)) == number), None)
    if line is None:
        return None
    begin = line.start()
    text = text[:begin] + (OPEN if text[begin] == TICKED else TICKED) + text[begin + 1 :]
    ticked = {int(m.group(1)) for m in _LINE.finditer(text) if text[m.start()] == TICKED}
    return text, len(lines), ticked
