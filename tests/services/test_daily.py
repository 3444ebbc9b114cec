"""Daily kWh per home from the lake, which the plain baselines are given."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.meters import manifest as manifests
from lamplit.meters.manifest import LakeFile, Manifest
from lamplit.services.daily import daily_kwh
from lamplit.services.home import Home

FIRST = date(2026, 1, 1)


def home_with(tmp_path, meters, registry=None):
    """A home whose lake has {meter: [kWh or None per day]} and a registry of ties."""
    home = Home.create(tmp_path / "home")
    rows = [
        {"meter_id": m, "day": FIRST + timedelta(days=i), "kwh": v, "batch": 1, "seq": 1}
        for m, values in meters.items()
        for i, v in enumerate(values)
    ]
    schema = pa.schema(
        [("meter_id", pa.string()), ("day", pa.date32()), ("kwh", pa.float64()),
         ("batch", pa.int32()), ("seq", pa.int64())]
    )  # fmt: skip
    path = home.lake_dir / "days.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    last = max(row["day"] for row in rows)
    file = LakeFile("days.parquet", "base", 202601, FIRST, last, len(rows), 1)
    manifests.save(home.lake_dir, Manifest(2, (file,)))
    if registry:
        ties = pa.schema(
            [("meter_id", pa.string()), ("household_id", pa.string()),
             ("valid_from", pa.date32()), ("valid_to", pa.date32())]
        )  # fmt: skip
        pq.write_table(pa.Table.from_pylist(registry, schema=ties), home.registry_file)
    return home


def energies(table):
    return {(r["household_id"], r["day"].day): r["kwh"] for r in table.to_pylist()}


def test_without_a_registry_each_meter_is_a_home(tmp_path):
    home = home_with(tmp_path, {"m1": [5.0, None]})
    assert energies(daily_kwh(home)) == {("m1", 1): 5.0, ("m1", 2): None}


def test_meters_of_a_home_add_up_and_one_replaced_hands_over(tmp_path):
    home = home_with(
        tmp_path,
        {"old": [4.0, 9.0], "new": [9.0, 3.0], "second": [1.0, 1.0], "stranger": [2.0, 2.0]},
        [
            {"meter_id": "old", "household_id": "H", "valid_to": FIRST + timedelta(days=1)},
            {"meter_id": "new", "household_id": "H", "valid_from": FIRST + timedelta(days=1)},
            {"meter_id": "second", "household_id": "H"},
        ],
    )
    assert energies(daily_kwh(home)) == {
        ("H", 1): 5.0,
        ("H", 2): 4.0,
        ("stranger", 1): 2.0,
        ("stranger", 2): 2.0,
    }


def test_a_span_of_days_can_be_asked_for(tmp_path):
    home = home_with(tmp_path, {"m1": [5.0, 6.0, 7.0]})
    second = FIRST + timedelta(days=1)
    assert energies(daily_kwh(home, second, second)) == {("m1", 2): 6.0}
