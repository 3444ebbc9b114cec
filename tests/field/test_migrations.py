"""The migrations build what the tables say, from anywhere, and refuse what they do not know."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from lamplit.domain.errors import LamplitError
from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.store import log, migrate
from lamplit.store.database import Database
from lamplit.store.schema import metadata
from servers import fresh_postgres_database  # noqa: F401 - a fixture

EXPRESSION_INDEX = "uq_assignment_running"
"""SQLite's reflection leaves an index on an expression out, so it is looked at by its text."""


pytestmark = pytest.mark.filterwarnings(
    "ignore:.*expression-based index:sqlalchemy.exc.SAWarning",
    "ignore:autogenerate skipping metadata-specified expression-based index",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return request.getfixturevalue("fresh_postgres_database")


@pytest.fixture
def empty(empty_url: str):
    db = Database(empty_url)
    yield db
    db.close()


def index_text(conn: Connection) -> str:
    asked = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = :name",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = :name",
    }[conn.dialect.name]
    return str(conn.execute(text(asked), {"name": EXPRESSION_INDEX}).scalar_one())


def normal(sql: str) -> str:
    for drop in ("::text", '"', "public.", "using btree ", "(", ")"):
        sql = sql.lower().replace(drop, "")
    return " ".join(sql.split())


def plain(kind: str, thing: Any) -> str:
    return f"{kind} {getattr(thing, 'name', thing)}"


def test_migrated_tables_are_those_of_the_metadata(empty):
    migrate.upgrade(empty)
    with empty.begin() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        found = compare_metadata(context, metadata)
        made = index_text(conn)
        conn.execute(text(f"DROP INDEX {EXPRESSION_INDEX}"))
        (index,) = (i for i in metadata.tables["assignment"].indexes if i.name == EXPRESSION_INDEX)
        index.create(conn)
        meant = index_text(conn)
    assert normal(made) == normal(meant)
    differences = [plain(*d[:2]) for d in found if isinstance(d, tuple)]
    changed = [step for step in found if isinstance(step, list)]
    assert changed == []
    assert [d for d in differences if EXPRESSION_INDEX not in d] == []


def test_constraints_and_defaults_are_those_of_the_metadata(empty):
    """compare_metadata looks at neither checks nor server defaults."""
    migrate.upgrade(empty)
    with empty.begin() as conn:
        migrated = shape(conn)
        for name in reversed([*metadata.tables]):
            suffix = "" if empty.is_sqlite else " CASCADE"
            conn.execute(text(f'DROP TABLE "{name}"{suffix}'))
    with empty.begin() as conn:
        metadata.create_all(conn)
        assert shape(conn) == migrated


def shape(conn: Connection) -> dict[str, Any]:
    """Checks, defaults, keys of all tables."""
    look = inspect(conn)
    return {
        name: (
            sorted((c["name"], normal(c["sqltext"])) for c in look.get_check_constraints(name)),
            [(c["name"], str(c["type"]), c["nullable"], c["default"])
             for c in sorted(look.get_columns(name), key=lambda c: c["name"])],
            sorted((u["name"], u["column_names"]) for u in look.get_unique_constraints(name)),
            sorted((str(f["name"]), f["referred_table"]) for f in look.get_foreign_keys(name)),
            look.get_pk_constraint(name)["constrained_columns"],
        )
        for name in metadata.tables
    }  # fmt: skip


def test_an_upgrade_of_what_is_new_already_changes_nothing(empty):
    assert migrate.upgrade(empty) == (None, migrate.newest())
    assert migrate.upgrade(empty) == (migrate.newest(), migrate.newest())
    with empty.read() as conn:
        assert log.head(conn) == (0, log.START)


UPGRADE = """
import sys
from lamplit.store import migrate
from lamplit.store.database import Database
sys.stdin.readline()
migrate.check(Database(sys.argv[1]))
print("done")
"""


@pytest.mark.slow
def test_two_processes_may_upgrade_an_empty_store_at_once(empty_url, empty):
    both = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, empty_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in both:
        out, err = one.communicate(timeout=60)
        assert out.strip() == "done", err
    with empty.read() as conn:
        assert migrate.current(conn) == migrate.newest()
        assert conn.execute(text("SELECT count(*) FROM log_head")).scalar_one() == 1


def set_revision(db: Database, to: str) -> None:
    with db.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": to})


def test_a_store_of_a_newer_lamplit_is_left_alone(database):
    set_revision(database, "9999")
    for step in (migrate.check, migrate.upgrade):
        with pytest.raises(LamplitError, match=r"store\.ahead") as told:
            step(database)
        assert "9999" in told.value.says("en")


def test_a_store_that_is_behind_says_how_to_upgrade(database):
    """Tables without a revision: what an upgrade that was cut off by hand would leave."""
    with database.begin() as conn:
        conn.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(LamplitError, match=r"store\.behind") as told:
        migrate.check(database)
    assert migrate.newest() in told.value.says("zh")
    assert "lamplit store upgrade" in told.value.remedy("zh")


def test_an_office_opens_on_an_empty_store_and_makes_its_tables(tmp_path, monkeypatch):
    monkeypatch.delenv("LAMPLIT_STORE_URL", raising=False)
    home = Home.create(tmp_path / "home")
    office = Office.open(home)
    assert (home.store_dir / "lamplit.db").exists()
    with office.db.read() as conn:
        assert migrate.current(conn) == migrate.newest()


def test_the_revisions_that_files_are_named_by_are_those_of_their_steps():
    steps = ScriptDirectory.from_config(migrate.config())
    assert migrate.known() == {step.revision for step in steps.walk_revisions()}
    assert [migrate.newest()] == steps.get_heads()


LOOK = """
import sys
from lamplit.store import migrate
from lamplit.store.database import Database
migrate.check(Database(sys.argv[1]))
print("alembic" in sys.modules)
"""


def test_to_look_at_a_store_that_is_new_enough_loads_no_alembic(database_url):
    command = [sys.executable, "-c", LOOK, database_url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "False"


def test_migrations_import_nothing_of_lamplit():
    """They are frozen: what the program says tomorrow must not change what they did."""
    for file in (migrate.FOLDER / "versions").glob("*.py"):
        assert "import lamplit" not in file.read_text("utf-8")
        assert "from lamplit" not in file.read_text("utf-8")
