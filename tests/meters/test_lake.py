"""The lake: what readers see, what a commit is, what compaction keeps."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
from ingest_helpers import SAYS, Bench, long_csv, long_lines, wide_csv

from lamplit.domain.errors import LamplitError
from lamplit.engine.duckdb import Duck
from lamplit.meters import manifest as manifests
from lamplit.meters.canonical import METER_DAY, SQL_TYPES
from lamplit.meters.lake import Lake
from lamplit.services.compact import compact, stats, verify
from lamplit.services.home import Home
from lamplit.services.lock import writing

START = datetime(2025, 1, 30)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.make(tmp_path)


@pytest.fixture(scope="module")
def once_filled(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Two meters, 30 January to 3 February, and a correction of 1 February; to be copied."""
    bench = Bench.make(tmp_path_factory.mktemp("filled"))
    for meter in "ab":
        bench.take_one(f"{meter}.csv", long_csv(long_lines(meter, START, [0.1] * 48 * 5)))
    bench.take_one("c.csv", long_csv(long_lines("a", datetime(2025, 2, 1), [0.3] * 48)))
    return bench


@pytest.fixture
def filled(once_filled: Bench, tmp_path: Path) -> Bench:
    """A copy of that home, to change."""
    home = shutil.copytree(once_filled.home.path, tmp_path / "home")
    (tmp_path / "in").mkdir()
    return Bench(Home.open(home), tmp_path / "in")


def test_an_empty_lake_is_a_typed_relation(bench: Bench) -> None:
    with Duck() as duck:
        found = dict(duck.columns(f"SELECT * FROM {bench.lake().sql()}"))
    assert found == {f.name: SQL_TYPES[f.type] for f in METER_DAY}
    assert bench.lake().day_range() is None and bench.lake().files() == []


def test_keys_are_unique_and_a_delta_stands_in(filled: Bench) -> None:
    rows = filled.rows("meter_id, day, kwh")
    assert len(rows) == len({r[:2] for r in rows}) == 10
    assert [r for r in rows if r[2] != 4.8] == [("a", date(2025, 2, 1), 14.4)]
    kinds = sorted((f.kind, f.month) for f in filled.lake().files())
    assert kinds == [("base", 202501)] * 2 + [("base", 202502)] * 2 + [("delta", 202502)]


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [(None, None, 10), (date(2025, 2, 1), date(2025, 2, 1), 2), (date(2025, 1, 31), None, 8),
     (None, date(2025, 1, 30), 2), (date(2026, 1, 1), None, 0)],
)  # fmt: skip
def test_spans(filled: Bench, first: date | None, last: date | None, days: int) -> None:
    with Duck() as duck:
        sql = filled.lake().sql(first, last, ("kwh",))
        assert duck.value(f"SELECT count(kwh) FROM {sql}") == days


def test_only_files_of_the_span_are_read(filled: Bench) -> None:
    assert {f.month for f in filled.lake().files(date(2025, 1, 1), date(2025, 1, 31))} == {202501}


def test_touched_since_tells_the_night_what_to_work_again(filled: Bench) -> None:
    with Duck() as duck:

        def touched(batch: int, through: date | None = None) -> list[tuple[object, ...]]:
            return sorted(duck.rows(f"SELECT * FROM {filled.lake().touched_since(batch, through)}"))

        assert touched(2) == [("a", date(2025, 2, 1))]
        assert touched(1) == [("a", date(2025, 2, 1)), ("b", date(2025, 1, 30))]
        assert touched(2, date(2025, 1, 31)) == []
        assert touched(3) == []
        compact(filled.home)
        assert touched(2) == [("a", date(2025, 2, 1))]


def test_compaction_changes_nothing_that_readers_see(filled: Bench) -> None:
    before = filled.rows(SAYS + ", seq, batch, line")
    done = compact(filled.home)
    assert filled.rows(SAYS + ", seq, batch, line") == before
    assert [(f.kind, f.month) for f in filled.lake().files()] == [
        ("base", 202501),
        ("base", 202502),
    ]
    assert {c.month for c in done} == {202501, 202502}
    assert verify(filled.home) == [] and compact(filled.home) == []
    on_disk = {p for p in (filled.home.lake_dir / "days").rglob("*") if p.is_file()}
    assert on_disk == {filled.lake().path(f) for f in filled.lake().files()}


def test_what_no_manifest_lists_is_ignored_and_swept(filled: Bench) -> None:
    orphan = filled.home.lake_dir / "days" / "202501-base-b000099-dead.parquet"
    orphan.write_bytes(b"cut off")
    assert len(filled.rows()) == 10
    filled.take_one("z.csv", wide_csv([("z", date(2025, 3, 1), [0.1] * 24)]))
    assert not orphan.exists()


def test_what_fails_after_the_commit_takes_no_file_of_it_away(
    filled: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path) -> None:
        raise ConnectionError("just now")

    late = wide_csv([("z", date(2025, 3, 1), [0.1] * 24)])
    with monkeypatch.context() as patch, pytest.raises(ConnectionError):
        patch.setattr(manifests, "sync_dir", broken)  # what `save` does once it has renamed
        filled.take_one("z.csv", late)
    assert verify(filled.home) == []
    assert filled.take_one("z.csv", late).seen_before and len(filled.rows()) == 11


def test_a_writer_is_told_who_holds_the_home(filled: Bench) -> None:
    import os

    with writing(filled.home.path, "test"), pytest.raises(LamplitError) as told:
        filled.take_one("d.csv", long_csv(long_lines("d", START, [0.1] * 48)))
    assert told.value.code == "lake.locked" and told.value.fields["pid"] == str(os.getpid())
    filled.take_one("d.csv", long_csv(long_lines("d", START, [0.1] * 48)))


def test_an_ingest_names_the_damaged_file_of_the_lake_and_changes_nothing(filled: Bench) -> None:
    victim = filled.lake().path(filled.lake().files()[0])
    kept, before = victim.read_bytes(), filled.lake().manifest
    victim.write_bytes(kept[: len(kept) // 2])
    again = long_csv(long_lines("a", START, [0.9] * 48))
    with pytest.raises(LamplitError) as told:
        filled.take_one("again.csv", again)
    assert (told.value.code, told.value.where) == ("lake.file-damaged", str(victim))
    assert filled.lake().manifest == before
    victim.write_bytes(kept)
    assert filled.take_one("again.csv", again).rows.corrected == 48


def test_a_damaged_manifest_and_a_missing_file_say_so(filled: Bench) -> None:
    victim = filled.lake().path(filled.lake().files()[0])
    kept = victim.read_bytes()
    victim.unlink()
    with pytest.raises(LamplitError, match=r"lake\.file-missing"):
        filled.lake().sql()
    assert [e.code for e in verify(filled.home)] == ["lake.file-missing"]
    victim.write_bytes(kept[: len(kept) // 2])
    assert [e.code for e in verify(filled.home)] == ["lake.file-damaged"]
    victim.write_bytes(kept)
    assert verify(filled.home) == []
    manifest = filled.home.lake_dir / "manifest.json"
    manifest.write_text(manifest.read_text()[:-40])
    with pytest.raises(LamplitError, match=r"lake\.manifest-damaged"):
        Lake(filled.home).files()


def test_a_bit_that_fell_over_is_found_by_its_digest(filled: Bench) -> None:
    """Parquet does not look at all of its bytes: here the name of the program that wrote them."""
    victim = filled.lake().path(filled.lake().files()[0])
    assert verify(filled.home, deep=True) == []
    kept = victim.read_bytes()
    at = kept.rindex(b"DuckDB")
    victim.write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :])
    assert verify(filled.home) == []
    assert [e.code for e in verify(filled.home, deep=True)] == ["lake.file-altered"]
    compact(filled.home)
    assert all(len(file.digest) == 32 for file in filled.lake().files())
    assert verify(filled.home, deep=True) == []


def test_a_lake_of_before_digests_is_read_and_says_nothing_of_them(filled: Bench) -> None:
    manifest = filled.home.lake_dir / "manifest.json"
    old = json.loads(manifest.read_text())
    for file in old["files"]:
        del file["digest"]
    manifest.write_text(json.dumps(old | {"version": 1}))
    assert len(filled.rows()) == 10 and verify(filled.home, deep=True) == []


def test_a_newer_format_is_refused(bench: Bench) -> None:
    (bench.home.lake_dir / "manifest.json").write_text(
        json.dumps({"version": 99, "next_batch": 1, "files": [], "batches": []})
    )
    with pytest.raises(LamplitError, match=r"lake\.newer-version"):
        bench.lake().files()


def test_stats(filled: Bench) -> None:
    found = stats(filled.home)
    assert (found.meters, found.meter_days, found.readings, found.deltas) == (2, 10, 480, 1)
    assert (found.first, found.last, found.batches) == (date(2025, 1, 30), date(2025, 2, 3), 3)


def test_a_second_correction_replaces_the_delta(filled: Bench) -> None:
    filled.take_one("e.csv", long_csv(long_lines("b", datetime(2025, 2, 2), [0.4] * 48)))
    deltas = [f for f in filled.lake().files() if f.kind == "delta"]
    assert len(deltas) == 1 and deltas[0].rows == 2
    changed = [r for r in filled.rows("meter_id, day, kwh") if r[2] != 4.8]
    assert changed == [("a", date(2025, 2, 1), 14.4), ("b", date(2025, 2, 2), 19.2)]
