"""The tables of work behind the pages: files that come in, jobs, and the first run's link."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from lamplit.store.columns import flag, key, metadata, need, ref, version
from lamplit.store.types import Instant, Json

import_file = Table(
    "import_file",
    metadata,
    key(),
    ref("maker_id", "person"),
    need("name"),
    need("size", BigInteger),
    Column("sha256", Text),  # as announced; checked before the file is read
    need("part_bytes", Integer),
    Column("made_at", Instant, nullable=False),
    Column("touched_at", Instant, nullable=False),
    Column("ended_at", Instant),  # its bytes are gone from then on
    Index(None, "maker_id", "ended_at"),
)

import_part = Table(
    "import_part",
    metadata,
    ref("import_id", "import_file", required=True),
    need("number", Integer),
    need("sha256"),
    PrimaryKeyConstraint("import_id", "number"),
)

job = Table(
    "job",
    metadata,
    key(),
    need("kind"),
    need("state"),
    ref("maker_id", "person"),
    need("asked", Json),
    Column("made_at", Instant, nullable=False),
    Column("began_at", Instant),
    Column("ended_at", Instant),
    Column("beat_at", Instant),  # by the machine's own clock
    Column("worker", Text),  # host:pid of the server
    flag("cancel"),
    Column("progress", Json),
    Column("result", Json),
    Column("problem", Json),
    version(),
    Index(None, "state", "made_at"),
    Index(None, "maker_id", "made_at"),
)

import_heading = Table(
    "import_heading",
    metadata,
    need("kind"),  # of file: places, people, …
    need("heading"),  # folded
    need("name"),  # the column that it means; empty where it is left aside
    Column("kept_at", Instant, nullable=False),
    PrimaryKeyConstraint("kind", "heading"),
)

setup_link = Table(
    "setup_link",
    metadata,
    Column("secret_sha256", Text, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
)
