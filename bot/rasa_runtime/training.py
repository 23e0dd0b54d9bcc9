"""Training a Rasa model from an importer."""

from __future__ import annotations

import contextlib
import copy
import os
import tempfile
import warnings
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from bot.errors import GuidepostError
from bot.rasa_runtime.config_guard import check_config
from bot.rasa_runtime.startup import load_rasa
from bot.understanding.aside import handing_to


class TrainingError(GuidepostError):
    """The model could not be trained."""

    code = "training"


def train(importer: Any, directory: Path, name: str, aside: Executor | None = None) -> Path:
    """Train NLU and rules.

    Args:
        importer: a `TrainingDataImporter`.
        directory: where to put the model; made when missing.
        name: file name without ending.
        aside: does what components hand to it (bot.understanding.aside); without it everything is done here.

    Returns:
        The path of the model archive. It is complete: written beside and moved into place by the caller.

    Raises:
        ConfigurationError: the configuration names a component that needs TensorFlow.
        TrainingError: Rasa refuses the data; the message is Rasa's own.
    """
    load_rasa()
    from rasa.engine.constants import PLACEHOLDER_IMPORTER
    from rasa.engine.exceptions import GraphComponentException
    from rasa.engine.graph import ExecutionContext
    from rasa.engine.recipes.recipe import Recipe
    from rasa.engine.runner.dask import DaskGraphRunner
    from rasa.engine.validation import validate
    from rasa.shared.data import TrainingType
    from rasa.shared.exceptions import RasaException

    from bot.rasa_runtime.model_storage import QuickModelStorage

    config = importer.get_config()
    check_config(config)
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"{name}.tar.gz"
    # Rasa's own GraphTrainer fingerprints every message after every component for its cache: 27 of 48 seconds here.
    # A release is trained only when its data changed, and the slow part, the vectors, has a cache of its own.
    with (
        _environment(LOG_LEVEL="WARNING"),  # only hides progress bars over a handful of rules
        warnings.catch_warnings(),
        tempfile.TemporaryDirectory() as work,
    ):
        warnings.filterwarnings("ignore", message=".*does not include a response selector.*")
        try:
            recipe = Recipe.recipe_for_name(config.get("recipe"))
            graph = recipe.graph_config_for_recipe(config, {}, training_type=TrainingType.BOTH)
            validate(graph)
            domain = copy.deepcopy(importer.get_domain())
            storage = QuickModelStorage(Path(work))
            runner = DaskGraphRunner.create(graph.train_schema, storage, ExecutionContext(graph.train_schema))
            with handing_to(aside):
                runner.run(inputs={PLACEHOLDER_IMPORTER: importer})
            storage.create_model_package(target, graph, domain)
        except (RasaException, GraphComponentException, ValueError) as error:
            raise TrainingError(f"The model could not be trained: {error}") from error
    return target


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
