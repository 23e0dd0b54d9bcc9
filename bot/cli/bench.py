"""`guidepost bench`: measurements of this project, run from its folder."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from bot.errors import GuidepostError
from bot.settings import Settings


class BenchError(GuidepostError):
    """A measurement cannot be run; the message says what to do."""

    code = "bench"


def add_parser(verbs: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Describe the command."""
    parser = verbs.add_parser("bench", help="measure the program beside others")
    kinds = parser.add_subparsers(dest="kind", required=True)
    understanding = kinds.add_parser(
        "understanding", help="understanding, on public benchmarks; can be stopped and resumed"
    )
    understanding.add_argument("--datasets", type=Path, help="folder of the benchmarks (default: ../shared/datasets)")
    understanding.add_argument("--rows", nargs="*", default=[], help="only these rows")
    understanding.add_argument("--systems", nargs="*", default=[], help="only these systems: ours svm nlpjs rasa")
    understanding.add_argument(
        "--all", action="store_true", help="also what takes hours (stock Rasa on the large rows)"
    )
    understanding.add_argument("--again", action="store_true", help="measure anew what was measured before")
    understanding.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        BenchError: the data is missing, or the project's benchmarks are not where it runs.
    """
    root = Settings.load().project_dir.resolve()
    datasets = (arguments.datasets or root.parent / "shared" / "datasets").resolve()
    if not datasets.is_dir():
        raise BenchError(f"No benchmarks in {datasets}: name their folder with --datasets (see docs/benchmarks.md).")
    if not (root / "benchmarks" / "understanding").is_dir():
        raise BenchError(f"{root} has no benchmarks/understanding: run the command in a clone of the project.")
    sys.path.insert(0, str(root))
    module = importlib.import_module("benchmarks.understanding.run")
    unknown = (set(arguments.rows) - {*module.ROWS, module.PACK}) | (set(arguments.systems) - set(module.SYSTEMS))
    if unknown:
        known = ", ".join([*module.ROWS, module.PACK, *module.SYSTEMS])
        raise BenchError(f"Unknown: {', '.join(sorted(unknown))}. Known: {known}.")
    return int(
        module.main(datasets, arguments.rows, arguments.systems, everything=arguments.all, again=arguments.again)
    )
