"""`lamplit town` as a person meets it."""

import json
import os
import subprocess

import pytest


@pytest.fixture
def run(ready):
    def run(*arguments, language="en"):
        env = {**os.environ, "LAMPLIT_LANG": language}
        return subprocess.run(
            [*ready, "town", *arguments], capture_output=True, text=True, env=env, check=False
        )

    return run


def test_it_says_what_it_made_on_stderr_and_nothing_on_stdout(run, tmp_path):
    done = run("--homes", "20", "--days", "2", "-o", str(tmp_path / "t"))
    assert done.returncode == 0
    assert done.stdout == ""
    assert "truth.parquet" in done.stderr
    assert "lamplit registry import" in done.stderr


def test_json_is_for_machines(run, tmp_path):
    done = run("--homes", "20", "--days", "2", "-o", str(tmp_path / "t"), "--json")
    answer = json.loads(done.stdout)
    assert answer["rows"]["truth.parquet"] == 40


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_town_of_no_homes_is_refused_in_both_languages(run, tmp_path, language):
    done = run("--homes", "0", "-o", str(tmp_path / "t"), language=language)
    assert done.returncode == 1
    assert "town.too-small" in done.stderr
    assert ("至少" in done.stderr) == (language == "zh")
    assert "Traceback" not in done.stderr


def test_without_a_folder_it_is_wrong_usage(run):
    assert run("--homes", "5").returncode == 2
