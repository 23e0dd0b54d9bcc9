"""The office that is nearest to a place that somebody sent. The place itself is not kept."""

from __future__ import annotations

from bot.conversation.outbox import Outgoing
from bot.i18n import date, translate
from bot.i18n import texts as common
from bot.knowledge import offices as places
from bot.knowledge.schema import Office
from channels.telegram import texts
from channels.telegram.context import Person
from channels.telegram.formatted import Formatted, isolated
from channels.telegram.rendering import is_safe, message

_MOST = 3
"""Offices that are shown where several are about as near."""

_AS_NEAR_KM = 1.0


def offices(person: Person, latitude: float, longitude: float) -> list[Outgoing]:
    """Return what to say to somebody who sent where they are.

    Args:
        person: who.
        latitude: in degrees.
        longitude: in degrees.
    """
    library, language = person.context.library(), person.language
    found = places.nearest(library.pack.offices, latitude, longitude, _MOST)
    if not found:
        said = f"{person.say(texts.NO_OFFICE)}\n\n{person.say(texts.LOCATION_FORGOTTEN)}"
        return message(person.chat_id, Formatted().add(said), [[person.renderer.person(language)]])
    near = [(office, far) for office, far in found if far - found[0][1] < _AS_NEAR_KM]
    content = Formatted().add(person.say(texts.NEAREST))
    for office, kilometres in near:
        content.gap().join(_card(person, office, kilometres))
    elsewhere = library.pack.elsewhere
    if elsewhere:
        content.gap().add(library.name(elsewhere.texts, language))
    names = [name for office, _ in near for name in office.facts] + (elsewhere.facts if elsewhere else [])
    facts = [library.content.facts[name] for name in dict.fromkeys(names)]
    content.gap().add(translate(language, common.SOURCES), "bold")
    for source in {fact.source.url: fact.source for fact in facts}.values():
        content.add("\n– ").add(isolated(source.title), "text_link" if is_safe(source.url) else None, url=source.url)
    checked = min(fact.verified_on for fact in facts)
    content.add("\n").add(translate(language, common.CHECKED, date=date(language, checked)), "italic")
    content.gap().add(person.say(texts.LOCATION_FORGOTTEN))
    return message(person.chat_id, content, [[person.renderer.person(language)]])


def _card(person: Person, office: Office, kilometres: float) -> Formatted:
    library, language = person.context.library(), person.language
    card = Formatted().add(isolated(library.name(office.name, language)), "bold")
    card.add("\n" + isolated(library.name(office.address, language)))
    far = places.distance_text(office, kilometres, language)
    if far:
        card.add("\n" + person.say(texts.DISTANCE, distance=far))
    hours = places.hours_text(office, language)
    if hours:
        card.add("\n" + person.say(texts.HOURS, hours=hours))
        if not office.hours_confirmed:
            card.add(" " + person.say(texts.HOURS_UNCONFIRMED))
    if office.serves:
        card.add("\n" + library.name(office.serves, language))
    card.add("\n").add(office.phone, "bold").add(" · ")
    return card.add(person.say(texts.MAP), "text_link", url=places.map_link(office, language))
