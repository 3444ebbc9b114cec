"""How far a plan is stands with the job that makes it

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take what a job has away from plans. One under way has no job, and so counts as lost."""
    for name in ("share", "stage", "seen_at"):
        op.drop_column("plan", name)
