"""A community's film over HTTP: 6,000 homes × 60 nights, first asked and asked again.

`python bench/film.py [--homes 6000] [--nights 60] [--repeats 5]`

A town at 96 readings a day, all of it one community, its nights worked. The analyst gets every
window, the leader what is told of the buildings. "first": nothing of the film is in memory (the
file of what was told is deleted as well); "again": by the same process. Each time is that of the
whole request, with sign-in, log entry and gzip; the town is made once, under `LAMPLIT_BENCH`.
"""

from __future__ import annotations

import gzip
import json
import shutil
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import structlog
from sqlalchemy import insert
from starlette.testclient import TestClient

from _measure import cache_folder, parser, say_load
from lamplit.domain.field import Role
from lamplit.services import film as reels
from lamplit.services.field.access import sessions
from lamplit.services.field.homes import films
from lamplit.services.field.office import CLI, Office, new_id
from lamplit.services.field.people.assignments import tie_of
from lamplit.services.home import Home
from lamplit.store.schema import account, assignment, person, place
from lamplit.web.app import create_app

DAYS = 90


def lamplit(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "lamplit", *map(str, words)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def world(homes: int) -> Home:
    folder = cache_folder() / f"film-{homes}"
    home, data, done = folder / "home", folder / "town", folder / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        lamplit("town", "--homes", homes, "--days", DAYS, "-o", data)
        lamplit("init", home)
        lamplit("registry", "import", data / "registry.csv", "--home", home)
        _one_community(Home.open(home).registry_file)
        lamplit("ingest", data / "readings", "--home", home)
        lamplit("nightly", "--home", home)
        lamplit("places", "sync", "--home", home)
        shutil.rmtree(data)
        done.touch()
    lamplit("store", "upgrade", "--home", home)
    return Home.open(home)


def _one_community(file: Path) -> None:
    table = pq.read_table(file)
    at = table.schema.get_field_index("community_id")
    one = pa.array([table["community_id"][0].as_py()] * len(table), pa.string())
    pq.write_table(table.set_column(at, table.schema.field(at), one), file)


def client_of(office: Office, role: Role, place_id: str) -> TestClient:
    """A signed-in client of somebody new with a role at a place."""
    who, now = new_id(), office.clock()
    with office.begin(CLI) as tx:
        tx.conn.execute(insert(person).values(id=who, code=who, name=role.value, created_at=now))
        tx.conn.execute(insert(account).values(
            id=new_id(), person_id=who, username=who, password_hash="-", must_change=False,
            created_at=now))  # fmt: skip
        tx.conn.execute(insert(assignment).values(
            id=new_id(), tie=tie_of(role).value, role=role.value, person_id=who,
            place_id=place_id, starts=tx.today - timedelta(1), created_at=now))  # fmt: skip
        begun = sessions.open_in(tx, who, "bench", must_change=False)
    made = TestClient(create_app(office), base_url="http://localhost")
    made.cookies.set("lamplit", begun.secret)
    return made


def asked(client: TestClient, community: str, span: dict[str, str]) -> tuple[float, bytes, str]:
    """(milliseconds, the body as JSON text, its ETag)."""
    begun = time.perf_counter()
    answer = client.get(f"/api/v1/places/{community}/film", params=span)
    took = 1000 * (time.perf_counter() - begun)
    assert answer.status_code == 200, answer.text
    return took, answer.content, answer.headers["etag"]


def measure(home: Home, nights: int, repeats: int) -> None:
    office = Office.open(home)
    with office.db.read() as conn:
        row = conn.execute(place.select().where(place.c.kind == "community")).one()
        homes = len(conn.execute(place.select().where(place.c.kind == "household")).all())
    last = date.fromisoformat(json.loads((home.state_dir / "manifest.json").read_text())["through"])
    span = {"from": str(last - timedelta(nights - 1)), "to": str(last)}
    print(f"{homes:,} homes, {nights} nights\n")
    print("| who | first ms (worst) | again ms (worst) | 304 ms | JSON kB | gzipped kB |")
    print("|---|---:|---:|---:|---:|---:|")
    for role in (Role.ANALYST, Role.LEADER):
        client = client_of(office, role, row.id)
        firsts, agains = [], []
        for _ in range(repeats):
            films._SHELF.films.clear()
            reels._read.cache_clear()
            shutil.rmtree(home.store_dir / "told", ignore_errors=True)
            took, body, tag = asked(client, row.id, span)
            firsts.append(took)
            agains += [asked(client, row.id, span)[0] for _ in range(3)]
        begun = time.perf_counter()
        known = client.get(
            f"/api/v1/places/{row.id}/film", params=span, headers={"If-None-Match": tag}
        )
        unchanged = 1000 * (time.perf_counter() - begun)
        assert known.status_code == 304
        print(
            f"| {role.value} | {statistics.median(firsts):.0f} ({max(firsts):.0f}) "
            f"| {statistics.median(agains):.0f} ({max(agains):.0f}) | {unchanged:.0f} "
            f"| {len(body) / 1000:.0f} | {len(gzip.compress(body, 5)) / 1000:.0f} |"
        )
    office.db.close()


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--homes", type=int, default=6000)
    made.add_argument("--nights", type=int, default=60)
    wish = made.parse_args()
    measure(world(wish.homes), wish.nights, wish.repeats)
    say_load()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    main()
