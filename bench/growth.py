"""How time and peak memory grow: a night at 96 readings, and years of daily values from nothing.

    python bench/growth.py [--repeats 3] [--nights 100000 300000 1000000]
                           [--bulk 25000 50000 100000] [--days 400]

The sizes take turns. The slope of log time (and of log memory) on log size is 1 where they grow
linearly, and less where a part does not grow at all.
"""

from __future__ import annotations

import bulk
import night
from _measure import Runs, parser, say_load, slope, take_turns
from _worlds import bulk_world, night_world


def report(title: str, sizes: list[int], runs: dict[str, Runs]) -> None:
    """The table of one kind of work, and its slopes."""
    found = [runs[str(size)] for size in sizes]
    print(f"\n{title}\n\n| meters | median s | spread s | CPU s | peak MB |")
    print("|---:|---:|---:|---:|---:|")
    for size, one in zip(sizes, found, strict=True):
        print(f"| {size:,} | {one.median:.2f} | {one.spread} | {one.cpu:.2f} | {one.peak:.0f} |")
    times = slope(sizes, [one.median for one in found])
    cpu = slope(sizes, [one.cpu for one in found])
    memory = slope(sizes, [one.peak for one in found])
    print(f"\nSlope of log time on log size: {times:.2f} (CPU {cpu:.2f}); of memory: {memory:.2f}.")


def main() -> None:
    options = parser(__doc__)
    options.set_defaults(repeats=3)
    options.add_argument("--nights", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    options.add_argument("--bulk", type=int, nargs="+", default=[25_000, 50_000, 100_000])
    options.add_argument("--days", type=int, default=400)
    given = options.parse_args()
    nights = {
        str(n): (night.__file__, "--child", "night", "--folder", night_world(n))
        for n in given.nights
    }
    report("One night, with a registry", given.nights, take_turns(nights, given.repeats))
    years = {
        str(n): (bulk.__file__, "--child", "lamplit", "--folder", bulk_world(n, given.days))
        for n in given.bulk
    }
    report(f"From nothing, {given.days} days", given.bulk, take_turns(years, given.repeats))
    say_load()


if __name__ == "__main__":
    main()
