"""Small worlds for the tests of the night: homes, meters, a registry, and readings that come in
any order. What a world holds at the end can be given to a fresh home in one go, to compare.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.meters.canonical import METER_DAY
from lamplit.meters.lake import FILES, Lake
from lamplit.meters.manifest import Batch, LakeFile
from lamplit.meters.registry import SCHEMA
from lamplit.services.home import Home
from lamplit.services.night.advance import NightReport, run_nights
from lamplit.services.night.snapshots import read_manifest, read_snapshot
from lamplit.services.states import states_between

Key = tuple[str, date]
Row = dict[str, Any]

SHAPE = {
    "base_kwh": 0.5, "top_kwh": 0.25, "night_base_kwh": 0.4, "night_top_kwh": 0.2,
    "night_kwh": 0.3, "small_hours_kwh": 0.1, "morning_kwh": 0.2, "midday_kwh": 0.2,
    "afternoon_kwh": 0.1, "evening_kwh": 0.25, "late_kwh": 0.15, "peak_kw": 0.4,
}  # fmt: skip
"""Features and about what share of the day's energy each is."""

_serial = itertools.count()


def reading(kwh: float | None, *, quality: int = 0, export: float | None = None,
            shape: np.random.Generator | None = None) -> Row:  # fmt: skip
    """What the lake says of a meter's day; with its interval shape where `shape` is given."""
    row: Row = {
        "minutes": 60 if shape else 0,
        "slots": 24 if shape else 1,
        "slots_read": 0 if kwh is None or quality else (24 if shape else 1),
        "kwh": kwh,
        "kwh_export": export,
        "quality": 3 if kwh is None else quality,
        "zero_slots": 24 if kwh == 0 else 0,
    }
    if shape and kwh is not None:
        for name, share in SHAPE.items():
            row[name] = kwh * share * shape.uniform(0.3, 1.7)
        row["active_blocks"] = int(shape.integers(0, 9)) if kwh > 0.5 else 0
    return row


@dataclass
class LakeWriter:
    """Puts meter-days into a lake as ingest does: new days as base, changed ones as delta."""

    home: Home
    rows: dict[Key, Row] = field(default_factory=dict)
    deltas: dict[int, set[Key]] = field(default_factory=dict)

    def put(self, given: dict[Key, Row]) -> None:
        """One batch: the rows that are new or differ from what is there."""
        lake = Lake(self.home)
        batch = lake.manifest.next_batch
        changed = {k: r | {"batch": batch} for k, r in given.items() if self._differs(k, r)}
        new = {k: r for k, r in changed.items() if k not in self.rows}
        again = {k for k in changed if k in self.rows}
        self.rows |= changed
        add, drop = [], set()
        for month, keys in _by_month(new).items():
            add.append(self._write(lake, "base", month, keys, batch))
        for month, keys in _by_month(again).items():
            old = [f for f in lake.manifest.files if f.month == month and f.kind == "delta"]
            drop |= {f.path for f in old}
            self.deltas[month] = self.deltas.get(month, set()) | set(keys)
            every = sorted(self.deltas[month])
            latest = max(self.rows[k]["batch"] for k in every)
            add.append(self._write(lake, "delta", month, every, latest))
        made = Batch(batch, "a.csv", str(batch), "long", {}, {}, "", None, None, 1)
        lake.commit(lake.manifest.changed(add=tuple(add), drop=frozenset(drop), batches=(made,)))

    def _differs(self, key: Key, row: Row) -> bool:
        old = self.rows.get(key)
        return old is None or any(old.get(name) != value for name, value in row.items())

    def _write(self, lake: Lake, kind: Any, month: int, keys: list[Key], batch: int) -> LakeFile:
        columns: dict[str, list[Any]] = {name: [] for name in METER_DAY.names}
        for meter, day in keys:
            row = self.rows[meter, day] | {"meter_id": meter, "day": day, "seq": 1}
            for name in METER_DAY.names:
                columns[name].append(row.get(name))
        path = Path(FILES) / f"{month}-{kind}-{next(_serial)}.parquet"
        (lake.folder / FILES).mkdir(exist_ok=True)
        pq.write_table(pa.table(columns, schema=METER_DAY), lake.folder / path)
        days = [day for _, day in keys]
        return LakeFile(str(path), kind, month, min(days), max(days), len(keys), batch)


def _by_month(keys: Any) -> dict[int, list[Key]]:
    months: dict[int, list[Key]] = {}
    for key in sorted(keys):
        months.setdefault(key[1].year * 100 + key[1].month, []).append(key)
    return months


def write_registry(home: Home, links: list[Row]) -> None:
    """Make these links (registry rows; what is left out is NULL) the home's registry."""
    table = pa.Table.from_pylist(links, schema=pa.schema([f.with_nullable(True) for f in SCHEMA]))
    pq.write_table(table, home.registry_file)


def link(meter: str, household: str, **more: Any) -> Row:
    """One row of a registry."""
    flags = {"solar": False, "shared": False, "lives_alone": False}
    return {"meter_id": meter, "household_id": household} | flags | more


@dataclass
class Outcome:
    """What the nights have come to, in a form that can be compared."""

    homes: list[Row]
    carried: dict[str, np.ndarray]
    peers: dict[str, tuple[float, float]]
    zeros: dict[str, float]
    log: dict[tuple[str, str, int], float]
    asof: list[Row]
    revised: list[Row]


def outcome(home: Home, *, states: bool = True) -> Outcome:
    """The last snapshot by household, the log, and both views of all days."""
    manifest = read_manifest(home.state_dir)
    through = date.fromisoformat(manifest.through)
    last = read_snapshot(home.state_shelf, manifest, through)
    order = np.argsort(np.array(last.homes["household_id"].to_pylist(), dtype=object))
    log: dict[tuple[str, str, int], float] = {}
    for path in home.state_shelf.fetch(list(manifest.logs.values())):
        for row in pq.read_table(path).to_pylist():
            key = (row["kind"], row["id"], row["day"])
            assert key not in log, f"logged twice: {key}"
            log[key] = row["value"]
    first = date.fromisoformat(manifest.first_day)
    views = [
        pa.concat_tables(states_between(home, first, through, view)).to_pylist() if states else []
        for view in ("asof", "revised")
    ]
    return Outcome(
        last.homes.take(pa.array(order)).to_pylist(),
        {name: values[order] for name, values in last.carried.items()},
        last.peers, last.zeros, log, views[0], views[1],
    )  # fmt: skip


def assert_same(found: Outcome, wanted: Outcome) -> None:
    """Exactly the same, NaN equal to NaN."""
    assert found.homes == wanted.homes
    households = [row["household_id"] for row in wanted.homes]
    for name, values in wanted.carried.items():
        other = found.carried[name]
        same = (other == values) | (np.isnan(other) & np.isnan(values))
        odd = [(households[i], other[i], values[i]) for i in np.flatnonzero(~same)]
        assert not odd, f"{name}: {odd[:5]}"
    assert found.peers == wanted.peers
    assert {k: repr(v) for k, v in found.zeros.items()} == {
        k: repr(v) for k, v in wanted.zeros.items()
    }
    assert found.log == wanted.log
    for mine, theirs in ((found.asof, wanted.asof), (found.revised, wanted.revised)):
        odd = [pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]]
        assert not odd, odd[:3]


def nights(home: Home, through: date | None = None, **more: Any) -> NightReport:
    """Run the nights of a home as its folder stands now."""
    return run_nights(Home.open(home.path), through, **more)


# --- a random world ---------------------------------------------------------------------------


@dataclass
class World:
    """A town of a few homes. `links` is its registry now; `truth` all readings as they end."""

    rng: np.random.Generator
    first: date
    days: int
    links: list[Row]
    truth: dict[Key, Row]
    strangers: list[str]

    @property
    def last(self) -> date:
        """The last day."""
        return self.first + timedelta(self.days - 1)


def random_world(seed: int, *, homes: int, communities: int, days: int, shaped: bool) -> World:
    """A town with collectors that fall silent, common falls, swaps, strangers and gaps."""
    rng = np.random.default_rng(seed)
    first = date(2025, int(rng.integers(1, 13)), int(rng.integers(1, 29)))
    links: list[Row] = []
    strangers: list[str] = []
    for home in range(homes):
        links += _links_of(rng, home, communities, first, days)
    for number in range(int(rng.integers(0, 4))):
        strangers.append(f"S{number:02d}")
    truth = _readings(rng, links, strangers, first, days, shaped=shaped)
    return World(rng, first, days, links, truth, strangers)


def _links_of(
    rng: np.random.Generator, home: int, communities: int, first: date, days: int
) -> list[Row]:
    place: Row = {
        "community_id": None if rng.random() < 0.05 else f"C{home % communities}",
        "building_id": f"B{home % communities}{home % 2}",
        "collector_id": None if rng.random() < 0.3 else f"K{home % communities}",
        "solar": bool(rng.random() < 0.08),
        "shared": bool(rng.random() < 0.05),
        "lives_alone": bool(rng.random() < 0.1),
    }
    meter, household = f"M{home:03d}", f"H{home:03d}"
    kind = rng.random()
    middle = first + timedelta(int(rng.integers(1, days)))
    if kind < 0.1:  # one meter after another
        return [
            link(meter, household, **place, valid_to=middle),
            link(meter + "b", household, **place, valid_from=middle),
        ]
    if kind < 0.18:  # two or three at once, one of them from a later day on
        rows = [link(meter + c, household, **place) for c in "ab"[: int(rng.integers(1, 3))]]
        return [*rows, link(meter + "c", household, **place, valid_from=middle)]
    if kind < 0.22:  # a meter that serves the neighbour too
        return [link(meter, household, **place), link(meter, household + "n", **place)]
    if kind < 0.26:  # one household after another
        return [
            link(meter, household, **place, valid_to=middle),
            link(meter, household + "x", **place, valid_from=middle + timedelta(2)),
        ]
    return [link(meter, household, **place)]


def _readings(
    rng: np.random.Generator, links: list[Row], strangers: list[str], first: date, days: int, *,
    shaped: bool,
) -> dict[Key, Row]:  # fmt: skip
    silent = {
        (k, d)
        for k in {row["collector_id"] for row in links if row["collector_id"]}
        for start in rng.integers(0, days, 2)
        for d in range(int(start), int(start + rng.integers(1, 5)))
    }
    fall = {
        (c, d): rng.uniform(0.3, 0.8)
        for c in {row["community_id"] for row in links}
        for start in rng.integers(0, days, 1)
        for d in range(int(start), int(start + rng.integers(1, 12)))
    }
    blackout = int(rng.integers(0, days)) if rng.random() < 0.3 else -99
    place = {row["meter_id"]: row for row in links}
    truth: dict[Key, Row] = {}
    for meter in sorted({*place, *strangers}):
        level = float(rng.lognormal(1.6, 0.6))
        late = int(rng.integers(1, days)) if rng.random() < 0.15 else 0
        away_from = int(rng.integers(0, days)) if rng.random() < 0.5 else days
        away_to = away_from + int(rng.integers(1, 30))
        standby = rng.choice([0.0, 0.02, 0.4])
        row = place.get(meter, {})
        with_shape = shaped and rng.random() < 0.8
        for d in range(late, days):
            if rng.random() < 0.05 or blackout <= d < blackout + 7:
                continue
            kwh: float | None = level * float(rng.lognormal(0, 0.25))
            if away_from <= d < away_to:
                kwh = float(standby * rng.uniform(0.97, 1.03))
            if kwh is not None:
                kwh *= float(fall.get((row.get("community_id"), d), 1.0))
            if (row.get("collector_id"), d) in silent and rng.random() < 0.95:
                kwh = 0.0
            quality = int(rng.choice([1, 2, 3])) if rng.random() < 0.04 else 0
            export = float(rng.uniform(0, 5)) if row.get("solar") and rng.random() < 0.9 else None
            truth[meter, first + timedelta(d)] = reading(
                None if quality == 3 else kwh, quality=quality, export=export,
                shape=rng if with_shape and rng.random() < 0.95 else None,
            )  # fmt: skip
    return truth


def wrong_reading(rng: np.random.Generator, right: Row) -> Row:
    """A reading that is corrected later."""
    kind = rng.random()
    if kind < 0.4:
        return reading(0.0)
    if kind < 0.6:
        return reading(float(rng.uniform(0, 40)), quality=1)
    return right | {"kwh": float(rng.uniform(0, 30))}


def changed_registry(rng: np.random.Generator, world: World) -> list[Row]:
    """The world's registry with a change or two; meters it did not know may come in."""
    links = [dict(row) for row in world.links]
    for _ in range(int(rng.integers(1, 4))):
        row = links[int(rng.integers(0, len(links)))]
        kind = int(rng.integers(0, 7))
        if kind == 0:
            row["community_id"] = f"C{int(rng.integers(0, 4))}"
        elif kind == 1:
            row["lives_alone"] = not row["lives_alone"]
        elif kind == 2:
            row["solar"] = not row["solar"]
        elif kind == 3:
            row["shared"] = not row["shared"]
        elif kind == 4 and row.get("valid_to") is None:
            day = world.first + timedelta(int(rng.integers(1, world.days)))
            if row.get("valid_from") is None or row["valid_from"] < day:
                row["valid_to"] = day
                links.append(row | {"household_id": row["household_id"] + "z", "valid_from": day,
                                    "valid_to": None})  # fmt: skip
        elif kind == 5:
            row["collector_id"] = None if rng.random() < 0.3 else f"K{int(rng.integers(0, 4))}"
        elif world.strangers:
            known = {r["meter_id"] for r in links}
            meter = world.strangers[int(rng.integers(0, len(world.strangers)))]
            if meter not in known:
                # Its household may be called as its meter is, or as another home's meter is.
                name = str(rng.choice([meter, "N" + meter, world.strangers[0]]))
                if name not in {r["household_id"] for r in links}:
                    links.append(link(meter, name, community_id="C0", collector_id="K0"))
    return links
