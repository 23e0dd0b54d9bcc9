"""Taking personal data out of what people typed, before it is shown to staff or kept beyond the conversation.

Patterns, not a language model: what they miss is why whoever sees the result must be a member of staff, and why it is
deleted with the conversation. They err towards taking out too much; amounts of money and dates of up to eight digits
are left, because questions are about them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

EMAIL, ADDRESS, PHONE, DOCUMENT, NUMBER, NAME = "[e-mail]", "[link]", "[phone]", "[document]", "[number]", "[name]"

_UPPER_WORD = r"(?-i:[A-ZԱ-ՖА-ЯЁЇІЄҐĀ-ŽƏİÇÖÜŞĞ])[\w’'՛-]{1,40}"
_ANY_WORD = r"[^\W\d_][\w’'՛-]{1,40}"

# What stands before a name, by language. Russian and Ukrainian "я" alone is too common a word to count.
_CUES = (
    # English
    r"my (?:full |first |last |sur|family )?name(?:'s| is)",
    r"i am called",
    r"my (?:husband|wife|son|daughter|mother|father|brother|sister)(?:'s name is| is called| named)",
    # Russian, Ukrainian
    r"(?:меня|мене|его|её|ее|його|її|мужа|жену|сына|дочь|маму|папу|сина|дочку) (?:зовут|звать|звати)",
    r"мо[её] имя|моё фио|мое фио|моя фамилия|фамилия|мо[єе] ім['’]я|моє прізвище|прізвище|по имени|на ім['’]я|фио",
    # Armenian, also in Latin letters
    r"(?:իմ )?անուն(?:ս|ը|ն)?(?: է)?|անվանս|իմ ազգանունը|ազգանուն(?:ս|ը)|կոչվում եմ",
    r"(?:im )?anun(?:s|@|y)|azganun(?:s|@|y)",
    # Latvian
    r"mani sauc|mans vārds ir|mans vards ir|mans uzvārds ir|mans uzvards ir|vārdā",
    # Azerbaijani
    r"(?:mənim )?ad[ıi]m|menim ad[ıi]m|soyad[ıi]m",
    # Romanised Russian
    r"menya zovut|meni zovut|moya familiya|moe imya",
)
# After a cue: one word in any writing, and those behind it that begin with a capital letter.
_AFTER_CUE = re.compile(
    rf"(?<!\w)(?P<cue>{'|'.join(_CUES)})(?P<gap>\s*[:,՝—–-]?\s+|\s*[:՝]\s*){_ANY_WORD}(?:\s+{_UPPER_WORD}){{0,3}}",
    re.IGNORECASE,
)
# Three words with capitals of which one ends as a patronymic or family name does here.
_FAMILY = re.compile(
    rf"(?<!\w)(?:{_UPPER_WORD}\s+){{0,2}}(?-i:[A-ZԱ-ՖА-ЯЁЇІЄҐ])[\w’'-]{{1,30}}"
    r"(?:յան|եան|յանց|ян|янц|yan|ian|yants|ович|евич|овна|евна|івна|енко|швили|ovich|evich|ovna|evna|enko)(?!\w)"
    rf"(?:\s+{_UPPER_WORD}){{0,2}}",
)
_SIMPLE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+"), EMAIL),
    (re.compile(r"(?:https?://|www\.|t\.me/)\S+", re.IGNORECASE), ADDRESS),
    (re.compile(r"(?<!\w)@[A-Za-z]\w{3,}"), NAME),
    # Passports and residence cards: one to three letters and six to nine digits, also apart.
    (re.compile(r"(?<!\w)(?-i:[A-ZА-ЯԱ-Ֆ]{1,3})\s?[-№#]?\s?\d{6,9}(?!\d)"), DOCUMENT),
    (re.compile(r"(?<!\w)[a-zа-яա-ֆ]{2}\d{6,9}(?!\d)"), DOCUMENT),
    # An international number, or a local one with its groups, of at least seven digits in all.
    (re.compile(r"\+\s?\d(?:[\s().-]{0,2}\d){6,14}"), PHONE),
    (re.compile(r"(?<![\d.,])\(?0\d{1,3}\)?(?:[\s.-]{0,2}\d){5,9}(?!\d)"), PHONE),
    (re.compile(r"(?<![\d.,])[78][\s-]?\(?\d{3}\)?(?:[\s-]{0,2}\d){7}(?!\d)"), PHONE),
    (re.compile(r"(?<!\d)\d{2,4}(?:[\s-]\d{2,4}){3,5}(?!\d)"), NUMBER),
    (re.compile(r"\d{9,}"), NUMBER),
)


def redact(text: str) -> str:
    """Return a text with e-mail addresses, links, phone and document numbers, long numbers and names taken out.

    Args:
        text: what somebody typed.

    Returns:
        The text with `[e-mail]`, `[phone]` and so on in their places.
    """
    for pattern, place in _SIMPLE:
        text = pattern.sub(_keeping_money(place), text)
    text = _AFTER_CUE.sub(lambda found: f"{found['cue']}{found['gap']}{NAME}", text)
    return _FAMILY.sub(NAME, text)


_MONEY = re.compile(r"\s*(?:amd|dram|драм|դրամ|usd|eur|euro|евро|եվրո|доллар|դոլար|manat|манат|\$|€|֏)", re.IGNORECASE)


def _keeping_money(place: str) -> Callable[[re.Match[str]], str]:
    def put(found: re.Match[str]) -> str:
        # "100 000 000 AMD" is a question about money, not a person's number.
        money = place == NUMBER and _MONEY.match(found.string, found.end())
        return found.group() if money else place

    return put
