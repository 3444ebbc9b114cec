"""Walking the calendar: a window is there when it should be, and at no other time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplit.domain.field import FindingState, Found, Outcome, PlaceKind
from lamplit.programmes.calendar import patience
from lamplit.programmes.load import SHIPPED, catalogue, load
from lamplit.programmes.rules import (
    Enrolled,
    History,
    Signal,
    Visit,
    due_windows,
    is_done,
)

WUHAN = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
SWEEP, CARE = load(SHIPPED / "household_sweep"), load(SHIPPED / "building_care")
ALONE, SUPPLIES = load(SHIPPED / "living_alone"), load(SHIPPED / "supplies")


def at(text: str, zone: ZoneInfo = WUHAN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def home(start: str, zone: ZoneInfo = WUHAN, **more) -> Enrolled:
    return Enrolled(PlaceKind.HOUSEHOLD, at(start, zone), zone, **more)


def slots(pack, enrolled, day: str, history=None) -> list[str]:
    return [w.slot for w in due_windows(pack, enrolled, date.fromisoformat(day), history)]


def test_a_sweep_is_due_by_the_evening_of_the_third_day_and_enterable_a_week_longer():
    enrolled = home("2026-02-05T05:00")
    (window,) = due_windows(SWEEP, enrolled, date(2026, 2, 5))
    assert window.opens == at("2026-02-05T08:30")
    assert window.due == at("2026-02-07T20:30")
    assert window.closes == at("2026-02-14T23:59:59")
    assert slots(SWEEP, enrolled, "2026-02-04") == []
    assert slots(SWEEP, enrolled, "2026-02-14") == ["visit"]
    assert slots(SWEEP, enrolled, "2026-02-15") == []


def test_the_deadline_of_the_campaign_comes_first():
    enrolled = home("2026-02-05T05:00", deadline=at("2026-02-06T12:00"))
    (window,) = due_windows(SWEEP, enrolled, date(2026, 2, 5))
    assert window.due == at("2026-02-06T12:00")


def test_a_door_enrolled_late_at_night_has_its_three_days_from_the_next():
    (window,) = due_windows(SWEEP, home("2026-02-05T22:00"), date(2026, 2, 6))
    assert (window.opens, window.due) == (at("2026-02-06T08:30"), at("2026-02-08T20:30"))


def test_the_next_try_waits_three_hours_and_for_the_morning():
    enrolled = home("2026-02-05T05:00")
    early = History((Visit(at("2026-02-05T09:00"), "visit", Outcome.NO_ANSWER),))
    (window,) = due_windows(SWEEP, enrolled, date(2026, 2, 5), early)
    assert (window.opens, window.attempt) == (at("2026-02-05T12:00"), 2)
    late = History((Visit(at("2026-02-05T19:00"), "visit", Outcome.NO_ANSWER),))
    assert slots(SWEEP, enrolled, "2026-02-05", late) == []
    (window,) = due_windows(SWEEP, enrolled, date(2026, 2, 6), late)
    assert window.opens == at("2026-02-06T08:30")


@pytest.mark.parametrize("outcome", [Outcome.REACHED, Outcome.REFUSED])
def test_a_door_that_spoke_is_not_knocked_on_again(outcome):
    history = History((Visit(at("2026-02-05T09:00"), "visit", outcome),))
    assert slots(SWEEP, home("2026-02-05T05:00"), "2026-02-06", history) == []


def test_a_door_that_is_no_home_is_not_knocked_on_again():
    seen = Visit(at("2026-02-05T09:00"), "visit", Outcome.UNREACHABLE, Found.NOT_A_HOME)
    assert slots(SWEEP, home("2026-02-05T05:00"), "2026-02-06", History((seen,))) == []


def test_tries_end_at_the_most_that_the_pack_allows():
    day = at("2026-02-05T09:00")
    tries = tuple(Visit(day + timedelta(hours=4 * n), "visit", Outcome.NO_ANSWER) for n in range(4))
    enrolled = home("2026-02-05T05:00")
    assert slots(SWEEP, enrolled, "2026-02-07", History(tries[:3])) == ["visit"]
    assert slots(SWEEP, enrolled, "2026-02-07", History(tries)) == []


def test_missed_days_of_care_stay_for_three_days_and_never_before_the_enrolment():
    enrolled = home("2026-02-05T10:00")
    assert slots(CARE, enrolled, "2026-02-05") == ["daily:2026-02-05"]
    assert slots(CARE, enrolled, "2026-02-07") == [f"daily:2026-02-0{d}" for d in (5, 6, 7)]
    assert slots(CARE, enrolled, "2026-02-10") == [
        f"daily:2026-02-{d}" for d in ("07", "08", "09", "10")
    ]


def test_nothing_is_due_after_the_end_but_what_was_missed_before():
    enrolled = home("2026-02-05T05:00", until=at("2026-02-07T00:00"))
    assert slots(CARE, enrolled, "2026-02-07") == ["daily:2026-02-05", "daily:2026-02-06"]
    assert slots(CARE, enrolled, "2026-02-12") == []


def test_nothing_recurs_past_the_campaign_and_what_was_missed_can_still_be_entered():
    enrolled = home("2026-02-05T05:00", deadline=at("2026-02-06T19:30"))
    assert slots(CARE, enrolled, "2026-02-07") == ["daily:2026-02-05", "daily:2026-02-06"]
    assert slots(CARE, enrolled, "2026-02-10") == []
    broken = History(signals=(Signal("routine_broken", at("2026-02-07T10:00")),))
    assert slots(ALONE, enrolled, "2026-02-07", broken) == []


def test_a_window_on_a_day_of_23_hours_keeps_its_local_hours():
    # Clocks in Berlin go forward at two in the morning of 29 March 2026.
    enrolled = home("2026-03-28T05:00", BERLIN)
    before, on = due_windows(CARE, enrolled, date(2026, 3, 29))
    assert before.opens == datetime(2026, 3, 28, 7, 30, tzinfo=UTC)
    assert on.opens == datetime(2026, 3, 29, 6, 30, tzinfo=UTC)


def test_a_broken_routine_asks_for_a_visit_within_four_hours_of_waking_time():
    enrolled = home("2026-02-05T05:00")
    by_day = History(signals=(Signal("routine_broken", at("2026-02-05T10:00")),))
    (window,) = due_windows(ALONE, enrolled, date(2026, 2, 5), by_day)
    assert (window.slot, window.due) == ("signal:2026-02-05", at("2026-02-05T14:00"))
    by_night = History(signals=(Signal("routine_broken", at("2026-02-05T23:00")),))
    assert slots(ALONE, enrolled, "2026-02-05", by_night) == []
    (window,) = due_windows(ALONE, enrolled, date(2026, 2, 6), by_night)
    assert (window.opens, window.due) == (at("2026-02-06T07:00"), at("2026-02-06T11:00"))
    other = History(signals=(Signal("returned", at("2026-02-05T10:00")),))
    assert slots(ALONE, enrolled, "2026-02-05", other) == []


def test_a_desk_that_stays_open_is_not_settled_by_a_submission():
    desk = Enrolled(PlaceKind.AID_POINT, at("2026-02-09T05:00"), WUHAN)
    seen = History((Visit(at("2026-02-10T09:00"), "daily:2026-02-10", Outcome.REACHED),))
    (window,) = due_windows(SUPPLIES, desk, date(2026, 2, 10), seen)
    assert (window.slot, window.attempt) == ("daily:2026-02-10", 2)
    assert slots(SUPPLIES, desk, "2026-02-11", seen) == ["daily:2026-02-11"]


def test_a_window_knows_whether_it_is_open_or_missed():
    (window,) = due_windows(SWEEP, home("2026-02-05T05:00"), date(2026, 2, 5))
    assert not window.is_open(at("2026-02-05T08:00"))
    assert window.is_open(at("2026-02-07T20:30"))
    assert not window.is_missed(at("2026-02-07T20:30"))
    assert window.is_missed(at("2026-02-08T09:00"))
    assert not window.is_open(at("2026-02-15T09:00"))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
    st.integers(0, 40),
    st.sampled_from([SWEEP, CARE, ALONE, SUPPLIES]),
    st.sampled_from([WUHAN, BERLIN, ZoneInfo("America/St_Johns")]),
)
def test_windows_open_before_they_close_touch_their_day_and_have_slots_of_their_own(
    start, later, pack, zone
):
    enrolled = Enrolled(PlaceKind.HOUSEHOLD, start.replace(tzinfo=UTC), zone)
    day = enrolled.at.astimezone(zone).date() + timedelta(days=later)
    windows = due_windows(pack, enrolled, day)
    assert len({w.slot for w in windows}) == len(windows)
    for window in windows:
        assert enrolled.at <= window.opens <= window.due <= window.closes
        assert window.opens.astimezone(zone).date() <= day <= window.closes.astimezone(zone).date()


def test_three_tries_at_one_time_of_day_are_not_enough():
    enrolled = home("2026-02-05T05:00")
    mornings = tuple(
        Visit(at(f"2026-02-0{d}T09:00"), "visit", Outcome.NO_ANSWER) for d in (5, 6, 7)
    )
    now = at("2026-02-08T09:00")
    assert is_done(SWEEP, enrolled, History(mornings), now) is None
    evening = (*mornings, Visit(at("2026-02-07T19:00"), "visit", Outcome.NO_ANSWER))
    done = is_done(SWEEP, enrolled, History(evening), now)
    assert done is not None
    assert (done.code, done.text.zh) == ("tried_enough", "在至少两个时段上门三次未遇")


def test_care_ends_only_when_nothing_is_open():
    enrolled = home("2026-02-05T05:00", until=at("2026-02-10T00:00"))
    now = at("2026-02-10T08:00")
    opened = History(findings=(FindingState.RESOLVED, FindingState.OPEN))
    settled = History(findings=(FindingState.RESOLVED, FindingState.DISMISSED))
    assert is_done(CARE, enrolled, opened, now) is None
    assert is_done(CARE, enrolled, settled, now - timedelta(days=1)) is None
    done = is_done(CARE, enrolled, settled, now)
    assert done is not None
    assert done.code == "ended"


def test_how_often_a_door_is_tried_follows_the_done_rule():
    """Else as often as the cadence asks; by the number of parts of the day that were tried."""
    said = {
        (pack.name, cadence.every): patience(pack, cadence, min(cadence.subjects))
        for pack in catalogue().values()
        for cadence in pack.cadence
    }
    assert said["household_sweep", "once"] == (4, 3, 3)
    assert said["worksite_safety", "once"] == (3, 3, 3), "of four, three are enough"
    assert said["building_care", "daily"] == (3, 3, 3), "no rule is about attempts"
    assert said["living_alone", "signal"] == (4, 4, 4)
