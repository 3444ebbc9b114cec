"""A made-up community to plan for: walk-ups and towers, and neighbours with their hours."""

from __future__ import annotations

import numpy as np

from lamplit.planning.model import DAY, Building, Door, Options, Person, Request, Span

DAYS = 3
HOURS = {
    "whole": ((8.5, 12.0), (14.0, 18.0)),
    "morning": ((8.5, 12.0),),
    "afternoon": ((13.5, 18.0),),
    "evening": ((17.5, 20.5),),
}
ANSWERS = {"at home": (0.8, 0.75, 0.85), "at work": (0.25, 0.3, 0.75), "away": (0.12, 0.12, 0.15)}


def community(doors: int, people: int, seed: int, **options) -> Request:
    """`doors` homes and `people` who look after them for three days."""
    rng = np.random.default_rng(seed)
    buildings, homes = _buildings(doors, rng)
    team = tuple(_person(i, buildings, rng) for i in range(people))
    return Request(
        doors=tuple(homes),
        buildings=tuple(buildings),
        people=team,
        deadline=(DAYS - 1) * DAY + 20.5 * 60,
        options=Options(seed=seed, **options),
    )


def _buildings(doors, rng):
    """Towers of 18 floors with lifts and walk-ups of 6, on a street grid, and their homes."""
    buildings, homes = [], []
    while len(homes) < doors:
        at = len(buildings)
        tower = at % 4 == 3
        place = f"b{at:03d}"
        x, y = at % 9 * 70 + rng.normal(0, 8), at // 9 * 55 + rng.normal(0, 8)
        floors, units, side = (18, 2, 4) if tower else (6, 4, 2)
        buildings.append(Building(place, float(x), float(y), floors, tower, 0.8))
        for unit in range(1, units + 1):
            for floor in range(1, floors + 1):
                for number in range(1, side + 1):
                    homes.append(_door(place, str(unit), floor, number, rng))
    return buildings, homes[:doors]


def _door(place, unit, floor, number, rng):
    kind = rng.choice(list(ANSWERS), p=[0.45, 0.4, 0.15])
    return Door(
        id=f"{place}-{unit}-{floor}{number:02d}",
        building_id=place,
        unit=unit,
        floor=floor,
        minutes=float(rng.uniform(4, 9)),
        spread=3.0,
        answers=ANSWERS[kind],
        rank=int(rng.integers(1, 4)),
        languages=frozenset({"yue"} if rng.random() < 0.02 else ()),
        skills=frozenset({"nurse"} if rng.random() < 0.02 else ()),
    )


def _person(at, buildings, rng):
    hours = HOURS[rng.choice(list(HOURS), p=[0.5, 0.15, 0.2, 0.15])]
    days = [d for d in range(DAYS) if rng.random() < 0.9] or [DAYS - 1]
    spans = tuple(Span(d * DAY + a * 60, d * DAY + b * 60) for d in days for a, b in hours)
    return Person(
        id=f"p{at:02d}",
        spans=spans,
        home=buildings[int(rng.integers(len(buildings)))].id,
        skills=frozenset({"nurse"} if at % 6 == 0 else ()),
        languages=frozenset({"yue"} if at % 5 == 0 else ()),
        pace=float(rng.choice([0.9, 1.0, 1.0, 1.15])),
    )
