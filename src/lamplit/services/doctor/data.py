"""What lies in the home: the lake against its manifest, its days, and the nights."""

from __future__ import annotations

import json
import statistics
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import doctor as problems
from lamplit.domain.problems import lake as lake_problems
from lamplit.domain.problems import night as night_problems
from lamplit.engine.duckdb import DuckError
from lamplit.meters.lake import Lake
from lamplit.services import compact
from lamplit.services.blame import blamed
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night import ledger
from lamplit.services.night.advance import detector, rules_mark
from lamplit.services.night.snapshots import read_manifest

if TYPE_CHECKING:
    from lamplit.services.doctor.examine import Check

SPAN = 31
"""Days back from the last for which missing ones are looked for."""
FRESH_DAYS = 2
"""Readings of the day before yesterday are as late as a daily export brings them."""
THIN = 0.6
"""Part of the usual meters below which a day is called thin."""
SHOWN = 5


def lake(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """Each file is there, whole, and has the rows that the manifest lists."""
    kept = Lake(home)
    files = kept.files()
    check.facts |= {"files": len(files), "batches": len(kept.manifest.batches)}
    if deep:
        check.problems += compact.verify(home, deep=True)
    else:
        for file in files:
            cause = ""
            try:
                with kept.open(file) as stream:
                    rows = pq.read_metadata(stream).num_rows
            except LamplitError as missing:
                check.problems.append(missing)
            except (OSError, pa.ArrowException) as fault:
                cause = str(fault).partition("\n")[0]
            else:
                cause = "" if rows == file.rows else f"{rows} ≠ {file.rows}"
            if cause:
                where = kept.where(file)
                check.problems.append(
                    LamplitError(lake_problems.FILE_DAMAGED, where=where, cause=cause)
                )
    check.facts["unlisted"] = len(kept.unlisted())


def days(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """Whether readings keep coming, and none of the last days are missing."""
    kept = Lake(home)
    span = kept.day_range()
    if span is None:
        check.facts["last"] = None
        return
    last = span[1]
    check.facts |= {"first": span[0], "last": last}
    today = now.astimezone(ZoneInfo(home.timezone)).date()
    age = (today - last).days
    if age < 0:
        check.warnings.append(LamplitError(problems.DAYS_AHEAD, day=last))
    elif age > FRESH_DAYS:
        check.warnings.append(LamplitError(problems.STALE_DAYS, last=last, days=age))
    first = max(span[0], last - timedelta(SPAN - 1))
    # Base files alone: what deltas add to a day is seldom a day.
    files = [file for file in kept.files(first, last) if file.kind == "base"]
    if None in kept.sizes(files):
        return  # the check of the lake tells
    with open_engine(home) as con:
        days_sql = kept.sql_of(files, first, last, ("day",))
        try:
            counts = dict(con.rows(f"SELECT day, count(*) FROM {days_sql} GROUP BY day"))
        except DuckError as fault:
            raise blamed(kept, con, ("day",), fault) from fault
    asked = [first + timedelta(n) for n in range((last - first).days + 1)]
    usual = statistics.median(counts.values()) if counts else 0
    check.facts["meters_a_day"] = int(usual)
    missing = [day for day in asked if day not in counts]
    thin = [day for day in asked if 0 < counts.get(day, 0) < THIN * usual]
    for problem, found in ((problems.MISSING_DAYS, missing), (problems.THIN_DAYS, thin)):
        if found:
            shown = ", ".join(map(str, found[:SHOWN])) + (" …" if len(found) > SHOWN else "")
            check.warnings.append(
                LamplitError(problem, span=len(asked), count=len(found), days=shown)
            )


def nights(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """Whether the states are whole, of these rules, and up to the last readings."""
    manifest, kept = read_manifest(home.state_dir), Lake(home)
    check.facts["through"] = manifest.through or None
    span = kept.day_range()
    shelf = home.state_shelf
    for name in sorted(manifest.named()):
        try:
            with shelf.open(name) as stream:
                pq.read_metadata(stream)
        except (OSError, pa.ArrowException):
            error = LamplitError(night_problems.STATE_DAMAGED, where=shelf.where(name))
            check.problems.append(error)
    begun = _begun(home)
    if begun:
        check.warnings.append(LamplitError(problems.CUT_OFF, done=begun))
    if span is None:
        return
    through = date.fromisoformat(manifest.through) if manifest.through else None
    waiting = kept.last_batch() - manifest.batch
    if through is None or through < span[1]:
        check.warnings.append(
            LamplitError(problems.NIGHTS_BEHIND, through=through or "–", last=span[1])
        )
    elif waiting > 0:
        check.warnings.append(LamplitError(problems.LATE_WAITING, count=waiting))
    if through and manifest.rules != rules_mark(detector(home)):
        check.warnings.append(LamplitError(problems.OTHER_RULES))


def _begun(home: Home) -> int:
    """Shards done of a night that was cut off."""
    try:
        found: dict[str, Any] = json.loads((home.state_dir / ledger.NAME).read_text("utf-8"))
        return len(found["shards"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
