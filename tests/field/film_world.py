"""The people's town of `people_world` with its 20 homes those of a meters' town, all in b1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow.parquet as pq
from people_world import World, build
from sqlalchemy import update

from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.store.schema import place


@contextmanager
def in_town(office: Office, town: Home) -> Iterator[World]:
    """c1 is the town's first community; what was told of it is forgotten at the end."""
    moved = Office(town, office.db, office.clock)
    made = build(moved)
    rows = pq.read_table(town.registry_file).to_pylist()
    code = rows[0]["community_id"]
    homes = sorted({row["household_id"] for row in rows if row["community_id"] == code})
    with office.db.begin() as conn:
        conn.execute(update(place).where(place.c.id == made.places["c1"]).values(code=code))
        names = [name for name in made.places if name.startswith("home")]
        for name, household in zip(names, homes, strict=False):
            conn.execute(
                update(place).where(place.c.id == made.places[name])
                .values(code=household, building_id=made.places["b1"])
            )  # fmt: skip
    yield made
    told = town.store_dir / "told" / f"{made.places['c1']}.json"
    told.unlink(missing_ok=True)
