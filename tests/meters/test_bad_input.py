"""Bad input, each kind of it: one clear message with a code, or quarantine; the lake untouched."""

from __future__ import annotations

import gzip
import os
import resource
import subprocess
import zipfile
from datetime import datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from ingest_helpers import Bench, counts, long_csv, long_lines, wide_csv

from processes import WHOLE

START = datetime(2025, 1, 2)
GOOD = long_csv(long_lines("a", START, [0.1] * 480))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.make(tmp_path)


def refused(bench: Bench, name: str, content: str | bytes, **options: object) -> str:
    """The code with which a file is refused, the lake being as it was."""
    before = sorted(p for p in bench.home.lake_dir.rglob("*") if p.is_file())
    result = bench.take_one(name, content, **options)
    assert result.error is not None, result
    assert result.rows.read == 0 and result.batch == 0
    assert sorted(p for p in bench.home.lake_dir.rglob("*") if p.is_file()) == before
    assert result.error.says("zh") != result.error.says("en") and result.error.remedy("zh")
    assert not (bench.home.tmp_dir / "ingest").exists()
    return result.error.code


@pytest.mark.parametrize("content", ["", "\n\n  \r\n", "\ufeff"])
def test_empty_file(bench: Bench, content: str) -> None:
    assert refused(bench, "a.csv", content) == "ingest.empty-file"


@pytest.mark.parametrize(
    "header", ["meter_id,time,kwh", "表号,数据日期,正向有功总", "LCLid,tstp,energy(kWh/hh)",
               "户号,数据日期," + ",".join(f"P{i}" for i in range(1, 97))],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_header_alone(bench: Bench, header: str, end: str) -> None:
    assert refused(bench, "a.csv", header + end) == "ingest.header-only"


def test_wrong_delimiter(bench: Bench) -> None:
    assert refused(bench, "a.csv", GOOD.replace(",", "^")) == "ingest.wrong-delimiter"
    assert refused(bench, "b.csv", GOOD, delimiter=";") == "ingest.wrong-delimiter"


def test_unknown_columns(bench: Bench) -> None:
    content = "colour,shape\nred,round\n"
    assert refused(bench, "a.csv", content) == "ingest.unknown-layout"
    assert refused(bench, "a.csv", content, layout="long") == "ingest.missing-column"
    assert refused(bench, "a.csv", content, layout="tall") == "ingest.no-such-layout"
    assert refused(bench, "a.csv", GOOD, columns={"kwh": "nope"}) == "ingest.missing-column"


def test_binary(bench: Bench) -> None:
    assert refused(bench, "a.csv", os.urandom(5000)) == "ingest.not-readings"


def test_wrong_encoding_said(bench: Bench) -> None:
    content = GOOD.replace("kwh", "电量").encode("gbk")
    assert refused(bench, "a.csv", content, encoding="utf-8") == "ingest.encoding"
    assert refused(bench, "a.csv", content, encoding="klingon") == "ingest.encoding"


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["gz", "zst", "zip", "parquet", "xlsx"])
def test_cut_in_the_middle(bench: Bench, kind: str, cut: float) -> None:
    path = bench.folder / f"whole.csv.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(GOOD.encode()))
    elif kind == "zst":
        path.write_bytes(zstandard.compress(GOOD.encode()))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", GOOD)
    elif kind == "parquet":
        pq.write_table(
            pa.table({"meter_id": ["a"] * 9, "time": [START] * 9, "kwh": [0.1] * 9}), path
        )
    else:
        import openpyxl

        book = openpyxl.Workbook()
        book.worksheets[0].append(["meter_id", "time", "kwh"])
        for i in range(200):
            book.worksheets[0].append(["a", f"2025-01-{1 + i // 24:02d} {i % 24:02d}:00", 0.1])
        path = path.with_name("whole.xlsx")
        book.save(path)
    whole = path.read_bytes()
    name = f"cut.csv.{kind}" if kind != "xlsx" else "cut.xlsx"
    cut_bytes = whole[: int(len(whole) * cut)]
    if kind == "zip":
        from lamplit.domain.errors import LamplitError

        with pytest.raises(LamplitError, match=r"ingest\.cut-off"):
            bench.take_one(name, cut_bytes)
        assert bench.lake().files() == []
    else:
        assert refused(bench, name, cut_bytes) == "ingest.cut-off"


def test_text_cut_in_the_middle_keeps_whole_lines(bench: Bench) -> None:
    result = bench.take_one("a.csv", GOOD[: len(GOOD) // 2 - 4])
    assert result.rows.kept > 200 and result.rows.quarantined == 1
    assert set(result.reasons) <= {"columns", "not-a-time", "not-a-number", "no-time"}


@pytest.mark.parametrize("kind", ["zip", "gz", "zst"])
def test_bombs(bench: Bench, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from lamplit.meters import archive

    monkeypatch.setattr(archive, "BOMB_BYTES", 4 << 20)
    bomb = GOOD.encode() + b"\n" * (64 << 20)
    path = bench.folder / f"bomb.csv.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("a.csv", bomb)
    else:
        path.write_bytes(gzip.compress(bomb) if kind == "gz" else zstandard.compress(bomb))
    assert path.stat().st_size < 100_000
    result = bench.take(path).files[0]
    assert result.error is not None and result.error.code == "ingest.archive-bomb"
    assert bench.lake().files() == []
    assert not (bench.home.tmp_dir / "ingest").exists()


def test_nested_and_locked_archives(bench: Bench) -> None:
    inner = bench.folder / "inner.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", GOOD)
    outer = bench.folder / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.zip")
    result = bench.take(outer).files[0]
    assert result.error is not None and result.error.code == "ingest.nested-archive"


@pytest.mark.parametrize("lead", ["", "meter_id,time,kwh\n"])
def test_a_million_columns(bench: Bench, lead: str) -> None:
    row = ",".join(["1"] * 1_000_000)
    if not lead:
        assert refused(bench, "a.csv", row) == "ingest.too-many-columns"
        return
    result = bench.take_one("a.csv", GOOD + row + "\n" + "a,2025-01-13 00:00,0.1\n")
    assert (result.rows.kept, result.rows.quarantined) == (481, 1)
    assert result.quarantine is not None and result.quarantine.stat().st_size < 2_000


def test_a_line_of_megabytes(bench: Bench) -> None:
    content = GOOD + "a,2025-01-12 00:00," + "9" * 5_000_000 + "\na,2025-01-13 00:00,0.1\n"
    result = bench.take_one("a.csv", content)
    assert (result.rows.kept, result.rows.quarantined) == (481, 1)


@pytest.mark.parametrize("wide", [False, True])
def test_a_column_of_text_where_numbers_should_be(bench: Bench, wide: bool) -> None:
    if wide:
        content = wide_csv([(f"m{i}", START.date(), ["x"] * 96) for i in range(30)])
    else:
        content = long_csv(long_lines("a", START, ["many"] * 48))
    assert refused(bench, "a.csv", content) == "ingest.nothing-usable"
    (told,) = bench.home.quarantine_dir.iterdir()
    assert told.read_text("utf-8-sig").count("not-a-number") == (30 if wide else 48)


def test_an_unclosed_quote(bench: Bench) -> None:
    lines = long_lines("a", START, [0.1] * 480)
    lines[100] = '"a,2025-01-04 02:00,0.1'
    lines[300] = 'a,2025-01-08 06:00,0.1"'
    result = bench.take_one("a.csv", long_csv(lines))
    assert counts(result) == (480, 478, 0, 0, 2)
    assert [(r.line, r.code) for r in result.rejects] == [(102, "quotes"), (302, "quotes")]


def test_nonsense_dates(bench: Bench) -> None:
    lines = ["a,0025-01-02 00:00,1", "a,9999-01-01 00:00,1", "a,2025-02-30 00:00,1",
             "a,2025-13-01 00:00,1", "a,2025-01-02 25:00,1"]  # fmt: skip
    result = bench.take_one("a.csv", long_csv(lines + long_lines("a", START, [0.1] * 48)))
    assert counts(result) == (53, 48, 0, 0, 5)


def test_one_bad_file_among_good_ones(bench: Bench) -> None:
    done = bench.take(
        bench.file("1.csv", GOOD),
        bench.file("2.csv", ""),
        bench.file("3.csv", GOOD.replace("a,", "b,")),
    )
    assert [f.failed for f in done.files] == [False, True, False]
    assert done.total.kept == 960


def test_ids_stay_text(bench: Bench) -> None:
    for name, meter in (("a", "000123"), ("b", '"=""000124"""'), ("c", "1e5"), ("d", "甲-7")):
        bench.take_one(f"{name}.csv", long_csv(long_lines(meter, START, [0.1] * 48)))
    assert [r[0] for r in bench.rows("meter_id")] == ["000123", "000124", "1e5", "甲-7"]


def test_sql_in_names_is_only_text(bench: Bench) -> None:
    name = "a'; DROP TABLE slots; --.csv"
    content = long_csv(long_lines("x'); DELETE FROM slots; --", START, [0.1] * 48))
    assert bench.take_one(name, content).rows.kept == 48
    assert bench.rows("meter_id") == [("x'); DELETE FROM slots; --",)]


def run_cli(
    bench: Bench, *arguments: str, start: list[str] = WHOLE, **limits: int
) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if "fsize" in limits:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits["fsize"], limits["fsize"]))

    return subprocess.run(
        [*start, "ingest", *arguments, "--home", str(bench.home.path)],
        capture_output=True, text=True, preexec_fn=limit, check=False,
        env={**os.environ, "LAMPLIT_LANG": "en"},
    )  # fmt: skip


def test_exit_codes(bench: Bench, ready: list[str]) -> None:
    cli = partial(run_cli, bench, start=ready)
    good, empty = bench.file("good.csv", GOOD), bench.file("empty.csv", "")
    assert cli(str(empty)).returncode == 1
    done = cli(str(good), str(empty), "--json")
    assert done.returncode == 3 and '"kept": 480' in done.stdout
    assert "ingest.empty-file" in done.stderr
    assert cli(str(good)).returncode == 0
    missing = cli("nowhere.csv")
    assert missing.returncode == 1 and "ingest.no-such-file" in missing.stderr
    wrong = cli(str(good), "--map", "kilo=kwh")
    assert wrong.returncode == 1 and "ingest.bad-map" in wrong.stderr
    assert cli(str(good), "--stamp", "middle").returncode == 2


def test_a_full_disk(bench: Bench) -> None:
    """A limit on the size of files stands for it: a write fails midway."""
    days = [
        (f"m{i:05d}", START.date(), [(i * j % 997) / 991 for j in range(96)]) for i in range(4000)
    ]
    big = bench.file("big.csv", wide_csv(days))
    failed = run_cli(bench, str(big), fsize=200_000)
    assert failed.returncode == 1, failed.stderr
    assert "home.disk-full" in failed.stderr
    assert bench.lake().files() == []
    assert list(bench.home.lake_dir.rglob("*.parquet")) == []
    assert run_cli(bench, str(big)).returncode == 0
    assert len(bench.rows("meter_id")) == 4000
