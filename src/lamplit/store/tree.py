"""The tree of places: what lies above one, and what lies under it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, select

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
