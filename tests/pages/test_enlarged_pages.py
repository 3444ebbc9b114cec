"""Everything twice as large: by the browser's zoom, and by letters alone (WCAG 1.4.4, 1.4.10).

A window of 1280 px at 200 % is one of 640 px. Whoever chooses larger letters keeps the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rig import PAINTED, Rig, go_within, overflow, resized
from routes import ids

from lamplit.replay.neighbourhood.sweeps import SWEEP

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
ZOOMED, WHOLE = (640, 400), (1280, 800)
TWICE = {"standard": 32, "fixed": 26}
ONCE = {"standard": 16, "fixed": 13}
AS_WANTED = "() => getComputedStyle(document.documentElement).fontSize === '32px'"
SEEN = """const seen = (node) => {
  if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
  for (let at = node; at; at = at.parentElement)
    if (getComputedStyle(at).clipPath !== "none") return false;
  return true;
};"""
CUT = (
    """() => {"""
    + SEEN
    + r"""
  return [...document.querySelectorAll("body *")].filter((node) => {
    if (node.closest("svg") || !node.innerText?.trim() || !seen(node)) return false;
    const style = getComputedStyle(node), hides = /hidden|clip/;
    // A line that says by its dots that it goes on is cut on purpose.
    return (hides.test(style.overflowX) && style.textOverflow !== "ellipsis"
        && node.scrollWidth > node.clientWidth + 1)
      || (hides.test(style.overflowY) && node.scrollHeight > node.clientHeight + 2);
  }).map((node) => node.outerHTML.slice(0, 140));
}"""
)
"""What hides a part of the text in it."""
COLLIDE = (
    """() => {"""
    + SEEN
    + r"""
  const lines = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode, within = text.parentElement;
    if (!text.textContent.trim() || within.closest("svg") || !seen(within)) continue;
    let held = null, floats = false;
    for (let at = within; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      floats ||= /fixed|sticky/.test(style.position);
      if (!held && style.overflow !== "visible") held = at.getBoundingClientRect();
    }
    if (floats) continue; // What stays while the page scrolls lies over it by design.
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) {
      const out = held && (box.left < held.left - 1 || box.right > held.right + 1
        || box.top < held.top - 1 || box.bottom > held.bottom + 1);
      if (!out && box.width > 2) lines.push({ box, text });
    }
  }
  const met = [];
  lines.forEach((one, at) => lines.slice(at + 1).forEach((other) => {
    if (one.text === other.text) return;
    const [a, b] = [one.box, other.box];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 3 && high > Math.min(a.height, b.height) / 3)
      met.push(`“${one.text.textContent.trim()}” and “${other.text.textContent.trim()}”`);
  }));
  return met;
}"""
)
"""Texts that are written over each other."""
UNREACHED = (
    """() => {"""
    + SEEN
    + r"""
  const bearing = "a[href], button:enabled, input:enabled, select, textarea, summary";
  const out = [...document.querySelectorAll(bearing)].filter((node) => {
    if (!seen(node) || node.classList.contains("skip")) return false;
    node.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = node.getClientRects()[0];
    const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const label = node.labels?.[0];
    return !at || !(node.contains(at) || label?.contains(at));
  }).map((node) => node.outerHTML.slice(0, 140));
  scrollTo(0, 0);
  return out;
}"""
)
"""What can't be scrolled to where a finger meets it, and not something over it."""
BARS = """() => [...document.querySelectorAll("body *")].filter((node) =>
    /fixed|sticky/.test(getComputedStyle(node).position) && node.checkVisibility()
    && node.offsetWidth > innerWidth * 0.6)
  .reduce((sum, node) => sum + node.offsetHeight, 0) / innerHeight"""
"""The share of the window that stays while the page scrolls."""
PAGES = {
    "leader": (f"/campaigns/{SWEEP}", "/facade/C1", "/places/C1", "/people/{person}", "/check-in"),
    "volunteer": ("/phone", "/phone/door/{task}"),
    "analyst": ("/analysis", "/analysis/what-if"),
    "privacy": ("/privacy",),
}
LOOKS = (
    ("leader", "en", "light"), ("leader", "zh-Hans", "dark"), ("volunteer", "zh-Hans", "light"),
    ("analyst", "en", "dark"), ("privacy", "zh-Hans", "light"),
)  # fmt: skip

SMALL = {
    "leader": ("/", "/places", "/places/C1", "/places/C1/map", "/programmes/household_sweep",
               f"/campaigns/{SWEEP}", "/campaigns/SITES/doors"),
    "volunteer": ("/", "/phone", "/phone/door/{task}", "/phone/form/{task}"),
}  # fmt: skip
PHONES = (("leader", "en", "light", 320), ("leader", "zh-Hans", "dark", 360),
          ("volunteer", "en", "dark", 320))  # fmt: skip


def faults(page: Page, how: str) -> list[str]:
    """What is wrong with a page as it stands, each with how it was enlarged."""
    page.evaluate(PAINTED)
    found = [f"wider than the window: {one}" for one in overflow(page)]
    found += [f"cut: {one}" for one in page.evaluate(CUT)]
    found += [f"over each other: {one}" for one in page.evaluate(COLLIDE)]
    found += [f"out of reach: {one}" for one in page.evaluate(UNREACHED)]
    bars = page.evaluate(BARS)
    found += [f"bars take {bars:.0%} of the window"] if bars > 0.5 else []
    return [f"{page.url}, {how}: {one}" for one in found]


@pytest.mark.parametrize(("name", "language", "theme"), LOOKS)
def test_a_page_twice_as_large_is_whole_and_all_of_it_within_reach(
    name: str, language: str, theme: str, shared_rig: Rig
) -> None:
    page = shared_rig.page_as(name, path="/", language=language, theme=theme, width=640, height=400)
    letters = page.context.new_cdp_session(page)
    letters.send("Page.enable")
    met = []
    for path in PAGES[name]:
        letters.send("Page.setFontSizes", {"fontSizes": ONCE})
        resized(page, *ZOOMED)
        go_within(page, path.format(**ids(shared_rig.world)))
        met += faults(page, "at 200 %")
        resized(page, *WHOLE)
        letters.send("Page.setFontSizes", {"fontSizes": TWICE})
        page.wait_for_function(AS_WANTED)
        met += faults(page, "its letters twice as large")
    assert not met, "\n".join(met)


@pytest.mark.parametrize(("name", "language", "theme", "width"), PHONES)
def test_a_phone_whose_letters_are_twice_as_large_shows_a_page_whole(
    name: str, language: str, theme: str, width: int, shared_rig: Rig
) -> None:
    page = shared_rig.page_as(name, path="/", language=language, theme=theme, width=width)
    letters = page.context.new_cdp_session(page)
    letters.send("Page.enable")
    met = []
    for path in SMALL[name]:
        # Once, and then twice: a page that was gone to is laid out anew.
        letters.send("Page.setFontSizes", {"fontSizes": ONCE})
        go_within(page, path.format(**ids(shared_rig.world)))
        letters.send("Page.setFontSizes", {"fontSizes": TWICE})
        page.wait_for_function(AS_WANTED)
        met += faults(page, f"its letters twice as large, {width} px")
    assert not met, "\n".join(met)


def test_a_page_that_can_t_be_enlarged_is_noticed(shared_rig: Rig) -> None:
    page = shared_rig.page_as("privacy", path="/privacy", language="en", width=640, height=400)
    assert faults(page, "as it is") == []
    page.add_style_tag(
        content="h1 { height: 1rem; overflow: hidden } h2 { margin-bottom: -2rem }"
        "main { width: 60rem } .menu, .bar { inset: 0 0 auto !important; height: 90% }"
    )
    told = "\n".join(faults(page, "spoilt"))
    for wrong in ("wider than", "cut", "over each other", "out of reach", "bars take"):
        assert wrong in told, wrong
