"""What can go wrong with accounts."""

from __future__ import annotations

from bot.errors import BadInputError, GuidepostError


class SignInRefusedError(GuidepostError):
    """Address, password or code do not fit. Never says which: that would tell who has an account."""

    code = "sign_in_refused"
    status = 401
    public = "Address or password is not right. Please try again."


class CodeRefusedError(SignInRefusedError):
    """The six digits of the second factor, or the recovery code, do not fit."""

    code = "code_refused"
    public = (
        "This code is not right or was used already. Please wait for the next code of your app and type it. A recovery "
        "code works once: take another one; if none is left, ask an administrator."
    )


class TooManyTriesError(GuidepostError):
    """Too many failed sign-ins for this account or from this source."""

    code = "too_many_tries"
    status = 429
    public = "Too many failed attempts. Please wait 15 minutes, then try again, or ask an administrator."


class NotAllowedError(GuidepostError):
    """The person is signed in, but their roles do not cover this."""

    code = "not_allowed"
    status = 403
    public = "Your account may not do this. Please ask an administrator for the role that you need."


class UnknownAccountError(GuidepostError):
    """There is no such account."""

    code = "unknown_account"
    status = 404
    public = "There is no such account. Please choose one from the list of accounts."


class AccountInputError(BadInputError):
    """An account cannot be made or changed as asked; the message says what to correct."""

    code = "account_input"


class AccountMovedError(AccountInputError):
    """Somebody else has changed the account since the page was opened."""

    code = "account_moved"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "Somebody has changed this account since you opened the page. Compare what you want with what is saved "
            "now, then save once more."
        )
