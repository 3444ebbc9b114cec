"""The pages look as they did: pictures of a world that stands still, held against kept ones.

Kept is not the picture but its light: the colour of a few hundred fields of it (`looks.json`),
which fonts and words hardly change, and which a page without its styles, a chart that is not drawn
or a menu that slid aside does. The pictures stay in `build/screenshots/looks`. A change that is
wanted is kept by `LAMPLIT_KEEP_LOOKS=1 pytest tests/pages/test_kept_looks.py`.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from rig import CHINESE, Rig, chinese, goto, serving, shot

from lamplit.replay.neighbourhood.small import make_small
from lamplit.replay.neighbourhood.sweeps import SWEEP
from machine import lacking

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

KEPT = Path(__file__).with_name("looks.json")
NOW = datetime(2026, 3, 4, 8, 20, tzinfo=UTC)
"""An afternoon in the office's zone, a sweep in full swing."""
FIELDS = {360: (12, 26), 1440: (32, 20)}
"""Across and down, by the window's width."""
MEAN, MUCH, MANY = 1.5, 40, 0.02
"""Of 255: so far may they be off on average; so far is much; so many may be off by much."""
TRIES = 4
"""A busy machine may not have drawn it all by the first look."""
PAGES = {
    "board": ("leader", f"/campaigns/{SWEEP}", 0),
    "doors": ("leader", f"/campaigns/{SWEEP}/doors", 0),
    "facade": ("leader", "/facade/{community}", 700),
    "check-in": ("leader", "/check-in", 0),
    "phone": ("volunteer", "/phone", 0),
    "privacy": ("privacy", "/privacy", 0),
    "analysis": ("analyst", "/analysis", 400),
}
"""Page → whose it is, its address, and how long it draws after it has loaded, in ms."""
LOOKS = ((360, "zh-Hans", "light"), (1440, "en", "dark"))


@pytest.fixture(scope="module")
def still_rig(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A browser before a world whose time is always the same afternoon."""
    folder = tmp_path_factory.mktemp("still") / "world"
    chance = random.Random(20)
    with pytest.MonkeyPatch.context() as patched:
        # What chance draws hangs on ids; with the same ids it draws the same.
        patched.setattr(uuid, "uuid4", lambda: uuid.UUID(int=chance.getrandbits(128), version=4))
        patched.setattr(secrets, "token_bytes", lambda size=32: chance.randbytes(size or 32))
        make_small(folder, now=NOW)
    ahead = datetime.now(UTC) - NOW
    with serving(folder, lambda: datetime.now(UTC) - ahead) as world:
        rig = Rig(browser, world)
        if not chinese(rig.page_as(path="/sign-in")):
            lacking(f"this browser has no font for Chinese; on Debian: apt install {CHINESE}")
        yield rig
        rig.close()
        rig.watch.check()


def light_of(picture: Path, width: int) -> np.ndarray:
    """The colours of each field, 0 … 255."""
    with Image.open(picture) as image:
        small = image.convert("RGB").resize(FIELDS[width], Image.Resampling.BOX)
    return np.asarray(small, dtype=np.int16)


def apart(one: np.ndarray, other: np.ndarray) -> str:
    """How two looks differ; empty where nobody would notice."""
    off = np.abs(one - other)
    mean, many = float(off.mean()), float((off > MUCH).mean())
    return f"{mean:.1f} on average, {many:.0%} by much" if mean > MEAN or many > MANY else ""


@pytest.mark.parametrize(("width", "language", "theme"), LOOKS)
def test_the_pages_look_as_they_did(width: int, language: str, theme: str, still_rig: Rig) -> None:
    kept = json.loads(KEPT.read_text("utf-8"))
    off, fresh = [], {}
    for name, (who, path, draws) in PAGES.items():
        page = still_rig.page_as(who, width=width, language=language, theme=theme)
        page.clock.set_fixed_time(still_rig.world.office.clock())
        goto(page, path.format(community="C1"))
        page.wait_for_function("() => !/正在同步|Syncing/.test(document.body.innerText)")
        look = f"{name}-{width}-{language[:2]}-{theme}"
        before = np.frombuffer(bytes.fromhex(kept.get(look, "")), np.uint8).astype(np.int16)
        for _ in range(TRIES):
            page.wait_for_timeout(300 + draws)
            light = light_of(shot(page, f"looks/{look}", full=False), width)
            told = apart(light.ravel(), before) if before.size else "none is kept"
            if not told:
                break
        fresh[look] = light.astype(np.uint8).tobytes().hex()
        off += [f"{look}: {told}"] if told else []
        still_rig.close()
    if os.environ.get("LAMPLIT_KEEP_LOOKS"):
        KEPT.write_text(json.dumps(kept | fresh, indent=0, sort_keys=True) + "\n", "utf-8")
        return
    assert not off, "these look otherwise (see build/screenshots/looks):\n" + "\n".join(off)


def test_a_page_that_lost_its_styles_or_its_chart_is_noticed(still_rig: Rig) -> None:
    page = still_rig.page_as("leader", width=360)
    page.clock.set_fixed_time(still_rig.world.office.clock())
    goto(page, "/check-in")
    page.wait_for_selector(".chart svg text")
    whole = light_of(shot(page, "looks/whole", full=False), 360)
    page.evaluate("document.querySelector('.chart div').style.display = 'none'")
    assert apart(whole, light_of(shot(page, "looks/no-chart", full=False), 360))
    page.evaluate(
        "document.querySelectorAll('style, link[rel=stylesheet]').forEach((s) => s.remove())"
    )
    assert apart(whole, light_of(shot(page, "looks/no-styles", full=False), 360))
