"""The constants of the routine rules, each with its unit and the reason for its value.

They are reasons first; the weights of the points were rounded from two simulated towns that are
named in docs/reference/routine.md, and measured on others. An operator overrides one by name in
`[detector]` of lamplit.toml.
"""

from __future__ import annotations

from lamplit.domain.language import Text
from lamplit.signals.fold import Threshold


def _t(name: str, value: float, unit: str, en: str, zh: str) -> Threshold:
    return Threshold(name, value, unit, Text(en, zh))


THRESHOLDS = (
    _t("routine_days", 14, "days", "fewer days of its own show no usual round",
       "本户有效日不足则看不出作息"),
    _t("routine_spreads", 2.0, "spreads", "a quieter day comes once in forty by chance",
       "更安静的一天约四十天才偶见一次"),
    _t("routine_spread_floor", 0.25, "log", "no home is steadier than this from day to day",
       "家庭日间波动的下限"),
    _t("routine_alike", 0.3, "correlation", "under this the hours are not the usual ones",
       "低于此值则当日时段与往常不符"),
    _t("routine_echo", 0.3, "share",
       "a faint echo of the usual hours in next to no activity is chance, not people",
       "活动量极小时与往常相似只是巧合"),
    _t("routine_late_hours", 2.0, "hours", "a lie-in is shorter than this", "睡懒觉不会更久"),
    _t("routine_base", -6.4, "points", "seldom does nobody stir in a home in use: one day in 600",
       "有人居住的家庭极少全天无动静：约六百天一次"),
    _t("routine_fall_weight", 0.75, "points per spread", "the fall of the day's activity",
       "当日活动量的下降"),
    _t("routine_unlike_weight", 5.0, "points per correlation",
       "how far the hours are from the usual ones", "时段与往常不符的程度"),
    _t("routine_eve_fall_weight", 0.35, "points per spread",
       "a day before that was quiet too; neighbouring days are not independent",
       "前一日同样安静；相邻日并非独立"),
    _t("routine_eve_unlike_weight", 4.0, "points per correlation",
       "a day before at other hours too", "前一日时段同样不符"),
    _t("routine_least", 0.2, "probability",
       "at least one call in five is to be right, as with the lists welfare offices work from",
       "至少五次探问中有一次属实，与现行民政摸排名单相当"),
    _t("routine_over", 0.1, "probability",
       "a day after at or under this is back to the usual round: nobody need call",
       "次日不高于此值即已恢复作息，无需探问"),
)  # fmt: skip

DAYS_BEFORE = 28
"""Days before the day that its usual round is taken from."""
USE_KWH = 0.05
"""A slot is in use when it is this much above the standing load (200 W at 15 minutes) …"""
USE_STEPS = 2.0
"""… and this many steps of the meter, …"""
USE_NIGHT = 0.98
"""… and more than this share of the slots of the small hours, which holds what runs by itself."""
WAKING_HOUR = 4.0
"""The first use of a day is looked for from here on; before it is the evening before."""
NIGHT_HOURS = (0.0, 5.0)
LATE_QUANTILE = 0.95
