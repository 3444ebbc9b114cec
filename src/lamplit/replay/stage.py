"""Setting the stage: a town of one community, its meters read up to the eve, and the people.

Everything here is what an operator does before a campaign; the story itself goes over HTTP.
"""

from __future__ import annotations

import csv
import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from lamplit.domain.field import PlaceKind, Role
from lamplit.meters.layouts.base import Options
from lamplit.replay.chance import dice
from lamplit.replay.story import (
    BEYOND_DAYS,
    DAY,
    HISTORY_DAYS,
    LAST_DAY,
    START,
    STREETS,
    SWEEP_DAY,
    SWEEP_DAYS,
    UNITS,
    Member,
    Scale,
    hours,
    members,
)
from lamplit.replay.walk import TOWER_FLOORS, stands
from lamplit.services.field.access import accounts, tokens
from lamplit.services.field.files.imports import Kind, apply_import, plan_import
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.places.sync import sync_places
from lamplit.services.home import SETTINGS_FILE, Home
from lamplit.services.ingest import ingest
from lamplit.services.night.advance import run_nights
from lamplit.services.registry import apply_import as apply_registry
from lamplit.services.registry import plan_import as plan_registry
from lamplit.services.town import TownRequest, make_town
from lamplit.store.schema import place

Report = Callable[[float, float | None], None]
Row = dict[str, str]
TOWN, HOME, FILES = "town", "home", "files"
COMMUNITY = "C1"
"""The community that is swept: the whole town. The members' other communities have no homes."""
DISTRICT, DEPOT = "D1", "AID1"
OPERATOR, LEADER, OFFICER = "OP01", "LD01", "DO01"
PASSWORD = secrets.token_urlsafe(24)
"""The leader's, for as long as this process lives."""
METRES_A_DEGREE = 111_320.0
OFFICE_AT = (30.55, 114.31)
LON_SHRINKS = 0.8611
"""cos(30.55°): how much shorter a degree of longitude is there."""


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
        apply_registry(home, plan_registry(home, self.town / "registry.csv"))
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


def inspectors(scale: Scale) -> list[str]:
    """The codes of those who audit work sites."""
    return [f"IN{n + 1:03d}" for n in range(scale.inspectors)]


def set_up(office: Office, stage: Stage, report: Report) -> dict[str, str]:
    """Places, organisations, people, roles and pairings, from files as an operator has them.

    Gives each person's token for the API, by code. The leader has an account with a password, and
    sets up the phones of the others with it.
    """
    scale, files = stage.scale, stage.folder / FILES
    files.mkdir(exist_ok=True)
    bring(office, files, Kind.PLACES, _areas(scale))
    sync_places(office, CLI, district=DISTRICT)
    bring(office, files, Kind.PLACES, standing(office), name="buildings")
    bring(office, files, Kind.ORGANISATIONS, _organisations(scale))
    bring(office, files, Kind.PEOPLE, _people(scale))
    bring(office, files, Kind.PAIRINGS, _pairings(scale))
    bring(office, files, Kind.DUTIES, _duties(scale))
    accounts.create(office, CLI, LEADER, LEADER, password=PASSWORD)
    codes = [OPERATOR, LEADER, OFFICER, *inspectors(scale)]
    codes += [member.code for member in members(scale)]
    keys = {}
    for number, code in enumerate(codes):
        keys[code] = tokens.issue(office, CLI, code, "replay", "api").secret
        report(number + 1, len(codes))
    return keys


def bring(office: Office, folder: Path, kind: Kind, rows: list[Row], name: str = "") -> None:
    """Write a file as it would come from an office, and import it."""
    file = folder / f"{name or kind.value}.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    apply_import(office, CLI, plan_import(office, CLI, kind, file))


def _areas(scale: Scale) -> list[Row]:
    district, community = PlaceKind.DISTRICT.value, PlaceKind.COMMUNITY.value
    rows = [_place(district, DISTRICT, "", "江城区", "River City")]
    for n in range(scale.communities):
        zh, en = STREETS[n % len(STREETS)]
        rows.append(_place(community, f"C{n + 1}", DISTRICT, f"{zh}社区", f"{en} community"))
    depot = PlaceKind.AID_POINT.value
    return [*rows, _place(depot, DEPOT, COMMUNITY, "物资发放点", "Aid point")]


def _place(kind: str, code: str, parent: str, zh: str, en: str) -> Row:
    return {"kind": kind, "code": code, "parent": parent, "name_zh": zh, "name_en": en}


def standing(office: Office) -> list[Row]:
    """Where the buildings of the registry stand on the map, and which have lifts.

    Without a column of parents: an import leaves each where it is.
    """
    wanted = place.select().where(place.c.kind == PlaceKind.BUILDING.value)
    with office.read(CLI) as tx:
        found = tx.conn.execute(wanted).all()
    rows: list[Row] = []
    for one in found:
        x, y = stands(int(one.code.removeprefix("B")) - 1)
        floors = one.floors or 1
        rows.append(
            {
                "kind": one.kind,
                "code": one.code,
                "name_zh": one.name_zh or "",
                "name_en": one.name_en or "",
                "floors": str(floors),
                "has_lift": "yes" if floors >= TOWER_FLOORS else "no",
                "lat": f"{OFFICE_AT[0] + y / METRES_A_DEGREE:.6f}",
                "lon": f"{OFFICE_AT[1] + x / METRES_A_DEGREE / LON_SHRINKS:.6f}",
            }
        )
    return rows


def _organisations(scale: Scale) -> list[Row]:
    def row(code: str, kind: str, parent: str, zh: str, en: str) -> Row:
        return {"code": code, "kind": kind, "parent": parent, "name_zh": zh, "name_en": en}

    rows = [row("ORG", "company", "", "江城供电公司", "River City Power")]
    rows += [
        row(f"BR{n + 1:02d}", "branch", "ORG", f"第{n + 1}党支部", f"Branch {n + 1}")
        for n in range(scale.communities)
    ]
    return rows + [row(code, "company", "ORG", zh, en) for code, zh, en in UNITS]


def _people(scale: Scale) -> list[Row]:
    def row(code: str, name: str, organisation: str, home: str = "", hours: str = "") -> Row:
        return {
            "code": code, "name": name, "organisation": organisation, "home": home,
            "languages": "zh", "hours": hours,
        }  # fmt: skip

    rows = [row(OPERATOR, "系统管理员", "ORG"), row(LEADER, "社区书记", "ORG")]
    rows.append(row(OFFICER, "值班员", "ORG"))
    rows += [row(code, f"督察员{code[2:]}", "ORG") for code in inspectors(scale)]
    return rows + [
        row(m.code, m.name, f"BR{m.branch + 1:02d}", f"C{m.home + 1}", _hours(scale, m.code))
        for m in members(scale)
    ]


def _hours(scale: Scale, code: str) -> str:
    """When a member can go round, as they wrote it down: the days of the sweep differ."""
    said = []
    for day in range(SWEEP_DAY, SWEEP_DAY + SWEEP_DAYS):
        name = f"{START + timedelta(day):%a}".lower()
        spans = [(s.start - day * DAY, s.end - day * DAY) for s in hours(scale, code, day)]
        said.append(f"{name} " + ", ".join(f"{_time(a)}-{_time(b)}" for a, b in spans))
    return "; ".join(said)


def _time(minute: float) -> str:
    return f"{int(minute // 60):02d}:{int(minute % 60):02d}"


def _pairings(scale: Scale) -> list[Row]:
    return [
        {"organisation": f"BR{n + 1:02d}", "community": f"C{n + 1}"}
        for n in range(scale.communities)
    ]


def _duties(scale: Scale) -> list[Row]:
    roles = {OPERATOR: Role.OPERATOR, LEADER: Role.LEADER, OFFICER: Role.DUTY_OFFICER}
    roles |= dict.fromkeys(inspectors(scale), Role.INSPECTOR)
    return [{"person": code, "place": DISTRICT, "role": role.value} for code, role in roles.items()]
