"""A small town for the tests of the door: two districts, their people, each with one account.

The names say what a person is to household `home`, which stands in building `b1` of community
`c1` of district `d1`; the open campaign of `c1` has enrolled it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from lamplit.domain.field import EndReason, Role
from lamplit.services.field.access.accounts import HASHER
from lamplit.services.field.office import Actor, Office, new_id
from lamplit.services.field.people.assignments import tie_of
from lamplit.store.schema import account, assignment, campaign, enrollment, person, place, task

PASSWORD = "lights of ten thousand homes"
PURPOSE = "household sweep, cold snap of February 2020"
DOORS = 20


@dataclass
class World:
    office: Office
    places: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    campaigns: dict[str, str] = field(default_factory=dict)
    enrollments: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)

    def actor(self, name: str, via: str = "web") -> Actor:
        return Actor(self.people[name], via)


WHO: dict[str, tuple[Role, str] | None] = {
    "owner": (Role.RESPONSIBLE, "b1"),
    "colleague": (Role.RESPONSIBLE, "b2"),
    "volunteer": (Role.VOLUNTEER, "c1"),
    "withdrawn": (Role.VOLUNTEER, "c1"),
    "leader": (Role.LEADER, "c1"),
    "other_leader": (Role.LEADER, "d2"),
    "analyst": (Role.ANALYST, "d1"),
    "privacy": (Role.PRIVACY_OFFICER, "d1"),
    "operator": (Role.OPERATOR, "d1"),
    "outsider": None,
}
"""Each person's role and place."""

_HASH = HASHER.hash(PASSWORD)


def build(office: Office) -> World:
    world = World(office)
    rows: dict[Any, list[dict[str, Any]]] = {
        place: [], person: [], account: [], assignment: [], campaign: [], enrollment: [], task: [],
    }  # fmt: skip
    now, today = office.clock(), office.local_day(office.clock())
    _places(world, rows)
    for name, duty in WHO.items():
        world.people[name] = made = new_id()
        rows[person].append({"id": made, "code": f"P-{name}", "name": f"人 {name}",
                             "created_at": now})  # fmt: skip
        rows[account].append({"id": new_id(), "person_id": made, "username": name,
                              "password_hash": _HASH, "must_change": False,
                              "created_at": now})  # fmt: skip
        if duty is None:
            continue
        gone = name == "withdrawn"
        rows[assignment].append({
            "id": new_id(), "tie": tie_of(duty[0]).value, "role": duty[0].value,
            "person_id": made, "place_id": world.places[duty[1]],
            "starts": today - timedelta(days=5), "ends": today if gone else None,
            "end_reason": EndReason.WITHDRAWN.value if gone else None, "created_at": now,
        })  # fmt: skip
    _campaigns(world, rows, now, today)
    with office.db.begin() as conn:
        for table, values in rows.items():
            if values:
                conn.execute(insert(table), values)
    return world


def _places(world: World, rows: Any) -> None:
    def put(name: str, kind: str, parent: str | None, **more: Any) -> str:
        world.places[name] = made = new_id()
        blank = dict.fromkeys(
            ("community_id", "building_id", "unit", "floor", "door", "floors", "has_lift")
        )
        rows[place].append({
            **blank, "id": made, "kind": kind, "code": name.upper(), "name_zh": name,
            "name_en": name, "parent_id": world.places.get(parent or ""), **more,
        })  # fmt: skip
        return made

    for district in ("d1", "d2"):
        put(district, "district", None)
    for community, district in (("c1", "d1"), ("c2", "d2")):
        put(community, "community", district)
    for building in ("b1", "b2"):
        put(building, "building", "c1", community_id=world.places["c1"], floors=6, has_lift=False)
    for at in range(DOORS):
        building = "b1" if at < DOORS // 2 else "b2"
        put(
            "home" if at == 0 else f"home{at}", "household", building,
            community_id=world.places["c1"], building_id=world.places[building],
            unit="1", floor=at // 4 + 1, door=f"{at // 4 + 1}0{at % 4 + 1}",
        )  # fmt: skip


def _campaigns(world: World, rows: Any, now: Any, today: Any) -> None:
    for name, state in (("sweep", "open"), ("old", "closed")):
        world.campaigns[name] = made = new_id()
        rows[campaign].append({
            "id": made, "code": name.upper(), "programme": "household_sweep",
            "programme_version": "1", "name_zh": "住户摸排", "name_en": "Household sweep",
            "purpose": PURPOSE, "place_id": world.places["c1"], "state": state, "starts": today,
            "deadline": now + timedelta(days=3), "created_at": now, "opened_at": now,
            # No door is drawn by chance, so nobody has to knock before the evidence is told.
            "parameters": {"random_share": 0},
        })  # fmt: skip
    homes = [name for name in world.places if name.startswith("home")]
    for campaign_name in ("sweep", "old"):
        for name in homes if campaign_name == "sweep" else homes[:1]:
            enrolled = new_id()
            if campaign_name == "sweep":
                world.enrollments[name] = enrolled
            building = "b1" if homes.index(name) < DOORS // 2 else "b2"
            rows[enrollment].append({
                "id": enrolled, "campaign_id": world.campaigns[campaign_name],
                "place_id": world.places[name], "building_id": world.places[building],
                "community_id": world.places["c1"], "state": "active", "reason": "signal",
                "random_pick": False, "rank": homes.index(name), "from_day": today,
                "signal": {"state": "dark", "since": "2020-02-01", "probability": 0.93,
                           "event": "went_dark", "event_day": "2020-02-01"},
                "evidence": {"en": "No use for 9 days.", "zh": "连续 9 天无用电。",
                             "against_en": "The collector was silent on one day.",
                             "against_zh": "采集器有一天失联。"},
            })  # fmt: skip
            if campaign_name == "sweep":
                world.tasks[name] = made = new_id()
                rows[task].append({
                    "id": made, "enrollment_id": enrolled, "place_id": world.places[name],
                    "campaign_id": world.campaigns["sweep"], "building_id": world.places[building],
                    "slot": "visit", "origin": "cadence", "due_from": now,
                    "due_until": now + timedelta(days=3), "state": "requested",
                    "rank": homes.index(name), "created_at": now, "changed_at": now,
                })  # fmt: skip
