"""A small community to run campaigns in: buildings, homes, people, and what the meters say."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from lamplit.domain.field import Role, Tie
from lamplit.services.field.campaigns import campaigns, enrol
from lamplit.services.field.homes.signals import Evening, HomeSignal
from lamplit.services.field.office import CLI, Actor, Office, new_id
from lamplit.services.field.plans import plans
from lamplit.services.field.plans.facts import Asked
from lamplit.services.field.plans.views import PlanHead
from lamplit.services.field.submissions import inbox
from lamplit.store import bulk
from lamplit.store.schema import assignment, enrollment, organisation, person, place, task

TODAY = date(2020, 2, 10)
QUICK = Asked(seconds=0.0, seek_help=False)


@dataclass
class World:
    """`homes[b][h]` are place ids; `codes` their registry ids."""

    office: Office
    community: str
    buildings: list[str]
    homes: list[list[str]]
    codes: dict[str, str]
    people: dict[str, str] = field(default_factory=dict)

    @property
    def doors(self) -> list[str]:
        return [door for building in self.homes for door in building]

    def person(self, code: str, role: Role | None = None, at: str = "", **dates: Any) -> Actor:
        """A person with a role at a place (the community unless said)."""
        if code not in self.people:
            self.people[code] = new_id()
            with self.office.db.begin() as conn:
                conn.execute(
                    insert(person).values(
                        id=self.people[code], code=code, name=code, created_at=self.office.clock()
                    )
                )
        if role is not None:
            self.assign(code, role, at, **dates)
        return Actor(self.people[code], "api")

    def assign(self, code: str, role: Role, at: str = "", **dates: Any) -> None:
        tie = Tie.RESPONSIBILITY if role is Role.RESPONSIBLE else Tie.ROLE
        with self.office.db.begin() as conn:
            conn.execute(
                insert(assignment).values(
                    id=new_id(), tie=tie, role=role, person_id=self.people[code],
                    place_id=at or self.community, created_at=self.office.clock(),
                    **{"starts": TODAY - timedelta(30), **dates},
                )
            )  # fmt: skip

    def campaign(self, code: str = "sweep", programme: str = "household_sweep", **more: Any) -> Any:
        """An open campaign in the community."""
        purposes = {
            "household_sweep": "epidemic_support",
            "building_care": "daily_care",
            "living_alone": "welfare_check",
        }
        made = campaigns.create(
            self.office, CLI, code=code, programme=programme, place=self.community,
            purpose=more.pop("purpose", purposes.get(programme, "")), **more,
        )  # fmt: skip
        return campaigns.open_campaign(self.office, CLI, made.id)

    def evening(self, day: date = TODAY, **said: HomeSignal) -> Evening:
        """Signals by the home's code; the rest are lived in."""
        lit = HomeSignal("lived_in", date(2019, 1, 1), 0.98)
        homes = dict.fromkeys(self.codes.values(), lit)
        for order, (code, signal) in enumerate(said.items(), 1):
            homes[code] = HomeSignal(
                signal.state, signal.since, signal.probability, signal.event, signal.event_day,
                order, {"en": "no use", "zh": "无用电", "against_en": "", "against_zh": ""},
            )  # fmt: skip
        return Evening(day, homes)

    def dark(self, *doors: str, day: date = TODAY) -> Evening:
        """An evening on which these places are dark."""
        signal = HomeSignal("dark", date(2020, 1, 20), 0.95)
        return self.evening(day, **{self.codes[door]: signal for door in doors})

    def sweep(self, campaign: Any, evening: Evening) -> Any:
        return enrol.open_sweep(self.office, CLI, campaign.id, evening=evening)

    def tasks(self, **where: Any) -> list[Any]:
        with self.office.db.read() as conn:
            wanted = select(task).order_by(task.c.rank, task.c.slot)
            for name, value in where.items():
                wanted = wanted.where(task.c[name] == value)
            return list(conn.execute(wanted))

    def enrollments(self, **where: Any) -> dict[str, Any]:
        with self.office.db.read() as conn:
            wanted = select(enrollment)
            for name, value in where.items():
                wanted = wanted.where(enrollment.c[name] == value)
            return {row.place_id: row for row in conn.execute(wanted)}

    def submit(self, actor: Actor, task_id: str | None, **answers: str) -> inbox.Receipt:
        return send(self.office, actor, form(task_id, **answers))


def planned(world: World, asked: Asked = QUICK, who: str = "boss") -> PlanHead:
    """A plan of the campaign `sweep`, as a leader has it made."""
    boss = world.person(who)
    return plans.make(world.office, boss, "sweep", asked, lambda share, stage: None)


def build(office: Office, buildings: int = 2, homes: int = 4, code: str = "C1") -> World:
    """A community of `buildings` with `homes` each."""
    community = new_id()
    rows = [{"id": community, "kind": "community", "code": code, "community_id": community}]
    blocks, doors, codes = [], [], {}
    for b in range(buildings):
        block = new_id()
        blocks.append(block)
        rows.append(
            {"id": block, "kind": "building", "code": f"{code}-B{b}", "parent_id": community,
             "community_id": community, "building_id": block, "name_en": f"Block {b}"}
        )  # fmt: skip
        inside = []
        for h in range(homes):
            door = new_id()
            codes[door] = f"{code}_H{b}_{h}"
            inside.append(door)
            rows.append(
                {"id": door, "kind": "household", "code": codes[door], "parent_id": block,
                 "community_id": community, "building_id": block, "floor": h, "door": f"{h}01"}
            )  # fmt: skip
        doors.append(inside)
    names = {name: None for row in rows for name in row}
    with office.db.begin() as conn:
        bulk.add(conn, place, [{**names, **row} for row in rows])
    return World(office, community, blocks, doors, codes)


def unit(office: Office, code: str) -> str:
    """An organisation."""
    made = new_id()
    with office.db.begin() as conn:
        conn.execute(insert(organisation).values(id=made, code=code, kind="company"))
    return made


def form(
    task_id: str | None,
    *,
    instance: str = "",
    ended: datetime | None = None,
    form_id: str = "lamplit_household_sweep",
    **more: Any,
) -> dict[str, Any]:
    """A submission of ours; `replaces`, `entities`, `campaign`, `place` may be among the words."""
    own = {n: more.pop(n) for n in ("replaces", "entities", "campaign", "place") if n in more}
    return {
        "instance_id": instance or f"uuid:{uuid.uuid4()}",
        "form_id": form_id,
        "form_version": "2026.1",
        "task": task_id,
        "answers": more,
        "ended_at": ended.isoformat() if ended else None,
        **own,
    }


def send(office: Office, actor: Actor, data: Any, **more: Any) -> inbox.Receipt:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return inbox.receive(
        office, actor, transport="api", content_type="application/json", body=body, **more
    )


ANSWERED = {"door": "answered", "consent": "yes", "living": "living", "needs": "none"}
RETURNED = {**ANSWERED, "living": "returned", "days_back": "2"}
ILL = {**ANSWERED, "needs": "ill food"}
NOBODY = {"door": "no_answer"}
REFUSED = {"door": "answered", "consent": "no"}
TOLD_EMPTY = {"door": "told", "told_what": "empty"}
NO_DOOR = {"door": "no_such_door"}
NO_WAY = {"door": "no_way_in"}
