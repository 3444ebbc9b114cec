"""Labels: how often the list was right, how much it missed, and probabilities put right by it."""

from __future__ import annotations

import dataclasses
import itertools
import random
from datetime import date

import pytest
from campaign_world import ANSWERED, NO_DOOR, NOBODY, RETURNED, TOLD_EMPTY, build
from hypothesis import given
from hypothesis import strategies as st

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.services.calibration import read_calibration, through
from lamplit.services.field.campaigns import labels
from lamplit.services.field.campaigns.recalibrate import isotonic
from lamplit.services.field.homes.signals import HomeSignal
from lamplit.services.field.office import CLI


@pytest.fixture
def world(office):
    made = build(office, buildings=6, homes=50)
    made.person("v1", Role.VOLUNTEER)
    made.person("ann", Role.ANALYST)
    return made


def visit(world, answers_of):
    for place_id, one in world.enrollments().items():
        [task] = [t for t in world.tasks(place_id=place_id) if t.slot == "visit"]
        world.submit(world.person("v1"), task.id, **answers_of(place_id, one))


def test_precision_recall_and_knocks_come_from_the_doors(world, office):
    dark = world.doors[:40]
    campaign = world.campaign(parameters={"random_share": 0.2})
    world.sweep(campaign, world.dark(*dark))
    picked = sorted(p for p, e in world.enrollments().items() if e.random_pick)
    empty = {*dark[:30], *picked[:2]}
    tried = iter([NOBODY, NO_DOOR])

    def answers(place_id, _):
        if place_id in dark[38:]:
            return next(tried)
        return TOLD_EMPTY if place_id in empty else ANSWERED

    visit(world, answers)
    found = labels.labels(office, world.person("ann"), campaign="sweep")
    share = found.by_said["dark"]
    assert (share.hits, share.of, found.unknown) == (30, 39, 1)
    assert share.interval.low < 30 / 39 < share.interval.high
    assert (found.knocks, found.finds) == (40, 30)
    assert found.knocks_per_find[0] == pytest.approx(40 / 30)
    recall = found.recall
    assert (recall.picked, recall.missed, recall.unflagged) == (len(picked), 2, 260)
    assert recall.value == pytest.approx(30 / (30 + 260 * 2 / len(picked)))
    assert recall.low < recall.value < recall.high
    assert found.confusion["dark"] == {"empty": 30, "lived_in": 8, "not_a_home": 1}


def test_who_came_back_makes_a_return_right(world, office):
    signal = HomeSignal("lived_in", date(2020, 2, 9), 0.8, "returned", date(2020, 2, 9))
    evening = world.evening(**{world.codes[d]: signal for d in world.doors[:4]})
    world.sweep(world.campaign(parameters={"random_share": 0}), evening)
    said = iter([RETURNED, ANSWERED, TOLD_EMPTY, NOBODY])
    visit(world, lambda *_: next(said))
    share = labels.labels(office, CLI).by_said["returned"]
    assert (share.hits, share.of) == (2, 3)


def test_only_analysts_see_them(world, office):
    with pytest.raises(LamplitError) as caught:
        labels.labels(office, world.person("v1"))
    assert caught.value.code == "door.not-allowed"


def test_enough_labels_put_later_probabilities_right(world, office):
    draw = random.Random(3)
    chances = {d: round(draw.uniform(0.6, 0.99), 2) for d in world.doors[:200]}
    said = {
        world.codes[d]: HomeSignal("dark", date(2020, 1, 20), chance)
        for d, chance in chances.items()
    }
    campaign = world.campaign(parameters={"random_share": 0})
    world.sweep(campaign, world.evening(**said))
    # What is said at 0.9 is so in half of the cases.
    visit(world, lambda p, _: TOLD_EMPTY if draw.random() < chances[p] - 0.4 else ANSWERED)
    found = labels.labels(office, CLI)
    assert found.labels == 200
    assert found.proposed is not None
    kept = [o for o in found.thresholds if o.finds >= labels.KEPT_FINDS * found.finds]
    assert found.proposed.at == max(one.at for one in kept) > found.thresholds[0].at
    file = labels.apply(office, world.person("ann"), found)
    made = read_calibration(office.home)
    assert file.exists()
    assert (made.labels, made.at) == (200, office.clock())
    knots = made.knots
    assert through(knots, 0.9) == pytest.approx(0.5, abs=0.15)


def test_few_labels_change_nothing(world, office):
    world.sweep(world.campaign(parameters={"random_share": 0}), world.dark(*world.doors[:5]))
    visit(world, lambda *_: TOLD_EMPTY)
    found = labels.labels(office, CLI)
    with pytest.raises(LamplitError) as caught:
        labels.apply(office, CLI, found)
    assert caught.value.code == "labels.too-few"
    assert read_calibration(office.home) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=300))
def test_a_recalibration_only_rises_and_never_says_never(pairs):
    knots = isotonic([p for p, _ in pairs], [b for _, b in pairs])
    assert all(a[0] < b[0] and a[1] <= b[1] for a, b in itertools.pairwise(knots))
    assert all(0 < y < 1 for _, y in knots)
    for at in (0.0, 0.3, 1.0):
        assert knots[0][1] <= through(knots, at) <= knots[-1][1]


def test_a_share_of_none_is_none():
    assert dataclasses.astuple(labels.Share(0, 0)) == (0, 0)
    assert labels.Share(0, 0).share is None
    assert labels.Share(0, 0).interval is None
