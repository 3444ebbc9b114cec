"""The long lane: one line per reading, or a layout whose SQL gives intervals, days or registers."""

from __future__ import annotations

from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import ingest as problems
from lamplit.meters import slots
from lamplit.meters.layouts.base import Reject, SqlPlan
from lamplit.meters.quarantine import reject
from lamplit.services.blame import blaming
from lamplit.services.ingest.group import Staging
from lamplit.services.ingest.placing import settle, take
from lamplit.services.ingest.result import FileResult

GOOD_SUPPORT: Final = 12
"""Readings from which a meter's own times tell its interval length."""
_WITH_GRID: Final = (
    "(SELECT s.* REPLACE (coalesce(s.minutes, g.minutes) AS minutes) "
    "FROM stamps AS s JOIN grid AS g USING (meter_id))"
)


def stage_stamps(work: Staging, plan: SqlPlan, result: FileResult) -> list[Reject]:
    """One line per reading: settle interval length, zone and slot."""
    work.duck.drop(("stamps",))
    work.duck.run(
        "CREATE TEMP TABLE stamps AS SELECT *, CAST(NULL AS VARCHAR) AS method "
        f"FROM ({plan.select})"
    )
    try:
        read, bad, lengthless = work.duck.row(
            "SELECT count(*), count(bad), count(*) FILTER (WHERE minutes IS NULL "
            "AND bad IS NULL) FROM stamps"
        )
        result.rows.read += read
        rejects = [
            reject(line, code, raw or "", column or "")
            for line, code, column, raw in work.duck.rows(
                "SELECT line, bad, bad_field, raw FROM stamps WHERE bad IS NOT NULL"
            )
        ]
        if read > bad:
            if lengthless:
                _infer(work, result)
            relation = _WITH_GRID if lengthless else "stamps"
            rejects += settle(work, relation, result, stamp_end=plan.stamp_end)
        return rejects
    finally:
        work.duck.drop(("stamps", "grid", "known_grid"))


def _infer(work: Staging, result: FileResult) -> None:
    """Give each meter its interval length, in the table `grid`.

    From its own times where there are enough, else what the lake knows of it, else the
    file's common one. Raises LamplitError `ingest.interval-unknown`, `lake.file-damaged`.
    """
    work.look_at("stamps")
    work.duck.run(f"CREATE TEMP TABLE grid AS {slots.grids('stamps', per_meter=True)}")
    # Read by itself, so that a damaged lake is not taken for a fault of the file that comes in.
    with blaming(work.lake, work.duck, ("meter_id", "minutes", "day")):
        work.duck.run(
            "CREATE OR REPLACE TEMP TABLE known_grid AS SELECT meter_id, "
            f"arg_max(minutes, day) AS minutes FROM {_recent(work)} GROUP BY 1"
        )
    own = f"g.n >= {GOOD_SUPPORT} AND g.minutes IS NOT NULL"
    both = "grid AS g LEFT JOIN known_grid AS k USING (meter_id)"
    common: int | None = None
    if work.duck.value(f"SELECT count(*) FROM {both} WHERE NOT ({own}) AND k.minutes IS NULL"):
        common = work.common_length("stamps")
    work.duck.run(
        f"CREATE OR REPLACE TEMP TABLE grid AS SELECT g.meter_id, CAST(CASE WHEN {own} "
        f"THEN g.minutes ELSE coalesce(k.minutes, {'NULL' if common is None else common}, "
        f"g.minutes) END AS SMALLINT) AS minutes FROM {both}"
    )
    unknown = work.duck.value("SELECT count(*) FROM grid WHERE minutes IS NULL")
    if unknown:
        raise LamplitError(problems.INTERVAL_UNKNOWN, where=result.name, meters=unknown)
    lengths = work.duck.rows("SELECT DISTINCT minutes FROM grid ORDER BY 1")
    shown = ", ".join(str(m) if m else "day" for (m,) in lengths[:5])
    result.notes.append(
        Text(f"interval length from the times: {shown} min", f"由时间推断区间长度：{shown} 分钟")
    )


def _recent(work: Staging) -> str:
    span = work.lake.day_range()
    if span is None:
        return work.lake.sql(columns=("meter_id", "minutes", "day"))
    months = sorted({f.month for f in work.lake.files()})[-2:]
    files = [f for f in work.lake.files() if f.month in months]
    return work.lake.sql_of(files, columns=("meter_id", "minutes", "day"))


def stage_canonical(work: Staging, plan: SqlPlan, result: FileResult) -> list[Reject]:
    """A plan whose rows are intervals, days or registers already."""
    work.duck.drop(("canonical",))
    work.duck.run(f"CREATE TEMP TABLE canonical AS {plan.select}")
    try:
        result.rows.read += work.duck.value("SELECT count(DISTINCT line) FROM canonical")
        return take(work, "canonical", plan.relation, result)
    finally:
        work.duck.drop(("canonical",))
