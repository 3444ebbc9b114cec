"""A campaign's façade for who leads it: building by building, how each door stands.

It says what people did, and who has it to do; nothing of what the meters say. A home that was never
on the list and one that left it look alike, and what chance drew looks like what a signal did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any

from lamplit.domain.abilities import Ability
from lamplit.domain.field import CampaignState, EnrollmentState, Outcome, PlaceKind, TaskState
from lamplit.domain.language import Text
from lamplit.services.field.campaigns import looks
from lamplit.services.field.campaigns.campaigns import get
from lamplit.services.field.door import may, require
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import require_kind, resolve_place
from lamplit.store import campaign_front as store
from lamplit.store import coverage, reveals
from lamplit.store import tasks as tasks_store
from lamplit.store.places import Place, by_id

OUTCOMES = {one.value: one for one in Outcome}
AREAS = (PlaceKind.COMMUNITY, PlaceKind.GRID_CELL, PlaceKind.BUILDING)


class DoorStatus(StrEnum):
    """How a door stands. `visited`: tried, and to be tried again."""

    NOT_ENROLLED = "not_enrolled"
    TO_VISIT = "to_visit"
    CLAIMED = "claimed"
    VISITED = "visited"
    DONE = "done"
    UNREACHABLE = "unreachable"


STATUS_TEXT = {
    DoorStatus.NOT_ENROLLED: Text("not in the campaign", "未纳入"),
    DoorStatus.TO_VISIT: Text("to visit", "待走访"),
    DoorStatus.CLAIMED: Text("somebody has it", "已有人负责"),
    DoorStatus.VISITED: Text("tried, not done", "已上门未办结"),
    DoorStatus.DONE: Text("done", "已办结"),
    DoorStatus.UNREACHABLE: Text("could not be reached", "无法到达"),
}


@dataclass(slots=True)
class FrontDoor:
    """One home. `owner` and `covered_by` are places in `CampaignFront.people`: who has its open
    task, and who is responsible for it; `covered`: whether anybody is.
    """

    place_id: str
    door: str | None
    status: DoorStatus
    outcome: Outcome | None
    owner: int | None
    covered: bool
    covered_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FrontFloor:
    """A floor of a unit; None where it is not known."""

    floor: int | None
    doors: tuple[FrontDoor, ...]


@dataclass(frozen=True, slots=True)
class FrontUnit:
    """A stairwell, from the lowest floor up."""

    unit: str | None
    floors: tuple[FrontFloor, ...]


@dataclass(frozen=True, slots=True)
class FrontBuilding:
    """A building; None in place of its id for homes that stand in none."""

    place_id: str | None
    code: str | None
    name_en: str | None
    name_zh: str | None
    floors: int | None
    units: tuple[FrontUnit, ...]


@dataclass(frozen=True, slots=True)
class FrontPerson:
    """Somebody who has a task here or is responsible for a home."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CampaignFront:
    """An area's doors in a campaign; `counts` of them by status."""

    campaign_id: str
    place_id: str
    counts: dict[DoorStatus, int]
    people: tuple[FrontPerson, ...]
    buildings: tuple[FrontBuilding, ...]


def front(office: Office, actor: Actor, campaign: str, place: str = "") -> CampaignFront:
    """The doors of `place` (a community, grid cell or building; the campaign's own if left out).

    Needs SEE_DOORS there; names of others need SEE_PEOPLE. A campaign whose list has expired has no
    doors. Logged beforehand (see `looks`).

    Raises LamplitError `store.not-found`, `place.wrong-kind`, `door.not-allowed`.
    """
    with office.read(actor) as tx:
        row = get(tx.conn, campaign)
        area = resolve_place(tx.conn, place) if place else by_id(tx.conn, row.place_id)
        assert area is not None  # a campaign's place is there
        require(tx, Ability.SEE_DOORS, area.id)
        require_kind(area, *AREAS)
        if row.state == CampaignState.EXPIRED:
            return CampaignFront(row.id, area.id, {}, (), ())
        blocks = {one.id: one for one in store.buildings(tx.conn, area, tx.today)}
        made = _Front(
            tx,
            may(tx, Ability.SEE_PEOPLE, area.id),
            store.standing(tx.conn, row.id, blocks),
            store.latest_tasks(tx.conn, row.id, blocks),
        )
        made.keep(area, blocks.values())
        rows = store.homes(tx.conn, area, tx.today)
        found = tuple(
            made.building(blocks.get(key or ""), tuple(inside))
            for key, inside in groupby(rows, key=lambda one: one.building_id)
        )
        ordered = sorted(found, key=lambda one: (one.code is None, one.code or ""))
        shown = CampaignFront(row.id, area.id, made.counts, made.people(), tuple(ordered))
        look = looks.Look(reveals.FACADE_OPENED, row, area.id)
        due = looks.due(tx, look)
    if due:
        looks.log(office, actor, look, len(rows))
    return shown


@dataclass(slots=True)
class _Front:
    """The making of one: who is met goes into one list, and is named by their place in it."""

    tx: Transaction
    names: bool
    enrolled: dict[str, Any]
    tasks: dict[str, Any]
    numbers: dict[str, int] = field(default_factory=dict)
    counts: dict[DoorStatus, int] = field(default_factory=lambda: dict.fromkeys(DoorStatus, 0))
    keepers: dict[str, list[str]] = field(default_factory=dict)
    around: dict[tuple[str | None, str | None], tuple[bool, tuple[int, ...]]] = field(
        default_factory=dict
    )
    cells: dict[str, str | None] = field(default_factory=dict)

    def keep(self, area: Place, blocks: Iterable[Any]) -> None:
        """Read who is responsible for what."""
        self.cells = {one.id: one.parent_id for one in blocks}
        for kept in coverage.keepers(self.tx.conn, [area], self.tx.today):
            self.keepers.setdefault(kept.place_id, []).append(kept.keeper.person_id)
        if area.kind is not PlaceKind.COMMUNITY:
            above = coverage.keepers_above(self.tx.conn, area, self.tx.today)
            self.keepers[area.id] = [keeper.person_id for keeper in above]

    def people(self) -> tuple[FrontPerson, ...]:
        """Who was met, in the order of their numbers."""
        said = store.names(self.tx.conn, list(self.numbers))
        return tuple(FrontPerson(one, said.get(one, "–")) for one in self.numbers)

    def building(self, block: Any | None, rows: Sequence[Any]) -> FrontBuilding:
        """A building from its homes, which come by unit, floor and door."""
        units = tuple(
            FrontUnit(
                unit,
                tuple(
                    FrontFloor(floor, tuple(self._door(row) for row in doors))
                    for floor, doors in groupby(inside, key=lambda row: row.floor)
                ),
            )
            for unit, inside in groupby(rows, key=lambda row: row.unit)
        )
        if block is None:
            return FrontBuilding(None, None, None, None, None, units)
        return FrontBuilding(
            block.id, block.code, block.name_en, block.name_zh, block.floors, units
        )

    def _door(self, home: Any) -> FrontDoor:
        place_id, building_id = home.id, home.building_id
        enrolled, task = self.enrolled.get(place_id), self.tasks.get(place_id)
        holder = _holder(task, self.tx) if enrolled is not None and task is not None else None
        status = _status(enrolled, task, held=holder is not None)
        self.counts[status] += 1
        outcome = enrolled.outcome if enrolled is not None else None
        return FrontDoor(
            place_id,
            home.door,
            status,
            OUTCOMES[outcome] if outcome else None,
            self._number(holder),
            *self._cover(place_id, building_id, home.parent_id),
        )

    def _cover(
        self, place_id: str, building_id: str | None, parent_id: str | None
    ) -> tuple[bool, tuple[int, ...]]:
        """Whether somebody is responsible for a home, and who."""
        own = self.keepers.get(place_id)
        around = (building_id, parent_id)
        if own is None and around in self.around:
            return self.around[around]
        above = (building_id, parent_id, self.cells.get(building_id or ""))
        keepers = dict.fromkeys(own or ())
        for at in above:
            keepers.update(dict.fromkeys(self.keepers.get(at or "", ())))
        numbers = tuple(n for one in keepers if (n := self._number(one)) is not None)
        said = bool(keepers), numbers
        if own is None:
            self.around[around] = said
        return said

    def _number(self, person_id: str | None) -> int | None:
        """A person's number, for who may know them; one's own is no secret."""
        if person_id is None or not (self.names or person_id == self.tx.actor.person_id):
            return None
        return self.numbers.setdefault(person_id, len(self.numbers))


def _status(enrolled: Any | None, task: Any | None, *, held: bool) -> DoorStatus:
    if enrolled is None:
        return DoorStatus.NOT_ENROLLED
    state = task.state if task is not None else None
    no_way = state == TaskState.NOT_EXECUTABLE or enrolled.outcome == Outcome.UNREACHABLE
    if no_way and state not in tasks_store.OPEN:
        return DoorStatus.UNREACHABLE
    if enrolled.state == EnrollmentState.DONE:
        return DoorStatus.DONE
    if enrolled.attempts:
        return DoorStatus.VISITED
    return DoorStatus.CLAIMED if held else DoorStatus.TO_VISIT


def _holder(task: Any, tx: Transaction) -> str | None:
    """Who has an open task: it was given to them, or their claim still runs."""
    lapsed = task.claimed_until is not None and task.claimed_until < tx.now
    held = task.state in tasks_store.OPEN and task.owner_id is not None and not lapsed
    return str(task.owner_id) if held else None
