"""What Spark leaves out is refused with the reason; so is a Spark that is not there."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from story import lamplit

from lamplit.domain.errors import LamplitError
from lamplit.engine import spark
from lamplit.services.doctor import machine
from lamplit.services.doctor.examine import Check
from lamplit.services.engine import GAPS
from lamplit.services.home import Home

LONG = "meter_id,time,kwh\na,2025-01-01 00:00,1\na,2025-01-01 00:15,2\n"
NEM12 = "100,NEM12,202501010000,A,B\n200,1,E1,E1,E1,N1,M1,KWH,30,\n900\n"


FILES: dict[str, tuple[str, bytes]] = {
    "layout": ("a.csv", NEM12.encode()),
    "packed": ("a.csv.gz", gzip.compress(LONG.encode())),
    "encoding": ("a.csv", LONG.encode("utf-16")),
    "quotes": ("a.csv", LONG.replace("\na,", '\n"a\nb",', 1).encode()),
}


@pytest.mark.parametrize("code", GAPS)
def test_each_gap_is_refused_with_its_reason(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    name, content = FILES[code]
    file = tmp_path / name
    file.write_bytes(content)
    assert lamplit("init", home) == 0
    capsys.readouterr()
    assert lamplit("ingest", file, "--home", home, "--engine", "spark", "--json") == 1
    error = json.loads(capsys.readouterr().err.splitlines()[-1])["error"]
    assert error["code"] == "engine.not-on-spark"
    assert GAPS[code][1].en in error["says"]
    # The other engine takes the file, or says what it finds wrong with it.
    assert lamplit("ingest", file, "--home", home) in (0, 1)


def test_the_gaps_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lamplit("init", tmp_path / "home") == 0
    capsys.readouterr()
    assert lamplit("engines", "--home", tmp_path / "home", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [gap["code"] for gap in answer["not_on_spark"]] == list(GAPS)
    assert answer["engine"] == "duckdb"
    assert answer["pyspark"]
    assert lamplit("engines", "--home", tmp_path / "home") == 0
    assert "pip install" not in capsys.readouterr().out


def test_without_pyspark_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: None)
    assert spark.spark_version() == ""
    with pytest.raises(LamplitError) as caught:
        spark.Spark.open("local[1]", {})
    assert caught.value.code == "engine.no-pyspark"
    assert "pip install 'lamplit[spark]'" in caught.value.remedy("en")
    home = Home.create(tmp_path / "home").with_engine("spark", None)
    check = Check("engine")
    machine.engine(check, home, datetime.now(UTC), deep=False)
    assert [problem.code for problem in check.problems] == ["engine.no-pyspark"]


def test_without_java_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(spark, "_JAVA_HOMES", f"{tmp_path}/*/bin/java")
    with pytest.raises(LamplitError) as caught:
        spark.Spark.open("local[1]", {})
    assert caught.value.code == "engine.no-java"


def test_settings_of_spark_are_checked(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home")
    toml = home.path / "lamplit.toml"
    text = toml.read_text()
    for wrong in ('engine = "sparkle"', 'spark_master = ""'):
        toml.write_text(text.replace('engine = "duckdb"', wrong))
        with pytest.raises(LamplitError, match=r"home\.bad-setting"):
            Home.open(home.path)
    toml.write_text(text.replace("\n[spark]", '\n[spark]\nmemory = "8g"'))
    with pytest.raises(LamplitError, match=r"home\.bad-setting"):
        Home.open(home.path)
    toml.write_text(text.replace("\n[spark]", '\n[spark]\n"spark.executor.memory" = "8g"'))
    assert Home.open(home.path).config.spark == {"spark.executor.memory": "8g"}
    given = Home.open(home.path).with_engine(None, "spark://host:7077").config
    assert (given.engine, given.spark_master) == ("spark", "spark://host:7077")
