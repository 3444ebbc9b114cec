"""The façade's picture in a browser: 6,000 homes × 60 nights, painted, panned, zoomed and played.

`python bench/pages/facade.py [--homes 6000] [--slower 1,4]`

The built pages, a community made up here, Chromium without a graphics card; `--slower` runs the
processor so many times slower, as on a weak machine. "paint": from the film's last byte to the
first picture. "work": milliseconds of script for a frame (median, 95 %, worst). "frames": how many
came in a second; the machine's load bounds them, the work it does not. Long tasks are those of
50 ms and more while the picture moves.
"""

from __future__ import annotations

import json
import mimetypes
import random
import statistics
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "pages")]
from rig import browsing  # noqa: E402

from _measure import parser, say_load  # noqa: E402

PAGES = ROOT / "src/lamplit/web/pages"
PLACE = "00000000-0000-4000-8000-000000000001"
HOST = "http://bench.localhost"
LAST = date(2026, 2, 28)
LAYOUTS = ((4, 2, 6), (3, 2, 11), (2, 4, 18), (1, 6, 30), (5, 2, 7))
"""Units, doors a floor, floors."""


def film(homes: int, nights: int, seed: int = 7) -> dict[str, Any]:
    """A community whose homes live, leave and come back."""
    draw = random.Random(seed)
    buildings: list[dict[str, Any]] = []
    made = 0
    while made < homes:
        units, wide, floors = draw.choice(LAYOUTS)
        doors = [
            (unit, floor, f"{floor}{number:02}")
            for unit in range(1, units + 1)
            for floor in range(1, floors + 1)
            for number in range(1, wide + 1)
        ][: homes - made]
        made += len(doors)
        code = f"B{len(buildings) + 1}"
        buildings.append({
            "place_id": code, "code": code,
            "name_zh": f"{code[1:]}号楼", "name_en": f"Building {code[1:]}",
            "floors": floors, "homes": len(doors),
            "households": [household(draw, code, door, nights) for door in doors],
        })  # fmt: skip
    first = LAST - timedelta(nights - 1)
    signs = {"0": "unknown", "1": "dark", "2": "micro", "3": "low", "4": "lived_in"}
    return {"place_id": PLACE, "first": str(first), "last": str(LAST), "single_homes": True,
            "signs": signs | {"a": "dark", "b": "micro", "c": "low", "d": "lived_in"},
            "buildings": buildings}  # fmt: skip


def household(
    draw: random.Random, building: str, door: tuple[int, int, str], nights: int
) -> dict[str, Any]:
    unit, floor, number = door
    sign, states, events = draw.choices("01234", (2, 8, 6, 12, 72))[0], "", []
    for night in range(nights):
        if draw.random() < 0.025:
            before, sign = sign, draw.choices("01234", (2, 8, 6, 12, 72))[0]
            day = str(LAST - timedelta(nights - 1 - night))
            if before in "34" and sign in "12":
                events.append({"day": day, "kind": "went_dark", "since": day})
            if before in "12" and sign in "34":
                events.append({"day": day, "kind": "returned", "since": day})
        states += sign
    return {"place_id": f"{building}-{unit}-{number}", "unit": str(unit), "floor": floor,
            "door": number, "states": states, "events": events}  # fmt: skip


def answers(shown: dict[str, Any]) -> dict[str, Any]:
    place = {"id": PLACE, "kind": "community", "code": "C1", "name_zh": "梧桐里社区",
             "name_en": "Wutongli",
             "parent_id": None, "community_id": None, "building_id": None}  # fmt: skip
    duty = {"assignment": {"id": "a", "role": "analyst"}, "place": place,
            "abilities": ["see_area", "analyse"]}  # fmt: skip
    me = {"id": "p", "name": "Bench", "username": "bench", "csrf": "-", "must_change": False,
          "duties": [duty]}  # fmt: skip
    return {"/api/v1/me": me, f"/api/v1/places/{PLACE}": place,
            f"/api/v1/places/{PLACE}/film": shown}  # fmt: skip


def serve(page: Page, known: dict[str, Any]) -> None:
    """The pages' files and the API's answers, from this process."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path in known:
            route.fulfill(json=known[path])
        elif path.startswith("/api/"):
            route.fulfill(status=404, json={"code": "store.not-found", "title": path})
        else:
            file = PAGES / path.lstrip("/")
            file = file if file.is_file() else PAGES / "index.html"
            route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])

    page.route("**/*", answer)


PAINT = """() => new Promise((resolve) => {
  const asked = () => performance.getEntriesByType("resource");
  const film = () => asked().find((one) => one.name.endsWith("/film"));
  const look = () => {
    const picture = document.querySelector("canvas.canvas")?.picture;
    if (picture?.spent.length && film()) resolve(performance.now() - film().responseEnd);
    else requestAnimationFrame(look);
  };
  look();
})"""
MOVE = """(deed) => new Promise((resolve) => {
  const picture = document.querySelector("canvas.canvas").picture;
  let long = 0;
  const watch = new PerformanceObserver((list) => { long += list.getEntries().length; });
  watch.observe({ entryTypes: ["longtask"] });
  picture.spent.length = 0;
  const begun = performance.now();
  let frames = 0;
  const step = (now) => {
    const share = (now - begun) / 3000;
    if (share >= 1) {
      watch.disconnect();
      return resolve({ spent: [...picture.spent], frames: frames / 3, long });
    }
    frames++;
    const x = 1200 + 9000 * Math.abs(((share * 2) % 2) - 1);
    if (deed === "pan") picture.look({ ...picture.camera, x });
    if (deed === "zoom") {
      const scale = 0.09 * 22 ** (0.5 - 0.5 * Math.cos(share * Math.PI * 2));
      picture.look({ ...picture.camera, scale });
    }
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


def measure(browser: Browser, shown: dict[str, Any], size: tuple[int, int], slower: int) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    serve(page, answers(shown))
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(f"{HOST}/facade/{PLACE}")
    paint = page.evaluate(PAINT)
    page.wait_for_timeout(1500)
    print(f"\npaint {paint:.0f} ms, processor {slower} times slower, {size[0]} × {size[1]}\n")
    print("| what | work ms, median | 95 % | worst | frames a second | long tasks |")
    print("|---|---:|---:|---:|---:|---:|")
    camera = "document.querySelector('canvas.canvas').picture"
    for name, setting, deed in (
        ("skyline, panned", None, "pan"),
        ("street, panned", 0.3, "pan"),
        ("building, panned", 1.0, "pan"),
        ("zoomed in and out", None, "zoom"),
        ("skyline, played", None, "play"),
        ("street, played", 0.3, "play"),
    ):
        page.evaluate(f"{camera}.look({camera}.overview())")
        if setting:
            page.evaluate(f"{camera}.look({{...{camera}.camera, scale: {setting}}})")
        page.wait_for_timeout(600)
        if deed == "play":
            page.locator(".player .play").click()
        told = page.evaluate(MOVE, deed)
        if deed == "play":
            page.locator(".player .play").click()
        spent = sorted(told["spent"]) or [0.0]
        high = spent[int(len(spent) * 0.95) - 1]
        print(
            f"| {name} | {statistics.median(spent):.1f} | {high:.1f} | {spent[-1]:.1f} "
            f"| {told['frames']:.0f} | {told['long']} |"
        )
    page.close()


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--homes", type=int, default=6000)
    made.add_argument("--slower", default="1,4")
    made.add_argument("--width", type=int, default=1440)
    made.add_argument("--height", type=int, default=900)
    wish = made.parse_args()
    shown = film(wish.homes, 60)
    size = len(json.dumps(shown)) / 1000
    print(f"{wish.homes:,} homes in {len(shown['buildings'])} buildings, {size:.0f} kB of JSON")
    with browsing() as browser:
        for slower in map(int, wish.slower.split(",")):
            measure(browser, shown, (wish.width, wish.height), slower)
    say_load()


if __name__ == "__main__":
    main()
