"""A small building's files, as the documents name them: registry.csv, readings.csv, truth.csv.

Forty homes of building B1 in community C1, half-hourly from 2024-01-01 to 2024-02-20; nobody is at
home in H007 from 5 February on.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

HOMES, FIRST, DAYS, LEFT = 40, date(2024, 1, 1), 51, 35


def write(folder: Path) -> None:
    random = np.random.default_rng(7)
    hour = np.arange(48) / 2
    shape = 0.04 + 0.25 * np.exp(-((hour - 19) ** 2) / 6) + 0.1 * np.exp(-((hour - 7) ** 2) / 3)
    kwh = shape * random.gamma(4.0, 0.25, (HOMES, DAYS, 48))
    kwh[6, LEFT:] = 0.02 * (random.random((DAYS - LEFT, 48)) < 0.1)
    stamps = [datetime(2024, 1, 1) + timedelta(minutes=30 * i) for i in range(48 * DAYS)]
    names = [f"{i + 1:03d}" for i in range(HOMES)]
    with (folder / "readings.csv").open("w") as out:
        out.write("meter_id,time,kwh\n")
        for name, values in zip(names, kwh.reshape(HOMES, -1), strict=True):
            out.writelines(
                f"M{name},{t:%Y-%m-%d %H:%M},{v:.3f}\n" for t, v in zip(stamps, values, strict=True)
            )
    with (folder / "registry.csv").open("w") as out:
        out.write("meter_id,household_id,building_id,community_id,unit,floor,door\n")
        for i, name in enumerate(names):
            floor = i // 4 + 1
            out.write(f"M{name},H{name},B1,C1,1,{floor},{floor}0{i % 4 + 1}\n")
    with (folder / "truth.csv").open("w") as out:
        out.write("household_id,day,empty_spell\n")
        for i, name in enumerate(names):
            for d in range(DAYS):
                empty = i == 6 and d >= LEFT
                out.write(f"H{name},{FIRST + timedelta(days=d)},{str(empty).lower()}\n")
