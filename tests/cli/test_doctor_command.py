"""`lamplit doctor` and `nightly --metrics`, as cron sees them: exit codes, JSON, the file."""

from __future__ import annotations

import json


def test_what_is_wrong_ends_with_1_and_says_what_to_do(lamplit, tmp_path):
    lamplit("init", "home")
    rows = "".join(f"M{m},2025-03-0{d},{m + d}\n" for m in range(3) for d in range(1, 4))
    (tmp_path / "days.csv").write_text("meter_id,date,kwh\n" + rows, "utf-8")
    assert lamplit("ingest", "days.csv", "--home", "home").code == 0
    said = lamplit("doctor", "--home", "home")
    assert said.code == 0  # nights behind and old days are warnings
    assert "[doctor.nights-behind]" in said.out and "→ Run `lamplit nightly`." in said.out
    file = next((tmp_path / "home" / "lake" / "days").glob("*.parquet"))
    file.write_bytes(b"PAR1 and no more")
    wrong = lamplit("doctor", "--json", "--home", "home", env={"LAMPLIT_LANG": "zh"})
    assert wrong.code == 1
    checks = {check["check"]: check for check in json.loads(wrong.out)}
    [found] = checks["lake"]["problems"]
    assert (found["code"], found["where"].endswith(file.name)) == ("lake.file-damaged", True)
    assert "备份" in found["remedy"] and checks["versions"]["level"] == "ok"
    failed = lamplit("nightly", "--metrics", "night.prom", "--home", "home")
    assert failed.code == 1 and "[lake.file-damaged]" in failed.err
    assert "\nlamplit_night_success 0\n" in (tmp_path / "night.prom").read_text()
