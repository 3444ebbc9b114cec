"""What the evidence says, and what speaks against it, in both languages."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import date

import pytest

from lamplit.domain.words import HomeEvent, HomeState
from lamplit.signals.home_state.sentences import DOUBTS, Facts, against, evidence, say_day, say_kwh
from lamplit.signals.routine.sentences import Missed

JUDGING = "suspic" + "io|" + "可" + "疑"
"""A word that judges people, which no file may hold, this one included."""

FELL = Facts(
    state=HomeState.MICRO, since=date(2026, 1, 22), event=HomeEvent.WENT_DARK,
    event_day=date(2026, 1, 22), before=6.2, now=0.36, read=12, span=12, flat=True,
    neighbours=36, neighbours_lit=34, year_ago=False, settled=60, probability=0.97,
)  # fmt: skip
"""The example of the design: 6.2 kWh a day, then appliances alone."""

MISSED = Missed(
    overdue=True, kwh=0.5, usual_kwh=2.9, activity=0.02, usual_activity=2.1, alike=0.1,
    first_use=11.5, usual_first=9.25, by_usual=27, days=28, eve_quiet=False,
)  # fmt: skip
BROKEN = replace(
    FELL, state=HomeState.LIVED_IN, event=HomeEvent.ROUTINE_BROKEN, event_day=date(2026, 3, 4),
    read=1, span=1, missed=MISSED, missed_on=date(2026, 3, 4), lives_alone=True, year_ago=None,
)  # fmt: skip


def test_a_home_that_fell_silent_is_told_with_its_numbers():
    assert evidence(FELL, "en") == (
        "About 6.2 kWh a day until 21 January; 0.36 since 22 January (12 of 12 days read). "
        "Appliance-only load. 34 of 36 neighbours normal. No outage, no solar. "
        "Same weeks last year normal."
    )
    assert evidence(FELL, "zh") == (
        "1月21日前日均约6.2千瓦时；1月22日起日均0.36（12天中读到12天）。"
        "仅有家电待机负荷。邻里36户中34户正常。无停电，无光伏。去年同期正常。"
    )
    assert against(FELL, "en") == "Nothing known."
    assert against(FELL, "zh") == "暂无。"


def test_a_broken_routine_says_what_was_missed():
    assert evidence(BROKEN, "en") == (
        "Nothing switched on by 11:30 on 4 March; on 27 of 28 days something was by 09:15. "
        "34 of 36 neighbours normal."
    )
    assert evidence(BROKEN, "zh").startswith("3月4日至11:30仍无用电动静；此前28天中有27天在09:15前")


def test_a_day_without_any_use_is_said_so():
    still = replace(BROKEN, missed=replace(MISSED, first_use=24.0))
    assert "all day on 4 March" in evidence(still, "en")
    assert "全天" in evidence(still, "zh")


def test_a_quiet_day_at_odd_hours_is_told_by_its_activity():
    quiet = replace(BROKEN, missed=replace(MISSED, overdue=False))
    assert evidence(quiet, "en").startswith("On 4 March only 0.02 kWh above the standing load")
    assert "2.1" in evidence(quiet, "zh")


def test_against_a_broken_routine_stands_that_a_day_away_looks_the_same():
    said = against(BROKEN, "en")
    assert "A day away from home looks the same" in said
    assert "One day only; the day before was as usual." in said
    assert "One day only" not in against(
        replace(BROKEN, missed=replace(MISSED, eve_quiet=True)), "en"
    )
    assert "Only 15 days" in against(replace(BROKEN, missed=replace(MISSED, days=15)), "en")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"read": 9}, "3 of 12 days unread."),
        ({"before": None}, "Never seen lived in: it may simply use very little."),
        ({"settled": 9}, "Only 9 days of its own use to compare with."),
        ({"shaped": False}, "Only the day's energy is known, not its course."),
        ({"flat": False}, "Days differ somewhat: a visitor, or somebody frugal."),
        ({"all_zero": True}, "Exact zeros can also be a switched-off supply or a meter fault."),
        ({"peer": 0.72}, "The neighbours use less too (72% of their usual)."),
        ({"year_ago": True}, "Empty in the same weeks last year: it may be seasonal."),
        ({"solar": True}, "Solar on the roof: judged from the night hours."),
        ({"event": HomeEvent.RETURNED, "state": HomeState.LIVED_IN, "read": 2, "span": 2},
         "It may be a short visit."),
    ],
)  # fmt: skip
def test_each_doubt_is_said_when_it_holds_and_only_then(change: dict[str, object], said: str):
    doubtful = replace(FELL, **change)
    assert against(doubtful, "en") == said
    assert re.search(r"[一-鿿]", against(doubtful, "zh"))
    assert against(doubtful, "zh") != "暂无。"


def test_a_home_without_readings_says_so():
    blank = replace(FELL, since=None, event=HomeEvent.NONE, event_day=None)
    assert evidence(blank, "en").startswith("No readings to go by.")


def everything() -> list[Facts]:
    """Facts of every state and event, with and without each doubt."""
    found = []
    for state, event in itertools.product(HomeState, HomeEvent):
        for doubt in (False, True):
            found.append(
                replace(
                    FELL, state=state, event=event, flat=not doubt, solar=doubt,
                    before=None if doubt and event is HomeEvent.NONE else 6.2,
                    read=2 if doubt else 12, year_ago=doubt, peer=0.5 if doubt else 1.0,
                    missed=MISSED if event is HomeEvent.ROUTINE_BROKEN and not doubt else None,
                )
            )  # fmt: skip
    return found


@pytest.mark.parametrize("facts", everything(), ids=lambda f: f"{f.state.word}-{f.event.word}")
def test_no_sentence_judges_anybody_or_leaves_a_field_open(facts: Facts):
    for language in ("en", "zh"):
        said = evidence(facts, language) + against(facts, language)
        assert not re.search(JUDGING + r"|[{}]|None|nan", said), said


def test_every_doubt_has_both_languages():
    for doubt in DOUBTS:
        assert doubt.says.en.endswith(".") and doubt.says.zh.endswith("。")


@pytest.mark.parametrize(
    ("kwh", "said"), [(0.0, "0.00"), (0.364, "0.36"), (1.0, "1.0"), (6.24, "6.2"), (12.4, "12")]
)
def test_energies_are_said_with_two_digits(kwh: float, said: str):
    assert say_kwh(kwh) == said


def test_days_are_said_as_people_say_them():
    assert say_day(date(2026, 1, 22), "en") == "22 January"
    assert say_day(date(2026, 1, 22), "zh") == "1月22日"
