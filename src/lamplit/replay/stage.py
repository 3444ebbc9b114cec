"""Setting the stage: a town of one community, its meters read up to the eve, and the people.

Everything here is what an operator does before a campaign; the story itself goes over HTTP.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from lamplit.domain.field import PlaceKind, Role
from lamplit.meters.layouts.base import Options
from lamplit.replay.chance import dice
from lamplit.replay.story import (
    BEYOND_DAYS,
    HISTORY_DAYS,
    LAST_DAY,
    START,
    STREETS,
    SWEEP_DAY,
    UNITS,
    Member,
    Scale,
    members,
)
from lamplit.replay.walk import stands
from lamplit.services.field import tokens
from lamplit.services.field.assignments import assign
from lamplit.services.field.office import CLI, Office, new_id
from lamplit.services.field.sync import sync_places
from lamplit.services.home import SETTINGS_FILE, Home
from lamplit.services.ingest import ingest
from lamplit.services.night.advance import run_nights
from lamplit.services.registry import apply_import, plan_import
from lamplit.services.town import TownRequest, make_town
from lamplit.store import bulk
from lamplit.store.places import by_code, by_codes
from lamplit.store.schema import organisation, person, place

Report = Callable[[float, float | None], None]
TOWN, HOME = "town", "home"
COMMUNITY = "C1"
"""The community that is swept: the whole town. The members' other communities have no homes."""
DISTRICT, DEPOT = "D1", "AID1"
OPERATOR, LEADER, OFFICER = "OP01", "LD01", "DO01"
METRES_A_DEGREE = 111_320.0
OFFICE_AT = (30.55, 114.31)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the town and its home are, and the evening before the sweep."""

    folder: Path
    scale: Scale

    @property
    def town(self) -> Path:
        """The town's files."""
        return self.folder / TOWN

    @property
    def home(self) -> Path:
        """The home folder."""
        return self.folder / HOME

    @property
    def eve(self) -> date:
        """The last night before the sweep."""
        return START + timedelta(SWEEP_DAY - 1)

    def make_town(self, report: Report) -> bool:
        """The town, if it is not there yet; whether it was made now."""
        manifest = self.town / "town.json"
        if manifest.is_file() and json.loads(manifest.read_text("utf-8"))["complete"]:
            return False
        shutil.rmtree(self.town, ignore_errors=True)
        days = HISTORY_DAYS + LAST_DAY + 1 + BEYOND_DAYS
        start = START - timedelta(HISTORY_DAYS)
        request = TownRequest(self.scale.homes, days, self.scale.seed, start=start.isoformat())
        make_town(request, self.town, report=report)
        _one_community(self.town / "registry.csv")
        return True

    def read_meters(self, report: Report) -> int:
        """Registry, readings and the nights up to the eve; gives the nights that were new."""
        if not (self.home / SETTINGS_FILE).exists():
            Home.create(self.home)
        home = Home.open(self.home)
        apply_import(home, plan_import(home, self.town / "registry.csv"))
        ingest(
            home,
            [self.town / "readings"],
            Options(timezone=home.timezone),
            report=lambda at, of, _: report(at * 0.6, of),
        )
        done = run_nights(
            home,
            self.eve,
            progress=lambda _, at, of: report(0.6 * of + 0.4 * at, of) if of else None,
        )
        return done.nights


def _one_community(registry: Path) -> None:
    """Make the town one community: the story's sweep is of one, of 6,000 homes."""
    with registry.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    zh, en = STREETS[0]
    number: dict[str, int] = {}
    for row in rows:
        at = number.setdefault(row["building_id"], len(number) + 1)
        row |= {
            "community_id": COMMUNITY,
            "community_name_zh": f"{zh}社区",
            "community_name_en": f"{en} community",
            "building_name_zh": f"{at}号楼",
            "building_name_en": f"Building {at}",
        }
    with registry.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def sweepers(scale: Scale, everybody: list[Member]) -> list[str]:
    """Who sweeps: of those who have checked in, the first that are drawn."""
    drawn = list(everybody)
    dice(scale.seed, "sweepers").shuffle(drawn)
    return sorted(one.code for one in drawn[: scale.sweepers])


def people(scale: Scale) -> list[tuple[str, str, str]]:
    """(code, name, branch) of all: the staff first, then the members."""
    staff = [(OPERATOR, "系统管理员"), (LEADER, "社区书记"), (OFFICER, "值班员")]
    staff += [(f"IN{n + 1:03d}", f"督察员{n + 1}") for n in range(scale.inspectors)]
    return [(code, name, "ORG") for code, name in staff] + [
        (m.code, m.name, f"BR{m.branch + 1:02d}") for m in members(scale)
    ]


def set_up(office: Office, scale: Scale, report: Report) -> dict[str, str]:
    """Places, organisations, people, roles and accounts; gives each person's token for the API."""
    _places(office, scale)
    sync_places(office, CLI, district=DISTRICT)
    _where_buildings_stand(office)
    _organisations(office, scale)
    _people(office, scale)
    for code, where, role in ((OPERATOR, DISTRICT, Role.OPERATOR), (LEADER, DISTRICT, Role.LEADER),
                           (OFFICER, DISTRICT, Role.DUTY_OFFICER)):  # fmt: skip
        assign(office, CLI, person=code, place=where, role=role)
    for n in range(scale.inspectors):
        assign(office, CLI, person=f"IN{n + 1:03d}", place=DISTRICT, role=Role.INSPECTOR)
    keys = {}
    everybody = people(scale)
    for number, (code, _, _) in enumerate(everybody):
        keys[code] = tokens.issue(office, CLI, code, "replay", "api").secret
        if number % 20 == 0:
            report(number, len(everybody))
    return keys


def _places(office: Office, scale: Scale) -> None:
    district = new_id()
    rows: list[dict[str, Any]] = [
        {"id": district, "kind": PlaceKind.DISTRICT.value, "code": DISTRICT,
         "name_zh": "江城", "name_en": "River City"},
    ]  # fmt: skip
    for n in range(1, scale.communities):
        zh, en = STREETS[n % len(STREETS)]
        rows.append(
            {"id": new_id(), "kind": PlaceKind.COMMUNITY.value, "code": f"C{n + 1}",
             "parent_id": district, "name_zh": f"{zh}社区", "name_en": f"{en} community"}
        )  # fmt: skip
    with office.begin(CLI) as tx:
        bulk.add(tx.conn, place, rows)


def _where_buildings_stand(office: Office) -> None:
    """The map: buildings on a grid of streets, and the aid point in the community."""
    with office.begin(CLI) as tx:
        community = by_code(tx.conn, COMMUNITY, PlaceKind.COMMUNITY)[0]
        tx.conn.execute(
            insert(place).values(
                id=new_id(), kind=PlaceKind.AID_POINT.value, code=DEPOT, parent_id=community.id,
                community_id=community.id, name_zh="物资发放点", name_en="Aid point",
            )
        )  # fmt: skip
        rows = tx.conn.execute(place.select().where(place.c.kind == PlaceKind.BUILDING.value)).all()
        for row in sorted(rows, key=lambda r: int(r.code.lstrip("B"))):
            x, y = stands(int(row.code.lstrip("B")) - 1)
            tx.conn.execute(
                place.update()
                .where(place.c.id == row.id)
                .values(
                    lat=OFFICE_AT[0] + y / METRES_A_DEGREE,
                    lon=OFFICE_AT[1] + x / (METRES_A_DEGREE * 0.861),
                    has_lift=(row.floors or 0) >= 10,
                )
            )


def _organisations(office: Office, scale: Scale) -> None:
    root = new_id()
    rows: list[dict[str, Any]] = [
        {"id": root, "code": "ORG", "kind": "company", "name_zh": "江城供电公司",
         "name_en": "River City Power", "parent_id": None}
    ]  # fmt: skip
    rows += [
        {"id": new_id(), "code": f"BR{n + 1:02d}", "kind": "branch", "parent_id": root,
         "name_zh": f"第{n + 1}党支部", "name_en": f"Branch {n + 1}"}
        for n in range(scale.communities)
    ]  # fmt: skip
    rows += [
        {"id": new_id(), "code": code, "kind": "company", "parent_id": root,
         "name_zh": zh, "name_en": en}
        for code, zh, en in UNITS
    ]  # fmt: skip
    with office.begin(CLI) as tx:
        bulk.add(tx.conn, organisation, rows)


def _people(office: Office, scale: Scale) -> None:
    with office.begin(CLI) as tx:
        belongs = {row.code: row.id for row in tx.conn.execute(organisation.select()).all()}
        codes = [f"C{n + 1}" for n in range(scale.communities)]
        homes = by_codes(tx.conn, PlaceKind.COMMUNITY, codes)
        lives = {m.code: homes[codes[m.home]].id for m in members(scale)}
        bulk.add(
            tx.conn, person,
            [
                {"id": new_id(), "code": code, "name": name, "organisation_id": belongs[branch],
                 "home_place_id": lives.get(code), "language": "zh", "created_at": tx.now}
                for code, name, branch in people(scale)
            ],
        )  # fmt: skip
