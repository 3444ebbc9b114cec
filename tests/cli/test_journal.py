"""LAMPLIT_LOG: what a timer's commands did, as lines of JSON; nothing of any one home."""

from __future__ import annotations

import json
from datetime import UTC, datetime

ROWS = "".join(f"M{m},2025-03-0{d},{m + d}\n" for m in range(3) for d in range(1, 4))


def lines(text):
    found = [json.loads(line) for line in text.splitlines()]
    for one in found:
        assert abs((datetime.now(UTC) - datetime.fromisoformat(one["timestamp"])).seconds) < 600
    return found


def test_a_night_of_cron_leaves_what_each_command_did(lamplit, tmp_path):
    log = tmp_path / "lamplit.log"
    (tmp_path / "days.csv").write_text("meter_id,date,kwh\n" + ROWS + "M9,2025-03-01,x\n", "utf-8")
    lamplit("init", "home")
    here = {"LAMPLIT_LOG": str(log), "LAMPLIT_HOME": "home"}
    for words in (("ingest", "days.csv"), ("nightly",), ("lake", "compact", "--all"), ("sweep",)):
        assert lamplit(*words, env=here).code == 0
    told = lines(log.read_text("utf-8"))
    assert [(one["command"], one["event"]) for one in told] == [
        ("ingest", "began"), ("ingest", "file"), ("ingest", "ended"),
        ("nightly", "began"), ("nightly", "night"), ("nightly", "ended"),
        ("lake compact", "began"), ("lake compact", "compacted"), ("lake compact", "ended"),
        ("sweep", "began"), ("sweep", "list"), ("sweep", "ended"),
    ]  # fmt: skip
    file, night, compacted = told[1], told[4], told[7]
    assert (file["file"], file["layout"], file["code"]) == ("days.csv", "long", None)
    assert (file["read"], file["kept"], file["quarantined"]) == (10, 9, 1)
    assert (night["nights"], night["homes"], night["through"]) == (3, 3, "2025-03-03")
    assert (compacted["month"], compacted["rows"]) == (202503, 9)
    for one in (one for one in told if one["event"] == "ended"):
        assert (one["code"], one["level"]) == (0, "info")
        assert one["cpu_seconds"] > 0 and 0 < one["seconds"] < 600
        assert one["peak_memory_bytes"] > 20_000_000
    runs = {one["command"]: one["run"] for one in told}
    assert len(set(runs.values())) == 4, "each run has a number of its own"


def test_what_fails_is_told_by_its_code_and_its_file(lamplit, tmp_path):
    log = tmp_path / "lamplit.log"
    lamplit("init", "home")
    here = {"LAMPLIT_LOG": str(log), "LAMPLIT_HOME": "home"}
    assert lamplit("nightly", env=here).code == 1
    assert lamplit("explain", "M-of-somebody", env=here).code == 1
    assert lamplit("nightly", "--no-such-option", env=here).code == 2
    told = lines(log.read_text("utf-8"))
    assert [(one["event"], one["level"], one.get("code")) for one in told] == [
        ("began", "info", None), ("problem", "error", "night.no-readings"), ("ended", "error", 1),
        ("began", "info", None), ("problem", "error", told[4]["code"]), ("ended", "error", 1),
        ("began", "info", None), ("ended", "error", 2),
    ]  # fmt: skip
    assert told[1]["where"].endswith("home")
    assert "M-of-somebody" not in log.read_text("utf-8"), "no home is named"


def test_on_stderr_for_who_collects_it_there_and_nothing_where_nobody_asked(lamplit):
    assert lamplit("init", "home", env={"LAMPLIT_LOG": ""}).err.count("began") == 0
    said = lamplit("lake", "verify", "--home", "home", env={"LAMPLIT_LOG": "-"})
    found = [json.loads(line) for line in said.err.splitlines() if line.startswith("{")]
    assert [one["event"] for one in found] == ["began", "ended"]
    assert found[0]["command"] == "lake verify"


def test_a_log_that_cannot_be_written_stops_nothing_and_is_told_of_once(lamplit, tmp_path):
    (tmp_path / "folder").mkdir()
    said = lamplit("init", "home", env={"LAMPLIT_LOG": str(tmp_path / "folder")})
    assert said.code == 0 and (tmp_path / "home" / "lamplit.toml").exists()
    assert said.err.count("LAMPLIT_LOG: ") == 1
