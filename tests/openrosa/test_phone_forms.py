"""A phone is offered its owner's forms and lists, and nobody else's."""

from __future__ import annotations

import base64
import csv
import io
from datetime import timedelta

import httpx
import pytest
from lxml import etree
from starlette.testclient import TestClient

from clients.collect_phone import LIST, CollectPhone
from lamplit.domain.errors import LamplitError
from lamplit.services.field.access import tokens
from lamplit.services.field.office import CLI, Actor, Office
from lamplit.services.field.phones import phone as phone_services
from lamplit.store import schema
from openrosa_neighbourhood import Neighbourhood

SWEEP = "lamplit_household_sweep"


def rows(phone: CollectPhone, name: str = "tasks", form: str = SWEEP) -> list[dict[str, str]]:
    text = phone.forms[form].media[f"{name}.csv"].decode()
    return list(csv.DictReader(io.StringIO(text)))


def doors(town: Neighbourhood, found: list[dict[str, str]]) -> set[str]:
    of = {task_id: code for code, task_id in town.tasks.items()}
    return {of[row["name"]] for row in found}


def basic(office: Office, person: str) -> tuple[str, str]:
    made = phone_services.set_up(office, CLI, person, url="https://office.example", basic=True)
    return made.username, made.secret


def listed(answer: httpx.Response) -> list[str]:
    return [e.text for e in etree.fromstring(answer.content).iter(f"{{{LIST}}}formID")]


def test_a_phone_is_set_up_by_its_code_and_takes_all_that_it_is_given(town, phone_of):
    phone = phone_of("li")
    phone.update()
    assert set(phone.forms) == {SWEEP}
    form = phone.forms[SWEEP]
    assert form.name == "Household sweep"
    assert set(form.entity_lists) == {"tasks"}
    again = phone_of("li", lists=phone.lists)
    again.update()
    assert again.forms[SWEEP].md5 == form.md5


def test_only_own_doors_and_free_ones_where_one_covers(town, phone_of):
    phone = phone_of("li")
    phone.update()
    found = rows(phone)
    mine = [row for row in found if row["mine"] == "yes"]
    assert doors(town, mine) == {"B1-101", "B1-102"}
    free = [row for row in found if row["mine"] == "no"]
    assert doors(town, free) == {"B1-202", "B2-102", "B2-201", "B2-202"}
    assert {row["state"] for row in free} == {"requested"}
    assert {row["household"] for row in mine} == {town.places["B1-101"], town.places["B1-102"]}


def test_a_colleagues_door_never_appears(town, phone_of):
    for person in ("li", "wang", "qian", "zhao", "gao"):
        phone = phone_of(person)
        phone.update()
        theirs = {t["id"] for t in town.rows(schema.task) if t["owner_id"] in
                  (set(town.people.values()) - {town.people[person]})}  # fmt: skip
        assert theirs
        assert not theirs & {row["name"] for row in rows(phone)}
    assert doors(town, rows(_updated(phone_of("zhao")))) == {
        "B3-101", "B3-102", "B3-201", "B3-202",
    }  # fmt: skip
    assert doors(town, rows(_updated(phone_of("qian")))) == {
        "B2-101", "B2-102", "B2-201", "B2-202",
    }  # fmt: skip


def _updated(phone: CollectPhone) -> CollectPhone:
    phone.update()
    return phone


def test_whoever_has_no_tie_has_no_form_and_no_door(town, phone_of, client, office):
    phone = _updated(phone_of("sun"))
    assert phone.forms == {}
    user = basic(office, "sun")
    assert client.get(f"/openrosa/forms/{SWEEP}.xml", auth=user).status_code == 404
    assert client.get(f"/openrosa/forms/{SWEEP}/manifest", auth=user).status_code == 404
    listing = client.get("/openrosa/lists/tasks.csv", auth=user)
    assert (listing.status_code, listing.text.count("\n")) == (200, 1)


def test_a_list_tells_where_and_when_but_never_why(town, phone_of):
    phone = _updated(phone_of("li"))
    text = phone.forms[SWEEP].media["tasks.csv"].decode()
    assert "SECRET" not in text
    assert "机密" not in text
    for word in ("dark", "signal", "rank", "probability", "evidence", "random", "reason"):
        assert word not in text
    labels = {row["label"] for row in rows(phone)}
    assert "Building 1 – unit 1 – 101 · by 2/12" in labels
    assert "Building 1 – unit 1 – 202 · by 2/12 · not taken" in labels
    assert {row["geometry"] for row in rows(phone)} == {"30.5 114.3 0 0"}


def test_the_order_of_a_list_is_that_of_a_walk(town, phone_of):
    for code, rank in (("B2-202", 1), ("B1-202", 900)):
        town.change(schema.task, town.tasks[code], rank=rank)
    order = [row["label"].split(" ·")[0] for row in rows(_updated(phone_of("li")))]
    assert order == [
        "Building 1 – unit 1 – 101", "Building 1 – unit 1 – 102",
        "Building 1 – unit 1 – 202", "Building 2 – unit 1 – 201",
        "Building 2 – unit 1 – 202", "Building 2 – unit 1 – 102",
    ]  # fmt: skip


def test_labels_are_in_the_persons_language(town, phone_of):
    town.change(schema.person, town.people["li"], languages=["yue", "zh", "en"])
    phone = _updated(phone_of("li"))
    assert phone.forms[SWEEP].name == "住户摸排"
    assert "1号楼 – 1单元 – 101 · 2月12日前" in {row["label"] for row in rows(phone)}


def test_a_closed_campaign_takes_its_form_and_its_doors_with_it(town, phone_of):
    phone = _updated(phone_of("li"))
    assert rows(phone)
    town.change(schema.campaign, town.campaigns["C1"], state="closed")
    phone.update()
    assert phone.forms == {}


def test_a_door_that_was_handed_over_leaves_the_phone(town, phone_of):
    phone = _updated(phone_of("li"))
    town.change(
        schema.task, town.tasks["B1-101"], owner_id=town.people["wang"], version=2
    )  # fmt: skip
    phone.update()
    assert "B1-101" not in doors(town, rows(phone))
    assert town.tasks["B1-101"] not in phone.lists.lists["tasks"]
    other = _updated(phone_of("wang"))
    assert "B1-101" in doors(town, rows(other))


def test_a_claim_that_ran_out_is_free_and_names_nobody(town, phone_of, clock):
    town.change(
        schema.task, town.tasks["B1-201"], claimed_until=clock() - timedelta(minutes=1)
    )  # fmt: skip
    (row,) = [r for r in rows(_updated(phone_of("li"))) if r["name"] == town.tasks["B1-201"]]
    assert (row["mine"], row["state"]) == ("no", "requested")


def test_tasks_are_carried_a_week_ahead_and_missed_days_stay(town, phone_of, clock):
    town.change(schema.task, town.tasks["B1-101"], due_from=clock() + timedelta(days=8))
    town.change(
        schema.task, town.tasks["B1-102"],
        due_from=clock() - timedelta(days=4), due_until=clock() - timedelta(days=3),
    )  # fmt: skip
    mine = {r["name"]: r for r in rows(_updated(phone_of("li"))) if r["mine"] == "yes"}
    assert set(mine) == {town.tasks["B1-102"]}
    assert mine[town.tasks["B1-102"]]["due"] == "2020-02-07"


def test_an_unchanged_list_is_not_sent_twice(town, client, office):
    user = basic(office, "li")
    first = client.get("/openrosa/lists/tasks.csv", auth=user)
    assert first.status_code == 200
    tag = first.headers["ETag"]
    again = client.get("/openrosa/lists/tasks.csv", auth=user, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    town.change(schema.task, town.tasks["B1-101"], state="in_progress", version=2)
    changed = client.get("/openrosa/lists/tasks.csv", auth=user, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
    form = client.get(f"/openrosa/forms/{SWEEP}.xml", auth=user)
    tag = form.headers["ETag"]
    assert client.get(
        f"/openrosa/forms/{SWEEP}.xml", auth=user, headers={"If-None-Match": tag}
    ).status_code == 304  # fmt: skip


def test_a_list_that_leaves_the_house_is_a_line_in_the_log(town, client, office):
    user = basic(office, "li")
    first = client.get("/openrosa/lists/tasks.csv", auth=user)
    client.get(
        "/openrosa/lists/tasks.csv", auth=user, headers={"If-None-Match": first.headers["ETag"]}
    )
    left = [e for e in town.rows(schema.event) if e["kind"] == "phone.list_downloaded"]
    assert [(e["actor_id"], e["via"], e["data"]["rows"]) for e in left] == [
        (town.people["li"], "openrosa", 6)
    ]


def test_the_form_list_can_be_asked_for_one_form_and_for_words(town, client, office):
    town.campaign("C1", "supplies")
    user = basic(office, "gao")
    every = listed(client.get("/openrosa/formList", auth=user))
    assert SWEEP in every
    one = client.get("/openrosa/formList", params={"formID": SWEEP}, auth=user)
    assert listed(one) == [SWEEP]
    assert b"descriptionText" not in one.content
    wordy = client.get("/openrosa/formList", params={"verbose": "true"}, auth=user)
    assert b"descriptionText" in wordy.content
    assert listed(client.get("/openrosa/formList", params={"formID": "x"}, auth=user)) == []


def test_every_answer_is_dressed_as_openrosa_has_it(town, client, office):
    user = basic(office, "li")
    for path in ("formList", f"forms/{SWEEP}/manifest", "lists/tasks/integrity?id=a"):
        answer = client.get(f"/openrosa/{path}", auth=user)
        assert answer.status_code == 200, path
        assert answer.headers["X-OpenRosa-Version"] == "1.0"
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"


def test_a_password_is_asked_for_before_anything_is_said(town, client, office):
    bare = client.get("/openrosa/formList")
    assert bare.status_code == 401
    assert bare.headers["WWW-Authenticate"].startswith("Basic ")
    assert bare.headers["X-OpenRosa-Version"] == "1.0"
    assert client.head("/openrosa/submission").status_code == 401
    assert client.get("/openrosa/formList", auth=("li", "guess")).status_code == 401
    broken = {"Authorization": "Basic %%%"}
    assert client.get("/openrosa/formList", headers=broken).status_code == 401
    not_utf8 = {"Authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()}
    assert client.get("/openrosa/formList", headers=not_utf8).status_code == 401


def test_a_key_opens_nothing_but_what_phones_are_for(town, client, office):
    program = tokens.issue(office, CLI, "li", "script", "api")
    assert client.get(f"/openrosa/key/{program.secret}/formList").status_code == 403
    assert client.get("/openrosa/key/nonsense/formList").status_code == 403
    _, secret = basic(office, "li")
    assert client.get(f"/openrosa/key/{secret}/formList").status_code == 200
    assert client.get(f"/v1/key/{secret}/projects/1/formList").status_code == 200


def test_a_stolen_phone_is_shut_out_at_once(town, client, office):
    made = phone_services.set_up(office, CLI, "li", url="https://office.example")
    path = f"/v1/key/{made.secret}/projects/1"
    assert client.get(f"{path}/formList").status_code == 200
    tokens.revoke(office, CLI, made.token_id)
    for asked in ("formList", "lists/tasks.csv", f"forms/{SWEEP}.xml"):
        assert client.get(f"{path}/{asked}").status_code == 403
    assert client.head(f"{path}/submission").status_code == 403
    assert client.post(f"{path}/submission", content=b"<x/>").status_code == 403


def test_a_token_that_has_ended_fetches_nothing_and_delivers_for_thirty_days(
    town, client, office, clock
):
    made = phone_services.set_up(office, CLI, "li", url="https://office.example", days=5)
    path = f"/openrosa/key/{made.secret}"
    clock.turn(days=6)
    refused = client.get(f"{path}/formList")
    assert refused.status_code == 403
    assert "2020-03-16" in refused.text
    assert client.get(f"{path}/lists/tasks.csv").status_code == 403
    assert client.head(f"{path}/submission").status_code == 204
    clock.turn(days=30)
    assert client.head(f"{path}/submission").status_code == 403


def test_whoever_withdrew_fetches_nothing_and_delivers_for_thirty_days(town, client, office, clock):
    _, secret = basic(office, "li")
    path = f"/openrosa/key/{secret}"
    town.end_tie("li", "C1")
    assert client.get(f"{path}/formList").status_code == 403
    assert client.get(f"{path}/lists/tasks.csv").status_code == 403
    assert client.get(f"{path}/lists/tasks/integrity?id=a").status_code == 403
    assert client.head(f"{path}/submission").status_code == 204
    clock.turn(days=30)
    assert client.head(f"{path}/submission").status_code == 204
    clock.turn(days=1)
    assert client.head(f"{path}/submission").status_code == 403


def test_whoever_leaves_one_community_keeps_the_other_and_loses_its_doors(town, client, office):
    town.tie("li", "C2", "volunteer")
    town.end_tie("li", "C1")
    answer = client.get("/openrosa/lists/tasks.csv", auth=basic(office, "li"))
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert doors(town, found) == {"B3-102", "B3-201", "B3-202"}


def test_a_key_is_not_taken_over_an_open_connection(town, office):
    from lamplit.web.app import create_app

    _, secret = basic(office, "li")
    far = TestClient(create_app(office), base_url="http://office.example", client=("10.1.2.3", 9))
    assert far.get(f"/openrosa/key/{secret}/formList").status_code == 403
    assert far.get("/openrosa/formList", auth=("li", secret)).status_code == 403
    safe = TestClient(create_app(office), base_url="https://office.example", client=("10.1.2.3", 9))
    answer = safe.get(f"/openrosa/key/{secret}/formList")
    assert answer.status_code == 200
    assert f"https://office.example/openrosa/key/{secret}/forms/{SWEEP}.xml" in answer.text


@pytest.mark.parametrize("url", ["http://office.example", "ftp://x", "office.example", ""])
def test_a_phone_is_set_up_with_a_safe_address_only(town, office, url):
    with pytest.raises(LamplitError) as met:
        phone_services.set_up(office, CLI, "li", url=url)
    assert met.value.code == "openrosa.bad-address"


def test_one_sets_up_ones_own_phone_and_a_leader_those_of_their_people(town, office):
    li, gao, wang = (Actor(town.people[p], "web") for p in ("li", "gao", "wang"))
    url = "https://office.example"
    assert phone_services.set_up(office, li, "li", url=url).secret
    assert phone_services.set_up(office, gao, "li", url=url).secret
    with pytest.raises(LamplitError) as met:
        phone_services.set_up(office, wang, "li", url=url)
    assert met.value.code == "door.not-allowed"


def test_integrity_says_which_rows_the_phone_should_drop(town, client, office):
    user = basic(office, "li")
    unknown = "0a9d3c1e-8a4e-4f53-9a53-0c3b2b1f9e77"
    own, wangs = town.tasks["B1-101"], town.tasks["B1-201"]
    answer = client.get(
        "/openrosa/lists/tasks/integrity", params={"id": f"{own},{wangs},{unknown}"}, auth=user
    )
    said = {
        e.get("id"): e.findtext("deleted") for e in etree.fromstring(answer.content).iter("entity")
    }
    assert said == {own: "false", wangs: "true", unknown: "false"}
    assert b">\n" not in answer.content.partition(b"?>")[2]
    assert client.get("/openrosa/lists/people/integrity?id=a", auth=user).status_code == 404


@pytest.mark.parametrize(
    "asked",
    ["lists/tasks/integrity?id=%01,%FF,'--", "lists/households/integrity?id=" + "a,b," * 450,
     "formList?formID=%01&deviceID=%FF", "forms/%01.xml", "forms/..%2F..%2Fx/media/..%2Fpack.yaml",
     f"forms/{SWEEP}/media/..%2Fpack.yaml", "lists/%01.csv", "formList?verbose=perhaps"],
)  # fmt: skip
def test_no_question_however_odd_is_a_fault_of_ours(town, client, office, asked):
    answer = client.get(f"/openrosa/{asked}", auth=basic(office, "li"))
    assert answer.status_code in (200, 404, 422)
    assert "purposes:" not in answer.text
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
