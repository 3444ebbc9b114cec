"""A volunteer's phone: how it is set up, and what it may still do.

A phone carries a token of its own, never its owner's password: a lost phone is shut out without
anybody else being troubled. What it may do follows from the token and from the person's ties on
the day, and nobody has to remember to change it: whoever withdraws keeps a phone that can hand in
what it holds for thirty days, and can fetch nothing any more.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from lamplit.domain.abilities import Ability, roles_with
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Language
from lamplit.domain.problems import openrosa as problems
from lamplit.domain.problems import store as store_problems
from lamplit.services.field.access import tokens as token_services
from lamplit.services.field.office import Actor, Office
from lamplit.store import accounts, phones, tokens

GRACE = timedelta(days=30)
"""So long after its duty or its token ended, a phone may still hand in what it holds."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")
PROJECT_COLOUR = "#b3541e"


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone as it calls. `until` is set where it may deliver only: the last day of that."""

    token_id: str
    person_id: str
    language: Language
    until: date | None = None

    @property
    def actor(self) -> Actor:
        """Who acts through it."""
        return Actor(self.person_id, "openrosa", self.token_id)

    def must_carry(self) -> None:
        """Raise LamplitError `openrosa.deliver-only` where it may fetch nothing any more."""
        if self.until is not None:
            raise LamplitError(problems.DELIVER_ONLY, until=self.until)


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a phone is set up with, shown once: the lines to type, and the code to scan."""

    token_id: str
    username: str
    secret: str
    server_url: str
    basic: bool
    settings: dict[str, Any]

    @property
    def code(self) -> str:
        """What the QR code holds: base64 of zlib of the settings, as ODK Collect reads it."""
        packed = zlib.compress(json.dumps(self.settings, ensure_ascii=False).encode(), 9)
        return base64.b64encode(packed).decode()


def set_up(
    office: Office,
    actor: Actor,
    person: str,
    *,
    url: str,
    label: str = "phone",
    days: int = token_services.USUAL_DAYS,
    basic: bool = False,
) -> SetUp:
    """Set up a phone for `person` (id or code), whose server is at `url`.

    The token goes into the address that the phone calls, or with `basic` into its password.
    Raises LamplitError `openrosa.bad-address`, and those of `tokens.issue`.
    """
    root = checked_address(url)
    made = token_services.issue(office, actor, person, label, "openrosa", days)
    with office.read(actor) as tx:
        found = accounts.person_of(tx.conn, person)
        assert found is not None  # the token was issued for them
        speaks = language_of(office, found.languages or ())
    server_url = f"{root}/openrosa" if basic else f"{root}/v1/key/{made.secret}/projects/1"
    settings = _settings(server_url, speaks, (found.code, made.secret) if basic else None)
    return SetUp(made.id, found.code, made.secret, server_url, basic, settings)


def admit(office: Office, secret: str) -> Phone:
    """The phone that bears a secret.

    Raises LamplitError `openrosa.bad-key` where the secret is unknown or not for phones, where it
    was revoked (a lost phone delivers nothing), where its account is disabled, and where its time
    and the thirty days after it are over.
    """
    now = office.clock()
    today = office.local_day(now)
    with office.db.read() as conn:
        found = tokens.by_secret(conn, token_services.hashed(secret))
        if (
            found is None
            or found.scope != "openrosa"
            or found.revoked_at is not None
            or found.account_disabled_at is not None
        ):
            raise LamplitError(problems.BAD_KEY)
        until = _sooner(
            _after_expiry(office, found.expires_at, now),
            _after_duty(conn, found.person_id, today),
        )
        speaks = phones.languages(conn, found.person_id)
    if until is not None and until < today:
        raise LamplitError(problems.BAD_KEY)
    if found.used_at is None or found.used_at < now - token_services.TOUCH:
        with office.db.begin() as conn:
            tokens.touch(conn, found.id, now, now - token_services.TOUCH)
    return Phone(found.id, found.person_id, language_of(office, speaks), until)


@dataclass(frozen=True, slots=True)
class KnownPhone:
    """A phone as it is listed: never its secret. Instants are UTC."""

    token_id: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


def phones_of(office: Office, person: str) -> list[KnownPhone]:
    """The phones of a person (id or code), the newest first, for the command line.

    Raises LamplitError `store.not-found`.
    """
    with office.db.read() as conn:
        found = accounts.person_of(conn, person)
        if found is None:
            raise LamplitError(store_problems.NOT_FOUND, what="person", wanted=person)
        rows = tokens.of_person(conn, found.id)
    return [
        KnownPhone(r.id, r.label, r.created_at, r.expires_at, r.used_at, r.revoked_at)
        for r in rows
        if r.scope == "openrosa"
    ]


def language_of(office: Office, said: Iterable[str]) -> Language:
    """What a person's phone speaks: the first of their languages that lamplit has, else the home's,
    else Chinese.
    """
    for wish in (*said, office.home.config.language):
        if wish and wish.lower().startswith("zh"):
            return "zh"
        if wish and wish.lower().startswith("en"):
            return "en"
    return "zh"


def checked_address(url: str) -> str:
    """The address without its end slash. Raises LamplitError `openrosa.bad-address`."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not (safe and parts.hostname) or parts.query or parts.fragment or parts.username:
        raise LamplitError(problems.BAD_ADDRESS, url=url)
    return url.rstrip("/")


def _after_expiry(office: Office, expires_at: datetime | None, now: datetime) -> date | None:
    """The last day to deliver for a token that has ended; None while it runs."""
    if expires_at is None or expires_at > now:
        return None
    return office.local_day(expires_at + GRACE)


def _after_duty(conn: Connection, person_id: str, today: date) -> date | None:
    """The last day to deliver for a person whose last tie has ended; None while one runs.

    Somebody who never had a tie has nothing to fetch anyway.
    """
    roles = {role.value for role in roles_with(Ability.PERFORM)}
    if any(role in roles for _, role in phones.running(conn, person_id, today)):
        return None
    ended = phones.last_end(conn, person_id, roles, today)
    return ended + GRACE if ended else None


def _sooner(one: date | None, other: date | None) -> date | None:
    days = [day for day in (one, other) if day is not None]
    return min(days) if days else None


def _settings(server_url: str, language: Language, user: tuple[str, str] | None) -> dict[str, Any]:
    """Collect's settings: lists follow the server, forms go out at once and leave the phone."""
    general: dict[str, Any] = {
        "protocol": "odk_default",
        "server_url": server_url,
        "form_update_mode": "match_exactly",
        "periodic_form_updates_check": "every_fifteen_minutes",
        "autosend": "wifi_and_cellular",
        # What was sent does not stay on a phone that may be lost; its line in the list of sent
        # forms does, as the volunteer's receipt.
        "delete_send": True,
        "image_size": "medium",
        "analytics": False,
        "guidance_hint": "yes",
        "app_language": "zh" if language == "zh" else "en",
    }
    if user:
        general |= {"username": user[0], "password": user[1]}
    name = "万家灯火" if language == "zh" else "lamplit"
    project = {"name": name, "icon": "灯", "color": PROJECT_COLOUR}
    return {"general": general, "admin": {}, "project": project}
