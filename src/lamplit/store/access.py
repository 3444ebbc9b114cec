"""The tables of the one door (accounts, sessions, tokens, feedback) and of the log."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from lamplit.store.columns import key, metadata, need, ref, version
from lamplit.store.types import Instant, Json, RowNumber

# --- the one door: accounts, sessions, tokens ----------------------------------------------------

account = Table(
    "account",
    metadata,
    key(),
    ref("person_id", "person", required=True),
    need("username"),
    Column("password_hash", Text),
    Column("oidc_subject", Text),
    Column("must_change", Boolean, nullable=False, server_default=text("false")),
    Column("disabled_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("signed_in_at", Instant),
    version(),
    UniqueConstraint("username"),
    UniqueConstraint("person_id"),
    UniqueConstraint("oidc_subject"),
)

session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True),  # SHA-256 of the cookie's secret
    ref("person_id", "person", required=True),
    need("csrf"),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("agent", Text),
    Index(None, "person_id"),
)

token = Table(
    "token",
    metadata,
    key(),
    need("secret_sha256"),
    ref("person_id", "person", required=True),
    need("label"),
    need("scope"),  # openrosa | api
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
    UniqueConstraint("secret_sha256"),
    Index(None, "person_id"),
)

throttle = Table(
    "throttle",
    metadata,
    Column("bucket", Text, primary_key=True),
    need("count", Integer),
    Column("window_from", Instant, nullable=False),
    Column("locked_until", Instant),
)

idempotency = Table(
    "idempotency",
    metadata,
    need("person_id"),
    need("key"),
    need("request_sha256"),
    Column("status", Integer),  # NULL while the first request is at work
    Column("answer", LargeBinary),
    Column("headers", Json),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("person_id", "key"),
)

feedback = Table(
    "feedback",
    metadata,
    key(),
    need("receipt"),  # what the resident may ask after it with
    ref("place_id", "place"),
    need("text"),
    Column("contact", Text),
    need("state"),  # open | answered | closed
    Column("answer", Text),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    version(),
    UniqueConstraint("receipt"),
    Index(None, "state", "created_at"),
)

# --- the log -------------------------------------------------------------------------------------

event = Table(
    "event",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor_id", Text),
    need("via"),  # cli | web | openrosa | api | system
    need("kind"),
    need("subject_kind"),
    need("subject_id"),
    Column("place_id", Text),
    Column("campaign_id", Text),
    Column("purpose", Text),
    Column("data", Json),
    need("previous"),
    need("hash"),
    Index(None, "subject_kind", "subject_id"),
    Index(None, "actor_id", "at"),
    Index(None, "place_id", "at"),
    Index(None, "campaign_id", "seq"),
    Index(None, "kind", "at"),
)

log_head = Table(
    "log_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    need("seq", BigInteger),
    need("hash"),
    CheckConstraint("one = 1", name="single"),
)
