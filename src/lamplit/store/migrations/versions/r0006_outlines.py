"""Outlines of places, for the map

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "place_outline",
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("geometry", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place_id", name="pk_place_outline"),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], "fk_place_outline_place_id"),
    )
