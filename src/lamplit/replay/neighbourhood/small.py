"""A small town with its meters read, and the story in it: for tests, and for making pages."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from lamplit.domain.language import Text
from lamplit.meters.layouts.base import Options
from lamplit.replay.neighbourhood.cast import Scale
from lamplit.replay.neighbourhood.play import play
from lamplit.services.home import Home
from lamplit.services.ingest import ingest
from lamplit.services.night.advance import run_nights
from lamplit.services.registry import apply_import, plan_import
from lamplit.services.town import TownRequest, make_town
from lamplit.town.places import community_name

HOMES, DAYS, HELD_BACK = 320, 42, 2
MINUTES = 60
COMMUNITIES = 2


def make_small(
    folder: Path,
    *,
    homes: int = HOMES,
    seed: int = 2020,
    now: datetime | None = None,
    timezone: str = "Asia/Shanghai",
) -> Text:
    """Make it in `folder`, replacing one that is there; gives a line on what it came to.

    `timezone` says what hour of its story it is now.
    """
    at = now or datetime.now(UTC)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    home = Home.create(folder / "home", timezone)
    today = at.astimezone(ZoneInfo(home.timezone)).date()
    _meters(folder, home, homes, seed, today)
    played = play(folder, Scale.small(seed), at, lambda _at, _of: None)
    knocks = len(played.sweep.rounds.knocks)
    return Text(
        f"{homes} homes, {len(played.hood.members)} members, {knocks} knocks so far",
        f"{homes} 户，{len(played.hood.members)} 名成员，已上门 {knocks} 次",
    )


def _meters(folder: Path, home: Home, homes: int, seed: int, today: date) -> None:
    start = today - timedelta(DAYS)
    request = TownRequest(homes, DAYS + HELD_BACK, seed, minutes=MINUTES, start=start.isoformat())
    make_town(request, folder / "town")
    _communities(folder / "town" / "registry.csv")
    apply_import(home, plan_import(home, folder / "town" / "registry.csv"))
    ingest(home, [folder / "town" / "readings"], Options(timezone=home.timezone))
    for ahead in (7, 2, 1):
        run_nights(home, today - timedelta(ahead))


def _communities(registry: Path) -> None:
    """Cut the town into communities: one of 320 homes would be one by itself."""
    with registry.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    buildings = list(dict.fromkeys(row["building_id"] for row in rows))
    for row in rows:
        at = buildings.index(row["building_id"])
        number = at * COMMUNITIES // len(buildings)
        first = -(-number * len(buildings) // COMMUNITIES)
        zh, en = community_name(number)
        row |= {
            "community_id": f"C{number + 1}",
            "community_name_zh": zh,
            "community_name_en": en,
            "building_name_zh": f"{at - first + 1}号楼",
            "building_name_en": f"Building {at - first + 1}",
        }
    with registry.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
