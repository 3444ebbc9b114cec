"""The board of a campaign with 100,000 enrollments, and the sweep that fills it.

`python bench/board.py [--doors 100000] [--only sqlite|postgresql]`

A community of 100,000 homes under `every_door`, half of it visited by 500 people: the time to
enrol them all with their tasks, to sweep once more with nothing new, and for the board (median
and worst of ten).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "field"))

from campaign_world import World, build

from lamplit.domain.field import Role
from lamplit.services.field.campaigns.board import board
from lamplit.services.field.office import CLI, Office, new_id
from lamplit.services.field.tasks.tasklist import tasks_of
from lamplit.store import bulk
from lamplit.store.schema import enrollment, submission, task
from servers import start_postgres
from submissions import office_on

FOUND = ("reached", "reached", "reached", "no_answer", "refused")


def visited(world: World, campaign: str, people: list[str]) -> None:
    """Half of the homes visited, written straight into the tables."""
    draw = random.Random(7)
    tasks = world.tasks()
    done = draw.sample(tasks, len(tasks) // 2)
    now = datetime.now(UTC)
    rows, changed, settled = [], [], []
    for one in done:
        outcome = draw.choice(FOUND)
        at = now - timedelta(minutes=draw.randrange(1, 2000))
        who = draw.choice(people)
        made = {
            "id": new_id(), "instance_id": new_id(), "campaign_id": campaign,
            "enrollment_id": one.enrollment_id, "task_id": one.id, "place_id": one.place_id,
            "programme": "household_sweep", "form_id": "lamplit_household_sweep",
            "form_version": "2026.1", "author_id": who, "received_at": at,
            "answers": {"door": "answered", "consent": "yes", "living": "living", "needs": "none"},
            "outcome": outcome, "found": "lived_in",
        }  # fmt: skip
        rows.append(made)
        state = "failed" if outcome == "no_answer" else "completed"
        changed.append({"id": one.id, "state": state, "performed_at": at, "performed_by": who})
        over = "active" if outcome == "no_answer" else "done"
        settled.append(
            {"id": one.enrollment_id, "state": over, "outcome": outcome, "found": "lived_in",
             "attempts": 1, "done_at": at if over == "done" else None}
        )  # fmt: skip
    with world.office.db.begin() as conn:
        bulk.add(conn, submission, rows)
        bulk.change_all(conn, task, changed)
        bulk.change_all(conn, enrollment, settled)


def timed(call, times: int = 10) -> dict[str, float]:
    spans = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        spans.append(1000 * (time.perf_counter() - begun))
    return {"median_ms": round(statistics.median(spans), 1), "worst_ms": round(max(spans), 1)}


def measure(office: Office, doors: int) -> dict[str, object]:
    world = build(office, buildings=doors // 100, homes=100)
    for n in range(500):
        world.person(f"p{n}", Role.VOLUNTEER, world.buildings[n % len(world.buildings)])
    campaign = world.campaign(parameters={"way": "every_door"})
    spans = []
    for _ in range(2):
        begun = time.perf_counter()
        world.sweep(campaign, world.dark(*world.doors[: doors // 2]))
        spans.append(round(time.perf_counter() - begun, 2))
    visited(world, campaign.id, list(world.people.values()))
    if not office.db.is_sqlite:
        with office.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM ANALYZE")
    found = {
        "sweep_s": spans[0],
        "sweep_again_s": spans[1],
        "board": timed(lambda: board(office, CLI, campaign.id)),
        "task_list": timed(lambda: tasks_of(office, world.person("p0"))),
    }
    shown = board(office, CLI, campaign.id)
    assert shown.enrolled == doors
    assert 0 < shown.done < doors
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--doors", type=int, default=100_000)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    found: dict[str, object] = {"load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        if asked.only in ("", "sqlite"):
            office = office_on(f"sqlite:///{folder}/store.db", Path(folder) / "a")
            found["sqlite"] = measure(office, asked.doors)
            office.db.close()
        if asked.only in ("", "postgresql"):
            server = start_postgres()
            office = office_on(server.create_database(), Path(folder) / "b")
            found["postgresql"] = measure(office, asked.doors)
            office.db.close()
            server.stop()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
