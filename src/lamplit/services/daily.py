"""Daily kWh of each home, as the lake has it now: what the plain baselines are given."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from lamplit.engine.duckdb import quoted
from lamplit.meters.lake import Lake
from lamplit.services.engine import open_engine
from lamplit.services.home import Home

_OWN = "SELECT meter_id AS household_id, day, sum(kwh) AS kwh FROM {days} GROUP BY ALL"

_REGISTERED = """
WITH days AS (SELECT meter_id, day, kwh FROM {days}),
ties AS (
  SELECT meter_id, household_id, coalesce(valid_from, DATE '1900-01-01') AS valid_from,
    coalesce(valid_to, DATE '9999-12-31') AS valid_to
  FROM read_parquet({registry})
),
homes AS (
  SELECT t.household_id, d.day, d.kwh FROM days d JOIN ties t
    ON t.meter_id = d.meter_id AND d.day >= t.valid_from AND d.day < t.valid_to
  UNION ALL
  SELECT meter_id, day, kwh FROM days WHERE meter_id NOT IN (SELECT meter_id FROM ties)
)
SELECT household_id, day, sum(kwh) AS kwh FROM homes GROUP BY household_id, day
"""


def daily_kwh(home: Home, first: date | None = None, last: date | None = None) -> pa.Table:
    """(household_id, day, kwh) of every home-day in the lake; kwh NULL where none was read.

    A home's several meters are added up; a meter that the registry does not know is a home of
    its own. Estimated and substituted values are in it: a plain rule does not ask how a value
    came to be.
    """
    days = Lake(home).sql(first, last, ("meter_id", "day", "kwh"))
    sql = _OWN.format(days=days)
    if home.registry_file.exists():
        sql = _REGISTERED.format(days=days, registry=quoted(str(home.registry_file)))
    with open_engine(home) as con:
        return con.arrow(sql)
