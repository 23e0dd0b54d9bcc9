"""What all pages share: the reader's language and texts, addresses, and how a page is sent."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from bot import i18n
from bot.conversation.handover import Handover
from bot.conversation.identity import Identity
from bot.conversation.marked_html import marked_html
from bot.conversation.search import Search
from bot.conversation.service import Conversations
from bot.errors import GuidepostError
from bot.knowledge.changes import Changes
from bot.knowledge.library import Library
from bot.knowledge.schema import Question
from channels.web.assets import Assets
from channels.web.handover import TelegramName
from channels.web.pages import texts
from channels.web.pages.languages import direction, own_name, readable

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


class UnknownPageError(GuidepostError):
    """There is no such page."""

    code = "not_found"
    status = 404
    public = "There is no such page."


@dataclass(frozen=True)
class Services:
    """What the pages need of the assistant.

    Attributes:
        public_url: where the site is reached from outside, without a slash at the end; empty: as the request says.
    """

    conversations: Conversations
    identity: Callable[[], Identity]
    library: Callable[[], Library]
    search: Search
    changes: Changes
    handover: Handover
    telegram_name: TelegramName
    public_url: str
    assets: Assets


@dataclass(frozen=True)
class Page:
    """What stands in the head of a page.

    Attributes:
        path: the address behind the language, e.g. `/q/visa/fee`.
        title: the page's own title.
        description: one or two sentences for search engines and previews.
        languages: those in which the page has texts of its own; empty for pages that no search engine shall keep.
        canonical: the language of the page that this one repeats, where it is not the reader's.
        query: what follows the path when the language is switched, with the question mark.
        kept: whether a browser may keep the page. Pages that show what somebody wrote are not kept: phones are shared.
    """

    path: str
    title: str
    description: str = ""
    languages: list[str] = field(default_factory=list)
    canonical: str | None = None
    query: str = ""
    kept: bool = True


class Reader:
    """Somebody who reads in one language."""

    def __init__(self, library: Library, language: str, base: str) -> None:
        """Prepare.

        Args:
            library: the content that answers now.
            language: ISO 639-1, one of `readable(pack)`.
            base: scheme and host of the site, without a slash at the end.
        """
        self.library = library
        self.pack = library.pack
        self.language = language
        self.base = base
        self.direction = direction(language)
        self.languages = {code: own_name(code) for code in readable(library.pack)}

    def say(self, key: str, **values: object) -> str:
        """Return a text of the pages by its key in channels.web.pages.texts."""
        return self.translate(texts.ALL[key], **values)

    def translate(self, message: str, **values: object) -> str:
        """Return an interface text in the reader's language, with the pack's names filled in."""
        common = {
            "service": self.service,
            "phone": self.pack.phone,
            "phones": ", ".join(self.pack.emergency_phones),
        }
        return i18n.translate(self.language, message, **(common | values))

    @cached_property
    def service(self) -> str:
        """The authority's name."""
        return self.library.name(self.pack.service, self.language)

    @cached_property
    def service_language(self) -> str:
        """The language that the authority's name is in."""
        return self.language_of(self.pack.service)

    def date(self, day: dt.date) -> str:
        """Return a date in words."""
        return i18n.date(self.language, day)

    def time(self, moment: dt.datetime) -> str:
        """Return the time of day where the authority is."""
        return i18n.time_of_day(self.language, moment.astimezone(ZoneInfo(self.pack.time_zone)))

    def path(self, path: str, language: str | None = None) -> str:
        """Return the address of a page on this site."""
        return f"/{language or self.language}{path}"

    def question_path(self, question: Question) -> str:
        """Return the address of a question's page."""
        return self.path(f"/q/{question.id}")

    def language_of(self, texts_by_language: dict[str, str]) -> str:
        """Return the language in which a text that is given by language will be shown."""
        shown = self.library.name(texts_by_language, self.language)
        if texts_by_language.get(self.language) == shown:
            return self.language
        return next(code for code, text in texts_by_language.items() if text == shown)


class Site:
    """Makes pages out of templates and sends them."""

    def __init__(self, services: Services) -> None:
        self.services = services
        # StrictUndefined: a template that names what is not there fails its test instead of showing a hole.
        self.templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(("html", "xml")),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
        self.templates.filters["tel"] = _telephone
        self.templates.filters["web"] = safe_address
        self.templates.filters["marked"] = marked_html

    def base(self, request: Request) -> str:
        """Return scheme and host of the site, without a slash at the end."""
        return self.services.public_url or str(request.base_url).rstrip("/")

    def reader(self, request: Request, language: str) -> Reader:
        """Return the reader of a page.

        Raises:
            UnknownPageError: there are no pages in this language.
        """
        library = self.services.library()
        if language not in readable(library.pack):
            raise UnknownPageError(f"no pages in {language!r}")
        return Reader(library, language, self.base(request))

    def render(self, reader: Reader, template: str, page: Page, **view: Any) -> str:
        """Return the HTML of a page."""
        canonical = reader.base + reader.path(page.path, page.canonical)
        alternates = {code: reader.base + reader.path(page.path, code) for code in page.languages}
        if alternates:
            # Whoever reads none of the languages: the start page finds the nearest, other pages come in the first.
            alternates["x-default"] = reader.base + "/" if page.path == "/" else next(iter(alternates.values()))
        return self.templates.get_template(f"pages/{template}").render(
            reader=reader,
            say=reader.say,
            page=page,
            canonical=canonical,
            alternates=alternates,
            asset=self.services.assets.address,
            urgent=self.services.conversations.notice(reader.language),
            **view,
        )

    def send(
        self, request: Request, reader: Reader, template: str, page: Page, status: int = 200, **view: Any
    ) -> Response:
        """Return a page as a response, 304 without a body where the browser has it already."""
        response = HTMLResponse(self.render(reader, template, page, **view), status_code=status)
        response.headers["Content-Language"] = reader.language
        return kept(request, response) if page.kept and status == 200 else not_kept(response)


def kept(request: Request, response: Response) -> Response:
    """Let a browser keep a response and ask each time whether it has changed.

    Not longer: an answer must not be shown as valid past its last day, nor after it was taken back.
    """
    tag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in [each.strip() for each in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


def not_kept(response: Response) -> Response:
    """Forbid keeping a response anywhere."""
    response.headers["Cache-Control"] = "no-store"
    return response


def safe_address(url: str) -> str:
    """Return an address for a link, or an empty text where it is none that a person should follow."""
    return url if url.startswith(("https://", "http://")) else ""


def _telephone(phone: str) -> str:
    return "tel:" + "".join(letter for letter in phone if letter.isdigit() or letter == "+")
