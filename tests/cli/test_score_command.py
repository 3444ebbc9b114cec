"""`lamplit score` on the command line: files in, one answer out."""

from __future__ import annotations

import json

STATES = "household_id,day,state,probability\n" + "".join(
    f"007,2026-01-{d:02},{'dark' if d > 5 else 'lived_in'},{0.9 if d > 5 else 0.1}\n"
    for d in range(1, 11)
)
TRUTH = "household_id,day,empty_spell,missing\n" + "".join(
    f"007,2026-01-{d:02},{str(d > 4).lower()},false\n" for d in range(1, 11)
)
DAILY = "household_id,day,kwh\n" + "".join(
    f"007,2026-01-{d:02},{0.2 if d > 4 else 6.0}\n" for d in range(1, 11)
)


def files(folder):
    (folder / "s.csv").write_text(STATES)
    (folder / "t.csv").write_text(TRUTH)
    (folder / "d.csv").write_text(DAILY)


def test_the_answer_is_a_table_on_stdout_and_json_on_request(lamplit, tmp_path):
    files(tmp_path)
    said = lamplit("score", "--states", "s.csv", "--truth", "t.csv")
    assert said.code == 0
    assert "Precision" in said.out
    assert said.err == ""
    answer = json.loads(lamplit("score", "--states", "s.csv", "--truth", "t.csv", "--json").out)
    assert answer["by_state"]["confusion"] == {"tp": 5, "fp": 0, "fn": 1, "tn": 4}
    assert answer["missing_as_dark"]["passed"] is True


def test_baselines_come_from_a_file_of_daily_energy(lamplit, tmp_path):
    files(tmp_path)
    asked = ("score", "--states", "s.csv", "--truth", "t.csv", "--readings", "d.csv")
    answer = json.loads(lamplit(*asked, "--baselines", "--json").out)
    assert answer["baselines"]["kWh < 0.7"]["by_state"]["f1"]["value"] == 1.0
    assert len(answer["baselines"]) == 2


def test_reports_are_written_in_each_kind_and_other_kinds_refused_first(lamplit, tmp_path):
    files(tmp_path)
    for kind, start in (("md", "# "), ("html", "<!doctype"), ("json", "{")):
        said = lamplit("score", "--states", "s.csv", "--truth", "t.csv", "-o", f"report.{kind}")
        assert said.code == 0
        assert (tmp_path / f"report.{kind}").read_text("utf-8").startswith(start)
    said = lamplit("score", "--states", "s.csv", "--truth", "t.csv", "-o", "report.doc")
    assert said.code == 1
    assert "outbound.unknown-suffix" in said.err
    assert said.out == ""


def test_it_speaks_chinese(lamplit, tmp_path):
    files(tmp_path)
    said = lamplit("score", "--states", "s.csv", "--truth", "t.csv", env={"LAMPLIT_LANG": "zh"})
    assert "精确率" in said.out


def test_a_missing_file_and_a_missing_home_are_one_message_each(lamplit, tmp_path):
    files(tmp_path)
    said = lamplit("score", "--states", "gone.csv", "--truth", "t.csv")
    assert (said.code, said.out) == (1, "")
    assert "score.file-missing" in said.err
    said = lamplit("score", "--states", "s.csv", "--truth", "t.csv", "--baselines")
    assert said.code == 1
    assert "home.not-found" in said.err
