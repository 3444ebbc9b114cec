"""A re-plan disturbs as few people as can be, and says whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neighbours import community, whole_days

from lamplit.domain.errors import LamplitError
from lamplit.planning.model import DAY, Door, Person
from lamplit.planning.planner import make_plan
from lamplit.planning.replan import Change, replan
from lamplit.planning.says import preview_summary, summary

PLAN = make_plan(community(doors=120, people=6, days=3))
DAY_ONE = frozenset(s.door_id for shift in PLAN.shifts if shift.span.end < DAY for s in shift.stops)


def test_without_a_change_nothing_changes():
    again = replan(PLAN, Change(now=PLAN.request.now))
    assert again.plan is PLAN
    assert again.preview.affected == 0
    assert again.preview.moves == ()


def test_the_next_morning_everybody_keeps_what_is_left():
    again = replan(PLAN, Change(now=DAY, done=DAY_ONE))
    assert again.preview.receivers == ()
    assert again.preview.moves == ()
    before, after = PLAN.lists(), again.plan.lists()
    for person in before:
        assert list(after.get(person, ())) == [d for d in before[person] if d not in DAY_ONE]
    assert again.plan.done == DAY_ONE


@settings(max_examples=25)
@given(
    dropped=st.frozensets(st.sampled_from([p.id for p in PLAN.request.people]), max_size=2),
    resolved=st.frozensets(st.sampled_from([d.id for d in PLAN.request.doors]), max_size=20),
    returns=st.integers(0, 12),
    join=st.booleans(),
)
def test_only_receivers_get_doors_and_every_door_is_kept(dropped, resolved, returns, join):
    new = tuple(Door(f"r{i}", "b1", "2", i % 6 + 1) for i in range(returns))
    joined = (Person("joined", whole_days(3), home="b0"),) if join else ()
    change = Change(now=1.0, dropped=dropped, resolved=resolved, new=new, joined=joined)
    again = replan(PLAN, change)
    owner, before = again.plan.owner(), PLAN.owner()
    left = {u.door_id for u in again.plan.unassigned}
    # Every door once.
    listed = Counter(s.door_id for shift in again.plan.shifts for s in shift.stops)
    assert set(listed.values()) <= {1}
    assert listed.keys() | left == {d.id for d in again.plan.request.doors}
    # What its person still does stays with that person.
    for door, person in before.items():
        if person not in dropped and door not in resolved:
            assert owner[door] == person
    # Receivers, moves and lists agree.
    for person, doors in again.plan.lists().items():
        gained = {d for d in doors if before.get(d) != person}
        assert bool(gained) == (person in again.preview.receivers)
    moved = {m.door_id: (m.giver, m.taker) for m in again.preview.moves}
    for door, (giver, taker) in moved.items():
        assert before.get(door) == giver != taker == owner.get(door)
    assert set(again.preview.gone) == dropped


def test_doors_of_one_who_drops_out_go_to_the_fewest():
    again = replan(PLAN, Change(now=1.0, dropped=frozenset({"p0"})))
    gone = set(PLAN.lists()["p0"])
    assert {m.door_id for m in again.preview.moves} == gone
    assert again.preview.affected == 1
    assert all(m.giver == "p0" for m in again.preview.moves)


def test_whoever_joins_is_asked_before_others_are_disturbed():
    joined = (Person("fresh", whole_days(3), home="b0"),)
    change = Change(now=1.0, dropped=frozenset({"p1"}), joined=joined)
    assert replan(PLAN, change).preview.receivers == ("fresh",)


def test_a_door_that_needs_a_language_goes_to_somebody_who_has_it():
    request = community(doors=48, people=3, days=2)
    people = (*request.people[:2], replace(request.people[2], languages=frozenset({"yue"})))
    plan = make_plan(replace(request, people=people))
    new = (Door("new", "b0", "1", 3, languages=frozenset({"yue"})),)
    assert replan(plan, Change(now=1.0, new=new)).preview.receivers == ("p2",)


def test_a_door_that_changed_stays_with_its_person():
    door = PLAN.request.doors[10]
    again = replan(PLAN, Change(now=1.0, new=(replace(door, minutes=9.0),)))
    assert again.plan.owner()[door.id] == PLAN.owner()[door.id]
    assert again.preview.receivers == ()


def test_more_than_fits_is_left_with_a_reason_and_help_is_named():
    request = community(doors=100, people=2, days=2, spans=whole_days(2, 9, 14))
    request = replace(request, options=replace(request.options, seek_help=True))
    plan = make_plan(request)
    again = replan(plan, Change(now=1.0, dropped=frozenset({"p0"})))
    assert again.plan.unassigned
    assert again.plan.help
    kept = set(plan.lists()["p1"])
    assert kept <= set(again.plan.lists()["p1"])


def test_a_re_plan_of_a_re_plan_without_a_change_is_the_same():
    once = replan(PLAN, Change(now=DAY, done=DAY_ONE)).plan
    assert replan(once, Change(now=DAY)).plan is once


@pytest.mark.parametrize("change", [{"dropped": {"nobody"}}, {"done": {"nowhere"}}])
def test_ids_that_nobody_knows_are_refused(change):
    what = {key: frozenset(value) for key, value in change.items()}
    with pytest.raises(LamplitError) as caught:
        replan(PLAN, Change(now=1.0, **what))
    assert caught.value.code == "planning.unknown"


def test_plan_and_preview_are_told_in_both_languages():
    change = Change(now=1.0, dropped=frozenset({"p0"}))
    again = replan(PLAN, change)
    english, chinese = (summary(again.plan, language) for language in ("en", "zh"))
    assert len(english) == len(chinese) >= 4
    assert "probability" in english[2]
    assert "概率" in chinese[2]
    told = preview_summary(again.preview, "en")
    count = len(PLAN.lists()["p0"])
    assert told[0] == f"1 people get {count} doors more; 0 others only lose doors; 1 are gone."
    assert f"{count} 户" in preview_summary(again.preview, "zh")[1]
    assert preview_summary(replan(PLAN, Change(now=0.0)).preview, "zh") == ["所有人的名单均不变。"]


def test_help_is_told_in_words():
    request = community(doors=120, people=2, spans=whole_days(2, 9, 13))
    plan = make_plan(replace(request, options=replace(request.options, seek_help=True)))
    assert plan.help
    for language in ("en", "zh"):
        assert len(summary(plan, language)) >= 5 + len(plan.help)
