"""What moves: nothing for who asked for less motion, and for nobody anything without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rig import PAINTED, Rig, go_within, goto, loaded

from lamplit.replay.neighbourhood.sweeps import SWEEP

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
MOVES = """() => document.getAnimations()
  .filter((one) => one.playState === "running" && !one.effect.target.closest("[aria-busy=true]"))
  .map((one) => `${one.animationName ?? one.transitionProperty} of ` +
    one.effect.target.outerHTML.slice(0, 120))"""
"""What is fading or sliding, or waits to; a placeholder may, for as long as there is a wait."""
FRAMES = """(() => {
  const ask = window.requestAnimationFrame;
  window.frames_asked = 0;
  window.requestAnimationFrame = (then) => (window.frames_asked++, ask.call(window, then));
})();"""
WATCH = """() => {
  const { picture } = document.querySelector("canvas.canvas");
  window.cameras = [];
  const look = () => {
    if (!window.cameras) return;
    const { x, y, scale } = picture.camera, seen = window.cameras;
    if (seen.at(-1) !== `${x} ${y} ${scale}`) {
      seen.push(`${x} ${y} ${scale}`);
      window.moved = performance.now();
    }
    requestAnimationFrame(look);
  };
  look();
}"""
ARRIVED = "(span) => window.cameras.length > 1 && performance.now() - window.moved > span"
"""Whether the camera has gone somewhere and stood there for so long, in ms."""
WITHIN = 5_000
"""As long as something may move by itself without a way to stop it (WCAG 2.2.2), in ms."""
SETTLED = 700
"""Longer than any move that somebody asked for, in ms."""


def moving(page: Page) -> list[str]:
    """What moves once the page is painted."""
    page.evaluate(PAINTED)
    return list(page.evaluate(MOVES))


def acts(page: Page) -> list[str]:
    """Do what moves things, step by step; what moves right after each."""
    met: list[str] = []

    def look(what: str) -> None:
        met.extend(f"{what}: {one}" for one in moving(page))

    go_within(page, f"/campaigns/{SWEEP}")
    look("board")
    page.get_by_role("button", name="Print").click()
    look("dialog")
    page.keyboard.press("Escape")
    look("dialog closed")
    go_within(page, f"/campaigns/{SWEEP}/doors")
    page.locator("tbody").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Take back").click()
    page.locator(".toast").wait_for()
    look("toast")
    go_within(page, "/")
    page.get_by_role("button", name="Start the tour").click()
    look("tour")
    page.get_by_role("button", name="Stop for now").click()
    go_within(page, "/facade/C1")
    page.locator("label.lens", has_text="Lights").click()
    look("façade")
    return met


def flight(page: Page) -> list[object]:
    """Go closer to the street: the places at which the camera was."""
    page.wait_for_timeout(SETTLED)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Nearer").click()
    page.wait_for_function(ARRIVED, arg=SETTLED)
    return list(page.evaluate("() => [window.cameras, (window.cameras = null)][0]"))


def at_rest(page: Page) -> bool:
    """Whether a page comes to ask for no more frames; a busy machine is late in giving them."""
    for _ in range(10):
        before = page.evaluate("() => window.frames_asked")
        page.wait_for_timeout(SETTLED)
        if page.evaluate("() => window.frames_asked") - before <= 1:
            return True
    return False


def test_who_asked_for_less_motion_gets_none(shared_rig: Rig) -> None:
    page = shared_rig.page_as(path="/sign-in", language="en")
    assert moving(page) == []
    page = shared_rig.page_as("leader", path="/", language="en")
    assert acts(page) == []
    assert len(flight(page)) == 2, "the picture is there at once"


def test_nights_played_with_less_motion_go_by_in_steps(shared_rig: Rig) -> None:
    page = shared_rig.page_as("analyst", path="/facade/C1", language="en")
    page.get_by_role("slider", name="Which night").focus()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Play").click()
    seen = page.evaluate(
        """async () => {
          const seen = new Set();
          for (let n = 0; n < 90; n++) {
            await new Promise(requestAnimationFrame);
            seen.add(document.querySelector("canvas.canvas").picture.moment);
          }
          return [...seen];
        }"""
    )
    assert page.evaluate(MOVES) == []
    assert len(seen) > 1
    assert all(one == round(one) for one in seen), seen


def test_nothing_moves_for_ever(shared_rig: Rig) -> None:
    more = {"language": "en", "reduced_motion": "no-preference"}
    front = shared_rig.page_as(**more)
    front.add_init_script(FRAMES)
    goto(front, "/sign-in")
    # Those that have gone out count too: a busy machine may be that late.
    assert front.evaluate("() => document.getAnimations().length"), "lights go out over the sign-in"
    page = shared_rig.page_as("leader", **more)
    page.add_init_script(FRAMES)
    goto(page, "/")
    acts(page)
    loaded(page)
    assert len(flight(page)) > 2, "the picture flies there"
    front.wait_for_timeout(WITHIN)
    for one in (front, page):
        assert one.evaluate(MOVES) == []
        assert at_rest(one), "it is still painting"
