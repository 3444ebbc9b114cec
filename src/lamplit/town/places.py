"""Where the homes stand: communities, buildings, units, floors, doors, and their collectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamplit.town.arrays import I64, stream

COMMUNITY_HOMES = (300, 600)
MIN_COMMUNITY = 15
COLLECTOR_METERS = 60
SHAPES = (
    (3, 6, 2),
    (4, 6, 2),
    (2, 7, 2),
    (5, 6, 2),
    (1, 11, 4),
    (2, 18, 2),
    (1, 28, 4),
    (1, 33, 3),
)
"""Units, floors and doors per floor: walk-ups, mid-rises and towers."""

_FIRST = (
    ("梧桐", "Wutong"), ("青松", "Qingsong"), ("翠湖", "Cuihu"), ("东亭", "Dongting"),
    ("南湖", "Nanhu"), ("丁字桥", "Dingziqiao"), ("卓刀泉", "Zhuodaoquan"), ("岳家嘴", "Yuejiazui"),
    ("水果湖", "Shuiguohu"), ("杨园", "Yangyuan"), ("徐东", "Xudong"), ("珞珈", "Luojia"),
    ("桂子", "Guizi"), ("晴川", "Qingchuan"), ("月湖", "Yuehu"), ("琴台", "Qintai"),
    ("三角湖", "Sanjiaohu"), ("江汉", "Jianghan"), ("万松", "Wansong"), ("百步亭", "Baibuting"),
)  # fmt: skip
_SECOND = (
    ("里", "li"),
    ("苑", " Court"),
    ("园", " Garden"),
    ("湾", " Bay"),
    ("新村", " New Village"),
)


@dataclass(frozen=True)
class Places:
    """Where each building stands; homes are numbered through the town, building by building."""

    homes: int
    building_start: I64
    building_units: I64
    building_floors: I64
    building_doors: I64
    building_community: I64
    building_number: I64
    community_start: I64
    collector_start: I64

    def buildings_of(self, homes: I64) -> I64:
        """The building of each home."""
        return np.searchsorted(self.building_start, homes, side="right") - 1

    def collectors_of(self, homes: I64) -> I64:
        """The collector of each home: one per building, or per 60 meters of it."""
        building = self.buildings_of(homes)
        offset = homes - self.building_start[building]
        return self.collector_start[building] + offset // COLLECTOR_METERS

    def door_of(self, homes: I64) -> tuple[I64, I64, I64]:
        """Unit, floor and door number (101, 102, 201 …) of each home."""
        building = self.buildings_of(homes)
        offset = homes - self.building_start[building]
        doors, floors = self.building_doors[building], self.building_floors[building]
        per_unit = doors * floors
        unit, within = np.divmod(offset, per_unit)
        floor, door = np.divmod(within, doors)
        return unit + 1, floor + 1, (floor + 1) * 100 + door + 1


def make_places(homes: int, seed: int) -> Places:
    """Communities of 300 to 600 homes (never under 15 unless the town is), cut into buildings."""
    rng = stream(seed, 2)
    communities = _community_starts(homes, rng)
    ends = np.append(communities[1:], homes)
    rows: list[tuple[int, int, int, int, int, int]] = []
    for community, (first, end) in enumerate(zip(communities, ends, strict=True)):
        at, number = int(first), 1
        while at < end:
            units, floors, doors = SHAPES[int(rng.integers(len(SHAPES)))]
            rows.append((at, units, floors, doors, community, number))
            at, number = at + units * floors * doors, number + 1
    table = np.asarray(rows, dtype=np.int64)
    sizes = np.diff(np.append(table[:, 0], homes))
    boxes = -(-sizes // COLLECTOR_METERS)
    return Places(homes, *table.T, communities, np.cumsum(boxes) - boxes)  # type: ignore[call-arg]


def _community_starts(homes: int, rng: np.random.Generator) -> I64:
    low, high = COMMUNITY_HOMES
    sizes = rng.integers(low, high + 1, homes // low + 1)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    starts = starts[starts < homes]
    if len(starts) > 1 and homes - starts[-1] < MIN_COMMUNITY:
        starts = starts[:-1]
    return starts.astype(np.int64)


def community_name(number: int) -> tuple[str, str]:
    """The zh and en name of a community; each number has its own."""
    lap, place = divmod(number, len(_FIRST) * len(_SECOND))
    zh1, en1 = _FIRST[place % len(_FIRST)]
    zh2, en2 = _SECOND[(place // len(_FIRST) + place) % len(_SECOND)]
    zh_lap, en_lap = ("", "") if lap == 0 else (f"第{lap + 1}", f" No. {lap + 1}")
    return f"{zh1}{zh2}{zh_lap}社区", f"{en1}{en2}{en_lap} Community"


def building_name(number: int) -> tuple[str, str]:
    """The zh and en name of a building within its community."""
    return f"{number}号楼", f"Building {number}"
