"""What-if: the list with other thresholds is the list that these thresholds would have made."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from lamplit.domain.errors import LamplitError
from lamplit.domain.words import HomeState
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector, run_nights
from lamplit.services.night.replay import Replay
from lamplit.services.sweep import states_on, sweep
from lamplit.services.what_if import playable, what_if
from lamplit.signals.home_state.thresholds import RANGES, THRESHOLDS
from small_town import LAST, small_town

DAY = date.fromisoformat(LAST)
ALL = 50
"""All nights that the town has: both runs then begin with homes that were never seen."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return small_town(tmp_path_factory.mktemp("what-if"), homes=120)


def states_of(home: Home) -> dict[HomeState, int]:
    """Homes by the state that the last night left them in."""
    with open_engine(home) as con:
        _, carried = states_on(Replay.open(home, con, detector(home)), DAY)
    counted = Counter(carried["state"].astype(int).tolist())
    return {state: counted[state] for state in HomeState}


def test_the_thresholds_in_force_change_nothing(town):
    found = what_if(town, {"enter_days": 3}, nights=20)
    assert found.moves == []
    assert all(one.before == one.after for one in found.areas)
    assert (found.homes, found.of, found.sampled) == (120, 120, False)
    assert found.first == DAY - timedelta(19)


def test_what_is_before_is_what_the_sweep_lists(town):
    found = what_if(town, {"enter_days": 8})
    assert found.whole.before.doors == sweep(town).found
    assert found.whole.before.homes == 120


@pytest.mark.parametrize("changes", [{"enter_days": 8.0}, {"dark_kwh": 0.8, "low_kwh": 6.0}])
def test_what_is_after_is_what_a_home_with_these_settings_finds(town, tmp_path, changes):
    found = what_if(town, changes, nights=ALL)
    assert found.moves
    shutil.copytree(town.path, tmp_path / "home")
    file = tmp_path / "home" / "lamplit.toml"
    lines = "\n".join(f"{name} = {value}" for name, value in changes.items())
    file.write_text(file.read_text("utf-8") + lines + "\n", "utf-8")
    other = Home.open(tmp_path / "home")
    run_nights(other)
    assert found.whole.after.states == states_of(other)
    assert found.whole.before.states == states_of(town)
    assert found.whole.after.doors == sweep(other).found
    assert found.whole.before.doors == sweep(town).found


def test_asking_keeps_nothing(town):
    before = digest(town.path)
    what_if(town, {"leave_rate": 0.1})
    assert digest(town.path) == before


def digest(folder: Path) -> str:
    parts = [
        f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]
    return "\n".join(parts)


def test_each_move_is_counted_where_it_stands(town):
    found = what_if(town, {"dark_kwh": 0.8, "enter_days": 5})
    by_area = Counter(move.community for move in found.moves if move.before is not move.after)
    assert dict(by_area) == {one.code: one.moved for one in found.areas if one.moved}
    gained = sum(move.listed_after - move.listed_before for move in found.moves)
    assert gained == found.whole.after.doors - found.whole.before.doors


def test_a_large_city_is_answered_from_a_sample_that_stays_the_same(town):
    found = what_if(town, {"dark_kwh": 0.8}, sample=40)
    assert (found.homes, found.of, found.sampled) == (40, 120, True)
    assert found.whole.before.homes == 40
    again = what_if(town, {"dark_kwh": 0.1}, sample=40)
    assert again.whole.before == found.whole.before


def test_one_community_alone(town):
    whole = what_if(town, {"enter_days": 6})
    code = whole.areas[0].code
    found = what_if(town, {"enter_days": 6}, communities=(code,))
    assert found.areas == [whole.areas[0]]


def test_thresholds_that_do_not_exist_or_go_too_far_are_refused(town):
    with pytest.raises(LamplitError, match=r"threshold\.unknown.*dark_kwh"):
        what_if(town, {"darkk_kwh": 0.1})
    for value in (-1.0, 2.0, float("nan")):
        with pytest.raises(LamplitError, match=r"threshold\.out-of-range.*0.0 to 1.0"):
            what_if(town, {"dark_kwh": value})


def test_every_threshold_may_be_tried_within_a_range_around_its_default(town):
    assert {one.name for one in THRESHOLDS} == set(RANGES)
    for one in playable(town):
        assert one.low <= one.threshold.value <= one.high
        assert one.low <= one.value <= one.high
