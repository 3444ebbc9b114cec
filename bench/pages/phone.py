"""The phone's page on a slow line and a slow phone: what it weighs, when it is of use.

    python bench/pages/phone.py [--world FOLDER] [--repeats 3]

A Chromium at 360 px, throttled as Lighthouse's mobile does (1.6 Mbit/s down, 750 kbit/s up, 150 ms;
the processor slowed down), before a small neighbourhood that is served here. First: nothing is kept
yet, but the session; again: the app is installed. "Useful" is the first door on the screen. Forms
are opened from a door, the processor slowed down 6 times; Web Forms gets the same form with one
thing that the light form does not know.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "pages"))

from rig import Rig, browsing, serving  # noqa: E402

from lamplit.replay.neighbourhood.small import make_small  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

LINE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8,
        "uploadThroughput": 750_000 / 8}  # fmt: skip
FREE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
DOOR = ".doors .line"
QUESTION = ".question, .odk-form .question-container"
PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null"""
SHOWN = """selector => {
  const look = () => {
    if (!document.querySelector(selector)?.checkVisibility()) requestAnimationFrame(look);
    else setTimeout(() => shown(performance.now()));
  };
  const once = { capture: true, once: true };
  addEventListener("click", (tap) => (window.tapped = tap.timeStamp), once);
  window.shownAt = new Promise((told) => (window.shown = told));
  requestAnimationFrame(look);
}"""
"""The page's own stopwatch: when what it looks for was painted. Asked from outside, a selector is
looked for again only after 20, 50, 100, 100, then 500 ms where the page went on to another address
meanwhile, and the answer waits behind what the page does next."""


@dataclass
class Told:
    """What one visit took: milliseconds from its beginning, bytes over the line."""

    paint: float
    useful: float
    script_bytes: int
    bytes: int


@dataclass
class Weighed:
    """What came over the line while a page was watched."""

    sizes: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def on(self, line: Any) -> None:
        """Listen at a CDP session."""
        line.on("Network.responseReceived", lambda e: self.names.update(
            {e["requestId"]: e["response"]["url"]}))  # fmt: skip
        line.on("Network.loadingFinished", lambda e: self.sizes.update(
            {e["requestId"]: int(e["encodedDataLength"])}))  # fmt: skip

    def total(self, ending: str = "") -> int:
        """Bytes of what ends so."""
        return sum(
            size for one, size in self.sizes.items() if self.names.get(one, "").endswith(ending)
        )


def throttled(page: Page, slower: int, line: dict[str, Any]) -> Any:
    """A CDP session that holds a page to a line and a processor."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", line)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    return session


def visit(page: Page, slower: int) -> Told:
    """Open the doors as they are opened from the home screen."""
    session = throttled(page, slower, LINE)
    weighed = Weighed()
    weighed.on(session)
    page.add_init_script(f"({SHOWN})({json.dumps(DOOR)})")
    page.goto("/phone", wait_until="commit")
    page.wait_for_selector(DOOR, timeout=60_000)
    useful = float(page.evaluate("shownAt"))
    told = Told(float(page.evaluate(PAINT) or 0), useful, weighed.total(".js"), weighed.total())
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    session.send("Network.emulateNetworkConditions", FREE)
    session.detach()
    return told


def form(page: Page, slower: int, line: dict[str, Any]) -> tuple[float, int]:
    """From the tap on a door's "fill in" to its first question; ms, and bytes of scripts."""
    page.goto("/phone")
    page.locator(DOOR, has_text="Knock and ask").first.click()
    page.get_by_role("link", name="Fill in").or_(page.get_by_role("link", name="Go on")).wait_for()
    session = throttled(page, slower, line)
    weighed = Weighed()
    weighed.on(session)
    page.evaluate(SHOWN, QUESTION)
    page.locator(".actions a").last.click()
    page.wait_for_selector(QUESTION, timeout=120_000)
    took = float(page.evaluate("shownAt.then((at) => at - tapped)"))
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    session.send("Network.emulateNetworkConditions", FREE)
    session.detach()
    return took, weighed.total(".js")


def unknown(route: Any) -> None:
    """The sweep's form, asking one thing that only the large form knows."""
    got = route.fetch()
    ruled = got.text().replace("string-length(.)", "pi() &gt; 3 and string-length(.)")
    route.fulfill(response=got, body=ruled)


def visits(rig: Rig, repeats: int, slower: int) -> list[tuple[str, list[Told]]]:
    """First visits, each on a new phone; and visits of a phone that has the app."""
    first, again = [], []
    for _ in range(repeats):
        page = rig.page_as("volunteer", width=360, language="en", service_worker=True)
        first.append(visit(page, slower))
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        page.wait_for_timeout(1500)
        page.close()
        page = page.context.new_page()
        again.append(visit(page, slower))
        rig.close()
    return [("first, nothing kept", first), ("again, installed", again)]


def forms(rig: Rig, repeats: int) -> list[tuple[str, list[float], int]]:
    """The light form and the large one, on a good line, so that the phone is judged."""
    found = []
    for name in ("light form", "Web Forms"):
        took, heavy = [], 0
        for _ in range(repeats):
            page = rig.page_as("volunteer", width=360, language="en")
            if name == "Web Forms":
                page.route("**/household_sweep/form", unknown)
            page.goto("/phone")
            page.wait_for_selector(DOOR)
            page.wait_for_function("() => !document.querySelector('.turning')")
            ms, size = form(page, 6, FREE)
            took.append(ms)
            heavy = max(heavy, size)
            rig.close()
        found.append((name, took, heavy))
    return found


def built() -> tuple[int, int]:
    """Bytes, gzipped, of what the service worker keeps; and of the large form besides."""
    pages = ROOT / "src" / "lamplit" / "web" / "pages"
    worker = (pages / "sw.js").read_text("utf-8")
    kept = [one for one in (pages / "assets").iterdir() if one.name in worker]
    large = [one for one in (pages / "assets").glob("*.js") if "odk-form" in one.read_text("utf-8")]
    return _packed(kept), _packed(large)


def _packed(files: list[Path]) -> int:
    return sum(len(gzip.compress(one.read_bytes(), 9)) for one in files)


def median(values: list[float]) -> float:
    return statistics.median(values)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--world", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "world"
        if asked.world:
            shutil.copytree(asked.world, folder)
        else:
            make_small(folder)
        with browsing() as browser, serving(folder) as world:
            rig = Rig(browser, world)
            print("| visit | processor | first paint s | useful s | scripts kB | all kB |")
            print("|---|---|---:|---:|---:|---:|")
            for slower in (1, 4):
                for name, told in visits(rig, asked.repeats, slower):
                    print(
                        f"| {name} | ÷ {slower} | {median([t.paint for t in told]) / 1000:.2f} "
                        f"| {median([t.useful for t in told]) / 1000:.2f} "
                        f"| {max(t.script_bytes for t in told) / 1000:.0f} "
                        f"| {max(t.bytes for t in told) / 1000:.0f} |"
                    )
            print("\n| form | to the first question s (÷ 6) | scripts for it kB |")
            print("|---|---:|---:|")
            for name, took, heavy in forms(rig, asked.repeats):
                print(f"| {name} | {median(took) / 1000:.2f} | {heavy / 1000:.0f} |")
            kept, large = built()
            print(f"\nKept by the service worker: {kept / 1000:.0f} kB gzipped; "
                  f"the large form: {large / 1000:.0f} kB.")  # fmt: skip
            rig.close()


if __name__ == "__main__":
    main()
