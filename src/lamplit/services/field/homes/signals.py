"""What the meters say of homes on an evening, as the sweep into a campaign takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lamplit.domain.words import HomeState
from lamplit.engine.duckdb import quoted
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.routine import watched
from lamplit.services.sweep import sweep
from lamplit.services.sweep.evening import evening_of
from lamplit.services.sweep.ranking import judged_sql

WORDS = {int(state): state.word for state in HomeState}


@dataclass(frozen=True, slots=True)
class HomeSignal:
    """One home on an evening. `order` is its place on the list, from 1; None off the list.

    `probability`: of what is said of the home, 0 to 1; `raw` as the rules gave it, where labels
    have put it right since. `evidence`: `en`, `zh`, `against_en`, `against_zh`, of homes on the
    list.
    """

    state: str = "unknown"
    since: date | None = None
    probability: float = 0.0
    event: str = ""
    event_day: date | None = None
    order: int | None = None
    evidence: Mapping[str, str] | None = None
    raw: float | None = None


@dataclass(frozen=True, slots=True)
class Evening:
    """The signals of an evening by household (the registry's id)."""

    as_of: date
    homes: Mapping[str, HomeSignal] = field(repr=False)


def read_evening(home: Home, as_of: date | None = None, community: str = "") -> Evening:
    """The whole list with its evidence, and the state of every other home.

    `community`: of one only, by its code. Raises the errors of `services.sweep.sweep`.
    """
    found = sweep(home.on_this_machine(), as_of, community=community)
    homes = _others(home, found.as_of, community)
    for door in found.doors.to_pylist():
        homes[door["household_id"]] = _listed(door)
    return Evening(found.as_of, homes)


def _listed(door: dict[str, Any]) -> HomeSignal:
    evidence = {
        name: door[f"{column}_{language}"] or ""
        for name, column, language in (
            ("en", "evidence", "en"), ("zh", "evidence", "zh"),
            ("against_en", "against", "en"), ("against_zh", "against", "zh"),
        )
    }  # fmt: skip
    return HomeSignal(
        door["state"], door["since"], door["probability"], door["event"] or "",
        door["event_day"], door["rank"], evidence, door["raw_probability"],
    )  # fmt: skip


def _others(home: Home, day: date, community: str) -> dict[str, HomeSignal]:
    place = f"AND e.community_id = {quoted(community)}" if community else ""
    with open_engine(home) as con:
        replay = watched(home, con, detector(home))
        with evening_of(replay, day) as evening:
            rows = evening.arrow(f"""
                SELECT e.household_id, e.state, e.since, j.chance
                FROM {evening.relation} e JOIN ({judged_sql(evening, broken=False)}) j
                  ON e.row = j.row
                WHERE NOT e.stranger {place}
            """)
    since = rows["since"].to_numpy().astype("datetime64[D]")
    known = rows["state"].to_numpy() > 0
    chance = rows["chance"].to_numpy()
    return {
        household: HomeSignal(
            WORDS[state], when.astype(date) if seen else None, round(float(p), 4) if seen else 0.0
        )
        for household, state, when, p, seen in zip(
            rows["household_id"].to_pylist(),
            rows["state"].to_pylist(),
            since,
            chance,
            known,
            strict=True,
        )
    }
