"""The people's, places', coverage, store and log commands, as an operator meets them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from lamplit.domain.hours import read_hours, write_hours

PLACES = """kind,code,parent,name
district,D,,
community,C1,D,灯火社区
building,B1,C1,一号楼
building,B2,C1,
household,H1,B1,
household,H2,B1,
household,H3,B2,
"""
FILES = {
    "places.csv": PLACES,
    "orgs.csv": "code,name,parent\nCO,电力公司,\nBR,第一支部,CO\n",
    "people.csv": "code,name,organisation,hours\np1,王芳,BR,mon-fri 18:00-21:00\np2,李强,BR,\n",
    "pairings.csv": "organisation,community\nCO,C1\n",
    "duties.csv": "person,place,role\np1,B1,包保\n",
}


class Terminal:
    """`lamplit …` in a folder, in this process: quick, and with what it printed."""

    def __init__(self, capsys: Any) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        from lamplit.cli.app import run

        self._capsys.readouterr()
        ended = run(arguments)
        out, err = self._capsys.readouterr()
        assert ended == code, err
        return out, err

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", code=code)[0])


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch, capsys) -> Terminal:
    _stand_in(tmp_path, monkeypatch)
    made = Terminal(capsys)
    made("init", "lamplit-home")
    return made


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Path:
    """A folder with a home that has read the files; it is copied, never changed."""
    from lamplit.cli.app import run

    folder = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as patch:
        _stand_in(folder, patch)
        assert run(["init", "lamplit-home"]) == 0
        assert run(["places", "import", "places.csv"]) == 0
        for what in ("organisations", "people", "pairings"):
            file = {"organisations": "orgs.csv"}.get(what, f"{what}.csv")
            assert run(["people", "import", file, "--what", what]) == 0
    return folder


@pytest.fixture
def town(imported: Path, tmp_path: Path, monkeypatch, capsys) -> Terminal:
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    _stand_in(tmp_path, monkeypatch)
    return Terminal(capsys)


def _stand_in(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with the files, at a wide terminal."""
    patch.chdir(folder)
    patch.delenv("LAMPLIT_STORE_URL", raising=False)
    patch.setenv("COLUMNS", "200")
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")


def test_a_dry_run_says_what_would_come_and_writes_nothing(terminal):
    told = terminal.json("places", "import", "places.csv", "--dry-run")
    assert (told["added"], told["dry_run"]) == (7, True)
    assert terminal.json("places", "list") == []


def test_bad_rows_are_shown_with_their_cure(terminal, tmp_path):
    (tmp_path / "places.csv").write_text(PLACES + "castle,X,,\n", "utf-8")
    _, err = terminal("places", "import", "places.csv", code=1)
    assert "castle" in err
    assert "registry.bad-rows" in err
    told = terminal.json("places", "import", "places.csv", "--skip-bad", code=3)
    assert (told["added"], told["refused"], told["faults"][0]["row"]) == (7, 1, 9)


def test_places_are_listed_level_by_level(town):
    assert [p["code"] for p in town.json("places", "list")] == ["D"]
    assert [p["code"] for p in town.json("places", "list", "C1")] == ["B1", "B2"]
    assert "一号楼" in town("places", "list", "C1")[0]


def test_the_registry_s_places_are_synced(terminal, tmp_path):
    (tmp_path / "registry.csv").write_text("表号,户号,楼栋,社区\nm1,H1,B1,C1\n", "utf-8")
    terminal("registry", "import", "registry.csv")
    told = terminal.json("places", "sync")
    assert told["household"] == {"added": 1, "changed": 0, "unchanged": 0}
    out, _ = terminal("places", "sync", "--dry-run")
    assert "household" in out


def test_people_check_in_and_are_counted(town):
    assert town.json("people", "checkin", "p1", "C1")["new"]
    assert not town.json("people", "checkin", "p1", "C1")["new"]
    town("people", "checkin", "p2", "C1", "--home-community")
    (*_, last) = town.json("people", "checkins", "D")
    assert (last["paired"], last["home"], last["total"]) == (1, 1, 2)
    assert "2" in town("people", "checkins", "C1")[0]


def test_a_responsibility_is_given_handed_over_withdrawn_and_gone_on_from(town):
    (made,) = town.json("people", "assign", "p1", "B1")
    assert (made["role"], made["end_reason"]) == ("responsible", None)
    old, new = town.json("people", "handover", made["id"], "p2", "--note", "keys at the gate")
    assert (old["end_reason"], new["person"], new["note"]) == (
        "handed_over", "p2", "keys at the gate",
    )  # fmt: skip
    done = town.json("people", "withdraw", "p2")
    assert (len(done["ended"]), done["uncovered"]) == (1, ["B1"])
    chain = town.json("people", "volunteer", new["id"], "--at", "C1")
    assert [one["role"] for one in chain] == ["responsible", "responsible", "volunteer"]
    assert len(town.json("people", "show", "p2")["assignments"]) == 2


def test_whoever_is_shown_is_shown_with_what_they_speak(town, tmp_path):
    (tmp_path / "more.csv").write_text("code,name,languages\np3,阿依,Mandarin;ug\n", "utf-8")
    town("people", "import", "more.csv", "--what", "people")
    shown, _ = town("people", "show", "p3")
    assert "Mandarin, Uyghur" in shown


def test_coverage_names_what_nobody_covers(town):
    town("people", "import", "duties.csv", "--what", "duties")
    told = town.json("coverage", "C1")
    assert (told["homes"], told["covered"], told["uncovered"]) == (3, 2, ["B2"])
    assert [p["place"] for p in town.json("coverage", "C1", "--gaps", "--homes")["parts"]] == ["H3"]
    (community,) = town.json("coverage", "D")
    assert (community["homes"], community["covered"]) == (3, 2)
    out, err = town("coverage", "C1")
    assert "王芳" in out
    assert "2 of 3 homes" in err
    yesterday = date.today() - timedelta(days=2)
    assert town.json("coverage", "C1", "--day", str(yesterday))["covered"] == 0


def test_a_person_acts_with_their_own_rights(town):
    town("people", "assign", "p1", "C1", "--role", "leader")
    town("people", "assign", "p2", "B1", "--as", "p1")
    _, err = town("people", "assign", "p1", "B1", "--as", "p2", code=1)
    assert "door.not-allowed" in err
    assert town.json("people", "list", "--at", "C1", "--as", "p1")[1]["code"] == "p2"
    town("places", "list", "--as", "p1")


@pytest.mark.parametrize(
    "arguments",
    [
        ("people", "assign", "p1", "B1", "--role", "king"),
        ("people", "withdraw"),
        ("people", "withdraw", "p1", "--reason", "handed_over"),
        ("people", "checkins", "C1", "--from", "2020-02-03", "--to", "2020-02-01"),
        ("log", "verify", "--head", "5"),
    ],
)
def test_wrong_usage_ends_with_2(town, arguments):
    town(*arguments, code=2)


def test_the_log_holds_until_somebody_alters_it(town, tmp_path):
    kept = town("log", "head")[0].strip()
    _, err = town("log", "verify", "--head", kept)
    assert "The log holds" in err
    assert town.json("log", "verify")["head"] == kept
    with sqlite3.connect(tmp_path / "lamplit-home" / "store" / "lamplit.db") as raw:
        raw.execute("UPDATE event SET actor_id = 'somebody' WHERE seq = 2")
        raw.execute("DELETE FROM event WHERE seq = 3")
    out, err = town("log", "verify", code=1)
    assert "was altered" in out
    assert "is missing" in out
    assert "store.log-broken" in err
    told = json.loads(town("log", "verify", "--json", code=1)[0])
    assert [(b["seq"], b["fault"]) for b in told["breaks"]] == [(2, "altered"), (3, "missing")]


def test_a_log_rewritten_as_a_whole_is_told_by_a_head_kept_elsewhere(town):
    seq, _, digest = town("log", "head")[0].strip().partition(":")
    town("log", "verify", "--head", f"{seq}:{digest}")
    told = json.loads(town("log", "verify", "--head", f"{seq}:{'0' * 64}", "--json", code=1)[0])
    assert told["breaks"][0]["fault"] == "rewritten"
    later = int(seq) + 5
    told = json.loads(town("log", "verify", "--head", f"{later}:{digest}", "--json", code=1)[0])
    assert told["breaks"] == [{"seq": later, "fault": "missing", "at": None, "kind": ""}]


def test_the_store_tells_where_it_is_and_is_upgraded(terminal):
    told = terminal.json("store", "status", code=1)
    assert told["revision"] is None
    assert terminal.json("store", "upgrade")["before"] is None
    assert terminal.json("store", "status")["fits"]
    terminal("store", "upgrade")
    assert "lamplit.db" in terminal("store", "status")[0]


def test_the_commands_help_loads_no_database():
    code = (
        "import sys; from lamplit.cli.app import run; run(['people', '--help']);"
        "print([m for m in ('sqlalchemy', 'alembic', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("mon-tue 9:00-12:00, 13:00-17:00", {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}),
        ("周一 18:00-21:00；周日 09:00-10:00", {"mon": [["18:00", "21:00"]]}),
        ("周一至周二18:00到21:00", {"mon": [["18:00", "21:00"]], "tue": [["18:00", "21:00"]]}),
        ("sat–mon 20:00-24:00", {"mon": [["20:00", "24:00"]], "sun": [["20:00", "24:00"]]}),
        ("mon, wed 8:00-9:00", {"mon": [["08:00", "09:00"]], "wed": [["08:00", "09:00"]]}),
        ("每天 8:00-9:00", {"mon": [["08:00", "09:00"]], "thu": [["08:00", "09:00"]]}),
        ("10:00-11:00", {"wed": [["10:00", "11:00"]]}),
        ("工作日 10:00-11:00; weekend 8:00-9:00", {"sat": [["08:00", "09:00"]]}),
    ],
)
def test_hours_are_read_as_people_write_them(text, wanted):
    hours = read_hours(text)
    assert hours is not None
    assert {day: hours.get(day) for day in wanted} == wanted
    assert read_hours(write_hours(hours)) == hours


def test_any_hour_is_none_and_nonsense_is_refused():
    assert read_hours("不限") is None
    for text in (
        "soon",
        "mon",
        "mon 25:00-26:00",
        "mon 9:70-10:00",
        "9:00-9:00",
        "",
        "xyz 9:00-10:00",
    ):
        with pytest.raises(ValueError):
            read_hours(text)
