"""A campaign's report for those who may not see its doors: under the 15/15 rule, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from campaign_world import ANSWERED, NOBODY, REFUSED, TOLD_EMPTY, build
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.disclosure_sums import determined
from lamplit.domain.field import Found, Role
from lamplit.services.field.campaigns import campaigns, report_release
from lamplit.services.field.campaigns.report_release import COUNTS, released
from lamplit.services.field.office import CLI

counts = st.integers(0, 60)


def report(parts: dict[str, int], found: dict[str, int], **more: Any) -> dict[str, Any]:
    """A report that adds up: `parts` of the enrolled, `found` of those that were tried."""
    attempted = parts["no_answer"] + parts["unreachable"]
    touched = parts["reached"] + parts["refused"] + attempted
    done = min(parts["done"], touched)
    return {
        "enrolled": touched + parts["untouched"],
        "done": done,
        "reached": parts["reached"],
        "refused": parts["refused"],
        "attempted": attempted,
        "unreachable": parts["unreachable"],
        "untouched": parts["untouched"],
        "resolved": parts["resolved"],
        "withdrawn": parts["withdrawn"],
        "done_by_deadline": done if more.get("in_time") else min(parts["in_time"], done),
        "found": found,
        "visits": touched + 7,
        "finds": found.get("empty", 0),
        "knocks_per_find": {"value": 1.5, "low": 1, "high": 2},
        "findings": {"finding:ill": 1},
        "points_by_unit": [{"unit": None, "findings": 1, "points": 0}],
        "stock": {"stock_out:mask": 3},
        "deadline": "2020-02-13T00:00:00+00:00",
        "closed_at": "2020-02-12T00:00:00+00:00",
        "in_time": False,
        "code_list": "household_needs@2026.1",
        **more,
    }


NAMES = ("reached", "refused", "no_answer", "unreachable", "untouched", "done", "resolved",
         "withdrawn", "in_time")  # fmt: skip
SMALL = dict.fromkeys(NAMES, 20) | {"refused": 2}


@given(
    parts=st.fixed_dictionaries(dict.fromkeys(NAMES, counts)),
    spread=st.lists(st.sampled_from(list(Found)), min_size=240, max_size=240),
    in_time=st.booleans(),
)
@example(parts=SMALL, spread=[Found.EMPTY] * 240, in_time=True)
@example(parts=dict.fromkeys(NAMES, 0), spread=[Found.EMPTY] * 240, in_time=True)
@settings(max_examples=60, derandomize=True)
def test_no_count_of_few_homes_is_shown_nor_follows_from_what_is(parts, spread, in_time):
    touched = sum(parts[n] for n in ("reached", "refused", "no_answer", "unreachable"))
    found = {word.value: spread[:touched].count(word) for word in Found}
    whole = report(parts, {w: n for w, n in found.items() if n}, in_time=in_time)
    shown, (cells, sums) = released(whole), report_release._cells(whole)
    for name in COUNTS:
        assert shown[name] in (None, whole[name])
        assert shown[name] is None or shown[name] >= LEAST_HOMES
    assert set(shown["found"]) == {word.value for word in Found}
    assert all(n is None or n >= LEAST_HOMES for n in shown["found"].values())
    for one in sums:
        left = sum(cells[part].homes for part in one.parts if part in hidden_in(cells, shown))
        assert shown.get(one.whole) is None or left == 0 or left >= LEAST_HOMES
    # By exact elimination nothing that is held back is determined by what is shown.
    hidden = hidden_in(cells, shown)
    few = {key for key in hidden if 0 <= cells[key].homes < LEAST_HOMES}
    # What nobody is shown may follow, as long as it is of many homes.
    assert not few & determined(hidden, sums)


def hidden_in(cells: dict[str, Any], shown: dict[str, Any]) -> set[str]:
    told = {**shown, **{f"found:{word}": n for word, n in shown["found"].items()}}
    return {key for key in cells if told.get(key) is None}


def test_what_says_more_than_counts_of_homes_is_left_out():
    shown = released(report(SMALL, {"empty": 40, "lived_in": 22}))
    assert shown.keys() == {*COUNTS, "found", "deadline", "closed_at", "in_time", "code_list",
                            "held_back"}  # fmt: skip
    assert shown["enrolled"] == 82
    assert shown["refused"] is None
    assert shown["held_back"] == sum(
        value is None for value in [*(shown[n] for n in COUNTS), *shown["found"].values()]
    )


@pytest.fixture
def closed(office):
    world = build(office, buildings=2, homes=10)
    world.person("v1", Role.VOLUNTEER)
    made = world.campaign(parameters={"way": "every_door"})
    world.sweep(made, world.dark())
    said = [ANSWERED] * 16 + [REFUSED, TOLD_EMPTY, NOBODY]
    for one, answers in zip(world.tasks(), said, strict=False):
        world.submit(world.person("v1"), one.id, **answers)
    campaigns.close(office, CLI, made.id)
    return world, made


def test_who_may_see_the_doors_reads_the_report_and_who_checked_in_its_large_counts(closed, office):
    world, made = closed
    whole = campaigns.status(office, world.person("boss", Role.LEADER), made.id).report
    assert (whole["refused"], whole["untouched"], whole["reached"]) == (1, 1, 17)
    member = world.person("m", Role.PAIRED)
    for told in (
        campaigns.status(office, member, made.id).report,
        campaigns.campaigns(office, member)[0].report,
    ):
        assert (told["enrolled"], told["refused"], told["untouched"]) == (20, None, None)
        # 17 of 20 were reached: with it shown, three others would be known to be three.
        assert told["reached"] is None
        assert "findings" not in told
    assert campaigns.campaigns(office, world.person("v1"))[0].report == whole
