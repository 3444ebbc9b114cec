"""A large file from a page: in parts, then a job that one can watch."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from people_world import World, build
from starlette.testclient import TestClient

from lamplit.services.field.access import tokens
from lamplit.services.field.files import incoming
from lamplit.services.field.jobs import work
from lamplit.services.registry import Registry
from lamplit.web.app import create_app

API = "/api/v1"
READINGS = "meter_id,time,kwh\n" + "".join(
    f"M1,2020-02-01T{hour:02d}:00+08:00,0.{hour % 7}\n" for hour in range(24)
)  # fmt: skip


@pytest.fixture
def world(office) -> World:
    return build(office)


def client_of(world: World, who: str) -> TestClient:
    token = tokens.issue(world.office, world.actor(who), f"P-{who}", "test", "api")
    client = TestClient(create_app(world.office))
    client.headers["Authorization"] = f"Bearer {token.secret}"
    return client


@pytest.fixture
def page(world) -> TestClient:
    return client_of(world, "analyst")


def digest_of(content: bytes) -> dict[str, str]:
    mark = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return {"Content-Digest": f"sha-256=:{mark}:"}


def send(page: TestClient, content: bytes, name: str = "july.csv") -> str:
    made = page.post(f"{API}/imports", json={"name": name, "size": len(content)}).json()
    for number in made["missing"]:
        part = content[number * made["part_bytes"] : (number + 1) * made["part_bytes"]]
        address = f"{API}/imports/{made['id']}/parts/{number}"
        assert page.put(address, content=part, headers=digest_of(part)).json()["done"]
    return str(made["id"])


def told(page: TestClient, job_id: str, **asked: str) -> list[dict]:
    answer = page.get(f"{API}/jobs/{job_id}/events", params={"seconds": 0}, headers=asked)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [
        json.loads(line.removeprefix("data: "))
        for line in answer.text.splitlines()
        if line.startswith("data: ")
    ]


def test_a_file_goes_up_in_parts_after_a_dropped_line_and_is_read(page, world, monkeypatch):
    monkeypatch.setattr(incoming, "PART_BYTES", 300)
    content = READINGS.encode()
    mark = hashlib.sha256(content).hexdigest()
    announced = {"name": "july.csv", "size": len(content), "sha256": mark}
    made = page.post(f"{API}/imports", json=announced)
    assert made.status_code == 201
    one = made.json()
    assert one["part_bytes"] == 300
    address = f"{API}/imports/{one['id']}"
    assert page.put(f"{address}/parts/0", content=content[:300]).status_code == 200
    # The line drops; the page asks again and sends what is missing.
    again = page.post(f"{API}/imports", json=announced).json()
    assert (again["id"], again["received"]) == (one["id"], 300)
    early = page.post(f"{API}/jobs/ingest", json={"imports": [one["id"]]})
    assert (early.status_code, early.json()["code"]) == (422, "incoming.not-whole")
    for number in again["missing"]:
        page.put(f"{address}/parts/{number}", content=content[number * 300 :][:300])
    assert page.get(address).json()["whole"]
    job = page.post(f"{API}/jobs/ingest", json={"imports": [one["id"]]})
    assert job.status_code == 202
    [before] = told(page, job.json()["id"])
    assert (before["state"], before["kind_text"]["zh"]) == ("waiting", "导入读数")
    kept = page.delete(address)
    assert (kept.status_code, kept.json()["code"]) == (409, "incoming.already-in-use")
    work.work_off(world.office)
    [after] = told(page, job.json()["id"], **{"Last-Event-ID": str(before["version"])})
    assert (after["state"], after["result"]["rows"]["read"]) == ("done", 24)
    assert told(page, job.json()["id"], **{"Last-Event-ID": str(after["version"])}) == []
    assert page.get(address).status_code == 404


def test_broken_parts_are_refused(page):
    made = page.post(f"{API}/imports", json={"name": "a.csv", "size": 10}).json()
    address = f"{API}/imports/{made['id']}/parts"
    wrong = page.put(f"{address}/0", content=b"0123456789", headers=digest_of(b"x"))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "incoming.part-broken")
    odd = page.put(f"{address}/0", content=b"0123456789", headers={"Content-Digest": "sha-256=:a:"})
    assert odd.json()["code"] == "incoming.part-broken"
    long = page.put(f"{address}/0", content=b"x" * (incoming.PART_BYTES + 1))
    assert (long.status_code, long.json()["code"]) == (422, "incoming.part-size")
    assert page.put(f"{address}/1", content=b"x").status_code == 404
    large = page.post(f"{API}/imports", json={"name": "a.csv", "size": 10**13})
    assert (large.status_code, large.json()["code"]) == (413, "incoming.too-large")
    assert "max_upload" in large.json()["detail"]


def test_a_registry_is_shown_as_a_plan_before_it_is_applied(page, world):
    file = send(page, b"meter_id,household_id\nM1,H1\n", "registry.csv")
    job = page.post(f"{API}/jobs/registry", json={"import_id": file}).json()
    work.work_off(world.office)
    plan = page.get(f"{API}/jobs/{job['id']}").json()["result"]
    assert (plan["added"], plan["applied"]) == (1, False)
    asked = {"import_id": file, "apply": plan["plan"]}
    job = page.post(f"{API}/jobs/registry", json=asked).json()
    work.work_off(world.office)
    assert page.get(f"{API}/jobs/{job['id']}").json()["result"]["applied"]
    assert [one["kind"] for one in page.get(f"{API}/jobs").json()["items"]] == ["registry"] * 2


def test_a_registry_headed_otherwise_is_put_right_once_and_known_the_next_time(page, world):
    def columns(file):
        found = page.get(f"{API}/imports/{file}/columns?table=registry").json()
        return found["settled"], {c["name"]: c["how"] for c in found["columns"] if c["how"]}

    def job(**asked):
        made = page.post(f"{API}/jobs/registry", json=asked).json()
        work.work_off(world.office)
        return page.get(f"{API}/jobs/{made['id']}").json()["result"]

    file = send(page, "资产码,客户,层数\nM1,H1,6\nM2,H2,6\n".encode(), "theirs.csv")
    assert columns(file) == (False, {"household_id": "guessed", "floor": "named"})
    said = {"columns": {"资产码": "meter_id", "客户": "household_id", "层数": ""}}
    said["fixed"] = {"community_id": "C7"}
    plan = job(import_id=file, **said)
    assert (plan["added"], plan["refused"], plan["columns_left_aside"]) == (2, 0, ["层数"])
    assert job(import_id=file, apply=plan["plan"], **said)["applied"]
    rows = Registry.table(world.office.home).to_pylist()
    assert [(r["meter_id"], r["household_id"], r["community_id"], r["floor"]) for r in rows] == [
        ("M1", "H1", "C7", None),
        ("M2", "H2", "C7", None),
    ]
    again = send(page, "资产码,客户,层数\nM3,H3,9\n".encode(), "theirs.csv")
    assert columns(again) == (True, {"meter_id": "kept", "household_id": "kept"})
    assert job(import_id=again)["added"] == 1


def test_options_are_those_of_the_command_and_misspelt_ones_are_told(page, world):
    file = send(page, READINGS.encode())
    bad = page.post(f"{API}/jobs/ingest", json={"imports": [file], "options": {"zone": "x"}})
    assert (bad.status_code, bad.json()["code"]) == (422, "web.bad-request")
    bad = page.post(f"{API}/jobs/ingest", json={"imports": [file], "options": {"timezone": "Mars"}})
    assert bad.json()["code"] == "home.unknown-timezone"
    good = {"imports": [file], "options": {"unit": "wh", "columns": {"kwh": "kwh"}}}
    job = page.post(f"{API}/jobs/ingest", json=good).json()
    assert job["asked"]["options"] == {"unit": "wh", "columns": {"kwh": "kwh"}}
    work.work_off(world.office)
    assert page.get(f"{API}/jobs/{job['id']}").json()["state"] == "done"


def test_a_job_is_cancelled_and_tried_again(page):
    job = page.post(f"{API}/nights", json={}).json()
    assert page.post(f"{API}/jobs/{job['id']}/cancel").json()["state"] == "cancelled"
    assert page.post(f"{API}/jobs/{job['id']}/cancel").status_code == 409
    again = page.post(f"{API}/jobs/{job['id']}/retry")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")


def test_a_double_click_with_a_key_is_one_job(page):
    key = {"Idempotency-Key": "click-1"}
    first, second = (page.post(f"{API}/nights", json={}, headers=key).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert len(page.get(f"{API}/jobs").json()["items"]) == 1


def test_the_server_takes_jobs_by_itself(world):
    with client_of(world, "analyst") as page:
        job = page.post(f"{API}/jobs/places-sync", json={}).json()
        answer = page.get(f"{API}/jobs/{job['id']}/events", params={"seconds": 30})
    last = [line for line in answer.text.splitlines() if line.startswith("data: ")][-1]
    assert json.loads(last.removeprefix("data: "))["state"] == "done"
