"""The belief carried from day to day, the spells it opens and closes, and the state of the day."""

from __future__ import annotations

from lamplit.domain.language import Text
from lamplit.signals.fold import Step

BELIEF = (
    Step(
        "carried",
        "leave_rate + belief * (1 - leave_rate - return_rate)",
        Text("belief carried over from yesterday", "由昨日延续的判断"),
    ),
    Step("odds", "carried * exp(points)"),
    Step(
        "belief",
        "clip(odds / (odds + 1 - carried), 0.002, 0.995) if valid "
        "else (carried if known_home else belief)",
        Text("probability that nobody was there", "当日无人的概率"),
        carry=True,
    ),
)

SPELL = (
    Step("quiet", "valid and points > 0.3", Text("a quiet day", "静默日")),
    Step("active", "valid and not quiet", Text("an active day", "活跃日")),
    Step(
        "run_start",
        "next_zero_days if zero else 1.0",
        Text(
            "quiet days that the first counts for: zeros once believed, are so from the first",
            "首个静默日所计天数：一旦采信，零值自首日起算",
        ),
    ),
    Step(
        "quiet_since",
        "day - run_start + 1 if quiet and quiet_days == 0 else quiet_since",
        carry=True,
    ),
    Step("active_since", "day if active and active_days == 0 else active_since", carry=True),
    Step(
        "quiet_days",
        "(run_start if quiet_days == 0 else quiet_days + 1) if quiet "
        "else (0.0 if active else quiet_days)",
        carry=True,
    ),
    Step(
        "active_days", "active_days + 1 if active else (0.0 if quiet else active_days)", carry=True
    ),
    Step(
        "enters",
        "away == 0 and quiet and next_quiet_days >= enter_days "
        "and next_belief >= enter_probability",
        Text("is now called empty", "判为空置"),
    ),
    Step(
        "leaves",
        "away == 1 and active and next_active_days >= leave_days",
        Text("is no longer called empty", "不再判为空置"),
    ),
    Step(
        "voided",
        "away == 1 and catchup",
        Text("the gap's energy came back: the spell never was", "电量补回，空置不成立"),
    ),
    Step("away", "1.0 if enters else (0.0 if leaves or voided else away)", carry=True),
    Step("away_since", "next_quiet_since if enters else away_since", carry=True),
    Step(
        "spell_days",
        "(run_start if quiet_days == 0 and away == 0 else spell_days + 1) if quiet else spell_days",
        carry=True,
    ),
    Step(
        "spell_kwh",
        "(use if quiet_days == 0 and away == 0 else spell_kwh + use) if quiet else spell_kwh",
        carry=True,
    ),
    Step(
        "active_kwh",
        "(use if active_days == 0 else active_kwh + use) if active else active_kwh",
        carry=True,
    ),
    Step(
        "spell_mean",
        "next_spell_kwh / greatest(next_spell_days, 1)",
        Text("kWh a day while empty", "空置期间日均"),
    ),
)

STATE = (
    Step("empty_now", "valid and next_away == 1 and not active"),
    Step(
        "lowish",
        "next_recent_kwh <= low_kwh or "
        "(next_lived_days >= 14 and next_recent_kwh < low_share * next_lived_kwh)",
    ),
    Step(
        "verdict",
        "0.0 if not valid else ((1.0 if spell_mean <= dark_kwh else 2.0) if empty_now "
        "else (3.0 if lowish else 4.0))",
        Text("state of the day", "当日状态"),
    ),
    Step("turned", "verdict != state and valid"),
    Step(
        "since",
        "(next_away_since if empty_now else (next_active_since if turned and active "
        "else (day if turned else since))) if valid else since",
        carry=True,
    ),
    Step("state", "verdict if valid else state", carry=True),
)
