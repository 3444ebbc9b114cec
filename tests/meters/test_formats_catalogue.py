"""Every published file of other people's formats goes through ingest, and every row is told of.

`pytest tests/meters/test_formats_catalogue.py -s` prints the table of docs/formats-run.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lamplit.meters.layouts.base import Options
from lamplit.services.home import Home
from lamplit.services.ingest import FileResult, ingest

ZONES = {
    "greenbutton": "America/New_York",
    "mscons": "Europe/Berlin",
    "nem12": "Australia/Brisbane",
    "nem13": "Australia/Brisbane",
}
"""Where each folder's meters stand; market time in NEM files is Brisbane's, without DST."""

NOTHING_USABLE = {
    "NEM12#000000000000007#CNRGYMDP#NEMMCO": "reactive energy alone",
    "NEM12#NEM1206105bScenario7#GLOBALM#NEMMCO": "reactive energy alone",
    "NEM12#SCENARIO7#UNITEDDP#NEMMCO": "reactive energy alone",
    "NEM12#Scenario07#POWERMDP#NEMMCO": "reactive energy alone",
    "nem12#SCENARIO07NEM1206103#ELECTDSM#NEMMCO": "reactive energy alone",
    "NEM13#000000000000011#CNRGYMDP#NEMMCO": "its energy is not what its registers say",
    "MSCONS_TL_Multiple_LOC_SAMPLE": "its product code (AUA) is no OBIS code",
    "20191215_045129_12X-SAK-N------6_E66": "its UNT counts other segments than there are",
}
"""Files outside `invalid` of which nothing is taken in, and why."""

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


def files_of(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.is_file() and not f.stem.startswith("LICENSE"))


def row(result: FileResult) -> str:
    """One line of the table."""
    rows = result.rows
    days = f"{result.day_min} to {result.day_max}" if result.day_min else ""
    told = ", ".join(f"{code} {n}" for code, n in result.reasons.items())
    said = result.error.code if result.error else told
    name = Path(result.name).name
    counts = (rows.read, rows.kept, rows.corrected, rows.duplicate, rows.quarantined)
    cells = (name, result.layout, *counts, result.meters, days, said)
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


@pytest.mark.parametrize("folder", ZONES)
def test_every_file_is_read_or_told_of_and_the_rows_add_up(
    shared_data: Path, tmp_path: Path, folder: str
) -> None:
    home = Home.create(tmp_path / "home", ZONES[folder])
    files = files_of(shared_data / "formats" / folder)
    report = ingest(home, files, Options(timezone=ZONES[folder]))

    print(f"\n### {folder}, {ZONES[folder]}\n")
    print("| file | layout | read | kept | corrected | duplicate | quarantined | meters | days | |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for result in report.files:
        print(row(result))
    total = report.total
    print(f"\n{len(report.files)} files, {total}")

    assert len(report.files) >= len(files)
    assert all(result.rows.adds_up for result in report.files)
    invalid = {f.name for f in files if "invalid" in f.parts}
    for result in report.files:
        if any(name in result.name for name in NOTHING_USABLE):
            assert result.error is not None, result.name
        elif Path(result.name).parts[0] not in invalid:
            assert result.error is None, f"{result.name}: {result.error}"
            assert result.rows.read > 0
    assert total.kept > 0


def test_the_same_files_again_change_nothing(shared_data: Path, tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home", ZONES["greenbutton"])
    files = files_of(shared_data / "formats" / "greenbutton")
    options = Options(timezone=ZONES["greenbutton"])
    first = ingest(home, files, options)
    again = ingest(home, files, options)
    assert first.total.kept > 0
    assert again.total.kept == again.total.corrected == 0
    assert all(result.rows.adds_up for result in again.files)


def test_the_green_button_days_are_all_there(shared_data: Path, tmp_path: Path) -> None:
    """Seven single days; test_usage_data_1 has five, four of them again and one new."""
    home = Home.create(tmp_path / "home", ZONES["greenbutton"])
    files = files_of(shared_data / "formats" / "greenbutton")
    report = ingest(home, files, Options(timezone=ZONES["greenbutton"]))
    assert report.total.read == 6 * 96 + 92 + 480
    assert report.total.duplicate == 4 * 96
    assert report.total.kept == 6 * 96 + 92 + 96
    assert report.total.quarantined == 0
