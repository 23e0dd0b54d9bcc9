"""The `guidepost` command, one module per verb."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from bot.errors import GuidepostError


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: what stands after `guidepost`; default: the process's own.

    Returns:
        The exit status: 0 well, 1 something to correct, 2 the command itself was wrong.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["rasa"]:
        # Rasa has a command line of its own; everything behind the word is handed over untouched.
        from bot.cli import rasa

        return _guarded(lambda: rasa.run(given[1:]))
    parser = argparse.ArgumentParser(prog="guidepost", description="FAQ assistant for migration authorities.")
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND", required=True)
    from bot.cli import ask, bench, content, inbox, release, serve, telegram, train, user

    for module in (serve, train, ask, content, release, user, telegram, inbox, bench):
        module.add_parser(verbs)
    verbs.add_parser(
        "rasa", help="Rasa's own commands: train, shell, data validate, test nlu, test core, run actions …"
    )
    options = parser.parse_args(given)
    return _guarded(lambda: int(options.run(options)))


def _guarded(run: Callable[[], int]) -> int:
    try:
        return run()
    except GuidepostError as error:
        print(f"guidepost: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to say.
        sys.stderr.close()
        return 0
