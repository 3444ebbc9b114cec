"""The events that the states give rise to, and the numbers that their sentences need.

An event's number is that of `lamplit.domain.words.HomeEvent`.
"""

from __future__ import annotations

from lamplit.domain.language import Text
from lamplit.signals.fold import Step

EVENTS = (
    Step(
        "went_dark", "enters and lived_share >= 0.3", Text("lived in, then dark", "由有人转为无人")
    ),
    Step(
        "returned",
        "leaves and active_since - away_since >= 7",
        Text("back after a week or more", "一周以上后返回"),
    ),
    Step(
        "high",
        "valid and shaped and solar == 0 and lived_days >= 7 "
        "and base_kwh > 3 * floor_kwh + 8 and base_kwh > 0.85 * use "
        "and use > 1.5 * lived_kwh",
        Text("a load that never rests, far above its standing load", "远高于待机、昼夜不停的负荷"),
        daily="kwh != kwh",
    ),
    Step(
        "small_usual",
        "(small_usual + 0.05 * (small_hours_kwh - small_usual) "
        "if known(small_usual) else small_hours_kwh) "
        "if valid and shaped and known(small_hours_kwh) else small_usual",
        carry=True,
        daily="small_usual",
    ),
    Step(
        "small_high",
        "valid and shaped and solar == 0 and lived_days >= 14 and small_hours_kwh > 2.5 "
        "and small_hours_kwh > 4 * peer * small_usual",
        daily="kwh != kwh",
    ),
    Step("high_days", "(high_days + 1 if high else 0.0) if valid else high_days", carry=True),
    Step(
        "small_days", "(small_days + 1 if small_high else 0.0) if valid else small_days", carry=True
    ),
    Step(
        "frozen_high",
        "next_high_days == 2 or next_small_days == 3",
        Text("a flat high load, or a new load in the small hours", "持续恒定高负荷或凌晨新增负荷"),
    ),
    Step("happened", "went_dark or returned or frozen_high"),
    Step(
        "event",
        "((1.0 if went_dark else (2.0 if returned else 3.0)) if happened "
        "else (0.0 if voided else event))",
        carry=True,
    ),
    Step(
        "event_day",
        "(next_away_since if went_dark else (next_active_since if returned "
        "else day - 1)) if happened else event_day",
        carry=True,
    ),
    Step("event_found", "day if happened else event_found", carry=True),
    Step(
        "event_before",
        "(spell_mean if returned else lived_kwh) if happened else event_before",
        carry=True,
    ),
    Step("goes_on", "(event == 1 and empty_now) or (event == 2 and valid and next_away == 0)"),
    Step(
        "event_read",
        "(next_spell_days if went_dark else next_active_days) if happened "
        "else (event_read + 1 if goes_on else event_read)",
        carry=True,
    ),
    Step(
        "event_now",
        "(spell_mean if went_dark else next_active_kwh / next_active_days) "
        "if happened else (event_now + (use - event_now) / next_event_read if goes_on "
        "else event_now)",
        carry=True,
    ),
)
