"""Campaigns: stated purpose, re-swept without touching what was done, closed with a report."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from campaign_world import (
    ANSWERED,
    ILL,
    NO_WAY,
    NOBODY,
    REFUSED,
    RETURNED,
    TODAY,
    TOLD_EMPTY,
    build,
    form,
    send,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refusals import refused
from sqlalchemy import select

from lamplit.domain.field import CampaignState, Reason, Role
from lamplit.services.field.campaigns import cadence, campaigns, enrol
from lamplit.services.field.homes.signals import Evening, HomeSignal
from lamplit.services.field.office import CLI, new_id
from lamplit.services.field.privacy import expiry
from lamplit.services.field.submissions import media
from lamplit.services.field.tasks import tasks
from lamplit.store import log
from lamplit.store.schema import enrollment, event, place, submission, task


@pytest.fixture
def world(office):
    made = build(office, buildings=3, homes=10)
    made.person("v1", Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    return made


def guided(world, **parameters):
    return world.campaign(parameters={"random_share": 0, **parameters})


def test_a_campaign_needs_one_of_the_purposes_of_its_programme(world, office):
    make = {"programme": "household_sweep", "place": "C1"}
    refused("campaign.no-purpose", campaigns.create, office, CLI, code="a", purpose="", **make)
    refused("campaign.no-purpose", campaigns.create, office, CLI, code="a", purpose="fun", **make)
    made = campaigns.create(office, CLI, code="a", purpose="vacancy_safety", **make)
    assert made.state is CampaignState.DRAFT
    assert office.local_day(made.deadline) == TODAY + timedelta(2)


def test_only_who_leads_there_may_open_one(world, office):
    make = {"programme": "household_sweep", "place": "C1", "purpose": "epidemic_support"}
    who = world.person("v1")
    refused("door.not-allowed", campaigns.create, office, who, code="a", **make)
    made = campaigns.create(office, world.person("boss"), code="a", **make)
    refused("door.not-allowed", campaigns.open_campaign, office, who, made.code)


@pytest.mark.parametrize(
    ("name", "value"), [("way", "at_random"), ("random_share", 0.5), ("colour", "red")]
)
def test_parameters_are_checked_against_the_pack(world, name, value):
    refused("campaign.bad-parameter", world.campaign, parameters={name: value})


def test_the_list_becomes_enrollments_and_tasks_in_its_order(world):
    swept = world.sweep(guided(world), world.dark(*world.doors[5:8]))
    assert (swept.looked_at, swept.flagged, swept.unflagged, swept.added) == (30, 3, 27, 3)
    tasks = world.tasks()
    assert [t.place_id for t in tasks] == world.doors[5:8]
    assert [t.rank for t in tasks] == [1, 2, 3]
    assert {t.slot for t in tasks} == {"visit"}
    one = world.enrollments()[world.doors[5]]
    assert (one.signal["state"], one.evidence["zh"]) == ("dark", "无用电")


def test_the_next_night_adds_resolves_and_reranks(world, office, clock):
    campaign = guided(world)
    world.sweep(campaign, world.dark(*world.doors[:3]))
    clock.turn(days=1)
    again = world.sweep(
        campaign, world.dark(world.doors[7], *world.doors[1:3], day=date(2020, 2, 11))
    )
    assert (again.added, again.resolved, again.reranked) == (1, 1, 0)
    now = world.enrollments()
    assert now[world.doors[0]].state == "resolved"
    assert [t.state for t in world.tasks(place_id=world.doors[0])] == ["cancelled"]
    assert [now[d].rank for d in (world.doors[7], world.doors[1], world.doors[2])] == [1, 2, 3]
    back = world.sweep(campaign, world.dark(*world.doors[:3], day=date(2020, 2, 12)))
    assert (back.back, world.enrollments()[world.doors[0]].state) == (1, "active")
    assert [t.state for t in world.tasks(place_id=world.doors[0])] == ["requested"]


def test_what_was_performed_or_begun_is_never_touched(world, office):
    from lamplit.services.field.tasks import tasks

    campaign = guided(world)
    world.sweep(campaign, world.dark(*world.doors[:3]))
    who = world.person("v1")
    first, second, _ = world.tasks()
    world.submit(who, first.id, **NOBODY)
    tasks.claim(office, who, second.id)
    tasks.start(office, who, second.id)
    before = {t.id: t.state for t in world.tasks()}
    again = world.sweep(campaign, world.dark(day=date(2020, 2, 11)))
    assert again.resolved == 1
    after = {t.id: t.state for t in world.tasks()}
    assert after[first.id] == before[first.id] == "failed"
    assert after[second.id] == "in_progress"


@settings(max_examples=8, suppress_health_check=list(HealthCheck), derandomize=True)
@given(nights=st.lists(st.sets(st.integers(0, 29), max_size=30), min_size=1, max_size=4))
def test_any_nights_swept_twice_are_as_swept_once(world, office, nights):
    code = f"n{abs(hash(str(nights)))}"
    made = world.campaign(code, parameters={"random_share": 0.1})

    def state():
        found = world.enrollments(campaign_id=made.id)
        return {p: (e.state, e.rank, e.signal, e.random_pick) for p, e in found.items()}, sorted(
            (t.place_id, t.slot, t.state) for t in world.tasks(campaign_id=made.id)
        )

    for at, night in enumerate(nights):
        evening = world.dark(*(world.doors[n] for n in sorted(night)), day=TODAY + timedelta(at))
        world.sweep(made, evening)
        once = state()
        again = world.sweep(made, evening)
        assert state() == once
        assert (again.added, again.back, again.resolved, again.reranked, again.tasks) == (0,) * 5
        active = {
            p for p, e in world.enrollments(campaign_id=made.id).items() if e.state == "active"
        }
        assert {world.doors[n] for n in night} <= active


def test_some_other_doors_are_enrolled_by_chance_and_look_like_the_rest(office):
    world = build(office, buildings=10, homes=40)
    campaign = world.campaign(parameters={"random_share": 0.2})
    flagged = world.doors[::8]
    swept = world.sweep(campaign, world.dark(*flagged))
    found = world.enrollments()
    picked = {p for p, e in found.items() if e.random_pick}
    assert swept.random == len(picked)
    # 350 doors at 20 %: 70, and within four standard deviations of it.
    assert 40 < len(picked) < 100
    assert not picked & set(flagged)
    assert {e.reason for e in found.values()} == {"signal"}
    assert sorted(e.rank for e in found.values()) == list(range(1, len(found) + 1))
    ranks = sorted(found[p].rank for p in picked)
    assert ranks[0] < len(found) / 4
    assert ranks[-1] > 3 * len(found) / 4
    keys = {frozenset(e.signal) for e in found.values()}
    assert len(keys) == 1
    windows = {(t.slot, t.due_from, t.due_until, t.origin) for t in world.tasks()}
    assert len(windows) == 1


def test_chance_does_not_pick_anew_each_night(world):
    campaign = world.campaign(parameters={"random_share": 0.2})
    world.sweep(campaign, world.dark(world.doors[0]))
    first = {p for p, e in world.enrollments().items() if e.random_pick}
    again = world.sweep(campaign, world.dark(world.doors[0], day=date(2020, 2, 11)))
    assert (again.added, again.resolved) == (0, 0)
    assert {p for p, e in world.enrollments().items() if e.random_pick} == first != set()


def test_a_door_that_left_the_list_may_be_drawn_by_chance_like_any_other(office):
    world = build(office, buildings=10, homes=40)
    campaign = world.campaign(parameters={"random_share": 0.2})
    world.sweep(campaign, world.dark(*world.doors))
    assert not any(e.random_pick for e in world.enrollments().values())
    world.sweep(campaign, world.dark(day=date(2020, 2, 11)))
    left = world.enrollments()
    assert {e.random_pick for e in left.values() if e.state == "active"} == {True}
    # 400 doors at 20 %: 80, and within four standard deviations of it.
    assert 48 < sum(e.random_pick for e in left.values()) < 112
    again = world.sweep(campaign, world.dark(*world.doors, day=date(2020, 2, 12)))
    assert (again.added, again.random) == (0, 0)
    assert not any(e.random_pick for e in world.enrollments().values())


def test_every_door_of_a_community(world):
    swept = world.sweep(world.campaign(parameters={"way": "every_door"}), None)
    assert swept.added == 30
    assert [t.place_id for t in world.tasks()] == sorted(
        world.doors, key=lambda d: (world.enrollments()[d].building_id, world.codes[d])
    )


def test_daily_care_enrolls_who_somebody_is_responsible_for(world, office, clock):
    world.person("care", Role.RESPONSIBLE, world.buildings[1])
    campaign = world.campaign(
        "care",
        "building_care",
        deadline=TODAY + timedelta(30),
        parameters={"way": "responsibility"},
    )
    assert world.sweep(campaign, None).added == 10
    assert {t.slot for t in world.tasks()} == {"daily:2020-02-10"}
    clock.turn(days=2)
    rolled = cadence.roll(office)
    assert rolled.made == 20
    assert cadence.roll(office).made == 0
    # Yesterday's can still be filled in; nothing is made for days to come.
    assert {t.slot for t in world.tasks()} == {f"daily:2020-02-{d}" for d in (10, 11, 12)}
    clock.turn(days=5)
    assert cadence.roll(office).missed == 30
    missed = {t.slot for t in world.tasks(state="cancelled")}
    assert missed == {f"daily:2020-02-{d}" for d in (10, 11, 12)}


def test_a_missed_day_is_entered_late_and_one_done_on_paper_later_still(world, office, clock):
    care = world.person("care", Role.RESPONSIBLE, world.buildings[1])
    world.sweep(world.campaign("care", "building_care", deadline=TODAY + timedelta(30)), None)
    met = {"form_id": "lamplit_building_care", "contact": "met", "health": "well",
           "difficulty": "none", "came_back": "no"}  # fmt: skip
    first, second = world.tasks(slot="daily:2020-02-10")[:2]
    clock.turn(days=1)
    cadence.roll(office)
    assert world.submit(care, first.id, **met).outcome == "reached"
    assert world.tasks(id=first.id)[0].state == "completed"
    # It is the missed day's, and leaves today's open.
    [today] = world.tasks(slot="daily:2020-02-11", place_id=first.place_id)
    assert today.state == "requested"
    clock.turn(days=5)
    cadence.roll(office)
    missed = world.tasks(id=second.id)[0]
    assert (missed.state, missed.reason) == ("cancelled", cadence.MISSED)
    world.submit(care, second.id, **met)
    assert world.tasks(id=second.id)[0].state == "completed"


def test_what_recurs_by_the_week_is_made_on_its_day_and_stays_as_long_as_its_pack_says(
    world, office, clock
):
    depot = new_id()
    with office.db.begin() as conn:
        conn.execute(
            place.insert().values(
                id=depot, kind="aid_point", code="AID", parent_id=world.community,
                community_id=world.community,
            )
        )  # fmt: skip
    stock = world.campaign("stock", "supplies", purpose="supplies", deadline=TODAY + timedelta(30))
    world.sweep(stock, None)  # a Monday; the stock is counted on Fridays
    made: dict[int, str] = {}
    for _ in range(15):
        cadence.roll(office)
        weekly = [t for t in world.tasks(place_id=depot) if t.slot.startswith("weekly:")]
        made |= {office.local_day(clock.now).day: t.slot for t in weekly if t.state == "requested"}
        clock.turn(days=1)
    # Due on Friday; until Monday it can still be entered.
    assert made == {
        **dict.fromkeys((14, 15, 16, 17), "weekly:2020-02-14"),
        **dict.fromkeys((21, 22, 23, 24), "weekly:2020-02-21"),
    }


def test_nothing_is_made_past_the_end(world, office, clock):
    world.person("care", Role.RESPONSIBLE, world.buildings[1])
    campaign = world.campaign("care", "building_care", deadline=TODAY + timedelta(1))
    world.sweep(campaign, None)
    clock.turn(days=10)
    cadence.roll(office, through=TODAY + timedelta(300))
    assert max(t.slot for t in world.tasks()) <= "daily:2020-02-11"


def test_places_that_ask_are_enrolled_by_name(world, office):
    campaign = guided(world)
    door = world.doors[4]
    assert enrol.enrol_places(office, CLI, campaign.id, [door], reason=Reason.REQUEST) == 1
    assert enrol.enrol_places(office, CLI, campaign.id, [door]) == 0
    assert [t.place_id for t in world.tasks()] == [door]
    refused("campaign.place-kind", enrol.enrol_places, office, CLI, campaign.id, [world.community])
    # Who asked stays, whatever the meters say.
    assert world.sweep(campaign, world.dark()).resolved == 0


def test_the_report_keeps_apart_what_must_not_be_mixed(world, office, clock):
    campaign = guided(world)
    world.sweep(campaign, world.dark(*world.doors[:8]))
    who, ids = world.person("v1"), [t.id for t in world.tasks()]
    said = (RETURNED, TOLD_EMPTY, ILL, ANSWERED, REFUSED, NOBODY, NO_WAY)
    for wanted, answers in zip(ids, said, strict=False):
        world.submit(who, wanted, **answers)
    clock.turn(hours=5)
    report = campaigns.close(office, world.person("boss"), campaign.id).report
    assert {k: report[k] for k in ("enrolled", "reached", "refused", "attempted", "untouched")} == {
        "enrolled": 8, "reached": 4, "refused": 1, "attempted": 2, "untouched": 1,
    }  # fmt: skip
    assert report["unreachable"] == 1
    assert (report["visits"], report["finds"], report["in_time"]) == (7, 2, True)
    assert report["knocks_per_find"]["value"] == 3.5
    assert report["findings"]["finding:ill"] == 1


def test_the_report_says_what_was_done_in_time_where_some_was_not(world, office, clock):
    campaign = world.campaign(deadline=TODAY, parameters={"random_share": 0})
    world.sweep(campaign, world.dark(*world.doors[:3]))
    first, second, _ = (t.id for t in world.tasks())
    world.submit(world.person("v1"), first, **ANSWERED)
    clock.turn(days=1)
    world.submit(world.person("v1"), second, **ANSWERED)
    report = campaigns.close(office, world.person("boss"), campaign.id).report
    assert (report["done"], report["done_by_deadline"], report["in_time"]) == (2, 1, False)
    assert report["untouched"] == 1


def test_closing_cancels_what_is_open_and_reopening_brings_it_back(world, office):
    campaign = guided(world)
    world.sweep(campaign, world.dark(*world.doors[:2]))
    campaigns.close(office, CLI, campaign.id)
    assert {t.state for t in world.tasks()} == {"cancelled"}
    again = campaigns.reopen(
        office, CLI, campaign.id, deadline=TODAY + timedelta(5), reason="more homes"
    )
    assert again.state is CampaignState.OPEN
    assert {t.state for t in world.tasks()} == {"requested"}


def test_late_work_after_the_close_is_taken_and_flagged(world, office):
    campaign = guided(world)
    world.sweep(campaign, world.dark(*world.doors[:2]))
    wanted = world.tasks()[0]
    campaigns.close(office, CLI, campaign.id)
    receipt = world.submit(world.person("v1"), wanted.id, **ANSWERED)
    assert "late" in receipt.flags
    assert world.tasks(id=wanted.id)[0].state == "completed"


def test_the_list_expires_and_the_log_says_what_went(world, office, clock):
    campaign = guided(world)
    world.sweep(campaign, world.dark(*world.doors[:3]))
    photo = media.Attachment("door.jpg", "image/jpeg", b"photo")
    said = form(world.tasks()[0].id, **TOLD_EMPTY)
    send(office, world.person("v1"), said, attachments=[photo])
    campaigns.close(office, CLI, campaign.id)
    assert expiry.expire(office) == []
    clock.turn(days=15)
    done = expiry.expire(office)
    assert [(one.evidence, one.signals) for one in done] == [(3, 3)]
    kept = world.enrollments()
    assert {(e.evidence, e.signal) for e in kept.values()} == {(None, None)}
    assert sorted(e.found or "" for e in kept.values()) == ["", "", "empty"]
    assert expiry.expire(office) == []
    clock.turn(days=180)
    assert any(p.is_file() for p in office.media_dir.rglob("*"))
    assert [(one.answers, one.photos) for one in expiry.expire(office)] == [(1, 1)]
    assert not any(p.is_file() for p in office.media_dir.rglob("*"))
    with office.db.read() as conn:
        assert conn.scalars(select(submission.c.answers)).all() == [{}]
        told = conn.scalars(select(event.c.data).where(event.c.kind == "campaign.expired")).one()
        assert told["evidence"] == told["signals"] == 3
        assert not [b for b in log.verify(conn) if isinstance(b, log.Break)]


def test_a_broken_routine_raises_a_task_within_hours(world, office, clock):
    with office.db.begin() as conn:
        from sqlalchemy import update

        from lamplit.store.schema import place

        alone = {"consent": True, "lives_alone": True}
        conn.execute(update(place).where(place.c.id == world.doors[0]).values(attrs=alone))
    campaign = world.campaign("alone", "living_alone", deadline=TODAY + timedelta(60))
    assert world.sweep(campaign, world.evening()).added == 1
    clock.turn(days=1)
    broken = HomeSignal("lived_in", date(2019, 1, 1), 0.9, "routine_broken", date(2020, 2, 11))
    world.sweep(campaign, world.evening(date(2020, 2, 11), **{world.codes[world.doors[0]]: broken}))
    raised = [t for t in world.tasks() if t.slot.startswith("signal:")]
    assert len(raised) == 1
    assert (raised[0].due_until - raised[0].due_from) == timedelta(hours=4)


def test_nothing_counts_twice(world, office):
    world.sweep(guided(world), world.dark(*world.doors[:3]))
    with office.db.read() as conn:
        ids = conn.scalars(select(task.c.enrollment_id)).all()
        known = conn.scalars(select(enrollment.c.id)).all()
    assert sorted(ids) == sorted(known)


def gone_through(world, campaign, evening, monkeypatch) -> tuple[bool, object]:
    """Whether a sweep went through the places, and what it said."""
    went = []
    real = enrol._look
    with monkeypatch.context() as patch:
        patch.setattr(enrol, "_look", lambda *asked: (went.append(1), real(*asked))[1])
        swept = world.sweep(campaign, evening)
    return bool(went), swept


def test_a_sweep_with_nothing_new_goes_through_no_place_and_touches_nothing(world, monkeypatch):
    campaign = world.campaign(parameters={"random_share": 0})
    evening = world.dark(*world.doors[:3])
    first = world.sweep(campaign, evening)
    before = (world.tasks(), world.enrollments())
    went, again = gone_through(world, campaign, evening, monkeypatch)
    assert not went
    assert (again.looked_at, again.flagged, again.added, again.tasks) == (
        first.looked_at, 3, 0, 0,
    )  # fmt: skip
    assert (world.tasks(), world.enrollments()) == before


@pytest.mark.parametrize(
    "what", ["signal", "probability", "evidence", "visit", "claim", "enrolled", "day", "place"]
)
def test_whatever_is_new_is_gone_through(world, office, clock, monkeypatch, what):
    campaign = world.campaign(parameters={"random_share": 0})
    evening, me = world.dark(*world.doors[:3]), world.person("v1")
    world.sweep(campaign, evening)
    code = world.codes[world.doors[0]]
    homes = dict(evening.homes)
    if what == "signal":
        evening = world.dark(*world.doors[:4])
    if what == "probability":
        homes[code] = dataclasses.replace(homes[code], probability=0.96)
        evening = Evening(evening.as_of, homes)
    if what == "evidence":
        homes[code] = dataclasses.replace(homes[code], evidence={"en": "other"})
        evening = Evening(evening.as_of, homes)
    if what == "visit":
        world.submit(me, world.tasks()[0].id, **NOBODY)
    if what == "claim":
        tasks.claim(office, me, world.tasks()[0].id)
    if what == "enrolled":
        enrol.enrol_places(office, CLI, campaign.id, world.doors[4:5])
    if what == "day":
        clock.turn(days=1)
    if what == "place":
        with office.begin(CLI) as tx:
            tx.log("place.synced", "place", world.community)
    assert gone_through(world, campaign, evening, monkeypatch)[0]


def test_what_happens_elsewhere_makes_no_sweep_go_through_its_places(world, office, monkeypatch):
    campaign, other = (
        world.campaign(code, parameters={"random_share": 0}) for code in ("one", "two")
    )
    evening = world.dark(*world.doors[:3])
    for one in (campaign, other):
        world.sweep(one, evening)
    me = world.person("v1")
    theirs = next(t for t in world.tasks() if t.campaign_id == other.id)
    world.submit(me, theirs.id, **NOBODY)
    assert not gone_through(world, campaign, evening, monkeypatch)[0]
    assert gone_through(world, other, evening, monkeypatch)[0]
