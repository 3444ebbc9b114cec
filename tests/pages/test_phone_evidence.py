"""Why this door, on a phone: a sentence for who asks, logged, kept a day, gone at sign-out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from phone_rig import Doors, installed
from rig import goto
from sqlalchemy import select, update

from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.store.schema import campaign, event, task

if TYPE_CHECKING:
    from rig import Rig, World

pytestmark = pytest.mark.slow
KEPT = """async () => {
  let kept = 0;
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((took, fell) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => took(asked.result);
      asked.onerror = () => fell(asked.error);
    });
    if (db.objectStoreNames.contains("evidence"))
      kept += await new Promise((took) => {
        const counted = db.transaction("evidence").objectStore("evidence").count();
        counted.onsuccess = () => took(counted.result);
      });
    db.close();
  }
  return kept;
}"""
"""How many homes' evidence this device keeps, whoever took it along."""
SHOW = "Show the evidence"


def opened(world: World) -> list[Any]:
    found = world.rows(select(event).where(event.c.kind == "home.opened").order_by(event.c.seq))
    return [one for one in found if one.data["step"] == "evidence"]


def drawn_by_chance(world: World, share: float) -> None:
    """Let the sweep enroll so many of the unflagged doors by chance."""
    with world.office.db.begin() as conn:
        (row,) = conn.execute(select(campaign).where(campaign.c.code == SWEEP))
        told = {**(row.parameters or {}), "random_share": share}
        conn.execute(update(campaign).where(campaign.c.id == row.id).values(parameters=told))


def test_where_chance_enrolls_doors_none_of_them_says_why_before_the_knock(
    rig: Rig, world: World
) -> None:
    drawn_by_chance(world, 0.05)
    (door,) = Doors(world, set()).give(1)
    page = installed(rig)
    goto(page, f"/phone/door/{door}")
    page.get_by_text("Knock first").wait_for()
    assert page.get_by_role("button", name=SHOW).count() == 0


def test_evidence_is_a_sentence_for_who_asks_logged_and_gone_at_sign_out(
    rig: Rig, world: World
) -> None:
    drawn_by_chance(world, 0)
    (door,) = Doors(world, set()).give(1)
    (home,) = [one.place_id for one in world.rows(select(task).where(task.c.id == door))]
    page = installed(rig)
    before = len(opened(world))
    goto(page, f"/phone/door/{door}")
    page.get_by_role("button", name=SHOW).wait_for()
    assert len(opened(world)) == before, "looking at a door opens nothing"
    page.get_by_role("button", name=SHOW).click()
    said = page.locator(".sentence").inner_text()
    assert len(said) > 20 and said.endswith(".")
    (entry,) = opened(world)[before:]
    assert (entry.place_id, bool(entry.purpose)) == (home, True)
    page.context.set_offline(True)
    goto(page, f"/phone/door/{door}")
    assert page.locator(".sentence").inner_text() == said
    page.context.set_offline(False)
    assert page.evaluate(KEPT) == 1
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("User name").wait_for()
    assert page.evaluate(KEPT) == 0
