"""What a home remembers of itself: how it is used on the days when people live there."""

from __future__ import annotations

from lamplit.domain.language import Text
from lamplit.signals.fold import Step
from lamplit.signals.home_state.evidence import PARTS

MEMORY = (
    Step("weight", "(1 - next_belief) if valid and next_away == 0 else 0.0"),
    Step("pace", "weight / least(lived_days + 3, lived_memory)"),
    Step("usual_pace", "weight / least(lived_days + 3, 20)"),
    Step("lived_days", "lived_days + weight", carry=True),
    Step(
        "lived_log",
        "lived_log + pace * (level - lived_log) if weight > 0 else lived_log",
        Text("log of lived-in use", "平时用电（对数）"),
        carry=True,
    ),
    Step(
        "lived_var",
        "lived_var + pace * ((level - lived_log) * (level - lived_log) - lived_var) "
        "if weight > 0 else lived_var",
        carry=True,
    ),
    Step(
        "lived_kwh",
        "lived_kwh + (weight / least(lived_days + weight, lived_memory)) "
        "* (use - lived_kwh) if weight > 0 else lived_kwh",
        Text("lived-in use, kWh a day", "平时日均用电"),
        carry=True,
    ),
    *(
        Step(
            f"{part}_usual",
            f"{part}_usual + usual_pace * ({part}_off - {part}_usual) "
            f"if weight > 0 and whole else {part}_usual",
            carry=True,
            daily=f"{part}_usual",
        )
        for part in PARTS
    ),
    Step(
        "lived_crest",
        "lived_crest + pace * (crest - lived_crest) if weight > 0 and shaped else lived_crest",
        Text("its usual busy hours (log kWh)", "平时忙时（对数）"),
        carry=True,
        daily="lived_crest",
    ),
    Step(
        "standing",
        "(night_base_kwh if solar == 1 else base_kwh) if shaped else 0.3 * use",
        daily="0.3 * use",
    ),
    Step(
        "floor_kwh",
        "(floor_kwh + (0.3 if standing < floor_kwh else 0.03) "
        "* (standing - floor_kwh) if known(floor_kwh) else standing) "
        "if valid and known(standing) else floor_kwh",
        Text("standing load, kWh a day", "待机负荷"),
        carry=True,
    ),
    Step(
        "recent_kwh",
        "(recent_kwh + 0.25 * (use - recent_kwh) if known(recent_kwh) else use) "
        "if valid else recent_kwh",
        Text("use of the last week, kWh a day", "近一周日均"),
        carry=True,
    ),
    Step(
        "lived_share",
        "lived_share + ((1 - next_away) - lived_share) / 28 if valid else lived_share",
        Text("share of the last 28 days lived in", "近28天有人比例"),
        carry=True,
    ),
    Step("days_seen", "days_seen + 1 if known_home else 0.0", carry=True),
    Step("valid_days", "valid_days + 1 if valid else valid_days", carry=True),
)
