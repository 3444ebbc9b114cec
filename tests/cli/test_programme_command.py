"""`lamplit programme`, as a person at the terminal meets it."""

from __future__ import annotations

import json


def test_list_names_the_shipped_programmes_and_those_of_the_home(lamplit, tmp_path):
    assert lamplit("programme", "new", "lamplit-home/programmes/well_check").code == 0
    said = lamplit("programme", "list")
    assert said.code == 0
    assert "household_sweep" in said.out
    assert "of the home" in said.out
    entries = json.loads(lamplit("programme", "list", "--json").out)
    own = {e["name"]: e["shipped"] for e in entries}
    assert (own["well_check"], own["supplies"]) == (False, True)


def test_check_passes_the_shipped_ones_and_names_what_is_wrong(lamplit, tmp_path):
    assert lamplit("programme", "check").code == 0
    lamplit("programme", "new", "well_check")
    assert "sound" in lamplit("programme", "check", "well_check").out
    path = tmp_path / "well_check" / "pack.yaml"
    path.write_text(path.read_text("utf-8").replace("severity: major", "severity: grave"), "utf-8")
    said = lamplit("programme", "check", "well_check")
    assert said.code == 3
    assert "programme.unknown-value" in said.err
    assert "pack.yaml, line " in said.err
    found = json.loads(lamplit("programme", "check", "well_check", "--json").out)
    assert found["well_check"][0]["code"] == "programme.unknown-value"
    chinese = lamplit("programme", "check", "well_check", env={"LAMPLIT_LANG": "zh"})
    assert "没有 grave 这个取值" in chinese.err


def test_show_tells_a_programme_and_refuses_an_unknown_name(lamplit):
    said = lamplit("programme", "show", "living_alone", env={"LAMPLIT_LANG": "zh"})
    assert "独居关怀" in said.out
    assert json.loads(lamplit("programme", "show", "living_alone", "--json").out)["version"]
    wrong = lamplit("programme", "show", "living_alon")
    assert wrong.code == 1
    assert "Did you mean living_alone?" in wrong.err


def test_new_refuses_a_folder_in_use(lamplit, tmp_path):
    assert lamplit("programme", "new", "well_check").code == 0
    assert lamplit("programme", "new", "well_check").code == 1


def test_schema_is_json(lamplit):
    assert json.loads(lamplit("programme", "schema").out)["title"] == "lamplit programme pack"
    scenario = json.loads(lamplit("programme", "schema", "--scenario").out)
    assert "days" in scenario["properties"]
