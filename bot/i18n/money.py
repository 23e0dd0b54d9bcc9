"""Amounts of money in words of the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_currency

_WORDS = {
    "AMD": r"դրամ\w*|драм\w*|drams?\b|dramu\b|dram[iı]?\b|AMD",
    "EUR": r"եվրո\w*|евро|євро|euros?\b|eiro|avro|€|EUR",
    "AZN": r"մանաթ\w*|манат\w*|manat\w*|AZN",
    "USD": r"դոլար\w*|доллар\w*|долар\w*|dollars?\b|dolār\w*|dollar\w*|\$|USD",
}
_NUMBER = r"\d{1,3}(?:[\s,.’]\d{3})+|\d+"
"""Digits in one piece or in groups of three; the character between groups differs by language."""

_AMOUNTS = [
    (code, re.compile(rf"(?<![\w.,-])({_NUMBER})\s?(?:{words})", re.IGNORECASE)) for code, words in _WORDS.items()
]


@dataclass(frozen=True)
class Amount:
    """So many of a currency (ISO 4217)."""

    value: Decimal
    currency: str


def amounts(text: str) -> list[Amount]:
    """Return the amounts of money that a text names, in its order, each once. Amounts without a currency are none."""
    found = [
        (match.start(), Amount(Decimal(re.sub(r"\D", "", match[1])), code))
        for code, pattern in _AMOUNTS
        for match in pattern.finditer(text)
    ]
    return list(dict.fromkeys(amount for _, amount in sorted(found, key=lambda each: each[0])))


def in_words(language: str, amount: Amount) -> str:
    """Return an amount as it is written in a language, the currency spelt out: "3 000 вірменських драмів"."""
    said = format_currency(
        amount.value,
        amount.currency,
        locale=language,
        format_type="name",
        currency_digits=False,
        decimal_quantization=False,
    )
    return str(said)
