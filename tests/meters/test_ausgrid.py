"""Ausgrid's solar homes: as published (wide, period-ending), and reshaped to one home."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from ingest_helpers import Bench, counts

TIMES = [f"{m // 60}:{m % 60:02d}" for m in range(30, 1440, 30)] + ["0:00"]
HEADER = ["Customer", "Generator Capacity", "Postcode", "Consumption Category", "date", *TIMES,
          "Row Quality"]  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.make(tmp_path, "Australia/Sydney")


def published(*rows: tuple[str, str, list[object], str]) -> str:
    lines = [",".join(HEADER)]
    for category, day, values, quality in rows:
        cells = ["12", "1.5", "2076", category, day, *map(str, values), quality]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def test_as_published(bench: Bench) -> None:
    use: list[object] = [0.1] * 47 + [0.9]
    result = bench.take_one(
        "2011-2012 Solar home electricity data v2.csv",
        published(("GC", "3/07/2011", use, ""), ("GG", "3/07/2011", [0.2] * 48, ""),
                  ("CL", "3/07/2011", [0.5] * 48, "NA"), ("XX", "3/07/2011", use, "")),
    )  # fmt: skip
    assert (result.layout, counts(result)) == ("ausgrid", (4, 3, 0, 0, 1))
    assert bench.rows("meter_id, day, kwh, kwh_export, quality, intervals[48]") == [
        ("12", date(2011, 7, 3), 5.6, 9.6, 0, pytest.approx(0.9)),
        ("12-CL", date(2011, 7, 3), 24.0, None, 1, 0.5),
    ]


def test_columns_of_an_hour_that_the_clocks_skip(bench: Bench) -> None:
    values: list[object] = [float(i) for i in range(48)]
    values[4] = values[5] = 0
    bench.take_one("a.csv", published(("GC", "2/10/2011", values, "")))
    slots, read, found = bench.row("slots, slots_read, intervals")
    assert (slots, read) == (46, 46)
    assert found == [0.0, 1.0, 2.0, 3.0, *map(float, range(6, 48))]


def test_reshaped_needs_a_meter_id(bench: Bench) -> None:
    content = ",GC,GG\n2011-07-01 00:00:00,0.392,0.0\n2011-07-01 00:30:00,0.5,0.1\n"
    unnamed = bench.take_one("home.csv", content)
    assert unnamed.error is not None and unnamed.error.code == "ingest.no-meter-id"
    bench.take_one("home.csv", content, meter_id="h7")
    bench.take_one("ausgrid_customer9.csv", content)
    assert bench.rows("meter_id, day, intervals[1], exports[2]") == [
        ("9", date(2011, 7, 1), pytest.approx(0.392), pytest.approx(0.1)),
        ("h7", date(2011, 7, 1), pytest.approx(0.392), pytest.approx(0.1)),
    ]


@pytest.mark.real_data
def test_customer_12(bench: Bench, shared_data: Path) -> None:
    path = shared_data / "readings" / "ausgrid_customer12_2011_2012.csv"
    result = bench.take(path).files[0]
    # Two half hours of 2 October 2011 never came; the file fills them with zeros.
    assert counts(result) == (17_568, 17_566, 0, 0, 2)
    assert result.reasons == {"no-such-time": 2}
    kwh, export, read, days = bench.total("sum(kwh), sum(kwh_export), sum(slots_read), count(*)")
    assert (read, days) == (17_566, 366)
    assert (kwh, export) == (pytest.approx(11876.738, abs=0.01), pytest.approx(2592.808, abs=0.01))
