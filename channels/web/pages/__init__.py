"""Pages that work without JavaScript: to read, to search, to chat; for people and for search engines."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.convertors import Convertor, register_url_convertor

from channels.web.pages.browse import create_browse_router
from channels.web.pages.chat import create_chat_router
from channels.web.pages.feeds import create_feeds_router
from channels.web.pages.problems import problem_page, wants_page
from channels.web.pages.search import create_search_router
from channels.web.pages.site import Services, Site

__all__ = ["Pages", "Services"]


class _LanguageConvertor(Convertor[str]):
    """Two or three small letters: keeps /api/ and the like out of the pages' addresses."""

    regex = "(?!api|rss)[a-z]{2,3}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("lang", _LanguageConvertor())


class Pages:
    """All pages of the site.

    Attributes:
        router: their routes; to be included after those of the API.
    """

    def __init__(self, services: Services) -> None:
        """Prepare.

        Args:
            services: what the pages need of the assistant.
        """
        self._site = Site(services)
        self.router = APIRouter()
        self.router.include_router(services.assets.router())
        self.router.include_router(create_feeds_router(self._site))
        self.router.include_router(create_search_router(self._site))
        self.router.include_router(create_chat_router(self._site))
        self.router.include_router(create_browse_router(self._site))

    def problem(self, request: Request, status: int) -> Response | None:
        """Return an error as a page, or None for those who did not come with a browser."""
        return problem_page(self._site, request, status) if wants_page(request) else None
