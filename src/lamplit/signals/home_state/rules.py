"""The fold of a home's days: gate, evidence, belief, state.

Method. A home is empty or lived in (two hidden states); each valid day gives additive log-odds
points for "nobody was there", and the belief is carried forward by the chances of leaving and of
returning (a two-state hidden Markov filter, whose sum of points is the CUSUM of DETECTION clipped
by those chances). States carry hysteresis on top, so that one odd day opens or closes nothing.

Each name below is a column that `lamplit explain` prints with its number.
"""

from __future__ import annotations

from lamplit.signals.fold import Fold
from lamplit.signals.home_event.rules import EVENTS
from lamplit.signals.home_state.belief import BELIEF, SPELL, STATE
from lamplit.signals.home_state.evidence import EVIDENCE
from lamplit.signals.home_state.gate import GATE, OBSERVED
from lamplit.signals.home_state.memory import MEMORY
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
    "lived_crest": -1.9, "jumps": 0.8, "awake_now": 0.7, "restless": 0.3, "round_now": 0.5,
    "last_sleeping": float("nan"), "last_below": 0.0, "last_use": float("nan"),
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
"""What a home carries before its first day: a modest home of people, not yet believed in."""

STEPS = GATE + OBSERVED + EVIDENCE + BELIEF + SPELL + MEMORY + STATE + EVENTS


def home_state_fold(overrides: dict[str, float] | None = None) -> Fold:
    """The fold of the home-state and home-event rules, with an operator's thresholds."""
    return Fold(STEPS, STARTS, INPUTS, THRESHOLDS, overrides or {})
