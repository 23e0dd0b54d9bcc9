"""Trackers with a bounded history.

Plain Rasa's turn grows with the length of the conversation (7 ms at the start, 82 ms at turn 100, measured).
Rules look at one turn, so the slots and the last few turns are enough.
"""

from __future__ import annotations

from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker

KEPT_TURNS = 3


def shorten(events: list[Event], slots: dict[str, Any], turns: int = KEPT_TURNS) -> list[dict[str, Any]]:
    """Reduce a conversation to what the next turn needs.

    Args:
        events: the tracker's events.
        slots: the slots' values, which replace the events that set them.
        turns: how many of the last turns to keep.

    Returns:
        Events as plain dictionaries: the slots first, then the last turns.
    """
    starts = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    begin = starts[-turns] if len(starts) > turns else (0 if not starts else min(starts[0], len(events)))
    kept = [event for event in events[begin:] if not isinstance(event, SlotSet)]
    head = [SlotSet(name, value) for name, value in slots.items() if value is not None]
    return [event.as_dict() for event in [*head, *kept]]


class WorkingTrackerStore(TrackerStore):
    """Holds the trackers of turns that are being worked on; the conversation room loads and keeps them.

    It has no database of its own: a turn's tracker is committed together with its reply, or not at all.
    """

    def __init__(self, domain: Domain | None) -> None:
        super().__init__(domain)
        self._working: dict[str, list[dict[str, Any]]] = {}

    def begin(self, sender_id: str, events: list[dict[str, Any]] | None) -> None:
        """Put a conversation's stored events in place before its turn."""
        self._working[sender_id] = events or []

    def end(self, sender_id: str) -> list[dict[str, Any]]:
        """Take a conversation's events out after its turn, shortened."""
        return self._working.pop(sender_id, [])

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep a tracker until `end` (called by Rasa)."""
        slots = {name: slot.value for name, slot in tracker.slots.items()}
        self._working[tracker.sender_id] = shorten(list(tracker.events), slots)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return a tracker (called by Rasa)."""
        events = self._working.get(sender_id)
        if not events:
            return None
        tracker = self.init_tracker(sender_id)
        for event in deserialise_events(events):
            tracker.update(event, self.domain)
        return tracker

    async def keys(self) -> list[str]:
        """Return the conversations being worked on."""
        return list(self._working)
