"""A killed ingest leaves the lake as it was; the next run goes on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from ingest_helpers import SAYS, Bench, wide_csv

from lamplit.services.compact import verify

METERS = 1500


def many(bench: Bench, day: date) -> Path:
    rows = [
        (f"m{i:05d}", day, [(i * (j + day.day) % 997) / 991 for j in range(96)])
        for i in range(METERS)
    ]
    return bench.file(f"{day}.csv", wide_csv(rows))


def start(bench: Bench, *paths: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lamplit", "ingest", *map(str, paths)]
    return subprocess.Popen(
        [*command, "--home", str(bench.home.path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path)
    first = many(bench, date(2025, 1, 30))
    bench.take(first)
    before = bench.rows(SAYS)
    # A new day, a day in the next month, and a correction of the day that is there.
    changed = first.read_text().replace("m00007,2025-01-30,", "m00007,2025-01-30,9.", 1)
    paths = [
        many(bench, date(2025, 1, 31)),
        many(bench, date(2025, 2, 1)),
        bench.file("changed.csv", changed),
    ]
    clean = Bench.make(tmp_path / "clean")
    clean.take(first)
    began = time.monotonic()
    assert start(clean, *paths).wait() == 0
    whole = time.monotonic() - began
    after = clean.rows(SAYS)
    assert after != before
    seed = random.Random(20250130)
    landed = 0
    for _ in range(12):
        process = start(bench, *paths)
        time.sleep(seed.uniform(0.3, 1.1) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = bench.rows(SAYS)
        assert now in (before, after)
        assert verify(bench.home) == []
        landed += now == after
        if landed:
            break
    done = bench.take(*paths)
    assert bench.rows(SAYS) == after
    assert verify(bench.home) == []
    assert {f.failed for f in done.files} == {False}
    on_disk = {p for p in (bench.home.lake_dir / "days").rglob("*") if p.is_file()}
    listed = {bench.lake().path(f) for f in bench.lake().files()}
    bench.take(many(bench, date(2025, 2, 2)))
    swept = {p for p in (bench.home.lake_dir / "days").rglob("*") if p.is_file()}
    assert on_disk >= listed and not (on_disk - listed) & swept
    assert not (bench.home.tmp_dir / "ingest").exists()


@pytest.mark.parametrize("moment", ["prepare", "before-manifest", "after-manifest"])
def test_stopped_at_the_worst_moments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """As a kill would, at the commit itself: nothing is tidied up behind it."""
    from lamplit.meters import manifest
    from lamplit.services.ingest.land import Landing

    class KilledError(BaseException):
        pass

    bench = Bench.make(tmp_path)
    bench.take(bench.file("a.csv", wide_csv([("a", date(2025, 1, 30), [0.1] * 96)])))
    before = bench.rows()
    later = bench.file("b.csv", wide_csv([(m, date(2025, 1, 30), [0.2] * 96) for m in "ab"]))
    save = manifest.save

    def stopped(*arguments: object) -> None:
        if moment == "after-manifest":
            save(*arguments)  # type: ignore[arg-type]
        raise KilledError

    monkeypatch.setattr(Landing, "abandon", lambda self: None)
    if moment == "prepare":
        monkeypatch.setattr(Landing, "_count", stopped)
    else:
        monkeypatch.setattr(manifest, "save", stopped)
    with pytest.raises(KilledError):
        bench.take(later)
    monkeypatch.undo()
    if moment == "after-manifest":
        assert bench.take(later).files[0].seen_before == 2
    else:
        assert bench.rows() == before
        assert bench.take(later).total.kept == 1
    assert bench.rows("meter_id, kwh") == [("a", 19.2), ("b", 19.2)]
    assert verify(bench.home) == []
