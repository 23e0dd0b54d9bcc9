"""Words for what the program names by ids: topics, questions, kinds of talk, letters, and what was found in a message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from babel import Locale

from bot import i18n
from bot.editing.fields import BY_LINE
from bot.knowledge.library import Library
from bot.knowledge.scoring import FALLBACK, OUT_OF_SCOPE, URGENT
from studio.texts import _, translate

Titles = Mapping[str, Mapping[str, str]]
"""Titles of questions by id and language."""

FIELD_NAMES = {
    "title": _("Title"),
    "summary": _("Short answer"),
    "steps": _("What to do"),
    "documents": _("What to bring"),
    "fee": _("Fee"),
    "where": _("Where"),
    "how_long": _("How long it takes"),
    "deadline": _("Deadline"),
    "children": _("Children"),
    "note": _("Note"),
    "facts": _("Facts and their sources"),
    "links": _("Links"),
    "valid_until": _("Valid until"),
    "related": _("Related questions"),
    "follow_ups": _("Where people are led when they ask on"),
    "confirmed": _("Compared with the source"),
    "sources": _("New facts"),
}
"""What the parts of the form are called."""

OTHER_NAMES = {
    OUT_OF_SCOPE: _("not ours to answer"),
    FALLBACK: _("asked back"),
    URGENT: _("emergency"),
    "smalltalk": _("small talk"),
    "control": _("wishes about the conversation itself"),
    "follow_up": _("asking on about the last answer"),
}
"""What stands in a topic's place where no topic of the content was meant."""

TALK_NAMES = {
    "smalltalk/greet": _("greeting"),
    "smalltalk/goodbye": _("saying goodbye"),
    "smalltalk/thanks": _("saying thanks"),
    "smalltalk/bot": _("asking who answers here"),
    "smalltalk/capabilities": _("asking what the assistant can do"),
    "control/human": _("wanting to talk to a person"),
    "control/restart": _("wanting to begin anew"),
    "control/language": _("wanting another language"),
    "emergency/danger": _("somebody is in danger"),
    "follow_up/steps": _("and what is to be done?"),
    "follow_up/documents": _("and which documents?"),
    "follow_up/fee": _("and how much is it?"),
    "follow_up/where": _("and where?"),
    "follow_up/how_long": _("and how long does it take?"),
    "follow_up/deadline": _("and until when?"),
    "follow_up/children": _("and for children?"),
}
"""What people may mean besides the content's questions; the sentences by which it is known are in data/nlu."""

ENTITY_NAMES = {
    "place": _("place"),
    "country": _("country"),
    "nationality": _("nationality"),
    "document": _("document"),
    "status": _("who the person is"),
    "situation": _("situation"),
    "date": _("date"),
}
"""What the kinds of things found in a message are called; the kinds are in domain.yml."""

DOCUMENT_NAMES = {
    "passport": _("passport"),
    "foreign_passport_070": _("passport with the code 070"),
    "id_card": _("identity card"),
    "birth_certificate": _("birth certificate"),
    "marriage_certificate": _("marriage certificate"),
    "death_certificate": _("death certificate"),
    "divorce_certificate": _("divorce certificate"),
    "temporary_protection_certificate": _("certificate of temporary protection"),
    "refugee_certificate": _("refugee certificate"),
    "asylum_seeker_certificate": _("asylum seeker’s certificate"),
    "residence_card": _("residence card"),
    "convention_travel_document": _("convention travel document"),
    "driving_licence": _("driving licence"),
    "work_book": _("employment record book"),
    "diploma": _("diploma"),
    "police_clearance": _("certificate of no criminal record"),
    "military_book": _("military service book"),
    "social_number": _("public services number"),
    "power_of_attorney": _("power of attorney"),
    "photo": _("photograph"),
    "invitation": _("invitation"),
    "employment_contract": _("employment contract"),
    "rental_contract": _("rental contract"),
    "property_deed": _("certificate of ownership"),
    "medical_certificate": _("medical certificate"),
    "bank_statement": _("bank statement"),
    "school_certificate": _("school certificate"),
}
"""The documents that are recognised; see bot/understanding/lookups/documents.yml."""

STATUS_NAMES = {
    "displaced": _("displaced person"),
    "refugee": _("refugee"),
    "asylum_seeker": _("asylum seeker"),
    "stateless": _("stateless person"),
    "foreigner": _("foreigner"),
    "citizen": _("citizen"),
    "dual_citizen": _("citizen of two states"),
    "descent": _("of Armenian descent"),
    "permanent_resident": _("permanent resident"),
    "temporary_resident": _("temporary resident"),
    "student": _("student"),
    "worker": _("worker"),
    "employer": _("employer"),
    "minor": _("under age"),
    "pensioner": _("pensioner"),
    "disabled": _("person with a disability"),
    "pregnant": _("pregnant"),
    "spouse_of_citizen": _("spouse of a citizen"),
    "parent_of_citizen": _("parent of a citizen"),
}
"""What people say to be; see bot/understanding/lookups/statuses.yml."""


@dataclass(frozen=True)
class Names:
    """Words in a language, from a release's content; what it does not know stays as it is stored.

    Attributes:
        titles: of questions that the release does not have, by id and language: new ones.
    """

    library: Library
    language: str
    titles: Titles = field(default_factory=dict)

    def topic(self, name: str) -> str:
        """Return a topic's name."""
        if name in OTHER_NAMES:
            return translate(self.language, OTHER_NAMES[name])
        names = self.library.pack.topics.get(name)
        return self.library.name(names, self.language) if names else name

    def question(self, name: str | None) -> str:
        """Return a question's title, or what else was meant."""
        other = {**OTHER_NAMES, **TALK_NAMES}.get(name or FALLBACK)
        if other is not None:
            return translate(self.language, other)
        question = self.library.question(name or "")
        if question is not None:
            return self.library.title(question, self.language)
        title = self.titles.get(name or "", {})
        return title.get(self.language) or next(iter(title.values()), str(name))

    def listed(self, field: str, text: str) -> str:
        """Return lines of ids as titles, for the fields of bot.editing.fields.BY_LINE; other text as it is."""
        if field not in BY_LINE:
            return text
        said = []
        for line in text.splitlines():
            aspect, _sep, question = line.rpartition(" ")
            title = self.question(question)
            said.append(f"{self.question(f'follow_up/{aspect}')} – {title}" if aspect else title)
        return "\n".join(said) + ("\n" if text.endswith("\n") else "")

    def has_page(self, name: str | None) -> bool:
        """Tell whether a question has a page: small talk and what is out of scope have none."""
        return self.library.question(name or "") is not None

    def situation(self, name: str) -> str:
        """Return a situation's name."""
        names = next((texts for code, texts in self.library.pack.situations.items() if code == name), None)
        return self.library.name(names, self.language) if names else name

    def entity(self, kind: str, value: str) -> str:
        """Return what was found in a message: its kind and what it is.

        Args:
            kind: an entity of domain.yml.
            value: a place's id, a country's ISO code, a day, or a name of the lookup files.
        """
        known = ENTITY_NAMES.get(kind)
        return f"{translate(self.language, known) if known else kind}: {self._value(kind, value)}"

    def _value(self, kind: str, value: str) -> str:
        if kind == "place":
            place = next((place for place in self.library.pack.places if place.id == value), None)
            return self.library.name(place.name, self.language) if place else value
        if kind in ("country", "nationality"):
            return str(Locale.parse(self.language).territories.get(value, value))
        if kind == "situation":
            return self.situation(value)
        if kind == "date":
            try:
                return i18n.date(self.language, dt.date.fromisoformat(value))
            except ValueError:
                return value
        known = {"document": DOCUMENT_NAMES, "status": STATUS_NAMES}.get(kind, {}).get(value)
        return translate(self.language, known) if known else value


def letters(script: str, language: str) -> str:
    """Return what a script is called in a language: `Latn` is "Latin" (CLDR).

    Args:
        script: ISO 15924.
        language: of the interface.
    """
    return str(Locale.parse(language).scripts.get(script, script))
