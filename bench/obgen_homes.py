"""Homes made by the `obgeneration` package, with lamplit's faults laid over their loads.

    python bench/obgen_homes.py --homes 200 --days 120 --seed 7 -o DIR

Who is at home when, what they cook and wash, their lights, base load and fridge come from
`obgeneration` (PyPI, MIT), which nobody on this project wrote: its Markov chains were fitted to
time-use surveys and its powers to surveys of appliances. Empty spells are made by setting its
presence fractions to zero before it draws the loads, so that presence still comes first. From
lamplit.town come the dates of absences, how the home was left, the meters and their faults.

The files are those of `lamplit town`. The loads are kept by arguments in a cache folder, since a
household-year costs about a second.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

from lamplit.town.absences import (
    FRIDGE_ON,
    MAIN_OFF,
    ROUTER_ONLY,
    STANDBY_ONLY,
    Trips,
    Visits,
    draw_trips,
    draw_visits,
    label_visits,
)
from lamplit.town.appliances import cycling
from lamplit.town.arrays import stream
from lamplit.town.build import make_setting, write_extras
from lamplit.town.calendar import Calendar, Order
from lamplit.town.classes import CLASSES
from lamplit.town.confounders import BIT
from lamplit.town.faults import lay_faults
from lamplit.town.files import Folder
from lamplit.town.homes import TRAITS, Homes, draw_homes
from lamplit.town.metering import black_out, count, sunshine
from lamplit.town.presets import LAYOUTS, PRESETS
from lamplit.town.shard import Lived, Setting, label_hours, label_windows, place_of, tables_of

KEPT_TRAITS = ("solar", "solar_no_export", "shared_meter", "high_base")
"""Traits that act on a finished load; the package has no notion of the others."""

MINUTES = 15
RECIPE = 3
"""Raise it when what a home is made of changes, so that old caches are not taken."""


@dataclass(frozen=True)
class HomeJob:
    """One home for a worker process: its class, its own seed, its absences as slot ranges."""

    code: str
    seed: int
    days: int
    away: tuple[tuple[int, int], ...]
    early: tuple[tuple[int, int], ...]
    visits: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Drawn:
    """What the package made of a home: kWh by slot without the fridge, its kW, presence."""

    load: np.ndarray
    fridge_kw: float
    base_kw: float
    present: np.ndarray


def profile_of(code: str, rng: np.random.Generator):
    """The package's inputs for one of lamplit's classes: occupancy, equipment, lighting, area."""
    from obgeneration.model.builders import build_equipment, build_lighting, build_occupancy
    from obgeneration.model.occupancy import MobilityCluster as M

    out = [M.LONG_DAY_AWAY, M.MORNING_AWAY, M.AFTERNOON_AWAY]
    clusters = {
        "family": [M.LONG_DAY_AWAY, out[int(rng.integers(3))], M.MOSTLY_HOME],
        "large_user": [M.LONG_DAY_AWAY, M.MOSTLY_HOME, M.MOSTLY_HOME, M.AFTERNOON_AWAY],
        "couple": [M.LONG_DAY_AWAY, out[int(rng.integers(3))]],
        "single": [out[int(rng.integers(3))]],
        "elder": [M.MOSTLY_HOME] * int(rng.integers(1, 3)),
        "frugal_elder": [M.MOSTLY_HOME],
        "night_shift": [M.EVENING_NIGHT_AWAY],
        "home_worker": [M.MOSTLY_HOME, M.LONG_DAY_AWAY][: int(rng.integers(1, 3))],
    }.get(code, [M.LONG_DAY_AWAY, M.MOSTLY_HOME])
    frugal = code == "frugal_elder"
    low = int(rng.integers(2, 8))
    equipment = build_equipment(
        has_washer=not frugal,
        washer_efficient=bool(rng.random() < 0.5),
        has_dryer=bool(rng.random() < 0.15) and not frugal,
        dryer_efficient=True,
        laundry_freq_per_week=(1, int(rng.integers(2, 6))),
        has_cooking_products=bool(rng.random() < 0.9),
        cooking_freq_per_week=(low, low + int(rng.integers(1, 10))),
        has_dishwasher=bool(rng.random() < 0.2) and not frugal,
        dishwasher_efficient=True,
        dishwasher_freq_per_week=(1, 5),
        num_refrigerators=(int(rng.random() < 0.5) if frugal else 1 + int(rng.random() < 0.12)),
        refrigerator_efficient=bool(frugal or rng.random() < 0.6),
    )
    area = rng.uniform(12, 30) if frugal else rng.uniform(40, 120)
    lighting = build_lighting(if_led=bool(rng.random() < 0.8))
    return build_occupancy(clusters), equipment, lighting, float(area)


def make_home(job: HomeJob) -> Drawn:
    """Let the package live one home for the job's days, with the absences cut out of presence."""
    from obgeneration.generator.equipment_generator import EquipmentAssumptions, EquipmentGenerator
    from obgeneration.generator.lighting_generator import LightingGenerator
    from obgeneration.generator.occupancy_generator import ClusterAssumptions, OccupancyGenerator

    rng = np.random.default_rng(job.seed)
    occupancy, equipment, lighting, area = profile_of(job.code, rng)
    occupants = OccupancyGenerator(occupancy, ClusterAssumptions.default(), MINUTES)
    weeks = occupants.occupancy_annual_schedule(rng)[: -(-job.days // 7)]
    weeks = cut_absences(weeks, job, occupancy.num_occupants)
    assumptions = EquipmentAssumptions.default(MINUTES)
    vary_base(assumptions, job.code, rng)
    maker = EquipmentGenerator(equipment, weeks, occupancy.num_occupants, MINUTES, assumptions)
    watts = flat(maker.equipment_annual_schedule_with_dhw_events(rng)[0])
    lights = LightingGenerator.generate_result(
        lighting, weeks, LightingGenerator(lighting).lighting_assumptions, rng
    )
    slots = job.days * 1440 // MINUTES
    # Lamps are off while the sun lights the rooms: the package leaves that to the building model.
    dim = darkness(slots) if lights.dimming_enabled else 1.0
    lit = np.asarray(lights.annual_schedule[:slots]) * lights.peak_value * area * 0.4 * dim
    fridge = (
        maker._get_household_fridge_power(rng) if equipment.refrigerator.has_refrigerator else 0
    )
    hours = MINUTES / 60
    load = (watts[:slots] - fridge + lit) / 1000 * hours
    present = np.asarray([f.home + f.sleep > 1e-9 for week in weeks for f in week])[:slots]
    return Drawn(load.astype(np.float32), fridge / 1000, assumptions.baseload / 1000, present)


def flat(weeks: list[list[float]]) -> np.ndarray:
    """Weekly lists as one array."""
    return np.concatenate([np.asarray(week, dtype=np.float64) for week in weeks])


def darkness(slots: int) -> np.ndarray:
    """1 by night, 0 by day, with an hour of dusk and dawn."""
    hour = (np.arange(slots) + 0.5) * MINUTES / 60 % 24
    return np.clip((np.abs(hour - 12.3) - 5.2) / 1.2, 0.08, 1)


def vary_base(assumptions, code: str, rng: np.random.Generator) -> None:
    """Half of the homes keep the package's 80 W of base load; the others draw their own."""
    if code == "frugal_elder":
        assumptions.baseload = float(rng.uniform(2, 12))
        assumptions.watts_per_person_active = float(rng.uniform(15, 40))
        assumptions.watts_per_person_sleep = float(rng.uniform(0, 4))
    elif rng.random() < 0.5:
        assumptions.baseload = float(np.exp(rng.normal(np.log(45), 0.6)))
        assumptions.watts_per_person_active = float(rng.uniform(30, 120))
        assumptions.watts_per_person_sleep = float(rng.uniform(2, 20))


def cut_absences(weeks: list, job: HomeJob, occupants: int) -> list:
    """Presence fractions set to zero while away, lessened by one person who left early, and set
    to one person awake during visits.
    """
    from obgeneration.generator.types import HouseholdOccupancyFractions as Fractions

    bins = len(weeks[0])
    states = [list(week) for week in weeks]

    def change(ranges: tuple[tuple[int, int], ...], how) -> None:
        for start, end in ranges:
            for slot in range(max(start, 0), min(end, bins * len(states))):
                week, place = divmod(slot, bins)
                if place < len(states[week]):
                    states[week][place] = how(states[week][place])

    less = (occupants - 1) / occupants
    change(job.early, lambda f: Fractions(f.home * less, f.sleep * less))
    change(job.away, lambda f: Fractions(0.0, 0.0))
    change(job.visits, lambda f: Fractions(1 / occupants, 0.0))
    return states


def jobs_of(
    homes: Homes, trips: Trips, visits: Visits, calendar: Calendar, seed: int
) -> list[HomeJob]:
    """One job per home."""
    per_hour = 60 / MINUTES
    rng = stream(seed, 22)
    jobs = []
    for home in range(len(homes)):
        mine = np.flatnonzero(trips.home == home)
        away = [
            (int(max(trips.depart[t], -1) * per_hour), int(min(trips.back[t], 1e6) * per_hour))
            for t in mine
        ]
        early = [
            (a - int(rng.uniform(24, 72) * per_hour), a)
            for a, b in away
            if b - a > 72 * per_hour and rng.random() < 0.25
        ]
        looked = np.flatnonzero(visits.home == home)
        seen = [(int(visits.start[v] * per_hour), int(visits.end[v] * per_hour)) for v in looked]
        own = int(stream(seed, 23, home).integers(2**31))
        code = CLASSES[homes.cls[home]].code
        jobs.append(HomeJob(code, own, calendar.days, tuple(away), tuple(early), tuple(seen)))
    return jobs


def drawn_homes(jobs: list[HomeJob], key: str, cache: Path, processes: int) -> list[Drawn]:
    """The homes of the jobs, from the cache where they are already made."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"obgen-{key}.npz"
    if path.exists():
        with np.load(path) as kept:
            rows = zip(kept["load"], kept["fridge"], kept["base"], kept["present"], strict=True)
            return [Drawn(load, float(f), float(b), present) for load, f, b, present in rows]
    with ProcessPoolExecutor(processes) as pool:
        made = list(pool.map(make_home, jobs, chunksize=4))
    part = path.with_suffix(f".{os.getpid()}.part.npz")
    np.savez_compressed(
        part,
        load=np.stack([m.load for m in made]),
        fridge=np.asarray([m.fridge_kw for m in made]),
        base=np.asarray([m.base_kw for m in made]),
        present=np.stack([m.present for m in made]),
    )
    part.replace(path)
    return made


def leave_things(
    homes: Homes, drawn: list[Drawn], trips: Trips, calendar: Calendar, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Loads with fridges added and homes left as their trips say; and presence, both by slot.

    Most fridges cycle about the package's mean power; three in ten run flat as the package has it.
    """
    rng = stream(seed, 24)
    n = len(drawn)
    load = np.stack([d.load for d in drawn])
    present = np.stack([d.present for d in drawn])
    kw = np.asarray([d.fridge_kw for d in drawn])
    duty, period = rng.uniform(0.3, 0.6, n), rng.uniform(0.55, 1.9, n)
    fridge = cycling(n, calendar, period, duty, kw / duty, rng)
    pure = rng.random(n) < 0.3
    fridge[pure] = (kw[pure] * calendar.hours)[:, None]
    base = np.asarray([d.base_kw for d in drawn]) * calendar.hours
    for home, depart, back, mode in zip(
        trips.home, trips.depart, trips.back, trips.mode, strict=True
    ):
        start = max(int(depart / calendar.hours), 0)
        end = min(int(back / calendar.hours), calendar.total)
        empty = np.flatnonzero(~present[home, start:end]) + start
        if mode in (ROUTER_ONLY, MAIN_OFF, STANDBY_ONLY):
            fridge[home, empty] = 0
        if mode in (ROUTER_ONLY, MAIN_OFF):
            load[home, empty] = 0.008 * calendar.hours if mode == ROUTER_ONLY else 0
        elif mode == FRIDGE_ON:
            load[home, empty] -= np.float32(0.5 * base[home])
    load += fridge
    load += (homes.extra_base * calendar.hours).astype(np.float32)[:, None]
    return np.maximum(load, 0), present


def live(setting: Setting, cache: Path, processes: int) -> Lived:
    """All homes of the order, lived by the package, metered and spoilt by lamplit."""
    order, calendar = setting.order, setting.calendar
    rng = stream(order.seed, 21)
    homes = draw_homes(0, order.homes, order.preset, rng)
    kept = np.bitwise_or.reduce([BIT[t] for t in KEPT_TRAITS])
    homes.labels &= kept
    one = np.isin(homes.cls, [i for i, c in enumerate(CLASSES) if c.code == "frugal_elder"])
    homes.lives_alone[:] = one & (rng.random(order.homes) < 0.7) & ~homes.has("shared_meter")
    trips = draw_trips(homes, calendar, order.preset, rng)
    visits = draw_visits(trips, calendar, order.preset, rng)
    label_visits(homes, visits)
    jobs = jobs_of(homes, trips, visits, calendar, order.seed)
    key = hashlib.sha256(f"{RECIPE} {version('obgeneration')} {jobs!r}".encode()).hexdigest()[:16]
    drawn = drawn_homes(jobs, key, cache, processes)
    load, present = leave_things(homes, drawn, trips, calendar, order.seed)
    place = place_of(setting.places, 0, order.homes)
    windows = black_out(load, place, calendar, order.preset, order.seed)
    sun = sunshine(setting.weather, calendar, order.seed)
    meters = count(load, homes.solar_kw, sun, homes.labels, homes.inverse_step, calendar)
    meters.windows.extend(windows)
    label_windows(meters, place)
    label_hours(meters, visits, calendar)
    traits = np.bitwise_or.reduce([BIT[t] for t in TRAITS])
    meters.day_labels |= (meters.labels & traits)[:, None]
    lay_faults(meters, place, calendar, order.preset, order.seed, rng, corrections=True)
    occupied = present.reshape(order.homes, calendar.days, -1).any(axis=2)
    return Lived(0, homes, occupied, meters, [])


def main() -> None:
    """Parse, make, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--homes", type=int, default=200)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="hard")
    parser.add_argument("--layout", choices=LAYOUTS, default="wide")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "lamplit-obgen")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    if not 1 <= given.days <= 364 or given.homes < 1:
        parser.error("--days must be 1 to 364 (the package lives one year) and --homes at least 1")
    # A script's folder comes first on the path, where a bench may bear a standard module's name.
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [place for place in sys.path if place != here]
    preset = PRESETS[given.preset]
    order = Order(
        given.homes, given.days, given.seed, preset, MINUTES, given.layout, "parquet",
        date(2024, 1, 1), "Asia/Shanghai",
    )  # fmt: skip
    setting = make_setting(order)
    made = tables_of(setting, live(setting, given.cache, given.processes))
    given.output.mkdir(parents=True, exist_ok=True)
    with Folder(given.output, order.fmt, given.homes * given.days) as files:
        files.add(made)
    write_extras(given.output, order, files.rows, made.windows, setting.calendar)
    print(json.dumps(files.rows, indent=2))


if __name__ == "__main__":
    main()
