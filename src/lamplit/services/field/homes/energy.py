"""Energy of communities by month for those who may not see single homes, safe from subtracting.

What is told are communities' whole months that are over, each under the 15/15 rule by itself; all
totals, over months or communities, are sums of what is told. So a question for another span, for
a part of a district or for more of it is answered with the same figures, and nothing comes from
subtracting one answer from another. A figure stands until what came in since (late readings,
another registry) keeps the 15/15 rule itself: what each home had used when it was told is kept for
that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.domain.disclosure_sums import Cell, is_safe
from lamplit.engine.duckdb import Duck, quoted
from lamplit.meters.lake import Lake
from lamplit.services.engine import open_engine
from lamplit.services.home import Home, write_atomically

SAME = 0.01
"""kWh by which a home's month may differ and still be the same."""
Key = tuple[str, str]
"""A community's code and a month, `2020-01`."""

_NOW = """
CREATE TEMP TABLE now AS
WITH homes AS (
  SELECT DISTINCT meter_id, household_id, community_id,
    coalesce(valid_from, DATE '0001-01-01') AS since,
    coalesce(valid_to, DATE '9999-12-31') AS until
  FROM read_parquet({registry})
  WHERE community_id IN ({communities}) AND NOT coalesce(shared, false)
)
SELECT community_id AS community, strftime(day, '%Y-%m') AS month, household_id AS household,
  sum(kwh) AS kwh
FROM {days} d JOIN homes h USING (meter_id)
WHERE kwh IS NOT NULL AND kwh >= 0 AND day >= since AND day < until
GROUP BY ALL
"""
_TOLD = """
CREATE TEMP TABLE told (
  community VARCHAR, month VARCHAR, version INTEGER, household VARCHAR, kwh DOUBLE
)
"""
_CELLS = """
SELECT community, month, count(*), sum(kwh), max(kwh) FROM {source} GROUP BY ALL
"""
_APART = f"""
SELECT community, month, version, count(*), sum(differs), max(differs) FROM (
  SELECT community, month, version, household, abs(sum(kwh)) AS differs FROM (
    FROM told UNION ALL
    SELECT community, month, version, household, -kwh
    FROM now JOIN (SELECT DISTINCT community, month, version FROM told) USING (community, month)
  ) GROUP BY ALL
) WHERE differs > {SAME} GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class Month:
    """A community's month: of how many homes, and how much together."""

    homes: int
    kwh: float


def told_months(
    home: Home, communities: Mapping[str, str], first: date, last: date
) -> dict[Key, Month | None]:
    """What is told of each month of which anything is known; None: held back.

    `communities`: code → the place's id. `first` to `last`: whole months that are over.
    """
    if not home.registry_file.exists() or not communities:
        return {}
    files = {code: _file(home, place_id) for code, place_id in communities.items()}
    with open_engine(home) as con:
        con.run(
            _NOW.format(
                registry=quoted(str(home.registry_file)),
                communities=", ".join(quoted(code) for code in communities),
                days=Lake(home).sql(first, last, ("meter_id", "day", "kwh")),
            )
        )
        con.run(_TOLD)
        for code, file in files.items():
            if file.exists():
                con.run(
                    f"INSERT INTO told SELECT {quoted(code)}, * FROM read_parquet("
                    f"{quoted(str(file))}) WHERE month BETWEEN '{first:%Y-%m}' AND '{last:%Y-%m}'"
                )
        for code in sorted({code for code, _ in _told_anew(con)}):
            _keep(con, code, files[code])
        months: dict[Key, Month | None] = dict.fromkeys(_cells(con, "now"))
        newest = (
            "(FROM told SEMI JOIN (SELECT community, month, max(version) AS version FROM told"
            " GROUP BY ALL) USING (community, month, version))"
        )
        for key, cell in _cells(con, newest).items():
            months[key] = Month(cell.homes, cell.total)
        return months


def tells_anew(now: Cell, apart: list[Cell]) -> bool:
    """Whether a month's figure is told, or told anew.

    By itself it has to keep the 15/15 rule; and so has what differs from each time it was told.
    """
    return is_safe(now) and all(is_safe(one) for one in apart)


def _told_anew(con: Duck) -> list[Key]:
    """Add to `told` what may be told; gives which."""
    apart: dict[Key, list[Cell]] = {}
    versions: dict[Key, int] = {}
    for community, month, version in con.rows(
        "SELECT community, month, max(version) FROM told GROUP BY ALL"
    ):
        # Each version counts, also one that nothing differs from: it is told already.
        versions[community, month] = int(version)
        apart[community, month] = [Cell(0, 0.0, 0.0)] * (int(version) + 1)
    for community, month, version, homes, total, greatest in con.rows(_APART):
        cell = Cell(int(homes), float(total), float(greatest))
        apart[community, month][int(version)] = cell
    fresh = [
        key for key, cell in _cells(con, "now").items() if tells_anew(cell, apart.get(key, []))
    ]
    for community, month in fresh:
        con.run(
            f"INSERT INTO told SELECT community, month, {versions.get((community, month), -1) + 1},"
            f" household, kwh FROM now WHERE community = {quoted(community)} AND month = '{month}'"
        )
    return fresh


def _cells(con: Duck, source: str) -> dict[Key, Cell]:
    return {
        (str(community), str(month)): Cell(int(homes), float(total), float(greatest))
        for community, month, homes, total, greatest in con.rows(_CELLS.format(source=source))
    }


def _keep(con: Duck, code: str, file: Path) -> None:
    """Write what was told of a community; the months that were not asked for stay in its file."""
    told = con.arrow(
        "SELECT month, version, household, kwh FROM told"
        f" WHERE community = {quoted(code)} ORDER BY ALL"
    )
    if file.exists():
        asked = told["month"].unique()
        before = pq.read_table(file)
        others = before.filter(pa.compute.invert(pa.compute.is_in(before["month"], asked)))
        told = pa.concat_tables([others, told.cast(before.schema)])
    sink = pa.BufferOutputStream()
    pq.write_table(told, sink, compression="zstd")
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, sink.getvalue().to_pybytes())


def _file(home: Home, place_id: str) -> Path:
    return home.store_dir / "told" / "energy" / f"{place_id}.parquet"
