"""`lamplit sweep`: the doors worth knocking on, ranked and explained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import language_of
from lamplit.domain.problems import night as problems
from lamplit.domain.words import EMPTY_STATES, HomeEvent, HomeState
from lamplit.engine.duckdb import Duck
from lamplit.outbound.terminal import CommunityRow
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import day_date, day_number
from lamplit.services.night.replay import Replay
from lamplit.services.night.rework import reordered
from lamplit.signals.fold import Arrays
from lamplit.signals.home_state.sentences import Facts, against, evidence

Array = np.ndarray[Any, Any]

HAPPENINGS: tuple[HomeEvent, ...] = tuple(e for e in HomeEvent if e is not HomeEvent.NONE)

EVENT_FRESH_DAYS = 14
"""A return or a frozen load is news for this long; after that the home is as it is."""
VULNERABLE = 1.5
"""Weight of a consenting person who lives alone."""
URGENCY = {HomeEvent.ROUTINE_BROKEN: 2.0, HomeEvent.FROZEN_HIGH: 1.5, HomeEvent.RETURNED: 1.3,
           HomeEvent.WENT_DARK: 1.2, HomeEvent.NONE: 0.8}  # fmt: skip
"""Weight of what happened: somebody may lie ill; somebody is back; a home just emptied."""

CARRIED = (
    "state", "since", "belief", "away", "event", "event_day", "event_before", "event_now",
    "event_read", "event_found", "spell_days", "spell_kwh", "lived_kwh", "lived_days",
    "recent_kwh", "jumps", "valid_days",
)  # fmt: skip

_PLACES = """
SELECT household_id, arg_max(building_id, v) AS building_id, arg_max(unit, v) AS unit,
  arg_max(floor, v) AS floor, arg_max(door, v) AS door,
  arg_max(building_name_en, v) AS building_name_en, arg_max(building_name_zh, v)
  AS building_name_zh, arg_max(community_name_en, v) AS community_name_en,
  arg_max(community_name_zh, v) AS community_name_zh
FROM (SELECT *, coalesce(valid_from, DATE '1900-01-01') AS v FROM read_parquet('{registry}'))
SEMI JOIN wanted_homes USING (household_id)
GROUP BY household_id
"""


@dataclass(slots=True)
class SweepResult:
    """The list (columns as documented), and the summary by community."""

    as_of: date
    doors: pa.Table
    found: int
    homes: int
    communities: list[CommunityRow] = field(default_factory=list)
    unknown: int = 0


def sweep(
    home: Home, as_of: date | None = None, *, community: str = "", top: int | None = None
) -> SweepResult:
    """The doors worth knocking on as the evening of `as_of` knew them (default: the last night).

    Raises the errors of `Replay.open` and `Replay.checked`; `night.unknown-place`.
    """
    with open_engine(home) as con:
        replay = Replay.open(home, con, detector(home))
        day = as_of or replay.through
        replay.checked(day, day)
        homes, carried = states_on(replay, day)
        inside = _inside(homes, community)
        rows, rank = _ranked(homes, carried, inside, day)
        doors = rows if top is None else rows[:top]
        table = _list(replay, homes, carried, doors, rank, day)
        cells = _communities(replay, homes, carried, inside, day)
        unknown = int((inside & (carried["state"] == HomeState.UNKNOWN)).sum())
        return SweepResult(day, table, len(rows), int(inside.sum()), cells, unknown)


def states_on(replay: Replay, day: date) -> tuple[pa.Table, Arrays]:
    """(homes, carried) as they stood after `day`."""
    if day == replay.through:
        return replay.last.homes, replay.last.carried
    if day in replay.manifest.days():
        start, snapshot = replay.before(day + timedelta(1))
        assert snapshot is not None and start > day
        found = reordered(replay.fold, snapshot, replay.universe)
        return found.homes, found.carried
    rows = np.arange(replay.universe.count)
    _, _, final = replay.as_known(rows, day, day, ())
    return replay.universe.homes, final


def _inside(homes: pa.Table, community: str) -> Array:
    if not community:
        return np.ones(homes.num_rows, dtype=bool)
    inside = pc.fill_null(pc.equal(homes["community_id"], community), False)
    if not pc.any(inside).as_py():
        raise LamplitError(problems.UNKNOWN_PLACE, place=community, near="")
    found: Array = inside.to_numpy()
    return found


def fresh_event(carried: Arrays, day: date) -> Array:
    """The event of each home while it is news; NONE after."""
    event = carried["event"].astype(np.int8)
    age = day_number(day) - carried["event_found"]
    empty = carried["away"] > 0
    news = np.where(event == HomeEvent.WENT_DARK, empty, (age < EVENT_FRESH_DAYS) & (age >= 0))
    news &= ~((event == HomeEvent.RETURNED) & empty)
    return np.where(news, event, HomeEvent.NONE).astype(np.int8)


def _ranked(homes: pa.Table, carried: Arrays, inside: Array, day: date) -> tuple[Array, Array]:
    """(rows of the homes worth a knock, best first; the score of every home)."""
    empty = (carried["away"] > 0) & np.isin(carried["state"], EMPTY_STATES)
    event = fresh_event(carried, day)
    wanted = inside & (empty | (event != HomeEvent.NONE))
    chance = np.where(empty, carried["belief"], 1 - carried["belief"])
    weight = np.ones(len(chance))
    for kind, urgency in URGENCY.items():
        weight = np.where(event == kind, urgency, weight)
    alone = homes["lives_alone"].to_numpy(zero_copy_only=False).astype(bool)
    age = np.maximum(day_number(day) - carried["since"], 0)
    score = chance * weight * np.where(alone, VULNERABLE, 1.0) / (1 + age / 365)
    rows = np.flatnonzero(wanted)
    order = np.argsort(-score[rows], kind="stable")
    return rows[order], score


def _list(
    replay: Replay, homes: pa.Table, carried: Arrays, rows: Array, score: Array, day: date
) -> pa.Table:
    taken = homes.take(pa.array(rows, pa.int64()))
    picked = {name: carried[name][rows] for name in CARRIED}
    picked["event"] = fresh_event(carried, day)[rows]
    places = places_of(replay.con, replay.home, taken)
    facts = _facts(replay, homes, carried, taken, picked, day)
    number = np.arange(1, len(rows) + 1, dtype=np.int32)
    event_days = [f.event_day for f in facts]
    columns: dict[str, Any] = {
        "rank": pa.array(number),
        "household_id": taken["household_id"],
        "meter_id": taken["meter_id"],
        "community_id": taken["community_id"],
        "building_id": places["building_id"],
        "unit": places["unit"],
        "floor": places["floor"],
        "door": places["door"],
        "state": [f.state.word for f in facts],
        "since": pa.array([f.since for f in facts], pa.date32()),
        "event": pa.array([f.event.word or None for f in facts], pa.string()),
        "event_day": pa.array(event_days, pa.date32()),
        "probability": pa.array([round(f.probability, 4) for f in facts], pa.float64()),
        "kwh_day_before": pa.array([_rounded(f.before) for f in facts], pa.float64()),
        "kwh_day_now": pa.array([_rounded(f.now) for f in facts], pa.float64()),
        "days_read": pa.array([f.read for f in facts], pa.int32()),
        "evidence_en": pa.array([evidence(f, "en") for f in facts], pa.string()),
        "evidence_zh": pa.array([evidence(f, "zh") for f in facts], pa.string()),
        "against_en": pa.array([against(f, "en") for f in facts], pa.string()),
        "against_zh": pa.array([against(f, "zh") for f in facts], pa.string()),
    }
    return pa.table(columns)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def places_of(con: Duck, home: Home, taken: pa.Table) -> pa.Table:
    """Door and names of each home in `taken` (its `household_id`), a row each in that order."""
    wanted = taken.select(["household_id"])
    con.register("wanted_homes", wanted)
    if home.registry_file.exists():
        sql = _PLACES.format(registry=str(home.registry_file).replace("'", "''"))
        found = con.arrow(sql)
    else:
        found = pa.table({"household_id": pa.array([], pa.string())})
    con.unregister("wanted_homes")
    at = pc.index_in(wanted["household_id"], found["household_id"].combine_chunks())
    names = ("building_id", "unit", "floor", "door", "building_name_en", "building_name_zh",
             "community_name_en", "community_name_zh")  # fmt: skip
    return pa.table(
        {
            name: found[name].take(at)
            if name in found.column_names
            else pa.nulls(len(wanted), pa.int32() if name == "floor" else pa.string())
            for name in names
        }
    )


def _facts(
    replay: Replay, homes: pa.Table, carried: Arrays, taken: pa.Table, picked: Arrays, day: date
) -> list[Facts]:
    lit, total = _neighbours(homes, carried)
    community = taken["community_id"].to_pylist()
    year_ago = _year_ago(replay, taken, day)
    solar, alone = taken["solar"].to_pylist(), taken["lives_alone"].to_pylist()
    peer = _peers_on(replay, day)
    facts = []
    for i, place in enumerate(community):
        one = {name: float(values[i]) for name, values in picked.items()}
        near = (total.get(place, 0), lit.get(place, 0))
        own = not _is_empty(one)
        facts.append(
            _fact(
                one, day, solar=solar[i], alone=alone[i], shaped=replay.shaped,
                near=(near[0] - 1, near[1] - own) if near[0] > 1 else (0, 0),
                peer=peer.get(place, 1.0), year_ago=year_ago[i],
            )
        )  # fmt: skip
    return facts


def door_facts(replay: Replay, one_home: pa.Table, carried: Arrays, day: date) -> Facts:
    """The facts of one home from what it carries after `day` (arrays of one value each).

    Raises the errors of `Replay`.
    """
    picked = {name: carried[name] for name in CARRIED}
    picked["event"] = fresh_event(carried, day)
    homes, town = states_on(replay, day)
    return _facts(replay, homes, town, one_home, picked, day)[0]


def _is_empty(one: dict[str, float]) -> bool:
    return one["away"] > 0


def _fact(
    one: dict[str, float], day: date, *, solar: bool, alone: bool, shaped: bool,
    near: tuple[int, int], peer: float, year_ago: bool | None,
) -> Facts:  # fmt: skip
    event = HomeEvent(int(one["event"]))
    empty = _is_empty(one)
    happened = event is not HomeEvent.NONE
    start = one["event_day"] if happened else one["since"]
    span = int(day_number(day) - start) + 1 if start > 0 else 0
    own_use = one["lived_days"] >= 3
    spell_mean = one["spell_kwh"] / max(one["spell_days"], 1)
    before: float | None
    if happened:
        before, now, read = one["event_before"], one["event_now"], one["event_read"]
        if event is HomeEvent.FROZEN_HIGH:
            now = one["recent_kwh"]
    else:
        before = one["lived_kwh"] if own_use else None
        now, read = (spell_mean, one["spell_days"]) if empty else (one["recent_kwh"], 0)
    chance = one["belief"] if empty else 1 - one["belief"]
    return Facts(
        state=HomeState(int(one["state"])),
        since=day_date(one["since"]) if one["since"] > 0 else None,
        event=event,
        event_day=day_date(one["event_day"]) if happened else None,
        before=_number(before),
        now=_number(now),
        read=min(int(read), span),
        span=span,
        flat=one["jumps"] < 1.0,
        shaped=shaped,
        solar=solar,
        lives_alone=alone,
        neighbours=near[0],
        neighbours_lit=near[1],
        peer=peer,
        year_ago=year_ago,
        settled=int(one["lived_days"]),
        probability=chance,
        all_zero=empty and spell_mean == 0,
    )


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _neighbours(homes: pa.Table, carried: Arrays) -> tuple[dict[str, int], dict[str, int]]:
    """Homes of each community that look lived in, and homes with a state at all."""
    table = pa.table(
        {
            "community_id": homes["community_id"],
            "lit": pa.array(((carried["away"] == 0) & (carried["state"] > 0)).astype(np.int64)),
            "all": pa.array((carried["state"] > 0).astype(np.int64)),
        }
    )
    sums = table.group_by("community_id").aggregate([("lit", "sum"), ("all", "sum")])
    names = sums["community_id"].to_pylist()
    lit = dict(zip(names, sums["lit_sum"].to_pylist(), strict=True))
    total = dict(zip(names, sums["all_sum"].to_pylist(), strict=True))
    lit.pop(None, None)
    total.pop(None, None)
    return lit, total


def _year_ago(replay: Replay, taken: pa.Table, day: date) -> list[bool | None]:
    """Whether each home was empty in the same weeks last year, by the nearest snapshot."""
    want = day - timedelta(364)
    near = [d for d in replay.manifest.days() if abs((d - want).days) <= 16]
    if not near:
        return [None] * taken.num_rows
    nearest = min(near, key=lambda d: abs((d - want).days))
    _, snapshot = replay.before(nearest + timedelta(1))
    assert snapshot is not None
    at = pc.index_in(
        taken["household_id"], snapshot.homes["household_id"].combine_chunks()
    ).to_pylist()
    away, known = snapshot.carried["away"], snapshot.carried["valid_days"]
    return [None if i is None or known[i] < 14 else bool(away[i] > 0) for i in at]


def _peers_on(replay: Replay, day: date) -> dict[str | None, float]:
    """The peer index of each community on a day, as logged."""
    import pyarrow.parquet as pq

    found: dict[str | None, float] = {}
    for name in replay.manifest.logs.values():
        table = pq.read_table(
            replay.home.state_dir / name,
            filters=[("day", "==", day_number(day)), ("kind", "==", "peer")],
        )
        found.update(zip(table["id"].to_pylist(), table["value"].to_pylist(), strict=True))
    return found


def _communities(
    replay: Replay, homes: pa.Table, carried: Arrays, inside: Array, day: date
) -> list[CommunityRow]:
    event = fresh_event(carried, day)
    flags = {s.word: (carried["state"] == s) & inside for s in HomeState}
    flags |= {e.word: (event == e) & inside for e in HAPPENINGS}
    table = pa.table(
        {"community_id": homes["community_id"]}
        | {name: pa.array(flag.astype(np.int64)) for name, flag in flags.items()}
    )
    sums = table.group_by("community_id").aggregate([(name, "sum") for name in flags])
    called = _community_names(replay)
    rows = []
    for row in sums.to_pylist():
        states = {s: row[f"{s.word}_sum"] for s in HomeState}
        if not any(states.values()):
            continue
        events = {e: row[f"{e.word}_sum"] for e in HAPPENINGS}
        place = row["community_id"] or ""
        rows.append(CommunityRow(place, called.get(place, ""), states, events))
    return rows


def _community_names(replay: Replay) -> dict[str, str]:
    """The communities' names in the reader's language, where the registry has them."""
    if not replay.home.registry_file.exists():
        return {}
    first, second = ("zh", "en") if language_of() == "zh" else ("en", "zh")
    registry = str(replay.home.registry_file).replace("'", "''")
    rows = replay.con.rows(
        f"SELECT community_id, max(coalesce(community_name_{first}, community_name_{second})) "
        f"FROM read_parquet('{registry}') WHERE community_id IS NOT NULL GROUP BY 1"
    )
    return {place: name for place, name in rows if name}
