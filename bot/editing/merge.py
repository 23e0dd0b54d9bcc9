"""Two people at one text: what only one of them changed is joined, what both changed is kept twice.

The usual three-way merge, by field. No text that somebody typed is ever dropped: it is in the result or among the
conflicts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from bot.editing.model import Fields


@dataclass(frozen=True)
class Merged:
    """Attributes:
    fields: the joined text; a field that both changed stands as the colleague saved it.
    conflicts: for such fields, what this person typed; None where they emptied it.
    """

    fields: Fields
    conflicts: dict[str, Any]


def merge(base: Fields | None, theirs: Fields, mine: Fields, unsure: Collection[str] = ()) -> Merged:
    """Join two versions of a text.

    Args:
        base: what this person began with; None when that is no longer known, then every difference counts as both's.
        theirs: what is stored now.
        mine: what this person typed.
        unsure: fields of which it is not known what this person began with.
    """
    fields: Fields = {}
    conflicts: dict[str, Any] = {}
    for name in [*theirs, *(name for name in mine if name not in theirs)]:
        old, now, typed = (base or {}).get(name), theirs.get(name), mine.get(name)
        known = base is not None and name not in unsure
        if now == typed or (known and typed == old):
            value = now
        elif known and now == old:
            value = typed
        else:
            value = now
            conflicts[name] = typed
        if value is not None:
            fields[name] = value
    return Merged(fields, conflicts)
