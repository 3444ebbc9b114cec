"""The evidence: a day's log-odds points for "nobody was there", against the home's own days."""

from __future__ import annotations

from lamplit.domain.language import Text
from lamplit.signals.fold import Step

PARTS = ("small_hours", "morning", "midday", "afternoon", "evening", "late")
"""The parts of a day, four hours each."""
DAYLIGHT = ("morning", "midday", "afternoon")
"""Parts in which a roof may make what the home uses: left aside where there is solar."""


def _rounds() -> tuple[Step, ...]:
    """How much of the home's own daily round is in today: a matched filter over the day's parts.

    The round is learnt on lived-in days, each part against the day's mean. An empty home's load
    does not know the hour, whatever its pulses, so its share of the round averages to nothing.
    """
    night = " + ".join(f"{p}_kwh" for p in PARTS if p not in DAYLIGHT)
    whole = " + ".join(f"{p}_kwh" for p in PARTS)
    steps = [Step("part_mean", f"({night}) / 3 if solar == 1 else ({whole}) / 6")]
    for part in PARTS:
        rule = f"{part}_kwh - part_mean"
        if part in DAYLIGHT:
            rule = f"0.0 if solar == 1 else {rule}"
        steps.append(Step(f"{part}_off", rule))
    size = " + ".join(f"{p}_usual * {p}_usual" for p in PARTS)
    alike = " + ".join(f"{p}_off * {p}_usual" for p in PARTS)
    return (
        *steps,
        Step("whole", "shaped and known(part_mean)", daily="kwh != kwh"),
        Step(
            "round",
            f"clip(({alike}) / ({size} + 0.0096), -1.5, 2.5)",
            Text("share of the home's own daily round in today", "当日含平时作息的比例"),
        ),
        Step(
            "round_now",
            "round_now + 0.4 * (round - round_now) if valid and whole else round_now",
            Text("the same, of late", "近日含平时作息的比例"),
            carry=True,
            daily="round_now",
        ),
        Step(
            "round_points",
            "round_weight * (0.5 - next_round_now) if shaped else 0.0",
            Text("the daily round of people", "人的作息"),
            daily="0.0 * level",
        ),
    )


ROUND = _rounds()

EVIDENCE = (
    Step("spread", "greatest(sqrt(lived_var), spread_floor)"),
    Step(
        "below",
        "clip((lived_log - level) / spread, 0, 4)",
        Text("spreads below its own use", "低于平时的幅度（标准差）"),
    ),
    Step("drop_points", "drop_weight * below", Text("the fall in use", "用电下降")),
    Step(
        "sleeping",
        "6 * small_hours_kwh",
        Text("the small hours' rate, kWh a day", "凌晨水平（千瓦时/天）"),
    ),
    Step(
        "restless",
        "restless + 0.1 * (least(abs(sleeping - last_sleeping), 5) - restless) "
        "if valid and shaped and known(last_sleeping) else restless",
        Text("how far small hours differ from night to night", "各夜凌晨之差"),
        carry=True,
        daily="restless",
    ),
    Step(
        "last_sleeping",
        "sleeping if valid and shaped else last_sleeping",
        carry=True,
        daily="last_sleeping",
    ),
    Step(
        "awake",
        "((night_kwh - small_hours_kwh) * 4 + drawn if solar == 1 else kwh) - sleeping",
        Text("kWh of the day above the rate of its small hours", "当日高出凌晨水平的电量"),
    ),
    Step(
        "awake_now",
        "awake_now + 0.4 * (clip(awake / (0.9 * next_restless + 0.06), -6, 6) "
        "- awake_now) if valid and shaped else awake_now",
        Text("the same, in units of its own unrest, of late", "近日高出凌晨水平的倍数"),
        carry=True,
        daily="awake_now",
    ),
    Step(
        "unrest_points",
        "-unrest_weight * log(abs(next_awake_now) + 0.2) if shaped else 0.0",
        Text("more by day than in the small hours", "白昼多于凌晨"),
        daily="0.0 * level",
    ),
    *ROUND,
    Step(
        "stir_points",
        "stir_weight * (2 - least(stirring, 6)) if shaped and solar == 0 else 0.0",
        Text("stirrings in the day", "日内动静"),
        daily="0.0 * level",
    ),
    Step(
        "tiny_points",
        "clip((0.4 - use) * 5, 0, 1.5) if use < 0.5 * lived_kwh or lived_days < 3 else 0.0",
        Text("hardly anything is used", "几乎没有用电"),
    ),
    Step(
        "crest",
        "log(greatest(greatest(night_top_kwh - night_kwh / 5, drawn / 3) if solar == 1 "
        "else (top_kwh - kwh / 12), 0) + 0.03)",
        Text("the busiest two hours above the rest (log kWh)", "最忙两小时高出平均（对数）"),
    ),
    Step(
        "crest_fall",
        "clip(lived_crest - crest, -0.5, 2.5)",
        Text("how far the busiest hours fell", "高峰下降幅度"),
    ),
    Step(
        "crest_points",
        "crest_weight * crest_fall if shaped else 0.0",
        Text("no busy hours", "没有忙时"),
        daily="0.0 * level",
    ),
    Step("stepped", "(below > 1.5) != (last_below > 1.5)"),
    Step("last_below", "below if valid else last_below", carry=True),
    Step(
        "jump",
        "least(abs(use - last_use) / (0.06 * least(use, last_use) + 0.08), 6)",
        Text("how far today is from yesterday", "与前一日之差"),
    ),
    Step(
        "jumps",
        "(0.8 if stepped else jumps + 0.3 * (jump - jumps)) if valid and known(jump) else jumps",
        Text("how far days differ", "日间差异"),
        carry=True,
    ),
    Step("last_use", "use if valid else last_use", carry=True),
    Step(
        "flat_points",
        "-flat_weight * log(next_jumps + 0.2)",
        Text("sameness of days", "日复一日的相同"),
    ),
    Step(
        "frugal_points",
        "-frugal_weight * clip(1 - below, 0, 1) if use < 3 and use > 0.02 else 0.0",
        Text(
            "a small use that did not fall: somebody frugal may live there",
            "用电虽少但未下降：可能是节俭住户",
        ),
    ),
    Step(
        "daily_points",
        "clip(daily_base + daily_drop * clip(lived_log - level, -0.5, 3) "
        "+ daily_flat * flat_points + tiny_points + frugal_points, -4, 3)",
        Text("points from the day's energy alone", "仅凭日电量的得分"),
    ),
    Step(
        "points",
        "clip(points_base + frugal_points + drop_points + tiny_points + unrest_points "
        "+ round_points + stir_points + crest_points + flat_points, -6, 5) if shaped "
        "else daily_points",
        Text("points of the day", "当日合计"),
        daily="daily_points",
    ),
)
