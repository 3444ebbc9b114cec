"""The list: what is on it, in which order, with which columns; and the summary beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from night_worlds import LakeWriter, write_registry
from sweep_worlds import DAYS, FIRST, LAST, a_town, hourly, in_use, standing, then, unread

from lamplit.domain.errors import LamplitError
from lamplit.domain.words import EMPTY_STATES, HomeEvent, HomeState
from lamplit.services.calibration import Calibration, through, write_calibration
from lamplit.services.engine import open_engine
from lamplit.services.explain import explain
from lamplit.services.facade import facade_of
from lamplit.services.field.homes.signals import read_evening
from lamplit.services.home import Home
from lamplit.services.night.advance import detector, run_nights
from lamplit.services.night.gather import day_number
from lamplit.services.night.replay import Replay
from lamplit.services.sweep import URGENCY, fresh_event, states_on, sweep
from lamplit.services.sweep.evening import evening_of
from lamplit.services.sweep.ranking import chance_of, counted, judged_sql, ranked

JUDGING = "suspic" + "io|" + "可" + "疑"
"""A word that judges people, which no file may hold, this one included."""

COLUMNS = {
    "rank": pa.int32(), "household_id": pa.string(), "meter_id": pa.string(),
    "community_id": pa.string(), "building_id": pa.string(), "unit": pa.string(),
    "floor": pa.int32(), "door": pa.string(), "state": pa.string(), "since": pa.date32(),
    "event": pa.string(), "event_day": pa.date32(), "probability": pa.float64(),
    "kwh_day_before": pa.float64(), "kwh_day_now": pa.float64(), "days_read": pa.int32(),
    "evidence_en": pa.string(), "evidence_zh": pa.string(), "against_en": pa.string(),
    "against_zh": pa.string(), "raw_probability": pa.float64(),
}  # fmt: skip
"""The columns that were asked for, in their order."""

GONE = then((38, in_use), (DAYS, standing))
BACK = then((20, in_use), (40, standing), (DAYS, in_use))
STILL = then((DAYS - 1, in_use), (DAYS, standing))
PATCHY = then((38, in_use), (41, standing), (44, unread), (DAYS, standing))

STORIES = {
    "gone": GONE, "patchy": PATCHY, "back": BACK, "shared": GONE, "alone": STILL,
    "notasked": STILL, "far": GONE, **{f"usual{i:02d}": in_use for i in range(20)},
}  # fmt: skip
KNOWN = {
    "shared": {"shared": True},
    "alone": {"lives_alone": True},
    "far": {"community_id": "C2", "building_id": "B9", "floor": 7, "door": "701"},
    "gone": {"community_name_en": "Willow Court", "community_name_zh": "柳苑"},
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return a_town(tmp_path_factory.mktemp("sweep") / "h", STORIES, KNOWN)


@pytest.fixture(scope="module")
def doors(town: Home) -> dict[str, dict[str, object]]:
    return {row["household_id"]: row for row in sweep(town).doors.to_pylist()}


def test_the_columns_are_those_that_were_asked_for(town: Home):
    table = sweep(town).doors
    assert dict(zip(table.column_names, table.schema.types, strict=True)) == COLUMNS
    assert table.column_names == list(COLUMNS)


def test_the_right_homes_are_on_the_list(doors: dict[str, dict[str, object]]):
    assert set(doors) == {"gone", "patchy", "back", "alone", "far"}


def test_ranks_count_from_one(town: Home):
    assert sweep(town).doors["rank"].to_pylist() == [1, 2, 3, 4, 5]


def test_each_home_has_its_event_and_day(doors: dict[str, dict[str, object]]):
    events = {name: (row["event"], row["event_day"]) for name, row in doors.items()}
    assert events == {
        "gone": ("went_dark", FIRST + timedelta(38)),
        "patchy": ("went_dark", FIRST + timedelta(38)),
        "far": ("went_dark", FIRST + timedelta(38)),
        "back": ("returned", FIRST + timedelta(40)),
        "alone": ("routine_broken", LAST),
    }


def test_somebody_who_may_lie_ill_comes_first(town: Home):
    first = sweep(town, top=1).doors.to_pylist()
    assert [row["household_id"] for row in first] == ["alone"]


def test_days_read_counts_the_days_since_the_event(doors: dict[str, dict[str, object]]):
    assert {name: row["days_read"] for name, row in doors.items()} == {
        "gone": 12, "far": 12, "patchy": 9, "back": 10, "alone": 1,
    }  # fmt: skip
    assert "(9 of 12 days read)" in str(doors["patchy"]["evidence_en"])
    assert "3 of 12 days unread." in str(doors["patchy"]["against_en"])


def test_the_numbers_are_those_of_the_meter(doors: dict[str, dict[str, object]]):
    assert 2 < doors["gone"]["kwh_day_before"] < 4
    assert doors["gone"]["kwh_day_now"] == pytest.approx(0.48, abs=0.03)
    assert doors["alone"]["kwh_day_now"] == pytest.approx(0.48, abs=0.03)
    assert all(0.2 <= row["probability"] <= 1 for row in doors.values())


def test_state_and_since_are_those_of_the_evening(doors: dict[str, dict[str, object]]):
    assert (doors["gone"]["state"], doors["gone"]["since"]) == ("micro", FIRST + timedelta(38))
    assert doors["back"]["state"] in ("lived_in", "low")


def test_the_door_is_the_registrys(doors: dict[str, dict[str, object]]):
    places = ("community_id", "building_id", "unit", "floor", "door")
    assert [doors["far"][name] for name in places] == ["C2", "B9", "1", 7, "701"]
    assert doors["far"]["meter_id"] == "M-far"


def test_the_evidence_is_in_both_languages_and_judges_nobody(doors: dict[str, dict[str, object]]):
    for row in doors.values():
        for name in ("evidence", "against"):
            assert re.search(r"[a-z]{3}", row[f"{name}_en"])
            assert re.search(r"[一-鿿]", row[f"{name}_zh"])
            for language in ("en", "zh"):
                assert not re.search(JUDGING, row[f"{name}_{language}"])
    assert "Nothing switched on all day" in doors["alone"]["evidence_en"]
    assert "A day away from home looks the same" in doors["alone"]["against_en"]


def test_a_shared_meter_names_nobody_even_where_the_night_thought_it_alone(tmp_path: Path):
    home = a_town(tmp_path / "h", {"gone": GONE, "usual": in_use})
    assert sweep(home).found == 1
    home = a_town(tmp_path / "h2", {"gone": GONE, "usual": in_use}, {"gone": {"shared": True}})
    assert sweep(home).found == 0


def test_top_cuts_the_list_and_not_the_count(town: Home):
    found = sweep(town, top=2)
    assert found.doors.num_rows == 2 and found.found == 5
    whole = sweep(town).doors
    assert found.doors.equals(whole.slice(0, 2))


def test_one_community_alone(town: Home):
    found = sweep(town, community="C2")
    assert found.doors["household_id"].to_pylist() == ["far"]
    assert (found.homes, found.found, found.unknown) == (1, 1, 0)
    assert [row.community_id for row in found.communities] == ["C2"]


def test_a_community_that_nobody_lives_in_is_an_error_with_a_hint(town: Home):
    with pytest.raises(LamplitError) as error:
        sweep(town, community="C22")
    assert error.value.code == "night.unknown-place"
    assert "C2?" in str(error.value)


def test_the_summary_counts_every_home_once(town: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAMPLIT_LANG", "en")
    found = sweep(town)
    rows = {row.community_id: row for row in found.communities}
    assert sum(row.homes for row in found.communities) == found.homes == len(STORIES)
    assert rows["C1"].events == {
        HomeEvent.WENT_DARK: 2, HomeEvent.RETURNED: 1, HomeEvent.FROZEN_HIGH: 0,
        HomeEvent.ROUTINE_BROKEN: 1,
    }  # fmt: skip
    assert rows["C1"].name == "Willow Court"
    assert rows["C1"].states[HomeState.UNKNOWN] == found.unknown == 1


def test_an_evening_in_the_past_knows_only_what_was_read_by_then(town: Home):
    evening = FIRST + timedelta(42)
    found = {row["household_id"]: row for row in sweep(town, evening).doors.to_pylist()}
    assert "alone" not in found
    assert found["gone"]["days_read"] == 5
    assert found["back"]["days_read"] == 3
    assert found["patchy"]["days_read"] == 3


def test_a_day_between_kept_nights_is_worked_again_to_the_same_list(tmp_path: Path):
    """The evening is no kept night of the long run, and the last night of the short one."""
    evening = FIRST + timedelta(42)
    short = a_town(tmp_path / "short", STORIES, KNOWN, days=43)
    long = a_town(tmp_path / "long", STORIES, KNOWN)
    with open_engine(long) as con:
        assert evening not in Replay.open(long, con, detector(long)).manifest.days()
    assert sweep(long, evening).doors.to_pylist() == sweep(short).doors.to_pylist()
    assert sweep(long, evening).communities == sweep(short).communities


def test_a_day_that_no_night_has_reached_is_an_error(town: Home):
    with pytest.raises(LamplitError) as error:
        sweep(town, LAST + timedelta(1))
    assert error.value.code == "night.not-yet"
    with pytest.raises(LamplitError) as error:
        sweep(town, FIRST - timedelta(1))
    assert error.value.code == "night.before-first"


def test_a_home_without_nights_is_an_error(tmp_path: Path):
    with pytest.raises(LamplitError) as error:
        sweep(Home.create(tmp_path / "h"))
    assert error.value.code == "night.none-yet"


def test_where_nothing_happened_the_list_is_empty_and_typed(tmp_path: Path):
    found = sweep(a_town(tmp_path / "h", {f"usual{i}": in_use for i in range(4)}))
    assert found.found == 0 and found.homes == 4
    assert found.doors.num_rows == 0
    assert dict(zip(found.doors.column_names, found.doors.schema.types, strict=True)) == COLUMNS


def test_a_meter_that_nobody_registered_is_a_home_without_a_door(tmp_path: Path):
    home = a_town(tmp_path / "h", {"gone": GONE})
    write_registry(home, [])
    run_nights(home, LAST, afresh=True)
    rows = sweep(home).doors.to_pylist()
    assert [(r["household_id"], r["door"], r["community_id"]) for r in rows] == [
        ("M-gone", None, None)
    ]


def test_a_late_reading_that_was_patched_in_changes_the_list(tmp_path: Path):
    """The home was never gone: the readings that say so came late, and patch the kept night."""
    stories = {f"usual{i}": in_use for i in range(20)} | {"gone": GONE}
    home = a_town(tmp_path / "h", stories)
    assert sweep(home).found == 1
    rng = np.random.default_rng(9)
    span = [FIRST + timedelta(n) for n in range(36, DAYS)]
    lake = LakeWriter(home, {("M-gone", day): {} for day in span})
    lake.put({("M-gone", day): hourly(in_use(0, rng)) for day in span})
    run_nights(home, LAST)
    found = sweep(home)
    assert found.found == 0 and found.homes == len(stories)


def test_the_same_weeks_last_year_speak_for_or_against(tmp_path: Path):
    seasonal = then((10, in_use), (31, standing), (369, in_use), (400, standing))
    steady = then((369, in_use), (400, standing))
    home = a_town(tmp_path / "h", {"seasonal": seasonal, "steady": steady, "usual": in_use},
                  days=380)  # fmt: skip
    rows = {r["household_id"]: r for r in sweep(home).doors.to_pylist()}
    assert "Empty in the same weeks last year" in rows["seasonal"]["against_en"]
    assert "Same weeks last year normal." in rows["steady"]["evidence_en"]


def test_the_words_of_sql_and_of_arrays_are_the_same(town: Home):
    """`fresh_event` and `chance_of` serve one home; the list asks the same in SQL."""
    with open_engine(town) as con:
        replay = Replay.open(town, con, detector(town))
        for day in (LAST, LAST - timedelta(9), LAST - timedelta(3)):
            homes, carried = states_on(replay, day)
            names = homes["household_id"].to_pylist()
            with evening_of(replay, day) as evening:
                sql = (
                    "SELECT e.household_id, j.happening, j.chance, j.empty FROM "
                    f"({judged_sql(evening, broken=False)}) j JOIN {evening.relation} e USING (row)"
                )
                said = {row[0]: row[1:] for row in con.rows(sql)}
            empty = (carried["away"] > 0) & np.isin(carried["state"], EMPTY_STATES)
            event = fresh_event(carried, day)
            chance = chance_of(carried["belief"], empty)
            for i, name in enumerate(names):
                assert said[name][0] == event[i]
                assert said[name][1] == pytest.approx(chance[i])


def test_what_is_found_is_what_is_counted_and_ranked(town: Home):
    with open_engine(town) as con:
        replay = Replay.open(town, con, detector(town))
        homes, carried = states_on(replay, LAST)
        empty = (carried["away"] > 0) & np.isin(carried["state"], EMPTY_STATES)
        wanted = (empty | (fresh_event(carried, LAST) > 0)) & ~homes["shared"].to_numpy()
        with evening_of(replay, LAST) as evening:
            assert evening.number == day_number(LAST)
            rows, events = ranked(evening, None, None, broken=False)
            assert len(rows) == len(events) == wanted.sum()
            assert sum(c.wanted for c in counted(evening, broken=False).values()) == len(rows)


def test_explain_and_the_facade_tell_of_the_same_event(town: Home):
    facts = explain(town, "alone").facts
    row = next(r for r in sweep(town).doors.to_pylist() if r["household_id"] == "alone")
    assert facts.event is HomeEvent.ROUTINE_BROKEN
    assert facts.event_day == row["event_day"] and facts.read == row["days_read"]
    assert round(facts.probability, 4) == row["probability"]
    marks = {w.household_id: w.event for w in facade_of(town, "B1").windows}
    assert marks["alone"] is HomeEvent.ROUTINE_BROKEN
    assert marks["notasked"] is HomeEvent.NONE
    assert marks["gone"] is HomeEvent.WENT_DARK


def test_explain_counts_the_same_neighbours_as_the_list(town: Home):
    for name in ("gone", "back", "alone"):
        facts = explain(town, name).facts
        row = next(r for r in sweep(town).doors.to_pylist() if r["household_id"] == name)
        said = f"{facts.neighbours_lit} of {facts.neighbours} neighbours normal."
        assert said in row["evidence_en"]


# --- put right by answers from the doors ----------------------------------------------------------

KNOTS = [(0.5, 0.2), (0.9, 0.6), (1.0, 0.7)]
AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def put_right(town: Home) -> Iterator[Home]:
    """The town with a recalibration in force."""
    town.store_dir.mkdir(exist_ok=True)
    file = write_calibration(town, Calibration(AT, 240, KNOTS))
    yield town
    file.unlink()


def test_answers_from_the_doors_put_the_list_right_and_what_the_rules_said_stands_beside(
    put_right: Home, doors: dict[str, dict[str, object]]
):
    found = sweep(put_right)
    assert found.calibration == Calibration(AT, 240, KNOTS)
    for row in found.doors.to_pylist():
        assert row["raw_probability"] == doors[row["household_id"]]["probability"]
        told = round(through(KNOTS, row["raw_probability"]), 4)
        assert row["probability"] == pytest.approx(told, abs=1e-4)
    assert all(row["raw_probability"] is None for row in doors.values())


def test_the_order_follows_the_probabilities_that_were_put_right(put_right: Home):
    level = [(0.0, 0.5), (1.0, 0.5)]
    write_calibration(put_right, Calibration(AT, 240, level))
    pressing = [row["event"] for row in sweep(put_right).doors.to_pylist()]
    weights = [URGENCY[HomeEvent[e.upper()] if e else HomeEvent.NONE] for e in pressing]
    with open_engine(put_right) as con:
        replay = Replay.open(put_right, con, detector(put_right))
        with evening_of(replay, LAST) as evening:
            rows, _ = ranked(evening, None, None, broken=False, knots=level)
            plain, _ = ranked(evening, None, None, broken=False)
    assert set(rows) == set(plain)
    assert weights[0] == max(weights)


def test_a_sweep_into_a_campaign_takes_the_same_probabilities(put_right: Home):
    listed = sweep(put_right).doors.to_pylist()
    homes = read_evening(put_right).homes
    for row in listed:
        one = homes[row["household_id"]]
        assert (one.probability, one.raw, one.order) == (
            row["probability"], row["raw_probability"], row["rank"],
        )  # fmt: skip
    assert homes["usual00"].raw is None


def test_a_recalibration_that_cannot_be_read_changes_nothing(put_right: Home):
    (put_right.store_dir / "calibration.json").write_text('{"knots": [[0.5]]}')
    found = sweep(put_right)
    assert found.calibration is None
    assert found.doors["raw_probability"].null_count == found.doors.num_rows
