"""Files that come in parts, jobs, and the link of the first run

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables. Instants are microseconds since 1970 UTC; JSON is text."""
    op.create_table(
        "import_file",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("maker_id", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text()),
        sa.Column("part_bytes", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_import_file"),
        sa.ForeignKeyConstraint(["maker_id"], ["person.id"], name="fk_import_file_maker_id"),
    )
    op.create_index("ix_import_file_maker_id_ended_at", "import_file", ["maker_id", "ended_at"])
    op.create_table(
        "import_part",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_import_part"),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name="fk_import_part_import_id"),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker_id", sa.Text()),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("beat_at", sa.BigInteger()),
        sa.Column("worker", sa.Text()),
        sa.Column("cancel", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("progress", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("problem", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.ForeignKeyConstraint(["maker_id"], ["person.id"], name="fk_job_maker_id"),
    )
    op.create_index("ix_job_state_made_at", "job", ["state", "made_at"])
    op.create_index("ix_job_maker_id_made_at", "job", ["maker_id", "made_at"])
    op.create_table(
        "setup_link",
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("secret_sha256", name="pk_setup_link"),
    )
