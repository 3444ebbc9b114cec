"""Ausgrid's solar home data: as it was published (wide), and reshaped to one home's columns.

    Customer,Generator Capacity,Postcode,Consumption Category,date,0:30,1:00,…,0:00,Row Quality
    12,1.5,2076,GC,1/07/2011,0.392,0.578,…

    ,GC,GG                              2011-07-01 00:00:00,0.392,0.0

Published, a column's name ends its half hour, and 0:00 is the midnight at the end of the day. GC
is general consumption, CL controlled load (its own meter: `12-CL`), GG the generation of the
panels, measured on its own: it is kept as export. In the reshaped file a time starts its interval.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import ingest as problems
from lamplit.meters.layouts.base import Match, Options, Sample, Source, SqlPlan
from lamplit.meters.layouts.csvfile import cells, raw_line
from lamplit.meters.layouts.long import Texts, stamp_sql, stamps_plan
from lamplit.meters.layouts.names import tidy
from lamplit.meters.layouts.numbers import number_sql
from lamplit.meters.layouts.wide import points_of

_CUSTOMER = re.compile(r"customer[_ -]?(\d+)", re.IGNORECASE)
REASONS: Final = {
    "ausgrid.category": Text("the category is none of GC, CL, GG", "类别不是 GC、CL、GG 之一"),
}


@dataclass(frozen=True, slots=True)
class Ausgrid:
    """Ausgrid's solar homes."""

    name: str = "ausgrid"
    label: Text = Text("Ausgrid solar homes", "Ausgrid 光伏家庭")

    @property
    def reasons(self) -> dict[str, Text]:
        """Why a row of this layout may be rejected, besides the common reasons."""
        return REASONS

    def sniff(self, sample: Sample) -> Match | None:
        """Fits when the published header is there, or a time beside GC and GG."""
        header = [tidy(cell) for cell in sample.header]
        if {"customer", "consumption_category", "date"} <= set(header):
            return Match(0.97, Text("Ausgrid's published header", "Ausgrid 公布的表头"))
        if len(header) in (3, 4) and {"gc", "gg"} <= set(header[1:]):
            return Match(0.92, Text("columns GC and GG by time", "按时间的 GC、GG 列"))
        return None

    def plan(self, source: Source, options: Options, *, patient: bool = False) -> SqlPlan:
        """The days, or the stamps, of the file.

        Raises LamplitError `ingest.no-meter-id`, `ingest.missing-column`.
        """
        header = [tidy(cell) for cell in source.sample.header]
        if "customer" in header:
            return _published(source, options, header)
        return _reshaped(source, options, header)


LAYOUT = Ausgrid()


def _published(source: Source, options: Options, header: list[str]) -> SqlPlan:
    sample = source.sample
    points = points_of(sample.header)
    wanted = ("customer", "consumption_category", "date")
    missing = [c for c in wanted if c not in header] or ([] if points else ["0:30"])
    if missing or points is None:
        raise LamplitError(
            problems.MISSING_COLUMN,
            where=sample.name,
            column=missing[0],
            columns=", ".join(sample.header[:30]),
        )
    customer, category, day = (header.index(c) for c in wanted)
    values = [number_sql(f"c{p}") for p in points.places]
    rest = {"day": day}
    texts = Texts(sample)
    quality = f"c{header.index('row_quality')}" if "row_quality" in header else "NULL"
    worst = " OR ".join(f"v[{i + 1}] < 0 OR v[{i + 1}] > {options.max_kwh}" for i in range(48))
    bad = (
        "CASE WHEN customer IS NULL THEN 'no-meter' WHEN day IS NULL THEN 'not-a-time' "
        "WHEN category NOT IN ('GC', 'CL', 'GG') OR category IS NULL THEN 'ausgrid.category' "
        f"WHEN len(list_filter(v, lambda x: x IS NOT NULL)) = 0 THEN 'not-a-number' "
        f"WHEN {worst} THEN 'negative' END"
    )
    parsed = (
        f"SELECT line, {texts.text(customer)} AS customer, upper({texts.text(category)}) "
        f"AS category, CAST({stamp_sql(texts, sample, rest)} AS DATE) AS day, "
        f"[{', '.join(values)}] AS v, nullif(trim({quality}), '') AS raw_code, "
        f"{raw_line(len(header))} AS raw FROM {cells(source)}"
    )
    lines = f"CREATE OR REPLACE TEMP TABLE ausgrid_lines AS SELECT *, {bad} AS bad FROM ({parsed})"
    # The published notes say: NA in Row Quality marks estimated or substituted rows.
    select = (
        "SELECT CASE WHEN category = 'CL' THEN customer || '-CL' ELSE customer END AS meter_id, "
        f"day, CAST({points.minutes} AS SMALLINT) AS minutes, "
        "CASE WHEN category = 'GG' THEN 'export' ELSE 'import' END AS direction, "
        "v AS intervals, CAST(NULL AS DOUBLE) AS kwh, "
        "CAST(CASE WHEN raw_code IS NULL THEN 0 ELSE 1 END AS UTINYINT) AS quality, "
        "CAST(NULL AS VARCHAR) AS slot_quality, raw_code, CAST(NULL AS VARCHAR) AS method, "
        "CAST(NULL AS BIGINT) AS seq, CAST(NULL AS SMALLINT) AS utc_offset_minutes, line "
        "FROM ausgrid_lines WHERE bad IS NULL"
    )
    rejects = (
        "SELECT line, CAST(NULL AS VARCHAR) AS field, bad AS code, raw FROM ausgrid_lines "
        "WHERE bad IS NOT NULL"
    )
    return SqlPlan("days", select, steps=(("lines", lines),), rejects=rejects, notes=(_GROSS,))


def _reshaped(source: Source, options: Options, header: list[str]) -> SqlPlan:
    meter = options.meter_id
    if meter is None:
        named = _CUSTOMER.search(source.sample.name)
        if named is None:
            raise LamplitError(problems.NO_METER_ID, where=source.sample.name)
        meter = named[1]
    found = {"time": 0, "kwh": header.index("gc"), "kwh_export": header.index("gg")}
    return replace(stamps_plan(source, replace(options, meter_id=meter), found), notes=(_GROSS,))


_GROSS: Final = Text(
    "generation (GG) is metered on its own, and kept as export",
    "发电量（GG）单独计量，记为反向电量",
)
