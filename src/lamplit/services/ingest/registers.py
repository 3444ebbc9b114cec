"""A group's registers into the lake: differences of midnights, within the file and across files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from lamplit.engine.duckdb import Duck
from lamplit.meters import registering
from lamplit.meters.lake import Lake
from lamplit.meters.manifest import LakeFile
from lamplit.meters.meterday import COLUMNS as CAST_COLUMNS

NEAR: Final = timedelta(days=8)
FAR: Final = timedelta(days=800)
"""A meter's last register before a file is mostly a day old; only meters without one within eight
days are looked for further back, and at most this far."""

_TABLES: Final = (
    "best_registers", "known_registers", "judged_registers", "register_chain", "register_spans",
    "register_rows", "register_old", "register_new",
)  # fmt: skip


def settle(
    duck: Duck, lake: Lake, files: Sequence[LakeFile], max_kwh: float
) -> dict[tuple[int, int], int]:
    """Make the table `register_new` (the lake's columns, and `known`) from the table `registers`.

    `files` is the lake as the group's other readings leave it. Gives how many lines of each batch
    came to which fate: {(batch, fate): n}.
    """
    duck.drop(_TABLES)
    duck.run(f"CREATE TEMP TABLE best_registers AS {registering.best('registers')}")
    first, last = duck.row("SELECT min(at_day), max(at_day) FROM best_registers")
    if first is None:
        duck.run(
            f"CREATE TEMP TABLE register_new AS SELECT *, false AS known FROM "
            f"{lake.sql_of([])} WHERE false"
        )
        return {}
    _find_known(duck, lake, files, first, last)
    duck.run(
        "CREATE TEMP TABLE judged_registers AS "
        f"{registering.fates('best_registers', 'known_registers')}"
    )
    duck.run(
        "CREATE TEMP TABLE register_chain AS "
        f"{registering.chain('judged_registers', 'known_registers')}"
    )
    duck.run(
        f"CREATE TEMP TABLE register_spans AS {registering.spans('register_chain', 24 * max_kwh)}"
    )
    duck.run(f"CREATE TEMP TABLE register_rows AS {registering.rows('register_spans')}")
    _find_old(duck, lake, files)
    dressed = registering.dressed("register_rows", "register_old")
    duck.run(f"CREATE TEMP TABLE register_new AS SELECT {CAST_COLUMNS}, known FROM ({dressed})")
    return _tally(duck)


def _find_known(duck: Duck, lake: Lake, files: Sequence[LakeFile], first: date, last: date) -> None:
    """The table `known_registers`: the lake's registers around the midnights that came in."""
    near = _registers(lake, files, first - NEAR, last + NEAR)
    duck.run(f"CREATE TEMP TABLE known_registers AS {near}")
    lonely = (
        "SELECT meter_id FROM best_registers GROUP BY meter_id, direction "
        "EXCEPT SELECT k.meter_id FROM known_registers AS k JOIN (SELECT meter_id, direction, "
        "min(at_day) AS at_day FROM best_registers GROUP BY ALL) AS b "
        "ON k.meter_id = b.meter_id AND k.direction = b.direction AND k.at_day < b.at_day"
    )
    older = [f for f in files if f.overlaps(first - FAR, first - NEAR)]
    if older and duck.value(f"SELECT count(*) FROM ({lonely})"):
        far = _registers(lake, older, first - FAR, first - NEAR - timedelta(days=1))
        duck.run(
            f"INSERT INTO known_registers SELECT * FROM ({far}) WHERE meter_id IN ({lonely}) "
            "QUALIFY row_number() OVER (PARTITION BY meter_id, direction ORDER BY at_day DESC) = 1"
        )
    later = [f for f in files if f.day_max >= last + NEAR]
    if later:
        ahead = _registers(lake, later, last + NEAR + timedelta(days=1), last + FAR)
        duck.run(
            f"INSERT INTO known_registers SELECT * FROM ({ahead}) "
            "WHERE meter_id IN (SELECT meter_id FROM best_registers) "
            "QUALIFY row_number() OVER (PARTITION BY meter_id, direction ORDER BY at_day) = 1"
        )


def _registers(lake: Lake, files: Sequence[LakeFile], first: date, last: date) -> str:
    """The registers that rows of days from `first` to `last` hold, for the meters that came in."""
    months = {f.month for f in files if f.overlaps(first, last)}
    chosen = [f for f in files if f.month in months]
    columns = ("meter_id", "day", "register_kwh", "register_export_kwh", "quality", "seq", "batch",
               "line")  # fmt: skip
    source = lake.sql_of(chosen, first, last, columns)
    shared = "SELECT meter_id, day + 1 AS at_day, '{0}' AS direction, {1} AS kwh, "
    quality = "CASE WHEN quality = 3 OR quality = 2 THEN 0 ELSE quality END AS quality"
    rest = f"{quality}, seq, batch, line FROM {source} SEMI JOIN best_registers USING (meter_id) "
    return (
        shared.format("import", "register_kwh") + rest + "WHERE register_kwh IS NOT NULL UNION ALL "
        + shared.format("export", "register_export_kwh") + rest
        + "WHERE register_export_kwh IS NOT NULL"
    )  # fmt: skip


def _find_old(duck: Duck, lake: Lake, files: Sequence[LakeFile]) -> None:
    """The table `register_old`: the rows of the lake that the new ones stand in for."""
    first, last = duck.row("SELECT min(day), max(day) FROM register_rows")
    if first is None:
        duck.run(f"CREATE TEMP TABLE register_old AS SELECT * FROM {lake.sql_of([])}")
        return
    months = {f.month for f in files if f.overlaps(first, last)}
    chosen = [f for f in files if f.month in months]
    duck.run(
        f"CREATE TEMP TABLE register_old AS SELECT * FROM {lake.sql_of(chosen, first, last)} "
        "SEMI JOIN register_rows USING (meter_id, day)"
    )


def _tally(duck: Duck) -> dict[tuple[int, int], int]:
    found = duck.rows(
        "SELECT batch, fate, count(*) FROM (SELECT batch, line, max(fate) AS fate "
        "FROM judged_registers GROUP BY batch, line) GROUP BY batch, fate"
    )
    return {(batch, fate): n for batch, fate, n in found}
