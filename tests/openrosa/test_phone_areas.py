"""Which doors a tie covers: districts, grid cells, buildings, single homes; roles; own packs."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from test_phone_forms import SWEEP, doors, rows

from lamplit.programmes.load import SHIPPED
from lamplit.services.field import packs
from lamplit.services.field.phones import phone_doors, phone_lists
from lamplit.services.field.phones.phone import Phone
from lamplit.store import schema
from openrosa_neighbourhood import Neighbourhood


@pytest.fixture(autouse=True)
def packs_are_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The office takes a changed pack after two seconds; these tests don't wait."""
    monkeypatch.setattr(packs, "FRESH_SECONDS", 0.0)


def carried(town: Neighbourhood, person: str) -> phone_doors.Carried:
    phone = Phone("t", town.people[person], "en")
    with town.office.read(phone.actor) as tx:
        return phone_doors.carried(town.office, tx, phone.person_id)


def codes(town: Neighbourhood, found: phone_doors.Carried) -> set[str]:
    return doors(town, [{"name": row.id} for row in (*found.own, *found.free)])


def test_a_tie_to_a_district_covers_what_lies_deep_in_it(town):
    town.tie("sun", "D", "volunteer")
    assert codes(town, carried(town, "sun")) == {
        "B1-202", "B2-102", "B2-201", "B2-202", "B3-102", "B3-201", "B3-202",
    }  # fmt: skip


def test_a_tie_to_a_grid_cell_covers_its_buildings(town):
    cell = town.place("G1", "grid_cell", "C1")
    town.change(schema.place, town.places["B2"], parent_id=cell)
    town.tie("sun", "G1", "volunteer")
    assert codes(town, carried(town, "sun")) == {"B2-102", "B2-201", "B2-202"}


def test_a_tie_to_one_home_covers_that_home(town):
    town.tie("sun", "B1-202", "responsible", tie="responsibility")
    found = carried(town, "sun")
    assert codes(town, found) == {"B1-202"}
    assert [row.place_id for row in found.homes] == [town.places["B1-202"]]


def test_two_ties_of_one_role_cover_both_places(town):
    for place in ("B1-202", "B2-102", "B3-102"):
        town.tie("sun", place, "volunteer")
    assert codes(town, carried(town, "sun")) == {"B1-202", "B2-102", "B3-102"}


def test_checking_in_alone_opens_no_door(town):
    town.tie("sun", "C1", "home", tie="check_in")
    found = carried(town, "sun")
    assert (found.own, found.free, found.homes) == ([], [], [])


def test_who_may_not_claim_carries_no_free_doors(town):
    assert codes(town, carried(town, "gao")) == set()
    town.change(schema.task, town.tasks["B3-102"], owner_id=town.people["gao"], state="accepted")
    assert codes(town, carried(town, "gao")) == {"B3-102"}


def test_a_task_for_a_role_is_carried_by_that_role_alone(town):
    town.change(schema.task, town.tasks["B1-202"], for_role="leader")
    assert "B1-202" not in codes(town, carried(town, "li"))
    assert codes(town, carried(town, "gao")) == {"B1-202"}


def test_a_tie_that_has_not_begun_or_is_over_covers_nothing(town, clock):
    today = town.office.local_day(clock())
    town.change(schema.assignment, town.ties["li", "C1"], starts=today.replace(day=11))
    assert codes(town, carried(town, "li")) == set()
    clock.turn(days=1)
    assert codes(town, carried(town, "li"))
    town.change(schema.assignment, town.ties["li", "C1"], ends=today.replace(day=12))
    clock.turn(days=1)
    assert codes(town, carried(town, "li")) == set()


def test_of_very_many_free_doors_the_first_by_rank_are_carried(town, monkeypatch):
    monkeypatch.setattr(phone_doors, "MOST_FREE", 2)
    for rank, code in enumerate(("B2-202", "B1-202", "B2-201", "B2-102")):
        town.change(schema.task, town.tasks[code], rank=rank)
    found = carried(town, "li")
    assert doors(town, [{"name": row.id} for row in found.free]) == {"B2-202", "B1-202"}


def test_a_form_that_asks_for_households_is_given_them_and_their_phone_takes_them(town, phone_of):
    folder = town.office.home.path / "programmes" / "household_sweep"
    shutil.copytree(SHIPPED / "household_sweep", folder)
    form = folder / "form.md"
    row = "| | select_one_from_file households.csv | home | Home | 住户 |" + " |" * 10 + "\n"
    text = form.read_text("utf-8")
    at = text.index("| | select_one door |")
    form.write_text(text[:at] + row + text[at:], "utf-8")
    phone = phone_of("li")
    phone.update()
    assert set(phone.forms[SWEEP].entity_lists) == {"tasks", "households"}
    homes = rows(phone, "households")
    wanted = {"B1-101", "B1-102", "B1-202", "B2-102", "B2-201", "B2-202"}
    assert {row["name"] for row in homes} == {town.places[code] for code in wanted}
    assert {row["label"] for row in homes} >= {"Building 1 – unit 1 – 101"}


def test_a_pack_that_cannot_be_read_takes_its_own_form_away_and_no_other(town, phone_of):
    town.campaign("C1", "building_care")
    phone = phone_of("li")
    phone.update()
    assert set(phone.forms) == {SWEEP, "lamplit_building_care"}
    broken = town.office.home.path / "programmes" / "building_care"
    broken.mkdir(parents=True)
    (broken / "pack.yaml").write_text("name: [", "utf-8")
    phone.update()
    assert set(phone.forms) == {SWEEP}


@pytest.mark.parametrize("text", ["=1+1", 'say "hi", then\r\ngo', "\u202eright to left", "楼\x00"])
def test_odd_names_stay_in_one_cell(town, phone_of, text):
    if "\x00" in text and not town.office.db.is_sqlite:
        pytest.skip("PostgreSQL takes no NUL")
    town.change(schema.place, town.places["B1"], name_en=text)
    phone = phone_of("li")
    phone.update()
    names = {row["building"] for row in rows(phone)}
    assert len(names) == 2
    assert all(name.isprintable() for name in names)


def test_the_same_store_gives_the_same_bytes(town):
    phone = Phone("t", town.people["li"], "en")
    made = {phone_lists.lists_of(town.office, phone)["tasks"].md5 for _ in range(3)}
    assert len(made) == 1


def test_a_claim_that_runs_is_its_holders_alone(town, clock):
    task = town.tasks["B1-201"]
    town.change(schema.task, task, claimed_until=clock() + timedelta(minutes=1))
    assert "B1-201" not in codes(town, carried(town, "li"))
    assert "B1-201" in codes(town, carried(town, "wang"))
    clock.turn(minutes=2)
    assert "B1-201" in codes(town, carried(town, "li"))


def test_a_role_that_sees_no_doors_carries_only_what_it_was_given(town):
    town.tie("sun", "C1", "disinfector")
    town.change(schema.task, town.tasks["B1-202"], for_role="disinfector")
    assert codes(town, carried(town, "sun")) == set()
    town.change(
        schema.task, town.tasks["B1-202"], owner_id=town.people["sun"], state="accepted"
    )  # fmt: skip
    assert codes(town, carried(town, "sun")) == {"B1-202"}


def test_a_note_goes_to_whom_it_was_written(town, clock):
    note = "ring twice, the dog is friendly"
    ran_out = clock() - timedelta(minutes=1)
    town.change(schema.task, town.tasks["B1-201"], note=note, claimed_until=ran_out)
    seen = {}
    for person in ("wang", "li"):
        phone = Phone("t", town.people[person], "en")
        made = phone_lists.lists_of(town.office, phone, ("tasks",))["tasks"]
        assert town.tasks["B1-201"] in made.content.decode()
        seen[person] = note in made.content.decode()
    assert seen == {"wang": True, "li": False}
