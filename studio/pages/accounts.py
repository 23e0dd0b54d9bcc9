"""Managing accounts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.accounts import passwords
from bot.accounts.directory import state_of
from bot.accounts.errors import AccountInputError, AccountMovedError
from bot.accounts.people import INTERFACE_LANGUAGES, ROLES, Person
from studio.access import allowed
from studio.parts import Parts, PartsOf
from studio.render import redirect, render
from studio.texts import _

router = APIRouter()

Text = Annotated[str, Form(max_length=1000)]
Several = Annotated[list[str], Form(max_length=50)]
_ADMINISTRATOR = allowed("accounts.manage")
_EMPTY = {"email": "", "name": "", "roles": ["editor"], "languages": [], "interface_language": "en"}

# What the roles are called and mean; keys of the translations.
ROLE_MEANINGS = {
    "viewer": _("viewer: reads everything, changes nothing"),
    "translator": _("translator: writes answers in their own languages"),
    "editor": _("editor: writes and reviews answers, examples and test questions, builds releases"),
    "publisher": _("publisher: also publishes releases and takes them back"),
    "operator": _("operator: reads everything, publishes emergency notices"),
    "administrator": _("administrator: everything, accounts too"),
}
ROLE_NAMES = (_("viewer"), _("translator"), _("editor"), _("publisher"), _("operator"), _("administrator"))


def _choices(given: Parts) -> dict[str, Any]:
    return {
        "roles": ROLES,
        "meanings": ROLE_MEANINGS,
        "content_languages": given.assistant.live().library.pack.languages,
        "interface_languages": INTERFACE_LANGUAGES,
    }


async def _list_page(
    request: Request, given: Parts, person: Person, typed: dict[str, Any], problem: AccountInputError | None = None
) -> Response:
    return render(
        request,
        person,
        "accounts.html",
        status=problem.status if problem else 200,
        accounts=await given.directory.everybody(),
        typed=typed,
        problem=problem,
        **_choices(given),
    )


async def _account_page(
    request: Request,
    given: Parts,
    person: Person,
    account_id: int,
    problem: AccountInputError | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    account = await given.directory.get(account_id)
    stored = {"name": account.name, "roles": account.roles, "languages": account.languages}
    return render(
        request,
        person,
        "account.html",
        status=problem.status if problem else 200,
        account=account,
        typed=typed or stored,
        seen=state_of(account),
        moved=isinstance(problem, AccountMovedError),
        sessions=await given.sessions.of(account_id),
        problem=problem,
        **_choices(given),
    )


@router.get("/studio/accounts")
async def accounts(request: Request, given: PartsOf, person: Person = _ADMINISTRATOR) -> Response:
    """List all accounts."""
    return await _list_page(request, given, person, _EMPTY)


@router.post("/studio/accounts")
async def add(
    request: Request,
    given: PartsOf,
    email: Text = "",
    name: Text = "",
    roles: Several = [],  # noqa: B006  FastAPI copies it
    languages: Several = [],  # noqa: B006
    interface_language: Text = "en",
    person: Person = _ADMINISTRATOR,
) -> Response:
    """Make an account and show its first password this once."""
    password = passwords.random_password()
    try:
        account = await given.directory.add(
            email=email,
            name=name,
            roles=roles,
            languages=languages,
            interface_language=interface_language,
            password=password,
            by=person.id,
        )
    except AccountInputError as error:
        typed = {
            "email": email,
            "name": name,
            "roles": roles,
            "languages": languages,
            "interface_language": interface_language,
        }
        return await _list_page(request, given, person, typed, error)
    return render(request, person, "account_password.html", account=account, password=password)


@router.get("/studio/accounts/{account_id}")
async def account(request: Request, given: PartsOf, account_id: int, person: Person = _ADMINISTRATOR) -> Response:
    """Show one account."""
    return await _account_page(request, given, person, account_id)


@router.post("/studio/accounts/{account_id}")
async def change(
    request: Request,
    given: PartsOf,
    account_id: int,
    name: Text = "",
    roles: Several = [],  # noqa: B006
    languages: Several = [],  # noqa: B006
    seen: Annotated[str | None, Form(max_length=100)] = None,
    person: Person = _ADMINISTRATOR,
) -> Response:
    """Change name, roles and languages."""
    try:
        await given.directory.change(account_id, name=name, roles=roles, languages=languages, by=person.id, seen=seen)
    except AccountInputError as error:
        typed = {"name": name, "roles": roles, "languages": languages}
        return await _account_page(request, given, person, account_id, error, typed)
    # Whoever took the role from themselves may not see this page any more.
    back = "/studio" if account_id == person.id and "administrator" not in roles else f"/studio/accounts/{account_id}"
    return redirect(request, back, _("Saved. It holds from the person's next click on."))


@router.post("/studio/accounts/{account_id}/password")
async def reset_password(
    request: Request, given: PartsOf, account_id: int, person: Person = _ADMINISTRATOR
) -> Response:
    """Give the account a new password and show it this once."""
    password = await given.directory.reset_password(account_id, by=person.id)
    account = await given.directory.get(account_id)
    return render(request, person, "account_password.html", account=account, password=password)


@router.post("/studio/accounts/{account_id}/disable")
async def disable(request: Request, given: PartsOf, account_id: int, person: Person = _ADMINISTRATOR) -> Response:
    """Disable the account."""
    try:
        await given.directory.set_disabled(account_id, True, by=person.id)
    except AccountInputError as error:
        return await _account_page(request, given, person, account_id, error)
    return redirect(request, f"/studio/accounts/{account_id}", _("The account is disabled and signed out everywhere."))


@router.post("/studio/accounts/{account_id}/enable")
async def enable(request: Request, given: PartsOf, account_id: int, person: Person = _ADMINISTRATOR) -> Response:
    """Enable the account again."""
    await given.directory.set_disabled(account_id, False, by=person.id)
    return redirect(request, f"/studio/accounts/{account_id}", _("The account is enabled again."))


@router.post("/studio/accounts/{account_id}/second-factor")
async def remove_factor(request: Request, given: PartsOf, account_id: int, person: Person = _ADMINISTRATOR) -> Response:
    """Take away the second factor of a lost telephone."""
    await given.directory.remove_second_factor(account_id, by=person.id)
    return redirect(request, f"/studio/accounts/{account_id}", _("The second step is switched off for this account."))


@router.post("/studio/accounts/{account_id}/sessions")
async def end_sessions(request: Request, given: PartsOf, account_id: int, person: Person = _ADMINISTRATOR) -> Response:
    """Sign the account out everywhere."""
    await given.directory.end_sessions(account_id, by=person.id)
    return redirect(request, f"/studio/accounts/{account_id}", _("Signed out everywhere."))
