"""The closing table of `lamplit ingest`: nothing is cut, however narrow the terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from rich.cells import cell_len

NAME = "readings-of-the-northern-district-2026-11-22.csv"
SHOW = f"""
from datetime import date
from lamplit.cli.ingest import show
from lamplit.services.ingest import FileResult, IngestReport, Rows
n = 123_456_789
first, last = date(2026, 1, 1), date(2026, 1, 31)
big = FileResult("{NAME}", "wide", rows=Rows(4 * n, n, n, n, n), day_min=first, day_max=last)
show(IngestReport([big, FileResult("b.csv", "long", rows=Rows(4, 1, 1, 1, 1))]))
"""
WORDS = {
    "en": ("Readings taken in", "file", "read", "kept", "corrected", "duplicate", "quarantined",
           "total", "2026-01-31"),
    "zh": ("导入结果", "文件", "读取", "保留", "更正", "重复", "隔离", "合计", "2026-01-31"),
}  # fmt: skip


def shown(language: str, columns: int) -> str:
    told = {"LAMPLIT_LANG": language, "COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        env={**os.environ, **told},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stderr


@pytest.mark.parametrize("language", ["en", "zh"])
def test_at_80_columns_no_word_name_or_count_is_cut(language):
    text = shown(language, 80)
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert [word for word in WORDS[language] if word not in text] == []
    assert "…" not in text
    assert text.count("123,456,789") == 4
    assert "".join(line.split(" ")[0] for line in text.splitlines()[3:7]) == NAME


@pytest.mark.parametrize(("language", "days"), [("en", "days"), ("zh", "日期")])
def test_where_there_is_room_layout_and_days_stand_beside_the_counts(language, days):
    lines = shown(language, 200).splitlines()
    assert days in next(line for line in lines if WORDS[language][2] in line.split())
