"""A form that the light form can't draw is shown by ODK Web Forms, and still sends nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from rig import Rig, loaded

pytestmark = pytest.mark.slow
FORM = """<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
  xmlns:jr="http://openrosa.org/javarosa" xmlns:odk="http://www.opendatakit.org/xforms">
  <h:head><h:title>How warm</h:title><model odk:xforms-version="1.0.0">
    <instance><data id="warm" version="1"><warm/><word/><meta><instanceID/></meta></data></instance>
    <bind nodeset="/data/warm" type="int"/><bind nodeset="/data/word" type="string"/>
    <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
  </model></h:head>
  <h:body>
    <range ref="/data/warm" start="0" end="10" step="1"><label>How warm is it</label></range>
    <input ref="/data/word"><label>A word on it</label></input>
  </h:body>
</h:html>"""

LETTERS = """() => ["html", "body", "h1", "main p"].map((one) => {
  const { fontFamily, fontSize, lineHeight } = getComputedStyle(document.querySelector(one));
  return [one, fontFamily, fontSize, lineHeight];
})"""


def test_a_form_with_a_scale_opens_in_web_forms_and_is_finished_for_trial(
    rig: Rig, axe: Callable[..., None]
) -> None:
    from playwright.sync_api import expect

    page = rig.page_as("leader", language="en", width=1440, theme="dark")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method != "GET" else None)
    page.route(
        "**/api/v1/programmes/household_sweep/form",
        lambda route: route.fulfill(body=FORM, content_type="text/xml"),
    )
    page.goto("/programmes")
    loaded(page)
    before = page.evaluate(LETTERS)
    page.goto("/programmes/household_sweep")
    loaded(page)
    form = page.get_by_role("region", name="The form as a volunteer sees it")
    expect(form.get_by_text("How warm is it")).to_be_visible(timeout=30_000)
    # It is named by its question, and has no value until one is chosen.
    slider = form.get_by_role("slider", name="How warm is it")
    expect(slider).to_have_attribute("aria-valuetext", "–")
    axe(page)
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", re.compile("^[1-9]"))
    assert slider.get_attribute("aria-valuetext") is None
    axe(page)
    form.get_by_role("textbox").fill("warm enough")
    # It is drawn for the day: in the dark theme what one types is dark on white all the same.
    ground = "(box) => getComputedStyle(box).backgroundColor"
    assert form.get_by_role("textbox").evaluate(ground) == "rgb(255, 255, 255)"
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_role("status").filter(has_text="nothing was sent")).to_be_visible()
    assert sent == []
    # It keeps its letters to itself: the page around it reads as before.
    assert page.evaluate(LETTERS) == before
