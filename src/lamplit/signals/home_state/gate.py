"""The gate: which days are evidence at all, and what is observed on them.

Missing is not zero. A day that is not read in full, not actual, silenced with its collector, stuck,
made up for in one value, or nobody's in particular, says nothing; it is unknown, never dark.
"""

from __future__ import annotations

from lamplit.domain.language import Text
from lamplit.signals.fold import Step

GATE = (
    Step(
        "read",
        "known(kwh) and coverage >= min_coverage and quality == 0",
        Text("read in full", "读数完整"),
    ),
    Step("zero", "read and kwh == 0", Text("exactly zero", "恰为零")),
    Step("zero_days", "zero_days + 1 if zero else (0.0 if read else zero_days)", carry=True),
    Step(
        "rests",
        "rests + 1 if read and not zero and zero_days >= 2 else rests",
        Text("times it has been at zero before", "此前归零次数"),
        carry=True,
    ),
    Step(
        "hushed",
        "zero and (floor_kwh > 0.1 or lived_days >= 7) and rests < 2 "
        "and next_zero_days <= hush_days",
        Text("zeros like those of a silent meter", "疑似表计失联的零值"),
    ),
    Step("known_home", "days_seen > 0 or known(kwh)"),
    Step(
        "gap_days", "0.0 if read and kwh > 0 else (gap_days + 1 if known_home else 0.0)", carry=True
    ),
    Step(
        "catchup",
        "read and gap_days >= 1 and lived_days >= 5 and "
        "kwh >= lived_kwh * greatest(catchup_share * (gap_days + 1), catchup_least)",
        Text("the energy of a gap in one value", "一次补回中断期间的电量"),
    ),
    Step(
        "same_days",
        "(same_days + 1 if kwh == last_kwh else 0.0) if read else same_days",
        carry=True,
    ),
    Step(
        "stuck",
        "read and kwh > stuck_kwh and "
        "not (abs(kwh - floor_kwh) <= 0.15 * floor_kwh + 0.1) and "
        "(peak_kw * 24 <= kwh * 1.0005 or (next_same_days >= 3 and kwh > 1))",
        Text("a stuck meter", "表计卡滞"),
        daily="read and not (abs(kwh - floor_kwh) <= 0.15 * floor_kwh + 0.1) "
        "and next_same_days >= 3 and kwh > 1",
    ),
    Step(
        "nameless",
        "shared == 1 or (solar == 1 and not known(kwh_export))",
        Text("a shared meter, or solar without an export register", "合表，或光伏无反向示数"),
    ),
    Step(
        "muted", "silent == 1 and (zero or not read)", Text("its collector is silent", "采集器失联")
    ),
    Step(
        "valid",
        "read and not (hushed or catchup or stuck or nameless or muted or swapped == 1)",
        Text("a day that counts", "有效日"),
    ),
    Step("last_kwh", "kwh if read else last_kwh", carry=True),
    Step(
        "reason",
        "0.0 if valid else (9.0 if nameless else (1.0 if not known(kwh) else "
        "(2.0 if quality != 0 else (3.0 if not read else (4.0 if muted else (5.0 if hushed else "
        "(6.0 if catchup else (7.0 if stuck else 8.0))))))))",
    ),
)

OBSERVED = (
    Step(
        "shaped",
        "known(base_kwh) and known(small_hours_kwh) and (solar == 0 or known(night_kwh))",
        Text("the course of the day is known", "有日内曲线"),
        daily="kwh != kwh",
    ),
    Step(
        "drawn",
        "greatest(kwh - night_kwh - 3.5 * small_hours_kwh, 0) if solar == 1 and shaped else 0.0",
        Text(
            "kWh that a solar home drew by day, beyond its standing load",
            "光伏户白昼从电网取用、高出待机的电量",
        ),
        daily="0.0 * zero_days",
    ),
    Step(
        "use",
        "night_kwh * 2.4 + drawn if solar == 1 and shaped else kwh",
        Text(
            "use of the day, kWh (solar homes: from the night hours and what they drew by day)",
            "当日用电（光伏户取夜间及白昼从电网所取）",
        ),
        daily="kwh",
    ),
    Step(
        "level",
        "log(use / peer + 0.1)",
        Text("log of use against the neighbours", "相对邻里的对数用电"),
    ),
    Step(
        "stirring",
        "active_blocks if shaped and solar == 0 else 0.0",
        Text("two-hour blocks above the standing load", "高于待机负荷的时段数"),
        daily="0.0 * level",
    ),
)
