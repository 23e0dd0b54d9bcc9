"""The shape of a pack's content, the same for files, database, releases and the editors' site."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from bot.knowledge.comparing import comparable
from bot.knowledge.markup import plain

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
QuestionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$", max_length=120)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Situation = Literal["displaced", "foreigner", "citizen", "descent", "refugee"]
Aspect = Literal["steps", "documents", "fee", "where", "how_long", "deadline", "children"]

ASPECTS: tuple[Aspect, ...] = ("steps", "documents", "fee", "where", "how_long", "deadline", "children")
"""Parts of an answer that a person can ask for afterwards: "and how much is it?"."""


def _known_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"'{name}' is no time zone; write one like Asia/Yerevan")
    return name


class Strict(BaseModel):
    """Base of everything that is read from files: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Strict):
    """Where a statement comes from: title, address, and the date the source itself carries (free text)."""

    title: Text
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)]
    date: str


class Fact(Strict):
    """One statement with its source.

    `caveat` is for authors and never shown. `verified_on` is the day on which a person last compared the
    statement with its source; `valid_until` the last day on which it holds, where it has an end.
    """

    topic: str
    statement: Text | list[Text]
    source: Source
    also_seen: list[Source] = []
    confidence: Literal["high", "medium"]
    caveat: str | None = None
    verified_on: dt.date
    valid_until: dt.date | None = None

    def text(self) -> str:
        """Return the statement as one text."""
        return self.statement if isinstance(self.statement, str) else "; ".join(self.statement)


class Link(Strict):
    """An address to offer with an answer."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)]
    title: Text


class AnswerText(Strict):
    """What is said, in one language; every field but the summary may be missing.

    The texts may have the marks of bot.knowledge.markup: bold, italic, links.
    """

    summary: Text
    steps: list[Text] = []
    documents: list[Text] = []
    fee: Text | None = None
    where: Text | None = None
    how_long: Text | None = None
    deadline: Text | None = None
    children: Text | None = None
    note: Text | None = None

    def strings(self) -> list[tuple[str, str]]:
        """Return all texts as (field, text), with the marks as they were written."""
        found = []
        for field in type(self).model_fields:
            value = getattr(self, field)
            if isinstance(value, str):
                found.append((field, value))
            elif value:
                found.extend((field, item) for item in value)
        return found

    def plain_strings(self) -> list[str]:
        """Return all texts as people read them, without marks."""
        return [plain(text) for _, text in self.strings()]


class Answer(Strict):
    """The answer to one question for one situation; without a situation it must be right for anybody."""

    situation: Situation | None = None
    facts: Annotated[list[str], Field(min_length=1)]
    valid_until: dt.date | None = None
    links: list[Link] = []
    texts: dict[Language, AnswerText]


class Question(Strict):
    """What a person wants to know: a retrieval intent `topic/name` with its answers."""

    id: QuestionId
    title: dict[Language, Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=90)]]
    related: list[QuestionId] = []
    follow_ups: dict[Aspect, QuestionId] = {}
    answers: Annotated[list[Answer], Field(min_length=1)]

    @property
    def topic(self) -> str:
        """The Rasa intent that the question belongs to."""
        return self.id.partition("/")[0]

    @field_validator("answers")
    @classmethod
    def _one_per_situation(cls, answers: list[Answer]) -> list[Answer]:
        situations = [answer.situation for answer in answers]
        if None not in situations:
            raise ValueError("one answer must have no 'situation': it is given to people whose situation is not known")
        if len(set(situations)) != len(situations):
            raise ValueError("two answers have the same 'situation'; join them into one")
        return answers


class Example(Strict):
    """A sentence that people type, with the intent it means."""

    intent: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)?$", max_length=120)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    language: Language
    source: Annotated[str, StringConstraints(max_length=60)] = "written"
    style: Annotated[str, StringConstraints(max_length=60)] | None = None


class HeldBack(Strict):
    """A test question: never among the examples. `expected` is a question, another intent or `out_of_scope`."""

    expected: Annotated[str, StringConstraints(max_length=120)]
    language: Language
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class Place(Strict):
    """A place of the pack: a town, a district, a border crossing.

    Attributes:
        patterns: by language, how it is recognised: lower-case beginnings of words.
        origin: whether it is a place that people come from rather than one where they are served.
        marz: the region it lies in, free text.
    """

    id: Name
    name: dict[Language, Text]
    patterns: dict[Language, list[Text]]
    origin: bool = False
    marz: str | None = None


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of `datetime.date.weekday`."""


def _quoted(value: Any) -> Any:
    # YAML 1.1 reads 17:00 without quotes as a number to the base of sixty.
    if isinstance(value, int):
        raise ValueError('write times in quotes, like "17:00"')
    return value


Clock = Annotated[str, BeforeValidator(_quoted), StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
"""A time of day, "09:00" to "24:00"; text, so that files and database keep it as it was written."""

Span = Annotated[list[Clock], Field(min_length=2, max_length=2)]
"""Opening and closing time."""


class Position(Strict):
    """Where an office lies, in degrees (WGS 84), and whether that is the door or only the town."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    precision: Literal["street", "city"]


class Office(Strict):
    """A place where the authority receives people.

    Attributes:
        serves: what one goes there for, or must know before going.
        position: None when it cannot be placed; it is then never the nearest.
        hours: opening spans by weekday, public holidays not included; empty: not known.
        hours_confirmed: whether the hours may be given as certain.
        facts: what supports name, address, hours and phone.
    """

    id: Name
    name: dict[Language, Text]
    address: dict[Language, Text]
    serves: dict[Language, Text] = Field(default_factory=dict)
    position: Position | None = None
    hours: dict[Weekday, Annotated[list[Span], Field(min_length=1)]] = Field(default_factory=dict)
    hours_confirmed: bool = True
    phone: Text
    facts: Annotated[list[str], Field(min_length=1)]

    @field_validator("hours")
    @classmethod
    def _spans_in_order(cls, hours: dict[Weekday, list[list[str]]]) -> dict[Weekday, list[list[str]]]:
        for day, spans in hours.items():
            times = [time for span in spans for time in span]
            if times != sorted(set(times)):
                shown = ", ".join("-".join(span) for span in spans)
                raise ValueError(f"{day}: {shown}: each time must be later than the one before it")
        return hours


class Elsewhere(Strict):
    """What to say about offices that the pack has no address of."""

    texts: dict[Language, Text]
    facts: Annotated[list[str], Field(min_length=1)]


class Pack(Strict):
    """One authority's deployment: who answers, on which number, in which languages, about which topics."""

    pack: Name
    name: dict[Language, Text]
    service: dict[Language, Text]
    phone: Text
    website: Link
    emergency_phones: Annotated[list[Text], Field(min_length=1)]
    emergency_facts: list[str] = []
    emergency_questions: list[QuestionId] = []
    time_zone: Annotated[str, AfterValidator(_known_time_zone)]
    languages: Annotated[list[Language], Field(min_length=1)]
    fallback_languages: list[Language]
    topics: dict[Name, dict[Language, Text]]
    situations: dict[Situation, dict[Language, Text]]
    start_questions: list[QuestionId]
    follow_ups: dict[Name, dict[Aspect, QuestionId]] = {}
    always_allowed_numbers: list[str] = []
    fallbacks: dict[Language, list[Language]] = {}
    places: list[Place] = []
    offices: list[Office] = []
    elsewhere: Elsewhere | None = None


class Content(Strict):
    """Everything about one pack; what a release is a snapshot of."""

    pack: Pack
    facts: dict[Annotated[str, StringConstraints(max_length=60)], Fact]
    questions: list[Question]
    examples: list[Example]
    held_back: list[HeldBack]

    def training_examples(self) -> list[Example]:
        """Return what a model learns from: the examples, and each question's titles.

        A title is the plainest way to ask its question, and often the one that authors of examples leave out. One
        that is also a test question is left out here too.
        """
        known = {comparable(example.text) for example in self.examples}
        known |= {comparable(item.text) for item in self.held_back}
        titles = [
            Example(intent=question.id, text=text, language=language, source="title")
            for question in self.questions
            for language, text in question.title.items()
            if comparable(text) not in known
        ]
        return [*self.examples, *titles]
