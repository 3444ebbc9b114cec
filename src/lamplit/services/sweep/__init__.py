"""`lamplit sweep`: the doors worth knocking on, ranked and explained."""

from lamplit.services.sweep.doors import SweepResult, sweep
from lamplit.services.sweep.evening import states_on
from lamplit.services.sweep.facts import door_facts
from lamplit.services.sweep.places import places_of
from lamplit.services.sweep.ranking import (
    EVENT_FRESH_DAYS,
    URGENCY,
    VULNERABLE,
    fresh_event,
    still_news,
)

__all__ = [
    "EVENT_FRESH_DAYS",
    "URGENCY",
    "VULNERABLE",
    "SweepResult",
    "door_facts",
    "fresh_event",
    "places_of",
    "states_on",
    "still_news",
    "sweep",
]
