"""What the checks say to editors: what is wrong, and what to do. Translated in `studio/locales/*/checks.po`."""

from bot.knowledge.markup_errors import ADVICE

FIELDS: dict[str, str] = {
    "summary": "Short answer",
    "steps": "What to do",
    "documents": "What to bring",
    "fee": "Fee",
    "where": "Where",
    "how_long": "How long it takes",
    "deadline": "Deadline",
    "children": "Children",
    "note": "Note",
    "links": "Links",
    "facts": "Facts and their sources",
    "valid_until": "Valid until",
}

MESSAGES: dict[str, str] = {
    # --- an answer's text: errors
    "no_summary": "The short answer is empty. Write in one or two sentences what the person needs most.",
    "missing_source": "The answer cites no fact, so people would see no source. Cite at least one fact.",
    "unknown_fact": "There is no fact “{fact}”. Correct the number or add the fact first.",
    "number_without_fact": "{field}: no cited fact contains {numbers}. Cite the fact that says so, or take the number out.",
    "broken_link": "{field}: “{link}” is no address that opens. Write it in full, like https://example.org/page.",
    **{code: "{field}: " + advice for code, advice in ADVICE.items()},
    "foreign_letters": "{field}: “{found}” has letters of another alphabet. Type it again with this language's letters.",
    "longer_than_fact": "A cited fact holds only until {date}. Set “Valid until” to that day or an earlier one.",
    "ended": "The answer was valid until {date}: people are sent to the phone instead. Check it and set a new last day.",
    # --- warnings
    "ends_soon": "The answer is valid only until {date}. Check whether it changes, and set a new last day.",
    "verified_long_ago": "Fact {fact} was last compared with its source on {date}. Open the source and confirm it.",
    "number_elsewhere": (
        "{other_language} has {numbers}, this text has not. Compare the two and correct the one that is wrong."
    ),
    "number_only_here": "Only this text has {numbers}, {other_language} has not. Compare the two and correct one.",
    "parts_differ": "{other_language} has other parts or lists of another length: {parts}. Compare the two.",
    "hard_to_read": (
        "The text is hard to read ({measure} {value}, limit {limit}). Begin with this sentence and cut it in two: “{sentence}”"
    ),
    "too_long": "About {lines} lines on a phone, which shows {screen}. Say the most important thing first and cut the rest.",
    # --- a question
    "untranslated": "There is no text in {language} yet. Until then people read another language with a line that says so.",
    "few_examples": "Examples: {count}, wanted at least {wanted}. Add ways in which people ask this.",
    "no_tests": "There is no test question. Add some, so that a release can show whether this question is understood.",
    "competes": (
        "{share} % of the examples are closer to “{other}”. Make the difference plain in the examples, or join the questions."
    ),
    # --- a line on the examples page: refused
    "line_too_long": "The line has over {most} characters. Write what a person would type.",
    "unreadable": "There is no word in this line.",
    "is_test": "This is a test question of “{question}”. It can be a test or an example, never both.",
    "near_test": "This is almost the test question “{other}” of “{question}”. A test must be new to the model.",
    "is_example": "This is an example of “{question}”. It can be an example or a test, never both.",
    "near_example": "This is almost the example “{other}” of “{question}”. A test must be new to the model.",
    "duplicate": "This example is there already.",
    "duplicate_elsewhere": "This is an example of “{question}” already. Remove it there first.",
    "repeated": "The line stands here twice.",
    # --- a line on the examples page: flagged
    "near_duplicate": "Almost the same as “{other}”. Another wording teaches more.",
    "closer_elsewhere": "Would be taken for “{question}”: the nearest example there is “{other}”.",
    # --- a pattern
    "pattern_broken": "The pattern cannot be read from character {at} on: “{part}”.",
    "pattern_runs_away": "The pattern could run for minutes ({reason}). Do not repeat what already repeats.",
    "pattern_too_long": "The pattern has over {most} characters. Split it.",
    "pattern_elsewhere": "“{found}” belongs to {place} already. Take it away there first, or leave it out here.",
    "pattern_not_a_word": "“{found}” is no beginning of a word. Write letters, and spaces between words; nothing else.",
}

OVERRIDABLE = frozenset(
    {
        "ends_soon",
        "verified_long_ago",
        "number_elsewhere",
        "number_only_here",
        "parts_differ",
        "hard_to_read",
        "too_long",
        "untranslated",
        "few_examples",
        "competes",
    }
)
"""Codes of warnings: what may stand when somebody says why."""
