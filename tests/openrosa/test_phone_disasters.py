"""The disk fills, the database goes and comes back: forms stay on the phone, or are kept once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from test_phone_kills import move, queued, set_up
from test_phone_submissions import post, xml

from lamplit.domain.field import InboxState
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.phones import phone as phone_services
from lamplit.services.field.submissions import inbox
from lamplit.store import schema
from openrosa_mortal import Mortal

BIG = b"\x07" * 900_000


@pytest.fixture
def li(office: Office, town) -> tuple[str, str]:
    made = phone_services.set_up(office, CLI, "li", url="https://office.example", basic=True)
    return made.username, made.secret


@pytest.mark.slow
def test_a_disk_that_is_full_keeps_the_form_on_the_phone_and_leaves_nothing_half_written(
    town, office
):
    """A real server whose files may not grow: the kernel refuses what it writes beyond that."""
    server = Mortal.born(office, "full")
    try:
        phone = set_up(office, "li", server)
        form = queued(phone, town, "B1-101")
        form.attachments["big.jpg"] = BIG
        phone.send()
        assert form.state == "failed"
        assert town.rows(schema.submission) == town.rows(schema.attachment) == []
        # The small photo may lie there whole, to be found again; nothing lies there in part.
        for file in (p for p in office.media_dir.rglob("*") if p.is_file()):
            assert file.name == hashlib.sha256(file.read_bytes()).hexdigest()
    finally:
        server.kill()
    again = Mortal.born(office)
    try:
        move(phone, again)
        phone.send()
    finally:
        again.kill()
    assert form.state == "sent"
    assert len(town.rows(schema.submission)) == len(town.rows(schema.inbox)) == 1
    assert len(town.rows(schema.attachment)) == 2
    assert town.row(schema.task, town.tasks["B1-101"])["state"] == "failed"


@contextmanager
def a_full_store(office: Office) -> Iterator[None]:
    """SQLite may take no page more than it has."""

    def no_more(raw, _record) -> None:
        raw.execute("PRAGMA max_page_count = 1")  # SQLite takes what there is instead.

    sa.event.listen(office.db.engine, "connect", no_more)
    office.db.engine.dispose()
    yield
    sa.event.remove(office.db.engine, "connect", no_more)
    office.db.engine.dispose()


def test_a_store_that_is_full_says_try_again_and_takes_it_later(town, client, office, li):
    if not office.db.is_sqlite:
        pytest.skip("a server's tablespace is not ours to fill")
    remark = "x" * 60_000
    sent = [xml(town.tasks[f"B1-{door}"], remark=remark) for door in (101, 102, 201, 202)]
    with a_full_store(office):
        refused = [post(client, li, body) for body in sent]
    assert {answer.status_code for answer in refused} == {503}
    assert {"<message>" in answer.text for answer in refused} == {True}
    assert town.rows(schema.inbox) == town.rows(schema.submission) == []
    assert {post(client, li, body).status_code for body in sent} == {201}
    assert len(town.rows(schema.submission)) == len(town.rows(schema.inbox)) == 4


@contextmanager
def gone(office: Office, server) -> Iterator[None]:
    """The database takes nobody: those who are in are put out, and nobody comes in."""
    name = office.db.url.database
    office.db.engine.dispose()
    server.execute(
        f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false',
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    try:
        yield
    finally:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@pytest.fixture
def goes(office: Office, request) -> Callable[[], object]:
    """A database that can go away; SQLite is a file and does not."""
    if office.db.is_sqlite:
        pytest.skip("no server to go away")
    return lambda: gone(office, request.getfixturevalue("postgres_server"))


def test_while_the_database_is_gone_forms_stay_on_the_phone(town, client, li, goes):
    body = xml(town.tasks["B1-101"])
    assert post(client, li, xml(town.tasks["B1-102"])).status_code == 201
    with goes():
        answer = post(client, li, body, {"a.jpg": b"photo"})
        assert answer.status_code == 503
        assert "<message>" in answer.text
        assert client.get("/readyz").status_code == 503
    assert post(client, li, body, {"a.jpg": b"photo"}).status_code == 201
    assert post(client, li, body, {"a.jpg": b"photo"}).status_code == 201
    assert len(town.rows(schema.submission)) == len(town.rows(schema.inbox)) == 2
    assert len(town.rows(schema.attachment)) == 1


def test_a_database_that_goes_between_keeping_and_working_in_loses_nothing(
    town, client, office, clock, li, goes, monkeypatch
):
    away: list[object] = []
    real = inbox.work_in

    def cut(*asked: object, **how: object) -> object:
        if not away:
            context = goes()
            context.__enter__()
            away.append(context)
        return real(*asked, **how)

    monkeypatch.setattr(inbox, "work_in", cut)
    answer = post(client, li, xml(town.tasks["B1-101"]))
    assert answer.status_code == 202
    away[0].__exit__(None, None, None)
    assert [row["state"] for row in town.rows(schema.inbox)] == ["received"]
    clock.turn(minutes=1)
    (receipt,) = inbox.process_pending(office, older=timedelta(seconds=30))
    assert receipt.state is InboxState.PROCESSED
    assert len(town.rows(schema.submission)) == 1
