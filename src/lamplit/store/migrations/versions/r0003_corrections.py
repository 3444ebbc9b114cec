"""What corrects a submission is found by what it corrects

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the few submissions that correct another."""
    some = sa.text("replaces IS NOT NULL")
    op.create_index(
        "ix_submission_replaces", "submission", ["replaces"],
        sqlite_where=some, postgresql_where=some,
    )  # fmt: skip
