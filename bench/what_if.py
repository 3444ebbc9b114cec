"""What-if over a town of 5,000 homes: the first try, and the next ones.

`python bench/what_if.py [--homes 5000] [--nights 60] [--repeats 5]`

The town of `bench/film.py`. The service is timed without HTTP. "first": homes and days are read
anew, and worked twice; "next": the same nights with another value, as one plays with a threshold.
"""

from __future__ import annotations

import statistics
import time

from _measure import parser, say_load
from film import world
from lamplit.services import what_if as service


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--homes", type=int, default=5000)
    made.add_argument("--nights", type=int, default=60)
    wish = made.parse_args()
    home = world(wish.homes)
    spans: dict[str, list[float]] = {"first": [], "next": []}
    for turn in range(wish.repeats):
        service._ground.cache_clear()
        for kind in ("first", "next", "next"):
            begun = time.perf_counter()
            value = 0.02 + 0.03 * turn + 0.01 * len(spans["next"])
            found = service.what_if(home, {"dark_kwh": value}, nights=wish.nights)
            spans[kind].append(1000 * (time.perf_counter() - begun))
            assert found.homes == wish.homes
    for kind, times in spans.items():
        print(f"{kind}: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
    say_load()


if __name__ == "__main__":
    main()
