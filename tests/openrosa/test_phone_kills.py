"""The server is killed at the worst moments, or is two; no form is lost and none counts twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from test_phone_submissions import SWEEP, xml

from clients.collect_phone import CollectPhone, Instance
from lamplit.domain.field import InboxState
from lamplit.services.field.access import tokens
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.phones import phone as phone_services
from lamplit.services.field.submissions import inbox
from lamplit.store import schema
from openrosa_mortal import Mortal
from openrosa_neighbourhood import Neighbourhood

pytestmark = pytest.mark.slow


def set_up(office: Office, person: str, server: Mortal) -> CollectPhone:
    made = phone_services.set_up(office, CLI, person, url=server.url)
    return CollectPhone.from_settings(httpx.Client(timeout=20), made.code)


def queued(phone: CollectPhone, town: Neighbourhood, code: str) -> Instance:
    phone.queue.append(Instance(SWEEP, xml(town.tasks[code]), {"a.jpg": b"photo"}, "form.xml"))
    return phone.queue[-1]


def move(phone: CollectPhone, server: Mortal) -> None:
    """The same server at another port."""
    phone.base = server.url + "/v1/" + phone.base.partition("/v1/")[2]


@pytest.mark.parametrize("moment", ["kept", "worked"])
def test_killed_between_writing_and_answering(town, office, moment):
    server = Mortal.born(office, moment)
    phone = set_up(office, "li", server)
    form = queued(phone, town, "B1-101")
    phone.send()
    assert server.died()
    assert form.state == "failed"
    assert len(town.rows(schema.inbox)) == 1
    assert len(town.rows(schema.submission)) == (1 if moment == "worked" else 0)
    again = Mortal.born(office)
    try:
        move(phone, again)
        phone.send()
        assert (form.state, form.said) == ("sent", "Received, thank you.")
    finally:
        again.kill()
    assert len(town.rows(schema.submission)) == len(town.rows(schema.inbox)) == 1
    assert len(town.rows(schema.attachment)) == 1
    assert town.row(schema.task, town.tasks["B1-101"])["state"] == "failed"


def test_what_a_killed_server_kept_is_worked_in_though_the_phone_never_comes_back(
    town, office, clock
):
    server = Mortal.born(office, "kept")
    phone = set_up(office, "li", server)
    queued(phone, town, "B1-101")
    phone.send()
    assert server.died()
    clock.turn(minutes=2)
    (receipt,) = inbox.process_pending(office)
    assert receipt.state is InboxState.PROCESSED
    assert len(town.rows(schema.submission)) == 1


@pytest.fixture
def two_servers(office: Office) -> Iterator[tuple[Mortal, Mortal]]:
    """Two processes that serve one office."""
    servers = Mortal.born(office), Mortal.born(office)
    yield servers
    for server in servers:
        server.kill()


def test_the_same_form_at_two_servers_at_once_is_one_submission(town, office, two_servers):
    form, start = xml(town.tasks["B1-101"]), threading.Barrier(16)
    phones = [set_up(office, "li", server) for server in two_servers * 8]
    for phone in phones:
        phone.queue.append(Instance(SWEEP, form, {"a.jpg": b"photo"}, "form.xml"))

    def send(phone: CollectPhone) -> None:
        start.wait()
        phone.send()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(send, phones))
    assert {phone.queue[0].state for phone in phones} == {"sent"}
    assert len(town.rows(schema.submission)) == len(town.rows(schema.attachment)) == 1
    assert len({row["sha256"] for row in town.rows(schema.inbox)}) == 1
    assert town.row(schema.task, town.tasks["B1-101"])["state"] == "failed"


def test_the_same_request_at_two_servers_at_once_is_done_once(town, office, two_servers):
    token = tokens.issue(office, CLI, "gao", "test", "api").secret
    sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    duty = {"person": "wang", "place": town.places["B1"], "role": "shopper"}
    start = threading.Barrier(16)

    def ask(server: Mortal) -> tuple[int, str]:
        with httpx.Client(timeout=20) as caller:
            start.wait()
            answer = caller.post(f"{server.url}/api/v1/assignments", json=duty, headers=sent)
            return answer.status_code, answer.json().get("code", "")

    before = len(town.rows(schema.assignment))
    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(ask, two_servers * 8))
    assert (201, "") in answers
    assert answers <= {(201, ""), (409, "web.key-at-work")}
    assert len(town.rows(schema.assignment)) == before + 1


def test_killed_again_and_again_under_load_nothing_is_lost_or_doubled(
    town: Neighbourhood, office: Office, tmp_path: Path
):
    chance = random.Random(7)
    codes = [c for c in town.places if c.startswith("B1-")]
    server = Mortal.born(office)
    phones = [set_up(office, person, server) for person in ("li", "wang")]
    for phone in phones:
        for code in codes * 5:
            queued(phone, town, code)
    every = {one.instance_id for phone in phones for one in phone.queue}
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            at_work = [pool.submit(phone.send) for phone in phones]
            time.sleep(chance.uniform(0.05, 0.4))
            server.kill()
            for one in at_work:
                one.result()
            server = Mortal.born(office)
            for phone in phones:
                move(phone, server)
        for one in [pool.submit(phone.send) for phone in phones]:
            one.result()
    server.kill()
    assert not any(phone.unsent() for phone in phones)
    made = [row["instance_id"] for row in town.rows(schema.submission)]
    assert sorted(made) == sorted(every)
    assert {row["state"] for row in town.rows(schema.inbox)} == {"processed"}
    assert len(town.rows(schema.attachment)) == len(every)
