"""Training a Rasa model from an importer."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from pathlib import Path
from typing import Any

from bot.errors import GuidepostError
from bot.rasa_runtime.config_guard import check_config
from bot.rasa_runtime.startup import load_rasa


class TrainingError(GuidepostError):
    """The model could not be trained."""

    code = "training"


def train(importer: Any, directory: Path, name: str) -> Path:
    """Train NLU and rules.

    Args:
        importer: a `TrainingDataImporter`.
        directory: where to put the model; made when missing.
        name: file name without ending.

    Returns:
        The path of the model archive. It is complete: written beside and moved into place by the caller.

    Raises:
        ConfigurationError: the configuration names a component that needs TensorFlow.
        TrainingError: Rasa refuses the data; the message is Rasa's own.
    """
    load_rasa()
    from rasa.engine.exceptions import GraphComponentException
    from rasa.model_training import _train_graph
    from rasa.shared.data import TrainingType
    from rasa.shared.exceptions import RasaException

    config = importer.get_config()
    check_config(config)
    directory.mkdir(parents=True, exist_ok=True)
    # The vectors of examples have a cache of their own; Rasa's would copy every component's data once more.
    # LOG_LEVEL only hides Rasa's progress bars over a handful of rules.
    with _environment(RASA_MAX_CACHE_SIZE="0", LOG_LEVEL="WARNING"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not include a response selector.*")
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                result = _train_graph(
                    importer, training_type=TrainingType.BOTH, output_path=str(directory), fixed_model_name=name
                )
        except (RasaException, GraphComponentException, ValueError) as error:
            raise TrainingError(f"The model could not be trained: {error}") from error
    return Path(result.model)


@contextlib.contextmanager
def _environment(**values: str) -> Any:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
