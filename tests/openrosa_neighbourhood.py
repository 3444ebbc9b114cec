"""Two communities with doors, people and an open sweep, written straight into the store.

    C1 (li, wang: volunteers)    B1: 101 102 201 202    B2: 101 102 201 202 (qian: responsible)
    C2 (zhao: volunteer)         B3: 101 102 201 202

In the sweep of C1 li has B1-101 and B1-102, wang has B1-201, qian B2-101; nobody has the others.
In that of C2 zhao has B3-101. Sun has no tie; gao leads the district.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert, select, update

from lamplit.services.field import packs
from lamplit.services.field.office import Office
from lamplit.store import schema


def some_id() -> str:
    return str(uuid.uuid4())


_BUILT: dict[datetime, Neighbourhood] = {}
"""What was built before, by the time at which it was."""


def in_office(town: Neighbourhood, office: Office) -> Neighbourhood:
    """The same town in another office."""
    kept = {f.name: copy(getattr(town, f.name)) for f in fields(town)}
    return Neighbourhood(**(kept | {"office": office}))


@dataclass
class Neighbourhood:
    office: Office
    places: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    campaigns: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    """Task ids by place code, of the sweep; `programme:code` for those of other programmes."""
    ties: dict[tuple[str, str], str] = field(default_factory=dict)
    written: list[tuple[Table, dict[str, Any]]] = field(default_factory=list)

    @classmethod
    def built(cls, office: Office) -> Neighbourhood:
        """The same town each time; row by row once, then in one go."""
        begun = office.clock()
        if begun not in _BUILT:
            _BUILT[begun] = cls(office)._build()
            return in_office(_BUILT[begun], office)  # what is built has its rows already
        made = in_office(_BUILT[begun], office)
        alike: dict[tuple[Table, frozenset[str]], list[dict[str, Any]]] = {}
        for table, row in made.written:
            alike.setdefault((table, frozenset(row)), []).append(row)
        with office.db.begin() as conn:
            for (table, _), rows in alike.items():
                conn.execute(insert(table), rows)
        return made

    def _build(self) -> Neighbourhood:
        self.place("D", "district")
        for community, buildings in (("C1", ("B1", "B2")), ("C2", ("B3",))):
            self.place(community, "community", "D")
            for building in buildings:
                self.place(building, "building", community, lat=30.5, lon=114.3)
                for door in ("101", "102", "201", "202"):
                    self.place(f"{building}-{door}", "household", building, door=door)
        for person in ("li", "wang", "zhao", "qian", "sun", "gao"):
            self.person(person)
        self.tie("li", "C1", "volunteer")
        self.tie("wang", "C1", "volunteer")
        self.tie("zhao", "C2", "volunteer")
        self.tie("qian", "B2", "responsible", tie="responsibility")
        self.tie("gao", "D", "leader")
        self.campaign("C1")
        self.campaign("C2")
        owners = {"B1-101": "li", "B1-102": "li", "B1-201": "wang", "B2-101": "qian",
                  "B3-101": "zhao"}  # fmt: skip
        for code in [c for c in self.places if "-" in c]:
            self.task(code, owner=owners.get(code))
        return self

    def _add(self, table: Table, **row: Any) -> str:
        row = {"id": some_id()} | row
        self.written.append((table, row))
        with self.office.db.begin() as conn:
            conn.execute(insert(table).values(**row))
        return str(row["id"])

    def place(self, code: str, kind: str, parent: str | None = None, **more: Any) -> str:
        up = self.places.get(parent or "")
        community = building = None
        if parent and parent.startswith("B"):
            building = up
            community = self.row(schema.place, up)["community_id"]
        elif parent and parent.startswith("C"):
            community = up
        names = {"building": ("号楼", "Building "), "community": ("社区", "Community ")}
        if kind in names:
            zh, en = names[kind]
            more = {"name_zh": f"{code[1:]}{zh}", "name_en": f"{en}{code[1:]}"} | more
        unit = "1" if kind == "household" else None
        floor = int(str(more["door"])[0]) if "door" in more else None
        self.places[code] = self._add(
            schema.place, kind=kind, code=code, parent_id=up, community_id=community,
            building_id=building, unit=unit, floor=floor, **more,
        )  # fmt: skip
        return self.places[code]

    def person(self, code: str, language: str = "en") -> str:
        self.people[code] = self._add(
            schema.person, code=code, name=code.title(), languages=[language],
            created_at=self.office.clock(),
        )  # fmt: skip
        return self.people[code]

    def tie(self, person: str, place: str, role: str, tie: str = "role") -> str:
        self.ties[person, place] = self._add(
            schema.assignment, tie=tie, role=role, person_id=self.people[person],
            place_id=self.places[place], starts=date(2020, 2, 1), created_at=self.office.clock(),
        )  # fmt: skip
        return self.ties[person, place]

    def end_tie(self, person: str, place: str, reason: str = "withdrawn") -> None:
        """The tie ends as a withdrawal leaves it: from today on it is no more."""
        self.change(
            schema.assignment, self.ties[person, place],
            ends=self.office.local_day(self.office.clock()), end_reason=reason,
        )  # fmt: skip

    def campaign(self, place: str, programme: str = "household_sweep", state: str = "open") -> str:
        pack = packs.pack_of(self.office, programme)
        now = self.office.clock()
        code = place if programme == "household_sweep" else f"{programme}:{place}"
        self.campaigns[code] = self._add(
            schema.campaign, code=code, programme=programme, programme_version=pack.version,
            name_zh="摸排", name_en="Sweep", purpose=pack.purposes[0].code,
            place_id=self.places[place], state=state, starts=self.office.local_day(now),
            deadline=now + timedelta(days=3), created_at=now, opened_at=now,
        )  # fmt: skip
        return self.campaigns[code]

    def task(self, code: str, owner: str | None = None, campaign: str = "", **more: Any) -> str:
        place = self.row(schema.place, self.places[code])
        if not campaign:
            campaign = "C2" if code.startswith("B3") else "C1"
        now = self.office.clock()
        about = {
            "campaign_id": self.campaigns[campaign], "place_id": place["id"],
            "building_id": place["building_id"],
        }  # fmt: skip
        enrollment = self._add(
            schema.enrollment, **about, community_id=place["community_id"], state="active",
            reason="signal", from_day=self.office.local_day(now), rank=len(self.tasks),
            evidence={"en": "SECRET EVIDENCE", "zh": "机密证据"},
            signal={"state": "dark", "probability": 0.9},
        )  # fmt: skip
        made = self._add(schema.task, **({
            **about, "enrollment_id": enrollment, "slot": "visit", "origin": "cadence",
            "due_from": now - timedelta(hours=1), "due_until": now + timedelta(days=2),
            "state": "accepted" if owner else "requested", "rank": len(self.tasks),
            "owner_id": self.people[owner] if owner else None,
            "created_at": now, "changed_at": now,
        } | more))  # fmt: skip
        self.tasks[code if ":" not in campaign else f"{campaign.partition(':')[0]}:{code}"] = made
        return made

    def change(self, table: Table, row_id: str, **values: Any) -> None:
        with self.office.db.begin() as conn:
            assert conn.execute(
                update(table).where(table.c.id == row_id).values(**values)
            ).rowcount == 1  # fmt: skip

    def row(self, table: Table, row_id: str | None) -> dict[str, Any]:
        with self.office.db.read() as conn:
            return dict(conn.execute(select(table).where(table.c.id == row_id)).one()._mapping)

    def rows(self, table: Table) -> Sequence[dict[str, Any]]:
        with self.office.db.read() as conn:
            return [dict(r._mapping) for r in conn.execute(select(table))]
