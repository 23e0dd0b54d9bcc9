"""Several questions in one message, and the question in the middle of a story."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.understanding.normaliser import fold
from bot.understanding.question_model import Verdict

MOST_SENTENCES = 6
_SHORTEST = 2
_STRONG = 0.8
_HALF = 0.85
_STRONG_ENOUGH = 0.9
_FOREIGN = 0.5
_MOST_HALVES = 3
_LEAST_WORDS = 6

_ENDS = re.compile(r"(?<=[.!?;։…])\s+|\n+|(?<=[?!։])(?=\w)")
_JOINTS = re.compile(
    r",\s+|\s+(?:and also|and|also|plus|а также|а ещё|и ещё|а еще|и еще|ещё|и|а|ու|և|եւ|իսկ|նաև|նաեւ|un vēl|un|kā arī|və|həm də|"
    r"а також|і ще|та|і|й)\s+",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"[?՞]|\b(?:how|what|where|when|who|which|can|do|does|is|are|why|как|что|где|куда|когда|кто|сколько|какие|какой|какая|можно|"
    r"нужно|надо|ли|ինչպես|ինչ|որտեղ|ուր|երբ|ով|ինչքան|որքան|քանի|ոնց|կարող|պետք|kā|kas|kur|kad|cik|vai|kādi|necə|nə|harada|hara|"
    r"haradan|kim|hansı|як|що|де|куди|коли|хто|скільки|які|чи)\b",
    re.IGNORECASE,
)
_TALK = ("smalltalk", "control", "follow_up", "emergency")


def sentences(text: str) -> list[str]:
    """Return the sentences of a message that has several, at most six; an empty list for a single one."""
    found = [piece.strip() for piece in _ENDS.split(text) if piece and len(fold(piece).split()) >= _SHORTEST]
    if len(found) < 2:
        return []
    if len(found) > MOST_SENTENCES:
        # Of a long story the sentences that ask come first.
        asking = [piece for piece in found if _ASKING.search(piece)]
        found = [piece for piece in found if piece in (asking or found)[:MOST_SENTENCES]]
    return found[:MOST_SENTENCES]


def halves(text: str) -> list[tuple[str, str]]:
    """Return ways to cut a sentence in two where it may join two questions; none when it is too short for two."""
    if len(text.split()) < _LEAST_WORDS or len(_ASKING.findall(text)) < 2:
        return []
    found = []
    for joint in _JOINTS.finditer(text):
        first, second = text[: joint.start()], text[joint.end() :]
        if min(len(fold(first).split()), len(fold(second).split())) >= _SHORTEST and _ASKING.search(second):
            found.append((first, second))
    return found[:_MOST_HALVES]


def _ours(verdict: Verdict, certainty: float) -> bool:
    return (
        verdict.confidence >= certainty and verdict.outside < _FOREIGN and verdict.name.partition("/")[0] not in _TALK
    )


def choose(whole: Verdict, parts: Sequence[tuple[str, Verdict]]) -> tuple[Verdict, list[str]]:
    """Choose what a message of several sentences asks.

    Args:
        whole: what is thought of the whole message.
        parts: its sentences and what is thought of each.

    Returns:
        The verdict to go by, and the names of further questions.
    """
    asked = [verdict for text, verdict in parts if _ours(verdict, _STRONG) and _ASKING.search(text)]
    names = list(dict.fromkeys(verdict.name for verdict in asked))
    if len(names) > 1:
        first = next(verdict for verdict in asked if verdict.name == names[0])
        return first, names[1:2]
    surest = max(asked, key=lambda verdict: verdict.confidence, default=None)
    # A sentence loses what the others say of it ("through which site?"): it must be much surer than the whole.
    if surest and (not _ours(whole, _STRONG) or whole.confidence < _STRONG_ENOUGH <= surest.confidence):
        return surest, []
    if not _ours(whole, _STRONG):
        stated = [verdict for _, verdict in parts if _ours(verdict, _HALF)]
        if stated:
            return max(stated, key=lambda verdict: verdict.confidence), []
    return whole, []


def joined(pair: Sequence[Verdict]) -> tuple[Verdict, Verdict] | None:
    """Return both verdicts when two halves of a sentence ask two different questions, else None."""
    first, second = pair
    if first.name != second.name and _ours(first, _HALF) and _ours(second, _HALF):
        return first, second
    return None
