"""The constants of the home-state rules, each with its unit and the reason for its value.

They are reasons, not fits: DETECTION literature, the physics of standing loads, and plain costs.
An operator overrides one by name in `[detector]` of lamplit.toml.
"""

from __future__ import annotations

from lamplit.domain.language import Text
from lamplit.signals.fold import Threshold


def _t(name: str, value: float, unit: str, en: str, zh: str) -> Threshold:
    return Threshold(name, value, unit, Text(en, zh))


THRESHOLDS = (
    _t("min_coverage", 0.75, "share", "a day with fewer actual slots says too little",
       "实测点不足的一天不作证据"),
    _t("dark_kwh", 0.05, "kWh/day", "under this nothing is switched on", "低于此值等于没有用电"),
    _t("low_kwh", 2.0, "kWh/day", "a home of people seldom uses less", "有人居住的家庭很少低于此值"),
    _t("low_share", 0.3, "share", "far below the home's own use", "远低于本户平时用电"),
    _t("catchup_share", 0.6, "share", "a value after a gap that holds this share of the gap's days",
       "中断后一次补回的电量占中断天数应有电量的比例"),
    _t("catchup_least", 1.5, "days", "and at least this many days' use", "且至少相当于这么多天的电量"),
    _t("hush_days", 10, "days",
       "an exact zero from midnight to midnight in a home whose load never rests is more likely a "
       "silent meter than a thrown switch, for this long",
       "从不断电的家庭突然整日为零，更像表计失联而非拉闸；此疑最长持续天数"),
    _t("stuck_kwh", 0.5, "kWh/day", "a load above this never repeats to the digit",
       "高于此值的负荷不会逐位相同"),
    _t("lived_memory", 30, "days", "memory of the home's own use", "本户平时用电的记忆长度"),
    _t("spread_floor", 0.3, "log", "no home is steadier than this from day to day",
       "家庭日用电波动的下限"),
    _t("empty_spread", 0.3, "log", "how far standing loads wander", "空置负荷的波动"),
    _t("temper", 0.7, "share", "days in a row are not independent witnesses", "相邻日并非独立证据"),
    _t("active_temper", 0.6, "share", "blocks in a day are not independent witnesses",
       "同一天各时段并非独立证据"),
    _t("empty_active", 0.4, "blocks/day", "stirrings of an empty home: a defrost, a boiler",
       "空置家庭偶有的动静：化霜、保温"),
    _t("leave_rate", 0.01, "per day", "a home empties about three times a year",
       "一户约每年空置三次"),
    _t("return_rate", 0.06, "per day", "an absence lasts about two weeks", "一次外出约两周"),
    _t("enter_days", 3, "days", "quiet days before a home is called empty", "判空前的连续静默天数"),
    _t("leave_days", 2, "days", "active days before a spell is over: one may be a visit",
       "结束判空前的活跃天数：一天可能只是来访"),
    _t("enter_probability", 0.5, "probability", "more likely empty than not", "空置可能性过半"),
)
