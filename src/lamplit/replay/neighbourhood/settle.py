"""Before the first check-in: places on the map, organisations, people, accounts, first duties."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import select

from lamplit.domain.coordinates import Point, around
from lamplit.domain.field import PlaceKind, Role
from lamplit.domain.language import Text
from lamplit.replay.chance import dice
from lamplit.replay.neighbourhood.cast import (
    ACCOUNTS,
    BRANCHES,
    COMPANY,
    DEPOT,
    DEPOT_NAME,
    DISTRICT,
    DISTRICT_NAME,
    HOURS,
    INSPECTORS,
    PASSWORD,
    UNITS,
    VOLUNTEER,
    members,
)
from lamplit.replay.neighbourhood.hood import Hood
from lamplit.replay.stage import FILES, METRES_A_DEGREE, OFFICE_AT, Row, bring
from lamplit.replay.walk import TOWER_FLOORS
from lamplit.services.field.access import accounts
from lamplit.services.field.files.imports import Kind
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.places.outlines import import_outlines
from lamplit.services.field.places.sync import sync_places
from lamplit.store.schema import place

LON_SHRINKS = 0.8611
BLOCK = 900.0
"""Metres from one community's corner to the next, four to a row."""
ROW, ACROSS, ALONG = 5, 75.0, 60.0
"""Buildings in a row of a community, and metres between them."""
GROUND = 30.0
"""Metres of ground around a community's buildings."""
SKILLS = ("护理", "驾驶", "电工", "急救")
LANGUAGES = ("粤语", "手语")
SPEAKS = {"B2": "粤语"}
"""What is spoken at the doors of a building."""


def settle(hood: Hood, folder: Path) -> None:
    """What an operator brings in on the eve, from files as an office has them."""
    office, files = hood.office, folder / FILES
    files.mkdir(exist_ok=True)
    district = _place(PlaceKind.DISTRICT, DISTRICT, "", DISTRICT_NAME)
    bring(office, files, Kind.PLACES, [district], name="district")
    sync_places(office, CLI, district=DISTRICT)
    bring(office, files, Kind.PLACES, standing(office), name="buildings")
    (files / "outlines.geojson").write_text(outlines_of(office), "utf-8")
    import_outlines(office, CLI, (files / "outlines.geojson").read_bytes())
    depot = _place(PlaceKind.AID_POINT, DEPOT, hood.main, DEPOT_NAME)
    bring(office, files, Kind.PLACES, [depot], name="aid-points")
    bring(office, files, Kind.ORGANISATIONS, _organisations(len(hood.communities)))
    hood.members = members(hood.scale, len(hood.communities))
    bring(office, files, Kind.PEOPLE, _people(hood))
    bring(office, files, Kind.PAIRINGS, _pairings(hood))
    duties = [_duty(one.code, DISTRICT, one.role) for one in ACCOUNTS if one.role in _OF_DISTRICT]
    duties += [_duty(code, DISTRICT, Role.INSPECTOR) for code in INSPECTORS]
    bring(office, files, Kind.DUTIES, duties)
    for one in ACCOUNTS:
        accounts.create(office, CLI, one.username, one.code, password=PASSWORD)
    hood.learn()


_OF_DISTRICT = tuple(one.role for one in ACCOUNTS if one.role is not Role.VOLUNTEER)


def standing(office: Office) -> list[Row]:
    """Where the buildings stand: the communities side by side, each in rows of its own."""
    with office.read(CLI) as tx:
        found = tx.conn.execute(select(place).where(place.c.kind == PlaceKind.BUILDING.value)).all()
    rows: list[Row] = []
    communities: dict[str, int] = {}
    seen: dict[str, int] = {}
    for one in sorted(found, key=lambda row: int(row.code.removeprefix("B"))):
        block = communities.setdefault(one.community_id or "", len(communities))
        number = seen[one.community_id or ""] = seen.get(one.community_id or "", -1) + 1
        x, y = stands(block, number)
        floors = one.floors or 1
        rows.append(
            {
                "kind": one.kind, "code": one.code, "name_zh": one.name_zh or "",
                "name_en": one.name_en or "", "floors": str(floors),
                "has_lift": "yes" if floors >= TOWER_FLOORS else "no",
                "lat": f"{OFFICE_AT[0] + y / METRES_A_DEGREE:.6f}",
                "lon": f"{OFFICE_AT[1] + x / METRES_A_DEGREE / LON_SHRINKS:.6f}",
                "languages": SPEAKS.get(one.code, ""),
            }
        )  # fmt: skip
    return rows


def outlines_of(office: Office) -> str:
    """GeoJSON of the communities: the ground around the buildings of each."""
    block, area = place.alias("block"), place.alias("area")
    wanted = (
        select(area.c.code, block.c.lon, block.c.lat)
        .join(block, block.c.community_id == area.c.id)
        .where(block.c.kind == PlaceKind.BUILDING.value, block.c.lat.is_not(None))
    )
    points: dict[str, list[Point]] = {}
    with office.read(CLI) as tx:
        for code, lon, lat in tx.conn.execute(wanted.order_by(area.c.code, block.c.code)):
            points.setdefault(code, []).append((lon, lat))
    features = [
        {
            "type": "Feature",
            "properties": {"kind": PlaceKind.COMMUNITY.value, "code": code},
            "geometry": {"type": "Polygon", "coordinates": [around(some, GROUND)]},
        }
        for code, some in points.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def stands(block: int, number: int) -> tuple[float, float]:
    """Metres east and north of the office, of a community's building with a number."""
    luck = dice(7, "stands", block, number)
    down, right = divmod(block, 4)
    row, along = divmod(number, ROW)
    return (
        right * BLOCK + along * ACROSS + luck.uniform(-9, 9) + down * 130,
        -down * BLOCK * 0.6 - row * ALONG + luck.uniform(-7, 7) + right * 45,
    )


def _place(kind: PlaceKind, code: str, parent: str, name: Text) -> Row:
    return {
        "kind": kind.value, "code": code, "parent": parent, "name_zh": name.zh, "name_en": name.en,
    }  # fmt: skip


def _organisations(communities: int) -> list[Row]:
    def row(code: str, kind: str, parent: str, name: Text) -> Row:
        return {"code": code, "kind": kind, "parent": parent, "name_zh": name.zh,
                "name_en": name.en}  # fmt: skip

    rows = [row(COMPANY[0], "company", "", COMPANY[1])]
    for n in range(communities):
        name, lap = BRANCHES[n % len(BRANCHES)], n // len(BRANCHES) + 1
        if lap > 1:
            name = Text(f"{name.en} {lap}", f"{name.zh.removesuffix('党支部')}第{lap}党支部")
        rows.append(row(branch(n), "branch", COMPANY[0], name))
    return rows + [row(code, "company", COMPANY[0], name) for code, name in UNITS]


def branch(number: int) -> str:
    """The code of the branch that is paired with the community of the same number."""
    return f"BR{number + 1:02d}"


def _people(hood: Hood) -> list[Row]:
    def row(code: str, name: str, organisation: str, home: str = "", able: str = "") -> Row:
        return {
            "code": code, "name": name, "organisation": organisation, "home": home, "hours": HOURS,
            "languages": f"普通话; {able if able in LANGUAGES else ''}",
            "skills": "" if able in LANGUAGES else able,
        }  # fmt: skip

    rows = [row(o.code, o.name, COMPANY[0]) for o in ACCOUNTS if o.role is not Role.VOLUNTEER]
    rows += [row(code, name, COMPANY[0]) for code, name in zip(INSPECTORS, _INSPECT, strict=True)]
    for member in hood.members:
        luck = dice(hood.scale.seed, "skills", member.code)
        able = luck.choice((*SKILLS, *LANGUAGES)) if luck.random() < 0.4 else ""
        if member.code == VOLUNTEER:
            able = SPEAKS["B2"]
        home = hood.communities[member.home]
        rows.append(row(member.code, member.name, branch(member.branch), home, able))
    return rows


_INSPECT = ("郑凯", "沈兰")


def _pairings(hood: Hood) -> list[Row]:
    return [
        {"organisation": branch(n), "community": code} for n, code in enumerate(hood.communities)
    ]


def _duty(person: str, at: str, role: Role) -> Row:
    return {"person": person, "place": at, "role": role.value}
