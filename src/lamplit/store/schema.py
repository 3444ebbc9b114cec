"""The tables: nine nouns, the log, and what the doors and the phones need.

Ids are UUIDv4 text (ODK ignores offline changes to entities with any other id); `code` is the
outside world's key for the same thing. `version` grows by one with each change and guards it.
Nothing is deleted but by expiry. Migrations never import this module: a test compares them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from lamplit.store.types import Instant, Json, RowNumber

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _ref(name: str, target: str, *, required: bool = False) -> Column[str]:
    return Column(name, Text, ForeignKey(f"{target}.id"), nullable=not required)


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False, server_default=text("1"))


def _need(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


# --- places and people -------------------------------------------------------------------------

place = Table(
    "place",
    metadata,
    _id(),
    _need("kind"),
    _need("code"),
    _ref("parent_id", "place"),
    # Denormalised, so that a person's doors are one indexed read with five million places.
    Column("community_id", Text),
    Column("building_id", Text),
    Column("name_zh", Text),
    Column("name_en", Text),
    Column("unit", Text),
    Column("floor", Integer),
    Column("door", Text),
    Column("floors", Integer),
    Column("has_lift", Boolean),
    Column("lat", Float),
    Column("lon", Float),
    Column("attrs", Json),
    Column("valid_from", Date),
    Column("valid_to", Date),
    _version(),
    UniqueConstraint("kind", "code"),
    Index(None, "parent_id"),
    Index(None, "community_id", "kind"),
    Index(None, "building_id"),
)

place_code = Table(
    "place_code",
    metadata,
    Column("code", Text, primary_key=True),
    _need("kind"),  # door | meter | gate
    _ref("place_id", "place", required=True),
    Column("revoked_at", Instant),
    Index(None, "place_id"),
)

organisation = Table(
    "organisation",
    metadata,
    _id(),
    _need("code"),
    _need("kind"),  # company | branch | office | association
    Column("name_zh", Text),
    Column("name_en", Text),
    _ref("parent_id", "organisation"),
    _version(),
    UniqueConstraint("code"),
    Index(None, "parent_id"),
)

person = Table(
    "person",
    metadata,
    _id(),
    _need("code"),
    _need("name"),
    Column("phone", Text),
    _ref("organisation_id", "organisation"),
    _ref("home_place_id", "place"),
    Column("language", Text),
    Column("skills", Json),
    Column("hours", Json),  # {"mon": [["18:00", "21:00"]], …}
    Column("attrs", Json),
    Column("created_at", Instant, nullable=False),
    _version(),
    UniqueConstraint("code"),
    Index(None, "organisation_id"),
    Index(None, "home_place_id"),
)

assignment = Table(
    "assignment",
    metadata,
    _id(),
    _need("tie"),
    _need("role"),
    _ref("person_id", "person"),
    _ref("organisation_id", "organisation"),
    _ref("place_id", "place", required=True),
    _ref("campaign_id", "campaign"),
    _need("starts", Date),
    Column("ends", Date),  # exclusive
    Column("end_reason", Text),
    _ref("predecessor_id", "assignment"),
    Column("note", Text),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text),
    _version(),
    CheckConstraint("(person_id IS NULL) <> (organisation_id IS NULL)", name="one_holder"),
    CheckConstraint("ends IS NULL OR ends >= starts", name="dates"),
    Index(None, "person_id", "starts"),
    Index(None, "place_id", "role", "starts"),
    Index(None, "organisation_id"),
    Index(None, "predecessor_id"),
    # One running check-in, role or responsibility of the same sort at a place.
    Index(
        "uq_assignment_running",
        "person_id",
        "place_id",
        "tie",
        "role",
        text("coalesce(campaign_id, '')"),
        unique=True,
        sqlite_where=text("ends IS NULL AND person_id IS NOT NULL"),
        postgresql_where=text("ends IS NULL AND person_id IS NOT NULL"),
    ),
)

# --- campaigns, tasks, what came of them ---------------------------------------------------------

campaign = Table(
    "campaign",
    metadata,
    _id(),
    _need("code"),
    _need("programme"),
    _need("programme_version"),
    _need("name_zh"),
    _need("name_en"),
    _need("purpose"),
    _ref("place_id", "place", required=True),
    _need("state"),
    _need("starts", Date),
    _need("deadline", Instant),
    Column("parameters", Json),
    Column("list_expires_at", Instant),
    Column("swept_through", Date),
    Column("opened_at", Instant),
    Column("closed_at", Instant),
    Column("report", Json),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text),
    _version(),
    UniqueConstraint("code"),
    Index(None, "state"),
    Index(None, "place_id"),
)

enrollment = Table(
    "enrollment",
    metadata,
    _id(),
    _ref("campaign_id", "campaign", required=True),
    _ref("place_id", "place", required=True),
    Column("building_id", Text),
    Column("community_id", Text),
    _need("state"),
    _need("reason"),
    _flag("random_pick"),  # shown to analysts only
    Column("rank", Integer),
    Column("signal", Json),  # state, since, probability, event, event_day; evidence stays behind
    Column("evidence", Json),  # {"en", "zh", "against_en", "against_zh"}; expires with the list
    _need("from_day", Date),
    Column("until_day", Date),
    Column("outcome", Text),
    Column("found", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("done_at", Instant),
    Column("done_why", Text),
    _version(),
    UniqueConstraint("campaign_id", "place_id"),
    Index(None, "campaign_id", "state", "rank"),
    Index(None, "campaign_id", "building_id"),
    Index(None, "place_id"),
)

task = Table(
    "task",
    metadata,
    _id(),
    _ref("enrollment_id", "enrollment", required=True),
    _ref("campaign_id", "campaign", required=True),
    _ref("place_id", "place", required=True),
    Column("building_id", Text),
    _need("slot"),  # visit, daily:2020-02-14, followup:<finding>, …
    _need("origin"),  # cadence | finding | answer | request
    Column("finding_id", Text),
    _need("due_from", Instant),
    _need("due_until", Instant),
    _need("state"),
    Column("rank", Integer),
    _ref("owner_id", "person"),
    Column("claimed_until", Instant),  # NULL with an owner: assigned, not claimed
    Column("for_role", Text),
    Column("note", Text),
    Column("reason", Text),  # why not executable, cancelled
    Column("performed_at", Instant),
    _ref("performed_by", "person"),
    Column("submission_id", Text),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    _version(),
    UniqueConstraint("enrollment_id", "slot"),
    Index(None, "owner_id", "state", "due_until"),
    Index(None, "campaign_id", "state", "due_until"),
    Index(None, "campaign_id", "building_id", "state"),
    Index(None, "place_id"),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("received_at", Instant, nullable=False),
    _need("transport"),  # openrosa | api | feedback
    _ref("person_id", "person"),
    Column("token_id", Text),
    Column("device_id", Text),
    Column("instance_id", Text),  # as read from the bytes without parsing them; NULL if not found
    _need("sha256"),
    _need("content_type"),
    _need("body", LargeBinary),
    _need("state"),
    Column("problem", Text),
    Column("settled_at", Instant),
    Column("settled_by", Text),
    UniqueConstraint("instance_id", "sha256"),
    Index(None, "state", "received_at"),
)

attachment = Table(
    "attachment",
    metadata,
    _id(),
    _need("instance_id"),
    _need("name"),
    _need("sha256"),
    _need("media_type"),
    _need("bytes", BigInteger),
    Column("received_at", Instant, nullable=False),
    _ref("person_id", "person"),
    UniqueConstraint("instance_id", "name", "sha256"),
    Index(None, "sha256"),
)

submission = Table(
    "submission",
    metadata,
    _id(),
    _need("instance_id"),
    _ref("inbox_id", "inbox"),
    _ref("campaign_id", "campaign"),
    _ref("enrollment_id", "enrollment"),
    _ref("task_id", "task"),
    _ref("place_id", "place"),
    _need("programme"),
    _need("form_id"),
    _need("form_version"),
    _ref("author_id", "person"),
    Column("received_at", Instant, nullable=False),
    Column("started_at", Instant),  # by the phone's clock
    Column("ended_at", Instant),
    Column("device_id", Text),
    _need("answers", Json),
    Column("outcome", Text),
    Column("found", Text),
    Column("flags", Json),  # ["late", "after_withdrawal", "clock_skew", …]
    Column("replaces", Text),  # the instance that this one corrects (deprecatedID)
    Column("replaced_by", Text),
    UniqueConstraint("instance_id"),
    Index(None, "campaign_id", "received_at"),
    Index(None, "author_id", "received_at"),
    Index(None, "place_id", "received_at"),
    Index(None, "task_id"),
)

entity_change = Table(
    "entity_change",
    metadata,
    _id(),
    _need("list_name"),  # households | tasks
    _need("entity_id"),
    _need("instance_id"),
    _need("action"),  # create | update
    Column("base_version", Integer),
    Column("trunk_version", Integer),
    Column("branch_id", Text),
    Column("branch_index", Integer),  # 0 for the first of its branch
    _need("state"),  # applied | held | conflict
    Column("version_after", Integer),
    Column("data", Json),
    Column("received_at", Instant, nullable=False),
    Column("applied_at", Instant),
    UniqueConstraint("entity_id", "instance_id"),
    Index(None, "branch_id"),
    Index(None, "state"),
)

finding = Table(
    "finding",
    metadata,
    _id(),
    _ref("submission_id", "submission", required=True),
    _ref("campaign_id", "campaign"),
    _ref("place_id", "place", required=True),
    _need("code"),
    _need("code_list"),  # programme@version: the list that gave the points
    _need("points", Integer),
    _need("severity"),
    _need("state"),
    Column("note", Text),
    _ref("organisation_id", "organisation"),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    _version(),
    UniqueConstraint("submission_id", "code"),
    Index(None, "campaign_id", "state"),
    Index(None, "place_id"),
    Index(None, "organisation_id"),
)

stock_move = Table(
    "stock_move",
    metadata,
    _id(),
    _ref("campaign_id", "campaign"),
    _need("item"),
    _need("quantity", Integer),
    Column("from_holder", Text),  # place:<id>, person:<id>, donor:<name>; NULL: from outside
    Column("to_holder", Text),
    _ref("submission_id", "submission"),
    _ref("reverses_id", "stock_move"),
    Column("note", Text),
    Column("moved_at", Instant, nullable=False),
    _ref("author_id", "person"),
    CheckConstraint("quantity > 0", name="quantity"),
    UniqueConstraint("reverses_id"),
    Index(None, "item", "to_holder"),
    Index(None, "item", "from_holder"),
    Index(None, "campaign_id"),
)

# --- the one door: accounts, sessions, tokens ----------------------------------------------------

account = Table(
    "account",
    metadata,
    _id(),
    _ref("person_id", "person", required=True),
    _need("username"),
    Column("password_hash", Text),
    Column("oidc_subject", Text),
    Column("must_change", Boolean, nullable=False, server_default=text("false")),
    Column("disabled_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("signed_in_at", Instant),
    _version(),
    UniqueConstraint("username"),
    UniqueConstraint("person_id"),
    UniqueConstraint("oidc_subject"),
)

session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True),  # SHA-256 of the cookie's secret
    _ref("person_id", "person", required=True),
    _need("csrf"),
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
    _id(),
    _need("secret_sha256"),
    _ref("person_id", "person", required=True),
    _need("label"),
    _need("scope"),  # openrosa | api
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
    _need("count", Integer),
    Column("window_from", Instant, nullable=False),
    Column("locked_until", Instant),
)

idempotency = Table(
    "idempotency",
    metadata,
    _need("person_id"),
    _need("key"),
    _need("request_sha256"),
    Column("status", Integer),  # NULL while the first request is at work
    Column("answer", LargeBinary),
    Column("headers", Json),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("person_id", "key"),
)

feedback = Table(
    "feedback",
    metadata,
    _id(),
    _need("receipt"),  # what the resident may ask after it with
    _ref("place_id", "place"),
    _need("text"),
    Column("contact", Text),
    _need("state"),  # open | answered | closed
    Column("answer", Text),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    _version(),
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
    _need("via"),  # cli | web | openrosa | api | system
    _need("kind"),
    _need("subject_kind"),
    _need("subject_id"),
    Column("place_id", Text),
    Column("campaign_id", Text),
    Column("purpose", Text),
    Column("data", Json),
    _need("previous"),
    _need("hash"),
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
    _need("seq", BigInteger),
    _need("hash"),
    CheckConstraint("one = 1", name="single"),
)
