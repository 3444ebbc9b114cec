"""`lamplit init` and `lamplit registry`, as a person at a terminal meets them."""

from __future__ import annotations

import json

import pytest

GOOD = "表号,户号,楼层\nA,H1,3\nB,H2,4\n"
BAD = GOOD + "C,,5\n"


@pytest.fixture
def at_home(lamplit, tmp_path):
    assert lamplit("init", "lamplit-home").code == 0
    (tmp_path / "good.csv").write_text(GOOD, "utf-8")
    (tmp_path / "bad.csv").write_text(BAD, "utf-8")
    return lamplit


def test_init_says_what_to_do_next(lamplit, tmp_path):
    said = lamplit("init", "here", "--timezone", "Europe/London")
    assert said.code == 0
    assert "lamplit ingest READINGS… --home here" in said.err
    assert 'timezone = "Europe/London"' in (tmp_path / "here" / "lamplit.toml").read_text("utf-8")


def test_init_twice_is_refused(at_home):
    said = at_home("init", "lamplit-home")
    assert said.code == 1
    assert "home.exists" in said.err


def test_an_empty_registry_says_what_to_do(at_home):
    for command in ("stats", "show"):
        said = at_home("registry", command)
        assert said.code == 0
        assert "lamplit registry import FILE" in said.err


def test_a_dry_run_shows_the_change_and_makes_none(at_home, tmp_path):
    said = at_home("registry", "import", "good.csv", "--dry-run")
    assert said.code == 0
    assert "nothing was written" in said.err
    assert not (tmp_path / "lamplit-home" / "registry" / "registry.parquet").exists()


def test_import_show_and_stats(at_home):
    told = json.loads(at_home("registry", "import", "good.csv", "--json").out)
    assert (told["rows"], told["added"], told["refused"]) == (2, 2, 0)
    (row,) = json.loads(at_home("registry", "show", "H2", "--json").out)
    assert (row["meter_id"], row["floor"], row["valid_from"]) == ("B", 4, None)
    assert json.loads(at_home("registry", "stats", "--json").out)["homes"] == 2
    assert "H1" in at_home("registry", "show").out


def test_a_bad_row_stops_the_import_and_is_named_with_its_cure(at_home, tmp_path):
    said = at_home("registry", "import", "bad.csv")
    assert said.code == 1
    assert "registry.bad-rows" in said.err
    assert "4" in said.err
    assert "Fill it in" in said.err
    assert not (tmp_path / "lamplit-home" / "registry" / "registry.parquet").exists()


def test_skip_bad_is_3_as_a_part_was_refused(at_home):
    said = at_home("registry", "import", "bad.csv", "--skip-bad", "--json")
    assert said.code == 3
    told = json.loads(said.out)
    assert (told["added"], told["refused"], told["faults"][0]["row"]) == (2, 1, 4)


def test_the_home_comes_from_the_environment_too(at_home, tmp_path):
    elsewhere = {"LAMPLIT_HOME": str(tmp_path / "lamplit-home")}
    assert at_home("registry", "import", "good.csv", env=elsewhere).code == 0
    assert at_home("registry", "import", "missing.csv").code == 1


def test_a_column_named_by_hand(at_home, tmp_path):
    (tmp_path / "odd.csv").write_text("x=y,H\nA,H1\n", "utf-8")
    given = ("--map", "x=y=meter_id", "--map", "H=household_id")
    assert json.loads(at_home("registry", "import", "odd.csv", "--json", *given).out)["added"] == 1


def test_a_word_in_brackets_in_a_file_is_shown_as_it_stands(at_home, tmp_path):
    (tmp_path / "b.csv").write_text("meter_id,floor\nA,[bold]\n", "utf-8")
    assert "`[bold]` is not a floor" in at_home("registry", "import", "b.csv", "--dry-run").err
