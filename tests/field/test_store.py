"""The store outlives what happens to processes and servers: kills, lost connections, races."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import campaign_world
import pytest
from people_kit import neighbourhood
from sqlalchemy import create_engine, insert, select, text, update

from lamplit.cli.app import run
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import InboxState, Role
from lamplit.services.field.office import SYSTEM, Office, new_id
from lamplit.services.home import Home
from lamplit.store import log, migrate
from lamplit.store.database import Database
from lamplit.store.guard import change, one_at_a_time
from lamplit.store.schema import place
from servers import fresh_postgres_database  # noqa: F401 - a fixture

WRITE_AND_WAIT = """
import sys
from pathlib import Path
from lamplit.services.field.office import SYSTEM, Office
from lamplit.services.home import Home
office = Office.open(Home.open(Path(sys.argv[1])))
for number in range(3):
    with office.begin(SYSTEM) as tx:
        tx.log("test.written", "test", str(number))
with office.begin(SYSTEM) as tx:
    from sqlalchemy import text
    tx.conn.execute(text("INSERT INTO event SELECT seq + 100, at, actor_id, via, kind, "
        "subject_kind, subject_id, place_id, campaign_id, purpose, data, previous, hash "
        "FROM event"))
    print("written", flush=True)
    sys.stdin.readline()
"""


def row(code: str = "X") -> dict[str, Any]:
    return {"id": new_id(), "kind": "district", "code": code}


@pytest.mark.slow
def test_a_process_killed_in_mid_transaction_leaves_what_was_committed(home, monkeypatch):
    monkeypatch.delenv("LAMPLIT_STORE_URL", raising=False)
    child = subprocess.Popen(
        [sys.executable, "-c", WRITE_AND_WAIT, str(home.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "written\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    office = Office.open(home)
    with office.db.read() as conn:
        assert [entry.subject_id for entry in log.entries(conn)] == ["0", "1", "2"]
        assert [b for b in log.verify(conn) if isinstance(b, log.Break)] == []
        assert conn.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    with office.begin(SYSTEM) as tx:
        tx.log("test.written", "test", "3")


def end_all_connections(url: str) -> None:
    """As an administrator who restarts the server would."""
    admin = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with admin.connect() as conn:
        conn.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    admin.dispose()


def test_an_office_is_opened_on_postgresql_by_a_line_in_its_settings(
    fresh_postgres_database,  # noqa: F811
    tmp_path,
    monkeypatch,
    capsys,
):
    monkeypatch.delenv("LAMPLIT_STORE_URL", raising=False)
    home = Home.create(tmp_path / "home")
    settings = home.path / "lamplit.toml"
    line = f'[store]\nurl = "{fresh_postgres_database}"'
    settings.write_text(settings.read_text("utf-8").replace("[store]", line), "utf-8")
    office = Office.open(Home.open(home.path))
    world = campaign_world.build(office)
    world.sweep(world.campaign(parameters={"random_share": 0}), world.dark(*world.doors[:2]))
    volunteer = world.person("v1", Role.VOLUNTEER)
    sent = world.submit(volunteer, world.tasks()[0].id, **campaign_world.ANSWERED)
    assert (sent.state, office.db.is_sqlite) == (InboxState.PROCESSED, False)
    office.db.close()
    # Commands read the same line, and nothing of the store is in the home.
    at = ["--home", str(home.path)]
    assert run(["store", "status", "--json", *at]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["where"].startswith("postgresql")
    assert told["fits"] is True
    assert run(["log", "verify", "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] > 0
    assert not (home.store_dir / "lamplit.db").exists()


def test_a_database_that_went_and_came_back_is_used_again(fresh_postgres_database):  # noqa: F811
    db = Database(fresh_postgres_database)
    migrate.upgrade(db)
    with db.read() as conn:
        assert log.head(conn)[0] == 0
    end_all_connections(fresh_postgres_database)
    with db.begin() as conn:
        conn.execute(insert(place).values(row("after")))
    with pytest.raises(LamplitError, match=r"store\.unreachable"), db.begin() as conn:
        conn.execute(insert(place).values(row("lost")))
        end_all_connections(fresh_postgres_database)
        conn.execute(insert(place).values(row("lost too")))
    with db.read() as conn:
        assert conn.scalars(select(place.c.code)).all() == ["after"]
    db.close()


def test_a_server_that_is_not_there_is_named_without_its_password():
    db = Database("postgresql://ann:secret@127.0.0.1:1/lamplit?connect_timeout=2")
    with pytest.raises(LamplitError, match=r"store\.unreachable") as told, db.read():
        pass
    assert "secret" not in told.value.describe("en")
    assert "127.0.0.1" in told.value.says("en")


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/db", "sqlite+nope:///x"])
def test_an_address_of_no_store_is_refused(url):
    with pytest.raises(LamplitError, match=r"store\.bad-url"):
        Database(url)


def test_a_change_is_made_only_where_nobody_came_first(office):
    made = row()
    with office.begin(SYSTEM) as tx:
        tx.conn.execute(insert(place).values(made))
        change(tx.conn, place, made["id"], {"version": 1}, name_en="first")
    second = office.begin(SYSTEM)
    with pytest.raises(LamplitError, match=r"store\.changed-meanwhile") as told, second as tx:
        change(tx.conn, place, made["id"], {"version": 1}, name_en="second")
    assert "this place" in told.value.says("en")
    assert "此地点" in told.value.says("zh")
    with office.begin(SYSTEM) as tx:
        change(tx.conn, place, made["id"], {"name_en": "first", "floor": None}, name_en="third")
        found = tx.conn.execute(select(place.c.name_en, place.c.version)).one()
    assert tuple(found) == ("third", 3)


def test_of_many_who_change_a_row_at_once_one_wins(office):
    made = row()
    with office.begin(SYSTEM) as tx:
        tx.conn.execute(insert(place).values(made))
    ready, told = threading.Barrier(6), []

    def act(number: int) -> None:
        ready.wait()
        try:
            with office.begin(SYSTEM) as tx:
                change(tx.conn, place, made["id"], {"version": 1}, name_en=str(number))
                tx.log("test.changed", "place", made["id"])
            told.append("done")
        except LamplitError as error:
            told.append(error.code)

    threads = [threading.Thread(target=act, args=(n,)) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == ["done", *["store.changed-meanwhile"] * 5]
    with office.db.read() as conn:
        assert log.head(conn)[0] == 1


def test_many_writers_at_once_leave_one_whole_chain(office):
    def act() -> None:
        for number in range(5):
            with office.begin(SYSTEM) as tx:
                tx.log("test.written", "test", str(number))

    threads = [threading.Thread(target=act) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with office.db.read() as conn:
        assert log.head(conn)[0] == 30
        assert [b for b in log.verify(conn) if isinstance(b, log.Break)] == []


def test_one_at_a_time_lets_no_two_in(office):
    inside, most = [0], [0]

    def act() -> None:
        with office.begin(SYSTEM) as tx:
            one_at_a_time(tx.conn, "test")
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.02)
            inside[0] -= 1

    threads = [threading.Thread(target=act) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == [1]


def test_a_reader_sees_one_moment_while_others_write(office):
    neighbourhood(office)
    with office.db.read() as conn:
        before = conn.execute(select(place.c.version).where(place.c.code == "B1")).scalar_one()
        with office.begin(SYSTEM) as tx:
            tx.conn.execute(update(place).where(place.c.code == "B1").values(version=99))
        again = conn.execute(select(place.c.version).where(place.c.code == "B1")).scalar_one()
    assert (before, again) == (1, 1)
