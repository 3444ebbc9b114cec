"""How many submissions a second are made durable and worked in, by 32 clients.

`python bench/submissions.py [--clients 32] [--doors 6000] [--only sqlite|postgresql]`

Each client sends visits of its own homes one after the other and waits for each receipt, as a phone
does; every twentieth is sent twice. The service itself is measured, in one process, without HTTP.
Counts at the end: nothing lost, nothing doubled. PostgreSQL syncs each commit, as in a city.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "field"))

from campaign_world import build
from sqlalchemy import func, select

from lamplit.domain.field import Role
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.submissions import inbox
from lamplit.services.home import Home
from lamplit.store import migrate
from lamplit.store.database import Database
from lamplit.store.schema import enrollment, submission
from servers import start_postgres

XML = (
    '<data xmlns:orx="http://openrosa.org/xforms" id="lamplit_household_sweep" version="2026.1">'
    "<task>{task}</task><door>{door}</door><consent>yes</consent><living>returned</living>"
    "<days_back>2</days_back><needs>{needs}</needs><remark/>"
    "<orx:meta><orx:instanceID>uuid:{instance}</orx:instanceID></orx:meta></data>"
)


def office_on(url: str, folder: Path) -> Office:
    db = Database(url, pool=40)
    migrate.upgrade(db)
    return Office(Home.create(folder / "home"), db)


def body(at: int, task_id: str) -> bytes:
    """Of ten visits seven are answered, one of which in need; three meet nobody."""
    door = "no_answer" if at % 10 < 3 else "answered"
    needs = "ill food" if at % 10 == 9 else "none"
    said = XML.format(task=task_id, door=door, needs=needs, instance=uuid.uuid4())
    return said.encode()


def measure(office: Office, clients: int, doors: int, warm: int) -> dict[str, float]:
    world = build(office, buildings=doors // 100, homes=100)
    actor = world.person("v1", Role.VOLUNTEER)
    people = [world.person(f"p{n}", Role.VOLUNTEER) for n in range(clients)]
    campaign = world.campaign(parameters={"way": "every_door"})
    world.sweep(campaign, world.evening())
    tasks = [row.id for row in world.tasks()]

    def send(who: Actor, data: bytes) -> float:
        begun = time.perf_counter()
        inbox.receive(office, who, transport="openrosa", content_type="text/xml", body=data)
        return time.perf_counter() - begun

    def client(mine: tuple[int, list[str]]) -> list[float]:
        number, ids = mine
        taken = []
        for at, task_id in enumerate(ids):
            data = body(at, task_id)
            taken.append(send(people[number], data))
            if at % 20 == 19:
                taken.append(send(people[number], data))
        return taken

    for task_id in tasks[:warm]:
        send(actor, body(5, task_id))
    rest = tasks[warm:]
    shares = [(n, rest[n::clients]) for n in range(clients)]
    begun, spent = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(clients) as pool:
        spans = sorted(span for part in pool.map(client, shares) for span in part)
    elapsed, spent = time.perf_counter() - begun, time.process_time() - spent
    with office.db.read() as conn:
        kept = conn.scalar(select(func.count()).select_from(submission))
        tried = conn.scalar(
            select(func.count()).select_from(enrollment).where(enrollment.c.attempts == 1)
        )
    return {
        "clients": clients,
        "sent": len(spans),
        "per_second": round(len(spans) / elapsed, 1),
        "cpu_ms_each": round(1000 * spent / len(spans), 2),
        "p50_ms": round(1000 * spans[len(spans) // 2], 1),
        "p99_ms": round(1000 * spans[int(len(spans) * 0.99)], 1),
        "max_ms": round(1000 * spans[-1], 1),
        "lost": len(tasks) - int(kept or 0),
        "doubled": len(tasks) - int(tried or 0),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--doors", type=int, default=6000)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    found = {}
    if asked.only in ("", "sqlite"):
        with tempfile.TemporaryDirectory() as folder:
            office = office_on(f"sqlite:///{folder}/store.db", Path(folder))
            found["sqlite"] = measure(office, asked.clients, asked.doors, 100)
            office.db.close()
    if asked.only in ("", "postgresql"):
        server = start_postgres()
        with tempfile.TemporaryDirectory() as folder:
            office = office_on(server.create_database(), Path(folder))
            found["postgresql"] = measure(office, asked.clients, asked.doors, 100)
            office.db.close()
        server.stop()
    print(json.dumps({"load": os.getloadavg()[0], **found}, indent=1))


if __name__ == "__main__":
    main()
