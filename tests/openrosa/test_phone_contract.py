"""Phones as strict as ODK Collect, and two engines of others, against our server on loopback."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.collect_phone import CollectPhone
from clients.form_client import CLIENTS, FormClient, JavaRosaClient
from lamplit.services.field import packs
from lamplit.services.field.access import tokens
from lamplit.services.field.office import CLI
from lamplit.services.field.phones import phone as phone_services
from lamplit.store import schema
from openrosa_neighbourhood import Neighbourhood
from openrosa_served import Served

SWEEP = "lamplit_household_sweep"


@dataclass(frozen=True)
class Visit:
    """How one form is filled, by whom, and what that comes to."""

    person: str
    door: str
    role: str
    answers: dict[str, str]
    outcome: str
    found: str
    findings: frozenset[str]
    photos: dict[str, bytes] = field(default_factory=dict)


VISITS = {
    "household_sweep": Visit(
        "li", "B1-101", "volunteer",
        {"door": "answered", "consent": "yes", "living": "returned", "days_back": "2",
         "needs": "medicine food", "remark": "晚上再来"},
        "reached", "returned", frozenset({"medicine", "food"}),
    ),
    "building_care": Visit(
        "qian", "B2-101", "responsible",
        {"contact": "met", "health": "unwell", "difficulty": "groceries power",
         "came_back": "yes", "solved": "no", "remark": "lift is out"},
        "reached", "returned", frozenset({"unwell", "groceries", "power", "came_back"}),
    ),
    "living_alone": Visit(
        "li", "B1-102", "volunteer",
        {"contact": "no_answer", "nearby": "not_seen"},
        "no_answer", "unknown", frozenset({"unanswered"}),
    ),
    "supplies": Visit(
        "li", "B1-102", "volunteer",
        {"what": "handed_out", "masks": "10", "pairs": "2", "bottles": "1", "enough": "no"},
        "reached", "lived_in", frozenset({"wants_more"}),
    ),
    "worksite_safety": Visit(
        "wu", "W1", "inspector",
        {"visit": "on_site", "site": "working", "unit": "branch-3", "class_a": "no_permit",
         "class_d": "untidy armband", "photo": "site.jpg", "remark": "stopped at 10:20"},
        "reached", "unknown", frozenset({"no_permit", "untidy", "armband"}),
        {"site.jpg": b"\xff\xd8\xff\xe0 a photo"},
    ),
}  # fmt: skip


@pytest.fixture(params=CLIENTS, ids=lambda c: c.name)
def engine(request: pytest.FixtureRequest) -> FormClient:
    return request.param.ready()


@pytest.fixture
def every_programme(town: Neighbourhood) -> Neighbourhood:
    """An open campaign of each programme, with a task in it for whom `VISITS` says."""
    town.place("W1", "work_site", "C1", name_en="Line 7, tower 12", name_zh="7号线12号塔")
    town.person("wu")
    town.tie("wu", "D", "inspector")
    for programme, visit in VISITS.items():
        if programme != "household_sweep":
            town.campaign("C1", programme)
            town.task(visit.door, visit.person, f"{programme}:C1")
    return town


def filled(visit: Visit, task: str) -> dict[str, str]:
    return {"/data/task": task} | {f"/data/{k}": v for k, v in visit.answers.items()}


def only(rows: Any) -> dict[str, Any]:
    (row,) = rows
    return dict(row)


def test_every_programme_has_its_visit(office):
    assert set(VISITS) == set(packs.packs(office))


@pytest.mark.slow
@pytest.mark.parametrize("programme", sorted(VISITS))
def test_both_engines_fill_every_form_that_is_served_and_it_comes_to_what_was_said(
    every_programme, phone_of, engine, programme
):
    town, visit, form = every_programme, VISITS[programme], f"lamplit_{programme}"
    key = visit.door if programme == "household_sweep" else f"{programme}:{visit.door}"
    phone = phone_of(visit.person)
    phone.update()
    assert form in phone.forms
    for language in ("中文 (zh)", "English (en)"):
        look = engine.fill(phone.forms[form].xform.decode(), {}, phone.media(form),
                           language=language)  # fmt: skip
        assert town.tasks[key] in look.choices["/data/task"]
    sent = phone.fill(engine, form, filled(visit, town.tasks[key]), visit.photos)
    phone.send()
    assert (sent.state, sent.said) == ("sent", "Received, thank you.")
    made = only(town.rows(schema.submission))
    assert (made["outcome"], made["found"]) == (visit.outcome, visit.found)
    assert made["task_id"] == town.tasks[key]
    assert {f["code"] for f in town.rows(schema.finding)} == visit.findings
    assert len(town.rows(schema.attachment)) == len(visit.photos)
    assert town.row(schema.task, town.tasks[key])["state"] in ("completed", "failed")
    assert {c["state"] for c in town.rows(schema.entity_change)} == {"applied"}


def test_the_lists_follow_what_was_done_at_the_doors(town, phone_of):
    phone = phone_of("li")
    phone.update()
    client, task = JavaRosaClient.ready(), town.tasks["B1-101"]
    phone.online = False
    refused = {"/data/task": task, "/data/door": "answered", "/data/consent": "no"}
    phone.fill(client, SWEEP, refused)
    # The phone knows before the server does: the door is done, and not offered again.
    assert phone.lists.lists["tasks"][task].properties["state"] == "completed"
    phone.online = True
    (sent,) = phone.send()
    assert sent.state == "sent"
    phone.update()
    entity = phone.lists.lists["tasks"][task]
    assert entity.properties["state"] == "completed"
    assert not entity.dirty


def test_two_visits_in_a_cellar_build_on_one_another_and_both_count(town, phone_of):
    phone = phone_of("li")
    phone.update()
    client, task = JavaRosaClient.ready(), town.tasks["B1-101"]
    phone.online = False
    first = phone.fill(client, SWEEP, {"/data/task": task, "/data/door": "no_answer"})
    second = phone.fill(
        client, SWEEP, {"/data/task": task, "/data/door": "answered", "/data/consent": "no"}
    )
    phone.queue.reverse()
    phone.online = True
    phone.send()
    assert {first.state, second.state} == {"sent"}
    changes = sorted(town.rows(schema.entity_change), key=lambda c: c["base_version"])
    assert [c["state"] for c in changes] == ["applied", "applied"]
    assert changes[0]["version_after"] < changes[1]["version_after"]
    assert {s["outcome"] for s in town.rows(schema.submission)} == {"no_answer", "refused"}
    phone.update()
    assert not phone.lists.lists["tasks"][task].dirty


def test_a_lost_reply_makes_the_phone_send_again_and_nothing_is_doubled(town, phone_of):
    phone = phone_of("li")
    phone.update()
    sent = phone.fill(
        JavaRosaClient.ready(), SWEEP, {"/data/task": town.tasks["B1-101"], "/data/door": "told",
                                        "/data/told_what": "moved"},
    )  # fmt: skip
    phone.lose_replies = 2
    for _ in range(2):
        phone.send()
        assert sent.state == "failed"
    phone.send()
    assert (sent.state, sent.posts) == ("sent", 3)
    phone.send(again=True)
    assert len(town.rows(schema.submission)) == len(town.rows(schema.inbox)) == 1
    assert only(town.rows(schema.submission))["found"] == "empty"


def test_large_photos_come_in_several_posts(every_programme, phone_of):
    town, visit = every_programme, VISITS["worksite_safety"]
    phone = phone_of("wu")
    phone.update()
    photo = b"\xff\xd8" + bytes(6_000_000)
    sent = phone.fill(
        JavaRosaClient.ready(), "lamplit_worksite_safety",
        filled(visit, town.tasks["worksite_safety:W1"]), {"site.jpg": photo},
    )  # fmt: skip
    sent.attachments["more.jpg"] = bytes(5_000_000)
    phone.send()
    assert (sent.state, sent.posts) == ("sent", 2)
    assert {a["name"]: a["bytes"] for a in town.rows(schema.attachment)} == {
        "site.jpg": len(photo), "more.jpg": 5_000_000,
    }  # fmt: skip
    assert len(town.rows(schema.submission)) == 1


def test_a_person_who_withdraws_with_forms_unsent_loses_none_of_them(town, phone_of):
    phone = phone_of("li")
    phone.update()
    phone.online = False
    client = JavaRosaClient.ready()
    for code in ("B1-101", "B1-102"):
        phone.fill(client, SWEEP, {"/data/task": town.tasks[code], "/data/door": "no_answer"})
    town.end_tie("li", "C1")
    town.change(schema.task, town.tasks["B1-102"], owner_id=town.people["wang"])
    phone.online = True
    assert {one.state for one in phone.send()} == {"sent"}
    made = town.rows(schema.submission)
    assert {m["author_id"] for m in made} == {town.people["li"]}
    assert all("after_withdrawal" in m["flags"] for m in made)
    assert len(made) == 2
    answer = phone.http.get(f"{phone.base}/formList")
    assert answer.status_code == 403
    assert "can be sent until" in answer.text


def test_a_lost_phone_keeps_its_forms_until_it_is_found_and_set_up_anew(
    town, phone_of, office, served
):
    phone = phone_of("li")
    phone.update()
    sent = phone.fill(
        JavaRosaClient.ready(), SWEEP,
        {"/data/task": town.tasks["B1-101"], "/data/door": "no_answer"},
    )  # fmt: skip
    for token in town.rows(schema.token):
        tokens.revoke(office, CLI, token["id"])
    phone.send()
    assert sent.state == "failed"
    assert "Ask your leader for a new code" in sent.said
    assert town.rows(schema.inbox) == []
    phone.base = phone_services.set_up(office, CLI, "li", url=served.url).server_url
    phone.send()
    assert sent.state == "sent"


def test_a_phone_with_a_password_is_asked_for_it_over_tls(town, office, tmp_path):
    cert, key = certificate(tmp_path)
    running = Served(office, ssl_certfile=str(cert), ssl_keyfile=str(key))
    try:
        made = phone_services.set_up(office, CLI, "li", url=running.url, basic=True)
        trusting = ssl.create_default_context(cafile=str(cert))
        with httpx.Client(verify=trusting) as http:
            phone = CollectPhone.from_settings(http, made.code)
            phone.update()
            sent = phone.fill(
                JavaRosaClient.ready(), SWEEP,
                {"/data/task": town.tasks["B1-101"], "/data/door": "no_answer"},
            )  # fmt: skip
            phone.send()
        assert sent.state == "sent"
    finally:
        running.stop()


def test_a_key_in_an_address_never_stands_in_the_servers_log(town, office, caplog, capsys):
    caplog.set_level(logging.DEBUG, "uvicorn")
    # As if somebody ran it by hand, with a line for each request.
    running = Served(office, log_config=None, log_level="debug", access_log=True)
    try:
        made = phone_services.set_up(office, CLI, "li", url=running.url)
        wrong = f"{running.url}/v1/key/{made.secret}x/projects/1/formList"
        with httpx.Client() as http:
            asked = {
                f"{made.server_url}/formList": 200,
                f"{made.server_url}/forms/none.xml": 404,
                f"{made.server_url}/nothing/here": 404,
                f"{running.url}/openrosa/key/{made.secret}/formList": 200,
                wrong: 403,
            }
            assert {url: http.get(url).status_code for url in asked} == asked
    finally:
        running.stop()
    lines = [r.getMessage() for r in caplog.records if r.name == "uvicorn.access"]
    assert len([line for line in lines if "/key/hidden" in line]) == len(asked)
    said = "".join(r.getMessage() for r in caplog.records if r.name.startswith("uvicorn"))
    assert made.secret not in said + "".join(capsys.readouterr())


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "office")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file
