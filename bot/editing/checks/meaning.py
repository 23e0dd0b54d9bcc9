"""The encoder and the normaliser, as far as the checks of examples need them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Meaning:
    """Turns texts into what the classifier would compare. Opening it takes seconds where Rasa is not loaded yet."""

    def __init__(self) -> None:
        # Rasa is imported late: it takes seconds, and must find its stand-ins in place.
        from bot.rasa_runtime import load_rasa

        load_rasa()
        from bot.understanding.encoder import shared_encoder
        from bot.understanding.normaliser import clean, fold

        self._encoder = shared_encoder()
        self._clean, self._fold = clean, fold

    def folded(self, text: str) -> str:
        """Return a text as the encoder reads it; empty when there is no word in it."""
        return self._fold(self._clean(text))

    def of_typed(self, texts: Sequence[str]) -> Floats:
        """Return vectors of folded texts that somebody is typing, (texts, d); nothing of them is kept on disk."""
        return np.stack([self._encoder.embed(text) for text in texts])

    def of_content(self, texts: Sequence[str]) -> Floats:
        """Return vectors of the pack's own folded texts, (texts, d), from disk where they are known."""
        return self._encoder.embed_known(list(texts))
