"""What people send beside text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .state import Json, Message, World

if TYPE_CHECKING:
    from collections.abc import Callable

PIXEL = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
"""The frame of a JPEG file: enough for something that must not be looked at."""


class Media:
    """Part of User: every kind of message that holds no plain text."""

    _world: World
    name: str
    id: int
    if TYPE_CHECKING:
        _say: Callable[..., Message]

    def _file(self, folder: str, suffix: str, content: bytes, **more: Any) -> Json:
        return {**self._world.add_file(folder, suffix, content), **more}

    def voice(self, data: bytes = b"OggS", seconds: int = 3) -> Message:
        """A voice note with this content (OGG with Opus, as Telegram records it)."""
        return self._say(voice=self._file("voice", "oga", data, duration=seconds, mime_type="audio/ogg"))

    def audio(self, data: bytes = b"ID3", seconds: int = 60, title: str = "Song") -> Message:
        """A piece of music."""
        return self._say(audio=self._file("music", "mp3", data, duration=seconds, mime_type="audio/mpeg", title=title))

    def video_note(self, data: bytes = b"mp4", seconds: int = 5) -> Message:
        """A round video."""
        return self._say(video_note=self._file("video_notes", "mp4", data, duration=seconds, length=240))

    def video(self, data: bytes = b"mp4", seconds: int = 5, caption: str | None = None) -> Message:
        """A video."""
        kept = self._file("videos", "mp4", data, duration=seconds, width=320, height=240, mime_type="video/mp4")
        return self._say(video=kept, caption=caption)

    def photo(self, data: bytes = PIXEL, caption: str | None = None) -> Message:
        """A photo in two sizes."""
        sizes = [self._file("photos", "jpg", data, width=width, height=width * 3 // 4) for width in (90, 320)]
        return self._say(photo=sizes, caption=caption)

    def document(self, name: str = "passport.pdf", data: bytes = b"%PDF-1.4", caption: str | None = None) -> Message:
        """A file."""
        kept = self._file("documents", name.rpartition(".")[2], data, file_name=name, mime_type="application/pdf")
        return self._say(document=kept, caption=caption)

    def location(self, lat: float, lon: float, live: bool = False) -> Message:
        """A place on the map; `live` follows the person for an hour."""
        return self._say(
            location={"latitude": lat, "longitude": lon}
            | ({"live_period": 3600, "horizontal_accuracy": 5.0} if live else {})
        )

    def venue(self, lat: float, lon: float, title: str = "Café") -> Message:
        """A place with a name."""
        place = {"latitude": lat, "longitude": lon}
        return self._say(venue={"location": place, "title": title, "address": "Main street 1"}, location=place)

    def contact(self, phone: str = "+37499000000") -> Message:
        """A person's telephone number."""
        return self._say(contact={"phone_number": phone, "first_name": self.name, "user_id": self.id})

    def sticker(self, emoji: str = "👍") -> Message:
        """A sticker."""
        kind = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False, "emoji": emoji}
        return self._say(sticker=self._file("stickers", "webp", b"RIFF", **kind))

    def animation(self) -> Message:
        """A moving picture; Telegram sends it as a document too."""
        kept = self._file("animations", "mp4", b"mp4", duration=2, width=320, height=240, mime_type="video/mp4")
        document = {name: kept[name] for name in ("file_id", "file_unique_id", "file_size", "mime_type")}
        return self._say(animation=kept, document=document)

    def poll(self, question: str = "Tea or coffee?", options: tuple[str, ...] = ("Tea", "Coffee")) -> Message:
        """A poll."""
        choices = [{"persistent_id": str(n), "text": text, "voter_count": 0} for n, text in enumerate(options)]
        flags = {
            "is_closed": False,
            "is_anonymous": True,
            "allows_multiple_answers": False,
            "allows_revoting": False,
            "members_only": False,
        }
        return self._say(
            poll={
                "id": "5",
                "question": question,
                "options": choices,
                "total_voter_count": 0,
                **flags,
                "type": "regular",
            }
        )

    def dice(self, value: int = 4) -> Message:
        """A throw of a die."""
        return self._say(dice={"emoji": "🎲", "value": value})

    def forward(self, text: str, sender: str = "Somebody") -> Message:
        """A message that somebody else wrote, passed on."""
        origin = {"type": "hidden_user", "date": int(time.time()) - 3600, "sender_user_name": sender}
        return self._say(text=text, forward_origin=origin)
