"""Indexes that boards are counted from

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TASK = ["campaign_id", "state", "due_until", "due_from", "owner_id", "claimed_until",
        "building_id", "origin", "performed_at"]  # fmt: skip


def upgrade() -> None:
    """Add them; the wider one of tasks takes the place of a narrower one."""
    op.create_index(
        "ix_enrollment_board", "enrollment",
        ["campaign_id", "state", "outcome", "found", "done_at"],
    )  # fmt: skip
    op.create_index("ix_task_board", "task", TASK)
    op.drop_index("ix_task_campaign_id_state_due_until", "task")
    op.create_index(
        "ix_submission_board", "submission", ["campaign_id", "author_id", "received_at"]
    )
