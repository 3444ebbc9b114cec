"""What makes meters and homes hard to read: each confounder, its share, its place in the truth.

A set of confounders is one 64-bit mask; `words_of` spells it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from lamplit.domain.language import Text


@dataclass(frozen=True, slots=True)
class Confounder:
    """One confounder.

    `share` is of homes (or of what `per` says) over 60 days at rate 1. Faults spoil the reading,
    traits are ways of the home itself.
    """

    code: str
    text: Text
    share: float
    per: str = "home"
    fault: bool = False


CONFOUNDERS: tuple[Confounder, ...] = (
    Confounder("comms_gap", Text("absent rows", "通信中断缺行"), 0.08, fault=True),
    Confounder("zero_gap_catchup", Text("zeros, then catch-up", "补零后补录"), 0.025, fault=True),
    Confounder("zero_gap", Text("zeros, energy lost", "补零且未补录"), 0.015, fault=True),
    Confounder("silent_collector", Text("silent collector", "采集器失联"), 0.04, "collector", True),
    Confounder("outage", Text("outage", "停电"), 0.04, "building", True),
    Confounder("estimated", Text("estimated reads", "估算读数"), 0.04, fault=True),
    Confounder("stuck_meter", Text("stuck value", "读数重复不变"), 0.006, fault=True),
    Confounder("frozen_register", Text("frozen register", "示数冻结后跳变"), 0.008, fault=True),
    Confounder("meter_swap", Text("meter replaced", "换表"), 0.012, fault=True),
    Confounder("register_rollover", Text("register rolls over", "示数翻转"), 0.005, fault=True),
    Confounder("solar", Text("rooftop solar", "屋顶光伏"), 0.025),
    Confounder("solar_no_export", Text("solar, no export register", "光伏无反向示数"), 0.008),
    Confounder("shared_meter", Text("shared meter", "合用电表"), 0.012),
    Confounder("sublet", Text("sublet room", "转租房间"), 0.012),
    Confounder("frost_guard", Text("frost guard", "防冻加热"), 0.025),
    Confounder("heating_left_on", Text("heating left on", "外出未关采暖"), 0.03),
    Confounder("ev", Text("electric car", "电动汽车"), 0.04),
    Confounder("timer_heater", Text("water heater on a timer", "定时热水器"), 0.05),
    Confounder("high_base", Text("aquarium or server", "鱼缸或服务器"), 0.025),
    Confounder("dehumidifier", Text("dehumidifier", "除湿机"), 0.025),
    Confounder("security_timer", Text("lamp on a timer", "定时灯"), 0.03),
    Confounder("visit", Text("visit to an empty home", "空户有人探访"), 0.2, "long absence"),
    Confounder(
        "overnight_return", Text("back for one night", "临时返回一晚"), 0.08, "long absence"
    ),
    Confounder("frozen_high", Text("stuck heater", "电器恒定运行"), 0.004),
    Confounder("routine_broken", Text("routine broken", "作息异常"), 0.06, "consenting person"),
    Confounder("late_correction", Text("corrected later", "事后更正"), 0.02, fault=True),
    Confounder("cut_off", Text("supply cut, prepaid balance empty", "欠费停电"), 0.003),
    Confounder("base_shift", Text("a new standing load", "新增常开电器"), 0.03),
    Confounder("partial_absence", Text("one stays while others travel", "部分家人外出"), 0.05),
    Confounder("renovation", Text("workmen by day", "装修施工"), 0.06, "empty home"),
    Confounder("dst_day", Text("clock change", "夏令时切换日"), 1.0, "day"),
)
"""Every confounder; its place is its bit."""

BIT = {c.code: np.uint64(1) << np.uint64(i) for i, c in enumerate(CONFOUNDERS)}
"""The mask of each confounder by code."""

SHARE = {c.code: c.share for c in CONFOUNDERS}
"""The declared share of each confounder at rate 1, by code."""


@cache
def words_of(mask: int) -> str:
    """The codes in a mask, joined by ';' in the order of CONFOUNDERS; '' for none."""
    return ";".join(c.code for i, c in enumerate(CONFOUNDERS) if mask >> i & 1)
