"""Idempotency keys, versions, pages, events: the API's manners."""

from __future__ import annotations

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from openpyxl import load_workbook
from people_world import World, build
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from lamplit.services.field.access import once, tokens
from lamplit.services.field.office import SYSTEM
from lamplit.store.schema import assignment, metadata, place, token
from lamplit.web import paging
from lamplit.web.app import create_app

API = "/api/v1"


@pytest.fixture
def world(office) -> World:
    return build(office)


def as_person(world: World, who: str) -> TestClient:
    token = tokens.issue(world.office, world.actor(who), f"P-{who}", "test", "api")
    client = TestClient(create_app(world.office), headers={"Accept-Language": "en"})
    client.headers["Authorization"] = f"Bearer {token.secret}"
    return client


def duty(world: World, role: str = "volunteer") -> dict:
    return {"person": "P-outsider", "place": world.places["b1"], "role": role}


def count(world: World) -> int:
    with world.office.db.read() as conn:
        mine = assignment.c.person_id == world.people["outsider"]
        return int(conn.scalar(select(func.count()).select_from(assignment).where(mine)) or 0)


def test_a_request_sent_twice_with_its_key_is_done_once_and_answered_alike(world):
    client = as_person(world, "leader")
    key = {"Idempotency-Key": "a1"}
    first = client.post(f"{API}/assignments", json=duty(world), headers=key)
    again = client.post(f"{API}/assignments", json=duty(world), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert count(world) == 1


def test_a_key_with_another_request_is_refused(world):
    client = as_person(world, "leader")
    key = {"Idempotency-Key": "a1"}
    client.post(f"{API}/assignments", json=duty(world), headers=key)
    other = client.post(f"{API}/assignments", json=duty(world, "shopper"), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "web.key-reused")
    elsewhere = client.post(f"{API}/withdrawals", json=duty(world), headers=key)
    assert elsewhere.json()["code"] == "web.key-reused"


def test_keys_of_two_people_do_not_meet(world):
    key = {"Idempotency-Key": "a1"}
    mine = as_person(world, "leader").post(f"{API}/assignments", json=duty(world), headers=key)
    theirs = as_person(world, "operator").post(
        f"{API}/assignments", json=duty(world, "shopper"), headers=key
    )
    assert (mine.status_code, theirs.status_code) == (201, 201)


def test_a_key_at_work_is_answered_409_until_it_is_free(world):
    client = as_person(world, "leader")
    body = json.dumps(duty(world)).encode()
    asked = hashlib.sha256(f"POST {API}/assignments?\n".encode() + body).hexdigest()
    once.reserve(world.office, world.people["leader"], "busy", asked)
    sent = {"Idempotency-Key": "busy", "Content-Type": "application/json"}
    met = client.post(f"{API}/assignments", content=body, headers=sent)
    assert (met.status_code, met.json()["code"]) == (409, "web.key-at-work")
    assert count(world) == 0
    once.release(world.office, world.people["leader"], "busy")
    assert client.post(f"{API}/assignments", content=body, headers=sent).status_code == 201


def test_what_failed_leaves_its_key_free(world):
    client, key = as_person(world, "leader"), {"Idempotency-Key": "k2"}
    bad = client.post(f"{API}/assignments", json={**duty(world), "role": "paired"}, headers=key)
    assert bad.status_code == 422
    good = client.post(f"{API}/assignments", json=duty(world), headers=key)
    assert good.status_code == 201


def test_the_same_key_from_many_connections_is_done_once(world):
    client = as_person(world, "leader")
    start = threading.Barrier(8)

    def send(_: int) -> int:
        start.wait()
        return client.post(
            f"{API}/assignments", json=duty(world), headers={"Idempotency-Key": "one"}
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert count(world) == 1


def test_a_word_said_while_signed_in_is_tied_to_nobody(world):
    client, before = as_person(world, "owner"), _everything(world)
    word, key = {"text": "My neighbour's lift is broken."}, {"Idempotency-Key": "a1"}
    said = [client.post(f"{API}/feedback", json=word, headers=key).json() for _ in range(2)]
    assert said[0]["receipt"] != said[1]["receipt"]
    new = _everything(world) - before
    assert [row for row in new if word["text"] in row]
    assert not [row for row in new if world.people["owner"] in row]


def _everything(world: World) -> set[str]:
    """Every row of the store, but for tokens, which say when they were last used."""
    with world.office.db.read() as conn:
        return {
            f"{table.name} {tuple(row)}"
            for table in metadata.sorted_tables
            if table is not token
            for row in conn.execute(select(table))
        }


@pytest.mark.parametrize("key", ["", "x" * 201, "a b"])
def test_a_key_that_is_none_is_refused(world, key):
    client = as_person(world, "leader")
    answer = client.post(f"{API}/assignments", json=duty(world), headers={"Idempotency-Key": key})
    assert answer.json()["code"] == "web.bad-key"


def test_a_key_is_kept_for_a_day(world, clock):
    client = as_person(world, "leader")
    key = {"Idempotency-Key": "a1"}
    client.post(f"{API}/assignments", json=duty(world), headers=key)
    clock.turn(days=1, seconds=1)
    assert once.expire(world.office) == 1


def test_a_change_names_the_version_it_was_decided_on(world):
    client = as_person(world, "leader")
    one = f"{API}/campaigns/{world.campaigns['sweep']}"
    tag = client.get(one).headers["etag"]
    assert client.post(f"{one}/close", json={}).status_code == 428
    stale = client.post(f"{one}/close", json={}, headers={"If-Match": '"v99"'})
    assert stale.status_code == 412
    assert client.post(f"{one}/close", json={}, headers={"If-Match": tag}).status_code == 200
    assert client.get(one).headers["etag"] != tag
    for odd in ("v1", "*", '"v-1"', '"v1'):
        assert client.post(f"{one}/close", json={}, headers={"If-Match": odd}).status_code == 412


def test_an_answer_known_already_is_304(world):
    client = as_person(world, "leader")
    one = f"{API}/campaigns/{world.campaigns['sweep']}"
    tag = client.get(one).headers["etag"]
    assert client.get(one, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(one, headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    assert client.get(one, headers={"If-None-Match": '"x"'}).status_code == 200


def test_pages_follow_each_other_without_gap_or_repeat(world):
    client = as_person(world, "leader")
    doors = f"{API}/campaigns/{world.campaigns['sweep']}/doors"
    whole = [one["place_id"] for one in client.get(doors).json()["items"]]
    seen, cursor = [], None
    while True:
        asked = {"limit": 7, **({"cursor": cursor} if cursor else {})}
        found = client.get(doors, params=asked).json()
        seen += [one["place_id"] for one in found["items"]]
        cursor = found["next"]
        if cursor is None:
            break
    assert seen == whole
    assert len(seen) == 20


@pytest.mark.parametrize(
    "cursor", ["x", "!!", "bnVsbA", paging.encode(5), paging.encode("\0"), "é"]
)
def test_a_cursor_that_was_not_given_out_is_refused(world, cursor):
    client = as_person(world, "leader")
    answer = client.get(f"{API}/places/{world.places['c1']}/children", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "web.bad-cursor")


def test_a_person_sees_the_doors_under_their_own_places_only(world):
    one = f"{API}/campaigns/{world.campaigns['sweep']}/doors"
    shown = as_person(world, "owner").get(one).json()["items"]
    assert {row["building_id"] for row in shown} == {world.places["b1"]}
    text = as_person(world, "leader").get(one).text
    assert "evidence" not in text
    assert "probability" not in text


def told(text: str) -> list[tuple[str, str]]:
    blocks = [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
              for block in text.split("\n\n")]  # fmt: skip
    blocks = [block for block in blocks if "id" in block]
    # The pages listen for one name: the kind is told within.
    assert {block["event"] for block in blocks} <= {"change"}
    return [(block["id"], json.loads(block["data"])["kind"]) for block in blocks]


def test_a_board_hears_what_happened_since_it_last_listened(world):
    client = as_person(world, "leader")
    one = f"{API}/campaigns/{world.campaigns['sweep']}"
    events = f"{one}/events?seconds=0"
    assert told(client.get(events).text) == []
    client.post(f"{API}/tasks/{world.tasks['home']}/not-executable", json={"reason": "no door"})
    with world.office.begin(SYSTEM) as tx:
        tx.log("home.opened", "place", "x", campaign_id=world.campaigns["sweep"])
    client.post(f"{one}/close", json={}, headers={"If-Match": client.get(one).headers["etag"]})
    answer = client.get(events, headers={"Last-Event-ID": "0"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = told(answer.text)
    assert [kind for _, kind in found] == ["task.not_executable", "campaign.closed"]
    for thing in (*world.people.values(), *world.places.values()):
        assert thing not in answer.text
    later = client.get(events, headers={"Last-Event-ID": found[0][0]})
    assert told(later.text) == found[1:]


def test_an_export_is_watermarked_and_holds_no_live_formula(world):
    with world.office.db.begin() as conn:
        formula = '=HYPERLINK("http://evil.test")'
        conn.execute(update(place).where(place.c.id == world.places["home"]).values(code=formula))
    client = as_person(world, "leader")
    one = f"{API}/campaigns/{world.campaigns['sweep']}/exports"
    text = client.post(one).content.decode("utf-8-sig")
    assert "P-leader" in text
    assert "2020-02-10" in text
    cells = [cell.strip('"') for line in text.splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    sheet = load_workbook(BytesIO(client.post(one, params={"kind": "xlsx"}).content)).worksheets[0]
    told = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "P-leader" in sheet.oddFooter.left.text
    assert formula in {str(cell.value).lstrip("'") for cell in told}
    assert {cell.data_type for cell in told} <= {"s", "n", "d"}  # "f" would be a formula
