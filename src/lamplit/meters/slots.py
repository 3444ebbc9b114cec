"""From times to slots: which local day a reading is of, and which interval of that day. SQL text.

A *slot* row is one reading laid on the grid of its meter's local day: `SLOTS`. Everything that is
not a wide file passes through here on its way to the lake.
"""

from __future__ import annotations

from typing import Final

from lamplit.domain.words import Quality
from lamplit.meters.canonical import QUALITY_LETTERS
from lamplit.meters.localtime import Calendar

SLOTS: Final = (
    ("batch", "INTEGER"),
    ("meter_id", "VARCHAR"),
    ("day", "DATE"),
    ("minutes", "SMALLINT"),
    ("slots", "SMALLINT"),
    ("slot", "SMALLINT"),
    ("outward", "BOOLEAN"),  # export
    ("kwh", "DOUBLE"),
    ("quality", "UTINYINT"),
    ("raw_code", "VARCHAR"),
    ("method", "VARCHAR"),
    ("seq", "BIGINT"),
    ("line", "BIGINT"),
)
"""Columns of the slot relation, in order."""

SLOT_COLUMNS: Final = ", ".join(name for name, _ in SLOTS)
SPREAD: Final = "spread"
"""The method of a value that is a longer period's energy shared out over its days."""

DAILY_MINUTES: Final = 1440
FAIR_SHARE: Final = 20
"""A minute of the hour counts when a twentieth of the commonest one's readings fall on it."""


def create_slots(name: str) -> str:
    """CREATE the empty slot table."""
    return f"CREATE TEMP TABLE {name} ({', '.join(f'{n} {t}' for n, t in SLOTS)})"


def batch_seq(batch: int) -> int:
    """The sequence of a reading whose source gives none: later batches win."""
    return batch << 20


def grids(stamps: str, *, per_meter: bool) -> str:
    """The interval length that stamps keep to: (meter_id,) minutes, n, moments. SQL text.

    From the minutes of the hour that stamps fall on (those with a fair share of them: junk stamps
    don't count), and where there is but one, from the hours; 0 where all fall on midnight, NULL
    where one moment tells nothing. Grouping is cheap where sorting every meter's stamps is not.
    """
    return grids_of(minutes_of_the_hour(stamps, per_meter=per_meter), per_meter=per_meter)


def minutes_of_the_hour(stamps: str, *, per_meter: bool) -> str:
    """Minutes of the hour that stamps fall on: (meter_id,) minute, n, hours, first, last. SQL text.

    Rows of parts of a file can be put together: `n` is a sum, `hours` a set of bits.
    """
    key = "meter_id, " if per_meter else ""
    return (
        f"SELECT {key}CAST(extract('minute' FROM stamp) AS INTEGER) AS minute, count(*) AS n, "
        "bit_or(CAST(1 AS BIGINT) << CAST(extract('hour' FROM stamp) AS BIGINT)) AS hours, "
        "min(stamp) AS first, max(stamp) AS last "
        f"FROM {stamps} WHERE bad IS NULL AND minutes IS NULL AND extract('second' FROM stamp) = 0 "
        "GROUP BY ALL"
    )


def grids_of(by_minute: str, *, per_meter: bool) -> str:
    """As `grids`, from what `minutes_of_the_hour` gives."""
    key = "meter_id, " if per_meter else ""
    over = f"OVER ({'PARTITION BY meter_id' if per_meter else ''})"
    fair = f"SELECT *, max(n) {over} AS most FROM ({by_minute})"
    gathered = (
        f"SELECT {key}list(minute ORDER BY minute) FILTER (WHERE n * {FAIR_SHARE} >= most) AS ms, "
        "bit_or(hours) FILTER (WHERE n = most) AS hours, sum(n) AS n, "
        f"min(first) AS first, max(last) AS last FROM ({fair}) "
        + ("GROUP BY meter_id" if per_meter else "")
    )
    on = "list_filter(range(24), lambda h: (hours >> h) & 1 = 1)"
    hourly = f"SELECT *, {on} AS hs FROM ({gathered})"
    steps = "list_reduce(list_transform({0}, lambda x: x - {0}[1]), lambda a, b: gcd(a, b))"
    return (
        f"SELECT {key}n, first, last, CASE WHEN ms IS NULL OR first = last THEN NULL "
        f"WHEN len(ms) > 1 THEN gcd({steps.format('ms')}, 60) "
        f"WHEN len(hs) > 1 THEN gcd({steps.format('hs')}, 24) * 60 "
        "WHEN ms[1] = 0 AND hs[1] = 0 THEN 0 END AS minutes "
        f"FROM ({hourly})"
    )


def intervals_of_stamps(
    stamps: str,
    calendar: Calendar,
    theirs: Calendar,
    minutes: str,
    *,
    stamp_end: bool,
    again: str = "false",
) -> str:
    """The INTERVALS relation (plus `never`) of a stamps relation joined with its `minutes`.

    `calendar` is the home's, `theirs` that of stamps without an offset.
    `minutes` is an expression over the row; `again` says that a wall-clock time is the second of
    its kind.
    """
    utc = f"CASE WHEN is_utc THEN stamp ELSE {theirs.utc_of_local('stamp', again)} END"
    moved = f"({utc}) - to_minutes({minutes})" if stamp_end else f"({utc})"
    # A daily total is of the day that its stamp names, whatever the clocks did; a total that is
    # stamped with its end is of the day before.
    midnight = "CASE WHEN CAST(stamp AS TIME) = TIME '00:00' THEN 1 ELSE 0 END"
    day_end = midnight if stamp_end else "0"
    never = f"(NOT is_utc AND {theirs.never('stamp')} AND {minutes} BETWEEN 1 AND 1439)"
    shared = (
        f"meter_id, {moved} AS start_utc, CAST({minutes} AS SMALLINT) AS minutes, "
        f"CAST(CASE WHEN is_utc THEN {calendar.local_of_utc('stamp')} ELSE stamp END AS DATE) "
        f"- ({day_end}) AS named_day, {never} AS never, quality, raw_code, method, seq, line"
    )
    source = f"FROM {stamps} WHERE bad IS NULL"
    return (
        f"SELECT {shared}, 'import' AS direction, kwh {source} AND has_import UNION ALL "
        f"SELECT {shared}, 'export' AS direction, kwh_export AS kwh {source} AND has_export"
    )


def slots_of_intervals(intervals: str, calendar: Calendar, batch: int, phase: str = "0") -> str:
    """The slot relation, with `off_grid`, of intervals shorter than a day.

    `phase`: seconds past the grid at which the file's intervals start, as a rule.
    """
    day = f"CAST({calendar.local_of_utc('start_utc')} AS DATE)"
    placed = (
        f"SELECT *, date_diff('second', {calendar.day_start_utc('day')}, start_utc) AS second, "
        f"{calendar.day_minutes('day')} AS day_minutes "
        f"FROM (SELECT *, {day} AS day FROM {intervals})"
    )
    return (
        f"SELECT {batch} AS batch, meter_id, day, minutes, "
        "CAST(day_minutes // minutes AS SMALLINT) AS slots, "
        "CAST(second // (minutes * 60) AS SMALLINT) AS slot, direction = 'export' AS outward, "
        f"CASE WHEN quality <> {int(Quality.MISSING)} THEN CAST(CAST(kwh AS FLOAT) AS DOUBLE) END "
        "AS kwh, "
        f"CAST(CASE WHEN kwh IS NULL THEN {int(Quality.MISSING)} ELSE quality END AS UTINYINT) "
        f"AS quality, raw_code, method, coalesce(seq, {batch_seq(batch)}) AS seq, line, "
        f"(second % (minutes * 60)) <> {phase} OR day_minutes % minutes <> 0 AS off_grid "
        f"FROM ({placed})"
    )


def slots_of_totals(totals: str, batch: int) -> str:
    """The slot relation of whole days' energies: columns of INTERVALS with named_day, days.

    `days` is how many local days the energy covers; more than one are SUBSTITUTED with the method
    `spread`, since nobody knows how the energy lay among them.
    """
    substituted = f"CASE WHEN days > 1 THEN {int(Quality.SUBSTITUTED)} ELSE quality END"
    method = f"CASE WHEN days > 1 THEN '{SPREAD}' ELSE method END"
    return (
        f"SELECT {batch} AS batch, meter_id, CAST(named_day + CAST(ahead AS INTEGER) AS DATE) "
        "AS day, CAST(0 AS SMALLINT) AS minutes, CAST(1 AS SMALLINT) AS slots, "
        "CAST(0 AS SMALLINT) AS slot, direction = 'export' AS outward, kwh / days AS kwh, "
        f"CAST(CASE WHEN kwh IS NULL THEN {int(Quality.MISSING)} ELSE {substituted} END "
        f"AS UTINYINT) AS quality, raw_code, {method} AS method, "
        f"coalesce(seq, {batch_seq(batch)}) AS seq, line "
        f"FROM (SELECT *, unnest(range(days)) AS ahead FROM {totals})"
    )


def intervals_of_days(days: str, calendar: Calendar) -> str:
    """The INTERVALS relation of a DAYS relation (rows that have intervals), without `never`.

    Slots of a local day run in wall-clock order from its first instant; those with a fixed
    offset run from 00:00 at that offset. A day on which the clocks change, given with slots for
    24 hours all the same, has them by wall clock: those of a skipped hour are left out, those of
    an hour that comes twice stand for its first coming.
    """
    ahead = "to_minutes(CAST(pos * minutes AS INTEGER))"
    wall = f"(CAST(day AS TIMESTAMP) + {ahead})"
    by_wall = "(utc_offset_minutes IS NULL AND len(intervals) * minutes = 1440)"
    start = (
        f"CASE WHEN {by_wall} THEN {calendar.utc_of_local(wall)} "
        f"WHEN utc_offset_minutes IS NULL THEN {calendar.day_start_utc('day')} + {ahead} "
        f"ELSE {wall} - to_minutes(CAST(utc_offset_minutes AS INTEGER)) END"
    )
    letter = "slot_quality[CAST(pos + 1 AS BIGINT)]"
    coded = " ".join(f"WHEN '{c}' THEN {q}" for q, c in enumerate(QUALITY_LETTERS))
    quality = f"CASE WHEN slot_quality IS NULL THEN quality ELSE CASE {letter} {coded} END END"
    return (
        f"SELECT meter_id, {start} AS start_utc, "
        "minutes, direction, intervals[CAST(pos + 1 AS BIGINT)] AS kwh, "
        f"CAST({quality} AS UTINYINT) AS quality, raw_code, method, seq, line "
        f"FROM (SELECT *, unnest(range(len(intervals))) AS pos FROM {days} "
        "WHERE intervals IS NOT NULL AND minutes > 0) "
        f"WHERE NOT ({by_wall} AND {calendar.never(wall)})"
    )
