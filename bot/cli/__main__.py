"""`python -m bot.cli`, the same as the `guidepost` command."""

import sys

from bot.cli import main

if __name__ == "__main__":  # a build's second process imports this module under another name
    sys.exit(main())
