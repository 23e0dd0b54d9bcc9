"""Training a model from content, and asking one many things; Rasa is imported when first needed."""

from __future__ import annotations

import logging
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.knowledge.schema import Content

if TYPE_CHECKING:
    from bot.rasa_runtime.processor import Processor

logger = logging.getLogger(__name__)


def train(content: Content, root: Path, directory: Path, name: str, aside: Executor | None = None) -> Path:
    """Train a model.

    Args:
        content: what from.
        root: the project root with config.yml, domain.yml and data/rules.yml.
        directory: where to put the archive.
        name: its file name without ending.
        aside: may do part of it, see bot.rasa_runtime.training.

    Returns:
        The path of the archive.
    """
    from bot.rasa_runtime import load_rasa

    load_rasa()
    from bot.knowledge.importer import importer_for
    from bot.rasa_runtime.training import train as train_with_rasa

    logger.info("Training: %d examples of %d questions ...", len(content.examples), len(content.questions))
    return train_with_rasa(importer_for(content, root), directory, name, aside)


def load_to_parse(model: Path) -> Processor:
    """Load a model that shall parse and not converse."""
    from bot.rasa_runtime import load_rasa

    load_rasa()
    from bot.rasa_runtime.processor import Processor

    return Processor(model, {}, ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse"))


def parse_own(processor: Processor, texts: list[str]) -> list[dict[str, Any]]:
    """Parse the content's own texts, whose vectors may be kept on disk like those of the examples.

    Theirs are fetched at once; those of their sentences and readings, which parsing finds, one by one.
    """
    from bot.understanding.encoder import shared_encoder
    from bot.understanding.normaliser import clean, fold

    encoder = shared_encoder()
    encoder.embed_known([fold(clean(text)) for text in texts])
    with encoder.keeping():
        return processor.parse_many(texts)
