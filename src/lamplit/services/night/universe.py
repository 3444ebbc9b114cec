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

from lamplit.engine.duckdb import Duck

Array = np.ndarray[Any, Any]

NO_DAY, LAST_DAY = -1_000_000, 1_000_000

HOME_COLUMNS = (
    "household_id", "meter_id", "community_id", "silence_id", "solar", "shared", "lives_alone",
    "links",
)  # fmt: skip

_LINKS = """
SELECT meter_id, household_id, community_id, coalesce(collector_id, building_id) AS silence_id,
  coalesce(solar, false) AS solar, coalesce(shared, false) AS shared,
  coalesce(lives_alone, false) AS lives_alone,
  coalesce(valid_from - DATE '1970-01-01', {no_day}) AS from_day,
  coalesce(valid_to - DATE '1970-01-01', {last_day}) AS to_day
FROM read_parquet('{registry}')
"""

_HOMES = """
WITH links AS ({links}),
many AS (SELECT meter_id FROM links GROUP BY meter_id HAVING count(*) > 1),
crowd AS (
  SELECT DISTINCT a.household_id FROM links a JOIN many USING (meter_id)
  JOIN links b ON a.meter_id = b.meter_id AND a.household_id <> b.household_id
    AND a.from_day < b.to_day AND b.from_day < a.to_day
)
SELECT household_id, arg_max(meter_id, from_day) AS meter_id,
  arg_max(community_id, from_day) AS community_id, arg_max(silence_id, from_day) AS silence_id,
  bool_or(solar) AS solar,
  bool_or(shared) OR bool_or(household_id IN (SELECT household_id FROM crowd)) AS shared,
  bool_or(lives_alone) AS lives_alone,
  bit_xor(hash(meter_id, community_id, silence_id, solar, shared, lives_alone, from_day, to_day))
    AS links
FROM links GROUP BY household_id ORDER BY household_id
"""


@dataclass(slots=True)
class Universe:
    """Homes in a fixed order, and the meters that speak for them.

    `homes`: one row per home, HOME_COLUMNS. `meters`: meter_id, home (row of `homes`), from_day,
    to_day (exclusive; days since 1970-01-01), alone (the home's only link, valid always).
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
        if pa.compute.all(self.meters["alone"]).as_py() in (True, None):
            return []
        rows = self.meters.filter(pa.compute.invert(self.meters["alone"])).to_pylist()
        first: dict[int, int] = {}
        for row in rows:
            first[row["home"]] = min(first.get(row["home"], LAST_DAY), row["from_day"])
        return [(r["home"], r["from_day"]) for r in rows if r["from_day"] > first[r["home"]]]

    def with_strangers(self, meter_ids: list[str]) -> Universe:
        """The same homes followed by one for each of these unregistered meters."""
        start, n = self.count, len(meter_ids)
        ids = pa.array(meter_ids, pa.string())
        nothing, no = pa.nulls(n, pa.string()), pa.array(np.zeros(n, dtype=bool))
        homes = pa.table(
            [ids, ids, nothing, nothing, no, no, no, pa.array(np.zeros(n, dtype=np.uint64))],
            schema=self.homes.schema,
        )
        meters = pa.table(
            [
                ids,
                pa.array(np.arange(start, start + n, dtype=np.int32)),
                pa.array(np.full(n, NO_DAY, dtype=np.int32)),
                pa.array(np.full(n, LAST_DAY, dtype=np.int32)),
                pa.array(np.ones(n, dtype=bool)),
            ],
            schema=self.meters.schema,
        )
        return Universe(
            pa.concat_tables([self.homes, homes]), pa.concat_tables([self.meters, meters])
        )


HOMES_SCHEMA = pa.schema(
    [
        ("household_id", pa.string()), ("meter_id", pa.string()), ("community_id", pa.string()),
        ("silence_id", pa.string()), ("solar", pa.bool_()), ("shared", pa.bool_()),
        ("lives_alone", pa.bool_()), ("links", pa.uint64()),
    ]
)  # fmt: skip
METERS_SCHEMA = pa.schema(
    [
        ("meter_id", pa.string()), ("home", pa.int32()), ("from_day", pa.int32()),
        ("to_day", pa.int32()), ("alone", pa.bool_()),
    ]
)  # fmt: skip


def registered(con: Duck, registry: Path) -> Universe:
    """The universe of the registry alone; empty where there is no registry yet."""
    if not registry.exists():
        return Universe(HOMES_SCHEMA.empty_table(), METERS_SCHEMA.empty_table())
    links = _LINKS.format(registry=str(registry).replace("'", "''"), no_day=NO_DAY,
                          last_day=LAST_DAY)  # fmt: skip
    homes = con.arrow(_HOMES.format(links=links)).cast(HOMES_SCHEMA)
    con.register("universe_homes", homes)
    meters = con.arrow(f"""
        WITH links AS ({links}),
        numbered AS (SELECT household_id, row_number() OVER (ORDER BY household_id) - 1 AS home
                     FROM universe_homes)
        SELECT meter_id, CAST(home AS INTEGER) AS home, from_day, to_day,
          count(*) OVER (PARTITION BY household_id) = 1
            AND from_day = {NO_DAY} AND to_day = {LAST_DAY} AS alone
        FROM links JOIN numbered USING (household_id) ORDER BY home, from_day
    """).cast(METERS_SCHEMA)
    con.unregister("universe_homes")
    return Universe(homes, meters)
