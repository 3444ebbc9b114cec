"""Make a town: check the order, then build it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import town as problems
from lamplit.town.build import MANIFEST, OUTLINES, Built, build_town
from lamplit.town.calendar import Order
from lamplit.town.files import PART
from lamplit.town.ids import MAX_HOMES
from lamplit.town.presets import FORMATS, LAYOUTS, MINUTES, PRESETS, FileFormat, Layout

MAX_DAYS = 3660
OURS = ("registry.csv", "readings", "corrections", "truth.parquet", "truth.csv", "events.csv",
        "outages.csv", OUTLINES, "README.md", MANIFEST)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TownRequest:
    """What a person asks for; None takes the preset's way.

    `until`: the last day that is read, in place of `start`. `beyond`: so many of the `days` come
    after it.
    """

    homes: int
    days: int
    seed: int
    preset: str = "demo"
    minutes: int = 15
    layout: str | None = None
    fmt: str = "parquet"
    start: str | None = None
    timezone: str = "Asia/Shanghai"
    until: str | None = None
    beyond: int = 0


def make_town(
    request: TownRequest,
    folder: Path,
    *,
    threads: int = 2,
    report: Callable[[int, int], None] | None = None,
) -> Built:
    """Write the town to `folder`, replacing a town that lies there.

    Raises LamplitError `town.*` where the order or the folder will not do; nothing is written then.
    """
    order = check_order(request)
    _clear(folder)
    return build_town(order, folder, threads=threads, report=report)


def check_order(request: TownRequest) -> Order:
    """The order with its defaults filled in. Raises LamplitError `town.*`."""
    for what, value, limit in (
        ("homes", request.homes, MAX_HOMES),
        ("days", request.days, MAX_DAYS),
    ):
        if value < 1:
            raise LamplitError(problems.TOO_SMALL, what=what, value=value)
        if value > limit:
            raise LamplitError(problems.TOO_LARGE, what=what, value=value, limit=limit)
    if request.seed < 0:
        raise LamplitError(
            problems.BAD_CHOICE, what="seed", value=request.seed, choices="0, 1, 2 …"
        )
    preset = PRESETS[_one_of("preset", request.preset, tuple(PRESETS))]
    layout = _one_of("layout", request.layout or preset.layout, LAYOUTS)
    fmt = _one_of("format", request.fmt, FORMATS)
    minutes = int(_one_of("minutes", str(request.minutes), tuple(map(str, MINUTES))))
    return Order(
        homes=request.homes,
        days=request.days,
        seed=request.seed,
        preset=preset,
        minutes=minutes,
        layout=cast(Layout, layout),
        fmt=cast(FileFormat, fmt),
        start=_start(request, preset.start),
        timezone=_zone(request.timezone),
        beyond=_beyond(request),
    )


def _one_of(what: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        listed = ", ".join(choices)
        raise LamplitError(problems.BAD_CHOICE, what=what, value=value, choices=listed)
    return value


def _beyond(request: TownRequest) -> int:
    if not 0 <= request.beyond < request.days:
        choices = f"0 … {request.days - 1}"
        raise LamplitError(
            problems.BAD_CHOICE, what="beyond", value=request.beyond, choices=choices
        )
    return request.beyond


def _start(request: TownRequest, default: date) -> date:
    if request.start is None and request.until is None:
        return default
    wanted = request.start or request.until or ""
    if request.start and request.until:
        wanted = f"{request.start} … {request.until}"
    try:
        start = date.fromisoformat(wanted)
        if request.start is None:
            start -= timedelta(days=request.days - request.beyond - 1)
        if start.year < 1971:
            raise ValueError(wanted)
        start + timedelta(days=request.days + 2)
    except (ValueError, OverflowError):
        raise LamplitError(problems.BAD_START, value=wanted, days=request.days) from None
    return start


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LamplitError(problems.BAD_ZONE, value=name) from None
    return name


def _clear(folder: Path) -> None:
    """Take away an earlier town's files, whole or cut short; refuse a folder of anything else."""
    if not folder.exists():
        return
    if not folder.is_dir() or not _a_town(folder):
        raise LamplitError(problems.FOLDER_IN_USE, folder=str(folder))
    for path in list(folder.iterdir()):
        if path.is_dir():
            for file in path.iterdir():
                file.unlink()
            path.rmdir()
        else:
            path.unlink()


def _a_town(folder: Path) -> bool:
    """Whether a folder is empty, or holds a manifest and nothing that is not a town's."""
    names = [path.name for path in folder.iterdir()]
    if names and MANIFEST not in names:
        return False
    inside = [p.name for sub in folder.iterdir() if sub.is_dir() for p in sub.iterdir()]
    return all(name in OURS or name.endswith(PART) for name in names) and all(
        name.startswith(("readings-", "corrections.")) or name.endswith(PART) for name in inside
    )
