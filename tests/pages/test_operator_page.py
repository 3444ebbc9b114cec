"""The operator's page: an account made, its owner signed in, then disabled; never one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from rig import Rig, go_within, goto, loaded
from sqlalchemy import select

from lamplit.replay.neighbourhood.cast import DUTY, VOLUNTEER
from lamplit.store.schema import person

pytestmark = pytest.mark.slow
expect.set_options(timeout=30_000)


def test_an_account_is_made_with_a_role_used_and_disabled(
    rig: Rig, axe: Callable[..., None]
) -> None:
    page = rig.page_as("operator", path="/operator/accounts", language="en")
    page.get_by_role("button", name="New account").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill("韩梅梅")
    form.get_by_label("User name").fill("han.mei")
    form.get_by_label("A first role").select_option("building_lead")
    # Any place that one knows the name of, down to a building.
    where = form.get_by_role("combobox", name="Place")
    where.fill("building 2")
    form.get_by_role("option").filter(has_text="B2").first.click()
    expect(where).to_have_value("Building 2 (B2)")
    axe(page)
    form.get_by_role("button", name="Make it").click()
    made = page.get_by_role("dialog", name="The account han.mei is made")
    password = made.locator("code").last.inner_text()
    axe(page)
    made.get_by_role("button", name="I have it").click()
    assert password not in page.content()

    # Its owner signs in somewhere else and is asked for a password of their own.
    other = rig.page_as(path="/sign-in", language="zh-Hans")
    other.get_by_label("用户名").fill("han.mei")
    other.get_by_label("密码", exact=True).fill(password)
    other.get_by_role("button", name="登录", exact=True).click()
    expect(other.get_by_text("首次登录请先换成自己的密码")).to_be_visible()

    page.get_by_role("link", name="han.mei").click()
    expect(page.get_by_role("heading", name="韩梅梅")).to_be_visible()
    expect(page.get_by_role("table", name="Sessions").get_by_text("Chrome")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="building lead")).to_contain_text(
        "Building 2"
    )
    page.get_by_role("button", name="Give a role").click()
    page.get_by_label("Role", exact=True).select_option("volunteer")
    where = page.get_by_role("combobox", name="Place")
    where.fill("building 3")
    page.get_by_role("option").filter(has_text="B3").first.click()
    page.get_by_role("button", name="Give a role").click()
    expect(page.get_by_role("listitem").filter(has_text="volunteer")).to_contain_text("Building 3")
    axe(page)
    page.get_by_role("button", name="Disable the account").click()
    sure = page.get_by_role("dialog")
    expect(sure.get_by_text("韩梅梅 is signed out everywhere at once")).to_be_visible()
    sure.get_by_role("button", name="Disable the account").click()
    expect(page.get_by_text("Disabled. Sessions ended: 1")).to_be_visible()
    expect(page.get_by_text("Signed in nowhere")).to_be_visible()
    other.reload()
    expect(other.get_by_role("button", name="登录", exact=True)).to_be_visible()


def test_from_one_account_s_page_to_another_s_nothing_of_the_first_stays(rig: Rig) -> None:
    names = {
        one.code: one.name
        for one in rig.world.rows(select(person).where(person.c.code.in_((VOLUNTEER, DUTY))))
    }
    page = rig.page_as("operator", path="/operator/accounts/volunteer", language="en")
    expect(page.get_by_role("heading", name=names[VOLUNTEER])).to_be_visible()
    page.get_by_role("button", name="Disable the account").click()
    expect(page.get_by_role("dialog")).to_contain_text(names[VOLUNTEER])
    go_within(page, "/operator/accounts/duty")
    expect(page.get_by_role("heading", name=names[DUTY])).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text="duty officer").first).to_be_visible()
    assert names[VOLUNTEER] not in page.locator("main").inner_text()


def test_nobody_locks_themselves_out_and_jobs_are_seen_and_stopped(
    rig: Rig, axe: Callable[..., None]
) -> None:
    page = rig.page_as("operator", path="/operator", language="zh-Hans", width=360)
    expect(page.get_by_text("程序与机器")).to_be_visible()
    goto(page, "/operator/accounts/operator")
    expect(page.get_by_text("这是您自己的账号")).to_be_visible()
    assert page.get_by_role("button", name="停用账号").count() == 0
    # What a page hides the server refuses.
    answer = page.evaluate(
        """async () => {
          const me = await (await fetch("/api/v1/me")).json();
          const sent = await fetch("/api/v1/accounts/operator/disable",
            { method: "POST", headers: { "X-CSRF-Token": me.csrf } });
          return [sent.status, (await sent.json()).code];
        }"""
    )
    assert answer == [409, "accounts.own-account"]
    # Nor does the last operator give up the role: nobody could give it back.
    page.get_by_role("button", name="撤回: 系统管理员").click()
    sure = page.get_by_role("dialog", name="撤回")
    # It names what would end, and ends nothing before it is asked to.
    expect(sure.get_by_text("“系统管理员 · 江城区”今天结束")).to_be_visible()
    axe(page)
    sure.get_by_role("button", name="撤回").click()
    expect(sure.get_by_text("的最后一位系统管理员")).to_be_visible()
    sure.get_by_role("button", name="取消").click()
    expect(page.get_by_role("button", name="撤回: 系统管理员")).to_be_visible()
    goto(page, "/readings/nights")
    with page.expect_response(
        lambda it: it.request.method == "POST" and "/nights" in it.url
    ) as sent:
        page.get_by_role("button", name="现在就算一夜").click()
    assert sent.value.ok
    goto(page, "/operator/jobs")
    row = page.get_by_role("row").filter(has_text="夜间计算").first
    row.get_by_role("button", name="详情").click()
    loaded(page)
    expect(page.locator("section.card").get_by_text("夜间计算")).to_be_visible()
    axe(page)
