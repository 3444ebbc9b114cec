"""The Low Carbon London trial's layout: one line per half hour, stamped with its END, in GMT.

    LCLid,tstp,energy(kWh/hh)                              MAC000002,2013-01-01 00:00:00, 0.219
    LCLid,stdorToU,DateTime,KWH/hh (per half hour)         MAC000002,Std,2012-10-12 00:30:00, 0
    meter_id, time, kwh                                    (a Parquet copy, known by its meter ids)

The trial has 48 stamps a day all year, also where British clocks change, so its stamps are GMT.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from lamplit.domain.language import Text
from lamplit.meters.layouts.base import Match, Options, Sample, Source, SqlPlan
from lamplit.meters.layouts.long import require, stamps_plan
from lamplit.meters.layouts.names import find_columns, tidy

COLUMNS: Final = ("meter_id", "time", "kwh")
_METER = re.compile(r"^MAC\d{6}$")


@dataclass(frozen=True, slots=True)
class London:
    """The London trial."""

    name: str = "london"
    label: Text = Text("Low Carbon London trial", "伦敦低碳试验")

    def sniff(self, sample: Sample) -> Match | None:
        """Fits when the trial's own header is there, or every meter id is one of the trial's."""
        header = [tidy(cell) for cell in sample.header]
        if "lclid" in header and ({"tstp", "datetime"} & set(header)):
            return Match(0.95, Text("the trial's header (LCLid)", "试验的表头（LCLid）"))
        found = find_columns(sample.header, {}, COLUMNS)
        if found.keys() != set(COLUMNS):
            return None
        ids = {row[found["meter_id"]] for row in sample.rows if len(row) == len(sample.header)}
        if ids and all(_METER.match(i) for i in ids):
            example = min(ids)
            return Match(
                0.9,
                Text(
                    f"the trial's meter ids ({example}), so times end their half hour, in GMT; "
                    "choose the layout long if yours do not",
                    f"试验的表号（{example}），时间为半小时结束时刻（GMT）；如不是请指定布局 long",
                ),
            )
        return None

    def plan(self, source: Source, options: Options, *, patient: bool = False) -> SqlPlan:
        """The stamps of the file. Raises LamplitError `ingest.missing-column`."""
        sample = source.sample
        found = find_columns(sample.header, options.columns, COLUMNS)
        require(sample, found, options)
        said = replace(options, stamp=options.stamp or "end", minutes=options.minutes or 30)
        return stamps_plan(source, said, found, zone="UTC")


LAYOUT = London()
