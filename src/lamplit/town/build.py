"""Build a whole town into a folder: shards in order, made in parallel, written one by one."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lamplit import __version__
from lamplit.town.calendar import Calendar, Order
from lamplit.town.files import Folder
from lamplit.town.metering import Window
from lamplit.town.outlines import outlines
from lamplit.town.places import make_places
from lamplit.town.readme import readme_text
from lamplit.town.shard import Made, Setting, make_shard, shard_size
from lamplit.town.weather import make_weather

OUTLINES = "outlines.geojson"
MANIFEST = "town.json"


@dataclass(frozen=True)
class Built:
    """What was written: rows by file name, and where."""

    folder: Path
    rows: dict[str, int]
    windows: int


def make_setting(order: Order) -> Setting:
    """Calendar, places and weather of an order."""
    calendar = Calendar.of(order.start, order.days, order.minutes, order.timezone)
    return Setting(
        order,
        calendar,
        make_places(order.homes, order.seed),
        make_weather(calendar, order.preset, order.seed),
    )


def build_town(
    order: Order,
    folder: Path,
    *,
    threads: int = 2,
    report: Callable[[int, int], None] | None = None,
) -> Built:
    """Write the town to `folder`. `report(homes_done, homes)` is called after each shard.

    The files depend on the order alone, not on `threads`. At most `threads + 1` shards are held.
    """
    setting = make_setting(order)
    windows: dict[Window, None] = {}
    folder.mkdir(parents=True, exist_ok=True)
    # The manifest comes first, so that the leavings of a killed run are known for a town's.
    (folder / MANIFEST).write_text(_manifest(order, {}), encoding="utf-8")
    done = 0
    with Folder(folder, order.fmt, order.homes * order.days) as files:
        for made in _shards(setting, threads):
            files.add(made)
            windows.update(dict.fromkeys(made.windows))
            done += made.homes
            if report:
                report(done, order.homes)
    (folder / OUTLINES).write_text(outlines(setting.places, order.seed), encoding="utf-8")
    write_extras(folder, order, files.rows, list(windows), setting.calendar)
    return Built(folder, files.rows, len(windows))


def write_extras(
    folder: Path, order: Order, rows: dict[str, int], windows: list[Window], calendar: Calendar
) -> None:
    """Write the outage log, the README and the manifest beside a town's tables."""
    _write_outages(folder / "outages.csv", windows, calendar)
    (folder / "README.md").write_text(readme_text(order, rows), encoding="utf-8")
    (folder / MANIFEST).write_text(_manifest(order, rows), encoding="utf-8")


def _shards(setting: Setting, threads: int) -> Iterator[Made]:
    """Shards in order, a few being made ahead. NumPy lets go of the lock, so threads help."""
    size, homes = shard_size(setting.calendar), setting.order.homes
    starts = deque(range(0, homes, size))
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        waiting: deque[Future[Made]] = deque()
        while starts or waiting:
            while starts and len(waiting) <= threads:
                first = starts.popleft()
                waiting.append(pool.submit(make_shard, setting, first, min(size, homes - first)))
            yield waiting.popleft().result()


def _write_outages(path: Path, windows: list[Window], calendar: Calendar) -> None:
    """The event log that a utility would have: outages with place and local hours.

    Silent collectors are not in it: nobody logs what nobody noticed.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["place_kind", "place_id", "start", "end"])
        for window in sorted(windows, key=lambda w: (w.start, w.kind, w.group)):
            if window.kind in ("building", "community"):
                letter = "B" if window.kind == "building" else "C"
                place = f"{letter}{window.group + 1}"
                start, end = (_local(calendar, s) for s in (window.start, window.end))
                out.writerow([window.kind, place, start, end])


def _local(calendar: Calendar, slot: int) -> str:
    day, inside = divmod(slot, calendar.slots)
    minute = inside * calendar.minutes
    return f"{calendar.day(day).isoformat()} {minute // 60:02d}:{minute % 60:02d}"


def _manifest(order: Order, rows: dict[str, int]) -> str:
    entry = {
        "made_by": f"lamplit town {__version__}",
        "homes": order.homes,
        "days": order.days,
        "seed": order.seed,
        "preset": order.preset.name,
        "minutes": order.minutes,
        "layout": order.layout,
        "format": order.fmt,
        "start": order.start.isoformat(),
        "timezone": order.timezone,
        "beyond": order.beyond,
        "complete": bool(rows),
        "rows": rows,
    }
    return json.dumps(entry, indent=2, ensure_ascii=False) + "\n"
