"""Plans: proposals until applied, previewed, undone, and never over what somebody has done."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from campaign_world import ANSWERED, NOBODY, QUICK, build, planned
from refusals import refused
from sqlalchemy import select, update

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlanState, Role
from lamplit.domain.jobs import LANES, JobKind, JobState
from lamplit.planning.model import Patience
from lamplit.services.field.campaigns import campaigns
from lamplit.services.field.jobs import jobs
from lamplit.services.field.jobs.work import this_worker, work_off
from lamplit.services.field.office import CLI, new_id
from lamplit.services.field.packs import pack_of
from lamplit.services.field.people.assignments import withdraw
from lamplit.services.field.plans import desk, plans
from lamplit.services.field.plans.apply import apply
from lamplit.services.field.plans.facts import Asked, facts_of
from lamplit.services.field.privacy.expiry import expire
from lamplit.services.field.tasks import assign, tasklist, tasks
from lamplit.store import jobs as job_store
from lamplit.store.schema import assignment, event, person, plan_stop


@pytest.fixture
def world(office):
    made = build(office, buildings=3, homes=6)
    for code in ("v1", "v2", "v3"):
        made.person(code, Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    made.sweep(made.campaign(parameters={"way": "every_door"}), made.evening())
    return made


def owners(world):
    return {row.place_id: row.owner_id for row in world.tasks()}


def put_in_force(world, head, **more):
    return apply(world.office, world.person("boss"), "sweep", head.id, **more)


def test_a_plan_is_a_proposal_until_it_is_applied(world, office):
    head = planned(world)
    assert head.state is PlanState.READY
    assert head.doors == 18
    assert set(owners(world).values()) == {None}
    done = put_in_force(world, head, note="stairs on the left")
    assert (done.given, done.freed, done.over) == (18, 0, 0)
    view = plans.show(office, world.person("boss"), "sweep", head.id)
    for one in view.lists:
        mine = [r for r in world.tasks() if r.owner_id == one.person_id]
        stops = [s for b in one.buildings for s in b.stops]
        assert [s.task_id for s in stops] == [r.id for r in sorted(mine, key=lambda r: r.turn)]
        assert {r.note for r in mine} <= {"stairs on the left"}
        assert [s.arrives for s in stops] == sorted(s.arrives for s in stops)
    assert view.plan.state is PlanState.APPLIED
    assert sum(one.doors for one in view.lists) == 18


def test_applying_is_one_chain_in_the_log(world, office):
    head = planned(world)
    put_in_force(world, head)
    with office.db.read() as conn:
        rows = conn.execute(select(event).order_by(event.c.seq)).all()
    kinds = [row.kind for row in rows]
    assert kinds[kinds.index("plan.asked") :][:3] == ["plan.asked", "plan.ready", "plan.applied"]
    given = [row.data for row in rows if row.kind == "task.assigned"]
    assert sum(one["count"] for one in given) == 18
    assert {one["plan"] for one in given} == {head.id}


def test_lists_follow_the_plan(world, office):
    put_in_force(world, planned(world))
    for code in ("v1", "v2", "v3"):
        own = tasklist.tasks_of(office, world.person(code)).own
        turns = [one.task.turn for one in own]
        assert turns == list(range(1, len(turns) + 1))


def test_what_was_performed_or_is_being_done_is_never_touched(world, office):
    head = planned(world, Asked(seconds=0.0, people=("v1", "v2"), seek_help=False))
    begun, done, claimed = world.tasks()[:3]
    tasks.claim(office, world.person("v3"), begun.id)
    tasks.start(office, world.person("v3"), begun.id)
    tasks.claim(office, world.person("v3"), claimed.id)
    world.submit(world.person("v3"), done.id, **ANSWERED)
    preview = plans.show(office, world.person("boss"), "sweep", head.id).preview
    assert (preview.held, preview.over) == (2, 1)
    result = put_in_force(world, head)
    assert (result.held, result.over, result.given) == (2, 1, 15)
    after = {row.id: row for row in world.tasks()}
    v3 = world.people["v3"]
    assert {after[begun.id].owner_id, after[claimed.id].owner_id} == {v3}
    assert after[begun.id].state == "in_progress"
    assert after[done.id].state == "completed"
    assert after[done.id].performed_by == v3


def test_a_new_plan_leaves_a_claimed_door_to_who_claimed_it(world, office):
    mine = world.tasks()[0]
    tasks.claim(office, world.person("v2"), mine.id)
    view = plans.show(office, world.person("boss"), "sweep", planned(world).id)
    (owner,) = [
        one.code for one in view.lists for b in one.buildings for s in b.stops
        if s.task_id == mine.id
    ]  # fmt: skip
    assert owner == "v2"


def test_only_who_covers_a_door_gets_it(world, office):
    other = world.person("block", Role.RESPONSIBLE, at=world.buildings[2])
    view = plans.show(office, world.person("boss"), "sweep", planned(world).id)
    (one,) = [one for one in view.lists if one.person_id == other.person_id]
    assert {b.building_id for b in one.buildings} <= {world.buildings[2]}
    only = planned(world, Asked(seconds=0.0, people=("block",), seek_help=False))
    view = plans.show(office, world.person("boss"), "sweep", only.id)
    assert {left.why for left in view.left} == {"nobody-able"}
    assert len(view.left[0].place_ids) == 12
    refused(
        "plan.not-there",
        planned,
        world,
        Asked(people=(world.person("far", Role.VOLUNTEER, at=_elsewhere(office)) and "far",)),
    )


def _elsewhere(office):
    return build(office, buildings=1, homes=1, code="C2").community


def test_when_somebody_withdraws_the_others_keep_their_lists(world, office, clock):
    put_in_force(world, planned(world))
    before = owners(world)
    lost = {p for p, who in before.items() if who == world.people["v1"]}
    clock.turn(hours=1)
    withdraw(office, world.person("boss"), person="v1")
    head = planned(world)
    view = plans.show(office, world.person("boss"), "sweep", head.id)
    assert {m.giver for m in view.preview.moves} == {None}
    assert sum(m.doors for m in view.preview.moves) == len(lost)
    untouched = {r.id: r.version for r in world.tasks() if r.place_id not in lost}
    gaining = {one.person_id for one in view.lists if one.gains}
    put_in_force(world, head)
    after = owners(world)
    assert {p: w for p, w in after.items() if p not in lost} == {
        p: w for p, w in before.items() if p not in lost
    }
    assert world.people["v1"] not in after.values()
    assert None not in after.values()
    # Whoever gains nothing has not a task changed: their phones fetch nothing.
    for row in world.tasks():
        if row.owner_id not in gaining:
            assert row.version == untouched[row.id]


def test_somebody_left_out_loses_their_doors_and_the_preview_says_so(world, office, clock):
    put_in_force(world, planned(world))
    clock.turn(minutes=5)
    head = planned(world, replace(QUICK, without=("v2",)))
    view = plans.show(office, world.person("boss"), "sweep", head.id, doors=False)
    losing = {one.code: (one.loses, one.gains) for one in view.lists if one.loses}
    assert list(losing) == ["v2"]
    assert losing["v2"][1] == 0
    assert sum(one.gains for one in view.lists) == losing["v2"][0]


def test_doors_that_came_back_are_given_out_and_nobody_else_is_disturbed(world, office, clock):
    put_in_force(world, planned(world, Asked(seconds=0.0, people=("v1", "v2"), seek_help=False)))
    before = owners(world)
    clock.turn(hours=2)
    one = world.tasks()[0]
    tasks.release(office, world.person("boss"), one.id)
    head = planned(world)
    put_in_force(world, head)
    after = owners(world)
    changed = {p for p in after if after[p] != before[p]}
    assert changed <= {one.place_id}
    assert after[one.place_id] is not None


def test_going_back_to_the_plan_before(world, office, clock):
    assign.assign(office, CLI, "v3", task_ids=[world.tasks()[0].id])
    by_hand = owners(world)
    first = planned(world, Asked(seconds=0.0, people=("v1",), seek_help=False))
    put_in_force(world, first)
    one = owners(world)
    clock.turn(minutes=1)
    second = planned(world, Asked(seconds=0.0, people=("v2",), keep=False, seek_help=False))
    put_in_force(world, second)
    assert set(owners(world).values()) == {world.people["v2"]}
    states = {p.id: p.state for p in plans.listed(office, world.person("boss"), "sweep")}
    assert states[first.id] is PlanState.SUPERSEDED
    put_in_force(world, first)
    assert owners(world) == one
    (before,) = [
        p for p in plans.listed(office, world.person("boss"), "sweep") if p.origin == "before"
    ]
    put_in_force(world, before)
    assert owners(world) == by_hand


def test_a_proposal_that_was_passed_over_is_not_applied(world, clock):
    old = planned(world)
    clock.turn(minutes=1)
    put_in_force(world, planned(world))
    refused("plan.not-in-state", put_in_force, world, old)


def test_of_two_who_apply_at_once_one_is_told(world):
    head = planned(world)
    refused("store.changed-meanwhile", put_in_force, world, head, version=head.version - 1)
    answers = []

    def act():
        try:
            put_in_force(world, head, version=head.version)
            answers.append("applied")
        except LamplitError as problem:
            answers.append(problem.code)

    both = [threading.Thread(target=act) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(answers) == ["applied", "store.changed-meanwhile"]


def test_plans_are_for_leaders(world, office):
    for who in ("v1", "x"):
        world.person(who)
        refused("door.not-allowed", planned, world, QUICK, who)
    head = planned(world)
    refused("door.not-allowed", plans.show, office, world.person("v1"), "sweep", head.id)
    refused("door.not-allowed", apply, office, world.person("v1"), "sweep", head.id)
    refused("store.not-found", plans.show, office, world.person("boss"), "sweep", "nothing")


def test_a_plan_tells_nothing_of_who_is_at_home(world, office):
    """Two campaigns that differ in the meters alone, with the same ranks, have the same plan."""
    with office.read(CLI) as tx:
        row = campaigns.get(tx.conn, "sweep")
        lit = facts_of(office, tx, pack_of(office, row.programme), row, QUICK)
    world.sweep(campaigns.status(office, CLI, "sweep"), world.dark(*world.doors[:5]))
    with office.read(CLI) as tx:
        dark = facts_of(office, tx, pack_of(office, row.programme), row, QUICK)
    plain = [replace(d, rank=0) for d in lit.request.doors]
    assert plain == [replace(d, rank=0) for d in dark.request.doors]


def test_hours_homes_and_roles_that_end_are_taken_from_the_store(world, office, clock):
    with office.db.begin() as conn:
        conn.execute(
            update(person).where(person.c.code == "v1").values(
                hours={"mon": [["06:00", "09:30"], ["18:00", "24:00"]]}, languages=["zh"],
                skills=["nurse"], home_place_id=world.homes[1][0],
            )
        )  # fmt: skip
    today = office.local_day(clock())
    world.person("temp", Role.VOLUNTEER, ends=today + timedelta(days=1))
    with office.read(CLI) as tx:
        row = campaigns.get(tx.conn, "sweep")
        facts = facts_of(office, tx, pack_of(office, row.programme), row, QUICK)
    people = {p.id: p for p in facts.request.people}
    one, temp = people[world.people["v1"]], people[world.people["temp"]]
    # Nobody knocks before 08:30 or after 20:30; the tenth of February 2020 is a Monday.
    assert [(s.start, s.end) for s in one.spans] == [(510, 570), (1080, 1230)]
    assert one.home == world.buildings[1]
    assert {"nurse"} <= one.skills
    assert max(s.end for s in temp.spans) <= 1440
    assert facts.assumed.hours == 3
    assert facts.assumed.homes == 3
    assert facts.assumed.buildings == 3


def test_a_plan_learns_from_the_campaigns_own_visits(world, office):
    for row in world.tasks()[:6]:
        world.submit(world.person("v1"), row.id, **NOBODY)
    with office.read(CLI) as tx:
        row = campaigns.get(tx.conn, "sweep")
        facts = facts_of(office, tx, pack_of(office, row.programme), row, QUICK)
    assert facts.habits.learnt == 6
    assert facts.habits.answers[0] < 0.45


def test_the_next_attempt_stays_with_the_one_who_has_the_plan(world, office, clock):
    put_in_force(world, planned(world))
    one = next(r for r in world.tasks() if r.turn == 1)
    who = next(code for code, p in world.people.items() if p == one.owner_id)
    clock.turn(hours=1)
    world.submit(world.person(who), one.id, **NOBODY)
    again = next(r for r in world.tasks(place_id=one.place_id) if r.slot == "visit/2")
    assert (again.owner_id, again.turn, again.state) == (one.owner_id, 1, "accepted")


def test_a_plan_is_a_job_like_others(world, office):
    boss = world.person("boss")
    head = plans.ask(office, boss, "sweep", QUICK)
    refused("plan.already-under-way", plans.ask, office, boss, "sweep", QUICK)
    waiting = jobs.look(office, boss, head.id)
    assert (waiting.kind, waiting.state, waiting.mine) == (JobKind.PLAN, JobState.WAITING, True)
    assert work_off(office) == [head.id]
    assert jobs.look(office, boss, head.id).state is JobState.DONE
    done = plans.head(office, boss, "sweep", head.id)
    assert (done.state, done.doors, done.share) == (PlanState.READY, 18, 1.0)


def test_a_plan_says_how_far_it_is_while_its_job_runs(world, office):
    boss = world.person("boss")
    head = plans.ask(office, boss, "sweep", QUICK)
    before, _ = plans.course(office, boss, "sweep", head.id)
    with office.db.begin() as conn:
        now = datetime.now(UTC)
        job_store.claim(conn, [JobKind.PLAN], this_worker(), office.clock(), now)
        job_store.beat(conn, head.id, now, {"stage": "living", "share": 0.65})
    number, seen = plans.course(office, boss, "sweep", head.id)
    assert (seen.share, seen.stage.en) == (0.65, "living the lists through")
    assert number > before


def test_a_plan_does_not_wait_for_a_night_nor_a_night_for_a_plan(world, office):
    with office.db.begin() as conn:
        for kind in (JobKind.NIGHT, JobKind.PLAN, JobKind.INGEST, JobKind.PLAN):
            job_store.add(
                conn, id=new_id(), kind=kind.value, state="waiting", asked={},
                made_at=office.clock(),
            )  # fmt: skip
        claimed = [
            job_store.claim(conn, lane, this_worker(), office.clock(), datetime.now(UTC))
            for lane in (*LANES, *LANES)
        ]
    assert [one is not None for one in claimed] == [True, True, False, False]


@pytest.mark.parametrize("how", ["killed", "cancelled"])
def test_a_plan_whose_job_ended_without_it_is_set_down_as_failed(world, office, how):
    boss = world.person("boss")
    head = plans.ask(office, boss, "sweep", QUICK)
    assert plans.listed(office, boss, "sweep")[0].state is PlanState.PLANNING
    if how == "cancelled":
        jobs.cancel(office, boss, head.id)
    else:
        with office.db.begin() as conn:
            gone = datetime.now(UTC) - timedelta(minutes=2)
            job_store.claim(conn, [JobKind.PLAN], "elsewhere:1", office.clock(), gone)
    (again,) = plans.listed(office, boss, "sweep")
    assert (again.id, again.state) == (head.id, PlanState.FAILED)
    assert again.failure.code == "plan.stopped"
    assert "停止" in again.failure.says.zh
    refused("plan.not-in-state", put_in_force, world, head)
    # It can be tried again, as any job.
    jobs.retry(office, boss, head.id)
    work_off(office)
    assert plans.head(office, boss, "sweep", head.id).state is PlanState.READY


def test_a_fault_of_the_planner_is_the_plans_and_the_jobs(world, office, monkeypatch):
    def falls(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(desk, "plan_from", falls)
    boss = world.person("boss")
    head = plans.ask(office, boss, "sweep", QUICK)
    work_off(office)
    done = plans.head(office, boss, "sweep", head.id)
    assert (done.state, done.failure.code) == (PlanState.FAILED, "plan.fault")
    job = jobs.look(office, boss, head.id)
    assert (job.state, job.problem["code"]) == (JobState.FAILED, "job.fault")


def test_whoever_no_longer_leads_has_no_plan_made(world, office):
    boss = world.person("boss")
    head = plans.ask(office, boss, "sweep", QUICK)
    with office.db.begin() as conn:
        conn.execute(
            update(assignment)
            .where(assignment.c.person_id == boss.person_id)
            .values(ends=office.local_day(office.clock()))
        )
    work_off(office)
    (failed,) = plans.listed(office, CLI, "sweep")
    assert (failed.id, failed.failure.code) == (head.id, "door.not-allowed")


def test_what_cannot_be_planned_fails_with_the_reason(world, office, clock):
    clock.turn(days=30)
    refused("planning.too-late", planned, world)
    (failed,) = plans.listed(office, world.person("boss"), "sweep")
    assert failed.failure.code == "planning.too-late"
    assert failed.failure.remedy.en == "Set a later deadline."


def test_the_doors_of_plans_expire_with_the_list(world, office, clock):
    head = planned(world)
    campaigns.close(office, CLI, "sweep")
    expire(office, now=clock() + timedelta(days=400))
    with office.db.read() as conn:
        assert conn.execute(select(plan_stop)).first() is None
    view = plans.show(office, world.person("boss"), "sweep", head.id)
    assert (view.preview, [one.buildings for one in view.lists if one.buildings]) == (None, [])
    assert view.forecast is not None


def test_a_plan_reckons_with_the_programme_s_own_rule(world, office, clock):
    """Three tries at two times of day are enough; of three at one time a fourth is asked."""

    def door(task):
        with office.read(world.person("boss")) as tx:
            row = campaigns.get(tx.conn, "sweep")
            facts = facts_of(office, tx, pack_of(office, row.programme), row, QUICK)
        return next(d for d in facts.request.doors if d.id == task.place_id)

    mine = world.tasks()[0]
    assert (door(mine).patience, door(mine).tried, door(mine).tried_in) == (
        Patience((4, 3, 3), gap=180.0), 0, frozenset(),
    )  # fmt: skip
    for hours, tried, parts in ((2, 1, {0}), (24, 2, {0}), (4, 3, {0, 1})):
        clock.turn(hours=hours)
        now = next(r for r in world.tasks(place_id=mine.place_id) if r.state == "requested")
        world.submit(world.person("v1"), now.id, **NOBODY)
        if tried < 3:
            assert (door(mine).tried, door(mine).tried_in) == (tried, parts)
    assert "requested" not in {row.state for row in world.tasks(place_id=mine.place_id)}
    assert world.enrollments()[mine.place_id].done_why == "tried_enough"
