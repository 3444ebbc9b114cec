"""The replay's parts: the truth, chances, the walk, the rival, phones, the story's own sums."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from lamplit.domain.field import Found, Outcome
from lamplit.planning.model import Span
from lamplit.programmes import load
from lamplit.programmes.form import xform
from lamplit.replay.clock import VirtualClock
from lamplit.replay.collect import Entity, NotAskedError, fill
from lamplit.replay.ledger import Ledger, Visit, difference
from lamplit.replay.mind import Habits, Mind, known, wanted
from lamplit.replay.rival import compare, unguided
from lamplit.replay.story import GROWTH, START, SWEEP_DAY, VIOLATIONS, Scale, hours, members
from lamplit.replay.truth import Truth, back_days, truth_of
from lamplit.replay.walk import GAP, Legs, Walker, sweep
from lamplit.services.field.submissions.forms import read


@pytest.fixture(scope="module")
def truth(tiny_town: Path) -> Truth:
    return truth_of(tiny_town / "town", START)


@pytest.fixture(scope="module")
def mind(truth: Truth) -> Mind:
    return Mind(truth, truth.index(START) + SWEEP_DAY, 5)


def team(homes: int, people: int) -> list[Walker]:
    spans = tuple(
        Span(d * 1440 + a * 60, d * 1440 + b * 60)
        for d in range(3)
        for a, b in ((9, 11), (14, 16), (18, 20))
    )
    each = -(-homes // people)
    return [
        Walker(f"p{n}", spans, tuple(range(n * each, min((n + 1) * each, homes))))
        for n in range(people)
    ]


def test_the_truth_lived_through_again_is_that_of_the_towns_files(truth: Truth, tiny_town: Path):
    told = pq.read_table(tiny_town / "town" / "truth.parquet", columns=["empty_spell"])
    days = truth.empty.shape[1]
    assert np.array_equal(told["empty_spell"].to_numpy().reshape(-1, days), truth.empty)


def test_back_days_counts_from_the_end_of_a_spell_and_forgets_after_two_weeks():
    empty = np.zeros((1, 24), dtype=np.bool_)
    empty[0, 2:6] = True
    assert back_days(empty)[0].tolist() == [-1] * 6 + list(range(15)) + [-1] * 3


def test_a_knock_is_the_same_whenever_it_is_asked_for(mind: Mind):
    first = [mind.knock(home, 600.0, 1) for home in range(40)]
    again = [mind.knock(home, 600.0, 1) for home in reversed(range(40))]
    assert first == again[::-1]


def test_nobody_opens_where_nobody_is(mind: Mind):
    empty = np.flatnonzero(mind.truth.empty[:, mind.first_day])
    assert len(empty)
    for home in empty.tolist():
        for attempt in range(1, 6):
            assert mind.knock(home, 600.0, attempt).answers["door"] in ("no_answer", "told")


def test_only_what_is_true_counts_as_known(mind: Mind):
    targets = set(np.flatnonzero(wanted(mind, 600.0)).tolist())
    for home in range(len(mind.truth)):
        for attempt in range(1, 8):
            knock = mind.knock(home, 600.0, attempt)
            if known(mind, home, 600.0, knock) and knock.answers.get("living") != "visiting":
                assert home in targets
            if knock.found is Found.RETURNED:
                assert known(mind, home, 600.0, knock)


def test_a_door_is_not_knocked_at_again_before_the_gap_nor_after_it_is_done(mind: Mind):
    legs = Legs.of(mind.truth.doors)
    last: dict[int, tuple[float, int, bool]] = {}
    for one in sweep(mind, legs, team(len(mind.truth), 3)):
        before = last.get(one.home)
        if before:
            assert one.minute - before[0] >= GAP
            assert one.attempt == before[1] + 1 <= 3
            assert not before[2]
        last[one.home] = (one.minute, one.attempt, one.knock.done)
    assert len(last) == len(mind.truth)


def test_a_door_where_nobody_opened_is_come_to_again_in_its_own_turn(mind: Mind):
    spans = (Span(9 * 60, 10 * 60), Span(14 * 60, 18 * 60))
    walker = Walker("p", spans, tuple(range(len(mind.truth))))
    went = sweep(mind, Legs.of(mind.truth.doors), [walker])
    failed = [one.home for one in went if one.minute < 600 and not one.knock.done]
    later = [(one.home, one.attempt) for one in went if one.minute >= 840]
    assert len(failed) > 1
    assert later[: len(failed)] == [(home, 2) for home in failed]
    assert later[len(failed)][1] == 1, "then the first door that was not tried so far"


def test_the_rival_has_the_same_people_and_hours_and_every_door_once(mind: Mind):
    walkers = team(len(mind.truth), 3)
    rival = unguided(walkers, len(mind.truth), 9)
    assert {w.id: w.spans for w in rival} == {w.id: w.spans for w in walkers}
    assert sorted(h for w in rival for h in w.row) == list(range(len(mind.truth)))
    assert all(list(w.row) == sorted(w.row) for w in rival)


def test_a_list_without_news_gains_nothing_and_a_perfect_one_does(mind: Mind):
    legs, homes = Legs.of(mind.truth.doors), len(mind.truth)
    mind = replace(mind, habits=Habits(tells=1.0, knows=1.0, errs=0.0))
    plain = [replace(team(homes, 1)[0], spans=(Span(18 * 60, 19 * 60),))]
    same = compare(mind, legs, plain, called_empty=frozenset(), days=1, runs=6, seed=1)
    assert same.days[0].ahead.mean == 0
    targets = np.flatnonzero(wanted(mind, 0.0)).tolist()
    row = (*targets, *(h for h in range(homes) if h not in set(targets)))
    keen = [replace(plain[0], row=row)]
    better = compare(mind, legs, keen, called_empty=frozenset(), days=1, runs=6, seed=1)
    assert better.days[0].ahead.mean > 0


def test_the_whole_story_has_the_numbers_of_the_origin():
    whole, everybody = Scale(), members(Scale())
    assert (len(VIOLATIONS), sum(points for _, _, points in VIOLATIONS)) == (18, 46)
    assert (whole.homes, whole.sweepers, whole.sites) == (6000, 60, 1258)
    assert (whole.masks, whole.gloves, whole.bottles) == (7000, 2000, 50)
    assert len(everybody) == 700
    for day, share in enumerate(GROWTH):
        assert sum(m.day <= day for m in everybody) == round(share * 700)
    assert all(len(hours(whole, m.code, SWEEP_DAY)) == 2 for m in everybody[:20])


def test_the_storys_own_points_are_those_of_the_programme():
    pack = load.find("worksite_safety")
    listed = {one.code: one.points for one in pack.findings}
    assert all(listed[code] == points for _, code, points in VIOLATIONS)


def test_a_filled_form_reads_back_as_it_was_answered():
    form = xform(load.find("household_sweep")).encode()
    task = Entity("6e3f3b53-0d4c-4a3e-9a50-3bb29d6e3f7a", 4, {})
    answers = {"task": task.id, "door": "answered", "consent": "no", "task_state": "completed"}
    said = read("text/xml", fill(form, "uuid:1", answers, task))
    assert {name: said.by_name[name] for name in answers} == answers
    assert (said.entities[0].id, said.entities[0].base_version) == (task.id, 4)
    assert "living" not in said.by_name
    with pytest.raises(NotAskedError):
        fill(form, "uuid:1", {"no_such_question": "1"})


def test_the_clock_never_goes_back():
    clock = VirtualClock(datetime(2020, 2, 7, tzinfo=UTC))
    clock.turn_to(clock() + timedelta(hours=1))
    with pytest.raises(ValueError, match="over"):
        clock.turn_to(clock() - timedelta(seconds=1))


def test_a_door_is_done_when_met_or_tried_thrice_at_two_parts_of_the_day():
    book = Ledger()
    for place, minutes in (("a", (540, 560, 580)), ("b", (540, 560, 900)), ("c", (540,))):
        for minute in minutes:
            outcome = Outcome.REACHED if place == "c" else Outcome.NO_ANSWER
            visit = Visit(f"{place}{minute}", "household_sweep", "p", place, minute, outcome, "")
            book.note(visit)
    assert book.doors_done("household_sweep") == {"b", "c"}
    with pytest.raises(ValueError, match="before"):
        book.note(visit)


def test_a_difference_names_what_is_lost_new_or_other():
    assert difference({"a": 1, "b": 2}, {"b": 3, "c": 4}) == [
        "only with the robots: a 1",
        "only in the store: c 4",
        "not alike: b 2 / 3",
    ]
