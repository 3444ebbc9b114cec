"""The demo world is alive: what every room of the pages needs to show is in it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from rig import World
from sqlalchemy import Table, func, select

from lamplit.domain.field import Role, Tie
from lamplit.replay.neighbourhood.cast import ACCOUNTS, DISTRICT, LEADER
from lamplit.services import demo_mark
from lamplit.services.field.campaigns import board, campaigns, labels
from lamplit.services.field.office import CLI, Actor
from lamplit.services.field.people import checkin, coverage
from lamplit.services.field.privacy import feedback, logcheck
from lamplit.services.field.tasks import findings, stock
from lamplit.services.night.snapshots import read_manifest
from lamplit.store.schema import assignment, campaign, enrollment, event, inbox, person, submission
from lamplit.store.schema import task as tasks

pytestmark = pytest.mark.slow


@pytest.fixture
def leader(shared_world: World) -> Actor:
    with shared_world.office.read(CLI) as tx:
        found = tx.conn.scalar(select(person.c.id).where(person.c.code == LEADER))
    return Actor(found)


def count(world: World, table: Table, *where: object) -> int:
    with world.office.read(CLI) as tx:
        return tx.conn.scalar(select(func.count()).select_from(table).where(*where)) or 0


def today(world: World) -> date:
    with world.office.read(CLI) as tx:
        return tx.today


def test_its_last_night_is_yesterday_and_nothing_lies_ahead_of_now(shared_world):
    mark = demo_mark.read(shared_world.office.home)
    assert mark.until == today(shared_world) - timedelta(1)
    assert [one.username for one in mark.accounts] == [one.username for one in ACCOUNTS]
    now = shared_world.office.clock()
    for column in (event.c.at, submission.c.received_at, inbox.c.received_at):
        assert count(shared_world, column.table, column > now) == 0


def test_people_checked_in_over_ten_days(shared_world, leader):
    day = today(shared_world)
    curve = checkin.checkin_curve(
        shared_world.office, leader, DISTRICT, day - timedelta(11), day - timedelta(2)
    )
    assert len(curve) == 10
    assert [one.total for one in curve] == sorted(one.total for one in curve)
    assert curve[-1].total >= 20
    assert sum(one.new > 0 for one in curve) >= 8


def test_most_buildings_have_somebody_and_some_have_nobody(shared_world, leader):
    areas = coverage.coverage_by_community(shared_world.office, leader, DISTRICT)
    covered, homes = (sum(getattr(a, name) for a in areas) for name in ("covered", "homes"))
    assert 0.3 < covered / homes < 1


def test_ties_were_handed_over_and_withdrawn(shared_world):
    ended = Counter[str]()
    with shared_world.office.read(CLI) as tx:
        rows = tx.conn.execute(
            select(assignment.c.end_reason, assignment.c.predecessor_id).where(
                assignment.c.tie == Tie.RESPONSIBILITY.value
            )
        ).all()
    ended.update(row.end_reason for row in rows)
    assert ended["handed_over"] >= 1
    assert ended["withdrawn"] >= 1
    assert any(row.predecessor_id for row in rows)


def test_a_sweep_is_on_its_second_of_three_days(shared_world, leader):
    office = shared_world.office
    now = board.board(office, leader, "SWEEP")
    first = today(shared_world) - timedelta(1)
    assert now.campaign.starts == first
    assert now.campaign.deadline.astimezone(office.zone).date() == first + timedelta(2)
    assert 0 < now.done < now.enrolled
    assert now.uncovered
    assert now.quarantine == 4
    assert len(now.people) >= 3
    swept = campaign.c.code == "SWEEP"
    ids = select(campaign.c.id).where(swept).scalar_subquery()
    assert count(shared_world, enrollment, enrollment.c.campaign_id == ids,
                 enrollment.c.random_pick) > 0  # fmt: skip
    claimed = (tasks.c.campaign_id == ids, tasks.c.claimed_until > office.clock())
    assert count(shared_world, tasks, *claimed) > 0


def test_the_volunteer_has_doors_of_it_to_do(shared_world):
    with shared_world.office.read(CLI) as tx:
        mine = tx.conn.execute(
            select(tasks.c.state)
            .join(person, person.c.id == tasks.c.owner_id)
            .join(campaign, campaign.c.id == tasks.c.campaign_id)
            .where(person.c.code == "P0001", campaign.c.code == "SWEEP")
        ).scalars()
        states = Counter(mine)
    assert states["accepted"] + states["in_progress"] > 0


def test_an_earlier_sweep_is_closed_with_a_report_and_its_labels(shared_world, leader):
    first = campaigns.status(shared_world.office, leader, "FIRST")
    assert first.report["done"] > 0
    assert first.report["visits"] >= first.report["done"]
    assert labels.labels(shared_world.office, CLI).labels > 5


@pytest.mark.parametrize("code", ["CARE", "SUPPLIES", "SITES"])
def test_other_campaigns_run_beside_it(code, shared_world, leader):
    now = board.board(shared_world.office, leader, code)
    assert now.campaign.state == "open"
    assert now.counts["submissions"] > 0


def test_sites_have_violations_with_points_and_one_was_verified(shared_world, leader):
    found = findings.findings(shared_world.office, leader, "SITES")
    assert sum(one.points for one in found) > 0
    assert len({one.state for one in found}) >= 2


def test_masks_came_in_went_out_and_reached_homes(shared_world, leader):
    moves = stock.ledger(shared_world.office, leader, campaign="SUPPLIES")
    ways = {(kind(move.from_holder), kind(move.to_holder)) for move in moves}
    assert {("donor", "place"), ("place", "person"), ("person", "place")} <= ways


def kind(holder: str | None) -> str:
    return (holder or "").partition(":")[0]


def test_residents_spoke_and_one_was_answered(shared_world):
    rows = feedback.listed(shared_world.office, CLI)
    assert Counter(row.state for row in rows)["answered"] >= 1
    assert Counter(row.state for row in rows)["open"] >= 1


def test_homes_were_opened_one_was_refused_and_the_log_is_whole(shared_world):
    assert count(shared_world, event, event.c.kind == "home.opened") > 5
    assert count(shared_world, event, event.c.kind == "home.refused") >= 1
    assert logcheck.verify_log(shared_world.office, CLI).holds


def test_every_account_signs_in_to_its_role(shared_world, browser):
    for one in ACCOUNTS:
        context = browser.new_context(base_url=shared_world.url)
        context.add_cookies(shared_world.cookies(context, one.username))
        me = context.request.get("/api/v1/me").json()
        assert me["name"] == one.name
        assert one.role in {Role(duty["assignment"]["role"]) for duty in me["duties"]}
        context.close()


def test_the_nights_reach_yesterday(shared_world):
    manifest = read_manifest(shared_world.office.home.state_dir)
    assert manifest.days()[-1] == today(shared_world) - timedelta(1)
