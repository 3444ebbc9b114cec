"""Programmes and places, as a leader goes through them."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from rig import Rig, axe, goto, loaded

from lamplit.replay.neighbourhood.cast import DISTRICT
from lamplit.services.field.office import CLI
from lamplit.services.field.people.coverage import coverage_by_community

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.slow


def sent(page: Page) -> list[str]:
    """What a page sends from now on, but for its questions."""
    found: list[str] = []
    page.on("request", lambda one: found.append(one.url) if one.method != "GET" else None)
    return found


def test_a_programme_s_form_is_tried_in_both_languages_and_nothing_is_sent(
    shared_rig: Rig,
) -> None:
    from playwright.sync_api import expect

    page = shared_rig.page_as("leader", path="/programmes", language="en", width=1440)
    changes = sent(page)
    page.get_by_role("link", name="Household sweep").click()
    loaded(page)
    expect(
        page.get_by_role("cell", name="Bring what is short: shopper, within 24 hours")
    ).to_have_count(2)
    form = page.get_by_role("region", name="The form as a volunteer sees it")
    form.get_by_role("button", name="Done").click()
    expect(form.get_by_role("button", name="1 answer is missing")).to_be_visible()
    form.get_by_label("Somebody answered").check()
    form.get_by_role("button", name="中文").click()
    form.get_by_label("不可以").check()
    form.get_by_role("button", name=re.compile("Done")).click()
    expect(form.get_by_role("status")).to_contain_text("nothing was sent")
    assert axe(page) == []
    assert changes == []
    page.get_by_role("link", name="Start a campaign with it").click()
    expect(page.get_by_role("radio", name=re.compile("Household sweep"))).to_be_checked()


def test_a_leader_goes_down_the_tree_and_finds_a_home_by_its_code(shared_rig: Rig) -> None:
    from playwright.sync_api import expect

    page = shared_rig.page_as("leader", path="/places", language="en", width=1440)
    tree = page.get_by_role("navigation", name="Tree of places")
    tree.get_by_role("button", name="Open Wutongli Community").click()
    tree.get_by_role("link", name="Building 1 building").click()
    loaded(page)
    expect(page.get_by_role("heading", name="Building 1")).to_be_visible()
    expect(page.get_by_role("link", name="Asked after every day")).to_be_visible()
    page.get_by_role("navigation", name="Lies in").get_by_role("link", name="Wutongli").click()
    loaded(page)
    # Of a building with few dark homes a leader is told that it is not told.
    row = page.get_by_role("row", name=re.compile("^Building 1"))
    expect(row.get_by_role("cell", name="not shown").first).to_be_visible()
    home = page.evaluate(
        """async () => {
          const tree = await (await fetch("/api/v1/places/B1/children?limit=1")).json();
          return tree.items[0].code;
        }"""
    )
    page.get_by_role("searchbox").fill(home[:-1])
    expect(page.get_by_text("No such place among yours")).to_be_visible()
    page.get_by_role("searchbox").fill(home)
    page.get_by_role("link", name=home).click()
    loaded(page)
    expect(page.get_by_text("This is its address only.")).to_be_visible()
    assert axe(page) == []


SITES = """kind,code,parent,name_zh,name_en,colour
work_site,WS901,D1,江堤巡查点,Dyke watch,blue
work_site,WS902,NOWHERE,没有这里,Nowhere,red
"""


def test_a_leader_says_which_language_a_community_s_doors_ask_for(rig: Rig) -> None:
    from playwright.sync_api import expect

    page = rig.page_as("leader", path="/places/C1", language="en", width=360)
    asked = page.get_by_role("region", name="Who goes to its doors")
    expect(asked).to_contain_text("Anybody who may.")
    asked.get_by_role("button", name="Change").click()
    form = page.get_by_role("dialog", name="Who goes to the doors of")
    form.get_by_label("Speaks one of").fill("粤语, klingon")
    form.get_by_label("Has all of these skills").fill("first aid")
    assert axe(page) == []
    form.get_by_role("button", name="Save").click()
    expect(asked).to_contain_text("Cantonese, klingon")
    expect(asked).to_contain_text("first aid")
    # A home is refused, by a plain sentence, also where somebody asks past the page.
    told = page.evaluate(
        """async () => {
          const me = await (await fetch("/api/v1/me")).json();
          const block = await (await fetch("/api/v1/places/B1/children?limit=1")).json();
          const home = block.items[0];
          const answer = await fetch(`/api/v1/places/${home.id}/asks`, {
            method: "PUT", body: JSON.stringify({ languages: ["yue"] }),
            headers: { "Content-Type": "application/json", "X-CSRF-Token": me.csrf,
              "If-Match": `"v${home.version}"` },
          });
          return [answer.status, (await answer.json()).code];
        }"""
    )
    assert told == [422, "place.asks-of-home"]


def test_an_operator_reads_a_plan_reloads_and_imports_it(rig: Rig) -> None:
    from playwright.sync_api import expect

    page = rig.page_as("operator", path="/places/import", language="en", width=1440)
    file = {"name": "sites.csv", "mimeType": "text/csv", "buffer": SITES.encode()}
    page.locator("input[type=file]").set_input_files([file])
    expect(page.get_by_role("heading", name="What would change")).to_be_visible(timeout=60_000)
    page.reload()
    loaded(page)
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    refused = page.get_by_role("region", name="Refused").get_by_role("row").nth(1)
    expect(refused).to_contain_text("NOWHERE")
    expect(page.get_by_text("Columns left aside: colour")).to_be_visible()
    expect(page.get_by_role("cell", name="WS901")).to_be_visible()
    assert axe(page) == []
    into = page.get_by_role("button", name="Import it so")
    expect(into).to_be_disabled()
    page.get_by_label("Leave out the 1 refused row").check()
    into.click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="To the places").click()
    page.get_by_role("searchbox").fill("dyke")
    expect(page.get_by_role("link", name="Dyke watch")).to_be_visible()


THEIRS = """楼号,楼名,所在小区,层数
B1,梧桐一号,C2,31
B901,新楼,C1,6
"""


def at_work(route: Route) -> None:
    """A job that goes on, whatever the server says of it."""
    if route.request.method != "GET":
        return route.continue_()
    answer = route.fetch()
    return route.fulfill(response=answer, json=answer.json() | {"state": "running"})


def test_a_file_headed_otherwise_is_put_right_and_its_plan_says_from_what_to_what(
    rig: Rig,
) -> None:
    from playwright.sync_api import expect

    page = rig.page_as("operator", path="/places/import", language="en", width=360)
    file = {"name": "theirs.csv", "mimeType": "text/csv", "buffer": THEIRS.encode()}
    page.locator("input[type=file]").set_input_files([file])
    expect(page.get_by_role("heading", name="Which column is which")).to_be_visible(timeout=60_000)
    expect(page.get_by_label("Code", exact=True)).to_have_value("楼号")
    expect(page.get_by_text("Such as B1 · B901")).to_be_visible()
    expect(page.get_by_label("Kind, in every row")).to_have_value("building")
    assert axe(page) == []
    plan = page.get_by_role("button", name="See what would change")
    page.get_by_label("Code", exact=True).select_option("")
    expect(page.get_by_text("Still missing: Code")).to_be_visible()
    expect(plan).to_be_disabled()
    page.get_by_label("Code", exact=True).select_option("楼号")
    # While its job is at work the columns are not there to be changed.
    page.route(re.compile(r"/jobs/[^/]+/events$"), lambda route: route.abort())
    page.route(re.compile(r"/jobs/[^/]+$"), at_work)
    plan.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("button", name="Another file")).to_be_visible()
    expect(page.get_by_role("button", name="Change the columns")).to_have_count(0)
    page.unroute_all()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible(timeout=60_000)
    row = page.get_by_role("row").filter(has_text="梧桐一号")
    expect(row).to_contain_text(re.compile(r"Lies in \(its code\) C1 → C2"))
    page.reload()
    loaded(page)
    page.get_by_role("button", name="Change the columns").click()
    expect(page.get_by_label("Name (optional)", exact=True)).to_have_value("楼名")
    page.get_by_label("Name (optional)", exact=True).select_option("")
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("row").filter(has_text="C1 → C2")).not_to_contain_text("Name")
    assert axe(page) == []


def areas_drawn(page: Page) -> int:
    """How many areas stand side by side on the map, told by what is not the ground's colour."""
    with Image.open(io.BytesIO(page.locator(".frame .canvas").screenshot())) as picture:
        light = np.asarray(picture.convert("RGB"), dtype=np.int16)
    filled = (np.abs(light - light[20, light.shape[1] // 2]).sum(axis=2) > 60).sum(axis=0) > 4
    return int((np.diff(filled.astype(np.int8)) == 1).sum())


def test_the_map_asks_no_other_host_and_its_list_works_by_keyboard(shared_rig: Rig) -> None:
    from playwright.sync_api import expect

    page = shared_rig.page_as("leader", path="/places/D1/map?by=coverage", language="en")
    twin = page.get_by_role("navigation", name="The same as a list")
    expect(twin.get_by_role("link").first).to_contain_text(re.compile(r"\d+ of \d+ homes covered"))
    expect(page.locator(".canvas canvas, .failed")).to_be_visible()
    if page.locator(".failed").count() == 0:
        page.add_style_tag(content=".map-label, .tools { visibility: hidden }")
        for _ in range(50):
            if areas_drawn(page) == twin.get_by_role("link").count():
                break
            page.wait_for_timeout(200)
        assert areas_drawn(page) == twin.get_by_role("link").count() == 2
    page.get_by_label("Coloured by").select_option("campaign")
    page.get_by_label("Which campaign").select_option("SWEEP")
    expect(page).to_have_url(re.compile("by=campaign&campaign=SWEEP"))
    going = twin.get_by_role("link", name=re.compile("Wutongli"))
    expect(going).to_contain_text("done")
    going.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Wutongli Community: the map")).to_be_visible()
    expect(twin.get_by_role("link", name=re.compile("Building 1"))).to_contain_text("done")
    loaded(page)
    assert axe(page) == []


def test_a_list_that_changes_its_order_under_somebody_s_fingers_keeps_the_focus(
    shared_rig: Rig,
) -> None:
    """The figures of another campaign come while the last line has the focus, and put it first."""
    from playwright.sync_api import expect

    page = shared_rig.page_as("leader", path="/places/D1/map?by=coverage", language="en")
    links = page.get_by_role("navigation", name="The same as a list").get_by_role("link")
    expect(links.last).to_contain_text("homes covered")
    last = links.last.locator("strong").inner_text()
    place = str(links.last.get_attribute("href")).split("/")[2]

    def answer(route: Route) -> None:
        response = route.fetch()
        areas = [
            dict(one, enrolled=40, done=0 if one["place_id"] == place else 40)
            for one in response.json()
        ]
        route.fulfill(response=response, json=areas)

    page.route("**/campaigns/*/areas*", answer)
    links.last.focus()
    # By the page's own means, so that the focus stays where it is.
    page.evaluate(
        """() => {
            const boxes = [...document.querySelectorAll("select")];
            const box = boxes.find((one) => one.value === "coverage");
            box.value = "campaign";
            box.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    expect(links.first).to_contain_text(last)
    expect(links.first).to_be_focused()


def test_a_district_s_coverage_sums_all_of_its_communities_however_many_pages_they_take(
    shared_rig: Rig,
) -> None:
    found = coverage_by_community(shared_rig.world.office, CLI, DISTRICT)
    assert len(found) > 1
    homes, covered = sum(one.homes for one in found), sum(one.covered for one in found)
    page = shared_rig.page_as("privacy", path="", language="en")
    page.route(
        "**/coverage-by-community?*",
        lambda route: route.continue_(url=re.sub(r"limit=\d+", "limit=1", route.request.url)),
    )
    goto(page, "/coverage")
    page.get_by_text(f"{covered} / {homes}", exact=True).wait_for()
    assert page.locator("button.community").count() == len(found)
