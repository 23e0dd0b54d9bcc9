"""The SentencePiece Unigram tokenizer of multilingual-e5-small: Viterbi over 250,000 pieces."""

from __future__ import annotations

import re

from bot.understanding.encoder.weights import Vocabulary

_META = "\u2581"
_SPECIAL = re.compile(r"<(?:s|/s|pad|unk|mask)>|[\x00\ud800-\udfff]")
_SPACES = re.compile(" {2,}")


class UnigramTokenizer:
    """Splits a text into the pieces of highest joint probability."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._unknown = vocabulary.unk
        self._bos, self._eos = vocabulary.bos, vocabulary.eos
        self._pieces: dict[str, tuple[int, float]] = {}
        longest = 1
        for index, piece in enumerate(vocabulary.pieces):
            if not piece or index == vocabulary.unk:
                continue
            text = piece.decode("utf-8", "replace")
            longest = max(longest, len(text))
            self._pieces.setdefault(text, (index, vocabulary.scores[index]))
        self._longest = longest
        self._normalisation = vocabulary.normalisation
        self._unknown_score = min(vocabulary.scores) - 10.0

    def knows(self, word: str) -> bool:
        """Whether a word is a piece of its own, which only common words of some language are."""
        return _META + word in self._pieces

    def words(self) -> list[str]:
        """Return all pieces that are whole words of letters, without their word mark."""
        return [piece[1:] for piece in self._pieces if piece[:1] == _META and piece[1:].isalpha()]

    def encode(self, text: str, limit: int) -> list[int]:
        """Tokenise.

        Args:
            text: any text; markup of the vocabulary, NUL and lone surrogates are taken out.
            limit: the most tokens to return, the two sentence marks included.

        Returns:
            Token ids, beginning with the start mark and ending with the end mark.
        """
        text = _SPACES.sub(" ", _SPECIAL.sub(" ", text.translate(self._normalisation)))
        text = (text if text.startswith(" ") else " " + text).replace(" ", _META)
        length = len(text)
        best = [0.0] + [float("-inf")] * length
        back: list[tuple[int, int]] = [(0, self._unknown)] * (length + 1)
        pieces = self._pieces
        for start in range(length):
            score = best[start]
            for end in range(start + 1, min(length, start + self._longest) + 1):
                found = pieces.get(text[start:end])
                if found is not None and score + found[1] > best[end]:
                    best[end] = score + found[1]
                    back[end] = (start, found[0])
            if score + self._unknown_score > best[start + 1]:
                best[start + 1] = score + self._unknown_score
                back[start + 1] = (start, self._unknown)
        tokens: list[int] = []
        at = length
        while at > 0:
            at, token = back[at]
            tokens.append(token)
        tokens.reverse()
        return [self._bos, *tokens[: limit - 2], self._eos]
