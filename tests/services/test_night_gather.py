"""From the lake's rows to a home's days, where a home has several meters."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lamplit.engine.duckdb import Duck
from lamplit.services.night.gather import read_days
from lamplit.services.night.universe import HOMES_SCHEMA, LAST_DAY, METERS_SCHEMA, NO_DAY, Universe


def two_meters() -> Universe:
    homes = pa.Table.from_pylist(
        [{"household_id": "H", "meter_id": "M1", "solar": False, "shared": False,
          "lives_alone": False, "links": 1}],
        schema=HOMES_SCHEMA,
    )  # fmt: skip
    meters = pa.Table.from_pylist(
        [
            {"meter_id": m, "home": 0, "from_day": NO_DAY, "to_day": LAST_DAY, "alone": False}
            for m in ("M1", "M2")
        ],
        schema=METERS_SCHEMA,
    )
    return Universe(homes, meters)


def day_of(*rows: tuple[str, float]) -> str:
    values = ", ".join(f"('{meter}', DATE '1970-01-02', {kwh})" for meter, kwh in rows)
    return (
        "(SELECT meter_id, day, 1 AS slots, 1 AS slots_read, kwh, NULL AS kwh_export, 0 AS quality "
        f"FROM (VALUES {values}) t(meter_id, day, kwh))"
    )


def test_a_homes_meters_are_added_up():
    with Duck() as con:
        panel, _ = read_days(
            con, day_of(("M1", 1.5), ("M2", 4)), two_meters(), (1, 1), shaped=False
        )
    assert panel.features["kwh"][0, 0] == 5.5
    assert panel.features["coverage"][0, 0] == 1


def test_a_home_of_which_one_meter_is_not_read_is_not_read_in_full():
    with Duck() as con:
        panel, _ = read_days(con, day_of(("M1", 0.2)), two_meters(), (1, 1), shaped=False)
    assert panel.features["coverage"][0, 0] == np.float32(0.5)
