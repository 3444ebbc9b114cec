"""Readings in Parquet, in all the ways that a column may be written, and all that may be wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

DAY = datetime(2025, 3, 29)
"""The eve of the night on which Berlin's clocks change."""
SLOTS = 24


def hours(days: int, zone: str | None = None) -> list[datetime]:
    start = DAY.replace(tzinfo=UTC) if zone else DAY
    return [start + timedelta(hours=h) for h in range(24 * days)]


def long_rows(meters: Sequence[str], days: int, **columns: Any) -> dict[str, Any]:
    """Hourly readings of meters, one after the other, so that a meter is in several row groups."""
    times = [at for at in hours(days, columns.pop("zone", None)) for _ in meters]
    count = len(times)
    kwh = [(i * 7) % 13 / 10 for i in range(count)]
    return {"meter_id": list(meters) * (count // len(meters)), "time": times, "kwh": kwh} | columns


def plain_long(path: Path) -> None:
    rows = long_rows(["A1", "A2", "A3", "A4", None, ""], 3)
    odd = {1: float("nan"), 9: float("inf"), 14: None, 20: -1.0, 26: 5_000.0, 31: 0.0, 33: -0.0}
    rows["kwh"] = [odd.get(i, value) for i, value in enumerate(rows["kwh"])]
    rows["time"][42] = None
    rows["time"][44] = datetime(1890, 1, 1)
    rows["time"][50] = rows["time"][50] + timedelta(minutes=7)
    words = ["A", "E", "F", "N", None, "odd"]
    rows["quality"] = [words[i // 6 % 6] for i in range(len(rows["kwh"]))]
    table = pa.table(rows).set_column(0, "meter_id", pa.array(rows["meter_id"]).dictionary_encode())
    pq.write_table(table, path, row_group_size=100)


def zoned_long(path: Path) -> None:
    rows = long_rows(["B1", "B2"], 3, zone="UTC")
    kinds = {
        "time": pa.timestamp("ns", "Asia/Shanghai"),
        "kwh": pa.decimal128(9, 3),
        "meter_id": pa.large_string(),
    }
    rows["kwh"] = [Decimal(str(value)) for value in rows["kwh"]]
    rows["kwh"][5] = None
    rows["minutes"] = [60] * len(rows["kwh"])
    write(path, rows, kinds | {"minutes": pa.int8()})


def int96_long(path: Path) -> None:
    rows = long_rows(["C1", "C2"], 2, seq=list(range(96)))
    table = pa.table(rows).cast(
        pa.schema({"meter_id": pa.string(), "time": pa.timestamp("ns"), "kwh": pa.float64(),
                   "seq": pa.int64()})
    )  # fmt: skip
    pq.write_table(table, path, use_deprecated_int96_timestamps=True, row_group_size=40)


def text_long(path: Path) -> None:
    """All of it text, as a table that was a CSV; with columns named as the engine names its own."""
    rows = long_rows(['="001"', "\u3000D2\u00a0", "D3", " D2"], 1)
    rows["time"] = [f"{at:%Y-%m-%d %H:%M}" for at in rows["time"]]
    rows["kwh"] = ["1,000.0" if i == 0 else f" 0.{i}" for i in range(96)]
    rows["kwh"][3], rows["kwh"][7], rows["time"][11] = "much", "N/A", "soon"
    rows["time"][12] = "2025-03-29T04:00:00+01:00"
    rows |= {"line": ["x"] * 96, "c1": ["y"] * 96, "max": [None] * 96, "shard": list(range(96))}
    write(path, rows, dict.fromkeys(("time", "kwh"), pa.large_string()), group=30)


def daily_long(path: Path) -> None:
    days = [date(2025, 3, 28) + timedelta(days=d) for d in range(6) for _ in range(3)]
    rows = {"meter_id": [101, 102, 103] * 6, "day": days, "kwh": [*range(17), None]}
    write(path, rows, {"kwh": pa.int16(), "meter_id": pa.uint64()}, group=5)


def day_texts_long(path: Path) -> None:
    """Days as categories, as pandas writes them: each value is a day's."""
    days = [f"2025/3/{28 + d}" for d in range(4) for _ in range(2)]
    table = pa.table({"meter_id": ["E1", "E2"] * 4, "time": days, "kwh": [1.5] * 8})
    pq.write_table(table.set_column(1, "time", table["time"].dictionary_encode()), path)


def few_long(path: Path) -> None:
    """Meters with too few readings for their interval length, among others that keep to hours."""
    rows = long_rows(["F1", "F2"], 1)
    for meter, hour in (("F8", 3), ("F9", 5), ("F9", 6), ("F7", 7)):
        rows["meter_id"].append(meter)
        rows["time"].append(DAY + timedelta(hours=hour))
        rows["kwh"].append(0.25)
    write(path, rows, {"time": pa.timestamp("s")}, group=10)


def wide_rows(meters: Sequence[str | None], days: int) -> dict[str, Any]:
    first = DAY.date() - timedelta(days=1)
    dates = [first + timedelta(days=d) for d in range(days) for _ in meters]
    rows: dict[str, Any] = {"meter_id": list(meters) * days, "day": dates}
    for slot in range(SLOTS):
        rows[f"P{slot + 1}"] = [(i * 5 + slot) % 9 / 8 for i in range(len(dates))]
    return rows


def plain_wide(path: Path) -> None:
    rows = wide_rows(["G1", "G2", "G3", "G4", None], 5)
    rows["P2"][0], rows["P3"][1], rows["P4"][2], rows["P5"][3] = None, float("nan"), -2.0, 1e9
    rows["P6"][5] = float("inf")
    rows["day"][7] = None
    for slot in range(SLOTS):
        rows[f"P{slot + 1}"][8] = None
    # A line that comes again, and once more with another number.
    for name, values in rows.items():
        values += [values[10], 0.5 if name == "P7" else values[11]]
    count = len(rows["day"])
    rows["direction"] = ["export" if i in (3, 13) else "import" for i in range(count)]
    rows["quality"] = [["A", "E", None][i % 3] for i in range(count)]
    rows["extra"] = [{"of": [i]} for i in range(count)]
    write(path, rows, {f"P{s + 1}": pa.float32() for s in range(SLOTS)}, group=6)


def ratio_wide(path: Path) -> None:
    """Power of decimals, with ratios, by days that are timestamps."""
    rows = wide_rows(["H1", "H2", "H3"], 4)
    kinds: dict[str, pa.DataType] = {"day": pa.timestamp("ms")}
    rows["day"] = [datetime.combine(day, time()) for day in rows["day"]]
    for slot in range(SLOTS):
        name = f"P{slot + 1}"
        rows[name] = [Decimal(str(round(value, 3))) for value in rows[name]]
        kinds[name] = pa.decimal128(12, 4)
    count = len(rows["day"])
    rows |= {"ct": [f"{20 * (i % 2 + 1)}/5" for i in range(count)], "pt": [1] * count}
    rows["update_time"] = ["2025-04-01 08:00:00"] * count
    write(path, rows, kinds)


def text_wide(path: Path) -> None:
    """All of it text, of which some is no number and some no day, far into the file."""
    rows = {name: [str(v) for v in values] for name, values in wide_rows(["I1", "I2"], 150).items()}
    rows["P3"][210], rows["P4"][220], rows["P5"][240] = "x", "-", "1,024.5"
    rows["day"][230] = "soon"
    write(path, rows, dict.fromkeys(rows, pa.string()), group=120)


def day_instants_wide(path: Path) -> None:
    """Days that are the instants of their midnights, as a table with a zone is written."""
    rows = wide_rows(["R1", "R2"], 4)
    rows["day"] = [datetime.combine(day, time(), ZoneInfo("Europe/Berlin")) for day in rows["day"]]
    write(path, rows, {"day": pa.timestamp("us", "Europe/Berlin")})


def instant_registers(path: Path) -> None:
    days = [date(2025, 3, 27) + timedelta(days=d) for d in range(6)]
    at = [datetime.combine(day, time(), ZoneInfo("Europe/Berlin")) for day in days]
    rows = {"meter_id": ["S1"] * 6, "date": at, "register": [10.0 * d for d in range(6)]}
    write(path, rows, {"date": pa.timestamp("ns", "Europe/Berlin")}, group=2)


def registers(path: Path) -> None:
    days = [date(2025, 3, 20) + timedelta(days=d) for d in range(12)]
    rows: dict[str, Any] = {"meter_id": [], "date": [], "1.8.0": [], "2.8.0": [], "digits": []}
    for number, meter in enumerate(("J1", "J2", "J3")):
        for at, day in enumerate(days):
            total = (99_990 + at * 3 if number == 1 else at * (number + 1)) % 100_000
            rows["meter_id"].append(meter)
            rows["date"].append(day)
            rows["1.8.0"].append(Decimal(total) + Decimal("0.25"))
            rows["2.8.0"].append(0.5 * at if number == 2 else None)
            rows["digits"].append(5)
    rows["1.8.0"][4], rows["1.8.0"][6], rows["date"][9] = None, Decimal(-1), None
    rows["quality"] = ["A"] * 30 + ["E"] * 6
    table = pa.table(rows).set_column(5, "quality", pa.array(rows["quality"]).dictionary_encode())
    pq.write_table(table, path, row_group_size=7)


def again(path: Path) -> None:
    """A later delivery of the first file's meters: the same, and other numbers, and new hours."""
    rows = long_rows(["A1", "A2"], 4)
    rows["kwh"] = [0.75 if i % 5 == 0 else value for i, value in enumerate(rows["kwh"])]
    write(path, rows, {"kwh": pa.float32()}, group=17)


def same_bytes(path: Path) -> None:
    path.write_bytes((path.parent / "01-long.parquet").read_bytes())


def cut_off(path: Path) -> None:
    plain_long(path)
    path.write_bytes(path.read_bytes()[:-500])


def damaged(path: Path) -> None:
    """Sound but for the values of one row group, which a footer does not show."""
    rows = long_rows(["K1", "K2", "K3"], 60)
    rows["kwh"] = [(i * 37 % 1009) / 7 for i in range(len(rows["kwh"]))]
    write(path, rows, {}, group=1_500)
    chunk = pq.read_metadata(path).row_group(1).column(2)
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray(path.read_bytes())
    content[begin + 40 : begin + chunk.total_compressed_size] = bytes(
        chunk.total_compressed_size - 40
    )
    path.write_bytes(content)


def no_rows(path: Path) -> None:
    write(path, {"meter_id": ["L1"], "time": [DAY], "kwh": [1.0]}, {}, take=0)


def no_bytes(path: Path) -> None:
    path.write_bytes(b"")


def without_a_meter(path: Path) -> None:
    rows = long_rows(["M1"], 1)
    del rows["meter_id"]
    write(path, rows, {})


def times_that_are_none(path: Path) -> None:
    write(path, long_rows(["N1", "N2"], 1) | {"time": [True, False] * 24}, {})


def lists_for_numbers(path: Path) -> None:
    write(path, long_rows(["O1"], 1) | {"kwh": [[1.0]] * 24}, {})


def bytes_for_a_day(path: Path) -> None:
    rows = wide_rows(["Q1", "Q2"], 2)
    rows["day"] = [str(day).encode() for day in rows["day"]]
    write(path, rows, {"day": pa.binary()})


def lists_for_slots(path: Path) -> None:
    """A column that can be no number at all: the file as a whole can't be read."""
    rows = wide_rows(["Q3", "Q4"], 2)
    write(path, rows | {"P9": [[1.0]] * 4}, {})


def write(
    path: Path, rows: dict[str, Any], kinds: dict[str, pa.DataType], *, group: int = 50,
    take: int | None = None,
) -> None:  # fmt: skip
    arrays = {name: pa.array(values, kinds.get(name)) for name, values in rows.items()}
    pq.write_table(pa.table(arrays).slice(0, take), path, row_group_size=group)


READ: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "01-long": (
        plain_long,
        {
            "no-meter",
            "no-time",
            "not-a-time",
            "no-such-time",
            "negative",
            "absurd",
            "off-grid",
            "not-a-number",
        },
    ),
    "02-zoned": (zoned_long, set()),
    "03-int96": (int96_long, {"no-such-time"}),
    "04-texts": (text_long, {"not-a-number", "not-a-time"}),
    "05-daily": (daily_long, set()),
    "06-days-as-texts": (day_texts_long, set()),
    "07-few": (few_long, set()),
    "08-wide": (plain_wide, {"no-meter", "not-a-time", "negative", "absurd"}),
    "09-ratios": (ratio_wide, set()),
    "10-wide-texts": (text_wide, {"not-a-number", "not-a-time", "absurd"}),
    "11-registers": (registers, {"negative", "no-time"}),
    "12-again": (again, {"no-such-time"}),
    "13-same-bytes": (same_bytes, set()),
    "14-day-bytes": (bytes_for_a_day, set()),
    "15-day-instants": (day_instants_wide, set()),
    "16-register-instants": (instant_registers, set()),
}
"""What is taken in: the file, and why rows of it go to quarantine."""

REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "20-cut-off": (cut_off, "ingest.cut-off"),
    "21-damaged": (damaged, "ingest.unreadable"),
    "22-no-rows": (no_rows, "ingest.header-only"),
    "23-no-bytes": (no_bytes, "ingest.empty-file"),
    "24-no-meter": (without_a_meter, "ingest.unknown-layout"),
    "25-no-times": (times_that_are_none, "ingest.nothing-usable"),
    "26-lists": (lists_for_numbers, "ingest.nothing-usable"),
    "27-list-slots": (lists_for_slots, "ingest.unreadable"),
}
"""What is refused, and with which problem."""
