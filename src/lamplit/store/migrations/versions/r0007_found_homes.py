"""The homes that were found in the field are found by what created them

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the few changes that created something."""
    some = sa.text("action = 'create'")
    op.create_index(
        "ix_entity_change_created", "entity_change", ["list_name", "entity_id", "instance_id"],
        sqlite_where=some, postgresql_where=some,
    )  # fmt: skip
