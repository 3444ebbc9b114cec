"""Plans: who goes to which doors in which order; and the order in people's lists

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and `turn` to tasks."""
    op.create_table(
        "plan",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("problem", sa.Text()),
        sa.Column("share", sa.Float()),
        sa.Column("stage", sa.Text()),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text()),
        sa.Column("seen_at", sa.BigInteger()),
        sa.Column("ready_at", sa.BigInteger()),
        sa.Column("applied_at", sa.BigInteger()),
        sa.Column("applied_by", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], "fk_plan_campaign_id"),
    )
    op.create_index("ix_plan_campaign_id_state", "plan", ["campaign_id", "state"])
    op.create_table(
        "plan_stop",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text()),
        sa.Column("turn", sa.Integer()),
        sa.Column("arrives", sa.BigInteger()),
        sa.Column("why", sa.Text()),
        sa.PrimaryKeyConstraint("plan_id", "task_id", name="pk_plan_stop"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], "fk_plan_stop_plan_id"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], "fk_plan_stop_task_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], "fk_plan_stop_person_id"),
    )
    op.create_index("ix_plan_stop_person_id", "plan_stop", ["person_id"])
    op.create_index("ix_plan_stop_task_id", "plan_stop", ["task_id"])
    op.add_column("task", sa.Column("turn", sa.Integer()))
