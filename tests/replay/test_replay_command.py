"""`lamplit demo --replay` tells the story, writes its report, and says by its exit code whether all
counts agree."""

from __future__ import annotations

import json

import pytest

from lamplit.cli.app import run
from lamplit.replay import run as telling
from lamplit.replay.ledger import Check
from lamplit.replay.story import Scale
from replay.conftest import TINY


@pytest.fixture
def command(tiny, monkeypatch):
    """The command on a town that is made already, as small as the tests' own."""
    monkeypatch.setenv("LAMPLIT_LANG", "en")
    monkeypatch.setattr(Scale, "of", classmethod(lambda *_: TINY))
    real = telling.sweep.make_plan
    monkeypatch.setattr(telling.sweep, "make_plan", lambda world, one, _: real(world, one, 0.2))
    size = ["--homes", str(TINY.homes), "--people", str(TINY.members), "--seed", str(TINY.seed)]
    return lambda *more: run(["demo", "--replay", *size, "--output", str(tiny), *more])


def test_it_exits_0_where_every_count_agrees_and_leaves_its_report(command, tiny, capsys):
    assert command("--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["holds"] is True
    assert json.loads((tiny / "report.json").read_text("utf-8")) == told
    assert "# The origin, relived" in (tiny / "report.md").read_text("utf-8")
    assert (tiny / "report.svg").read_text("utf-8").startswith("<svg")


@pytest.mark.slow
def test_it_exits_1_where_a_count_does_not_and_shows_which(command, tiny, capsys, monkeypatch):
    real = telling.audit.audit

    def one_off(world):
        first, *rest = real(world)
        return [Check(first.code, first.says, first.robots, -1), *rest]

    monkeypatch.setattr(telling.audit, "audit", one_off)
    assert command() == 1
    shown = capsys.readouterr().out
    assert "✗" in shown
    assert "The robots' book against the store" in shown
    assert json.loads((tiny / "report.json").read_text("utf-8"))["holds"] is False
