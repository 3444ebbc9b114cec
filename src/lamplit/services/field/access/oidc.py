"""Sign-in through a company's directory: OpenID Connect, code flow with PKCE, state and nonce.

After OpenID Connect Core 1.0 (section 3.1) and RFC 7636. Nobody is made an account by signing in:
an account is tied to the directory's subject beforehand (`lamplit account link`).
"""

from __future__ import annotations

import os
import secrets
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import accounts as problems
from lamplit.services.field.access import accounts, sessions
from lamplit.services.field.office import Actor, Office
from lamplit.store import accounts as store

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
LEEWAY = 60
"""Seconds by which the directory's clock may differ from ours."""
SECONDS = 10
SECRET_VARIABLE = "LAMPLIT_OIDC_SECRET"


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory as lamplit.toml names it; the secret comes from the environment first."""

    issuer: str
    client_id: str
    client_secret: str = ""

    @classmethod
    def of(cls, office: Office) -> Directory:
        """The home's directory. Raises LamplitError `accounts.oidc-off` where there is none."""
        if not is_on(office):
            raise LamplitError(problems.OIDC_OFF)
        web = office.home.config.web
        issuer, client = str(web["oidc_issuer"]), str(web["oidc_client_id"])
        secret = os.environ.get(SECRET_VARIABLE) or str(web.get("oidc_client_secret", ""))
        if not _is_safe(issuer):
            raise _refused("the issuer must be https")
        return cls(issuer.rstrip("/"), client, secret)


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in under way; all but `url` waits in a cookie that scripts can't read."""

    url: str
    state: str
    nonce: str
    verifier: str


def is_on(office: Office) -> bool:
    """Whether the home names a directory to sign in through."""
    web = office.home.config.web
    return bool(web.get("oidc_issuer")) and bool(web.get("oidc_client_id"))


def begin(office: Office, redirect_uri: str) -> Flow:
    """Where to send the browser, and what it must bring back.

    Raises LamplitError `accounts.oidc-off` or `accounts.oidc-refused`.
    """
    directory = Directory.of(office)
    about = _discover(directory)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    with _client(directory, redirect_uri) as client:
        url, _ = client.create_authorization_url(
            about["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
    return Flow(url, state, nonce, verifier)


def finish(
    office: Office, flow: Flow, *, code: str, state: str, redirect_uri: str, agent: str = ""
) -> sessions.NewSession:
    """Begin the session of whom the directory vouches for.

    Raises LamplitError `accounts.oidc-refused` or `accounts.oidc-unknown`.
    """
    if not secrets.compare_digest(state.encode("utf-8", "replace"), flow.state.encode()):
        raise _refused("state")
    directory = Directory.of(office)
    about = _discover(directory)
    try:
        with _client(directory, redirect_uri) as client:
            answer = client.fetch_token(
                about["token_endpoint"], code=code, code_verifier=flow.verifier
            )
        keys = KeySet.import_key_set(_fetch(about["jwks_uri"]))
        claims = _claims(answer.get("id_token", ""), keys, directory, flow, office.clock())
    except LamplitError:
        raise
    except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as fault:
        raise _refused(type(fault).__name__) from fault
    except Exception as fault:
        # Authlib's own errors share no base with anything but Exception.
        if not type(fault).__module__.startswith("authlib"):
            raise
        raise _refused(type(fault).__name__) from fault
    return _admit(office, f"{directory.issuer}#{claims['sub']}", agent)


def _admit(office: Office, subject: str, agent: str) -> sessions.NewSession:
    with office.db.read() as conn:
        found = store.by_subject(conn, subject)
    if found is None or found.disabled_at is not None:
        raise LamplitError(problems.OIDC_UNKNOWN)
    with office.begin(Actor(found.person_id, "web")) as tx:
        return accounts.admitted(tx, found, agent)


def _claims(
    id_token: str, keys: KeySet, directory: Directory, flow: Flow, now: datetime
) -> dict[str, Any]:
    """The id_token's claims, every check of OpenID Connect Core 3.1.3.7 made."""
    token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
    jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": directory.issuer},
        aud={"essential": True, "value": directory.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": flow.nonce},
    ).validate(token.claims)
    audience = token.claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if several and token.claims.get("azp") != directory.client_id:
        raise _refused("azp")
    return token.claims


def _discover(directory: Directory) -> dict[str, Any]:
    """The directory's description. Its issuer must be the one that was asked (OIDC Discovery)."""
    try:
        about: dict[str, Any] = _fetch(f"{directory.issuer}/.well-known/openid-configuration")
        if str(about["issuer"]).rstrip("/") != directory.issuer:
            raise _refused("issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not _is_safe(about[name]):
                raise _refused(name)
    except (httpx.HTTPError, ValueError, KeyError) as fault:
        raise _refused(type(fault).__name__) from fault
    return about


def _fetch(url: str) -> Any:
    return httpx.get(url, timeout=SECONDS).raise_for_status().json()


def _client(directory: Directory, redirect_uri: str) -> Any:
    with warnings.catch_warnings():
        # Authlib tells its own developers of its next client; nothing follows for us.
        warnings.simplefilter("ignore")
        from authlib.integrations.httpx_client import OAuth2Client
    return OAuth2Client(
        directory.client_id,
        directory.client_secret or None,
        scope="openid profile",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if directory.client_secret else "none",
        timeout=SECONDS,
    )


def _is_safe(url: str) -> bool:
    parts = urlsplit(str(url))
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _refused(reason: str) -> LamplitError:
    return LamplitError(problems.OIDC_REFUSED, reason=reason)
