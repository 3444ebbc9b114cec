"""What places ask of who goes to their doors: kept of many homes together, heeded by plans."""

from __future__ import annotations

from dataclasses import replace

import pytest
from campaign_world import QUICK, build, planned
from refusals import refused
from sqlalchemy import select, update

from lamplit.domain.field import PlaceKind, Role
from lamplit.domain.spoken import spoken_codes, spoken_text, words_of
from lamplit.planning.model import Why
from lamplit.services.field.campaigns import campaigns
from lamplit.services.field.files.imports import Kind, apply_import, plan_import
from lamplit.services.field.office import CLI
from lamplit.services.field.packs import pack_of
from lamplit.services.field.places.asks import ask
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.plans import plans
from lamplit.services.field.plans.facts import facts_of
from lamplit.services.field.tasks import tasks
from lamplit.store.schema import event, person

HOMES = 16


@pytest.fixture
def world(office):
    made = build(office, buildings=2, homes=HOMES)
    for code in ("v1", "v2", "v3"):
        made.person(code, Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    made.sweep(made.campaign(parameters={"way": "every_door"}), made.evening())
    return made


def speaks(world, code, *languages, skills=()):
    values = {"languages": list(languages) or None, "skills": list(skills) or None}
    with world.office.db.begin() as conn:
        conn.execute(update(person).where(person.c.code == code).values(**values))


def asks(world, place, *languages, skills=(), who="boss"):
    return ask(world.office, world.person(who), place, languages=languages, skills=skills)


def facts(world, asked=QUICK):
    with world.office.read(CLI) as tx:
        row = campaigns.get(tx.conn, "sweep")
        return facts_of(world.office, tx, pack_of(world.office, row.programme), row, asked)


def test_a_language_has_one_name_however_it_is_written():
    assert spoken_codes(["普通话", " Mandarin", "ZH", "粤语", "广东话", "", "Ｅnglish"]) == [
        "zh", "yue", "en",
    ]  # fmt: skip
    assert spoken_codes(["Klingon"]) == ["klingon"]
    assert spoken_text("yue").zh == "粤语"
    assert spoken_text("klingon").en == "klingon"
    assert words_of("急救；电工/ first aid,") == ["急救", "电工", "first aid"]


def test_a_leader_says_what_a_building_asks_and_the_log_knows(world, office):
    made = asks(world, world.buildings[0], "粤语", skills=["first aid", " ", "first aid"])
    assert (made.languages, made.skills) == (["yue"], ["first aid"])
    with office.db.read() as conn:
        logged = conn.execute(select(event).where(event.c.kind == "place.asks")).one()
    assert logged.data == {"languages": ["yue"], "skills": ["first aid"]}
    asks(world, world.buildings[0])
    with office.db.read() as conn:
        after = resolve_place(conn, world.buildings[0])
    assert (after.languages, after.skills, after.version) == (None, None, 3)


def test_nobody_says_so_who_may_not_or_who_came_second(world, office):
    refused("door.not-allowed", asks, world, world.buildings[0], "yue", who="v1")
    seen = asks(world, world.buildings[0], "yue").version
    asks(world, world.buildings[0], "wuu")
    boss = world.person("boss")
    refused("store.changed-meanwhile", ask, office, boss, world.buildings[0], languages=["hak"],
            skills=[], version=seen)  # fmt: skip


def test_it_is_never_said_of_a_home_or_of_a_few(world, office):
    refused("place.asks-of-home", asks, world, world.doors[0], "yue")
    few = build(office, buildings=1, homes=14, code="C9")
    refused("place.asks-of-few", ask, office, CLI, few.buildings[0], languages=["yue"], skills=[])
    refused("place.asks-of-few", ask, office, CLI, few.community, languages=[], skills=["nurse"])
    ask(office, CLI, few.community, languages=[], skills=[])


def test_a_file_of_places_says_it_and_rows_of_homes_are_refused(world, office):
    homes = "".join(f"household,N{n},building:NB,,\n" for n in range(3))
    text = (
        "kind,code,parent,languages,skills\n"
        "building,C1-B0,C1,Cantonese; 吴语,急救\n"
        "household,C1_H1_0,building:C1-B1,粤语,\n"
        f"building,NB,C1,粤语,\n{homes}"
    )
    file = office.home.path / "places.csv"
    file.write_text(text, "utf-8")
    planned = plan_import(office, CLI, Kind.PLACES, file)
    assert [(f.row, f.column, f.problem.code, f.value) for f in planned.faults] == [
        (3, "languages", "place.asks-of-home", ""), (4, "languages", "place.asks-of-few", "3"),
        *((row, "parent", "import.unknown-parent", "NB") for row in (5, 6, 7)),
    ]  # fmt: skip
    apply_import(office, CLI, planned, skip_bad=True)
    with office.db.read() as conn:
        made = resolve_place(conn, "C1-B0", PlaceKind.BUILDING)
    assert (made.languages, made.skills) == (["yue", "wuu"], ["急救"])


def test_a_door_asks_what_the_nearest_place_says(world):
    asks(world, world.community, "zh", skills=["first aid"])
    asks(world, world.buildings[0], "yue", "hak")
    for code in ("v1", "v2", "v3"):
        speaks(world, code, "zh", "hak")
    doors = {d.id: d for d in facts(world).request.doors}
    first, second = doors[world.homes[0][0]], doors[world.homes[1][0]]
    assert (first.languages, first.skills) == ({"yue", "hak"}, {"first aid"})
    assert (second.languages, second.skills) == ({"zh"}, {"first aid"})


def test_a_plan_sends_who_speaks_the_language(world, office):
    asks(world, world.buildings[0], "yue")
    speaks(world, "v2", "普通话", "粤语")
    head = planned(world)
    view = plans.show(office, world.person("boss"), "sweep", head.id)
    whose = {
        stop.place_id: one.code
        for one in view.lists for stretch in one.buildings for stop in stretch.stops
    }  # fmt: skip
    assert {whose[door] for door in world.homes[0]} == {"v2"}
    assert view.assumed is not None
    assert view.assumed.unspoken == 0
    free = facts(world, replace(QUICK, languages=False))
    assert not any(door.languages for door in free.request.doors)


def test_where_nobody_speaks_it_somebody_goes_all_the_same_and_the_plan_says_so(world, office):
    asks(world, world.buildings[0], "bo")
    head = planned(world)
    view = plans.show(office, world.person("boss"), "sweep", head.id)
    assert sum(one.doors for one in view.lists) == 2 * HOMES
    assert view.assumed is not None
    assert view.assumed.unspoken == HOMES
    assert any(f"{HOMES} doors" in said.en and f"{HOMES} 户" in said.zh for said in view.says)


def test_a_skill_is_never_done_without(world, office):
    asks(world, world.buildings[0], skills=["electrician"])
    asked = replace(QUICK, seek_help=True)
    head = planned(world, asked)
    view = plans.show(office, world.person("boss"), "sweep", head.id)
    assert [(one.why, sorted(one.place_ids)) for one in view.left] == [
        (Why.NOBODY_ABLE.value, sorted(world.homes[0]))
    ]
    people = next(one for one in view.help if one.lever == "people")
    assert people.like is not None
    assert people.like.skills == ["electrician"]


def test_whoever_is_at_a_door_stays_there_whatever_it_asks(world, office):
    door = world.homes[0][0]
    (task,) = world.tasks(place_id=door)
    tasks.claim(office, world.person("v1"), task.id)
    asks(world, world.buildings[0], "yue", skills=["electrician"])
    speaks(world, "v2", "yue", skills=["electrician"])
    doors = {d.id: d for d in facts(world).request.doors}
    assert not doors[door].languages
    assert "electrician" not in doors[door].skills
    assert "electrician" in doors[world.homes[0][1]].skills
