"""`lamplit demo`: a town, its list, and an honest count of how often the list is right."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pyarrow as pa
import pytest

from lamplit.services.demo_truth import check_list, claim_of

SMALL = ("--homes", "150", "--days", "28", "--seed", "5", "--until", "2024-01-28")
DAY = date(2024, 2, 10)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small demo, made once: the folder in which it lies."""
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def demo(lamplit, made):
    """Run `lamplit demo` on the small town, whichever test comes first."""

    def run(*more: str, env: dict[str, str] | None = None):
        return lamplit("demo", *SMALL, "-o", str(made / "demo"), *more, env=env)

    return run


@pytest.fixture(scope="module")
def said_before() -> dict[tuple[str, ...], Any]:
    """What the demo said when a test of this file first ran it, by its options."""
    return {}


@pytest.fixture
def told(demo, said_before):
    """What the demo says: it is run for the first test that asks, with each of its options."""

    def tell(*more: str):
        if more not in said_before:
            said_before[more] = demo(*more)
        return said_before[more]

    return tell


@pytest.mark.slow
def test_it_shows_the_list_its_precision_and_what_to_try_next(told, made):
    said = told()
    assert said.code == 0, said.err
    assert "doors as of 28 Jan 2024" in said.out
    assert "The list against the truth" in said.out
    assert "knocks/find" in said.out
    assert "The list as a campaign" in said.out
    assert "doors done before the deadline" in said.out
    for step in ("1/9", "9/9", "through 2024-01-21"):
        assert step in said.err
    for command in ("init my-home", "registry import", "ingest", "nightly", "sweep"):
        assert f"{command}" in said.err.split("With your own file")[1]
    kinds = {path.suffix for path in (made / "demo").glob("facade-*")}
    assert kinds == {".svg", ".html"}


@pytest.mark.slow
def test_the_precision_it_prints_is_that_of_the_files_it_wrote(told, made):
    counts = json.loads(told("--json").out)["list"]
    sheet = openpyxl.load_workbook(made / "demo" / "doors.xlsx", read_only=True).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    head = next(i for i, row in enumerate(rows) if "household_id" in row)
    doors = [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :]]
    doors = [door for door in doors if isinstance(door["rank"], int)]
    empty = set()
    with (made / "demo" / "town" / "truth.csv").open(encoding="utf-8-sig") as stream:
        for row in csv.DictReader(stream):
            if row["day"] == "2024-01-28" and row["empty_spell"] == "true":
                empty.add(row["household_id"])
    claimed = [
        str(door["household_id"])
        for door in doors
        if door["state"] in ("dark", "micro") or door["event"] in (None, "", "went_dark")
    ]
    assert counts["all"]["doors"] == len(doors)
    assert counts["empty"] == {
        "doors": len(claimed),
        "right": sum(household in empty for household in claimed),
        "precision": pytest.approx(sum(h in empty for h in claimed) / len(claimed)),
    }
    assert counts["empty"]["precision"] > 0.7


@pytest.mark.slow
def test_its_campaign_reaches_the_doors_and_leaves_a_whole_log(lamplit, told, made):
    campaign = json.loads(told("--json").out)["campaign"]
    assert campaign["enrolled"] > 0
    assert 0 < campaign["done"] <= campaign["enrolled"]
    assert campaign["done_by_deadline"] == campaign["done"]
    assert sum(campaign["found"].values()) == campaign["enrolled"] - campaign["untouched"]
    home = str(made / "demo" / "home")
    assert lamplit("log", "verify", "--home", home).code == 0
    assert lamplit("campaign", "report", "FIRST", "--home", home).code == 0


@pytest.mark.slow
def test_run_again_it_finds_what_is_done_and_says_the_same(demo, told):
    once, again = told("--json"), demo("--json")
    assert "from before" in again.err
    same = ("as_of", "readings", "list", "days", "campaign")
    before, after = json.loads(once.out), json.loads(again.out)
    assert {k: after[k] for k in same} == {k: before[k] for k in same}


@pytest.mark.slow
def test_cut_off_while_the_town_was_made_it_goes_on(demo, told, made):
    told()
    manifest = made / "demo" / "town" / "town.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"complete": False}))
    said = demo()
    assert said.code == 0, said.err
    assert json.loads(manifest.read_text())["complete"]


@pytest.mark.slow
def test_in_chinese(demo):
    said = demo(env={"LAMPLIT_LANG": "zh"})
    assert "名单对照真值" in said.out
    assert "换成自己的文件" in said.err


@pytest.mark.slow
def test_another_town_in_the_same_folder_is_refused_until_told(lamplit, told, made, tmp_path):
    told()
    folder = tmp_path / "demo"
    shutil.copytree(made / "demo", folder)
    other = ("demo", *SMALL[:5], "6", *SMALL[6:], "-o", str(folder))
    refused = lamplit(*other)
    assert refused.code == 1
    assert "demo.other-town" in refused.err
    assert "until 2024-01-28, seed 5" in refused.err
    assert lamplit("demo", *SMALL[:6], "--until", "2024-01-29", "-o", str(folder)).code == 1
    assert lamplit(*other, "--replace").code == 0


@pytest.mark.slow
def test_without_a_terminal_it_says_how_to_serve_and_as_whom(told, made):
    said = told()
    assert said.code == 0
    assert f"serve --home {made / 'demo' / 'home'}" in said.err
    for name in ("leader", "volunteer", "analyst", "privacy", "operator"):
        assert name in said.err.split("Sign in as")[1]
    assert "Sign in as" not in told("--no-serve").err


@pytest.mark.slow
def test_it_says_how_old_it_is_and_how_to_make_it_anew(told):
    assert "lamplit demo --replace" in told().err


@pytest.mark.slow
def test_at_a_terminal_it_serves_its_pages_until_ctrl_c_and_another_port_does(told, made):
    told()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ours, theirs = os.openpty()
        words = ["demo", *SMALL, "-o", str(made / "demo"), "--port", str(port)]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("LAMPLIT")}
        with subprocess.Popen(
            [sys.executable, "-m", "lamplit", *words], stdin=theirs, stdout=theirs,
            stderr=subprocess.PIPE, env={**clean, "LAMPLIT_LANG": "en"}, encoding="utf-8",
            start_new_session=True,
        ) as running:  # fmt: skip
            said = ""
            for line in running.stderr:
                said += line
                if "Ctrl-C ends it" in line:
                    break
            base = re.search(r"http://127\.0\.0\.1:\d+", said)[0]
            assert not base.endswith(f":{port}")
            who = {"username": "analyst", "password": "every-window-is-lit"}
            assert httpx.post(f"{base}/api/v1/sign-in", json=who).status_code == 200
            about = httpx.get(f"{base}/api/v1/about").json()["demo"]
            assert about["until"] == "2024-01-28"
            assert about["accounts"][0]["username"] == "leader"
            running.send_signal(signal.SIGINT)
            rest = running.stderr.read()
        assert running.returncode == 0, said + rest
        assert "Traceback" not in rest
        os.close(ours)
        os.close(theirs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "beyond", [("--host", "0.0.0.0", "--insecure"), ("--behind-proxy",)], ids=["host", "proxy"]
)
def test_a_demo_is_served_to_nobody_else(beyond, lamplit, told, made):
    told()
    said = lamplit("serve", "--home", str(made / "demo" / "home"), *beyond)
    assert said.code == 1
    assert "web.demo-home" in said.err


def test_a_folder_of_other_files_is_left_alone(lamplit, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    said = lamplit("demo", "-o", "mine", "--replace")
    assert said.code == 1
    assert "demo.folder-in-use" in said.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_town_too_small_to_show_anything_is_refused(lamplit):
    said = lamplit("demo", "--homes", "3")
    assert said.code == 1
    assert "demo.too-short" in said.err


@pytest.mark.parametrize(
    ("state", "event", "claim"),
    [
        ("micro", "went_dark", "empty"),
        ("dark", None, "empty"),
        ("unknown", "went_dark", "empty"),
        ("low", "returned", "returned"),
        ("lived_in", "frozen_high", "frozen_high"),
    ],
)
def test_what_a_door_on_the_list_claims(state, event, claim):
    assert claim_of(state, event) == claim


def test_each_claim_is_held_against_its_own_truth(tmp_path: Path):
    doors = pa.table(
        {
            "household_id": ["gone", "there", "back", "never-left", "heater"],
            "state": ["micro", "dark", "low", "low", "lived_in"],
            "event": ["went_dark", None, "returned", "returned", "frozen_high"],
            "event_day": [date(2024, 2, 1), None, date(2024, 2, 8), date(2024, 2, 8), DAY],
        }
    )
    homes = ["gone", "there", "back", "never-left", "heater"]
    truth = pa.table(
        {
            "household_id": homes,
            "day": pa.array([DAY] * 5, pa.date32()),
            "empty_spell": [True, False, False, False, False],
        }
    )
    events = tmp_path / "events.csv"
    events.write_text(
        "household_id,day,event,days\n"
        "back,2024-02-07,returned,9\n"
        "never-left,2024-01-20,returned,9\n"
        "heater,2024-02-05,frozen_high,5\n"
    )
    check = check_list(doors, truth, events, DAY)
    parts = {claim: (part.doors, part.right) for claim, part in check.claims.items()}
    assert parts == {"empty": (2, 1), "returned": (2, 1), "frozen_high": (1, 1)}
    assert (check.all.doors, check.all.right) == (5, 3)
    assert check.all.knocks_per_find == pytest.approx(5 / 3)
    assert check.first == {}
