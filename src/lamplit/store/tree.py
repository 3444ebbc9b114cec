"""The tree of places: what lies above one, and what lies under it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Select, select

from lamplit.store.bulk import parts
from lamplit.store.schema import place

DEEPEST = 12
"""No tree of places is deeper; a ring of parents ends here rather than never."""


def above(place_id: str) -> Select[tuple[Any]]:
    """The ids of a place and of all places above it, as a sub-query."""
    return select(_walk_up(place.c.id == place_id).c.id)


def above_any(place_ids: Collection[str]) -> Select[tuple[Any]]:
    """The ids of some places and of all places above them, as a sub-query.

    One walk for them all: two of `above` in one statement would bear the same name.
    """
    return select(_walk_up(place.c.id.in_(place_ids)).c.id)


def under(place_id: str) -> Select[tuple[Any]]:
    """The ids of a place and of all places under it, as a sub-query."""
    return select(_walk_down(place.c.id == place_id).c.id)


def under_any(place_ids: list[str]) -> Select[tuple[Any]]:
    """The ids of some places and of all places under them, as a sub-query."""
    return select(_walk_down(place.c.id.in_(place_ids)).c.id)


def parents_above(conn: Connection, places: Iterable[str]) -> dict[str, str | None]:
    """The parent of each of these places, and of all places above them: one query a level."""
    found: dict[str, str | None] = {}
    level = set(places)
    while level:
        for some in parts(sorted(level)):
            wanted = select(place.c.id, place.c.parent_id).where(place.c.id.in_(some))
            found.update((row.id, row.parent_id) for row in conn.execute(wanted))
        level = {up for up in (found.get(one) for one in level) if up and up not in found}
    return found


def upwards(place_id: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    """A place and those above it, from the nearest on, by what `parents_above` gave."""
    met = set()
    at: str | None = place_id
    while at is not None and at not in met:
        met.add(at)
        yield at
        at = parents.get(at)


def _walk_up(starts: ColumnElement[bool]) -> CTE:
    start = select(place.c.id, place.c.parent_id, (place.c.version * 0).label("depth")).where(
        starts
    )
    walk = start.cte(recursive=True)
    return walk.union(
        select(place.c.id, place.c.parent_id, walk.c.depth + 1)
        .join(walk, place.c.id == walk.c.parent_id)
        .where(walk.c.depth < DEEPEST)
    )


def _walk_down(starts: ColumnElement[bool]) -> CTE:
    walk = (
        select(place.c.id, (place.c.version * 0).label("depth"))
        .where(starts)
        .cte(recursive=True)  # without a name: one query may walk down from several places
    )
    return walk.union(
        select(place.c.id, walk.c.depth + 1)
        .join(walk, place.c.parent_id == walk.c.id)
        .where(walk.c.depth < DEEPEST)
    )
