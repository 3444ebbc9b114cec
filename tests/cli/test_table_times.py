"""Times in tables of the command line have one form, which sorts, in the office's zone (0005)."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, update

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "field"))

from campaign_world import World, build

from lamplit.cli.app import run
from lamplit.domain.field import Role
from lamplit.services.field.access import tokens
from lamplit.services.field.office import CLI, Office
from lamplit.services.home import Home
from lamplit.store.schema import inbox, plan, stock_move, token

AT, SAID = datetime(2026, 11, 25, 17, 5, tzinfo=UTC), "2026-11-26 01:05"
TIMES = re.compile(r"\S*\b\d\d-\d\d[ T]\d\d:\d\d(?::\d\d|Z)?")


@pytest.fixture
def world(tmp_path, monkeypatch):
    home = Home.create(tmp_path / "home", timezone="Asia/Shanghai")
    office = Office.open(home)
    made = build(office, buildings=1, homes=2)
    made.person("boss", Role.LEADER)
    _things(made, made.campaign(parameters={"way": "every_door"}).id)
    monkeypatch.setenv("LAMPLIT_HOME", str(tmp_path / "home"))
    yield made
    office.db.close()


def _things(made: World, campaign: str) -> None:
    tokens.issue(made.office, CLI, "boss", "phone", "openrosa")
    with made.office.db.begin() as conn:
        conn.execute(insert(inbox).values(
            id="i", received_at=AT, transport="api", sha256="0" * 64, content_type="text/xml",
            body=b"x", state="quarantined", problem="submit.unreadable"))  # fmt: skip
        conn.execute(
            insert(stock_move).values(
                id="m", item="mask", quantity=5, to_holder=f"place:{made.community}", moved_at=AT
            )
        )
        conn.execute(
            insert(plan).values(
                id="p", campaign_id=campaign, origin="planner", state="ready", made_at=AT
            )
        )
        conn.execute(update(token).values(used_at=AT))


@pytest.mark.parametrize(
    "words",
    [
        ("inbox", "list", "--as", "boss"),
        ("stock", "ledger", "--as", "boss"),
        ("campaign", "plans", "sweep", "--as", "boss"),
        ("phone", "list", "boss"),
        ("campaign", "list", "--as", "boss"),
    ],
)
def test_a_time_is_said_with_its_year_as_it_sorts_and_on_the_office_s_clock(world, capsys, words):
    assert run(list(words)) == 0
    found = TIMES.findall(capsys.readouterr().out)
    assert found
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", one) for one in found), found
    if words[:2] != ("campaign", "list"):
        assert SAID in found
