"""The tables: nine nouns, the log, and what the doors and the phones need.

Ids are UUIDv4 text (ODK ignores offline changes to entities with any other id); `code` is the
outside world's key for the same thing. `version` grows by one with each change and guards it.
Nothing is deleted but by expiry. Migrations never import this module: a test compares them.
"""

from __future__ import annotations

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
    Table,
    Text,
    UniqueConstraint,
    text,
)

from lamplit.store.access import (
    account,
    event,
    feedback,
    idempotency,
    log_head,
    session,
    throttle,
    token,
)
from lamplit.store.columns import flag, key, metadata, need, ref, version
from lamplit.store.types import Instant, Json
from lamplit.store.work import import_file, import_part, job, setup_link

# --- places and people -------------------------------------------------------------------------

place = Table(
    "place",
    metadata,
    key(),
    need("kind"),
    need("code"),
    ref("parent_id", "place"),
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
    Column("languages", Json),  # of which who goes there speaks one; never of a household
    Column("skills", Json),  # of which they have all; never of a household
    Column("attrs", Json),
    Column("valid_from", Date),
    Column("valid_to", Date),
    version(),
    UniqueConstraint("kind", "code"),
    Index(None, "parent_id"),
    Index(None, "community_id", "kind"),
    Index(None, "building_id"),
)

place_code = Table(
    "place_code",
    metadata,
    Column("code", Text, primary_key=True),
    need("kind"),  # door | meter | gate
    ref("place_id", "place", required=True),
    Column("revoked_at", Instant),
    Index(None, "place_id"),
)

place_outline = Table(
    "place_outline",
    metadata,
    Column("place_id", Text, ForeignKey("place.id"), primary_key=True),
    need("geometry"),  # GeoJSON of a polygon, WGS-84; apart, since places are read without it
)

organisation = Table(
    "organisation",
    metadata,
    key(),
    need("code"),
    need("kind"),  # company | branch | office | association
    Column("name_zh", Text),
    Column("name_en", Text),
    ref("parent_id", "organisation"),
    version(),
    UniqueConstraint("code"),
    Index(None, "parent_id"),
)

person = Table(
    "person",
    metadata,
    key(),
    need("code"),
    need("name"),
    Column("phone", Text),
    ref("organisation_id", "organisation"),
    ref("home_place_id", "place"),
    Column("languages", Json),
    Column("skills", Json),
    Column("hours", Json),  # {"mon": [["18:00", "21:00"]], …}
    Column("attrs", Json),
    Column("created_at", Instant, nullable=False),
    version(),
    UniqueConstraint("code"),
    Index(None, "organisation_id"),
    Index(None, "home_place_id"),
)

assignment = Table(
    "assignment",
    metadata,
    key(),
    need("tie"),
    need("role"),
    ref("person_id", "person"),
    ref("organisation_id", "organisation"),
    ref("place_id", "place", required=True),
    ref("campaign_id", "campaign"),
    need("starts", Date),
    Column("ends", Date),  # exclusive
    Column("end_reason", Text),
    ref("predecessor_id", "assignment"),
    Column("note", Text),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text),
    version(),
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
    key(),
    need("code"),
    need("programme"),
    need("programme_version"),
    need("name_zh"),
    need("name_en"),
    need("purpose"),
    ref("place_id", "place", required=True),
    need("state"),
    need("starts", Date),
    need("deadline", Instant),
    Column("parameters", Json),
    Column("list_expires_at", Instant),
    Column("swept_through", Date),
    Column("opened_at", Instant),
    Column("closed_at", Instant),
    Column("report", Json),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text),
    version(),
    UniqueConstraint("code"),
    Index(None, "state"),
    Index(None, "place_id"),
)

enrollment = Table(
    "enrollment",
    metadata,
    key(),
    ref("campaign_id", "campaign", required=True),
    ref("place_id", "place", required=True),
    Column("building_id", Text),
    Column("community_id", Text),
    need("state"),
    need("reason"),
    flag("random_pick"),  # shown to analysts only
    Column("rank", Integer),
    Column("signal", Json),  # state, since, probability, event, event_day; evidence stays behind
    Column("evidence", Json),  # {"en", "zh", "against_en", "against_zh"}; expires with the list
    need("from_day", Date),
    Column("until_day", Date),
    Column("outcome", Text),
    Column("found", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("done_at", Instant),
    Column("done_why", Text),
    version(),
    UniqueConstraint("campaign_id", "place_id"),
    Index(None, "campaign_id", "state", "rank"),
    # Boards are counted from these three indexes alone, without a look at the rows.
    Index("ix_enrollment_board", "campaign_id", "state", "outcome", "found", "done_at"),
    Index(None, "campaign_id", "building_id"),
    Index(None, "place_id"),
)

task = Table(
    "task",
    metadata,
    key(),
    ref("enrollment_id", "enrollment", required=True),
    ref("campaign_id", "campaign", required=True),
    ref("place_id", "place", required=True),
    Column("building_id", Text),
    need("slot"),  # visit, daily:2020-02-14, followup:<finding>, …
    need("origin"),  # cadence | finding | answer | request
    Column("finding_id", Text),
    need("due_from", Instant),
    need("due_until", Instant),
    need("state"),
    Column("rank", Integer),
    ref("owner_id", "person"),
    Column("claimed_until", Instant),  # NULL with an owner: assigned, not claimed
    Column("for_role", Text),
    Column("note", Text),
    Column("reason", Text),  # why not executable, cancelled
    Column("turn", Integer),  # its place in its owner's list, where a plan says so
    Column("performed_at", Instant),
    ref("performed_by", "person"),
    Column("submission_id", Text),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    version(),
    UniqueConstraint("enrollment_id", "slot"),
    Index(None, "owner_id", "state", "due_until"),
    Index(
        "ix_task_board",
        "campaign_id",
        "state",
        "due_until",
        "due_from",
        "owner_id",
        "claimed_until",
        "building_id",
        "origin",
        "performed_at",
    ),
    Index(None, "campaign_id", "building_id", "state"),
    Index(None, "place_id"),
)

plan = Table(
    "plan",
    metadata,
    key(),
    ref("campaign_id", "campaign", required=True),
    need("origin"),  # planner | before: how things stood when the first plan was applied
    need("state"),
    Column("asked", Json),
    Column("result", Json),  # forecast, measures, help, people; doors are in plan_stop
    Column("problem", Json),  # why it failed: {"code", "fields"}
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text),
    Column("ready_at", Instant),
    Column("applied_at", Instant),
    Column("applied_by", Text),
    version(),
    Index(None, "campaign_id", "state"),
)

plan_stop = Table(
    "plan_stop",
    metadata,
    Column("plan_id", Text, ForeignKey("plan.id"), primary_key=True),
    Column("task_id", Text, ForeignKey("task.id"), primary_key=True),
    ref("person_id", "person"),  # NULL: on nobody's list
    Column("turn", Integer),
    Column("arrives", Instant),
    Column("why", Text),  # why it is on nobody's list
    Index(None, "person_id"),
    Index(None, "task_id"),
)

inbox = Table(
    "inbox",
    metadata,
    key(),
    Column("received_at", Instant, nullable=False),
    need("transport"),  # openrosa | api | feedback
    ref("person_id", "person"),
    Column("token_id", Text),
    Column("device_id", Text),
    Column("instance_id", Text),  # as read from the bytes without parsing them; NULL if not found
    need("sha256"),
    need("content_type"),
    need("body", LargeBinary),
    need("state"),
    Column("problem", Text),
    Column("settled_at", Instant),
    Column("settled_by", Text),
    Column("campaign_id", Text),  # where that is known of what was set aside
    UniqueConstraint("instance_id", "sha256"),
    Index(None, "state", "received_at"),
)

attachment = Table(
    "attachment",
    metadata,
    key(),
    need("instance_id"),
    need("name"),
    need("sha256"),
    need("media_type"),
    need("bytes", BigInteger),
    Column("received_at", Instant, nullable=False),
    ref("person_id", "person"),
    UniqueConstraint("instance_id", "name", "sha256"),
    Index(None, "sha256"),
)

submission = Table(
    "submission",
    metadata,
    key(),
    need("instance_id"),
    ref("inbox_id", "inbox"),
    ref("campaign_id", "campaign"),
    ref("enrollment_id", "enrollment"),
    ref("task_id", "task"),
    ref("place_id", "place"),
    need("programme"),
    need("form_id"),
    need("form_version"),
    ref("author_id", "person"),
    Column("received_at", Instant, nullable=False),
    Column("started_at", Instant),  # by the phone's clock
    Column("ended_at", Instant),
    Column("device_id", Text),
    need("answers", Json),
    Column("outcome", Text),
    Column("found", Text),
    Column("flags", Json),  # ["late", "after_withdrawal", "clock_skew", …]
    Column("replaces", Text),  # the instance that this one corrects (deprecatedID)
    Column("replaced_by", Text),
    UniqueConstraint("instance_id"),
    Index(None, "campaign_id", "received_at"),
    Index("ix_submission_board", "campaign_id", "author_id", "received_at"),
    Index(None, "author_id", "received_at"),
    Index(None, "place_id", "received_at"),
    Index(None, "task_id"),
    # Few correct another: the index holds those alone.
    Index(
        "ix_submission_replaces",
        "replaces",
        sqlite_where=text("replaces IS NOT NULL"),
        postgresql_where=text("replaces IS NOT NULL"),
    ),
)

entity_change = Table(
    "entity_change",
    metadata,
    key(),
    need("list_name"),  # households | tasks
    need("entity_id"),
    need("instance_id"),
    need("action"),  # create | update
    Column("base_version", Integer),
    Column("trunk_version", Integer),
    Column("branch_id", Text),
    Column("branch_index", Integer),  # 0 for the first of its branch
    need("state"),  # applied | held | kept | conflict
    Column("version_after", Integer),
    Column("data", Json),
    Column("received_at", Instant, nullable=False),
    Column("applied_at", Instant),
    UniqueConstraint("entity_id", "instance_id"),
    Index(None, "branch_id"),
    Index(None, "state"),
    Index(
        "ix_entity_change_created",
        "list_name",
        "entity_id",
        "instance_id",
        sqlite_where=text("action = 'create'"),
        postgresql_where=text("action = 'create'"),
    ),
)

finding = Table(
    "finding",
    metadata,
    key(),
    ref("submission_id", "submission", required=True),
    ref("campaign_id", "campaign"),
    ref("place_id", "place", required=True),
    need("code"),
    need("code_list"),  # programme@version: the list that gave the points
    need("points", Integer),
    need("severity"),
    need("state"),
    Column("note", Text),
    ref("organisation_id", "organisation"),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    version(),
    UniqueConstraint("submission_id", "code"),
    Index(None, "campaign_id", "state"),
    Index(None, "place_id"),
    Index(None, "organisation_id"),
)

stock_move = Table(
    "stock_move",
    metadata,
    key(),
    ref("campaign_id", "campaign"),
    need("item"),
    need("quantity", Integer),
    Column("from_holder", Text),  # place:<id>, person:<id>, donor:<name>; NULL: from outside
    Column("to_holder", Text),
    ref("submission_id", "submission"),
    ref("reverses_id", "stock_move"),
    Column("note", Text),
    Column("moved_at", Instant, nullable=False),
    ref("author_id", "person"),
    CheckConstraint("quantity > 0", name="quantity"),
    UniqueConstraint("reverses_id"),
    Index(None, "item", "to_holder"),
    Index(None, "item", "from_holder"),
    Index(None, "campaign_id"),
)


__all__ = [
    "account",
    "assignment",
    "attachment",
    "campaign",
    "enrollment",
    "entity_change",
    "event",
    "feedback",
    "finding",
    "idempotency",
    "import_file",
    "import_part",
    "inbox",
    "job",
    "log_head",
    "metadata",
    "organisation",
    "person",
    "place",
    "place_code",
    "plan",
    "plan_stop",
    "session",
    "setup_link",
    "stock_move",
    "submission",
    "task",
    "throttle",
    "token",
]
