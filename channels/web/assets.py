"""Files that pages load: under a name that changes with the content, so that browsers keep them for good."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.errors import GuidepostError

_DIRECTORY = Path(__file__).resolve().parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_GOOD = "public, max-age=31536000, immutable"


class NoSuchFileError(GuidepostError):
    """There is no such file."""

    code = "not_found"
    status = 404
    public = "There is no such page."


class Assets:
    """The files of a directory, read once."""

    def __init__(self, directory: Path = _DIRECTORY) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(directory.iterdir()) if path.suffix in _TYPES}
        self._tags = {name: hashlib.sha256(data).hexdigest()[:12] for name, data in self._files.items()}
        self._versioned = {self._with_tag(name): name for name in self._files}

    def _with_tag(self, name: str) -> str:
        stem, _, ending = name.rpartition(".")
        return f"{stem}-{self._tags[name]}.{ending}"

    def address(self, name: str) -> str:
        """Return the address of a file, which is another one whenever the file is.

        Raises:
            KeyError: there is no such file; a fault of the program.
        """
        return "/static/" + self._with_tag(name)

    def router(self) -> APIRouter:
        """Return the route that serves the files, under their versioned and their plain names."""
        router = APIRouter()

        @router.api_route("/static/{name}", methods=["GET", "HEAD"], include_in_schema=False)
        async def static(name: str, request: Request) -> Response:
            # Listed, not joined: a name from outside never becomes a path.
            plain = self._versioned.get(name, name)
            if plain not in self._files:
                raise NoSuchFileError("no such file")
            tag = f'"{self._tags[plain]}"'
            headers = {"ETag": f"W/{tag}", "Cache-Control": _FOR_GOOD if plain != name else "no-cache"}
            if tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers=headers)
            return Response(self._files[plain], media_type=_TYPES[Path(plain).suffix], headers=headers)

        return router
