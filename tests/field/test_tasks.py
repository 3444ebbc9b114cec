"""Tasks: of two who claim one wins, claims lapse, and nobody's own last act is final at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from campaign_world import ANSWERED, NO_DOOR, NO_WAY, build
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from refusals import refused
from sqlalchemy import select, update

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import OPEN_TASKS, TASK_MOVES, Role, TaskState
from lamplit.services.field.office import CLI
from lamplit.services.field.tasks import assign, tasklist, tasks
from lamplit.store.schema import event, task


@pytest.fixture
def world(office):
    made = build(office)
    made.person("v1", Role.VOLUNTEER)
    made.person("v2", Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    campaign = made.campaign(parameters={"way": "every_door"})
    made.sweep(campaign, made.evening())
    return made


def kinds(office, task_id):
    with office.db.read() as conn:
        wanted = select(event.c.kind).where(event.c.subject_id == task_id).order_by(event.c.seq)
        return list(conn.scalars(wanted))


def test_of_sixteen_who_claim_the_same_task_exactly_one_wins(world, office):
    people = [world.person(f"p{n}", Role.VOLUNTEER) for n in range(16)]
    wanted = world.tasks()[0].id

    def claim(who):
        try:
            return tasks.claim(office, who, wanted).owner_id
        except LamplitError as problem:
            return problem.code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(claim, people))
    assert answers.count("task.taken") == 15
    owner = world.tasks(id=wanted)[0].owner_id
    assert [a for a in answers if a != "task.taken"] == [owner]
    assert kinds(office, wanted) == ["task.claimed"]


def test_a_claim_lapses_and_the_log_says_whose(world, office, clock):
    wanted = world.tasks()[0].id
    tasks.claim(office, world.person("v1"), wanted)
    refused("task.taken", tasks.claim, office, world.person("v2"), wanted)
    clock.turn(hours=4, minutes=1)
    assert tasks.claim(office, world.person("v2"), wanted).owner_id == world.people["v2"]
    assert kinds(office, wanted) == ["task.claimed", "task.lapsed", "task.claimed"]


def test_claiming_again_renews_the_lease(world, office, clock):
    wanted = world.tasks()[0].id
    first = tasks.claim(office, world.person("v1"), wanted)
    clock.turn(hours=3)
    again = tasks.claim(office, world.person("v1"), wanted)
    assert (again.claimed_until - first.claimed_until).total_seconds() == 3 * 3600


def test_a_submission_renews_the_other_claims_of_its_author(world, office, clock):
    one, other = world.tasks()[:2]
    for wanted in (one, other):
        tasks.claim(office, world.person("v1"), wanted.id)
    clock.turn(hours=3)
    world.submit(world.person("v1"), one.id, **ANSWERED)
    clock.turn(hours=2)
    refused("task.taken", tasks.claim, office, world.person("v2"), other.id)


def test_nobody_claims_without_a_role_there(world, office):
    refused("door.not-allowed", tasks.claim, office, world.person("x"), world.tasks()[0].id)


def test_a_gatekeeper_is_not_among_those_who_claim(world, office):
    world.person("gate", Role.GATEKEEPER)
    refused("task.role", tasks.claim, office, world.person("gate"), world.tasks()[0].id)


def test_the_own_last_act_can_be_undone_for_ten_minutes(world, office, clock):
    wanted, who = world.tasks()[0].id, world.person("v1")
    tasks.claim(office, who, wanted)
    tasks.not_executable(office, who, wanted, reason="no such door")
    clock.turn(minutes=9)
    back = tasks.undo(office, who, wanted)
    assert (back.state, back.owner_id) == (TaskState.ACCEPTED, who.person_id)
    refused("task.nothing-to-undo", tasks.undo, office, who, wanted)
    tasks.release(office, who, wanted)
    clock.turn(minutes=11)
    refused("task.nothing-to-undo", tasks.undo, office, who, wanted)


def test_another_persons_act_is_not_undone(world, office):
    wanted = world.tasks()[0].id
    tasks.claim(office, world.person("v1"), wanted)
    refused("task.nothing-to-undo", tasks.undo, office, world.person("v2"), wanted)


def test_a_building_is_assigned_at_once_with_a_note(world, office):
    done = assign.assign(
        office, world.person("boss"), "v1", campaign="sweep", place="C1-B0", note="stairs left"
    )
    assert (done.count, done.skipped) == (4, 0)
    mine = world.tasks(owner_id=world.people["v1"])
    assert {t.building_id for t in mine} == {world.buildings[0]}
    assert {(t.note, t.claimed_until) for t in mine} == {("stairs left", None)}
    # What was given does not lapse.
    refused("task.taken", tasks.claim, office, world.person("v2"), mine[0].id)


def test_nobody_is_given_doors_that_would_not_open_to_them(world, office):
    world.person("far", Role.VOLUNTEER, world.buildings[1])
    refused("task.not-covering", assign.assign, office, CLI, "far", campaign="sweep", place="C1-B0")


def given_by(office):
    """The log's entries of tasks given: the campaign and how many."""
    with office.db.read() as conn:
        wanted = select(event.c.campaign_id, event.c.data).where(event.c.kind == "task.assigned")
        return [(row.campaign_id, row.data["count"]) for row in conn.execute(wanted)]


def test_all_that_a_person_has_goes_to_another_at_once_and_comes_back(world, office):
    assign.assign(office, CLI, "v1", campaign="sweep", place="C1")
    tasks.not_executable(office, world.person("v1"), world.tasks()[0].id, reason="no such door")
    campaign = world.tasks()[0].campaign_id
    boss = world.person("boss")
    moved = assign.assign(office, boss, "v2", from_person="v1", campaign="sweep", note="my leg")
    assert (moved.count, moved.skipped) == (7, 0)
    mine = world.tasks(owner_id=world.people["v2"])
    assert {(one.state, one.note) for one in mine} == {("accepted", "my leg")}
    assert len(mine) == 7
    assert given_by(office) == [(campaign, 8), (campaign, 7)]
    back = assign.assign(office, boss, "v1", from_person="v2", campaign="sweep")
    assert back.count == 7
    assert world.tasks(owner_id=world.people["v2"]) == []


def test_what_a_person_has_at_one_place_goes_and_the_rest_stays(world, office):
    assign.assign(office, CLI, "v1", campaign="sweep", place="C1")
    moved = assign.assign(office, world.person("boss"), "v2", from_person="v1", place="C1-B0")
    assert moved.count == 4
    assert {one.building_id for one in world.tasks(owner_id=world.people["v1"])} == {
        world.buildings[1]
    }


def test_a_list_that_is_handed_over_keeps_its_order_after_what_the_other_has(world, office):
    assign.assign(office, CLI, "v1", campaign="sweep", place="C1-B0")
    assign.assign(office, CLI, "v2", campaign="sweep", place="C1-B1")
    orders = {}
    with office.begin(CLI) as tx:
        for code in ("v1", "v2"):
            for turn, one in enumerate(world.tasks(owner_id=world.people[code]), 1):
                orders[one.id] = turn
                tx.conn.execute(update(task).where(task.c.id == one.id).values(turn=turn))
    first = [one.id for one in world.tasks(owner_id=world.people["v1"])]
    assign.assign(office, CLI, "v2", from_person="v1", campaign="sweep")
    after = {one.id: one.turn for one in world.tasks(owner_id=world.people["v2"])}
    assert after == {one: at + (4 if one in first else 0) for one, at in orders.items()}


def test_of_tasks_by_id_only_those_that_are_still_the_givers_go(world, office):
    one, other = world.tasks()[:2]
    tasks.claim(office, world.person("v1"), one.id)
    tasks.claim(office, world.person("v2"), other.id)
    world.person("v3", Role.VOLUNTEER)
    moved = assign.assign(office, CLI, "v3", from_person="v1", task_ids=[one.id, other.id])
    assert (moved.count, moved.skipped) == (1, 1)
    assert world.tasks(id=other.id)[0].owner_id == world.people["v2"]


def test_a_hand_over_asks_for_leave_at_each_place_and_changes_nothing_without(world, office):
    assign.assign(office, CLI, "v1", campaign="sweep", place="C1")
    half = world.person("half", Role.LEADER, world.buildings[0])
    args = (assign.assign, office, half, "v2")
    refused("door.not-allowed", *args, from_person="v1", campaign="sweep")
    refused("door.not-allowed", *args, from_person="v1", place="C1-B1")
    refused("door.not-allowed", assign.assign, office, world.person("v2"), "v2", from_person="v1")
    world.person("far", Role.VOLUNTEER, world.buildings[1])
    refused("task.not-covering", assign.assign, office, CLI, "far", from_person="v1")
    assert len(world.tasks(owner_id=world.people["v1"])) == 8
    assert assign.assign(office, half, "v2", from_person="v1", place="C1-B0").count == 4


def test_tasks_move_with_a_hand_over_and_go_free_with_a_withdrawal(world, office):
    assign.assign(office, CLI, "v1", campaign="sweep", place="C1-B0")
    with office.begin(CLI) as tx:
        moved = assign.move_owner(tx, world.people["v1"], world.people["v2"], note="handed over")
    assert moved.count == 4
    with office.begin(CLI) as tx:
        assign.move_owner(tx, world.people["v2"], None)
    assert {(t.state, t.owner_id) for t in world.tasks()} == {("requested", None)}


def test_a_person_sees_own_tasks_and_claimable_ones_of_places_they_cover(world, office):
    world.person("b1", Role.VOLUNTEER, world.buildings[1])
    listed = tasklist.tasks_of(office, world.person("b1"))
    assert {one.task.place_id for one in listed.claimable} == set(world.homes[1])
    # A phone opens a home by its campaign's purpose, also where it may not read the campaign.
    assert {one.purpose for one in listed.claimable} == {"epidemic_support"}
    taken = tasks.claim(office, world.person("b1"), listed.claimable[0].task.id)
    again = tasklist.tasks_of(office, world.person("b1"))
    assert [one.task.id for one in again.own] == [taken.id]
    assert len(again.claimable) == 3
    assert tasklist.tasks_of(office, world.person("x")).claimable == []


def test_overdue_tasks_come_first_and_floors_in_order(world, office, clock):
    listed = tasklist.tasks_of(office, world.person("v1")).claimable
    assert [one.place.floor for one in listed] == [0, 1, 2, 3] * 2
    clock.turn(days=4)
    assert {one.when for one in tasklist.tasks_of(office, world.person("v1")).claimable} == {
        "overdue"
    }


def test_no_way_in_is_an_attempt_and_no_such_door_ends_the_task(world):
    first, second = world.tasks()[:2]
    world.submit(world.person("v1"), first.id, **NO_WAY)
    world.submit(world.person("v1"), second.id, **NO_DOOR)
    assert [world.tasks(id=t.id)[0].state for t in (first, second)] == [
        "failed", "not_executable",
    ]  # fmt: skip


class Machine(RuleBasedStateMachine):
    """Whatever people try, a task only makes moves that are allowed, and its version only grows."""

    office = None
    world = None

    def __init__(self) -> None:
        super().__init__()
        open_ = [t for t in self.world.tasks() if TaskState(t.state) in OPEN_TASKS]
        self.id = open_[0].id
        self.seen = open_[0]

    def act(self, call, *args, **kwargs):
        try:
            call(self.office, *args, **kwargs)
        except LamplitError:
            assert self.now() == self.seen

    def now(self):
        return self.world.tasks(id=self.id)[0]

    who = st.sampled_from(["v1", "v2", "boss"])

    @rule(who=who)
    def claims(self, who):
        self.act(tasks.claim, self.world.person(who), self.id)

    @rule(who=who)
    def releases(self, who):
        self.act(tasks.release, self.world.person(who), self.id)

    @rule(who=who)
    def starts(self, who):
        self.act(tasks.start, self.world.person(who), self.id)

    @rule(who=who)
    def cannot(self, who):
        self.act(tasks.not_executable, self.world.person(who), self.id, reason="no way in")

    @rule(hours=st.sampled_from([1, 5]))
    def time_passes(self, hours):
        self.office.clock.turn(hours=hours)

    @invariant()
    def moves_are_allowed(self):
        now, before = self.now(), self.seen
        moved = now.state != before.state
        assert not moved or TaskState(now.state) in TASK_MOVES[TaskState(before.state)]
        assert now.version >= before.version
        assert now == before or now.version > before.version
        assert (now.state == "requested") == (now.owner_id is None) or now.state not in (
            "requested", "accepted", "in_progress",
        )  # fmt: skip
        self.seen = now


def test_the_state_machine_of_a_task_holds(world, office):
    Machine.office, Machine.world = office, world
    few = settings(
        max_examples=4, stateful_step_count=12,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    Machine.TestCase.settings = few
    Machine.TestCase().runTest()
