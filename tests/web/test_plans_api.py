"""A plan over HTTP: asked for, waited for, previewed, applied with the version it was seen at."""

from __future__ import annotations

import json

import pytest
from people_world import World, build
from starlette.testclient import TestClient

from lamplit.services.field.access import tokens
from lamplit.services.field.jobs.work import work_off
from lamplit.services.field.office import Office
from lamplit.web.app import create_app

API = "/api/v1/campaigns/SWEEP/plans"


@pytest.fixture
def world(office: Office) -> World:
    return build(office)


def as_person(world: World, who: str) -> TestClient:
    token = tokens.issue(world.office, world.actor(who), f"P-{who}", "test", "api")
    client = TestClient(create_app(world.office), headers={"Accept-Language": "en"})
    client.headers["Authorization"] = f"Bearer {token.secret}"
    return client


def told(client: TestClient, where: str) -> list[dict]:
    """What the stream of a plan's events says, to its end."""
    with client.stream("GET", f"{where}/events", params={"seconds": 60}) as answer:
        lines = list(answer.iter_lines())
    assert {line for line in lines if line.startswith("event:")} == {"event: plan"}
    return [json.loads(line[5:]) for line in lines if line.startswith("data:")]


def test_from_asking_to_going_back(world):
    client = as_person(world, "leader")
    asked = client.post(API, json={"seconds": 0, "seek_help": False})
    assert asked.status_code == 202
    assert asked.json()["state"] == "planning"
    assert client.post(API, json={}).status_code == 409
    where = asked.headers["Location"]
    work_off(world.office)
    view = client.get(where).json()
    assert view["plan"]["state"] == "ready"
    assert view["plan"]["doors"] == 20
    assert [one["state"] for one in told(client, where)] == ["ready"]
    assert 0 <= view["forecast"]["holds"]["low"] <= view["forecast"]["holds"]["value"] <= 1
    assert view["assumed"]["hours"] == 3
    assert view["says"][1]["zh"].startswith("截止时间")
    assert sum(one["gains"] for one in view["lists"]) == 20
    small = client.get(where, params={"doors": False}).json()
    assert all(one["buildings"] == [] for one in small["lists"])
    tag = {"If-Match": f'"v{view["plan"]["version"]}"'}
    assert client.post(f"{where}/apply", json={}).status_code == 428
    assert client.post(f"{where}/apply", json={}, headers={"If-Match": '"v9"'}).status_code == 412
    done = client.post(f"{where}/apply", json={"note": "keys at the gate"}, headers=tag)
    assert (done.status_code, done.json()["given"]) == (200, 20)
    assert client.post(f"{where}/apply", json={}, headers=tag).status_code == 412
    mine = as_person(world, "volunteer").get("/api/v1/me/tasks").json()["own"]
    assert [one["task"]["turn"] for one in mine] == list(range(1, len(mine) + 1))
    assert {one["task"]["note"] for one in mine} == {"keys at the gate"}
    states = [(one["origin"], one["state"]) for one in client.get(API).json()]
    assert sorted(states) == [("before", "superseded"), ("planner", "applied")]


def test_a_leader_of_elsewhere_finds_no_plan(world):
    assert as_person(world, "other_leader").get(API).status_code == 403
    assert as_person(world, "leader").get(f"{API}/nothing").status_code == 404
    assert as_person(world, "leader").post(API, json={"people": ["P-outsider"]}).status_code == 422


def test_a_plan_is_followed_while_the_servers_worker_makes_it(world):
    """The job that makes it is the server's worker's; its stream tells it to the end."""
    with as_person(world, "leader") as client:
        where = client.post(API, json={"seconds": 1, "seek_help": False}).headers["Location"]
        seen = told(client, where)
    assert (seen[-1]["state"], seen[-1]["doors"]) == ("ready", 20)
    shares = [one["share"] for one in seen]
    assert shares == sorted(shares)


def test_only_a_campaigns_leaders_follow_its_plans(world):
    where = as_person(world, "leader").post(API, json={"seconds": 0}).headers["Location"]
    for who in ("volunteer", "other_leader"):
        assert as_person(world, who).get(f"{where}/events").status_code == 403
