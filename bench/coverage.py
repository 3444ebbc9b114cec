"""Who covers what in a full store: `python bench/coverage.py --homes 5000000 --people 300000`.

The city of `entity_csv.py`, in twelve districts, and with it: people of 2,000 organisations who
have checked in, a leader for each community and district, somebody responsible for four buildings
in five and for some single homes, and one campaign of 100,000 homes of a district, half of them
visited. It is written once, table by table; a run that was broken off goes on with the next table
(SQLite), and the store is deleted after, unless `--keep`.

Each page is fetched by somebody who may, of places picked at random, nothing kept from one to the
next; `--url bundled` measures on the PostgreSQL that the tests start. "CPU ms" is the median of
this process alone, which a busy machine disturbs less: with SQLite all of the work, with PostgreSQL
the part that is ours.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import shutil
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from _measure import cache_folder
from entity_csv import (
    BUILDINGS_A_COMMUNITY,
    HOMES_A_BUILDING,
    HOUR,
    MICRO,
    NOW,
    City,
    Rows,
    _address,
    fill,
)
from lamplit.services.field.campaigns import board as boards
from lamplit.services.field.campaigns import doors
from lamplit.services.field.office import CLI, Actor, Office
from lamplit.services.field.people import checkin, coverage
from lamplit.services.field.people import people as people_services
from lamplit.services.field.phones import phone_lists
from lamplit.services.field.phones.phone import Phone
from lamplit.services.field.places import place_views
from lamplit.services.field.tasks.tasklist import tasks_of
from lamplit.services.home import Home
from lamplit.store import migrate
from lamplit.store.database import Database

DISTRICTS, ORGANISATIONS = 12, 2_000
TODAY, FIRST = date(2020, 2, 10), date(2020, 2, 1)
BIG = 100_000


class Neighbourhoods(City):
    """The city with its people at work in it."""

    def __init__(self, homes: int, people: int, big: int) -> None:
        super().__init__(homes, people)
        self.big = min(big, homes // DISTRICTS)
        for name, count in (
            ("area", DISTRICTS), ("organisation", ORGANISATIONS), ("leader", self.communities),
            ("check_in", people), ("keeper", self.buildings), ("single", homes // 200),
            ("area_leader", DISTRICTS), ("big", self.big), ("big_task", self.big),
            ("visit", self.big // 2), ("big_campaign", 1),
        ):  # fmt: skip
            self.ids[name] = self._ids(count)

    def tables(self) -> Iterator[tuple[str, str, Rows]]:
        """Those of the city, with more in some of them."""
        more = {
            "assignment": self._ties(),
            "campaign": self._big_campaign(),
            "enrollment": self._big_enrollments(),
            "task": self._big_tasks(),
        }
        yield "organisation", "id, code, kind, name_zh", (
            (one, f"O{n}", "branch", f"{n}支部") for n, one in enumerate(self.ids["organisation"])
        )  # fmt: skip
        for name, columns, rows in super().tables():
            if name == "person":
                yield name, columns + ", organisation_id", self._members(rows)
                continue
            added = more.get(name)
            yield name, columns, itertools.chain(rows, added) if added else rows
        yield (
            "submission",
            "id, instance_id, campaign_id, enrollment_id, task_id, place_id, programme, form_id, "
            "form_version, author_id, received_at, answers, outcome, found",
            self._visits(),
        )

    def area_of(self, community: int) -> int:
        """The district of a community."""
        return community * DISTRICTS // self.communities

    def _places(self) -> Rows:
        top = self.ids["district"][0]
        for row in super()._places():
            if row[1] == "community":
                n = int(row[2][1:])
                yield (*row[:3], self.ids["area"][self.area_of(n)], row[0], *row[5:])
            else:
                yield row
            if row[0] == top:
                for n, one in enumerate(self.ids["area"]):
                    yield one, "district", f"D{n}", top, None, None, f"{n}区", None, None, None

    def _members(self, rows: Rows) -> Rows:
        for n, row in enumerate(rows):
            yield (*row, self.ids["organisation"][n % ORGANISATIONS])

    def _ties(self) -> Rows:
        """(id, tie, role, person, place, starts, created): as the city's own."""
        people, chance = self.ids["person"], random.Random(3)
        for n, one in enumerate(self.ids["check_in"]):
            where = self.ids["community"][n * 7 % self.communities]
            role = "paired" if n % 2 else "home"
            yield one, "check_in", role, people[n], where, FIRST + timedelta(n % 10), MICRO
        for n, one in enumerate(self.ids["leader"]):
            yield (one, "role", "leader", people[n % self.people], self.ids["community"][n],
                   FIRST, MICRO)  # fmt: skip
        for n, one in enumerate(self.ids["area_leader"]):
            yield one, "role", "leader", people[-1 - n], self.ids["area"][n], FIRST, MICRO
        for n, one in enumerate(self.ids["keeper"]):
            if n % 5:
                community = n // BUILDINGS_A_COMMUNITY
                person = people[(community + n % 50 // 5 * self.communities) % self.people]
                yield (one, "responsibility", "responsible", person, self.ids["building"][n],
                       FIRST, MICRO)  # fmt: skip
        for n, one in enumerate(self.ids["single"]):
            person = people[chance.randrange(self.people)]
            yield (one, "responsibility", "responsible", person, self.ids["home"][n * 200],
                   FIRST, MICRO)  # fmt: skip

    def _big_campaign(self) -> Rows:
        yield (self.ids["big_campaign"][0], "BIG", "household_sweep", "2026.1", "大摸排", "Big",
               "disaster_relief", self.ids["area"][0], "open", date(2020, 2, 9),
               MICRO + 72 * HOUR, MICRO)  # fmt: skip

    def _doors(self) -> Iterator[tuple[int, str, str, str, str]]:
        """(number, home, building, community, person) of the big campaign."""
        step = max(1, self.homes // DISTRICTS // max(self.big, 1))
        for n in range(self.big):
            home = n * step
            building = home // HOMES_A_BUILDING
            community = building // BUILDINGS_A_COMMUNITY
            ids = self.ids
            yield (n, ids["home"][home], ids["building"][building], ids["community"][community],
                   ids["person"][community])  # fmt: skip

    def _big_enrollments(self) -> Rows:
        campaign = self.ids["big_campaign"][0]
        for n, home, building, community, _ in self._doors():
            yield (self.ids["big"][n], campaign, home, building, community,
                   "done" if n % 2 and n % 10 != 1 else "active", "signal", date(2020, 2, 9),
                   n + 1)  # fmt: skip

    def _big_tasks(self) -> Rows:
        campaign = self.ids["big_campaign"][0]
        for n, home, building, _, person in self._doors():
            state = "requested" if not n % 2 else "failed" if n % 10 == 1 else "completed"
            yield (self.ids["big_task"][n], self.ids["big"][n], campaign, home, building, "visit",
                   "cadence", MICRO - HOUR, MICRO + 60 * HOUR, state, n + 1,
                   person if n % 2 else None, MICRO, MICRO)  # fmt: skip

    def _visits(self) -> Rows:
        campaign = self.ids["big_campaign"][0]
        for n, home, _, _, person in self._doors():
            if n % 2 and n // 2 < len(self.ids["visit"]):
                one = self.ids["visit"][n // 2]
                said = "no_answer" if n % 10 == 1 else "reached"
                yield (one, one, campaign, self.ids["big"][n], self.ids["big_task"][n], home,
                       "household_sweep", "lamplit_household_sweep", "2026.1", person,
                       MICRO - n * 600_000, "{}", said, "unknown")  # fmt: skip


def settle_big(db: Database) -> None:
    """What the visits made of the big campaign's enrollments."""
    mine = "campaign_id = (SELECT id FROM campaign WHERE code = 'BIG')"
    done = f"CASE state WHEN 'done' THEN {MICRO} - rank * CAST(600000 AS BIGINT) END"
    enrollments = f"""
        UPDATE enrollment SET attempts = 1, found = 'lived_in', done_at = {done},
          outcome = CASE state WHEN 'done' THEN 'reached' ELSE 'no_answer' END,
          done_why = CASE state WHEN 'done' THEN 'reached' END
        WHERE {mine} AND rank % 2 = 0"""
    tasks = f"""
        UPDATE task SET performed_at = changed_at, performed_by = owner_id
        WHERE {mine} AND state IN ('completed', 'failed')"""
    with db.engine.begin() as conn:
        for statement in (enrollments, tasks):
            conn.execute(text(statement))


def jobs(office: Office, city: Neighbourhoods) -> dict[str, tuple[int, float, Callable[[], Any]]]:
    """Each page: how often to fetch it, the aim in ms (0: none), and one fetch."""
    chance, ids = random.Random(7), city.ids
    active = [n for n in range(city.people) if n // city.communities < 10]

    def person() -> str:
        return ids["person"][chance.choice(active)]

    def community() -> tuple[Actor, str]:
        n = chance.randrange(city.communities)
        return Actor(ids["person"][n % city.people]), ids["community"][n]

    def district() -> tuple[Actor, str]:
        n = chance.randrange(DISTRICTS)
        return Actor(ids["person"][-1 - n]), ids["area"][n]

    last, big = TODAY + timedelta(1), ids["big_campaign"][0]
    chief = Actor(ids["person"][-1])
    return {
        "a person's task list": (200, 50, lambda: tasks_of(office, Actor(person()))),
        "a phone's two lists": (
            200, 50, lambda: phone_lists.lists_of(office, Phone("bench", person(), "zh"))),
        "coverage of a community": (50, 200, lambda: coverage.covers(office, *community())),
        "the same, home by home": (
            20, 0, lambda: coverage.covers(office, *community(), homes=True)),
        "coverage of a district's communities, 20 a page": (
            20, 200, lambda: coverage.coverage_by_community(office, *district())),
        "the same, 50 a page": (
            20, 0, lambda: coverage.coverage_by_community(office, *district(), limit=50)),
        "check-in curve of a community": (
            50, 200, lambda: checkin.checkin_curve(office, *community(), FIRST, last)),
        "check-in curve of a district": (
            20, 200, lambda: checkin.checkin_curve(office, *district(), FIRST, last)),
        "check-in curve of the city": (
            5, 0, lambda: checkin.checkin_curve(office, CLI, ids["district"][0], FIRST, last)),
        "people of a community, 200 a page": (
            50, 200, lambda: _people(office, *community())),
        "people of a district, 200 a page": (20, 200, lambda: _people(office, *district())),
        "people of the city by name, 200 a page": (
            20, 200, lambda: people_services.list_people(
                office, CLI, text=f"P{chance.randrange(10, 99)}")),
        "people of an organisation": (
            20, 200, lambda: people_services.list_people(
                office, CLI, organisation=chance.choice(ids["organisation"]))),
        "what lies in a district": (
            20, 200, lambda: place_views.children(office, CLI, chance.choice(ids["area"]))),
        "board, 100,000 enrolled": (10, 200, lambda: boards.board(office, chief, big)),
        "doors of that campaign, a page": (10, 200, lambda: doors.listed(office, chief, big)),
    }  # fmt: skip


def _people(office: Office, actor: Actor, place: str) -> Any:
    return people_services.list_people(office, actor, place=place)


def measure(office: Office, city: Neighbourhoods, only: str) -> None:
    """A table on stdout."""
    print(
        "| page | aim ms | median ms | p95 ms | worst ms | CPU ms |\n|---|---:|---:|---:|---:|---:|"
    )
    for name, (times, aim, job) in jobs(office, city).items():
        if only and only not in name:
            continue
        taken, spent = [], []
        for _ in range(times):
            began, used = time.perf_counter(), time.process_time()
            job()
            spent.append((time.process_time() - used) * 1000)
            taken.append((time.perf_counter() - began) * 1000)
        taken.sort()
        p95 = taken[min(int(len(taken) * 0.95), len(taken) - 1)]
        told = f"{aim:.0f}" if aim else ""
        print(
            f"| {name} | {told} | {statistics.median(taken):.1f} | {p95:.1f} | {taken[-1]:.1f} "
            f"| {statistics.median(spent):.1f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=500_000)
    parser.add_argument("--people", type=int, default=30_000)
    parser.add_argument("--big", type=int, default=BIG)
    parser.add_argument("--url", default="", help="a PostgreSQL database, or `bundled`")
    parser.add_argument("--only", default="", help="pages whose name has this in it")
    parser.add_argument("--keep", action="store_true", help="keep the store for another run")
    asked = parser.parse_args()
    folder = cache_folder() / f"coverage-{asked.homes}-{asked.people}"
    folder.mkdir(exist_ok=True)
    home = Home.open(folder) if (folder / "lamplit.toml").exists() else Home.create(folder)
    url, stop = _address(asked.url, home)
    db = Database(url)
    city = Neighbourhoods(asked.homes, asked.people, asked.big)
    try:
        migrate.upgrade(db)
        _fill_once(db, city, folder / "filled.json", url)
        _say_size(db)
        measure(Office(home, db, lambda: NOW + timedelta(hours=1)), city, asked.only)
    finally:
        db.close()
        stop()
        if not asked.keep:
            shutil.rmtree(folder)


def _fill_once(db: Database, city: Neighbourhoods, book: Path, url: str) -> None:
    """Write the tables that are not there yet; `book` says which are, in which store."""
    kept = json.loads(book.read_text()) if book.exists() else {}
    done = set(kept.get(url, ()))

    def note(name: str) -> None:
        done.add(name)
        book.write_text(json.dumps({url: sorted(done)}))

    fill(db, city, done, note)
    if "settled" not in done:
        settle_big(db)
        _tidy(db)
        note("settled")


def _tidy(db: Database) -> None:
    """Statistics for the planner of queries; and what was written last lies in the file."""
    if not db.is_sqlite:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM ANALYZE")
        return
    # The office's connections begin a transaction by themselves, in which nothing is checkpointed.
    with closing(sqlite3.connect(str(db.url.database), isolation_level=None)) as file:
        file.execute("ANALYZE")
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _say_size(db: Database) -> None:
    with db.read() as conn:
        asked = (
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            if db.is_sqlite
            else "SELECT pg_database_size(current_database())"
        )
        size = conn.exec_driver_sql(asked).scalar()
        count = conn.exec_driver_sql("SELECT count(*) FROM place").scalar()
    print(f"{count:,} places, {size / 1e9:.1f} GB", file=sys.stderr)


if __name__ == "__main__":
    main()
