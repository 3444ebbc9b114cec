"""A leader's façade of a community: `python bench/campaign_facade.py [--homes 6000]`.

Every door of a community is enrolled, half of them visited, each building with somebody who is
responsible. Ten answers of `GET /campaigns/{campaign}/facade` through the whole application, signed
in with a token and gzipped: median and worst, processor time of each (with the client that reads
it), and the bytes that go over the wire.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "field"))

from campaign_world import build
from starlette.testclient import TestClient

from board import timed, visited
from lamplit.domain.field import Role
from lamplit.services.field.access import tokens
from lamplit.services.field.office import CLI, Office
from lamplit.web import heap
from lamplit.web.app import create_app
from servers import start_postgres
from submissions import office_on


def measure(office: Office, homes: int) -> dict[str, object]:
    world = build(office, buildings=homes // 60, homes=60)
    for n, block in enumerate(world.buildings):
        world.person(f"p{n}", Role.RESPONSIBLE, block)
    world.person("boss", Role.LEADER)
    campaign = world.campaign(parameters={"way": "every_door"})
    world.sweep(campaign, world.dark(*world.doors[: homes // 2]))
    visited(world, campaign.id, list(world.people.values()))
    token = tokens.issue(office, CLI, "boss", "bench", "api")
    client = TestClient(create_app(office), base_url="http://localhost", client=("127.0.0.1", 5))
    client.headers["Authorization"] = f"Bearer {token.secret}"
    path = f"/api/v1/campaigns/{campaign.id}/facade"
    answer = client.get(path)
    answer.raise_for_status()
    assert sum(answer.json()["counts"].values()) == homes
    heap.settle()  # as a server does
    begun = time.process_time()
    spans = timed(lambda: client.get(path))
    return {
        **spans,
        "cpu_ms": round(100 * (time.process_time() - begun), 1),
        "kB": round(len(answer.content) / 1000),
        "gzipped_kB": round(len(gzip.compress(answer.content, 5)) / 1000),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--homes", type=int, default=6000)
    asked.add_argument("--only", choices=("sqlite", "postgresql"))
    wish = asked.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        if wish.only != "postgresql":
            office = office_on(f"sqlite:///{folder}/lamplit.db", Path(folder) / "one")
            print("sqlite", json.dumps(measure(office, wish.homes)))
        if wish.only != "sqlite":
            server = start_postgres()
            office = office_on(server.create_database(), Path(folder) / "two")
            print("postgresql", json.dumps(measure(office, wish.homes)))
            office.db.close()
            server.stop()


if __name__ == "__main__":
    main()
