"""Ready-made towns: how much goes wrong in them, who leaves, what the weather does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from lamplit.domain.language import Text

Layout = Literal["long", "wide", "daily", "registers"]
FileFormat = Literal["parquet", "csv"]

LAYOUTS: tuple[Layout, ...] = ("long", "wide", "daily", "registers")
FORMATS: tuple[FileFormat, ...] = ("parquet", "csv")
MINUTES = (15, 30, 60)


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of town.

    `rate` multiplies every confounder's share. `leave_share` is the share of ordinary homes that
    empty for 3 days or more in 60 days; `short_trips` the mean number of shorter trips in 60 days.
    An exodus empties `exodus_share` of the ordinary homes around day `exodus_day`.
    `cold_snap` and `heat_wave` are in degrees Celsius.
    """

    name: str
    text: Text
    start: date
    rate: float
    leave_share: float
    short_trips: float = 0.5
    exodus_share: float = 0.0
    exodus_day: int = 0
    cold_snap: float = 0.0
    heat_wave: float = 0.0
    layout: Layout = "wide"


PRESETS: dict[str, Preset] = {
    p.name: p
    for p in (
        Preset(
            "plain",
            Text("people and appliances, hardly a fault", "人与电器，几乎无故障"),
            date(2024, 3, 4),
            0.1,
            0.12,
        ),
        Preset(
            "demo",
            Text("every confounder at its usual share", "各类干扰按常见比例"),
            date(2024, 1, 1),
            1.0,
            0.22,
            cold_snap=6.0,
        ),
        Preset(
            "hard",
            Text("every confounder three times as often", "各类干扰为常见的三倍"),
            date(2023, 12, 1),
            3.0,
            0.28,
            short_trips=0.8,
            cold_snap=8.0,
        ),
        Preset(
            "festival",
            Text("half of the town leaves within days", "春节前后半城返乡"),
            date(2024, 1, 8),
            1.0,
            0.10,
            exodus_share=0.58,
            exodus_day=28,
            cold_snap=5.0,
        ),
        Preset(
            "summer",
            Text("a heat wave over every air conditioner", "高温热浪，空调齐开"),
            date(2024, 6, 10),
            1.0,
            0.22,
            heat_wave=5.0,
        ),
        Preset(
            "daily",
            Text("daily energy only", "仅有日电量"),
            date(2024, 1, 1),
            1.0,
            0.22,
            cold_snap=6.0,
            layout="daily",
        ),
    )
}
"""Every preset by name."""
