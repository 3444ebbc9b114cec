"""Every page of every room, as each person: it speaks, fits, can be used by all, and is quiet."""

from __future__ import annotations

import pytest
import rig as rigs
from rig import Rig, goto, overflow, untold
from routes import Route, address, routes

PEOPLE = (
    ("leader", "zh-Hans", "light"),
    ("volunteer", "en", "dark"),
    ("analyst", "en", "light"),
    ("privacy", "zh-Hans", "dark"),
    ("operator", "en", "light"),
    ("duty", "zh-Hans", "dark"),
)
"""Each language and theme meets each page at least once; all of them by `look.py`."""
NARROW, PHONE, DESK = 320, 360, 1440


def faults(rig: Rig, route: Route, name: str, language: str, theme: str) -> list[str]:
    """What is wrong with a page as somebody sees it."""
    where = address(route, rig.world)
    if where is None:
        return []
    page = rig.page_as(name, width=PHONE, language=language, theme=theme)
    found = []
    try:
        goto(page, where)
        found += [f"no text: {one}" for one in untold(page)]
        found += [f"wider than {PHONE}: {one}" for one in overflow(page)]
        found += [f"at {PHONE}: {one}" for one in rigs.axe(page)]
        for width in (NARROW, DESK):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(60)
            found += [f"wider than {width}: {one}" for one in overflow(page)]
        found += [f"at {DESK}: {one}" for one in rigs.axe(page)]
        rig.watch.check()
    except Exception as met:
        found.append(str(met).splitlines()[0] if not isinstance(met, AssertionError) else str(met))
    finally:
        rig.close()
    return [f"{route.path} as {name or 'nobody'} ({language}, {theme}): {one}" for one in found]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "language", "theme"), PEOPLE)
def test_every_page_is_sound_for(name: str, language: str, theme: str, shared_rig: Rig) -> None:
    met = [one for r in routes() for one in faults(shared_rig, r, name, language, theme)]
    assert not met, "\n".join(met)


@pytest.mark.parametrize(("language", "theme"), [("zh-Hans", "light"), ("en", "dark")])
def test_the_door_is_sound_for_who_has_no_account(
    language: str, theme: str, shared_rig: Rig
) -> None:
    met = faults(shared_rig, Route("account", "/sign-in"), "", language, theme)
    assert not met, "\n".join(met)


def test_every_room_has_a_route_that_the_walk_finds() -> None:
    found = {route.room for route in routes()}
    assert {"account", "shell"} <= found
    assert "/sign-in" in {route.path for route in routes()}
