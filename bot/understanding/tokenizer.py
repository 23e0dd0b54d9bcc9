"""Splitting into words where Rasa's WhitespaceTokenizer fails: Armenian marks stand inside their word."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import RESPONSE
from rasa.shared.nlu.training_data.message import Message

# ՛ ՜ ՞ and the apostrophe belong to the word they stand in; ։ ՝ and all other punctuation do not.
_WORD = re.compile(r"\w+(?:[\u055a-\u055c\u055e\u2019'\-.@]\w+|[\u055a-\u055c\u055e])*|[^\w\s]")


def split(text: str) -> list[tuple[str, int]]:
    """Split a text into words and single punctuation marks.

    Returns:
        Pairs of token and character offset.

    >>> split("Ինչպե՞ս ստանալ անձնագիր։")
    [('Ինչպե՞ս', 0), ('ստանալ', 8), ('անձնագիր', 15), ('։', 23)]
    """
    return [(found.group(), found.start()) for found in _WORD.finditer(text)]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MultilingualTokenizer(Tokenizer):
    """Tokens for entity extraction. `Ինչպե՞ս` stays one word; `անձնագիր։` becomes two tokens."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of config.yml."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def __init__(self, config: dict[str, Any]) -> None:
        """Prepare; see `get_default_config`."""
        super().__init__(config)
        self._answers: dict[str, list[Token]] = {}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Split one attribute of a message.

        Returns:
            Tokens with their character offsets; a text without words gives its characters as tokens.
        """
        text = message.get(attribute)
        if attribute != RESPONSE:
            return self._tokens(text)
        # All examples of a question lead to one answer, the longest text by far: it is split once.
        if text not in self._answers:
            self._answers[text] = self._tokens(text)
        return list(self._answers[text])

    def _tokens(self, text: str) -> list[Token]:
        return self._apply_token_pattern([Token(word, start) for word, start in split(text)]) or [Token(text, 0)]
