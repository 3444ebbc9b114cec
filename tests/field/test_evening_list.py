"""Tonight's list without a campaign: whose it is, what it needs, and what the log has of it."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from film_world import in_town
from sqlalchemy import select

from lamplit.domain.errors import LamplitError
from lamplit.services.field.homes import evening_list
from lamplit.services.home import Home
from lamplit.services.sweep import sweep
from lamplit.store.schema import event
from small_town import small_town

COLD = "cold snap of February"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return small_town(tmp_path_factory.mktemp("list"))


@pytest.fixture
def world(office, town):
    with in_town(office, town) as made:
        yield made


def entries(world, kind: str) -> list:
    with world.office.db.read() as conn:
        return conn.execute(select(event).where(event.c.kind == kind)).all()


def opened(world, who: str = "analyst", **more) -> evening_list.EveningList:
    return evening_list.opened(world.office, world.actor(who), **{"purpose": COLD, **more})


def test_the_analyst_sees_the_list_in_the_order_of_the_sweep(world, town):
    found, listed = sweep(town), opened(world, evidence=True)
    assert (listed.as_of, listed.found, listed.homes) == (found.as_of, found.found, 60)
    rows = found.doors.to_pylist()
    assert [(d.rank, d.state, d.since, d.probability) for d in listed.doors] == [
        (r["rank"], r["state"], r["since"], r["probability"]) for r in rows
    ]
    assert [d.evidence.zh for d in listed.doors] == [r["evidence_zh"] for r in rows]
    homes = {world.places[name] for name in world.places if name.startswith("home")}
    known = [d for d in listed.doors if d.place_id]
    assert known
    assert {d.place_id for d in known} <= homes
    assert {d.where.place_id for d in known} == {d.place_id for d in known}


def test_the_evidence_comes_only_when_it_is_asked_for(world):
    assert {d.evidence for d in opened(world).doors} == {None}
    assert [e.data["shape"] for e in entries(world, "list.opened")] == ["doors"]


def test_the_log_says_who_opened_how_much_of_it_and_what_for(world):
    opened(world, place=world.places["c1"], top=3)
    (entry,) = entries(world, "list.opened")
    assert (entry.actor_id, entry.place_id, entry.purpose) == (
        world.people["analyst"], world.places["c1"], COLD,
    )  # fmt: skip
    assert entry.data["doors"] == 3


def test_without_a_purpose_nothing_is_opened(world):
    with pytest.raises(LamplitError, match=r"door\.purpose-needed"):
        opened(world, purpose=" ")
    assert entries(world, "list.opened") == []


def test_a_place_without_meters_has_an_empty_list(world):
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        opened(world, place=world.places["c2"])
    listed = opened(world, place="building:B1")
    assert (listed.found, listed.doors) == (0, [])


@pytest.mark.parametrize("who", ["leader", "volunteer", "privacy", "operator", "outsider"])
def test_nobody_else_sees_it(world, who):
    for place in (world.places["c1"], None):
        with pytest.raises(LamplitError, match=r"door\.not-allowed"):
            opened(world, who, place=place)


def test_a_file_of_it_bears_who_when_and_what_for(world, town):
    ask = {"purpose": COLD, "place": world.places["d1"]}
    actor = world.actor("analyst")
    text = evening_list.exported(world.office, actor, "csv", "en", **ask).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == sweep(town).found
    assert all("P-analyst" in row["watermark"] and COLD in row["watermark"] for row in rows)
    assert "evidence_en" not in rows[0]
    sheet = evening_list.exported(world.office, actor, "xlsx", "zh", **ask, top=2, evidence=True)
    book = openpyxl.load_workbook(io.BytesIO(sheet))
    cells = [str(c.value) for page in book for line in page for c in line]
    assert any("P-analyst" in cell for cell in cells)
    assert [(e.data["shape"], e.data["doors"]) for e in entries(world, "list.exported")] == [
        ("csv", len(rows)), ("xlsx", 2),
    ]  # fmt: skip
