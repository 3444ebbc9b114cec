"""Readings in time to slots of local days: the table `slots`, where all lanes but the wide end."""

from __future__ import annotations

from lamplit.meters import slots
from lamplit.meters.canonical import REGISTERS
from lamplit.meters.layouts.base import Reject
from lamplit.meters.localtime import Calendar, calendar
from lamplit.meters.quarantine import reject
from lamplit.services.ingest.group import Staging
from lamplit.services.ingest.result import FileResult


def settle(
    work: Staging,
    stamps: str,
    result: FileResult,
    *,
    stamp_end: bool,
    skip_never: bool = False,
) -> list[Reject]:
    """Stamps with their interval length to rows of `slots`."""
    relation = stamps
    first, last, local = work.duck.row(
        "SELECT min(stamp), max(stamp), count(*) FILTER (WHERE NOT is_utc) "
        f"FROM {stamps} WHERE bad IS NULL"
    )
    if first is None:
        return []
    when = calendar(work.timezone, first.date(), last.date())
    theirs = calendar(work.source_zone, first.date(), last.date())
    again = "false"
    if local and not theirs.fixed:
        relation, again = _with_again(relation, theirs)
    intervals = slots.intervals_of_stamps(
        relation, when, theirs, "minutes", stamp_end=stamp_end, again=again
    )
    return _place(work, f"({intervals})", when, result, skip_never=skip_never)


def _with_again(relation: str, when: Calendar) -> tuple[str, str]:
    """Mark the second coming of wall-clock times, by order of appearance."""
    place = "row_number() OVER (PARTITION BY meter_id, stamp ORDER BY line)"
    twice = f"(NOT is_utc AND {when.twice('stamp')})"
    marked = (
        f"(SELECT *, false AS again FROM {relation} WHERE (NOT {twice}) IS NOT FALSE "
        f"UNION ALL SELECT *, {place} % 2 = 0 AS again FROM {relation} WHERE {twice})"
    )
    return marked, "again"


def _place(
    work: Staging, intervals: str, when: Calendar, result: FileResult, *, skip_never: bool = False
) -> list[Reject]:
    """Intervals and totals with `never` and `named_day` to rows of `slots`."""
    batch = result.batch
    rejects: list[Reject] = []
    short = f"(SELECT * FROM {intervals} WHERE minutes BETWEEN 1 AND 1439 AND NOT never)"
    work.duck.drop(("placed",))
    phase = work.duck.rows(
        "SELECT p FROM (SELECT date_diff('second', "
        f"{when.day_start_utc('day')}, start_utc) % (minutes * 60) AS p FROM (SELECT "
        f"*, CAST({when.local_of_utc('start_utc')} AS DATE) AS day FROM {short} LIMIT 10000)) "
        "GROUP BY p ORDER BY count(*) DESC LIMIT 1"
    )
    offset = str(int(phase[0][0])) if phase else "0"
    work.duck.run(
        f"CREATE TEMP TABLE placed AS {slots.slots_of_intervals(short, when, batch, offset)}"
    )
    work.duck.run(f"INSERT INTO slots SELECT {slots.SLOT_COLUMNS} FROM placed WHERE NOT off_grid")
    off = work.duck.rows(
        "SELECT DISTINCT line, meter_id, day, slot FROM placed WHERE off_grid "
        "AND line NOT IN (SELECT line FROM placed WHERE NOT off_grid)"
    )
    rejects += [reject(line, "off-grid", f"{meter},{day}") for line, meter, day, _ in off]
    work.duck.drop(("placed",))
    totals = (
        "(SELECT *, CASE WHEN minutes <= 1440 THEN 1 ELSE CAST(round(minutes / 1440.0) "
        f"AS INTEGER) END AS days FROM {intervals} WHERE minutes = 0 OR minutes >= 1440)"
    )
    work.duck.run(f"INSERT INTO slots {slots.slots_of_totals(totals, batch)}")
    if not skip_never:
        gone = work.duck.rows(
            f"SELECT DISTINCT line, meter_id, start_utc FROM {intervals} WHERE never"
        )
        rejects += [reject(line, "no-such-time", f"{m},{at}") for line, m, at in gone]
    return rejects


def take(work: Staging, name: str, relation: str, result: FileResult) -> list[Reject]:
    """Rows of a canonical relation (a table) into `slots` or `registers`."""
    if relation == "registers":
        columns = ", ".join(REGISTERS.names)
        work.duck.run(f"INSERT INTO registers SELECT {result.batch}, {columns} FROM {name}")
        work.group.registers = True
        return []
    if relation == "days":
        return _take_days(work, name, result)
    first, last = work.duck.row(f"SELECT min(start_utc), max(start_utc) FROM {name}")
    if first is None:
        return []
    when = calendar(work.timezone, first.date(), last.date())
    named = (
        f"(SELECT *, false AS never, CAST({when.local_of_utc('start_utc')} AS DATE) "
        f"AS named_day FROM {name})"
    )
    return _place(work, named, when, result)


def _take_days(work: Staging, name: str, result: FileResult) -> list[Reject]:
    first, last = work.duck.row(f"SELECT min(day), max(day) FROM {name}")
    if first is None:
        return []
    when = calendar(work.timezone, first, last)
    daily = (
        "SELECT meter_id, CAST(NULL AS TIMESTAMP) AS start_utc, CAST(0 AS SMALLINT) "
        "AS minutes, direction, kwh, quality, raw_code, method, seq, line, "
        f"false AS never, day AS named_day FROM {name} WHERE intervals IS NULL"
    )
    shaped = (
        f"SELECT *, false AS never, CAST(NULL AS DATE) AS named_day FROM "
        f"({slots.intervals_of_days(name, when)})"
    )
    return _place(work, f"({daily} UNION ALL BY NAME {shaped})", when, result)
