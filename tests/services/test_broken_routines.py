"""Who is looked at, on which days, and what is found: the routine signal over a home's lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from night_worlds import LakeWriter, link, write_registry
from sweep_worlds import DAYS, FIRST, LAST, a_town, hourly, in_use, standing, then, unread

from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night import course_files
from lamplit.services.night.advance import detector, run_nights
from lamplit.services.night.replay import Replay
from lamplit.services.routine import (
    broken_on,
    consenting,
    explain_routine,
    lately_broken,
    looks_on,
    watched,
)

STILL = then((DAYS - 1, in_use), (DAYS, standing))
"""Up and about each day, until the last."""


@contextmanager
def opened(home: Home) -> Iterator[Replay]:
    with open_engine(home) as con:
        yield Replay.open(home, con, detector(home))


def town(folder: Path, **registry: object) -> Home:
    """A home with the story STILL, and one in use; `registry` is what is known of the first."""
    return a_town(folder, {"still": STILL, "usual": in_use}, {"still": registry})


def test_somebody_who_agreed_and_does_not_stir_is_found(tmp_path: Path):
    with opened(town(tmp_path / "h", lives_alone=True)) as replay:
        found = broken_on(replay, LAST)
    assert [b.household_id for b in found] == ["still"]
    one = found[0]
    assert one.day == LAST and one.probability >= 0.2 and one.rule == "overdue"
    assert one.kwh < 0.7 < one.usual_kwh
    assert one.missed.first_use == 24 and one.missed.days == 28


@pytest.mark.parametrize(
    "known",
    [{}, {"lives_alone": False}, {"lives_alone": True, "shared": True},
     {"lives_alone": True, "solar": True}],
    ids=["nobody asked", "did not agree", "shared meter", "solar roof"],
)  # fmt: skip
def test_nobody_else_is_even_looked_at(tmp_path: Path, known: dict[str, bool]):
    with opened(town(tmp_path / "h", **known)) as replay:
        assert len(consenting(replay.universe)) == 0
        assert looks_on(replay, (LAST,)) == []


def test_the_day_before_is_as_usual(tmp_path: Path):
    with opened(town(tmp_path / "h", lives_alone=True)) as replay:
        assert broken_on(replay, LAST - timedelta(1)) == []
        assert [look.broken for look in looks_on(replay, (LAST - timedelta(1),))] == [False]


@pytest.mark.parametrize(
    "fault", [{"quality": 1}, {"slots_read": 23}], ids=["estimated", "partial"]
)
def test_a_day_that_was_not_read_in_full_says_nothing(tmp_path: Path, fault: dict[str, int]):
    home = town(tmp_path / "h", lives_alone=True)
    row = hourly(standing(0, np.random.default_rng(1))) | fault
    lake = LakeWriter(home, {("M-still", LAST): {}})
    lake.put({("M-still", LAST): row})
    run_nights(home, LAST)
    with opened(home) as replay:
        assert looks_on(replay, (LAST,)) == []


def test_an_unread_day_says_nothing_and_leaves_the_break_before_it_standing(tmp_path: Path):
    story = then((DAYS - 2, in_use), (DAYS - 1, standing), (DAYS, unread))
    home = a_town(tmp_path / "h", {"still": story, "usual": in_use},
                  {"still": {"lives_alone": True}})  # fmt: skip
    with opened(home) as replay:
        assert broken_on(replay, LAST) == []
        found = lately_broken(replay, LAST)
    assert [(b.day, b.days_read) for b in found] == [(LAST - timedelta(1), 1)]


def test_two_days_in_a_row_are_one_break_from_the_first(tmp_path: Path):
    story = then((DAYS - 2, in_use), (DAYS, standing))
    home = a_town(tmp_path / "h", {"still": story}, {"still": {"lives_alone": True}})
    with opened(home) as replay:
        found = lately_broken(replay, LAST)
    assert [(b.since, b.day, b.days_read) for b in found] == [(LAST - timedelta(1), LAST, 2)]


def test_a_break_is_over_when_the_next_day_is_as_usual(tmp_path: Path):
    story = then((DAYS - 2, in_use), (DAYS - 1, standing), (DAYS, in_use))
    home = a_town(tmp_path / "h", {"still": story}, {"still": {"lives_alone": True}})
    with opened(home) as replay:
        assert [b.household_id for b in broken_on(replay, LAST - timedelta(1))] == ["still"]
        assert lately_broken(replay, LAST) == []


def test_a_home_that_has_been_empty_for_days_is_no_break(tmp_path: Path):
    story = then((DAYS - 10, in_use), (DAYS, standing))
    home = a_town(tmp_path / "h", {"gone": story}, {"gone": {"lives_alone": True}})
    with opened(home) as replay:
        assert broken_on(replay, LAST) == []
        assert broken_on(replay, LAST - timedelta(9))


def test_daily_energy_alone_says_nothing(tmp_path: Path):
    home = a_town(tmp_path / "h", {"still": STILL, "usual": in_use},
                  {"still": {"lives_alone": True}}, daily=("still",))  # fmt: skip
    with opened(home) as replay:
        assert looks_on(replay, (LAST,)) == []


def test_a_home_known_for_two_weeks_is_judged_and_for_less_is_not(tmp_path: Path):
    with opened(town(tmp_path / "h", lives_alone=True)) as replay:
        assert looks_on(replay, (FIRST + timedelta(13),)) == []
        assert looks_on(replay, (FIRST + timedelta(14),))


def test_several_meters_of_a_home_are_added_up(tmp_path: Path):
    """What one meter misses the other shows: the kitchen is quiet, the lamps are not."""
    home = Home.create(tmp_path / "h")
    ties = [link(m, "H", lives_alone=True) for m in ("kitchen", "lamps")]
    write_registry(home, ties)
    rng = np.random.default_rng(5)
    rows = {}
    for number in range(DAYS):
        day = FIRST + timedelta(number)
        kitchen = standing if number == DAYS - 1 else in_use
        rows["kitchen", day] = hourly(kitchen(number, rng))
        rows["lamps", day] = hourly(in_use(number, rng))
    LakeWriter(home).put(rows)
    run_nights(home, LAST)
    with opened(home) as replay:
        look = looks_on(replay, (LAST,))[0]
        both = sum(rows[m, LAST]["kwh"] for m in ("kitchen", "lamps"))
        assert look.kwh == pytest.approx(both, rel=1e-4)
        assert not look.broken


def test_many_homes_are_read_from_the_lake_once_and_seen_alike(tmp_path: Path, monkeypatch):
    homes = {"still": STILL, "usual": in_use, "third": STILL}
    alone = {name: {"lives_alone": True} for name in homes}
    with opened(a_town(tmp_path / "h", homes, alone)) as replay:
        whole = looks_on(replay, (LAST - timedelta(1), LAST))
        monkeypatch.setattr(course_files, "HOMES_AT_ONCE", 2)
        assert looks_on(replay, (LAST - timedelta(1), LAST)) == whole
        assert len(whole) == 6
        assert replay.con.rows("SELECT 1 FROM duckdb_tables()") == []


def test_the_second_day_of_all_is_looked_at_and_says_nothing(tmp_path: Path):
    home = a_town(tmp_path / "h", {"usual": in_use}, {"usual": {"lives_alone": True}})
    with opened(home) as replay:
        assert lately_broken(replay, FIRST) == lately_broken(replay, FIRST + timedelta(1)) == []


def test_rows_narrow_the_look(tmp_path: Path):
    home = a_town(tmp_path / "h", {"one": STILL, "two": STILL},
                  {n: {"lives_alone": True} for n in ("one", "two")})  # fmt: skip
    with opened(home) as replay:
        names = replay.universe.homes["household_id"].to_pylist()
        row = np.array([names.index("two")])
        assert [b.household_id for b in broken_on(replay, LAST, row)] == ["two"]
        assert len(broken_on(replay, LAST)) == 2


def test_the_small_replay_of_the_consenting_homes_finds_the_same(tmp_path: Path):
    home = town(tmp_path / "h", lives_alone=True)
    with opened(home) as replay:
        whole = broken_on(replay, LAST)
    with open_engine(home) as con:
        small = watched(home, con, detector(home))
        assert small.universe.count == 1
        part = broken_on(small, LAST)
    assert [(b.household_id, b.probability) for b in part] == [
        (b.household_id, b.probability) for b in whole
    ]


def test_a_look_is_explained_step_by_step(tmp_path: Path):
    with opened(town(tmp_path / "h", lives_alone=True)) as replay:
        row = replay.universe.homes["household_id"].to_pylist().index("still")
        look = explain_routine(replay, LAST, row)
        other = explain_routine(replay, LAST, 1 - row)
    assert look is not None and other is None
    steps = {step.name: step for step in look.steps}
    assert steps["broken"].value == 1 and steps["probability"].value == look.probability
    terms = ("fall_points", "unlike_points", "eve_points")
    assert steps["points"].value == pytest.approx(-6.4 + sum(steps[t].value for t in terms))
    assert all(step.says and step.says.en and step.says.zh for step in look.steps)
