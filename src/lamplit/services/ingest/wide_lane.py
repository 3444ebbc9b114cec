"""The wide lane: a file of one row per meter and day, copied straight to rows of the lake."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from lamplit.engine.duckdb import quoted
from lamplit.meters import meterday, slots
from lamplit.meters.lake import PARQUET
from lamplit.meters.layouts.base import Options, Reject, Source, SqlPlan
from lamplit.meters.localtime import always
from lamplit.meters.quarantine import reject
from lamplit.services.ingest.group import Staging
from lamplit.services.ingest.placing import settle
from lamplit.services.ingest.result import FileResult
from lamplit.services.ingest.split_rejects import split_count

PROBES: Final = 64
PARTS: Final = 1 << 20
"""More than the files that a group's wide rows are written to."""
_YEAR_MONTH: Final = re.compile(rb"(\d{4})\D{0,3}(\d{1,2})")


def stage_wide(
    work: Staging,
    source: Source,
    plan: SqlPlan,
    options: Options,
    result: FileResult,
    *,
    patient: bool,
) -> list[Reject] | None:
    """Copy a wide file straight to rows of the lake; None when it must be read patiently."""
    work.group.unique = False
    odd = always(work.timezone).odd_days()
    moved = plan.shift_minutes or work.source_zone != work.timezone
    aside = "true" if moved else "false"
    if odd and aside == "false":
        aside = f"day IN ({', '.join(f'DATE {quoted(str(d))}' for d in odd)})"
    wide = f"SELECT *, {aside} AS aside FROM ({plan.select})"
    seq = slots.batch_seq(result.batch)
    rows = meterday.rows_of_wide(wide, plan.points, result.batch, seq, options.max_kwh)
    target = work.wide_folder(result.batch)
    target.mkdir()
    one_month = not patient and _of_one_month(source, plan.day_column)
    _copy_wide(work, rows, target, one_month=one_month)
    if not patient and (split_count(work.duck) or _needs_lines(work, target, result)):
        shutil.rmtree(target)
        return None
    return _sort_lanes(work, target, plan, result)


def _of_one_month(source: Source, at: int | None) -> bool:
    """Whether lines from all over the file name a day of one month in column `at`."""
    if source.sample.parquet is not None or at is None:
        return False
    size, delimiter = source.path.stat().st_size, source.sample.delimiter.encode()
    months = set()
    with source.path.open("rb") as stream:
        for part in range(PROBES):
            stream.seek(size * part // PROBES)
            # The first line found there is most likely cut; at the start, it is the header.
            stream.readline()
            cells = stream.readline().split(delimiter)
            if at < len(cells) and (found := _YEAR_MONTH.match(cells[at].strip(b' "'))):
                months.add((int(found[1]), int(found[2])))
    return len(months) == 1


def _copy_wide(work: Staging, rows: str, target: Path, *, one_month: bool) -> None:
    """Write rows by lane, as `lane=202501/*.parquet`.

    Writing by lane costs an eighth more than writing one file. So where a look at the file
    found one month, one file is written; should it hold more after all, it is split.
    """
    by_lane = f"({PARQUET}, PARTITION_BY (lane), OVERWRITE_OR_IGNORE)"
    if not one_month:
        work.duck.run(f"COPY ({rows}) TO {quoted(str(target))} {by_lane}")
        return
    whole = target / "whole.parquet"
    work.duck.run(f"COPY ({rows}) TO {quoted(str(whole))} ({PARQUET})")
    found = work.duck.rows(f"SELECT DISTINCT lane FROM {quoted(str(whole))}")
    lanes = [lane for (lane,) in found]
    if len(lanes) == 1:
        (target / f"lane={lanes[0]}").mkdir()
        whole.rename(target / f"lane={lanes[0]}" / "whole.parquet")
    elif lanes:
        work.duck.run(f"COPY (FROM {quoted(str(whole))}) TO {quoted(str(target))} {by_lane}")
    whole.unlink(missing_ok=True)


def _needs_lines(work: Staging, target: Path, result: FileResult) -> bool:
    """Whether lines must be counted after all: to quarantine them, or to tell which is later.

    Counting lines costs DuckDB its second thread, so it is left out at first.
    """
    if list(target.glob(f"lane={meterday.BAD_LANE}/*")):
        return True
    inward = f"FILTER (WHERE lane <> {meterday.OUTWARD_LANE})"
    rows, keys, result.meters, result.day_min, result.day_max, result.usual = work.duck.row(
        f"SELECT count(*), count(DISTINCT (meter_id, day, lane = {meterday.OUTWARD_LANE})), "
        f"count(DISTINCT meter_id) {inward}, min(day) {inward}, max(day) {inward}, "
        f"approx_quantile(kwh, 0.5) {inward} FROM read_parquet("
        f"{quoted(str(target / '*' / '*.parquet'))}, hive_partitioning = true)"
    )
    work.group.unique = rows == keys
    return bool(rows != keys)


def _sort_lanes(work: Staging, target: Path, plan: SqlPlan, result: FileResult) -> list[Reject]:
    """Sort a staged wide file's parts: what may land, what is bad, what must be laid out."""
    rejects: list[Reject] = []
    for at, part in enumerate(sorted(target.rglob("*.parquet"))):
        lane = int(part.parent.name.removeprefix("lane="))
        read = work.duck.value(f"SELECT count(*) FROM {quoted(str(part))}")
        result.rows.read += read
        if lane == meterday.BAD_LANE:
            sql = f"SELECT line, raw_code, meter_id, day FROM {quoted(str(part))}"
            rejects += [
                reject(line, code, f"{meter or ''},{day or ''}")
                for line, code, meter, day in work.duck.rows(sql)
            ]
        elif lane in (meterday.ASIDE_LANE, meterday.OUTWARD_LANE):
            _lay_out(work, _told(part, at), plan, result, lane == meterday.OUTWARD_LANE)
        else:
            kept = work.group.folder / f"{target.name}-{lane}-{part.stem}.parquet"
            part.rename(kept)
            work.group.wide.append(kept)
    shutil.rmtree(target)
    return rejects


def _told(part: Path, at: int) -> str:
    """A part's rows, each with a `line` of its own: negative where lines were not counted.

    Below those that `Landing` makes up for the rows that land as they are, since a line is what
    rows are counted by.
    """
    line = f"coalesce(line, -1 - file_row_number - (CAST({PARTS + at} AS BIGINT) << 40))"
    rows = f"read_parquet({quoted(str(part))}, file_row_number = true)"
    return f"SELECT * REPLACE ({line} AS line) FROM {rows}"


def _lay_out(work: Staging, rows: str, plan: SqlPlan, result: FileResult, outward: bool) -> None:
    """Wide rows of export, shifted, or of days on which the clocks change: slot by slot."""
    minutes = 1440 // plan.points
    shifted = f"CAST(slot * {minutes} + {plan.shift_minutes} AS INTEGER)"
    stamps = (
        f"SELECT meter_id, CAST(day AS TIMESTAMP) + to_minutes({shifted}) AS stamp, "
        f"false AS is_utc, CAST({minutes} AS SMALLINT) AS minutes, kwh, "
        f"kwh AS kwh_export, {not outward} AS has_import, {outward} AS has_export, "
        "CAST(CASE WHEN kwh IS NULL THEN 3 ELSE quality END AS UTINYINT) AS quality, raw_code, "
        f"method, seq, line, NULL AS bad FROM ({meterday.slots_of_rows(rows)})"
    )
    work.duck.run(f"CREATE TEMP TABLE laid AS {stamps}")
    # An hour that the clocks skip has columns but no energy; an hour that comes twice has
    # one set of columns, which stands for its first coming.
    settle(work, "laid", result, stamp_end=False, skip_never=True)
    work.duck.drop(("laid",))
