"""Aggregates under the 15/15 rule: nothing held back comes back by adding and subtracting."""

from __future__ import annotations

import itertools
import shutil
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ortools.linear_solver import pywraplp
from people_world import build
from sqlalchemy import select, update

from lamplit.cli.app import run
from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.disclosure_sums import Cell, Sum, determined, is_safe, release_sums
from lamplit.domain.errors import LamplitError
from lamplit.services.field.homes import aggregates
from lamplit.services.field.homes.energy import SAME, tells_anew
from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.store.schema import event, place


def table(homes: list[list[list[float]]]) -> tuple[dict, list[Sum]]:
    """homes[area][home][month] as cells with all totals, and their sums."""
    months = len(homes[0][0])
    cells: dict[tuple[int, int], Cell] = {}
    every = [home for area in homes for home in area]
    for area, inside in [*enumerate(homes), (-1, every)]:
        for month in [*range(months), -1]:
            uses = [sum(home) if month < 0 else home[month] for home in inside]
            cells[area, month] = Cell(len(uses), float(sum(uses)), float(max(uses)))
    areas, columns = range(len(homes)), range(months)
    sums = [Sum((a, -1), tuple((a, m) for m in columns), True) for a in [*areas, -1]]
    sums += [Sum((-1, m), tuple((a, m) for a in areas)) for m in [*columns, -1]]
    return cells, sums


def tables() -> st.SearchStrategy:
    return st.integers(1, 3).flatmap(
        lambda months: st.lists(
            st.lists(
                st.lists(st.integers(1, 400), min_size=months, max_size=months),
                min_size=1, max_size=30,
            ),
            min_size=1, max_size=5,
        )
    )  # fmt: skip


def span(cells: dict, sums: list[Sum], shown: dict, wanted: tuple) -> tuple[float, float]:
    """The least and the most that a hidden cell may be, by linear programming, given the shown."""
    ends = []
    for sense in (1, -1):
        solver = pywraplp.Solver.CreateSolver("GLOP")
        unknown = {k: solver.NumVar(0, solver.infinity(), str(k)) for k, v in shown.items()
                   if v is None}  # fmt: skip
        for one in sums:
            total = sum(unknown.get(p, shown[p]) for p in one.parts)
            solver.Add(total == unknown.get(one.whole, shown[one.whole]))
        (solver.Minimize if sense > 0 else solver.Maximize)(unknown[wanted])
        status = solver.Solve()
        if status == pywraplp.Solver.UNBOUNDED or status == pywraplp.Solver.INFEASIBLE:
            ends.append(float("inf"))
        else:
            assert status == pywraplp.Solver.OPTIMAL
            ends.append(unknown[wanted].solution_value())
    return ends[0], ends[1]


@settings(max_examples=60)
@given(tables())
@example([[[10.0]] * 20, [[10.0]] * 3])
@example([[[10.0, 1.0]] * 20, [[10.0, 1.0]] * 20, [[10.0, 1.0]] * 2])
def test_nothing_held_back_can_be_worked_out_from_what_is_shown(homes):
    cells, sums = table(homes)
    shown = release_sums(cells, sums)
    for key, cell in cells.items():
        assert shown[key] in (None, cell.total)
        assert is_safe(cell) or shown[key] is None
    hidden = {key for key, value in shown.items() if value is None}
    assert determined(hidden, sums) == set()
    for key in hidden:
        low, high = span(cells, sums, shown, key)
        assert high - low > 1e-6 * max(1.0, cells[key].total), key


@settings(max_examples=60)
@given(tables())
def test_what_one_subtraction_leaves_keeps_the_rule_too(homes):
    cells, sums = table(homes)
    shown = release_sums(cells, sums)
    for one in sums:
        held = [part for part in one.parts if shown[part] is None]
        if not held or shown[one.whole] is None:
            continue
        count = max if one.same_homes else sum
        assert len(held) > 1
        assert count(cells[k].homes for k in held) >= LEAST_HOMES


def test_a_table_that_keeps_the_rule_is_shown_whole():
    cells, sums = table([[[10.0, 20.0]] * 20, [[5.0, 8.0]] * 30])
    assert release_sums(cells, sums) == {key: cell.total for key, cell in cells.items()}


def test_a_single_great_user_is_held_back_with_others_enough_to_hide_among():
    area = [[10.0]] * 20
    cells, sums = table([[*area, [300.0]], *[area] * 12])
    shown = release_sums(cells, sums)
    held = [a for a in range(13) if shown[a, 0] is None]
    assert shown[-1, -1] is not None
    assert 0 in held
    assert 0.15 * sum(cells[a, 0].total for a in held) >= 300.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("aggregates")
    data, home = folder / "town", folder / "home"
    for words in (
        ("town", "--homes", "150", "--days", "31", "--seed", "5", "--layout", "daily",
         "--start", "2020-01-01", "-o", data),
        ("init", home),
        ("registry", "import", data / "registry.csv", "--home", home),
        ("ingest", data / "readings", "--home", home),
        ("nightly", "--home", home),
    ):  # fmt: skip
        assert run([str(word) for word in words]) == 0
    return Home.open(home)


@pytest.fixture
def of_town(office, town):
    """The office with the town's readings, its first communities standing for c1 and c2."""
    moved = Office(town, office.db, office.clock)
    world = build(moved)
    rows = pq.read_table(town.registry_file, columns=["community_id"])
    codes = rows["community_id"].value_counts().to_pylist()
    codes.sort(key=lambda c: -c["counts"])
    with office.db.begin() as conn:
        for name, found in zip(("c1", "c2"), codes, strict=False):
            conn.execute(
                update(place).where(place.c.id == world.places[name]).values(code=found["values"])
            )
    return moved, world, codes


def test_energy_and_states_of_an_area_are_told_to_who_may_see_it(of_town):
    office, world, codes = of_town
    found = aggregates.energy(office, world.actor("analyst"), world.places["c1"],
                              date(2020, 1, 1), date(2020, 1, 31))  # fmt: skip
    by_key = {(f.area, f.column): f.value for f in found.figures}
    assert by_key["", ""] is not None
    assert by_key["", ""] > 1_000
    states = aggregates.states(office, world.actor("leader"), world.places["c1"])
    totals = {f.column: f.value for f in states.figures if f.area == ""}
    assert totals[""] == codes[0]["counts"]
    assert all(value is None or value >= LEAST_HOMES for value in totals.values())


@pytest.mark.parametrize("who", ["other_leader", "withdrawn", "outsider", "owner"])
def test_others_see_no_figure_of_it(of_town, who):
    office, world, _ = of_town
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        aggregates.states(office, world.actor(who), world.places["c1"])


def test_what_is_refused_is_logged_with_the_reason(of_town):
    office, world, _ = of_town
    with office.db.begin() as conn:
        conn.execute(update(place).where(place.c.id == world.places["c1"]).values(code="NOBODY"))
    with pytest.raises(LamplitError, match=r"aggregate\.too-few-homes"):
        aggregates.states(office, world.actor("leader"), world.places["c1"])
    with office.db.read() as conn:
        entry = conn.execute(select(event).where(event.c.kind == "aggregate.refused")).one()
    assert (entry.data["why"], entry.place_id) == ("15/15", world.places["c1"])


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2020, 1, 2), date(2020, 1, 31)), (date(2020, 1, 1), date(2020, 1, 30)),
        (date(2020, 2, 1), date(2020, 1, 31)), (date(2015, 1, 1), date(2020, 1, 31)),
        # Not over yet: two evenings' totals of it would differ by a day.
        (date(2020, 2, 1), date(2020, 2, 29)),
    ],
)  # fmt: skip
def test_only_whole_months_that_are_over_are_added_up(of_town, first, last):
    office, world, _ = of_town
    with pytest.raises(LamplitError, match=r"aggregate\.bad-period"):
        aggregates.energy(office, world.actor("leader"), world.places["c1"], first, last)


def uses(kwh: dict[str, float]) -> Cell:
    return Cell(len(kwh), sum(kwh.values()), max(kwh.values(), default=0.0))


homes_use = st.dictionaries(
    st.sampled_from([f"H{n}" for n in range(40)]), st.floats(0, 500), min_size=10
)


@settings(max_examples=100)
@given(st.lists(homes_use, min_size=2, max_size=6))
def test_no_two_figures_of_a_month_differ_by_few_homes_or_by_one_great_user(versions):
    told: list[dict[str, float]] = []
    for now in versions:
        apart = []
        for then in told:
            by = {h: abs(now.get(h, 0) - then.get(h, 0)) for h in now.keys() | then.keys()}
            apart.append(uses({h: kwh for h, kwh in by.items() if kwh > SAME}))
        if tells_anew(uses(now), apart):
            told.append(now)
    for n, one in enumerate(told):
        assert is_safe(uses(one))
        for other in told[:n]:
            by = [abs(one.get(h, 0) - other.get(h, 0)) for h in one.keys() | other.keys()]
            assert sum(kwh > SAME for kwh in by) >= LEAST_HOMES
            assert max(by) <= 0.16 * sum(by)


@pytest.fixture
def changing(of_town, tmp_path):
    """A copy of the town whose registry one may change, and the community that is asked about."""
    office, world, codes = of_town
    shutil.copytree(office.home.path, tmp_path / "copy")
    home = Home.open(tmp_path / "copy")
    shutil.rmtree(home.store_dir / "told", ignore_errors=True)
    return Office(home, office.db, office.clock), world, codes[0]["values"]


def without(home: Home, community: str, homes: int) -> None:
    """Take some homes of a community out of the registry."""
    table = pq.read_table(home.registry_file)
    mine = table.filter(pc.equal(table["community_id"], community))
    gone = sorted(set(mine["household_id"].to_pylist()))[:homes]
    kept = table.filter(pc.invert(pc.is_in(table["household_id"], pa.array(gone))))
    pq.write_table(kept, home.registry_file)


JANUARY = (date(2020, 1, 1), date(2020, 1, 31))


def test_a_home_that_comes_late_or_goes_does_not_show_by_subtracting_two_answers(changing):
    office, world, code = changing
    ask = (office, world.actor("leader"), world.places["c1"], *JANUARY)
    first = aggregates.energy(*ask)
    without(office.home, code, 1)
    assert aggregates.energy(*ask) == first
    without(office.home, code, LEAST_HOMES - 2)
    assert aggregates.energy(*ask) == first
    without(office.home, code, 2)
    assert aggregates.energy(*ask) != first


def test_a_district_is_the_sum_of_its_communities_whoever_asks_for_how_many_months(changing):
    """Other spans and other areas tell the same figures: there is nothing to subtract."""
    office, world, _ = changing
    analyst = world.actor("analyst")
    first = {
        (f.area, f.column): f.value
        for f in aggregates.energy(office, analyst, world.places["c1"], *JANUARY).figures
    }
    spans = [(date(2019, 12, 1), JANUARY[1]), (date(2019, 6, 1), JANUARY[1]), JANUARY]
    for place_name, span in itertools.product(("c1", "d1"), spans):
        found = aggregates.energy(office, analyst, world.places[place_name], *span)
        by_key = {(f.area, f.column): f for f in found.figures}
        for key, value in first.items():
            if key[0] and key[1]:
                assert by_key[key].value == value
        for (area, column), total in by_key.items():
            parts = [
                f for f in found.figures
                if f.area and f.column and area in ("", f.area) and column in ("", f.column)
            ]  # fmt: skip
            shown = [f.value for f in parts if f.value is not None]
            assert total.value == (pytest.approx(sum(shown), abs=0.06) if shown else None)
            assert total.partial == (len(shown) < len(parts))
