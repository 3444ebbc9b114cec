"""What chance drew looks like what a signal points to, in whatever whoever goes there can fetch.

Decision 0016. A campaign is swept with some doors drawn by chance; then every route that reads, as
everybody who may, and every export, opening and scan, is asked about doors of both sorts. The
routes are read from the application, so that a new one is asked as well.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from scene import Scene
from sqlalchemy import insert, select, update

from lamplit.services.field.campaigns import campaigns, enrol
from lamplit.services.field.homes.signals import Evening, HomeSignal
from lamplit.services.field.office import CLI
from lamplit.services.field.tasks import assign, tasks
from lamplit.store.schema import campaign, enrollment, place, place_code, task
from lamplit.web.app import routes_of

API = "/api/v1"
PICKED, FLAGGED = ("home3", "home4", "home11"), ("home1", "home6", "home12")
GO_THERE = ("owner", "colleague", "volunteer", "leader")
"""Who may reveal at some of the doors, and must not know which are which."""
IDENTITY = frozenset(
    {"id", "place_id", "place", "code", "household", "enrollment_id", "task_id", "unit", "floor",
     "door", "name", "label", "building", "building_id", "building_code", "instance_id", "seq",
     "subject_id", "previous", "hash", "name_en", "name_zh", "parent_id"}
)  # fmt: skip
"""What tells one door from another because it is another door."""


@pytest.fixture
def drawn(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A guided campaign with three doors of chance among three that went dark, of which the
    volunteer has one each; in either building there is a free one of each sort.
    """
    world, office = scene.world, scene.office
    picked = {world.places[name] for name in PICKED}
    flagged = {world.places[name] for name in FLAGGED}
    monkeypatch.setattr(enrol, "draw", lambda _, place_id: 0.0 if place_id in picked else 1.0)
    with office.db.begin() as conn:
        # The world's own campaigns are over, so that each door is in one only.
        conn.execute(update(campaign).values(state="closed"))
        conn.execute(
            insert(place_code),
            [{"code": f"S-{name}", "kind": "door", "place_id": world.places[name]}
             for name in (*PICKED, *FLAGGED)],
        )  # fmt: skip
        codes = dict(
            conn.execute(select(place.c.id, place.c.code).where(place.c.kind == "household")).all()
        )
    made = campaigns.create(
        office, CLI, code="CHANCE", programme="household_sweep", place="C1",
        purpose="epidemic_support",
    )  # fmt: skip
    campaigns.open_campaign(office, CLI, made.id)
    enrol.open_sweep(office, CLI, made.id, evening=_evening(codes, flagged))
    with office.db.read() as conn:
        rows = conn.execute(select(enrollment).where(enrollment.c.campaign_id == made.id)).all()
        of_place = dict(
            conn.execute(
                select(task.c.place_id, task.c.id).where(task.c.campaign_id == made.id)
            ).all()
        )
    assert {row.place_id for row in rows if row.random_pick} == picked
    # Somebody has one of either sort.
    mine = [of_place[world.places[name]] for name in ("home3", "home1")]
    assign.assign(office, CLI, "P-volunteer", task_ids=mine)
    scene.params["campaign"] = made.id
    return SimpleNamespace(
        scene=scene, campaign=made, picked=picked, flagged=flagged, tasks=of_place,
        rows={row.place_id: row for row in rows}, codes=codes,
    )  # fmt: skip


def _evening(codes: dict[str, str], flagged: set[str]) -> Evening:
    homes = {code: HomeSignal("lived_in", date(2019, 1, 1), 0.98) for code in codes.values()}
    for order, place_id in enumerate(sorted(flagged), 1):
        state = "dark" if order % 2 else "micro"
        homes[codes[place_id]] = HomeSignal(
            state, date(2020, 1, 20), 0.9, "went_dark", date(2020, 2, 9), order,
            {"en": "no use", "zh": "无用电", "against_en": "", "against_zh": ""},
        )  # fmt: skip
    return Evening(date(2020, 2, 10), homes)


def names_of(drawn: Any, place_id: str) -> set[str]:
    """By what a door may be named in an answer."""
    row = drawn.rows[place_id]
    return {place_id, row.id, drawn.tasks[place_id], drawn.codes[place_id]}


def told_of(drawn: Any, places: set[str], found: Any) -> set[str]:
    """What the objects that name some doors say, with what only tells which door it is taken out;
    with the door's place in the list taken out as well, that is told by its address alone.
    """
    wanted = [names_of(drawn, one) for one in places]
    every = set().union(*(names_of(drawn, one) for one in drawn.rows))

    def plain(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: plain(v, k) for k, v in sorted(value.items())}
        if isinstance(value, list):
            return [plain(v, key) for v in value]
        if key in IDENTITY or value in every:
            return f"<{type(value).__name__}>" if value is not None else None
        return value

    return {
        json.dumps(plain(node), sort_keys=True)
        for node in objects(found)
        for names in wanted
        if names & {v for v in node.values() if isinstance(v, str)}
    }


def objects(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        yield found
        found = list(found.values())
    if isinstance(found, list):
        for one in found:
            yield from objects(one)


def parsed(answer: Any) -> Any:
    """An answer's objects: of JSON, or the rows of a CSV."""
    kind = answer.headers.get("content-type", "")
    if "json" in kind:
        return answer.json()
    if "csv" in kind:
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return []


def readings(drawn: Any, who: str) -> Iterator[tuple[str, Any]]:
    """Every route that reads, as the table calls it, and for places and tasks of either sort."""
    scene = drawn.scene
    for route in routes_of(scene.app):
        if "GET" in route.methods and route.access.scope == "api":
            if route.path.endswith("/events"):
                continue
            yield route.path, scene.send(who, "GET", route.path)
    for name in ("tasks", "households"):
        yield name, scene.phone(who).get(f"/openrosa/lists/{name}.csv")
    path = f"{API}/campaigns/{drawn.campaign.id}/exports"
    yield "export", scene.client(who).post(path, params={"kind": "csv"})


@pytest.mark.parametrize("who", GO_THERE)
def test_nothing_that_can_be_fetched_tells_a_door_of_chance(drawn, who):
    told = 0
    for name, answer in readings(drawn, who):
        found = parsed(answer)
        picked = told_of(drawn, drawn.picked, found)
        flagged = told_of(drawn, drawn.flagged, found)
        # A volunteer's own two stand apart from the free ones; each sort has some of both.
        assert picked == flagged, name
        told += len(picked)
        # What a door says is the same for some door of the other sort, and the other way round.
        for word in ('"random_pick":true', "no use", "went_dark", "无用电"):
            assert word not in answer.text or "programmes" in name, (name, word)
    assert told >= 3


@pytest.mark.parametrize("who", GO_THERE)
def test_no_order_follows_the_meters(drawn, who):
    def lists() -> list[Any]:
        scene = drawn.scene
        doors = scene.send(who, "GET", f"{API}/campaigns/{{campaign}}/doors").json()
        mine = scene.send(who, "GET", f"{API}/me/tasks").json()
        phone = scene.phone(who).get("/openrosa/lists/tasks.csv").text
        return [
            [one["place_id"] for one in doors.get("items", ())],
            [one["task"]["place_id"] for one in (*mine["own"], *mine["claimable"])],
            phone,
        ]

    before = lists()
    for table in (enrollment, task):
        with drawn.scene.office.db.begin() as conn:
            conn.execute(
                update(table)
                .where(table.c.campaign_id == drawn.campaign.id)
                .values(rank=1000 - table.c.rank)
            )
    assert lists() == before


def test_pages_of_doors_go_on_where_they_stopped(drawn):
    client = drawn.scene.client("leader")
    path, cursor, seen = f"{API}/campaigns/{drawn.campaign.id}/doors", None, []
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(path, params=asked).json()
        seen += [one["place_id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 6
    assert client.get(path, params={"cursor": "WzEsMl0"}).status_code == 200  # [1, 2]: from the top


def opened(drawn: Any, who: str, name: str, step: str) -> Any:
    body = {
        "step": step, "campaign_id": drawn.campaign.id, "purpose": "epidemic_support"
    }  # fmt: skip
    place_id = drawn.scene.world.places[name]
    return drawn.scene.client(who).post(f"{API}/homes/{place_id}/openings", json=body)


@pytest.mark.parametrize("step", ["colour", "evidence"])
def test_no_door_opens_before_it_is_settled(drawn, step):
    for who in ("leader", "volunteer"):
        for name in (*PICKED, *FLAGGED):
            answer = opened(drawn, who, name, step)
            assert (answer.status_code, answer.json()["code"]) == (409, "door.knock-first")
    scans = {
        (answer.status_code, answer.json()["code"], answer.json()["title"])
        for name in (*PICKED, *FLAGGED)
        for answer in [
            drawn.scene.client("leader").post(f"{API}/scans", json={"code": f"S-{name}"})
        ]
    }
    assert {(status, code) for status, code, _ in scans} == {(409, "door.knock-first")}
    assert len(scans) == 1


def test_analysts_are_told_at_once_and_which_doors_chance_drew(drawn):
    assert opened(drawn, "analyst", "home1", "evidence").json()["evidence"]["en"] == "no use"
    assert opened(drawn, "analyst", "home3", "evidence").json()["evidence"] is None
    doors = drawn.scene.send("analyst", "GET", f"{API}/campaigns/{{campaign}}/doors").json()
    assert {d["place_id"] for d in doors["items"] if d["random_pick"]} == drawn.picked
    assert sorted(d["order"] for d in doors["items"]) == list(range(1, 7))


def settle(drawn: Any, name: str, **values: Any) -> None:
    with drawn.scene.office.db.begin() as conn:
        conn.execute(
            update(enrollment)
            .where(
                enrollment.c.campaign_id == drawn.campaign.id,
                enrollment.c.place_id == drawn.scene.world.places[name],
            )
            .values(**values)
        )


def test_a_door_opens_once_it_is_settled_and_an_attempt_settles_nothing(drawn):
    settle(drawn, "home1", attempts=1, outcome="no_answer", found="unknown")
    assert opened(drawn, "volunteer", "home1", "evidence").status_code == 409
    for name in ("home1", "home3"):
        settle(drawn, name, state="done", outcome="reached", found="empty")
    assert opened(drawn, "volunteer", "home1", "evidence").json()["evidence"]["en"] == "no use"
    assert opened(drawn, "volunteer", "home3", "colour").json()["colour"] == "lit"


def test_another_campaign_does_not_tell_what_the_first_must_not(drawn):
    office = drawn.scene.office
    every = campaigns.create(
        office, CLI, code="EVERY", programme="household_sweep", place="C1",
        purpose="epidemic_support", parameters={"way": "every_door"},
    )  # fmt: skip
    campaigns.open_campaign(office, CLI, every.id)
    enrol.open_sweep(office, CLI, every.id, evening=_evening(drawn.codes, drawn.flagged))
    first, drawn.campaign = drawn.campaign, every
    assert opened(drawn, "volunteer", "home1", "evidence").status_code == 409
    # A door that only the second has opens at once.
    assert opened(drawn, "volunteer", "home8", "evidence").status_code == 201
    # Whoever agreed to be watched over is helped first.
    settle(drawn, "home1", reason="consent")
    assert opened(drawn, "volunteer", "home1", "evidence").status_code == 201
    drawn.campaign = first
    assert opened(drawn, "volunteer", "home1", "evidence").status_code == 409


def test_what_a_leader_is_told_of_a_sweep_says_nothing_of_chance(drawn):
    office = drawn.scene.office
    again = enrol.open_sweep(
        office, drawn.scene.world.actor("leader"), drawn.campaign.id,
        evening=_evening(drawn.codes, drawn.flagged),
    )  # fmt: skip
    assert (again.random, again.flagged, again.unflagged) == (None, None, None)
    data = drawn.scene.client("leader").get(f"{API}/me/data").json()
    swept = [e["data"] for e in data["event"] if e["kind"] == "campaign.swept"]
    assert len(swept) == 1
    assert not {"random", "flagged", "unflagged"} & swept[0].keys()
    assert all("rank" not in one for one in data["task"])


def test_what_comes_of_handling_a_task_is_alike_too(drawn):
    office, who = drawn.scene.office, drawn.scene.world.actor("volunteer")
    drawn.scene.office.clock.turn(minutes=1)
    said = []
    for name in ("home11", "home6"):
        task_id = drawn.tasks[drawn.scene.world.places[name]]
        path = f"{API}/tasks/{task_id}"
        client = drawn.scene.client("volunteer")
        said.append([client.post(f"{path}/claim").json(), client.post(f"{path}/start").json()])
    office.clock.now -= timedelta(minutes=1)
    assert told_of(drawn, drawn.picked, said) == told_of(drawn, drawn.flagged, said) != set()
    assert tasks.release(office, who, drawn.tasks[drawn.scene.world.places["home6"]])
