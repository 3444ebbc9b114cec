"""The fold of a home's days: gate, evidence, belief, state.

Method. A home is empty or lived in (two hidden states); each valid day gives additive log-odds
points for "nobody was there", and the belief is carried forward by the chances of leaving and of
returning (a two-state hidden Markov filter, whose sum of points is the CUSUM of DETECTION clipped
by those chances). States carry hysteresis on top, so that one odd day opens or closes nothing.

Each name below is a column that `lamplit explain` prints with its number.
"""

from __future__ import annotations

from lamplit.domain.language import Text
from lamplit.signals.fold import Fold, Step
from lamplit.signals.home_state.thresholds import THRESHOLDS

INPUTS = (
    "day",  # days since 1970-01-01
    "kwh", "kwh_export", "coverage", "quality",
    "base_kwh", "top_kwh", "night_base_kwh", "night_top_kwh", "night_kwh", "small_hours_kwh",
    "morning_kwh", "midday_kwh", "afternoon_kwh", "evening_kwh", "late_kwh",
    "active_blocks", "peak_kw", "zero_slots",
    "peer",  # the community's use against its own recent past; 1 where unknown
    "silent",  # 1 where the collector or the whole building reads nothing
    "swapped",  # 1 on a day on which the home's meter was changed
    "solar", "shared",
)  # fmt: skip

STARTS = {
    "belief": 0.1,
    "lived_log": 0.4, "lived_var": 0.36, "lived_kwh": 0.0, "lived_days": 0.0,
    "lived_crest": -1.9, "jumps": 0.8, "awake_now": 0.7, "restless": 0.3, "round_now": 0.5, "last_sleeping": float("nan"), "last_below": 0.0, "last_use": float("nan"),
    "last_kwh": float("nan"), "same_days": 0.0,
    "floor_kwh": float("nan"), "gap_days": 0.0, "zero_days": 0.0, "rests": 0.0,
    "quiet_days": 0.0, "quiet_since": 0.0, "active_days": 0.0, "active_since": 0.0,
    "away": 0.0, "away_since": 0.0, "spell_kwh": 0.0, "spell_days": 0.0,
    "active_kwh": 0.0,
    "recent_kwh": float("nan"), "lived_share": 0.0, "valid_days": 0.0, "days_seen": 0.0,
    "state": 0.0, "since": 0.0,
    "event": 0.0, "event_day": 0.0, "event_found": 0.0,
    "event_before": float("nan"), "event_now": float("nan"), "event_read": 0.0,
    "small_hours_usual": -0.05, "morning_usual": 0.0, "midday_usual": 0.0,
    "afternoon_usual": 0.0, "evening_usual": 0.05, "late_usual": 0.0,
    "high_days": 0.0, "small_usual": float("nan"), "small_days": 0.0,
}  # fmt: skip

GATE = (
    Step("read", "known(kwh) and coverage >= min_coverage and quality == 0",
         Text("read in full", "读数完整")),
    Step("zero", "read and kwh == 0", Text("exactly zero", "恰为零")),
    Step("zero_days", "zero_days + 1 if zero else (0.0 if read else zero_days)", carry=True),
    Step("rests", "rests + 1 if read and not zero and zero_days >= 2 else rests",
         Text("times it has been at zero before", "此前归零次数"), carry=True),
    Step("hushed", "zero and (floor_kwh > 0.1 or lived_days >= 7) and rests < 2 "
         "and next_zero_days <= hush_days",
         Text("zeros like those of a silent meter", "疑似表计失联的零值")),
    Step("known_home", "days_seen > 0 or known(kwh)"),
    Step("gap_days", "0.0 if read and kwh > 0 else (gap_days + 1 if known_home else 0.0)",
         carry=True),
    Step("catchup", "read and gap_days >= 1 and lived_days >= 5 and "
         "kwh >= lived_kwh * greatest(catchup_share * (gap_days + 1), catchup_least)",
         Text("the energy of a gap in one value", "一次补回中断期间的电量")),
    Step("same_days", "(same_days + 1 if kwh == last_kwh else 0.0) if read else same_days",
         carry=True),
    Step("stuck", "read and kwh > stuck_kwh and "
         "not (abs(kwh - floor_kwh) <= 0.15 * floor_kwh + 0.1) and "
         "(peak_kw * 24 <= kwh * 1.0005 or (next_same_days >= 3 and kwh > 1))",
         Text("a stuck meter", "表计卡滞"),
         daily="read and not (abs(kwh - floor_kwh) <= 0.15 * floor_kwh + 0.1) "
               "and next_same_days >= 3 and kwh > 1"),
    Step("nameless", "shared == 1 or (solar == 1 and not known(kwh_export))",
         Text("a shared meter, or solar without an export register", "合表，或光伏无反向示数")),
    Step("muted", "silent == 1 and (zero or not read)",
         Text("its collector is silent", "采集器失联")),
    Step("valid", "read and not (hushed or catchup or stuck or nameless or muted or swapped == 1)",
         Text("a day that counts", "有效日")),
    Step("last_kwh", "kwh if read else last_kwh", carry=True),
    Step("reason", "0.0 if valid else (9.0 if nameless else (1.0 if not known(kwh) else "
         "(2.0 if quality != 0 else (3.0 if not read else (4.0 if muted else (5.0 if hushed else "
         "(6.0 if catchup else (7.0 if stuck else 8.0))))))))"),
)  # fmt: skip

OBSERVED = (
    Step("shaped", "known(base_kwh) and known(small_hours_kwh) and (solar == 0 or known(night_kwh))",
         Text("the course of the day is known", "有日内曲线"), daily="kwh != kwh"),
    Step("use", "night_kwh * 2.4 if solar == 1 and shaped else kwh",
         Text("use of the day, kWh (solar homes: from the night hours)", "当日用电（光伏户取夜间）"),
         daily="kwh"),
    Step("level", "log(use / peer + 0.1)", Text("log of use against the neighbours", "相对邻里的对数用电")),
    Step("stirring", "active_blocks if shaped and solar == 0 else 0.0",
         Text("two-hour blocks above the standing load", "高于待机负荷的时段数"),
         daily="0.0 * level"),
)  # fmt: skip

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
        Step("round", f"clip(({alike}) / ({size} + 0.0096), -1.5, 2.5)",
             Text("share of the home's own daily round in today", "当日含平时作息的比例")),
        Step("round_now", "round_now + 0.4 * (round - round_now) if valid and whole "
             "else round_now", Text("the same, of late", "近日含平时作息的比例"), carry=True,
             daily="round_now"),
        Step("round_points", "round_weight * (0.5 - next_round_now) if shaped else 0.0",
             Text("the daily round of people", "人的作息"), daily="0.0 * level"),
    )  # fmt: skip


ROUND = _rounds()

EVIDENCE = (
    Step("spread", "greatest(sqrt(lived_var), spread_floor)"),
    Step("below", "clip((lived_log - level) / spread, 0, 4)",
         Text("spreads below its own use", "低于平时的幅度（标准差）")),
    Step("drop_points", "drop_weight * below", Text("the fall in use", "用电下降")),
    Step("sleeping", "6 * small_hours_kwh", Text("the small hours' rate, kWh a day", "凌晨水平（千瓦时/天）")),
    Step("restless", "restless + 0.1 * (least(abs(sleeping - last_sleeping), 5) - restless) "
         "if valid and shaped and known(last_sleeping) else restless",
         Text("how far small hours differ from night to night", "各夜凌晨之差"), carry=True,
         daily="restless"),
    Step("last_sleeping", "sleeping if valid and shaped else last_sleeping", carry=True,
         daily="last_sleeping"),
    Step("awake", "((night_kwh - small_hours_kwh) * 4 if solar == 1 else kwh) - sleeping",
         Text("kWh of the day above the rate of its small hours", "当日高出凌晨水平的电量")),
    Step("awake_now", "awake_now + 0.4 * (clip(awake / (0.9 * next_restless + 0.06), -6, 6) "
         "- awake_now) if valid and shaped else awake_now",
         Text("the same, in units of its own unrest, of late", "近日高出凌晨水平的倍数"), carry=True,
         daily="awake_now"),
    Step("unrest_points", "-unrest_weight * log(abs(next_awake_now) + 0.2) if shaped else 0.0",
         Text("more by day than in the small hours", "白昼多于凌晨"), daily="0.0 * level"),
    *ROUND,
    Step("stir_points", "stir_weight * (2 - least(stirring, 6)) if shaped and solar == 0 else 0.0",
         Text("stirrings in the day", "日内动静"), daily="0.0 * level"),
    Step("tiny_points", "clip((0.4 - use) * 5, 0, 1.5) "
         "if use < 0.5 * lived_kwh or lived_days < 3 else 0.0",
         Text("hardly anything is used", "几乎没有用电")),
    Step("crest", "log(greatest((night_top_kwh - night_kwh / 5) if solar == 1 "
         "else (top_kwh - kwh / 12), 0) + 0.03)",
         Text("the busiest two hours above the rest (log kWh)", "最忙两小时高出平均（对数）")),
    Step("crest_fall", "clip(lived_crest - crest, -0.5, 2.5)",
         Text("how far the busiest hours fell", "高峰下降幅度")),
    Step("crest_points", "crest_weight * crest_fall if shaped else 0.0",
         Text("no busy hours", "没有忙时"), daily="0.0 * level"),
    Step("stepped", "(below > 1.5) != (last_below > 1.5)"),
    Step("last_below", "below if valid else last_below", carry=True),
    Step("jump", "least(abs(use - last_use) / (0.06 * least(use, last_use) + 0.08), 6)",
         Text("how far today is from yesterday", "与前一日之差")),
    Step("jumps", "(0.8 if stepped else jumps + 0.3 * (jump - jumps)) "
         "if valid and known(jump) else jumps",
         Text("how far days differ", "日间差异"), carry=True),
    Step("last_use", "use if valid else last_use", carry=True),
    Step("flat_points", "-flat_weight * log(next_jumps + 0.2)",
         Text("sameness of days", "日复一日的相同")),
    Step("frugal_points", "-frugal_weight * clip(1 - below, 0, 1) if use < 3 and use > 0.02 else 0.0",
         Text("a small use that did not fall: somebody frugal may live there",
              "用电虽少但未下降：可能是节俭住户")),
    Step("daily_points", "clip(daily_base + daily_drop * clip(lived_log - level, -0.5, 3) + daily_flat * flat_points "
         "+ tiny_points + frugal_points, -4, 3)",
         Text("points from the day's energy alone", "仅凭日电量的得分")),
    Step("points", "clip(points_base + frugal_points + drop_points + tiny_points + unrest_points "
         "+ round_points + stir_points + crest_points + flat_points, -6, 5) if shaped "
         "else daily_points",
         Text("points of the day", "当日合计"), daily="daily_points"),
)  # fmt: skip

BELIEF = (
    Step("carried", "leave_rate + belief * (1 - leave_rate - return_rate)",
         Text("belief carried over from yesterday", "由昨日延续的判断")),
    Step("odds", "carried * exp(points)"),
    Step("belief", "clip(odds / (odds + 1 - carried), 0.002, 0.995) if valid else (carried if known_home else belief)",
         Text("probability that nobody was there", "当日无人的概率"), carry=True),
)  # fmt: skip

SPELL = (
    Step("quiet", "valid and points > 0.3",
         Text("a quiet day", "静默日")),
    Step("active", "valid and not quiet", Text("an active day", "活跃日")),
    Step("quiet_since", "day if quiet and quiet_days == 0 else quiet_since", carry=True),
    Step("active_since", "day if active and active_days == 0 else active_since", carry=True),
    Step("quiet_days", "quiet_days + 1 if quiet else (0.0 if active else quiet_days)", carry=True),
    Step("active_days", "active_days + 1 if active else (0.0 if quiet else active_days)",
         carry=True),
    Step("enters", "away == 0 and quiet and next_quiet_days >= enter_days "
         "and next_belief >= enter_probability", Text("is now called empty", "判为空置")),
    Step("leaves", "away == 1 and active and next_active_days >= leave_days",
         Text("is no longer called empty", "不再判为空置")),
    Step("voided", "away == 1 and catchup",
         Text("the gap's energy came back: the spell never was", "电量补回，空置不成立")),
    Step("away", "1.0 if enters else (0.0 if leaves or voided else away)", carry=True),
    Step("away_since", "next_quiet_since if enters else away_since", carry=True),
    Step("spell_days", "(1.0 if quiet_days == 0 and away == 0 else spell_days + 1) if quiet "
         "else spell_days", carry=True),
    Step("spell_kwh", "(use if quiet_days == 0 and away == 0 else spell_kwh + use) if quiet "
         "else spell_kwh", carry=True),
    Step("active_kwh", "(use if active_days == 0 else active_kwh + use) if active else active_kwh",
         carry=True),
    Step("spell_mean", "next_spell_kwh / greatest(next_spell_days, 1)",
         Text("kWh a day while empty", "空置期间日均")),
)  # fmt: skip

MEMORY = (
    Step("weight", "(1 - next_belief) if valid and next_away == 0 else 0.0"),
    Step("pace", "weight / least(lived_days + 3, lived_memory)"),
    Step("usual_pace", "weight / least(lived_days + 3, 20)"),
    Step("lived_days", "lived_days + weight", carry=True),
    Step("lived_log", "lived_log + pace * (level - lived_log) if weight > 0 else lived_log",
         Text("log of lived-in use", "平时用电（对数）"), carry=True),
    Step("lived_var", "lived_var + pace * ((level - lived_log) * (level - lived_log) - lived_var) "
         "if weight > 0 else lived_var", carry=True),
    Step("lived_kwh", "lived_kwh + (weight / least(lived_days + weight, lived_memory)) "
         "* (use - lived_kwh) if weight > 0 else lived_kwh",
         Text("lived-in use, kWh a day", "平时日均用电"), carry=True),
    *(
        Step(f"{part}_usual", f"{part}_usual + usual_pace * ({part}_off - {part}_usual) "
             f"if weight > 0 and whole else {part}_usual", carry=True, daily=f"{part}_usual")
        for part in PARTS
    ),
    Step("lived_crest", "lived_crest + pace * (crest - lived_crest) "
         "if weight > 0 and shaped else lived_crest",
         Text("its usual busy hours (log kWh)", "平时忙时（对数）"), carry=True,
         daily="lived_crest"),
    Step("standing", "(night_base_kwh if solar == 1 else base_kwh) if shaped else 0.3 * use",
         daily="0.3 * use"),
    Step("floor_kwh", "(floor_kwh + (0.3 if standing < floor_kwh else 0.03) "
         "* (standing - floor_kwh) if known(floor_kwh) else standing) "
         "if valid and known(standing) else floor_kwh",
         Text("standing load, kWh a day", "待机负荷"), carry=True),
    Step("recent_kwh", "(recent_kwh + 0.25 * (use - recent_kwh) if known(recent_kwh) else use) "
         "if valid else recent_kwh", Text("use of the last week, kWh a day", "近一周日均"),
         carry=True),
    Step("lived_share", "lived_share + ((1 - next_away) - lived_share) / 28 if valid "
         "else lived_share", Text("share of the last 28 days lived in", "近28天有人比例"),
         carry=True),
    Step("days_seen", "days_seen + 1 if known_home else 0.0", carry=True),
    Step("valid_days", "valid_days + 1 if valid else valid_days", carry=True),
)  # fmt: skip

STATE = (
    Step("empty_now", "valid and next_away == 1 and not active"),
    Step("lowish", "next_recent_kwh <= low_kwh or "
         "(next_lived_days >= 14 and next_recent_kwh < low_share * next_lived_kwh)"),
    Step("verdict", "0.0 if not valid else ((1.0 if spell_mean <= dark_kwh else 2.0) if empty_now "
         "else (3.0 if lowish else 4.0))", Text("state of the day", "当日状态")),
    Step("turned", "verdict != state and valid"),
    Step("since", "(next_away_since if empty_now else (next_active_since if turned and active "
         "else (day if turned else since))) if valid else since", carry=True),
    Step("state", "verdict if valid else state", carry=True),
)  # fmt: skip

EVENTS = (
    Step("went_dark", "enters and lived_share >= 0.3",
         Text("lived in, then dark", "由有人转为无人")),
    Step("returned", "leaves and active_since - away_since >= 7",
         Text("back after a week or more", "一周以上后返回")),
    Step("high", "valid and shaped and lived_days >= 7 and use > 2 * lived_kwh and use > 6 "
         "and 12 * top_kwh <= 1.35 * use", daily="kwh != kwh"),
    Step("small_usual", "(small_usual + 0.05 * (small_hours_kwh - small_usual) "
         "if known(small_usual) else small_hours_kwh) "
         "if valid and shaped and known(small_hours_kwh) else small_usual", carry=True,
         daily="small_usual"),
    Step("small_high", "valid and shaped and lived_days >= 14 and small_hours_kwh > 2.5 "
         "and small_hours_kwh > 4 * peer * small_usual", daily="kwh != kwh"),
    Step("high_days", "(high_days + 1 if high else 0.0) if valid else high_days", carry=True),
    Step("small_days", "(small_days + 1 if small_high else 0.0) if valid else small_days",
         carry=True),
    Step("frozen_high", "next_high_days == 2 or next_small_days == 3",
         Text("a flat high load, or a new load in the small hours", "持续恒定高负荷或凌晨新增负荷")),
    Step("happened", "went_dark or returned or frozen_high"),
    Step("event", "((1.0 if went_dark else (2.0 if returned else 3.0)) if happened "
         "else (0.0 if voided else event))", carry=True),
    Step("event_day", "(next_away_since if went_dark else (next_active_since if returned "
         "else day - 1)) if happened else event_day", carry=True),
    Step("event_found", "day if happened else event_found", carry=True),
    Step("event_before", "(spell_mean if returned else lived_kwh) if happened else event_before",
         carry=True),
    Step("goes_on", "(event == 1 and empty_now) or (event == 2 and valid and next_away == 0)"),
    Step("event_read", "(next_spell_days if went_dark else next_active_days) if happened "
         "else (event_read + 1 if goes_on else event_read)", carry=True),
    Step("event_now", "(spell_mean if went_dark else next_active_kwh / next_active_days) "
         "if happened else (event_now + (use - event_now) / next_event_read if goes_on "
         "else event_now)", carry=True),
)  # fmt: skip

STEPS = GATE + OBSERVED + EVIDENCE + BELIEF + SPELL + MEMORY + STATE + EVENTS


def home_state_fold(overrides: dict[str, float] | None = None) -> Fold:
    """The fold of the home-state and home-event rules, with an operator's thresholds."""
    return Fold(STEPS, STARTS, INPUTS, THRESHOLDS, overrides or {})
