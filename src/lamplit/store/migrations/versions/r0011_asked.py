"""What places ask of who goes there; people speak more than one language

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

person = sa.table("person", sa.column("language"), sa.column("languages"))
heading = sa.table("import_heading", sa.column("kind"), sa.column("name"))


def upgrade() -> None:
    """Add languages and skills to places; make a list of a person's one language."""
    op.add_column("place", sa.Column("languages", sa.Text()))
    op.add_column("place", sa.Column("skills", sa.Text()))
    op.add_column("person", sa.Column("languages", sa.Text()))
    conn = op.get_bind()
    spoken = sa.select(person.c.language).where(person.c.language.is_not(None)).distinct()
    for one in conn.scalars(spoken).all():
        listed = json.dumps([one], ensure_ascii=False)
        conn.execute(sa.update(person).where(person.c.language == one).values(languages=listed))
    op.drop_column("person", "language")
    conn.execute(
        sa.update(heading)
        .where(heading.c.kind == "people", heading.c.name == "language")
        .values(name="languages")
    )
