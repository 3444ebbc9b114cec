"""The first run in a browser: from the printed link to the first night, left and come back to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from rig import Rig, World, drop, goto, serving, shot

from lamplit.services.field.access import setup
from lamplit.services.home import Home
from lamplit.services.night.snapshots import read_manifest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
LONG = 60_000
expect.set_options(timeout=30_000)
METERS = [f"M{number}" for number in range(1, 5)]
REGISTRY = "meter_id,household_id,building_id,community_id,unit,floor,door\n" + "".join(
    f"{meter},H{meter},B1,C1,1,{at},{at}01\n" for at, meter in enumerate(METERS, 1)
)


def readings(days: int = 3) -> bytes:
    rows = [
        f"{meter},{date(2024, 2, 1) + timedelta(day)}T{hour:02d}:00+08:00,0.{hour % 7}\n"
        for meter in METERS for day in range(days) for hour in range(24)
    ]  # fmt: skip
    return ("meter_id,time,kwh\n" + "".join(rows)).encode()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    """A home that nobody has an account of."""
    Home.create(tmp_path / "new" / "home")
    with serving(tmp_path / "new") as served:
        yield served


@pytest.fixture
def rig(browser: Browser, empty: World) -> Iterator[Rig]:
    made = Rig(browser, empty)
    yield made
    made.close()
    made.watch.check()


def test_the_first_person_goes_from_the_link_to_the_first_night(
    rig: Rig, empty: World, axe: Callable[..., None]
) -> None:
    page = rig.page_as(path=f"/setup#{setup.offer(empty.office)}", language="en")
    # The link is a secret: it leaves the address at once, and a reload goes on without it.
    expect(page).to_have_url(f"{empty.url}/setup")
    page.reload()
    page.get_by_label("Your name").fill("李雷")
    page.get_by_label("User name").fill("li.lei")
    word = page.get_by_label("Password", exact=True)
    for typed, told in (
        ("four words", "10 of 15 characters"),
        ("li.lei 2024 li.lei 2024", "Not taken: it is made of names of this place"),
        ("seven lanterns over the river", "That will do: 29 characters"),
    ):
        word.fill(typed)
        expect(page.get_by_text(told)).to_be_visible()
    page.get_by_label("The district that you look after").fill("East Lake")
    expect(page.get_by_label("The district's code")).to_have_value("EAST-LAKE")
    axe(page)
    page.get_by_role("button", name="Make the account and go on").click()

    expect(page.get_by_role("heading", name="Registry")).to_be_visible()
    drop(page, "Registry", "registry.csv", REGISTRY.encode())
    page.get_by_role("button", name="Show the plan").click()
    page.get_by_role("button", name="Do it", exact=True).click(timeout=LONG)
    page.get_by_role("button", name="Bring its places in").click(timeout=LONG)
    expect(page.get_by_text("New places:")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Go on").click()

    drop(page, "Readings", "february.csv", readings())
    page.get_by_role("button", name="Take 1 file in").click()
    expect(page.get_by_text("take readings in").first).to_be_visible()
    # The page is closed midway; another finds what the server did meanwhile.
    again = page.context.new_page()
    page.close()
    goto(again, "/setup")
    later = again.get_by_role("heading", name="First night")
    on = again.get_by_role("button", name="Go on")
    expect(later.or_(on)).to_be_visible(timeout=LONG)
    if on.is_visible():
        on.click()
    again.get_by_role("button", name="Work the night now").click()
    expect(again.get_by_text("Worked through")).to_be_visible(timeout=LONG)
    axe(again)
    again.get_by_role("button", name="Go on").click()
    expect(again.get_by_role("heading", name="Ready")).to_be_visible()
    shot(again, "setup-ready", full=False)
    assert read_manifest(empty.office.home.state_dir).through == "2024-02-03"


def test_steps_are_left_for_later_and_a_wrong_link_makes_nothing(
    rig: Rig, empty: World, axe: Callable[..., None]
) -> None:
    page = rig.page_as(path="/setup", language="zh-Hans", width=360)
    expect(page.get_by_text("首个账号已经建立")).to_be_visible()
    link = setup.offer(empty.office)
    goto(page, "/setup")
    expect(page.get_by_text("请打开服务器显示的链接")).to_be_visible()
    axe(page)
    goto(page, f"/setup#{'x' * 32}")
    page.get_by_label("您的姓名").fill("李雷")
    page.get_by_label("用户名").fill("li.lei")
    page.get_by_label("密码", exact=True).fill("江边七盏灯笼 seven lanterns")
    page.get_by_label("您负责的区").fill("东湖")
    make = page.get_by_role("button", name="建立账号并继续")
    make.click()
    expect(page.get_by_role("alert").get_by_text("wrong-set-up-token")).to_be_visible()
    assert setup.is_open(empty.office)
    # The right link, pasted over the page: what was typed stays.
    goto(page, f"/setup#{link}")
    expect(page).to_have_url(f"{empty.url}/setup")
    make.click()
    for step in ("台账", "读数", "第一夜"):
        expect(page.get_by_role("heading", name=step)).to_be_visible()
        page.get_by_role("button", name="以后再说").click()
    expect(page.get_by_role("heading", name="可以用了")).to_be_visible()
    axe(page)
    page.reload()
    expect(page.get_by_role("heading", name="可以用了")).to_be_visible()
    page.get_by_role("button", name="台账").click()
    expect(page.get_by_text("把文件拖到这里")).to_be_visible()
