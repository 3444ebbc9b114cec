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
    _t("min_coverage", 0.75, "share",
       "a day with fewer actual slots says too little", "实测点不足的一天不作证据"),
    _t("dark_kwh", 0.05, "kWh/day",
       "under this nothing is switched on", "低于此值等于没有用电"),
    _t("low_kwh", 2.0, "kWh/day",
       "a home of people seldom uses less", "有人居住的家庭很少低于此值"),
    _t("low_share", 0.3, "share", "far below the home's own use", "远低于本户平时用电"),
    _t("catchup_share", 0.6, "share",
       "a value after a gap that holds this share of the gap's days",
       "中断后一次补回的电量占中断天数应有电量的比例"),
    _t("catchup_least", 1.5, "days",
       "and at least this many days' use", "且至少相当于这么多天的电量"),
    _t("hush_days", 7, "days",
       "zeros in a home whose load never rests are more likely a silent meter than a thrown "
       "switch, for this long", "从不断电的家庭突然为零，更像表计失联而非拉闸；此疑最长持续天数"),
    _t("stuck_kwh", 0.5, "kWh/day",
       "a load above this never repeats to the digit", "高于此值的负荷不会逐位相同"),
    _t("lived_memory", 30, "days",
       "memory of the home's own use", "本户平时用电的记忆长度"),
    _t("spread_floor", 0.3, "log",
       "no home is steadier than this from day to day", "家庭日用电波动的下限"),
    _t("drop_weight", 0.1, "points per spread",
       "a fall in use; days in a row are not independent witnesses",
       "用电下降；相邻日并非独立证据"),
    _t("stir_weight", 0.2, "points per block", "each two hours with something on",
       "每有一个时段有动静"),
    _t("round_weight", 2.0, "points per share",
       "people keep hours: their home's own daily round is in each day, an empty home's in none",
       "人有作息：有人之日含本户平时的昼夜起伏，空置之日则无"),
    _t("unrest_weight", 1.0, "points per log",
       "people sleep: their days differ from their small hours",
       "人要睡觉：有人则昼夜有别"),
    _t("crest_weight", 1.0, "points per log",
       "people cook, wash and light: some hours stand out", "做饭、洗浴、照明使某些时段突出"),
    _t("flat_weight", 0.7, "points per log",
       "appliances repeat themselves, people do not", "电器日复一日，人则不然"),
    _t("frugal_weight", 0.8, "points", "a small use that did not fall may be a frugal home",
       "用电虽少但未下降，可能是节俭住户"),
    _t("points_base", -0.1, "points",
       "what a day with no sign either way is worth", "无迹象之日的基数"),
    _t("daily_base", -0.35, "points", "the same, from the day's energy alone",
       "仅有日电量时的基数"),
    _t("daily_drop", 2.0, "points per log", "a fall weighs more when it is all there is to see",
       "仅有日电量时下降更重"),
    _t("daily_flat", 2.8, "share", "and so does sameness", "日复一日的相同亦然"),
    _t("leave_rate", 0.01, "per day", "a home empties about three times a year",
       "一户约每年空置三次"),
    _t("return_rate", 0.06, "per day", "an absence lasts about two weeks", "一次外出约两周"),
    _t("enter_days", 3, "days", "quiet days before a home is called empty", "判空前的连续静默天数"),
    _t("leave_days", 2, "days", "active days before a spell is over: one may be a visit",
       "结束判空前的活跃天数：一天可能只是来访"),
    _t("enter_probability", 0.5, "probability", "more likely empty than not", "空置可能性过半"),
)  # fmt: skip

RANGES: dict[str, tuple[float, float]] = {
    "min_coverage": (0.1, 1.0),
    "dark_kwh": (0.0, 1.0),
    "low_kwh": (0.2, 10.0),
    "low_share": (0.05, 0.9),
    "catchup_share": (0.2, 1.0),
    "catchup_least": (0.5, 5.0),
    "hush_days": (0, 30),
    "stuck_kwh": (0.05, 5.0),
    "lived_memory": (7, 120),
    "spread_floor": (0.05, 1.0),
    "drop_weight": (0.0, 1.0),
    "stir_weight": (0.0, 1.0),
    "round_weight": (0.0, 5.0),
    "unrest_weight": (0.0, 3.0),
    "crest_weight": (0.0, 3.0),
    "flat_weight": (0.0, 3.0),
    "frugal_weight": (0.0, 3.0),
    "points_base": (-2.0, 2.0),
    "daily_base": (-2.0, 2.0),
    "daily_drop": (0.0, 6.0),
    "daily_flat": (0.0, 6.0),
    "leave_rate": (0.001, 0.2),
    "return_rate": (0.005, 0.5),
    "enter_days": (1, 14),
    "leave_days": (1, 7),
    "enter_probability": (0.1, 0.99),
}
"""Within what a threshold may be tried out: beyond it the rules mean something else."""
