"""What a user would otherwise do: plain rules in pandas, beside lamplit on the same readings.

    python bench/pandas_rules.py [--repeats 3] [--meters 10000] [--days 400] [--night 100000]

First years of daily values: in pandas, each meter's 7-day mean against its own median, "away" under
20 % of it until it is above 40 % again (hysteresis), and the days on which that turns (went_dark,
returned); lamplit with all its rules, from nothing. Then one night: in pandas each meter's sum,
least and largest of P1 … P96; lamplit's whole night, carried forward. In pandas a night's rules
would have to start from nothing each time.
"""

from __future__ import annotations

import time
from pathlib import Path

import bulk
import night
from _measure import child, in_process, parser, say_load, table, take_turns
from _worlds import bulk_world, night_world

AWAY_BELOW, BACK_ABOVE = 0.2, 0.4


def run_rules(folder: Path) -> dict[str, object]:
    """The plain rules over daily values, in pandas."""
    import pandas as pd

    start = time.perf_counter()
    file = folder / "lake" / "days" / "daily.parquet"
    days = pd.read_parquet(file, columns=["meter_id", "day", "kwh"])
    days = days.sort_values(["meter_id", "day"], ignore_index=True)
    by_meter = days.groupby("meter_id", sort=False)["kwh"]
    week = by_meter.rolling(7, min_periods=3).mean().reset_index(drop=True)
    usual = by_meter.transform("median")
    away = pd.Series(float("nan"), index=days.index)
    away[week > BACK_ABOVE * usual] = 0.0
    away[week < AWAY_BELOW * usual] = 1.0
    away = away.groupby(days["meter_id"], sort=False).ffill().fillna(0.0)
    turn = away.groupby(days["meter_id"], sort=False).diff()
    events = days.loc[turn.fillna(0) != 0, ["meter_id", "day"]].assign(
        event=turn.map({1.0: "went_dark", -1.0: "returned"})
    )
    state = away.groupby(days["meter_id"], sort=False).last()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "events": len(events), "away": int(state.sum())}


def run_sums(folder: Path) -> dict[str, object]:
    """Each meter's sum, least and largest reading of a day, in pandas."""
    import pandas as pd

    start = time.perf_counter()
    day = pd.read_parquet(folder / "wide.parquet").set_index("meter_id").drop(columns="day")
    found = pd.DataFrame({"sum": day.sum(axis=1), "min": day.min(axis=1), "max": day.max(axis=1)})
    return {"seconds": time.perf_counter() - start, "meters": len(found)}


def main() -> None:
    options = parser(__doc__)
    options.set_defaults(repeats=3)
    options.add_argument("--meters", type=int, default=10_000)
    options.add_argument("--days", type=int, default=400)
    options.add_argument("--night", type=int, default=100_000)
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    if given.child:
        run = run_rules if given.child == "rules" else run_sums
        child(lambda: run(given.folder), with_pandas=True)
        return
    years, eve = bulk_world(given.meters, given.days), night_world(given.night)
    in_process(night.__file__, "--child", "make", "--folder", eve)
    rules = {
        "lamplit: all rules, from nothing": (bulk.__file__, "--child", "lamplit"),
        "pandas: plain rules": (__file__, "--child", "rules"),
    }
    sums = {
        "lamplit: the night, with a registry": (night.__file__, "--child", "night"),
        "pandas: sum, min, max": (__file__, "--child", "sums"),
    }
    for title, folder, jobs in (
        (f"{given.meters:,} meters × {given.days} days", years, rules),
        (f"One night, {given.night:,} meters at 96 readings", eve, sums),
    ):
        runs = take_turns({n: (*words, "--folder", folder) for n, words in jobs.items()},
                          given.repeats)  # fmt: skip
        print(f"\n{title}\n\n{table(runs, next(n for n in jobs if n.startswith('pandas')))}")
        for name, found in runs.items():
            print(f"{name}: {found.said}")
    say_load()


if __name__ == "__main__":
    main()
