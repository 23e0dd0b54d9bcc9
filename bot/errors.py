"""The one error base class of Guidepost."""

from __future__ import annotations


class GuidepostError(Exception):
    """An expected failure that somebody can do something about.

    Attributes:
        code: stable identifier, for machines and for the documentation.
        status: the HTTP status that fits when the error ends a request.
        public: a text that may be shown to anybody; the exception's own text is for the log and the command line.
    """

    code = "error"
    status = 500
    public = "Something went wrong on our side. Please try again."

    def __init__(self, message: str, *, public: str | None = None) -> None:
        super().__init__(message)
        if public is not None:
            self.public = public


class BadInputError(GuidepostError):
    """What came in cannot be used; the message says what to change.

    Attributes:
        message: the English text with its `{blanks}`, the key under which it is translated.
        values: what stands in the blanks.
    """

    code = "bad_input"
    status = 400

    def __init__(self, message: str, **values: object) -> None:
        self.message, self.values = message, values
        text = message.format(**values) if values else message
        super().__init__(text, public=text)
