"""Where homes are: door, floor, unit, building, and the names of places, by the registry."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.language import language_of
from lamplit.engine.duckdb import Duck, quoted
from lamplit.services.home import Home

_PLACES = """
SELECT household_id, arg_max(building_id, v) AS building_id, arg_max(unit, v) AS unit,
  arg_max(floor, v) AS floor, arg_max(door, v) AS door,
  arg_max(building_name_en, v) AS building_name_en, arg_max(building_name_zh, v)
  AS building_name_zh, arg_max(community_name_en, v) AS community_name_en,
  arg_max(community_name_zh, v) AS community_name_zh
FROM (SELECT *, coalesce(valid_from, DATE '1900-01-01') AS v FROM read_parquet({registry}))
SEMI JOIN wanted_homes USING (household_id)
GROUP BY household_id
"""

NAMES = ("building_id", "unit", "floor", "door", "building_name_en", "building_name_zh",
         "community_name_en", "community_name_zh")  # fmt: skip


def places_of(con: Duck, home: Home, taken: pa.Table) -> pa.Table:
    """Door and names of each home in `taken` (its `household_id`), a row each in that order.

    A home that the registry does not have gets nulls, and so does a meter unknown to it
    (`stranger`, where `taken` has that column) that bears a household's name.
    """
    wanted = taken.select(["household_id"])
    found = pa.table({"household_id": pa.array([], pa.string())})
    if home.registry_file.exists():
        con.register("wanted_homes", wanted)
        try:
            found = con.arrow(_PLACES.format(registry=quoted(str(home.registry_file))))
        finally:
            con.unregister("wanted_homes")
    at = pc.index_in(wanted["household_id"], found["household_id"].combine_chunks())
    if "stranger" in taken.column_names:
        at = pc.if_else(taken["stranger"], pa.scalar(None, pa.int32()), at)
    return pa.table(
        {
            name: found[name].take(at)
            if name in found.column_names
            else pa.nulls(len(wanted), pa.int32() if name == "floor" else pa.string())
            for name in NAMES
        }
    )


def community_names(con: Duck, home: Home) -> dict[str, str]:
    """The communities' names in the reader's language, where the registry has them."""
    if not home.registry_file.exists():
        return {}
    first, second = ("zh", "en") if language_of() == "zh" else ("en", "zh")
    rows = con.rows(
        f"SELECT community_id, coalesce(any_value(community_name_{first}), "
        f"any_value(community_name_{second})) "
        f"FROM read_parquet({quoted(str(home.registry_file))}) "
        "WHERE community_id IS NOT NULL GROUP BY 1"
    )
    return {place: name for place, name in rows if name}
