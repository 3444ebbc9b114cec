"""Local days by CASE arithmetic, against Python's zoneinfo, over every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lamplit.engine.duckdb import Duck
from lamplit.meters.localtime import calendar

ZONES = (
    "Asia/Shanghai", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe",
    "America/New_York", "Asia/Kolkata", "America/Sao_Paulo", "Africa/Cairo",
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_utc_to_local_day_and_back(zone: str) -> None:
    when = calendar(zone, date(2018, 1, 1), date(2019, 12, 31))
    day = f"CAST({when.local_of_utc('u')} AS DATE)"
    with Duck() as duck:
        duck.run(
            "CREATE TABLE t AS SELECT TIMESTAMP '2018-01-02' + to_minutes(30 * CAST(i AS INTEGER)) "
            "AS u FROM range(34000) r(i)"
        )
        rows = duck.rows(
            f"SELECT u, {when.local_of_utc('u')} AS l, "
            f"{when.day_start_utc(day)}, {when.day_minutes(day)} FROM t"
        )
    tz = ZoneInfo(zone)
    for utc, local, start, minutes in rows:
        expected = utc.replace(tzinfo=UTC).astimezone(tz)
        assert local == expected.replace(tzinfo=None)
        midnight = datetime.combine(local.date(), datetime.min.time())
        end = datetime.combine(local.date() + timedelta(days=1), datetime.min.time())
        first = midnight.replace(tzinfo=tz).astimezone(UTC).replace(tzinfo=None)
        last = end.replace(tzinfo=tz).astimezone(UTC).replace(tzinfo=None)
        if local.date() == first.replace(tzinfo=UTC).astimezone(tz).date():
            # Where the clocks change at midnight itself (Cairo, São Paulo), the day starts late.
            assert start == first, (utc, zone)
            assert minutes == (last - first).total_seconds() / 60, (utc, zone)


@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Sydney", "America/New_York"])
def test_wall_clock_to_utc_with_the_hour_that_comes_twice(zone: str) -> None:
    when = calendar(zone, date(2019, 1, 1), date(2019, 12, 31))
    tz = ZoneInfo(zone)
    with Duck() as duck:
        rows = duck.rows(
            f"SELECT l, {when.utc_of_local('l')}, {when.utc_of_local('l', 'true')}, "
            f"{when.never('l')}, {when.twice('l')} FROM (SELECT TIMESTAMP '2019-01-02' "
            "+ to_minutes(30 * CAST(i AS INTEGER)) AS l FROM range(17000) r(i))"
        )
    seen_never = seen_twice = 0
    for local, first, second, never, twice in rows:
        early = local.replace(tzinfo=tz, fold=0).astimezone(UTC).replace(tzinfo=None)
        late = local.replace(tzinfo=tz, fold=1).astimezone(UTC).replace(tzinfo=None)
        exists = early.replace(tzinfo=UTC).astimezone(tz).replace(tzinfo=None) == local
        assert never == (not exists)
        seen_never += never
        if never:
            continue
        assert first == early and second == late
        assert twice == (early != late)
        seen_twice += twice
    assert seen_never == 2 and seen_twice == 2


def test_a_zone_without_changes_costs_no_case() -> None:
    when = calendar("Asia/Shanghai", date(2020, 1, 1), date(2025, 12, 31))
    assert when.fixed and "CASE" not in when.local_of_utc("t")
