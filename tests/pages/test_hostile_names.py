"""Hostile names in every field: no script runs, nothing overflows, no name turns its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hostile import CAMPAIGN, NAMES, turn_hostile, turned
from rig import Rig, World, go_within, goto, overflow

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
LEADERS = (
    "/campaigns", "/campaigns/HOSTILE", "/campaigns/HOSTILE/doors", "/campaigns/HOSTILE/findings",
    "/people", "/people/P0001", "/check-in", "/places", "/places/C1", "/places/C1/map",
    "/coverage", "/facade/C1", "/stock", "/feedback", "/inbox",
)  # fmt: skip
PHONES = ("/phone", "/phone/door/{task}", "/phone/form/{task}", "/phone/finished",
          "/phone/check-in", "/account")  # fmt: skip


OPEN = "() => document.querySelectorAll('details').forEach((one) => (one.open = true))"
SHOWN = ("<script>window.ran=1</script>", "yllaer ton", "שלום", "DROP TABLE person", "W" * 200)


@pytest.fixture(scope="module")
def task(shared_world: World) -> str:
    return turn_hostile(shared_world)


def met_by(rig: Rig, page: Page, paths: tuple[str, ...]) -> list[str]:
    found, seen = [], ""
    for at, path in enumerate(paths):
        (go_within if at else goto)(page, path)
        page.evaluate(OPEN)
        seen += page.inner_text("body")
        found += [f"{path} is wider than the window: {one}" for one in overflow(page)]
        found += [f"{path} is turned: {one}" for one in turned(page)]
        if page.evaluate("() => 'ran' in window"):
            found.append(f"{path}: a script of a name's ran")
        rig.watch.check()
    # Told as they are: none was lost, and what might have been a script is a text.
    found += [f"nothing shows {one}" for one in SHOWN if one not in seen]
    return found


@pytest.mark.parametrize(
    ("name", "paths"),
    [("leader", LEADERS), ("volunteer", PHONES), ("privacy", ("/privacy",)),
     ("operator", ("/operator/accounts", "/operator/accounts/mean.one"))],
)  # fmt: skip
def test_no_name_does_harm_on_pages_of(
    name: str, paths: tuple[str, ...], shared_rig: Rig, task: str
) -> None:
    page = shared_rig.page_as(name, width=360, language="en")
    met = met_by(shared_rig, page, tuple(one.format(task=task) for one in paths))
    assert not met, "\n".join(met)


def test_a_walk_list_is_printed_with_any_name(shared_rig: Rig, task: str) -> None:
    page = shared_rig.page_as("leader")
    for at in range(1, len(NAMES) + 1):
        way = f"/api/v1/campaigns/{CAMPAIGN}/walk-list.pdf?person=P000{at}"
        answer = page.request.get(way)
        assert answer.ok, answer.text()
        assert answer.body().startswith(b"%PDF")
