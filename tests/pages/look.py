"""Pictures of every page, for people to look at: each person, width, language and theme.

    python tests/pages/look.py --page campaigns --as leader --world FOLDER

They go to `build/screenshots/PERSON/PAGE-WIDTH-LANGUAGE-THEME.png`. Without `--world` a small demo
world is made first; `python -m lamplit.replay.neighbourhood FOLDER` makes one to keep.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from rig import LANGUAGES, NAMES, SHOTS, THEMES, Rig, browsing, goto, how_to_build, serving, shot
from routes import Route, address, rooms_of, routes

from lamplit.replay.neighbourhood.small import make_small

WIDTHS = (360, 1440)


def main() -> None:
    """Take the pictures that were asked for."""
    asked = _asked()
    if missing := how_to_build():
        raise SystemExit(missing)
    started, taken, faults = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(spare) / "world"
        if asked.world:
            shutil.copytree(asked.world, folder)
        else:
            make_small(folder)
        with serving(folder) as world, browsing() as browser:
            rig = Rig(browser, world)
            for name, route in _chosen(rig, asked):
                for width, language, theme in product(asked.width, asked.language, asked.theme):
                    taken += _take(rig, route, name, width, language, theme)
                try:
                    rig.watch.check()
                except AssertionError as fault:
                    faults += 1
                    sys.stdout.write(f"{route.path} as {name}: {fault}\n")
    took = time.monotonic() - started
    sys.stdout.write(f"{taken} pictures in {SHOTS} ({took:.0f} s), {faults} pages with faults\n")


def _chosen(rig: Rig, asked: argparse.Namespace) -> list[tuple[str, Route]]:
    """Who is to be shown what: each person the pages that their menu leads to, or those named."""
    found = []
    for name in asked.people:
        page = rig.page_as(name, path="/")
        rooms = rooms_of(page)
        for route in routes(page):
            named = asked.page and (asked.page in route.path or asked.page == route.room)
            if named or (not asked.page and route.room in rooms):
                found.append((name, route))
        rig.close()
    return found


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", default="", help="a room, or a part of a path")
    parser.add_argument("--as", dest="people", nargs="+", default=list(NAMES), choices=NAMES)
    parser.add_argument("--width", nargs="+", type=int, default=list(WIDTHS))
    parser.add_argument("--language", nargs="+", default=list(LANGUAGES), choices=LANGUAGES)
    parser.add_argument("--theme", nargs="+", default=list(THEMES), choices=THEMES)
    parser.add_argument("--world", type=Path, help="a world that is there already")
    return parser.parse_args()


def _take(rig: Rig, route: Route, name: str, width: int, language: str, theme: str) -> int:
    where = address(route, rig.world)
    if where is None:
        sys.stdout.write(f"{route.path}: nothing in this world stands for a part of it\n")
        return 0
    page = rig.page_as(name, width=width, language=language, theme=theme)
    try:
        goto(page, where)
        page.wait_for_timeout(250)
        shot(page, f"{name}/{route.slug}-{width}-{language[:2]}-{theme}")
    except Exception as fault:
        sys.stdout.write(f"{route.path} as {name}: {str(fault).splitlines()[0]}\n")
        return 0
    finally:
        rig.close()
    return 1


if __name__ == "__main__":
    main()
