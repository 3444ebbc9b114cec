"""The leader plans: the doors that the meters point to first, then all the others, by the planner.

Doors, people's hours and the map are read over HTTP; the plan comes back as lists of doors in
order, and the tasks are given to their people over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from lamplit.domain.hours import DAYS
from lamplit.planning.model import Building, Door, Options, Person, Plan, Request, Span, Visit
from lamplit.planning.planner import make_plan
from lamplit.planning.travel import metres
from lamplit.replay.stage import OFFICE_AT
from lamplit.replay.walk import ATTEMPTS
from lamplit.replay.wire import Caller

DAY = 1440.0
PAGE = 500
LISTED_ANSWERS = (0.15, 0.15, 0.2)
"""How often somebody opens at a door on the list: mostly nobody is there."""
OTHER_ANSWERS = (0.45, 0.45, 0.7)
LEAST_SPAN = 10.0
"""Minutes left of a span that are worth going out for."""


@dataclass(frozen=True, slots=True)
class Routes:
    """Who goes to which doors in which order: place ids by person's code, the list's doors first.

    `first` is the plan of the doors on the list, `rest` that of all others.
    """

    rows: Mapping[str, tuple[str, ...]]
    first: Plan
    rest: Plan | None

    def owners(self) -> Mapping[str, str]:
        """Place id → the person whose list holds it."""
        return {place: code for code, row in self.rows.items() for place in row}


def pages(caller: Caller, path: str, **params: Any) -> list[dict[str, Any]]:
    """All rows of a paged answer."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = caller.get(path, limit=PAGE, **params, **more)
        rows += answer["items"]
        cursor = answer.get("next")
        if not cursor:
            return rows


def plan_routes(
    doors: Sequence[Mapping[str, Any]],
    buildings: Sequence[Mapping[str, Any]],
    people: Sequence[Mapping[str, Any]],
    *,
    listed: int,
    first_day: date,
    days: int,
    seconds: float,
    seed: int,
) -> Routes:
    """Routes for doors and people as the API tells them; `listed`: so many are on the list.

    Minutes of the plan run from midnight of `first_day`.
    """
    places = [_building(one) for one in buildings]
    made = [_door(one, listed) for one in doors]
    team = [_person(one, first_day, days) for one in people]
    base = Request(
        doors=tuple(d for d in made if d.rank == 1),
        buildings=tuple(places),
        people=tuple(team),
        deadline=days * DAY,
        visit=Visit(attempts=ATTEMPTS),
        options=Options(seconds=seconds, seed=seed, replicates=100, seek_help=False),
    )
    first = make_plan(base)
    rest_doors = tuple(d for d in made if d.rank > 1)
    rest = None
    if rest_doors:
        left = tuple(replace(p, spans=_left(p, first)) for p in team)
        rest = make_plan(replace(base, doors=rest_doors, people=left))
    return Routes(_rows(first, rest), first, rest)


def _rows(first: Plan, rest: Plan | None) -> dict[str, tuple[str, ...]]:
    rows = {code: list(row) for code, row in first.lists().items()}
    for code, row in (rest.lists() if rest else {}).items():
        rows.setdefault(code, []).extend(row)
    return {code: tuple(row) for code, row in rows.items()}


def _left(person: Person, plan: Plan) -> tuple[Span, ...]:
    """What a plan leaves of a person's spans."""
    ends = {s.span.start: s.ends + s.again for s in plan.shifts if s.person_id == person.id}
    left = [Span(max(s.start, ends.get(s.start, s.start)), s.end) for s in person.spans]
    return tuple(s for s in left if s.end - s.start >= LEAST_SPAN)


def _building(row: Mapping[str, Any]) -> Building:
    x, y = metres(row["lat"], row["lon"], lat0=OFFICE_AT[0], lon0=OFFICE_AT[1])
    return Building(row["id"], x, y, row["floors"] or 1, bool(row["has_lift"]))


def _door(row: Mapping[str, Any], listed: int) -> Door:
    first = row["order"] <= listed
    return Door(
        row["place_id"],
        row["building_id"] or "",
        row["unit"] or "",
        row["floor"] or 1,
        answers=LISTED_ANSWERS if first else OTHER_ANSWERS,
        rank=1 if first else 2,
        tried=min(row["attempts"], ATTEMPTS - 1),
    )


def _person(row: Mapping[str, Any], first_day: date, days: int) -> Person:
    spans = []
    for day in range(days):
        name = DAYS[(first_day + timedelta(day)).weekday()]
        for start, end in (row["hours"] or {}).get(name, ()):
            spans.append(Span(day * DAY + _minutes(start), day * DAY + _minutes(end)))
    return Person(row["code"], tuple(spans))


def _minutes(text: str) -> float:
    hour, minute = text.split(":")
    return int(hour) * 60.0 + int(minute)
