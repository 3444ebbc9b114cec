"""A small neighbourhood for the tests of people: two communities, buildings, homes, members."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import insert

from lamplit.domain.field import PlaceKind, Role
from lamplit.services.field.office import CLI, Actor, Office, new_id
from lamplit.services.field.people.assignments import assign
from lamplit.store.schema import organisation, person, place


@dataclass
class Neighbourhood:
    """District D with communities C1 (buildings B1, B2 of four homes each) and C2 (B3).

    Company CO with branch BR; people p1, p2, p3 of the branch, and lead, leader of C1. `ids`
    gives every code's id.
    """

    office: Office
    ids: dict[str, str] = field(default_factory=dict)

    def as_(self, code: str) -> Actor:
        return Actor(self.ids[code], "web")

    def place(self, code: str, kind: PlaceKind, parent: str | None = None, **more: object) -> str:
        self.ids[code] = new_id()
        row = {"id": self.ids[code], "kind": kind.value, "code": code, **more}
        row["parent_id"] = self.ids[parent] if parent else None
        with self.office.begin(CLI) as tx:
            tx.conn.execute(insert(place).values(row))
        return self.ids[code]

    def building(self, code: str, community: str, homes: int) -> None:
        held = self.ids[community]
        building = self.place(code, PlaceKind.BUILDING, community, community_id=held)
        for n in range(1, homes + 1):
            self.place(
                f"{code}-{n}",
                PlaceKind.HOUSEHOLD,
                code,
                community_id=held,
                building_id=building,
            )

    def organisation(self, code: str, parent: str | None = None) -> str:
        self.ids[code] = new_id()
        row = {"id": self.ids[code], "code": code, "kind": "company"}
        row["parent_id"] = self.ids[parent] if parent else None
        with self.office.begin(CLI) as tx:
            tx.conn.execute(insert(organisation).values(row))
        return self.ids[code]

    def person(self, code: str, org: str | None = "BR", **more: object) -> str:
        self.ids[code] = new_id()
        row = {"id": self.ids[code], "code": code, "name": code.upper(), **more}
        row["organisation_id"] = self.ids[org] if org else None
        with self.office.begin(CLI) as tx:
            tx.conn.execute(insert(person).values(row | {"created_at": tx.now}))
        return self.ids[code]


def neighbourhood(office: Office) -> Neighbourhood:
    made = Neighbourhood(office)
    made.place("D", PlaceKind.DISTRICT)
    for code in ("C1", "C2"):
        made.place(code, PlaceKind.COMMUNITY, "D", name_zh=f"社区{code}")
    made.building("B1", "C1", 4)
    made.building("B2", "C1", 4)
    made.building("B3", "C2", 2)
    made.organisation("CO")
    made.organisation("BR", "CO")
    for code in ("p1", "p2", "p3", "lead"):
        made.person(code)
    assign(office, CLI, person="lead", place="C1", role=Role.LEADER)
    return made
