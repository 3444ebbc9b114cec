"""Which homes there are, and which meter spoke for which home on which day.

Homes come from the registry; a meter that the registry does not know is a home of its own, so
that a file of readings alone already gives a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import registry as registry_problems
from lamplit.engine.duckdb import Duck, DuckError

Array = np.ndarray[Any, Any]

NO_DAY, LAST_DAY = -1_000_000, 1_000_000

HOMES_SCHEMA = pa.schema(
    [
        ("household_id", pa.string()), ("meter_id", pa.string()), ("community_id", pa.string()),
        ("silence_id", pa.string()), ("solar", pa.bool_()), ("shared", pa.bool_()),
        ("lives_alone", pa.bool_()), ("stranger", pa.bool_()),
    ]
)  # fmt: skip
"""One row per home. `stranger`: a meter that the registry does not know, under its own id."""
METERS_SCHEMA = pa.schema(
    [
        ("meter_id", pa.string()), ("home", pa.int32()), ("from_day", pa.int32()),
        ("to_day", pa.int32()), ("alone", pa.bool_()),
    ]
)  # fmt: skip
LINKS_SCHEMA = pa.schema(
    [
        ("household_id", pa.string()), ("meter_id", pa.string()), ("from_day", pa.int32()),
        ("to_day", pa.int32()),
    ]
)  # fmt: skip

_LINKS = """
SELECT meter_id, household_id, community_id, coalesce(collector_id, building_id) AS silence_id,
  coalesce(solar, false) AS solar, coalesce(shared, false) AS shared,
  coalesce(lives_alone, false) AS lives_alone,
  coalesce(valid_from - DATE '1970-01-01', {no_day}) AS from_day,
  coalesce(valid_to - DATE '1970-01-01', {last_day}) AS to_day
FROM read_parquet('{registry}')
"""

# Of several meters the latest speaks for the home, and of those of one day the last by name. Most
# homes have one meter and need no aggregate.
_HOMES = """
WITH links AS ({links}),
many AS (SELECT meter_id FROM links GROUP BY meter_id HAVING count(*) > 1),
crowd AS (
  SELECT DISTINCT a.household_id FROM links a JOIN many USING (meter_id)
  JOIN links b ON a.meter_id = b.meter_id AND a.household_id <> b.household_id
    AND a.from_day < b.to_day AND b.from_day < a.to_day
),
several AS (SELECT household_id FROM links GROUP BY household_id HAVING count(*) > 1),
single AS (
  SELECT household_id, meter_id, community_id, silence_id, solar, shared, lives_alone,
    from_day = {no_day} AND to_day = {last_day} AS alone
  FROM links ANTI JOIN several USING (household_id)
),
mixed AS (
  SELECT household_id, arg_max(meter_id, (from_day, meter_id)) AS meter_id,
    arg_max(community_id, (from_day, meter_id)) AS community_id,
    arg_max(silence_id, (from_day, meter_id)) AS silence_id,
    bool_or(solar) AS solar, bool_or(shared) AS shared, bool_or(lives_alone) AS lives_alone,
    false AS alone
  FROM links SEMI JOIN several USING (household_id) GROUP BY household_id
)
SELECT h.* REPLACE (shared OR c.household_id IS NOT NULL AS shared), false AS stranger
FROM (SELECT * FROM single UNION ALL SELECT * FROM mixed) h
LEFT JOIN crowd c USING (household_id) ORDER BY household_id
"""

_SEVERAL = """
WITH links AS ({links})
SELECT meter_id, home, from_day, to_day, false AS alone
FROM links JOIN several_homes USING (household_id)
ORDER BY home, from_day, meter_id, to_day
"""


@dataclass(slots=True)
class Universe:
    """Homes in a fixed order, and the meters that speak for them.

    `homes`: one row per home, HOMES_SCHEMA. `meters`: METERS_SCHEMA, where `home` is a row of
    `homes`, `to_day` is exclusive, and `alone` marks a home's only link that is valid always.
    """

    homes: pa.Table
    meters: pa.Table

    @property
    def count(self) -> int:
        """How many homes."""
        return int(self.homes.num_rows)

    def column(self, name: str) -> Array:
        """A column of `homes` as a NumPy array."""
        column: Array = self.homes[name].to_numpy(zero_copy_only=False)
        return column

    def groups(self, name: str) -> tuple[Array, list[str]]:
        """(group number of each home, -1 where it has none; the groups' ids) of an id column."""
        coded = self.homes[name].combine_chunks().dictionary_encode()
        numbers = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return numbers, coded.dictionary.to_pylist()

    def swap_days(self) -> list[tuple[int, int]]:
        """(home, day) on which a home's meter was changed for another."""
        rows = self.meters.filter(pc.invert(self.meters["alone"])).to_pylist()
        first: dict[int, int] = {}
        for row in rows:
            first[row["home"]] = min(first.get(row["home"], LAST_DAY), row["from_day"])
        return [(r["home"], r["from_day"]) for r in rows if r["from_day"] > first[r["home"]]]

    def links(self) -> pa.Table:
        """The links of homes that have had more than one meter for good: LINKS_SCHEMA, in order."""
        several = self.meters.filter(pc.invert(self.meters["alone"]))
        names = self.homes["household_id"].take(several["home"])
        links = several.select(["meter_id", "from_day", "to_day"])
        return links.add_column(0, "household_id", names).cast(LINKS_SCHEMA).combine_chunks()

    def with_strangers(self, meter_ids: list[str]) -> Universe:
        """The same homes followed by one for each of these unregistered meters."""
        if not meter_ids:
            return self
        start, n = self.count, len(meter_ids)
        ids = pa.array(meter_ids, pa.string())
        nothing, no = pa.nulls(n, pa.string()), pa.array(np.zeros(n, dtype=bool))
        yes = pa.array(np.ones(n, dtype=bool))
        homes = pa.table([ids, ids, nothing, nothing, no, no, no, yes], schema=HOMES_SCHEMA)
        meters = _always(ids, np.arange(start, start + n, dtype=np.int32))
        return Universe(
            pa.concat_tables([self.homes, homes]), pa.concat_tables([self.meters, meters])
        )

    def with_strangers_of(self, homes: pa.Table) -> Universe:
        """The same homes followed by the strangers of `homes` that are still strangers here."""
        ids = homes.filter(homes["stranger"])["meter_id"]
        if not len(ids):
            return self
        known = pc.is_in(ids, value_set=self.meters["meter_id"].combine_chunks())
        return self.with_strangers(ids.filter(pc.invert(known)).to_pylist())


def subset(universe: Universe, rows: Array) -> Universe:
    """The universe of these homes alone, in this order."""
    place = np.full(universe.count, -1, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    home = place[np.array(universe.meters["home"])]
    keep = pa.array(home >= 0)
    meters = universe.meters.set_column(1, "home", pa.array(home)).filter(keep)
    return Universe(universe.homes.take(pa.array(rows)), meters)


def places_in(homes: pa.Table, among: pa.Table) -> Array:
    """The row of each of `homes` in `among` (both with HOMES_SCHEMA's columns), -1 for none.

    A stranger is never taken for a registered home of the same name.
    """
    if homes["household_id"].equals(among["household_id"]) and homes["stranger"].equals(
        among["stranger"]
    ):
        return np.arange(homes.num_rows)
    found = pc.index_in(_names(homes), value_set=_names(among))
    rows: Array = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows


def _names(homes: pa.Table) -> pa.Array:
    names, stranger = homes["household_id"].combine_chunks(), homes["stranger"].combine_chunks()
    marked = pc.binary_join_element_wise("\0", names, "")
    return pc.if_else(stranger, marked, names)


def registered(con: Duck, registry: Path) -> Universe:
    """The universe of the registry alone; empty where there is no registry yet.

    Raises LamplitError `registry.damaged` where the registry's file can't be read.
    """
    if not registry.exists():
        return Universe(HOMES_SCHEMA.empty_table(), METERS_SCHEMA.empty_table())
    try:
        return _registered(con, registry)
    except DuckError as fault:
        where, reason = str(registry), str(fault).partition("\n")[0]
        raise LamplitError(registry_problems.DAMAGED, where=where, reason=reason) from fault


def _registered(con: Duck, registry: Path) -> Universe:
    days = {"no_day": NO_DAY, "last_day": LAST_DAY}
    links = _LINKS.format(registry=str(registry).replace("'", "''"), **days)
    homes = con.arrow(_HOMES.format(links=links, **days)).combine_chunks()
    alone = homes["alone"].to_numpy()
    here, there = np.flatnonzero(alone), np.flatnonzero(~alone)
    several = pa.table(
        {
            "household_id": homes["household_id"].take(pa.array(there)),
            "home": pa.array(there.astype(np.int32)),
        }
    )
    con.register("several_homes", several)
    more = con.arrow(_SEVERAL.format(links=links)).cast(METERS_SCHEMA)
    con.unregister("several_homes")
    ids = homes["meter_id"].take(pa.array(here))
    meters = _always(ids, here.astype(np.int32))
    homes = homes.drop_columns(["alone"]).select(HOMES_SCHEMA.names).cast(HOMES_SCHEMA)
    return Universe(homes, pa.concat_tables([meters, more]).combine_chunks())


def _always(ids: pa.ChunkedArray | pa.Array, homes: Array) -> pa.Table:
    """Links of homes with one meter for good."""
    count = len(homes)
    return pa.table(
        [
            ids,
            pa.array(homes),
            pa.array(np.full(count, NO_DAY, dtype=np.int32)),
            pa.array(np.full(count, LAST_DAY, dtype=np.int32)),
            pa.array(np.ones(count, dtype=bool)),
        ],
        schema=METERS_SCHEMA,
    )
