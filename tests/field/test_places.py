"""Places: found by code, and brought in from the meters' registry."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from people_kit import neighbourhood
from sqlalchemy import select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind, Role
from lamplit.meters.registry import SCHEMA
from lamplit.services.field.office import CLI, SYSTEM, Office
from lamplit.services.field.people.assignments import assign
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.places.sync import ALPHABET, CODE_LENGTH, SyncResult, sync_places
from lamplit.store import log, places
from lamplit.store.schema import place, place_code
from lamplit.store.tree import above

TODAY = date(2020, 2, 10)


def register(office: Office, *rows: dict[str, Any]) -> None:
    """Make the registry say just these rows."""
    full = [dict.fromkeys(SCHEMA.names) | {"shared": False} | row for row in rows]
    pq.write_table(pa.Table.from_pylist(full, SCHEMA), office.home.registry_file)


def home_row(meter: str, home: str, **more: Any) -> dict[str, Any]:
    row = {"meter_id": meter, "household_id": home, "building_id": "B1", "community_id": "C1"}
    return row | {"unit": "2", "floor": 3, "door": "301", "community_name_zh": "灯火社区"} | more


def get(office: Office, code: str, kind: PlaceKind | None = None) -> places.Place:
    with office.db.read() as conn:
        return resolve_place(conn, code, kind)


def counts(found: SyncResult) -> tuple[dict[str, int], dict[str, int]]:
    return dict(+found.added), dict(+found.changed)


def scan(office: Office, code: str) -> str | None:
    with office.db.read() as conn:
        found = places.by_scan(conn, code)
    return found.code if found else None


@pytest.fixture
def district(office: Office) -> str:
    return neighbourhood(office).ids["D"]


def test_a_registry_becomes_communities_buildings_homes_and_codes(office, district):
    register(office, home_row("m1", "h1"), home_row("m2", "h2", door="302"))
    found = sync_places(office, CLI, district="D")
    # C1 and B1 are there already, from a file.
    assert counts(found)[0] == {"household": 2, "meter": 2}
    home = get(office, "h1")
    with office.db.read() as conn:
        lies_in = places.by_ids(conn, list(conn.scalars(above(home.id))))
    assert {one.code for one in lies_in.values()} == {"h1", "B1", "C1", "D"}
    assert (home.unit, home.floor, home.door) == ("2", 3, "301")
    assert home.community_id == get(office, "C1").id
    assert home.building_id == get(office, "B1").id
    assert get(office, "C1").name_zh == "灯火社区"


def test_a_second_sync_changes_nothing_and_no_version(office):
    rows = [home_row(f"m{n}", f"h{n}", valid_from=date(2019, 1, 1)) for n in range(5)]
    register(office, *rows)
    sync_places(office, CLI)
    again = sync_places(office, CLI)
    assert counts(again) == ({}, {})
    assert again.unchanged["household"] == 5
    assert get(office, "h3").version == 1


def test_only_what_changed_gets_a_new_version_and_a_line_in_the_log(office):
    register(office, home_row("m1", "h1"), home_row("m2", "h2"))
    sync_places(office, CLI)
    register(office, home_row("m1", "h1", door="999"), home_row("m2", "h2"))
    assert counts(sync_places(office, CLI)) == ({}, {"household": 1})
    assert [get(office, code).version for code in ("h1", "h2")] == [2, 1]
    with office.db.read() as conn:
        (*_, last) = log.entries(conn)
    assert (last.kind, last.data) == ("place.synced", {"added": 0, "changed": 1})


def test_a_dry_run_counts_and_writes_nothing(office):
    register(office, home_row("m1", "h1"))
    found = sync_places(office, CLI, dry_run=True)
    assert counts(found)[0] == {"community": 1, "building": 1, "household": 1, "meter": 1}
    with office.db.read() as conn:
        assert conn.execute(select(place)).all() == []


def test_a_home_s_latest_row_says_where_it_is_and_all_rows_since_when(office):
    register(
        office,
        home_row("m1", "h1", door="old", valid_from=date(2018, 1, 1), valid_to=date(2019, 1, 1)),
        home_row("m2", "h1", door="new", valid_from=date(2019, 1, 1)),
        home_row("m3", "gone", valid_to=date(2019, 6, 1)),
    )
    sync_places(office, CLI)
    home = get(office, "h1")
    assert (home.door, home.valid_from, home.valid_to) == ("new", date(2018, 1, 1), None)
    assert get(office, "gone").valid_to == date(2019, 6, 1)


def test_every_new_door_has_a_random_code_and_its_meter_s_number(office):
    register(office, home_row("m1", "h1"))
    sync_places(office, CLI)
    with office.db.read() as conn:
        codes = {(row.kind, row.code) for row in conn.execute(select(place_code))}
    kinds = sorted(kind for kind, _ in codes)
    assert kinds == ["door", "gate", "meter"]
    (door,) = (code for kind, code in codes if kind == "door")
    assert len(door) == CODE_LENGTH
    assert set(door) <= set(ALPHABET)
    assert {scan(office, door), scan(office, "m1")} == {"h1"}


def test_a_meter_that_moves_leads_to_its_new_home_and_one_taken_down_to_none(office):
    register(office, home_row("m1", "h1"), home_row("m2", "h2"), home_row("m3", "h3"))
    sync_places(office, CLI)
    ended = {"valid_to": date(2020, 1, 1)}
    register(
        office,
        home_row("m1", "h1", **ended),
        home_row("m1", "h2", valid_from=date(2020, 1, 1)),
        home_row("m2", "h2", **ended),
        home_row("m3", "h3"),
        home_row("m9", "h9", **ended),
    )
    sync_places(office, CLI)
    assert [scan(office, m) for m in ("m1", "m2", "m3", "m9")] == ["h2", None, "h3", None]
    assert counts(sync_places(office, CLI)) == ({}, {})


def test_a_meter_of_several_homes_is_the_code_of_none(office):
    register(
        office,
        home_row("m1", "h1"),
        home_row("m1", "h2"),
        home_row("m2", "h3", shared=True),
    )
    sync_places(office, CLI)
    assert [scan(office, m) for m in ("m1", "m2")] == [None, None]


def test_buildings_numbered_alike_in_two_communities_are_two(office):
    register(
        office,
        home_row("m1", "h1", building_id="3", community_id="C1"),
        home_row("m2", "h2", building_id="3", community_id="C2"),
    )
    sync_places(office, CLI)
    assert get(office, "h1").building_id == get(office, "C1/3").id
    assert get(office, "h2").building_id == get(office, "C2/3").id
    assert counts(sync_places(office, CLI)) == ({}, {})


def test_a_building_keeps_its_id_when_a_namesake_comes_and_when_it_changes_community(office):
    register(office, home_row("m1", "h1", building_id="3", community_id="C1"))
    sync_places(office, CLI)
    first = get(office, "h1").building_id
    register(
        office,
        home_row("m1", "h1", building_id="3", community_id="C1"),
        home_row("m2", "h2", building_id="3", community_id="C2"),
    )
    sync_places(office, CLI)
    assert get(office, "h1").building_id == first
    assert get(office, "h2").building_id == get(office, "C2/3").id
    register(office, home_row("m5", "h5", building_id="7", community_id="C1"))
    sync_places(office, CLI)
    moved = get(office, "7").id
    register(office, home_row("m5", "h5", building_id="7", community_id="C2"))
    sync_places(office, CLI)
    assert get(office, "7").id == moved
    assert get(office, "h5").community_id == get(office, "C2").id


def test_a_grid_cell_and_floors_from_a_file_outlive_a_sync(office):
    hood = neighbourhood(office)
    cell = hood.place("G1", PlaceKind.GRID_CELL, "C1", community_id=hood.ids["C1"])
    with office.begin(CLI) as tx:
        tx.conn.execute(
            place.update().where(place.c.code == "B1").values(parent_id=cell, floors=33)
        )
    register(office, home_row("m1", "h1"))
    sync_places(office, CLI)
    building = get(office, "B1")
    assert (building.parent_id, building.floors) == (cell, 33)


def test_a_home_without_building_or_community_stands_where_it_can(office, district):
    register(
        office,
        home_row("m1", "h1", building_id=None),
        home_row("m2", "h2", building_id=None, community_id=None),
    )
    sync_places(office, CLI, district="D")
    assert get(office, "h1").parent_id == get(office, "C1").id
    assert get(office, "h2").parent_id == district


def test_an_empty_registry_brings_nothing(office):
    assert counts(sync_places(office, SYSTEM)) == ({}, {})


def test_a_sync_needs_the_ability_to_import(office):
    hood = neighbourhood(office)
    register(office, home_row("m1", "h1"))
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        sync_places(office, hood.as_("lead"), district="D")
    assign(office, CLI, person="p1", place="D", role=Role.ANALYST)
    assert sync_places(office, hood.as_("p1"), district="D").added["household"] == 1


def test_progress_reaches_the_whole(office):
    register(office, *(home_row(f"m{n}", f"h{n}") for n in range(7)))
    told: list[tuple[float, float | None]] = []
    sync_places(office, CLI, report=lambda done, total=None: told.append((done, total)))
    assert told[-1] == (16, 16)


def test_a_code_that_two_kinds_bear_needs_its_kind(office):
    hood = neighbourhood(office)
    hood.place("B1", PlaceKind.PUMP_STATION)
    with pytest.raises(LamplitError, match=r"place\.ambiguous") as told:
        get(office, "B1")
    assert "building:B1" in told.value.remedy("en")
    assert get(office, "building:B1").kind == PlaceKind.BUILDING
    assert get(office, "B1", PlaceKind.PUMP_STATION).kind == PlaceKind.PUMP_STATION


def test_what_is_not_there_is_named(office):
    with pytest.raises(LamplitError, match=r"store\.not-found") as told:
        get(office, "nowhere")
    assert "没有地点“nowhere”" in told.value.says("zh")
