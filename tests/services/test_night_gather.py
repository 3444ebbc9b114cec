"""From the lake's rows to a home's days, where a home has several meters."""

from __future__ import annotations

from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamplit.engine.duckdb import Duck
from lamplit.meters import manifest as manifests
from lamplit.meters.canonical import METER_DAY
from lamplit.meters.lake import Lake
from lamplit.meters.manifest import LakeFile, Manifest
from lamplit.services.night.gather import has_shape, read_days
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


@pytest.mark.parametrize("told", [True, False], ids=["files say", "files do not say"])
def test_a_lake_has_intervals_where_a_row_that_counts_has_them(tmp_path: Path, told: bool):
    """Of every base of two meters and every delta that replaces one's day, or none, or both."""
    ways = product(
        [(), ("M1",), ("M1", "M2")], [None, (), ("M1",), ("M1", "M2")], [(), ("M1", "M2")]
    )
    for number, (base, delta, old) in enumerate(ways):
        lake = Lake(tmp_path / str(number))
        files = [lake_file(lake, "base", date(2025, 2, 3), ("M1", "M2"), base, told=told)]
        if delta is not None:
            files.append(lake_file(lake, "delta", date(2025, 2, 3), ("M1",), delta, told=told))
        files.append(lake_file(lake, "base", date(2025, 1, 3), ("M1", "M2"), old, told=told))
        manifests.save(lake.folder, Manifest(files=tuple(files)))
        with Duck() as con:
            merged = lake.sql(None, None, ("base_kwh",))
            expected = con.value(f"SELECT count(base_kwh) FROM {merged}") > 0
            assert has_shape(con, lake) == expected, (base, delta, old)


def lake_file(
    lake: Lake,
    kind: str,
    day: date,
    meters: tuple[str, ...],
    shaped: tuple[str, ...],
    *,
    told: bool,
) -> LakeFile:
    """A file with a day of these meters, of which `shaped` have intervals."""
    rows = [{"meter_id": m, "day": day, "base_kwh": 0.5 if m in shaped else None} for m in meters]
    name = f"days/{day:%Y%m}-{kind}.parquet"
    path = lake.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, METER_DAY), path, write_statistics=told)
    month = day.year * 100 + day.month
    return LakeFile(name, kind, month, day, day, len(rows), 1)  # type: ignore[arg-type]
