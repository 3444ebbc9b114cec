"""Homes' states as of the last night, by community, read from the nights' own files.

What is read here is sensitive and goes nowhere by itself: `aggregates` counts it, `facade` shows
single homes to who may see them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from lamplit.domain.field import PlaceKind
from lamplit.domain.words import HomeState
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import day_date
from lamplit.services.night.replay import Replay
from lamplit.services.sweep import states_on
from lamplit.store.places import Place
from lamplit.store.schema import place
from lamplit.store.tree import under


@dataclass(frozen=True, slots=True)
class HomeNow:
    """One home as the last night knew it; `since` is None where the state is unknown."""

    household: str
    state: HomeState
    since: date | None


def communities_under(conn: Connection, found: Place) -> list[str]:
    """The codes of the communities at or under a place."""
    if found.kind is PlaceKind.COMMUNITY:
        return [found.code]
    inside = select(place.c.code).where(
        place.c.kind == PlaceKind.COMMUNITY.value, place.c.id.in_(under(found.id))
    )
    return sorted(conn.scalars(inside))


def counts_of(
    home: Home, communities: list[str], day: date | None = None
) -> tuple[date, dict[str, dict[HomeState, int]]]:
    """(day, homes by community and state). Raises the errors of `Replay.open`."""
    shown, found = homes_of(home, communities, day)
    counts = {
        code: {state: sum(1 for one in homes if one.state is state) for state in HomeState}
        for code, homes in found.items()
    }
    return shown, counts


def homes_of(
    home: Home, communities: list[str], day: date | None = None
) -> tuple[date, dict[str, list[HomeNow]]]:
    """(day, the homes of some communities). Raises the errors of `Replay.open`."""
    stamp = tuple(_stamp(file) for file in (home.registry_file, home.state_dir / "manifest.json"))
    return _read(str(home.path), tuple(communities), day, stamp)


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=32)
def _read(
    home_path: str,
    communities: tuple[str, ...],
    day: date | None,
    stamp: tuple[tuple[int, int], ...],
) -> tuple[date, dict[str, list[HomeNow]]]:
    """Kept until a night or an import changes the files: a board asks again and again."""
    home = Home.open(home_path)
    with open_engine(home) as con:
        replay = Replay.open(home, con, detector(home))
        wanted = day or replay.through
        replay.checked(wanted, wanted)
        names, areas = _registered(home, communities)
        known = pc.index_in(names, replay.universe.homes["household_id"].combine_chunks())
        rows = known.drop_null().to_numpy()
        homes, carried = states_on(replay, wanted, rows)
        at = pc.index_in(names, homes["household_id"].combine_chunks()).to_pylist()
        found: dict[str, list[HomeNow]] = {code: [] for code in communities}
        for place_at, household, area in zip(at, names.to_pylist(), areas, strict=True):
            found[area].append(_one(carried, place_at, household))
    return wanted, found


def _registered(home: Home, communities: tuple[str, ...]) -> tuple[pa.Array, list[str]]:
    """The households of the registry in some communities, each once, and each one's community."""
    if not home.registry_file.exists():
        return pa.array([], pa.string()), []
    table = pa.parquet.read_table(
        home.registry_file, columns=["household_id", "community_id", "valid_to"]
    )
    mine = table.filter(pc.is_in(table["community_id"], pa.array(communities, pa.string())))
    mine = mine.filter(pc.is_null(mine["valid_to"]))
    by_home = dict(zip(mine["household_id"].to_pylist(), mine["community_id"].to_pylist(),
                       strict=True))  # fmt: skip
    return pa.array(list(by_home), pa.string()), list(by_home.values())


def _one(carried: dict[str, np.ndarray], at: int | None, household: str) -> HomeNow:
    if at is None or not carried["state"][at] > 0:
        return HomeNow(household, HomeState.UNKNOWN, None)
    since = day_date(np.nan_to_num(carried["since"][at]))
    return HomeNow(household, HomeState(int(carried["state"][at])), since)
