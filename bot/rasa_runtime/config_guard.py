"""Refusing, with a sentence, configurations that name components which need TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.errors import GuidepostError

NEEDS_TENSORFLOW = {
    "DIETClassifier": "bot.understanding.classifier.QuestionClassifier",
    "ResponseSelector": "bot.understanding.classifier.QuestionClassifier",
    "TEDPolicy": "RulePolicy",
    "UnexpecTEDIntentPolicy": "RulePolicy",
    "ConveRTFeaturizer": "bot.understanding.sentence_encoder.SentenceEncoder",
    "LanguageModelFeaturizer": "bot.understanding.sentence_encoder.SentenceEncoder",
}
"""Rasa's own components that cannot work without TensorFlow, each with what takes its place here."""


class ConfigurationError(GuidepostError):
    """The project's config.yml cannot be used."""

    code = "configuration"


def check_config(config: dict[str, Any], origin: str = "config.yml") -> None:
    """Check that a Rasa configuration can run here.

    Args:
        config: the parsed config.yml.
        origin: the file's name, for the message.

    Raises:
        ConfigurationError: a component needs TensorFlow; the message names what to use instead.
    """
    for section in ("pipeline", "policies"):
        for entry in config.get(section) or []:
            name = str(entry.get("name", "")) if isinstance(entry, dict) else str(entry)
            short = name.rsplit(".", 1)[-1]
            if short in NEEDS_TENSORFLOW and (name == short or name.startswith("rasa.")):
                raise ConfigurationError(
                    f"{origin}: '{short}' under '{section}' needs TensorFlow, which Guidepost does not install. "
                    f"Use '{NEEDS_TENSORFLOW[short]}' instead (see docs/decisions/0001)."
                )


def check_config_file(path: Path) -> None:
    """Read a config.yml and check it.

    Raises:
        ConfigurationError: the file is no YAML mapping, or names a component that cannot run here.
    """
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise ConfigurationError(f"{path}: expected a mapping with 'recipe', 'pipeline' and 'policies'.")
    check_config(config, str(path))
