"""How the stand-in refuses a call."""

from __future__ import annotations


class BadRequest(Exception):  # noqa: N818 - Telegram's own name for it
    """A call is refused: HTTP status, Telegram's description, and whether the caller could have known better.

    `expected` marks refusals that a correct bot meets too (a conflict between two pollers, a person who blocked it, a press that
    grew too old while the bot was down); they do not count as faults of the caller.
    """

    def __init__(
        self, code: int, description: str, *, expected: bool = False, parameters: dict[str, int] | None = None
    ) -> None:
        self.code, self.description, self.expected, self.parameters = code, description, expected, parameters
        super().__init__(f"{code} {description}")


def bad(text: str, *, expected: bool = False) -> BadRequest:
    """A 400 with Telegram's usual beginning."""
    return BadRequest(400, f"Bad Request: {text}", expected=expected)
