"""The façade: windows for analysts, sums for others, a campaign's doors, one door for a purpose."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from rig import Rig, World, goto, loaded, shot
from sqlalchemy import select

from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.field.office import CLI
from lamplit.store.schema import campaign, enrollment, event, place

pytestmark = pytest.mark.slow
LOOK = "document.querySelector('canvas.canvas').picture"


def swept(world: World) -> str:
    """The community in which the sweep runs."""
    with world.office.read(CLI) as tx:
        return str(tx.conn.scalar(select(campaign.c.place_id).where(campaign.c.code == SWEEP)))


def logged(world: World, kind: str) -> list[Any]:
    with world.office.read(CLI) as tx:
        return list(tx.conn.execute(select(event).where(event.c.kind == kind)))


def announced(page: Any) -> str:
    return str(page.locator(".stage [role=status]").inner_text())


def to_the_picture(page: Any, *keys: str) -> None:
    page.get_by_role("application").focus()
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(60)


def test_an_analyst_walks_from_building_to_door_by_keys_and_plays_the_nights(
    shared_rig: Rig, axe: Callable[..., None]
) -> None:
    page = shared_rig.page_as("analyst", path=f"/facade/{swept(shared_rig.world)}", language="en")
    before = len(logged(shared_rig.world, "facade.opened"))
    to_the_picture(page, "Home", "ArrowRight", "Enter")
    assert re.search(r"^Building 2, .*floor \d+, door \w+: \w+", announced(page))
    shot(page, "facade-analyst-door", full=False)
    axe(page)
    slider = page.get_by_role("slider", name="Which night")
    last = slider.get_attribute("aria-valuetext")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") != last
    assert "day=" in page.url
    page.keyboard.press("Home")
    page.get_by_label("Speed").select_option("8")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => document.querySelector('input[type=range]').value > 3")
    page.get_by_role("button", name="Pause").click()
    shared = page.url
    again = shared_rig.page_as("analyst", path="", language="en")
    goto(again, shared.removeprefix(shared_rig.world.url))
    assert again.locator("output.label").inner_text() == page.locator("output.label").inner_text()
    assert len(logged(shared_rig.world, "facade.opened")) == before + 1


def test_a_door_opens_in_steps_for_a_purpose_and_each_is_in_the_log(rig: Rig) -> None:
    world = rig.world
    with world.office.read(CLI) as tx:
        found = tx.conn.execute(
            select(place.c.id, place.c.door, enrollment.c.building_id)
            .join(enrollment, enrollment.c.place_id == place.c.id)
            .join(campaign, campaign.c.id == enrollment.c.campaign_id)
            .where(campaign.c.code == SWEEP)
            .limit(1)
        ).one()
        block = tx.conn.scalar(select(place.c.code).where(place.c.id == found.building_id))
    before = len(logged(world, "home.opened"))
    page = rig.page_as("analyst", path=f"/facade/{swept(world)}?building={block}", language="en")
    page.evaluate(f"""{LOOK}.flyTo({LOOK}.camera, true)""")
    spot = page.evaluate(
        f"""(home) => {{
          const picture = {LOOK};
          for (const standing of picture.world.standing) {{
            const pane = standing.building.panes.find((it) => it.place === home);
            if (pane) {{
              const [x, y] = [standing.x + pane.x + 20, standing.y + pane.y + 16];
              picture.look({{ x, y, scale: 1 }});
              const box = picture.boxOf(standing, pane);
              return [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
            }}
          }}
        }}""",
        found.id,
    )
    box = page.locator("canvas.canvas").bounding_box()
    page.mouse.click(box["x"] + spot[0], box["y"] + spot[1])
    page.get_by_role("button", name="Open this door").click()
    dialog = page.get_by_role("dialog")
    assert "logged with your name" in dialog.inner_text()
    assert len(logged(world, "home.opened")) == before
    for button, shows in (
        ("Show its colour", "Colour"),
        ("Show the evidence", "What speaks against"),
        ("Show the load curve", "kWh"),
    ):
        dialog.get_by_role("button", name=button).click()
        loaded(page)
        dialog.get_by_text(shows).first.wait_for(state="attached")
    opened = logged(world, "home.opened")[before:]
    assert [one.data["step"] for one in opened] == ["colour", "evidence", "curve"]
    assert {one.place_id for one in opened} == {found.id}
    assert all(one.purpose for one in opened)


def test_a_leader_sees_sums_of_buildings_and_doors_of_a_campaign_but_no_homes_state(
    shared_rig: Rig, axe: Callable[..., None]
) -> None:
    page = shared_rig.page_as("leader", path=f"/facade/{swept(shared_rig.world)}", language="en")
    page.get_by_role("radio", name="Visits").wait_for(state="attached")
    assert page.get_by_role("radio", name="Visits").is_checked()
    to_the_picture(page, "Home", "Enter")
    assert re.search(r"door \w+: (not in|to visit|somebody|tried|done|could not)", announced(page))
    page.locator("label.lens", has_text="Coverage").click()
    assert "nobody covers it" in page.locator(".legend").inner_text()
    page.locator("label.lens", has_text="Lights").click()
    to_the_picture(page, "Escape", "Home", "Enter")
    assert "door" not in announced(page)
    assert "at least 15 of its homes" in page.inner_text("main")
    page.get_by_role("button", name="Table").click()
    assert "not shown" in page.locator("table").inner_text()
    axe(page)


def test_who_may_not_see_a_community_is_told_so_and_nothing_else(shared_rig: Rig) -> None:
    with shared_rig.world.office.read(CLI) as tx:
        other = tx.conn.scalar(
            select(place.c.id).where(
                place.c.kind == "community", place.c.id != swept(shared_rig.world)
            )
        )
    shared_rig.watch.allow("403")
    page = shared_rig.page_as("volunteer", path=f"/facade/{other}", language="en")
    page.get_by_role("alert").get_by_text("door.not-allowed").wait_for()
    assert page.locator("canvas").count() == 0
    assert "社区" not in page.inner_text("main")
