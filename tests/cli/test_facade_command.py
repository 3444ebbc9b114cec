"""`lamplit facade` on the command line: which file, which language, whose name is on it."""

from __future__ import annotations

import sys
from datetime import date
from types import ModuleType

import pytest
from typer.testing import CliRunner

from lamplit.cli.app import build
from lamplit.domain.words import HomeState
from lamplit.outbound.facade import Facade, Window
from lamplit.services.home import Home

AS_OF = date(2026, 2, 12)


@pytest.fixture
def facade(tmp_path, monkeypatch):
    """Run `lamplit facade …` on a building of two doors, without a night having been run."""
    asked = []

    def facade_of(home, building, as_of):
        asked.append((building, as_of))
        doors = tuple(Window("1", 1, f"10{n}", f"H{n}", HomeState.DARK) for n in (1, 2))
        return Facade(building, "Building 3", "Lakeside", as_of or AS_OF, doors)

    module = ModuleType("lamplit.services.facade")
    module.facade_of = facade_of
    monkeypatch.setitem(sys.modules, "lamplit.services.facade", module)
    monkeypatch.setattr("getpass.getuser", lambda: "li.wei")
    monkeypatch.chdir(tmp_path)
    Home.create(tmp_path / "lamplit-home")

    def run(*arguments):
        return CliRunner().invoke(build(), ["facade", *arguments]), asked

    return run


def test_the_suffix_chooses_picture_or_page(facade, tmp_path):
    said, asked = facade("3", "--as-of", "2026-02-11", "-o", "b.svg")
    assert said.exit_code == 0
    assert asked == [("3", date(2026, 2, 11))]
    assert (tmp_path / "b.svg").read_text("utf-8").startswith("<svg")
    assert said.stdout == ""
    facade("3", "-o", "b.html")
    assert (tmp_path / "b.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_picture_speaks_the_language_that_was_asked_for(facade, tmp_path):
    facade("3", "-o", "b.svg", "--lang", "zh")
    assert "零度" in (tmp_path / "b.svg").read_text("utf-8")


def test_the_watermark_has_the_login_and_the_purpose(facade, tmp_path):
    facade("3", "-o", "b.svg", "--lang", "en", "--purpose", "cold snap")
    text = (tmp_path / "b.svg").read_text("utf-8")
    assert "li.wei" in text
    assert "cold snap" in text


def test_another_kind_of_file_is_refused_before_the_home_is_read(facade, tmp_path):
    said, asked = facade("3", "-o", "b.png")
    assert said.exception.code == "outbound.unknown-suffix"
    assert asked == []
