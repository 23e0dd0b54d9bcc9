"""Signing in with the account of one's service: OpenID Connect, authorization code with PKCE.

OpenID Connect Core 1.0, section 3.1; PKCE (RFC 7636) also for clients with a secret, as RFC 9700 asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.accounts import audit
from bot.accounts.directory import Directory, usual_email
from bot.accounts.people import ROLES
from bot.errors import GuidepostError
from bot.settings import Settings, SettingsError
from bot.storage import Database, accounts
from bot.storage.accounts import StoredAccount

_SCOPE = "openid email profile"
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Public keys only: `none` and shared secrets would let others make tokens."""
_LEEWAY = 60
_TIMEOUT = 10


class ProviderError(GuidepostError):
    """The provider does not answer, or answers something that cannot be trusted."""

    code = "provider"
    status = 502
    public = "Signing in with your service's account did not work. Please try again, or sign in with a password."


class ProviderRefusedError(GuidepostError):
    """The provider vouches for the person, but nothing here is meant for them."""

    code = "provider_refused"
    status = 403
    public = "Your service's account has no role here. Please ask the administrator to give you one."


@dataclass(frozen=True)
class Journey:
    """What is remembered while the browser is at the provider.

    Attributes:
        state: comes back with the browser: nobody else can begin a sign-in in this browser.
        nonce: comes back inside the token: it was made for this sign-in.
        verifier: shows that who fetches the token is who sent the browser.
    """

    state: str
    nonce: str
    verifier: str


class OpenId:
    """One provider."""

    def __init__(self, settings: Settings, database: Database, directory: Directory) -> None:
        """Prepare; nothing is asked of the provider yet.

        Args:
            settings: issuer, client, roles.
            database: where accounts are.
            directory: makes and changes accounts.

        Raises:
            SettingsError: a role in the mapping does not exist, or the client's name is missing.
        """
        self._settings = settings
        self._database = database
        self._directory = directory
        self._metadata: dict[str, Any] | None = None
        for given in settings.oidc_roles.values():
            if given.split(":")[0] not in ROLES:
                raise SettingsError(f"GUIDEPOST_OIDC_ROLES: there is no role {given!r}. There are: {', '.join(ROLES)}.")
        if not settings.oidc_client_id:
            raise SettingsError(
                "GUIDEPOST_OIDC_CLIENT_ID is missing: the name under which the provider knows Guidepost."
            )

    @classmethod
    def of(cls, settings: Settings, database: Database, directory: Directory) -> OpenId | None:
        """Return the provider that the settings name, or None."""
        return cls(settings, database, directory) if settings.oidc_issuer else None

    async def begin(self, back: str) -> tuple[str, Journey]:
        """Return where to send the browser, and what to remember until it is back.

        Args:
            back: the full address to which the provider sends the browser.

        Raises:
            ProviderError: the provider does not answer.
        """
        journey = Journey(generate_token(43), generate_token(43), generate_token(64))
        address = prepare_grant_uri(
            (await self._discovered())["authorization_endpoint"],
            self._settings.oidc_client_id,
            "code",
            redirect_uri=back,
            scope=_SCOPE,
            state=journey.state,
            nonce=journey.nonce,
            code_challenge=create_s256_code_challenge(journey.verifier),
            code_challenge_method="S256",
        )
        return str(address), journey

    async def finish(self, journey: Journey, code: str, back: str) -> StoredAccount:
        """Turn what the browser brought back into an account, made or brought up to date.

        Args:
            journey: what was remembered.
            code: what the provider gave the browser.
            back: the same address as in `begin`.

        Raises:
            ProviderError: the provider does not vouch.
            ProviderRefusedError: it does, but the person has no role here or was disabled.
        """
        claims = await self._claims(journey, code, back)
        roles, languages = self._roles(claims)
        identity = f"{claims['iss']} {claims['sub']}"
        async with self._database.work() as session:
            account = await accounts.by_open_id(session, identity)
            email = usual_email(str(claims.get("email") or ""))
            if account is None and email and claims.get("email_verified") is True:
                # An account that was made here by hand, for the same address: from now on it is the same person.
                account = await accounts.by_email(session, email)
                if account and account.open_id is None and not account.disabled and roles:
                    await accounts.change(session, account.id, open_id=identity)
                    await audit.record(
                        session, account.id, "account.provider", account.email, {"provider": claims["iss"]}
                    )
                elif account:
                    raise ProviderRefusedError(f"the address of {identity} belongs to account {account.id}")
        if not roles:
            raise ProviderRefusedError(f"no group of {identity} has a role here")
        if account is None:
            if not email:
                raise ProviderError("the provider's token has no e-mail address; allow it the scope 'email'")
            return await self._directory.add(
                email=email,
                name=str(claims.get("name") or email.split("@")[0])[:120],
                roles=roles,
                languages=languages,
                open_id=identity,
            )
        if account.disabled:
            raise ProviderRefusedError(f"account {account.id} is disabled")
        if set(account.roles) != set(roles) or set(account.languages) != set(languages):
            # The provider's groups are the truth: who leaves a group loses the role at the next sign-in.
            await self._directory.change(account.id, name=account.name, roles=roles, languages=languages, by=None)
        return account

    def _roles(self, claims: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        groups = claims.get(self._settings.oidc_roles_claim) or []
        groups = [groups] if isinstance(groups, str) else groups
        given = [self._settings.oidc_roles[group] for group in groups if group in self._settings.oidc_roles]
        languages = {language for role in given for language in role.split(":")[1:]}
        return sorted({role.split(":")[0] for role in given}), sorted(languages)

    async def _claims(self, journey: Journey, code: str, back: str) -> Mapping[str, Any]:
        found = await self._discovered()
        answer = await self._ask("POST", found["token_endpoint"], self._token_request(journey, code, back))
        try:
            keys = KeySet.import_key_set(await self._ask("GET", found["jwks_uri"]))  # type: ignore[arg-type]
            token = jwt.decode(str(answer.get("id_token", "")), keys, algorithms=_ALGORITHMS)
            expected = {
                "iss": {"essential": True, "value": found["issuer"]},
                "aud": {"essential": True, "value": self._settings.oidc_client_id},
            }
            params = {
                "nonce": journey.nonce,
                "client_id": self._settings.oidc_client_id,
                "access_token": answer.get("access_token"),
            }
            claims: dict[str, Any] = CodeIDToken(token.claims, token.header, expected, params)
            claims.validate(now=int(dt.datetime.now(dt.UTC).timestamp()), leeway=_LEEWAY)  # type: ignore[attr-defined]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError(f"the provider's token is not valid: {error}") from error
        return claims

    def _token_request(self, journey: Journey, code: str, back: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": journey.verifier,
            "client_id": self._settings.oidc_client_id,
        }

    async def _discovered(self) -> dict[str, Any]:
        if self._metadata is None:
            issuer = self._settings.oidc_issuer
            found = await self._ask("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
                raise ProviderError(f"the provider at {issuer} calls itself {found.get('issuer')!r}")
            missing = {"authorization_endpoint", "token_endpoint", "jwks_uri"} - set(found)
            if missing:
                raise ProviderError(f"the provider at {issuer} does not name its {', '.join(sorted(missing))}")
            self._metadata = found
        return self._metadata

    async def _ask(self, method: str, address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        secret = self._settings.oidc_client_secret
        auth = httpx.BasicAuth(self._settings.oidc_client_id, secret) if form and secret else None
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False) as client:
                answer = await client.request(method, address, data=form, auth=auth)
                answer.raise_for_status()
                tree = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError(f"the provider does not answer at {address}: {error}") from error
        if not isinstance(tree, dict):
            raise ProviderError(f"the provider's answer at {address} is no JSON object")
        return tree
