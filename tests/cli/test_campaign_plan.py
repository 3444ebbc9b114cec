"""`lamplit campaign plan`: a dry run unless told to apply, in both languages, and as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "field"))

from campaign_world import build

from lamplit.cli.app import run
from lamplit.domain.field import Role
from lamplit.services.field.office import Office
from lamplit.services.home import Home


@pytest.fixture
def world(tmp_path, monkeypatch):
    home = Home.create(tmp_path / "home", timezone="UTC")
    office = Office.open(home)
    made = build(office, buildings=2, homes=5)
    for code, role in (("v1", Role.VOLUNTEER), ("v2", Role.VOLUNTEER), ("boss", Role.LEADER)):
        made.person(code, role)
    made.sweep(made.campaign(parameters={"way": "every_door"}), made.evening())
    monkeypatch.setenv("LAMPLIT_HOME", str(tmp_path / "home"))
    yield made
    office.db.close()


def told(capsys, *words):
    code = run(["campaign", *words])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_a_plan_is_only_kept_until_it_is_applied(world, capsys):
    code, out, err = told(capsys, "plan", "sweep", "--as", "boss", "--seconds", "0")
    assert code == 0
    assert [line.split()[:1] for line in out.splitlines()[1:]] == [["v1"], ["v2"]]
    assert "10 doors on the lists of 2 people" in err
    assert "Nothing was changed" in err
    assert all(row.owner_id is None for row in world.tasks())
    hint = err.split("--plan ")[1].split()[0]
    code, _, err = told(
        capsys, "plan", "sweep", "--as", "boss", "--plan", hint, "--apply", "--note", "by noon"
    )
    assert code == 0
    assert "given 10" in err
    assert {row.note for row in world.tasks()} == {"by noon"}
    assert all(row.turn for row in world.tasks())


def test_as_json_with_what_applying_did(world, capsys):
    code, out, _ = told(
        capsys, "plan", "sweep", "--as", "boss", "--seconds", "0", "--people", "v1", "--apply",
        "--json",
    )  # fmt: skip
    answer = json.loads(out)
    assert code == 0
    assert answer["applied"]["given"] == 10
    assert [one["code"] for one in answer["lists"] if one["doors"]] == ["v1"]
    assert 0 <= answer["forecast"]["holds"]["value"] <= 1
    code, out, _ = told(capsys, "plans", "sweep", "--json")
    assert {one["state"] for one in json.loads(out)} == {"applied", "superseded"}
    code, out, _ = told(capsys, "plans", "sweep")
    assert "in force" in out


def test_whoever_does_not_lead_is_refused(world, capsys):
    code, _, err = told(capsys, "plan", "sweep", "--as", "v1")
    assert code == 1
    assert "door.not-allowed" in err
    code, _, err = told(capsys, "plan", "sweep", "--without", "v1,v2", "--json")
    assert code == 1
    assert "plan.nobody" in err
