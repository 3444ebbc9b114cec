"""Fixtures for the pages: a world made once, served anew for each test, and a browser before it."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import rig as rigs
from phone_rig import Doors, installed
from rig import NoBrowserError, Rig, World, browsing, serving

from lamplit.replay.neighbourhood.small import make_small
from machine import lacking

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

READY_MADE = "LAMPLIT_PAGES_WORLD"
"""A folder that `python -m lamplit.replay.neighbourhood` made: saves the making, test by test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The world is made for the slow tests alone: to make it takes half a minute by itself."""
    for item in items:
        asks = "made_world" in getattr(item, "fixturenames", ())
        if asks and item.get_closest_marker("slow") is None:
            raise pytest.UsageError(f"{item.nodeid} stands before a world: mark it slow")


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demo world, made once for all test processes; it is copied, never served."""
    ready = os.environ.get(READY_MADE)
    if ready:
        return Path(ready)
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent
    folder, done = base / "neighbourhood", base / "neighbourhood.done"
    with (base / "neighbourhood.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make_small(folder, timezone=rigs.where_it_is_afternoon())
            done.touch()
    return folder


@pytest.fixture
def world(made_world: Path, tmp_path: Path) -> Iterator[World]:
    """A copy of the small demo world of one's own, served on a free port of loopback."""
    folder = tmp_path / "world"
    shutil.copytree(made_world, folder)
    with serving(folder) as served:
        yield served


@pytest.fixture(scope="module")
def shared_world(made_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A copy for all tests of a file: for those that only look."""
    folder = tmp_path_factory.mktemp("world") / "world"
    shutil.copytree(made_world, folder)
    with serving(folder) as served:
        yield served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium; skips, with the reason, where none can be had."""
    missing = rigs.how_to_build()
    if missing:
        lacking(missing)
    try:
        with browsing() as found:
            yield found
    except NoBrowserError as reason:
        lacking(str(reason))


@pytest.fixture
def rig(browser: Browser, world: World) -> Iterator[Rig]:
    """A browser before one's own world; ends with a look at what the pages did."""
    yield from _rig(browser, world)


@pytest.fixture
def shared_rig(browser: Browser, shared_world: World) -> Iterator[Rig]:
    """A browser before the file's shared world."""
    yield from _rig(browser, shared_world)


_TAKEN: dict[str, set[str]] = {}
"""Doors that tests have used, by the address of their world."""


@pytest.fixture
def doors(shared_world: World) -> Doors:
    """The doors of the file's shared world."""
    return Doors(shared_world, _TAKEN.setdefault(shared_world.url, set()))


@pytest.fixture
def phone(shared_rig: Rig) -> Callable[..., Page]:
    """A phone with the app installed: in English, 360 px wide, its service worker in charge."""
    return lambda name="volunteer": installed(shared_rig, name)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for path in dict.fromkeys(rigs.taken):
        terminalreporter.write_line(f"the pages were seen by {path}")


def _rig(browser: Browser, world: World) -> Iterator[Rig]:
    made = Rig(browser, world)
    yield made
    made.close()
    made.watch.check()


@pytest.fixture
def page_as(rig: Rig) -> Callable[..., Page]:
    """`page_as("leader", path="/", width=360, language="zh-Hans", theme="light")`."""
    return rig.page_as


@pytest.fixture
def axe() -> Callable[..., None]:
    """`axe(page)`: no violation of accessibility."""

    def check(page: Page, **more: Any) -> None:
        if not rigs.AXE.is_file():
            lacking("axe-core is not installed: ui/npm ci")
        found = rigs.axe(page, **more)
        assert not found, "\n".join(found)

    return check
