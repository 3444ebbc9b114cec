"""A phone's lists in a full store: `python bench/entity_csv.py --homes 5000000 --people 300000`.

A city is made up straight into an empty store: homes in buildings of 60 and communities of 3,000,
an open sweep in each community with 600 doors on its list, half of them held by somebody (30 each)
and half free. Then people picked at random fetch their lists; `--url` names a PostgreSQL database
to use in place of SQLite, and `bundled` starts the one that the tests start.

What is timed, a person each, nothing kept from one to the next:
  carried   the tasks that the phone carries, out of the store
  lists     both entity lists with their hashes, as the manifest needs them
  http      GET tasks.csv through the whole application, with sign-in and the line in the log
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, text
from starlette.testclient import TestClient

from _measure import cache_folder
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.phones import phone as phone_services
from lamplit.services.field.phones import phone_doors, phone_lists
from lamplit.services.home import Home
from lamplit.store import migrate
from lamplit.store.database import Database
from lamplit.store.schema import metadata
from lamplit.web.app import create_app

HOMES_A_BUILDING, BUILDINGS_A_COMMUNITY = 60, 50
LISTED, HELD, EACH = 600, 300, 30
NOW = datetime(2020, 2, 10, tzinfo=UTC)
MICRO = int(NOW.timestamp() * 1e6)
HOUR = 3_600_000_000
Rows = Iterator[tuple[Any, ...]]


class City:
    """The rows of a city. Ids are random UUIDv4, dealt out in order so that indexes grow fast."""

    def __init__(self, homes: int, people: int) -> None:
        self.homes, self.people = homes, people
        self.buildings = -(-homes // HOMES_A_BUILDING)
        self.communities = -(-self.buildings // BUILDINGS_A_COMMUNITY)
        self.chance = random.Random(20200210)
        self.ids = {
            name: self._ids(count)
            for name, count in (
                ("district", 1), ("community", self.communities), ("building", self.buildings),
                ("home", homes), ("person", people), ("campaign", self.communities),
                ("tie", people),
            )
        }  # fmt: skip

    def _ids(self, count: int) -> list[str]:
        made = (uuid.UUID(int=self.chance.getrandbits(128), version=4) for _ in range(count))
        return sorted(map(str, made))

    def tables(self) -> Iterator[tuple[str, str, Rows]]:
        """Table, columns, rows: in an order that keeps every reference."""
        place = "id, kind, code, parent_id, community_id, building_id, name_zh, unit, floor, door"
        yield "place", place, self._places()
        yield "person", "id, code, name, languages, created_at", (
            (one, f"P{n}", f"P{n}", '["zh"]', MICRO) for n, one in enumerate(self.ids["person"])
        )  # fmt: skip
        yield "assignment", "id, tie, role, person_id, place_id, starts, created_at", (
            (self.ids["tie"][n], "role", "volunteer", one,
             self.ids["community"][n % self.communities], date(2020, 2, 1), MICRO)
            for n, one in enumerate(self.ids["person"])
        )  # fmt: skip
        yield (
            "campaign",
            "id, code, programme, programme_version, name_zh, name_en, purpose, place_id, state, "
            "starts, deadline, created_at",
            ((one, f"S{n}", "household_sweep", "2026.1", "摸排", "Sweep", "disaster_relief",
              self.ids["community"][n], "open", date(2020, 2, 9), MICRO + 72 * HOUR, MICRO)
             for n, one in enumerate(self.ids["campaign"])),
        )  # fmt: skip
        listed = list(self._listed())
        yield (
            "enrollment",
            "id, campaign_id, place_id, building_id, community_id, state, reason, from_day, rank",
            ((*row[:5], "active", "signal", date(2020, 2, 9), row[5]) for row in listed),
        )
        fresh = iter(self._ids(len(listed)))
        yield (
            "task",
            "id, enrollment_id, campaign_id, place_id, building_id, slot, origin, due_from, "
            "due_until, state, rank, owner_id, created_at, changed_at",
            ((next(fresh), row[0], row[1], row[2], row[3], "visit", "cadence", MICRO - HOUR,
              MICRO + 60 * HOUR, "accepted" if row[6] else "requested", row[5], row[6], MICRO,
              MICRO) for row in listed),
        )  # fmt: skip

    def _places(self) -> Rows:
        ids = self.ids
        (top,) = ids["district"]
        blank = (None, None, None)
        yield top, "district", "D", None, None, None, "市", *blank
        for n, one in enumerate(ids["community"]):
            yield one, "community", f"C{n}", top, None, None, f"{n}社区", *blank
        for n, one in enumerate(ids["building"]):
            up = ids["community"][n // BUILDINGS_A_COMMUNITY]
            yield one, "building", f"B{n}", up, up, None, f"{n % 50 + 1}号楼", *blank
        for n, one in enumerate(ids["home"]):
            building = n // HOMES_A_BUILDING
            up = ids["building"][building]
            community = ids["community"][building // BUILDINGS_A_COMMUNITY]
            floor = n % HOMES_A_BUILDING // 4 + 1
            door = f"{floor}0{n % 4 + 1}"
            yield one, "household", f"H{n}", up, community, up, None, "1", floor, door

    def _listed(self) -> Rows:
        """Enrollment id, campaign, place, building, community, rank, owner."""
        fresh = iter(self._ids(self.communities * LISTED))
        size = HOMES_A_BUILDING * BUILDINGS_A_COMMUNITY
        for c, community in enumerate(self.ids["community"]):
            first = c * size
            within = range(first, min(first + size, self.homes))
            doors = self.chance.sample(within, min(LISTED, len(within)))
            for rank, door in enumerate(doors):
                person = c + rank // EACH * self.communities
                held = rank < HELD and person < self.people
                yield (
                    next(fresh), self.ids["campaign"][c], self.ids["home"][door],
                    self.ids["building"][door // HOMES_A_BUILDING], community, rank,
                    self.ids["person"][person] if held else None,
                )  # fmt: skip


def fill(
    db: Database,
    city: City,
    done: Collection[str] = (),
    note: Callable[[str], None] = lambda _: None,
) -> None:
    """Write the city; secondary indexes are made when all rows of a table are there.

    Tables in `done` are passed over; `note` hears of each when it is written.
    """
    for name, columns, rows in city.tables():
        if name in done:
            continue
        began = time.perf_counter()
        table = metadata.tables[name]
        indexes = [index for index in table.indexes if not index.unique]
        with db.engine.begin() as conn:
            for index in indexes:
                index.drop(conn, checkfirst=True)
            conn.execute(table.delete())
        count = (_sqlite if db.is_sqlite else _postgres)(db, table, columns, rows)
        with db.engine.begin() as conn:
            for index in indexes:
                index.create(conn)
        note(name)
        print(f"  {name}: {count:,} in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    with db.engine.begin() as conn:
        conn.execute(text("ANALYZE"))


def _sqlite(db: Database, table: Table, columns: str, rows: Rows) -> int:
    marks = ", ".join("?" for _ in columns.split(","))
    raw = db.engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.execute("BEGIN")
    plain = (
        tuple(v.isoformat() if isinstance(v, date) else v for v in row)
        if name_dated(table)
        else row
        for row in rows
    )
    cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", plain)
    cursor.execute("COMMIT")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    count = cursor.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
    raw.close()
    return int(count)


def name_dated(table: Table) -> bool:
    """Whether rows of this table hold local days, which the driver wants as text."""
    return table.name in ("assignment", "campaign", "enrollment")


def _postgres(db: Database, table: Table, columns: str, rows: Rows) -> int:
    raw = db.engine.raw_connection()
    count = 0
    with raw.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        cursor.execute("SET session_replication_role = DEFAULT")
    raw.commit()
    raw.close()
    return count


def measure(office: Office, city: City, picks: int) -> None:
    """Time the three; a table on stdout."""
    active = [n for n in range(city.people) if n // city.communities < HELD // EACH]
    people = [city.ids["person"][n] for n in random.Random(7).sample(active, picks)]
    phones = [phone_services.Phone("bench", one, "zh") for one in people]
    secrets = [
        phone_services.set_up(office, CLI, one, url="https://o.example", basic=True).secret
        for one in people
    ]
    client = TestClient(create_app(office), base_url="https://o.example")
    numbers = itertools.count()
    jobs: dict[str, Callable[[], Any]] = {
        "carried": lambda: _carried(office, phones[next(numbers) % picks].person_id),
        "lists": lambda: phone_lists.lists_of(office, phones[next(numbers) % picks]),
        "http": lambda: client.get(
            "/openrosa/lists/tasks.csv", auth=("x", secrets[next(numbers) % picks])
        ).raise_for_status(),
    }
    rows = phone_lists.lists_of(office, phones[0])["tasks"].rows
    print(f"rows in a list: {rows}", file=sys.stderr)
    print("| what | median ms | p95 ms | worst ms |\n|---|---:|---:|---:|")
    for name, job in jobs.items():
        taken = []
        for _ in range(picks):
            began = time.perf_counter()
            job()
            taken.append((time.perf_counter() - began) * 1000)
        taken.sort()
        p95 = taken[int(len(taken) * 0.95)]
        print(f"| {name} | {statistics.median(taken):.1f} | {p95:.1f} | {taken[-1]:.1f} |")


def _carried(office: Office, person_id: str) -> phone_doors.Carried:
    with office.read(CLI) as tx:
        return phone_doors.carried(office, tx, person_id)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=500_000)
    parser.add_argument("--people", type=int, default=30_000)
    parser.add_argument("--picks", type=int, default=200)
    parser.add_argument("--url", default="")
    options = parser.parse_args()
    folder = cache_folder() / f"phones-{options.homes}-{options.people}"
    folder.mkdir(exist_ok=True)
    home = Home.open(folder) if (folder / "lamplit.toml").exists() else Home.create(folder)
    url, stop = _address(options.url, home)
    db = Database(url)
    city = City(options.homes, options.people)
    try:
        made = folder / "filled"
        if options.url or not made.exists():
            if not options.url:
                (home.store_dir / "lamplit.db").unlink(missing_ok=True)
            migrate.upgrade(db)
            fill(db, city)
            made.touch()
        measure(Office(home, db, lambda: NOW + timedelta(hours=1)), city, options.picks)
    finally:
        db.close()
        stop()


def _address(wanted: str, home: Home) -> tuple[str, Callable[[], None]]:
    if wanted == "bundled":
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
        from servers import start_postgres

        server = start_postgres()
        return server.create_database(), server.stop
    return wanted or f"sqlite:///{home.store_dir / 'lamplit.db'}", lambda: None


if __name__ == "__main__":
    main()
