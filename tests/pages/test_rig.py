"""The rig sees what it is there to see."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from types import SimpleNamespace

import pytest
import rig as rigs
from rig import Rig, overflow, untold

pytestmark = pytest.mark.slow


@pytest.fixture
def page(shared_rig: Rig):
    return shared_rig.page_as(width=360, path="/sign-in")


def test_an_error_on_the_console_is_a_fault_unless_expected(shared_rig, page):
    page.evaluate("() => console.error('lamp out')")
    with pytest.raises(AssertionError, match="lamp out"):
        shared_rig.watch.check()
    shared_rig.watch.allow("lamp out")
    page.evaluate("() => console.error('lamp out')")
    shared_rig.watch.check()


def test_an_exception_that_nobody_catches_is_a_fault(shared_rig, page):
    with page.expect_event("pageerror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('fell over') }) }")
    with pytest.raises(AssertionError, match="uncaught: fell over"):
        shared_rig.watch.check()


def test_a_request_to_another_host_is_a_fault(shared_rig, page):
    page.context.route("http://elsewhere.test/*", lambda route: route.fulfill(body="spied"))
    page.goto("http://elsewhere.test/pixel")
    with pytest.raises(AssertionError, match=r"another host: http://elsewhere\.test/pixel"):
        shared_rig.watch.check()


def test_what_sticks_out_what_is_untold_and_what_not_all_can_use_is_seen(page):
    assert (overflow(page), untold(page), rigs.axe(page)) == ([], [], [])
    page.evaluate(
        """() => {
          const wide = document.createElement("div");
          wide.style.width = "2000px";
          wide.innerHTML = "people.title<img src='/icon.svg'>";
          document.querySelector("main").append(wide);
        }"""
    )
    assert "people.title" in overflow(page)[0]
    assert untold(page) == ["people.title"]
    assert any(one.startswith("image-alt") for one in rigs.axe(page))


def test_a_device_keeps_the_language_and_theme_that_were_asked_for(shared_rig):
    page = shared_rig.page_as(width=360, language="en", theme="dark", path="/sign-in")
    assert page.evaluate("() => document.documentElement.lang") == "en"
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    assert page.get_by_text("A demo: nobody in it exists").is_visible()


def test_one_tap_signs_in_to_a_demo(shared_rig):
    page = shared_rig.page_as(width=360, language="en", path="/sign-in")
    assert page.get_by_role("link", name="company's account").count() == 0  # There is none.
    page.get_by_role("button", name="analyst").click()
    page.wait_for_url("**/")
    rigs.loaded(page)
    assert "林涛" in page.content()


def test_a_browser_without_windows_is_taken_before_one_with_them(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    own = tmp_path / "cache" / "chromium-7" / "chrome-linux64" / "chrome"
    shell = tmp_path / "cache" / "chromium_headless_shell-7" / "linux64" / "chrome-headless-shell"
    other = tmp_path / "cache" / "chromium_headless_shell-6" / "linux64" / "chrome-headless-shell"
    there = [other, own, tmp_path / "bin" / "chromium", shell, tmp_path / "bin" / rigs.CHROMES[0]]
    found = []
    for path in there:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o755)
        found.append(rigs.there(own))
    assert found == [None, *map(str, there[1:])]


def test_processes_that_want_a_browser_at_once_install_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delenv("LAMPLIT_CHROMIUM", raising=False)
    own = tmp_path / "cache" / "chromium-7" / "chrome-linux64" / "chrome"
    begun = []

    def install(where: Path) -> str:
        begun.append(where)
        sleep(0.2)  # The others come while it lasts.
        where.parent.mkdir(parents=True)
        where.touch(0o755)
        return str(where)

    monkeypatch.setattr(rigs, "_installed", install)
    playwright = SimpleNamespace(chromium=SimpleNamespace(executable_path=str(own)))
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: rigs.find_chromium(playwright), range(3)))
    assert (found, begun) == ([str(own)] * 3, [own])
