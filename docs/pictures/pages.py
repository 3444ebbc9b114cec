"""Shoots pages of the demo's neighbourhood for the README, in both languages.

    python docs/pictures/pages.py [--only board-page] [--world FOLDER] [--into FOLDER]

Without `--world` a neighbourhood of 900 homes is made for it (about a minute), where it is
afternoon; with it that one is copied, and stays as it is.
The pages must be built (`make ui`); a Chromium is found as the tests find one. Each picture stays
under 300 kB.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import select

from lamplit.replay.neighbourhood.small import make_small
from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.field.office import CLI
from lamplit.store.schema import campaign

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "pages"))

from rig import Rig, browsing, goto, loaded, serving, where_it_is_afternoon  # noqa: E402

HOMES = 900
MOST_BYTES = 300_000
LANGUAGES = {"en": "", "zh-Hans": ".zh-Hans"}


@dataclass(frozen=True, slots=True)
class Shot:
    """A page as somebody sees it; `path` may name `{community}`, the sweep's, and `{campaign}`."""

    name: str
    person: str
    path: str
    theme: str
    before: Callable[[Page], None] = lambda _page: None


def lamps_lit(page: Page) -> None:
    """Wait until the picture stands still."""
    page.wait_for_selector("canvas.canvas")
    page.wait_for_timeout(700)


def charts_drawn(page: Page) -> None:
    """Wait for what is drawn after the page has loaded."""
    page.wait_for_timeout(900)


SHOTS = (
    Shot("facade-page", "analyst", "/facade/{community}", "dark", lamps_lit),
    Shot("board-page", "leader", "/campaigns/{campaign}", "light", charts_drawn),
)
"""Further pages are a line each."""


def shoot(rig: Rig, shot: Shot, community: str, into: Path) -> None:
    """One page in every language, as a JPEG of twice the points' resolution or less."""
    for language, suffix in LANGUAGES.items():
        page = rig.page_as(
            shot.person, width=1280, height=860, language=language, theme=shot.theme,
            device_scale_factor=1.5,
        )  # fmt: skip
        goto(page, shot.path.format(community=community, campaign=SWEEP))
        loaded(page)
        shot.before(page)
        file = into / f"{shot.name}{suffix}.jpg"
        for quality in (88, 80, 70, 60):
            page.screenshot(path=file, type="jpeg", quality=quality, animations="disabled")
            if file.stat().st_size <= MOST_BYTES:
                break
        sys.stdout.write(f"{file} {file.stat().st_size // 1000} kB\n")


def main() -> None:
    """Make the neighbourhood if need be, serve it, and shoot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[shot.name for shot in SHOTS])
    parser.add_argument("--world", type=Path, help="a neighbourhood that is there already")
    parser.add_argument("--into", type=Path, default=HERE, help="where the pictures go")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "neighbourhood"
        if asked.world:
            shutil.copytree(asked.world, folder)
        else:
            make_small(folder, homes=HOMES, timezone=where_it_is_afternoon())
        with serving(folder) as world, browsing() as browser:
            with world.office.read(CLI) as tx:
                found = select(campaign.c.place_id).where(campaign.c.code == SWEEP)
                community = str(tx.conn.scalar(found))
            rig = Rig(browser, world)
            for shot in SHOTS:
                if asked.only in (None, shot.name):
                    shoot(rig, shot, community, asked.into)
            rig.close()


if __name__ == "__main__":
    main()
