"""Every page of every room, as each person: it speaks, fits, can be used by all, and is quiet.

A page that somebody's menu leads to is looked at closely; any other only must not fall over when
they come to it by its address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import rig as rigs
from rig import Rig, go_within, goto, overflow, resized, untold
from routes import Route, address, rooms_of, routes

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
PEOPLE = (
    ("leader", "zh-Hans", "light"),
    ("volunteer", "en", "dark"),
    ("analyst", "en", "light"),
    ("privacy", "zh-Hans", "dark"),
    ("operator", "en", "light"),
    ("duty", "zh-Hans", "dark"),
)
"""Each language and theme meets each page at least once; all of them by `look.py`."""
NARROW, DESK = 320, 1440
TALL = 800


def faults(rig: Rig, page: Page, where: str, *, closely: bool, new: bool = True) -> list[str]:
    """What is wrong with a page, at the width it stands at and, `closely`, at the other one too.

    A page that is `new` is come to by its address and has to be usable by all at both widths; one
    that somebody has seen before, by a link, and only at the narrow one.
    """
    found = []
    try:
        (goto if closely and new else go_within)(page, where)
        found += [f"no text: {one}" for one in untold(page)]
        for other in (False, True) if closely else (False,):
            if other:
                resized(page, DESK if _width(page) == NARROW else NARROW, TALL)
            found += [f"wider than {_width(page)}: {one}" for one in overflow(page)]
            if closely and (new or _width(page) == NARROW):
                found += [f"at {_width(page)}: {one}" for one in rigs.axe(page)]
        rig.watch.check()
    except AssertionError as met:
        found.append(str(met))
    except Exception as met:
        found.append(str(met).splitlines()[0])
    return [f"{where}: {one}" for one in found]


def _width(page: Page) -> int:
    return page.viewport_size["width"] if page.viewport_size else 0


@pytest.fixture(scope="module")
def seen() -> set[tuple[str, str]]:
    """The pages that somebody has seen before, each with its theme."""
    return set()


@pytest.mark.parametrize(("name", "language", "theme"), PEOPLE)
def test_every_page_is_sound_for(
    name: str, language: str, theme: str, shared_rig: Rig, seen: set[tuple[str, str]]
) -> None:
    page = shared_rig.page_as(name, width=DESK, language=language, theme=theme, path="/")
    rooms, walked, met = rooms_of(page), 0, []
    for route in routes(page):
        where = address(route, shared_rig.world)
        if where is not None:
            walked += 1
            closely = route.room in rooms
            new = closely and (route.path, theme) not in seen
            met += faults(shared_rig, page, where, closely=closely, new=new)
            if closely:
                seen.add((route.path, theme))
    assert not met, f"{name}, {language}, {theme}:\n" + "\n".join(met)
    assert walked > 3


@pytest.mark.parametrize(("language", "theme"), [("zh-Hans", "light"), ("en", "dark")])
def test_the_door_is_sound_for_who_has_no_account(
    language: str, theme: str, shared_rig: Rig
) -> None:
    page = shared_rig.page_as(width=NARROW, language=language, theme=theme)
    met = faults(shared_rig, page, "/sign-in", closely=True)
    assert not met, "\n".join(met)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/campaigns/:campaign/doors", "/campaigns/SWEEP/doors"),
        ("/people/:person", "/people/P0001"),
        ("/films/:night(\\d{4}-\\d\\d)?", "/films"),
        ("/:rest(.*)*", "/nowhere"),
        ("/moons/:moon", None),
    ],
)
def test_a_route_s_address_is_made_of_what_the_world_has(
    path: str, told: str | None, shared_world: rigs.World
) -> None:
    assert address(Route(path), shared_world) == told
