"""Late readings and registry changes rework what they touch, and nothing else."""

from __future__ import annotations

import shutil
from copy import deepcopy
from datetime import date, timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest
from night_worlds import LakeWriter, assert_same, link, nights, outcome, reading, write_registry

from lamplit.services.home import Home
from lamplit.services.night import snapshots
from lamplit.services.night.snapshots import read_manifest
from lamplit.services.states import states_between

FIRST = date(2025, 3, 3)


def on(day: int) -> date:
    return FIRST + timedelta(day)


def steady(meters, days, *, seed=1, level=6.0):
    """Readings of homes in use, from `days`."""
    rng = np.random.default_rng(seed)
    return {(m, on(d)): reading(float(level * rng.lognormal(0, 0.2))) for m in meters for d in days}


def neighbours(count, **more):
    """Registry rows of homes H00… with meters M00… in one community, under one collector."""
    place = {"community_id": "C1", "collector_id": "K1"} | more
    return [link(f"M{i:02d}", f"H{i:02d}", **place) for i in range(count)]


def meters(links):
    return sorted({row["meter_id"] for row in links})


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """A home with 40 neighbours over 30 days, worked night by night; and its writer."""
    home = Home.create(tmp_path_factory.mktemp("worked") / "home")
    links = neighbours(40)
    write_registry(home, links)
    writer = LakeWriter(home)
    writer.put(steady(meters(links), range(30)))
    nights(home, on(19))
    for day in range(20, 30):
        nights(home, on(day))
    return home, writer


@pytest.fixture
def town(worked, tmp_path):
    """A copy of the worked home, to change; and its writer."""
    home, writer = worked
    copied = Home.open(shutil.copytree(home.path, tmp_path / "home"))
    return copied, LakeWriter(copied, dict(writer.rows), deepcopy(writer.deltas))


def from_scratch(home, writer, tmp_path):
    """What a fresh home comes to that is told all of it at once."""
    fresh = Home.create(tmp_path / "fresh")
    if home.registry_file.exists():
        fresh.registry_file.write_bytes(home.registry_file.read_bytes())
    LakeWriter(fresh).put(
        {k: {n: v for n, v in row.items() if n != "batch"} for k, row in writer.rows.items()}
    )
    nights(fresh, date.fromisoformat(read_manifest(home.state_dir).through))
    return outcome(fresh)


def rows(home, day, view="asof"):
    [table] = states_between(Home.open(home.path), day, day, view)
    return {row["household_id"]: row for row in table.to_pylist()}


# --- late readings ----------------------------------------------------------------------------


def test_one_corrected_reading_reworks_one_home(town, tmp_path):
    home, writer = town
    kwh = writer.rows["M07", on(25)]["kwh"]
    writer.put({("M07", on(25)): reading(kwh + 0.01)})
    report = nights(home, on(29))
    assert (report.reworked_homes, report.reworked_from, report.nights) == (1, on(25), 0)
    assert_same(outcome(home), from_scratch(home, writer, tmp_path))


def test_a_reading_that_comes_again_unchanged_reworks_nothing(town):
    home, writer = town
    row = {k: v for k, v in writer.rows["M07", on(25)].items() if k != "batch"}
    writer.put({("M07", on(25)): row})
    assert nights(home, on(29)).reworked_homes == 0


def test_readings_of_days_to_come_rework_nothing(town):
    home, writer = town
    writer.put(steady(["M01"], [30, 31]))
    report = nights(home, on(29))
    assert (report.reworked_homes, report.nights) == (0, 0)
    assert nights(home, on(31)).nights == 2


def test_late_readings_that_move_the_index_rework_the_whole_community(town, tmp_path):
    home, writer = town
    halved = {
        (m, on(25)): reading(writer.rows[m, on(25)]["kwh"] * 0.5) for m in meters(neighbours(25))
    }
    writer.put(halved)
    assert nights(home, on(29)).reworked_homes == 40
    found = outcome(home)
    assert found.log["peer", "C1", (on(25) - date(1970, 1, 1)).days] < 0.85
    assert_same(found, from_scratch(home, writer, tmp_path))


def test_late_zeros_of_a_collector_make_it_silent_for_all_under_it(tmp_path):
    home = Home.create(tmp_path / "home")
    links = neighbours(20, community_id=None)
    write_registry(home, links)
    writer = LakeWriter(home)
    late = {(m, on(15)) for m in meters(links)[:10]}
    world = steady(meters(links), range(20))
    world |= {key: reading(0.0) for key in late}
    writer.put({k: r for k, r in world.items() if k not in late})
    nights(home, on(19))
    assert not outcome(home).log
    writer.put({k: world[k] for k in late})
    assert nights(home, on(19)).reworked_homes == 20
    assert [key[0] for key in outcome(home).log] == ["silence"]
    assert_same(outcome(home), from_scratch(home, writer, tmp_path))


def test_a_group_that_says_something_else_only_outside_the_rework_keeps_its_word(town, tmp_path):
    """M05 lies under K1 with the rest, but in a community of its own: C1's word stays as logged."""
    home, writer = town
    links = neighbours(40)
    links[5]["community_id"] = "C2"
    write_registry(home, links)
    nights(home, on(29))
    writer.put({("M05", on(26)): reading(0.3)})
    report = nights(home, on(29))
    assert report.reworked_homes == 1
    assert_same(outcome(home), from_scratch(home, writer, tmp_path))


def test_late_readings_from_before_the_first_night_are_late_like_any_other(town, tmp_path):
    home, writer = town
    writer.put(steady(["M03"], range(-10, 0), seed=5))
    report = nights(home, on(29))
    assert (report.afresh, report.reworked_homes, report.reworked_from) == ("", 1, on(-10))
    assert_same(outcome(home), from_scratch(home, writer, tmp_path))


def test_a_rework_from_before_the_oldest_snapshot_starts_from_nothing(town, tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "KEEP_MONTHS", 0)
    home, writer = town
    writer.put(steady(["M40"], range(30, 50)))
    nights(home, on(49))
    assert min(read_manifest(home.state_dir).days()) > on(35)
    writer.put({("M07", on(2)): reading(0.0)})
    assert nights(home, on(49)).reworked_homes == 1
    assert_same(outcome(home), from_scratch(home, writer, tmp_path))


def test_a_late_reading_writes_patches_not_whole_snapshots(town):
    home, writer = town
    before = read_manifest(home.state_dir).snapshots
    writer.put({("M07", on(25)): reading(writer.rows["M07", on(25)]["kwh"] + 0.01)})
    nights(home, on(29))
    after = read_manifest(home.state_dir).snapshots
    for day, files in before.items():
        assert after[day]["homes"] == files["homes"]
        changed = date.fromisoformat(day) >= on(25)
        assert any(name.startswith("patch") for name in after[day]) == changed


def test_patches_that_pile_up_are_written_into_the_snapshot(town, tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "PATCHES", 3)
    home, writer = town
    most = 0
    for i in range(9):
        writer.put({(f"M{i:02d}", on(24)): reading(writer.rows[f"M{i:02d}", on(24)]["kwh"] + 0.01)})
        assert nights(home, on(29)).reworked_homes >= 1
        files = read_manifest(home.state_dir).snapshots[str(on(29))]
        most = max(most, sum(name.startswith("patch") for name in files))
    assert most == 3
    assert_same(outcome(home), from_scratch(home, writer, tmp_path))


def test_the_log_is_one_file_a_month_however_many_nights_and_reworks(tmp_path):
    home = Home.create(tmp_path / "home")
    links = neighbours(20)
    write_registry(home, links)
    writer = LakeWriter(home)
    writer.put(steady(meters(links), range(100)))
    nights(home, on(20))
    for day in (*range(21, 99, 9), 99):
        writer.put({("M03", on(day - 5)): reading(2.5 + day)})
        nights(home, on(day))
    manifest = read_manifest(home.state_dir)
    assert sorted(manifest.logs) == ["2025-03", "2025-04", "2025-05", "2025-06"]
    assert_same(outcome(home), from_scratch(home, writer, tmp_path))
    nights(home, on(99))  # the files of the manifest before stay for readers until now
    assert len(list(home.state_dir.glob("areas-*"))) == 4
    assert {f.name for f in home.state_dir.glob("*.parquet")} == manifest.named()


# --- the registry -----------------------------------------------------------------------------


def changed(home, writer, links, tmp_path):
    """Make `links` the registry, run the night, and compare with a fresh home; its report."""
    write_registry(home, links)
    report = nights(home)
    assert_same(outcome(home), from_scratch(home, writer, tmp_path))
    return report


def test_a_meter_swap_reworks_the_home_from_the_day_of_the_swap(town, tmp_path):
    home, writer = town
    links = neighbours(40)
    links[3]["valid_to"] = on(27)
    links.append(links[3] | {"meter_id": "M03b", "valid_from": on(27), "valid_to": None})
    writer.put({("M03b", on(d)): reading(writer.rows["M03", on(d)]["kwh"]) for d in (27, 28, 29)})
    report = changed(home, writer, links, tmp_path)
    assert (report.reworked_homes, report.reworked_from) == (1, on(27))
    assert rows(home, on(28))["H03"]["meter_id"] == "M03b"
    assert rows(home, on(26))["H03"]["meter_id"] == "M03"


def test_a_swap_that_lies_ahead_reworks_nothing(town, tmp_path):
    home, writer = town
    links = neighbours(40)
    links[3]["valid_to"] = on(60)
    links.append(links[3] | {"meter_id": "M03b", "valid_from": on(60), "valid_to": None})
    assert changed(home, writer, links, tmp_path).reworked_homes == 0


def test_a_new_home_without_readings_reworks_nothing(town, tmp_path):
    home, writer = town
    links = [*neighbours(40), link("M99", "H99", community_id="C1")]
    assert changed(home, writer, links, tmp_path).reworked_homes == 0
    assert rows(home, on(29))["H99"]["state"] == "unknown"


def test_a_home_that_moves_reworks_both_communities(town, tmp_path):
    home, writer = town
    links = neighbours(40)
    links[0]["community_id"] = "C2"
    report = changed(home, writer, links, tmp_path)
    assert report.reworked_from == FIRST
    back = neighbours(40)
    changed(home, writer, back, tmp_path / "back")
    assert "C2" not in outcome(home).peers


def test_who_lives_alone_is_known_after_the_next_night_though_no_state_changes(town, tmp_path):
    home, writer = town
    links = neighbours(40)
    links[4]["lives_alone"] = True
    report = changed(home, writer, links, tmp_path)
    assert report.reworked_homes == 0
    assert outcome(home, states=False).homes[4]["lives_alone"]


def test_a_meter_found_to_serve_the_neighbour_too_makes_both_unknown(town, tmp_path):
    home, writer = town
    changed(home, writer, [*neighbours(40), link("M02", "H02n")], tmp_path)
    found = rows(home, on(29))
    assert found["H02"]["state"] == found["H02n"]["state"] == "unknown"


def test_a_stranger_that_is_registered_is_a_home_with_its_history(town, tmp_path):
    home, writer = town
    writer.put(steady(["S1"], range(30)))
    nights(home)
    assert rows(home, on(29))["S1"]["state"] == "lived_in"
    changed(home, writer, [*neighbours(40), link("S1", "H50", community_id="C1")], tmp_path)
    found = rows(home, on(29))
    assert "S1" not in found and found["H50"]["state"] == "lived_in"


def test_a_meter_that_the_registry_drops_is_a_stranger_again(town, tmp_path):
    home, writer = town
    changed(home, writer, neighbours(39), tmp_path)
    assert rows(home, on(29))["M39"]["state"] == "lived_in"
    assert "H39" not in rows(home, on(29))


def test_a_community_that_all_have_left_is_forgotten(town, tmp_path):
    home, writer = town
    changed(home, writer, neighbours(40, community_id="C7", collector_id=None), tmp_path)
    assert set(outcome(home).peers) == {"C7"}
    assert not outcome(home).zeros


def test_a_stranger_is_not_taken_for_a_registered_home_of_the_same_name(town, tmp_path):
    """Meter H05 is no meter of household H05."""
    home, writer = town
    writer.put({("H05", on(d)): reading(0.0) for d in range(30)})
    nights(home)
    assert_same(outcome(home), from_scratch(home, writer, tmp_path))
    table = next(states_between(Home.open(home.path), on(29), on(29)))
    mine = [r for r in table.to_pylist() if r["household_id"] == "H05"]
    assert [r["meter_id"] for r in mine] == ["M05", "H05"]
    assert mine[0]["state"] == "lived_in" and mine[1]["state"] != "lived_in"


def test_of_several_meters_at_once_the_same_one_speaks_for_the_home_however_rows_are_ordered(
    tmp_path,
):
    found = []
    for turn, step in enumerate((1, -1)):
        home = Home.create(tmp_path / f"home{turn}")
        links = [
            link(f"M{i}{c}", f"H{i}", community_id=f"C{c}", collector_id=f"K{c}")
            for i in range(30)
            for c in "abc"
        ]
        write_registry(home, links[::step])
        LakeWriter(home).put(steady(meters(links), range(5)))
        nights(home)
        found.append(outcome(home))
    assert_same(*found)
    assert found[0].homes[0]["meter_id"] == "M0c"


def test_a_home_never_read_carries_what_a_home_starts_from(tmp_path):
    """So a home that appears late is worked from its first reading alone."""
    home = Home.create(tmp_path / "home")
    write_registry(home, neighbours(3))
    LakeWriter(home).put(steady(["M00"], range(40)))
    nights(home)
    found = outcome(home)
    from lamplit.services.night.advance import detector

    for name, start in detector(home).starts.items():
        assert repr(found.carried[name][1]) == repr(np.float32(start)), name


def test_the_registry_is_read_by_pyarrow_types_of_any_writer(tmp_path):
    """Dictionary-encoded and large strings from elsewhere are the same registry."""
    home = Home.create(tmp_path / "home")
    write_registry(home, neighbours(20))
    table = pq.read_table(home.registry_file)
    table = table.set_column(3, "community_id", table["community_id"].dictionary_encode())
    pq.write_table(table, home.registry_file)
    LakeWriter(home).put(steady(meters(neighbours(20)), range(5)))
    assert nights(home).homes == 20
