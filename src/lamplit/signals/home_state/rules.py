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
    "active_blocks", "peak_kw", "zero_slots",
    "peer",  # the community's use against its own recent past; 1 where unknown
    "silent",  # 1 where the collector or the whole building reads nothing
    "swapped",  # 1 on a day on which the home's meter was changed
    "solar", "shared",
)

STARTS = {
    "belief": 0.1,
    "lived_log": 1.4, "lived_var": 0.36, "lived_kwh": 0.0, "lived_days": 0.0, "lived_active": 5.0,
    "sleep_kwh": float("nan"), "wander": 0.2, "last_below": 0.0, "last_log": float("nan"),
    "last_kwh": float("nan"), "same_days": 0.0, "last_zero_slots": 0.0,
    "floor_kwh": float("nan"), "gap_days": 0.0, "zero_days": 0.0, "sharp": 0.0,
    "quiet_days": 0.0, "quiet_since": 0.0, "active_days": 0.0, "active_since": 0.0,
    "away": 0.0, "away_since": 0.0, "spell_kwh": 0.0, "spell_days": 0.0,
    "active_kwh": 0.0,
    "recent_kwh": float("nan"), "lived_share": 0.0, "valid_days": 0.0, "days_seen": 0.0,
    "state": 0.0, "since": 0.0,
    "event": 0.0, "event_day": 0.0, "event_found": 0.0,
    "event_before": float("nan"), "event_now": float("nan"), "event_read": 0.0,
    "high_days": 0.0, "small_usual": float("nan"), "small_days": 0.0,
}  # fmt: skip

GATE = (
    Step("read", "known(kwh) and coverage >= min_coverage and quality == 0",
         Text("read in full", "读数完整")),
    Step("zero", "read and kwh == 0", Text("exactly zero", "恰为零")),
    Step("zero_slots_seen", "zero_slots if known(zero_slots) else 0.0", daily="0.0 * kwh"),
    Step("onset", "zero and zero_days == 0"),
    Step("sharp", "(1.0 if floor_kwh > 0.1 and last_zero_slots == 0 else 0.0) if onset "
         "else (sharp if zero else 0.0)",
         Text("the zeros began at midnight sharp", "自零点整开始为零"), carry=True,
         daily="0.0 * sharp"),
    Step("zero_days", "zero_days + 1 if zero else (0.0 if read else zero_days)", carry=True),
    Step("hushed", "zero and next_sharp == 1 and next_zero_days <= hush_days",
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
         "(peak_kw * 24 <= kwh * 1.0005 or (next_same_days >= 3 and kwh > 1))",
         Text("a stuck meter", "表计卡滞"),
         daily="read and next_same_days >= 3 and kwh > 1"),
    Step("nameless", "shared == 1 or (solar == 1 and not known(kwh_export))",
         Text("a shared meter, or solar without an export register", "合表，或光伏无反向示数")),
    Step("muted", "silent == 1 and (zero or not read)",
         Text("its collector is silent", "采集器失联")),
    Step("valid", "read and not (hushed or catchup or stuck or nameless or muted or swapped == 1)",
         Text("a day that counts", "有效日")),
    Step("last_zero_slots", "zero_slots if read else last_zero_slots", carry=True,
         daily="last_zero_slots"),
    Step("last_kwh", "kwh if read else last_kwh", carry=True),
    Step("reason", "0.0 if valid else (9.0 if nameless else (1.0 if not known(kwh) else "
         "(2.0 if quality != 0 else (3.0 if not read else (4.0 if muted else (5.0 if hushed else "
         "(6.0 if catchup else (7.0 if stuck else 8.0))))))))"),
)  # fmt: skip

OBSERVED = (
    Step("shaped", "known(base_kwh)", daily="kwh != kwh"),
    Step("use", "night_kwh * 2.4 if solar == 1 and known(night_kwh) else kwh",
         Text("use of the day, kWh (solar homes: from the night hours)", "当日用电（光伏户取夜间）"),
         daily="kwh"),
    Step("level", "log(use / peer + 0.1)", Text("log of use against the neighbours", "相对邻里的对数用电")),
    Step("stirring", "((night_top_kwh - 1.3 * night_base_kwh / 12 > 0.05) * 4.0 "
         "if solar == 1 else active_blocks)",
         Text("two-hour blocks above the standing load", "高于待机负荷的时段数")),
)  # fmt: skip

EVIDENCE = (
    Step("spread", "greatest(sqrt(lived_var), spread_floor)"),
    Step("empty_log",
         "least(log(sleep_kwh / peer + 0.1), lived_log - 0.3) if known(sleep_kwh) "
         "else lived_log - 1.3",
         daily="lived_log - 1.3"),
    Step("below", "clip((lived_log - level) / spread, 0, 4)",
         Text("spreads below its own use", "低于平时的幅度（标准差）")),
    Step("above", "clip((level - empty_log) / empty_spread, 0, 4)",
         Text("spreads above its standing load", "高于待机负荷的幅度（标准差）")),
    Step("energy_points", "clip(0.5 * temper * (below * below - above * above), -3, 3)",
         Text("energy", "电量")),
    Step("usual_active", "greatest(lived_active, 1)"),
    Step("active_points",
         "clip(active_temper * (usual_active - empty_active "
         "+ stirring * log(empty_active / usual_active)), -4, 3) if shaped else 0.0",
         Text("stirrings in the day", "日内动静"), daily="0.0 * level"),
    Step("stepped", "(below > 1.5) != (last_below > 1.5)"),
    Step("last_below", "below if valid else last_below", carry=True),
    Step("wander",
         "(0.15 if stepped else wander + 0.3 * (clip(abs(level - last_log), 0, 1) - wander)) "
         "if valid and known(last_log) else wander",
         Text("how far days differ", "日间差异"), carry=True),
    Step("flat_points", "(1.2 if next_wander < 0.05 else (0.6 if next_wander < 0.1 else "
         "(0.0 if next_wander < 0.2 else (-0.6 if next_wander < 0.35 else -1.2))))",
         Text("sameness of days", "日复一日的相同")),
    Step("last_log", "level if valid else last_log", carry=True),
    Step("points", "clip(energy_points + active_points + flat_points, -6, 5)",
         Text("points of the day", "当日合计")),
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
    Step("lived_days", "lived_days + weight", carry=True),
    Step("lived_log", "lived_log + pace * (level - lived_log) if weight > 0 else lived_log",
         Text("log of lived-in use", "平时用电（对数）"), carry=True),
    Step("lived_var", "lived_var + pace * ((level - lived_log) * (level - lived_log) - lived_var) "
         "if weight > 0 else lived_var", carry=True),
    Step("lived_kwh", "lived_kwh + (weight / least(lived_days + weight, lived_memory)) "
         "* (use - lived_kwh) if weight > 0 else lived_kwh",
         Text("lived-in use, kWh a day", "平时日均用电"), carry=True),
    Step("lived_active", "lived_active + pace * (stirring - lived_active) "
         "if weight > 0 and shaped else lived_active",
         Text("usual stirrings", "平时动静"), carry=True, daily="lived_active"),
    Step("sleeping", "least(6 * small_hours_kwh, use)", daily="use"),
    Step("sleep_kwh", "(sleep_kwh + 0.1 * (sleeping - sleep_kwh) if known(sleep_kwh) else sleeping)"
         " if valid and shaped and known(sleeping) else sleep_kwh",
         Text("standing load while asleep, kWh a day", "睡眠时段待机负荷"), carry=True,
         daily="sleep_kwh"),
    Step("standing", "night_base_kwh if solar == 1 else base_kwh", daily="use"),
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
    Step("event_now", "(spell_mean if went_dark else next_active_kwh / next_active_days) "
         "if happened else (spell_mean if event == 1 and empty_now else event_now)", carry=True),
    Step("event_read", "(next_spell_days if went_dark else next_active_days) if happened "
         "else (next_spell_days if event == 1 and empty_now else event_read)", carry=True),
)  # fmt: skip

STEPS = GATE + OBSERVED + EVIDENCE + BELIEF + SPELL + MEMORY + STATE + EVENTS


def home_state_fold(overrides: dict[str, float] | None = None) -> Fold:
    """The fold of the home-state and home-event rules, with an operator's thresholds."""
    return Fold(STEPS, STARTS, INPUTS, THRESHOLDS, overrides or {})
