"""What is set aside knows its campaign, so that it goes with it

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the campaign of what came, where it is known though nothing could be worked in."""
    op.add_column("inbox", sa.Column("campaign_id", sa.Text()))
