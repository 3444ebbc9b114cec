"""What an ingest holds back while it writes by month: less where there is less memory.

The engine does not count these rows: of a million meters they took 2 GB under a limit of 1.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from ingest_helpers import Bench, wide_csv

from lamplit.engine.duckdb import Duck
from lamplit.meters.layouts.base import Options
from lamplit.services.home import Home
from lamplit.services.ingest import run
from lamplit.services.ingest.run import FEWEST_HELD, MOST_HELD, rows_held

SETTING = "partitioned_write_flush_threshold"


def test_less_memory_holds_fewer_rows_back(tmp_path: Path) -> None:
    config = replace(Bench.make(tmp_path).home.config, threads=2)
    held = [rows_held(replace(config, memory_limit=limit)) for limit in ("500MB", "6GB", "99GB")]
    assert held == [FEWEST_HELD, 187_500, MOST_HELD]
    assert rows_held(replace(config, memory_limit="6GB", threads=4)) == 93_750
    assert rows_held(replace(config, memory_limit="")) == MOST_HELD


def test_an_ingest_tells_its_engine_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench.make(tmp_path)
    settings = bench.home.path / "lamplit.toml"
    text = settings.read_text("utf-8").replace('memory_limit = ""', 'memory_limit = "1GB"')
    settings.write_text(text, "utf-8")
    told: list[int] = []

    class Watched(Duck):
        def close(self) -> None:
            told.append(int(self.value(f"SELECT current_setting('{SETTING}')")))
            super().close()

    monkeypatch.setattr(run, "Duck", Watched)
    file = bench.file("a.csv", wide_csv([("a", date(2025, 1, 30), [0.1] * 96)]))
    run.ingest(Home.open(bench.home.path), [file], Options())
    assert told == [FEWEST_HELD]
    assert bench.rows("meter_id") == [("a",)]
