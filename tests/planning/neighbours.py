"""Small communities to plan for."""

from __future__ import annotations

from lamplit.planning.model import DAY, Building, Door, Options, Person, Request, Span

QUICK = Options(seconds=0.4, seed=3, replicates=60, seek_help=False)


def whole_days(days=2, start=9.0, end=17.0):
    return tuple(Span(d * DAY + start * 60, d * DAY + end * 60) for d in range(days))


def community(doors=60, people=4, days=2, options=QUICK, **person):
    """A row of walk-ups of six floors with two stairwells, two doors on each floor."""
    places = -(-doors // 24)
    buildings = tuple(
        Building(f"b{i}", x=i * 60.0, y=(i % 2) * 40.0, has_lift=i % 3 == 2) for i in range(places)
    )
    homes = tuple(
        Door(
            id=f"d{i:03d}",
            building_id=f"b{i // 24}",
            unit=str(i % 24 // 12 + 1),
            floor=i % 12 // 2 + 1,
            minutes=5 + i % 3,
            answers=(0.5, 0.5, 0.8) if i % 2 else (0.8,),
            rank=1 + i % 4,
        )
        for i in range(doors)
    )
    spans = person.pop("spans", whole_days(days))
    team = tuple(
        Person(f"p{i}", spans=spans, home=f"b{i % places}", **person) for i in range(people)
    )
    return Request(homes, buildings, team, deadline=days * DAY, options=options)
