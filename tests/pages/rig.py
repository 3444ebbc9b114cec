"""The browser rig: a world that is served, people signed in to it, and what a page must not do.

Used by the tests of this folder and by `look.py`. A page that is opened by the rig is watched: an
error on its console, an exception that nobody caught, a failed answer of the server (5xx), or a
request to another host are faults, and `Watch.check` tells of them.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Executable, select

from lamplit.replay.neighbourhood.cast import ACCOUNTS, PASSWORD
from lamplit.services.field.office import CLI, Office, store_url
from lamplit.services.home import Home
from lamplit.store import migrate
from lamplit.store.database import Database
from lamplit.web.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src" / "lamplit" / "web" / "pages" / "index.html"
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = ROOT / "build" / "screenshots"
CHROMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable", "chrome",
)  # fmt: skip
"""Best first: the same engine without the windows of a desktop costs a quarter less processor."""
CHINESE = "fonts-noto-cjk"
"""Debian's package of a font that has the signs of Chinese."""
DRAWN = """() => {
  const drawn = (sign) => {
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d");
    pen.font = "40px sans-serif";
    pen.fillText(sign, 10, 50);
    return canvas.toDataURL();
  };
  return drawn("一") !== drawn("永");
}"""
"""Whether a browser draws Chinese: without a font for it, all its signs are the same box."""
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-first-run",
    "--no-default-browser-check", "--disable-features=Translate,OptimizationHints,MediaRouter",
)  # fmt: skip
"""As root in a container there is no sandbox to be had; and the browser itself calls nobody."""
PHONE = 600
LANGUAGES = ("zh-Hans", "en")
THEMES = ("light", "dark")
NAMES = tuple(one.username for one in ACCOUNTS)
LOADED = """() => document.querySelector('h1')
  && !document.querySelector('.ghost, [aria-busy=true]')
  && !window.rig?.asking && performance.now() - (window.rig?.quietSince ?? 0) > 150"""
ASKING = """(() => {
  const ask = window.fetch, rig = (window.rig = { asking: 0, quietSince: performance.now() });
  window.fetch = async (...about) => {
    const url = String(about[0]?.url ?? about[0]);
    const counts = !url.includes("/events"); // A stream of events never ends.
    rig.asking += counts ? 1 : 0;
    try {
      return await ask(...about);
    } finally {
      rig.asking -= counts ? 1 : 0;
      rig.quietSince = performance.now();
    }
  };
})();"""
"""Counts what a page asks the server, so that the rig knows when it has all it wanted."""
GO_WITHIN = """async (path) => {
  await document.querySelector("#app").__vue_app__.config.globalProperties.$router.push(path);
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
}"""
PAINTED = "() => new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok)))"
SECONDS = 30.0
"""How long a page is waited for, on a machine with much else to do."""
taken: list[str] = []
"""The browsers that were taken."""


class NoBrowserError(Exception):
    """No browser can be had; the text says why."""


def how_to_build() -> str:
    """What to do where the pages are not built; empty where they are."""
    return "" if BUILT.is_file() else f"the pages are not built ({BUILT}): run `make ui`"


def find_chromium(playwright: Playwright) -> str:
    """A browser's path: $LAMPLIT_CHROMIUM, one that is installed, Playwright's own, or one that is
    installed now. Raises NoBrowserError.
    """
    named = os.environ.get("LAMPLIT_CHROMIUM")
    if named:
        if not shutil.which(named):
            raise NoBrowserError(f"LAMPLIT_CHROMIUM names {named}, which can't be run")
        return named
    own = Path(playwright.chromium.executable_path)
    found = there(own)
    if found:
        return found
    # Several test processes want one at the same moment, and installers don't suffer each other.
    with (Path(tempfile.gettempdir()) / "lamplit-tests-browser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return there(own) or _installed(own)


def there(own: Path) -> str | None:
    """The best that is installed: one without windows first, the system's before Playwright's."""
    # Playwright tells the path of its whole browser alone; the other lies beside it.
    revision = own.parents[1].name.rpartition("-")[2]
    beside = own.parents[2].glob(f"chromium_headless_shell-{revision}/*/*headless*shell*")
    shells = [shutil.which(CHROMES[0]), *(str(one) for one in beside if os.access(one, os.X_OK))]
    whole = [*map(shutil.which, CHROMES[1:]), str(own) if own.exists() else None]
    return next(filter(None, [*shells, *whole]), None)


def _installed(own: Path) -> str:
    """Try to get one: Playwright's, then the system's where we may install it."""
    tries = [[sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        get = ["apt-get", "install", "-y", "--no-install-recommends"]
        tries += [["apt-get", "update"], *([*get, one, CHINESE] for one in CHROMES[:2])]
    said = []
    for wish in tries:
        done = subprocess.run(wish, capture_output=True, text=True, timeout=600, check=False)
        if found := there(own):
            return found
        said.append(f"`{' '.join(wish)}` gave {done.returncode}: {done.stderr.strip()[-200:]}")
    raise NoBrowserError("no browser; name one by LAMPLIT_CHROMIUM. " + "; ".join(said))


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser for the length of the `with`. Raises NoBrowserError."""
    if importlib.util.find_spec("playwright") is None:
        raise NoBrowserError("Playwright is not installed: pip install -e '.[dev]'")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        taken.append(path)
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(eq=False)
class World:
    """A world that is being served: where, its office, and who has signed in so far."""

    folder: Path
    url: str
    office: Office
    _signed_in: dict[str, list[Any]] = field(default_factory=dict)

    def cookies(self, context: BrowserContext, name: str) -> list[Any]:
        """The session of an account; signed in to once, for sign-ins are counted."""
        if name not in self._signed_in:
            who = {"username": name, "password": PASSWORD}
            answer = context.request.post(f"{self.url}/api/v1/sign-in", data=who)
            assert answer.ok, answer.text()
            self._signed_in[name] = context.cookies()
        return self._signed_in[name]

    def rows(self, wanted: Executable) -> list[Any]:
        """What the store has, beside anything that the pages say of it."""
        with self.office.read(CLI) as tx:
            return list(tx.conn.execute(wanted))

    def api(self, name: str) -> httpx.Client:
        """The API as a script of somebody's would speak to it: under `/api/v1`, signed in."""
        client = httpx.Client(base_url=f"{self.url}/api/v1", timeout=60)
        who = {"username": name, "password": PASSWORD}
        client.headers["X-CSRF-Token"] = client.post("/sign-in", json=who).json()["csrf"]
        return client


def rows(world: World, table: Any, **named: Any) -> list[Any]:
    """All rows of a table, or those whose columns hold some values: what Python counts."""
    wanted = select(table)
    for name, value in named.items():
        wanted = wanted.where(table.c[name] == value)
    return world.rows(wanted)


def one(world: World, table: Any, **named: Any) -> Any:
    """The only row of a table whose columns hold some values."""
    (found,) = rows(world, table, **named)
    return found


def where_it_is_afternoon() -> str:
    """A zone where it is about three: a story that breaks off at night has few doors to go to."""
    ahead = max(-12, min(14, 15 - datetime.now(UTC).hour))
    return f"Etc/GMT{-ahead:+d}"  # Its names count the other way.


@contextmanager
def serving(folder: Path, clock: Callable[[], datetime] | None = None) -> Iterator[World]:
    """Serve the world in a folder, on a free port of loopback, quietly; by another clock too."""
    import logging

    import structlog

    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    home = Home.open(folder / "home")
    # One that was made before the tables' last change will do.
    with closing(Database(store_url(home))) as db:
        migrate.upgrade(db)
    office = Office.open(home, clock) if clock else Office.open(home)
    try:
        with serve(office) as running:
            yield World(folder, running.url, office)
    finally:
        office.db.close()
        structlog.configure(**before)


@dataclass
class Watch:
    """What pages did that they must not do. `allowed`: patterns of what a test expects."""

    host: str
    faults: list[str] = field(default_factory=list)
    allowed: list[re.Pattern[str]] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Expect faults whose text a pattern finds."""
        self.allowed.append(re.compile(pattern))

    def on(self, context: BrowserContext) -> None:
        """Watch every page of a context, those that it opens later too."""
        context.on("page", self._page)
        context.on("request", lambda request: self._request(request.url))
        context.on("response", self._response)

    def check(self) -> None:
        """AssertionError with all faults that nobody expected; they are forgotten then."""
        met = [f for f in self.faults if not any(p.search(f) for p in self.allowed)]
        self.faults.clear()
        assert not met, "the page was at fault:\n  " + "\n  ".join(met)

    def _page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda fault: self.faults.append(f"uncaught: {fault}"))

    def _console(self, message: Any) -> None:
        # What the server answered is judged by its status; who is signed out is told so by a 401.
        loading = message.text.startswith("Failed to load resource")
        if message.type == "error" and not loading:
            where = message.location.get("url", "")
            self.faults.append(f"console: {message.text} ({where})")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host:
            self.faults.append(f"another host: {url}")

    def _response(self, response: Any) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")


@dataclass
class Rig:
    """A browser before a world; every page that it opens is watched."""

    browser: Browser
    world: World
    watch: Watch = field(init=False)
    _open: list[BrowserContext] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = Watch(urlsplit(self.world.url).netloc)

    def page_as(
        self,
        name: str = "",
        *,
        path: str = "",
        width: int = 1440,
        height: int | None = None,
        language: str = "zh-Hans",
        theme: str = "light",
        service_worker: bool = False,
        **more: Any,
    ) -> Page:
        """A page of a new browser profile, signed in as somebody (nobody where it is left out).

        It stands at `path` and has loaded, or is empty. `service_worker`: let the pages install
        theirs. `more` goes to the context (`offline`, `permissions`, `geolocation` …).
        """
        tall = height or (780 if width <= PHONE else 900)
        context = self.browser.new_context(
            base_url=self.world.url,
            viewport={"width": width, "height": tall},
            locale="zh-CN" if language == "zh-Hans" else "en-GB",
            timezone_id=more.pop("timezone_id", self.world.office.home.timezone),
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion=more.pop("reduced_motion", "reduce"),
            service_workers="allow" if service_worker else "block",
            has_touch=width <= PHONE,
            **more,
        )
        self._open.append(context)
        context.add_init_script(_chosen(language, theme))
        context.add_init_script(ASKING)
        context.set_default_timeout(SECONDS * 1000)
        if name:
            context.add_cookies(self.world.cookies(context, name))
        self.watch.on(context)
        page = context.new_page()
        if path:
            goto(page, path)
        return page

    def close(self) -> None:
        """Close all pages."""
        for context in self._open:
            # A handler that still has an answer in hand would otherwise lose it midway.
            context.unroute_all(behavior="ignoreErrors")
            context.close()
        self._open.clear()


def _chosen(language: str, theme: str) -> str:
    """What this device remembers, where it remembers nothing yet: a test may choose otherwise."""
    kept = json.dumps({"lamplit.language": language, "lamplit.theme": theme})
    return (
        "try{for(const [k,v] of Object.entries(" + kept + "))"
        "if(localStorage.getItem(k)===null)localStorage.setItem(k,v)}catch{}"
    )


def goto(page: Page, path: str) -> None:
    """Go to a path of the pages, and wait until it shows what it has."""
    page.goto(path, wait_until="domcontentloaded")
    loaded(page)


def go_within(page: Page, path: str) -> None:
    """The same without loading the application anew: as a link, or the way back, leads there."""
    page.evaluate(GO_WITHIN, path)
    loaded(page)


def resized(page: Page, width: int, height: int) -> None:
    """Another size, and wait until the page is painted so, however busy the machine is."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("(width) => window.innerWidth === width", arg=width)
    page.evaluate(PAINTED)
    page.wait_for_timeout(60)
    page.evaluate(PAINTED)


def loaded(page: Page) -> None:
    """Wait until a page has its heading, and no placeholder stands in it."""
    page.wait_for_function(LOADED)


def chinese(page: Page) -> bool:
    """Whether the browser has a font for Chinese."""
    return bool(page.evaluate(DRAWN))


def axe(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """Violations of accessibility (WCAG 2.2 A and AA, and good practice), a line each."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        """async (without) => (await axe.run(document, {
             runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
             rules: Object.fromEntries(without.map((name) => [name, {enabled: false}])),
             resultTypes: ["violations"],
           })).violations.map((v) => `${v.id}: ${v.help}: ` +
             v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | "))""",
        list(without),
    )
    return list(found)


def untold(page: Page) -> list[str]:
    """Texts on a page that are keys of texts: a translation that is missing."""
    return list(
        page.evaluate(
            r"""() => {
              const key = /^[a-z][a-zA-Z]*(\.[a-z][a-zA-Z_0-9]*)+$/;
              const slip = /\b(undefined|NaN)\b|\[object Object\]/;
              const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              const met = [];
              while (walk.nextNode()) {
                const at = walk.currentNode.parentElement;
                if (at?.closest("code, pre, script, style, [translate=no]")) continue;
                const said = walk.currentNode.textContent.trim();
                if (key.test(said) || slip.test(said)) met.push(said);
              }
              const names = ["aria-label", "title", "placeholder", "alt"];
              const named = names.map((name) => `[${name}]`).join();
              for (const node of document.querySelectorAll(named))
                for (const name of names)
                  if (key.test(node.getAttribute(name) ?? "")) met.push(node.getAttribute(name));
              return met;
            }"""
        )
    )


def overflow(page: Page) -> list[str]:
    """What makes a page wider than its window: nothing, or the elements that stick out of it."""
    return list(
        page.evaluate(
            r"""() => {
              const wide = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= wide) return [];
              const cut = (node) => {
                for (let at = node.parentElement; at && at !== document.body; at = at.parentElement)
                  if (getComputedStyle(at).overflowX !== "visible") return true;
                return Boolean(node.ownerSVGElement);
              };
              const out = [...document.querySelectorAll("body *")].filter((node) => {
                const box = node.getBoundingClientRect();
                return box.width > 0 && box.right > wide + 1 && !cut(node);
              });
              return out.slice(0, 4).map((n) => n.outerHTML.slice(0, 140));
            }"""
        )
    )


def drop(page: Page, heading: str, name: str, content: bytes) -> None:
    """Drop a file into the zone of the section that bears a heading, as a hand would."""
    page.evaluate(
        """([heading, name, text]) => {
          const section = [...document.querySelectorAll("section")]
            .find((one) => one.querySelector("h2")?.textContent.trim() === heading);
          const data = new DataTransfer();
          data.items.add(new File([text], name, { lastModified: 1 }));
          const zone = section.querySelector(".zone");
          for (const kind of ["dragenter", "dragover", "drop"])
            zone.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true,
                                                     cancelable: true }));
        }""",
        [heading, name, content.decode()],
    )


def shot(page: Page, name: str, *, full: bool = True) -> Path:
    """Keep a picture of a page as `build/screenshots/NAME.png`."""
    file = SHOTS / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=full, animations="disabled")
    return file
